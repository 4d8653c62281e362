//! The certificates that are installed here: what their folders say of them.

use std::{
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use certgate_files::FileError;
use certgate_keys::{KeyType, PrivateKey};
use certgate_x509::{BadCertificate, KeyAlgorithm, PublicKey, X509};

use crate::{Installation, installation::SetRecord, selector::is_same_name, together::together};

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
    /// Its certificate is none.
    #[error("{}: {why}", path.display())]
    Certificate {
        /// The certificate's file.
        path: PathBuf,
        /// Why.
        why: BadCertificate,
    },
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

/// A folder with a certificate in it, and what can be told of that.
pub type Found = (PathBuf, Result<InstalledCertificate, InventoryError>);

/// The certificates in these folders, and in the folders right below them. One that cannot be read does not hide the rest. `now`
/// is in seconds since 1970.
pub fn find(roots: &[PathBuf], now: i64) -> Vec<Found> {
    let mut found = Vec::new();
    for root in roots {
        let folders = if has_one(root) { Ok(vec![root.clone()]) } else { below(root) };
        match folders {
            Ok(mut folders) => {
                folders.retain(|folder| has_one(folder));
                let installed = read_each(&folders, now);
                found.extend(folders.into_iter().zip(installed));
            }
            Err(why) => found.push((root.clone(), Err(InventoryError::Unreadable { folder: root.clone(), why }))),
        }
    }
    found
}

/// Whether a certificate is installed in a folder.
pub(crate) fn has_one(folder: &Path) -> bool {
    folder.join("cert.pem").symlink_metadata().is_ok()
}

/// So many folders are worth a thread of their own.
const FOR_A_THREAD: usize = 100;

/// The certificates in these folders, in their order. `now` is in seconds since 1970.
pub(crate) fn read_each(folders: &[PathBuf], now: i64) -> Vec<Result<InstalledCertificate, InventoryError>> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    together(folders, threads.min(folders.len().div_ceil(FOR_A_THREAD)), |folder| read(folder, now))
}

fn below(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(root)? {
        folders.push(entry?.path());
    }
    folders.sort();
    Ok(folders)
}

/// The certificate in a folder. `now` is in seconds since 1970.
///
/// # Errors
/// There is none, or it cannot be read.
pub fn read(folder: &Path, now: i64) -> Result<InstalledCertificate, InventoryError> {
    let place = Installation::at(folder);
    let text = place.certificate()?.unwrap_or_default();
    let certificate =
        X509::from_pem(&text).map_err(|why| InventoryError::Certificate { path: folder.join("cert.pem"), why })?;
    let record = place.record_in_place().unwrap_or_default();
    let key = place
        .key()?
        .map(|key| PrivateKey::from_pem(key.expose(), None).is_ok_and(|key| key.spki() == certificate.key.spki));
    Ok(InstalledCertificate {
        folder: folder.to_owned(),
        id: record.certificate,
        name: record.name.clone().or_else(|| certificate.hosts().next()).unwrap_or_default(),
        serial: certificate.serial.clone(),
        days: (certificate.not_after - now).div_euclid(86_400),
        not_before: certificate.not_before,
        not_after: certificate.not_after,
        key_type: key_type_like(&certificate.key),
        key_fits: key,
        record,
    })
}

/// The folder of the one certificate of that name in these folders, or right below one of them. `now` is in seconds since 1970.
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

/// Whether a folder is one of these, or right below one.
pub fn is_in(folder: &Path, roots: &[PathBuf]) -> bool {
    let folder = whole(folder);
    roots.iter().map(|root| whole(root)).any(|root| root == folder || Some(root.as_path()) == folder.parent())
}

/// A path without links and steps upwards, so that two spellings of one are the same; the last part need not be there yet.
pub fn whole(path: &Path) -> PathBuf {
    let parent = || Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize()
        .ok()
        .or_else(parent)
        .or_else(|| std::path::absolute(path).ok())
        .unwrap_or_else(|| path.to_owned())
}

/// Whether what ends then ends within a time from now; both in seconds since 1970.
pub fn ends_within(ends: i64, time: Duration, now: i64) -> bool {
    ends.saturating_sub(now) < i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}

/// The type of a new key as strong as that one.
pub fn key_type_like(key: &PublicKey) -> KeyType {
    match (&key.algorithm, key.bits) {
        (KeyAlgorithm::Rsa, ..=2048) => KeyType::Rsa2048,
        (KeyAlgorithm::Rsa, 2049..=3072) => KeyType::Rsa3072,
        (KeyAlgorithm::Rsa, _) => KeyType::Rsa4096,
        (_, 257..) => KeyType::P384,
        _ => KeyType::P256,
    }
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
