//! 4001024 CertificateCommentUpdate, derived from the JSON API and the names around it.

use certgate_domain::{AnyData, task::CertificateCommentUpdate};
use certgate_wire::DecodeError;

use super::any;
use crate::{element::Element, out::Out, record::certificate};

pub(super) fn read_request(e: &Element<'_, '_>) -> Result<CertificateCommentUpdate, DecodeError> {
    Ok(CertificateCommentUpdate { certificate: e.record("certificate", certificate::read)?.unwrap_or_default() })
}

pub(super) fn write_request(out: &mut Out<'_>, task: &CertificateCommentUpdate) {
    let CertificateCommentUpdate { certificate } = task;
    out.element("certificate", |out| certificate::write(out, certificate));
}

pub(super) fn read_data(e: &Element<'_, '_>) -> Result<Vec<AnyData>, DecodeError> {
    Ok(any(e.records("certificate", certificate::read)?))
}
