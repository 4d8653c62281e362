//! Payloads that say themselves what they are.

use std::{fs, path::Path};

use certgate::payload::{PayloadHints, PayloadKind, Side, recognize};
use certgate_domain::{Protocol, TaskKind};
use certgate_json::JsonCodec;
use certgate_wire::{Codec, Reply};
use certgate_xml::XmlCodec;
use pretty_assertions::assert_eq;

fn recognized(hints: PayloadHints, payload: &[u8]) -> Result<PayloadKind, String> {
    recognize(&XmlCodec::default(), &JsonCodec::default(), hints, payload).map_err(|error| error.to_string())
}

/// What it is, in a few words.
fn shown(payload: &[u8]) -> String {
    match recognized(PayloadHints::default(), payload) {
        Ok(PayloadKind { protocol, side, tasks, alike }) => {
            let names = |tasks: &[TaskKind]| tasks.iter().map(|task| task.name()).collect::<Vec<_>>().join(" ");
            format!("{protocol} {side} {} | {}", names(&tasks), names(&alike)).trim_end_matches([' ', '|']).to_owned()
        }
        Err(why) => why,
    }
}

#[test]
fn what_payloads_say() {
    let result = |code: &str| format!("<result><status><code>{code}</code></status></result>");
    let response =
        |codes: &[&str]| format!("<response>{}</response>", codes.iter().map(|code| result(code)).collect::<String>());
    let answer = |code: &str| format!(r#"{{"stid":"1","status":{{"code":"{code}"}}}}"#);
    for (payload, expected) in [
        ("<request><task><code>400104</code></task></request>".to_owned(), "xml request"),
        ("\u{feff}\n<?xml version='1.0'?><!-- <response> --><request/>".to_owned(), "xml request"),
        (response(&["S400104"]), "xml response certificate-info"),
        (response(&["E400104"]), "xml response certificate-info"),
        (response(&["S400104", "S0905"]), "xml response certificate-info poll-info"),
        (response(&["N400101"]), "xml response certificate-create | certificate-reissue"),
        (response(&["S0205"]), "xml response zone-list | zone-info"),
        (
            response(&["S0205", "N400101", "S0205"]),
            "xml response zone-list certificate-create zone-list | zone-info certificate-reissue",
        ),
        (response(&["S400114"]), "xml response job-info"),
        // The other protocol's number.
        (response(&["S300114"]), "xml response job-info"),
        (answer("S300114"), "json response job-info"),
        (answer("S00000"), "json response hello"),
        (answer("S0905"), "json response poll-info"),
        (r#"{"status":{"resultCode":"S400104"}}"#.to_owned(), "json response certificate-info"),
        ("GET /certificate/571\n\n".to_owned(), "json request"),
        ("\u{feff}\n  PUT /certificate/571\nX-Domainrobot-Demo: true\n\n{}".to_owned(), "json request"),
        ("FETCH /certificate/571".to_owned(), "json request"),
        (r#"{"plain":"x","product":"SSL123"}"#.to_owned(), "json request certificate-prepare-order"),
        (
            r#"{"csr":"x","product":"SSL123"}"#.to_owned(),
            "its task cannot be told: a JSON body alone has neither method nor path",
        ),
        ("{}".to_owned(), "its task cannot be told: a JSON body alone has neither method nor path"),
        (response(&["S999"]), "its task cannot be told: no known task has the status code S999"),
        (response(&["EF01000"]), "its task cannot be told: no known task has the status code EF01000"),
        (response(&["S400104", ""]), "its task cannot be told: the answer has no status code"),
        (r#"{"stid":"1","data":[]}"#.to_owned(), "its task cannot be told: the answer has no status code"),
        ("<html/>".to_owned(), "1:1: body: found HTML, perhaps from a proxy, expected XML"),
        ("<reply/>".to_owned(), "1:1: body: found the root element <reply>, expected <request> or <response>"),
        (
            "<!DOCTYPE request><request/>".to_owned(),
            "1:1: body: found a DOCTYPE, which can hide anything, expected XML without a DOCTYPE",
        ),
        ("[1]".to_owned(), "1:1: body: found a list, expected a JSON object"),
        (
            " \n hello".to_owned(),
            "2:2: payload: found a text that begins with `h`, expected XML (`<request>`, `<response>`) or JSON (an object, or a \
             line such as `GET /certificate/{id}`)",
        ),
    ] {
        assert_eq!(shown(payload.as_bytes()), expected, "{payload}");
    }
    for (payload, found) in [(&b""[..], "1:1: payload: found nothing"), (b"\xFF\xFE<", "1:1: payload: found byte 0xFF")]
    {
        assert!(shown(payload).starts_with(found), "{}", shown(payload));
    }
    let latin_1 = b"<?xml version='1.0' encoding='ISO-8859-1'?><response><result><data>\xF6</data><status><code>S0906</code></status></result></response>";
    assert_eq!(shown(latin_1), "xml response poll-confirm");
}

#[test]
fn what_is_given_goes_before_what_it_seems_to_be() {
    let info = b"<response><result><status><code>S400104</code></status></result></response>";
    let hints = PayloadHints { task: Some(TaskKind::JobInfo), ..PayloadHints::default() };
    assert_eq!(recognized(hints, info).unwrap().tasks, [TaskKind::JobInfo]);
    let hints = PayloadHints { protocol: Some(Protocol::Json), ..PayloadHints::default() };
    assert!(recognized(hints, info).unwrap_err().contains("found XML"), "{:?}", recognized(hints, info));
    // What is given whole is not looked at.
    let hints =
        PayloadHints { protocol: Some(Protocol::Xml), side: Some(Side::Response), task: Some(TaskKind::JobInfo) };
    assert_eq!(recognized(hints, b"").unwrap().tasks, [TaskKind::JobInfo]);
}

/// Every payload of the fixtures is taken for what it is, and read as its own task it says the same.
#[test]
fn every_fixture() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let (mut seen, mut untold) = (0, Vec::new());
    for kind in TaskKind::ALL {
        for case in fs::read_dir(fixtures.join(kind.name())).unwrap().map(|case| case.unwrap().path()) {
            for (name, protocol, side) in [
                ("request.xml", Protocol::Xml, Side::Request),
                ("request.json", Protocol::Json, Side::Request),
                ("response.xml", Protocol::Xml, Side::Response),
                ("response.json", Protocol::Json, Side::Response),
            ] {
                let Ok(payload) = fs::read(case.join(name)) else { continue };
                let told = match recognized(PayloadHints::default(), &payload) {
                    Ok(told) => told,
                    Err(why) => {
                        untold.push(format!("{} {name}: {why}", kind.name()));
                        continue;
                    }
                };
                seen += 1;
                assert_eq!((told.protocol, told.side), (protocol, side), "{}", case.join(name).display());
                if side == Side::Request {
                    continue;
                }
                let codec: &dyn Codec = match protocol {
                    Protocol::Xml => &XmlCodec::default(),
                    Protocol::Json => &JsonCodec::default(),
                };
                let reply = Reply::of(payload);
                let (as_told, as_it_is) =
                    (codec.decode_answers(&told.tasks, &reply), codec.decode_responses(*kind, &reply));
                assert_eq!(as_told, as_it_is, "{}", case.join(name).display());
            }
        }
    }
    assert!(seen > 100, "{seen}");
    assert_eq!(
        untold,
        [
            "certificate-reissue request.json: its task cannot be told: a JSON body alone has neither method nor path",
            "hello response.json: its task cannot be told: the answer has no status code",
        ]
    );
}
