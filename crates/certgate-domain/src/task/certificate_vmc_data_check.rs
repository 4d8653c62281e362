use crate::VmcCheckData;

/// Checks the data of a verified mark certificate: XML 4001015, JSON `POST /certificate/_checkVmcData`, answered at once with
/// [`VmcCheckData`]. Source: OpenAPI `vmcDataCheck`; the XML side is derived.
///
/// ```
/// use certgate_domain::{VmcCheckData, task::CertificateVmcDataCheck};
/// let check = VmcCheckData { name: Some("example.com".to_owned()), ..VmcCheckData::default() };
/// assert_eq!(CertificateVmcDataCheck { check }.check.name.as_deref(), Some("example.com"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CertificateVmcDataCheck {
    /// The data to check.
    pub check: VmcCheckData,
}
