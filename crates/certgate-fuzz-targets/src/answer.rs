//! Answers of a gateway.

use certgate::Redactor;
use certgate_domain::{AnyData, Credentials, Response, Secret, TaskKind};
use certgate_json::{JsonCodec, document};
use certgate_wire::{Codec, DecodeError, Encoded, Finding, FindingKind, Reply};
use certgate_xml::XmlCodec;

use crate::silent_change::silently_changed;

pub(crate) fn json(data: &[u8]) {
    read(&JsonCodec::default(), &XmlCodec::default(), data);
}

pub(crate) fn xml(data: &[u8]) {
    read(&XmlCodec::default(), &JsonCodec::default(), data);
}

/// The task that a byte stands for, and what follows.
pub(crate) fn task(data: &[u8]) -> Option<(Option<TaskKind>, &[u8])> {
    let (first, rest) = data.split_first()?;
    let kind = usize::from(*first).checked_sub(1).map(|at| TaskKind::ALL[at % TaskKind::ALL.len()]);
    Some((kind, rest))
}

fn read(codec: &dyn Codec, other: &dyn Codec, data: &[u8]) {
    let Some((Some(kind), body)) = task(data) else { return };
    redacted(codec, body);
    match codec.decode_responses(kind, &Reply::of(body)) {
        Err(why) => stands_in(&why, body),
        Ok(answers) => {
            // What nobody knows is left out, and a record that has nothing else is gone with it.
            for answer in answers.iter().filter(|answer| is_known(&answer.findings)) {
                said_again(codec, kind, &answer.value);
                crosses(codec, other, kind, &answer.value);
            }
        }
    }
}

/// Whether all of a payload was understood, odd values included.
pub(crate) fn is_known(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.kind != FindingKind::Unknown)
}

/// What is wrong has a place that is there.
pub(crate) fn stands_in(why: &DecodeError, body: &[u8]) {
    if let Some(place) = why.place {
        let ends = |byte: &&u8| matches!(byte, b'\n' | b'\r');
        let lines = 1 + body.iter().filter(ends).count();
        assert!((1..=lines + 1).contains(&place.line) && place.column > 0, "{why} in {lines} lines");
    }
    assert!(!why.found.is_empty() && !why.expected.is_empty(), "{why}");
}

/// Nothing of the run's secrets is left, and nothing more is to be taken out of what was redacted.
fn redacted(codec: &dyn Codec, body: &[u8]) {
    let secrets = Redactor::new(&Credentials::new("user", Secret::new("s3cr&t<>:ü]]>password"), "9"));
    let text = secrets.body(codec, body);
    assert_eq!(secrets.leak(text.as_bytes()), None, "{text}");
    let blank = codec.redact(body);
    assert_eq!(String::from_utf8_lossy(&codec.redact(&blank)), String::from_utf8_lossy(&blank));
}

/// In its own protocol an answer means the same when it is said again, or what is lost is told.
fn said_again(codec: &dyn Codec, kind: TaskKind, answer: &Response<AnyData>) {
    let Encoded { payload, losses } = codec.encode_responses(&[(kind, answer.clone())]);
    if losses.is_empty() {
        let back = codec.decode_response(kind, &payload).unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(back.value, *answer, "{}", String::from_utf8_lossy(&payload.body));
    }
}

/// In the other protocol an answer means the same, or what is lost is told; what came through once comes back whole.
fn crosses(codec: &dyn Codec, other: &dyn Codec, kind: TaskKind, answer: &Response<AnyData>) {
    let Encoded { payload, losses } = other.encode_responses(&[(kind, answer.clone())]);
    let Ok(there) = other.decode_response(kind, &payload) else {
        assert!(!losses.is_empty(), "it cannot be read: {}", String::from_utf8_lossy(&payload.body));
        return;
    };
    // Items of a list move up where one is lost whole.
    if losses.is_empty() {
        let silent = silently_changed(&document::response(answer), &document::response(&there.value), &losses);
        assert_eq!(silent, Vec::<String>::new(), "{}", String::from_utf8_lossy(&payload.body));
        let back = codec.encode_responses(&[(kind, there.value.clone())]);
        assert_eq!(back.losses, Vec::new(), "what came through cannot be said any more");
        let back = codec.decode_response(kind, &back.payload).unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(back.value, there.value);
    }
}
