//! How control over the names of a certificate is shown.

use certgate_domain::{CertAuthentication, CertAuthenticationStatus, DomainControlValidationStatus};

use crate::record::record;

record! {
    CertAuthentication {
        name: text("name"),
        method: word("method"),
        dns: text("dns"),
        file_name: text("fileName"),
        file_content: text("fileContent"),
        approver_emails: texts("approverEmails"),
        provisioning: boolean("provisioning"),
        domains: records("domains"),
        scope: word("scope"),
        status: word("status"),
    }
}

record! {
    CertAuthenticationStatus {
        status: word("status"),
        step: word("step"),
        updated: moment("updated"),
    }
}

record! {
    DomainControlValidationStatus {
        status: text("status"),
        domain: text("domain"),
    }
}
