//! A user of the gateway.

use crate::{Lenient, Moment};

/// A user and its context (OpenAPI `BasicUser`; XML `owner`, `updater`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BasicUser {
    /// The context, a separate section of the system: 1 demo, 4 AutoDNS, 9 SSLManager. The page shows `CONTEXT` here.
    pub context: Option<Lenient<i64>>,
    /// When the password was changed.
    pub password_changed: Option<Lenient<Moment>>,
    /// When the password expires.
    pub password_expires: Option<Lenient<Moment>>,
    /// The user's name.
    pub user: Option<String>,
    /// Whether the password has expired.
    pub password_expired: Option<Lenient<bool>>,
}
