//! `certgate convert`.

use std::{io::Write, path::PathBuf};

use certgate_client::Kind;
use certgate_domain::{Call, Credentials, Secret, TaskKind};
use certgate_wire::{Codec, Encoded, Loss};
use clap::Args;
use serde_json::json;

use crate::{
    arguments::{Global, Protocol, Side},
    command::decode::{Payload, read_payload, task_kind},
    connection::codec,
    document,
    failure::{Failure, printable},
    settings::Settings,
};

/// Turn a payload file into the other protocol's
#[derive(Debug, Args)]
#[command(after_help = "Example:
  certgate convert --from xml --to json --side request legacy.xml")]
pub(crate) struct Convert {
    /// The protocol of the file
    #[arg(long, value_enum)]
    from: Protocol,
    /// The protocol to turn it into
    #[arg(long, value_enum)]
    to: Protocol,
    /// The task; may be left out where the payload says it
    #[arg(long, value_parser = task_kind)]
    task: Option<TaskKind>,
    /// Which side of the exchange the payload is
    #[arg(long, value_enum)]
    side: Side,
    /// The payload; - for standard input
    file: PathBuf,
}

impl Convert {
    pub(crate) fn run(self, global: &Global) -> Result<u8, Failure> {
        let payload = read_payload(global, self.from, self.task, self.side, &self.file)?;
        let target = codec(&Settings::of(global)?, self.to)?;
        let (text, losses) = self.converted(&*target, &payload)?;
        if global.json() {
            let losses: Vec<_> = losses.iter().map(|loss| json!({ "path": loss.path, "why": loss.why })).collect();
            document::print(&json!({ "schema": 1, "payload": text, "losses": losses }));
        } else {
            let mut stdout = std::io::stdout().lock();
            let _ = stdout
                .write_all(text.as_bytes())
                .and_then(|()| if text.ends_with('\n') { Ok(()) } else { stdout.write_all(b"\n") });
        }
        let found = payload.findings();
        document::warn(global, &found);
        if !global.quiet {
            for loss in &losses {
                eprintln!("certgate: warning: {}: not carried over: {}", printable(&loss.path), printable(&loss.why));
            }
        }
        if global.strict {
            if let Some(loss) = losses.first() {
                return Err(Failure::new(Kind::CheckFailed, format!("{}: {} (--strict)", loss.path, loss.why)).said());
            }
            if let Some(finding) = found.first() {
                return Err(Failure::new(Kind::CheckFailed, format!("{finding} (--strict)")).said());
            }
        }
        Ok(0)
    }

    fn converted(&self, target: &dyn Codec, payload: &Payload) -> Result<(String, Vec<Loss>), Failure> {
        // What was not understood cannot be carried over.
        let mut losses: Vec<Loss> = payload
            .findings()
            .iter()
            .filter(|finding| finding.kind == certgate_wire::FindingKind::Unknown)
            .map(|finding| Loss::new(&finding.path, "unknown, so the other protocol's name for it is not known"))
            .collect();
        match payload {
            Payload::Requests(calls) => {
                let mut texts = Vec::new();
                for call in calls {
                    let (text, lost) = request(target, &call.value, self.to);
                    texts.push(text);
                    losses.extend(lost);
                }
                match (texts.len(), self.to) {
                    (0 | 1, _) => {}
                    (more, Protocol::Json) => losses.push(Loss::new(
                        "task",
                        format!("JSON has one task a request: the {more} tasks are {more} requests here, one after the other"),
                    )),
                    (_, Protocol::Xml) => {}
                }
                Ok((texts.join("\n"), losses))
            }
            Payload::Responses(task, answers) => {
                let answers: Vec<_> = answers.iter().map(|answer| (*task, answer.value.clone())).collect();
                let Encoded { payload, losses: lost } = target.encode_responses(&answers);
                losses.extend(lost);
                Ok((pretty(String::from_utf8_lossy(&payload.body).into_owned(), self.to), losses))
            }
        }
    }
}

fn request(target: &dyn Codec, call: &Call, to: Protocol) -> (String, Vec<Loss>) {
    // As on the documented page; JSON's credentials are headers and stay out, but for a login's.
    let placeholders = Credentials::new("USER", Secret::new("PASSWORD"), "CONTEXT");
    let named = to == Protocol::Xml || call.task.kind() == TaskKind::SessionCreate;
    let call = Call { identity: named.then_some(placeholders.into()), ..call.clone() };
    let Encoded { payload, losses } = target.encode_request(&call);
    let text = match to {
        Protocol::Json => certgate_json::text::write(&payload),
        Protocol::Xml => String::from_utf8_lossy(&payload.body).into_owned(),
    };
    (text, losses)
}

fn pretty(text: String, protocol: Protocol) -> String {
    match (protocol, serde_json::from_str::<serde_json::Value>(&text)) {
        (Protocol::Json, Ok(value)) => format!("{value:#}\n"),
        _ => text,
    }
}
