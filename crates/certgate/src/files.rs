//! Files that are whole or not there.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use certgate_x509::Issued;

use crate::Error;

/// The files of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The certificate.
    pub cert: PathBuf,
    /// The intermediate certificates, from the issuer up, without the root.
    pub chain: PathBuf,
    /// Both, the certificate first.
    pub fullchain: PathBuf,
    /// Whether the very same were already there.
    pub unchanged: bool,
}

/// Writes `cert.pem`, `chain.pem` and `fullchain.pem` into a folder. Each is written whole and synced beside its place first;
/// only when all are, they take their places.
///
/// # Errors
/// One could not be written; the earlier files stay.
pub fn written_files(folder: &Path, issued: &Issued) -> Result<Files, Error> {
    fs::create_dir_all(folder).map_err(|why| storage(folder, &why))?;
    let cert = issued.certificate.to_pem();
    let chain: String = issued.chain.iter().map(|authority| authority.to_pem()).collect();
    let parts = [("chain.pem", chain.clone()), ("fullchain.pem", format!("{cert}{chain}")), ("cert.pem", cert)];
    let path = |name: &str| folder.join(name);
    let unchanged = parts.iter().all(|(name, text)| fs::read(path(name)).is_ok_and(|there| there == text.as_bytes()));
    if !unchanged {
        let mut ready = Vec::new();
        for (name, text) in &parts {
            ready.push((path(name), beside(&path(name), text.as_bytes(), 0o644)?));
        }
        for (place, file) in ready {
            file.persist(&place).map_err(|why| storage(&place, &why.error))?;
        }
        sync_folder(folder)?;
    }
    Ok(Files { cert: path("cert.pem"), chain: path("chain.pem"), fullchain: path("fullchain.pem"), unchanged })
}

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
