//! Opening what is there.

use std::{
    fs::{File, Metadata, OpenOptions},
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
};

use certgate_domain::decoded;

use crate::{
    FileError,
    trust::{check_is_file, check_owner_and_mode, check_private, link},
};

/// The most that is read of a file: 16 MiB.
const LARGEST: u64 = 16 << 20;

/// Reads a file that holds a secret: it belongs to the effective user or root, nobody else can read or write it, and it is no
/// link. A descriptor of the process (`/dev/stdin`, `/dev/fd/3`) is read as it is.
///
/// # Errors
/// [`FileError::Untrusted`], or it could not be read.
pub fn read_secret(path: &Path) -> Result<Vec<u8>, FileError> {
    let opened = OpenedFile::open(path)?;
    if let Some(file) = &opened.found {
        check_private(path, file, None)?;
    }
    Ok(opened.bytes)
}

/// Reads a file that decides what is done: it belongs to the effective user or root, and nobody else can write to it. What it
/// holds decides whether others may read it, and whether a link may lead to it.
///
/// # Errors
/// [`FileError::Untrusted`], or it could not be read.
pub fn read_trusted(path: &Path) -> Result<OpenedFile, FileError> {
    match OpenedFile::open(path) {
        Err(FileError::Untrusted { distrust: crate::Distrust::Link { .. }, .. }) => {
            let target = path.canonicalize().map_err(FileError::io(path))?;
            let opened = OpenedFile::open(&target)?;
            Ok(OpenedFile { path: path.to_owned(), is_link: true, ..opened })
        }
        opened => opened,
    }
}

/// Reads a plain file of anybody's, of at most `limit` bytes, and nothing that a link, a named pipe or a device leads to.
///
/// # Errors
/// [`FileError::Untrusted`], or it is larger or could not be read.
pub fn read_plain(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let file = no_link(path, OpenOptions::new().read(true))?;
    let found = file.metadata().map_err(FileError::io(path))?;
    check_is_file(path, &found)?;
    if found.len() > limit {
        let why = format!("it is larger than {limit} bytes");
        return Err(FileError::io(path)(std::io::Error::new(ErrorKind::FileTooLarge, why)));
    }
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes).map_err(FileError::io(path))?;
    Ok(bytes)
}

/// Reads at most the first `limit` bytes of what somebody names as input: a plain file of anybody's, also behind a link, or a descriptor of the
/// process. A named pipe or a device might make it wait for ever.
///
/// # Errors
/// [`FileError::Untrusted`]: it is something else; or it could not be read.
pub fn read_input(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    if !is_descriptor(path) {
        check_is_file(path, &std::fs::metadata(path).map_err(FileError::io(path))?)?;
    }
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes));
    read.map_err(FileError::io(path)).map(|_| bytes)
}

/// Opens a file to add to it, with mode 0600 where it was not there. One that is there belongs to the effective user or root,
/// nobody else can write to it, and it is no link. A device of root's, such as `/dev/full`, is written into as it is.
///
/// # Errors
/// [`FileError::Untrusted`], or it could not be opened.
pub fn open_to_append(path: &Path) -> Result<File, FileError> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    if is_descriptor(path) {
        return options.open(path).map_err(FileError::io(path));
    }
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = no_link(path, &mut options)?;
    let found = file.metadata().map_err(FileError::io(path))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{FileTypeExt, MetadataExt};
        if found.file_type().is_char_device() && found.uid() == 0 {
            return Ok(file);
        }
    }
    check_is_file(path, &found)?;
    check_owner_and_mode(path, &found, &[])?;
    Ok(file)
}

/// A file that is trusted, and what it holds.
#[derive(Debug)]
pub struct OpenedFile {
    path: PathBuf,
    bytes: Vec<u8>,
    /// None of a descriptor of the process.
    found: Option<Metadata>,
    is_link: bool,
}

impl OpenedFile {
    fn open(path: &Path) -> Result<Self, FileError> {
        let of_process = is_descriptor(path);
        let file = match of_process {
            true => File::open(path).map_err(FileError::io(path))?,
            false => no_link(path, OpenOptions::new().read(true))?,
        };
        let mut found = None;
        if !of_process {
            let metadata = file.metadata().map_err(FileError::io(path))?;
            check_is_file(path, &metadata)?;
            check_owner_and_mode(path, &metadata, &[])?;
            found = Some(metadata);
        }
        let mut bytes = Vec::new();
        file.take(LARGEST).read_to_end(&mut bytes).map_err(FileError::io(path))?;
        Ok(Self { path: path.to_owned(), bytes, found, is_link: false })
    }

    /// What it holds.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The same as text, without a byte order mark.
    ///
    /// # Errors
    /// It is none, with the line that shows it.
    pub fn text(&self) -> Result<String, FileError> {
        let text = decoded(&self.bytes);
        let Some(at) = text.find(char::REPLACEMENT_CHARACTER) else { return Ok(text) };
        let line = 1 + text.get(..at).unwrap_or_default().matches('\n').count();
        let why = format!("line {line}: it is not text; expected UTF-8");
        Err(FileError::io(&self.path)(std::io::Error::new(ErrorKind::InvalidData, why)))
    }

    /// Refuses a file that holds a secret, such as `the proxy's password`, where others can read it or a link leads to it.
    ///
    /// # Errors
    /// [`FileError::Untrusted`].
    pub fn require_secrecy(&self, holds: &'static str) -> Result<(), FileError> {
        self.require_no_link()?;
        self.found.as_ref().map_or(Ok(()), |found| check_private(&self.path, found, Some(holds)))
    }

    /// Refuses a file that holds a command, where a link leads to it.
    ///
    /// # Errors
    /// [`FileError::Untrusted`].
    pub fn require_no_link(&self) -> Result<(), FileError> {
        if self.is_link { Err(link(&self.path)) } else { Ok(()) }
    }
}

/// Whether a path names an open descriptor of this process, which whoever started it chose.
pub(crate) fn is_descriptor(path: &Path) -> bool {
    path == Path::new("/dev/stdin")
        || path == Path::new("/dev/stdout")
        || path == Path::new("/dev/stderr")
        || path.starts_with("/dev/fd")
        || path.starts_with("/proc/self/fd")
}

/// Opens a path, unless it is a link. A named pipe does not make it wait.
fn no_link(path: &Path, options: &mut OpenOptions) -> Result<File, FileError> {
    #[cfg(unix)]
    {
        use rustix::{fs::OFlags, io::Errno};
        use std::os::unix::fs::OpenOptionsExt;
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        // The bits of flags fit in what the system takes them in.
        options.custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
        options.open(path).map_err(|why| match why.raw_os_error() {
            Some(code) if code == Errno::LOOP.raw_os_error() => link(path),
            _ => FileError::io(path)(why),
        })
    }
    #[cfg(not(unix))]
    options.open(path).map_err(FileError::io(path))
}
