//! What is noted of a set.

use std::path::{Path, PathBuf};

use certgate_files::{FileError, Folder, Owner};
use certgate_store::InstallOptions;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{CertificateSettings, order::is_among, selector::is_same_name};

use super::{CURRENT, Deployment, Installation, SETS, durable, sets};

/// The record's file in a set.
pub(super) const FILE: &str = "about.json";

/// The record's file in the folder of a certificate without its key, which has no sets.
pub(crate) const FILE_WITHOUT_SETS: &str = ".about.json";

/// What is noted of a set besides its files.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", from = "Read")]
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
    /// The names that it went by here before and is for still, which nobody gave it: no order takes them away by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_names: Vec<String>,
    /// How it was ordered, validated and installed. A renewal does it in the same way, and a hook that failed is repeated by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<CertificateSettings>,
    /// When somebody put it back in place, in seconds since 1970: runs by themselves leave it there until it is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub put_back: Option<i64>,
    /// When its certificate was revoked, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<i64>,
    /// The paths outside of the folder that servers read, and that its adoption had lead into it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub led: Vec<PathBuf>,
    /// What came of the hook.
    #[serde(default, skip_serializing_if = "is_none")]
    pub deployment: Deployment,
}

/// A record as it is read: older ones say how it was installed, and not how it was validated.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Read {
    name: Option<String>,
    serial: Option<String>,
    certificate: Option<i64>,
    #[serde(default)]
    former_names: Vec<String>,
    /// One that a later version wrote, and that is not understood here, does not hide the rest.
    settings: Option<Map<String, Value>>,
    install: Option<InstallOptions>,
    put_back: Option<i64>,
    revoked: Option<i64>,
    #[serde(default)]
    led: Vec<PathBuf>,
    #[serde(default)]
    deployment: Deployment,
}

impl From<Read> for SetRecord {
    fn from(read: Read) -> Self {
        let Read { name, serial, certificate, former_names, settings, install, put_back, revoked, led, deployment } =
            read;
        let certificate = certificate.filter(|id| *id > 0);
        let remembered = settings.as_ref().map(CertificateSettings::known_of);
        let settings = remembered.or_else(|| install.as_ref().map(CertificateSettings::of_installation));
        Self { name, serial, certificate, former_names, settings, put_back, revoked, led, deployment }
    }
}

fn is_none(deployment: &Deployment) -> bool {
    *deployment == Deployment::None
}

impl SetRecord {
    /// Whether both are of the same certificate, whatever was done with it.
    pub(super) fn is_of_the_same(&self, other: &Self) -> bool {
        (&self.name, &self.serial, self.certificate) == (&other.name, &other.serial, other.certificate)
    }

    /// Whether encrypted files of both have the same pass phrase, as far as it is known where that comes from.
    pub(super) fn has_pass_phrase_of(&self, other: &Self) -> bool {
        let source = |record: &Self| {
            let settings = record.settings.as_ref()?;
            Some((settings.store_pass_file.clone(), settings.store_pass_command.clone()))
        };
        source(self) == source(other)
    }

    /// Whether both are remembered to be installed, and ordered again, in the same way.
    pub(super) fn is_installed_like(&self, before: &Self) -> bool {
        let settings = |record: &Self| record.settings.clone().unwrap_or_default();
        settings(self).changed_from(&settings(before)).is_empty()
    }

    /// Whether its hook failed, and was to have the set before put back then.
    pub(super) fn was_turned_down(&self) -> bool {
        let takes_back = self.settings.as_ref().and_then(|settings| settings.rollback_on_failure);
        self.deployment.is_failed() && takes_back == Some(true)
    }

    /// The names that a certificate goes by no longer once it is called `own`, has among these, and was not `given`.
    pub(super) fn former_names_of(&self, own: &str, hosts: &[String], given: &[String]) -> Vec<String> {
        let is_former = |name: &&String| !is_same_name(name, own) && is_among(name, hosts) && !is_among(name, given);
        self.former_names.iter().chain(&self.name).filter(is_former).cloned().collect()
    }

    /// How it is installed in that folder; `None` if that is not noted.
    pub fn install_options(&self, folder: &Path) -> Option<InstallOptions> {
        self.settings.as_ref()?.installed_into(folder).ok()
    }

    pub(super) fn to_text(&self) -> String {
        let value = serde_json::to_value(self).unwrap_or_default();
        format!("{value:#}\n")
    }
}

/// What is noted of a set; `None` if nothing is.
///
/// # Errors
/// Others could have written it, or it cannot be read.
pub(super) fn of_set(set: &Folder) -> Result<Option<SetRecord>, FileError> {
    read(set, FILE)
}

fn read<T: DeserializeOwned>(folder: &Folder, file: &str) -> Result<Option<T>, FileError> {
    Ok(folder.read_trusted(file)?.and_then(|text| serde_json::from_slice(&text).ok()))
}

/// Who may own a folder since its sets were written for them. Records are the process's own, whoever owns what is around them.
pub(super) fn owners(folder: &Folder) -> Vec<Owner> {
    // Sets are given away together.
    if folder.owner_and_mode(SETS).is_ok_and(|found| found.is_none_or(|(owner, _)| owner.is_own())) {
        return Vec::new();
    }
    let Ok(Some(sets)) = folder.folder(SETS) else { return Vec::new() };
    let named = |set: &String| {
        let record = of_set(&sets.folder(set).ok()??).ok()??;
        Owner::named(record.settings?.file_owner.as_deref()?).ok()
    };
    sets::names(&sets).unwrap_or_default().iter().filter_map(named).collect()
}

/// The file that notes what is in place in a folder.
pub(crate) fn path_in(folder: &Path, has_sets: bool) -> PathBuf {
    if has_sets { folder.join(CURRENT).join(FILE) } else { folder.join(FILE_WITHOUT_SETS) }
}

impl Installation {
    /// What is noted of what is in place; `None` if nothing is, or where others could have written it. A set that nothing leads to any more is
    /// not deployed, whatever is noted.
    pub fn record_in_place(&self) -> Option<SetRecord> {
        let folder = self.open_unchecked().ok()?;
        if let Some((_, set)) = sets::linked(&folder).ok()? {
            return of_set(&set).ok()?;
        }
        let Some((_, set)) = sets::in_place(&folder).ok()? else { return read(&folder, FILE_WITHOUT_SETS).ok()? };
        let deployment = Deployment::Failed { detail: format!("`{CURRENT}` is gone from its folder") };
        Some(SetRecord { deployment, ..of_set(&set).ok()?.unwrap_or_default() })
    }

    /// Whether what is in place is not deployed yet. Nothing else that is noted of it is read, which is most of it.
    pub(super) fn is_left_undeployed(&self) -> bool {
        #[derive(Deserialize)]
        struct Noted {
            #[serde(default)]
            deployment: Deployment,
        }
        match self.open_unchecked().and_then(|folder| sets::linked(&folder)) {
            Ok(Some((_, set))) => {
                read(&set, FILE).is_ok_and(|noted| noted.is_some_and(|Noted { deployment }| deployment.is_failed()))
            }
            _ => self.is_hook_due(),
        }
    }

    /// Notes that what is in place, whose key is somewhere else, is that certificate of the account. Its hook is not run.
    ///
    /// # Errors
    /// It could not be noted.
    pub(crate) fn note_certificate(&self, name: &str, serial: &str, certificate: i64) -> Result<(), FileError> {
        let there = self.record_in_place().unwrap_or_default();
        let (name, serial) = (Some(name.to_owned()), Some(serial.to_owned()));
        self.write_record(&SetRecord { name, serial, certificate: Some(certificate), ..there }, &Deployment::None)
    }

    /// Notes how what is in place was installed, and what came of it. That it cannot be noted is no reason to stop: the files
    /// are in place, and the next run finds the hook's end unrecorded.
    pub(super) fn note(&self, record: &SetRecord, deployment: &Deployment) {
        let _ = self.write_record(record, deployment);
    }

    /// The record of what is put in place as it is asked for now, and whose hook has not run yet.
    pub(super) fn undeployed(&self, record: SetRecord) -> SetRecord {
        let settings = Some(CertificateSettings::of_installation(&durable(&self.options)));
        SetRecord { deployment: self.due(), settings, ..record }
    }

    pub(super) fn write_record(&self, record: &SetRecord, deployment: &Deployment) -> Result<(), FileError> {
        let text = SetRecord { deployment: deployment.clone(), ..self.undeployed(record.clone()) }.to_text();
        let folder = self.open()?;
        match sets::current_folder(&folder)? {
            Some(set) => set.replace(FILE, text.as_bytes(), 0o644, None),
            None => folder.replace(FILE_WITHOUT_SETS, text.as_bytes(), 0o644, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::SetRecord;
    use crate::CertificateSettings;

    #[test]
    fn records_of_earlier_versions_are_read() {
        let earlier = json!({
            "name": "example.com", "serial": "0A", "certificate": 571, "deployment": { "state": "deployed" },
            "install": {
                "folder": "/certs", "keep": 5, "workingFolder": "/home/me",
                "keyStores": { "pkcs12": true, "jks": false, "passPhrase": { "file": "pass" } },
                "hook": { "command": "reload", "timeoutSeconds": 20, "rollback": true },
            },
        });
        let record: SetRecord = serde_json::from_value(earlier).unwrap();
        let settings: Value = serde_json::to_value(&record).unwrap()["settings"].clone();
        let expected = json!({
            "keep": 5, "formats": ["p12"], "store_pass_file": "/home/me/pass", "deploy_hook": "reload", "hook_timeout": "20s",
            "rollback_on_failure": true, "working_folder": "/home/me",
        });
        assert_eq!(settings, expected);
        let least: SetRecord = serde_json::from_value(json!({})).unwrap();
        assert_eq!(least, SetRecord::default());
    }

    #[test]
    fn what_is_written_is_read() {
        let mut settings = CertificateSettings::default();
        settings.set("dns", &json!("exec ./publish")).unwrap();
        settings.set("keep", &json!(3)).unwrap();
        let record = SetRecord { settings: Some(settings), ..SetRecord::default() };
        assert_eq!(serde_json::from_str::<SetRecord>(&record.to_text()).unwrap(), record);
        let install = record.install_options("/certs".as_ref()).unwrap();
        assert_eq!(install.remembered["dns"], "exec ./publish");
    }

    /// No certificate of an account has such an id.
    #[test]
    fn an_id_that_is_none_is_not_noted() {
        for (id, expected) in [(571, Some(571)), (0, None), (-1, None)] {
            let record: SetRecord = serde_json::from_value(json!({ "name": "a", "certificate": id })).unwrap();
            assert_eq!(record.certificate, expected);
        }
    }

    /// What a later version wrote does not hide the rest.
    #[test]
    fn an_unknown_setting_is_passed_over() {
        let record: SetRecord =
            serde_json::from_value(json!({ "name": "a", "settings": { "colour": "red", "keep": 2 } })).unwrap();
        assert_eq!(record.settings.and_then(|settings| settings.keep), Some(2));
    }
}
