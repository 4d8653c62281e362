//! Profiles, their precedence and refusals, and that a password stands where nobody else can read it.

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use certgate_domain::{Credentials, Secret};
use certgate_simulator::Settings;
use pretty_assertions::assert_eq;
use tempfile::TempDir;

use crate::support::binary::{bare, csr, ended, endpoint, exit, json, serve, stderr, stdout};

const PASSWORD: &str = "s3cr-t-0f-a-pr0f1le";

/// The binary in an environment that holds only these.
fn certgate(folder: &TempDir, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    command(folder, arguments, environment).output().unwrap()
}

fn command(folder: &TempDir, arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = bare(folder.path());
    command.args(arguments).env("PATH", "/usr/bin:/bin");
    command.envs(environment.iter().copied());
    command
}

fn file(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    mode(&path, 0o600);
    path
}

#[cfg(unix)]
fn mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
fn mode(_: &Path, _: u32) {}

/// Value and origin of a setting.
fn setting(output: &Output, name: &str) -> (String, String) {
    let document = json(output);
    let row = document["settings"].as_array().unwrap().iter().find(|row| row["name"] == name).unwrap();
    let value = row.get("value").or(row.get("set")).unwrap();
    (value.as_str().map_or(value.to_string(), str::to_owned), row["from"].as_str().unwrap().to_owned())
}

const WHOLE: &str = r#"
[team]
transport = "xml"
xml_endpoint = "https://xml.example/gateway"
json_endpoint = "https://json.example/v1"
user = "of-the-profile"
context = 4
owner = "sub"
owner_context = 9
language = "de"
password_command = "false; touch was-run"
ca_file = "roots.pem"
proxy = "http://name:hunter2@proxy.example:3128"
time_zone = "UTC"
routes = "documented"
requests_per_second = 2
pace_in_store = true
body_limit = 1000

[team.timeouts]
resolve = "1s"
connect = "2s"
send = "3s"
answer = "2m"
body = "5s"
"#;

#[test]
fn each_setting_says_where_it_came_from() {
    let folder = tempfile::tempdir().unwrap();
    let config = file(&folder, "config.toml", WHOLE);
    let at = config.display().to_string();
    let arguments = ["config", "show", "--config", &at, "--profile", "team", "--output", "json"];
    let output = ended(certgate(&folder, &arguments, &[]), 0);
    let of_profile = format!("profile team in {at}");
    for (name, value) in [
        ("transport", "xml"),
        ("xml_endpoint", "https://xml.example/gateway"),
        ("json_endpoint", "https://json.example/v1"),
        ("user", "of-the-profile"),
        ("context", "4"),
        ("owner", "sub"),
        ("owner_context", "9"),
        ("language", "de"),
        ("ca_file", &folder.path().join("roots.pem").display().to_string()),
        ("proxy", "http://…@proxy.example:3128"),
        ("timeouts.resolve", "1s"),
        ("timeouts.connect", "2s"),
        ("timeouts.send", "3s"),
        ("timeouts.answer", "120s"),
        ("timeouts.body", "5s"),
        ("time_zone", "UTC"),
        ("routes", "documented"),
        ("requests_per_second", "2"),
        ("pace_in_store", "true"),
        ("body_limit", "1000"),
    ] {
        assert_eq!(setting(&output, name), (value.to_owned(), of_profile.clone()), "{name}");
    }
    assert_eq!(setting(&output, "profile").1, "argument --profile");
    assert_eq!(setting(&output, "password"), ("true".to_owned(), format!("{of_profile} (password_command)")));
    assert!(!String::from_utf8_lossy(&output.stdout).contains("hunter2"));
    assert!(!Path::new("was-run").exists() && !folder.path().join("was-run").exists());

    let environment = [
        ("CERTGATE_USER", "of-the-environment"),
        ("CERTGATE_CONTEXT", "1"),
        ("CERTGATE_PASSWORD", PASSWORD),
        ("HTTPS_PROXY", "http://name:hunter3@other.example:80"),
    ];
    let output =
        certgate(&folder, &[&arguments[..], &["--context", "9", "--time-zone", "Asia/Tokyo"]].concat(), &environment);
    for (name, value, from) in [
        ("context", "9", "argument --context"),
        ("time_zone", "Asia/Tokyo", "argument --time-zone"),
        ("user", "of-the-environment", "environment CERTGATE_USER"),
        ("password", "true", "environment CERTGATE_PASSWORD"),
        ("proxy", "http://…@other.example:80", "environment HTTPS_PROXY"),
        ("transport", "xml", of_profile.as_str()),
    ] {
        assert_eq!(setting(&output, name), (value.to_owned(), from.to_owned()));
    }
    let shown = format!("{}{}", String::from_utf8_lossy(&output.stdout), stderr(&output));
    assert!(!shown.contains(PASSWORD) && !shown.contains("hunter3"), "{shown}");

    let output = certgate(&folder, &["config", "show", "--output", "json"], &[("CERTGATE_PROFILE", "demo")]);
    for (name, value, from) in [
        ("profile", "demo", "environment CERTGATE_PROFILE"),
        ("json_endpoint", "https://api.demo.autodns.com/v1", "built-in profile demo"),
        ("transport", "json", "default"),
        ("timeouts.answer", "90s", "default"),
        ("requests_per_second", "3", "default"),
        ("pace_in_store", "false", "default"),
        ("password", "false", "default"),
    ] {
        assert_eq!(setting(&output, name), (value.to_owned(), from.to_owned()));
    }

    let output = certgate(&folder, &["config", "show", "--sandbox"], &[]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("password             set, from sandbox\n"), "{text}");
    assert!(text.contains("owner                not set\n"), "{text}");
}

#[test]
fn the_configuration_file_is_named_whether_or_not_it_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join(".config/certgate/config.toml").display().to_string();
    let path = certgate(&folder, &["config", "path"], &[]);
    assert_eq!((exit(&path), stdout(&path)), (0, format!("{missing}\n")));
    let output = certgate(&folder, &["config", "show"], &[]);
    assert!(stdout(&output).contains(&format!("{missing}, which is not there  (default)")), "{}", stdout(&output));
    let document = |arguments: &[&str]| json(&certgate(&folder, &[arguments, &["--output", "json"]].concat(), &[]));
    assert_eq!(document(&["config", "path"]), serde_json::json!({ "schema": 1, "path": missing, "exists": false }));
    let row = document(&["config", "show"])["settings"][1].clone();
    assert_eq!(row, serde_json::json!({ "name": "config", "value": missing, "from": "default", "exists": false }));

    fs::create_dir_all(folder.path().join(".config/certgate")).unwrap();
    let there = file(&folder, ".config/certgate/config.toml", "[live]\n").display().to_string();
    assert_eq!(document(&["config", "path"])["exists"], true);
    let row = document(&["config", "show"])["settings"][1].clone();
    assert_eq!(row, serde_json::json!({ "name": "config", "value": there, "from": "default" }));
    let named = certgate(&folder, &["config", "path", "--config", "x.toml"], &[]);
    assert_eq!(stdout(&named), "x.toml\n");
}

#[test]
fn a_file_that_cannot_be_used_says_where_and_what_is_expected() {
    for (text, expected) in [
        ("[live]\nusr = \"x\"\n", vec![":2: unknown field `usr`", "password_command"]),
        ("[live.timeouts]\n\nconect = \"1s\"\n", vec![":3: unknown field `conect`", "`connect`"]),
        ("[live]\ntimeouts = \"1s\"\n", vec![":2: `timeouts`: expected a table, such as [live.timeouts]\n"]),
        ("[live.timeouts]\nsend = 5\n", vec![":2: `send`: expected a text in quotation marks\n"]),
        ("[live]\nuser = 5\n", vec![":2: `user`: expected a text in quotation marks\n"]),
        ("[live]\nca_file = [\"a\"]\n", vec![":2: `ca_file`: expected a text in quotation marks\n"]),
        ("[live]\ncertificates = \"/a\"\n", vec![":2: `certificates`: expected a list of folders, such as ["]),
        ("[live]\ncertificates = [\"/a\", 5]\n", vec![":2: `certificates`: expected a list of folders, such as ["]),
        ("[live]\nbody_limit = 0\n", vec![":2: `body_limit`: expected a whole number of 1 or more\n"]),
        (
            "[live]\nrequests_per_second = \"x\"\n",
            vec![":2: `requests_per_second`: expected a whole number of 1 or more\n"],
        ),
        ("[live]\npace_in_store = 1\n", vec![":2: `pace_in_store`: expected true or false\n"]),
        ("[live]\nowner_context = \"nine\"\n", vec![":2: `owner_context`: expected a number, such as 9\n"]),
        ("[live]\npassword = \"hunter2\"\n", vec![":2: `password`", "password_command", "password_file"]),
        ("password = \"hunter2\"\n", vec![":1: `password` stands outside a profile"]),
        ("[live]\npasword = \"hunter2\"\n", vec![":2: unknown field `pasword`"]),
        ("[live]\nuser = \"hunter2\n", vec![":2: "]),
        ("[live]\n\ntransport = \"ftp\"\n", vec![":3: `ftp`: expected xml or json"]),
        ("[live]\nroutes = \"old\"\n", vec![":2: `old`: expected live or documented"]),
        ("[live]\nlanguage = \"fr\"\n", vec![":2: `fr`: expected de or en"]),
        ("[live]\ncontext = true\n", vec![":2: a boolean: expected a number"]),
        ("[live]\ncontext = \"nine\"\n", vec!["context `nine`: expected a number", "profile live in "]),
        ("[live]\nrequests_per_second = 0\n", vec![":2: "]),
        ("[live.timeouts]\nbody = \"soon\"\n", vec![":2: `soon`: expected a number with s, m, h, d or w"]),
        ("[live.timeouts]\nbody = \"5\"\n", vec![":2: `5` has no unit: expected s, m, h, d or w"]),
        ("[live.timeouts]\nbody = \"36501d\"\n", vec![":2: `36501d`: expected no more than 36500d"]),
        ("[live]\nproxy = \"socks5://name:hunter2@host\"\n", vec![":2: proxy: expected http://HOST:PORT"]),
        ("[live]\ntime_zone = \"Mars\"\n", vec!["time zone `Mars` is not known", "profile live in "]),
        (
            "[live]\nxml_endpoint = \"https://name:hunter2@host/\"\n",
            vec!["credentials do not belong", "profile live in "],
        ),
        ("[live]\nowner_context = 9\n", vec!["owner_context without owner"]),
        ("[live]\npassword_file = \"a\"\npassword_command = \"b\"\n", vec!["keep one"]),
        ("[other]\n", vec!["profile `mine` is not known: expected one of demo, live, other"]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let config = file(&folder, "config.toml", text).display().to_string();
        let profile = if text == "[other]\n" { "mine" } else { "live" };
        let output = certgate(&folder, &["config", "show", "--config", &config, "--profile", profile], &[]);
        assert_eq!(exit(&output), 2, "{text}: {}", stderr(&output));
        for expected in expected {
            assert!(stderr(&output).contains(expected), "{text}: {expected} in {}", stderr(&output));
        }
        assert!(!stderr(&output).contains("hunter2"), "{}", stderr(&output));
    }
}

#[cfg(unix)]
#[test]
fn secrets_that_others_can_read_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let config = file(&folder, "config.toml", "[live]\nproxy = \"http://name:hunter2@host:1\"\n");
    let at = config.display().to_string();
    for (bits, code) in [(0o600, 0), (0o640, 2), (0o604, 2)] {
        mode(&config, bits);
        let output = ended(certgate(&folder, &["config", "show", "--config", &at], &[]), code);
        assert_eq!(stderr(&output).contains("it holds the proxy's password and others can read it"), code == 2);
    }
    // Without a secret in it, anybody may read it.
    let config = file(&folder, "config.toml", "[live]\nproxy = \"http://host:1\"\n");
    mode(&config, 0o644);
    assert_eq!(exit(&certgate(&folder, &["config", "show", "--config", &at], &[])), 0);

    let (_gateway, server) = serve(Settings::default());
    let config = file(&folder, "config.toml", "[live]\nuser = \"user\"\ncontext = 9\npassword_file = \"password\"\n");
    let password = file(&folder, "password", "password\n");
    let to = endpoint(&server, "json");
    let arguments = ["hello", "--endpoint", &to, "--config", config.to_str().unwrap()];
    ended(certgate(&folder, &arguments, &[]), 0);
    mode(&password, 0o644);
    let output = certgate(&folder, &arguments, &[]);
    assert_eq!(exit(&output), 2);
    assert!(stderr(&output).contains("mode 644): chmod 600"), "{}", stderr(&output));
}

#[test]
fn the_proxy_gets_its_password_and_nobody_else_does() {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = proxy.local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let text =
        format!("[live]\njson_endpoint = \"https://gateway.invalid/v1\"\nproxy = \"http://name:hunter2@{address}\"\n");
    let config = file(&folder, "config.toml", &text).display().to_string();
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = proxy.accept().unwrap();
        let mut asked = Vec::new();
        let mut part = [0; 4096];
        while !asked.ends_with(b"\r\n\r\n") {
            let length = stream.read(&mut part).unwrap();
            assert_ne!(length, 0, "a whole request");
            asked.extend_from_slice(&part[..length]);
        }
        stream.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n").unwrap();
        String::from_utf8_lossy(&asked).into_owned()
    });
    let trace = folder.path().join("trace.jsonl");
    let account = [("CERTGATE_USER", "user"), ("CERTGATE_CONTEXT", "9"), ("CERTGATE_PASSWORD", PASSWORD)];
    let arguments = ["doctor", "--config", &config, "--trace", trace.to_str().unwrap()];
    let output = certgate(&folder, &arguments, &account);
    let asked = asked.join().unwrap();
    assert!(asked.starts_with("CONNECT "), "{asked}");
    assert!(asked.contains("Proxy-Authorization: Basic bmFtZTpodW50ZXIy\r\n"), "{asked}");
    assert_eq!(exit(&output), 4, "{}", stderr(&output));
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(stdout.contains("check the proxy's address and credentials"), "{stdout}");
    for shown in [stdout, stderr(&output), fs::read_to_string(trace).unwrap()] {
        for secret in ["hunter2", "bmFtZTpodW50ZXIy", PASSWORD] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
}

#[test]
fn timeouts_of_the_profile_are_kept() {
    // It takes the connection and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "[live]\njson_endpoint = \"http://{}/v1\"\n[live.timeouts]\nanswer = \"1s\"\n",
        silent.local_addr().unwrap()
    );
    let config = file(&folder, "config.toml", &text).display().to_string();
    let csr = csr();
    let account = [("CERTGATE_USER", "user"), ("CERTGATE_CONTEXT", "9"), ("CERTGATE_PASSWORD", PASSWORD)];
    let started = std::time::Instant::now();
    let output = certgate(&folder, &["prepare", "--csr", &csr, "--config", &config], &account);
    assert!(started.elapsed() < std::time::Duration::from_secs(30));
    assert_eq!(exit(&output), 5, "{}", stderr(&output));
    assert!(stderr(&output).contains("timeout"), "{}", stderr(&output));
}

#[cfg(target_os = "linux")]
#[test]
fn the_password_is_not_in_the_process_list() {
    use certgate_simulator::Fault;
    use std::time::{Duration, Instant};

    let account = Credentials::new("user", Secret::new(PASSWORD), "9");
    let late = Fault::Late(None, Duration::from_secs(2));
    let (gateway, server) = serve(Settings { account, faults: vec![late], ..Settings::default() });
    let folder = tempfile::tempdir().unwrap();
    file(&folder, "secret", &format!("{PASSWORD}\n"));
    let text = format!(
        "[live]\njson_endpoint = \"{}\"\nuser = \"user\"\ncontext = 9\npassword_command = \"cat $HOME/secret\"\n",
        endpoint(&server, "json")
    );
    let config = file(&folder, "config.toml", &text).display().to_string();
    let mut child = command(&folder, &["hello", "--config", &config], &[]).spawn().unwrap();
    let started = Instant::now();
    while gateway.counts().requests == 0 {
        assert!(started.elapsed() < Duration::from_secs(30), "it asks");
        std::thread::sleep(Duration::from_millis(10));
    }
    // It has the password, has sent it and waits for the answer.
    for name in ["cmdline", "environ"] {
        let text = fs::read(format!("/proc/{}/{name}", child.id())).unwrap();
        assert!(!text.is_empty());
        assert!(!String::from_utf8_lossy(&text).contains(PASSWORD), "{name}");
    }
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// A build without PostgreSQL says so, and does not make a file of that name.
#[cfg(not(feature = "postgres"))]
#[test]
fn a_build_without_postgresql_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let store = "postgres://me@db.example/orders";
    let output = certgate(&folder, &["orders", "--store", store], &[]);
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(said.contains("this certgate was built without the feature `postgres`"), "{said}");
    assert!(said.contains("It is from argument --store."), "{said}");
    fs::write(folder.path().join("c.toml"), format!("[live]\nstore = \"{store}\"\n")).unwrap();
    let file = folder.path().join("c.toml").display().to_string();
    let said = stderr(&certgate(&folder, &["orders", "--config", &file], &[]));
    assert!(said.contains("c.toml:2: ") && said.contains("built without the feature `postgres`"), "{said}");
}
