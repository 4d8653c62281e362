//! The worst bodies that a gateway could send: everything that is done to an answer takes linear time.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use certgate_client::Redactor;
use certgate_domain::{Credentials, Secret, TaskKind};
use certgate_json::JsonCodec;
use certgate_wire::{Codec, Reply};
use certgate_xml::XmlCodec;

use crate::Failure;

const SMALL: usize = 1 << 20;
const LARGE: usize = 8 << 20;
/// How much longer the large body may take.
const RATIO: f64 = 9.0;
/// Seconds for all that is done to the large body.
const SECONDS: f64 = 1.0;
/// So many runs of each body; the fastest counts.
const RUNS: usize = 9;

const SECRET: &str = "s3cr&t<>:ü]]>password";

/// What is repeated, in a text of an answer.
const PATTERNS: [(&str, &str); 14] = [
    ("plain text", "The quick brown fox. "),
    ("&", "&"),
    ("&&#", "&&#"),
    ("&amp;", "&amp;"),
    ("&#00000000000000000000000000038;", "&#00000000000000000000000000038;"),
    ("%26amp;", "%26amp;"),
    ("%252525", "%252525"),
    ("\\\\u0026", "\\\\u0026amp;"),
    ("=26", "=26amp;"),
    ("line ends", "a\n   "),
    ("blanks", "                "),
    ("the secret's start", "s3cr&t<>:ü]]>passwor"),
    ("the secret", "s3cr&t<>:ü]]>password"),
    ("the secret, escaped", "s3cr&amp;t&lt;&gt;:&#252;]]&gt;password "),
];

pub(super) fn run() -> Result<(), Failure> {
    let redactor = Redactor::new(&Credentials::new("user", Secret::new(SECRET), "9"));
    let codecs: [Box<dyn Codec>; 2] = [Box::new(XmlCodec::default()), Box::new(JsonCodec::default())];
    let mut missed = Vec::new();
    println!("{:8} {:36} {:>9} {:>9} {:>7}", "", "", "1 MiB", "8 MiB", "ratio");
    for codec in &codecs {
        for (name, pattern) in PATTERNS {
            let bodies = [SMALL, LARGE].map(|length| body(&**codec, pattern, length));
            let [small, large] = fastest(&bodies, |body| work(&**codec, &redactor, body));
            let ratio = large.as_secs_f64() / small.as_secs_f64();
            let is_missed = ratio > RATIO || large.as_secs_f64() > SECONDS;
            println!(
                "{:8} {name:36} {:7.1}ms {:7.1}ms {ratio:7.2}{}",
                codec.protocol().name(),
                small.as_secs_f64() * 1e3,
                large.as_secs_f64() * 1e3,
                if is_missed { " MISSED" } else { "" }
            );
            if is_missed {
                missed.push(name);
            }
        }
    }
    println!("aims: 8 MiB at most {SECONDS} s, and at most {RATIO} times 1 MiB");
    if missed.is_empty() { Ok(()) } else { Err(format!("missed: {}", missed.join(", "))) }
}

/// An answer whose comment repeats the pattern, raw where that is text of the protocol and wherever it is not.
fn body(codec: &dyn Codec, pattern: &str, length: usize) -> Vec<u8> {
    let text = pattern.repeat(length / pattern.len());
    let body = match codec.protocol() {
        certgate_domain::Protocol::Xml => format!(
            "<response><result><data><certificate><comment><![CDATA[{}]]></comment></certificate></data>\
             <status><code>S400104</code><type>success</type></status></result></response>",
            text.replace("]]>", "]]&gt;")
        ),
        certgate_domain::Protocol::Json => {
            let text = text.replace('"', "").replace('\n', "\\n");
            format!(
                "{{\"status\":{{\"code\":\"S400104\",\"type\":\"SUCCESS\"}},\"data\":[{{\"comment\":\"{text}\"}}]}}"
            )
        }
    };
    body.into_bytes()
}

/// What is done to an answer that is traced and recorded: decoded, cleared of what it echoes, redacted for the trace and for
/// the tape, looked through for leaks.
fn work(codec: &dyn Codec, redactor: &Redactor, body: &[u8]) {
    let _ = black_box(codec.decode_response(TaskKind::CertificateInfo, &Reply::of(body.to_vec())));
    let text = redactor.body(codec, body);
    black_box(redactor.leak(text.as_bytes()));
    black_box(redactor.shown(&String::from_utf8_lossy(body)));
}

/// The fastest run of each body, in turn, so that a slow moment of the machine hits both alike.
fn fastest(bodies: &[Vec<u8>; 2], run: impl Fn(&[u8])) -> [Duration; 2] {
    let mut fastest = [Duration::MAX; 2];
    for _ in 0..RUNS {
        for (body, fastest) in bodies.iter().zip(&mut fastest) {
            let start = Instant::now();
            run(body);
            *fastest = start.elapsed().min(*fastest);
        }
    }
    fastest
}
