//! 400119 JobResendPhoneAuthorization, derived from the JSON API and the names around it.

use certgate_domain::{AnyData, task::JobResendPhoneAuthorization};
use certgate_wire::DecodeError;

use super::any;
use crate::{element::Element, out::Out, record::job};

pub(super) fn read_request(e: &Element<'_, '_>) -> Result<JobResendPhoneAuthorization, DecodeError> {
    Ok(JobResendPhoneAuthorization { id: job::read_id(e)? })
}

pub(super) fn write_request(out: &mut Out<'_>, task: &JobResendPhoneAuthorization) {
    let JobResendPhoneAuthorization { id } = task;
    job::write_id(out, *id);
}

pub(super) fn read_data(e: &Element<'_, '_>) -> Result<Vec<AnyData>, DecodeError> {
    Ok(any(job::read_object_jobs(e)?))
}
