//! 400105 CertificateList.

use certgate_domain::{AnyData, task::CertificateList};
use certgate_wire::DecodeError;

use super::any;
use crate::{
    element::Element,
    out::Out,
    record::{certificate, query},
};

pub(super) fn read_request(e: &Element<'_, '_>) -> Result<CertificateList, DecodeError> {
    Ok(CertificateList { query: query::read(e)? })
}

pub(super) fn write_request(out: &mut Out<'_>, task: &CertificateList) {
    let CertificateList { query } = task;
    query::write(out, query);
}

pub(super) fn read_data(e: &Element<'_, '_>) -> Result<Vec<AnyData>, DecodeError> {
    Ok(any(e.records("certificate", certificate::read)?))
}
