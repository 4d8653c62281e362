//! The folder of an installed certificate: whole sets of files, switched at once.
//!
//! ```text
//! example.com/pending/key.pem request.pem     a key whose certificate is not there yet
//! example.com/sets/000002-0a1b2c/             key.pem cert.pem chain.pem fullchain.pem combined.pem, about.json
//! example.com/sets/000002-0a1b2c/before -> ../000001-3d4e5f    what was in place when this set came
//! example.com/current -> sets/000002-0a1b2c   the one link that is switched
//! example.com/cert.pem -> current/cert.pem    and so on: what servers are configured with
//! ```

mod deployment;
mod install;
mod record;
mod without_key;

use std::{
    fs,
    iter::successors,
    path::{Path, PathBuf},
};

use certgate_domain::Secret;
use certgate_store::InstallOptions;
use certgate_x509::Issued;

pub use self::{
    deployment::Deployment,
    install::{InstallError, Installed, durable},
    record::SetRecord,
};

use crate::{
    Error,
    files::{beside, private_folder, storage, sync_folder, write_new},
};

/// The folder of a certificate and its key, and what is done with what comes into it.
#[derive(Debug, Clone)]
pub struct Installation {
    options: InstallOptions,
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
const CURRENT: &str = "current";
const SETS: &str = "sets";
const BEFORE: &str = "before";

impl Installation {
    /// The certificate in that folder.
    pub fn at(folder: &Path) -> Self {
        Self::new(InstallOptions::into_folder(folder))
    }

    /// The certificate in the folder of these options, installed as they say.
    pub fn new(options: InstallOptions) -> Self {
        Self { options }
    }

    /// The installation whose own link to its key that path is, if any: `FOLDER/key.pem`, which leads to `current/key.pem`.
    pub fn of_key(path: &Path) -> Option<Self> {
        let target = fs::read_link(path).ok()?;
        let is_ours = path.file_name()? == "key.pem" && target == Path::new(CURRENT).join("key.pem");
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

    /// The folder of the key that waits for its certificate.
    pub fn pending(&self) -> PathBuf {
        self.folder().join("pending")
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

    /// Every key here: the one that waits, the one in place, those of the other sets, the newest first.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn keys(&self) -> Result<Vec<Secret>, Error> {
        let mut keys = vec![self.pending_key()?, self.key()?];
        for set in self.sets()?.iter().rev() {
            keys.push(self.secret(&format!("{SETS}/{set}/key.pem"))?);
        }
        Ok(keys.into_iter().flatten().collect())
    }

    /// The certificate in place, where there is one; a plain file too.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn certificate(&self) -> Result<Option<String>, Error> {
        self.text("cert.pem")
    }

    /// The folder of the set in place; none where there is none.
    pub fn set(&self) -> Option<PathBuf> {
        self.current().map(|set| self.folder().join(SETS).join(set))
    }

    /// The files in place by what they are: `cert`, `chain`, `fullchain`, `key`, `combined`, `p12`, `jks`.
    pub fn files(&self) -> Vec<(&'static str, PathBuf)> {
        let there = |name: &str| self.in_place(name).exists() && self.folder().join(name).exists();
        let files = FILES.into_iter().filter(|(_, name, _)| there(name));
        files.map(|(kind, name, _)| (kind, self.folder().join(name))).collect()
    }

    fn in_place(&self, name: &str) -> PathBuf {
        self.folder().join(CURRENT).join(name)
    }

    fn secret(&self, name: &str) -> Result<Option<Secret>, Error> {
        Ok(self.text(name)?.map(Secret::new))
    }

    fn text(&self, name: &str) -> Result<Option<String>, Error> {
        let path = self.folder().join(name);
        there(&path, fs::read_to_string(&path))
    }

    /// Keeps a key until its certificate comes: on disk and synced, for its owner only.
    ///
    /// # Errors
    /// It could not be written, or one waits already, which stays: nothing may be ordered with this one.
    pub fn keep_key(&self, key: &Secret) -> Result<(), Error> {
        let pending = self.pending();
        private_folder(&pending)?;
        write_new(&pending.join("key.pem"), key.expose().as_bytes(), 0o600)?;
        sync_folder(&pending)?;
        sync_folder(self.folder())
    }

    /// Keeps the request made with the key that waits.
    ///
    /// # Errors
    /// It could not be written.
    pub fn keep_request(&self, request: &str) -> Result<(), Error> {
        let pending = self.pending();
        let path = pending.join("request.pem");
        beside(&path, request.as_bytes(), 0o644)?.persist(&path).map_err(|why| storage(&path, &why.error))?;
        sync_folder(&pending)
    }

    /// Puts a certificate and its key in place, all of it at once, with encrypted files (`p12`, `jks`) of them. Gives whether
    /// they were in place already.
    ///
    /// # Errors
    /// Something could not be written: what was in place stays.
    fn install_set(
        &self,
        issued: &Issued,
        key: &Secret,
        stores: &[(&'static str, Vec<u8>)],
        record: &SetRecord,
    ) -> Result<bool, Error> {
        let cert = issued.certificate.to_pem();
        let chain: String = issued.chain.iter().map(|authority| authority.to_pem()).collect();
        let fullchain = format!("{cert}{chain}");
        let combined = format!("{}{fullchain}", key.expose());
        let key_pem = key.expose().to_owned();
        let texts =
            [("cert", cert), ("chain", chain), ("fullchain", fullchain), ("key", key_pem), ("combined", combined)];
        let mut files = texts.map(|(kind, text)| (kind, text.into_bytes())).to_vec();
        files.extend_from_slice(stores);
        self.take_over(|kind, _| files.iter().any(|(of, _)| *of == kind))?;
        let unchanged = self.has(&files)? && self.record_in_place().is_some_and(|there| there.is_of_the_same(record));
        if !unchanged {
            let set = self.new_set(&files, record, &issued.certificate.serial)?;
            self.switch(&set)?;
        }
        self.forget_pending(key)?;
        Ok(unchanged)
    }

    /// Puts back the set that was in place when the present one came. Gives its folder; none where there is none.
    ///
    /// # Errors
    /// The link could not be switched.
    pub fn rollback(&self) -> Result<Option<PathBuf>, Error> {
        let before = || self.current().and_then(|set| self.before(&set));
        let Some(set) = before().map(|set| self.folder().join(SETS).join(set)) else { return Ok(None) };
        self.take_over(|_, name| self.in_place(name).exists() || set.join(name).exists())?;
        let Some(before) = before() else { return Ok(None) };
        self.switch(&before)?;
        Ok(self.set())
    }

    /// Removes older sets than the one in place, once nobody wants to go back to them; the `keep` that were in place before
    /// it stay.
    ///
    /// # Errors
    /// One could not be removed.
    pub fn prune(&self, keep: usize) -> Result<(), Error> {
        let Some(current) = self.current() else { return Ok(()) };
        let kept: Vec<String> = successors(self.before(&current), |set| self.before(set)).take(keep).collect();
        let folder = self.folder().join(SETS);
        for name in self.entries()? {
            // A dot: what a run began and did not finish.
            let set = name.trim_start_matches('.').to_owned();
            if set >= current || kept.contains(&name) {
                continue;
            }
            // Nobody may find, and go back to, half a set.
            let gone = folder.join(format!(".{set}"));
            if !name.starts_with('.') {
                fs::rename(folder.join(&name), &gone).map_err(|why| storage(&gone, &why))?;
            }
            fs::remove_dir_all(&gone).map_err(|why| storage(&gone, &why))?;
        }
        Ok(())
    }

    /// Whether the set in place has these files. Encrypted ones are never the same twice: that they are there is enough.
    fn has(&self, files: &[(&str, Vec<u8>)]) -> Result<bool, Error> {
        for (kind, name, _) in FILES {
            let Some((_, bytes)) = files.iter().find(|(of, _)| *of == kind) else { continue };
            let path = self.in_place(name);
            let same = |there: Vec<u8>| matches!(kind, "p12" | "jks") || there == *bytes;
            if !there(&path, fs::read(&path))?.is_some_and(same) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The name of the set in place.
    fn current(&self) -> Option<String> {
        name_of(&fs::read_link(self.folder().join(CURRENT)).ok()?)
    }

    /// The set that was in place when this one came, where it is still there.
    fn before(&self, set: &str) -> Option<String> {
        let sets = self.folder().join(SETS);
        let before = name_of(&fs::read_link(sets.join(set).join(BEFORE)).ok()?)?;
        sets.join(&before).exists().then_some(before)
    }

    /// The names of the sets, oldest first.
    fn sets(&self) -> Result<Vec<String>, Error> {
        let mut sets = self.entries()?;
        sets.retain(|name| !name.starts_with('.'));
        Ok(sets)
    }

    /// The names of the sets and of those that are not finished, which begin with a dot.
    fn entries(&self) -> Result<Vec<String>, Error> {
        let folder = self.folder().join(SETS);
        let mut names = Vec::new();
        for entry in there(&folder, fs::read_dir(&folder))?.into_iter().flatten() {
            names.extend(name_of(&entry.map_err(|why| storage(&folder, &why))?.path()));
        }
        names.sort();
        Ok(names)
    }

    fn new_set(&self, files: &[(&str, Vec<u8>)], record: &SetRecord, label: &str) -> Result<String, Error> {
        let folder = self.folder().join(SETS);
        folder_for_all(&folder)?;
        let number = |set: &String| -> Option<u64> { set.split('-').next()?.parse().ok() };
        let next = self.sets()?.iter().filter_map(number).max().unwrap_or_default().saturating_add(1);
        let set = format!("{next:06}-{label}");
        let unfinished = folder.join(format!(".{set}"));
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(|why| storage(&unfinished, &why))?;
        }
        folder_for_all(&unfinished)?;
        for (kind, name, mode) in FILES {
            if let Some((_, bytes)) = files.iter().find(|(of, _)| *of == kind) {
                let path = unfinished.join(name);
                write_new(&path, bytes, mode)?;
                like(&self.folder().join(name), &path)?;
            }
        }
        write_new(&unfinished.join(record::FILE), record.to_text().as_bytes(), 0o644)?;
        if let Some(current) = self.current() {
            let link = unfinished.join(BEFORE);
            symlink(&Path::new("..").join(current), &link).map_err(|why| storage(&link, &why))?;
        }
        sync_folder(&unfinished)?;
        fs::rename(&unfinished, folder.join(&set)).map_err(|why| storage(&folder.join(&set), &why))?;
        sync_folder(&folder)?;
        Ok(set)
    }

    /// Files that stand where a switch puts its own and are not those of the set in place, as from before there were sets, become
    /// a set of their own, which is put in place: nothing changes for who reads them, and from then on one link switches them all.
    fn take_over(&self, concerns: impl Fn(&str, &str) -> bool) -> Result<(), Error> {
        let (mut files, mut foreign) = (Vec::new(), false);
        for (kind, name, _) in FILES.into_iter().filter(|(kind, name, _)| concerns(kind, name)) {
            let (path, in_place) = (self.folder().join(name), self.in_place(name));
            if let Some(bytes) = there(&path, fs::read(&path))? {
                foreign |= there(&in_place, fs::read(&in_place))?.as_ref() != Some(&bytes);
                files.push((kind, bytes));
            }
        }
        if foreign {
            let set = self.new_set(&files, &SetRecord::default(), "found")?;
            self.switch(&set)?;
        }
        // What an earlier run did not finish: the new set may come only when every name is a link.
        self.show()
    }

    /// The one moment at which all files change.
    fn switch(&self, set: &str) -> Result<(), Error> {
        self.link(&Path::new(SETS).join(set), CURRENT)?;
        sync_folder(self.folder())?;
        self.show()
    }

    /// The names that servers are configured with: a link for each file of the set in place, and none to what it has not.
    fn show(&self) -> Result<(), Error> {
        for (_, name, _) in FILES {
            let (target, place) = (Path::new(CURRENT).join(name), self.folder().join(name));
            let linked = fs::read_link(&place).is_ok_and(|there| there == target);
            match (self.in_place(name).exists(), linked) {
                (true, false) => self.link(&target, name)?,
                (false, true) => fs::remove_file(&place).map_err(|why| storage(&place, &why))?,
                _ => {}
            }
        }
        sync_folder(self.folder())
    }

    fn link(&self, target: &Path, name: &str) -> Result<(), Error> {
        let (place, beside) = (self.folder().join(name), self.folder().join(format!(".{name}.new")));
        let _ = fs::remove_file(&beside);
        symlink(target, &beside).map_err(|why| storage(&beside, &why))?;
        fs::rename(&beside, &place).map_err(|why| storage(&place, &why))
    }

    /// The key is in place: it waits no longer.
    fn forget_pending(&self, key: &Secret) -> Result<(), Error> {
        if self.pending_key()?.as_ref() != Some(key) {
            return Ok(());
        }
        let pending = self.pending();
        fs::remove_dir_all(&pending).map_err(|why| storage(&pending, &why))
    }
}

/// What was read of a path; none where nothing is there.
fn there<T>(path: &Path, read: std::io::Result<T>) -> Result<Option<T>, Error> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(why) => Err(storage(path, &why)),
    }
}

fn name_of(path: &Path) -> Option<String> {
    Some(path.file_name()?.to_str()?.to_owned())
}

/// Servers may read what is in it: the files decide.
fn folder_for_all(folder: &Path) -> Result<(), Error> {
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
    fs::set_permissions(file, there.permissions())
        .and_then(|()| fs::File::open(file)?.sync_all())
        .map_err(|why| storage(file, &why))
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
