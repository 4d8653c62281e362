//! Keys as openssl, Java, OpenSSH and people write them.

use certgate_domain::Secret;
use certgate_keys::{KeyError, PrivateKey, StorePassPhrase, Subject};
use certgate_x509::{CertificateRequest, pem};
use pretty_assertions::assert_eq;

use crate::{bytes, fixture};

const PASS_PHRASE: &str = "geheim ü";

fn read(file: &[u8]) -> Result<PrivateKey, KeyError> {
    PrivateKey::read(file, Some(&Secret::new(PASS_PHRASE)))
}

fn der(name: &str) -> Vec<u8> {
    pem::read(fixture(name)).unwrap().remove(0).der
}

/// Each form of one key is the same key, as text and as DER: it signs a request whose public key is that of the others.
#[test]
fn every_form_of_a_key() {
    for (kind, forms) in [
        ("rsa", &["rsa-pkcs8.pem", "rsa-pkcs8-encrypted.pem", "rsa-pkcs1.pem"][..]),
        ("p256", &["p256-pkcs8-encrypted.pem", "p256-pkcs8-sha1.pem", "p256-pkcs8-3des.pem", "p256-pkcs8-scrypt.pem"]),
        ("p256", &["p256-sec1.pem", "p256-sec1-compressed.pem", "p256-sec1-no-public.pem", "p256-pkcs8-no-public.pem"]),
        ("p384", &["p384-pkcs8-encrypted.pem", "p384-sec1.pem", "p384-sec1-no-public.pem", "p384-pkcs8-no-public.pem"]),
    ] {
        let expected = read(fixture(&format!("{kind}-pkcs8.pem")).as_bytes()).unwrap().spki();
        let subject = Subject { common_name: "example.com".to_owned(), ..Subject::default() };
        for form in forms {
            let text = fixture(form);
            let mut files = vec![text.clone().into_bytes()];
            // openssl puts the parameters of a curve before its key.
            files.extend((!text.contains("EC PARAMETERS")).then(|| der(form)));
            for file in files {
                let key = read(&file).unwrap_or_else(|why| panic!("{form}: {why}"));
                assert_eq!(key.spki(), expected, "{form}");
                let request = key.request(&subject, &["example.com".to_owned()]).unwrap();
                assert_eq!(CertificateRequest::from_pem(&request).unwrap().key.spki, expected, "{form}");
                assert_eq!(read(key.to_pem().expose().as_bytes()).unwrap().spki(), expected, "{form}");
            }
        }
    }
}

/// Programs confuse the labels: what stands between the lines decides.
#[test]
fn a_label_that_says_another_form() {
    for (form, label) in [
        ("rsa-pkcs8.pem", "RSA PRIVATE KEY"),
        ("rsa-pkcs1.pem", "PRIVATE KEY"),
        ("p256-pkcs8.pem", "EC PRIVATE KEY"),
        ("p256-sec1-no-public.pem", "PRIVATE KEY"),
        ("p256-pkcs8-encrypted.pem", "PRIVATE KEY"),
    ] {
        let expected = read(fixture(form).as_bytes()).unwrap().spki();
        assert_eq!(read(pem::text(label, &der(form)).as_bytes()).unwrap().spki(), expected, "{form} as {label}");
    }
}

/// An ECPrivateKey of P-256 with that number and public key.
fn sec1(number: &[u8], public: &[u8]) -> Vec<u8> {
    let tagged = |tag: u8, content: &[u8]| [&[tag, u8::try_from(content.len()).unwrap()], content].concat();
    let curve = tagged(0xA0, &tagged(0x06, &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]));
    let public = if public.is_empty() { Vec::new() } else { tagged(0xA1, &tagged(0x03, &[&[0], public].concat())) };
    tagged(0x30, &[tagged(0x02, &[1]), tagged(0x04, number), curve, public].concat())
}

/// The key of number 1 has the curve's base point for a public key (SEC2, 2.4.2), however many zeros stand before the number.
#[test]
fn public_keys_are_computed() {
    let base = bytes(
        "04 6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296 \
         4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
    );
    let base_compressed = [&[0x03], &base[1..33]].concat();
    let base_hybrid = [&[0x07], &base[1..]].concat();
    for number in [&[1][..], &[&[0; 31][..], &[1]].concat(), &[&[0; 33][..], &[1]].concat()] {
        for public in [&[][..], &base, &base_compressed, &base_hybrid] {
            let key = read(&sec1(number, public)).unwrap();
            assert!(key.spki().ends_with(&base), "{number:?}");
        }
    }
    let order = bytes("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    let (none, others) =
        ("its private number is outside its curve's range", "the public key in it belongs to another private key");
    for (number, public, expected) in [
        (&[0][..], &[][..], none),
        (&order, &[], none),
        (&[&[1][..], &[0; 32]].concat(), &[], none),
        (&[2], &base, others),
        (&[2], &base_compressed, others),
        (&[2], &base_hybrid, others),
        (&[1], &[&[0x06], &base[1..]].concat(), others),
        (&[1], &base_compressed.iter().map(|byte| byte ^ 1).collect::<Vec<u8>>(), others),
    ] {
        assert_eq!(read(&sec1(number, public)).err(), Some(KeyError::Damaged(expected)), "{number:?}");
    }
}

/// What cannot be read is named, with the command that makes of it what can, and nothing of a key is shown.
#[test]
fn refusals() {
    let good = fixture("p256-pkcs8.pem");
    let encrypted = fixture("p256-pkcs8-encrypted.pem").into_bytes();
    let pkcs12 = PrivateKey::from_pem(&good, None)
        .and_then(|key| key.pkcs12(&[], "x", &StorePassPhrase::new(Secret::new("secret"))?))
        .unwrap();
    let without_length = [&[0x30, 0x80], &pkcs12[4..], &[0, 0]].concat();
    let mut parallel = der("p256-pkcs8-scrypt.pem");
    assert_eq!(parallel[50..53], [0x02, 0x01, 0x01], "scrypt's parallelisation");
    parallel[52] = 17;
    let mut another = der("rsa-pkcs8.pem");
    *another.last_mut().unwrap() ^= 1;
    let explicit = "openssl ec -in OLD -param_enc named_curve -out NEW";
    let kind = |found: &str| format!("the key is of a kind that cannot be used ({found})");
    for (what, file, pass_phrase, expected) in [
        ("no pass phrase", encrypted.clone(), None, "the key is encrypted: give its pass phrase"),
        ("another one", encrypted, Some("wrong"), "the pass phrase is wrong, or the file is damaged"),
        (
            "a request",
            fixture("example.com.csr").into_bytes(),
            None,
            "found a certificate request (`CERTIFICATE REQUEST`); expected a private",
        ),
        (
            "a request as DER",
            der("example.com.csr"),
            None,
            "found a certificate request (`CERTIFICATE REQUEST`); expected a private",
        ),
        ("nothing", Vec::new(), None, "it is empty; expected a private key as PEM or DER"),
        ("two keys", [fixture("rsa-pkcs1.pem"), good.clone()].concat().into(), None, "found more than one private key"),
        ("neither", vec![0xFF; 100], None, "found binary data, and neither a request, a certificate nor a key as DER"),
        ("cut short", good[..good.len() - 40].into(), None, "no -----END PRIVATE KEY----- line found"),
        ("a short one", fixture("rsa-1024.pem").into(), None, &kind("RSA of 1024 bits")),
        ("of three primes", fixture("rsa-three-primes.pem").into(), None, &kind("RSA of more than two primes")),
        ("of an odd length", fixture("rsa-2560.pem").into(), None, &kind("RSA of 2560 bits")),
        ("exponent 3", fixture("rsa-exponent-3.pem").into(), None, "public exponent is 3; expected 65537, or another"),
        (
            "exponent 2^33 + 1",
            fixture("rsa-exponent-large.pem").into(),
            None,
            "public exponent is 8589934593; expected",
        ),
        ("of another's numbers", another, None, "the key is damaged: its parts do not belong together"),
        ("Ed25519", fixture("ed25519.pem").into(), None, &kind("Ed25519")),
        ("P-521", fixture("p521.pem").into(), None, &kind("EC P-521")),
        ("RSA for PSS only", fixture("rsa-pss.pem").into(), None, &kind("RSASSA-PSS")),
        ("SEC1, parameters", fixture("p256-sec1-explicit.pem").into(), None, explicit),
        ("PKCS#8, parameters", fixture("p256-pkcs8-explicit.pem").into(), None, explicit),
        (
            "PKCS#12",
            pkcs12,
            None,
            "found PKCS#12, expected a private key as PEM: convert it with `openssl pkcs12 -in OLD",
        ),
        ("PKCS#12, BER", without_length, None, "openssl pkcs12 -in OLD -nocerts -nodes -out NEW"),
        ("JKS", bytes("feedfeed 00000002"), None, "keytool -importkeystore -srckeystore OLD"),
        ("JCEKS", bytes("cececece 00000002"), None, "keytool -importkeystore -srckeystore OLD"),
        ("OpenSSH", pem::text("OPENSSH PRIVATE KEY", b"openssh-key-v1\0").into(), None, "ssh-keygen -p -m PKCS8"),
        (
            "its own way",
            fixture("p256-pkcs8-pbes1.pem").into(),
            Some("x"),
            "pkcs8 -topk8 -v2 aes-256-cbc -in OLD -out NEW",
        ),
        (
            "many rounds",
            fixture("p256-pkcs8-costly.pem").into(),
            Some(PASS_PHRASE),
            "found 10000001 rounds of PBKDF2, expected at most 10000000; convert it with `openssl pkcs8 -topk8",
        ),
        ("wide", parallel, Some(PASS_PHRASE), "found 17 times 16 MiB for scrypt, expected at most 16 times 1024 MiB"),
        (
            "encrypted and cut short",
            pem::text("ENCRYPTED PRIVATE KEY", &[0x30, 0x03, 0x30, 0x01, 0x06]).into(),
            Some("wrong"),
            "the ENCRYPTED PRIVATE KEY cannot be read as DER",
        ),
        ("the old way", fixture("rsa-old-encryption.pem").into(), None, "openssl pkcs8 -topk8 -in OLD -out NEW"),
    ] {
        let error = PrivateKey::read(&file, pass_phrase.map(Secret::new).as_ref()).unwrap_err().to_string();
        assert!(error.contains(expected), "{what}: {error}");
    }
}
