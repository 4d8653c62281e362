//! PKCS#12 and JKS as openssl and Java's keytool read them, where they are installed.

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use certgate_domain::Secret;
use certgate_keys::{KeyError, PrivateKey, StorePassPhrase};
use certgate_x509::pem;
use pretty_assertions::assert_eq;

use crate::{fixture, program};

/// Java opens PKCS#12 with ASCII only; a JKS may have any pass phrase.
const ASCII: &str = "geheim !";
const NOT_ASCII: &str = "geheim ü";

fn pass_phrase(text: &str) -> StorePassPhrase {
    StorePassPhrase::new(Secret::new(text)).unwrap()
}

fn chain() -> Vec<Vec<u8>> {
    pem::read(fixture("chain.pem")).unwrap().into_iter().map(|block| block.der).collect()
}

/// The key in a PKCS#12 file by openssl, as it writes it without a password. `None`: there is no openssl.
fn key_by_openssl(folder: &Path, file: &str, pass_phrase: &str) -> Option<Result<PrivateKey, String>> {
    let given = format!("pass:{pass_phrase}");
    let (ok, printed) = program("openssl", folder, &["pkcs12", "-in", file, "-passin", &given, "-nocerts", "-nodes"])?;
    let key = || PrivateKey::from_pem(&printed, None).map_err(|why| why.to_string());
    Some(if ok { key() } else { Err(printed.clone()) })
}

#[test]
fn pkcs12_for_openssl_and_keytool() {
    let folder = tempfile::tempdir().unwrap();
    let chain = chain();
    let certificates: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
    for (kind, given) in [("rsa", ASCII), ("p256", ASCII), ("p384", NOT_ASCII)] {
        let key = PrivateKey::from_pem(&fixture(&format!("{kind}-pkcs8.pem")), None).unwrap();
        let bytes = key.pkcs12(&certificates, "Beispiel ü", &pass_phrase(given)).unwrap();
        assert_ne!(bytes, key.pkcs12(&certificates, "Beispiel ü", &pass_phrase(given)).unwrap(), "salts are new");
        fs::write(folder.path().join("bundle.p12"), bytes).unwrap();
        if let Some(read) = key_by_openssl(folder.path(), "bundle.p12", given) {
            assert_eq!(read.unwrap().spki(), key.spki(), "{kind}");
            assert!(key_by_openssl(folder.path(), "bundle.p12", "another").unwrap().is_err());
        }
        let arguments = ["pkcs12", "-in", "bundle.p12", "-passin", &format!("pass:{given}"), "-nokeys"];
        if let Some((ok, printed)) = program("openssl", folder.path(), &arguments) {
            assert_eq!((ok, printed.matches("BEGIN CERTIFICATE").count()), (true, 2), "{printed}");
            assert!(printed.contains("friendlyName: Beispiel"), "{printed}");
        }
    }
    let key = PrivateKey::from_pem(&fixture("rsa-pkcs8.pem"), None).unwrap();
    fs::write(folder.path().join("bundle.p12"), key.pkcs12(&certificates, "example.com", &pass_phrase(ASCII)).unwrap())
        .unwrap();
    let list = ["-list", "-v", "-keystore", "bundle.p12", "-storetype", "PKCS12", "-storepass", ASCII];
    if let Some((ok, printed)) = program("keytool", folder.path(), &list) {
        assert!(ok && printed.contains("PrivateKeyEntry") && printed.contains("chain length: 2"), "{printed}");
    }
}

/// What keytool finds in a JKS and writes as PKCS#12, openssl reads: the same key.
#[test]
fn jks_for_keytool() {
    let folder = tempfile::tempdir().unwrap();
    let chain = chain();
    let certificates: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
    // Java makes no PKCS#12 of a pair that does not belong together: the chain is the RSA key's.
    let key = PrivateKey::from_pem(&fixture("rsa-pkcs8.pem"), None).unwrap();
    // Java shows the date where it is: of no zone may that be another year.
    let made = SystemTime::UNIX_EPOCH + Duration::from_secs(180 * 86_400);
    let keytool = |more: &[&str]| program("keytool", folder.path(), more);
    for (given, usable) in [(ASCII, true), (NOT_ASCII, true), ("пароль", true), ("wrong one", false)] {
        let written = if usable { given } else { "right one" };
        let bytes = key.jks(&certificates, "Example.com", &pass_phrase(written), made).unwrap();
        fs::write(folder.path().join("keystore.jks"), bytes).unwrap();
        let from = ["-keystore", "keystore.jks", "-storetype", "JKS", "-storepass", given];
        let Some((ok, printed)) = keytool(&[&["-list", "-v"], &from[..]].concat()) else { return };
        assert_eq!(ok, usable, "{given}: {printed}");
        if usable {
            for expected in ["Alias name: example.com", "PrivateKeyEntry", "chain length: 2", "1970"] {
                assert!(printed.contains(expected), "{expected}: {printed}");
            }
        }
    }
    let bytes = key.jks(&certificates, "example.com", &pass_phrase(ASCII), made).unwrap();
    fs::write(folder.path().join("keystore.jks"), bytes).unwrap();
    let import = ["-importkeystore", "-srckeystore", "keystore.jks", "-srcstoretype", "JKS", "-srcstorepass", ASCII];
    let to = ["-destkeystore", "new.p12", "-deststoretype", "PKCS12", "-deststorepass", ASCII];
    if let Some((ok, printed)) = keytool(&[&import[..], &to].concat()) {
        assert!(ok, "{printed}");
        if let Some(read) = key_by_openssl(folder.path(), "new.p12", ASCII) {
            assert_eq!(read.unwrap().spki(), key.spki());
        }
    }
}

#[test]
fn a_store_needs_a_pass_phrase_of_six_characters() {
    assert!(StorePassPhrase::new(Secret::new("ßßßßßß")).is_ok());
    assert_eq!(
        StorePassPhrase::new(Secret::new("12345")).err(),
        Some(KeyError::Failed(
            "the store's pass phrase is too short: found 5 characters, expected at least 6".to_owned()
        ))
    );
}
