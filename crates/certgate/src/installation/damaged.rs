//! Files of a certificate that servers cannot use: damaged ones, and those of another certificate.

use std::fmt;

use certgate_domain::Secret;
use certgate_files::{FileError, Folder};
use certgate_keys::PrivateKey;
use certgate_x509::X509;

use super::{
    CERTIFICATE, CHAIN, COMBINED, CURRENT, FULL_CHAIN, InPlace, Installation, KEY, SetRecord, key_in, secret,
    sets::{self, is_found, is_our_link, missing_in},
};

/// What is wrong with the files of what is in place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Faults {
    /// The names of files that are gone, while others of the set are there; `current`, where that is all that is gone.
    pub missing: Vec<&'static str>,
    /// The names of files that are damaged, or another certificate's.
    pub damaged: Vec<&'static str>,
}

impl Faults {
    /// Files that are gone.
    pub fn of_missing(missing: Vec<&'static str>) -> Self {
        Self { missing, damaged: Vec::new() }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.damaged.is_empty()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts =
            [(&self.missing, "is gone from its folder"), (&self.damaged, "is damaged, or another certificate's")];
        let parts = parts.into_iter().filter(|(files, _)| !files.is_empty());
        let parts: Vec<String> = parts.map(|(files, what)| format!("`{}` {what}", files.join("`, `"))).collect();
        f.write_str(&parts.join("; "))
    }
}

impl Installation {
    /// Whether the key in place is the certificate's, where there is one, and what is wrong with the files beside it.
    pub(crate) fn key_and_faults(
        &self,
        record: &SetRecord,
        in_place: &InPlace,
    ) -> Result<(Option<bool>, Faults), FileError> {
        let Some(folder) = self.open_if_there()? else { return Ok((None, Faults::default())) };
        let set = sets::in_place(&folder)?;
        let key = set.as_ref().map(|(_, set)| key_in(set)).transpose()?.flatten();
        let is_shown = |key| is_our_link(&folder, KEY).unwrap_or_default() || self.shows_no_other(key);
        let key_fits = key.as_ref().map(|key| is_shown(key) && is_of(key, &in_place.certificate));
        if key_fits == Some(false) {
            return Ok((key_fits, Faults::default()));
        }
        let missing = missing_in(&folder, set.as_ref(), record)?;
        if missing.contains(&CURRENT) {
            return Ok((key_fits, Faults::of_missing(missing)));
        }
        let read = |name| match &set {
            // Servers read what somebody put in the place of our link.
            Some((_, set)) if folder.link(name).is_ok_and(|link| link.is_some()) => text(set, name),
            _ => text(&folder, name),
        };
        let texts = Texts {
            cert: in_place.text.as_str(),
            chain: read(CHAIN),
            fullchain: read(FULL_CHAIN),
            key: key.as_ref().map(Secret::expose),
            combined: set.as_ref().and_then(|_| read(COMBINED)),
        };
        let is_ours = set.as_ref().map_or(record.certificate.is_some(), |(name, _)| !is_found(name));
        let mut damaged = texts.damaged(&in_place.certificate, is_ours);
        if in_place.is_own_damaged {
            damaged.insert(0, CERTIFICATE);
        }
        Ok((key_fits, Faults { missing, damaged }))
    }
}

impl Installation {
    /// What is wrong with the files in place, where that certificate of the account is noted to be in place.
    pub(crate) fn faults_of(&self, certificate: i64) -> Option<Faults> {
        let record = self.record_in_place().filter(|record| record.certificate == Some(certificate))?;
        let faults = match self.in_place().ok()?? {
            Ok(in_place) => self.key_and_faults(&record, &in_place).ok()?.1,
            Err(_) => Faults { missing: Vec::new(), damaged: vec![CERTIFICATE, FULL_CHAIN] },
        };
        Some(faults).filter(|faults| !faults.is_empty())
    }
}

/// What the files of a certificate hold, as far as they are there.
pub(super) struct Texts<'t> {
    pub(super) cert: &'t str,
    pub(super) chain: Option<Secret>,
    pub(super) fullchain: Option<Secret>,
    pub(super) key: Option<&'t str>,
    pub(super) combined: Option<Secret>,
}

impl Texts<'_> {
    /// The files that are not of that certificate, or not of one chain. What another tool wrote has its certificates in whatever order, and what stands
    /// beside them is nobody's matter.
    pub(super) fn damaged(&self, certificate: &X509, is_ours: bool) -> Vec<&'static str> {
        if self.are_as_written() {
            return Vec::new();
        }
        let behind = |text: &Secret| {
            let all = X509::all(text.expose()).ok().filter(|all| all.contains(certificate))?;
            match all.split_first() {
                Some((first, rest)) if is_ours => (first == certificate).then(|| without_roots(rest.to_vec())),
                _ => Some(Vec::new()),
            }
        };
        let has_key = |text: &&Secret| is_of(text, certificate);
        let chain = self.chain.as_ref().map(|text| authorities(text).map(without_roots));
        let fullchain = self.fullchain.as_ref().map(behind);
        let combined = self.combined.as_ref().map(|text| Some(text).filter(has_key).and_then(behind));
        let readable = || [&chain, &combined, &fullchain].into_iter().flatten().flatten();
        // Two of three are right, then what others have besides their own, and of two `fullchain.pem`.
        let right = readable().max_by_key(|chain| {
            let equal = readable().filter(|other| other == chain).count();
            let within = readable().filter(|other| is_within(chain, other)).count();
            (equal, !chain.is_empty(), within)
        });
        let has_right = |found: &Vec<X509>| right.is_some_and(|right| is_within(right, found));
        let is_damaged = |found: &&Option<Vec<X509>>| !found.as_ref().is_some_and(|found| !is_ours || has_right(found));
        let files = [(CHAIN, &chain), (FULL_CHAIN, &fullchain), (COMBINED, &combined)];
        let damaged = files.into_iter().filter(|(_, found)| found.as_ref().filter(is_damaged).is_some());
        damaged.map(|(name, _)| name).collect()
    }

    /// Whether each holds what it was written with: nothing of it has to be read as a certificate then.
    fn are_as_written(&self) -> bool {
        let [chain, fullchain, combined] =
            [&self.chain, &self.fullchain, &self.combined].map(|text| text.as_ref().map(Secret::expose));
        let is_whole = chain.is_some() && fullchain.and_then(|text| text.strip_prefix(self.cert)) == chain;
        let is_with_key = |text: &str| self.key.and_then(|key| text.strip_prefix(key)) == fullchain;
        is_whole && combined.is_none_or(is_with_key)
    }
}

/// What a file holds; `None` where it is not there, or cannot be read.
fn text(folder: &Folder, name: &str) -> Option<Secret> {
    folder.read(name).ok().flatten().map(secret)
}

/// Whether a file has all certificates of that chain, in their order: what it has besides is nobody's matter.
fn is_within(chain: &[X509], found: &[X509]) -> bool {
    let mut found = found.iter();
    chain.iter().all(|authority| found.any(|there| there == authority))
}

/// A chain without the roots that end it: who checks it has them, and some files are written with them.
fn without_roots(mut chain: Vec<X509>) -> Vec<X509> {
    let mut is_first = true;
    chain.retain(|authority| std::mem::take(&mut is_first) || authority.subject != authority.issuer);
    chain
}

/// The certificates of a file that may hold none.
fn authorities(text: &Secret) -> Option<Vec<X509>> {
    if text.expose().trim().is_empty() { Some(Vec::new()) } else { X509::all(text.expose()).ok() }
}

/// Whether a key is that of a certificate.
pub(super) fn is_of(key: &Secret, certificate: &X509) -> bool {
    PrivateKey::from_pem(key.expose(), None).is_ok_and(|key| key.spki() == certificate.key.spki)
}
