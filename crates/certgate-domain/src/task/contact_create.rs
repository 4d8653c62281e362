use crate::SslContact;

/// Creates a contact: XML 400201, JSON `POST /sslcontact`, answered at once with `S400201`; JSON gives the contact, XML only
/// its id in the status's object. Not safe to repeat: each one is a contact. In XML `force_contact_create` may go along
/// ([`Options::force_contact_create`](crate::Options)). Source: OpenAPI `sslContactCreate`.
///
/// ```
/// use certgate_domain::{SslContact, task::ContactCreate};
/// let contact = SslContact { fname: Some("John".to_owned()), ..SslContact::by_id(1120) };
/// assert_eq!(ContactCreate { contact }.contact.id, Some(1120));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactCreate {
    /// The contact.
    pub contact: SslContact,
}
