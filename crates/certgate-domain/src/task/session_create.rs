/// Starts a session: XML 1321001, JSON `POST /login`. The credentials are the call's own: in XML they stand in `<auth>`, in JSON
/// in the body. Answered at once with a [`Session`](crate::Session): in XML `auth_session/hash`, in JSON the header
/// `X-Domainrobot-SessionId` or a cookie. Source: the vendor's page "AuthSession Create".
///
/// ```
/// use certgate_domain::task::SessionCreate;
/// assert_eq!(SessionCreate { timeout: Some(30) }.timeout, Some(30));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionCreate {
    /// After how many idle minutes it ends: 10 to 300, by default 10 (JSON `?timeout=`; XML has none).
    pub timeout: Option<i64>,
}
