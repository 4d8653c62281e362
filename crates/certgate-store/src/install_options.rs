//! Where an order's certificate goes, and what is done once it is there.

use std::{path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Where a certificate goes, and what is done once it is there.
///
/// A store holds it with an order, so that a later process installs the certificate as the first one was asked to. It holds no
/// secret: only where a pass phrase comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct InstallOptions {
    /// The certificate's folder. A relative one starts from the process's, and is absolute in a store.
    pub folder: PathBuf,
    /// How many sets before the one in place are kept for a rollback.
    #[serde(default = "keep")]
    pub keep: usize,
    /// The encrypted key stores that are written too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_stores: Option<KeyStores>,
    /// What is run once the files are in place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hook: Option<DeployHook>,
    /// The owner of what is written: `USER` or `USER:GROUP`. Absent: the owner of what was in place, else the process's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_owner: Option<String>,
    /// Whether a key was kept in the folder for this certificate: it comes into place with that key or not at all. What earlier versions
    /// wrote does not say so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub with_key: bool,
    /// The folder that commands and other relative paths of these options start from.
    #[serde(default = "here")]
    pub working_folder: PathBuf,
    /// What is remembered with the installed set besides: how the certificate was validated, and what renews it. Its settings by
    /// their names, which the library that installs reads and writes.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub remembered: Map<String, Value>,
}

/// Encrypted key stores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyStores {
    /// Whether `bundle.p12` (PKCS#12) is written.
    pub pkcs12: bool,
    /// Whether `keystore.jks` (Java) is written.
    pub jks: bool,
    /// Where their pass phrase comes from.
    pub pass_phrase: Option<PassPhraseSource>,
}

/// Where a pass phrase comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PassPhraseSource {
    /// The first line of a file that only its owner may read.
    File(PathBuf),
    /// The first line that a command for `sh -c` prints.
    Command(String),
}

impl PassPhraseSource {
    /// That of a file, else that of a command, whichever is given.
    pub fn of(file: Option<&PathBuf>, command: Option<&String>) -> Option<Self> {
        file.cloned().map(Self::File).or_else(|| command.cloned().map(Self::Command))
    }
}

/// A command that is run once the files are in place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeployHook {
    /// The command, for `sh -c`.
    pub command: String,
    /// How long it may take.
    #[serde(rename = "timeoutSeconds", with = "seconds")]
    pub timeout: Duration,
    /// Whether the set before is put back where the command fails.
    #[serde(default)]
    pub rollback: bool,
}

/// How many sets are kept by default.
const KEEP: usize = 3;

/// How long a hook may take by default.
const HOOK_TIMEOUT: Duration = Duration::from_secs(300);

impl InstallOptions {
    /// A certificate in that folder, with no hook and no key store.
    pub fn into_folder(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            keep: KEEP,
            key_stores: None,
            hook: None,
            file_owner: None,
            with_key: false,
            working_folder: here(),
            remembered: Map::new(),
        }
    }

    /// The profile that is remembered with what is installed: whose account issued it.
    pub fn profile(&self) -> Option<&str> {
        self.remembered.get("profile")?.as_str()
    }

    /// Has that profile remembered.
    pub fn note_profile(&mut self, profile: &str) {
        self.remembered.insert("profile".to_owned(), profile.into());
    }

    /// The options among what stores before version 3 hold of an order; `None` if its certificate goes nowhere.
    ///
    /// # Errors
    /// The options cannot be read: their order is not to be carried on as if it had none.
    pub(crate) fn of_earlier_store(wanted: &Value) -> Result<Option<Self>, serde_json::Error> {
        if wanted.get("out").is_none() {
            return Ok(None);
        }
        Flat::deserialize(wanted).map(|flat| Some(flat.into()))
    }
}

impl DeployHook {
    /// That command, with the default timeout (5 minutes), and no rollback.
    pub fn new(command: impl Into<String>) -> Self {
        Self { command: command.into(), timeout: HOOK_TIMEOUT, rollback: false }
    }
}

fn keep() -> usize {
    KEEP
}

fn here() -> PathBuf {
    PathBuf::from(".")
}

mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        time.as_secs().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_secs)
    }
}

/// The options as stores before version 3 hold them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Flat {
    out: PathBuf,
    #[serde(default = "keep")]
    keep: usize,
    stores: Option<FlatStores>,
    #[serde(rename = "in", default = "here")]
    working_folder: PathBuf,
    hook: Option<String>,
    hook_timeout: Option<u64>,
    #[serde(default)]
    rollback: bool,
}

#[derive(Deserialize)]
struct FlatStores {
    #[serde(default)]
    pkcs12: bool,
    #[serde(default)]
    jks: bool,
    file: Option<PathBuf>,
    command: Option<String>,
}

impl From<Flat> for InstallOptions {
    fn from(flat: Flat) -> Self {
        let Flat { out, keep, stores, working_folder, hook, hook_timeout, rollback } = flat;
        let timeout = hook_timeout.map_or(HOOK_TIMEOUT, Duration::from_secs);
        Self {
            folder: out,
            keep,
            key_stores: stores.map(|FlatStores { pkcs12, jks, file, command }| KeyStores {
                pkcs12,
                jks,
                pass_phrase: file.map(PassPhraseSource::File).or(command.map(PassPhraseSource::Command)),
            }),
            hook: hook.map(|command| DeployHook { command, timeout, rollback }),
            file_owner: None,
            with_key: false,
            working_folder,
            remembered: Map::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::{DeployHook, InstallOptions, KeyStores, PassPhraseSource};

    fn full() -> InstallOptions {
        InstallOptions {
            keep: 5,
            key_stores: Some(KeyStores {
                pkcs12: true,
                jks: false,
                pass_phrase: Some(PassPhraseSource::Command("pass show p12".to_owned())),
            }),
            hook: Some(DeployHook {
                command: "systemctl reload nginx".to_owned(),
                timeout: Duration::from_secs(20),
                rollback: true,
            }),
            working_folder: "/home/it's me".into(),
            ..InstallOptions::into_folder("/etc/certs/example.com")
        }
    }

    fn remembering() -> InstallOptions {
        let mut options = InstallOptions { with_key: true, ..full() };
        options.remembered.insert("dns".to_owned(), json!("provision"));
        options
    }

    #[test]
    fn options_of_earlier_stores_are_read() {
        let wanted = json!({
            "out": "/etc/certs/example.com", "keep": 5, "in": "/home/it's me", "serial": "0a1b", "round": 2,
            "stores": { "pkcs12": true, "jks": false, "file": null, "command": "pass show p12" },
            "hook": "systemctl reload nginx", "hookTimeout": 20, "rollback": true,
        });
        assert_eq!(InstallOptions::of_earlier_store(&wanted).unwrap(), Some(full()));
        let least = InstallOptions::of_earlier_store(&json!({ "out": "/a" })).unwrap();
        assert_eq!(least, Some(InstallOptions::into_folder("/a")));
        assert_eq!(InstallOptions::of_earlier_store(&json!({ "serial": "0a1b" })).unwrap(), None);
        assert!(InstallOptions::of_earlier_store(&json!({ "out": "/a", "keep": "many" })).is_err());
    }

    #[test]
    fn what_is_written_is_read() {
        for options in [full(), remembering(), InstallOptions::into_folder("certs")] {
            let text = serde_json::to_value(&options).unwrap();
            assert_eq!(serde_json::from_value::<InstallOptions>(text).unwrap(), options);
        }
        let least: Value = serde_json::to_value(InstallOptions::into_folder("certs")).unwrap();
        assert_eq!(least, json!({ "folder": "certs", "keep": 3, "workingFolder": "." }));
    }
}
