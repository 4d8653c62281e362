//! A folder that is opened once, and whose entries are reached from it without following a link.

use std::{
    fs::{File, Metadata},
    io::{self, ErrorKind, Read, Write},
    os::{
        fd::{AsFd, OwnedFd},
        unix::fs::MetadataExt,
    },
    path::{Path, PathBuf},
};

use rustix::{
    fs::{AtFlags, FileType, Mode, OFlags},
    io::Errno,
};

use crate::{
    Distrust, FileError, Owner,
    trust::{check_is_file, check_owner, check_owner_and_mode, check_private},
};

/// An open folder. What happens to the path that led to it does not change which folder it is, and none of its methods follows a
/// link in it: whoever may write to the folder cannot lead the process to another one.
///
/// Names are those of its own entries, without a slash.
#[derive(Debug)]
pub struct Folder {
    folder: File,
    path: PathBuf,
    /// Who may own it and what is in it, besides the effective user and root.
    owners: Vec<u32>,
}

/// The most that is read of a file: 16 MiB.
const LARGEST: u64 = 16 << 20;

const SETGID: u32 = 0o2000;

impl Folder {
    /// Opens a folder; links that lead to it are followed.
    ///
    /// # Errors
    /// It is not there, or no folder.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        let at = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let folder = rustix::fs::open(at, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
        let folder = folder.map_err(|why| FileError::io(path)(why.into()))?;
        Ok(Self { folder: folder.into(), path: path.to_owned(), owners: Vec::new() })
    }

    /// Lets these users own the folder and what is in it, too.
    #[must_use]
    pub fn owned_by(mut self, owners: impl IntoIterator<Item = Owner>) -> Self {
        self.owners.extend(owners.into_iter().map(|owner| owner.user));
        self
    }

    /// Gives it to an owner, and not what is in it.
    ///
    /// # Errors
    /// It could not be given away, by root.
    pub fn give(&self, owner: Owner) -> Result<(), FileError> {
        let given = set_owner(&self.folder, owner);
        given.map_err(|why| FileError::io(&self.path)(why.into()))
    }

    /// Refuses a folder that belongs to somebody else than the effective user, root and the users named by [`Folder::owned_by`],
    /// or that others can write to.
    ///
    /// # Errors
    /// [`FileError::Untrusted`].
    pub fn check(&self) -> Result<(), FileError> {
        let found = self.metadata()?;
        check_owner_and_mode(&self.path, &found, &self.owners)
    }

    fn metadata(&self) -> Result<Metadata, FileError> {
        self.folder.metadata().map_err(FileError::io(&self.path))
    }

    /// The permission bits, and the one by which what is made in it gets its group.
    ///
    /// # Errors
    /// They could not be read.
    pub fn mode(&self) -> Result<u32, FileError> {
        Ok(self.metadata()?.mode() & (0o777 | SETGID))
    }

    /// Whom it belongs to.
    ///
    /// # Errors
    /// That could not be read.
    pub fn owner(&self) -> Result<Owner, FileError> {
        let found = self.metadata()?;
        Ok(Owner { user: found.uid(), group: Some(found.gid()) })
    }

    /// Whether it belongs to one of the users named by [`Folder::owned_by`].
    ///
    /// # Errors
    /// It could not be read.
    pub fn is_anothers(&self) -> Result<bool, FileError> {
        Ok(self.owners.contains(&self.metadata()?.uid()))
    }

    /// The path it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn failed(&self, name: &str) -> impl Fn(Errno) -> FileError {
        let path = self.path.join(name);
        move |why| FileError::io(&path)(why.into())
    }

    fn open_at(&self, name: &str, flags: OFlags, mode: u32) -> Result<OwnedFd, FileError> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        match rustix::fs::openat(&self.folder, name, flags, Mode::from_raw_mode(mode)) {
            // Of a link that is to be a folder, the system says that it is none.
            Err(Errno::LOOP | Errno::NOTDIR) if self.link(name)?.is_some() => Err(self.link_refused(name)?),
            opened => opened.map_err(self.failed(name)),
        }
    }

    fn link_refused(&self, name: &str) -> Result<FileError, FileError> {
        let target = self.link(name)?.unwrap_or_default();
        Ok(FileError::untrusted(&self.path.join(name), Distrust::Link { target }))
    }

    /// A folder in it; `None` if nothing is there.
    ///
    /// # Errors
    /// It is no folder, or a link to one.
    pub fn folder(&self, name: &str) -> Result<Option<Self>, FileError> {
        let folder = match self.open_at(name, OFlags::RDONLY | OFlags::DIRECTORY, 0) {
            Err(why) if why.is_not_found() => return Ok(None),
            folder => folder?,
        };
        Ok(Some(Self { folder: folder.into(), path: self.path.join(name), owners: self.owners.clone() }))
    }

    /// Makes a folder in it, with that mode whatever the umask, and that owner. Where a group may do what all may, it need not be that one's.
    ///
    /// # Errors
    /// Something is there, or it could not be made.
    pub fn make_folder(&self, name: &str, mode: u32, owner: Option<Owner>) -> Result<Self, FileError> {
        rustix::fs::mkdirat(&self.folder, name, Mode::from_raw_mode(mode & 0o777)).map_err(self.failed(name))?;
        let folder = self.open_at(name, OFlags::RDONLY | OFlags::DIRECTORY, 0)?;
        let given = match owner.map_or(Ok(()), |owner| set_owner(&folder, owner)) {
            Err(_) if mode >> 3 & 0o7 == mode & 0o7 => Ok(()),
            given => given,
        };
        let set = |mode| rustix::fs::fchmod(&folder, Mode::from_raw_mode(mode));
        let made = given.and_then(|()| match rustix::fs::fstat(&folder)?.st_mode & (0o777 | SETGID) {
            // Who is not in its group would take that bit away by setting what is so already.
            there if there == mode => Ok(()),
            _ => match set(mode) {
                // A sandbox of systemd keeps programs from setting that bit.
                Err(Errno::PERM) if mode & SETGID != 0 => set(mode & !SETGID),
                done => done,
            },
        });
        // Left behind, it would be taken for a finished one.
        made.inspect_err(|_| drop(self.remove_folder(name))).map_err(self.failed(name))?;
        Ok(Self { folder: folder.into(), path: self.path.join(name), owners: self.owners.clone() })
    }

    /// A folder in it, made with that mode and owner where nothing is there.
    ///
    /// # Errors
    /// It is no folder or a link to one, or it could not be made.
    pub fn folder_or_make(&self, name: &str, mode: u32, owner: Option<Owner>) -> Result<Self, FileError> {
        match self.make_folder(name, mode, owner) {
            Err(FileError::Io { source, .. }) if source.kind() == ErrorKind::AlreadyExists => {
                let gone = || FileError::io(&self.path.join(name))(ErrorKind::NotFound.into());
                self.folder(name)?.ok_or_else(gone)
            }
            made => made,
        }
    }

    /// Whom a file belongs to that is made in it for that owner: who is not root may not be able to give it away.
    ///
    /// # Errors
    /// It could not be made, or not be given away by root.
    pub fn try_owner(&self, name: &str, mode: u32, owner: Owner) -> Result<Owner, FileError> {
        let beside = beside(name);
        let file = self.open_at(&beside, OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL, 0o600)?;
        let made = set_owner_and_mode(&file, mode, Some(owner)).and_then(|()| rustix::fs::fstat(&file));
        self.remove_file(&beside)?;
        let made = made.map_err(self.failed(name))?;
        Ok(Owner { user: made.st_uid, group: Some(made.st_gid) })
    }

    /// What a file in it holds; `None` if nothing is there.
    ///
    /// # Errors
    /// It is no file, or a link to one, or could not be read.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, FileError> {
        self.read_if(name, |_, _| Ok(()))
    }

    /// The same of a file that decides what is done: it belongs to the effective user or root, and nobody else can write to it.
    ///
    /// # Errors
    /// [`FileError::Untrusted`], or as with [`Folder::read`].
    pub fn read_trusted(&self, name: &str) -> Result<Option<Vec<u8>>, FileError> {
        self.read_if(name, |path, found| check_owner_and_mode(path, found, &[]))
    }

    /// The same of a file that holds a secret: it belongs to the effective user or root, and nobody else can read or write it.
    ///
    /// # Errors
    /// [`FileError::Untrusted`], or as with [`Folder::read`].
    pub fn read_secret(&self, name: &str) -> Result<Option<Vec<u8>>, FileError> {
        self.read_if(name, |path, found| {
            check_owner(path, found, &[])?;
            check_private(path, found, None)
        })
    }

    fn read_if(
        &self,
        name: &str,
        check: impl Fn(&Path, &Metadata) -> Result<(), FileError>,
    ) -> Result<Option<Vec<u8>>, FileError> {
        let file = match self.open_at(name, OFlags::RDONLY, 0) {
            Err(why) if why.is_not_found() => return Ok(None),
            file => File::from(file?),
        };
        let path = self.path.join(name);
        let found = file.metadata().map_err(FileError::io(&path))?;
        check_is_file(&path, &found)?;
        check(&path, &found)?;
        // With room for the end of it, too: otherwise it is read in small pieces, each of which is a call of the system.
        let length = usize::try_from(found.len().min(LARGEST)).unwrap_or_default();
        let mut bytes = Vec::with_capacity(length.saturating_add(1));
        file.take(LARGEST).read_to_end(&mut bytes).map_err(FileError::io(&path))?;
        Ok(Some(bytes))
    }

    /// Writes and syncs a file that is not there yet, with that mode whatever the umask, and that owner. A file that could not be
    /// written whole may be left behind.
    ///
    /// # Errors
    /// Something is there, or it could not be written.
    pub fn write_new(&self, name: &str, bytes: &[u8], mode: u32, owner: Option<Owner>) -> Result<(), FileError> {
        let file = self.open_at(name, OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL, 0o600)?;
        // Its bytes come last: nobody reads them before it has its owner and mode.
        set_owner_and_mode(&file, mode, owner).map_err(self.failed(name))?;
        let mut file = File::from(file);
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        written.map_err(FileError::io(&self.path.join(name)))
    }

    /// Writes and syncs a file that is not there yet, whole or not at all.
    ///
    /// # Errors
    /// Something is there, or it could not be written.
    pub fn write_new_whole(&self, name: &str, bytes: &[u8], mode: u32) -> Result<(), FileError> {
        let beside = beside(name);
        self.write_new(&beside, bytes, mode, None)?;
        let named = rustix::fs::linkat(&self.folder, &*beside, &self.folder, name, AtFlags::empty());
        self.remove_file(&beside)?;
        named.map_err(self.failed(name))
    }

    /// Writes and syncs a file, over what is there: whoever reads it finds the one or the other, whole.
    ///
    /// # Errors
    /// It could not be written; what was there stays.
    pub fn replace(&self, name: &str, bytes: &[u8], mode: u32, owner: Option<Owner>) -> Result<(), FileError> {
        let beside = self.write_beside(name, bytes, mode, owner)?;
        self.rename(&beside, name).inspect_err(|_| drop(self.remove_file(&beside)))
    }

    /// Writes and syncs a file that is to take that name later. Gives the name it has until then.
    ///
    /// # Errors
    /// It could not be written.
    pub fn write_beside(&self, name: &str, bytes: &[u8], mode: u32, owner: Option<Owner>) -> Result<String, FileError> {
        let beside = beside(name);
        let written = self.write_new(&beside, bytes, mode, owner);
        written.inspect_err(|_| drop(self.remove_file(&beside)))?;
        Ok(beside)
    }

    /// Opens a file to lock it, made where it is missing.
    ///
    /// # Errors
    /// It is a link, or could not be opened.
    pub fn open_lock(&self, name: &str) -> Result<File, FileError> {
        self.open_at(name, OFlags::RDWR | OFlags::CREATE, 0o600).map(File::from)
    }

    /// Renames an entry, over another one where that is there.
    ///
    /// # Errors
    /// It could not be renamed.
    pub fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        rustix::fs::renameat(&self.folder, from, &self.folder, to).map_err(self.failed(to))
    }

    /// Makes a link.
    ///
    /// # Errors
    /// Something is there, or it could not be made.
    pub fn make_link(&self, target: &Path, name: &str) -> Result<(), FileError> {
        rustix::fs::symlinkat(target, &self.folder, name).map_err(self.failed(name))
    }

    /// Where a link leads to; `None` if nothing is there, or no link.
    ///
    /// # Errors
    /// It could not be read.
    pub fn link(&self, name: &str) -> Result<Option<PathBuf>, FileError> {
        use std::os::unix::ffi::OsStringExt;
        match rustix::fs::readlinkat(&self.folder, name, Vec::new()) {
            Ok(target) => Ok(Some(std::ffi::OsString::from_vec(target.into_bytes()).into())),
            Err(Errno::NOENT | Errno::INVAL) => Ok(None),
            Err(why) => Err(self.failed(name)(why)),
        }
    }

    /// Whether anything has that name, be it a link that leads nowhere.
    ///
    /// # Errors
    /// The folder could not be read.
    pub fn has(&self, name: &str) -> Result<bool, FileError> {
        match rustix::fs::statat(&self.folder, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(why) => Err(self.failed(name)(why)),
        }
    }

    /// Owner and permission bits of a file in it; `None` if nothing is there.
    ///
    /// # Errors
    /// They could not be read.
    pub fn owner_and_mode(&self, name: &str) -> Result<Option<(Owner, u32)>, FileError> {
        match rustix::fs::statat(&self.folder, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => {
                let owner = Owner { user: found.st_uid, group: Some(found.st_gid) };
                Ok(Some((owner, found.st_mode & 0o777)))
            }
            Err(Errno::NOENT) => Ok(None),
            Err(why) => Err(self.failed(name)(why)),
        }
    }

    /// The names of its entries, in order.
    ///
    /// # Errors
    /// They could not be read.
    pub fn names(&self) -> Result<Vec<String>, FileError> {
        let mut names = Vec::new();
        for entry in rustix::fs::Dir::read_from(&self.folder).map_err(self.failed(""))? {
            let entry = entry.map_err(self.failed(""))?;
            // What is not text is nothing that was made here.
            match entry.file_name().to_str() {
                Ok("." | "..") | Err(_) => {}
                Ok(name) => names.push(name.to_owned()),
            }
        }
        names.sort();
        Ok(names)
    }

    /// The names of the folders in it, in order. A link to one is none.
    ///
    /// # Errors
    /// They could not be read.
    pub fn folder_names(&self) -> Result<Vec<String>, FileError> {
        let found = |name: &str| rustix::fs::statat(&self.folder, name, AtFlags::SYMLINK_NOFOLLOW);
        let mut names = self.names()?;
        names.retain(|name| found(name).is_ok_and(|found| FileType::from_raw_mode(found.st_mode).is_dir()));
        Ok(names)
    }

    /// Removes a file or a link.
    ///
    /// # Errors
    /// It is not there, or could not be removed.
    pub fn remove_file(&self, name: &str) -> Result<(), FileError> {
        rustix::fs::unlinkat(&self.folder, name, AtFlags::empty()).map_err(self.failed(name))
    }

    /// Removes an empty folder.
    ///
    /// # Errors
    /// It is not there, is not empty, or could not be removed.
    pub fn remove_folder(&self, name: &str) -> Result<(), FileError> {
        rustix::fs::unlinkat(&self.folder, name, AtFlags::REMOVEDIR).map_err(self.failed(name))
    }

    /// Removes a folder with the files and links in it. A folder in it is none of ours, and makes this fail.
    ///
    /// # Errors
    /// It could not be removed.
    pub fn remove_folder_and_files(&self, name: &str) -> Result<(), FileError> {
        if let Some(folder) = self.folder(name)? {
            for file in folder.names()? {
                folder.remove_file(&file)?;
            }
        }
        self.remove_folder(name)
    }

    /// Makes its names durable.
    ///
    /// # Errors
    /// It could not be synced.
    pub fn sync(&self) -> Result<(), FileError> {
        rustix::fs::fsync(&self.folder).map_err(self.failed(""))
    }
}

/// A name that nobody else uses, for what is not in its place yet.
pub fn beside(name: &str) -> String {
    use std::hash::{BuildHasher, Hasher};
    let number = std::collections::hash_map::RandomState::new().build_hasher().finish();
    format!(".{name}.{number:016x}")
}

fn set_owner_and_mode(file: &OwnedFd, mode: u32, owner: Option<Owner>) -> Result<(), Errno> {
    owner.map_or(Ok(()), |owner| set_owner(file, owner))?;
    rustix::fs::fchmod(file, Mode::from_raw_mode(mode))
}

fn set_owner(file: impl AsFd, owner: Owner) -> Result<(), Errno> {
    let found = rustix::fs::fstat(&file)?;
    // Who is not root may not even change to what is so already.
    if owner.covers(Owner { user: found.st_uid, group: Some(found.st_gid) }) {
        return Ok(());
    }
    let (user, group) = (rustix::fs::Uid::from_raw(owner.user), owner.group.map(rustix::fs::Gid::from_raw));
    match rustix::fs::fchown(&file, Some(user), group) {
        // Only root gives files away; a group that one is in reads them still.
        Err(Errno::PERM) if !rustix::process::geteuid().is_root() => match rustix::fs::fchown(&file, None, group) {
            Err(Errno::PERM) => Ok(()),
            done => done,
        },
        done => done,
    }
}

impl From<FileError> for io::Error {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Io { source, .. } => source,
            untrusted @ FileError::Untrusted { .. } => Self::other(untrusted),
        }
    }
}
