//! 400110 CertificatePrepareOrder.

use certgate_domain::{AnyData, task::CertificatePrepareOrder};
use certgate_wire::DecodeError;

use super::any;
use crate::{element::Element, out::Out, record::certificate_data};

pub(super) fn read_request(e: &Element<'_, '_>) -> Result<CertificatePrepareOrder, DecodeError> {
    Ok(CertificatePrepareOrder {
        request: e.record("certificate_request", certificate_data::read)?.unwrap_or_default(),
    })
}

pub(super) fn write_request(out: &mut Out<'_>, task: &CertificatePrepareOrder) {
    let CertificatePrepareOrder { request } = task;
    out.element("certificate_request", |out| certificate_data::write(out, request));
}

pub(super) fn read_data(e: &Element<'_, '_>) -> Result<Vec<AnyData>, DecodeError> {
    Ok(any(e.records("certificate_request", certificate_data::read)?))
}
