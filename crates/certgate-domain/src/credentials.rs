//! Who asks.

use crate::Secret;

/// User, password and context. In XML they stand in `<auth>`, in JSON in headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user's name; a trusted application's UUID.
    pub user: String,
    /// The password.
    pub password: Secret,
    /// The context, a number as text: 1 demo, 4 AutoDNS, 9 SSLManager. Empty where none is said: a trusted application needs none.
    pub context: String,
    /// The one-time token of an account with two-factor authentication (JSON `X-Domainrobot-2FA-Token`, in a login `token`; XML
    /// `token`, which is derived).
    pub token: Option<Secret>,
}

/// Who asks: by credentials, or by a session that stands for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// With user, password and context.
    Credentials(Credentials),
    /// With a session (XML `auth_session/hash`, JSON `X-Domainrobot-SessionId` or its cookie).
    Session(Secret),
}

impl Credentials {
    /// User, password and context.
    ///
    /// ```
    /// use certgate_domain::{Credentials, Secret};
    /// assert_eq!(Credentials::new("customer", Secret::new("…"), "9").context, "9");
    /// ```
    pub fn new(user: impl Into<String>, password: Secret, context: impl Into<String>) -> Self {
        Self { user: user.into(), password, context: context.into(), token: None }
    }
}

impl From<Credentials> for Identity {
    fn from(credentials: Credentials) -> Self {
        Self::Credentials(credentials)
    }
}
