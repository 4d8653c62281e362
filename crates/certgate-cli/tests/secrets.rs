//! No secret reaches output, errors or traces, and an odd one works over both protocols.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test"
)]

#[path = "support/binary.rs"]
mod common;

use std::{fs, process::Command};

use certgate_domain::{Credentials, Secret, TaskKind};
use certgate_simulator::{Fault, Settings};
use common::{csr, endpoint, serve};
use pretty_assertions::assert_eq;

const PASSWORD: &str = "s3cr&t<>:ü]]>";

/// The password as it is, in Base64 (alone and with the user), escaped for XML, JSON and addresses.
const SPELLINGS: [&str; 6] =
    [PASSWORD, "czNjciZ0PD46w7xdXT4", "b2RkOnMzY3ImdDw+OsO8XV0+", "s3cr&amp;t", "s3cr\\u0026t", "s3cr%26t"];

#[test]
fn an_odd_password_works_and_shows_nowhere() {
    for transport in ["xml", "json"] {
        for (faults, expected) in [
            (vec![], 0),
            (vec![Fault::Html200(Some(TaskKind::CertificateInfo))], 7),
            (vec![Fault::Html502(Some(TaskKind::CertificateReissue))], 9),
            (vec![Fault::Status(None, 401)], 4),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let trace = folder.path().join("trace.jsonl");
            let account = Credentials::new("odd", Secret::new(PASSWORD), "9");
            let (_gateway, server) = serve(Settings { account, faults, ..Settings::default() });
            let output = Command::new(env!("CARGO_BIN_EXE_certgate"))
                .args(["reissue", "571", "--csr", &csr(), "--transport", transport, "-v", "--output", "json"])
                .args(["--endpoint", &endpoint(&server, transport)])
                .arg("--trace")
                .arg(&trace)
                .env_clear()
                .env("HOME", folder.path())
                .env("TMPDIR", folder.path())
                .env("CERTGATE_USER", "odd")
                .env("CERTGATE_CONTEXT", "9")
                .env("CERTGATE_PASSWORD", PASSWORD)
                .output()
                .unwrap();
            assert_eq!(output.status.code(), Some(expected), "{}", String::from_utf8_lossy(&output.stderr));
            let mut shown = vec![output.stdout, output.stderr];
            for file in fs::read_dir(folder.path()).unwrap() {
                let path = file.unwrap().path();
                if path.is_file() {
                    shown.push(fs::read(path).unwrap());
                }
            }
            assert!(shown.len() >= 3, "the trace is there");
            for text in shown {
                let text = String::from_utf8_lossy(&text).into_owned();
                for spelling in SPELLINGS {
                    assert!(!text.contains(spelling), "{transport}: {spelling} in {text}");
                }
            }
        }
    }
}
