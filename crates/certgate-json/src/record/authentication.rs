//! How control over the names of a certificate is shown.

use certgate_domain::{CertAuthentication, CertAuthenticationStatus, DomainControlValidationStatus};
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object};

pub(crate) fn read(object: &Object<'_, '_>) -> Result<CertAuthentication, DecodeError> {
    let record = CertAuthentication {
        name: object.text("name")?,
        method: object.word("method")?,
        dns: object.text("dns")?,
        file_name: object.text("fileName")?,
        file_content: object.text("fileContent")?,
        approver_emails: object.texts("approverEmails")?,
        provisioning: object.boolean("provisioning")?,
        domains: object.records("domains", read)?,
        scope: object.word("scope")?,
        status: object.word("status")?,
    };
    object.finish();
    Ok(record)
}

pub(crate) fn write(record: &CertAuthentication, fields: &mut Fields) {
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
    fields.text("name", name.as_deref());
    fields.word("method", method);
    fields.text("dns", dns.as_deref());
    fields.text("fileName", file_name.as_deref());
    fields.text("fileContent", file_content.as_deref());
    fields.texts("approverEmails", approver_emails);
    fields.boolean("provisioning", provisioning);
    fields.records("domains", domains, write);
    fields.word("scope", scope);
    fields.word("status", status);
}

pub(crate) fn read_status(object: &Object<'_, '_>) -> Result<CertAuthenticationStatus, DecodeError> {
    let record = CertAuthenticationStatus {
        status: object.word("status")?,
        step: object.word("step")?,
        updated: object.moment("updated")?,
    };
    object.finish();
    Ok(record)
}

pub(crate) fn write_status(record: &CertAuthenticationStatus, fields: &mut Fields) {
    let CertAuthenticationStatus { status, step, updated } = record;
    fields.word("status", status);
    fields.word("step", step);
    fields.moment("updated", updated);
}

pub(crate) fn read_domain(object: &Object<'_, '_>) -> Result<DomainControlValidationStatus, DecodeError> {
    let record = DomainControlValidationStatus { status: object.text("status")?, domain: object.text("domain")? };
    object.finish();
    Ok(record)
}

pub(crate) fn write_domain(record: &DomainControlValidationStatus, fields: &mut Fields) {
    let DomainControlValidationStatus { status, domain } = record;
    fields.text("status", status.as_deref());
    fields.text("domain", domain.as_deref());
}
