//! The address of a store in PostgreSQL: a URL as libpq reads it.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use tokio_postgres::{
    Config,
    config::{ChannelBinding, Host, SslMode},
};

use super::password::{PORT, PasswordSources};
use crate::{AddressError, Lease, PasswordCommand, StoreError};

/// How the server shows who it is, by libpq's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verification {
    /// `disable`: no TLS.
    NoTls,
    /// `require`: TLS with whoever answers.
    None,
    /// `verify-ca`: a certificate of an authority, whatever name is in it.
    Authority,
    /// `verify-full`: the host's own certificate.
    Full,
}

/// Where a store in PostgreSQL is, and how this process gets to it. No password stands in it: [`PostgresAddress::parse`] takes
/// none, and one is read for each connection.
#[derive(Clone)]
pub struct PostgresAddress {
    pub(super) config: Config,
    pub(super) verification: Verification,
    /// A PEM file of the authorities to trust in place of the platform's.
    pub(super) authorities: Option<PathBuf>,
    pub(super) passwords: PasswordSources,
    /// The folder of this machine's locks.
    pub(super) locks: Option<PathBuf>,
}

/// How long a connection to one address of a host may take, unless the URL's `connect_timeout` says otherwise.
const CONNECT: Duration = Duration::from_secs(10);
/// After how long without traffic a connection is probed.
const KEEPALIVE: Duration = Duration::from_secs(30);
const EXPECTED: &str = "expected postgres://USER@HOST/DATABASE";

impl PostgresAddress {
    /// Reads a URL: `postgres://user@host:5432/database?sslmode=verify-full&sslrootcert=ca.pem`. Parameters are libpq's; those
    /// that are not understood are refused.
    ///
    /// # Errors
    /// It is no such URL, or a password stands in it. The error does not repeat the URL.
    pub fn parse(url: &str) -> Result<Self, AddressError> {
        let invalid = |why: String| AddressError::Invalid { why };
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut mode, mut authorities, mut others) = (None, None, Vec::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match name {
                "sslmode" => mode = Some(verification(value)?),
                "sslrootcert" => {
                    authorities = Some(PathBuf::from(decoded(value).ok_or_else(|| {
                        invalid("sslrootcert: found a `%` that no two hexadecimal digits of UTF-8 follow".to_owned())
                    })?))
                }
                "password" => return Err(AddressError::Password),
                _ => others.push(pair),
            }
        }
        let rest = if others.is_empty() { base.to_owned() } else { format!("{base}?{}", others.join("&")) };
        let mut config = Config::from_str(&rest).map_err(|why| invalid(format!("{}; {EXPECTED}", said(&why))))?;
        if config.get_password().is_some() {
            return Err(AddressError::Password);
        }
        if config.get_hosts().is_empty() {
            return Err(invalid(format!("it names no host; {EXPECTED}")));
        }
        if config.get_channel_binding() == ChannelBinding::Require {
            return Err(invalid("channel_binding=require is not supported: use sslmode=verify-full".to_owned()));
        }
        // As libpq has it: whoever names authorities wants them asked.
        let verification = match (mode.unwrap_or(Verification::Full), &authorities) {
            (Verification::None, Some(_)) => Verification::Authority,
            (mode, _) => mode,
        };
        let is_local = config.get_hosts().iter().all(is_socket);
        let is_plain = is_local || verification == Verification::NoTls;
        config.ssl_mode(if is_plain { SslMode::Disable } else { SslMode::Require });
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        if config.get_application_name().is_none() {
            config.application_name("certgate");
        }
        config.keepalives_idle(KEEPALIVE);
        Ok(Self { config, verification, authorities, passwords: PasswordSources::default(), locks: None })
    }

    /// Has the password printed by a command, unless `PGPASSWORD` is set. It is run for each
    /// connection: when the store is opened, and when a lost one is made anew.
    #[must_use]
    pub fn with_password_command(mut self, run: PasswordCommand) -> Self {
        self.passwords.command = Some(run);
        self
    }

    /// Keeps this machine's locks in that folder: the orders of a process that was killed are free at once for others beside
    /// it, without waiting for the end of its lease.
    #[must_use]
    pub fn with_locks_in(mut self, folder: impl Into<PathBuf>) -> Self {
        self.locks = Some(folder.into());
        self
    }

    /// A lease of this process.
    pub(crate) fn lease(&self, token: &str) -> Result<Lease, StoreError> {
        match &self.locks {
            Some(folder) => Lease::on_this_machine(folder, token),
            None => Ok(Lease::by_time(token)),
        }
    }

    /// The file of authorities relative to that folder.
    #[must_use]
    pub fn relative_to(mut self, folder: &Path) -> Self {
        self.authorities = self.authorities.map(|file| folder.join(file));
        self
    }
}

impl fmt::Display for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let config = &self.config;
        f.write_str("postgres://")?;
        if let Some(user) = config.get_user() {
            write!(f, "{user}@")?;
        }
        for (number, host) in config.get_hosts().iter().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            match host {
                Host::Tcp(host) if host.contains(':') => write!(f, "{comma}[{host}]")?,
                Host::Tcp(host) => write!(f, "{comma}{host}")?,
                #[cfg(unix)]
                Host::Unix(folder) => write!(f, "{comma}{}", folder.display())?,
            }
            match config.get_ports().get(number).or(config.get_ports().first()) {
                Some(port) if *port != PORT => write!(f, ":{port}")?,
                _ => {}
            }
        }
        write!(f, "/{}", config.get_dbname().or(config.get_user()).unwrap_or_default())
    }
}

impl fmt::Debug for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PostgresAddress").field(&self.to_string()).finish()
    }
}

impl PartialEq for PostgresAddress {
    fn eq(&self, other: &Self) -> bool {
        // Options may name another schema.
        self.to_string() == other.to_string() && self.config.get_options() == other.config.get_options()
    }
}

impl Eq for PostgresAddress {}

fn verification(name: &str) -> Result<Verification, AddressError> {
    match name {
        "disable" => Ok(Verification::NoTls),
        "require" => Ok(Verification::None),
        "verify-ca" => Ok(Verification::Authority),
        "verify-full" => Ok(Verification::Full),
        "allow" | "prefer" => Err(AddressError::Invalid {
            why: format!(
                "sslmode={name} leaves it to others whether there is TLS; expected verify-full, verify-ca, require or disable"
            ),
        }),
        _ => Err(AddressError::Invalid {
            why: format!("sslmode=`{name}`: expected verify-full, verify-ca, require or disable"),
        }),
    }
}

#[cfg(unix)]
fn is_socket(host: &Host) -> bool {
    matches!(host, Host::Unix(_))
}

#[cfg(not(unix))]
fn is_socket(_: &Host) -> bool {
    false
}

/// A value of a URL, its `%2F` taken for `/`.
fn decoded(value: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        bytes.push(u8::try_from(digit()? * 16 + digit()?).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// An error of the client and what caused it, in one line.
pub(super) fn said(error: &tokio_postgres::Error) -> String {
    if let Some(error) = error.as_db_error() {
        return error.message().to_owned();
    }
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(why) = source {
        text = format!("{text}: {why}");
        source = why.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use tokio_postgres::config::SslMode;

    use super::{PostgresAddress, Verification};

    #[test]
    fn an_address_and_how_the_server_is_verified() {
        use Verification::{Authority, Full, NoTls, None};
        for (url, shown, verification, ca) in [
            ("postgres://me@db.example/orders", "postgres://me@db.example/orders", Full, ""),
            ("postgresql://me@db.example:5433/o?sslmode=require", "postgres://me@db.example:5433/o", None, ""),
            ("postgres://me@a,b:5433/o?sslmode=verify-ca", "postgres://me@a,b:5433/o", Authority, ""),
            ("postgres://me@a/o?sslmode=require&sslrootcert=x%2Fca.pem", "postgres://me@a/o", Authority, "x/ca.pem"),
            ("postgres://me@a/o?sslrootcert=ca&application_name=x", "postgres://me@a/o", Full, "ca"),
            ("postgres://me@[::1]/o?sslmode=disable", "postgres://me@[::1]/o", NoTls, ""),
            ("postgres://me@%2Frun%2Fpostgresql/o", "postgres://me@/run/postgresql/o", Full, ""),
        ] {
            let address = PostgresAddress::parse(url).unwrap();
            assert_eq!((address.to_string().as_str(), address.verification), (shown, verification), "{url}");
            assert_eq!(address.authorities.as_deref(), (!ca.is_empty()).then(|| Path::new(ca)), "{url}");
            let is_plain = verification == NoTls || url.contains("%2Frun");
            assert_eq!(address.config.get_ssl_mode() == SslMode::Disable, is_plain, "{url}");
        }
    }

    #[test]
    fn addresses_of_one_schema_are_alike() {
        let at = |url: &str| PostgresAddress::parse(url).unwrap();
        let base = at("postgres://me@a/o");
        assert_eq!(base, at("postgres://me@a:5432/o?sslmode=require"));
        for other in ["postgres://me@b/o", "postgres://me@a/p", "postgres://me@a/o?options=-csearch_path%3Dx"] {
            assert_ne!(base, at(other));
        }
    }

    #[test]
    fn what_is_no_address_is_refused_without_repeating_it() {
        for (url, expected) in [
            ("postgres://me:hunter2@a/o", "a password stands in the store's address"),
            ("postgres://me@a/o?password=hunter2", "a password stands in the store's address"),
            ("postgres:///o", "it names no host; expected postgres://USER@HOST/DATABASE"),
            ("postgres://a/o?sslmode=prefer", "sslmode=prefer leaves it to others whether there is TLS"),
            ("postgres://a/o?sslmode=on", "sslmode=`on`: expected verify-full, verify-ca, require or disable"),
            ("postgres://a/o?sslrootcert=%zz", "sslrootcert: found a `%`"),
            ("postgres://a/o?sslcert=mine.pem", "sslcert"),
            ("postgres://a:port/o", "port"),
            ("postgres://a/o?channel_binding=require", "channel_binding=require is not supported"),
        ] {
            let said = PostgresAddress::parse(url).unwrap_err().to_string();
            assert!(said.contains(expected) && !said.contains("hunter2"), "{url}: {said}");
        }
    }
}
