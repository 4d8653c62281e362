//! 400115 JobList.

use certgate_domain::{AnyData, task::JobList};
use certgate_wire::DecodeError;

use super::any;
use crate::{
    element::Element,
    out::Out,
    record::{job, query},
};

pub(super) fn read_request(e: &Element<'_, '_>) -> Result<JobList, DecodeError> {
    Ok(JobList { query: query::read(e)? })
}

pub(super) fn write_request(out: &mut Out<'_>, task: &JobList) {
    let JobList { query } = task;
    query::write(out, query);
}

pub(super) fn read_data(e: &Element<'_, '_>) -> Result<Vec<AnyData>, DecodeError> {
    Ok(any(job::read_object_jobs(e)?))
}
