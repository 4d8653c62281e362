//! Every exchange, redacted, as JSON lines.

use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use certgate_files::FileError;
use certgate_wire::Reply;
use serde_json::{Value, json};

use crate::{Interceptor, Outgoing, SendError};

/// A file that takes a line an exchange. Its clones write into the same.
#[derive(Debug, Clone)]
pub struct Trace(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    file: File,
    path: PathBuf,
    /// Why an exchange could not be written, the first time: said at the end.
    trouble: Option<io::Error>,
}

/// Not every exchange is in a trace.
#[derive(Debug, thiserror::Error)]
#[error("{}: not every exchange was written into it: {why}", path.display())]
pub struct Untraced {
    /// The trace's file.
    pub path: PathBuf,
    /// Why the first of them could not be written.
    pub why: io::Error,
}

impl Trace {
    /// Opens the file, to add to it. One that is there belongs to the effective user or root, and nobody else can write to it.
    ///
    /// # Errors
    /// It cannot be written, or is not to be trusted.
    pub fn to(path: &Path) -> Result<Self, FileError> {
        let file = certgate_files::open_to_append(path)?;
        Ok(Self(Arc::new(Mutex::new(Inner { file, path: path.to_owned(), trouble: None }))))
    }

    fn locked(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a line. The exchange is done, whatever becomes of its line: its answer is not held back.
    fn line(&self, exchange: &Value) {
        let mut inner = self.locked();
        if let Err(why) = inner.file.write_all(format!("{exchange}\n").as_bytes()) {
            inner.trouble.get_or_insert(why);
        }
    }

    /// Tells whether every exchange so far is in it.
    ///
    /// # Errors
    /// An exchange could not be written; told once.
    pub fn finish(&self) -> Result<(), Untraced> {
        let mut inner = self.locked();
        match inner.trouble.take() {
            None => Ok(()),
            Some(why) => Err(Untraced { path: inner.path.clone(), why }),
        }
    }
}

impl Interceptor for Trace {
    fn around(
        &self,
        outgoing: &Outgoing<'_>,
        send: &mut dyn FnMut() -> Result<Reply, SendError>,
    ) -> Result<Reply, SendError> {
        let sent = send();
        let Outgoing { task, attempt, since, endpoint, request, codec, redactor } = outgoing;
        let result = match &sent {
            Ok(reply) => json!({ "status": reply.status, "response": redactor.reply(*codec, reply) }),
            Err(error) => json!({ "error": redactor.text(&error.to_string()) }),
        };
        let mut line = json!({
            "seconds": (since.as_millis() as f64) / 1000.0,
            "task": task.name(),
            "transport": codec.protocol().name(),
            "attempt": attempt,
            "request": redactor.request(*codec, endpoint, request),
        });
        if let (Some(line), Value::Object(result)) = (line.as_object_mut(), result) {
            line.extend(result);
        }
        self.line(&line);
        sent
    }
}
