//! Who could have put a file there: its owner, its mode, what it is.

use std::{
    fs::{self, Metadata},
    path::Path,
};

use crate::{Distrust, FileError};

/// Refuses a file that belongs to somebody else than the effective user and root, that others can write to, or that is a link.
/// A file that is not there is fine.
///
/// # Errors
/// [`FileError::Untrusted`], or its metadata could not be read.
pub fn check_file(path: &Path) -> Result<(), FileError> {
    let Some(found) = there(path)? else { return Ok(()) };
    if found.is_symlink() {
        return Err(link(path));
    }
    check_is_file(path, &found)?;
    check_owner_and_mode(path, &found, &[])
}

/// Refuses a folder that belongs to somebody else than the effective user, root and `owner` (a user's number), or that others
/// can write to, unless it is one like `/tmp`, where nobody can replace another's files. A folder that is not there is fine, and
/// a link to a folder counts as that folder where the link itself could not have been put there by others.
///
/// # Errors
/// [`FileError::Untrusted`], or its metadata could not be read.
pub fn check_folder(path: &Path, owner: Option<u32>) -> Result<(), FileError> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let Some(found) = there(path)? else { return Ok(()) };
    if found.is_symlink() {
        check_owner(path, &found, owner.as_slice())?;
    }
    let found = fs::metadata(path).map_err(FileError::io(path))?;
    if !found.is_dir() {
        return Err(FileError::untrusted(path, Distrust::Kind { found: kind(&found), expected: "folder" }));
    }
    if is_shared(&found) {
        check_owner(path, &found, owner.as_slice())
    } else {
        check_owner_and_mode(path, &found, owner.as_slice())
    }
}

fn there(path: &Path) -> Result<Option<Metadata>, FileError> {
    match fs::symlink_metadata(path) {
        Ok(found) => Ok(Some(found)),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(why) => Err(FileError::io(path)(why)),
    }
}

pub(crate) fn link(path: &Path) -> FileError {
    FileError::untrusted(path, Distrust::Link { target: fs::read_link(path).unwrap_or_default() })
}

pub(crate) fn check_is_file(path: &Path, found: &Metadata) -> Result<(), FileError> {
    if found.is_file() {
        return Ok(());
    }
    Err(FileError::untrusted(path, Distrust::Kind { found: kind(found), expected: "file" }))
}

#[cfg(unix)]
mod permissions {
    use std::{fs::Metadata, os::unix::fs::MetadataExt, path::Path};

    use nix::unistd::{Uid, User};

    use crate::{Distrust, FileError, Owner};

    const STICKY: u32 = 0o1000;
    const WRITABLE: u32 = 0o022;
    const READABLE: u32 = 0o077;

    /// The permission bits.
    pub(crate) fn mode(found: &Metadata) -> u32 {
        found.mode() & 0o777
    }

    /// The owner's name, or number.
    pub(crate) fn name(user: u32) -> String {
        let known = User::from_uid(Uid::from_raw(user)).ok().flatten();
        known.map_or_else(|| format!("user {user}"), |user| user.name)
    }

    /// A folder that everybody may write to, and where nobody can replace another's files.
    pub(super) fn is_shared(found: &Metadata) -> bool {
        found.mode() & STICKY != 0
    }

    pub(crate) fn check_owner(path: &Path, found: &Metadata, owners: &[u32]) -> Result<(), FileError> {
        if (Owner { user: found.uid(), group: None }).is_own() || owners.contains(&found.uid()) {
            return Ok(());
        }
        let user = rustix::process::geteuid().as_raw();
        let mut expected: Vec<String> = owners.iter().copied().chain([user]).map(name).collect();
        if user != 0 {
            expected.push(name(0));
        }
        let expected = expected.join(" or ");
        let distrust = Distrust::Owner { owner: name(found.uid()), mode: mode(found), expected };
        Err(FileError::untrusted(path, distrust))
    }

    pub(crate) fn check_owner_and_mode(path: &Path, found: &Metadata, owners: &[u32]) -> Result<(), FileError> {
        check_owner(path, found, owners)?;
        if mode(found) & WRITABLE == 0 {
            return Ok(());
        }
        let distrust = Distrust::Writable { owner: name(found.uid()), mode: mode(found), is_folder: found.is_dir() };
        Err(FileError::untrusted(path, distrust))
    }

    pub(crate) fn check_private(path: &Path, found: &Metadata, holds: Option<&'static str>) -> Result<(), FileError> {
        if mode(found) & READABLE == 0 {
            return Ok(());
        }
        let distrust = Distrust::Readable { owner: name(found.uid()), mode: mode(found), holds };
        Err(FileError::untrusted(path, distrust))
    }

    pub(super) fn kind(found: &Metadata) -> &'static str {
        use std::os::unix::fs::FileTypeExt;
        let kind = found.file_type();
        match () {
            () if kind.is_dir() => "folder",
            () if kind.is_fifo() => "named pipe",
            () if kind.is_socket() => "socket",
            () if kind.is_symlink() => "symbolic link",
            () if kind.is_char_device() || kind.is_block_device() => "device",
            () => "file",
        }
    }
}

#[cfg(not(unix))]
mod permissions {
    use std::{fs::Metadata, path::Path};

    use crate::FileError;

    pub(super) fn is_shared(_: &Metadata) -> bool {
        false
    }

    pub(crate) fn check_owner(_: &Path, _: &Metadata, _: &[u32]) -> Result<(), FileError> {
        Ok(())
    }

    pub(crate) fn check_owner_and_mode(_: &Path, _: &Metadata, _: &[u32]) -> Result<(), FileError> {
        Ok(())
    }

    pub(crate) fn check_private(_: &Path, _: &Metadata, _: Option<&'static str>) -> Result<(), FileError> {
        Ok(())
    }

    pub(super) fn kind(found: &Metadata) -> &'static str {
        if found.is_dir() { "folder" } else { "file" }
    }
}

pub(crate) use permissions::*;
