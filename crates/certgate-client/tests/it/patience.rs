//! How long a client tries, and what it keeps of an answer that it does not take.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use certgate_client::{
    Client, Error, GatewayError, HttpSettings, HttpTransport, NetworkError, Phase, Trace, Transport, TransportError,
};
use certgate_domain::{
    Credentials, GenericObject, Message, Response, Secret, Status, StatusCode, TaskKind,
    task::{CertificateDelete, CertificateInfo, Hello},
};
use certgate_json::JsonCodec;
use certgate_simulator::{Gateway, Server, Settings};
use certgate_wire::{Body, Codec, Reply, Request};
use certgate_xml::XmlCodec;
use pretty_assertions::assert_eq;

/// Says the same to everything, and notes how long each request was given.
struct Stubborn {
    says: Result<Reply, TransportError>,
    given: Arc<Mutex<Vec<Duration>>>,
}

impl Transport for Stubborn {
    fn send(&mut self, request: &Request, timeout: Duration) -> Result<Reply, TransportError> {
        self.given.lock().unwrap().push(timeout);
        if request.target.starts_with("/login") && request.method == certgate_wire::Method::Post {
            let headers = vec![("X-Domainrobot-SessionId".to_owned(), "a-session-of-this-run".to_owned())];
            let body = br#"{"status":{"code":"S1321001","type":"SUCCESS"}}"#;
            return Ok(Reply { status: 200, headers, body: Body(body.to_vec()) });
        }
        self.says.clone()
    }

    fn endpoint(&self) -> &str {
        "http://localhost"
    }
}

fn client(says: Result<Reply, TransportError>) -> (Client, Arc<Mutex<Vec<Duration>>>) {
    let given = Arc::new(Mutex::new(Vec::new()));
    let transport = Stubborn { says, given: given.clone() };
    let credentials = Credentials::new("user", Secret::new("a password"), "9");
    (Client::new(Box::new(JsonCodec::default()), Box::new(transport), credentials).with_pace(1000), given)
}

/// What a text of an answer assigns to a password is handed to nobody, whoever's it is.
#[test]
fn no_text_tells_a_password() {
    let said = |text: &str| Some(format!("{text} (password='S3cret', user=u)"));
    let message = |messages| Message {
        text: said("text"),
        notice: said("notice"),
        objects: vec![GenericObject { r#type: Some("certificate".to_owned()), value: said("object") }],
        messages,
        ..Message::default()
    };
    for code in ["E400104", "S400104"] {
        let status = Status { code: Some(StatusCode::new(code)), text: said("status"), r#type: None };
        let messages = vec![message(vec![message(vec![])])];
        let answer = Response { stid: None, ctid: None, status, object: None, messages, data: vec![] };
        let codecs: [Box<dyn Codec>; 2] = [Box::new(XmlCodec::default()), Box::new(JsonCodec::default())];
        for codec in codecs {
            let reply = codec.encode_responses(&[(TaskKind::CertificateInfo, answer.clone())]).payload;
            let transport = Stubborn { says: Ok(reply), given: Arc::default() };
            let mut client = Client::new(codec, Box::new(transport), Credentials::new("user", Secret::new("own"), "9"));
            let heard = client.exchange(&CertificateInfo::new(571).into()).unwrap().answer.value;
            let texts = heard.all_messages().flat_map(|message| {
                let object = message.objects.first().and_then(|object| object.value.as_deref());
                [message.text.as_deref(), message.notice.as_deref(), object]
            });
            let texts: Vec<&str> = [heard.status.text.as_deref()].into_iter().chain(texts).flatten().collect();
            let expected = ["status", "text", "notice", "object", "text", "notice", "object"];
            let expected = expected.map(|name| format!("{name} (password='…', user=u)"));
            assert_eq!(texts, expected, "{} {code}", client.protocol());
        }
    }
    // What was found where something else was expected.
    let reply = Reply::of(r#"{"status":{"code":"S400104"},"data":[{"id":"password=S3cret"}]}"#);
    let transport = Stubborn { says: Ok(reply), given: Arc::default() };
    let mut client = Client::new(
        Box::new(JsonCodec::default()),
        Box::new(transport),
        Credentials::new("user", Secret::new("own"), "9"),
    );
    let why = client.exchange(&CertificateInfo::new(571).into()).unwrap_err().to_string();
    assert!(why.contains("data[0].id: found `password=…") && !why.contains("S3cret"), "{why}");
}

fn is_unreachable(error: &Error) -> bool {
    matches!(error, Error::Network(NetworkError::Unreachable { .. }))
}

fn turned_away(status: u16, retry_after: &str) -> Reply {
    let headers = [("Retry-After", retry_after), ("Date", "Sun, 06 Nov 1994 08:49:37 GMT")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    Reply { status, headers, body: Body(b"busy".to_vec()) }
}

/// However long the gateway asks everybody to wait: nothing ends in a panic, nothing sleeps for a day, and nothing is sent.
#[test]
fn a_long_retry_after() {
    for retry_after in
        ["600", "86400", "18446744073709551615", "99999999999999999999999", "Sun, 06 Nov 1994 08:59:37 GMT"]
    {
        for status in [429, 503] {
            let (mut client, given) = client(Ok(turned_away(status, retry_after)));
            let error = client.call(CertificateInfo::new(571)).unwrap_err();
            assert!(is_unreachable(&error), "{error}");
            for _ in 0..2 {
                let error = client.call(CertificateDelete::new(571)).unwrap_err();
                assert!(
                    matches!(error, Error::Network(NetworkError::Unreachable { attempts: 0, phase: Phase::Pace, .. })),
                    "{error}"
                );
                assert!(error.to_string().contains("no request leave for"), "{error}");
            }
            assert_eq!(given.lock().unwrap().len(), 1, "{status} {retry_after}");
        }
    }
}

/// What the protocol says counts, and not the HTTP status alone; a refusal for the pace is told with its code.
#[test]
fn an_answer_that_asks_to_slow_down() {
    let busy = |body: &str| Reply { body: Body(body.as_bytes().to_vec()), ..turned_away(429, "86400") };
    let (mut client, given) = client(Ok(busy(r#"{"status":{"code":"S400104","type":"SUCCESS"},"data":[{"id":571}]}"#)));
    assert_eq!(client.call(CertificateInfo::new(571)).unwrap().value.data[0].id, Some(571));
    assert_eq!(given.lock().unwrap().len(), 1);
    let refusal = r#"{"stid":"20260101-app1","status":{"code":"E400104","type":"ERROR"}}"#;
    let (mut client, given) = self::client(Ok(busy(refusal)));
    let error = client.call(CertificateInfo::new(571)).unwrap_err();
    assert_eq!((is_unreachable(&error), given.lock().unwrap().len()), (true, 1));
    assert!(error.to_string().contains("(HTTP 429): nothing was done (E400104, stid 20260101-app1)"), "{error}");
}

/// What came of a task that was asked once: `done`, `refused`, `unreachable` (nothing was done), or `unknown`.
fn came_to(client: Client, is_safe: bool) -> &'static str {
    let mut client = client.without_retries();
    let called = match is_safe {
        true => client.call(CertificateInfo::new(571)).map(drop),
        false => client.call(CertificateDelete::new(571)).map(drop),
    };
    match called {
        Ok(()) => "done",
        Err(Error::Gateway(GatewayError::Refused(_))) => "refused",
        Err(Error::Network(NetworkError::Unreachable { .. })) => "unreachable",
        Err(Error::Network(NetworkError::OutcomeUnknown { .. })) => "unknown",
        Err(other) => panic!("{other}"),
    }
}

/// Only what is safe to repeat is taken as not done where somebody between says that he has no answer: of anything else a refusal with 503 is the
/// gateway's own, and without an answer of the protocol nobody knows.
#[test]
fn who_answers_with_503_for_a_task_that_is_not_safe_to_repeat() {
    let refusal = r#"{"status":{"code":"E400104","type":"ERROR"},"messages":[{"text":"later"}]}"#;
    for (status, body, safe, unsafe_) in [
        (503, refusal, "unreachable", "refused"),
        (502, refusal, "unreachable", "unknown"),
        (504, refusal, "unreachable", "unknown"),
        (500, refusal, "refused", "refused"),
        (503, "<html>", "unreachable", "unknown"),
        (502, "<html>", "unreachable", "unknown"),
    ] {
        for (is_safe, expected) in [(true, safe), (false, unsafe_)] {
            let (client, given) = client(Ok(Reply { status, ..Reply::of(body) }));
            assert_eq!(came_to(client, is_safe), expected, "{status} {body} {is_safe}");
            assert_eq!(given.lock().unwrap().len(), 1, "{status} {body} {is_safe}");
        }
    }
}

/// An answer of the protocol that says done is believed, whatever HTTP says beside it.
#[test]
fn what_is_done_is_done_whatever_the_status() {
    for status in [200, 400, 401, 403, 500, 502, 503, 504] {
        let done = || Ok(Reply { status, ..Reply::of(r#"{"status":{"code":"S400104","type":"SUCCESS"}}"#) });
        for is_safe in [true, false] {
            assert_eq!(came_to(client(done()).0, is_safe), "done", "{status} {is_safe}");
        }
        // Of a session that is under way, too: its beginning, two tasks, its end.
        let (client, given) = client(done());
        let mut client = client.with_session();
        for _ in 0..2 {
            client.call(CertificateDelete::new(571)).unwrap();
        }
        drop(client);
        assert_eq!(given.lock().unwrap().len(), 4, "{status}");
    }
}

/// A session is left open rather than a run kept from its end: one attempt, a short one.
#[test]
fn a_session_is_ended_in_passing() {
    let (client, given) = client(Err(TransportError::Unanswered("nobody there".to_owned(), Phase::Answer)));
    let mut client = client.with_session().without_retries().with_longest(Duration::from_secs(77));
    client.call(Hello).unwrap_err();
    let mut client = client.with_deadline(Duration::from_secs(3600));
    assert!(client.close().is_err());
    assert_eq!(*given.lock().unwrap(), [77, 77, 5].map(Duration::from_secs));
}

/// An answer that is too large is told as what it was, and its start is kept.
#[test]
fn an_answer_that_is_too_large() {
    let server = Server::start(Gateway::with(Settings::default()), "127.0.0.1:0".parse().unwrap()).unwrap();
    let settings = HttpSettings { body_limit: 60, ..HttpSettings::default() };
    let transport = HttpTransport::new(&server.json_endpoint(), settings).unwrap();
    let credentials = Credentials::new("user", Secret::new("password"), "9");
    let mut client = Client::new(Box::new(JsonCodec::default()), Box::new(transport), credentials);
    let error = client.call(CertificateInfo::new(1)).unwrap_err();
    let Error::Gateway(GatewayError::Undecodable { http_status, body, error, .. }) = &error else { panic!("{error}") };
    assert_eq!((*http_status, error.found.as_str()), (400, "more than 60 bytes"));
    assert_eq!(body.first(), Some(&b'{'));
}

/// Where an answer is cut off, no part of a secret is left.
#[test]
fn a_secret_across_the_end_of_what_is_kept() {
    for cut in [1, 5, 9] {
        let start = format!("{}{}", "x".repeat((64 << 10) - cut), "a password".get(..cut).unwrap());
        let reply = Reply { status: 200, headers: Vec::new(), body: Body(start.into_bytes()) };
        let (mut client, _) = client(Err(TransportError::TooLarge { limit: 1 << 20, start: Box::new(reply) }));
        let Err(Error::Gateway(GatewayError::Undecodable { body, .. })) = client.call(CertificateInfo::new(571)) else {
            panic!()
        };
        assert!(body.len() > 32 << 10 && body.iter().all(|byte| *byte == b'x'), "{cut}");
    }
}

/// An answer in a coding that nobody asked for is named, and nothing of it is kept: secrets in it cannot be taken out.
#[test]
fn a_compressed_answer_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let trace_file = folder.path().join("trace");
    let plain = br#"{"status":{"code":"S400104","type":"SUCCESS"}}"#;
    // Read as windows-1252 and back, its bytes are the same.
    let packed = [0x1F, 0x8B, 8, 0, b'p', b'a', b's', b's'];
    for (codings, body, found) in [
        (&["gzip"][..], &plain[..], Some("Content-Encoding: gzip")),
        (&["identity", "br"], plain, Some("Content-Encoding: br")),
        (&[], &packed, Some("a compressed body (gzip)")),
        (&["identity"], plain, None),
    ] {
        let headers = codings.iter().map(|coding| ("Content-Encoding".to_owned(), (*coding).to_owned())).collect();
        let reply = Reply { status: 200, headers, body: Body(body.to_vec()) };
        let too_large = TransportError::TooLarge { limit: 1, start: Box::new(reply.clone()) };
        for says in [Ok(reply), Err(too_large)] {
            let is_whole = says.is_ok();
            let _ = std::fs::remove_file(&trace_file);
            let trace = Arc::new(Trace::to(&trace_file).unwrap());
            let client = client(says).0.with_interceptor(trace.clone());
            let asked = { client }.call(CertificateInfo::new(571));
            trace.finish().unwrap();
            let traced = std::fs::read_to_string(&trace_file).unwrap();
            let Some(found) = found else {
                assert_eq!((asked.is_ok(), traced.contains("S400104")), (is_whole, is_whole), "{traced}");
                continue;
            };
            let Error::Gateway(GatewayError::Undecodable { http_status: 200, error, body: kept, .. }) =
                asked.unwrap_err()
            else {
                panic!("{found}")
            };
            let kept = String::from_utf8(kept).unwrap();
            let expected = format!("({} bytes, not kept: {found})", body.len());
            // Of the start of a long one a part may be missing at its end.
            assert!(expected.starts_with(&kept) && !kept.is_empty(), "{kept}");
            if is_whole {
                assert_eq!((error.found.as_str(), kept.as_str()), (found, expected.as_str()));
                assert!(traced.contains(&format!("\"response\":\"{expected}\"")), "{traced}");
            }
        }
    }
}

/// What is no text may be compressed without a word of it. Text may be cut short, and in UTF-16.
#[test]
fn what_is_no_text_is_not_kept() {
    let wide: Vec<u8> = "\u{FEFF}<html>ü</html>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (body, expected) in [
        (&[0x0B, 0x02, 0x80, b'p', b'a', b's', b's', 0x03][..], "(8 bytes, not kept: it is no text)"),
        (&[0x28, 0xB5, 0x2F, 0xFD, b's', b'e', b'c'], "(7 bytes, not kept: it is no text)"),
        (b"plain\0text", "(10 bytes, not kept: it is no text)"),
        ("<html>ü</html>".as_bytes(), "<html>ü</html>"),
        (&"<html>ü".as_bytes()[..7], "<html>Ã"),
        (&wide, "<html>ü</html>"),
        (b"", ""),
    ] {
        let mut client = client(Ok(Reply::of(body))).0;
        let Err(Error::Gateway(GatewayError::Undecodable { body: kept, .. })) = client.call(CertificateInfo::new(571))
        else {
            panic!("{body:?}")
        };
        assert_eq!(String::from_utf8(kept).unwrap(), expected, "{body:?}");
    }
}

/// A secret of somebody else is neither kept nor traced, whatever the answer is.
#[test]
fn a_secret_in_what_is_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    for body in [
        "<auth password=\"another\"/><password>another</password>",
        "{'password': 'another'}",
        "password=another",
        "<key>password</key><value>another</value>",
        "{\"key\":\"password\",\"value\":\"another\"}",
        "<password type=\"a\">another</password>",
        "<!DOCTYPE a [<!ENTITY p \"another\">]><password>&p;</password>",
    ] {
        let file = folder.path().join(body.len().to_string());
        let trace = Arc::new(Trace::to(&file).unwrap());
        let mut client = client(Ok(Reply::of(body))).0.with_interceptor(trace.clone());
        let Err(Error::Gateway(GatewayError::Undecodable { body: kept, .. })) = client.call(CertificateInfo::new(571))
        else {
            panic!("{body}")
        };
        trace.finish().unwrap();
        for shown in [String::from_utf8(kept).unwrap(), std::fs::read_to_string(file).unwrap()] {
            assert!(shown.contains('…') && !shown.contains("another"), "{shown}");
        }
    }
}

/// What cannot get better is not tried again; an order is unknown only where it may have left.
#[test]
fn what_cannot_get_better_is_tried_once() {
    for (says, leaves_open) in [
        (TransportError::Refused("no trust".to_owned(), Phase::Tls), false),
        (TransportError::Unreadable("a folded line".to_owned()), true),
    ] {
        let (mut client, given) = client(Err(says.clone()));
        assert!(is_unreachable(&client.call(CertificateInfo::new(571)).unwrap_err()), "{says}");
        let error = client.call(CertificateDelete::new(571)).unwrap_err();
        assert_eq!((is_unreachable(&error), error.leaves_outcome_open()), (!leaves_open, leaves_open), "{says}");
        assert_eq!(given.lock().unwrap().len(), 2, "{says}");
    }
}

/// A redirect of an order may be how its gateway tells that it was carried out; only one that asks for the same request elsewhere was not.
#[test]
fn a_redirect_of_an_order() {
    for (status, is_open) in
        [(300, true), (301, false), (302, true), (303, true), (304, true), (307, false), (308, false)]
    {
        let headers = vec![("Location".to_owned(), "https://elsewhere.example/?token=another".to_owned())];
        let reply = Reply { status, headers, body: Body(b"<html>".to_vec()) };
        let (mut client, given) = client(Ok(reply));
        let error = client.call(CertificateDelete::new(571)).unwrap_err();
        assert_eq!((error.leaves_outcome_open(), is_unreachable(&error)), (is_open, !is_open), "{status}: {error}");
        assert!(error.to_string().contains("https://elsewhere.example/?token=…"), "{status}: {error}");
        let error = client.call(CertificateInfo::new(571)).unwrap_err();
        assert!(is_unreachable(&error), "{status}");
        let told = if status == 304 { "HTTP 304 is no answer" } else { "redirects are refused, correct the endpoint" };
        assert!(error.to_string().contains(told), "{status}: {error}");
        assert_eq!(given.lock().unwrap().len(), 2, "{status}: nothing is sent twice");
    }
}
