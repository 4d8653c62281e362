//! What goes to which stream, and what becomes of it where nobody takes it.

use std::{
    fs::File,
    io::Read,
    process::{Command, Stdio},
    time::Duration,
};

use certgate_domain::{Protocol, TaskKind};
use certgate_server::{Caller, Handled, Handler, Server};
use certgate_simulator::Settings;
use certgate_wire::{Reply, Request, is_hidden};
use pretty_assertions::assert_eq;

use crate::support::binary::{
    certgate, command, csr, ended, endpoint, exit, fast, fixture, json, run, serve, stderr, within, write_batch,
};

/// Commands of each way of printing: a document, a table, a page, a document in pieces.
fn printing() -> Vec<Vec<String>> {
    let payload = fixture("certificate-info/documented/response.json").display().to_string();
    let decode = ["decode", "--transport", "json", "--task", "certificate-info", "--side", "response", &payload];
    [
        &["tasks"][..],
        &["tasks", "--output", "json"],
        &["info", "571", "--sandbox"],
        &["list", "--sandbox"],
        &["list", "--sandbox", "--output", "json"],
        &["man"],
        &["completions", "bash"],
        &decode,
    ]
    .map(|arguments| arguments.iter().map(|argument| (*argument).to_owned()).collect())
    .to_vec()
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_is_lost_is_no_success() {
    for arguments in printing() {
        let home = tempfile::tempdir().unwrap();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = command(home.path(), &arguments).stdin(Stdio::null()).stdout(full).output().unwrap();
        assert_eq!(exit(&output), 12, "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains("certgate: standard output: "), "{arguments:?}: {}", stderr(&output));
    }
}

/// What this user may not write is no bad usage either, and it is named as it was called. Nobody may write below /sys, root neither.
#[cfg(target_os = "linux")]
#[test]
fn what_may_not_be_written_is_named() {
    let home = tempfile::tempdir().unwrap();
    let sandbox = |words: &[&'static str]| [words, &["--sandbox"]].concat();
    let key = ["csr", "new", "--name", "a.example", "--key-out"];
    assert_eq!(exit(&run(home.path(), &sandbox(&["hello", "--record", "tape"]))), 0);
    for (arguments, file) in [
        (sandbox(&["hello", "--record", "/sys/tape"]), "/sys/tape"),
        (sandbox(&["hello", "--trace", "/sys/trace"]), "/sys/trace"),
        (sandbox(&["status", "--prometheus", "/sys/certgate.prom"]), "/sys/certgate.prom"),
        (sandbox(&["status", "--html", "/sys/certgate.html"]), "/sys/certgate.html"),
        ([&key[..], &["/sys/a.key", "--out", "a.csr"]].concat(), "/sys/a.key"),
        ([&key[..], &["a.key", "--out", "/sys/a.csr"]].concat(), "/sys/a.csr"),
        (vec!["replay", "check", "tape", "--html", "/sys/tape.html"], "/sys/tape.html"),
        (vec!["serve", "simulator", "--listen", "127.0.0.1:0", "--state", "/sys/state"], "/sys/state"),
        (vec!["serve", "bridge", "--front", "xml", "--listen", "127.0.0.1:0", "--access-log", "/sys/log"], "/sys/log"),
    ] {
        let output = run(home.path(), &arguments);
        let said = stderr(&output);
        assert_eq!(exit(&output), 12, "{arguments:?}: {said}");
        assert!(said.contains(&format!("{file}: ")) && !said.contains(".certgate-"), "{arguments:?}: {said}");
        assert!(!home.path().join("a.key").exists(), "{arguments:?}: no key is left of a request that was not made");
    }
}

/// A limit of files' sizes (`ulimit -f`) is said as a full disk is, and no signal ends it without a word.
#[cfg(target_os = "linux")]
#[test]
fn output_that_may_not_grow_is_no_success() {
    let home = tempfile::tempdir().unwrap();
    let script = "ulimit -f 0; exec \"$0\" tasks > tasks";
    let mut limited = within(home.path(), Command::new("sh"));
    limited.args(["-c", script, env!("CARGO_BIN_EXE_certgate")]).current_dir(home.path());
    let output = limited.output().unwrap();
    assert_eq!(output.status.code(), Some(12), "{}", stderr(&output));
    assert!(stderr(&output).contains("certgate: standard output: File too large"), "{}", stderr(&output));
}

/// Nor does it end what is done: nobody need read what is said on stderr.
#[cfg(target_os = "linux")]
#[test]
fn nobody_reads_stderr() {
    let home = tempfile::tempdir().unwrap();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let arguments = ["info", "571", "--sandbox", "--verbose", "--output", "json"];
    let output = command(home.path(), &arguments).stdin(Stdio::null()).stderr(full).output().unwrap();
    assert_eq!((exit(&output), &json(&output)["response"]["data"][0]["id"]), (0, &571.into()));
}

/// A closed pipe is the reader's choice, and nobody is asked for what nobody reads.
#[test]
fn a_reader_who_left_ends_a_list() {
    for (transport, output) in [("xml", "text"), ("xml", "json"), ("json", "text"), ("json", "json")] {
        let home = tempfile::tempdir().unwrap();
        let (gateway, server) = serve(Settings { more_certificates: 20, ..Settings::default() });
        let (at, fast) = (endpoint(&server, transport), fast(home.path()));
        let arguments =
            ["list", "--all", "--limit", "1", "--transport", transport, "--endpoint", &at, "--output", output];
        let mut child = command(home.path(), &[&arguments[..], &["--config", &fast]].concat())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        assert_eq!((exit(&ended), gateway.asked(TaskKind::CertificateList)), (0, 1), "{}", stderr(&ended));
    }
}

#[test]
fn pages_for_other_programs_are_one_document_too() {
    for (arguments, member) in [(&["man"][..], "page"), (&["completions", "bash"], "script")] {
        let plain = certgate(arguments, "");
        let document = json(&certgate(&[arguments, &["--output", "json"]].concat(), ""));
        assert_eq!(document["schema"], 1);
        assert_eq!(document[member].as_str().unwrap(), String::from_utf8(plain.stdout).unwrap(), "{arguments:?}");
    }
}

#[test]
fn an_empty_variable_says_nothing() {
    let home = tempfile::tempdir().unwrap();
    let arguments = ["config", "show", "--output", "json"];
    let plain = command(home.path(), &arguments).output().unwrap();
    let mut command = command(home.path(), &arguments);
    for name in ["TRANSPORT", "ENDPOINT", "PROFILE", "CONFIG", "STORE"] {
        command.env(format!("CERTGATE_{name}"), "");
    }
    let empty = command.output().unwrap();
    assert_eq!((exit(&plain), exit(&empty)), (0, 0), "{}", stderr(&empty));
    assert_eq!(json(&empty), json(&plain));
}

#[test]
fn colours_are_for_those_who_want_them() {
    let (csr, green) = (csr(), "\u{1b}[32mok\u{1b}[0m signature");
    for (choice, coloured) in [("always", true), ("never", false), ("auto", false)] {
        let output = ended(certgate(&["csr", "check", &csr, "--color", choice], ""), 0);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!((text.starts_with(green), text.contains('\u{1b}')), (coloured, coloured), "{choice}: {text}");
    }
}

#[test]
fn columns_that_are_not_there() {
    let (_gateway, server) = serve(Settings::default());
    let at = endpoint(&server, "json");
    let run = |columns: &str| certgate(&["list", "--columns", columns, "--endpoint", &at], "");
    let spaced = run("id, name");
    assert_eq!(String::from_utf8(spaced.stdout).unwrap(), "id   name\n571  example.com\n");
    let unknown = run("id,colour");
    assert_eq!(exit(&unknown), 0);
    assert!(stderr(&unknown).contains("no row here has `colour`; the first one has "), "{}", stderr(&unknown));
    for columns in ["", "id,,name"] {
        assert_eq!(exit(&run(columns)), 2, "{columns}");
    }
}

/// A gateway that says the same to everything.
struct Lying(&'static str);

impl Handler for Lying {
    fn protocols(&self) -> &[Protocol] {
        &[Protocol::Json]
    }

    fn handle(&self, _: Protocol, _: &Request, _: &Caller) -> Handled {
        Handled::Reply(Reply::of(self.0), Duration::ZERO)
    }
}

/// Texts of others are data: they neither steer a terminal nor speak in certgate's place.
#[test]
fn hidden_characters_and_forged_lines() {
    let body = r#"{"status":{"code":"S400104","text":"\u009b31m\u0085\u007f\u202e\u200b","type":"SUCCESS"},
        "field\nok public-key: FORGED":1,"data":[]}"#;
    let decode = ["decode", "--transport", "json", "--task", "certificate-info", "--side", "response", "-"];
    let output = ended(certgate(&decode, body), 0);
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(text.contains(r"\u009b31m\u0085\u007f\u202e\u200b"), "{text}");
    assert_eq!(json(&output)["value"]["status"]["text"], "\u{9b}31m\u{85}\u{7f}\u{202e}\u{200b}", "it says the same");

    let refusal = r#"{"status":{"code":"E400104","text":"no\nok public-key: FORGED","type":"ERROR"},
        "messages":[{"code":"EF1\nok one","text":"a\r\nok two","objects":[{"type":"x\nok three","value":"y"}],"notice":"n\nok four\u009b"}]}"#;
    let server = Server::start(Lying(refusal), "127.0.0.1:0".parse().unwrap()).unwrap();
    let output = certgate(&["info", "571", "--endpoint", &endpoint(&server, "json")], "");
    let said = stderr(&output);
    assert_eq!(exit(&output), 3, "{said}");
    assert!(said.lines().all(|line| !line.starts_with("ok")) && said.contains("no␊ok public-key: FORGED"), "{said}");
    assert!(said.contains("<U+009B>"), "{said}");
}

/// The same whatever tells of it: a gateway that puts its words into every text that it may choose.
#[test]
fn a_gateway_that_forges_lines() {
    let words = "no\nok public-key: FORGED\r\nok\u{85}\u{9b}31m\u{202e}\u{200b}x";
    let csr = csr();
    let order = ["reissue", "571", "--csr", &csr];
    for transport in ["xml", "json"] {
        for (arguments, settings, expected) in [
            (&["info", "571"][..], Settings::default(), 0),
            (&["info", "1"], Settings::default(), 3),
            (&["list"], Settings::default(), 0),
            (&["list", "--columns", "id,comment"], Settings::default(), 0),
            (&["contact", "list"], Settings::default(), 0),
            (&["poll", "next"], Settings { foreign_first: 1, ..Settings::default() }, 0),
            (&["poll", "confirm", "1"], Settings::default(), 3),
            (&["call", "certificate-info", "--id", "571"], Settings::default(), 0),
            (&order, Settings::default(), 0),
            (&order, Settings { record: Some(words.to_owned()), ..Settings::default() }, 0),
            (&order, Settings { jobs_fail: true, ..Settings::default() }, 3),
            (&["doctor"], Settings::default(), 0),
        ] {
            let home = tempfile::tempdir().unwrap();
            let (_gateway, server) = serve(Settings { words: Some(words.to_owned()), ..settings });
            let (at, config) = (endpoint(&server, transport), fast(home.path()));
            let common = ["-v", "--transport", transport, "--endpoint", &at, "--config", &config];
            let output = command(home.path(), &[arguments, &common].concat()).output().unwrap();
            assert_eq!(exit(&output), expected, "{transport} {arguments:?}: {}", stderr(&output));
            let shown = String::from_utf8(output.stdout.clone()).unwrap() + &stderr(&output);
            let is_forged = |line: &str| line.trim_start().starts_with("ok public-key: FORGED");
            assert!(!shown.lines().any(is_forged), "{transport} {arguments:?}: {shown}");
            let hidden: Vec<char> = shown.chars().filter(|c| is_hidden(*c) && !matches!(c, '\n' | '\t')).collect();
            assert_eq!(hidden, Vec::<char>::new(), "{transport} {arguments:?}: {shown:?}");
        }
    }
}

/// Whatever an argument holds, it is refused in words.
#[cfg(unix)]
#[test]
fn arguments_of_any_bytes() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let home = tempfile::tempdir().unwrap();
    let mut command = command(home.path(), &["info", "--output", "json", "--sandbox", "--profile"]);
    let output = command.arg(OsStr::from_bytes(b"x\xff")).output().unwrap();
    assert_eq!((exit(&output), &json(&output)["error"]["kind"]), (2, &"usage".into()), "{}", stderr(&output));
}

/// On a terminal a bar counts what went well; what did not is said with its reason.
#[cfg(unix)]
#[test]
fn a_terminal_is_told_why_an_order_failed() {
    let folder = tempfile::tempdir().unwrap();
    let file = write_batch(folder.path(), 2);
    // The second one is not there.
    let (_gateway, server) = serve(Settings { more_certificates: 1, ..Settings::default() });
    let (at, config) = (endpoint(&server, "json"), fast(folder.path()));
    let mut batch = command(folder.path(), &["batch", &file, "--endpoint", &at, "--config", &config]);
    let (master, terminal) = terminal();
    let mut child = batch.stdin(Stdio::null()).stdout(Stdio::null()).stderr(terminal).spawn().unwrap();
    // The last hand on the terminal is the child's.
    drop(batch);
    let (mut said, mut piece, mut master) = (Vec::new(), [0; 4096], File::from(master));
    // Its end is an error on some systems.
    while let Ok(length @ 1..) = master.read(&mut piece) {
        said.extend_from_slice(&piece[..length]);
    }
    let said = String::from_utf8_lossy(&said).into_owned();
    assert_eq!(child.wait().unwrap().code(), Some(3), "{said}");
    assert!(said.contains("10001 host-000001.example.org: refused: "), "{said}");
    assert!(said.contains("EF01000"), "with all that the gateway said: {said}");
    assert!(!said.contains("10000 host-000000.example.org: done"), "{said}");
}

/// A terminal: the end to read what is shown, and the end that a program has.
#[cfg(unix)]
fn terminal() -> (std::os::fd::OwnedFd, File) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let path = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    (master, File::options().read(true).write(true).open(path).unwrap())
}
