//! 400103 CertificateDelete.

use certgate_domain::{AnyData, task::CertificateDelete};
use certgate_wire::DecodeError;

use super::any;
use crate::{element::Element, out::Out, record::job};

pub(super) fn read_request(e: &Element<'_, '_>) -> Result<CertificateDelete, DecodeError> {
    Ok(CertificateDelete { id: e.record("certificate", |e| e.integer("id"))?.flatten() })
}

pub(super) fn write_request(out: &mut Out<'_>, task: &CertificateDelete) {
    let CertificateDelete { id } = task;
    out.element("certificate", |out| out.integer("id", *id));
}

pub(super) fn read_data(e: &Element<'_, '_>) -> Result<Vec<AnyData>, DecodeError> {
    Ok(any(job::read_accepted(e)?))
}
