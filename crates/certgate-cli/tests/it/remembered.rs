//! An order into a folder that is known: what it does not say is as it is remembered there, be it one order or a line of a batch.

use std::{fs, path::Path};

use certgate_simulator::{Server, Settings};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::support::binary::{Here, at, csr, ended, openssl, secret, serve, told};

/// Orders, and gives the document.
fn ordered(home: &Path, server: &Server, transport: &str, command: &[&str]) -> Value {
    let (code, document, said) = told(home, server, transport, command);
    assert_eq!(code, 0, "{command:?}: {said}");
    document
}

fn lines(home: &Path, file: &str) -> usize {
    fs::read_to_string(home.join(file)).unwrap_or_default().lines().count()
}

/// The settings that are remembered with what is in place.
fn remembered(home: &Path) -> Value {
    let record = fs::read_to_string(home.join("certs/a/current/about.json")).unwrap();
    serde_json::from_str::<Value>(&record).unwrap()["settings"].clone()
}

#[test]
fn what_an_order_does_not_say_is_as_remembered() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { more_certificates: 1, ..Settings::default() });
        let run = |command: &[&str]| ordered(here.home.path(), &here.server, transport, command);
        secret(&here.path("pass"), "geheim\n");
        let first =
            ["reissue", "571", "--new-key", "--key-type", "p384", "--san", "www.example.com", "--out", "certs/a"];
        let how = ["--deploy-hook", "echo x >> hooked", "--keep", "1", "--pkcs12", "--store-pass-file", "pass"];
        run(&[&first[..], &how, &["--dns", "provision"]].concat());
        let before = remembered(here.home.path());
        let again = ["reissue", "571", "--new-key", "--out", "certs/a"];
        let document = run(&again);
        assert_eq!((&document["deployment"]["state"], lines(here.home.path(), "hooked")), (&json!("deployed"), 2));
        assert!(document["files"]["p12"].is_string(), "{document}");
        let folder = here.path("certs/a");
        let (_, key) = openssl(&folder, &["pkey", "-in", "key.pem", "-noout", "-text"]);
        let (_, names) = openssl(&folder, &["x509", "-in", "cert.pem", "-noout", "-ext", "subjectAltName"]);
        assert!(key.contains("P-384") && names.contains("www.example.com"), "{key} {names}");
        let mut same = before.clone();
        same.as_object_mut().unwrap().remove("key_type");
        assert_eq!(remembered(here.home.path()), same, "the type is that of the key in place");
        assert_eq!(fs::read_dir(folder.join("sets")).unwrap().count(), 2, "one is kept before the one in place");

        // A line of a batch, and what is given goes before what is remembered, and is remembered.
        let line = "[[order]]\nid = 571\nnew_key = true\nout = \"certs/a\"\ndeploy_hook = \"echo y >> other\"\n";
        fs::write(here.path("one.toml"), line).unwrap();
        run(&["batch", "one.toml"]);
        assert_eq!((lines(here.home.path(), "hooked"), lines(here.home.path(), "other")), (2, 1));
        run(&["renew-due", "certs", "--renew-before", "400d"]);
        assert_eq!((lines(here.home.path(), "hooked"), lines(here.home.path(), "other")), (2, 2));
        assert!(folder.join("bundle.p12").exists());

        // It stays that certificate's.
        let other = ["reissue", "10000", "--new-key", "--out", "certs/a"];
        let (code, _, said) = here.told(&other);
        assert_eq!((code, said.contains("certs/a holds another certificate: example.com (571)")), (2, true), "{said}");
        assert_eq!(here.orders(), 4);
    }
}

/// Nothing is taken from a folder that an order does not go into, and a CSR's key is its own.
#[test]
fn a_csr_says_its_names_and_its_key() {
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let (_gateway, server) = serve(Settings::default());
        let csr = csr();
        let run = |command: &[&str]| ordered(home.path(), &server, transport, command);
        run(&["reissue", "571", "--csr", &csr, "--out", "certs/b", "--deploy-hook", "echo x >> hooked"]);
        run(&["reissue", "571", "--csr", &csr, "--out", "certs/b"]);
        assert_eq!(lines(home.path(), "hooked"), 2);
        run(&["reissue", "571", "--csr", &csr]);
        run(&["reissue", "571", "--csr", &csr, "--out", "certs/c"]);
        run(&["reissue", "571", "--csr", &csr, "--out", "certs/b", "--deploy-hook", ""]);
        assert_eq!(lines(home.path(), "hooked"), 2, "an empty hook is none");
    }
}

/// What an order published and could not remove is left to be removed. It is older than what was ordered since, and a try that came to nothing
/// changes nothing.
#[test]
fn what_an_order_left_behind_is_not_what_is_remembered() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let order = ["reissue", "571", "--new-key", "--out", "certs/a"];
        fs::write(here.path("stays.sh"), "[ \"$1\" = add ]\n").unwrap();
        let old = ["--dns", "exec", "sh ./stays.sh", "--deploy-hook", "echo x >> old"];
        let (code, _, said) = here.told(&[&order[..], &old].concat());
        assert_eq!((code, said.contains("certgate: warning:")), (0, true), "its record stays: {said}");
        let (code, ..) =
            here.told(&[&order[..], &["--dns", "exec", "false", "--deploy-hook", "echo x >> none"]].concat());
        assert_eq!(code, 13, "nothing is published");
        let new = ["--dns", "provision", "--deploy-hook", "echo x >> new"];
        assert_eq!(here.told(&[&order[..], &new].concat()).0, 0);
        let home = here.home.path();
        for runs in 2..4 {
            let (code, _, said) = here.told(&["renew-due", "certs", "--renew-before", "400d"]);
            let lines = ["old", "none", "new"].map(|file| lines(home, file));
            assert_eq!((code, lines), (0, [1, 0, runs]), "{said}");
        }
        assert_eq!(remembered(home)["deploy_hook"], "echo x >> new");
    }
}

/// What is given starts from where it is given, what is remembered from where it was.
#[test]
fn commands_run_where_they_were_given() {
    let home = tempfile::tempdir().unwrap();
    let (_gateway, server) = serve(Settings::default());
    fs::write(home.path().join("hook.sh"), "echo first >> log").unwrap();
    fs::create_dir(home.path().join("elsewhere")).unwrap();
    fs::write(home.path().join("elsewhere/hook.sh"), "echo second >> log").unwrap();
    let out = home.path().join("certs/a").display().to_string();
    let first = ["reissue", "571", "--new-key", "--out", "certs/a", "--deploy-hook", "sh ./hook.sh"];
    ordered(home.path(), &server, "xml", &first);
    let elsewhere = |command: &[&str]| {
        ended(at(&home.path().join("elsewhere"), &server, "xml", command), 0);
    };
    elsewhere(&["reissue", "571", "--new-key", "--out", &out]);
    assert_eq!(lines(home.path(), "log"), 2);
    elsewhere(&["renew-due", &out, "--renew-before", "400d", "--deploy-hook", "sh ./hook.sh"]);
    let log = |folder: &str| fs::read_to_string(home.path().join(folder).join("log")).unwrap();
    assert_eq!((log("."), log("elsewhere")), ("first\nfirst\n".to_owned(), "second\n".to_owned()));
}
