//! What a server shows from outside.

use certgate_domain::{
    CertificateInstallCheckData, CertificateInstallCheckNotice, CertificateInstallCheckResult, TlsData,
    X509CertificateData, X509CertificateName, X509CertificatePublicKeyData, X509CertificateValidity,
};
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object, record::certificate};

pub(crate) fn read(object: &Object<'_, '_>) -> Result<CertificateInstallCheckResult, DecodeError> {
    let record = CertificateInstallCheckResult {
        hostname: object.text("hostname")?,
        data: object.records("data", read_address)?,
    };
    object.finish();
    Ok(record)
}

pub(crate) fn write(record: &CertificateInstallCheckResult, fields: &mut Fields) {
    let CertificateInstallCheckResult { hostname, data } = record;
    fields.text("hostname", hostname.as_deref());
    fields.records("data", data, write_address);
}

fn read_address(object: &Object<'_, '_>) -> Result<CertificateInstallCheckData, DecodeError> {
    let record = CertificateInstallCheckData {
        ip: object.text("ip")?,
        secured: object.boolean("secured")?,
        redirect: object.boolean("redirect")?,
        redirect_match: object.boolean("redirectMatch")?,
        caa: object.boolean("caa")?,
        multiple_caa: object.boolean("multipleCaa")?,
        self_signed: object.boolean("selfSigned")?,
        chain_ok: object.boolean("chainOk")?,
        inventory: object.boolean("inventory")?,
        certificate: object.record("certificate", certificate::read)?.map(Box::new),
        tls: object.records("tls", read_tls)?,
        certificate_data: object.record("certificateData", read_x509)?,
        redirect_certificate_data: object.record("redirectCertificateData", read_x509)?,
        chain: object.records("chain", read_x509)?,
        notices: object.records("notices", read_notice)?,
    };
    object.finish();
    Ok(record)
}

fn write_address(record: &CertificateInstallCheckData, fields: &mut Fields) {
    let CertificateInstallCheckData {
        ip,
        secured,
        redirect,
        redirect_match,
        caa,
        multiple_caa,
        self_signed,
        chain_ok,
        inventory,
        certificate,
        tls,
        certificate_data,
        redirect_certificate_data,
        chain,
        notices,
    } = record;
    fields.text("ip", ip.as_deref());
    fields.boolean("secured", secured);
    fields.boolean("redirect", redirect);
    fields.boolean("redirectMatch", redirect_match);
    fields.boolean("caa", caa);
    fields.boolean("multipleCaa", multiple_caa);
    fields.boolean("selfSigned", self_signed);
    fields.boolean("chainOk", chain_ok);
    fields.boolean("inventory", inventory);
    fields.record("certificate", certificate.as_deref(), certificate::write);
    fields.records("tls", tls, write_tls);
    fields.record("certificateData", certificate_data.as_ref(), write_x509);
    fields.record("redirectCertificateData", redirect_certificate_data.as_ref(), write_x509);
    fields.records("chain", chain, write_x509);
    fields.records("notices", notices, write_notice);
}

fn read_notice(object: &Object<'_, '_>) -> Result<CertificateInstallCheckNotice, DecodeError> {
    let record = CertificateInstallCheckNotice {
        r#type: object.text("type")?,
        label: object.text("label")?,
        value: object.text("value")?,
    };
    object.finish();
    Ok(record)
}

fn write_notice(record: &CertificateInstallCheckNotice, fields: &mut Fields) {
    let CertificateInstallCheckNotice { r#type, label, value } = record;
    fields.text("type", r#type.as_deref());
    fields.text("label", label.as_deref());
    fields.text("value", value.as_deref());
}

fn read_tls(object: &Object<'_, '_>) -> Result<TlsData, DecodeError> {
    let record = TlsData { version: object.text("version")?, supported: object.boolean("supported")? };
    object.finish();
    Ok(record)
}

fn write_tls(record: &TlsData, fields: &mut Fields) {
    let TlsData { version, supported } = record;
    fields.text("version", version.as_deref());
    fields.boolean("supported", supported);
}

fn read_x509(object: &Object<'_, '_>) -> Result<X509CertificateData, DecodeError> {
    let record = X509CertificateData {
        cn: object.text("cn")?,
        serial_number: object.text("serialNumber")?,
        issuer: object.record("issuer", read_name)?,
        subject: object.record("subject", read_name)?,
        validity: object.record("validity", read_validity)?,
        subject_alternative_names: object.texts("subjectAlternativNames")?,
        plain: object.text("plain")?,
        signature_algorithm: object.text("signatureAlgorithm")?,
        sha1_thumbprint: object.text("sha1Thumbprint")?,
        sha256_thumbprint: object.text("sha256Thumbprint")?,
        md5_thumbprint: object.text("md5Thumbprint")?,
        public_key_data: object.record("publicKeyData", read_key)?,
    };
    object.finish();
    Ok(record)
}

fn write_x509(record: &X509CertificateData, fields: &mut Fields) {
    let X509CertificateData {
        cn,
        serial_number,
        issuer,
        subject,
        validity,
        subject_alternative_names,
        plain,
        signature_algorithm,
        sha1_thumbprint,
        sha256_thumbprint,
        md5_thumbprint,
        public_key_data,
    } = record;
    fields.text("cn", cn.as_deref());
    fields.text("serialNumber", serial_number.as_deref());
    fields.record("issuer", issuer.as_ref(), write_name);
    fields.record("subject", subject.as_ref(), write_name);
    fields.record("validity", validity.as_ref(), write_validity);
    fields.texts("subjectAlternativNames", subject_alternative_names);
    fields.text("plain", plain.as_deref());
    fields.text("signatureAlgorithm", signature_algorithm.as_deref());
    fields.text("sha1Thumbprint", sha1_thumbprint.as_deref());
    fields.text("sha256Thumbprint", sha256_thumbprint.as_deref());
    fields.text("md5Thumbprint", md5_thumbprint.as_deref());
    fields.record("publicKeyData", public_key_data.as_ref(), write_key);
}

fn read_name(object: &Object<'_, '_>) -> Result<X509CertificateName, DecodeError> {
    let record = X509CertificateName {
        common_name: object.text("commonName")?,
        organization: object.text("organization")?,
        country: object.text("country")?,
        organization_unit: object.text("organizationUnit")?,
        locality: object.text("locality")?,
        state: object.text("state")?,
    };
    object.finish();
    Ok(record)
}

fn write_name(record: &X509CertificateName, fields: &mut Fields) {
    let X509CertificateName { common_name, organization, country, organization_unit, locality, state } = record;
    fields.text("commonName", common_name.as_deref());
    fields.text("organization", organization.as_deref());
    fields.text("country", country.as_deref());
    fields.text("organizationUnit", organization_unit.as_deref());
    fields.text("locality", locality.as_deref());
    fields.text("state", state.as_deref());
}

fn read_validity(object: &Object<'_, '_>) -> Result<X509CertificateValidity, DecodeError> {
    let record =
        X509CertificateValidity { not_after: object.moment("notAfter")?, not_before: object.moment("notBefore")? };
    object.finish();
    Ok(record)
}

fn write_validity(record: &X509CertificateValidity, fields: &mut Fields) {
    let X509CertificateValidity { not_after, not_before } = record;
    fields.moment("notAfter", not_after);
    fields.moment("notBefore", not_before);
}

fn read_key(object: &Object<'_, '_>) -> Result<X509CertificatePublicKeyData, DecodeError> {
    let record = X509CertificatePublicKeyData {
        algorithm: object.text("algorithm")?,
        length: object.integer("length")?,
        sha1_thumbprint: object.text("sha1Thumbprint")?,
        sha256_thumbprint: object.text("sha256Thumbprint")?,
        bytes: object.text("bytes")?,
    };
    object.finish();
    Ok(record)
}

fn write_key(record: &X509CertificatePublicKeyData, fields: &mut Fields) {
    let X509CertificatePublicKeyData { algorithm, length, sha1_thumbprint, sha256_thumbprint, bytes } = record;
    fields.text("algorithm", algorithm.as_deref());
    fields.integer("length", *length);
    fields.text("sha1Thumbprint", sha1_thumbprint.as_deref());
    fields.text("sha256Thumbprint", sha256_thumbprint.as_deref());
    fields.text("bytes", bytes.as_deref());
}
