//! The folder of an installed certificate: whole sets of files, switched at once.
//!
//! ```text
//! example.com/pending/key.pem request.pem     a key whose certificate is not there yet
//! example.com/sets/000001-0a1b2c/             key.pem cert.pem chain.pem fullchain.pem combined.pem, about.json
//! example.com/current -> sets/000001-0a1b2c   the one link that is switched
//! example.com/cert.pem -> current/cert.pem    and so on: what servers are configured with
//! ```

use std::{
    fs,
    path::{Path, PathBuf},
};

use certgate_domain::Secret;
use certgate_x509::Issued;

use crate::{
    Error, Files,
    files::{private_folder, sync_folder, write_new},
};

/// The folder of a certificate and its key.
#[derive(Debug, Clone)]
pub struct Place {
    folder: PathBuf,
}

/// A set that was put in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The certificate's files.
    pub files: Files,
    /// The key.
    pub key: PathBuf,
    /// Key, certificate and chain in one file.
    pub combined: PathBuf,
    /// The set's folder.
    pub set: PathBuf,
}

/// The files of a set and their modes.
const FILES: [(&str, u32); 5] =
    [("key.pem", 0o600), ("cert.pem", 0o644), ("chain.pem", 0o644), ("fullchain.pem", 0o644), ("combined.pem", 0o600)];
const CURRENT: &str = "current";

impl Place {
    /// The certificate in that folder.
    pub fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The key that waits for its certificate, where there is one.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn pending_key(&self) -> Result<Option<Secret>, Error> {
        self.secret("pending/key.pem")
    }

    /// The key in place, where there is one.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn key(&self) -> Result<Option<Secret>, Error> {
        self.secret("current/key.pem")
    }

    /// The certificate in place, where there is one; a plain file too.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn certificate(&self) -> Result<Option<String>, Error> {
        self.text("cert.pem")
    }

    /// What was noted of the set in place: JSON.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn about(&self) -> Result<Option<String>, Error> {
        self.text("current/about.json")
    }

    fn secret(&self, name: &str) -> Result<Option<Secret>, Error> {
        Ok(self.text(name)?.map(Secret::new))
    }

    fn text(&self, name: &str) -> Result<Option<String>, Error> {
        let path = self.folder.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(why) => Err(storage(&path, &why)),
        }
    }

    /// Keeps a key until its certificate comes: on disk and synced, for its owner only. One that waits already stays.
    ///
    /// # Errors
    /// It could not be written, or another one waits: nothing may be ordered.
    pub fn keep_key(&self, key: &Secret) -> Result<(), Error> {
        let pending = self.folder.join("pending");
        private_folder(&pending)?;
        write_new(&pending.join("key.pem"), key.expose().as_bytes(), 0o600)?;
        sync_folder(&pending)?;
        sync_folder(&self.folder)
    }

    /// Keeps the request made with the key that waits.
    ///
    /// # Errors
    /// It could not be written.
    pub fn keep_request(&self, request: &str) -> Result<(), Error> {
        let path = self.folder.join("pending/request.pem");
        fs::write(&path, request).map_err(|why| storage(&path, &why))
    }

    /// Puts a certificate and its key in place, all of it at once, with further private files. Of the sets before, `keep` stay.
    ///
    /// # Errors
    /// Something could not be written: what was in place stays.
    pub fn install(
        &self,
        issued: &Issued,
        key: &Secret,
        further: &[(&str, Vec<u8>)],
        about: &str,
        keep: usize,
    ) -> Result<Installed, Error> {
        let cert = issued.certificate.to_pem();
        let chain: String = issued.chain.iter().map(|authority| authority.to_pem()).collect();
        let key_pem = key.expose();
        let unchanged = self.certificate()?.as_deref() == Some(&cert) && self.key()?.as_ref() == Some(key);
        let set = if unchanged {
            let current = self.folder.join(CURRENT);
            fs::canonicalize(&current).map_err(|why| storage(&current, &why))?
        } else {
            let texts = [
                key_pem.to_owned(),
                cert.clone(),
                chain.clone(),
                format!("{cert}{chain}"),
                format!("{key_pem}{cert}{chain}"),
            ];
            let mut files: Vec<(&str, u32, &[u8])> =
                FILES.into_iter().zip(&texts).map(|((name, mode), text)| (name, mode, text.as_bytes())).collect();
            files.extend(further.iter().map(|(name, bytes)| (*name, 0o600, bytes.as_slice())));
            let set = self.new_set(&files, about, &issued.certificate.serial)?;
            self.save_plain_files()?;
            self.switch(&set)?;
            set
        };
        self.link_files(further.iter().map(|(name, _)| *name))?;
        self.forget_pending(key)?;
        self.prune(keep)?;
        let path = |name: &str| self.folder.join(name);
        let files =
            Files { cert: path("cert.pem"), chain: path("chain.pem"), fullchain: path("fullchain.pem"), unchanged };
        Ok(Installed { files, key: path("key.pem"), combined: path("combined.pem"), set })
    }

    /// Puts the set before the one in place back. Gives its folder; none where there is none.
    ///
    /// # Errors
    /// The link could not be switched.
    pub fn rollback(&self) -> Result<Option<PathBuf>, Error> {
        let current = self.current_set();
        let sets = self.sets()?;
        let before = sets.into_iter().rev().find(|set| current.as_ref().is_some_and(|current| set < current));
        if let Some(before) = &before {
            self.switch(before)?;
        }
        Ok(before)
    }

    fn current_set(&self) -> Option<PathBuf> {
        let target = fs::read_link(self.folder.join(CURRENT)).ok()?;
        Some(self.folder.join(target))
    }

    /// The sets, oldest first.
    fn sets(&self) -> Result<Vec<PathBuf>, Error> {
        let folder = self.folder.join("sets");
        let mut sets = Vec::new();
        match fs::read_dir(&folder) {
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(sets),
            Err(why) => return Err(storage(&folder, &why)),
            Ok(entries) => {
                for entry in entries {
                    let name = entry.map_err(|why| storage(&folder, &why))?.file_name();
                    // What is not finished begins with a dot.
                    if !name.to_string_lossy().starts_with('.') {
                        sets.push(folder.join(name));
                    }
                }
            }
        }
        sets.sort();
        Ok(sets)
    }

    fn new_set(&self, files: &[(&str, u32, &[u8])], about: &str, serial: &str) -> Result<PathBuf, Error> {
        let folder = self.folder.join("sets");
        private_folder_for_all(&folder)?;
        let number = |set: &PathBuf| -> Option<u64> { set.file_name()?.to_str()?.split('-').next()?.parse().ok() };
        let next = self.sets()?.iter().filter_map(number).max().unwrap_or_default() + 1;
        let (set, unfinished) =
            (folder.join(format!("{next:06}-{serial}")), folder.join(format!(".{next:06}-{serial}")));
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(|why| storage(&unfinished, &why))?;
        }
        private_folder_for_all(&unfinished)?;
        let before = self.current_set();
        for (name, mode, bytes) in files.iter().copied() {
            let path = unfinished.join(name);
            write_new(&path, bytes, mode)?;
            if let Some(before) = &before {
                like(&before.join(name), &path)?;
            }
        }
        write_new(&unfinished.join("about.json"), about.as_bytes(), 0o644)?;
        sync_folder(&unfinished)?;
        fs::rename(&unfinished, &set).map_err(|why| storage(&set, &why))?;
        sync_folder(&folder)?;
        Ok(set)
    }

    /// Files that stand here as they are, from before there were sets, become a set of their own.
    fn save_plain_files(&self) -> Result<(), Error> {
        let is_plain = |path: &Path| fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file());
        let plain: Vec<&str> =
            FILES.iter().map(|(name, _)| *name).filter(|name| is_plain(&self.folder.join(name))).collect();
        if plain.is_empty() || self.current_set().is_some() {
            return Ok(());
        }
        let set = self.folder.join("sets").join("000000-before");
        private_folder_for_all(&set)?;
        for name in plain {
            let (from, to) = (self.folder.join(name), set.join(name));
            fs::copy(&from, &to).map_err(|why| storage(&to, &why))?;
        }
        sync_folder(&set)
    }

    /// The one moment at which all files change.
    fn switch(&self, set: &Path) -> Result<(), Error> {
        let name = set.file_name().unwrap_or_default();
        self.link(&Path::new("sets").join(name), CURRENT)?;
        sync_folder(&self.folder)
    }

    /// The names that servers are configured with.
    fn link_files<'f>(&self, further: impl Iterator<Item = &'f str>) -> Result<(), Error> {
        for name in FILES.into_iter().map(|(name, _)| name).chain(further) {
            let target = Path::new(CURRENT).join(name);
            if fs::read_link(self.folder.join(name)).is_ok_and(|there| there == target) {
                continue;
            }
            self.link(&target, name)?;
        }
        sync_folder(&self.folder)
    }

    fn link(&self, target: &Path, name: &str) -> Result<(), Error> {
        let (place, beside) = (self.folder.join(name), self.folder.join(format!(".{name}.new")));
        let _ = fs::remove_file(&beside);
        symlink(target, &beside).map_err(|why| storage(&beside, &why))?;
        fs::rename(&beside, &place).map_err(|why| storage(&place, &why))
    }

    /// The key is in place: it waits no longer.
    fn forget_pending(&self, key: &Secret) -> Result<(), Error> {
        if self.pending_key()?.as_ref() != Some(key) {
            return Ok(());
        }
        let pending = self.folder.join("pending");
        fs::remove_dir_all(&pending).map_err(|why| storage(&pending, &why))
    }

    fn prune(&self, keep: usize) -> Result<(), Error> {
        let current = self.current_set();
        let mut before: Vec<PathBuf> = self.sets()?.into_iter().filter(|set| Some(set) < current.as_ref()).collect();
        before.truncate(before.len().saturating_sub(keep));
        for set in before {
            fs::remove_dir_all(&set).map_err(|why| storage(&set, &why))?;
        }
        Ok(())
    }
}

/// Servers may read what is in it: the files decide.
fn private_folder_for_all(folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(|why| storage(folder, &why))
}

/// Gives a file the mode and owner of the one before it.
#[cfg(unix)]
fn like(before: &Path, file: &Path) -> Result<(), Error> {
    use std::os::unix::fs::{MetadataExt, chown};
    let Ok(there) = fs::metadata(before) else { return Ok(()) };
    let here = fs::metadata(file).map_err(|why| storage(file, &why))?;
    if (there.uid(), there.gid()) != (here.uid(), here.gid()) {
        chown(file, Some(there.uid()), Some(there.gid())).map_err(|why| storage(file, &why))?;
    }
    fs::set_permissions(file, there.permissions()).map_err(|why| storage(file, &why))
}

#[cfg(not(unix))]
fn like(_: &Path, _: &Path) -> Result<(), Error> {
    Ok(())
}

#[cfg(unix)]
fn symlink(target: &Path, at: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, at)
}

#[cfg(not(unix))]
fn symlink(_: &Path, _: &Path) -> std::io::Result<()> {
    Err(std::io::Error::other("a key is installed by symbolic links, which this platform does not have: give --csr"))
}

fn storage(path: &Path, why: &std::io::Error) -> Error {
    Error::Storage { path: path.to_owned(), why: why.to_string() }
}
