//! Certificates in the wrappings in which they come.

use certgate_x509::{X509, pem};
use pretty_assertions::assert_eq;

use crate::{certificate, fixture, text};

#[test]
fn facts() {
    let leaf = certificate("leaf");
    assert_eq!(
        (leaf.common_name().as_deref(), leaf.issuer.to_string().as_str()),
        (Some("example.com"), "CN=Fixture Root p256")
    );
    assert_eq!(leaf.names.iter().map(ToString::to_string).collect::<Vec<_>>(), ["example.com", "www.example.com"]);
    assert_eq!(leaf.serial, "0123456789ABCDEF");
    // 2026-01-01 to 2036-01-01.
    assert_eq!((leaf.not_before, leaf.not_after), (1_767_225_600, 2_082_758_400));
    assert_eq!(leaf.to_pem(), text("_x509/leaf.pem"));
    assert!(leaf.covers("EXAMPLE.com") && leaf.covers("www.example.com") && !leaf.covers("mail.example.com"));
}

/// Each wrapping holds the same certificate, whatever stands beside it.
#[test]
fn wrappings() {
    let (leaf, root) = (text("_x509/leaf.pem"), text("_x509/root-p256.pem"));
    let der = pem::read(&leaf).unwrap().remove(0).der;
    let labelled = |label: &str| pem::text(label, &der);
    let bare: String = leaf.lines().filter(|line| !line.starts_with('-')).collect();
    let seven = fixture("_x509/leaf-and-root.p7b");
    let seven_der = pem::read(&seven).unwrap().remove(0).der;
    // Outside a sequence, in it the kind, then [0]: the outer two get end marks in place of lengths.
    assert_eq!((&seven_der[..2], &seven_der[15..17]), (&[0x30, 0x82][..], &[0xA0, 0x82][..]));
    let without_lengths = [&[0x30, 0x80], &seven_der[4..15], &[0xA0, 0x80], &seven_der[19..], &[0; 4]].concat();
    for (what, given, count) in [
        ("PEM", leaf.clone().into_bytes(), 1),
        ("with text around it", format!("Here it is:\n\n{leaf}\n\n-- \nsent by the CA\n").into(), 1),
        ("X509 CERTIFICATE", labelled("X509 CERTIFICATE").into(), 1),
        ("TRUSTED CERTIFICATE without what it is trusted for", labelled("TRUSTED CERTIFICATE").into(), 1),
        ("TRUSTED CERTIFICATE", fixture("_x509/leaf-trusted.pem"), 1),
        ("Base64 alone", bare.into(), 1),
        ("DER", der.clone(), 1),
        ("with its issuer", format!("{leaf}{root}").into(), 2),
        ("with its issuer before it", format!("{root}{leaf}").into(), 2),
        ("with a request before it", format!("{}{leaf}", text("_x509/leaf.csr")).into(), 1),
        ("PKCS#7, its issuer before it", seven.clone(), 2),
        ("PKCS#7 as DER", seven_der.clone(), 2),
        ("PKCS#7 without lengths, as Java writes it", without_lengths, 2),
        ("PKCS#7 with a label of its content", pem::text("CERTIFICATE", &seven_der).into(), 2),
    ] {
        assert_eq!(X509::all(&given).unwrap_or_else(|why| panic!("{what}: {why}")).len(), count, "{what}");
        assert_eq!(X509::from_pem(&given).unwrap().to_pem(), leaf, "{what}");
    }
}

#[test]
fn refusals() {
    let der = pem::read(text("_x509/leaf.pem")).unwrap().remove(0).der;
    let empty = "MCMGCSqGSIb3DQEHAqAWMBQCAQExADALBgkqhkiG9w0BBwExAA==";
    for (what, given, expected) in [
        ("nothing", String::new(), "it is empty; expected PEM, -----BEGIN CERTIFICATE-----"),
        (
            "a list of revoked ones",
            pem::text("X509 CRL", &[0x30, 0]),
            "found a list of revoked certificates (`X509 CRL`); expected CERTIFICATE",
        ),
        (
            "a request",
            text("_x509/leaf.csr"),
            "found a certificate request (`CERTIFICATE REQUEST`); expected CERTIFICATE",
        ),
        ("PKCS#7 without one", empty.to_owned(), "found PKCS#7 (.p7b) that holds no certificate"),
        (
            "no DER",
            pem::text("CERTIFICATE", b"no certificate"),
            "the content is no certificate (RFC 5280): it cannot be read as DER (byte 0: expected a certificate)",
        ),
        (
            "more behind it",
            pem::text("CERTIFICATE", &[&der[..], &[0]].concat()),
            &format!(
                "the content is no certificate (RFC 5280): it cannot be read as DER (byte {}: expected the end)",
                der.len()
            ),
        ),
    ] {
        assert_eq!(X509::all(&given).unwrap_err().to_string(), expected, "{what}");
    }
    let at = der.windows(15).position(|window| window.starts_with(&[0x17, 13])).unwrap();
    let mut timeless = der.clone();
    timeless[at + 2] = b'x';
    let why = X509::from_pem(&timeless).unwrap_err().to_string();
    assert!(why.ends_with("expected a time of validity)"), "{why}");
}

/// What is cut or changed anywhere is refused or read, and never makes it panic.
#[test]
fn damaged() {
    let root = certificate("root-big");
    for file in ["_x509/leaf-pss-max.pem", "_x509/leaf-trusted.pem", "_x509/leaf-and-root.p7b"] {
        let block = pem::read(fixture(file)).unwrap().remove(0);
        for at in 0..block.der.len() {
            let _ = X509::all(pem::text(&block.label, &block.der[..at]));
            for with in [0x00, 0x80, 0xFF] {
                let mut changed = block.der.clone();
                changed[at] = with;
                if let Ok(read) = X509::all(pem::text(&block.label, &changed)) {
                    assert!(read.iter().all(|one| !one.der().is_empty()), "{file} at {at}");
                }
            }
        }
    }
    assert!(root.covers("Fixture Root big"));
}
