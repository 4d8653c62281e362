//! The checks of a certificate after its issue.

use certgate_x509::{CertificateRequest, check};
use pretty_assertions::assert_eq;
use rcgen::Issuer;

use crate::{NOW, authority, new_key, numbered, params};

/// A certificate for those names, its authorities, and a request for those.
fn scene(names: &[&str], asked: &[&str]) -> (CertificateRequest, String, Vec<String>) {
    let (root_key, key, leaf) = (new_key(), new_key(), new_key());
    let root = authority("root", 2030);
    let issuing = authority("issuing", 2030);
    let root_text = root.self_signed(&root_key).unwrap().pem();
    let issuing_text = issuing.signed_by(&key, &Issuer::new(root, root_key)).unwrap().pem();
    let certificate =
        numbered(params("example.com", names)).signed_by(&leaf, &Issuer::new(issuing, key)).unwrap().pem();
    let request = params("example.com", asked).serialize_request(&leaf).unwrap().pem().unwrap();
    (CertificateRequest::from_pem(request).unwrap(), certificate, vec![issuing_text, root_text])
}

#[test]
fn each_finds_what_is_wrong() {
    let right = scene(&["example.com"], &["example.com"]);
    let star = scene(&["*.example.com"], &["example.com"]);
    let nameless = scene(&[], &["example.com"]);
    let addressless = scene(&["example.com"], &["example.com", "192.0.2.7", "2001:db8::1"]);
    let addresses = scene(&["example.com", "192.0.2.7", "2001:db8::1"], &["192.0.2.7", "2001:db8::1"]);
    let not_before = 1_767_225_600;
    let not_after = 1_769_904_000;
    for (what, (request, certificate, authorities), name, now, expected) in [
        ("right", &right, None, NOW, vec![]),
        ("another name", &right, Some("example.org"), NOW, vec!["name: found example.com; expected example.org"]),
        (
            "a name that the CSR asks for is missing",
            &star,
            Some("www.example.com"),
            NOW,
            vec!["names: found *.example.com; the CSR asks for example.com too"],
        ),
        (
            "the common name does not count beside others",
            &star,
            None,
            NOW,
            vec![
                "name: found *.example.com; expected example.com",
                "names: found *.example.com; the CSR asks for example.com too",
            ],
        ),
        ("the common name counts alone", &nameless, None, NOW, vec![]),
        (
            "addresses are missing",
            &addressless,
            None,
            NOW,
            vec!["names: found example.com; the CSR asks for ip:192.0.2.7, ip:2001:db8::1 too"],
        ),
        ("addresses are there", &addresses, Some("192.0.2.7"), NOW, vec![]),
        ("within the skew", &right, None, not_before - 300, vec![]),
        ("not yet", &right, None, not_before - 301, vec!["dates: it is not valid yet"]),
        ("on its last second", &right, None, not_after - 1, vec![]),
        ("expired", &right, None, not_after, vec!["dates: it has expired"]),
        (
            "another key",
            &(star.0.clone(), right.1.clone(), right.2.clone()),
            None,
            NOW,
            vec!["public-key: it is not the CSR's"],
        ),
    ] {
        let (checks, issued) = check(request, name, certificate, authorities, now);
        let names: Vec<&str> = checks.iter().map(|check| check.name).collect();
        assert_eq!(names, ["certificate", "public-key", "name", "names", "dates", "chain"], "{what}");
        let failed: Vec<String> =
            checks.iter().filter(|check| !check.ok).map(|check| format!("{}: {}", check.name, check.detail)).collect();
        assert_eq!(failed, expected, "{what}");
        assert_eq!(issued.is_some(), expected.is_empty(), "{what}: written only where all passed");
    }
    let (checks, issued) = check(&right.0, None, "-----BEGIN", &[], NOW);
    assert_eq!((checks.len(), checks[0].ok, issued), (1, false, None));
}
