//! Every fixture, damaged: cut short, and with a byte changed. It is read, or refused at a place inside it; nothing panics.

use std::{fs, path::Path};

use certgate_domain::TaskKind;
use certgate_json::JsonCodec;
use certgate_wire::{Body, Codec, DecodeError, Method, Reply, Request};
use certgate_xml::XmlCodec;

/// Cuts and changes of each payload.
const TRIES: usize = 200;

fn read(kind: TaskKind, file: &str, body: &[u8]) -> Result<(), DecodeError> {
    let xml = XmlCodec::default();
    match file {
        "response.xml" => xml.decode_responses(kind, &Reply::of(body)).map(drop),
        "response.json" => JsonCodec::default().decode_responses(kind, &Reply::of(body)).map(drop),
        "request.json" => certgate_json::text::decode_text(&JsonCodec::default(), Some(kind), body).map(drop),
        _ => {
            let headers = vec![];
            let request = Request { method: Method::Post, target: String::new(), headers, body: Body(body.to_vec()) };
            xml.decode_requests(Some(kind), &request).map(drop)
        }
    }
}

#[test]
fn damaged_payloads_are_refused_at_their_place() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let mut random = fastrand::Rng::with_seed(571);
    let (mut refused, mut taken) = (0, 0);
    for &kind in TaskKind::ALL {
        for case in fs::read_dir(fixtures.join(kind.name())).unwrap().map(|entry| entry.unwrap().path()) {
            for file in ["request.xml", "request.json", "response.xml", "response.json"] {
                let Ok(whole) = fs::read(case.join(file)) else { continue };
                let lines = whole.split(|byte| *byte == b'\n').count();
                for attempt in 0..2 * TRIES {
                    let at = random.usize(0..whole.len());
                    let mut body = whole.clone();
                    if attempt < TRIES {
                        body.truncate(at);
                    } else {
                        body[at] = random.choice(*b"<>&\"'{}[],:\\/ 0a\n\xC3\x00").unwrap();
                    }
                    match read(kind, file, &body) {
                        Ok(()) => taken += 1,
                        Err(error) => {
                            refused += 1;
                            let place = error.place.unwrap_or_else(|| panic!("{file} of {}: {error}", case.display()));
                            assert!((1..=lines + 1).contains(&place.line) && place.column > 0, "{error}");
                            assert!(!error.found.is_empty() && !error.expected.is_empty(), "{error}");
                        }
                    }
                }
            }
        }
    }
    assert!(refused > 20_000 && taken > 5000, "{refused} {taken}");
}
