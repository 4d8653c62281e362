//! What was published to validate an order, step by step.

use std::{net::SocketAddr, path::PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use serde_json::Value;

/// One thing that was published, with all that is needed to remove it again, also by a later process.
///
/// A step is stored before it is done. It holds no secret: only the path of a key, never the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case", remote = "Self")]
pub enum ValidationStep {
    /// A DNS record that a command of the user's added. The same command removes it.
    Command {
        /// The command, for `sh -c`.
        command: String,
        /// The folder it runs in.
        working_folder: PathBuf,
        /// The record.
        record: PublishedRecord,
    },
    /// A DNS record that was added by a dynamic update (RFC 2136).
    ZoneUpdate {
        /// The zone's primary server.
        server: SocketAddr,
        /// The file of the TSIG key.
        key: PathBuf,
        /// The record.
        record: PublishedRecord,
    },
    /// A DNS record that was added to a zone of an AutoDNS account.
    ZoneTask {
        /// The configuration file with the profile; the platform's where none is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        config: Option<PathBuf>,
        /// The profile of the account; absent where the program's own account did it, which has to remove it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        profile: Option<String>,
        /// The zone.
        zone: String,
        /// Its virtual name server.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name_server: Option<String>,
        /// The record.
        record: PublishedRecord,
    },
    /// A folder that was made below a web root.
    Folder {
        /// The web root; absent in steps of stores before version 3.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        root: Option<PathBuf>,
        /// The folder, from the web root; absolute where that is absent.
        path: PathBuf,
    },
    /// A file that was written below a web root.
    File {
        /// The web root; absent in steps of stores before version 3.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        root: Option<PathBuf>,
        /// The file, from the web root; absolute where that is absent.
        path: PathBuf,
        /// What was written. A file that holds something else belongs to somebody else and stays.
        content: String,
    },
    /// Something that a program's own validator published.
    Custom {
        /// The validator's name: it removes its own steps.
        validator: String,
        /// What the validator needs to remove it.
        data: Value,
    },
}

/// A DNS record as it was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedRecord {
    /// The owner name, absolute, with its closing dot.
    pub name: String,
    /// `TXT` or `CNAME`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The value; a TXT value without its quotes.
    pub value: String,
}

impl ValidationStep {
    /// The steps of a store's text.
    ///
    /// ```
    /// use certgate_store::ValidationStep;
    /// // As stores before version 3 have it.
    /// let steps = ValidationStep::list(r#"[{"folder":"/srv/www/.well-known"}]"#)?;
    /// assert_eq!(steps, [ValidationStep::Folder { root: None, path: "/srv/www/.well-known".into() }]);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    ///
    /// # Errors
    /// The text is not a list of steps. Nothing may be removed by it.
    pub fn list(text: &str) -> Result<Vec<Self>, serde_json::Error> {
        serde_json::from_str(text)
    }
}

impl Serialize for ValidationStep {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for ValidationStep {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let step = Value::deserialize(deserializer)?;
        let read = if step.get("step").is_some() {
            Self::deserialize(step)
        } else {
            Untagged::deserialize(step).map(Self::from)
        };
        read.map_err(D::Error::custom)
    }
}

/// A step as stores before version 3 have it.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a step with one of `exec`, `nsupdate`, `folder`, `file`")]
enum Untagged {
    Command {
        exec: String,
        #[serde(rename = "in", default = "here")]
        working_folder: PathBuf,
        #[serde(flatten)]
        record: PublishedRecord,
    },
    ZoneUpdate {
        nsupdate: SocketAddr,
        key: PathBuf,
        #[serde(flatten)]
        record: PublishedRecord,
    },
    Folder {
        folder: PathBuf,
    },
    File {
        file: PathBuf,
        content: String,
    },
}

fn here() -> PathBuf {
    PathBuf::from(".")
}

impl From<Untagged> for ValidationStep {
    fn from(step: Untagged) -> Self {
        match step {
            Untagged::Command { exec, working_folder, record } => {
                Self::Command { command: exec, working_folder, record }
            }
            Untagged::ZoneUpdate { nsupdate, key, record } => Self::ZoneUpdate { server: nsupdate, key, record },
            Untagged::Folder { folder } => Self::Folder { root: None, path: folder },
            Untagged::File { file, content } => Self::File { root: None, path: file, content },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PublishedRecord, ValidationStep};

    fn record() -> PublishedRecord {
        PublishedRecord {
            name: "_dnsauth.example.com.".to_owned(),
            kind: "TXT".to_owned(),
            value: "2018abc".to_owned(),
        }
    }

    fn steps() -> [ValidationStep; 4] {
        [
            ValidationStep::Command {
                command: "./hook".to_owned(),
                working_folder: "/home/a".into(),
                record: record(),
            },
            ValidationStep::ZoneUpdate {
                server: "[2001:db8::1]:53".parse().unwrap(),
                key: "/etc/tsig.key".into(),
                record: record(),
            },
            ValidationStep::Folder { root: None, path: "/srv/www/.well-known".into() },
            ValidationStep::File { root: None, path: "/srv/www/a.txt".into(), content: "2018abc\n".to_owned() },
        ]
    }

    #[test]
    fn steps_of_earlier_stores_are_read() {
        let text = r#"[
            {"exec":"./hook","in":"/home/a","name":"_dnsauth.example.com.","type":"TXT","value":"2018abc"},
            {"nsupdate":"[2001:db8::1]:53","key":"/etc/tsig.key","name":"_dnsauth.example.com.","type":"TXT","value":"2018abc"},
            {"folder":"/srv/www/.well-known"},
            {"file":"/srv/www/a.txt","content":"2018abc\n"}
        ]"#;
        assert_eq!(ValidationStep::list(text).unwrap(), steps());
    }

    #[test]
    fn what_is_written_is_read() {
        let zone = ValidationStep::ZoneTask {
            config: Some("/etc/certgate.toml".into()),
            profile: Some("dns".to_owned()),
            zone: "example.com".to_owned(),
            name_server: None,
            record: record(),
        };
        let custom = ValidationStep::Custom { validator: "zone-api".to_owned(), data: serde_json::json!({ "id": 7 }) };
        let file = ValidationStep::File { root: Some("/srv".into()), path: "a/b.txt".into(), content: "x".to_owned() };
        let all = [&steps()[..], &[zone, custom, file]].concat();
        let text = serde_json::to_string(&all).unwrap();
        assert_eq!(ValidationStep::list(&text).unwrap(), all);
        assert!(text.contains(r#"{"step":"folder","path":"/srv/www/.well-known"}"#), "{text}");
    }

    #[test]
    fn what_is_no_step_is_refused() {
        for (text, said) in [
            (r#"[{"shell":"rm"}]"#, "a step with one of `exec`, `nsupdate`, `folder`, `file`"),
            (r#"[{"exec":"./hook"}]"#, "a step with one of"),
            (r#"[{"step":"melt"}]"#, "unknown variant `melt`"),
            (r#"[{"step":"file","path":"/a"}]"#, "missing field `content`"),
            ("{}", "expected a sequence"),
        ] {
            let error = ValidationStep::list(text).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
