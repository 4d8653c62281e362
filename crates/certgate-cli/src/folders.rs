//! The certificates that are installed here: what their folders say of them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use certgate_client::Place;
use certgate_keys::{KeyType, PrivateKey};
use certgate_x509::{KeyAlgorithm, PublicKey, X509};
use serde_json::{Value, json};

use crate::{arguments::Global, failure::Failure, settings::Settings};

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

/// The certificates in these folders, and in the folders right below them.
pub(crate) fn find(roots: &[PathBuf], now: i64) -> Result<Vec<Installed>, Failure> {
    let mut found = Vec::new();
    for root in roots {
        let unreadable = |why: std::io::Error| Failure::usage(format!("{}: {why}", root.display()));
        if root.join("cert.pem").exists() {
            found.push(read(root, now)?);
            continue;
        }
        let mut below = Vec::new();
        for entry in fs::read_dir(root).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.join("cert.pem").exists() {
                below.push(path);
            }
        }
        below.sort();
        for folder in below {
            found.push(read(&folder, now)?);
        }
    }
    Ok(found)
}

pub(crate) fn read(folder: &Path, now: i64) -> Result<Installed, Failure> {
    let place = Place::at(folder);
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
