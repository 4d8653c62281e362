//! A further name of a certificate.

use crate::{Lenient, Moment, words::SanType};

/// A subject alternative name (OpenAPI `SubjectAlternativeName`; XML `subject_alternative_name`, in old payloads `san`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SubjectAlternativeName {
    /// When it was created.
    pub created: Option<Lenient<Moment>>,
    /// When it was last updated.
    pub updated: Option<Lenient<Moment>>,
    /// Its kind.
    pub r#type: Option<SanType>,
    /// Id of the certificate it belongs to.
    pub ssl_certificate_id: Option<i64>,
    /// The name.
    pub name: Option<String>,
    /// The approver's mail address.
    pub approver_email: Option<String>,
    /// Its order id.
    pub order_id: Option<String>,
    /// Whether it cost nothing.
    pub free: Option<Lenient<bool>>,
}

impl SubjectAlternativeName {
    /// Just the name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }
}
