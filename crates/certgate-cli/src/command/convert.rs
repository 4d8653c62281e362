//! `certgate convert`.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use certgate_client::Kind;
use certgate_domain::{Call, Credentials, Secret, TaskKind};
use certgate_wire::{Codec, Encoded, Finding, Loss};
use clap::Args;
use serde_json::{Value, json};

use crate::{
    arguments::{Global, Protocol, Side},
    command::decode::{Payload, decode_payload, read_file, task_kind},
    connection::codec,
    curl, document,
    failure::{Failure, printable},
    settings::Settings,
    template::Template,
};

/// Turn payload files into the other protocol's
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate convert --from xml --to json --side request legacy.xml
  certgate convert --from xml --to json --side request --curl legacy.xml
  certgate convert --from xml --to json --side request templates --out converted

Places for values that are filled in later stay: {{name}}, ${name} and %NAME%.")]
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
    /// Show requests as lines for the shell, to be sent by curl
    #[arg(long, conflicts_with = "out")]
    curl: bool,
    /// Write what comes out into this folder, under the same names
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The payload, - for standard input; a folder, with --out
    file: PathBuf,
}

/// A payload in the other protocol.
struct Converted {
    text: String,
    curl: Vec<String>,
    losses: Vec<Loss>,
    findings: Vec<Finding>,
}

impl Convert {
    pub(crate) fn run(self, global: &Global) -> Result<u8, Failure> {
        if self.curl && self.side == Side::Response {
            return Err(Failure::usage("--curl sends requests: give --side request"));
        }
        if self.file.is_dir() {
            return self.folder(global);
        }
        let converted = self.convert(global, &self.file)?;
        if let Some(out) = &self.out {
            self.write(out, &self.file, Path::new(""), &converted)?;
        }
        if global.json() {
            let mut document = json!({ "schema": 1, "payload": converted.text, "losses": losses(&converted.losses) });
            if self.curl {
                document["curl"] = json!(converted.curl);
            }
            document::print(&document);
        } else if self.out.is_none() {
            let text = if self.curl { converted.curl.join("\n") } else { converted.text.clone() };
            let mut stdout = std::io::stdout().lock();
            let _ = stdout
                .write_all(text.as_bytes())
                .and_then(|()| if text.ends_with('\n') { Ok(()) } else { stdout.write_all(b"\n") });
        }
        warn(global, "", &converted);
        match reason(&converted).filter(|_| global.strict) {
            Some(why) => Err(Failure::new(Kind::CheckFailed, format!("{why} (--strict)")).said()),
            None => Ok(0),
        }
    }

    /// Every payload of a folder and those below it. One that cannot be converted does not stop the rest.
    fn folder(&self, global: &Global) -> Result<u8, Failure> {
        let Some(out) = &self.out else {
            return Err(Failure::usage(format!(
                "{}: a folder is converted into another one: give --out DIR",
                self.file.display()
            )));
        };
        let mut rows = Vec::new();
        let mut worst = 0;
        for (file, below) in self.files()? {
            let name = below.join(file.file_name().unwrap_or_default()).display().to_string();
            let done = self
                .convert(global, &file)
                .and_then(|converted| Ok((self.write(out, &file, &below, &converted)?, converted)));
            match done {
                Ok((written, converted)) => {
                    warn(global, &format!("{name}: "), &converted);
                    if global.strict && reason(&converted).is_some() {
                        worst = worst.max(Kind::CheckFailed.exit_code());
                    }
                    rows.push(
                        json!({ "file": name, "out": written.display().to_string(), "losses": losses(&converted.losses),
                        "findings": document::findings(&converted.findings) }),
                    );
                }
                Err(failure) => {
                    if !global.quiet {
                        eprintln!("certgate: {}", printable(&failure.to_string()));
                    }
                    worst = worst.max(failure.kind().exit_code());
                    rows.push(json!({ "file": name, "error": failure.error() }));
                }
            }
        }
        if rows.is_empty() {
            return Err(Failure::usage(format!(
                "{}: it holds no payload files (.{})",
                self.file.display(),
                endings(self.from).join(", .")
            )));
        }
        if global.json() {
            document::print(&json!({ "schema": 1, "files": rows }));
        } else {
            for row in &rows {
                let out = row["out"].as_str().map_or("not converted".to_owned(), str::to_owned);
                document::line(&printable(&format!("{}: {out}", row["file"].as_str().unwrap_or_default())));
            }
        }
        Ok(worst)
    }

    /// The payload files of the folder, each with the folder below it that it is in.
    fn files(&self) -> Result<Vec<(PathBuf, PathBuf)>, Failure> {
        let mut found = Vec::new();
        let mut folders = vec![PathBuf::new()];
        while let Some(below) = folders.pop() {
            let folder = self.file.join(&below);
            let unreadable = |why: std::io::Error| Failure::usage(format!("{}: {why}", folder.display()));
            for entry in fs::read_dir(&folder).map_err(unreadable)? {
                let entry = entry.map_err(unreadable)?;
                let path = entry.path();
                // A link may lead in a circle.
                let kind = entry.file_type().map_err(unreadable)?;
                let ending =
                    path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
                if kind.is_dir() {
                    folders.push(below.join(entry.file_name()));
                } else if endings(self.from).contains(&ending.as_str()) {
                    found.push((path, below.clone()));
                }
            }
        }
        found.sort();
        Ok(found)
    }

    fn write(&self, out: &Path, file: &Path, below: &Path, converted: &Converted) -> Result<PathBuf, Failure> {
        let ending = match (self.to, self.side) {
            (Protocol::Xml, _) => "xml",
            (Protocol::Json, Side::Request) => "http",
            (Protocol::Json, Side::Response) => "json",
        };
        let name = Path::new(file.file_name().unwrap_or_default()).with_extension(ending);
        let folder = out.join(below);
        let path = folder.join(name);
        let unwritable = |why: std::io::Error| Failure::usage(format!("{}: {why}", path.display()));
        fs::create_dir_all(&folder).map_err(unwritable)?;
        // Whatever is there may be somebody's.
        let mut options = fs::OpenOptions::new();
        let mut written = options.create_new(true).write(true).open(&path).map_err(unwritable)?;
        written.write_all(converted.text.as_bytes()).map_err(unwritable)?;
        Ok(path)
    }

    fn convert(&self, global: &Global, file: &Path) -> Result<Converted, Failure> {
        let settings = Settings::of(global)?;
        let (bytes, template) = Template::of(read_file(file, settings.limits().body)?);
        let payload = decode_payload(&settings, self.from, self.task, self.side, &bytes, file)?;
        let target = codec(&settings, self.to)?;
        let mut converted = self.converted(&*target, &settings, &payload);
        converted.text = template.put_back(&converted.text);
        converted.curl = converted.curl.iter().map(|line| template.put_back(line)).collect();
        Ok(converted)
    }

    fn converted(&self, target: &dyn Codec, settings: &Settings, payload: &Payload) -> Converted {
        let findings = payload.findings();
        // What was not understood cannot be carried over.
        let mut losses: Vec<Loss> = findings
            .iter()
            .filter(|finding| finding.kind == certgate_wire::FindingKind::Unknown)
            .map(|finding| Loss::new(&finding.path, "unknown, so the other protocol's name for it is not known"))
            .collect();
        let (mut texts, mut lines) = (Vec::new(), Vec::new());
        match payload {
            Payload::Requests(calls) => {
                let endpoint = &settings.endpoint(self.to).value;
                for call in calls {
                    let (text, line, lost) = request(target, &call.value, self.to, endpoint);
                    texts.push(text);
                    lines.push(line);
                    losses.extend(lost);
                }
                if texts.len() > 1 && self.to == Protocol::Json {
                    losses.push(Loss::new(
                        "task",
                        format!(
                            "JSON has one task a request: the {} tasks are {} requests here, one after the other",
                            texts.len(),
                            texts.len()
                        ),
                    ));
                }
            }
            Payload::Responses(task, answers) => {
                let answers: Vec<_> = answers.iter().map(|answer| (*task, answer.value.clone())).collect();
                let Encoded { payload, losses: lost } = target.encode_responses(&answers);
                losses.extend(lost);
                texts.push(pretty(String::from_utf8_lossy(&payload.body).into_owned(), self.to));
            }
        }
        Converted { text: texts.join("\n"), curl: lines, losses, findings }
    }
}

/// The files of a protocol, by their endings.
fn endings(protocol: Protocol) -> &'static [&'static str] {
    match protocol {
        Protocol::Xml => &["xml"],
        Protocol::Json => &["http", "json"],
    }
}

/// A request of the other protocol, as payload and for curl.
fn request(target: &dyn Codec, call: &Call, to: Protocol, endpoint: &str) -> (String, String, Vec<Loss>) {
    // As on the documented page; JSON's credentials are headers and stay out, but for a login's.
    let placeholders = Credentials::new("USER", Secret::new("PASSWORD"), "CONTEXT");
    let named = to == Protocol::Xml || call.task.kind() == TaskKind::SessionCreate;
    let call = Call { identity: named.then_some(placeholders.into()), ..call.clone() };
    let Encoded { payload, losses } = target.encode_request(&call);
    match to {
        Protocol::Json => (certgate_json::text::write(&payload), curl::json(endpoint, &payload), losses),
        Protocol::Xml => {
            let text = String::from_utf8_lossy(&payload.body).into_owned();
            let line = curl::xml(endpoint, &text);
            (text, line, losses)
        }
    }
}

fn losses(losses: &[Loss]) -> Vec<Value> {
    losses.iter().map(|loss| json!({ "path": loss.path, "why": loss.why })).collect()
}

/// Says what was odd, and what is not carried over.
fn warn(global: &Global, file: &str, converted: &Converted) {
    if global.quiet {
        return;
    }
    for finding in &converted.findings {
        eprintln!("certgate: warning: {}", printable(&format!("{file}{finding}")));
    }
    for loss in &converted.losses {
        eprintln!("certgate: warning: {}", printable(&format!("{file}{}: not carried over: {}", loss.path, loss.why)));
    }
}

/// Why a conversion is not borne under `--strict`.
fn reason(converted: &Converted) -> Option<String> {
    let loss = converted.losses.first().map(|loss| format!("{}: {}", loss.path, loss.why));
    loss.or_else(|| converted.findings.first().map(ToString::to_string))
}

fn pretty(text: String, protocol: Protocol) -> String {
    match (protocol, serde_json::from_str::<Value>(&text)) {
        (Protocol::Json, Ok(value)) => format!("{value:#}\n"),
        _ => text,
    }
}
