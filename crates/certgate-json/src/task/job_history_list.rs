//! Lists finished jobs.

use certgate_domain::{AnyData, AnyTask, task::JobHistoryList};
use certgate_wire::DecodeError;

use crate::{
    fields::Fields,
    object::Object,
    record::{job, query},
    task::Given,
};

pub(crate) fn read(given: &Given<'_, '_, '_>) -> Result<AnyTask, DecodeError> {
    let query = given.body.map(query::read).transpose()?.unwrap_or_default();
    Ok(JobHistoryList { query }.into())
}

pub(crate) fn write(task: &JobHistoryList, fields: &mut Fields) {
    let JobHistoryList { query } = task;
    query::write(query, fields);
}

pub(crate) fn read_data(object: &Object<'_, '_>) -> Result<AnyData, DecodeError> {
    job::read_whole(object).map(AnyData::from)
}
