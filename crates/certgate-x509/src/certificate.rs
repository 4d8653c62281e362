//! Certificates (RFC 5280).

use x509_parser::{certificate::X509Certificate, oid_registry::OID_X509_COMMON_NAME, prelude::FromDer};

use crate::{PublicKey, name, pem};

/// The facts of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct X509 {
    /// Common name of its subject.
    pub subject: Option<String>,
    /// DNS names and mail addresses among its alternative names.
    pub names: Vec<String>,
    /// Serial number, upper case hexadecimal without leading zeros.
    pub serial: String,
    /// When it becomes valid, in seconds since 1970.
    pub not_before: i64,
    /// When it stops being valid, in seconds since 1970.
    pub not_after: i64,
    /// Its public key.
    pub key: PublicKey,
    is_ca: bool,
    subject_name: Vec<u8>,
    issuer_name: Vec<u8>,
    der: Vec<u8>,
}

/// Why a text is no certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadCertificate {
    /// It is no PEM.
    #[error("{0}; expected PEM, -----BEGIN CERTIFICATE-----")]
    NotPem(String),
    /// It is PEM of something else.
    #[error("found PEM of `{0}`; expected CERTIFICATE")]
    WrongLabel(String),
    /// Its content is none.
    #[error("the content is no certificate (RFC 5280): it cannot be read as DER")]
    NotACertificate,
}

impl X509 {
    /// Reads a certificate.
    ///
    /// # Errors
    /// See [`BadCertificate`].
    pub fn from_pem(text: &str) -> Result<Self, BadCertificate> {
        let block = pem::block(text).map_err(BadCertificate::NotPem)?;
        if block.label != "CERTIFICATE" {
            return Err(BadCertificate::WrongLabel(block.label));
        }
        let (rest, parsed) = X509Certificate::from_der(&block.der).map_err(|_| BadCertificate::NotACertificate)?;
        if !rest.is_empty() {
            return Err(BadCertificate::NotACertificate);
        }
        let serial: String = parsed.raw_serial().iter().map(|byte| format!("{byte:02X}")).collect();
        let names = parsed.subject_alternative_name().ok().flatten();
        Ok(Self {
            subject: name::attribute(parsed.subject(), &OID_X509_COMMON_NAME),
            names: names.map(|names| name::alternative(names.value)).unwrap_or_default(),
            serial: serial.trim_start_matches('0').to_owned(),
            not_before: parsed.validity().not_before.timestamp(),
            not_after: parsed.validity().not_after.timestamp(),
            key: PublicKey::of(parsed.public_key()),
            is_ca: parsed.is_ca(),
            subject_name: parsed.subject().as_raw().to_vec(),
            issuer_name: parsed.issuer().as_raw().to_vec(),
            der: block.der.clone(),
        })
    }

    /// The certificate as PEM: lines of 64, `\n`.
    pub fn to_pem(&self) -> String {
        pem::text("CERTIFICATE", &self.der)
    }

    /// The certificate, DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Whether it may sign others.
    pub fn is_ca(&self) -> bool {
        self.is_ca
    }

    /// Whether it is signed by its own key.
    pub fn is_self_signed(&self) -> bool {
        self.is_signed_by(self)
    }

    /// Whether the other one is its issuer: the names link, and the signature is by that key.
    pub fn is_signed_by(&self, issuer: &X509) -> bool {
        let parse = |der| X509Certificate::from_der(der).ok().map(|(_, parsed)| parsed);
        match (parse(self.der.as_slice()), parse(issuer.der.as_slice())) {
            (Some(subject), Some(issuing)) => {
                self.issuer_name == issuer.subject_name && subject.verify_signature(Some(issuing.public_key())).is_ok()
            }
            _ => false,
        }
    }

    /// Whether one of its names covers that one. The common name counts only where there are no alternative names.
    pub fn covers(&self, name: &str) -> bool {
        let common = self.subject.iter().filter(|_| self.names.is_empty());
        self.names.iter().chain(common).any(|pattern| name::covers(pattern, name))
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::X509;

    fn certificate(names: &[&str]) -> String {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = rcgen::CertificateParams::new(names).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::CommonName, "example.com");
        params.serial_number = Some(rcgen::SerialNumber::from_slice(&[0x00, 0x0A, 0xBC]));
        params.not_before = rcgen::date_time_ymd(2026, 1, 1);
        params.not_after = rcgen::date_time_ymd(2026, 2, 1);
        params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().pem()
    }

    #[test]
    fn facts() {
        let pem = certificate(&["example.com", "*.example.com"]);
        let facts = X509::from_pem(&pem.replace('\n', "\r\n")).unwrap();
        assert_eq!(facts.subject.as_deref(), Some("example.com"));
        assert_eq!(facts.names, ["example.com", "*.example.com"]);
        assert_eq!(facts.serial, "ABC");
        assert_eq!((facts.not_before, facts.not_after), (1_767_225_600, 1_769_904_000));
        assert_eq!((facts.is_ca(), facts.is_self_signed()), (false, true));
        assert_eq!(facts.to_pem(), pem.replace("\r\n", "\n"));
        let other = X509::from_pem(&certificate(&["example.com"])).unwrap();
        assert!(!facts.is_signed_by(&other), "the names link, the key is another");
    }

    #[test]
    fn names_it_covers() {
        for (names, name, expected) in [
            (&["example.com"][..], "example.com", true),
            (&["www.example.com"], "example.com", false),
            (&["*.example.com"], "www.example.com", true),
            (&[], "example.com", true),
        ] {
            assert_eq!(X509::from_pem(&certificate(names)).unwrap().covers(name), expected, "{names:?} {name}");
        }
    }

    #[test]
    fn refusals() {
        let pem = certificate(&[]);
        let broken = crate::pem::text("CERTIFICATE", b"no certificate");
        let long = crate::pem::text("CERTIFICATE", &[crate::pem::block(&pem).unwrap().der, vec![0]].concat());
        for (given, expected) in [
            ("", "no -----BEGIN line found; expected PEM, -----BEGIN CERTIFICATE-----"),
            (&pem.replace("CERTIFICATE", "X509 CRL"), "found PEM of `X509 CRL`; expected CERTIFICATE"),
            (&broken, "the content is no certificate (RFC 5280): it cannot be read as DER"),
            (&long, "the content is no certificate (RFC 5280): it cannot be read as DER"),
        ] {
            assert_eq!(X509::from_pem(given).unwrap_err().to_string(), expected, "{given}");
        }
    }
}
