//! Has a server's certificate looked at from outside: the body is the host's name alone.

use certgate_domain::task::CertificateInstallCheck;
use certgate_wire::DecodeError;

use crate::{
    fields::Fields,
    task::{Request, RequestParts},
};

impl Request for CertificateInstallCheck {
    fn read(parts: &RequestParts<'_, '_, '_>) -> Result<Self, DecodeError> {
        let hostname = parts.body.map(|body| body.text(["hostname"])).transpose()?.flatten();
        parts.finish();
        Ok(Self { hostname })
    }

    fn write(&self, fields: &mut Fields) {
        let Self { hostname } = self;
        fields.text("hostname", hostname);
    }
}
