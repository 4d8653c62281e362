//! Everything that others may hand to certgate, as one list of targets. A target takes arbitrary bytes, and panics where a promise
//! about them does not hold: the fuzzer of `fuzz/` and the properties of `tests/` run the same ones.
//!
//! ```
//! certgate_fuzz_targets::run("zone-line", b"_x.example.com. 300 IN TXT \"tok\"");
//! ```

#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a target panics where a promise does not hold"
)]

mod answer;
mod file;
mod request;
mod seed;
pub mod silent_change;
mod text;
mod x509;

use std::path::Path;

/// Something that reads what others wrote.
#[derive(Clone, Copy)]
pub struct Target {
    /// What it is called.
    pub name: &'static str,
    /// Reads the bytes.
    pub run: fn(&[u8]),
    /// Inputs to begin with, made of the repository's `fixtures`.
    pub seeds: fn(&Path) -> Vec<Vec<u8>>,
}

/// All targets.
pub const TARGETS: &[Target] = &[
    Target { name: "json-response", run: answer::json, seeds: |fixtures| seed::payloads(fixtures, "response.json") },
    Target { name: "xml-response", run: answer::xml, seeds: |fixtures| seed::payloads(fixtures, "response.xml") },
    Target { name: "json-request", run: request::json, seeds: |fixtures| seed::payloads(fixtures, "request.json") },
    Target { name: "xml-request", run: request::xml, seeds: |fixtures| seed::payloads(fixtures, "request.xml") },
    Target { name: "certificate-request", run: x509::request, seeds: |fixtures| seed::files(fixtures, &["csr"]) },
    Target { name: "certificate", run: x509::certificate, seeds: |fixtures| seed::files(fixtures, &["pem", "p7b"]) },
    Target { name: "private-key", run: x509::private_key, seeds: |fixtures| seed::files(fixtures, &["pem", "jks"]) },
    Target { name: "zone-line", run: text::zone_line, seeds: |_| seed::lines(text::ZONE_LINES) },
    Target { name: "tsig-key", run: text::tsig_key, seeds: |_| seed::lines(text::TSIG_KEYS) },
    Target { name: "message", run: text::message, seeds: |_| seed::lines(text::MESSAGES) },
    Target { name: "tape", run: file::tape, seeds: seed::tapes },
    Target { name: "batch", run: file::batch, seeds: |_| seed::lines(file::BATCHES) },
    Target { name: "declared", run: file::declared, seeds: |_| seed::lines(file::DECLARED) },
    Target { name: "profile", run: file::profile, seeds: |_| seed::lines(file::PROFILES) },
];

/// Runs the target of that name.
///
/// # Panics
/// There is none of that name, or a promise does not hold.
pub fn run(name: &str, data: &[u8]) {
    let known = || TARGETS.iter().map(|target| target.name).collect::<Vec<_>>().join(", ");
    let target = TARGETS.iter().find(|target| target.name == name);
    let target = target.unwrap_or_else(|| panic!("no target is called `{name}`; expected one of {}", known()));
    (target.run)(data);
}
