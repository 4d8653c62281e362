//! Writing files that are whole or not there, with explicit modes.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use crate::{Distrust, FileError, Owner, open::is_descriptor, trust::link};

/// What a set of files takes, in bytes, and more.
const ROOM: usize = 64 * 1024;

/// Finds out whether files can be made in a folder, and a set of them has room there: before there is something to lose.
///
/// # Errors
/// They cannot.
pub fn check_room(folder: &Path) -> std::io::Result<()> {
    tempfile::tempfile_in(folder)?.write_all(&[0; ROOM])
}

/// A file that is written and synced, and not in its place yet.
#[derive(Debug)]
pub struct WholeFile {
    file: NamedTempFile<File>,
    path: PathBuf,
}

impl WholeFile {
    /// Writes and syncs a file beside its place, with that mode whatever the umask.
    ///
    /// # Errors
    /// It could not be written.
    pub fn beside(path: &Path, bytes: &[u8], mode: u32) -> Result<Self, FileError> {
        let folder = parent(path);
        let mut builder = tempfile::Builder::new();
        builder.prefix(".certgate-");
        // Opened here, since an error of tempfile's own names the file that nobody knows.
        let mut file = builder.make_in(folder, private).map_err(FileError::io(path))?;
        let written = file.write_all(bytes).and_then(|()| set_mode(file.as_file(), mode));
        written.and_then(|()| file.as_file().sync_all()).map_err(FileError::io(path))?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// Gives it the owner and the mode of a file, where that is there.
    ///
    /// # Errors
    /// They could not be set.
    pub fn like(self, before: &Path) -> Result<Self, FileError> {
        #[cfg(unix)]
        if let Ok(there) = fs::symlink_metadata(before) {
            use std::os::unix::fs::{MetadataExt, fchown};
            let file = self.file.as_file();
            let here = file.metadata().map_err(FileError::io(&self.path))?;
            if (there.uid(), there.gid()) != (here.uid(), here.gid()) {
                fchown(file, Some(there.uid()), Some(there.gid())).map_err(FileError::io(&self.path))?;
            }
            let set = file.set_permissions(there.permissions()).and_then(|()| file.sync_all());
            set.map_err(FileError::io(&self.path))?;
        }
        #[cfg(not(unix))]
        let _ = before;
        Ok(self)
    }

    /// Puts it into its place, over what is there.
    ///
    /// # Errors
    /// It could not be renamed.
    pub fn replace(self) -> Result<(), FileError> {
        let Self { file, path } = self;
        file.persist(&path).map(drop).map_err(|why| FileError::io(&path)(why.error))
    }

    /// Puts it into its place, where nothing is yet.
    ///
    /// # Errors
    /// Something is there, or it could not be renamed.
    pub fn create(self) -> Result<(), FileError> {
        let Self { file, path } = self;
        file.persist_noclobber(&path).map(drop).map_err(|why| FileError::io(&path)(why.error))
    }
}

/// Writes a file whole over what is there. A link stays, and leads to what was written; the file keeps its owner and mode. A new one gets
/// that mode.
///
/// # Errors
/// It could not be written.
pub fn write_over(path: &Path, bytes: &[u8], mode: u32) -> Result<(), FileError> {
    match fs::canonicalize(path) {
        Ok(place) => WholeFile::beside(&place, bytes, mode)?.like(&place)?.replace(),
        Err(_) => WholeFile::beside(path, bytes, mode)?.replace(),
    }
}

/// Writes a report whole. A new one gets mode 0600; one that is there keeps its mode and owner, and what it holds where this
/// fails. A link is refused. A descriptor of the process and `/dev/null` are written into as they are.
///
/// # Errors
/// [`FileError::Untrusted`], or it could not be written.
pub fn write_report(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    match fs::symlink_metadata(path) {
        _ if is_descriptor(path) || path == Path::new("/dev/null") => {
            fs::write(path, bytes).map_err(FileError::io(path))
        }
        Ok(there) if there.is_symlink() => Err(link(path)),
        Ok(there) if there.is_file() => WholeFile::beside(path, bytes, 0o600)?.like(path)?.replace(),
        Ok(there) => {
            let found = if there.is_dir() { "folder" } else { "device or named pipe" };
            Err(FileError::untrusted(path, Distrust::Kind { found, expected: "file" }))
        }
        Err(why) if why.kind() == ErrorKind::NotFound => {
            WholeFile::beside(path, bytes, 0o600)?.replace()?;
            sync_folder(parent(path))
        }
        Err(why) => Err(FileError::io(path)(why)),
    }
}

/// Makes a folder, and those above it, that only its owner can enter. One that is there stays as it is.
///
/// # Errors
/// It could not be made.
pub fn make_private_folder(folder: &Path) -> Result<(), FileError> {
    make_folder(folder, 0o700)
}

/// Makes a folder, and those above it, where they are missing, each with that mode whatever the umask.
///
/// # Errors
/// It could not be made.
pub fn make_folder(folder: &Path, mode: u32) -> Result<(), FileError> {
    let missing: Vec<&Path> =
        folder.ancestors().take_while(|part| !part.as_os_str().is_empty() && !part.exists()).collect();
    for part in missing.into_iter().rev() {
        match create(part, mode) {
            // Another process may have made it meanwhile, or it is a link that leads nowhere.
            Err(why) if why.kind() == ErrorKind::AlreadyExists => check_is_folder(part)?,
            made => made.map_err(FileError::io(part))?,
        }
    }
    if folder.as_os_str().is_empty() { Ok(()) } else { check_is_folder(folder) }
}

/// A folder that stands for one that is missing, in the nearest one above that, until it is dropped; none where that one is there.
///
/// # Errors
/// It could not be made, or something else is in its way.
pub fn stand_in(folder: &Path) -> Result<Option<impl AsRef<Path>>, FileError> {
    let nearest = folder.ancestors().find(|part| part.symlink_metadata().is_ok()).unwrap_or(Path::new("."));
    check_is_folder(nearest)?;
    (nearest != folder).then(|| tempfile::tempdir_in(nearest).map_err(FileError::io(folder))).transpose()
}

fn check_is_folder(path: &Path) -> Result<(), FileError> {
    let found = match path.try_exists() {
        _ if path.is_dir() => return Ok(()),
        Ok(false) => "link that leads nowhere",
        _ => "file",
    };
    Err(FileError::untrusted(path, Distrust::Kind { found, expected: "folder" }))
}

/// Nobody else can enter it before it has its mode.
fn create(folder: &Path, mode: u32) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
        fs::DirBuilder::new().mode(0o700).create(folder)?;
        fs::set_permissions(folder, fs::Permissions::from_mode(mode))
    }
    #[cfg(not(unix))]
    {
        let _ = mode;
        fs::create_dir(folder)
    }
}

/// A new file that only its owner can open.
fn private(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn set_mode(file: &File, mode: u32) -> std::io::Result<()> {
    #[cfg(unix)]
    return file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    {
        let _ = (file, mode);
        Ok(())
    }
}

/// Gives a file or folder another owner.
///
/// # Errors
/// It may not be given away.
pub fn set_owner(path: &Path, owner: Owner) -> Result<(), FileError> {
    #[cfg(unix)]
    std::os::unix::fs::lchown(path, Some(owner.user), owner.group).map_err(FileError::io(path))?;
    #[cfg(not(unix))]
    let _ = (path, owner);
    Ok(())
}

/// The folder that a path is in: the present one, where the path is a bare name.
pub fn parent(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes the names in a folder durable.
///
/// # Errors
/// It could not be synced.
pub fn sync_folder(folder: &Path) -> Result<(), FileError> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder).and_then(|file| file.sync_all()).map_err(FileError::io(folder))
}
