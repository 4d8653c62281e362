//! Who asks.

use crate::Secret;

/// User, password and context. In XML they stand in `<auth>`, in JSON in headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user's name; a trusted application's UUID.
    pub user: String,
    /// The password.
    pub password: Secret,
    /// The context, a number as text: 1 demo, 4 AutoDNS, 9 SSLManager.
    pub context: String,
}
