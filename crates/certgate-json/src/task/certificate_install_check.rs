//! Has a server's certificate looked at from outside.

use certgate_domain::{AnyData, AnyTask, task::CertificateInstallCheck};
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object, record::install_check, task::Given};

pub(crate) fn read(given: &Given<'_, '_, '_>) -> Result<AnyTask, DecodeError> {
    let hostname = given.body.map(|body| body.text("hostname")).transpose()?.flatten();
    given.nothing();
    Ok(CertificateInstallCheck { hostname }.into())
}

pub(crate) fn write(task: &CertificateInstallCheck, fields: &mut Fields) {
    let CertificateInstallCheck { hostname } = task;
    fields.text("hostname", hostname.as_deref());
}

pub(crate) fn read_data(object: &Object<'_, '_>) -> Result<AnyData, DecodeError> {
    install_check::read(object).map(AnyData::from)
}
