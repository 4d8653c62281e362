//! The certificates that are installed here: what their folders say of them.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use certgate::{Installation, Ledger};
use certgate_keys::{KeyType, PrivateKey};
use certgate_store::Order;
use certgate_x509::{KeyAlgorithm, PublicKey, X509};
use serde_json::{Value, json};

use crate::{args::Global, exit::Failure, settings::Settings};

/// An installed certificate.
pub(crate) struct Installed {
    pub(crate) folder: PathBuf,
    /// The gateway's id, where it was noted.
    pub(crate) id: Option<i64>,
    pub(crate) name: String,
    pub(crate) serial: String,
    /// Whole days until it ends; below zero when it has.
    pub(crate) days: i64,
    /// When it ends, in seconds since 1970.
    pub(crate) not_after: i64,
    /// The kind of a new key like its own.
    pub(crate) key_type: KeyType,
    /// Whether the key beside it is its own; none where there is no key.
    pub(crate) key_fits: Option<bool>,
}

/// The folders given, else the profile's.
pub(crate) fn chosen(global: &Global, given: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    if !given.is_empty() {
        return Ok(given.to_vec());
    }
    let folders = Settings::of(global)?.certificates.value;
    if folders.is_empty() {
        return Err(Failure::usage("no folder is given: name some, or set the profile's `certificates`"));
    }
    Ok(folders)
}

/// The certificates in these folders, and in the folders right below them. One that cannot be read does not hide the rest.
pub(crate) fn find(roots: &[PathBuf], now: i64) -> Vec<(PathBuf, Result<Installed, Failure>)> {
    let has_one = |folder: &Path| folder.join("cert.pem").symlink_metadata().is_ok();
    let mut found = Vec::new();
    for root in roots {
        let folders = if has_one(root) { Ok(vec![root.clone()]) } else { below(root) };
        match folders {
            Ok(folders) => found.extend(folders.into_iter().filter(|folder| has_one(folder)).map(|folder| {
                let installed = read(&folder, now);
                (folder, installed)
            })),
            Err(why) => found.push((root.clone(), Err(Failure::usage(format!("{}: {why}", root.display()))))),
        }
    }
    found
}

fn below(root: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(root)? {
        folders.push(entry?.path());
    }
    folders.sort();
    Ok(folders)
}

/// The orders with something left to do whose certificates go into these folders, or into folders right below them.
pub(crate) fn under_way(ledger: &Ledger, roots: &[PathBuf]) -> Result<Vec<(PathBuf, Order)>, Failure> {
    let roots: Vec<PathBuf> = roots.iter().map(|root| whole(root)).collect();
    let into = |order: Order| {
        let out = whole(&order.order.resume.install.as_ref()?.folder);
        let is_here = roots.iter().any(|root| *root == out || Some(root.as_path()) == out.parent());
        is_here.then_some((out, order))
    };
    Ok(ledger.unfinished()?.into_iter().filter_map(into).collect())
}

/// A path without links and steps upwards, so that two spellings of one are the same; the last part need not be there yet.
pub(crate) fn whole(path: &Path) -> PathBuf {
    let parent = || Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize()
        .ok()
        .or_else(parent)
        .or_else(|| std::path::absolute(path).ok())
        .unwrap_or_else(|| path.to_owned())
}

/// Whether what ends then, in seconds since 1970, ends within a time from now.
pub(crate) fn ends_within(ends: i64, time: Duration, now: i64) -> bool {
    ends.saturating_sub(now) < i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}

pub(crate) fn read(folder: &Path, now: i64) -> Result<Installed, Failure> {
    let place = Installation::at(folder);
    let text = place.certificate()?.unwrap_or_default();
    let certificate =
        X509::from_pem(&text).map_err(|why| Failure::usage(format!("{}: {why}", folder.join("cert.pem").display())))?;
    let about: Value = place.about()?.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let key = place
        .key()?
        .map(|key| PrivateKey::from_pem(key.expose(), None).is_ok_and(|key| key.spki() == certificate.key.spki));
    let name = about.get("name").and_then(Value::as_str).map(str::to_owned);
    Ok(Installed {
        folder: folder.to_owned(),
        id: about.get("certificate").and_then(Value::as_i64),
        name: name.or_else(|| certificate.names.first().cloned()).unwrap_or_default(),
        serial: certificate.serial.clone(),
        days: (certificate.not_after - now).div_euclid(86_400),
        not_after: certificate.not_after,
        key_type: like(&certificate.key),
        key_fits: key,
    })
}

/// The kind of a new key as strong as that.
pub(crate) fn like(key: &PublicKey) -> KeyType {
    match (&key.algorithm, key.bits) {
        (KeyAlgorithm::Rsa, ..=2048) => KeyType::Rsa2048,
        (KeyAlgorithm::Rsa, 2049..=3072) => KeyType::Rsa3072,
        (KeyAlgorithm::Rsa, _) => KeyType::Rsa4096,
        (_, 257..) => KeyType::P384,
        _ => KeyType::P256,
    }
}

impl Installed {
    pub(crate) fn row(&self) -> Value {
        let mut row = json!({ "folder": self.folder, "name": self.name, "serial": self.serial, "days": self.days });
        if let Some(id) = self.id {
            row["certificate"] = json!(id);
        }
        if let Some(fits) = self.key_fits {
            row["keyFits"] = json!(fits);
        }
        row
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
