//! A certificate whose key is somewhere else: plain files, and no sets.

use std::{
    fs,
    path::{Path, PathBuf},
};

use certgate_files::{FileError, Folder, Owner};
use certgate_x509::Issued;

use super::{
    CURRENT, FILES, Installation, SetRecord, install::InstallError, record::FILE_WITHOUT_SETS, sets::carried_over,
};

/// What a certificate without its key has: what each is, and its name. The certificate's own file comes last: whoever waits for
/// it finds the rest.
const PLAIN: [(&str, &str); 3] = [("chain", "chain.pem"), ("fullchain", "fullchain.pem"), ("cert", "cert.pem")];

impl Installation {
    /// Writes `cert.pem`, `chain.pem` and `fullchain.pem`, each with the mode and owner of the one before it. Each is written
    /// whole and synced beside its place first; only when all are, and their record is there, they take their places. Gives whether the
    /// very same were in place already.
    ///
    /// # Errors
    /// One could not be written; the earlier files stay.
    pub(super) fn write_without_key(&self, issued: &Issued, record: &SetRecord) -> Result<bool, FileError> {
        let folder = self.open()?;
        let cert = issued.certificate.to_pem();
        let chain: String = issued.chain.iter().map(|authority| authority.to_pem()).collect();
        let fullchain = format!("{cert}{chain}");
        let noted = before(&folder, FILE_WITHOUT_SETS)?;
        let mut ready: Vec<(String, &str, Option<Before>)> = Vec::new();
        let mut write = || {
            for (kind, name) in PLAIN {
                let text = match kind {
                    "chain" => &chain,
                    "fullchain" => &fullchain,
                    _ => &cert,
                };
                let text = format!("{text}{}", carried_over(&folder, kind)?);
                let there = before(&folder, name)?;
                let is_there = there.as_ref().is_some_and(|(bytes, owner, mode)| {
                    bytes == text.as_bytes() && self.is_owned(Some((*owner, *mode)))
                });
                if !is_there {
                    let (owner, mode) = self.owner_and_mode(&folder, kind)?;
                    ready.push((folder.write_beside(name, text.as_bytes(), mode, owner)?, name, there));
                }
            }
            if !ready.is_empty() {
                self.write_record(record, &record.deployment)?;
            }
            ready.iter().try_for_each(|(beside, name, _)| folder.rename(beside, name))?;
            folder.sync()
        };
        let written = write();
        if written.is_err() {
            // What took its place is there under its name alone, and gives way again: beside the earlier certificate it is of no use.
            for (beside, name, before) in &ready {
                if folder.remove_file(beside).is_err() {
                    put_back(&folder, name, before.as_ref());
                }
            }
            put_back(&folder, FILE_WITHOUT_SETS, noted.as_ref());
        }
        written.map(|()| ready.is_empty())
    }

    /// The files of a certificate without its key, in the order of a set's.
    pub(super) fn plain_files(&self) -> Vec<(&'static str, PathBuf)> {
        let is_plain = |kind: &str| PLAIN.iter().any(|(plain, _)| *plain == kind);
        let files = FILES.into_iter().filter(|(kind, ..)| is_plain(kind));
        files.map(|(kind, name, _)| (kind, self.folder().join(name))).collect()
    }

    /// Refuses what no installation made where its files go: folders and the like, a file where it has its link, and links elsewhere,
    /// for a server may read what they point to, and would go on reading the old certificate there.
    ///
    /// # Errors
    /// [`InstallError::ForeignLink`], [`InstallError::InTheWay`].
    pub(super) fn refuse_foreign_entries(&self) -> Result<(), InstallError> {
        for name in FILES.iter().map(|(_, name, _)| *name).chain([CURRENT]) {
            let path = self.folder().join(name);
            let Ok(found) = fs::symlink_metadata(&path) else { continue };
            match fs::read_link(&path) {
                Ok(target) if name != CURRENT && target != Path::new(CURRENT).join(name) => {
                    return Err(InstallError::ForeignLink { path, target });
                }
                Err(_) if name == CURRENT || !found.is_file() => return Err(InstallError::InTheWay { path }),
                _ => {}
            }
        }
        Ok(())
    }
}

/// What a file holds, whose it is, and its mode.
type Before = (Vec<u8>, Owner, u32);

fn before(folder: &Folder, name: &str) -> Result<Option<Before>, FileError> {
    let Some(bytes) = folder.read(name)? else { return Ok(None) };
    Ok(folder.owner_and_mode(name)?.map(|(owner, mode)| (bytes, owner, mode)))
}

/// Puts back what was there before, as well as that goes: why it is to be is said already.
fn put_back(folder: &Folder, name: &str, before: Option<&Before>) {
    let _ = match before {
        Some((bytes, owner, mode)) => folder.replace(name, bytes, *mode, Some(*owner)),
        None => folder.remove_file(name),
    };
}
