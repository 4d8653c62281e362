//! The main job with the real binary: over both protocols, the same results, output and exit codes.

use std::fs;

use certgate_domain::TaskKind;
use certgate_keys::{KeyType, PrivateKey};
use certgate_simulator::Settings;
use pretty_assertions::assert_eq;
use serde_json::Value;

use crate::support::binary::{
    Here, certgate, certgate_in, csr, ended, endpoint, exit, fixture, json, openssl, serve, stderr,
};

/// Blanks what differs from run to run: ids, times, serials, tokens, keys.
fn blanked(value: &mut Value) {
    const VARYING: [&str; 14] = [
        "id",
        "ctid",
        "serialNumber",
        "expire",
        "created",
        "updated",
        "server",
        "caCertificate",
        "dns",
        "detail",
        "cert",
        "chain",
        "fullchain",
        "stid",
    ];
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if VARYING.contains(&name.as_str()) && !value.is_object() && !value.is_array() {
                    *value = Value::from("…");
                } else {
                    blanked(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(blanked),
        _ => {}
    }
}

#[test]
fn both_transports_give_the_same_document_and_openssl_accepts_the_files() {
    let mut documents = Vec::new();
    for transport in ["xml", "json"] {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().display().to_string();
        let output = certgate(
            &[
                "reissue",
                "571",
                "--csr",
                &csr(),
                "--sandbox",
                "--transport",
                transport,
                "--out",
                &out,
                "--output",
                "json",
            ],
            "",
        );
        assert_eq!(exit(&output), 0, "{}", stderr(&output));
        let mut document = json(&output);
        assert_eq!(document["schema"], 1);
        assert_eq!(document["order"]["state"], "done");
        assert_eq!(document["order"]["job"]["status"], "SUCCESS");
        assert_eq!(document["certificate"]["name"], "example.com");
        assert_eq!(document["findings"], Value::Array(vec![]));
        let checks: Vec<(&str, bool)> = document["checks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|check| (check["name"].as_str().unwrap(), check["ok"].as_bool().unwrap()))
            .collect();
        assert_eq!(
            checks,
            [
                ("certificate", true),
                ("public-key", true),
                ("name", true),
                ("names", true),
                ("dates", true),
                ("chain", true),
                ("serial", true)
            ]
        );
        let root = document["certificate"]["certificationAuthority"][1]["caCertificate"].as_str().unwrap();
        fs::write(folder.path().join("root.pem"), root).unwrap();
        let openssl = |arguments: &[&str]| openssl(folder.path(), arguments);
        assert!(openssl(&["verify", "-CAfile", "root.pem", "-untrusted", "chain.pem", "fullchain.pem"]).0);
        assert!(!openssl(&["verify", "-CAfile", "root.pem", "fullchain.pem"]).0, "the intermediate counts");
        let key = openssl(&["x509", "-in", "fullchain.pem", "-noout", "-pubkey"]).1;
        assert_eq!(key, openssl(&["req", "-in", &csr(), "-noout", "-pubkey"]).1);
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(read("fullchain.pem"), read("cert.pem") + &read("chain.pem"));
        blanked(&mut document);
        documents.push(document);
    }
    assert_eq!(documents[0], documents[1]);
}

#[test]
fn waits_for_a_job_that_takes_its_time() {
    for transport in ["xml", "json"] {
        let (gateway, server) =
            serve(Settings { job_time: std::time::Duration::from_millis(1500), ..Settings::default() });
        let output = certgate(
            &["reissue", "571", "--csr", &csr(), "--endpoint", &endpoint(&server, transport), "--transport", transport],
            "",
        );
        assert_eq!(exit(&output), 0, "{}", stderr(&output));
        assert!(String::from_utf8_lossy(&output.stdout).contains("-----BEGIN CERTIFICATE-----"));
        assert!(stderr(&output).contains("not finished after"), "{}", stderr(&output));
        assert_eq!((gateway.counts().orders, gateway.counts().confirms, gateway.queue_len()), (1, 1, 0));
    }
}

#[test]
fn no_wait_and_resume() {
    for transport in ["xml", "json"] {
        let (gateway, server) = serve(Settings::default());
        let endpoint = endpoint(&server, transport);
        let home = tempfile::tempdir().unwrap();
        let certgate = |arguments: &[&str], stdin: &str| certgate_in(home.path(), arguments, stdin);
        let at = ["--endpoint", &endpoint, "--transport", transport, "--output", "json"];
        let output = ended(certgate(&[&["reissue", "571", "--csr", &csr(), "--no-wait"][..], &at].concat(), ""), 6);
        let document = json(&output);
        assert_eq!(
            (document["error"]["kind"].as_str(), document["order"]["state"].as_str()),
            (Some("pending"), Some("pending"))
        );
        let resume = document["resume"].as_str().unwrap();
        let command: Vec<&str> = resume.split(' ').skip(1).collect();
        let output = certgate(&[&command[..], &at].concat(), "");
        assert_eq!(exit(&output), 0, "{resume}: {}", stderr(&output));
        assert_eq!((gateway.counts().orders, gateway.queue_len()), (1, 0));
        // Once more: the store knows that it is done.
        let output = certgate(&[&command[..], &at].concat(), "");
        assert_eq!((exit(&output), json(&output)["order"]["state"].as_str()), (8, Some("done")), "{}", stderr(&output));
        // From another machine, without the store: the message is off the queue, job and certificate tell.
        let job = document["order"]["job"]["id"].to_string();
        let elsewhere = ["resume", &job, "--certificate", "571", "--csr", &csr()].map(str::to_owned);
        let elsewhere: Vec<&str> = elsewhere.iter().map(String::as_str).chain(at).collect();
        ended(certgate(&elsewhere, ""), 0);
        // What it was ordered with is not judged again.
        let weak = fixture("_x509/rsa-sha1.csr").display().to_string();
        let weak = [&["resume", &job, "--certificate", "571", "--csr", &weak][..], &at].concat();
        let output = ended(certgate(&weak, ""), 10);
        assert!(stderr(&output).contains("it is not the CSR's"), "{}", stderr(&output));
        // A CSR alone says too little, and is not passed over.
        let output = certgate(&[&["resume", "--csr", &csr()][..], &at].concat(), "");
        assert!(exit(&output) == 2 && stderr(&output).contains("give --certificate or --name"), "{}", stderr(&output));
    }
}

#[test]
fn dry_run_orders_nothing_and_shows_no_secret() {
    for transport in ["xml", "json"] {
        let (gateway, server) = serve(Settings::default());
        let output = certgate(
            &[
                "reissue",
                "571",
                "--csr",
                &csr(),
                "--dry-run",
                "--endpoint",
                &endpoint(&server, transport),
                "--transport",
                transport,
            ],
            "",
        );
        assert_eq!(exit(&output), 0, "{}", stderr(&output));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        for part in
            ["certificate-prepare-order", "certificate-reissue", "poll-info", "poll-confirm", "certificate-info"]
        {
            assert!(text.contains(&format!("# {part} (")), "{part} in {text}");
        }
        let order = if transport == "xml" { "<code>400102</code><certificate>" } else { "PUT http://127.0.0.1:" };
        assert!(text.contains(order), "{text}");
        assert!(!text.contains("dXNlcjpwYXNzd29yZA"), "{text}");
        assert_eq!(gateway.counts().orders, 0);
    }
}

/// Whether a key is given or made: the certificate is asked for once before the order, and once when it is there.
#[test]
fn the_certificate_is_asked_for_once_before_the_order() {
    for transport in ["xml", "json"] {
        for key in [&["--new-key"][..], &["--csr", &csr()]] {
            let here = Here::new(transport, Settings::default());
            let out = here.path("out").display().to_string();
            let words = [&["reissue", "571", "--out", &out], key].concat();
            let (document, _) = here.run(&words, 0);
            let asked = [TaskKind::CertificateInfo, TaskKind::CertificatePrepareOrder, TaskKind::CertificateReissue];
            assert_eq!(asked.map(|kind| here.gateway.asked(kind)), [2, 1, 1], "{transport} {key:?}");
            // By the serial number of before, what was issued is told from it.
            let checks = document["checks"].as_array().unwrap();
            assert!(checks.iter().any(|check| check["name"] == "serial" && check["ok"] == true), "{document}");
        }
    }
}

#[test]
fn bad_requests_are_found_before_anything_is_sent() {
    let (gateway, server) = serve(Settings::default());
    let endpoint = endpoint(&server, "json");
    let key = PrivateKey::generate(KeyType::P256).unwrap().to_pem().expose().to_owned();
    let rows = [
        ("not PEM", "hello".to_owned(), "no -----BEGIN line found"),
        ("a private key", key, "found a private key"),
        ("broken", fs::read_to_string(csr()).unwrap().replacen("MII", "MIJ", 1), "cannot be read as DER"),
    ];
    for (what, text, expected) in rows {
        let output = certgate(&["reissue", "571", "--csr", "-", "--endpoint", &endpoint, "--output", "json"], &text);
        assert_eq!(exit(&output), 2, "{what}: {}", stderr(&output));
        assert_eq!(json(&output)["error"]["kind"], "usage");
        assert!(stderr(&output).contains(expected), "{what}: {}", stderr(&output));
        assert!(!stderr(&output).contains("PRIVATE KEY-----"));
    }
    assert_eq!(gateway.counts().requests, 0);
    let output = certgate(&["reissue", "571", "--csr", &csr(), "--name", "other.example", "--endpoint", &endpoint], "");
    assert_eq!(exit(&output), 2);
    assert!(
        stderr(&output).contains("the CSR's common name is `example.com`, the certificate's name is `other.example`")
    );
    assert_eq!(gateway.counts().orders, 0);
}

#[test]
fn every_documented_payload_decodes_and_converts() {
    for entry in ["certificate-info", "certificate-prepare-order", "certificate-reissue", "poll-info", "poll-confirm"] {
        for (side, from, to) in [
            ("request", "xml", "json"),
            ("response", "xml", "json"),
            ("request", "json", "xml"),
            ("response", "json", "xml"),
        ] {
            let file = fixture(&format!("{entry}/documented/{side}.{from}"));
            if !file.exists() {
                continue;
            }
            let file = file.display().to_string();
            let decode = |transport: &str, file: &str, stdin: &str| {
                let output =
                    certgate(&["decode", "--transport", transport, "--task", entry, "--side", side, file], stdin);
                assert_eq!(exit(&output), 0, "{file}: {}", stderr(&output));
                json(&output)["value"].clone()
            };
            let convert = |from: &str, to: &str, file: &str, stdin: &str| {
                let output =
                    certgate(&["convert", "--from", from, "--to", to, "--task", entry, "--side", side, file], stdin);
                assert_eq!(exit(&output), 0, "{file}: {}", stderr(&output));
                String::from_utf8(output.stdout).unwrap()
            };
            let before = decode(from, &file, "");
            let there = convert(from, to, &file, "");
            let back = convert(to, from, "-", &there);
            let after = decode(from, "-", &back);
            let normal = |value: &Value| {
                value.to_string().replace(".168+", ".000+").replace("\"Certificate\"", "\"certificate\"")
            };
            assert_eq!(normal(&after), normal(&before), "{file} by way of {to}");
        }
    }
}

#[test]
fn routes_of_the_documented_page() {
    for (routes, sent, not_sent) in [
        ("documented", "/certificate/prepareOrder", "_prepareOrder"),
        ("live", "/certificate/_prepareOrder", "/prepareOrder"),
    ] {
        let (gateway, server) = serve(Settings::default());
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config.toml");
        fs::write(&config, format!("[live]\nroutes = \"{routes}\"\n")).unwrap();
        let (config, at) = (config.display().to_string(), endpoint(&server, "json"));
        let common = ["--csr", &csr(), "--transport", "json", "--endpoint", &at, "--config", &config];
        let mut arguments = vec!["reissue", "571", "--dry-run"];
        arguments.extend(common);
        let output = certgate(&arguments, "");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(exit(&output), 0, "{}", stderr(&output));
        assert!(text.contains(sent) && !text.contains(not_sent), "{routes}: {text}");
        let mut arguments = vec!["reissue", "571", "--timeout", "60s"];
        arguments.extend(common);
        let output = certgate(&arguments, "");
        assert_eq!((exit(&output), gateway.counts().orders), (0, 1), "{routes}: {}", stderr(&output));
    }
}
