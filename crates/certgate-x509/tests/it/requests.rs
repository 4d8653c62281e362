//! Requests: what is read, what is refused.

use certgate_x509::{CertificateRequest, Check, pem};
use pretty_assertions::assert_eq;

use crate::{fixture, params, request, text};

#[test]
fn facts() {
    let two = request("two-names");
    let part = |part: &Option<String>| part.clone().unwrap_or_default();
    assert_eq!(
        [&two.common_name, &two.country, &two.state, &two.city, &two.organization, &two.organization_unit, &two.email]
            .map(part),
        ["example.com", "DE", "BY", "Regensburg", "A", "one", "x@example.com"]
    );
    assert_eq!(
        two.subject.to_string(),
        "C=DE, ST=BY, L=Regensburg, O=A, OU=one, OU=two, CN=example.com, CN=www.example.com, emailAddress=x@example.com"
    );
    assert_eq!(request("multi-valued").subject.to_string(), "O=A + OU=b, CN=example.com");
    let none = request("no-attributes");
    assert_eq!((none.common_name.as_deref(), none.names.len(), none.usable()), (Some("example.com"), 0, Ok(())));
}

/// What is in a request beside its names is named, and what somebody should know of it is said before it is ordered with. No value of an
/// attribute is shown.
#[test]
fn what_else_is_in_it() {
    let more = request("attributes");
    assert_eq!(more.attributes, ["1.2.3.4", "unstructuredName", "challengePassword", "osVersion"]);
    let password = "its challengePassword goes to the gateway with it: make the request without one";
    let low = "the public exponent of its key is 3, which an authority may refuse; expected 65537 (or any odd number of 65537 or more)";
    let listed = format!("1.2.3.4, unstructuredName, challengePassword, osVersion; {password}");
    for (name, warning, check) in
        [("attributes", password, ("attributes", &*listed)), ("key-exponent-3", low, ("key-type", low))]
    {
        let request = request(name);
        assert_eq!((request.usable(), request.warnings()), (Ok(()), vec![warning.to_owned()]), "{name}");
        let unchecked: Vec<Check> = request.checks().into_iter().filter(|check| check.is_warning).collect();
        assert_eq!(unchecked, [Check::unchecked(check.0, check.1)], "{name}");
    }
    assert!(!format!("{:?}", (more.checks(), more.warnings(), &more.attributes)).contains("hidden"));
    assert!(request("key-rsa").warnings().is_empty());
    assert!(request("no-attributes").attributes.is_empty() && request("every-name").attributes.is_empty());
}

/// The number that stands there, and what it should be.
#[test]
fn versions() {
    let der = pem::read(text("_x509/key-p256.csr")).unwrap().remove(0).der;
    let at = der.windows(3).position(|window| window == [2, 1, 0]).unwrap() + 2;
    for (version, found) in [(1, "1"), (2, "2"), (0xFF, "another number")] {
        let mut changed = der.clone();
        changed[at] = version;
        let request = CertificateRequest::read(&changed).unwrap();
        let expected = format!("its version is {found}; expected 0 (RFC 2986): make the request anew");
        assert_eq!(request.usable().unwrap_err().to_string(), expected);
        assert!(request.checks().contains(&Check::failed("version", expected)));
    }
}

/// What is sent is the block that was understood, written anew.
#[test]
fn written_anew() {
    let clean = text("_x509/every-name.csr");
    let odd = format!("\u{FEFF}Subject: x\r\n   {}\r\n-- \r\nbye", clean.replace('\n', "\r\n\r\n  "));
    assert_eq!(CertificateRequest::read(odd).unwrap().to_pem(), clean);
    let others = format!("{}{clean}", text("_x509/leaf.pem"));
    assert_eq!(CertificateRequest::read(others).unwrap().to_pem(), clean, "beside the certificate from before");
}

#[test]
fn refusals() {
    let good = text("_x509/key-p256.csr");
    let der = pem::read(&good).unwrap().remove(0).der;
    let nameless = params("", &[]);
    let nameless = {
        let mut params = nameless;
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.serialize_request(&crate::new_key()).unwrap().pem().unwrap()
    };
    let private = "found a private key; expected CERTIFICATE REQUEST. Keep the key where it was, and give the request made with it";
    for (what, given, expected) in [
        ("nothing", String::new(), "it is empty; expected PEM, -----BEGIN CERTIFICATE REQUEST-----"),
        ("words", "x".to_owned(), "no -----BEGIN line found; expected PEM, -----BEGIN CERTIFICATE REQUEST-----"),
        ("a key", text("_keys/p256-pkcs8.pem"), private),
        ("a key beside it", format!("{good}{}", text("_keys/rsa-old-encryption.pem")), private),
        (
            "a certificate",
            text("_x509/leaf.pem"),
            "found a certificate (`CERTIFICATE`); expected CERTIFICATE REQUEST: make a request for its name with `openssl x509 -x509toreq -in FILE -signkey KEY`",
        ),
        ("two", format!("{good}{good}"), "found 2 certificate requests: give one"),
        (
            "cut short",
            pem::text("CERTIFICATE REQUEST", &der[..der.len() - 9]),
            "the content is no certificate request (RFC 2986): it cannot be read as DER (byte 0: expected a request)",
        ),
        (
            "more behind it",
            pem::text("CERTIFICATE REQUEST", &[&der[..], &[0]].concat()),
            &format!(
                "the content is no certificate request (RFC 2986): it cannot be read as DER (byte {}: expected the end)",
                der.len()
            ),
        ),
        (
            "something else in it",
            pem::text("CERTIFICATE REQUEST", &[0x30, 5, 0x30, 3, 0x02, 1, 0]),
            "the content is no certificate request (RFC 2986): it cannot be read as DER (byte 7: expected the algorithm of the signature)",
        ),
        (
            "nameless",
            nameless,
            "it has neither a common name nor alternative names: make it for the certificate's name",
        ),
    ] {
        assert_eq!(CertificateRequest::from_pem(&given).unwrap_err().to_string(), expected, "{what}");
    }
}

/// What is cut or changed anywhere is refused or read, and never makes it panic.
#[test]
fn damaged() {
    for file in ["_x509/every-name.csr", "_x509/pss-longest-salt.csr"] {
        let der = pem::read(fixture(file)).unwrap().remove(0).der;
        for at in 0..der.len() {
            assert!(
                CertificateRequest::read(pem::text("CERTIFICATE REQUEST", &der[..at])).is_err(),
                "{file} cut at {at}"
            );
            for with in [0x00, 0x80, 0xFF] {
                let mut changed = der.clone();
                changed[at] = with;
                if let Ok(read) = CertificateRequest::read(pem::text("CERTIFICATE REQUEST", &changed)) {
                    assert_eq!(read.to_pem(), pem::text("CERTIFICATE REQUEST", &changed), "{file} at {at}");
                    read.checks();
                }
            }
        }
    }
}
