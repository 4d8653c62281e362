//! No payload costs more than four times its size in memory, and 4 MiB that the first few thousand records may take.
//!
//! A binary of its own: its allocator counts the bytes alive in the whole process, those of other tests too.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test"
)]

use std::{fs, path::Path};

use certgate_domain::TaskKind;
use certgate_json::JsonCodec;
use certgate_wire::{Codec, Reply};
use certgate_xml::XmlCodec;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

const SIZE: usize = 4 << 20;

/// A body of about 4 MiB.
fn body(start: &str, repeated: &str, end: &str) -> Vec<u8> {
    let mut body = start.to_owned();
    while body.len() + end.len() + repeated.len() < SIZE {
        body.push_str(repeated);
    }
    (body + end).into_bytes()
}

/// The most bytes alive at once while a payload is decoded, and whether it was taken.
fn peak(kind: TaskKind, protocol: &str, body: &[u8]) -> (usize, Result<(), String>) {
    let codec: Box<dyn Codec> =
        if protocol == "xml" { Box::new(XmlCodec::default()) } else { Box::new(JsonCodec::default()) };
    let reply = Reply::of(body);
    let profiler = dhat::Profiler::builder().testing().build();
    let read = codec.decode_responses(kind, &reply).map(drop).map_err(|error| error.to_string());
    let peak = dhat::HeapStats::get().max_bytes;
    drop(profiler);
    (peak, read)
}

#[test]
fn four_times_the_body() {
    let xml = |inner: &str, repeated: &str, end: &str| {
        body(
            &format!("<response><result><data>{inner}"),
            repeated,
            &format!("{end}</data><status><code>S0</code><type>success</type></status></result></response>"),
        )
    };
    let json = |inner: &str, repeated: &str, end: &str| {
        body(
            &format!("{{\"status\":{{\"code\":\"S0\",\"type\":\"SUCCESS\"}},\"data\":[{inner}"),
            repeated,
            &format!("{end}]}}"),
        )
    };
    let list = TaskKind::CertificateList;
    let poll = TaskKind::PollInfo;
    let words = "a few words of text ".repeat(10);
    let mut cases = vec![
        ("tiny elements", list, "xml", xml("", "<a/>", "")),
        ("tiny elements that nobody knows", list, "xml", xml("", "<a>12345678</a>", "")),
        ("attributes", list, "xml", body("<response ", "a=\"\" ", "/>")),
        ("elements with an attribute", list, "xml", xml("", "<a b=\"123\"/>", "")),
        ("tiny certificates", list, "xml", xml("", "<certificate><id>1</id></certificate>", "")),
        (
            "a foreign object",
            poll,
            "xml",
            xml("<message><object><domain>", "<a>12345678</a>", "</domain></object></message>"),
        ),
        (
            "foreign attributes",
            poll,
            "xml",
            xml("<message><object><domain>", "<a bc=\"123456\"/>", "</domain></object></message>"),
        ),
        ("references", list, "xml", xml("<certificate><comment>", "&amp;", "</comment></certificate>")),
        ("one long text", list, "xml", xml("<certificate><comment>", &words, "</comment></certificate>")),
        ("ends nowhere", list, "xml", body("<response>", "<a>1234567890</a>", "")),
        ("tiny values", list, "json", json("{\"a\":[1", ",1", "]}")),
        ("values that nobody knows", list, "json", json("{\"a\":[\"12345678901\"", ",\"12345678901\"", "]}")),
        ("empty objects", list, "json", json("{}", ",{}", "")),
        ("tiny certificates", list, "json", json("{\"id\":1}", ",{\"id\":1}", "")),
        (
            "a foreign object",
            poll,
            "json",
            json("{\"object\":{\"type\":\"domain\",\"data\":{\"a\":[1", ",1234567890123456", "]}}}"),
        ),
        ("escapes", list, "json", json("{\"comment\":\"", "\\u00e4", "\"}")),
        ("one long text", list, "json", json("{\"comment\":\"", &words, "\"}")),
        ("ends nowhere", list, "json", body("{\"data\":[1", ",1234567890123456", "")),
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/_hostile");
    for file in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let protocol = match file.extension().and_then(|extension| extension.to_str()) {
            Some("xml") => "xml",
            Some("json") => "json",
            _ => continue,
        };
        cases.push(("a hostile file", TaskKind::CertificateInfo, protocol, fs::read(file).unwrap()));
    }
    assert!(cases.len() > 80);
    let mut beyond = Vec::new();
    for (name, kind, protocol, body) in cases {
        let (peak, read) = peak(kind, protocol, &body);
        // The first lines of a refusal and the codec itself are not the payload's.
        let most = 4 * body.len() + (4 << 20) + (64 << 10);
        if std::env::var_os("MEMORY").is_some() && body.len() > 1 << 20 {
            eprintln!("{name:32} {protocol:4} {:5.2} {read:?}", peak as f64 / body.len() as f64);
        }
        if peak > most || (name == "a hostile file" && peak > 4 * body.len() + (512 << 10)) {
            beyond.push(format!("{protocol}, {name}: {peak} bytes for {}", body.len()));
        }
    }
    assert!(beyond.is_empty(), "{beyond:#?}");
}
