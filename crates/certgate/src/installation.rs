//! The folder of an installed certificate: whole sets of files, switched at once.
//!
//! ```text
//! example.com/pending/key.pem request.pem     a key whose certificate is not there yet; key-*.pem earlier ones
//! example.com/sets/000002-0a1b2c/             key.pem cert.pem chain.pem fullchain.pem combined.pem, about.json
//! example.com/sets/000002-0a1b2c/before -> ../000001-3d4e5f    what was in place when this set came
//! example.com/current -> sets/000002-0a1b2c   the one link that is switched
//! example.com/cert.pem -> current/cert.pem    and so on: what servers are configured with
//! ```
//!
//! Everything below the folder is reached from its open descriptor, and no link in it is followed but `current`, which leads to
//! one of its sets. A folder, a key or a record that others could have put there is refused.

mod adoption;
mod damaged;
mod deployment;
mod install;
mod lost;
mod pending;
mod readers;
mod record;
mod rollback;
mod sets;
mod shared_hooks;
mod turn;
mod without_key;

use std::{
    ffi::OsStr,
    fs::{self, TryLockError},
    iter,
    path::{Path, PathBuf},
};

use certgate_domain::Secret;
use certgate_files::{FileError, Folder, NoSuchOwner, Owner};
use certgate_keys::PrivateKey;
use certgate_store::InstallOptions;
use certgate_x509::{BadCertificate, CertificateRequest, Issued, X509, pem};

use crate::unix_now;

pub use self::{
    adoption::{LedElsewhere, Shown},
    damaged::Faults,
    deployment::{Deployment, undeployed},
    install::{HookTime, InstallError, Installed, ReadableKey, durable},
    record::SetRecord,
    rollback::{InstalledSet, PutBack, RollbackError},
    shared_hooks::deploy_together,
    turn::FolderTurn,
};
pub(crate) use self::{
    record::{FILE_WITHOUT_SETS, path_in as record_path_in},
    shared_hooks::repeat_hooks,
};

/// The folder of a certificate and its key, and what is done with what comes into it.
#[derive(Debug, Clone)]
pub struct Installation {
    options: InstallOptions,
    owner: Option<Result<Owner, NoSuchOwner>>,
    /// The time for which what is served is checked, in seconds since 1970; the machine's where none is given.
    now: Option<i64>,
}

/// The certificate in place, as it was read.
pub(crate) struct InPlace {
    pub(crate) text: String,
    pub(crate) certificate: X509,
    /// Whether `cert.pem` is there and holds none.
    is_own_damaged: bool,
}

/// The files of a set: what each is, its name, and its mode where there was none before it.
const FILES: [(&str, &str, u32); 7] = [
    ("cert", "cert.pem", 0o644),
    ("chain", "chain.pem", 0o644),
    ("fullchain", "fullchain.pem", 0o644),
    ("key", "key.pem", 0o600),
    ("combined", "combined.pem", 0o600),
    ("p12", "bundle.p12", 0o600),
    ("jks", "keystore.jks", 0o600),
];
pub(crate) const CURRENT: &str = "current";
/// It leads where `current` does, and tells where that led to should it be removed.
pub(crate) const LAST: &str = ".current";
pub(crate) const SETS: &str = "sets";
const BEFORE: &str = "before";
pub(crate) const PENDING: &str = "pending";
pub(crate) const KEY: &str = "key.pem";
pub(crate) const CERTIFICATE: &str = "cert.pem";
const CHAIN: &str = "chain.pem";
pub(crate) const FULL_CHAIN: &str = "fullchain.pem";
const COMBINED: &str = "combined.pem";
const LOCK: &str = ".lock";

/// Whether a set may have a file of that name.
pub(crate) fn is_of_set(name: &OsStr) -> bool {
    FILES.iter().any(|(_, of, _)| name == *of)
}

impl Installation {
    /// The certificate in that folder.
    pub fn at(folder: &Path) -> Self {
        Self::new(InstallOptions::into_folder(folder))
    }

    /// The certificate in that folder, whose files were given to that owner.
    pub(crate) fn owned(folder: &Path, file_owner: Option<&str>) -> Self {
        let mut options = InstallOptions::into_folder(folder);
        options.file_owner = file_owner.map(str::to_owned);
        Self::new(options)
    }

    /// The certificate in the folder of these options, installed as they say.
    pub fn new(options: InstallOptions) -> Self {
        let owner = options.file_owner.as_deref().map(Owner::named);
        Self { options, owner, now: None }
    }

    /// Has that profile remembered with what is in place, where that is noted from now on.
    pub(crate) fn note_profile(&mut self, profile: &str) {
        self.options.note_profile(profile);
    }

    /// Checks what is served for that time, in seconds since 1970, in place of the machine's.
    #[must_use]
    pub fn at_time(self, now: i64) -> Self {
        Self { now: Some(now), ..self }
    }

    /// In seconds since 1970.
    fn now(&self) -> i64 {
        self.now.unwrap_or_else(|| unix_now() / 1000)
    }

    /// The installation whose own link to its key that path is, if any: `FOLDER/key.pem`, which leads to `current/key.pem`.
    pub fn of_key(path: &Path) -> Option<Self> {
        let target = fs::read_link(path).ok()?;
        let is_ours = path.file_name()? == KEY && target == Path::new(CURRENT).join(KEY);
        is_ours.then(|| Self::at(path.parent().unwrap_or(Path::new(""))))
    }

    /// How it is installed.
    pub fn options(&self) -> &InstallOptions {
        &self.options
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.options.folder
    }

    /// The owner of what is written, where one is named.
    fn owner(&self) -> Option<Owner> {
        self.owner.clone()?.ok()
    }

    /// The open folder, which may belong to the owner that is named, and to those that its sets were written for.
    fn open_unchecked(&self) -> Result<Folder, FileError> {
        let folder = Folder::open(self.folder())?;
        let noted = record::owners(&folder);
        Ok(folder.owned_by(self.owner().into_iter().chain(noted)))
    }

    /// The same, once it is found to be trusted.
    fn open(&self) -> Result<Folder, FileError> {
        let folder = self.open_unchecked()?;
        folder.check()?;
        Ok(folder)
    }

    /// The same; `None` if it is not there yet.
    fn open_if_there(&self) -> Result<Option<Folder>, FileError> {
        match self.open() {
            Err(why) if why.is_not_found() => Ok(None),
            folder => folder.map(Some),
        }
    }

    /// The key in place, where there is one. A server may own its file: who could have put it into its folder counts.
    ///
    /// # Errors
    /// It cannot be read, or others could have put it there.
    pub fn key(&self) -> Result<Option<Secret>, FileError> {
        let Some(folder) = self.open_if_there()? else { return Ok(None) };
        match sets::current_folder(&folder)? {
            Some(set) => key_in(&set),
            None => Ok(None),
        }
    }

    /// Whether servers that read the key's file find no other one.
    pub(crate) fn shows_no_other(&self, key: &Secret) -> bool {
        match fs::read_to_string(self.folder().join(KEY)) {
            Ok(shown) => shown == key.expose(),
            Err(why) => why.kind() == std::io::ErrorKind::NotFound,
        }
    }

    /// Whether servers that read the folder's own files find a certificate with its key.
    pub(crate) fn shows_a_pair(&self) -> bool {
        let read = |name| fs::read_to_string(self.folder().join(name)).unwrap_or_default();
        let certificate = X509::from_pem(read(CERTIFICATE));
        certificate.is_ok_and(|certificate| damaged::is_of(&Secret::new(read(KEY)), &certificate))
    }

    /// Every key here: the one that waits, the one in place, those that were set aside, those of the other sets, the newest first.
    ///
    /// # Errors
    /// One cannot be read, or others could have put it there.
    pub fn keys(&self) -> Result<Vec<Secret>, FileError> {
        let mut keys = vec![self.pending_key()?, self.key()?];
        keys.extend(self.keys_set_aside()?.into_iter().map(Some));
        if let Some(sets) = self.open_if_there()?.map(|folder| folder.folder(SETS)).transpose()?.flatten() {
            for set in sets::names(&sets)?.iter().rev() {
                let Some(set) = sets.folder(set)? else { continue };
                // Where the key's own file is damaged, the other one may be whole.
                keys.extend([key_in(&set)?, combined_key_in(&set)?]);
            }
        }
        Ok(keys.into_iter().flatten().collect())
    }

    /// Whether the key of that certificate (PEM) is here: the one that waits, the one in place, or one of another set.
    pub(crate) fn has_key_of(&self, certificate: &str) -> bool {
        let Ok(certificate) = X509::from_pem(certificate) else { return false };
        self.key_with(&certificate.key.spki).is_ok_and(|key| key.is_some())
    }

    /// Whether the key of that CSR is here.
    pub(crate) fn has_key_for(&self, request: &CertificateRequest) -> bool {
        self.key_with(&request.key.spki).is_ok_and(|key| key.is_some())
    }

    /// The key here whose public half that is.
    fn key_with(&self, spki: &[u8]) -> Result<Option<Secret>, FileError> {
        let is_it = |key: &Secret| PrivateKey::from_pem(key.expose(), None).is_ok_and(|key| key.spki() == spki);
        Ok(self.keys()?.into_iter().find(is_it))
    }

    /// The folder for this process alone, for as long as what is given lives; none while another one is at it.
    ///
    /// # Errors
    /// It cannot be opened, or is not to be trusted.
    pub fn lock(&self) -> Result<Option<fs::File>, FileError> {
        let file = self.open()?.open_lock(LOCK)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(FileError::Io { path: self.folder().join(LOCK), source }),
        }
    }

    /// The certificate in place, where there is one that can be read.
    ///
    /// # Errors
    /// Its files cannot be read.
    pub fn certificate(&self) -> Result<Option<String>, FileError> {
        Ok(self.in_place()?.and_then(Result::ok).map(|in_place| in_place.text))
    }

    /// The same as it was read; a plain file too. Where servers do not find it any more, its set has it, and where that lost it, or it is damaged, it is
    /// the first in `fullchain.pem`.
    pub(crate) fn in_place(&self) -> Result<Option<Result<InPlace, BadCertificate>>, FileError> {
        let folder = self.folder();
        let set = iter::once_with(|| self.set()).flatten();
        let of_set = set.flat_map(|set| [set.join(CERTIFICATE), set.join(FULL_CHAIN)]);
        let plain = iter::once_with(|| folder.join(FILE_WITHOUT_SETS).exists().then(|| folder.join(FULL_CHAIN)));
        let mut damaged = None;
        for path in iter::once(folder.join(CERTIFICATE)).chain(of_set).chain(plain.flatten()) {
            let Some(text) = read_text(path)? else { continue };
            match X509::from_pem(&text) {
                Ok(certificate) => {
                    return Ok(Some(Ok(InPlace { text, certificate, is_own_damaged: damaged.is_some() })));
                }
                Err(why) => damaged = damaged.or(Some(why)),
            }
        }
        Ok(damaged.map(Err))
    }

    /// The certificate in place with its chain; `None` if there is none that can be read.
    pub fn issued(&self) -> Option<Issued> {
        let InPlace { text, certificate, .. } = self.in_place().ok()??.ok()?;
        let beside = fs::read_to_string(self.folder().join(CHAIN)).unwrap_or_default();
        let all = [X509::all(&text).ok(), X509::all(&beside).ok()];
        let mut chain: Vec<X509> = Vec::new();
        for one in all.into_iter().flatten().flatten() {
            if one != certificate && !chain.contains(&one) {
                chain.push(one);
            }
        }
        Some(Issued { certificate, chain })
    }

    /// The folder of the set in place, or of the one that is to be there again where nothing leads to it; `None` if there is none.
    pub fn set(&self) -> Option<PathBuf> {
        let folder = self.open_unchecked().ok()?;
        sets::current(&folder).ok()?.map(|set| self.folder().join(SETS).join(set))
    }

    /// The files in place by what they are: `cert`, `chain`, `fullchain`, `key`, `combined`, `p12`, `jks`.
    pub fn files(&self) -> Vec<(&'static str, PathBuf)> {
        let in_place = |name: &str| self.folder().join(CURRENT).join(name);
        let there = |name: &str| in_place(name).exists() && self.folder().join(name).exists();
        let files = FILES.into_iter().filter(|(_, name, _)| there(name));
        files.map(|(kind, name, _)| (kind, self.folder().join(name))).collect()
    }

    /// Makes the folder where it is missing, for its owner only where a key comes into it.
    fn make_folder(&self, with_key: bool) -> Result<(), FileError> {
        let folder = self.folder();
        let is_new = !folder.exists();
        certgate_files::make_folder(folder, if with_key { FOLDER_WITH_KEYS } else { FOLDER })?;
        if is_new { self.give(folder) } else { Ok(()) }
    }

    /// Gives the folder, or what stands for it, to the owner that is named, where there is one.
    fn give(&self, place: &Path) -> Result<(), FileError> {
        let given = self.owner().map_or(Ok(()), |owner| certgate_files::set_owner(place, owner));
        given.map_err(|why| FileError::Io { path: self.folder().to_owned(), source: why.into() })
    }
}

/// Servers may enter a folder that was made for certificates without their keys.
const FOLDER: u32 = 0o755;
/// Nobody else enters a folder that was made for a key, unless its owner says so.
const FOLDER_WITH_KEYS: u32 = 0o700;

/// A path as a process in any folder finds it.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// The text of a file; `None` if it is not there.
fn read_text(path: PathBuf) -> Result<Option<String>, FileError> {
    match fs::read(&path) {
        Ok(bytes) => Ok(Some(certgate_domain::decoded(&bytes))),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(FileError::Io { path, source }),
    }
}

/// The key of a set: where its own file is gone, that in `combined.pem`.
fn key_in(set: &Folder) -> Result<Option<Secret>, FileError> {
    match set.read(KEY)? {
        Some(key) => Ok(Some(secret(key))),
        None => combined_key_in(set),
    }
}

fn combined_key_in(set: &Folder) -> Result<Option<Secret>, FileError> {
    let combined = set.read(COMBINED)?.map(secret);
    let blocks = combined.and_then(|text| pem::read(text.expose()).ok()).unwrap_or_default();
    let key = blocks.into_iter().find(|block| block.kind.is_private_key());
    Ok(key.map(|key| Secret::new(pem::text(&key.label, &key.der))))
}

fn secret(bytes: Vec<u8>) -> Secret {
    Secret::new(String::from_utf8_lossy(&bytes).into_owned())
}
