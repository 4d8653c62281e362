//! The certificates that are installed here: what their folders say of them.

use std::{
    cell::LazyCell,
    collections::{BTreeMap, BTreeSet, HashSet},
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};

use certgate_files::FileError;
use certgate_keys::KeyType;
use certgate_x509::BadCertificate;

use crate::{
    CertificateSelector, CertificateSettings, Error, Installation, Journal,
    installation::{
        CERTIFICATE, CURRENT, FILE_WITHOUT_SETS, Faults, KEY, LAST, LedElsewhere, PENDING, SETS, SetRecord, is_of_set,
        record_path_in,
    },
    key::key_type_like,
    selector::is_same_name,
    together::{for_folders, together},
};

/// A certificate in its folder.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct InstalledCertificate {
    /// The folder.
    pub folder: PathBuf,
    /// The gateway's id, where it was noted.
    pub id: Option<i64>,
    /// Its name.
    pub name: String,
    /// What it is valid for.
    pub hosts: Vec<String>,
    /// Its public key, DER.
    pub spki: Vec<u8>,
    /// Its serial number, hexadecimal.
    pub serial: String,
    /// Whole days until it ends; below zero when it has.
    pub days: i64,
    /// From when it is valid, in seconds since 1970.
    pub not_before: i64,
    /// When it ends, in seconds since 1970.
    pub not_after: i64,
    /// The type of a new key as strong as its own.
    pub key_type: KeyType,
    /// Whether the key beside it is its own; `None` if there is no key.
    pub key_fits: Option<bool>,
    /// What was noted of it: how it was installed, and what came of its hook.
    pub record: SetRecord,
    /// What is wrong with its files.
    pub faults: Faults,
    /// What a server reads and does not lead into the folder any more: nothing is ordered for it until then.
    pub led_elsewhere: Option<LedElsewhere>,
    /// What servers read and led into the folder, and is gone.
    pub led_gone: Vec<PathBuf>,
}

impl InstalledCertificate {
    /// Whether the key is gone from the set itself: it is nowhere, unlike one that is gone only from where servers read it.
    pub fn has_lost_its_key(&self) -> bool {
        self.key_fits.is_none() && self.faults.missing.contains(&KEY)
    }

    /// Whether nothing leads to the set any more: it is put in place again at no cost.
    pub fn is_led_nowhere(&self) -> bool {
        self.faults.missing.contains(&CURRENT)
    }

    /// When its file was written, in seconds since 1970.
    pub(crate) fn written(&self) -> Option<i64> {
        let written = fs::metadata(self.folder.join(CERTIFICATE)).ok()?.modified().ok()?;
        Some(written.duration_since(UNIX_EPOCH).ok()?.as_secs().cast_signed())
    }

    /// The file that notes what is in place. A folder without keys has no sets.
    pub fn record_path(&self) -> PathBuf {
        record_path_in(&self.folder, self.key_fits.is_some() || self.has_lost_its_key())
    }
}

/// Why a folder's certificate cannot be told of.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InventoryError {
    /// A folder of certificates cannot be read.
    #[error("{}: {why}", folder.display())]
    Unreadable {
        /// The folder.
        folder: PathBuf,
        /// Why.
        why: io::Error,
    },
    /// No certificate is installed there.
    #[error("{}: no certificate is installed in it or below it", folder.display())]
    Nothing {
        /// The folder.
        folder: PathBuf,
    },
    /// Certificates were installed there once, and none is any more.
    #[error(
        "{}: no certificate is installed in it or below it any more: mount it, or take it out of the profile's `certificates`",
        folder.display()
    )]
    Emptied {
        /// The folder.
        folder: PathBuf,
    },
    /// The same of one folder among others.
    #[error("{}: no certificate is installed in it any more: mount it, or remove {}", folder.display(), empty.display())]
    EmptiedAlone {
        /// The folder.
        folder: PathBuf,
        /// The folder, or the nearest one above it that is there.
        empty: PathBuf,
    },
    /// A certificate was installed there, and is not there any more: nothing is ordered into a disk that is not mounted.
    #[error("{}: its certificate was installed there, and is not there any more", folder.display())]
    Lost {
        /// The folder.
        folder: PathBuf,
        /// Which certificate of the account it is.
        selector: CertificateSelector,
        /// How it is declared.
        settings: Box<CertificateSettings>,
        /// Whether what was ordered into it came without a key, which is somewhere else.
        is_keyless: bool,
    },
    /// Its certificate is gone or damaged, and what is beside it is not.
    #[error("{}", lost(folder, damage.as_ref(), *is_key_gone))]
    CertificateLost {
        /// The folder.
        folder: PathBuf,
        /// Which certificate of the account it was, where that is known.
        certificate: Option<CertificateSelector>,
        /// How it is declared, where it is.
        settings: Box<CertificateSettings>,
        /// Whether its key is gone, too.
        is_key_gone: bool,
        /// Why the file is no certificate, where it is there.
        damage: Option<BadCertificate>,
    },
    /// What a server reads led into a folder once, and no certificate is there any more.
    #[error(
        "{} leads into {}, where no certificate is any more: mount it, or remove the link", link.display(), folder.display()
    )]
    LedNowhere {
        /// What a server reads.
        link: PathBuf,
        /// The certificate's folder.
        folder: PathBuf,
    },
    /// What a server reads leads elsewhere by now.
    #[error(transparent)]
    LedElsewhere(#[from] LedElsewhere),
    /// Its files cannot be read.
    #[error(transparent)]
    Folder(#[from] FileError),
    /// A certificate is asked for by its name, and no folders are configured to look for it in.
    #[error("{}: no such folder; names need the profile's `certificates`", name.display())]
    NoFolders {
        /// The name.
        name: PathBuf,
    },
    /// No certificate has that name.
    #[error("{}: no such folder, and no certificate of that name in the profile's `certificates`", name.display())]
    NotThere {
        /// The name.
        name: PathBuf,
    },
    /// Several certificates have that name.
    #[error(
        "{}: no such folder, and several of that name: give its folder, such as {} or {}",
        name.display(), folders.0.display(), folders.1.display()
    )]
    Several {
        /// The name.
        name: PathBuf,
        /// Two of their folders.
        folders: (PathBuf, PathBuf),
    },
}

fn lost(folder: &Path, damage: Option<&BadCertificate>, is_key_gone: bool) -> String {
    match (damage, is_key_gone) {
        (None, true) => format!("{}: its certificate and its key are gone", folder.display()),
        (None, false) => format!("{}: its certificate is gone", folder.display()),
        (Some(why), _) => {
            let key = if is_key_gone { "; its key is gone, too" } else { "" };
            format!("{}: {why}{key}", folder.join(CERTIFICATE).display())
        }
    }
}

/// A folder with a certificate in it, and what can be told of that.
pub type Found = (PathBuf, Result<InstalledCertificate, InventoryError>);

/// The certificates in these folders, and in all below them. One that cannot be read does not hide the rest. `now` is in seconds since
/// 1970.
pub fn find(roots: &[PathBuf], now: i64) -> Vec<Found> {
    let (mut folders, mut links, mut unreadable, mut seen) = (Vec::new(), Vec::new(), Vec::new(), HashSet::new());
    let mut emptied = BTreeMap::new();
    for root in roots {
        walk(root, DEEPEST, &mut seen, &mut |folder, entries| match entries {
            Ok(entries) => {
                if has_one(folder) && !shows_another(folder) {
                    folders.push(folder.to_owned());
                }
                for link in entries.iter().filter(|entry| entry.is_link).map(|entry| folder.join(&entry.name)) {
                    emptied.extend(led_nowhere(&link).map(|folder| (folder, link)));
                }
                let is_linked =
                    |entry: &&Entry| entry.is_link && Path::new(&entry.name).extension().is_none_or(|of| of != "pem");
                links.extend(entries.iter().filter(is_linked).map(|entry| folder.join(&entry.name)));
            }
            Err(why) => {
                let folder = folder.to_owned();
                unreadable.push((folder.clone(), Err(InventoryError::Unreadable { folder, why })));
            }
        });
    }
    // A certificate's folder may be a link; what is below one is not looked for.
    links.retain(|link| has_one(link) && seen.insert(whole(link)));
    folders.append(&mut links);
    let found: Vec<(&Path, Option<&str>)> = folders.iter().map(|folder| (folder.as_path(), None)).collect();
    let installed = read_each(&found, now);
    let emptied =
        emptied.into_iter().map(|(folder, link)| (folder.clone(), Err(InventoryError::LedNowhere { link, folder })));
    folders.into_iter().zip(installed).chain(unreadable).chain(emptied).collect()
}

/// The folder that a path led into when it was taken under care, where no certificate is any more.
fn led_nowhere(link: &Path) -> Option<PathBuf> {
    let target = link.parent()?.join(link.read_link().ok()?);
    let folder = target.parent()?;
    let is_ours = target.file_name().is_some_and(is_of_set) && folder.file_name()? != CURRENT;
    (is_ours && !target.exists() && !has_one(folder)).then(|| whole(folder))
}

/// How many folders deep certificates are looked for.
pub(crate) const DEEPEST: usize = 8;

/// What is in a folder.
pub(crate) struct Entry {
    pub(crate) name: OsString,
    is_folder: bool,
    is_link: bool,
}

/// Goes through a folder and those below it, so many deep, but for those that were `seen`. No link to a folder is followed, and no set of ours
/// is taken for a folder of certificates. `visit` is told what is in each, in the order of names, or why it cannot be read.
pub(crate) fn walk(
    folder: &Path,
    depth: usize,
    seen: &mut HashSet<PathBuf>,
    visit: &mut impl FnMut(&Path, io::Result<&[Entry]>),
) {
    walk_as(folder, whole(folder), depth, seen, visit);
}

fn walk_as(
    folder: &Path,
    real: PathBuf,
    depth: usize,
    seen: &mut HashSet<PathBuf>,
    visit: &mut impl FnMut(&Path, io::Result<&[Entry]>),
) {
    let mut entries = match entries(folder) {
        Ok(entries) => entries,
        Err(why) => return visit(folder, Err(why)),
    };
    let has = |name: &str| entries.iter().any(|entry| entry.name == name);
    let (has_sets, has_live) = (has(CURRENT) || has(SETS), has("live"));
    entries.retain(|entry| match entry.name.to_string_lossy().as_ref() {
        // Ours; and certbot's earlier certificates, which its folder `live` points into.
        SETS | PENDING | CURRENT => !has_sets,
        "archive" => !has_live,
        other => !other.starts_with('.'),
    });
    if !seen.contains(&real) {
        visit(folder, Ok(&entries));
    }
    for entry in entries.iter().filter(|entry| entry.is_folder && depth > 0) {
        walk_as(&folder.join(&entry.name), real.join(&entry.name), depth - 1, seen, visit);
    }
    seen.insert(real);
}

fn entries(folder: &Path) -> io::Result<Vec<Entry>> {
    let entry = |entry: io::Result<fs::DirEntry>| {
        let entry = entry?;
        let kind = entry.file_type()?;
        Ok(Entry { name: entry.file_name(), is_folder: kind.is_dir(), is_link: kind.is_symlink() })
    };
    let mut entries = fs::read_dir(folder)?.map(entry).collect::<io::Result<Vec<_>>>()?;
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(entries)
}

/// The folder whose set a path shows, where it does: `FOLDER/sets/NAME/FILE`.
pub(crate) fn shown_by(path: &Path) -> Option<PathBuf> {
    let path = path.canonicalize().ok()?;
    let sets = path.parent()?.parent()?;
    let folder = sets.parent()?;
    (sets.file_name()? == SETS && folder.join(CURRENT).exists()).then(|| folder.to_owned())
}

/// Whether a path shows a file of a folder's set, or is a link to a file of the folder that is gone.
pub(crate) fn leads_into(path: &Path, folder: &Path) -> bool {
    let target = || Some(whole(path.parent()?.join(path.read_link().ok()?).parent()?));
    shown_by(path).or_else(target).is_some_and(|of| of == whole(folder))
}

/// Whether the certificate in a folder is that of another one, which it was taken under care in.
fn shows_another(folder: &Path) -> bool {
    let path = folder.join(CERTIFICATE);
    let is_ours = path.read_link().is_ok_and(|target| target == Path::new(CURRENT).join(CERTIFICATE));
    !is_ours && shown_by(&path).is_some_and(|of| of != whole(folder))
}

/// Whether a certificate is installed in a folder, be it that its file is gone from there, or all that led to its set.
pub(crate) fn has_one(folder: &Path) -> bool {
    let has = |name: &str| folder.join(name).symlink_metadata().is_ok();
    has(CERTIFICATE) || has(FILE_WITHOUT_SETS) || ((has(CURRENT) || has(LAST)) && has(SETS))
}

/// The certificates in these folders, in their order, each with the owner that its files are said to have. `now` is in seconds since 1970.
pub(crate) fn read_each<'f>(
    folders: &[(&'f Path, Option<&'f str>)],
    now: i64,
) -> Vec<Result<InstalledCertificate, InventoryError>> {
    let read = |(folder, owner): &(&Path, Option<&str>)| read_in(&Installation::owned(folder, *owner), now);
    together(folders, for_folders(folders.len()), read)
}

/// The certificate in a folder. `now` is in seconds since 1970.
///
/// # Errors
/// There is none, or it cannot be read.
pub fn read(folder: &Path, now: i64) -> Result<InstalledCertificate, InventoryError> {
    read_in(&Installation::at(folder), now)
}

fn read_in(place: &Installation, now: i64) -> Result<InstalledCertificate, InventoryError> {
    let folder = place.folder();
    let record = place.record_in_place().unwrap_or_default();
    let lost = |damage| {
        let is_key_gone = place.is_without_its_key().unwrap_or_default();
        let certificate = record.certificate.map(CertificateSelector::Id);
        let settings = Box::default();
        InventoryError::CertificateLost { folder: folder.to_owned(), certificate, settings, is_key_gone, damage }
    };
    let in_place = place.in_place()?.ok_or_else(|| lost(None))?.map_err(|why| lost(Some(why)))?;
    let (key_fits, faults) = place.key_and_faults(&record, &in_place)?;
    let certificate = &in_place.certificate;
    Ok(InstalledCertificate {
        folder: folder.to_owned(),
        id: record.certificate,
        name: record.name.clone().or_else(|| certificate.hosts().next()).unwrap_or_default(),
        hosts: certificate.hosts().collect(),
        spki: certificate.key.spki.clone(),
        serial: certificate.serial.clone(),
        days: (certificate.not_after - now).div_euclid(86_400),
        not_before: certificate.not_before,
        not_after: certificate.not_after,
        key_type: key_type_like(&certificate.key),
        key_fits,
        faults,
        led_elsewhere: place.led_elsewhere(&record),
        led_gone: record.led.iter().filter(|path| place.is_led_gone(path)).cloned().collect(),
        record,
    })
}

/// The folder of the one certificate of that name in these folders, or below one of them. `now` is in seconds since 1970.
///
/// # Errors
/// There is none, or there are several.
pub fn named(name: &Path, roots: &[PathBuf], now: i64) -> Result<PathBuf, InventoryError> {
    if roots.is_empty() {
        return Err(InventoryError::NoFolders { name: name.to_owned() });
    }
    let found = find(roots, now).into_iter().filter_map(|(_, installed)| installed.ok());
    let is_meant = |installed: &InstalledCertificate| is_same_name(&installed.name, &name.to_string_lossy());
    let mut folders = found.filter(is_meant).map(|installed| installed.folder);
    match (folders.next(), folders.next()) {
        (Some(folder), None) => Ok(folder),
        (Some(first), Some(second)) => Err(InventoryError::Several { name: name.to_owned(), folders: (first, second) }),
        (None, _) => Err(InventoryError::NotThere { name: name.to_owned() }),
    }
}

/// Whether a folder is one of these, or below one.
pub fn is_in(folder: &Path, roots: &[PathBuf]) -> bool {
    let folder = whole(folder);
    roots.iter().map(|root| whole(root)).any(|root| folder.ancestors().take(DEEPEST + 1).any(|above| above == root))
}

/// The profile that is remembered with a certificate.
pub fn profile_of((_, found): &Found) -> Option<&str> {
    found.as_ref().ok()?.record.settings.as_ref()?.profile.as_deref()
}

/// Those of the roots that none of these folders is in, each with that as its error.
pub fn without_any(roots: &[PathBuf], folders: &[PathBuf]) -> impl Iterator<Item = (PathBuf, InventoryError)> {
    let is_of =
        |root: &PathBuf, folder: &PathBuf| folder.starts_with(root) || is_in(folder, std::slice::from_ref(root));
    let without = roots.iter().filter(move |root| !folders.iter().any(|folder| is_of(root, folder)));
    without.map(|folder| (folder.clone(), InventoryError::Nothing { folder: folder.clone() }))
}

/// The same of roots that were named; of others only those that certificates went into once: a disk is not mounted, or somebody emptied it. And
/// each folder in the other roots that was emptied.
///
/// # Errors
/// The store cannot be read.
pub fn missing<'j>(
    roots: &[PathBuf],
    are_named: bool,
    folders: &[PathBuf],
    journals: impl Iterator<Item = &'j Journal>,
) -> Result<Vec<(PathBuf, InventoryError)>, Error> {
    let mut before = BTreeSet::new();
    for journal in journals {
        before.extend(journal.folders()?.into_keys());
    }
    let mut missing: Vec<_> = without_any(roots, folders).collect();
    let without: Vec<PathBuf> = missing.iter().map(|(root, _)| root.clone()).collect();
    if !are_named {
        missing.retain(|(root, _)| before.iter().any(|folder| is_in(folder, std::slice::from_ref(root))));
        for (folder, why) in &mut missing {
            *why = InventoryError::Emptied { folder: folder.clone() };
        }
    }
    let here = LazyCell::new(|| folders.iter().map(|folder| whole(folder)).collect::<HashSet<_>>());
    for folder in before.iter().filter(|folder| !has_one(folder) && is_in(folder, roots) && !is_in(folder, &without)) {
        if let Some(empty) = bare(folder).map(Path::to_owned).filter(|_| !here.contains(folder)) {
            missing.push((folder.clone(), InventoryError::EmptiedAlone { folder: folder.clone(), empty }));
        }
    }
    Ok(missing)
}

/// The folder, or the nearest one above it that is there, where nothing is in it, as where a disk is not mounted. What somebody removed on
/// purpose leaves other things around it.
fn bare(folder: &Path) -> Option<&Path> {
    let there = folder.ancestors().find(|above| above.is_dir())?;
    let is_left_over = |Entry { name, .. }: &Entry| {
        let is_ours = is_of_set(name) || [SETS, CURRENT, PENDING].iter().any(|of| name == of);
        is_ours || name == "lost+found" || name.as_encoded_bytes().starts_with(b".")
    };
    entries(there).is_ok_and(|entries| entries.iter().all(is_left_over)).then_some(there)
}

/// The folders that the account's certificates went into, and those of certificates in `roots`. `now` is in seconds since 1970.
///
/// # Errors
/// The store cannot be read.
pub fn known(roots: &[PathBuf], journal: &Journal, now: i64) -> Result<BTreeSet<PathBuf>, Error> {
    let found = find(roots, now).into_iter().map(|(folder, _)| folder);
    let folders = found.map(|folder| whole(&folder)).chain(journal.folders()?.into_keys());
    Ok(folders.filter(|folder| folder.is_dir()).collect())
}

/// A path without links and steps upwards, so that two spellings of one are the same, as far as it is there.
pub fn whole(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let there = |above: &Path| Some(above.canonicalize().ok()?.join(path.strip_prefix(above).ok()?));
    // What is added to itself would end with a slash.
    path.canonicalize().ok().or_else(|| path.ancestors().skip(1).find_map(there)).unwrap_or(path)
}

/// Whether what ends then ends within a time from now; both in seconds since 1970.
pub fn ends_within(ends: i64, time: Duration, now: i64) -> bool {
    ends.saturating_sub(now) < i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::ends_within;

    #[test]
    fn parts_of_days_count() {
        const HOUR: i64 = 3600;
        let half_a_day = Duration::from_secs(12 * 3600);
        for (left, expected) in [(-HOUR, true), (11 * HOUR, true), (12 * HOUR, false), (13 * HOUR, false)] {
            assert_eq!(ends_within(1_000_000 + left, half_a_day, 1_000_000), expected, "{left} s");
        }
    }
}
