//! 400102 CertificateReissue.

use certgate_domain::{AnyData, Job, task::CertificateReissue};
use certgate_wire::DecodeError;

use super::any;
use crate::{
    element::Element,
    out::Out,
    record::{certificate, job},
};

pub(super) fn read_request(e: &Element<'_, '_>) -> Result<CertificateReissue, DecodeError> {
    let certificate = e.record("certificate", certificate::read)?.unwrap_or_default();
    Ok(CertificateReissue { certificate })
}

pub(super) fn write_request(out: &mut Out<'_>, task: &CertificateReissue) {
    let CertificateReissue { certificate: record } = task;
    out.element("certificate", |out| certificate::write(out, record));
}

pub(super) fn read_data(e: &Element<'_, '_>) -> Result<Vec<AnyData>, DecodeError> {
    let mut jobs = e.records("job", job::read)?;
    for e in e.all(&["certificate_job"]) {
        e.check_record()?;
        jobs.extend(e.records("job", job::read)?);
    }
    Ok(any(jobs))
}

pub(super) fn write_data(out: &mut Out<'_>, record: &Job) {
    out.element("certificate_job", |out| out.element("job", |out| job::write(out, record)));
}
