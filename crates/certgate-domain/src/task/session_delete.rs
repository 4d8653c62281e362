use crate::Secret;

/// Ends a session: XML 1321003 with the credentials in `<auth>` and the session in the task, JSON `DELETE /logout` (`GET` is
/// understood) with the session in its header. Source: OpenAPI, the vendor's page "AuthSession Delete".
///
/// ```
/// use certgate_domain::{Secret, task::SessionDelete};
/// assert!(SessionDelete { session: Some(Secret::new("0123abcd")) }.session.is_some());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionDelete {
    /// The session.
    pub session: Option<Secret>,
}
