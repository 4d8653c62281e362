//! Facts about certificate requests (RFC 2986) and certificates (RFC 5280), and the checks built on them.

mod certificate;
mod check;
mod csr;
mod key;
mod name;
pub mod pem;

pub use certificate::{BadCertificate, X509};
pub use check::{Check, Issued, check};
pub use csr::{BadRequest, CertificateRequest};
pub use key::{KeyAlgorithm, PublicKey};
