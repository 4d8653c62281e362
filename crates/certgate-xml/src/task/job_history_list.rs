//! 400135 JobHistoryList.

use certgate_domain::{AnyData, task::JobHistoryList};
use certgate_wire::DecodeError;

use super::any;
use crate::{
    element::Element,
    out::Out,
    record::{job, query},
};

pub(super) fn read_request(e: &Element<'_, '_>) -> Result<JobHistoryList, DecodeError> {
    Ok(JobHistoryList { query: query::read(e)? })
}

pub(super) fn write_request(out: &mut Out<'_>, task: &JobHistoryList) {
    let JobHistoryList { query } = task;
    query::write(out, query);
}

pub(super) fn read_data(e: &Element<'_, '_>) -> Result<Vec<AnyData>, DecodeError> {
    Ok(any(job::read_object_jobs(e)?))
}
