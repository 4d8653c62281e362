//! Certificates and keys that are on disk already, taken under care: matched with the gateway's, kept where servers read them.

mod account;
mod before;
mod declaration;
mod search;

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
    path::PathBuf,
};

use certgate_x509::X509;

pub(crate) use self::search::{holding, others};
pub use self::{
    declaration::{Declaration, DeclarationError, declare},
    search::{FoundFile, LoneReason, Obstacle, Pair, Search, search},
};
use crate::{
    CertificateSettings, Client, Error, Installation, Journal, SettingsError,
    installation::{Faults, InstallError},
    inventory::whole,
};
use account::AccountList;
use before::LedBefore;

/// What became of a certificate on disk, or of a file that belongs to none.
#[derive(Debug)]
#[non_exhaustive]
pub struct Adoption {
    /// The certificate's folder from now on; the file, where it belongs to none.
    pub folder: PathBuf,
    /// The certificate's name.
    pub name: Option<String>,
    /// Its serial number, hexadecimal.
    pub serial: Option<String>,
    /// The gateway's id.
    pub certificate: Option<i64>,
    /// The gateway's newer certificate in its place, by its serial number.
    pub newer: Option<String>,
    /// Whether the key of that one is here.
    pub has_newer_key: bool,
    /// The files that servers read.
    pub files: Vec<PathBuf>,
    /// How it was installed, and is to be from now on.
    pub settings: CertificateSettings,
    /// What became of it.
    pub outcome: AdoptionOutcome,
}

/// What became of it.
#[derive(Debug)]
#[non_exhaustive]
pub enum AdoptionOutcome {
    /// It is under care now, or would be, where it was only asked for what would be done.
    Adopted,
    /// It was under care already.
    Managed,
    /// The account has no certificate of its names.
    UnknownName,
    /// The account's certificates of its name have other serial numbers and other keys.
    OtherCertificates(Vec<i64>),
    /// The file is part of no certificate with its key.
    Lone(LoneReason),
    /// It stays where it is: a server would find only one of certificate and key renewed.
    Refused(Obstacle),
    /// It is under care in its folder, where files of it are damaged: they are not what servers are to read.
    Damaged(Faults),
    /// The certificate of the account is under care with another key, in that folder.
    Superseded(PathBuf),
    /// It could not be installed as it is to be from now on.
    Unusable(InstallError),
    /// Its folder cannot be read or written, or is not to be trusted.
    Failed(InstallError),
}

/// Why nothing is adopted at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdoptionError {
    /// The settings do not go together.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The gateway could not be asked.
    #[error(transparent)]
    Gateway(#[from] Error),
}

/// Matches what was found with the account's certificates, by serial number or else by key, and takes it under care: from then on the
/// paths that servers read are links into the certificate's folder, and show the same. `settings` is remembered for each, with what
/// else is remembered of it or of what was in its place before, and where it is noted in `journal`. Orders nothing; without a journal it writes nothing either, and tells what would be done.
///
/// # Errors
/// See [`AdoptionError`]. What is wrong with one certificate is in its [`Adoption`].
pub fn adopt(
    client: &mut Client,
    journal: Option<&Journal>,
    found: Search,
    settings: &CertificateSettings,
) -> Result<Vec<Adoption>, AdoptionError> {
    settings.validation()?;
    let mut account = AccountList::of(client)?;
    let before = LedBefore::beside(&found.pairs);
    let mut adoptions = Vec::new();
    let mut pairs = Vec::new();
    for pair in found.pairs {
        pairs.push((account.find(client, &pair.certificate)?, pair));
    }
    // Those in whose place somebody put what the gateway has.
    let replaced = pairs.iter().filter_map(|(matched, pair)| {
        let newest = matched.as_ref().ok().filter(|matched| matched.newer.is_none())?;
        before.replaced_by(pair, newest.id)
    });
    let replaced: HashSet<PathBuf> = replaced.collect();
    // Of one certificate of the account what is under care already, else what the gateway has, else what has its key, else the newest. It has the
    // first choice of folders.
    pairs.sort_by_key(|(matched, pair)| {
        let is_earlier = matched.as_ref().is_ok_and(|matched| matched.newer.is_some());
        let has_its_key = matched.as_ref().is_ok_and(|matched| matched.is_newest_key_of(&pair.certificate));
        let X509 { not_after, not_before, .. } = pair.certificate;
        let is_replaced = pair.is_whole() && replaced.contains(&whole(&pair.folder));
        (is_replaced, !pair.is_whole(), is_earlier, !has_its_key, Reverse((not_after, not_before)))
    });
    let (mut taken, mut under_care) = (HashSet::new(), HashMap::new());
    for (matched, pair) in pairs {
        let mut adoption = Adoption {
            folder: pair.folder.clone(),
            name: pair.certificate.hosts().next().or_else(|| pair.certificate.common_name()),
            serial: Some(pair.certificate.serial.clone()),
            certificate: None,
            newer: None,
            has_newer_key: false,
            files: pair.files.iter().map(|file| file.path.clone()).collect(),
            settings: CertificateSettings::default(),
            outcome: AdoptionOutcome::UnknownName,
        };
        match matched {
            Ok(matched) => {
                let is_own = matched.is_newest_key_of(&pair.certificate);
                adoption.name = matched.name.or(adoption.name);
                adoption.certificate = Some(matched.id);
                adoption.newer = matched.newer;
                adoption.outcome = match (under_care.get(&matched.id).cloned(), folder_of(&pair, matched.id, &taken)) {
                    (Some(folder), _) => AdoptionOutcome::Superseded(folder),
                    (_, Err(why)) => match Installation::at(&pair.folder).faults_of(matched.id) {
                        Some(faults) => AdoptionOutcome::Damaged(faults),
                        None => AdoptionOutcome::Refused(why),
                    },
                    (None, Ok(folder)) => {
                        adoption.folder.clone_from(&folder);
                        let has_key = |newest: X509| Installation::at(&folder).has_key_of(&newest.to_pem());
                        adoption.has_newer_key = is_own || matched.newest.is_some_and(has_key);
                        let outcome = take(&mut adoption, &pair, matched.id, &before, settings, journal.is_none())?;
                        // What failed is in nobody's way.
                        if matches!(outcome, AdoptionOutcome::Adopted | AdoptionOutcome::Managed) {
                            taken.insert(folder.clone());
                            under_care.insert(matched.id, folder);
                        }
                        outcome
                    }
                };
            }
            Err(ids) if ids.is_empty() => {}
            Err(ids) => adoption.outcome = AdoptionOutcome::OtherCertificates(ids),
        }
        adoptions.push(adoption);
    }
    if let Some(journal) = journal {
        let is_under_care =
            |one: &&Adoption| matches!(one.outcome, AdoptionOutcome::Adopted | AdoptionOutcome::Managed);
        let noted = |one: &Adoption| (one.folder.clone(), one.certificate, one.name.clone());
        journal.note_folders(adoptions.iter().filter(is_under_care).map(noted))?;
    }
    adoptions.sort_by(|one, other| one.folder.cmp(&other.folder));
    adoptions.extend(found.lone.into_iter().map(|(path, why)| Adoption {
        folder: path,
        name: None,
        serial: None,
        certificate: None,
        newer: None,
        has_newer_key: false,
        files: Vec::new(),
        settings: CertificateSettings::default(),
        outcome: AdoptionOutcome::Lone(why),
    }));
    Ok(adoptions)
}

/// The folder of a pair: its own, or where that is another certificate's, one that says its id.
fn folder_of(pair: &Pair, id: i64, taken: &HashSet<PathBuf>) -> Result<PathBuf, Obstacle> {
    let name = pair.folder.file_name().unwrap_or_default().to_string_lossy();
    let (own, with_id) = (pair.folder.clone(), pair.folder.with_file_name(format!("{name}-{id}")));
    let place = Installation::at(&own);
    let is_in_place = || {
        let is_noted = || place.record_in_place().is_some_and(|record| record.certificate == Some(id));
        // What is damaged is known by its note alone.
        let is_there = || place.issued().map_or_else(is_noted, |there| there.certificate == pair.certificate);
        place.set().is_some() && is_there()
    };
    match place.obstacle(pair) {
        None if !taken.contains(&own) => Ok(own),
        // Whatever is wrong beside it, that is its folder.
        Some(why) if is_in_place() => Err(why),
        _ => Installation::at(&with_id).obstacle(pair).map_or(Ok(with_id), Err),
    }
}

fn take(
    adoption: &mut Adoption,
    pair: &Pair,
    id: i64,
    led_before: &LedBefore,
    settings: &CertificateSettings,
    is_rehearsal: bool,
) -> Result<AdoptionOutcome, SettingsError> {
    let place = Installation::at(&adoption.folder);
    let record = place.record_in_place();
    let led = place.led_by(pair, record.as_ref());
    let record = record.unwrap_or_default();
    let before = record.settings.or_else(|| led_before.settings_for(pair, id)).unwrap_or_default();
    adoption.settings = settings.clone().or(&before);
    let is_new = record.certificate != Some(id) || !pair.is_whole() || record.led != led;
    let place = Installation::new(adoption.settings.installed_into(&adoption.folder)?);
    Ok(match (is_new || adoption.settings != before, place.check_options()) {
        (false, _) => AdoptionOutcome::Managed,
        (true, Err(why)) => AdoptionOutcome::Unusable(why),
        (true, Ok(())) => {
            let adopt = || if is_rehearsal { Ok(()) } else { place.adopt(pair, id, adoption.name.as_deref()) };
            let done = place.check_adoptable(pair).map_err(InstallError::Folder).and_then(|()| Ok(adopt()?));
            done.map_or_else(AdoptionOutcome::Failed, |()| AdoptionOutcome::Adopted)
        }
    })
}
