//! The files of a conversion: what is read from a folder, and what is written for each.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use certgate_domain::Protocol;

use super::Conversion;
use crate::{args::Side, exit::Failure};

/// A payload file, and where what comes of it goes.
pub(crate) struct PayloadFile {
    pub(crate) path: PathBuf,
    /// Its path below the folder that is converted.
    pub(crate) name: PathBuf,
    pub(crate) target: PathBuf,
}

impl Conversion {
    /// The payload files of a folder and those below it. No two of them have the same target below `out`.
    pub(crate) fn files(&self, folder: &Path, out: &Path) -> Result<Vec<PayloadFile>, Failure> {
        let mut found = self.found(folder)?;
        found.sort();
        let files: Vec<PayloadFile> =
            found.into_iter().map(|(path, name)| PayloadFile { target: self.target(out, &name), path, name }).collect();
        if files.is_empty() {
            return Err(Failure::usage(format!(
                "{}: it holds no payload files (.{})",
                folder.display(),
                endings(self.from).join(", .")
            )));
        }
        let mut targets = BTreeMap::new();
        for PayloadFile { path, target, .. } in &files {
            if let Some(other) = targets.insert(target, path) {
                let (other, file, target) = (other.display(), path.display(), target.display());
                return Err(Failure::usage(format!("{other} and {file} would both be {target}: rename one of them")));
            }
        }
        Ok(files)
    }

    /// The payload files below a folder, each with its path below it.
    fn found(&self, top: &Path) -> Result<Vec<(PathBuf, PathBuf)>, Failure> {
        let mut found = Vec::new();
        let mut folders = vec![PathBuf::new()];
        while let Some(below) = folders.pop() {
            let folder = top.join(&below);
            let unreadable = |why: std::io::Error| Failure::usage(format!("{}: {why}", folder.display()));
            for entry in fs::read_dir(&folder).map_err(unreadable)? {
                let entry = entry.map_err(unreadable)?;
                let path = entry.path();
                // A link may lead in a circle.
                let kind = entry.file_type().map_err(unreadable)?;
                let name = below.join(entry.file_name());
                let ending =
                    path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
                if kind.is_dir() {
                    folders.push(name);
                } else if endings(self.from).contains(&ending.as_str()) {
                    found.push((path, name));
                }
            }
        }
        Ok(found)
    }

    /// Where what comes of a file goes: the same name below `out`, with the ending of what it is now.
    pub(crate) fn target(&self, out: &Path, name: &Path) -> PathBuf {
        let ending = match (self.to, self.side) {
            (Protocol::Xml, _) => "xml",
            (Protocol::Json, Side::Request) => "http",
            (Protocol::Json, Side::Response) => "json",
        };
        out.join(name.with_extension(ending))
    }
}

/// Writes a payload into a new file. Whatever is there already may be somebody's and stays.
pub(crate) fn write(target: &Path, text: &str) -> Result<(), Failure> {
    let unwritable = |why: std::io::Error| Failure::usage(format!("{}: {why}", target.display()));
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder).map_err(unwritable)?;
    }
    let mut written = fs::OpenOptions::new().create_new(true).write(true).open(target).map_err(unwritable)?;
    written.write_all(text.as_bytes()).map_err(unwritable)
}

/// The files of a protocol, by their endings.
fn endings(protocol: Protocol) -> &'static [&'static str] {
    match protocol {
        Protocol::Xml => &["xml"],
        Protocol::Json => &["http", "json"],
    }
}
