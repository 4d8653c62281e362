//! Files that a web server shows.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use certgate_files::{FileError, Folder, check_room};

use super::{Challenge, Method, Steps, ValidationError, ValidationStep, Validator};

/// Writes the file below a web server's root folder.
///
/// No link below the root is followed: what is written and removed is below it, whoever may write there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webroot {
    /// The root folder, which is there.
    pub folder: PathBuf,
}

/// Servers run as other users, and may read what is published.
const FOLDER_MODE: u32 = 0o755;
const FILE_MODE: u32 = 0o644;

impl Validator for Webroot {
    fn name(&self) -> &str {
        "webroot"
    }

    fn method(&self) -> Method {
        Method::File
    }

    fn check(&self) -> Result<(), ValidationError> {
        check_room(&self.folder).map_err(|why| ValidationError::Unwritable { path: self.folder.clone(), why })
    }

    fn present(&self, challenge: &Challenge, steps: &mut Steps<'_>) -> Result<(), ValidationError> {
        let Challenge::File { name, content } = challenge else { return Ok(()) };
        let parts = parts(name)?;
        let Some((file, folders)) = parts.split_last() else { return Ok(()) };
        let root = std::path::absolute(&self.folder).unwrap_or_else(|_| self.folder.clone());
        let (mut folder, mut path) = (Folder::open(&root)?, PathBuf::new());
        for part in folders {
            path.push(part);
            folder = match folder.folder(part)? {
                Some(folder) => folder,
                // Folders that are made for it go with it.
                None => {
                    steps.about_to(ValidationStep::Folder { root: Some(root.clone()), path: path.clone() })?;
                    folder.folder_or_make(part, FOLDER_MODE, None)?
                }
            };
        }
        path.push(file);
        let (root, content) = (Some(root), content.clone());
        steps.about_to(ValidationStep::File { root: root.clone(), path: path.clone(), content: content.clone() })?;
        match folder.write_new(file, content.as_bytes(), FILE_MODE, None) {
            Err(FileError::Io { source, .. }) if source.kind() == ErrorKind::AlreadyExists => {
                steps.not_done()?;
                Err(ValidationError::Occupied(root.unwrap_or_default().join(path)))
            }
            written => Ok(written?),
        }
    }
}

/// The way from the root to the file: an address, or a path.
fn parts(name: &str) -> Result<Vec<&str>, ValidationError> {
    // Only what follows the host is below the folder.
    let path = name.split_once("://").map_or(name, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    if parts.iter().any(|part| matches!(*part, "" | "." | "..")) {
        return Err(ValidationError::File { name: name.to_owned(), why: "that is no path below a folder" });
    }
    Ok(parts)
}

/// The open folder of what a step published, and its name there; `None` if a folder on the way is gone.
fn place<'a>(root: Option<&Path>, path: &'a Path) -> Result<Option<(Folder, &'a str)>, FileError> {
    let (Some(name), Some(parent)) = (path.file_name().and_then(|name| name.to_str()), path.parent()) else {
        return Ok(None);
    };
    // Stores before version 3 do not say the root.
    let Some(root) = root else { return Ok(open(parent)?.map(|folder| (folder, name))) };
    let Some(mut folder) = open(root)? else { return Ok(None) };
    for part in parent {
        match part.to_str().map(|part| folder.folder(part)).transpose()?.flatten() {
            Some(below) => folder = below,
            None => return Ok(None),
        }
    }
    Ok(Some((folder, name)))
}

fn open(path: &Path) -> Result<Option<Folder>, FileError> {
    match Folder::open(path) {
        Err(why) if why.is_not_found() => Ok(None),
        folder => folder.map(Some),
    }
}

/// Removes a file that holds what was written, or the beginning of it; another's stays.
pub(super) fn remove_file(root: Option<&Path>, path: &Path, content: &str) -> Result<(), ValidationError> {
    let Some((folder, name)) = place(root, path)? else { return Ok(()) };
    match folder.read(name)? {
        Some(found) if content.as_bytes().starts_with(&found) => Ok(folder.remove_file(name)?),
        _ => Ok(()),
    }
}

/// Removes a folder, unless others put something into it meanwhile.
pub(super) fn remove_folder(root: Option<&Path>, path: &Path) -> Result<(), ValidationError> {
    let Some((folder, name)) = place(root, path)? else { return Ok(()) };
    match folder.remove_folder(name) {
        Err(FileError::Io { source, .. })
            if matches!(source.kind(), ErrorKind::DirectoryNotEmpty | ErrorKind::NotFound) =>
        {
            Ok(())
        }
        done => Ok(done?),
    }
}
