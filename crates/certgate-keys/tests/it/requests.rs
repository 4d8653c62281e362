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
        let request = CertificateRequest::from_pem(&key.request(&subject, &names).unwrap()).unwrap();
        assert_eq!((request.key.to_string().as_str(), &request.key.spki), (shown, &key.spki()));
        assert_eq!((request.names.as_slice(), request.common_name.as_deref()), (&names[..], Some("example.com")));
        assert_eq!((request.organization.as_deref(), request.country.as_deref()), (Some("Ü GmbH"), Some("DE")));
        assert!(!format!("{key:?}{:?}", key.to_pem()).contains("BEGIN"));
    }
}

#[test]
fn names_and_countries_that_are_none() {
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let subject = |name: &str, country: &str| Subject {
        common_name: name.to_owned(),
        country: Some(country.to_owned()),
        ..Subject::default()
    };
    for country in ["Ü", "DEU", "D", "D1", ""] {
        assert_eq!(
            key.request(&subject("example.com", country), &[]),
            Err(KeyError::Failed(format!("country `{country}`: expected two letters, such as DE")))
        );
    }
    let (label, name) = ("a".repeat(64), vec!["a".repeat(63); 4].join("."));
    for name in
        ["", "exa mple.com", "a.*.com", &label, &name, "x@example.com", "bücher.example", "a..b", "-a.b", "a_b.c", "*"]
    {
        let expected = format!("name `{name}`: expected a host name of letters, digits and hyphens");
        for made in
            [key.request(&subject(name, "DE"), &[]), key.request(&subject("example.com", "DE"), &[name.to_owned()])]
        {
            assert!(made.unwrap_err().to_string().starts_with(&expected), "{name}");
        }
    }
    for name in ["*.example.com", &label[1..], "xn--bcher-kva.example", "1.a-b.c"] {
        assert!(key.request(&subject(name, "DE"), &[name.to_owned()]).is_ok(), "{name}");
    }
}
