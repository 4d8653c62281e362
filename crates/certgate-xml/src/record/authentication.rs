//! `authentication`, and the steps of validation in a job.

use certgate_domain::{CertAuthentication, CertAuthenticationStatus, DomainControlValidationStatus};
use certgate_wire::DecodeError;

use crate::{element::Element, out::Out};

pub(crate) fn read(e: &Element<'_, '_>) -> Result<CertAuthentication, DecodeError> {
    Ok(CertAuthentication {
        name: e.text("name")?,
        method: e.word("method")?,
        dns: e.bytes("dns")?,
        file_name: e.text("file_name")?,
        file_content: e.bytes("file_content")?,
        approver_emails: e.texts("approver_email")?,
        provisioning: e.flag("provisioning")?,
        domains: e.records("domains", read)?,
        scope: e.word("scope")?,
        status: e.word("status")?,
    })
}

pub(crate) fn write(out: &mut Out<'_>, record: &CertAuthentication) {
    let CertAuthentication {
        name,
        method,
        dns,
        file_name,
        file_content,
        approver_emails,
        provisioning,
        domains,
        scope,
        status,
    } = record;
    out.text("name", name.as_deref());
    out.text("method", method.as_ref().map(|word| word.as_str()));
    out.bytes("dns", dns.as_deref());
    out.text("file_name", file_name.as_deref());
    out.bytes("file_content", file_content.as_deref());
    out.texts("approver_email", approver_emails);
    out.flag("provisioning", provisioning.as_ref());
    out.records("domains", domains, write);
    out.text("scope", scope.as_ref().map(|word| word.as_str()));
    out.text("status", status.as_ref().map(|word| word.as_str()));
}

pub(crate) fn read_step(e: &Element<'_, '_>) -> Result<CertAuthenticationStatus, DecodeError> {
    Ok(CertAuthenticationStatus { status: e.word("status")?, step: e.word("step")?, updated: e.moment("updated")? })
}

pub(crate) fn write_step(out: &mut Out<'_>, record: &CertAuthenticationStatus) {
    let CertAuthenticationStatus { status, step, updated } = record;
    out.text("step", step.as_ref().map(|word| word.as_str()));
    out.text("status", status.as_ref().map(|word| word.as_str()));
    out.moment("updated", updated.as_ref());
}

pub(crate) fn read_validation(e: &Element<'_, '_>) -> Result<DomainControlValidationStatus, DecodeError> {
    Ok(DomainControlValidationStatus { status: e.text("status")?, domain: e.text("domain")? })
}

pub(crate) fn write_validation(out: &mut Out<'_>, record: &DomainControlValidationStatus) {
    let DomainControlValidationStatus { status, domain } = record;
    out.text("domain", domain.as_deref());
    out.text("status", status.as_deref());
}
