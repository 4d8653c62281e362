//! What a later process needs to carry on with an order.

use serde::{Deserialize, Serialize, de::Error};
use serde_json::Value;

use crate::InstallOptions;

/// What a later process needs to carry on with an order, besides the order itself.
///
/// The store writes it with a version, and reads what earlier versions wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResumeData {
    /// The certificate's serial number before the order, hexadecimal. By it an order whose answer was lost is told from the
    /// certificate as it was; absent for a new certificate, or where nobody asked the gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial_before: Option<String>,
    /// How many seconds the gateway's clock was ahead of ours when the order left, by its last answer before; behind where
    /// negative. Absent where no answer said its date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_ahead: Option<i64>,
    /// Where the certificate goes; absent where it is only shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub install: Option<InstallOptions>,
    /// What makes a new certificate another one than those of the same name, where its key was made or given with the order: of what says the same
    /// one is ordered at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
    /// How often the order's batch had been ordered anew when this order was placed: 0 in its first round.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub round: u64,
    /// Whether it was ordered since the gateway asked for a reissue.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub was_required: bool,
    /// The machine whose folder the certificate goes to; absent where machines have no names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

fn is_zero(round: &u64) -> bool {
    *round == 0
}

/// The version that is written.
const VERSION: u64 = 1;

impl ResumeData {
    /// For an order whose certificate goes there.
    pub fn installing(install: Option<InstallOptions>) -> Self {
        Self { install, ..Self::default() }
    }

    /// The text that a store holds.
    pub(crate) fn to_text(&self) -> Result<String, serde_json::Error> {
        let mut value = serde_json::to_value(self)?;
        if let Some(fields) = value.as_object_mut() {
            fields.insert("version".to_owned(), VERSION.into());
        }
        Ok(value.to_string())
    }

    /// Reads a store's text.
    pub(crate) fn from_text(text: &str) -> Result<Self, serde_json::Error> {
        /// Read first: which version the rest is of.
        #[derive(Deserialize)]
        struct Written {
            version: Option<Value>,
        }
        match serde_json::from_str::<Written>(text)?.version.map(|version| version.as_u64()) {
            None => Self::of_earlier_store(&serde_json::from_str(text)?),
            Some(Some(VERSION)) => serde_json::from_str(text),
            Some(other) => {
                let found = other.map_or("no number".to_owned(), |found| found.to_string());
                Err(serde_json::Error::custom(format!("resume data of version {found}, expected {VERSION}")))
            }
        }
    }

    /// As stores before version 3 hold it.
    fn of_earlier_store(value: &Value) -> Result<Self, serde_json::Error> {
        let serial_before = value.get("serial").and_then(Value::as_str).map(str::to_owned);
        let round = value.get("round").and_then(Value::as_u64).unwrap_or_default();
        let install = InstallOptions::of_earlier_store(value)?;
        Ok(Self { serial_before, install, round, ..Self::default() })
    }
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt, path::Path};

    use super::ResumeData;
    use crate::InstallOptions;

    #[test]
    fn what_is_written_is_read() {
        let full = ResumeData {
            serial_before: Some("0A1B".to_owned()),
            clock_ahead: Some(-3),
            install: Some(InstallOptions::into_folder("/certs")),
            asked: Some("example.com:SSL123:p256".to_owned()),
            round: 2,
            was_required: true,
            host: Some("web1".to_owned()),
        };
        for data in [full, ResumeData::default()] {
            assert_eq!(ResumeData::from_text(&data.to_text().unwrap()).unwrap(), data);
        }
        assert_eq!(ResumeData::default().to_text().unwrap(), r#"{"version":1}"#);
        // What no text can hold is not written as something else.
        let folder = Path::new(OsStr::from_bytes(b"caf\xe9"));
        assert!(ResumeData::installing(Some(InstallOptions::into_folder(folder))).to_text().is_err());
    }

    #[test]
    fn that_of_earlier_stores_is_read() {
        let earlier = ResumeData::from_text(r#"{"out":"/certs","serial":"0A","round":1,"cleanup":[]}"#).unwrap();
        let install = earlier.install.clone().map(|install| install.folder);
        assert_eq!((earlier.serial_before.as_deref(), earlier.round, install), (Some("0A"), 1, Some("/certs".into())));
        assert_eq!(ResumeData::from_text("{}").unwrap(), ResumeData::default());
    }

    #[test]
    fn what_cannot_be_read_is_not_taken_for_nothing() {
        for (text, said) in [
            (r#"{"version":2}"#, "resume data of version 2, expected 1"),
            (r#"{"version":"1"}"#, "resume data of version no number"),
            (r#"{"version":1,"install":{}}"#, "missing field `folder`"),
            ("certs", "expected value"),
        ] {
            let error = ResumeData::from_text(text).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
