//! What is installed, what is due, and a line for cron.

#![cfg(unix)]
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

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
    time::Duration,
};

use certgate_domain::TaskKind;
use certgate_simulator::{Fault, Server, Settings};
use common::{command, csr, endpoint, exit, fast, json, serve, stderr, until};
use pretty_assertions::assert_eq;
use serde_json::Value;

fn run(home: &Path, arguments: &[&str]) -> Output {
    command(home, arguments).current_dir(home).output().unwrap()
}

fn at(home: &Path, server: &Server, transport: &str, arguments: &[&str]) -> Output {
    let (at, config) = (endpoint(server, transport), fast(home));
    let common = ["--transport", transport, "--endpoint", &at, "--config", &config, "--output", "json"];
    run(home, &[arguments, &common].concat())
}

fn openssl(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new("openssl").args(arguments).current_dir(folder).output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The public keys of key and certificate in a folder, as openssl reads them.
fn pair(folder: &Path) -> (String, String) {
    let (key, certificate) = (
        openssl(folder, &["pkey", "-in", "key.pem", "-pubout"]),
        openssl(folder, &["x509", "-in", "cert.pem", "-noout", "-pubkey"]),
    );
    assert!(key.0 && certificate.0, "{}", folder.display());
    (key.1, certificate.1)
}

#[test]
fn status_and_what_is_due() {
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let (gateway, server) = serve(Settings { more_certificates: 120, ..Settings::default() });
        assert_eq!(
            exit(&at(
                home.path(),
                &server,
                transport,
                &["reissue", "571", "--new-key", "--key-type", "p384", "--out", "certs/example"]
            )),
            0
        );
        let status = |more: &[&str]| at(home.path(), &server, transport, &[&["status", "certs"][..], more].concat());
        let output = status(&[]);
        let row = json(&output)["certificates"][0].clone();
        assert_eq!(
            (exit(&output), &row["certificate"], &row["keyFits"], &row["todo"]),
            (0, &571.into(), &true.into(), &"nothing".into()),
            "{row}"
        );
        assert_eq!(row["gateway"]["serial"], row["serial"]);
        let others = json(&output)["certificates"].as_array().unwrap()[1..].to_vec();
        assert!(
            others.len() == 120 && others.iter().all(|row| row["todo"] == "not here" && row.get("folder").is_none()),
            "{others:?}"
        );
        assert_eq!(exit(&status(&["--here", "--renew-before", "30d"])), 8, "nothing is due");
        let output = status(&["--here", "--renew-before", "400d"]);
        assert_eq!((exit(&output), &json(&output)["due"]), (0, &1.into()));

        let due = |more: &[&str]| at(home.path(), &server, transport, &[&["renew-due", "certs"][..], more].concat());
        assert_eq!(exit(&due(&[])), 8, "nothing is due");
        let orders = gateway.counts().orders;
        let before = pair(&home.path().join("certs/example"));
        let output = due(&["--renew-before", "400d", "--deploy-hook", "echo once >> hooked"]);
        assert_eq!(exit(&output), 0, "{}", stderr(&output));
        let row = json(&output)["certificates"][0].clone();
        assert_eq!((&row["result"], &row["hook"]["ok"]), (&"done".into(), &true.into()), "{row}");
        let now = pair(&home.path().join("certs/example"));
        assert!(now.0 == now.1 && now != before, "a new pair");
        assert_eq!(gateway.counts().orders, orders + 1);
        let (_, text) = openssl(&home.path().join("certs/example"), &["pkey", "-in", "key.pem", "-noout", "-text"]);
        assert!(text.contains("P-384"), "a key of the same kind: {text}");

        // Somebody else made another one at the gateway.
        let csr = csr();
        assert_eq!(exit(&at(home.path(), &server, transport, &["reissue", "571", "--csr", &csr])), 0);
        let output = status(&[]);
        let todo = json(&output)["certificates"][0]["todo"].as_str().unwrap().to_owned();
        assert!(exit(&output) == 10 && todo.contains("the gateway has another certificate"), "{todo}");
    }
}

/// Twice at once, and after a crash: one order each.
#[test]
fn renew_due_at_any_time() {
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let (gateway, server) = serve(Settings { job_time: Duration::from_millis(300), ..Settings::default() });
        assert_eq!(
            exit(&at(home.path(), &server, transport, &["reissue", "571", "--new-key", "--out", "certs/example"])),
            0
        );
        let due = ["renew-due", "certs", "--renew-before", "400d"];
        let orders = gateway.counts().orders;
        let codes: Vec<i32> = std::thread::scope(|scope| {
            let runs: Vec<_> =
                (0..2).map(|_| scope.spawn(|| exit(&at(home.path(), &server, transport, &due)))).collect();
            runs.into_iter().map(|run| run.join().unwrap()).collect()
        });
        assert!(codes.contains(&0) && codes.iter().all(|code| [0, 6].contains(code)), "{codes:?}");
        let made = gateway.counts().orders - orders;
        // Where the second one came after the first was done, that one is due again by so wide a margin.
        assert!(made == 1 || codes == [0, 0], "{made} {codes:?}");

        // Killed while it waits: the next run carries on with that order.
        let (orders, polls) = (gateway.counts().orders, gateway.asked(TaskKind::PollInfo));
        gateway.inject(Fault::Late(Some(TaskKind::PollInfo), Duration::from_secs(60)));
        let (address, config) = (endpoint(&server, transport), fast(home.path()));
        let common = ["--transport", transport, "--endpoint", &address, "--config", &config];
        let mut first = command(home.path(), &[&due[..], &common].concat());
        let mut child = first
            .current_dir(home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        until("it waits", || gateway.asked(TaskKind::PollInfo) > polls);
        child.kill().unwrap();
        child.wait().unwrap();
        let key = fs::read_to_string(home.path().join("certs/example/pending/key.pem")).unwrap();
        let output = at(home.path(), &server, transport, &due);
        assert_eq!(exit(&output), 0, "{}", stderr(&output));
        assert_eq!(gateway.counts().orders, orders + 1, "never a second order");
        let (in_place, certificate) = pair(&home.path().join("certs/example"));
        assert_eq!(in_place, certificate);
        assert_eq!(fs::read_to_string(home.path().join("certs/example/key.pem")).unwrap(), key);
    }
    let home = tempfile::tempdir().unwrap();
    let row: Value = json(&run(home.path(), &["renew-due", ".", "--output", "json"]));
    assert_eq!(row["certificates"], Value::Array(vec![]));
}

/// The folders may stand in the profile: the line in the crontab needs no more than its name.
#[test]
fn folders_of_the_profile() {
    let home = tempfile::tempdir().unwrap();
    let (_gateway, server) = serve(Settings::default());
    assert_eq!(exit(&at(home.path(), &server, "json", &["reissue", "571", "--new-key", "--out", "certs/example"])), 0);
    let text = format!("[team]\njson_endpoint = \"{}\"\ncertificates = [\"certs\"]\n", endpoint(&server, "json"));
    fs::write(home.path().join("team.toml"), text).unwrap();
    let team =
        |command: &str| run(home.path(), &[command, "--config", "team.toml", "--profile", "team", "--output", "json"]);
    let output = team("status");
    assert_eq!(
        (exit(&output), &json(&output)["certificates"][0]["name"]),
        (0, &"example.com".into()),
        "{}",
        stderr(&output)
    );
    assert_eq!(exit(&team("renew-due")), 8, "nothing is due");
    let output = run(home.path(), &["renew-due"]);
    assert!(exit(&output) == 2 && stderr(&output).contains("set the profile's `certificates`"), "{}", stderr(&output));
}

/// Killed while the hook runs: the next run has it run to its end.
#[test]
fn killed_in_the_hook() {
    let home = tempfile::tempdir().unwrap();
    let (gateway, server) = serve(Settings::default());
    let (address, config) = (endpoint(&server, "xml"), fast(home.path()));
    let hook = "echo begun >> hooked; test -e go || sleep 60; echo ended >> hooked";
    let arguments = ["reissue", "571", "--new-key", "--out", "live", "--deploy-hook", hook, "--transport", "xml"];
    let mut reissue = command(home.path(), &[&arguments[..], &["--endpoint", &address, "--config", &config]].concat());
    let reissue = reissue.current_dir(home.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = reissue.spawn().unwrap();
    let hooked = || fs::read_to_string(home.path().join("hooked")).unwrap_or_default();
    until("the hook runs", || hooked() == "begun\n");
    child.kill().unwrap();
    child.wait().unwrap();
    let (key, certificate) = pair(&home.path().join("live"));
    assert_eq!(key, certificate, "the pair is in place already");
    fs::write(home.path().join("go"), "").unwrap();
    let output = at(home.path(), &server, "xml", &["resume"]);
    assert_eq!(exit(&output), 8, "{}", stderr(&output));
    assert_eq!(json(&output)["hook"]["ok"], true);
    assert_eq!((hooked().as_str(), gateway.counts().orders), ("begun\nbegun\nended\n", 1));
    assert_eq!(exit(&at(home.path(), &server, "xml", &["resume"])), 8, "nothing is left");
}
