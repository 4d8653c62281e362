//! 4001014 CertificateSiteSeal, derived from the JSON API and the names around it.

use certgate_domain::{AnyData, task::CertificateSiteSeal};
use certgate_wire::DecodeError;

use super::any;
use crate::{element::Element, out::Out, record::site_seal};

pub(super) fn read_request(e: &Element<'_, '_>) -> Result<CertificateSiteSeal, DecodeError> {
    Ok(CertificateSiteSeal { id: e.record("certificate", |e| e.integer("id"))?.flatten() })
}

pub(super) fn write_request(out: &mut Out<'_>, task: &CertificateSiteSeal) {
    let CertificateSiteSeal { id } = task;
    out.element("certificate", |out| out.integer("id", *id));
}

pub(super) fn read_data(e: &Element<'_, '_>) -> Result<Vec<AnyData>, DecodeError> {
    Ok(any(e.records("site_seal_information", site_seal::read)?))
}
