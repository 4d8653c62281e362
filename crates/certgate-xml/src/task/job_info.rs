//! 400114 CertificateJobInfo.

use certgate_domain::{AnyData, ObjectJob, task::JobInfo};
use certgate_wire::DecodeError;

use super::any;
use crate::{element::Element, out::Out, record::job};

/// The request's shape is not documented: the id is understood in any of the places the names suggest.
pub(super) fn read_request(e: &Element<'_, '_>) -> Result<JobInfo, DecodeError> {
    let in_job = |e: &Element<'_, '_>| Ok(e.record("job", |e| e.integer("id"))?.flatten());
    let wrapped = e.record("certificate_job", |e| Ok(e.integer("id")?.or(in_job(e)?)))?.flatten();
    Ok(JobInfo { id: wrapped.or(in_job(e)?) })
}

pub(super) fn write_request(out: &mut Out<'_>, task: &JobInfo) {
    let JobInfo { id } = task;
    out.element("certificate_job", |out| out.element("job", |out| out.integer("id", *id)));
}

pub(super) fn read_data(e: &Element<'_, '_>) -> Result<Vec<AnyData>, DecodeError> {
    Ok(any(e.records("certificate_job", job::read_object_job)?))
}

pub(super) fn write_data(out: &mut Out<'_>, record: &ObjectJob) {
    out.element("certificate_job", |out| job::write_object_job(out, record));
}
