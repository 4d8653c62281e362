//! What was adopted, written into the file of declared certificates.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

use super::{Adoption, AdoptionOutcome};
use crate::inventory::whole;

/// Why the file of declared certificates cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeclarationError {
    /// What is there already is no TOML.
    #[error("{}: {why}", path.display())]
    NotToml {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// It cannot be read or written.
    #[error("{}: {why}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        why: io::Error,
    },
}

/// What was written into the file of declared certificates.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Declaration {
    /// How many certificates were added.
    pub added: usize,
    /// The certificates that it says already to be in another folder than the one that they are in by now: the id, that folder, and this one.
    pub elsewhere: Vec<(i64, PathBuf, PathBuf)>,
}

/// Adds what is under care to the file of declared certificates; what it says of a folder or id already stays as it is.
///
/// # Errors
/// See [`DeclarationError`].
pub fn declare(path: &Path, adoptions: &[Adoption]) -> Result<Declaration, DeclarationError> {
    let io = |why| DeclarationError::Io { path: path.to_owned(), why };
    let mut text = match fs::read_to_string(path) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => String::new(),
        read => read.map_err(io)?,
    };
    let not_toml = |why: String| DeclarationError::NotToml { path: path.to_owned(), why };
    let declared: toml::Table = toml::from_str(&text).map_err(|why| not_toml(why.to_string()))?;
    let entries = declared.get("certificate").and_then(toml::Value::as_array).cloned().unwrap_or_default();
    // As a reader of the file takes them.
    let base = certgate_files::parent(path);
    let mut declaration = Declaration::default();
    for adoption in adoptions {
        if !matches!(adoption.outcome, AdoptionOutcome::Adopted | AdoptionOutcome::Managed) {
            continue;
        }
        let folder = std::path::absolute(&adoption.folder).unwrap_or_else(|_| adoption.folder.clone());
        let out = |entry: &toml::Value| Some(base.join(entry.get("out")?.as_str()?));
        let is_there = |out: &PathBuf| whole(out) == whole(&folder);
        let is_this = |entry: &&toml::Value| {
            let id = entry.get("id").and_then(toml::Value::as_integer);
            (id.is_some() && id == adoption.certificate) || out(entry).as_ref().is_some_and(is_there)
        };
        if let Some(entry) = entries.iter().find(is_this) {
            let other = out(entry).filter(|out| !is_there(out)).zip(adoption.certificate);
            declaration.elsewhere.extend(other.map(|(other, id)| (id, other, adoption.folder.clone())));
            continue;
        }
        let mut entry = Map::new();
        entry.extend(adoption.certificate.map(|id| ("id".to_owned(), Value::from(id))));
        entry.extend(adoption.name.clone().map(|name| ("name".to_owned(), Value::from(name))));
        entry.insert("out".to_owned(), folder.to_string_lossy().into_owned().into());
        entry.extend(adoption.settings.to_map());
        let entry = toml::to_string(&entry).map_err(|why| not_toml(why.to_string()))?;
        let gap = if text.is_empty() || text.ends_with("\n\n") { "" } else { "\n" };
        text += &format!("{gap}[[certificate]]\n{entry}");
        declaration.added += 1;
    }
    if declaration.added > 0 {
        let written = certgate_files::write_over(path, text.as_bytes(), 0o644);
        written.map_err(|why| io(io::Error::other(why.to_string())))?;
    }
    Ok(declaration)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::declare;
    use crate::{
        CertificateSettings,
        adoption::{Adoption, AdoptionOutcome},
    };

    #[test]
    fn what_is_declared_already_stays_as_it_is() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("certificates/example.com");
        fs::create_dir_all(&folder).unwrap();
        let adoption = |certificate| Adoption {
            folder: folder.clone(),
            name: Some("example.com".to_owned()),
            serial: None,
            certificate,
            newer: None,
            has_newer_key: false,
            files: Vec::new(),
            settings: CertificateSettings::default(),
            outcome: AdoptionOutcome::Managed,
        };
        let path = home.path().join("certificates.toml");
        let whole = folder.display().to_string();
        for (entry, certificate, added) in [
            ("id = 571", Some(571), 0),
            (&*format!("name = \"example.com\"\nout = \"{whole}\""), None, 0),
            ("name = \"example.com\"\nout = \"certificates/example.com\"", None, 0),
            ("name = \"example.com\"\nout = \"./certificates/../certificates/example.com\"", Some(571), 0),
            ("name = \"example.com\"\nout = \"example.com\"", Some(571), 1),
            ("id = 572", Some(571), 1),
        ] {
            let before = format!("[[certificate]]\n{entry}\n");
            fs::write(&path, &before).unwrap();
            assert_eq!(declare(&path, &[adoption(certificate)]).unwrap().added, added, "{entry}");
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.starts_with(&before), "{entry}: {text}");
            assert_eq!(text.matches("[[certificate]]").count(), 1 + added, "{entry}: {text}");
        }
    }
}
