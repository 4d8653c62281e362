//! What is noted of a set.

use certgate_files::{FileError, Folder};
use certgate_store::InstallOptions;
use serde::{Deserialize, Serialize};

use super::{Deployment, Installation, durable, sets};

/// The record's file in a set.
pub(super) const FILE: &str = "about.json";

/// The record's file in the folder of a certificate without its key, which has no sets.
const FILE_WITHOUT_SETS: &str = ".about.json";

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
    /// What is noted of what is in place; none where nothing is, or where others could have written it.
    pub fn record_in_place(&self) -> Option<SetRecord> {
        let folder = Folder::open(self.folder()).ok()?.owned_by(self.owner());
        let text = match sets::current_folder(&folder).ok()? {
            Some(set) => set.read_trusted(FILE).ok()??,
            None => folder.read_trusted(FILE_WITHOUT_SETS).ok()??,
        };
        serde_json::from_slice(&text).ok()
    }

    /// Notes how what is in place was installed, and what came of it. That it cannot be noted is no reason to stop: the files
    /// are in place, and the next run finds the hook's end unrecorded.
    pub(super) fn note(&self, record: &SetRecord, deployment: &Deployment) {
        let install = Some(durable(&self.options));
        let record = SetRecord { deployment: deployment.clone(), install, ..record.clone() };
        let noted = || -> Result<(), FileError> {
            let folder = self.open()?;
            let text = record.to_text();
            match sets::current_folder(&folder)? {
                Some(set) => set.replace(FILE, text.as_bytes(), 0o644, None),
                None => folder.replace(FILE_WITHOUT_SETS, text.as_bytes(), 0o644, None),
            }
        };
        let _ = noted();
    }
}
