//! `certificate_request`.

use certgate_domain::CertificateData;
use certgate_wire::DecodeError;

use crate::{
    element::Element,
    out::Out,
    record::{
        authentication,
        certificate::{self, read_history, write_history},
        subject_alternative_name,
    },
};

pub(crate) fn read(e: &Element<'_, '_>) -> Result<CertificateData, DecodeError> {
    Ok(CertificateData {
        plain: e.bytes("plain")?,
        name: e.text("name")?,
        subject_alternative_names: subject_alternative_name::read_all(e)?,
        histories: e.records("histories", read_history)?,
        key_size: e.integer("key_size")?,
        country_code: e.text("country_code")?,
        challenge_password: e.secret("challenge_password")?,
        state: e.text("state")?,
        city: e.text("city")?,
        organization: e.text("organization")?,
        organization_unit: e.text("organization_unit")?,
        email: e.text("email")?,
        product: e.text("product")?,
        authentication: e.records("authentication", authentication::read)?,
        algorithm: e.word("algorithm")?,
        signature_hash_algorithm: e.word("signature_hash_algorithm")?,
        certificate: e.record("certificate", certificate::read)?.map(Box::new),
        idn: e.text("idn")?,
        check_caa: e.flag("check_caa")?,
        business_case: e.text("business_case")?,
        ec_curve: e.word("ec_curve")?,
        vmc_logo: e.text("vmc_logo")?,
        vmc_trademark_registration_number: e.text("vmc_trademark_registration_number")?,
        vmc_trademark_country_or_region: e.word("vmc_trademark_country_or_region")?,
        scope: e.word("scope")?,
        has_multi_value_dn: e.flag("has_multi_value_dn")?,
        valid_signature: e.flag("valid_signature")?,
        included_sans: e.texts("included_sans")?,
    })
}

pub(crate) fn write(out: &mut Out<'_>, record: &CertificateData) {
    let CertificateData {
        plain,
        name,
        subject_alternative_names,
        histories,
        key_size,
        country_code,
        challenge_password,
        state,
        city,
        organization,
        organization_unit,
        email,
        product,
        authentication,
        algorithm,
        signature_hash_algorithm,
        certificate,
        idn,
        check_caa,
        business_case,
        ec_curve,
        vmc_logo,
        vmc_trademark_registration_number,
        vmc_trademark_country_or_region,
        scope,
        has_multi_value_dn,
        valid_signature,
        included_sans,
    } = record;
    out.cdata("plain", plain.as_deref());
    out.text("name", name.as_deref());
    out.records("subject_alternative_name", subject_alternative_names, subject_alternative_name::write);
    out.records("histories", histories, write_history);
    out.integer("key_size", *key_size);
    out.text("country_code", country_code.as_deref());
    out.secret("challenge_password", challenge_password.as_ref());
    out.text("state", state.as_deref());
    out.text("city", city.as_deref());
    out.text("organization", organization.as_deref());
    out.text("organization_unit", organization_unit.as_deref());
    out.text("email", email.as_deref());
    out.text("product", product.as_deref());
    out.records("authentication", authentication, authentication::write);
    out.text("algorithm", algorithm.as_ref().map(|word| word.as_str()));
    out.text("signature_hash_algorithm", signature_hash_algorithm.as_ref().map(|word| word.as_str()));
    out.record("certificate", certificate.as_deref(), certificate::write);
    out.text("idn", idn.as_deref());
    out.flag("check_caa", check_caa.as_ref());
    out.text("business_case", business_case.as_deref());
    out.text("ec_curve", ec_curve.as_ref().map(|word| word.as_str()));
    out.text("vmc_logo", vmc_logo.as_deref());
    out.text("vmc_trademark_registration_number", vmc_trademark_registration_number.as_deref());
    out.text("vmc_trademark_country_or_region", vmc_trademark_country_or_region.as_ref().map(|word| word.as_str()));
    out.text("scope", scope.as_ref().map(|word| word.as_str()));
    out.flag("has_multi_value_dn", has_multi_value_dn.as_ref());
    out.flag("valid_signature", valid_signature.as_ref());
    out.texts("included_sans", included_sans);
}
