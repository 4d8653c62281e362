//! `certgate doctor`: all is well, and each way in which it is not.

use std::{fs, process::Output};

use certgate_domain::{Credentials, Secret, TaskKind};
use certgate_simulator::{Fault, Settings};
use pretty_assertions::assert_eq;

use crate::support::binary::{certgate, ended, endpoint, exit, json, serve, stderr};

/// The checks that failed, `name: detail`.
fn problems(output: &Output) -> Vec<String> {
    let checks = json(output)["checks"].as_array().unwrap().clone();
    let failed = checks.iter().filter(|check| check["ok"] == false);
    failed.map(|check| format!("{}: {}", check["name"].as_str().unwrap(), check["detail"].as_str().unwrap())).collect()
}

/// Looks at what a profile with these lines is told, over both protocols.
fn doctor(profile: &str, more: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    fs::write(&config, format!("[live]\n{profile}\n")).unwrap();
    certgate(&[&["doctor", "--output", "json", "--config", config.to_str().unwrap()], more].concat(), "")
}

fn of(server: &certgate_simulator::Server) -> String {
    format!("xml_endpoint = \"{}\"\njson_endpoint = \"{}\"", endpoint(server, "xml"), endpoint(server, "json"))
}

#[test]
fn all_is_well_in_the_sandbox() {
    let output = ended(certgate(&["doctor", "--sandbox"], ""), 0);
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let names: Vec<&str> = stdout.lines().map(|line| line.split_once(": ").unwrap().0).collect();
    assert_eq!(
        names,
        [
            "ok configuration",
            "ok names-xml",
            "ok connection-xml",
            "ok tls-xml",
            "ok credentials-xml",
            "ok names-json",
            "ok connection-json",
            "ok tls-json",
            "ok credentials-json",
            "ok context",
            "ok clock",
            "ok pace",
            "ok queue",
        ],
    );
    let output = certgate(&["doctor", "--sandbox", "--output", "json"], "");
    let document = json(&output);
    assert_eq!((exit(&output), document["schema"].as_i64()), (0, Some(1)));
    assert_eq!(document["checks"].as_array().unwrap().len(), names.len());
}

#[test]
fn only_safe_tasks_within_the_pace() {
    // One more a second than it asks for, which would not do for all at once: a machine may hold one up on its way.
    let (gateway, server) = serve(Settings { foreign_first: 2, pace: Some(2), ..Settings::default() });
    let output = ended(doctor(&format!("{}\nrequests_per_second = 1", of(&server)), &[]), 0);
    let document = json(&output);
    let queue = document["checks"].as_array().unwrap().iter().find(|check| check["name"] == "queue").unwrap();
    assert_eq!(queue["detail"], "2 messages wait");
    let asked = gateway.asked(TaskKind::Hello) + gateway.asked(TaskKind::PollInfo);
    assert_eq!((gateway.counts().requests, asked, gateway.counts().confirms, gateway.queue_len()), (3, 3, 0, 2));
}

#[test]
fn each_failure_has_its_line_and_exit_code() {
    // Port 1 is nobody's; one that was just given back may be another test's.
    let closed = "127.0.0.1:1";
    let (_gateway, server) = serve(Settings::default());
    let plain = server.address();
    let well = of(&server);
    for (what, profile, more, code, expected) in [
        ("wrong user", well.as_str(), vec!["--user", "other"], 4, vec!["credentials-xml", "credentials-json"]),
        ("wrong context", &well, vec!["--context", "4"], 4, vec!["context", "context"]),
        ("a bad context", &well, vec!["--context", "nine"], 2, vec!["configuration"]),
        ("an unknown key", "usr = 1", vec![], 2, vec!["configuration"]),
        (
            "closed port",
            &format!("xml_endpoint = \"http://{closed}/xml\"\njson_endpoint = \"{}\"", endpoint(&server, "json")),
            vec![],
            5,
            vec!["connection-xml"],
        ),
        (
            "unknown host",
            "xml_endpoint = \"https://gateway.invalid\"\njson_endpoint = \"https://api.invalid\"",
            vec![],
            5,
            vec!["names-xml", "names-json"],
        ),
        (
            "TLS to a port without",
            &format!("xml_endpoint = \"https://{plain}/xml\"\njson_endpoint = \"https://{plain}/v1\""),
            vec![],
            5,
            vec!["tls-xml", "tls-json"],
        ),
        (
            "the wrong path",
            &format!("json_endpoint = \"http://{plain}/v2\"\nxml_endpoint = \"http://{plain}/xml\""),
            vec![],
            7,
            vec!["answer-json"],
        ),
    ] {
        let output = doctor(profile, &more);
        assert_eq!(exit(&output), code, "{what}: {:?} {}", problems(&output), stderr(&output));
        let found = problems(&output);
        let names: Vec<&str> = found.iter().map(|problem| problem.split_once(": ").unwrap().0).collect();
        assert_eq!(names, expected, "{what}: {found:?}");
    }
}

#[test]
fn the_transport_of_an_endpoint_argument_alone_is_checked() {
    let (_gateway, server) = serve(Settings::default());
    let output = doctor("", &["--endpoint", &endpoint(&server, "xml"), "--transport", "xml"]);
    assert_eq!(exit(&output), 0, "{:?}", problems(&output));
    assert!(!String::from_utf8_lossy(&output.stdout).contains("-json\""));
}

#[test]
fn a_missing_password_still_shows_what_can_be_looked_at() {
    let (_gateway, server) = serve(Settings::default());
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("password");
    fs::write(&empty, "").unwrap();
    #[cfg(unix)]
    fs::set_permissions(&empty, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let output = doctor(&of(&server), &["--password-file", empty.to_str().unwrap()]);
    assert_eq!(exit(&output), 4);
    assert!(problems(&output)[0].starts_with("credentials: no password is given: use CERTGATE_PASSWORD"));
    assert_eq!(json(&output)["checks"].as_array().unwrap().len(), 5);
}

#[test]
fn a_wrong_password_is_told_once_a_protocol_and_not_shown() {
    let account = Credentials::new("user", Secret::new("another"), "9");
    let (_gateway, server) = serve(Settings { account, ..Settings::default() });
    let output = doctor(&of(&server), &[]);
    assert_eq!(exit(&output), 4, "{:?}", problems(&output));
    for (problem, name) in problems(&output).iter().zip(["credentials-xml", "credentials-json"]) {
        assert!(problem.starts_with(&format!("{name}: hello: the gateway refused: E00000")), "{problem}");
        assert!(problem.contains("check user, password and context"), "{problem}");
    }
    assert_eq!(problems(&output).len(), 2);
}

#[test]
fn clocks_that_differ() {
    for (clock_ahead, direction) in [(3600, "behind"), (-3600, "ahead of")] {
        let (_gateway, server) = serve(Settings { clock_ahead, ..Settings::default() });
        let output = doctor(&of(&server), &[]);
        assert_eq!(exit(&output), 10, "{:?}", problems(&output));
        let problems = problems(&output);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with("clock: this machine's is "), "{problems:?}");
        assert!(problems[0].contains(&format!(" s {direction} the gateway's: set it")), "{problems:?}");
    }
}

#[test]
fn an_account_that_is_asked_to_slow_down() {
    let faults = vec![Fault::Status(Some(TaskKind::Hello), 429)];
    let (gateway, server) = serve(Settings { faults, ..Settings::default() });
    let output = doctor(&of(&server), &[]);
    assert_eq!(exit(&output), 5, "{:?}", problems(&output));
    assert!(
        problems(&output)[0].starts_with("pace: 3 requests a second, and the gateway asks to slow down (HTTP 429)")
    );
    assert_eq!(gateway.asked(TaskKind::Hello), 1, "nothing is sent twice");
}
