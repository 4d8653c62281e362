//! The encrypted key stores that are written beside a certificate.

use std::{fs, process::Command};

use certgate_simulator::Settings;
use pretty_assertions::assert_eq;

use crate::support::binary::{Here, csr, exit, json, mode, openssl, pair, run, secret, stderr};

const NEW: [&str; 5] = ["reissue", "571", "--new-key", "--out", "live"];

/// What openssl, and Java's keytool where it is installed, find in the encrypted files is the pair in place.
#[test]
fn encrypted_stores() {
    let here = Here::new("json", Settings::default());
    let secret = |name: &str, text: &str| secret(&here.path(name), text);
    secret("phrase", "geheim ü\n");
    let stores = ["--pkcs12", "--jks", "--store-pass-file", "phrase"];
    let live = here.path("live");
    for kind in ["p256", "rsa2048"] {
        let output = here.ends(&[&NEW[..], &["--key-type", kind], &stores].concat(), 0);
        assert_eq!(json(&output)["files"]["p12"], "live/bundle.p12");
        for name in ["bundle.p12", "keystore.jks"] {
            assert_eq!(mode(&live.join(name)), 0o600);
        }
        let read =
            |pass: &str, what: &str| openssl(&live, &["pkcs12", "-in", "bundle.p12", "-passin", pass, "-nodes", what]);
        let (ok, key) = read("pass:geheim ü", "-nocerts");
        assert!(ok, "openssl reads it");
        fs::write(here.path("from-p12.pem"), key).unwrap();
        assert_eq!(openssl(here.home.path(), &["pkey", "-in", "from-p12.pem", "-pubout"]).1, pair(&live).1);
        assert_eq!(read("pass:geheim ü", "-nokeys").1.matches("BEGIN CERTIFICATE").count(), 2, "with its chain");
        assert!(!read("pass:wrong-6", "-nocerts").0);
        let keytool = Command::new("keytool")
            .args(["-list", "-v", "-keystore", "keystore.jks", "-storetype", "JKS", "-storepass", "geheim ü"])
            .current_dir(&live)
            .env("LC_ALL", "C.UTF-8")
            .output();
        if let Ok(keytool) = keytool {
            let text = String::from_utf8_lossy(&keytool.stdout).into_owned();
            assert!(keytool.status.success() && text.contains("PrivateKeyEntry"), "{text}");
            assert!(text.contains("Certificate chain length: 2") && text.contains("Alias name: example.com"), "{text}");
        }
    }
    secret("short", "12345\n");
    let (csr, orders) = (csr(), here.orders());
    let no_key = ["reissue", "571", "--csr", &csr, "--out", "other"];
    // In `live` the pass phrase is remembered.
    let unknown = ["reissue", "571", "--new-key", "--out", "unknown"];
    for (order, more, said) in [
        (&unknown[..], vec!["--pkcs12", "--jks"], "give --store-pass-file or --store-pass-command"),
        (&NEW, vec!["--pkcs12", "--jks", "--store-pass-file", "short"], "found 5 characters, expected at least 6"),
        (&NEW, vec!["--pkcs12", "--jks", "--store-pass-command", "exit 3"], "--store-pass-command ended with"),
        (&no_key, vec!["--pkcs12", "--store-pass-file", "phrase"], "other has none: order with --new-key or --key"),
        (&no_key[..4], vec!["--jks", "--store-pass-file", "phrase"], "--pkcs12 or --jks needs --out too"),
    ] {
        let output = here.at(&[order, &more].concat());
        assert!(exit(&output) == 2 && stderr(&output).contains(said), "{}", stderr(&output));
    }
    assert_eq!(here.orders(), orders);
    // A key that is there already will do.
    here.ends(&["reissue", "571", "--key", "live/key.pem", "--out", "other"], 0);
    let output = run(
        here.home.path(),
        &[
            "csr",
            "new",
            "--name",
            "example.com",
            "--san",
            "www.example.com",
            "--key",
            "other/key.pem",
            "--out",
            "same.csr",
        ],
    );
    assert_eq!(exit(&output), 0, "{}", stderr(&output));
    let same = ["reissue", "571", "--csr", "same.csr", "--out", "other", "--pkcs12", "--store-pass-file", "phrase"];
    let output = here.at(&same);
    assert_eq!((exit(&output), &json(&output)["files"]["p12"]), (0, &"other/bundle.p12".into()), "{}", stderr(&output));
}
