//! No secret reaches output, errors or traces, and an odd one works over both protocols.

use std::fs;

use certgate_domain::{Credentials, Secret, TaskKind};
use certgate_simulator::{Fault, Gateway, Server, Settings};
use pretty_assertions::assert_eq;

use crate::support::binary::{bare, command, csr, endpoint, serve, told_on_stdin};

const PASSWORD: &str = "s3cr&t<>:ü]]>";
/// No number, and no hexadecimal one: those are in ids, times and digests by chance.
const TOKEN: &str = "otp-918273";

/// The password as it is, in Base64 (alone and with the user), escaped for XML, JSON and addresses.
const SPELLINGS: [&str; 6] =
    [PASSWORD, "czNjciZ0PD46w7xdXT4", "b2RkOnMzY3ImdDw+OsO8XV0+", "s3cr&amp;t", "s3cr\\u0026t", "s3cr%26t"];

/// Runs a command with the odd account; gives its exit code and whatever it showed: both streams and every file it left.
fn shown(gateway: &Gateway, server: &Server, transport: &str, arguments: &[&str]) -> (i32, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let mut command = bare(folder.path());
    command
        .args(arguments)
        .args(["--transport", transport, "-v", "--output", "json", "--endpoint", &endpoint(server, transport)])
        .arg("--trace")
        .arg(path("trace.jsonl"))
        .arg("--record")
        .arg(path("tape"))
        .env("TMPDIR", folder.path())
        .env("CERTGATE_USER", "odd")
        .env("CERTGATE_CONTEXT", "9")
        .env("CERTGATE_PASSWORD", PASSWORD)
        .env("CERTGATE_TOKEN", TOKEN)
        .current_dir(folder.path());
    let output = told_on_stdin(&mut command, r#"{"fname":"John","lname":"Doe","email":"j@example.com"}"#);
    let mut shown = vec![output.stdout, output.stderr];
    let mut folders = vec![folder.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { shown.push(fs::read(path).unwrap()) }
        }
    }
    let shown: Vec<String> = shown.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect();
    let sessions = gateway.session_ids();
    for text in &shown {
        for secret in SPELLINGS.iter().copied().chain([TOKEN]).chain(sessions.iter().map(String::as_str)) {
            assert!(!text.contains(secret), "{transport} {arguments:?}: {secret} in {text}");
        }
    }
    (output.status.code().unwrap(), shown)
}

fn account() -> Credentials {
    Credentials { token: Some(Secret::new(TOKEN)), ..Credentials::new("odd", Secret::new(PASSWORD), "9") }
}

#[test]
fn an_odd_password_works_and_shows_nowhere() {
    let csr = csr();
    for transport in ["xml", "json"] {
        for (faults, expected) in [
            (vec![], 0),
            (vec![Fault::Html200(Some(TaskKind::CertificateInfo))], 7),
            (vec![Fault::Html502(Some(TaskKind::CertificateReissue))], 9),
            (vec![Fault::Status(None, 401)], 4),
        ] {
            let (gateway, server) = serve(Settings { account: account(), faults, ..Settings::default() });
            let (code, shown) = shown(&gateway, &server, transport, &["reissue", "571", "--csr", &csr]);
            assert_eq!(code, expected, "{}", shown[1]);
            assert!(shown.len() >= 3, "the trace is there");
        }
    }
}

/// What the gateway says back in texts, names and data is taken out wherever it would be shown or kept.
#[test]
fn a_gateway_that_echoes_the_password() {
    let password = "Tr0ub4dor";
    let csr = csr();
    let rows: [(&[&str], i32); 6] = [
        (&["info", "571"], 0),
        (&["info", "571", "--output", "json"], 0),
        (&["info", "1"], 4),
        (&["info", "1", "--output", "json"], 4),
        (&["info", "571", "--strict"], 10),
        (&["reissue", "571", "--csr", &csr, "--output", "json"], 0),
    ];
    for transport in ["xml", "json"] {
        for (arguments, expected) in rows {
            let home = tempfile::tempdir().unwrap();
            let account = Credentials::new("user", Secret::new(password), "9");
            let faults = vec![Fault::Echo(None); 20];
            let (gateway, server) = serve(Settings { account, faults, ..Settings::default() });
            let trace = home.path().join("trace").display().to_string();
            let at = endpoint(&server, transport);
            let common = ["--transport", transport, "--endpoint", &at, "--trace", &trace];
            let output = command(home.path(), &[arguments, &common].concat())
                .env("CERTGATE_PASSWORD", password)
                .output()
                .unwrap();
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(expected), "{transport} {arguments:?}: {errors}");
            let store = home.path().join(".local/share/certgate/store.sqlite");
            let kept = [fs::read(&trace).unwrap(), fs::read(&store).unwrap_or_default()];
            for shown in [output.stdout, output.stderr].iter().chain(&kept) {
                let shown = String::from_utf8_lossy(shown);
                assert!(!shown.contains(password), "{transport} {arguments:?}: {shown}");
            }
            assert!(errors.contains('…') || expected == 0, "{errors}");
            assert!(gateway.counts().requests > 0);
        }
    }
}

/// A password that is a word of the answers changes none of them: what an order is made of is sent as it came.
#[test]
fn a_password_like_any_word() {
    let csr = csr();
    for transport in ["xml", "json"] {
        for password in ["QUICKSSLPREMIUM", "example.com", "certificate", "SUCCESS", "S400104"] {
            let home = tempfile::tempdir().unwrap();
            let account = Credentials::new("user", Secret::new(password), "9");
            let (gateway, server) = serve(Settings { account, ..Settings::default() });
            let at = endpoint(&server, transport);
            let reissue = ["reissue", "571", "--csr", &csr, "--transport", transport, "--endpoint", &at, "--strict"];
            let output = command(home.path(), &reissue).env("CERTGATE_PASSWORD", password).output().unwrap();
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(
                (output.status.code(), gateway.counts().orders),
                (Some(0), 1),
                "{transport} {password}: {errors}"
            );
        }
    }
}

#[test]
fn every_command_in_every_failure() {
    let csr = csr();
    let commands: &[&[&str]] = &[
        &["prepare", "--csr", &csr],
        &["create", "--csr", &csr, "--product", "X", "--admin", "1120", "--technical", "1120", "--session"],
        &["renew", "571", "--no-wait"],
        &["revoke", "571", "--serial", "0a", "--yes"],
        &["delete", "571", "--yes", "--session"],
        &["resume", "7", "--certificate", "571", "--csr", &csr, "--timeout", "1s"],
        &["info", "571", "--session"],
        &["list", "--all"],
        &["contact", "create", "--data", "-"],
        &["contact", "list"],
        &["job", "list", "--session"],
        &["job", "info", "7"],
        &["poll", "next"],
        &["poll", "drain", "--to", "messages"],
        &["call", "session-create"],
        &["hello"],
        &["reissue", "571", "--csr", &csr, "--dry-run"],
    ];
    std::thread::scope(|scope| {
        for transport in ["xml", "json"] {
            scope.spawn(move || {
                for command in commands {
                    for fault in [
                        None,
                        Some(Fault::Html200(None)),
                        Some(Fault::Status(None, 401)),
                        Some(Fault::CutShort(None)),
                        Some(Fault::Error200(None)),
                        Some(Fault::Echo(None)),
                    ] {
                        let faults = fault.into_iter().collect();
                        let settings = Settings { account: account(), faults, foreign_first: 1, ..Settings::default() };
                        let (gateway, server) = serve(settings);
                        let (code, shown) = shown(&gateway, &server, transport, command);
                        assert_ne!(code, 70, "{transport} {command:?}: {}", shown[1]);
                    }
                }
            });
        }
    });
}

/// A crash writes no file with the password in it.
#[cfg(target_os = "linux")]
#[test]
fn no_core_dump() {
    let serving = crate::support::serving::Serving::start(&["simulator"]);
    let limits = fs::read_to_string(format!("/proc/{}/limits", serving.child.id())).unwrap();
    let core = limits.lines().find_map(|line| line.strip_prefix("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().next(), Some("0"), "{limits}");
}
