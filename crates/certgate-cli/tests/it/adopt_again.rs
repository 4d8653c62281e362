//! What is adopted again: something of it was damaged, or put in its place, since it was taken under care.

use std::{fs, path::Path};

use certgate_simulator::Settings;
use pretty_assertions::assert_eq;
use serde_json::json;

use crate::{
    adopt::{issued, lay, ordered},
    support::{
        binary::{Here, secret},
        tls_server::has_openssl,
    },
};

/// Files of that folder where servers read them.
fn put(from: &Path, site: &Path) {
    for (part, name) in [("fullchain.pem", "site.crt"), ("key.pem", "site.key")] {
        let _ = fs::remove_file(site.join(name));
        lay(from, &[part], &site.join(name), 0o600);
    }
}

/// A folder whose key is damaged stays the certificate's: no other one is made beside it.
#[test]
fn a_folder_whose_key_is_damaged() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        here.ends(&["reissue", "571", "--new-key", "--out", "certs/live"], 0);
        let links = || fs::read_link(here.path("certs/live/cert.pem")).unwrap();
        let (before, key) = (links(), here.path("certs/live/current/key.pem"));
        fs::write(&key, "-----BEGIN PRIVATE KEY-----\nMIG").unwrap();
        for rehearsed in [&["--dry-run"][..], &[]] {
            let (document, _) = here.run(&[&["adopt", "certs/live"][..], rehearsed].concat(), 10);
            let row = &document["certificates"][0];
            assert_eq!((&row["folder"], &row["kind"]), (&json!("certs/live"), &json!("check failed")), "{document}");
            let text = "certs/live/key.pem and certs/live/combined.pem do not hold the same";
            assert!(row["text"].as_str().unwrap().starts_with(text), "{row}");
            assert_eq!(fs::read_dir(here.path("certs")).unwrap().count(), 1);
            assert_eq!(links(), before);
        }
        here.run(&["renew-due", "certs"], 0);
        here.run(&["adopt", "certs/live"], 8);
    }
}

/// What could not be installed as it is asked for is not taken under care so.
#[test]
fn settings_that_cannot_be_used() {
    if !has_openssl() {
        return;
    }
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let (from, site) = (issued(here.home.path(), &here.server, "a.example"), here.path("etc/a.example"));
        put(&from, &site);
        for (options, said) in [
            (&["--pkcs12"][..], "key stores are encrypted, and have no pass phrase: give --store-pass-file"),
            (&["--jks", "--store-pass-file", "nowhere"], "nowhere: No such file"),
            (&["--file-owner", "nobody-is-called-so"], "--file-owner: "),
        ] {
            for rehearsed in [&["--dry-run"][..], &[]] {
                let (document, _) = here.run(&[&["adopt", "etc/a.example"][..], options, rehearsed].concat(), 2);
                let row = &document["certificates"][0];
                assert_eq!(row["kind"], "usage", "{document}");
                assert!(row["text"].as_str().unwrap().contains(said), "{row}");
                assert!(!site.join("a.example").exists() && site.join("site.key").is_file());
            }
        }
        secret(&here.path("pass"), "correct horse");
        let adopt = ["adopt", "etc/a.example", "--pkcs12", "--store-pass-file", "pass"];
        here.run(&adopt, 0);
        // What is remembered need not be said again.
        here.run(&["adopt", "etc/a.example", "--pkcs12", "--keep", "2"], 0);
        here.run(&["renew-due", "etc", "--renew-before", "400d"], 0);
        assert!(site.join("a.example/current/bundle.p12").exists());
    }
}

/// Where another certificate's pair, or a newer one, was put in the place of one under care and adopted, the folder before is told as what was there
/// before, and so is what a file still declares.
#[test]
fn what_was_there_before_is_told_as_that() {
    if !has_openssl() {
        return;
    }
    for is_another in [true, false] {
        let here = Here::new("json", Settings::default());
        let (from, site) = (issued(here.home.path(), &here.server, "a.example"), here.path("etc/a.example"));
        put(&from, &site);
        let adopt = ["adopt", "etc/a.example", "--write", "certificates.toml"];
        here.run(&adopt, 0);
        let declared = here.read("certificates.toml");
        if is_another {
            let create = ["create", "--product", "SSL123", "--admin", "1120", "--technical", "100", "--lifetime", "12"];
            put(&ordered(here.home.path(), &here.server, "a.example", "other", &create), &site);
        } else {
            here.run(&["reissue", "a.example", "--new-key", "--out", "newer"], 0);
            put(&here.path("newer"), &site);
        }
        here.run(&["status", "etc"], 2);
        let (document, said) = here.run(&adopt, 0);
        let adopted = document["certificates"].as_array().unwrap().iter().find(|row| row["kind"] == "done").unwrap();
        let folder = adopted["folder"].as_str().unwrap();
        assert!(folder.starts_with("etc/a.example/a.example-57"), "{document}");
        let (status, _) = here.run(&["status", "etc"], 2);
        let todo = status["certificates"][0]["todo"].as_str().unwrap();
        assert!(todo.contains(&format!("is a copy of {}, which ", here.path(folder).display())), "{todo}");
        assert!(
            todo.contains("or what was there before: nothing is ordered for it; remove it") && !todo.contains("adopt"),
            "{todo}"
        );
        let expected = format!(
            "certgate: warning: certificates.toml declares 572 with `out = \"{}\"`, and it is in {folder}: change that there",
            here.path("etc/a.example/a.example").display()
        );
        assert_eq!(said.contains(&expected), !is_another, "{said}");
        assert_eq!(here.read("certificates.toml") == declared, !is_another);
        fs::remove_dir_all(site.join("a.example")).unwrap();
        here.run(&["status", "etc"], 0);
        here.run(&["adopt", "etc/a.example"], 8);
    }
}
