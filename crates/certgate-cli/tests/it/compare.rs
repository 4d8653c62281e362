//! Two protocols, or two tapes, side by side.

use std::fs;

use certgate_domain::TaskKind;
use certgate_simulator::{Server, Settings};
use pretty_assertions::assert_eq;
use serde_json::json;

use crate::support::binary::{
    certgate_in, copy, csr, edit, ended, exit, fixture, json as json_of, run, serve, stderr, stdout,
};

/// What is planted, the field that shows it, and the drift.
type Planted<'a> = (&'a str, &'a str, &'a str, Option<(&'a str, &'a str)>);

/// Both protocols say the same of every safe task.
#[test]
fn both_protocols_say_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let csr = fs::read_to_string(csr()).unwrap();
    let mut answered = 0;
    for kind in TaskKind::ALL.iter().filter(|kind| kind.is_safe_to_repeat()) {
        let name = kind.name();
        if *kind == TaskKind::SessionDelete {
            let output = run(folder.path(), &["compare", name, "--sandbox"]);
            assert!(exit(&output) == 2 && stderr(&output).contains("ends a session"), "{}", stderr(&output));
            continue;
        }
        let data = match kind {
            TaskKind::CertificatePrepareOrder => Some(json!({ "plain": csr, "product": "QUICKSSLPREMIUM" })),
            TaskKind::CertificateInstallCheck => Some(json!({ "hostname": "example.com" })),
            TaskKind::CertificateCommentUpdate => Some(json!({ "comment": "seen" })),
            TaskKind::CertificateVmcDataCheck => Some(json!({ "name": "example.com", "product": "VMC" })),
            TaskKind::ContactUpdate => Some(json!({ "fname": "Ada", "lname": "Lovelace", "email": "ada@example.com" })),
            TaskKind::ZoneInfo | TaskKind::ZoneUpdate => {
                Some(json!({ "origin": "example.com", "virtualNameServer": "ns1.dns.example" }))
            }
            _ => None,
        };
        let id = match kind {
            TaskKind::ContactInfo | TaskKind::ContactUpdate => "1120",
            _ => "571",
        };
        let file = folder.path().join("data.json").display().to_string();
        let mut arguments = vec!["compare", name, "--sandbox", "--output", "json"];
        if certgate_json::route::route(*kind).1.contains("{id}") {
            arguments.extend(["--id", id]);
        }
        if let Some(data) = &data {
            fs::write(&file, data.to_string()).unwrap();
            arguments.extend(["--data", &file]);
        }
        let output = run(folder.path(), &arguments);
        let document = json_of(&output);
        // A refusal (no such job) is compared like any other answer.
        assert_eq!((exit(&output), &document["differences"]), (0, &0.into()), "{name}: {document} {}", stderr(&output));
        let status = document["fields"].as_array().unwrap().iter().find(|row| row["path"] == "status.type").unwrap();
        assert_eq!(status["state"], "equal", "{name}");
        answered += usize::from(status["xml"] == "SUCCESS");
    }
    assert!(answered >= 12, "{answered}");
    // A report that cannot be written is one document too.
    let unwritable =
        ["compare", "certificate-info", "--id", "571", "--sandbox", "--output", "json", "--junit", "none/x"];
    let output = run(folder.path(), &unwritable);
    assert_eq!((exit(&output), &json_of(&output)["error"]["kind"]), (2, &"usage".into()));
    let output = run(folder.path(), &["compare", "certificate-reissue", "--sandbox", "--id", "571"]);
    assert!(exit(&output) == 2 && stderr(&output).contains("is not safe to repeat"), "{}", stderr(&output));
    let output =
        run(folder.path(), &["compare", "certificate-info", "--id", "571", "--endpoint", "http://127.0.0.1:1/xml"]);
    assert!(exit(&output) == 2 && stderr(&output).contains("compare asks both protocols"), "{}", stderr(&output));
}

/// With `--all` every certificate of the account, or every page of a list; what does not fit is said.
#[test]
fn all_of_an_account_are_compared() {
    let home = tempfile::tempdir().unwrap();
    let (gateway, server) = serve(Settings { more_certificates: 1500, ..Settings::default() });
    let configure = |server: &Server| {
        let (xml, json) = (server.xml_endpoint(), server.json_endpoint());
        let addresses = format!("xml_endpoint = \"{xml}\"\njson_endpoint = \"{json}\"\n");
        let profile = format!("[live]\nrequests_per_second = 1000\n{addresses}");
        fs::write(home.path().join("config.toml"), profile).unwrap();
    };
    configure(&server);
    let compare = |words: &[&str]| run(home.path(), &[&["compare"], words, &["--config", "config.toml"]].concat());
    let output = compare(&["certificate-list", "--all", "--output", "json"]);
    let document = json_of(&output);
    let asked: Vec<&serde_json::Value> =
        document["exchanges"].as_array().unwrap().iter().map(|exchange| &exchange["left"]).collect();
    assert_eq!((exit(&output), &document["differences"]), (0, &json!(0)), "{}", stderr(&output));
    assert_eq!(asked, ["certificate-list from 0", "certificate-list from 1000"]);
    assert_eq!(gateway.asked(TaskKind::CertificateList), 4);
    let output = compare(&["hello", "--all"]);
    assert!(exit(&output) == 2 && stderr(&output).contains("neither about one certificate nor a list"));
    let output = run(home.path(), &["compare", "certificate-info", "--all", "--sandbox"]);
    assert_eq!((exit(&output), stdout(&output).as_str()), (0, "equal\n"));
    let output = run(home.path(), &["compare", "certificate-info", "--all", "--sandbox", "--output", "json"]);
    assert_eq!(json_of(&output)["exchanges"][0]["left"], "certificate-info 571");
    // What is compared with nothing is not equal.
    let (_gateway, server) = serve(Settings::default());
    configure(&server);
    ended(run(home.path(), &["delete", "571", "--yes", "--config", "config.toml"]), 0);
    let output = compare(&["certificate-info", "--all"]);
    let said = (exit(&output), stdout(&output), stderr(&output));
    assert_eq!(said, (8, String::new(), "certgate: there is nothing to compare\n".to_owned()));
}

/// Each planted difference is found, with its severity; a page and a CI server's file are written.
#[test]
fn planted_differences_between_tapes() {
    let base = fixture("_tapes/reissue-json");
    let file = "0001-certificate-info.response.json";
    let cases: &[Planted<'_>] = &[
        ("\"software\": \"APACHESSL\"", "\"software\": \"IIS5\"", "data[0].software", None),
        ("\"product\": \"QUICKSSLPREMIUM\"", "\"product\": \"SSL123\"", "data[0].product", None),
        (
            "\"name\": \"example.com\"",
            "\"name\": \"example.com\", \"comment\": \"new\"",
            "data[0].comment",
            Some(("added", "minor")),
        ),
        ("\"id\": 571", "\"id\": 571, \"colour\": { \"a\": 1 }", "data[0].colour", Some(("added", "minor"))),
        ("\"id\": 571", "\"id\": \"571\"", "data[0].id", Some(("retyped", "breaking"))),
        ("\"name\": \"example.com\"", "\"name\": 5", "data[0].name", Some(("retyped", "breaking"))),
        ("\"product\": \"QUICKSSLPREMIUM\",", "", "data[0].product", Some(("removed", "breaking"))),
    ];
    for (from, to, path, drift) in cases {
        let folder = tempfile::tempdir().unwrap();
        let (left, right) = (folder.path().join("left"), folder.path().join("right"));
        copy(&base, &left);
        copy(&base, &right);
        // Both answers to this task, else the field is still known from the other.
        for file in [file, "0006-certificate-info.response.json"] {
            edit(&right.join(file), from, to);
        }
        let arguments = [
            "compare", "--tape", "left", "--tape", "right", "--output", "json", "--junit", "out.xml", "--html",
            "out.html",
        ];
        let output = run(folder.path(), &arguments);
        let document = json_of(&output);
        assert_eq!(exit(&output), 10, "{path}: {document}");
        let rows = document["exchanges"][0]["fields"].as_array().unwrap();
        assert!(rows.len() == 1 && rows[0]["path"].as_str().unwrap().starts_with(path), "{path}: {rows:?}");
        match drift {
            None => assert_eq!(document["drift"], serde_json::json!([])),
            Some((change, severity)) => {
                let found = &document["drift"][0];
                let expected = (
                    &serde_json::json!(path.replace("[0]", "[]")),
                    &serde_json::json!(change),
                    &serde_json::json!(severity),
                );
                assert_eq!((&found["path"], &found["change"], &found["severity"]), expected);
                assert_eq!(document["drift"].as_array().unwrap().len(), 1);
                assert_eq!(rows[0]["state"] == "retyped", *change == "retyped");
            }
        }
        let (junit, html) =
            (fs::read_to_string(folder.path().join("out.xml")), fs::read_to_string(folder.path().join("out.html")));
        assert!(junit.unwrap().contains("<failure ") && html.unwrap().contains(path));
        // As the output names it, and for every place; a retyped or new field has but one way to be named in the drift.
        for ignored in [path.replace("[0]", "[]"), (*path).to_owned()] {
            let compare =
                ["compare", "--tape", "left", "--tape", "right", "--ignore", &ignored, "--ignore", "data[].colr"];
            let output = run(folder.path(), &compare);
            let expected = if drift.is_some() && ignored == *path { 10 } else { 0 };
            assert_eq!(exit(&output), expected, "{path}: {}", stderr(&output));
            assert!(stderr(&output).contains("--ignore data[].colr: no field is called so"), "{}", stderr(&output));
            assert!(!stderr(&output).contains(&format!("{ignored}: no field")), "{}", stderr(&output));
        }
    }
    let output = run(
        base.parent().unwrap(),
        &["compare", "--tape", "reissue-json", "--tape", "reissue-json", "--output", "json"],
    );
    assert_eq!((exit(&output), &json_of(&output)["differences"]), (0, &0.into()));
    let output = certgate_in(base.parent().unwrap(), &["compare", "--tape", "x"], "");
    assert!(exit(&output) == 2 && stderr(&output).contains("expected two tapes"), "{}", stderr(&output));
}
