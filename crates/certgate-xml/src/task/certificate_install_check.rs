//! 4001013 CertificateInstallCheck, derived: the host's name in a block of its own, or bare.

use certgate_domain::task::CertificateInstallCheck;
use certgate_wire::DecodeError;

use crate::{element::Element, out::Out, task::Request};

impl Request for CertificateInstallCheck {
    fn read(task: &Element<'_, '_>) -> Result<Self, DecodeError> {
        let wrapped = task.block(["certificate_install_check_request"], |e| e.text(["hostname"]))?.flatten();
        Ok(Self { hostname: wrapped.or(task.text(["hostname"])?) })
    }

    fn write(&self, out: &mut Out<'_>) {
        let Self { hostname } = self;
        out.element("certificate_install_check_request", |out| out.text("hostname", hostname));
    }
}
