//! Tapes: what is recorded answers itself and nothing else, and holds no secret.

use std::{
    collections::HashMap,
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use certgate_client::{Client, Error, GatewayError, Phase, Redactor, Transport, TransportError};
use certgate_domain::{AnyTask, Credentials, Secret, TaskKind, task::CertificateInfo};
use certgate_json::{JsonCodec, route};
use certgate_tape::{Offline, StandIns, Tape, TapeError, check};
use certgate_wire::{Body, Codec, Method, Reply, Request};
use certgate_xml::XmlCodec;
use pretty_assertions::assert_eq;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::openapi::{Api, Choice};

/// Answers every request with an answer of its own, which names how many there were.
struct Counting {
    codec: Box<dyn Codec>,
    count: usize,
}

impl Transport for Counting {
    fn send(&mut self, request: &Request, _: Duration) -> Result<Reply, TransportError> {
        self.count += 1;
        let kind = self.codec.decode_requests(None, request).unwrap().remove(0).value.task.kind();
        let answer = json!({ "stid": format!("stid-{}", self.count), "status": { "code": "S1", "type": "SUCCESS" } });
        let value = JsonCodec::default().decode_response(kind, &Reply::of(answer.to_string())).unwrap().value;
        Ok(self.codec.encode_responses(&[(kind, value)]).payload)
    }

    fn endpoint(&self) -> &str {
        "counting:"
    }
}

/// Always the same body, or none.
struct Saying(Option<Vec<u8>>);

impl Transport for Saying {
    fn send(&mut self, _: &Request, _: Duration) -> Result<Reply, TransportError> {
        match &self.0 {
            Some(body) => Ok(Reply::of(body.clone())),
            None => Err(TransportError::Unanswered("nobody answers".to_owned(), Phase::Answer)),
        }
    }

    fn endpoint(&self) -> &str {
        "saying:"
    }
}

fn codec(transport: &str) -> Box<dyn Codec> {
    if transport == "xml" { Box::new(XmlCodec::default()) } else { Box::new(JsonCodec::default()) }
}

fn client(transport: &str, carrier: Box<dyn Transport>, tape: &Tape) -> Client {
    Client::new(codec(transport), carrier, Credentials::new("user", Secret::new(SECRET), "9"))
        .with_pace(1_000_000)
        .with_interceptor(Arc::new(tape.clone()))
}

const SECRET: &str = "s3cr&t<>:ü]]>";

fn stid(client: &mut Client, task: &AnyTask) -> Result<String, Error> {
    Ok(client.exchange(task)?.answer.value.stid.unwrap())
}

fn tape_error(error: &Error) -> Option<&TapeError> {
    match error {
        Error::Intercepted(error) => error.downcast_ref(),
        _ => None,
    }
}

struct Arbitrary(fastrand::Rng);

impl Choice for Arbitrary {
    fn has(&mut self, field: &str) -> bool {
        self.0.u8(..10) < if field == "certificate" { 2 } else { 6 }
    }

    fn word(&mut self, words: &[Value]) -> Value {
        words[self.0.usize(..words.len())].clone()
    }

    fn text(&mut self, _: &str) -> String {
        let pieces = ["a", "Z", "7", "ü", "&", "<", "\"", "'", "]]>", " ", "\\", "&amp;", "😀"];
        let inside: String = (0..self.0.usize(..4)).map(|_| pieces[self.0.usize(..pieces.len())]).collect();
        format!("x{inside}y")
    }

    fn number(&mut self) -> i64 {
        self.0.i64(1..4)
    }

    fn flag(&mut self) -> bool {
        self.0.bool()
    }

    fn items(&mut self) -> usize {
        self.0.usize(..3)
    }
}

/// Requests of every kind of task, as both protocols can say them.
fn tasks(seed: u64) -> Vec<AnyTask> {
    let mut api = Api::new();
    let mut choice = Arbitrary(fastrand::Rng::with_seed(seed));
    let (json, xml) = (JsonCodec::default(), XmlCodec::default());
    let mut tasks = Vec::new();
    for operation in api.operations() {
        let kind = operation.kind;
        let (method, path) = route::route(kind);
        let body = operation.request.as_ref().map(|name| {
            let mut body = api.instance(name, &mut choice, &[]);
            if path.contains("{id}") {
                body["id"] = json!(7);
            }
            body.to_string().into_bytes()
        });
        let target = path.replace("{id}", "7");
        let request = Request { method, target, headers: vec![], body: Body(body.unwrap_or_default()) };
        let call = json.decode_requests(None, &request).unwrap().remove(0).value;
        let bytes = xml.encode_request(&call).payload;
        let there = xml.decode_requests(Some(kind), &bytes).unwrap().remove(0).value.task;
        // A login means who asks, which is not looked at; `hello` and `poll-info` are one in XML.
        let left_out = [TaskKind::SessionCreate, TaskKind::SessionDelete, TaskKind::Hello].contains(&kind);
        if there.missing().is_none() && !left_out {
            tasks.push(there);
        }
    }
    tasks
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// Each request is answered by its own exchange, whatever the order; what was not recorded is not answered.
    #[test]
    fn a_request_matches_itself_and_nothing_else(seed in any::<u64>()) {
        for transport in ["xml", "json"] {
            let folder = tempfile::tempdir().unwrap();
            let tape = Tape::record(folder.path(), StandIns::default(), false).unwrap();
            let mut recording = client(transport, Box::new(Counting { codec: codec(transport), count: 0 }), &tape);
            let all = tasks(seed).into_iter().chain(tasks(seed ^ 1)).enumerate();
            let (recorded, others): (Vec<_>, Vec<_>) = all.partition(|(at, _)| at % 4 != 3);
            let stids: Vec<String> = recorded.iter().map(|(_, task)| stid(&mut recording, task).unwrap()).collect();
            tape.finish().unwrap();

            let tape = Tape::replay(folder.path()).unwrap();
            let mut replaying = client(transport, Box::new(Offline), &tape);
            for (_, other) in &others {
                if recorded.iter().all(|(_, task)| task != other) {
                    let error = stid(&mut replaying, other).unwrap_err();
                    prop_assert!(matches!(tape_error(&error), Some(TapeError::Unmatched { .. })), "{}", error);
                }
            }
            let mut order: Vec<usize> = (0..recorded.len()).collect();
            fastrand::Rng::with_seed(seed).shuffle(&mut order);
            for place in order {
                let task = &recorded[place].1;
                let found = stid(&mut replaying, task).unwrap();
                // Two that are equal are answered in their order: either of them is right.
                let mut twins = recorded.iter().zip(&stids).filter(|((_, other), _)| other == task);
                prop_assert!(twins.any(|(_, stid)| *stid == found), "{}", found);
            }
            tape.finish().unwrap();
            // Nothing is answered twice.
            let error = stid(&mut replaying, &recorded[0].1).unwrap_err();
            prop_assert!(error.to_string().contains("was asked for already"), "{}", error);
        }
    }
}

/// A tape of one protocol answers over the other what means the same, after what was recorded over it.
#[test]
fn a_tape_answers_over_the_other_protocol() {
    for (recorded, asked) in [("json", "xml"), ("xml", "json")] {
        let folder = tempfile::tempdir().unwrap();
        let tape = Tape::record(folder.path(), StandIns::default(), false).unwrap();
        let mut first = client(recorded, Box::new(Counting { codec: codec(recorded), count: 0 }), &tape);
        let mut second = client(asked, Box::new(Counting { codec: codec(asked), count: 100 }), &tape);
        let [one, other] = [571, 572].map(|id| AnyTask::from(CertificateInfo::new(id)));
        let hello = AnyTask::from(certgate_domain::task::Hello);
        for task in [&one, &one, &hello] {
            stid(&mut first, task).unwrap();
        }
        stid(&mut second, &one).unwrap();

        let tape = Tape::replay(folder.path()).unwrap();
        let mut replaying = client(asked, Box::new(Offline), &tape);
        for (task, expected) in [(&one, "stid-101"), (&one, "stid-1"), (&hello, "stid-3"), (&one, "stid-2")] {
            assert_eq!(stid(&mut replaying, task).unwrap(), expected, "{recorded} asked over {asked}");
        }
        tape.finish().unwrap();
        let error = stid(&mut replaying, &other).unwrap_err();
        assert!(matches!(tape_error(&error), Some(TapeError::Unmatched { .. })), "{error}");
    }
}

/// An answer that cannot be read over its own protocol cannot be said over the other.
#[test]
fn an_unreadable_answer_is_not_translated() {
    let folder = tempfile::tempdir().unwrap();
    let tape = Tape::record(folder.path(), StandIns::default(), false).unwrap();
    let mut recording = client("json", Box::new(Saying(Some(b"<html>".to_vec()))), &tape);
    assert!(matches!(recording.call(CertificateInfo::new(571)), Err(Error::Gateway(GatewayError::Undecodable { .. }))));
    let tape = Tape::replay(folder.path()).unwrap();
    let mut replaying = client("xml", Box::new(Offline), &tape);
    let error = replaying.call(CertificateInfo::new(571)).unwrap_err();
    assert!(error.to_string().contains("its answer over json cannot be said over xml"), "{error}");
}

/// A file of a tape that is somebody else's trap is refused at once.
#[cfg(unix)]
#[test]
fn only_plain_files_are_read() {
    for trap in ["link", "pipe", "folder", "too large"] {
        let folder = tempfile::tempdir().unwrap();
        let tape = Tape::record(folder.path(), StandIns::default(), false).unwrap();
        let mut recording = client("json", Box::new(Counting { codec: codec("json"), count: 0 }), &tape);
        recording.call(CertificateInfo::new(571)).unwrap();
        let answer = folder.path().join("0001-certificate-info.response.json");
        let moved = folder.path().join("moved");
        fs::rename(&answer, &moved).unwrap();
        match trap {
            "link" => std::os::unix::fs::symlink(&moved, &answer).unwrap(),
            "pipe" => assert!(std::process::Command::new("mkfifo").arg(&answer).status().unwrap().success()),
            "too large" => fs::File::create(&answer).unwrap().set_len(65 << 20).unwrap(),
            _ => fs::create_dir(&answer).unwrap(),
        }
        let tape = Tape::replay(folder.path()).unwrap();
        let error = client("json", Box::new(Offline), &tape).call(CertificateInfo::new(571)).unwrap_err();
        let Some(TapeError::File { path, why }) = tape_error(&error) else { panic!("{trap}: {error}") };
        assert_eq!((path, why.is::<std::io::Error>()), (&answer, trap == "too large"), "{trap}: {error}");
    }
}

/// Every spelling that the search knows is taken out, also where an answer echoes the password.
#[test]
fn spellings_are_taken_out() {
    for (spelled, left) in [
        (SECRET, "…"),
        ("\\u0073\\u0033\\u0063r&t<>:\\u00fc]]>", "…"),
        ("s3cr&#38;t&#60;&#62;&#58;ü]]&#62;", "…"),
        ("%73%33%63%72%26t%3c%3e%3a%c3%bc%5d%5d%3e", "…"),
        ("s3cr&amp;t\\u0026lt;&gt;:ü]]&gt;", "…"),
        ("s3cr&amp;amp;t&amp;lt;&amp;gt;:ü]]&amp;gt;", "…"),
        ("eHhzM2NyJnQ8\\n  PjrDvF1dPnl5", "eHh…nl5"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let tape = Tape::record(folder.path(), StandIns::default(), false).unwrap();
        let body = format!(r#"{{"status":{{"code":"S1","type":"SUCCESS","text":"{spelled}"}}}}"#);
        let mut recording = client("json", Box::new(Saying(Some(body.into_bytes()))), &tape);
        recording.call(CertificateInfo::new(571)).unwrap();
        tape.finish().unwrap();
        assert!(tape.time().is_some(), "what is checked by the tape's time in a replay is so in the recording");
        assert_eq!(Tape::replay(folder.path()).unwrap().time(), tape.time(), "before anything is asked, too");
        let text = fs::read_to_string(folder.path().join("0001-certificate-info.response.json")).unwrap();
        assert!(text.contains(&format!("\"text\": \"{left}\"")), "{text}");
        if left == "…" {
            let index = fs::read_to_string(folder.path().join("tape.jsonl")).unwrap();
            let entry: Value = serde_json::from_str(index.lines().nth(1).unwrap()).unwrap();
            assert_eq!(entry["redacted"], json!(["text"]), "{spelled}");
        }
    }
}

/// An error page in another encoding takes no secret onto the tape.
#[test]
fn pages_in_other_encodings_are_read_first() {
    let page = format!("<html><pre>password={SECRET}</pre></html>");
    let little = page.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    for body in [[vec![0xFF, 0xFE], little.clone()].concat(), little] {
        let folder = tempfile::tempdir().unwrap();
        let tape = Tape::record(folder.path(), StandIns::default(), false).unwrap();
        let mut recording = client("xml", Box::new(Saying(Some(body))), &tape);
        let Err(Error::Gateway(GatewayError::Undecodable { body, .. })) = recording.call(CertificateInfo::new(571))
        else {
            panic!()
        };
        tape.finish().unwrap();
        assert_eq!(String::from_utf8(body).unwrap(), "<html><pre>password=…</pre></html>");
        let text = fs::read_to_string(folder.path().join("0001-certificate-info.response.xml")).unwrap();
        assert!(text.contains("password=…"), "{text}");
    }
}

/// What is no answer of the protocol is recorded without what it calls a secret, and not at all where none can be found in it.
#[test]
fn what_is_no_answer_takes_no_secret_onto_the_tape() {
    for (body, expected) in [
        (&b"\x1F\x8B\x08packed"[..], "(9 bytes, not kept: a compressed body (gzip))"),
        (b"<auth password=\"another\"/><password>another</password>", "<auth password=\"…\"/><password>…</password>"),
        (b"{'password': 'another'}", "{'password': '…'}"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let tape = Tape::record(folder.path(), StandIns::default(), false).unwrap();
        client("json", Box::new(Saying(Some(body.into()))), &tape).call(CertificateInfo::new(571)).unwrap_err();
        tape.finish().unwrap();
        let recorded = fs::read_to_string(folder.path().join("0001-certificate-info.response.json")).unwrap();
        assert_eq!(recorded, expected);
    }
}

/// A person's data in a place that cannot be written over, and a number is one, is not recorded.
#[test]
fn what_cannot_be_replaced_is_not_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let stand_ins = StandIns { phones: true, ..StandIns::default() };
    let tape = Tape::record(folder.path(), stand_ins, false).unwrap();
    let body = r#"{"status":{"code":"S1","type":"SUCCESS"},"data":[{"adminContact":{"phone":4912345}}]}"#;
    let mut recording = client("json", Box::new(Saying(Some(body.as_bytes().to_vec()))), &tape);
    recording.call(CertificateInfo::new(571)).unwrap();
    let error = tape.finish().unwrap_err().to_string();
    assert!(error.contains("`phone` holds what a stand-in is to stand for: it is not recorded"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// Who waits for the gateway in a replay waits for nobody.
#[test]
fn a_replay_does_not_wait() {
    let tape = Tape::replay(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/_tapes/reissue-json")).unwrap();
    let mut replaying = client("json", Box::new(Offline), &tape);
    let (start, hour) = (Instant::now(), Duration::from_secs(3600));
    replaying.rest(hour).unwrap();
    assert!(replaying.now() >= hour && start.elapsed() < hour);
}

/// A failed exchange is played back as it failed.
#[test]
fn what_was_not_answered_is_not_answered_again() {
    let folder = tempfile::tempdir().unwrap();
    let tape = Tape::record(folder.path(), StandIns::default(), false).unwrap();
    let mut recording = client("xml", Box::new(Saying(None)), &tape).without_retries();
    let said = recording.call(CertificateInfo::new(571)).unwrap_err().to_string();
    let tape = Tape::replay(folder.path()).unwrap();
    let mut replaying = client("xml", Box::new(Offline), &tape).without_retries();
    assert_eq!(replaying.call(CertificateInfo::new(571)).unwrap_err().to_string(), said);
    tape.finish().unwrap();
}

/// Every fixture of an answer, taken onto a tape, passes its check but for what is odd in the fixture itself.
#[test]
fn fixtures_pass_the_check() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let any: HashMap<TaskKind, AnyTask> = tasks(1).into_iter().map(|task| (task.kind(), task)).collect();
    let (mut count, mut documented) = (0, 0);
    for transport in ["xml", "json"] {
        for kind in TaskKind::ALL {
            for case in fs::read_dir(fixtures.join(kind.name())).unwrap().map(|case| case.unwrap().path()) {
                let Ok(body) = fs::read(case.join(format!("response.{transport}"))) else { continue };
                // More than one result in a payload is no exchange.
                let Ok(answer) = codec(transport).decode_response(*kind, &Reply::of(body.clone())) else { continue };
                let Some(task) = request_of(&case, *kind, transport).or_else(|| any.get(kind).cloned()) else {
                    continue;
                };
                let folder = tempfile::tempdir().unwrap();
                let tape = Tape::record(folder.path(), StandIns::default(), false).unwrap();
                client(transport, Box::new(Saying(Some(body))), &tape).exchange(&task).unwrap();
                tape.finish().unwrap();
                let problems = check(folder.path(), None, &Redactor::default()).unwrap().remove(0).problems;
                let odd: Vec<String> =
                    answer.findings.iter().map(|finding| format!("response: {} ", finding.kind.as_str())).collect();
                let new: Vec<&String> = problems.iter().filter(|problem| !problem.starts_with("response: ")).collect();
                assert!(new.is_empty() && problems.len() <= odd.len(), "{transport} {}: {problems:?}", case.display());
                count += 1;
                documented += usize::from(case.ends_with("documented"));
            }
        }
    }
    assert!(count > 60 && documented >= 8, "{count} {documented}");
}

fn request_of(case: &Path, kind: TaskKind, transport: &str) -> Option<AnyTask> {
    let request = match transport {
        "xml" => {
            let body = Body(fs::read(case.join("request.xml")).ok()?);
            Request { method: Method::Post, target: String::new(), headers: vec![], body }
        }
        _ => certgate_json::text::read(&fs::read(case.join("request.json")).ok()?).ok()?,
    };
    let task = codec(transport).decode_requests(Some(kind), &request).ok()?.pop()?.value.task;
    (task.missing().is_none() && task.kind() == kind).then_some(task)
}
