//! 4001031 CertificateRevoke.

use certgate_domain::{AnyData, task::CertificateRevoke};
use certgate_wire::DecodeError;

use super::any;
use crate::{
    element::Element,
    out::Out,
    record::{certificate, job},
};

pub(super) fn read_request(e: &Element<'_, '_>) -> Result<CertificateRevoke, DecodeError> {
    Ok(CertificateRevoke { certificate: e.record("certificate", certificate::read)?.unwrap_or_default() })
}

pub(super) fn write_request(out: &mut Out<'_>, task: &CertificateRevoke) {
    let CertificateRevoke { certificate } = task;
    out.element("certificate", |out| certificate::write(out, certificate));
}

pub(super) fn read_data(e: &Element<'_, '_>) -> Result<Vec<AnyData>, DecodeError> {
    Ok(any(job::read_accepted(e)?))
}
