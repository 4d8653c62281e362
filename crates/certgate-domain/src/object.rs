//! What an answer or a message is about.

use crate::{Certificate, Foreign};

/// The object an answer or a message is about (OpenAPI `ResponseObject`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResponseObject {
    /// Its type, as received: `certificate` and `Certificate` both occur.
    pub r#type: Option<String>,
    /// Its key: a name, or an id as text.
    pub value: Option<String>,
    /// How many were found (XML `data/summary`).
    pub summary: Option<i64>,
    /// The object itself.
    pub data: Option<ObjectData>,
}

/// The object itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObjectData {
    /// A certificate.
    Certificate(Box<Certificate>),
    /// An object of a kind that this client does not model, whole.
    Foreign(Foreign),
}

impl ResponseObject {
    /// Whether a type's word means a certificate. Case varies between the protocols.
    pub fn is_certificate(kind: &str) -> bool {
        kind.eq_ignore_ascii_case("certificate")
    }

    /// The certificate, where it is one.
    pub fn certificate(&self) -> Option<&Certificate> {
        match &self.data {
            Some(ObjectData::Certificate(certificate)) => Some(certificate),
            _ => None,
        }
    }
}
