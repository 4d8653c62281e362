//! The gateway's own certificate authority: a root and an intermediate, made anew for each world.

use std::time::Duration;

use certgate_keys::{KeyType, PrivateKey};
use certgate_x509::{CertificateRequest, GeneralName, KeyAlgorithm, PublicKey, X509, host};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA256, PublicKeyData, SanType,
    SerialNumber, SignatureAlgorithm, date_time_ymd,
};

use crate::world::DAY;

/// In seconds.
const YEAR: i64 = 365 * DAY;

/// The name of the authority that issues.
const INTERMEDIATE: &str = "certgate simulator intermediate";

/// Issues real certificates.
pub(crate) struct Authority {
    root: String,
    intermediate: String,
    /// The intermediate's, PEM.
    key: String,
    issuer: Issuer<'static, PrivateKey>,
}

/// A certificate as issued.
pub(crate) struct Issue {
    pub(crate) pem: String,
    pub(crate) serial: String,
    pub(crate) not_after: i64,
}

impl Authority {
    /// A new one, five years old at that time, in seconds since 1970.
    pub(crate) fn new(now: i64) -> Result<Self, rcgen::Error> {
        let (root_key, key) = (new_key()?, new_key()?);
        let root_params = authority("certgate simulator root", now, identifier(&root_key)?);
        let root = root_params.self_signed(&root_key)?.pem();
        let params = authority(INTERMEDIATE, now, identifier(&key)?);
        let intermediate = params.signed_by(&key, &Issuer::new(root_params, root_key))?.pem();
        Ok(Self { root, intermediate, key: key.to_pem().expose().to_owned(), issuer: Issuer::new(params, key) })
    }

    /// The authority of these certificates and the intermediate's key.
    pub(crate) fn of(root: String, intermediate: String, key: String) -> Result<Self, rcgen::Error> {
        let read = |text: &str| X509::from_pem(text).map_err(|_| rcgen::Error::CouldNotParseCertificate);
        let (_, certificate) = (read(&root)?, read(&intermediate)?);
        let pair = PrivateKey::from_pem(&key, None).map_err(|_| rcgen::Error::CouldNotParseKeyPair)?;
        if certificate.common_name().as_deref() != Some(INTERMEDIATE) || certificate.key.spki != pair.spki() {
            return Err(rcgen::Error::CouldNotParseCertificate);
        }
        let identifier = certificate.key_identifier().unwrap_or_default().to_vec();
        let params = authority(INTERMEDIATE, certificate.not_before, identifier);
        Ok(Self { root, intermediate, key, issuer: Issuer::new(params, pair) })
    }

    pub(crate) fn root(&self) -> &str {
        &self.root
    }

    pub(crate) fn intermediate(&self) -> &str {
        &self.intermediate
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// A certificate for the request's key and names, from an hour before that time, and until when, in seconds since 1970.
    pub(crate) fn issue(
        &self,
        request: &CertificateRequest,
        from: i64,
        until: i64,
        random: &mut fastrand::Rng,
    ) -> Result<Issue, rcgen::Error> {
        let key = Subject::of(&request.key)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        if let Some(name) = &request.common_name {
            params.distinguished_name.push(DnType::CommonName, name.as_str());
        }
        // A person's name is no alternative name.
        let is_person = |name: &GeneralName| matches!(name, GeneralName::Dns(name) if host(name).is_err());
        let common = request.common_name.as_deref().map(GeneralName::of_host).filter(|name| !is_person(name));
        let others = request.names.iter().filter(|name| Some(*name) != common.as_ref());
        for name in common.iter().chain(others) {
            // Other kinds are left out, as authorities do.
            params.subject_alt_names.extend(match name {
                GeneralName::Dns(name) => Some(SanType::DnsName(name.as_str().try_into()?)),
                GeneralName::Email(name) => Some(SanType::Rfc822Name(name.as_str().try_into()?)),
                GeneralName::Ip(address) => Some(SanType::IpAddress(*address)),
                _ => None,
            });
        }
        let serial: [u8; 15] = std::array::from_fn(|at| if at == 0 { random.u8(0x10..0x7F) } else { random.u8(..) });
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        valid(&mut params, from - 3600, until);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.is_ca = IsCa::ExplicitNoCa;
        params.use_authority_key_identifier_extension = true;
        params.key_identifier_method = KeyIdMethod::PreSpecified(request.key.identifier());
        let pem = params.signed_by(&key, &self.issuer)?.pem().replace("\r\n", "\n");
        let facts = X509::from_pem(&pem).map_err(|_| rcgen::Error::CouldNotParseCertificate)?;
        Ok(Issue { pem, serial: facts.serial, not_after: facts.not_after })
    }

    /// A key of its own with a request for that name, for certificates that are there from the start.
    pub(crate) fn request(name: &str) -> Result<String, rcgen::Error> {
        let subject = certgate_keys::Subject { common_name: name.to_owned(), ..Default::default() };
        new_key()?.request(&subject, &[name.to_owned()]).map_err(|_| rcgen::Error::RemoteKeyError)
    }
}

fn new_key() -> Result<PrivateKey, rcgen::Error> {
    PrivateKey::generate(KeyType::P256).map_err(|_| rcgen::Error::KeyGenerationUnavailable)
}

fn identifier(key: &PrivateKey) -> Result<Vec<u8>, rcgen::Error> {
    let public = PublicKey::from_spki(&key.spki()).map_err(|_| rcgen::Error::CouldNotParseKeyPair)?;
    Ok(public.identifier())
}

/// A request that the authority can answer with a certificate.
pub(crate) fn certifiable(csr: &str) -> Option<CertificateRequest> {
    CertificateRequest::from_pem(csr).ok().filter(|request| Subject::of(&request.key).is_ok())
}

/// The key that is certified.
struct Subject<'a> {
    key: &'a PublicKey,
    algorithm: &'static SignatureAlgorithm,
}

impl<'a> Subject<'a> {
    fn of(key: &'a PublicKey) -> Result<Self, rcgen::Error> {
        let algorithm = match &key.algorithm {
            KeyAlgorithm::Rsa => &PKCS_RSA_SHA256,
            KeyAlgorithm::Ec(curve) if curve == "P-256" => &PKCS_ECDSA_P256_SHA256,
            KeyAlgorithm::Ec(curve) if curve == "P-384" => &PKCS_ECDSA_P384_SHA384,
            _ => return Err(rcgen::Error::UnsupportedSignatureAlgorithm),
        };
        Ok(Self { key, algorithm })
    }
}

impl PublicKeyData for Subject<'_> {
    fn der_bytes(&self) -> &[u8] {
        &self.key.subject_public_key
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.algorithm
    }
}

fn authority(name: &str, now: i64, identifier: Vec<u8>) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.serial_number = Some(SerialNumber::from_slice(&identifier));
    params.key_identifier_method = KeyIdMethod::PreSpecified(identifier);
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "certgate");
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    valid(&mut params, now - 5 * YEAR, now + 20 * YEAR);
    params
}

/// Sets from when until when, in seconds since 1970.
fn valid(params: &mut CertificateParams, from: i64, until: i64) {
    let at = |unix: i64| date_time_ymd(1970, 1, 1) + Duration::from_secs(unix.max(0).cast_unsigned());
    (params.not_before, params.not_after) = (at(from), at(until));
}
