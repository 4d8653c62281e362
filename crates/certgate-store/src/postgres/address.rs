//! The address of a store in PostgreSQL: a URL as libpq reads it.

use std::{
    fmt::{self, Write},
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
    /// The URL but for the file of authorities, which may be taken relative to a folder.
    url: String,
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
        let (mut mode, mut authorities, mut shown, mut others) = (None, None, Vec::new(), Vec::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if name != "sslrootcert" {
                shown.push(pair);
            }
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
        let with =
            |pairs: &[&str]| if pairs.is_empty() { base.to_owned() } else { format!("{base}?{}", pairs.join("&")) };
        let mut config =
            Config::from_str(&with(&others)).map_err(|why| invalid(format!("{}; {EXPECTED}", said(&why))))?;
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
        let url = with(&shown);
        Ok(Self { url, config, verification, authorities, passwords: PasswordSources::default(), locks: None })
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

/// What is read as the same address: with how to get there, but for how the password comes about.
impl fmt::Display for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)?;
        let Some(file) = &self.authorities else { return Ok(()) };
        f.write_str(if self.url.contains('?') { "&sslrootcert=" } else { "?sslrootcert=" })?;
        for byte in file.as_os_str().as_encoded_bytes() {
            match char::from(*byte) {
                plain if plain.is_ascii_alphanumeric() || "/-._~".contains(plain) => f.write_char(plain)?,
                _ => write!(f, "%{byte:02X}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PostgresAddress").field(&self.to_string()).finish()
    }
}

/// Whether they are of one schema, however one gets there.
impl PartialEq for PostgresAddress {
    fn eq(&self, other: &Self) -> bool {
        fn schema(config: &Config) -> impl PartialEq + use<'_> {
            let ports = config.get_ports();
            let port = |number: usize| ports.get(number).or(ports.first()).copied().unwrap_or(PORT);
            let hosts: Vec<_> =
                config.get_hosts().iter().enumerate().map(|(number, host)| (host, port(number))).collect();
            // Options may name another schema.
            (config.get_user(), config.get_dbname().or(config.get_user()), config.get_options(), hosts)
        }
        schema(&self.config) == schema(&other.config)
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

    use proptest::{prelude::*, sample::select};
    use tokio_postgres::config::SslMode;

    use super::{PostgresAddress, Verification};

    #[test]
    fn an_address_and_how_the_server_is_verified() {
        use Verification::{Authority, Full, NoTls, None};
        for (url, verification, ca) in [
            ("postgres://me@db.example/orders", Full, ""),
            ("postgresql://me@db.example:5433/o?sslmode=require", None, ""),
            ("postgres://me@a,b:5433/o?sslmode=verify-ca", Authority, ""),
            ("postgres://me@a/o?sslmode=require&sslrootcert=x%2Fca.pem", Authority, "x/ca.pem"),
            ("postgres://me@a/o?sslrootcert=ca&application_name=x", Full, "ca"),
            ("postgres://me@[::1]/o?sslmode=disable", NoTls, ""),
            ("postgres://me@%2Frun%2Fpostgresql/o", Full, ""),
        ] {
            let address = PostgresAddress::parse(url).unwrap();
            assert_eq!(address.verification, verification, "{url}");
            assert_eq!(address.authorities.as_deref(), (!ca.is_empty()).then(|| Path::new(ca)), "{url}");
            let is_plain = verification == NoTls || url.contains("%2Frun");
            assert_eq!(address.config.get_ssl_mode() == SslMode::Disable, is_plain, "{url}");
        }
    }

    #[test]
    fn an_address_is_shown_with_how_to_get_there() {
        for (url, shown) in [
            ("postgres://me@%2Frun%2Fpg:5433/o", "postgres://me@%2Frun%2Fpg:5433/o"),
            ("postgres://a/o?sslmode=disable&", "postgres://a/o?sslmode=disable"),
            ("postgres://a/o?sslrootcert=my%20ca.pem", "postgres://a/o?sslrootcert=/etc/my%20ca.pem"),
            ("postgres://a/o?sslrootcert=x&sslmode=require", "postgres://a/o?sslmode=require&sslrootcert=/etc/x"),
        ] {
            assert_eq!(PostgresAddress::parse(url).unwrap().relative_to(Path::new("/etc")).to_string(), shown);
        }
    }

    proptest! {
        /// So that a command with it, copied, comes to the same store.
        #[test]
        fn what_is_shown_is_read_as_the_same(
            user in "(me@|a%40b@|)",
            host in "(db\\.example|%2Frun%2Fpg|\\[::1\\]|a,b)(:[1-9][0-9]{0,3})?",
            database in "(/|/orders|/a%3Fb|)",
            mode in select(&["disable", "require", "verify-ca", "verify-full"]),
            options in "(&options=-csearch_path%3Dx|&application_name=a%26b|&connect_timeout=3|)",
            authorities in proptest::option::of("[^/\0][^\0]{0,12}"),
        ) {
            let file = |name: String| name.bytes().fold("&sslrootcert=".to_owned(), |text, byte| format!("{text}%{byte:02x}"));
            let authorities = authorities.map(file).unwrap_or_default();
            let url = format!("postgres://{user}{host}{database}?sslmode={mode}{authorities}{options}");
            let address = PostgresAddress::parse(&url).unwrap().relative_to(Path::new("/etc"));
            let again = PostgresAddress::parse(&address.to_string()).unwrap();
            prop_assert!(again.config == address.config, "{}", address);
            prop_assert_eq!(
                (&again.authorities, again.verification, again.to_string()),
                (&address.authorities, address.verification, address.to_string())
            );
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
