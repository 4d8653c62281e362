//! The one table of algorithms, held against what openssl signed: good, bad, or named as unchecked.

use certgate_x509::{Check, check};
use pretty_assertions::assert_eq;

use crate::{NOW, certificate, fixture, request, text};

const GOOD: &str = "good";

/// How a check came out: `good`, what is wrong, or what cannot be checked.
fn outcome(check: &Check) -> String {
    match (check.ok, check.is_warning) {
        (true, false) => GOOD.to_owned(),
        (true, true) => format!("warning: {}", check.detail),
        (false, _) => check.detail.clone(),
    }
}

#[test]
fn of_requests() {
    let weak = |hash: &str| {
        format!(
            "it is signed with {hash}; expected SHA-256 or better: make the request anew, such as with `openssl req -new -sha256`"
        )
    };
    let unchecked = |how: &str| {
        format!(
            "its signature cannot be checked, for it is {how}: make the request anew, with an RSA, P-256 or P-384 key and SHA-256"
        )
    };
    for (name, hash, expected) in [
        ("key-rsa", Some("SHA256"), GOOD.to_owned()),
        ("rsa-sha384", Some("SHA384"), GOOD.to_owned()),
        ("rsa-sha512", Some("SHA512"), GOOD.to_owned()),
        ("rsa-md5", Some("MD5"), weak("MD5")),
        ("rsa-sha1", Some("SHA1"), weak("SHA1")),
        ("rsa-sha224", Some("SHA224"), weak("SHA224")),
        ("pss-sha256", Some("SHA256"), GOOD.to_owned()),
        ("pss-sha384", Some("SHA384"), GOOD.to_owned()),
        ("pss-sha512", Some("SHA512"), GOOD.to_owned()),
        ("pss-no-salt", Some("SHA256"), GOOD.to_owned()),
        ("pss-longest-salt", Some("SHA256"), GOOD.to_owned()),
        ("pss-sha1", Some("SHA1"), weak("SHA1")),
        ("pss-sha224", Some("SHA224"), weak("SHA224")),
        ("pss-two-hashes", Some("SHA256"), unchecked("RSASSA-PSS with two hashes of 2048 bits with SHA256")),
        ("key-p256", Some("SHA256"), GOOD.to_owned()),
        ("key-p384", Some("SHA256"), GOOD.to_owned()),
        ("p256-sha384", Some("SHA384"), GOOD.to_owned()),
        ("p256-sha1", Some("SHA1"), weak("SHA1")),
        ("p256-sha224", Some("SHA224"), weak("SHA224")),
        ("p256-sha512", Some("SHA512"), GOOD.to_owned()),
        ("key-compressed", Some("SHA256"), GOOD.to_owned()),
        ("key-compressed-384", Some("SHA256"), GOOD.to_owned()),
        ("key-hybrid", Some("SHA256"), GOOD.to_owned()),
        ("key-hybrid-384", Some("SHA256"), GOOD.to_owned()),
        ("key-p521", Some("SHA256"), unchecked("ECDSA on P-521 with SHA256")),
        ("key-k1", Some("SHA256"), unchecked("ECDSA on secp256k1 with SHA256")),
        ("key-explicit", Some("SHA256"), unchecked("ECDSA on a curve with explicit parameters with SHA256")),
        ("key-ed25519", None, GOOD.to_owned()),
        ("key-ed448", None, unchecked("Ed448")),
        ("key-pss", Some("SHA256"), GOOD.to_owned()),
    ] {
        let request = request(name);
        let signature = request.checks().into_iter().find(|check| check.name == "signature").unwrap();
        assert_eq!((request.signature_hash.as_deref(), outcome(&signature)), (hash, expected), "{name}");
    }
}

/// A bit that is another one makes a signature bad wherever it can be checked.
#[test]
fn of_requests_that_were_changed() {
    for (name, expected) in [
        ("key-rsa", "its signature is not by its own key: make the request anew"),
        ("pss-longest-salt", "its signature is not by its own key: make the request anew"),
        ("key-p256", "its signature is not by its own key: make the request anew"),
        ("p256-sha512", "its signature is not by its own key: make the request anew"),
        ("key-ed25519", "its signature is not by its own key: make the request anew"),
    ] {
        let mut der = certgate_x509::pem::read(fixture(&format!("_x509/{name}.csr"))).unwrap().remove(0).der;
        let at = der.windows(11).position(|window| window == b"example.com").unwrap();
        der[at] = b'f';
        let changed = certgate_x509::CertificateRequest::read(&der).unwrap();
        assert_eq!(outcome(&changed.checks()[0]), expected, "{name}");
    }
}

#[test]
fn of_certificates() {
    let request = request("leaf");
    let unchecked =
        |how: &str| format!("warning: the root signed it; the signature of example.com cannot be checked: {how}");
    let weak = |hash: &str| format!("it is signed with {hash}; expected SHA-256 or better");
    for (leaf, root, expected) in [
        ("leaf", "root-p256", GOOD.to_owned()),
        ("leaf-p384", "root-p384", GOOD.to_owned()),
        ("leaf-p384-sha512", "root-p384", GOOD.to_owned()),
        ("leaf-p521", "root-p521", unchecked("ECDSA on P-521 with SHA256")),
        ("leaf-ed25519", "root-ed25519", GOOD.to_owned()),
        ("leaf-ed448", "root-ed448", unchecked("Ed448")),
        ("leaf-rsa", "root-big", GOOD.to_owned()),
        ("leaf-rsa-md5", "root-big", weak("MD5")),
        ("leaf-rsa-sha1", "root-big", weak("SHA1")),
        ("leaf-rsa-sha224", "root-big", weak("SHA224")),
        ("leaf-pss-0", "root-big", GOOD.to_owned()),
        ("leaf-pss-20", "root-big", GOOD.to_owned()),
        ("leaf-pss-32", "root-big", GOOD.to_owned()),
        ("leaf-pss-max", "root-big", GOOD.to_owned()),
        ("leaf-pss-key", "root-pss", GOOD.to_owned()),
        ("leaf-rsa", "root-p256", "none of the authorities given signed it".to_owned()),
    ] {
        let (leaf_text, root_text) = (text(&format!("_x509/{leaf}.pem")), text(&format!("_x509/{root}.pem")));
        let (checks, issued) = check(&request, None, &leaf_text, &[root_text], NOW);
        let chain = checks.iter().find(|check| check.name == "chain").unwrap();
        assert_eq!(outcome(chain), expected, "{leaf} by {root}");
        assert_eq!(
            issued.map(|issued| issued.certificate),
            chain.ok.then(|| certificate(leaf)),
            "{leaf}: written or not"
        );
    }
}

#[test]
fn keys_that_a_certificate_can_be_ordered_for() {
    for (name, shown, expected) in [
        ("key-rsa", "RSA 2048 bits", ""),
        (
            "key-rsa-1024",
            "RSA 1024 bits",
            "its key has RSA 1024 bits; expected RSA of 2048 bits or more, or EC of 256 bits or more: make a new key",
        ),
        ("key-p256", "EC P-256", ""),
        ("key-p384", "EC P-384", ""),
        ("key-p521", "EC P-521", "its key is EC P-521; expected RSA, or EC on P-256 or P-384: make a new key"),
        ("key-compressed", "EC P-256", ""),
        ("key-compressed-384", "EC P-384", ""),
        ("key-hybrid", "EC P-256", ""),
        (
            "key-p224",
            "EC P-224",
            "its key has EC P-224; expected RSA of 2048 bits or more, or EC of 256 bits or more: make a new key",
        ),
        ("key-k1", "EC secp256k1", "its key is EC secp256k1; expected RSA, or EC on P-256 or P-384: make a new key"),
        ("key-ed25519", "Ed25519", "its key is Ed25519; expected RSA, or EC on P-256 or P-384: make a new key"),
        ("key-ed448", "Ed448", "its key is Ed448; expected RSA, or EC on P-256 or P-384: make a new key"),
        (
            "key-pss",
            "RSA 2048 bits, for RSASSA-PSS only",
            "its key may be used for RSASSA-PSS only, which no public authority certifies for servers; expected a plain RSA key: make a new one with `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072`",
        ),
        (
            "key-explicit",
            "EC with explicit parameters",
            "its key gives the curve by explicit parameters; expected a named curve: convert the key with `openssl ec -in OLD -param_enc named_curve -out NEW`, and make the request anew",
        ),
    ] {
        let request = request(name);
        let found = request.key.usable().map_or_else(|why| why.to_string(), |()| String::new());
        assert_eq!((request.key.to_string().as_str(), found.as_str()), (shown, expected), "{name}");
    }
}

/// openssl writes the same key with its whole point.
#[test]
fn a_point_in_another_form_is_the_same_key() {
    for name in ["key-compressed", "key-compressed-384", "key-hybrid", "key-hybrid-384"] {
        let whole = certgate_x509::pem::read(fixture(&format!("_x509/{name}.pub"))).unwrap().remove(0).der;
        assert_eq!(request(name).key.spki, whole, "{name}");
    }
    // No point has this x, and none this sign: the signature is bad, and the reason is the key.
    for (name, change) in [
        ("key-compressed", (|point: &mut [u8]| point[1..33].fill(0xFF)) as fn(&mut [u8])),
        ("key-hybrid", |point: &mut [u8]| point[0] ^= 1),
    ] {
        let mut der = certgate_x509::pem::read(fixture(&format!("_x509/{name}.csr"))).unwrap().remove(0).der;
        let at = der.windows(4).position(|window| matches!(window, [0x03, _, 0, 2 | 3 | 6 | 7])).unwrap();
        change(&mut der[at + 3..]);
        let request = certgate_x509::CertificateRequest::read(&der).unwrap();
        let why = request.key.usable().unwrap_err().to_string();
        assert_eq!(why, "its key is a point that does not lie on P-256: make a new key", "{name}");
    }
}
