//! 400106 CertificateRenew.

use certgate_domain::{AnyData, task::CertificateRenew};
use certgate_wire::DecodeError;

use super::any;
use crate::{
    element::Element,
    out::Out,
    record::{certificate, job},
};

pub(super) fn read_request(e: &Element<'_, '_>) -> Result<CertificateRenew, DecodeError> {
    Ok(CertificateRenew { certificate: e.record("certificate", certificate::read)?.unwrap_or_default() })
}

pub(super) fn write_request(out: &mut Out<'_>, task: &CertificateRenew) {
    let CertificateRenew { certificate } = task;
    out.element("certificate", |out| certificate::write(out, certificate));
}

pub(super) fn read_data(e: &Element<'_, '_>) -> Result<Vec<AnyData>, DecodeError> {
    Ok(any(job::read_accepted(e)?))
}
