/// Asks for the site seal of a certificate: XML 4001014, JSON `GET /certificate/{id}/_siteseal`, answered at once with
/// [`SiteSealInformation`](crate::SiteSealInformation). Source: OpenAPI `certificateGetSiteSeal`; the XML side is derived.
///
/// ```
/// use certgate_domain::task::CertificateSiteSeal;
/// assert_eq!(CertificateSiteSeal::new(571).id, Some(571));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CertificateSiteSeal {
    /// The certificate's id. Absent only in payloads that hold a placeholder.
    pub id: Option<i64>,
}

impl CertificateSiteSeal {
    /// For that certificate.
    pub fn new(id: i64) -> Self {
        Self { id: Some(id) }
    }

    pub(super) fn missing(&self) -> Option<&'static str> {
        self.id.is_none().then_some("id")
    }
}
