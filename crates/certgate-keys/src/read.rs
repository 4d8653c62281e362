//! Keys as the field writes them, brought to PKCS#8.

use certgate_domain::Secret;
use certgate_x509::pem;
use pkcs8::{
    AlgorithmIdentifierRef, EncryptedPrivateKeyInfoRef, ObjectIdentifier, PrivateKeyInfoRef,
    der::{
        Decode, Encode, SliceReader,
        asn1::{AnyRef, OctetStringRef},
    },
    pkcs5,
};
use sec1::EcPrivateKey;

use crate::KeyError;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// The key in a text as PKCS#8 (DER).
pub(crate) fn pkcs8(text: &str, pass_phrase: Option<&Secret>) -> Result<Vec<u8>, KeyError> {
    if text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(KeyError::OldEncryption);
    }
    let block = pem::block(only_the_key(text)).map_err(KeyError::NotAKey)?;
    let broken = || KeyError::NotAKey(format!("the {} cannot be read as DER", block.label));
    match block.label.as_str() {
        "PRIVATE KEY" => Ok(block.der),
        "ENCRYPTED PRIVATE KEY" => {
            let pass_phrase = pass_phrase.ok_or(KeyError::Encrypted)?;
            let encrypted = EncryptedPrivateKeyInfoRef::try_from(block.der.as_slice())
                .map_err(|_| if is_encrypted(&block.der) { KeyError::UnsupportedEncryption } else { broken() })?;
            let plain = encrypted.decrypt(pass_phrase.expose()).map_err(|why| match why {
                pkcs8::Error::EncryptedPrivateKey(why) if why != pkcs5::Error::DecryptFailed => {
                    KeyError::UnsupportedEncryption
                }
                // A wrong pass phrase may also give a text that is no key.
                _ => KeyError::WrongPassPhrase,
            })?;
            Ok(plain.as_bytes().to_vec())
        }
        "RSA PRIVATE KEY" => {
            let null = AnyRef::NULL;
            wrapped(AlgorithmIdentifierRef { oid: RSA, parameters: Some(null) }, &block.der)
        }
        "EC PRIVATE KEY" => {
            let key = EcPrivateKey::from_der(&block.der).map_err(|_| broken())?;
            let curve = key.parameters.and_then(|parameters| parameters.named_curve());
            let curve =
                curve.ok_or_else(|| KeyError::Unsupported("an EC key that does not name its curve".to_owned()))?;
            wrapped(AlgorithmIdentifierRef { oid: EC, parameters: Some(AnyRef::from(&curve)) }, &block.der)
        }
        other => Err(KeyError::NotAKey(format!("found PEM of `{other}`"))),
    }
}

/// Whether it has the shape of an encrypted key (RFC 5958), however it is encrypted.
fn is_encrypted(der: &[u8]) -> bool {
    let parts = |reader: &mut SliceReader<'_>| {
        AlgorithmIdentifierRef::decode(reader)?;
        <&OctetStringRef>::decode(reader).map(drop)
    };
    AnyRef::from_der(der).and_then(|any| any.sequence(parts)).is_ok()
}

fn wrapped(algorithm: AlgorithmIdentifierRef<'_>, key: &[u8]) -> Result<Vec<u8>, KeyError> {
    let failed = |_| KeyError::Failed("the key cannot be wrapped as PKCS#8".to_owned());
    let key = OctetStringRef::new(key).map_err(failed)?;
    PrivateKeyInfoRef::new(algorithm, key).to_der().map_err(failed)
}

/// openssl puts the parameters of an EC key before it, and people put the certificate after it.
fn only_the_key(text: &str) -> &str {
    let mut from = 0;
    while let Some(start) = text.get(from..).and_then(|rest| rest.find("-----BEGIN ")).map(|at| from + at) {
        let rest = text.get(start..).unwrap_or_default();
        let label = rest.get(11..).and_then(|rest| rest.split_once("-----")).map_or("", |(label, _)| label);
        if label.ends_with("PRIVATE KEY") {
            let end = format!("-----END {label}-----");
            return rest.find(&end).and_then(|at| rest.get(..at + end.len())).unwrap_or(rest);
        }
        from = start + 11;
    }
    text
}

#[cfg(test)]
mod tests {
    use certgate_domain::Secret;
    use certgate_x509::{CertificateRequest, pem};
    use pretty_assertions::assert_eq;

    use crate::{KeyError, KeyType, PrivateKey, Subject};

    #[allow(clippy::disallowed_methods, reason = "a test")]
    fn fixture(name: &str) -> String {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/_keys").join(name);
        std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
    }

    /// Each form of one key is the same key: it signs a request whose public key is that of the others.
    #[test]
    fn every_form_of_a_key() {
        let pass_phrase = Secret::new("geheim ü");
        let encrypted = ["p256-pkcs8.pem", "p256-pkcs8-encrypted.pem", "p256-pkcs8-sha1.pem", "p256-pkcs8-3des.pem"];
        for (kind, forms) in [
            ("rsa", &["rsa-pkcs8.pem", "rsa-pkcs8-encrypted.pem", "rsa-pkcs1.pem"][..]),
            ("p256", &encrypted),
            ("p256", &["p256-pkcs8.pem", "p256-sec1.pem"]),
            ("p384", &["p384-pkcs8.pem", "p384-pkcs8-encrypted.pem", "p384-sec1.pem"]),
        ] {
            let read = |form: &&str| PrivateKey::from_pem(&fixture(form), Some(&pass_phrase)).unwrap();
            let keys: Vec<PrivateKey> = forms.iter().map(read).collect();
            let subject = Subject { common_name: "example.com".to_owned(), ..Subject::default() };
            for key in &keys {
                assert_eq!(key.spki(), keys[0].spki(), "{kind}");
                let request = key.request(&subject, &["example.com".to_owned()]).unwrap();
                assert_eq!(CertificateRequest::from_pem(&request).unwrap().key.spki, key.spki(), "{kind}");
                let again = PrivateKey::from_pem(key.to_pem().expose(), None).unwrap();
                assert_eq!(again.spki(), key.spki(), "{kind}");
            }
        }
    }

    #[test]
    fn new_keys_sign_requests() {
        for (kind, shown) in
            [(KeyType::P256, "EC P-256"), (KeyType::P384, "EC P-384"), (KeyType::Rsa2048, "RSA 2048 bits")]
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
    fn refusals_show_nothing_of_the_key() {
        let good = fixture("p256-pkcs8.pem");
        let encrypted = fixture("p256-pkcs8-encrypted.pem");
        let wrong = Secret::new("wrong");
        for (what, text, pass_phrase, expected) in [
            ("no pass phrase", encrypted.clone(), None, "the key is encrypted: give its pass phrase"),
            (
                "another one",
                encrypted,
                Some(&wrong),
                "the key cannot be decrypted: the pass phrase is wrong, or the file is damaged",
            ),
            (
                "a request",
                fixture("example.com.csr"),
                None,
                "found PEM of `CERTIFICATE REQUEST`; expected a private key as PEM",
            ),
            ("nothing", String::new(), None, "no -----BEGIN line found; expected a private key as PEM"),
            ("cut short", good[..good.len() - 40].to_owned(), None, "no -----END PRIVATE KEY----- line found"),
            ("a short one", fixture("rsa-1024.pem"), None, "the key is of a kind that cannot be used"),
            ("Ed25519", fixture("ed25519.pem"), None, "the key is of a kind that cannot be used"),
            (
                "encrypted in a way of its own",
                fixture("p256-pkcs8-pbes1.pem"),
                Some(&wrong),
                "openssl pkcs8 -topk8 -v2 aes-256-cbc -in OLD -out NEW",
            ),
            (
                "encrypted and cut short",
                pem::text("ENCRYPTED PRIVATE KEY", &[0x30, 0x03, 0x30, 0x01, 0x06]),
                Some(&wrong),
                "the ENCRYPTED PRIVATE KEY cannot be read as DER",
            ),
            ("the old way", fixture("rsa-old-encryption.pem"), None, "openssl pkcs8 -topk8"),
        ] {
            let error = PrivateKey::from_pem(&text, pass_phrase).map(|_| ()).unwrap_err();
            assert!(error.to_string().contains(expected), "{what}: {error}");
        }
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
        for name in [
            "",
            "exa mple.com",
            "a.*.com",
            &label,
            &name,
            "x@example.com",
            "bücher.example",
            "a..b",
            "-a.b",
            "a_b.c",
            "*",
        ] {
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
}
