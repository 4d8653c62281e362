//! What a server shows from outside; all of it derived.

use certgate_domain::{
    CertificateInstallCheckData, CertificateInstallCheckNotice, CertificateInstallCheckResult, TlsData,
    X509CertificateData, X509CertificateName, X509CertificatePublicKeyData, X509CertificateValidity,
};
use certgate_wire::DecodeError;

use crate::{element::Element, out::Out, record::certificate};

pub(crate) fn read(e: &Element<'_, '_>) -> Result<CertificateInstallCheckResult, DecodeError> {
    Ok(CertificateInstallCheckResult { hostname: e.text("hostname")?, data: e.records("data", read_address)? })
}

pub(crate) fn write(out: &mut Out<'_>, record: &CertificateInstallCheckResult) {
    let CertificateInstallCheckResult { hostname, data } = record;
    out.text("hostname", hostname.as_deref());
    out.records("data", data, write_address);
}

fn read_address(e: &Element<'_, '_>) -> Result<CertificateInstallCheckData, DecodeError> {
    Ok(CertificateInstallCheckData {
        ip: e.text("ip")?,
        secured: e.flag("secured")?,
        redirect: e.flag("redirect")?,
        redirect_match: e.flag("redirect_match")?,
        caa: e.flag("caa")?,
        multiple_caa: e.flag("multiple_caa")?,
        self_signed: e.flag("self_signed")?,
        chain_ok: e.flag("chain_ok")?,
        inventory: e.flag("inventory")?,
        certificate: e.record("certificate", certificate::read)?.map(Box::new),
        tls: e.records("tls", read_tls)?,
        certificate_data: e.record("certificate_data", read_x509)?,
        redirect_certificate_data: e.record("redirect_certificate_data", read_x509)?,
        chain: e.records("chain", read_x509)?,
        notices: e.records("notices", read_notice)?,
    })
}

fn write_address(out: &mut Out<'_>, record: &CertificateInstallCheckData) {
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
    out.text("ip", ip.as_deref());
    out.flag("secured", secured.as_ref());
    out.flag("redirect", redirect.as_ref());
    out.flag("redirect_match", redirect_match.as_ref());
    out.flag("caa", caa.as_ref());
    out.flag("multiple_caa", multiple_caa.as_ref());
    out.flag("self_signed", self_signed.as_ref());
    out.flag("chain_ok", chain_ok.as_ref());
    out.flag("inventory", inventory.as_ref());
    out.record("certificate", certificate.as_deref(), certificate::write);
    out.records("tls", tls, write_tls);
    out.record("certificate_data", certificate_data.as_ref(), write_x509);
    out.record("redirect_certificate_data", redirect_certificate_data.as_ref(), write_x509);
    out.records("chain", chain, write_x509);
    out.records("notices", notices, write_notice);
}

fn read_notice(e: &Element<'_, '_>) -> Result<CertificateInstallCheckNotice, DecodeError> {
    Ok(CertificateInstallCheckNotice { r#type: e.text("type")?, label: e.text("label")?, value: e.text("value")? })
}

fn write_notice(out: &mut Out<'_>, record: &CertificateInstallCheckNotice) {
    let CertificateInstallCheckNotice { r#type, label, value } = record;
    out.text("type", r#type.as_deref());
    out.text("label", label.as_deref());
    out.text("value", value.as_deref());
}

fn read_tls(e: &Element<'_, '_>) -> Result<TlsData, DecodeError> {
    Ok(TlsData { version: e.text("version")?, supported: e.flag("supported")? })
}

fn write_tls(out: &mut Out<'_>, record: &TlsData) {
    let TlsData { version, supported } = record;
    out.text("version", version.as_deref());
    out.flag("supported", supported.as_ref());
}

fn read_x509(e: &Element<'_, '_>) -> Result<X509CertificateData, DecodeError> {
    Ok(X509CertificateData {
        cn: e.text("cn")?,
        serial_number: e.text("serial_number")?,
        issuer: e.record("issuer", read_name)?,
        subject: e.record("subject", read_name)?,
        validity: e.record("validity", read_validity)?,
        subject_alternative_names: e.texts("subject_alternativ_names")?,
        plain: e.bytes("plain")?,
        signature_algorithm: e.text("signature_algorithm")?,
        sha1_thumbprint: e.text("sha1_thumbprint")?,
        sha256_thumbprint: e.text("sha256_thumbprint")?,
        md5_thumbprint: e.text("md5_thumbprint")?,
        public_key_data: e.record("public_key_data", read_key)?,
    })
}

fn write_x509(out: &mut Out<'_>, record: &X509CertificateData) {
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
    out.text("cn", cn.as_deref());
    out.text("serial_number", serial_number.as_deref());
    out.record("issuer", issuer.as_ref(), write_name);
    out.record("subject", subject.as_ref(), write_name);
    out.record("validity", validity.as_ref(), write_validity);
    out.texts("subject_alternativ_names", subject_alternative_names);
    out.cdata("plain", plain.as_deref());
    out.text("signature_algorithm", signature_algorithm.as_deref());
    out.text("sha1_thumbprint", sha1_thumbprint.as_deref());
    out.text("sha256_thumbprint", sha256_thumbprint.as_deref());
    out.text("md5_thumbprint", md5_thumbprint.as_deref());
    out.record("public_key_data", public_key_data.as_ref(), write_key);
}

fn read_name(e: &Element<'_, '_>) -> Result<X509CertificateName, DecodeError> {
    Ok(X509CertificateName {
        common_name: e.text("common_name")?,
        organization: e.text("organization")?,
        country: e.text("country")?,
        organization_unit: e.text("organization_unit")?,
        locality: e.text("locality")?,
        state: e.text("state")?,
    })
}

fn write_name(out: &mut Out<'_>, record: &X509CertificateName) {
    let X509CertificateName { common_name, organization, country, organization_unit, locality, state } = record;
    out.text("common_name", common_name.as_deref());
    out.text("organization", organization.as_deref());
    out.text("country", country.as_deref());
    out.text("organization_unit", organization_unit.as_deref());
    out.text("locality", locality.as_deref());
    out.text("state", state.as_deref());
}

fn read_validity(e: &Element<'_, '_>) -> Result<X509CertificateValidity, DecodeError> {
    Ok(X509CertificateValidity { not_after: e.moment("not_after")?, not_before: e.moment("not_before")? })
}

fn write_validity(out: &mut Out<'_>, record: &X509CertificateValidity) {
    let X509CertificateValidity { not_after, not_before } = record;
    out.moment("not_after", not_after.as_ref());
    out.moment("not_before", not_before.as_ref());
}

fn read_key(e: &Element<'_, '_>) -> Result<X509CertificatePublicKeyData, DecodeError> {
    Ok(X509CertificatePublicKeyData {
        algorithm: e.text("algorithm")?,
        length: e.integer("length")?,
        sha1_thumbprint: e.text("sha1_thumbprint")?,
        sha256_thumbprint: e.text("sha256_thumbprint")?,
        bytes: e.text("bytes")?,
    })
}

fn write_key(out: &mut Out<'_>, record: &X509CertificatePublicKeyData) {
    let X509CertificatePublicKeyData { algorithm, length, sha1_thumbprint, sha256_thumbprint, bytes } = record;
    out.text("algorithm", algorithm.as_deref());
    out.integer("length", *length);
    out.text("sha1_thumbprint", sha1_thumbprint.as_deref());
    out.text("sha256_thumbprint", sha256_thumbprint.as_deref());
    out.text("bytes", bytes.as_deref());
}
