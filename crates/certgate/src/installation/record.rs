//! What is noted of a set.

use std::fs;

use certgate_store::InstallOptions;
use serde::{Deserialize, Serialize};

use super::{CURRENT, Deployment, Installation};
use crate::{Error, files::beside};

/// The record's file in a set.
pub(super) const FILE: &str = "about.json";

/// What is noted of a set besides its files.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SetRecord {
    /// The certificate's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The certificate's serial number, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// The gateway's id of the certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<i64>,
    /// How it was installed. A renewal installs in the same way, and a hook that failed is repeated by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub install: Option<InstallOptions>,
    /// What came of the hook.
    #[serde(default, skip_serializing_if = "is_none")]
    pub deployment: Deployment,
}

fn is_none(deployment: &Deployment) -> bool {
    *deployment == Deployment::None
}

impl SetRecord {
    /// Whether both are of the same certificate, whatever was done with it.
    pub(super) fn is_of_the_same(&self, other: &Self) -> bool {
        (&self.name, &self.serial, self.certificate) == (&other.name, &other.serial, other.certificate)
    }

    pub(super) fn to_text(&self) -> String {
        let value = serde_json::to_value(self).unwrap_or_default();
        format!("{value:#}\n")
    }
}

impl Installation {
    /// What is noted of the set in place; none where nothing is, or what is there cannot be read.
    pub fn record_in_place(&self) -> Option<SetRecord> {
        let text = fs::read_to_string(self.folder().join(CURRENT).join(FILE)).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Notes how the set in place was installed, and what came of it. A record that cannot be written is no reason to stop: the
    /// files are in place.
    pub(super) fn record(&self, deployment: &Deployment) {
        let Some(mut record) = self.record_in_place() else { return };
        record.deployment = deployment.clone();
        record.install = Some(super::durable(&self.options));
        let path = self.folder().join(CURRENT).join(FILE);
        let written: Result<(), Error> = (|| {
            beside(&path, record.to_text().as_bytes(), 0o644)?
                .persist(&path)
                .map(drop)
                .map_err(|why| crate::files::storage(&path, &why.error))
        })();
        drop(written);
    }
}
