//! Lists jobs.

use certgate_domain::{AnyData, AnyTask, task::JobList};
use certgate_wire::DecodeError;

use crate::{
    fields::Fields,
    object::Object,
    record::{job, query},
    task::Given,
};

pub(crate) fn read(given: &Given<'_, '_, '_>) -> Result<AnyTask, DecodeError> {
    let query = given.body.map(query::read).transpose()?.unwrap_or_default();
    Ok(JobList { query }.into())
}

pub(crate) fn write(task: &JobList, fields: &mut Fields) {
    let JobList { query } = task;
    query::write(query, fields);
}

pub(crate) fn read_data(object: &Object<'_, '_>) -> Result<AnyData, DecodeError> {
    job::read_whole(object).map(AnyData::from)
}
