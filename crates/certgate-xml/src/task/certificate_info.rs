//! 400104 CertificateInfo.

use certgate_domain::{AnyData, task::CertificateInfo};
use certgate_wire::DecodeError;

use super::any;
use crate::{element::Element, out::Out, record::certificate};

pub(super) fn read_request(e: &Element<'_, '_>) -> Result<CertificateInfo, DecodeError> {
    Ok(CertificateInfo { id: e.record("certificate", |e| e.integer("id"))?.flatten() })
}

pub(super) fn write_request(out: &mut Out<'_>, task: &CertificateInfo) {
    let CertificateInfo { id } = task;
    out.element("certificate", |out| out.integer("id", *id));
}

pub(super) fn read_data(e: &Element<'_, '_>) -> Result<Vec<AnyData>, DecodeError> {
    Ok(any(e.records("certificate", certificate::read)?))
}
