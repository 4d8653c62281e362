//! The values of settings: how each is read and written, and what was expected where it cannot be read.

use std::{
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use certgate_domain::words::AuthMethod;
use certgate_keys::KeyType;
use serde_json::{Value, json};

use super::SettingsError;
use crate::{duration::parse_duration, estate::term::RenewBefore, validation::name_server};

/// The value of a setting.
pub trait SettingValue: Sized {
    /// What is expected, as people are told.
    const EXPECTED: &'static str;

    /// Reads a value of TOML or JSON, or the text of a CSV field.
    fn read(value: &Value) -> Option<Self>;

    /// The value as it is written.
    fn write(&self) -> Value;

    /// Its JSON Schema.
    fn schema() -> Value;

    /// Has a relative path start from that folder.
    fn start_from(&mut self, _: &Path) {}
}

/// Reads the value of a setting.
pub(super) fn read<T: SettingValue>(setting: &'static str, value: &Value) -> Result<T, SettingsError> {
    T::read(value).ok_or_else(|| SettingsError::value(setting, value, T::EXPECTED))
}

/// Who publishes the DNS record that shows control over a name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dns {
    /// The gateway.
    Provision,
    /// A person.
    Manual,
    /// The zone tasks of an AutoDNS account.
    AutoDns,
    /// A dynamic update of the zone (RFC 2136).
    NsUpdate,
    /// This command of the shell.
    Exec(String),
}

impl fmt::Display for Dns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provision => f.write_str("provision"),
            Self::Manual => f.write_str("manual"),
            Self::AutoDns => f.write_str("autodns"),
            Self::NsUpdate => f.write_str("nsupdate"),
            Self::Exec(command) => write!(f, "exec {command}"),
        }
    }
}

impl SettingValue for Dns {
    const EXPECTED: &'static str = "provision, autodns, manual, exec CMD or nsupdate";

    fn read(value: &Value) -> Option<Self> {
        Some(match value.as_str()?.trim() {
            "provision" => Self::Provision,
            "manual" => Self::Manual,
            "autodns" => Self::AutoDns,
            "nsupdate" => Self::NsUpdate,
            other => {
                let (word, command) = other.split_once(char::is_whitespace)?;
                (word == "exec").then(|| Self::Exec(command.trim().to_owned()))?
            }
        })
    }

    fn write(&self) -> Value {
        self.to_string().into()
    }

    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^(provision|autodns|manual|nsupdate|exec .+)$" })
    }
}

/// Values that are one of some words.
macro_rules! words {
    ($kind:ty { $($word:literal = $value:path),+ } $expected:literal) => {
        impl SettingValue for $kind {
            const EXPECTED: &'static str = $expected;

            fn read(value: &Value) -> Option<Self> {
                match value.as_str()?.trim().to_ascii_lowercase().as_str() {
                    $($word => Some($value),)+
                    _ => None,
                }
            }

            fn write(&self) -> Value {
                match self {
                    $($value => $word.into(),)+
                }
            }

            fn schema() -> Value {
                json!({ "enum": [$($word),+] })
            }
        }
    };
}

/// How control over the names is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValidationMethod {
    /// By a DNS record.
    Dns,
    /// By a file of a web server.
    File,
    /// By an answer to a mail.
    Email,
}

impl From<ValidationMethod> for AuthMethod {
    fn from(method: ValidationMethod) -> Self {
        match method {
            ValidationMethod::Dns => Self::Dns,
            ValidationMethod::File => Self::File,
            ValidationMethod::Email => Self::Email,
        }
    }
}

words!(ValidationMethod { "dns" = Self::Dns, "file" = Self::File, "email" = Self::Email } "dns, file or email");

/// An encrypted key store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// `bundle.p12` (PKCS#12).
    P12,
    /// `keystore.jks` (Java).
    Jks,
}

words!(Format { "p12" = Self::P12, "jks" = Self::Jks } r#""p12", "jks" or ["p12", "jks"]"#);

impl SettingValue for KeyType {
    const EXPECTED: &'static str = "p256, p384, rsa2048, rsa3072 or rsa4096";

    fn read(value: &Value) -> Option<Self> {
        Self::by_name(value.as_str()?.trim())
    }

    fn write(&self) -> Value {
        self.name().into()
    }

    fn schema() -> Value {
        json!({ "enum": Self::ALL.map(Self::name) })
    }
}

impl SettingValue for String {
    const EXPECTED: &'static str = "a text";

    fn read(value: &Value) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }

    fn write(&self) -> Value {
        self.as_str().into()
    }

    fn schema() -> Value {
        json!({ "type": "string" })
    }
}

impl SettingValue for PathBuf {
    const EXPECTED: &'static str = "a path";

    fn read(value: &Value) -> Option<Self> {
        value.as_str().filter(|path| !path.is_empty()).map(Self::from)
    }

    fn write(&self) -> Value {
        self.to_string_lossy().into_owned().into()
    }

    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1 })
    }

    fn start_from(&mut self, folder: &Path) {
        *self = folder.join(&self);
    }
}

impl SettingValue for bool {
    const EXPECTED: &'static str = "true or false";

    fn read(value: &Value) -> Option<Self> {
        value.as_bool().or_else(|| value.as_str()?.trim().to_ascii_lowercase().parse().ok())
    }

    fn write(&self) -> Value {
        (*self).into()
    }

    fn schema() -> Value {
        json!({ "type": "boolean" })
    }
}

impl SettingValue for i64 {
    const EXPECTED: &'static str = "a whole number of 1 or more";

    fn read(value: &Value) -> Option<Self> {
        value.as_i64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|number| *number >= 1)
    }

    fn write(&self) -> Value {
        (*self).into()
    }

    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 1 })
    }
}

impl SettingValue for usize {
    const EXPECTED: &'static str = "a whole number of 0 or more";

    fn read(value: &Value) -> Option<Self> {
        let number = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())?;
        Self::try_from(number).ok()
    }

    fn write(&self) -> Value {
        (*self).into()
    }

    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 0 })
    }
}

impl SettingValue for SocketAddr {
    const EXPECTED: &'static str = "an IP address, such as 9.9.9.9 or [2620:fe::fe]:53";

    fn read(value: &Value) -> Option<Self> {
        name_server(value.as_str()?.trim()).ok()
    }

    fn write(&self) -> Value {
        self.to_string().into()
    }

    fn schema() -> Value {
        json!({ "type": "string" })
    }
}

impl SettingValue for Duration {
    const EXPECTED: &'static str = "a number with s, m, h, d or w, such as 90s, 30m, 2h, 30d or 4w";

    fn read(value: &Value) -> Option<Self> {
        parse_duration(value.as_str()?.trim()).ok()
    }

    fn write(&self) -> Value {
        format!("{}s", self.as_secs()).into()
    }

    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^[0-9]+[smhdw]$" })
    }
}

impl SettingValue for RenewBefore {
    const EXPECTED: &'static str = "a time such as 30d, or a share of the lifetime such as 1/3";

    fn read(value: &Value) -> Option<Self> {
        value.as_str()?.trim().parse().ok()
    }

    fn write(&self) -> Value {
        self.to_string().into()
    }

    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^([0-9]+[smhdw]|[0-9]+/[0-9]+)$" })
    }
}

/// One alone is a list too; in a text blanks, commas or semicolons stand between them.
impl<T: SettingValue> SettingValue for Vec<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Array(values) => values.iter().map(T::read).collect(),
            Value::String(text) => {
                let parts = text.split([' ', '\t', ',', ';']).filter(|part| !part.is_empty());
                parts.map(|part| T::read(&part.into())).collect()
            }
            _ => None,
        }
    }

    fn write(&self) -> Value {
        self.iter().map(T::write).collect()
    }

    fn schema() -> Value {
        json!({ "anyOf": [{ "type": "array", "items": T::schema() }, { "type": "string" }] })
    }
}
