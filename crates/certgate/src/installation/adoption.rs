//! Files that others wrote become a set of the folder, while servers read the same as before.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use certgate_files::{FileError, Folder, Owner};

use super::{FILES, Installation, LOCK, SetRecord, sets::link};
use crate::adoption::Pair;

/// Who may write decides who is trusted: a folder that is made lets in whom the one around it does, and nobody else writes.
const WRITABLE: u32 = 0o022;

impl Installation {
    /// Makes the pair's files a set of this folder, has every path that held one lead there, and records it.
    ///
    /// # Errors
    /// Something cannot be read or written, or is not to be trusted: each path shows what it showed before.
    pub(crate) fn adopt(&self, pair: &Pair, id: i64, name: Option<&str>) -> Result<(), FileError> {
        self.make_like_the_one_around()?;
        let Some(_lock) = self.lock()? else {
            let source = std::io::Error::other("another process is at it");
            return Err(FileError::Io { path: self.folder().join(LOCK), source });
        };
        let folder = self.open()?;
        let in_place = self.record_in_place();
        if self.set().is_none() {
            self.copy_into(&folder, pair)?;
            self.take_over(&folder, |_, _| true)?;
        }
        let record = SetRecord {
            name: name.map(str::to_owned),
            serial: Some(pair.certificate.serial.clone()),
            certificate: Some(id),
            ..SetRecord::default()
        };
        self.note(&record, &in_place.unwrap_or_default().deployment);
        for file in pair.files.iter().filter(|file| !file.is_managed) {
            let Some((_, name, _)) = FILES.into_iter().find(|(kind, ..)| *kind == file.kind) else { continue };
            let own = self.folder().join(name);
            if file.path != own && fs::read(&own).is_ok_and(|there| there == file.content.expose().as_bytes()) {
                lead(&file.path, &own)?;
            }
        }
        Ok(())
    }

    fn make_like_the_one_around(&self) -> Result<(), FileError> {
        let (folder, around) = (self.folder(), self.folder().parent().unwrap_or(Path::new(".")));
        if folder.exists() {
            return Ok(());
        }
        // Nothing is left behind in a folder that is not to be trusted.
        Folder::open(around)?.owned_by(self.owner()).check()?;
        let io = |source| FileError::Io { path: around.to_owned(), source };
        let found = fs::metadata(around).map_err(io)?;
        certgate_files::make_folder(folder, found.mode() & 0o777 & !WRITABLE)?;
        certgate_files::set_owner(folder, Owner { user: found.uid(), group: Some(found.gid()) })
    }

    /// Copies the pair's files into the folder under our names, with owner and mode of each. What a server reads elsewhere stays.
    fn copy_into(&self, folder: &Folder, pair: &Pair) -> Result<(), FileError> {
        let of = |kinds: &[&str]| pair.files.iter().find(|file| kinds.contains(&file.kind));
        let (cert, key) = (pair.certificate.to_pem(), pair.key.expose().to_owned());
        for (kind, name, _) in FILES {
            let (like, bytes) = match (of(&[kind]), kind) {
                (Some(file), _) => (file, file.content.expose()),
                // Those without which a folder holds no certificate.
                (None, "cert") => match of(&["fullchain", "combined"]) {
                    Some(file) => (file, cert.as_str()),
                    None => continue,
                },
                (None, "key") => match of(&["combined"]) {
                    Some(file) => (file, key.as_str()),
                    None => continue,
                },
                _ => continue,
            };
            let io = |source| FileError::Io { path: like.path.clone(), source };
            let found = fs::metadata(&like.path).map_err(io)?;
            let owner = Owner { user: found.uid(), group: Some(found.gid()) };
            // A certificate that was cut out of a file with its key is as secret as that file.
            folder.replace(name, bytes.as_bytes(), found.mode() & 0o777, Some(owner))?;
        }
        folder.sync()
    }
}

/// Has a path lead to a file that holds the same, at once.
fn lead(path: &Path, to: &Path) -> Result<(), FileError> {
    let parent = path.parent().unwrap_or(Path::new("."));
    let folder = Folder::open(parent)?;
    folder.check()?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let target: PathBuf = match to.strip_prefix(parent) {
        Ok(below) => below.to_owned(),
        Err(_) => std::path::absolute(to).unwrap_or_else(|_| to.to_owned()),
    };
    link(&folder, &target, &name)?;
    folder.sync()
}
