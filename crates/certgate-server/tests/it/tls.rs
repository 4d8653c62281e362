//! Certificates and keys in the forms in which people have them.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use certgate_keys::PrivateKey;
use certgate_server::Tls;
use certgate_x509::pem;
use rcgen::{Issuer, PublicKeyData, SignatureAlgorithm};
use rustls::pki_types::PrivatePkcs8KeyDer;

/// What becomes of a text.
type Spelling = fn(&str) -> Vec<u8>;
/// What it is, the certificate's spelling, the key's fixture and its spelling.
type Form = (&'static str, Spelling, &'static str, Spelling);

fn fixture(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/_keys").join(name)).unwrap()
}

fn as_it_is(text: &str) -> Vec<u8> {
    text.into()
}

fn marked(text: &str) -> Vec<u8> {
    format!("\u{feff}{text}").into()
}

fn utf_16(text: &str) -> Vec<u8> {
    format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn der(text: &str) -> Vec<u8> {
    pem::read(text).unwrap().remove(0).der
}

/// A public key of a kind that nothing is ordered with.
struct Ed25519(Vec<u8>);

impl Ed25519 {
    fn of(key: &str) -> Self {
        let provider = rustls::crypto::ring::default_provider().key_provider;
        let key = provider.load_private_key(PrivatePkcs8KeyDer::from(der(key)).into()).unwrap();
        let public = key.public_key().unwrap();
        Self(public[public.len() - 32..].to_vec())
    }
}

impl PublicKeyData for Ed25519 {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_ED25519
    }
}

#[test]
fn pairs_as_people_have_them() {
    let key = PrivateKey::from_pem(&fixture("p256-pkcs8.pem"), None).unwrap();
    let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.serial_number = Some(1.into());
    params.key_identifier_method = rcgen::KeyIdMethod::PreSpecified(vec![7; 20]);
    let certificate = params.self_signed(&key).unwrap().pem();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| -> PathBuf {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    };
    let forms: [Form; 6] = [
        ("PEM", as_it_is, "p256-pkcs8.pem", as_it_is),
        ("a mark", marked, "p256-sec1.pem", marked),
        ("UTF-16", utf_16, "p256-pkcs8.pem", utf_16),
        ("DER", der, "p256-pkcs8.pem", der),
        ("a compressed point", as_it_is, "p256-sec1-compressed.pem", as_it_is),
        ("no public key", as_it_is, "p256-sec1-no-public.pem", der),
    ];
    for (what, of_certificate, key, of_key) in forms {
        let certificate = write("cert.pem", &of_certificate(&certificate));
        let key = write("key.pem", &of_key(&fixture(key)));
        Tls::from_files(&certificate, &key, |_| {}).unwrap_or_else(|why| panic!("{what}: {why}"));
    }
    let ed25519 = fixture("ed25519.pem");
    let of_ed25519 = params.signed_by(&Ed25519::of(&ed25519), &Issuer::from_params(&params, &key)).unwrap().pem();
    for (what, spelling) in [("PEM", as_it_is as Spelling), ("a mark", marked), ("UTF-16", utf_16), ("DER", der)] {
        let (certificate, key) = (write("cert.pem", of_ed25519.as_bytes()), write("key.pem", &spelling(&ed25519)));
        Tls::from_files(&certificate, &key, |_| {}).unwrap_or_else(|why| panic!("Ed25519, {what}: {why}"));
    }
    let (certificate, key) = (write("cert.pem", certificate.as_bytes()), fixture("p256-pkcs8.pem"));
    for (what, content, expected) in [
        ("another key", fixture("ed25519.pem"), "cert.pem and "),
        ("no key", "nonsense".to_owned(), "no -----BEGIN line found"),
        ("encrypted", fixture("p256-pkcs8-encrypted.pem"), "the key is encrypted"),
        ("written out", fixture("p256-sec1-explicit.pem"), "-param_enc named_curve"),
        ("several", key.repeat(2), "found more than one private key"),
    ] {
        let why = Tls::from_files(&certificate, &write("key.pem", content.as_bytes()), |_| {}).unwrap_err().to_string();
        assert!(why.contains(expected) && why.contains("key.pem"), "{what}: {why}");
        assert!(!why.contains("MIG") && !why.contains("MC4"), "{what}: {why}");
    }
    let why = Tls::from_files(&write("no.pem", key.as_bytes()), &folder.path().join("key.pem"), |_| {});
    assert!(why.unwrap_err().to_string().contains("found a private key (`PRIVATE KEY`); expected CERTIFICATE"));
}
