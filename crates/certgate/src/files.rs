//! Files that are whole or not there.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
};

use crate::Error;

/// Writes a file that must not be there yet.
pub(crate) fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Error> {
    beside(path, bytes, mode)?.persist_noclobber(path).map_err(|why| storage(path, &why.error))?;
    Ok(())
}

pub(crate) fn beside(path: &Path, bytes: &[u8], mode: u32) -> Result<tempfile::NamedTempFile, Error> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".certgate-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = builder.tempfile_in(folder).map_err(|why| storage(folder, &why))?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(|why| storage(path, &why))?;
    Ok(file)
}

pub(crate) fn private_folder(folder: &Path) -> Result<(), Error> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|why| storage(folder, &why))
}

pub(crate) fn sync_folder(folder: &Path) -> Result<(), Error> {
    File::open(folder).and_then(|file| file.sync_all()).map_err(|why| storage(folder, &why))
}

pub(crate) fn storage(path: &Path, why: &std::io::Error) -> Error {
    Error::Storage { path: path.to_owned(), why: why.to_string() }
}
