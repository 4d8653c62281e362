//! Requests: made, shown, checked.

use std::{fs, os::unix::fs::PermissionsExt};

use pretty_assertions::assert_eq;

use crate::support::binary::{ended, exit, fixture, json, mode, openssl, run, secret, stderr};

#[test]
fn csr_new_show_check() {
    let home = tempfile::tempdir().unwrap();
    let new = [
        "csr",
        "new",
        "--name",
        "example.com",
        "--san",
        "www.example.com",
        "--country",
        "DE",
        "--organization",
        "Ü GmbH",
    ];
    let files = ["--key-out", "a.key", "--out", "a.csr", "--key-type", "p384", "--output", "json"];
    let made = json(&ended(run(home.path(), &[&new[..], &files].concat()), 0));
    assert_eq!((&made["keyFile"], &made["file"]), (&"a.key".into(), &"a.csr".into()));
    assert_eq!(made["csr"], fs::read_to_string(home.path().join("a.csr")).unwrap());
    assert_eq!(mode(&home.path().join("a.key")), 0o600);
    let (ok, shown) =
        openssl(home.path(), &["req", "-in", "a.csr", "-noout", "-verify", "-subject", "-nameopt", "utf8", "-text"]);
    assert!(ok && shown.contains("DNS:example.com, DNS:www.example.com") && shown.contains("O=Ü GmbH"), "{shown}");
    let output = run(home.path(), &["csr", "show", "a.csr", "--output", "json"]);
    let request = json(&output)["request"].clone();
    assert_eq!(made["request"], request);
    assert_eq!(
        (&request["key"], &request["countryCode"], &request["names"][1]),
        (&"EC P-384".into(), &"DE".into(), &"www.example.com".into())
    );
    // A key is never written over.
    let output = run(home.path(), &[&new[..], &["--key-out", "a.key"]].concat());
    assert!(exit(&output) == 2 && stderr(&output).contains("a.key: it is there already"), "{}", stderr(&output));
    let output = run(home.path(), &[&new[..], &["--key", "a.key"]].concat());
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("-----BEGIN CERTIFICATE REQUEST-----"));
    for (more, code, said) in [
        (vec!["--name", "www.example.com", "--key", "a.key"], 0, "ok key: it is made with the key"),
        (vec!["--name", "example.org"], 10, "PROBLEM name: found example.com, www.example.com; expected example.org"),
        (vec!["--key", "b.key"], 10, "PROBLEM key: it is made with another key"),
    ] {
        if !home.path().join("b.key").exists() {
            run(home.path(), &["csr", "new", "--name", "b", "--key-out", "b.key"]);
        }
        let output = ended(run(home.path(), &[&["csr", "check", "a.csr"][..], &more].concat()), code);
        assert!(String::from_utf8_lossy(&output.stdout).contains(said), "{output:?}");
    }
    for (more, said) in [
        (vec!["--name", "x", "--country", "Deutschland ü"], "expected two letters"),
        (vec!["--name", "exa mple.com"], "name `exa mple.com`: it has a blank; expected a host name"),
        (vec!["--name", "example.com", "--out", "a.csr"], "a.csr: it is there already"),
    ] {
        let output = run(home.path(), &[&["csr", "new", "--key-out", "c.key"][..], &more].concat());
        assert!(exit(&output) == 2 && stderr(&output).contains(said), "{}", stderr(&output));
        assert!(!home.path().join("c.key").exists(), "nothing is left of what failed");
    }
    // What can be read and not ordered with is a check that failed; what cannot be read is bad input.
    let request = fs::read_to_string(fixture("_keys/example.com.csr")).unwrap();
    let block = certgate_x509::pem::read(&request).unwrap().remove(0);
    let mut der = block.der;
    let at = der.windows(11).position(|window| window == b"example.com").unwrap();
    der[at] = b'f';
    fs::write(home.path().join("tampered.csr"), certgate_x509::pem::text(&block.label, &der)).unwrap();
    let key = fixture("_keys/rsa-1024.pem").display().to_string();
    let made = openssl(home.path(), &["req", "-new", "-key", &key, "-subj", "/CN=example.com", "-out", "short.csr"]);
    assert!(made.0);
    let made = openssl(home.path(), &["req", "-new", "-key", "a.key", "-subj", "/CN=example.com", "-out", "plain.csr"]);
    assert!(made.0);
    for (file, name, code, check) in [
        ("tampered.csr", "example.com", 10, "signature"),
        ("short.csr", "example.com", 10, "key-size"),
        ("plain.csr", "example.org", 10, "name"),
        ("plain.csr", "example.com", 0, ""),
        ("a.key", "example.com", 2, ""),
    ] {
        let output = run(home.path(), &["csr", "check", file, "--name", name, "--output", "json"]);
        assert_eq!(exit(&output), code, "{file}: {}", stderr(&output));
        let checks = json(&output)["checks"].as_array().cloned().unwrap_or_default();
        let failing = checks.iter().find(|row| row["ok"] == false);
        assert_eq!(failing.map_or("", |row| row["name"].as_str().unwrap()), check, "{file}");
        if file == "plain.csr" && code == 10 {
            assert_eq!(failing.unwrap()["detail"], "found example.com; expected example.org");
        }
    }
}

/// A key that is DER, and a pass phrase with a byte order mark, are read as they are written; what is no PEM is named.
#[test]
fn key_files_as_programs_write_them() {
    let home = tempfile::tempdir().unwrap();
    let put = |name: &str, content: &[u8]| secret(&home.path().join(name), content);
    for name in ["p256-sec1-no-public.pem", "p256-pkcs8-encrypted.pem", "keystore.jks"] {
        put(name, &fs::read(fixture("_keys").join(name)).unwrap());
    }
    assert!(openssl(home.path(), &["pkey", "-in", "p256-sec1-no-public.pem", "-outform", "DER", "-out", "key.der"]).0);
    fs::set_permissions(home.path().join("key.der"), fs::Permissions::from_mode(0o600)).unwrap();
    put("marked", "\u{FEFF}geheim ü\r\n".as_bytes());
    put("latin-1", b"geheim \xFC\n");
    let encrypted = ["--key", "p256-pkcs8-encrypted.pem", "--pass-phrase-file"];
    for (more, expected, said) in [
        (vec!["--key", "key.der"], 0, ""),
        (vec!["--key", "p256-sec1-no-public.pem"], 0, ""),
        ([&encrypted[..], &["marked"]].concat(), 0, ""),
        ([&encrypted[..], &["latin-1"]].concat(), 2, "latin-1: found what is not text, expected UTF-8"),
        (vec!["--key", "keystore.jks"], 2, "key keystore.jks: found a Java key store"),
    ] {
        let output = run(home.path(), &[&["csr", "new", "--name", "example.com"], &more[..]].concat());
        assert_eq!(
            (exit(&output), output.stdout.starts_with(b"-----BEGIN CERTIFICATE REQUEST-----")),
            (expected, expected == 0),
            "{more:?}"
        );
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
}

/// Every name and every part of the subject is in the document; plain host names stay as they are.
#[test]
fn nothing_of_a_request_disappears() {
    let home = tempfile::tempdir().unwrap();
    let shown = |name: &str| {
        let file = fixture("_x509").join(name).display().to_string();
        let output = ended(run(home.path(), &["csr", "show", &file, "--output", "json"]), 0);
        json(&output)["request"].clone()
    };
    let names = shown("every-name.csr")["names"].clone();
    assert_eq!(
        (&names[0], &names[1], &names[2]),
        (&"example.com".into(), &"ip:192.0.2.7".into(), &"ip:2001:db8::1".into())
    );
    assert_eq!(names.as_array().unwrap().len(), 9);
    let two = shown("two-names.csr");
    assert_eq!((&two["name"], &two["organizationUnit"]), (&"example.com".into(), &"one".into()));
    let subject = two["subject"].as_str().unwrap();
    assert!(subject.contains("OU=one, OU=two, CN=example.com, CN=www.example.com"), "{subject}");
    assert_eq!(shown("pss-sha256.csr")["signatureHashAlgorithm"], "SHA256");
    let attributes = shown("attributes.csr")["attributes"].clone();
    assert_eq!(attributes, serde_json::json!(["1.2.3.4", "unstructuredName", "challengePassword", "osVersion"]));
    let file = fixture("_x509/attributes.csr").display().to_string();
    let checked = run(home.path(), &["csr", "check", &file]);
    let said = "certgate: warning: attributes: 1.2.3.4, unstructuredName, challengePassword, osVersion; its challengePassword goes to";
    assert!(exit(&checked) == 0 && stderr(&checked).contains(said), "{}", stderr(&checked));
}

/// What is wrong, or cannot be checked, is a problem, with its reason.
#[test]
fn outcomes_of_a_signature() {
    let home = tempfile::tempdir().unwrap();
    for (file, code, said) in [
        ("key-compressed.csr", 0, "ok signature: by its own key, EC P-256"),
        ("pss-longest-salt.csr", 0, "ok signature: by its own key, RSA 2048 bits"),
        ("key-hybrid.csr", 0, "ok signature: by its own key, EC P-256"),
        (
            "key-p521.csr",
            10,
            "PROBLEM signature: its signature cannot be checked, for it is ECDSA on P-521 with SHA256",
        ),
        ("rsa-sha1.csr", 10, "PROBLEM signature: it is signed with SHA1; expected SHA-256 or better"),
        ("rsa-sha224.csr", 10, "PROBLEM signature: it is signed with SHA224; expected SHA-256 or better"),
        ("key-pss.csr", 10, "PROBLEM key-type: its key may be used for RSASSA-PSS only"),
        ("key-explicit.csr", 10, "openssl ec -in OLD -param_enc named_curve -out NEW"),
    ] {
        let path = fixture("_x509").join(file).display().to_string();
        let output = run(home.path(), &["csr", "check", &path]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &stderr(&output);
        assert_eq!((exit(&output), text.contains(said)), (code, true), "{file}: {text}");
        let checks = json(&run(home.path(), &["csr", "check", &path, "--output", "json"]))["checks"].clone();
        assert!(checks.as_array().unwrap().iter().all(|check| check["warning"] != true), "{file}");
    }
}

/// Whatever the file looks like, what is sent is one clean block; what an authority may leave out is said before the order.
#[test]
fn what_is_sent_is_written_anew() {
    let home = tempfile::tempdir().unwrap();
    let clean = fs::read_to_string(fixture("_x509/every-name.csr")).unwrap();
    let odd = format!("\u{FEFF}Subject: CN = example.com\r\n{}\r\n-- \r\nJane", clean.replace('\n', "\r\n\r\n   "));
    fs::write(home.path().join("odd.csr"), odd).unwrap();
    let output =
        run(home.path(), &["reissue", "571", "--csr", "odd.csr", "--sandbox", "--output", "json", "--trace", "trace"]);
    assert_eq!(exit(&output), 0, "{}", stderr(&output));
    let warning = "an authority may leave out email:jane@example.com, uri:https://example.com/x";
    assert!(stderr(&output).contains(warning), "{}", stderr(&output));
    assert_eq!(json(&output)["certificate"]["csr"], clean.trim_end());
}

/// No command waits for a pipe that nobody writes into, or reads a device without an end.
#[test]
fn what_is_no_file_is_no_input() {
    let home = tempfile::tempdir().unwrap();
    let path = |name: &str| home.path().join(name).display().to_string();
    assert!(std::process::Command::new("mkfifo").arg(path("pipe.csv")).status().unwrap().success());
    fs::create_dir(path("folder.csv")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", path("device.csv")).unwrap();
    for (input, found) in [("pipe.csv", "a named pipe"), ("folder.csv", "a folder"), ("device.csv", "a device")] {
        fs::write(path("batch.csv"), format!("id,csr\n571,{input}\n")).unwrap();
        for command in [
            &["csr", "check", input][..],
            &["reissue", "571", "--csr", input, "--sandbox", "--dry-run"],
            &["batch", input, "--sandbox", "--dry-run"],
            &["batch", "batch.csv", "--sandbox", "--dry-run"],
            &["poll", "import", input],
            &["decode", "--transport", "xml", "--task", "hello", "--side", "response", input],
        ] {
            let output = run(home.path(), command);
            assert_eq!(exit(&output), 2, "{command:?}: {}", stderr(&output));
            let said = format!("{input}: it is {found}; expected a file");
            assert!(stderr(&output).contains(&said), "{command:?}: {}", stderr(&output));
        }
    }
}
