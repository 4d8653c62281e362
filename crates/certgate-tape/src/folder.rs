//! A tape's files.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

use certgate_client::{Phase, Redactor, TransportError};
use certgate_domain::{Protocol, TaskKind};
use certgate_json::text;
use certgate_wire::{Body, Codec, Method, Reply, Request};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    StandIns, TapeError, codec_of,
    error::{at, broken, unused},
    lines,
};

/// The first line of `tape.jsonl`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Head {
    /// The version of the format.
    tape: u32,
    #[serde(default, skip_serializing_if = "StandIns::is_empty")]
    stand_ins: StandIns,
    /// Whether certificates were to be real ones: a replay asks the same of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    live: bool,
}

/// An exchange in `tape.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Entry {
    /// Its place, from 1.
    pub number: usize,
    /// The task's name.
    pub task: String,
    /// `xml` or `json`.
    pub transport: String,
    /// When it was recorded, RFC 3339.
    pub time: String,
    /// The certgate that recorded it.
    pub version: String,
    /// The file with the request.
    pub request: String,
    /// The file with the reply; `None` if none came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    /// The HTTP status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The reply's headers that mean something.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Why no reply came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Whether a request without a reply never left.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_sent: bool,
    /// The fields whose values were taken out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redacted: Vec<String>,
}

impl Entry {
    /// When it was recorded, in seconds since 1970.
    pub fn unix(&self) -> Option<i64> {
        self.time.parse::<Timestamp>().ok().map(|time| time.as_second())
    }

    /// The kind of its task.
    pub fn kind(&self) -> Option<TaskKind> {
        TaskKind::by_name(&self.task)
    }

    /// The protocol it was recorded over; `Folder::open` refuses an index that names none.
    pub fn protocol(&self) -> Protocol {
        Protocol::by_name(&self.transport).unwrap_or(Protocol::Json)
    }

    /// How it is called in messages.
    pub fn title(&self) -> String {
        format!("{:04} {} over {}", self.number, self.task, self.transport)
    }
}

/// A folder with a tape.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    head: Head,
    entries: Vec<Entry>,
}

/// An exchange as it is read from its files.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// What was sent.
    pub request: Request,
    /// The recorded reply; `None` if the request failed.
    pub reply: Option<Reply>,
    /// The request's file as it stands.
    pub request_file: Vec<u8>,
}

/// An exchange to be recorded.
pub(super) struct Recorded<'a> {
    pub(super) kind: TaskKind,
    pub(super) request: &'a Request,
    pub(super) sent: &'a Result<Reply, TransportError>,
    pub(super) codec: &'a dyn Codec,
    pub(super) redactor: &'a Redactor,
}

impl Exchange {
    /// What it holds that no tape may: a secret of this run, or what a stand-in is to stand for.
    pub(super) fn holds(
        &self,
        entry: &Entry,
        kind: TaskKind,
        codec: &dyn Codec,
        redactor: &Redactor,
        stand_ins: StandIns,
    ) -> Option<String> {
        let line = serde_json::to_vec(entry).unwrap_or_default();
        let body = self.reply.as_ref().map(|reply| &*reply.body);
        let texts = [("request", Some(&*self.request_file)), ("response", body), ("index", Some(&*line))];
        let leak = texts.into_iter().find_map(|(what, bytes)| Some((what, redactor.leak(bytes?)?)));
        if let Some((what, spelling)) = leak {
            return Some(format!("{what}: a secret of this run is left in it ({spelling})"));
        }
        let field = stand_ins.left(kind, self, codec)?;
        Some(format!("`{field}` holds what a stand-in is to stand for"))
    }
}

impl Recorded<'_> {
    fn request_file(&self, stand_ins: StandIns, redacted: &mut Vec<String>) -> Vec<u8> {
        let Request { target, body, .. } = self.request;
        let body = Body(lines::spread(body.to_vec(), self.codec.protocol()));
        let written = match self.codec.protocol() {
            Protocol::Xml => body.0,
            Protocol::Json => {
                let target = stand_ins.replace_in_query(target, redacted);
                text::write_as_sent(&Request { target, body, ..self.request.clone() })
            }
        };
        self.clean(self.redactor.body(self.codec, &written), stand_ins, redacted)
    }

    /// The body of a reply as it goes onto the tape.
    pub(super) fn body(&self, stand_ins: StandIns, reply: &Reply, redacted: &mut Vec<String>) -> Vec<u8> {
        let body = Body(lines::spread(reply.body.to_vec(), self.codec.protocol()));
        let text = self.redactor.reply(self.codec, &Reply { body, ..reply.clone() });
        self.clean(text, stand_ins, redacted)
    }

    fn clean(&self, text: String, stand_ins: StandIns, redacted: &mut Vec<String>) -> Vec<u8> {
        let bytes = text.into_bytes();
        redacted.extend(blanked(&bytes));
        stand_ins.replace(bytes, self.codec.protocol(), redacted)
    }
}

const INDEX: &str = "tape.jsonl";
const FORMAT: u32 = 1;
/// What stands in the place of a secret.
pub(super) const BLANK: &str = "…";
const SESSION: &str = "x-domainrobot-sessionid";
const HEADERS: [&str; 4] = ["content-type", "date", "location", "retry-after"];

impl Folder {
    /// A new tape.
    pub(super) fn create(path: &Path, stand_ins: StandIns, live: bool) -> Result<Self, TapeError> {
        let made = certgate_files::make_private_folder(path).and_then(|()| certgate_files::check_folder(path, None));
        made.map_err(|why| unused(path, why))?;
        if Self::is_in(path) {
            return Err(at(
                &path.join(INDEX),
                "there is a tape already: record into another folder, or remove this one",
            ));
        }
        let head = Head { tape: FORMAT, stand_ins, live };
        let this = Self { path: path.to_owned(), head, entries: Vec::new() };
        this.line(&this.head)?;
        Ok(this)
    }

    /// Whether a tape is in that folder.
    pub(super) fn is_in(path: &Path) -> bool {
        path.join(INDEX).exists()
    }

    /// Removes its files, and no others.
    pub(super) fn remove(self) -> Result<(), TapeError> {
        let files = self.entries.iter().flat_map(|entry| [Some(&*entry.request), entry.response.as_deref()]);
        for name in files.flatten().chain([INDEX]) {
            let path = self.path.join(name);
            match fs::remove_file(&path) {
                Err(why) if why.kind() != std::io::ErrorKind::NotFound => return Err(at(&path, why)),
                _ => {}
            }
        }
        Ok(())
    }

    /// The tape in that folder.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn open(path: &Path) -> Result<Self, TapeError> {
        let index = path.join(INDEX);
        let text = read_plain(&index).and_then(|bytes| String::from_utf8(bytes).map_err(|why| at(&index, why)));
        let text = text.map_err(|why| match why {
            TapeError::File { path, why } => at(&path, format!("{why}: expected a tape's folder")),
            other => other,
        })?;
        let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let head = lines.next().map(|(_, line)| serde_json::from_str::<Head>(line));
        let head = match head {
            Some(Ok(head)) if head.tape == FORMAT => head,
            Some(Ok(head)) => {
                let why = format!("format {}: this certgate knows {FORMAT}", head.tape);
                return Err(broken(&index, 1, why));
            }
            Some(Err(why)) => return Err(broken(&index, 1, format!("{why}; expected {{\"tape\":{FORMAT}}}"))),
            None => return Err(broken(&index, 1, format!("it is empty; expected {{\"tape\":{FORMAT}}}"))),
        };
        let mut entries = Vec::new();
        for (number, line) in lines {
            let entry: Entry = serde_json::from_str(line).map_err(|why| broken(&index, number + 1, why.to_string()))?;
            let named = [Some(&entry.request), entry.response.as_ref()];
            if let Some(name) =
                named.into_iter().flatten().find(|name| name.contains(['/', '\\']) || name.starts_with('.'))
            {
                return Err(broken(&index, number + 1, format!("file `{name}` is not in the tape's folder")));
            }
            if let Err(why) = entry.transport.parse::<Protocol>() {
                return Err(broken(&index, number + 1, format!("transport {why}")));
            }
            if entry.response.is_some() == entry.error.is_some() || entry.response.is_some() != entry.status.is_some() {
                let why = "expected either `response` and `status`, or `error`";
                return Err(broken(&index, number + 1, why));
            }
            entries.push(entry);
        }
        Ok(Self { path: path.to_owned(), head, entries })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its exchanges, in the order of recording.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(super) fn stand_ins(&self) -> StandIns {
        self.head.stand_ins
    }

    pub(super) fn is_live(&self) -> bool {
        self.head.live
    }

    /// The codec of an exchange.
    pub fn codec(entry: &Entry) -> Box<dyn Codec> {
        codec_of(entry.protocol())
    }

    /// An exchange's files.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn exchange(&self, entry: &Entry) -> Result<Exchange, TapeError> {
        let read = |name: &String| read_plain(&self.path.join(name));
        self.exchange_of(entry, read(&entry.request)?, entry.response.as_ref().map(read).transpose()?)
    }

    /// An exchange whose files hold this.
    fn exchange_of(&self, entry: &Entry, request_file: Vec<u8>, body: Option<Vec<u8>>) -> Result<Exchange, TapeError> {
        let request = self.request(entry, &request_file)?;
        let reply = body.map(|body| Reply {
            status: entry.status.unwrap_or(200),
            headers: entry.headers.clone().into_iter().collect(),
            body: Body(body),
        });
        Ok(Exchange { request, reply, request_file })
    }

    fn request(&self, entry: &Entry, bytes: &[u8]) -> Result<Request, TapeError> {
        if entry.protocol() == Protocol::Xml {
            let body = Body(bytes.to_vec());
            return Ok(Request { method: Method::Post, target: String::new(), headers: Vec::new(), body });
        }
        let path = self.path.join(&entry.request);
        text::read(bytes).map_err(|why| at(&path, why))
    }

    /// The request alone.
    pub(super) fn request_of(&self, entry: &Entry) -> Result<Request, TapeError> {
        self.request(entry, &read_plain(&self.path.join(&entry.request))?)
    }

    /// What was sent back when it was recorded.
    pub(super) fn sent(&self, place: usize) -> Result<Result<Reply, TransportError>, TapeError> {
        let Some(entry) = self.entries.get(place) else {
            return Err(broken(&self.path.join(INDEX), place + 2, "there is no such exchange"));
        };
        if let Some(reply) = self.exchange(entry)?.reply {
            return Ok(Ok(reply));
        }
        let why = entry.error.clone().unwrap_or_else(|| "no reply came".to_owned());
        Ok(Err(match entry.not_sent {
            true => TransportError::NotSent(why, Phase::Connection),
            false => TransportError::Unanswered(why, Phase::Answer),
        }))
    }

    /// Adds an exchange: its files first, its line after them. One that would hold what it must not is not written.
    pub(super) fn add(&mut self, recorded: &Recorded<'_>) -> Result<(), TapeError> {
        let Recorded { kind, request: _, sent, codec, redactor } = recorded;
        let number = self.entries.len() + 1;
        let protocol = codec.protocol();
        let name = |side: &str, ending: &str| format!("{number:04}-{}.{side}.{ending}", kind.name());
        let mut redacted = Vec::new();
        let request_file = recorded.request_file(self.stand_ins(), &mut redacted);
        let mut entry = Entry {
            number,
            task: kind.name().to_owned(),
            transport: protocol.name().to_owned(),
            time: Timestamp::from_second(certgate_client::unix_now() / 1000).unwrap_or_default().to_string(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            request: name("request", if protocol == Protocol::Xml { "xml" } else { "http" }),
            response: None,
            status: None,
            headers: BTreeMap::new(),
            error: None,
            not_sent: false,
            redacted: Vec::new(),
        };
        let mut body = None;
        match sent {
            Ok(reply) => {
                entry.status = Some(reply.status);
                entry.headers = HEADERS
                    .into_iter()
                    .filter_map(|name| Some((name.to_owned(), redactor.header(reply.header(name)?))))
                    .collect();
                // That there is a session is part of the answer; which one is a secret.
                let cookie = reply.header("set-cookie").is_some_and(|cookie| cookie.contains("domainrobot_session="));
                if cookie || reply.header(SESSION).is_some() {
                    entry.headers.insert(SESSION.to_owned(), BLANK.to_owned());
                    redacted.push(SESSION.to_owned());
                }
                body = Some(recorded.body(self.stand_ins(), reply, &mut redacted));
                entry.response = Some(name("response", protocol.name()));
            }
            Err(error) => {
                entry.error = Some(redactor.text(&error.to_string()));
                entry.not_sent = matches!(error, TransportError::NotSent(..) | TransportError::Refused(..));
            }
        }
        redacted.sort();
        redacted.dedup();
        entry.redacted = redacted;
        let exchange = self.exchange_of(&entry, request_file, body)?;
        if let Some(why) = exchange.holds(&entry, *kind, *codec, redactor, self.stand_ins()) {
            let why = format!("exchange {}: {why}: it is not recorded", entry.title());
            return Err(at(&self.path.join(INDEX), why));
        }
        self.write(&entry.request, &exchange.request_file)?;
        if let (Some(name), Some(reply)) = (&entry.response, &exchange.reply) {
            self.write(name, &reply.body)?;
        }
        self.line(&entry)?;
        self.entries.push(entry);
        Ok(())
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), TapeError> {
        let path = self.path.join(name);
        let mut options = OpenOptions::new();
        options.create_new(true).write(true);
        private(&mut options);
        let mut file: File = options.open(&path).map_err(|why| at(&path, why))?;
        file.write_all(bytes).map_err(|why| at(&path, why))
    }

    fn line(&self, value: &impl Serialize) -> Result<(), TapeError> {
        let path = self.path.join(INDEX);
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        private(&mut options);
        let mut line = serde_json::to_vec(value).map_err(|why| at(&path, why))?;
        line.push(b'\n');
        options.open(&path).and_then(|mut file| file.write_all(&line)).map_err(|why| at(&path, why))
    }
}

/// No file of a tape is larger, in bytes: an answer is as large as the client takes, and is spread over lines here.
const LARGEST: u64 = 64 << 20;

/// Reads a file that comes with a tape, which may be somebody else's: no link, no device, nothing without an end.
fn read_plain(path: &Path) -> Result<Vec<u8>, TapeError> {
    certgate_files::read_plain(path, LARGEST).map_err(|why| unused(path, why))
}

fn private(options: &mut OpenOptions) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    #[cfg(not(unix))]
    let _ = options;
}

/// The names of the fields whose values were taken out.
fn blanked(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let mut names = Vec::new();
    for (at, _) in text.match_indices('…') {
        let before = text.get(..at).unwrap_or_default().trim_end_matches(['"', ' ', ':', '>']);
        let start = before.rfind(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c))).map_or(0, |at| at + 1);
        let name = before.get(start..).unwrap_or_default();
        if !name.is_empty() {
            names.push(name.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::blanked;

    #[test]
    fn names_of_what_was_taken_out() {
        assert_eq!(
            blanked("<auth><password>…</password></auth> {\"authinfo\": \"…\"}".as_bytes()),
            ["password", "authinfo"]
        );
    }
}
