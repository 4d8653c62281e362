//! The files of a conversion: what is read from a folder, and what is written for each.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use certgate::payload::Side;
use certgate_domain::Protocol;

use super::{Conversion, Source};
use crate::{
    app::App,
    exit::{Exit, Failure, Kind, worst},
    ui::conversion as ui,
};

/// A payload file, and where what comes of it goes.
struct PayloadFile {
    path: PathBuf,
    /// Its path below the folder that is converted.
    name: PathBuf,
    target: PathBuf,
    source: Result<Source, Failure>,
}

impl Conversion {
    /// Converts every payload of a folder and those below it. One that cannot be converted does not stop the rest.
    pub(crate) fn folder(&self, app: &App, folder: &Path, out: Option<&Path>) -> Result<Exit, Failure> {
        let Some(out) = out else {
            let folder = folder.display();
            return Err(Failure::usage(format!("{folder}: a folder is converted into another one: give --out DIR")));
        };
        let (mut rows, mut kinds) = (Vec::new(), Vec::new());
        for PayloadFile { path, name, target, source } in self.files(folder, out)? {
            let done = source.and_then(|source| self.converted(&path, source)).and_then(|converted| {
                write(&target, &converted.text)?;
                Ok(converted)
            });
            rows.push(ui::row(app, &name, &target, &done));
            kinds.push(match done {
                Ok(converted) => converted.reason().filter(|_| app.strict).map(|_| Kind::CheckFailed),
                Err(failure) => Some(failure.kind()),
            });
        }
        ui::rows(app, &rows);
        Ok(worst(kinds.into_iter()).into())
    }

    /// The payload files of a folder and those below it. No two of them have the same target below `out`.
    fn files(&self, folder: &Path, out: &Path) -> Result<Vec<PayloadFile>, Failure> {
        let mut found = self.found(folder)?;
        found.sort();
        let file = |(path, name): (PathBuf, PathBuf)| {
            let source = self.read(&path);
            let target = match &source {
                Ok(source) => target(out, &name, source.to, source.kind.side),
                Err(_) => out.join(&name),
            };
            PayloadFile { target, path, name, source }
        };
        let files: Vec<PayloadFile> = found.into_iter().map(file).collect();
        if files.is_empty() {
            return Err(Failure::usage(format!(
                "{}: it holds no payload files (.{})",
                folder.display(),
                endings(self.hints.protocol).join(", .")
            )));
        }
        let to: Vec<Protocol> = files.iter().filter_map(|file| Some(file.source.as_ref().ok()?.to)).collect();
        self.refuse_idle(&to)?;
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
                } else if endings(self.hints.protocol).contains(&ending.as_str()) {
                    found.push((path, name));
                }
            }
        }
        Ok(found)
    }
}

/// Where what comes of a file goes: the same name below `out`, with the ending of what it is now.
pub(crate) fn target(out: &Path, name: &Path, protocol: Protocol, side: Side) -> PathBuf {
    let ending = match (protocol, side) {
        (Protocol::Xml, _) => "xml",
        (Protocol::Json, Side::Request) => "http",
        (Protocol::Json, Side::Response) => "json",
    };
    out.join(name.with_extension(ending))
}

/// Writes a payload into a new file. Whatever is there already may be somebody's and stays.
pub(crate) fn write(target: &Path, text: &str) -> Result<(), Failure> {
    let unwritable = |why: std::io::Error| Failure::of_writing(&why, target.display());
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder).map_err(unwritable)?;
    }
    let mut written = fs::OpenOptions::new().create_new(true).write(true).open(target).map_err(unwritable)?;
    written.write_all(text.as_bytes()).map_err(unwritable)
}

/// The files of a protocol, or of both, by their endings.
fn endings(protocol: Option<Protocol>) -> &'static [&'static str] {
    match protocol {
        Some(Protocol::Xml) => &["xml"],
        Some(Protocol::Json) => &["http", "json"],
        None => &["http", "json", "xml"],
    }
}
