//! Which certificate of the account it is.

use super::{PlanError, Subject};
use crate::{CertificateSelector, CertificateSettings, inventory::InstalledCertificate, selector::is_same_name};

impl Subject {
    /// The gateway's id of it; `None` if it is to be created.
    ///
    /// # Errors
    /// It is not known which it is.
    pub fn certificate_id(&self) -> Result<Option<i64>, PlanError> {
        let noted = self.installed.as_ref().and_then(|installed| installed.id);
        let listed = |id: i64| self.listed.as_ref().is_none_or(|listed| listed.iter().any(|row| row.id == id));
        match &self.selector {
            Some(CertificateSelector::Id(id)) if listed(*id) => {
                let both = self.certificate.as_deref().zip(self.settings.name.as_deref());
                both.map_or(Ok(()), |(there, declared)| PlanError::check_name(*id, there, declared))?;
                Ok(Some(*id))
            }
            Some(CertificateSelector::Id(id)) => Err(PlanError::NotThere {
                id: *id,
                name: self.installed.as_ref().map(|installed| installed.name.clone()),
                settings: self.own_settings(),
            }),
            Some(CertificateSelector::Name(name)) => match (noted, self.listed.as_deref()) {
                (Some(id), _) if listed(id) => Ok(noted),
                (_, Some([one])) => Ok(Some(one.id)),
                // Another account's, or deleted there: a term is paid anew by whoever says so only.
                (Some(id), Some([])) => Err(self.not_there(id, name)),
                (_, Some([]) | None) => Ok(None),
                (_, Some(several)) => {
                    Err(PlanError::Several { name: name.clone(), ids: several.iter().map(|row| row.id).collect() })
                }
            },
            None => noted.map(Some).ok_or_else(|| PlanError::NotNoted {
                folder: self.folder.clone().unwrap_or_default(),
                record: self.installed.as_ref().map(InstalledCertificate::record_path).unwrap_or_default(),
            }),
        }
    }

    /// What is in place is not among the account's certificates of the name that is declared.
    fn not_there(&self, id: i64, declared: &str) -> PlanError {
        match &self.installed {
            Some(InstalledCertificate { name, folder, .. }) if !is_same_name(name, declared) => {
                PlanError::OtherName { folder: folder.clone(), there: name.clone(), id, declared: declared.to_owned() }
            }
            _ => PlanError::NotNamed { id, declared: declared.to_owned() },
        }
    }

    /// How it is ordered into its folder.
    pub(super) fn own_settings(&self) -> Box<CertificateSettings> {
        Box::new(CertificateSettings { out: self.folder.clone(), ..self.settings.clone() })
    }
}
