use crate::SslContact;

/// Changes a contact: XML 400202, JSON `PUT /sslcontact/{id}`, answered at once with `S400202`. Safe to repeat: it says the
/// whole contact. Source: OpenAPI `sslContactUpdate`.
///
/// ```
/// use certgate_domain::{SslContact, task::ContactUpdate};
/// let contact = SslContact { fname: Some("John".to_owned()), ..SslContact::by_id(1120) };
/// assert_eq!(ContactUpdate { contact }.contact.id, Some(1120));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactUpdate {
    /// The contact.
    pub contact: SslContact,
}
