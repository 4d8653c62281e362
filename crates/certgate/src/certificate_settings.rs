//! How a certificate is ordered, validated and installed: one list of settings for every place that says it.
//!
//! The options of an order, the columns of a batch, an entry of a declared file and what is remembered with an installed set are
//! this list, read by the same rules. A setting that is not given takes its default.

mod parts;
mod remembered;
pub(crate) mod table;
mod value;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use certgate_keys::KeyType;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Map, Value};

pub use self::{
    parts::SettingsError,
    value::{Dns, Format, SettingValue, ValidationMethod},
};
use crate::{estate::term::RenewBefore, served::TlsEndpoint};

/// A setting as it is documented.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct SettingField {
    /// Its name: the column of a batch and the key of a declared file.
    pub name: &'static str,
    /// What it says, a line each.
    pub documentation: &'static [&'static str],
    /// What holds where it is not given.
    pub default: &'static str,
    /// Its JSON Schema.
    pub schema: fn() -> Value,
}

macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $name:ident: $kind:ty, default $default:literal;)*) => {
        /// How a certificate is ordered, validated and installed. `None` is what was not given.
        ///
        /// ```
        /// use certgate::CertificateSettings;
        ///
        /// let text = r#"{"dns":"nsupdate","dns_server":"192.0.2.1","dns_key":"/etc/tsig.key","formats":["p12"],"keep":"5"}"#;
        /// let settings: CertificateSettings = serde_json::from_str(text)?;
        /// assert_eq!((settings.keep, settings.dns_server), (Some(5), "192.0.2.1:53".parse().ok()));
        /// # Ok::<(), serde_json::Error>(())
        /// ```
        #[derive(Debug, Clone, Default, PartialEq)]
        #[non_exhaustive]
        pub struct CertificateSettings {
            $(
                $(#[doc = $doc])+
                #[doc = ""]
                #[doc = concat!("Default: ", $default, ".")]
                pub $name: Option<$kind>,
            )*
        }

        impl CertificateSettings {
            /// Every setting, in the order in which people are told of them.
            pub const FIELDS: &'static [SettingField] = &[$(SettingField {
                name: stringify!($name),
                documentation: &[$($doc),+],
                default: $default,
                schema: <$kind as SettingValue>::schema,
            }),*];

            /// Sets one by its name; numbers and booleans may stand in a text, lists in one with blanks or commas between.
            ///
            /// # Errors
            /// There is no such setting, or its value is none.
            pub fn set(&mut self, name: &str, value: &Value) -> Result<(), SettingsError> {
                match name {
                    $(stringify!($name) => self.$name = Some(value::read(stringify!($name), value)?),)*
                    _ => return self.set_alias(name, value),
                }
                Ok(())
            }

            /// What is given, by name.
            pub(crate) fn to_map(&self) -> Map<String, Value> {
                let mut map = Map::new();
                $(if let Some(value) = &self.$name {
                    map.insert(stringify!($name).to_owned(), value.write());
                })*
                map
            }

            /// Forgets one.
            fn clear(&mut self, name: &str) {
                match name {
                    $(stringify!($name) => self.$name = None,)*
                    _ => {}
                }
            }

            /// Whether one is given.
            fn has(&self, name: &str) -> bool {
                match name {
                    $(stringify!($name) => self.$name.is_some(),)*
                    _ => false,
                }
            }

            /// Those that are given and are not the same in `other`, by name.
            fn differing(&self, other: &Self) -> Vec<&'static str> {
                let mut names = Vec::new();
                $(if self.$name.is_some() && self.$name != other.$name {
                    names.push(stringify!($name));
                })*
                names
            }

            fn fill(&mut self, other: &Self) {
                $(if self.$name.is_none() {
                    self.$name.clone_from(&other.$name);
                })*
            }

            /// These settings with paths that do not depend on where a later process runs: relative ones start from `folder`.
            #[must_use]
            pub fn absolute(mut self, folder: &std::path::Path) -> Self {
                $(if let Some(value) = &mut self.$name {
                    value.start_from(folder);
                })*
                self
            }
        }
    };
}

settings! {
    /// The certificate's name.
    name: String, default "the certificate's";
    /// The names that it is valid for besides, where the CSR is made.
    names: Vec<String>, default "the certificate's";
    /// The product's code.
    product: String, default "the certificate's";
    /// The id of the administrative contact.
    admin: i64, default "the certificate's";
    /// The id of the technical contact.
    technical: i64, default "the certificate's";
    /// The server software, such as APACHE2.
    software: String, default "the certificate's";
    /// The term, in months.
    lifetime: i64, default "the certificate's";
    /// The CSR's file, PEM.
    csr: PathBuf, default "a renewal takes the certificate's";
    /// Whether a new key is made, and the CSR with it.
    new_key: bool, default "false";
    /// The type of a new key.
    key_type: KeyType, default "as the key in place, else p256";
    /// The file of the key that the CSR is made with.
    key: PathBuf, default "none";
    /// The file whose first line is that key's pass phrase.
    pass_phrase_file: PathBuf, default "none";
    /// The command of the shell that prints that key's pass phrase.
    pass_phrase_command: String, default "none";
    /// Whether an encrypted key may be written decrypted beside its certificate.
    decrypt_key: bool, default "false";
    /// How control over the names is shown.
    method: ValidationMethod, default "the certificate's";
    /// Whether the gateway publishes the DNS record itself.
    provisioning: bool, default "the certificate's";
    /// Who publishes the DNS record: `provision` the gateway, `autodns` the zone tasks of an AutoDNS account, `manual` a person,
    /// `exec CMD` that command of the shell, `nsupdate` a dynamic update of the zone (RFC 2136).
    dns: Dns, default "none";
    /// For nsupdate: the zone's primary server.
    dns_server: SocketAddr, default "none";
    /// For nsupdate: the file of the TSIG key.
    dns_key: PathBuf, default "none";
    /// For autodns: the profile of the configuration file with the account that has the zones (context 4).
    dns_profile: String, default "none";
    /// For autodns: the configuration file with that profile.
    dns_config: PathBuf, default "that of the run, else the platform's";
    /// Whether it is ordered only once the record is seen.
    dns_check: bool, default "false; true for autodns; manual always looks";
    /// How long the record is waited for.
    dns_timeout: Duration, default "10m";
    /// Resolvers that have to show the record too.
    resolver: Vec<SocketAddr>, default "the system's, to find the zone's servers by";
    /// Whether the zone's own servers are not asked.
    no_authoritative: bool, default "false";
    /// The web root below which a file shows control over the names.
    webroot: PathBuf, default "none";
    /// The address that the gateway's mail goes to.
    approver: String, default "none";
    /// Whether anything that the gateway asks for is published, also what does not belong to the names of the order.
    allow_any_record: bool, default "false";
    /// The certificate's folder.
    out: PathBuf, default "none: the certificate is only shown";
    /// How many sets before the one in place are kept for a rollback.
    keep: usize, default "3";
    /// The encrypted key stores that are written too: `p12` (PKCS#12), `jks` (Java).
    formats: Vec<Format>, default "none";
    /// The file whose first line is the key stores' pass phrase.
    store_pass_file: PathBuf, default "none";
    /// The command of the shell that prints the key stores' pass phrase.
    store_pass_command: String, default "none";
    /// The owner of the files: `USER` or `USER:GROUP`.
    file_owner: String, default "that of the files in place";
    /// The command of the shell that is run once the files are in place.
    deploy_hook: String, default "none";
    /// How long that command may take.
    hook_timeout: Duration, default "5m";
    /// Whether the set before is put back where that command fails.
    rollback_on_failure: bool, default "false";
    /// Where the certificate is served: `HOST:PORT`, `smtp://HOST:PORT` or `imap://HOST:PORT`. It counts as deployed once it is
    /// served there.
    verify: Vec<TlsEndpoint>, default "nowhere is looked";
    /// How long before its end the certificate is due: a time, or a share of its lifetime such as `1/3`.
    renew_before: RenewBefore, default "30d, or a third of its lifetime where that is less";
    /// The profile of the configuration file with the gateway and the account.
    profile: String, default "that of the run";
    /// The folder that commands are run in.
    working_folder: PathBuf, default "that of the file, or the process's";
}

/// What says how control over the names is shown.
pub(crate) const VALIDATION: &[&str] = &[
    "method",
    "provisioning",
    "dns",
    "dns_server",
    "dns_key",
    "dns_profile",
    "dns_config",
    "dns_check",
    "dns_timeout",
    "resolver",
    "no_authoritative",
    "webroot",
    "approver",
    "allow_any_record",
];
/// What belongs together, and those of it that replace all of it: the others say more about it.
const GROUPS: [(&[&str], &[&str]); 3] = [
    (VALIDATION, &["method", "provisioning", "dns", "webroot", "approver"]),
    (&parts::KEY_STORE_PASS_PHRASE, &parts::KEY_STORE_PASS_PHRASE),
    (&["deploy_hook", "hook_timeout", "rollback_on_failure"], &["deploy_hook"]),
];

/// What belongs to one order, or is the certificate's at the gateway: it is not remembered.
const OF_ONE_ORDER: &[&str] = &[
    "name",
    "product",
    "admin",
    "technical",
    "software",
    "lifetime",
    "csr",
    "new_key",
    "key",
    "pass_phrase_file",
    "pass_phrase_command",
    "decrypt_key",
    "out",
];

impl CertificateSettings {
    /// Reads settings by their names.
    ///
    /// # Errors
    /// There is no such setting, or its value is none.
    pub(crate) fn from_map(map: &Map<String, Value>) -> Result<Self, SettingsError> {
        let mut settings = Self::default();
        map.iter().try_for_each(|(name, value)| settings.set(name, value))?;
        Ok(settings)
    }

    /// Other spellings: those of options whose settings are lists.
    fn set_alias(&mut self, name: &str, value: &Value) -> Result<(), SettingsError> {
        let format = match name {
            "san" => {
                self.names = Some(value::read("san", value)?);
                return Ok(());
            }
            "pkcs12" => Format::P12,
            "jks" => Format::Jks,
            "validation" => {
                let Value::Object(validation) = value else {
                    return Err(SettingsError::value("validation", value, "a table, such as { dns = \"provision\" }"));
                };
                for (name, value) in validation {
                    if !VALIDATION.contains(&name.as_str()) {
                        return Err(SettingsError::Unknown { name: name.clone(), known: VALIDATION.to_vec() });
                    }
                    self.set(name, value)?;
                }
                return Ok(());
            }
            _ => return Err(SettingsError::Unknown { name: name.to_owned(), known: Self::names_known().collect() }),
        };
        if value::read::<bool>(if name == "jks" { "jks" } else { "pkcs12" }, value)? {
            let formats = self.formats.get_or_insert_default();
            if !formats.contains(&format) {
                formats.push(format);
            }
        }
        Ok(())
    }

    /// The names of all settings, and the other spellings.
    pub(crate) fn names_known() -> impl Iterator<Item = &'static str> {
        Self::FIELDS.iter().map(|field| field.name).chain(["san", "pkcs12", "jks", "validation"])
    }

    /// These settings, and where nothing is given, those of `before`. How control is shown, another hook, another pass phrase replace
    /// what belongs to the one of before, too.
    #[must_use]
    pub fn or(mut self, before: &Self) -> Self {
        let mut before = before.clone();
        for (group, replacing) in GROUPS {
            if replacing.iter().any(|name| self.has(name)) {
                group.iter().for_each(|name| before.clear(name));
            }
        }
        self.fill(&before);
        self
    }

    /// These settings, where a profile that they name without its file stands in that configuration file.
    #[must_use]
    pub fn with_profiles_of(mut self, config: Option<&Path>) -> Self {
        if self.dns == Some(Dns::AutoDns) && self.dns_config.is_none() {
            self.dns_config = config.map(|config| std::path::absolute(config).unwrap_or_else(|_| config.to_owned()));
        }
        self
    }

    /// What of them is remembered with an installed set.
    pub(crate) fn to_remember(&self) -> Self {
        let mut settings = self.clone();
        OF_ONE_ORDER.iter().for_each(|name| settings.clear(name));
        settings
    }

    /// What a new certificate needs and is not given, by its name.
    pub(crate) fn missing_for_new(&self) -> Vec<&'static str> {
        let needed = ["product", "admin", "technical"];
        needed.into_iter().filter(|name| !self.has(name)).collect()
    }

    /// Whether nothing is given.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Serialize for CertificateSettings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_map().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for CertificateSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_map(&Map::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests;
