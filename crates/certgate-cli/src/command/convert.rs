//! `certgate convert`.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use certgate::Settings;
use certgate_domain::{Call, Credentials, Protocol, Secret, TaskKind};
use certgate_wire::{Codec, DecodeError, Encoded, Finding, FindingKind, Loss, Request};
use clap::Args;
use serde_json::{Value, json};

use crate::{
    app::App,
    args::{Side, protocol},
    common::{
        payload::{Expected, Payload, decode_payload, decode_requests, read_file, task_kind, undecodable},
        placeholders::Placeholders,
    },
    exit::{Exit, Failure, Kind, worst},
    streams::{printable, say},
    ui::{curl, document},
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
    #[arg(long, value_parser = protocol())]
    from: Protocol,
    /// The protocol to turn it into
    #[arg(long, value_parser = protocol())]
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
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        if self.curl && self.side == Side::Response {
            return Err(Failure::usage("--curl sends requests: give --side request"));
        }
        if self.file.is_dir() {
            return self.folder(app);
        }
        let converted = self.convert(app, &self.file)?;
        if let Some(out) = &self.out {
            self.write(out, &self.file, Path::new(""), &converted)?;
        }
        if app.json() {
            let mut document = json!({ "schema": 1, "payload": converted.text, "losses": losses(&converted.losses) });
            if self.curl {
                document["curl"] = json!(converted.curl);
            }
            app.stdout.print(&document);
        } else if self.out.is_none() {
            let text = if self.curl { converted.curl.join("\n") } else { converted.text.clone() };
            let mut stdout = std::io::stdout().lock();
            let _ = stdout
                .write_all(text.as_bytes())
                .and_then(|()| if text.ends_with('\n') { Ok(()) } else { stdout.write_all(b"\n") });
        }
        warn(app, "", &converted);
        match reason(&converted).filter(|_| app.strict) {
            Some(why) => Err(Failure::new(Kind::CheckFailed, format!("{why} (--strict)")).said()),
            None => Ok(Exit::DONE),
        }
    }

    /// Every payload of a folder and those below it. One that cannot be converted does not stop the rest.
    fn folder(&self, app: &App) -> Result<Exit, Failure> {
        let Some(out) = &self.out else {
            return Err(Failure::usage(format!(
                "{}: a folder is converted into another one: give --out DIR",
                self.file.display()
            )));
        };
        let files = self.files()?;
        let mut targets = BTreeMap::new();
        for (file, below) in &files {
            let target = self.target(out, file, below);
            if let Some(other) = targets.insert(target.clone(), file) {
                let (other, file, target) = (other.display(), file.display(), target.display());
                return Err(Failure::usage(format!("{other} and {file} would both be {target}: rename one of them")));
            }
        }
        let mut rows = Vec::new();
        let mut kinds = Vec::new();
        for (file, below) in files {
            let name = below.join(file.file_name().unwrap_or_default()).display().to_string();
            let done = self
                .convert(app, &file)
                .and_then(|converted| Ok((self.write(out, &file, &below, &converted)?, converted)));
            match done {
                Ok((written, converted)) => {
                    warn(app, &format!("{name}: "), &converted);
                    if app.strict && reason(&converted).is_some() {
                        kinds.push(Some(Kind::CheckFailed));
                    }
                    kinds.push(None);
                    rows.push(
                        json!({ "file": name, "out": written.display().to_string(), "losses": losses(&converted.losses),
                        "findings": document::findings(&converted.findings) }),
                    );
                }
                Err(failure) => {
                    if !app.quiet {
                        say(&format!("certgate: {failure}"));
                    }
                    kinds.push(Some(failure.kind()));
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
        if app.json() {
            app.stdout.print(&json!({ "schema": 1, "files": rows }));
        } else {
            for row in &rows {
                let out = row["out"].as_str().map_or("not converted".to_owned(), str::to_owned);
                app.stdout.line(&printable(&format!("{}: {out}", row["file"].as_str().unwrap_or_default())));
            }
        }
        Ok(worst(kinds.into_iter()).into())
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

    /// Where what comes of a file goes.
    fn target(&self, out: &Path, file: &Path, below: &Path) -> PathBuf {
        let ending = match (self.to, self.side) {
            (Protocol::Xml, _) => "xml",
            (Protocol::Json, Side::Request) => "http",
            (Protocol::Json, Side::Response) => "json",
        };
        let name = Path::new(file.file_name().unwrap_or_default()).with_extension(ending);
        out.join(below).join(name)
    }

    fn write(&self, out: &Path, file: &Path, below: &Path, converted: &Converted) -> Result<PathBuf, Failure> {
        let path = self.target(out, file, below);
        let unwritable = |why: std::io::Error| Failure::usage(format!("{}: {why}", path.display()));
        fs::create_dir_all(out.join(below)).map_err(unwritable)?;
        // Whatever is there may be somebody's.
        let mut options = fs::OpenOptions::new();
        let mut written = options.create_new(true).write(true).open(&path).map_err(unwritable)?;
        written.write_all(converted.text.as_bytes()).map_err(unwritable)?;
        Ok(path)
    }

    fn convert(&self, app: &App, file: &Path) -> Result<Converted, Failure> {
        let settings = app.settings_over(Some(self.to))?;
        let expected = Expected::of(self.side, self.task)?;
        let code = self.task.filter(|_| self.from == Protocol::Xml).map(TaskKind::code);
        let (bytes, mut placeholders) = Placeholders::of(read_file(file, settings.limits().body)?, code);
        let source = settings.codec(self.from)?;
        let read = |bytes: &[u8]| readable(&settings, &*source, expected, bytes);
        let (payload, refused) = read(&bytes).map_err(|error| undecodable(file, &placeholders.in_error(error)))?;
        let odd_then = |bytes: &[u8]| Some(odd(&read(bytes).ok()?.0.findings()));
        let odd = placeholders.find_booleans(&bytes, odd(&payload.findings()), &odd_then);
        let Converted { text, curl, losses, mut findings } =
            self.converted(&*settings.codec(self.to)?, &settings, &payload);
        findings.retain(|finding| finding.kind != FindingKind::Value || odd.contains(&finding.path));
        let refused = refused
            .into_iter()
            .map(|(at, error)| Loss::new(format!("task[{at}]"), placeholders.in_error(error).to_string()));
        Ok(Converted {
            text: placeholders.put_back(&text),
            curl: curl.iter().map(|line| placeholders.put_back(line)).collect(),
            losses: losses
                .iter()
                .map(|loss| placeholders.in_loss(loss))
                .chain(placeholders.loss())
                .chain(refused)
                .collect(),
            findings: findings.into_iter().map(|finding| placeholders.in_finding(finding)).collect(),
        })
    }

    fn converted(&self, target: &dyn Codec, settings: &Settings, payload: &Payload) -> Converted {
        let findings = payload.findings();
        // What was not understood cannot be carried over.
        let mut losses: Vec<Loss> = findings
            .iter()
            .filter(|finding| finding.kind == FindingKind::Unknown)
            .map(|finding| Loss::new(&finding.path, "unknown, so the other protocol's name for it is not known"))
            .collect();
        match payload {
            Payload::Requests(calls) => {
                let named: Vec<Call> = calls.iter().map(|call| named(&call.value, self.to)).collect();
                let Encoded { payload: requests, losses: lost } = target.encode_requests(&named);
                losses.extend(lost);
                let endpoint = &settings.endpoint(self.to).value;
                let shown = |request: &Request| match self.to {
                    Protocol::Json => (certgate_json::text::write(request), curl::json(endpoint, request)),
                    Protocol::Xml => {
                        let text = String::from_utf8_lossy(&request.body).into_owned();
                        let curl = curl::xml(endpoint, &text);
                        (text, curl)
                    }
                };
                let (texts, curl): (Vec<String>, Vec<String>) = requests.iter().map(shown).unzip();
                let (tasks, count) = (calls.len(), texts.len());
                if count > 1 && self.from == Protocol::Xml {
                    let why = format!(
                        "JSON has one task a request: the {tasks} tasks are {count} requests here, one after the other"
                    );
                    losses.push(Loss::new("task", why));
                } else if count > 1 && self.to == Protocol::Xml {
                    let why = format!(
                        "not all are for the same subuser: they are {count} requests here, one after the other"
                    );
                    losses.push(Loss::new("owner", why));
                }
                Converted { text: texts.join("\n"), curl, losses, findings }
            }
            Payload::Responses(task, answers) => {
                let answers: Vec<_> = answers.iter().map(|answer| (*task, answer.value.clone())).collect();
                let Encoded { payload, losses: lost } = target.encode_responses(&answers);
                losses.extend(lost);
                let text = pretty(String::from_utf8_lossy(&payload.body).into_owned(), self.to);
                Converted { text, curl: Vec::new(), losses, findings }
            }
        }
    }
}

/// The payload; of several requests those that can be read, and why the others cannot.
fn readable(
    settings: &Settings,
    codec: &dyn Codec,
    expected: Expected,
    bytes: &[u8],
) -> Result<(Payload, Vec<(usize, DecodeError)>), DecodeError> {
    let Expected::Requests(task) = expected else {
        return Ok((decode_payload(settings, codec, expected, bytes)?, Vec::new()));
    };
    let (mut calls, mut refused) = (Vec::new(), Vec::new());
    for (at, read) in decode_requests(settings, codec, task, bytes).into_iter().enumerate() {
        match read {
            Ok(call) => calls.push(call),
            Err(error) => refused.push((at, error)),
        }
    }
    if calls.is_empty() && !refused.is_empty() {
        return Err(refused.swap_remove(0).1);
    }
    Ok((Payload::Requests(calls), refused))
}

/// The paths of what is not of its documented type.
fn odd(findings: &[Finding]) -> Vec<String> {
    findings.iter().filter(|finding| finding.kind == FindingKind::Value).map(|finding| finding.path.clone()).collect()
}

/// The files of a protocol, by their endings.
fn endings(protocol: Protocol) -> &'static [&'static str] {
    match protocol {
        Protocol::Xml => &["xml"],
        Protocol::Json => &["http", "json"],
    }
}

/// A call with the credentials as on the documented page; JSON's are headers and stay out, but for a login's.
fn named(call: &Call, to: Protocol) -> Call {
    let placeholders = Credentials::new("USER", Secret::new("PASSWORD"), "CONTEXT");
    let named = to == Protocol::Xml || call.task.kind() == TaskKind::SessionCreate;
    Call { identity: named.then_some(placeholders.into()), ..call.clone() }
}

fn losses(losses: &[Loss]) -> Vec<Value> {
    losses.iter().map(|loss| json!({ "path": loss.path, "why": loss.why })).collect()
}

/// Says what was odd, and what is not carried over.
fn warn(app: &App, file: &str, converted: &Converted) {
    if app.quiet {
        return;
    }
    for finding in &converted.findings {
        say(&format!("certgate: warning: {file}{finding}"));
    }
    for loss in &converted.losses {
        say(&format!("certgate: warning: {file}{}: not carried over: {}", loss.path, loss.why));
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
