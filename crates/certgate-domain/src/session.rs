//! Sessions.

use crate::{Foreign, Secret};

/// A session, as its creation is answered. JSON says it in a header and a cookie, XML in `auth_session/hash`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Session {
    /// What stands for the credentials from now on.
    pub id: Option<Secret>,
    /// What else the gateway says of the account (JSON only), whole.
    pub account: Option<Foreign>,
}
