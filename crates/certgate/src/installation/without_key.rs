//! A certificate whose key is somewhere else: plain files, and no sets.

use std::{
    fs,
    path::{Path, PathBuf},
};

use certgate_files::FileError;
use certgate_x509::Issued;

use super::{CURRENT, FILES, Installation, SetRecord, install::InstallError};

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
        let mut ready = Vec::new();
        for (kind, name) in PLAIN {
            let text = match kind {
                "chain" => &chain,
                "fullchain" => &fullchain,
                _ => &cert,
            };
            if folder.read(name)?.as_deref() != Some(text.as_bytes()) {
                let (owner, mode) = self.owner_and_mode(&folder, kind)?;
                ready.push((folder.write_beside(name, text.as_bytes(), mode, owner)?, name));
            }
        }
        let is_unchanged = ready.is_empty();
        if !is_unchanged {
            self.write_record(record, &record.deployment)?;
        }
        for (beside, name) in ready {
            folder.rename(&beside, name)?;
        }
        folder.sync()?;
        Ok(is_unchanged)
    }

    /// The files of a certificate without its key, in the order of a set's.
    pub(super) fn plain_files(&self) -> Vec<(&'static str, PathBuf)> {
        let is_plain = |kind: &str| PLAIN.iter().any(|(plain, _)| *plain == kind);
        let files = FILES.into_iter().filter(|(kind, ..)| is_plain(kind));
        files.map(|(kind, name, _)| (kind, self.folder().join(name))).collect()
    }

    /// Refuses links that no installation made where its files go: a server may read what they point to, and would go on
    /// reading the old certificate there.
    ///
    /// # Errors
    /// [`InstallError::ForeignLink`].
    pub(super) fn refuse_foreign_links(&self) -> Result<(), InstallError> {
        for (_, name, _) in FILES {
            let path = self.folder().join(name);
            let Ok(target) = fs::read_link(&path) else { continue };
            if target != Path::new(CURRENT).join(name) {
                return Err(InstallError::ForeignLink { path, target });
            }
        }
        Ok(())
    }
}
