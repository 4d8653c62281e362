//! `certgate decode`.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use crate::{
    app::App,
    args::payload::PayloadArgs,
    common::payload::{Codecs, decode_payload, read_file},
    exit::{Exit, Failure},
    ui::{document, payload as ui},
};

/// Read a payload file and show its value
///
/// Protocol (--transport), side and task are those that the payload itself shows, unless they are given.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate decode answer.xml
  certgate decode --task certificate-reissue body.json")]
pub(crate) struct Decode {
    #[command(flatten)]
    payload: PayloadArgs,
    /// The payload; - for standard input
    file: PathBuf,
}

impl Decode {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let settings = app.settings()?;
        let bytes = read_file(&self.file, settings.limits().body)?;
        // That of the environment or the profile is meant for the gateway, not for this file.
        let hints = self.payload.of(app.transport.filter(|_| app.is_given("transport")));
        let codecs = Codecs::new(&settings)?;
        let kind = codecs.recognize(hints, &self.file, &bytes)?;
        let payload = decode_payload(&codecs, &kind, &bytes).map_err(|error| ui::undecodable(&self.file, &error))?;
        ui::told(app, &self.file, hints, &kind);
        let found = payload.findings();
        let mut documents = payload.documents(kind.protocol);
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
