//! What goes before the configuration file.

use std::{ffi::OsString, path::PathBuf};

use certgate_client::Proxy;
use certgate_domain::{Credentials, Protocol};

use super::{SecretSource, Setting};

/// What whoever starts a run says of its settings; it goes before the profile. A plain value becomes a setting by `into()`.
///
/// Nothing here is read from the environment: a program that wants its variables looked at does that, and says so in the
/// origin.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// The configuration file [default: [`default_file`](super::default_file), where it exists].
    pub config: Option<Setting<PathBuf>>,
    /// The profile's name [default: `live`].
    pub profile: Option<Setting<String>>,
    /// The protocol.
    pub transport: Option<Setting<Protocol>>,
    /// The address of the gateway for the protocol in use.
    pub endpoint: Option<Setting<String>>,
    /// The user.
    pub user: Option<Setting<String>>,
    /// The context, a number.
    pub context: Option<Setting<String>>,
    /// Where the password comes from.
    pub password: Option<Setting<SecretSource>>,
    /// Where the one-time token of a two-factor account comes from.
    pub token: Option<SecretSource>,
    /// The subuser to act for.
    pub owner: Option<Setting<String>>,
    /// The subuser's context.
    pub owner_context: Option<Setting<i64>>,
    /// The language of the gateway's texts, `de` or `en`.
    pub language: Option<Setting<String>>,
    /// The transaction id to send along [default: a new one].
    pub ctid: Option<Setting<String>>,
    /// Another mail address for the gateway's own mails.
    pub reply_to: Option<String>,
    /// Asks the gateway to do nothing really.
    pub demo: bool,
    /// The store of orders and messages: a file, or a URL of PostgreSQL.
    pub store: Option<Setting<OsString>>,
    /// The time zone of times in XML.
    pub time_zone: Option<Setting<String>>,
    /// The proxy.
    pub proxy: Option<Setting<Proxy>>,
    /// The account of a gateway inside this program. Addresses, account, pace and store are that gateway's then, whatever else
    /// is said.
    pub sandbox: Option<Credentials>,
}
