//! Sends the mail to the approver once more.

use certgate_domain::{AnyData, AnyTask, task::JobResendApproverEmail};
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object, record::job, task::Given};

pub(crate) fn read(given: &Given<'_, '_, '_>) -> Result<AnyTask, DecodeError> {
    Ok(JobResendApproverEmail { id: given.only_id()? }.into())
}

pub(crate) fn write(task: &JobResendApproverEmail, fields: &mut Fields) {
    let JobResendApproverEmail { id } = task;
    fields.integer("id", *id);
}

pub(crate) fn read_data(object: &Object<'_, '_>) -> Result<AnyData, DecodeError> {
    job::read_whole(object).map(AnyData::from)
}
