//! `authentication`, and the steps of validation in a job.

use certgate_domain::{CertAuthentication, CertAuthenticationStatus, DomainControlValidationStatus};

use crate::record::record;

record! {
    CertAuthentication {
        name: text("name"),
        method: word("method"),
        dns: bytes("dns"),
        file_name: text("file_name"),
        file_content: bytes("file_content"),
        approver_emails: texts("approver_email"),
        provisioning: flag("provisioning"),
        domains: records("domains"),
        scope: word("scope"),
        status: word("status"),
    }
}

record! {
    CertAuthenticationStatus {
        step: word("step"),
        status: word("status"),
        updated: moment("updated"),
    }
}

record! {
    DomainControlValidationStatus {
        domain: text("domain"),
        status: text("status"),
    }
}
