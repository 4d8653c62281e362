//! Which set is to be in place again where servers are led to sets and find none.

use certgate_domain::Secret;
use certgate_files::{FileError, Folder};
use certgate_keys::{KeyError, PrivateKey};
use certgate_x509::X509;

use super::{
    CERTIFICATE, CHAIN, COMBINED, FILES, FULL_CHAIN, KEY, LAST, SETS, SetRecord,
    damaged::{Texts, is_of},
    record, secret,
    sets::{has_links, is_found, linked, name_in_sets, names, number, set_folder},
};
use crate::unix_now;

/// A set that servers are led to and do not find: `current` is gone, or its set.
pub(super) struct Lost {
    pub(super) name: String,
    pub(super) set: Folder,
    /// Whether it may be put in place again by itself.
    pub(super) is_good: bool,
}

/// The set to have in place again where servers are led to sets and find none: the one that was in place last, else the newest. One that is
/// damaged never is; one that ended, was revoked, or that its hook turned down, only where there is no other, and not by itself.
pub(super) fn lost(folder: &Folder) -> Result<Option<Lost>, FileError> {
    let Some(sets) = folder.folder(SETS)? else { return Ok(None) };
    if linked(folder)?.is_some() || !has_links(folder)? {
        return Ok(None);
    }
    let now = unix_now() / 1000;
    let last = folder.link(LAST)?.and_then(|target| name_in_sets(&target));
    let mut names = names(&sets)?;
    names.sort_by_key(|name| (Some(name) == last.as_ref(), number(name)));
    let mut found = None;
    for name in names.into_iter().rev() {
        // One that others could have written to is none of ours.
        let Ok(Some(set)) = set_folder(folder, &name) else { continue };
        let record = record::of_set(&set)?.unwrap_or_default();
        let Ok(certificate) = sound(&set, &name, &record)? else { continue };
        let is_turned_down = Some(&name) != last.as_ref() && record.was_turned_down();
        let is_good = certificate.not_after > now && record.revoked.is_none() && !is_turned_down;
        if is_good {
            return Ok(Some(Lost { name, set, is_good }));
        }
        found.get_or_insert(Lost { name, set, is_good });
    }
    Ok(found)
}

/// The certificate of a set whose files can be used together: each that is expected is there, and they are of one certificate and its key. Else the
/// first file that is gone or damaged.
pub(super) fn sound(set: &Folder, name: &str, record: &SetRecord) -> Result<Result<X509, &'static str>, FileError> {
    if let Some(gone) = gone(set, name, record)? {
        return Ok(Err(gone));
    }
    let read = |name| Ok::<_, FileError>(set.read(name)?.map(secret));
    let (cert, key) = (read(CERTIFICATE)?.unwrap_or_default(), read(KEY)?);
    let Ok(certificate) = X509::from_pem(cert.expose()) else { return Ok(Err(CERTIFICATE)) };
    let texts = Texts {
        cert: cert.expose(),
        chain: read(CHAIN)?,
        fullchain: read(FULL_CHAIN)?,
        key: key.as_ref().map(Secret::expose),
        combined: read(COMBINED)?,
    };
    let damaged = texts.damaged(&certificate, !is_found(name));
    for (kind, name, _) in FILES {
        let is_damaged = match (kind, &key) {
            ("key", Some(key)) => !is_of(key, &certificate),
            ("key", None) => texts.combined.is_none(),
            ("p12" | "jks", _) => read(name)?.is_some_and(|store| store.expose().is_empty()),
            _ => damaged.contains(&name),
        };
        if is_damaged {
            return Ok(Err(name));
        }
    }
    Ok(Ok(certificate))
}

/// The first file for which a set cannot be put in place. What was found holds what another tool wrote: a file that it never had is no damage,
/// nor is an encrypted key.
pub(super) fn first_damaged(set: &Folder, name: &str, record: &SetRecord) -> Result<Option<&'static str>, FileError> {
    let is_encrypted = |key: Secret| matches!(PrivateKey::from_pem(key.expose(), None), Err(KeyError::Encrypted));
    let is_no_damage =
        |file| Ok::<_, FileError>(set.read(file)?.map(secret).is_none_or(|text| file == KEY && is_encrypted(text)));
    match sound(set, name, record)?.err() {
        Some(file) if is_found(name) && is_no_damage(file)? => gone(set, name, record),
        damaged => Ok(damaged),
    }
}

/// The first file that is gone from a set. What was found holds what another tool wrote: only where it was adopted is it known to have certificate
/// and key.
fn gone(set: &Folder, name: &str, record: &SetRecord) -> Result<Option<&'static str>, FileError> {
    let is_found = is_found(name);
    for (kind, name, _) in FILES {
        let is_expected = match kind {
            "p12" | "jks" => false,
            "cert" | "key" => !is_found || record.certificate.is_some(),
            _ => !is_found,
        };
        if is_expected && !set.has(name)? {
            return Ok(Some(name));
        }
    }
    Ok(None)
}
