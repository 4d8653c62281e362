//! Facts about certificate requests (RFC 2986) and certificates (RFC 5280), and the checks built on them.
//!
//! Times are given, never read. What other programs write is taken as the rest of the world takes it; what is written here has one
//! form.

mod algorithm;
mod certificate;
mod check;
mod csr;
mod der;
mod general_name;
mod host;
mod key;
mod name;
mod name_constraints;
mod path;
pub mod pem;
mod pkcs7;
mod strings;
mod subject;
mod time;

pub use certificate::{BadCertificate, X509, certificates, is_same_serial};
pub use check::{Check, Issued, check};
pub use csr::{BadRequest, CertificateRequest};
pub use der::Malformed;
pub use general_name::GeneralName;
pub use host::{NotAHost, host};
pub use key::{KeyAlgorithm, PublicKey, UnusableKey, algorithm_name};
pub use name::{Attribute, DistinguishedName};
pub use subject::{BadAttribute, attribute};
