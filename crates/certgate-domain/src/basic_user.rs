//! A user of the gateway.

use crate::{Moment, Said};

/// A user and its context (OpenAPI `BasicUser`; XML `owner`, `updater`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BasicUser {
    /// The context, a separate section of the system: 1 demo, 4 AutoDNS, 9 SSLManager. The page shows `CONTEXT` here.
    pub context: Option<Said<i64>>,
    /// When the password was changed.
    pub password_changed: Option<Said<Moment>>,
    /// When the password expires.
    pub password_expires: Option<Said<Moment>>,
    /// The user's name.
    pub user: Option<String>,
    /// Whether the password has expired.
    pub password_expired: Option<Said<bool>>,
}
