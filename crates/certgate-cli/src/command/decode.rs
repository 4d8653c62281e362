//! `certgate decode`.

use std::path::PathBuf;

use certgate_domain::TaskKind;
use clap::Args;
use serde_json::{Value, json};

use crate::{
    app::App,
    args::Side,
    common::payload::{read_payload, task_kind},
    exit::{Exit, Failure},
    ui::document,
};

/// Read a payload file and show its value
#[derive(Debug, Args)]
#[command(after_help = "Example:
  certgate decode --transport xml --task certificate-info --side response answer.xml")]
pub(crate) struct Decode {
    /// The task; may be left out where the payload says it
    #[arg(long, value_parser = task_kind)]
    task: Option<TaskKind>,
    /// Which side of the exchange the payload is
    #[arg(long, value_enum)]
    side: Side,
    /// The payload; - for standard input
    file: PathBuf,
}

impl Decode {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let protocol = app.settings()?.transport.value;
        let payload = read_payload(app, protocol, self.task, self.side, &self.file)?;
        let found = payload.findings();
        let mut documents = payload.documents();
        let mut document = json!({ "schema": 1 });
        if documents.len() == 1 {
            if let (Value::Object(document), Some(Value::Object(one))) = (&mut document, documents.pop()) {
                document.extend(one);
            }
        } else {
            document["documents"] = Value::Array(documents);
        }
        app.stdout.print(&document);
        document::judge(app, &found).map(|()| Exit::DONE)
    }
}
