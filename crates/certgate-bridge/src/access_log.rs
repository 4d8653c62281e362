//! A line for each request: never a body, never who asked.

use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use certgate_client::unix_now;
use certgate_domain::TaskKind;
use certgate_files::FileError;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::outcome::Outcome;

/// Where a line for each request goes, as JSON.
pub struct AccessLog {
    sink: Sink,
    /// Tells the requests of one run apart.
    run: String,
    next: AtomicU64,
}

enum Sink {
    File(Mutex<Open>),
    Elsewhere(Box<dyn Fn(&str) + Send + Sync>),
}

struct Open {
    path: PathBuf,
    file: File,
}

/// A request that is over.
pub(crate) struct Entry<'a> {
    pub(crate) outcomes: &'a [Outcome],
    /// What HTTP said; nothing where the caller hung up.
    pub(crate) status: Option<u16>,
    pub(crate) took: Duration,
}

impl AccessLog {
    /// Adds to that file, which only its owner can read. One that was moved away is made anew.
    ///
    /// # Errors
    /// It cannot be written, or others can write to it.
    pub fn to(path: &Path) -> Result<Self, FileError> {
        let open = Open { path: path.to_owned(), file: certgate_files::open_to_append(path)? };
        Ok(Self::of(Sink::File(Mutex::new(open))))
    }

    /// Hands each line to that function.
    pub fn with(write: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self::of(Sink::Elsewhere(Box::new(write)))
    }

    fn of(sink: Sink) -> Self {
        Self { sink, run: format!("{:x}", unix_now()), next: AtomicU64::new(1) }
    }

    /// Writes the line of a request; why it could not be.
    pub(crate) fn write(&self, entry: &Entry<'_>) -> Option<String> {
        let id = format!("{}-{}", self.run, self.next.fetch_add(1, Ordering::Relaxed));
        let line = entry.line(&id).to_string() + "\n";
        match &self.sink {
            Sink::File(file) => file.lock().unwrap_or_else(PoisonError::into_inner).write(&line).err(),
            Sink::Elsewhere(write) => {
                write(&line);
                None
            }
        }
    }
}

impl Open {
    fn write(&mut self, line: &str) -> Result<(), String> {
        if !self.is_in_place() {
            self.file = certgate_files::open_to_append(&self.path).map_err(|why| why.to_string())?;
        }
        self.file.write_all(line.as_bytes()).map_err(|why: io::Error| why.to_string())
    }

    /// Whether the file is still the one of that name: who rotates logs moves them away.
    fn is_in_place(&self) -> bool {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let same = |there: std::fs::Metadata, open: std::fs::Metadata| {
                (there.dev(), there.ino()) == (open.dev(), open.ino())
            };
            std::fs::metadata(&self.path)
                .ok()
                .zip(self.file.metadata().ok())
                .is_some_and(|(there, open)| same(there, open))
        }
        #[cfg(not(unix))]
        self.path.exists()
    }
}

impl Entry<'_> {
    fn line(&self, id: &str) -> Value {
        let tasks: Vec<Value> = self.outcomes.iter().map(task).collect();
        let milliseconds = u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX);
        let ended = match self.status {
            Some(status) => ("status", json!(status)),
            None => ("hungUp", json!(true)),
        };
        record([
            ("id", json!(id)),
            ("time", json!(now())),
            ("tasks", json!(tasks)),
            ended,
            ("milliseconds", json!(milliseconds)),
        ])
    }
}

fn task(outcome: &Outcome) -> Value {
    record([
        ("task", json!(outcome.kind.map(TaskKind::name))),
        ("number", json!(outcome.number)),
        ("way", json!(outcome.way.name())),
        ("outcome", json!(outcome.word())),
        ("code", json!(outcome.code())),
        ("stid", json!(outcome.stid())),
    ])
}

/// What is absent is absent.
fn record<const N: usize>(fields: [(&str, Value); N]) -> Value {
    fields.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The time in whole seconds.
fn now() -> String {
    Timestamp::from_second(unix_now() / 1000).map_or_else(|_| String::new(), |now| now.to_string())
}
