//! How certificates are written: what servers do not load and clients refuse is not put in place, what old authorities write is, and
//! either can be read.

use certgate_keys::PrivateKey;
use certgate_x509::{CertificateRequest, X509, check, pem};
use pretty_assertions::assert_eq;
use rcgen::{Issuer, SigningKey};

use crate::{NOW, authority, new_key, numbered, params, request};

/// An element of DER.
fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let header = if content.len() < 128 { vec![tag, length[1]] } else { vec![tag, 0x82, length[0], length[1]] };
    [header, content].concat()
}

/// The elements in an element.
fn parts(der: &[u8]) -> Vec<&[u8]> {
    let (mut rest, mut found) = (content(der), Vec::new());
    while !rest.is_empty() {
        let (part, after) = rest.split_at(rest.len() - after(rest).len());
        (rest, _) = (after, found.push(part));
    }
    found
}

/// The lengths of the header and of the content.
fn lengths(der: &[u8]) -> (usize, usize) {
    match der[1] {
        short @ ..=0x80 => (2, short.into()),
        0x81 => (3, der[2].into()),
        _ => (4, u16::from_be_bytes([der[2], der[3]]).into()),
    }
}

fn content(der: &[u8]) -> &[u8] {
    let (header, content) = lengths(der);
    &der[header..header + content]
}

fn after(der: &[u8]) -> &[u8] {
    let (header, content) = lengths(der);
    &der[header + content..]
}

/// A certificate with one part of what is signed put in the place of another, signed anew. From 0: version, serial number,
/// algorithm, issuer, times, subject, key, extensions.
fn changed(certificate: &str, at: usize, part: &[u8], issuer: &PrivateKey) -> String {
    let der = pem::read(certificate).unwrap().remove(0).der;
    let whole = parts(&der);
    let mut signed = parts(whole[0]);
    signed[at] = part;
    let signed = element(0x30, &signed);
    let signature = element(0x03, &[&[0], &issuer.sign(&signed).unwrap()]);
    pem::text("CERTIFICATE", &element(0x30, &[&signed, whole[1], &signature]))
}

fn times(tag: u8, from: &str, until: &str) -> Vec<u8> {
    element(0x30, &[&element(tag, &[from.as_bytes()]), &element(tag, &[until.as_bytes()])])
}

#[test]
fn what_is_not_put_in_place() {
    let (root_key, key, leaf_key) = (new_key(), new_key(), new_key());
    let root_by = || Issuer::new(authority("root", 2030), &root_key);
    let issuing = authority("issuing", 2030).signed_by(&key, &root_by()).unwrap().pem();
    let issuing_by = Issuer::new(authority("issuing", 2030), &key);
    let leaf = numbered(params("example.com", &["example.com"])).signed_by(&leaf_key, &issuing_by).unwrap().pem();
    let asked = params("example.com", &["example.com"]).serialize_request(&leaf_key).unwrap().pem().unwrap();
    let asked = CertificateRequest::from_pem(asked).unwrap();
    let judged = |leaf: &str, issuing: &str| {
        let (checks, issued) = check(&asked, None, leaf, &[issuing.to_owned()], NOW);
        let failed: Vec<String> = checks.into_iter().filter(|check| !check.ok).map(|check| check.detail).collect();
        assert_eq!(issued.is_some(), failed.is_empty());
        failed.join("; ")
    };

    let der = pem::read(&leaf).unwrap().remove(0).der;
    let extensions = content(content(parts(parts(&der)[0])[7]));
    let twice = element(0xA3, &[&element(0x30, &[extensions, extensions])]);
    let names = "it has the extension 2.5.29.17 twice (RFC 5280): servers do not load it, or clients refuse it";
    let empty = "its serial number is empty (RFC 5280): servers do not load it, or clients refuse it";
    let long = "its serial number is not in the fewest bytes (RFC 5280): servers do not load it, or clients refuse it";
    let odd = "its times are not in whole seconds of UTC (RFC 5280): servers do not load it, or clients refuse it";
    let number = |content: &[u8]| element(0x02, &[content]);
    for (what, at, part, expected) in [
        ("an empty number", 1, number(&[]), empty),
        ("zeros before it", 1, number(&[0, 0, 0x11, 0x12]), long),
        ("signs before it", 1, number(&[0xFF, 0xFF]), long),
        ("a zero that it needs", 1, number(&[0, 0x91, 0x12]), ""),
        ("the number nought", 1, number(&[0]), ""),
        ("a negative number", 1, number(&[0xF1, 2, 3]), ""),
        ("minus one", 1, number(&[0xFF]), ""),
        ("a number of 21 bytes", 1, number(&[0x11; 21]), ""),
        ("every extension twice", 7, twice, names),
        ("times with an offset", 4, times(0x17, "260101000000+0100", "271231235959+0100"), odd),
        ("times without seconds", 4, times(0x17, "2601010000Z", "2712312359Z"), odd),
        ("times with fractions", 4, times(0x18, "20260101000000.5Z", "20271231235959.5Z"), odd),
        ("fractions in place of seconds", 4, times(0x17, "2601010000.0Z", "2712312359.0Z"), odd),
        ("times of four digits before 2050", 4, times(0x18, "20260101000000Z", "20271231235959Z"), ""),
    ] {
        let changed = changed(&leaf, at, &part, &key);
        assert_eq!(judged(&changed, &issuing), expected, "{what}");
        assert!(X509::from_pem(&changed).is_ok(), "{what}: it can be shown");
    }

    let by_number = changed(&issuing, 1, &number(&[0, 1]), &root_key);
    assert_eq!(judged(&leaf, &by_number), format!("no path of valid certificates: issuing: {long}"));
    let explicit = changed(&issuing, 6, &request("key-explicit").key.spki, &root_key);
    assert_eq!(
        judged(&leaf, &explicit),
        "no path of valid certificates: issuing: its key gives the curve by explicit parameters, which clients refuse (RFC 5480)"
    );
    assert_eq!(judged(&leaf, &issuing), "");
}
