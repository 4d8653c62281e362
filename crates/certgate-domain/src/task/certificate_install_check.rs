/// Has a server's certificate looked at from outside: XML 4001013, JSON `POST /certificate/_installcheck`, answered at once with
/// a [`CertificateInstallCheckResult`](crate::CertificateInstallCheckResult). Source: OpenAPI `certificateInstallCheck`; the XML
/// side is derived.
///
/// ```
/// use certgate_domain::task::CertificateInstallCheck;
/// assert_eq!(CertificateInstallCheck::new("example.com").hostname.as_deref(), Some("example.com"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CertificateInstallCheck {
    /// The server's name.
    pub hostname: Option<String>,
}

impl CertificateInstallCheck {
    /// For that server.
    pub fn new(hostname: impl Into<String>) -> Self {
        Self { hostname: Some(hostname.into()) }
    }
}
