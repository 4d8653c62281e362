//! Certificate requests (RFC 2986).

use x509_parser::{
    certification_request::X509CertificationRequest,
    error::X509Error,
    extensions::ParsedExtension,
    oid_registry::{
        OID_PKCS9_EMAIL_ADDRESS, OID_X509_COMMON_NAME, OID_X509_COUNTRY_NAME, OID_X509_LOCALITY_NAME,
        OID_X509_ORGANIZATION_NAME, OID_X509_ORGANIZATIONAL_UNIT, OID_X509_STATE_OR_PROVINCE_NAME,
    },
    prelude::FromDer,
};

use crate::{KeyAlgorithm, PublicKey, name, pem};

/// A certificate signing request whose signature and key were found right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateRequest {
    /// Common name.
    pub common_name: Option<String>,
    /// DNS names and mail addresses asked for as alternative names.
    pub names: Vec<String>,
    /// Country.
    pub country: Option<String>,
    /// State or province.
    pub state: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Organisation.
    pub organization: Option<String>,
    /// Organisational unit.
    pub organization_unit: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Its public key.
    pub key: PublicKey,
    /// Hash of its signature, such as `SHA256`.
    pub signature_hash: Option<String>,
}

/// Why a text is no usable request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadRequest {
    /// It is no PEM.
    #[error("{0}; expected PEM, -----BEGIN CERTIFICATE REQUEST-----")]
    NotPem(String),
    /// It is PEM of something else.
    #[error("found PEM of `{0}`; expected CERTIFICATE REQUEST")]
    WrongLabel(String),
    /// It is a private key, which has no business here.
    #[error(
        "found a private key; expected CERTIFICATE REQUEST. Keep the key where it was, and give the request made with it"
    )]
    PrivateKey,
    /// Its content is none.
    #[error("the content is no certificate request (RFC 2986): it cannot be read as DER")]
    NotARequest,
    /// Its signature is wrong.
    #[error("its signature is not by its own key: make the request anew")]
    WrongSignature,
    /// Its signature cannot be checked.
    #[error(
        "its signature algorithm {0} is not supported; expected RSA or ECDSA (P-256, P-384) with SHA-256 or better"
    )]
    UnsupportedSignature(String),
    /// Its key is too short.
    #[error("its key has {found}; expected RSA of 2048 bits or more, or EC of 256 bits or more: make a new key")]
    ShortKey {
        /// What it has.
        found: String,
    },
    /// It names nothing.
    #[error("it has neither a common name nor alternative names: make it for the certificate's name")]
    Nameless,
}

impl CertificateRequest {
    /// The least of an RSA key (task 400110).
    const RSA_BITS: u32 = 2048;
    /// The least of an elliptic key (task 400110).
    const EC_BITS: u32 = 256;

    /// Reads a request and checks its signature and key.
    ///
    /// # Errors
    /// See [`BadRequest`].
    pub fn from_pem(text: &str) -> Result<Self, BadRequest> {
        // Asked first: an encrypted key is no plain Base64, and a key may stand beside its parameters or the request.
        if text.contains("PRIVATE KEY-----") {
            return Err(BadRequest::PrivateKey);
        }
        let block = pem::block(text).map_err(BadRequest::NotPem)?;
        if !matches!(block.label.as_str(), "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST") {
            return Err(BadRequest::WrongLabel(block.label));
        }
        let (rest, request) = X509CertificationRequest::from_der(&block.der).map_err(|_| BadRequest::NotARequest)?;
        if !rest.is_empty() {
            return Err(BadRequest::NotARequest);
        }
        let info = &request.certification_request_info;
        let key = PublicKey::of(&info.subject_pki);
        let least = if key.algorithm == KeyAlgorithm::Rsa { Self::RSA_BITS } else { Self::EC_BITS };
        let signed_with = request.signature_algorithm.algorithm.to_id_string();
        match &key.algorithm {
            KeyAlgorithm::Rsa | KeyAlgorithm::Ec(_) if key.bits < least => {
                return Err(BadRequest::ShortKey { found: key.to_string() });
            }
            KeyAlgorithm::Rsa | KeyAlgorithm::Ec(_) => {}
            KeyAlgorithm::Other(_) => return Err(BadRequest::UnsupportedSignature(signed_with)),
        }
        match request.verify_signature() {
            Ok(()) => {}
            Err(X509Error::SignatureUnsupportedAlgorithm) => {
                return Err(BadRequest::UnsupportedSignature(signed_with));
            }
            Err(_) => return Err(BadRequest::WrongSignature),
        }
        let names = request
            .requested_extensions()
            .into_iter()
            .flatten()
            .filter_map(|extension| match extension {
                ParsedExtension::SubjectAlternativeName(names) => Some(name::alternative(names)),
                _ => None,
            })
            .flatten()
            .collect();
        let subject = &info.subject;
        let this = Self {
            common_name: name::attribute(subject, &OID_X509_COMMON_NAME),
            names,
            country: name::attribute(subject, &OID_X509_COUNTRY_NAME),
            state: name::attribute(subject, &OID_X509_STATE_OR_PROVINCE_NAME),
            city: name::attribute(subject, &OID_X509_LOCALITY_NAME),
            organization: name::attribute(subject, &OID_X509_ORGANIZATION_NAME),
            organization_unit: name::attribute(subject, &OID_X509_ORGANIZATIONAL_UNIT),
            email: name::attribute(subject, &OID_PKCS9_EMAIL_ADDRESS),
            key,
            signature_hash: hash(&signed_with).map(str::to_owned),
        };
        if this.common_name.is_none() && this.names.is_empty() {
            return Err(BadRequest::Nameless);
        }
        Ok(this)
    }
}

/// The gateway's word for the hash of a signature algorithm (RFC 4055, RFC 5758).
fn hash(algorithm: &str) -> Option<&'static str> {
    match algorithm {
        "1.2.840.113549.1.1.5" | "1.2.840.10045.4.1" => Some("SHA1"),
        "1.2.840.113549.1.1.11" | "1.2.840.10045.4.3.2" => Some("SHA256"),
        "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" => Some("SHA384"),
        "1.2.840.113549.1.1.13" | "1.2.840.10045.4.3.4" => Some("SHA512"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::CertificateRequest;
    use crate::KeyAlgorithm;

    /// Made with `openssl req -new -newkey rsa:2048 -nodes -subj /CN=example.com`; the ring behind rcgen makes no RSA keys.
    const RSA: &str = "-----BEGIN CERTIFICATE REQUEST-----
MIICWzCCAUMCAQAwFjEUMBIGA1UEAwwLZXhhbXBsZS5jb20wggEiMA0GCSqGSIb3
DQEBAQUAA4IBDwAwggEKAoIBAQDlKA8TkiB74Ryi8NyD/zsUJDB/RRbn8W5K4SBt
lqw23DOm8brxrLnSsSOTE5mvcOWFz9LlJPY3RasxtF/Q9M3o6MDMQUmW4wt+NZlA
6gd5Eb9SYeeWIDsxEnGTNkHuJD1WKmKlV+HinLLYQgQKsD0iY3cQ06zM/sadfjeh
8oUjQycSx1dfh2mpynJJTn1XNrlN7SAvVhPFeGRn8puk/kPIZmoRfuyWXnA2CGqO
Lj7Lw1ePLzw906lMTDXYUGavHxkoI79Dnh2knIXPoJuZnKpFDGyAGdhTyVesecVy
o2HpsX9jz/uR4fZyViUx0mExYxzN2bN+ClT6JT776sag8qS3AgMBAAGgADANBgkq
hkiG9w0BAQsFAAOCAQEAs3nZczkkP+kUwJZHhYqXR1gv3qH4zqu4oxseIZWbTxPK
lKKv/hQsLdhG0fdU+0iS1uInmEanO3/TlRr8+cmhx4H/3gDapzChDUL99myTYmDV
qX7L5bqXthOlKdWpnX5kFcjqP0FTJ1eco9QpAW4msRit8Ic5+aXdy9cksRmFHHjk
XXatmy7H6aOfnatHfvDQpodP4EMFSwnZLExe8LZLZbqxbdtIIEEOlfT0t+/He4BB
RVsI8ngRnfIHgTVdrt2DTC6lnG4hfq/EeZGJG64C75bvV7KbKGZBeGMCvMXl2fwy
PjWO3urMTf4Yrlp1TajwLQvEj4gQwnf5d28Px5TNMg==
-----END CERTIFICATE REQUEST-----
";
    /// The same with `rsa:1024`.
    const SHORT: &str = "-----BEGIN CERTIFICATE REQUEST-----
MIIBVTCBvwIBADAWMRQwEgYDVQQDDAtleGFtcGxlLmNvbTCBnzANBgkqhkiG9w0B
AQEFAAOBjQAwgYkCgYEAs//muVVh6XeWZieOfNQ0NOMD9Hare709YDtNecJjF+9g
TDiW/T6j4nyv7jaEkY2HeXigyuKyFMcXpK7DMUk5kMTdsstOF2LAFGDhl9KK7+p5
ULrQMmXC70zk+4Rll/C63bBw+RkRTHcqs2kkFrD0z2GNQv8jVu+iZE9F0MsJq/sC
AwEAAaAAMA0GCSqGSIb3DQEBCwUAA4GBAFrHM44FfUwR57+8ShTNqHbxK+JDzP2I
rXqiaOSMgPaCKwNGfTICq4qzeYmmCBygo6PjnPDDi3whcAXVvc2zWbLa1DjswEoa
LqNNpiQiLzWo/2Fp/UwG8qD6QS8ITByEett96YZxt5i0itgHK5MAq2pODaHb4O/I
KTDw17NxllmI
-----END CERTIFICATE REQUEST-----
";

    fn request(names: &[&str], common_name: Option<&str>) -> String {
        let key = rcgen::KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = rcgen::CertificateParams::new(names).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        if let Some(name) = common_name {
            params.distinguished_name.push(rcgen::DnType::CommonName, name);
            params.distinguished_name.push(rcgen::DnType::OrganizationName, "Ü GmbH");
        }
        params.serialize_request(&key).unwrap().pem().unwrap()
    }

    fn signed_with(algorithm: &'static rcgen::SignatureAlgorithm) -> String {
        let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
        let params = rcgen::CertificateParams::new(vec!["example.com".to_owned()]).unwrap();
        params.serialize_request(&key).unwrap().pem().unwrap()
    }

    #[test]
    fn keys() {
        for (pem, shown, hash) in [
            (signed_with(&rcgen::PKCS_ECDSA_P256_SHA256), "EC P-256", "SHA256"),
            (signed_with(&rcgen::PKCS_ECDSA_P384_SHA384), "EC P-384", "SHA384"),
            (RSA.to_owned(), "RSA 2048 bits", "SHA256"),
        ] {
            let request = CertificateRequest::from_pem(&pem).unwrap();
            assert_eq!((request.key.to_string().as_str(), request.signature_hash.as_deref()), (shown, Some(hash)));
        }
    }

    #[test]
    fn facts_and_forms() {
        let pem = request(&["example.com", "www.example.com"], Some("example.com"));
        let plain = CertificateRequest::from_pem(&pem).unwrap();
        assert_eq!(plain.common_name.as_deref(), Some("example.com"));
        assert_eq!(plain.names, ["example.com", "www.example.com"]);
        assert_eq!(plain.organization.as_deref(), Some("Ü GmbH"));
        assert_eq!(plain.key.algorithm, KeyAlgorithm::Ec("P-256".to_owned()));
        assert_eq!((plain.key.bits, plain.signature_hash.as_deref()), (256, Some("SHA256")));
        for (what, text) in [
            ("CRLF", pem.replace('\n', "\r\n")),
            ("one line", pem.replace('\n', "")),
            ("old label", pem.replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")),
            ("blanks around", format!("\n  {pem}\n\n")),
        ] {
            assert_eq!(CertificateRequest::from_pem(&text).as_ref(), Ok(&plain), "{what}");
        }
    }

    #[test]
    fn refusals() {
        let pem = request(&[], Some("example.com"));
        let tampered = {
            let block = crate::pem::block(&pem).unwrap();
            let mut der = block.der;
            let at = der.windows(11).position(|window| window == b"example.com").unwrap();
            der[at] = b'f';
            crate::pem::text("CERTIFICATE REQUEST", &der)
        };
        let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
        let short = "-----BEGIN CERTIFICATE REQUEST-----\nMIIBUzCBvQIBADAUMRIwEAYDVQQDDAlzaG9ydC5jb20=\n-----END CERTIFICATE REQUEST-----";
        for (what, text, expected) in [
            ("empty", String::new(), "no -----BEGIN line found; expected PEM, -----BEGIN CERTIFICATE REQUEST-----"),
            (
                "a key",
                key,
                "found a private key; expected CERTIFICATE REQUEST. Keep the key where it was, and give the request made with it",
            ),
            (
                "a key beside it",
                format!("{pem}-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n-----END EC PRIVATE KEY-----"),
                "found a private key; expected CERTIFICATE REQUEST. Keep the key where it was, and give the request made with it",
            ),
            (
                "an Ed25519 key",
                signed_with(&rcgen::PKCS_ED25519),
                "its signature algorithm 1.3.101.112 is not supported; expected RSA or ECDSA (P-256, P-384) with SHA-256 or better",
            ),
            (
                "a short key",
                SHORT.to_owned(),
                "its key has RSA 1024 bits; expected RSA of 2048 bits or more, or EC of 256 bits or more: make a new key",
            ),
            ("a certificate", pem.replace(" REQUEST", ""), "found PEM of `CERTIFICATE`; expected CERTIFICATE REQUEST"),
            (
                "cut short",
                pem[..pem.len() - 40].to_owned(),
                "no -----END CERTIFICATE REQUEST----- line found; expected PEM, -----BEGIN CERTIFICATE REQUEST-----",
            ),
            (
                "two",
                format!("{pem}{pem}"),
                "more text after -----END CERTIFICATE REQUEST-----: give one block; expected PEM, -----BEGIN CERTIFICATE REQUEST-----",
            ),
            (
                "broken DER",
                short.to_owned(),
                "the content is no certificate request (RFC 2986): it cannot be read as DER",
            ),
            ("tampered", tampered, "its signature is not by its own key: make the request anew"),
            (
                "nameless",
                request(&[], None),
                "it has neither a common name nor alternative names: make it for the certificate's name",
            ),
        ] {
            assert_eq!(CertificateRequest::from_pem(&text).unwrap_err().to_string(), expected, "{what}");
        }
    }
}
