//! Verified mark certificates.

use crate::SubjectAlternativeName;

/// The data of a verified mark certificate (OpenAPI `VmcCheckData`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VmcCheckData {
    /// Its name.
    pub name: Option<String>,
    /// Its other names.
    pub subject_alternative_names: Vec<SubjectAlternativeName>,
    /// The logo.
    pub vmc_logo: Option<String>,
    /// The product's code.
    pub product: Option<String>,
}
