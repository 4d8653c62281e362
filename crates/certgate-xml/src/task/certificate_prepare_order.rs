//! 400110 CertificatePrepareOrder.

use certgate_domain::{AnyData, CertificateData, task::CertificatePrepareOrder};
use certgate_wire::DecodeError;

use super::any;
use crate::{element::Element, out::Out, record::certificate_data};

pub(super) fn read_request(e: &Element<'_, '_>) -> Result<CertificatePrepareOrder, DecodeError> {
    let request = e.record("certificate_request", certificate_data::read)?.unwrap_or_default();
    Ok(CertificatePrepareOrder { request })
}

pub(super) fn write_request(out: &mut Out<'_>, task: &CertificatePrepareOrder) {
    let CertificatePrepareOrder { request } = task;
    write_data(out, request);
}

pub(super) fn read_data(e: &Element<'_, '_>) -> Result<Vec<AnyData>, DecodeError> {
    Ok(any(e.records("certificate_request", certificate_data::read)?))
}

pub(super) fn write_data(out: &mut Out<'_>, record: &CertificateData) {
    out.element("certificate_request", |out| certificate_data::write(out, record));
}
