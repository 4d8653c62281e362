//! Has the applicant called once more.

use certgate_domain::{AnyData, AnyTask, task::JobResendPhoneAuthorization};
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object, record::job, task::Given};

pub(crate) fn read(given: &Given<'_, '_, '_>) -> Result<AnyTask, DecodeError> {
    Ok(JobResendPhoneAuthorization { id: given.only_id()? }.into())
}

pub(crate) fn write(task: &JobResendPhoneAuthorization, fields: &mut Fields) {
    let JobResendPhoneAuthorization { id } = task;
    fields.integer("id", *id);
}

pub(crate) fn read_data(object: &Object<'_, '_>) -> Result<AnyData, DecodeError> {
    job::read_whole(object).map(AnyData::from)
}
