//! Running the real binary.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test file uses its part")]

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use certgate_simulator::{Gateway, Server, Settings};
use serde_json::Value;

pub fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(path)
}

pub fn csr() -> String {
    fixture("_keys/example.com.csr").display().to_string()
}

/// The binary with an environment and a store of its own.
pub fn certgate(arguments: &[&str], stdin: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    certgate_in(folder.path(), arguments, stdin)
}

/// The binary with its home, and so its store, in that folder.
pub fn certgate_in(home: &Path, arguments: &[&str], stdin: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_certgate"))
        .args(arguments)
        .env_clear()
        .env("HOME", home)
        .env("TMPDIR", std::env::temp_dir())
        .env("CERTGATE_USER", "user")
        .env("CERTGATE_CONTEXT", "9")
        .env("CERTGATE_PASSWORD", "password")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

pub fn exit(output: &Output) -> i32 {
    output.status.code().unwrap()
}

pub fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {:?} {}", output, String::from_utf8_lossy(&output.stderr)))
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn serve(settings: Settings) -> (Gateway, Server) {
    let gateway = Gateway::with(settings);
    let server = Server::start(gateway.clone(), "127.0.0.1:0".parse().unwrap()).unwrap();
    (gateway, server)
}

pub fn endpoint(server: &Server, transport: &str) -> String {
    if transport == "xml" { server.xml_endpoint() } else { server.json_endpoint() }
}
