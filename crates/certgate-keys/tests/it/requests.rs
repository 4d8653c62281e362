//! Requests made with new keys, and the names that they may hold.

use certgate_keys::{KeyError, KeyType, PrivateKey, Subject};
use certgate_x509::CertificateRequest;
use pretty_assertions::assert_eq;

#[test]
fn new_keys_sign_requests() {
    for (kind, shown) in [(KeyType::P256, "EC P-256"), (KeyType::P384, "EC P-384"), (KeyType::Rsa2048, "RSA 2048 bits")]
    {
        let key = PrivateKey::generate(kind).unwrap();
        let subject = Subject {
            common_name: "example.com".to_owned(),
            organization: Some("Ü GmbH".to_owned()),
            organization_unit: None,
            city: Some("Regensburg".to_owned()),
            state: Some("BY".to_owned()),
            country: Some("DE".to_owned()),
        };
        let names = ["example.com".to_owned(), "www.example.com".to_owned()];
        let request = CertificateRequest::from_pem(key.request(&subject, &names).unwrap()).unwrap();
        assert_eq!((request.key.to_string().as_str(), &request.key.spki), (shown, &key.spki()));
        assert_eq!(
            (request.hosts().collect::<Vec<_>>().as_slice(), request.common_name.as_deref()),
            (&names[..], Some("example.com"))
        );
        assert_eq!((request.organization.as_deref(), request.country.as_deref()), (Some("Ü GmbH"), Some("DE")));
        assert!(!format!("{key:?}{:?}", key.to_pem()).contains("BEGIN"));
    }
}

#[test]
fn one_spelling() {
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let subject = Subject {
        common_name: "MÜLLER.example".to_owned(),
        country: Some("de".to_owned()),
        organization: Some("o".repeat(64)),
        ..Subject::default()
    };
    let names = ["müller.example", "Example.COM", "example.com", "2001:DB8::1", "[2001:db8::1]", "192.0.2.7"];
    let request = key.request(&subject, &names.map(str::to_owned)).unwrap();
    let request = CertificateRequest::from_pem(request).unwrap();
    assert_eq!(request.common_name.as_deref(), Some("xn--mller-kva.example"));
    assert_eq!(request.country.as_deref(), Some("DE"));
    let found: Vec<String> = request.names.iter().map(ToString::to_string).collect();
    assert_eq!(found, ["xn--mller-kva.example", "example.com", "ip:2001:db8::1", "ip:192.0.2.7"]);
    assert!(request.checks().iter().all(|check| check.ok), "{:?}", request.checks());
}

/// The rules are those of `certgate-x509`; here they are asked for every part.
#[test]
fn what_no_request_may_hold() {
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let good = || Subject { common_name: "example.com".to_owned(), ..Subject::default() };
    let long = || Some("x".repeat(129));
    let label = format!("{}.example.com", "a".repeat(63));
    for (subject, names, expected) in [
        (Subject { common_name: "a b".to_owned(), ..good() }, vec![], "name `a b`: it has a blank"),
        (Subject { common_name: label.clone(), ..good() }, vec![], "it has 75 characters; X.520 allows 64"),
        (good(), vec!["example.com".to_owned(), "a_b.c".to_owned()], "name `a_b.c`: it has the character `_`"),
        (Subject { organization: Some(String::new()), ..good() }, vec![], "organisation: it is empty"),
        (Subject { organization: long(), ..good() }, vec![], "it has 129 characters; X.520 allows 64"),
        (Subject { organization_unit: long(), ..good() }, vec![], "it has 129 characters; X.520 allows 64"),
        (Subject { city: long(), ..good() }, vec![], "it has 129 characters; X.520 allows 128"),
        (Subject { state: long(), ..good() }, vec![], "it has 129 characters; X.520 allows 128"),
        (Subject { country: Some("D1".to_owned()), ..good() }, vec![], "country `D1`: expected two letters"),
    ] {
        let Err(KeyError::Failed(why)) = key.request(&subject, &names) else { panic!("{expected}") };
        assert!(why.contains(expected), "{why}");
    }
    // A name that is too long for a common name is right beside a shorter one.
    assert!(key.request(&good(), &[label]).is_ok());
}
