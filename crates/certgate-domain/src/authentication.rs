//! How control over the names of a certificate is shown.

use crate::{
    Lenient, Moment,
    words::{AuthMethod, AuthenticateStatus, AuthenticationStep, ValidationScope},
};

/// Data for one way to show control over a domain (OpenAPI `CertAuthentication`; XML `authentication`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CertAuthentication {
    /// The domain it belongs to.
    pub name: Option<String>,
    /// DNS, EMAIL, FILE or ORG.
    pub method: Option<AuthMethod>,
    /// The whole zone line to publish, byte for byte: tabs in JSON, single spaces in XML, TXT or CNAME.
    pub dns: Option<String>,
    /// Address or path of the file to publish.
    pub file_name: Option<String>,
    /// Content of the file to publish.
    pub file_content: Option<String>,
    /// Mail addresses of possible approvers.
    pub approver_emails: Vec<String>,
    /// Whether the gateway publishes the DNS record itself. Its default is false.
    pub provisioning: Option<Lenient<bool>>,
    /// Data for further domains.
    pub domains: Vec<CertAuthentication>,
    /// Whether the full name or its base domain is shown.
    pub scope: Option<ValidationScope>,
    /// Where the validation stands.
    pub status: Option<AuthenticateStatus>,
}

/// Where one step of validation stands (OpenAPI `CertAuthenticationStatus`; XML `certificate_job/authentication`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CertAuthenticationStatus {
    /// Its state.
    pub status: Option<AuthenticateStatus>,
    /// The step.
    pub step: Option<AuthenticationStep>,
    /// When it last changed.
    pub updated: Option<Lenient<Moment>>,
}

/// Where the validation of one domain stands (OpenAPI `DomainControllValidationStatus`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DomainControlValidationStatus {
    /// Its state.
    pub status: Option<String>,
    /// The domain.
    pub domain: Option<String>,
}
