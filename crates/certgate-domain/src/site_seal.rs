//! Site seals.

/// The seal of a certificate for a site (OpenAPI `SiteSealInformation`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SiteSealInformation {
    /// Its hash.
    pub hash: Option<String>,
    /// Its size.
    pub size: Option<String>,
    /// What to put into a page.
    pub html: Option<String>,
    /// Address of its icon.
    pub icon: Option<String>,
    /// Address of its preview.
    pub preview: Option<String>,
}
