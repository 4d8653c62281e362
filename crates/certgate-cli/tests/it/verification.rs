//! A certificate that is not what was ordered takes nobody's place: a tape says what the gateway never should.

use std::{
    fs,
    path::{Path, PathBuf},
};

use certgate_keys::{KeyType, PrivateKey};
use pretty_assertions::assert_eq;
use serde_json::Value;

use crate::support::binary::{command, csr, ended, exit, fixture, json, stderr};

/// The tape of a reissue in a folder of its own.
fn taped() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let tape = folder.path().join("tape");
    fs::create_dir(&tape).unwrap();
    for file in fs::read_dir(fixture("_tapes/reissue-json")).unwrap().map(|file| file.unwrap()) {
        fs::copy(file.path(), tape.join(file.file_name())).unwrap();
    }
    (folder, tape)
}

type Change = fn(&mut Value);

/// Changes every certificate of the tape's answers.
fn tamper(tape: &Path, change: Change) {
    for name in ["0004-poll-info.response.json", "0006-certificate-info.response.json"] {
        let path = tape.join(name);
        let mut answer: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let pointer = if name.contains("poll") { "/data/0/object/data" } else { "/data/0" };
        change(answer.pointer_mut(pointer).unwrap());
        fs::write(&path, answer.to_string()).unwrap();
    }
}

/// Puts another authority's certificate for the request's key and that name in the place of the right one.
fn issued_for(certificate: &mut Value, name: &str) {
    let request = certgate_x509::CertificateRequest::from_pem(fs::read(csr()).unwrap()).unwrap();
    let mut params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.serial_number = Some(1.into());
    let issuer = rcgen::Issuer::new(rcgen::CertificateParams::default(), PrivateKey::generate(KeyType::P256).unwrap());
    certificate["server"] = params.signed_by(&P256(request.key.subject_public_key), &issuer).unwrap().pem().into();
}

/// A request's key.
struct P256(Vec<u8>);

impl rcgen::PublicKeyData for P256 {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

/// When all of the tape was recorded, as far as its clock goes.
fn recorded(tape: &Path, time: &str) {
    let path = tape.join("tape.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            let mut entry: Value = serde_json::from_str(line).unwrap();
            if entry.get("time").is_some() {
                entry["time"] = time.into();
            }
            entry.to_string()
        })
        .collect();
    fs::write(&path, lines.join("\n") + "\n").unwrap();
}

#[test]
fn each_check_stops_before_anything_is_replaced() {
    let cases: &[(&str, Change, &str, &str)] = &[
        ("right", |_| (), "", ""),
        (
            "a foreign key and serial",
            |certificate| {
                let names = ["example.com", "www.example.com"].map(str::to_owned);
                let mut params = rcgen::CertificateParams::new(names).unwrap();
                params.serial_number = Some(1.into());
                let other = params.self_signed(&PrivateKey::generate(KeyType::P256).unwrap()).unwrap();
                certificate["server"] = other.pem().into();
            },
            "public-key",
            "it is not the CSR's",
        ),
        (
            "no issuer",
            |certificate| {
                certificate.as_object_mut().unwrap().remove("certificationAuthority").unwrap();
            },
            "chain",
            "no certificate of the issuing authority was given",
        ),
        (
            "the root only",
            |certificate| {
                certificate["certificationAuthority"].as_array_mut().unwrap().remove(0);
            },
            "chain",
            "none of the authorities given signed it",
        ),
        ("a wrong name", |certificate| issued_for(certificate, "example.org"), "name", "found example.org; expected"),
        ("a demo product", |certificate| certificate["product"] = "DEMOSSL".into(), "live", "a demo certificate"),
        (
            "no certificate",
            |certificate| certificate["server"] = "no PEM at all".into(),
            "certificate",
            "no -----BEGIN line found",
        ),
    ];
    for (what, change, check, said) in cases {
        let (folder, tape) = taped();
        tamper(&tape, *change);
        fs::create_dir(folder.path().join("out")).unwrap();
        fs::write(folder.path().join("out/cert.pem"), "the old one").unwrap();
        let csr = csr();
        let reissue = |more: &[&str]| {
            let arguments = ["reissue", "571", "--csr", &csr, "--out", "out", "--output", "json", "--replay", "tape"];
            command(folder.path(), &[&arguments[..], more].concat()).current_dir(folder.path()).output().unwrap()
        };
        let output = reissue(&[]);
        let document = json(&output);
        let kept = fs::read_to_string(folder.path().join("out/cert.pem")).unwrap();
        if check.is_empty() {
            assert_eq!(exit(&output), 0, "{what}: {}", stderr(&output));
            assert_ne!(kept, "the old one");
            continue;
        }
        assert_eq!((exit(&output), kept.as_str()), (10, "the old one"), "{what}: {}", stderr(&output));
        let failing = document["checks"].as_array().unwrap().iter().find(|row| row["ok"] == false).unwrap();
        assert_eq!(failing["name"], *check, "{what}");
        assert!(failing["detail"].as_str().unwrap().contains(said), "{what}: {failing}");
        assert!(
            stderr(&output).contains(&format!("check {check} failed: "))
                && stderr(&output).contains("nothing was written"),
            "{what}"
        );
        let look = "`certgate info 571 --output json` shows what the gateway gives";
        assert_eq!(stderr(&output).contains(look), *check == "certificate", "{what}: {}", stderr(&output));
        assert_eq!(document["order"]["state"], "issued", "it is paid for, and not ordered again by itself");
    }
}

#[test]
fn dates_by_the_tapes_clock() {
    for (time, code, said) in [
        ("2026-12-01T00:00:00Z", 0, ""),
        ("2030-01-01T00:00:00Z", 10, "check dates failed: it has expired"),
        ("2020-01-01T00:00:00Z", 10, "check dates failed: it is not valid yet"),
    ] {
        let (folder, tape) = taped();
        recorded(&tape, time);
        let csr = csr();
        let arguments = ["reissue", "571", "--csr", &csr, "--replay", "tape"];
        let output = command(folder.path(), &arguments).current_dir(folder.path()).output().unwrap();
        assert_eq!(exit(&output), code, "{time}: {}", stderr(&output));
        assert!(stderr(&output).contains(said), "{time}: {}", stderr(&output));
    }
}

#[test]
fn the_certificate_from_before_the_order() {
    let (folder, tape) = taped();
    let issued: Value =
        serde_json::from_str(&fs::read_to_string(tape.join("0006-certificate-info.response.json")).unwrap()).unwrap();
    let path = tape.join("0001-certificate-info.response.json");
    let mut before: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    before["data"][0]["serialNumber"] = issued["data"][0]["serialNumber"].clone();
    fs::write(&path, before.to_string()).unwrap();
    let csr = csr();
    let arguments = ["reissue", "571", "--csr", &csr, "--out", "out", "--replay", "tape"];
    let output = ended(command(folder.path(), &arguments).current_dir(folder.path()).output().unwrap(), 10);
    assert!(stderr(&output).contains("check serial failed: it is the certificate from before the order"));
    assert!(!folder.path().join("out/cert.pem").exists());
}
