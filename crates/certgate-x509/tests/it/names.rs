//! Names: every kind is shown, none disappears; what hosts and subjects may be called.

use std::process::Command;

use certgate_x509::{CertificateRequest, GeneralName, attribute, host};
use pretty_assertions::assert_eq;
use rcgen::{DnType, DnValue, SanType};

use crate::{params, request};

#[test]
fn every_kind_of_name() {
    let request = request("every-name");
    let shown: Vec<String> = request.names.iter().map(GeneralName::to_string).collect();
    assert_eq!(
        shown,
        [
            "example.com",
            "ip:192.0.2.7",
            "ip:2001:db8::1",
            "email:jane@example.com",
            "uri:https://example.com/x",
            "registeredID:1.2.3.4",
            "dirName:C=DE, O=Muster\\, Sohn \\+ Co, CN=x",
            "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:jane@example.com",
            "otherName:1.2.3.4;IA5STRING:x",
        ]
    );
    let demanded: Vec<String> =
        request.names.iter().filter(|name| name.is_demanded()).map(GeneralName::value).collect();
    assert_eq!(demanded, ["example.com", "192.0.2.7", "2001:db8::1"]);
    let others = shown[3..].join(", ");
    let warning = format!("an authority may leave out {others}; the certificate is not checked for it");
    assert_eq!(request.warnings(), [warning]);
}

/// openssl lists as many names.
#[test]
fn openssl_lists_as_many() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/_x509/every-name.csr");
    let Ok(output) = Command::new("openssl").args(["req", "-noout", "-text", "-in", file]).output() else { return };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find(|line| line.trim_start().starts_with("DNS:")).unwrap();
    let kinds = ["DNS:", "IP Address:", "email:", "URI:", "Registered ID:", "DirName:", "othername:"];
    let count: usize = kinds.iter().map(|kind| line.matches(kind).count()).sum();
    assert_eq!(count, request("every-name").names.len(), "{line}");
}

#[test]
fn names_of_hosts() {
    let label = "a".repeat(63);
    let long = ["a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(63)].join(".");
    for (given, expected) in [
        ("example.com", "example.com"),
        ("EXAMPLE.com", "example.com"),
        ("*.example.com", "*.example.com"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("müller.example", "xn--mller-kva.example"),
        ("*.MÜLLER.example", "*.xn--mller-kva.example"),
        ("1.a-b.c", "1.a-b.c"),
        ("localhost", "localhost"),
        (&label, &label),
        ("192.0.2.7", "ip:192.0.2.7"),
        ("2001:DB8:0::1", "ip:2001:db8::1"),
        ("[2001:db8::1]", "ip:2001:db8::1"),
    ] {
        assert_eq!(host(given).unwrap().to_string(), expected, "{given}");
    }
    let longer = format!("{label}a");
    for (given, expected) in [
        ("", "it is empty"),
        (" example.com", "it has a blank"),
        ("exa mple.com", "it has a blank"),
        ("example.com.", "it ends with a dot"),
        (".example.com", "it has a dot where a label should be"),
        ("a..b", "it has a dot where a label should be"),
        ("*", "a star may stand for the whole first label only"),
        ("a.*.com", "a star may stand for the whole first label only"),
        ("*www.example.com", "a star may stand for the whole first label only"),
        ("*.*.example.com", "a star may stand for the whole first label only"),
        ("*.com", "a star may not stand for all of a top-level domain"),
        ("https://example.com/", "it is a URL"),
        ("x@example.com", "it is a mail address"),
        ("x@", "it has the character `@`"),
        ("https://x@example.com", "it is a URL"),
        ("-a.b", "a label begins or ends with a hyphen"),
        ("a-.b", "a label begins or ends with a hyphen"),
        ("a_b.c", "it has the character `_`"),
        ("example.com/x", "it has the character `/`"),
        ("a\u{1b}b", "it has the character `\\u{1b}`"),
        (&longer, "a label is longer than 63 characters"),
        (&long, "it is longer than 253 characters"),
        ("192.0.2.999", "its last label is a number, and it is no address"),
        ("www.xn--bcher-kv.example", "the label `xn--bcher-kv` is no Punycode (RFC 3492)"),
        ("XN--BCHER-KV.example", "the label `xn--bcher-kv` is no Punycode (RFC 3492)"),
        ("☃.example", "label \"☃\" holds U+2603: expected letters, digits and hyphens, or the label as xn--…"),
    ] {
        let found = host(given).unwrap_err().to_string();
        assert_eq!(
            found,
            format!(
                "name `{given}`: {expected}; expected a host name of letters, digits and hyphens, such as www.example.com or *.example.com, or an address"
            )
        );
    }
}

#[test]
fn parts_of_a_subject() {
    let most = "x".repeat(64);
    for (kind, given, expected) in [
        ("O", "Ü GmbH", Ok("Ü GmbH")),
        ("O", most.as_str(), Ok(most.as_str())),
        ("O", &"ü".repeat(64), Ok(&"ü".repeat(64))),
        ("C", "DE", Ok("DE")),
        ("C", "de", Ok("DE")),
        ("O", "", Err("organisation: it is empty; leave it out, or give its text".to_owned())),
        ("OU", " ", Err("organisational unit: it is empty; leave it out, or give its text".to_owned())),
        (
            "L",
            "x ",
            Err("city `x `: it begins or ends with a blank, or has a line end or another control character in it; give it without".to_owned()),
        ),
        (
            "L",
            "x\ny",
            Err("city `x\\ny`: it begins or ends with a blank, or has a line end or another control character in it; give it without".to_owned()),
        ),
        (
            "O",
            &"x".repeat(65),
            Err(format!("organisation `{}`: it has 65 characters; X.520 allows 64", "x".repeat(65))),
        ),
        ("ST", &"x".repeat(129), Err(format!("state `{}`: it has 129 characters; X.520 allows 128", "x".repeat(129)))),
        ("C", "", Err("country ``: expected two letters (ISO 3166), such as DE".to_owned())),
        ("C", "DEU", Err("country `DEU`: expected two letters (ISO 3166), such as DE".to_owned())),
        ("C", "Ü", Err("country `Ü`: expected two letters (ISO 3166), such as DE".to_owned())),
    ] {
        assert_eq!(
            attribute(kind, given).map_err(|why| why.to_string()),
            expected.map(str::to_owned),
            "{kind} {given}"
        );
    }
}

/// The checks of a request: what is wrong with its names and its subject.
#[test]
fn checks_of_a_request() {
    let key = crate::new_key();
    let long = format!("{}.example.com", "a".repeat(60));
    let expected_host = "; expected a host name of letters, digits and hyphens, such as www.example.com or *.example.com, or an address";
    for (common_name, others, country, expected) in [
        ("example.com", &["www.example.com", "192.0.2.7"][..], "DE", vec![]),
        ("192.0.2.7", &["192.0.2.7"], "DE", vec![]),
        (
            "Web server of Muster GmbH",
            &["example.com"],
            "DE",
            vec![format!("names: common name `Web server of Muster GmbH`: it has a blank{expected_host}")],
        ),
        (
            "example.com.",
            &["example.com."],
            "DE",
            vec![format!(
                "names: common name `example.com.`: it ends with a dot{expected_host}, name `example.com.`: it ends with a dot{expected_host}"
            )],
        ),
        (
            &long,
            &["example.com"],
            "DE",
            vec![format!("subject: common name `{long}`: it has 72 characters; X.520 allows 64")],
        ),
        (
            "müller.example",
            &["xn--mller-kva.example"],
            "DE",
            vec!["names: common name `müller.example`: expected A-labels: xn--mller-kva.example".to_owned()],
        ),
        (
            "example.com",
            &["example.com"],
            "DEU",
            vec!["subject: country `DEU`: expected two letters (ISO 3166), such as DE".to_owned()],
        ),
        (
            "example.com",
            &["example.com"],
            "de",
            vec!["subject: country `de`: expected two capital letters (ISO 3166), such as DE".to_owned()],
        ),
    ] {
        let mut params = params(common_name, others);
        params.distinguished_name.push(DnType::CountryName, DnValue::PrintableString(country.try_into().unwrap()));
        let request = CertificateRequest::read(params.serialize_request(&key).unwrap().pem().unwrap()).unwrap();
        assert!(request.asks_for(common_name) && others.iter().all(|name| request.asks_for(name)), "{common_name}");
        assert!(!request.asks_for("other.example"), "{common_name}");
        let checks = request.checks();
        let failed: Vec<String> =
            checks.iter().filter(|check| !check.ok).map(|check| format!("{}: {}", check.name, check.detail)).collect();
        assert_eq!(failed, expected, "{common_name}");
        // It is not ordered with, but for a country whose capitals an authority writes.
        let refused = request.usable().err().map(|why| why.to_string());
        let hard = expected.first().filter(|_| country != "de").and_then(|first| Some(first.split_once(": ")?.1));
        assert_eq!(refused.as_deref(), hard, "{common_name}");
    }
}

/// Old strings in a subject, made by rcgen where it can.
#[test]
fn old_strings() {
    let key = crate::new_key();
    for (value, expected) in [
        (DnValue::BmpString("Müller & Söhne".try_into().unwrap()), "Müller & Söhne"),
        (DnValue::UniversalString("example.com".try_into().unwrap()), "example.com"),
        (DnValue::TeletexString("Mueller".try_into().unwrap()), "Mueller"),
        (DnValue::Ia5String("x".try_into().unwrap()), "x"),
        (DnValue::PrintableString("x".try_into().unwrap()), "x"),
        (DnValue::Utf8String("Ü".to_owned()), "Ü"),
    ] {
        let mut params = params("example.com", &["example.com"]);
        params.distinguished_name.push(DnType::OrganizationName, value);
        let request = CertificateRequest::from_pem(params.serialize_request(&key).unwrap().pem().unwrap()).unwrap();
        assert_eq!(request.organization.as_deref(), Some(expected));
        assert_eq!(request.subject.to_string(), format!("CN=example.com, O={expected}"));
    }
    // A UTF8String that holds Latin-1 is shown, and is a problem.
    let mut params = params("example.com", &["example.com"]);
    params.distinguished_name.push(DnType::OrganizationName, "Mxller");
    let mut der = params.serialize_request(&key).unwrap().der().to_vec();
    let at = der.windows(6).position(|window| window == b"Mxller").unwrap();
    der[at + 1] = 0xFC;
    let request = CertificateRequest::read(&der).unwrap();
    assert_eq!(request.organization.as_deref(), Some("Müller"));
    let subject = request.checks().into_iter().find(|check| check.name == "subject").unwrap();
    assert_eq!(
        (subject.ok, subject.detail.as_str()),
        (false, "organisation `Müller`: it is a UTF8String that holds Latin-1; make the request anew with UTF-8")
    );
}

/// What stands in a name that is there and holds nothing, or an address.
#[test]
fn names_that_are_none() {
    for (common_name, dns, expected) in [
        ("", "example.com", "common name ``: it is empty"),
        ("example.com", "", "name ``: it is empty"),
        (
            "example.com",
            "192.0.2.7",
            "name `192.0.2.7`: it is an address as the name of a host (dNSName); expected iPAddress",
        ),
        ("x@example.com", "example.com", "common name `x@example.com`: it is a mail address"),
        ("a\nb.example", "example.com", "common name `a\nb.example`: it has a blank"),
    ] {
        let mut params = params(common_name, &[]);
        params.subject_alt_names = vec![SanType::DnsName(dns.try_into().unwrap())];
        let text = params.serialize_request(&crate::new_key()).unwrap().pem().unwrap();
        let why = CertificateRequest::from_pem(&text).unwrap_err().to_string();
        assert!(why.starts_with(expected), "{why}");
        let request = CertificateRequest::read(&text).unwrap();
        assert_eq!(request.common_name.as_deref(), Some(common_name).filter(|name| !name.is_empty()));
        assert_eq!(request.name(), Some(if common_name.is_empty() { dns } else { common_name }));
    }
}

/// An address with a mask, as name constraints have it, is none of a host.
#[test]
fn an_address_of_another_length() {
    let mut der = certgate_x509::pem::read(crate::fixture("_x509/every-name.csr")).unwrap().remove(0).der;
    let v4 = der.windows(2).position(|window| window == [0x87, 4]).unwrap();
    // It takes in the address that follows it.
    der[v4 + 1] = 22;
    let request = CertificateRequest::read(&der).unwrap();
    assert_eq!(request.names[1].to_string(), "ip:#8716C0000207871020010DB8000000000000000000000001");
    let names = request.checks().into_iter().find(|check| check.name == "names").unwrap();
    assert!(!names.ok && names.detail.contains("expected an address of 4 or 16 bytes"), "{names:?}");
}

/// Only where a request is for no host, a person or a mail address may stand where a host's name does.
#[test]
fn requests_for_persons() {
    let key = crate::new_key();
    let email = DnType::CustomDnType(vec![1, 2, 840, 113_549, 1, 9, 1]);
    let given = DnType::CustomDnType(vec![2, 5, 4, 42]);
    let organization = DnType::OrganizationName;
    for (common_name, more, names, expected) in [
        ("Jane Doe", None, &["jane@example.com"][..], Ok(())),
        ("J.R. Doe", None, &["jane@example.com"], Ok(())),
        ("Dr.med. Jane Doe", None, &["jane@example.com"], Ok(())),
        ("svc_mail", None, &["svc_mail@example.com"], Ok(())),
        ("Jane@example.com", None, &["Jane@Example.COM"], Ok(())),
        ("Muster GmbH", Some(&organization), &[], Ok(())),
        ("Muster AG", Some(&organization), &[], Err("it has a blank")),
        ("www.exa mple.com", Some(&organization), &[], Err("it has a blank")),
        ("https://jane@example.com", None, &[], Err("it is a URL")),
        ("https://example.com/", None, &["jane@example.com"], Err("it is a URL")),
        ("*www.example.com", None, &["jane@example.com"], Err("a star may stand for the whole first label only")),
        ("example.com.", None, &["jane@example.com"], Err("it ends with a dot")),
        ("exa mple.com", None, &["jane@example.com"], Err("it has a blank")),
        ("jane@", None, &[], Err("it has the character `@`")),
        ("Dr. Jane Doe", Some(&email), &[], Ok(())),
        ("Jane Doe", Some(&given), &[], Ok(())),
        ("jane@example.com", None, &[], Ok(())),
        ("Jane Doe", None, &[], Err("it has a blank")),
        ("jane doe@example.com", None, &[], Err("it has a blank")),
        ("exa mple.com", Some(&email), &[], Err("it has a blank")),
        ("*www.example.com", Some(&email), &[], Err("a star may stand for the whole first label only")),
        ("Jane Doe", Some(&email), &["example.com"], Err("it has a blank")),
        ("jane@example.com", None, &["example.com", "jane@example.com"], Err("it is a mail address")),
    ] {
        let mut params = params(common_name, &[]);
        if let Some(kind) = more {
            let value = if *kind == organization { "Muster GmbH" } else { "jane" };
            params.distinguished_name.push(kind.clone(), value);
        }
        params.subject_alt_names = names
            .iter()
            .map(|name| match name.contains('@') {
                true => SanType::Rfc822Name((*name).try_into().unwrap()),
                false => SanType::DnsName((*name).try_into().unwrap()),
            })
            .collect();
        let text = params.serialize_request(&key).unwrap().pem().unwrap();
        let found = CertificateRequest::from_pem(&text).map_err(|why| why.to_string());
        match (found, expected) {
            (Ok(request), Ok(())) => {
                assert!(request.asks_for(common_name) && !request.asks_for("other.example"));
                assert!(names.iter().all(|name| request.asks_for(&name.replace("example.com", "EXAMPLE.com"))));
            }
            (Err(found), Err(why)) => assert!(found.contains(&format!("`{common_name}`: {why};")), "{found}"),
            (found, _) => panic!("{common_name} {names:?}: {found:?}"),
        }
    }
}

/// What is asked for of a person or an organisation is said where no host was meant.
#[test]
fn what_a_person_s_request_lacks() {
    for (common_name, is_said) in [("Jane Doe", true), ("exa mple.com", false), ("https://example.com", false)] {
        let text = params(common_name, &[]).serialize_request(&crate::new_key()).unwrap().pem().unwrap();
        let why = CertificateRequest::from_pem(text).unwrap_err().to_string();
        let advice = "; a request for a person has a mail address too, one for an organisation its name as O too";
        assert_eq!(why.ends_with(advice), is_said, "{why}");
    }
}

/// A common name that is no alternative name is told before the order: the certificate will hardly be for it.
#[test]
fn a_common_name_apart() {
    for (names, expected) in [
        (
            &["www.example.com"][..],
            &[
                "the common name example.com is not among the alternative names, and only those count: unless the authority adds it, the certificate is not for it",
            ][..],
        ),
        (&["www.example.com", "example.com"], &[]),
        (&[], &[]),
    ] {
        let text = params("Example.com", names).serialize_request(&crate::new_key()).unwrap().pem().unwrap();
        let request = CertificateRequest::from_pem(text).unwrap();
        let expected: Vec<String> =
            expected.iter().map(|text| text.replacen("example.com", "Example.com", 1)).collect();
        assert_eq!(request.warnings(), expected, "{names:?}");
        let mut noted = request.checks();
        noted.retain(|check| check.name == "common-name");
        let noted: Vec<_> = noted.into_iter().map(|check| (check.detail, check.ok, check.is_warning)).collect();
        assert_eq!(noted, expected.iter().map(|text| (text.clone(), true, true)).collect::<Vec<_>>(), "{names:?}");
        // That it is the common name alone is said once.
        let check = request.check_name("Example.com");
        assert_eq!((check.ok, check.is_warning, check.detail.as_str()), (true, false, "Example.com"), "{check:?}");
    }
}
