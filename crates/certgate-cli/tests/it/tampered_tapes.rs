//! Tapes that were changed, that are old, or that are none.

use std::{fs, path::Path};

use pretty_assertions::assert_eq;
use serde_json::Value;

use crate::{
    support::binary::{certgate_in, command, copy, edit, exit, fixture, json as json_of, run, stderr},
    tapes::reissue,
};

/// What is done to a tape, what its check says, and how a replay ends.
type Tampered<'a> = (&'a str, fn(&Path), &'a str, Option<(i32, &'a str)>);
fn index(tape: &Path, change: impl FnOnce(Vec<&str>) -> Vec<&str>) {
    let path = tape.join("tape.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, change(text.lines().collect()).join("\n") + "\n").unwrap();
}

#[test]
fn tampered_tapes() {
    let spelled: &[(&str, &str)] = &[
        ("s3cr&t-ü-pw", "as it is"),
        ("s3cr&amp;t-&#xFC;-pw", "escaped"),
        ("s3cr%26t-%C3%BC-pw", "escaped"),
        ("\\u0073\\u0033cr&t-\\u00fc-pw", "escaped"),
        ("czNjciZ0LcO8LXB3", "Base64"),
        ("s3cr\\u0026amp;t-ü-pw", "escaped more than once"),
    ];
    let cases: &[Tampered<'_>] = &[
        (
            "a field of a request changed",
            |tape| edit(&tape.join("0003-certificate-reissue.request.http"), "APACHESSL", "IIS5"),
            "",
            Some((
                10,
                "the nearest is exchange 0003 certificate-reissue over json; they differ in\n  value.software: \"IIS5\" on the tape, \"APACHESSL\" asked for",
            )),
        ),
        (
            "a field of an answer that nobody knows",
            |tape| {
                edit(
                    &tape.join("0006-certificate-info.response.json"),
                    "\"id\": 571",
                    "\"id\": 571, \"colour\": \"red\"",
                )
            },
            "data[0].colour: unknown",
            Some((0, "colour")),
        ),
        (
            "an exchange missing",
            |tape| {
                index(tape, |lines| lines.into_iter().filter(|line| !line.contains("certificate-reissue")).collect())
            },
            "it is number 4 at place 3: the order was changed, or one is missing",
            Some((10, "the tape has no certificate-reissue over json")),
        ),
        (
            "the order swapped",
            |tape| {
                index(tape, |mut lines| {
                    lines.swap(1, 2);
                    lines
                })
            },
            "it is number 2 at place 1: the order was changed, or one is missing",
            Some((0, "")),
        ),
        (
            "a file missing",
            |tape| fs::remove_file(tape.join("0002-certificate-prepare-order.response.json")).unwrap(),
            "0002-certificate-prepare-order.response.json: No such file or directory",
            Some((2, "No such file")),
        ),
        (
            "a file of nobody's",
            |tape| fs::write(tape.join("0009-certificate-info.request.http"), "GET /hello\n\n").unwrap(),
            "0009-certificate-info.request.http belongs to no exchange",
            Some((0, "")),
        ),
        (
            "a secret's field filled",
            |tape| {
                edit(
                    &tape.join("0001-certificate-info.response.json"),
                    "\"id\": 571",
                    "\"id\": 571, \"authinfo\": \"x\"",
                )
            },
            "response: a field that holds a secret is not blank",
            None,
        ),
        (
            "an answer cut short",
            |tape| fs::write(tape.join("0001-certificate-info.response.json"), "{\"status\": {").unwrap(),
            "response: ",
            Some((7, "cannot be understood")),
        ),
        (
            "an exchange too many",
            |tape| {
                index(tape, |mut lines| {
                    lines.push(lines[6]);
                    lines
                })
            },
            "it is number 6 at place 7",
            Some((10, "1 of its exchanges were not asked for, the first is 0006 certificate-info over json")),
        ),
        (
            "a session in a header of the index",
            |tape| edit(&tape.join("tape.jsonl"), "\"headers\":{", "\"headers\":{\"x-domainrobot-sessionid\":\"abc\","),
            "header `x-domainrobot-sessionid` holds a secret: expected `…`",
            None,
        ),
        (
            "credentials in a request's head",
            |tape| {
                edit(&tape.join("0003-certificate-reissue.request.http"), "\n\n", "\nAuthorization: Basic dTpw\n\n");
            },
            "header `Authorization` holds a secret: expected `…`",
            None,
        ),
        (
            "another status than the answer's",
            |tape| edit(&tape.join("tape.jsonl"), "\"status\":200", "\"status\":503"),
            "response: a success with HTTP 503: one of them was changed",
            None,
        ),
        (
            "a time that is none of the recording's",
            |tape| edit(&tape.join("tape.jsonl"), "\"time\":\"2026", "\"time\":\"2099"),
            ", before the one above it",
            None,
        ),
        ("no exchange", |tape| index(tape, |lines| lines[..1].to_vec()), "it holds no exchange", None),
        (
            "a task that is none",
            |tape| edit(&tape.join("tape.jsonl"), "\"task\":\"certificate-info\"", "\"task\":\"certificate-inform\""),
            "task `certificate-inform` is not known",
            None,
        ),
    ];
    for (what, tamper, said, replayed) in cases {
        let folder = tempfile::tempdir().unwrap();
        let tape = copy(&fixture("_tapes/reissue-json"), &folder.path().join("tape"));
        tamper(&tape);
        let output = run(folder.path(), &["replay", "check", "tape"]);
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(exit(&output), if said.is_empty() { 0 } else { 10 }, "{what}: {stdout}{}", stderr(&output));
        assert!(stdout.contains(said), "{what}: {stdout}");
        if let Some((code, said)) = replayed {
            let output = reissue(folder.path(), "json", &["--replay", "tape"]);
            assert_eq!(exit(&output), *code, "{what}: {}", stderr(&output));
            assert!(stderr(&output).contains(said), "{what}: {}", stderr(&output));
        }
    }
    for (planted, spelling) in spelled {
        let folder = tempfile::tempdir().unwrap();
        let tape = copy(&fixture("_tapes/reissue-json"), &folder.path().join("tape"));
        let file = tape.join("0001-certificate-info.response.json");
        edit(&file, "example.com", planted);
        let check = ["replay", "check", "tape"];
        let outputs = [
            command(folder.path(), &check).env("CERTGATE_PASSWORD", "s3cr&t-ü-pw").current_dir(folder.path()).output(),
            command(folder.path(), &check).env("CERTGATE_TOKEN", "s3cr&t-ü-pw").current_dir(folder.path()).output(),
            Ok(certgate_in(
                folder.path(),
                &["replay", "check", tape.to_str().unwrap(), "--password-stdin"],
                "s3cr&t-ü-pw",
            )),
        ];
        for output in outputs.map(Result::unwrap) {
            let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
            assert_eq!(exit(&output), 10, "{planted}");
            assert!(
                stdout.contains(&format!("response: a secret of this run is left in it ({spelling})")),
                "{planted}: {stdout}"
            );
            assert!(!stdout.contains("s3cr&t-ü-pw"));
        }
    }
    // The index is looked through as well.
    let folder = tempfile::tempdir().unwrap();
    let tape = copy(&fixture("_tapes/reissue-json"), &folder.path().join("tape"));
    edit(&tape.join("tape.jsonl"), "0.1.0", "0.1.0-s3cr%26t");
    for (password, said) in [("s3cr&t", "index: a secret of this run is left in it (escaped)"), ("abc", "less than 4")]
    {
        let mut command = command(folder.path(), &["replay", "check", "tape"]);
        let output = command.env("CERTGATE_PASSWORD", password).current_dir(folder.path()).output().unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(exit(&output) == 10 && stdout.contains(said), "{stdout}");
    }
}

#[test]
fn an_old_tape_and_one_that_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let tape = copy(&fixture("_tapes/reissue-xml"), &folder.path().join("tape"));
    // The first exchange alone.
    index(&tape, |lines| lines[..2].to_vec());
    for file in fs::read_dir(&tape).unwrap().map(|file| file.unwrap().path()) {
        let name = file.file_name().unwrap().to_str().unwrap();
        if !name.starts_with("0001") && name != "tape.jsonl" {
            fs::remove_file(file).unwrap();
        }
    }
    for (time, age, said) in [
        ("2018-12-12T10:53:23Z", "36500d", None),
        ("2018-12-12T10:53:23Z", "1d", Some("it was recorded 2018-12-12T10:53:23Z: record it again")),
        ("2099-12-12T10:53:23Z", "36500d", Some("it was recorded 2099-12-12T10:53:23Z: that is still to come")),
    ] {
        let text = fs::read_to_string(tape.join("tape.jsonl")).unwrap();
        let entry: Value = serde_json::from_str(text.lines().nth(1).unwrap()).unwrap();
        edit(&tape.join("tape.jsonl"), entry["time"].as_str().unwrap(), time);
        let output = run(folder.path(), &["replay", "check", "tape", "--max-age", age, "--output", "json"]);
        let problems = json_of(&output)["exchanges"][0]["problems"].clone();
        let expected = said.map(Value::from);
        assert_eq!((exit(&output), problems.get(0)), (if said.is_some() { 10 } else { 0 }, expected.as_ref()));
    }

    for (index, said) in [
        ("", "tape.jsonl:1: it is empty; expected {\"tape\":1}"),
        ("{\"tape\":2}\n", "tape.jsonl:1: format 2: this certgate knows 1"),
        ("{\"tape\":1}\n{}\n", "tape.jsonl:2: missing field `number`"),
        (
            "{\"tape\":1}\n{\"number\":1,\"task\":\"hello\",\"transport\":\"json\",\"time\":\"\",\"version\":\"\",\"request\":\"../x\"}\n",
            "tape.jsonl:2: file `../x` is not in the tape's folder",
        ),
        (
            "{\"tape\":1}\n{\"number\":1,\"task\":\"hello\",\"transport\":\"gopher\",\"time\":\"\",\"version\":\"\",\"request\":\"x\"}\n",
            "tape.jsonl:2: transport `gopher`: expected xml or json",
        ),
        (
            "{\"tape\":1}\n{\"number\":1,\"task\":\"hello\",\"transport\":\"json\",\"time\":\"\",\"version\":\"\",\"request\":\"x\"}\n",
            "tape.jsonl:2: expected either `response` and `status`, or `error`",
        ),
    ] {
        fs::write(tape.join("tape.jsonl"), index).unwrap();
        for arguments in [vec!["replay", "check", "tape"], vec!["info", "571", "--replay", "tape"]] {
            let output = run(folder.path(), &arguments);
            assert_eq!(exit(&output), 2, "{index}");
            assert!(stderr(&output).contains(said), "{}", stderr(&output));
        }
    }
    let output = run(folder.path(), &["info", "571", "--replay", "none"]);
    assert!(exit(&output) == 2 && stderr(&output).contains("expected a tape's folder"), "{}", stderr(&output));
    let output = run(folder.path(), &["info", "571", "--sandbox", "--record", "tape"]);
    assert!(exit(&output) == 2 && stderr(&output).contains("there is a tape already"), "{}", stderr(&output));
}
