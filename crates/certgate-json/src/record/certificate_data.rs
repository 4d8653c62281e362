//! What a CSR holds and what an order of it needs.

use certgate_domain::CertificateData;
use certgate_wire::DecodeError;

use crate::{
    fields::Fields,
    object::Object,
    record::{authentication, certificate, subject_alternative_name},
    value::Value,
};

pub(crate) fn read(object: &Object<'_, '_>) -> Result<CertificateData, DecodeError> {
    let record = CertificateData {
        plain: object.text("plain")?,
        name: object.text("name")?,
        subject_alternative_names: subject_alternative_name::read_all(object)?,
        histories: object.records("histories", certificate::read_history)?,
        key_size: object.integer("keySize")?,
        country_code: object.text("countryCode")?,
        challenge_password: object.secret("challengePassword")?,
        state: object.text("state")?,
        city: object.text("city")?,
        organization: object.text("organization")?,
        organization_unit: object.text("organizationUnit")?,
        email: object.text("email")?,
        product: object.text("product")?,
        authentication: object.records("authentication", authentication::read)?,
        algorithm: object.word("algorithm")?,
        signature_hash_algorithm: object.word("signatureHashAlgorithm")?,
        certificate: object.record("certificate", certificate::read)?.map(Box::new),
        idn: object.text("idn")?,
        check_caa: object.either(&["checkCaa", "CheckCaa"])?.map(Value::boolean).transpose()?,
        business_case: object.text("businessCase")?,
        ec_curve: object.word("ecCurve")?,
        vmc_logo: object.text("vmcLogo")?,
        vmc_trademark_registration_number: object.text("vmcTrademarkRegistrationNumber")?,
        vmc_trademark_country_or_region: object.word("vmcTrademarkCountryOrRegion")?,
        scope: object.word("scope")?,
        has_multi_value_dn: object.boolean("hasMultiValueDN")?,
        valid_signature: object.boolean("validSignature")?,
        included_sans: object.texts("includedSans")?,
    };
    object.finish();
    Ok(record)
}

pub(crate) fn write(record: &CertificateData, fields: &mut Fields) {
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
    fields.text("plain", plain.as_deref());
    fields.text("name", name.as_deref());
    fields.records("subjectAlternativeNames", subject_alternative_names, subject_alternative_name::write);
    fields.records("histories", histories, certificate::write_history);
    fields.integer("keySize", *key_size);
    fields.text("countryCode", country_code.as_deref());
    fields.secret("challengePassword", challenge_password);
    fields.text("state", state.as_deref());
    fields.text("city", city.as_deref());
    fields.text("organization", organization.as_deref());
    fields.text("organizationUnit", organization_unit.as_deref());
    fields.text("email", email.as_deref());
    fields.text("product", product.as_deref());
    fields.records("authentication", authentication, authentication::write);
    fields.word("algorithm", algorithm);
    fields.word("signatureHashAlgorithm", signature_hash_algorithm);
    fields.record("certificate", certificate.as_deref(), certificate::write);
    fields.text("idn", idn.as_deref());
    fields.boolean("checkCaa", check_caa);
    fields.text("businessCase", business_case.as_deref());
    fields.word("ecCurve", ec_curve);
    fields.text("vmcLogo", vmc_logo.as_deref());
    fields.text("vmcTrademarkRegistrationNumber", vmc_trademark_registration_number.as_deref());
    fields.word("vmcTrademarkCountryOrRegion", vmc_trademark_country_or_region);
    fields.word("scope", scope);
    fields.boolean("hasMultiValueDN", has_multi_value_dn);
    fields.boolean("validSignature", valid_signature);
    fields.texts("includedSans", included_sans);
}
