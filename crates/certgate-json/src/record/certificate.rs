//! Certificates.

use certgate_domain::{
    CaCertificate, CertAuthentication, Certificate, CertificateHistory, ExtendedValidationExtension,
};
use certgate_wire::DecodeError;

use crate::{
    fields::Fields,
    object::Object,
    record::{authentication, basic_user, contact, subject_alternative_name, time_period},
    value::Value,
};

pub(crate) fn read(object: &Object<'_, '_>) -> Result<Certificate, DecodeError> {
    let record = Certificate {
        created: object.moment("created")?,
        updated: object.moment("updated")?,
        owner: object.record("owner", basic_user::read)?,
        updater: object.record("updater", basic_user::read)?,
        id: object.integer("id")?,
        partner_order_id: object.text("partnerOrderId")?,
        order_id: object.text("orderId")?,
        admin_contact: object.record("adminContact", contact::read)?,
        technical_contact: object.record("technicalContact", contact::read)?,
        name: object.text("name")?,
        lifetime: object.either(&["lifetime", "lifeTime"])?.map(|value| value.record(time_period::read)).transpose()?,
        software: object.word("software")?,
        comment: object.text("comment")?,
        csr: object.text("csr")?,
        server: object.text("server")?,
        serial_number: object.text("serialNumber")?,
        product: object.text("product")?,
        code_signing_type: object.word("codeSigningType")?,
        code_signing_provisioning_method: object.word("codeSigningProvisioningMethod")?,
        code_signing_hardware_platform: object.word("codeSigningHardwarePlatform")?,
        global_sign_pickup_method: object.word("globalSignPickupMethod")?,
        hardware_init_token: object.secret("hardwareInitToken")?,
        certificate_type: object.word("certificateType")?,
        signature_hash_algorithm: object.word("signatureHashAlgorithm")?,
        expire: object.moment("expire")?,
        payable: object.moment("payable")?,
        extension: object.record("extension", read_extension)?,
        subject_alternative_names: subject_alternative_name::read_all(object)?,
        histories: object.records("histories", read_history)?,
        certification_authority: object.records("certificationAuthority", read_authority)?,
        password: object.secret("password")?,
        firstname: object.text("firstname")?,
        lastname: object.text("lastname")?,
        technical_contact_email: object.text("technicalContactEmail")?,
        organization_unit_name: object.text("organizationUnitName")?,
        authentication: read_authentication(object)?,
        certificate_transparency: object.boolean("certificateTransparency")?,
        certificate_transparency_privacy: object.word("certificateTransparencyPrivacy")?,
        domain: object.text("domain")?,
        has_csr: object.boolean("hasCsr")?,
        fortify: object.boolean("fortify")?,
        idn: object.text("idn")?,
        multiyear: object.boolean("multiyear")?,
        reissue_required: object.boolean("reissueRequired")?,
        reissue_status: object.text("reissueStatus")?,
        vmc_logo: object.text("vmcLogo")?,
        vmc_trademark_registration_number: object.text("vmcTrademarkRegistrationNumber")?,
        vmc_trademark_country_or_region: object.word("vmcTrademarkCountryOrRegion")?,
        key_attestation: object.text("keyAttestation")?,
        hsm_type: object.word("hsmType")?,
    };
    object.finish();
    Ok(record)
}

pub(crate) fn write(record: &Certificate, fields: &mut Fields) {
    let Certificate {
        created,
        updated,
        owner,
        updater,
        id,
        partner_order_id,
        order_id,
        admin_contact,
        technical_contact,
        name,
        lifetime,
        software,
        comment,
        csr,
        server,
        serial_number,
        product,
        code_signing_type,
        code_signing_provisioning_method,
        code_signing_hardware_platform,
        global_sign_pickup_method,
        hardware_init_token,
        certificate_type,
        signature_hash_algorithm,
        expire,
        payable,
        extension,
        subject_alternative_names,
        histories,
        certification_authority,
        password,
        firstname,
        lastname,
        technical_contact_email,
        organization_unit_name,
        authentication,
        certificate_transparency,
        certificate_transparency_privacy,
        domain,
        has_csr,
        fortify,
        idn,
        multiyear,
        reissue_required,
        reissue_status,
        vmc_logo,
        vmc_trademark_registration_number,
        vmc_trademark_country_or_region,
        key_attestation,
        hsm_type,
    } = record;
    fields.moment("created", created);
    fields.moment("updated", updated);
    fields.record("owner", owner.as_ref(), basic_user::write);
    fields.record("updater", updater.as_ref(), basic_user::write);
    fields.integer("id", *id);
    fields.text("partnerOrderId", partner_order_id.as_deref());
    fields.text("orderId", order_id.as_deref());
    fields.record("adminContact", admin_contact.as_ref(), contact::write);
    fields.record("technicalContact", technical_contact.as_ref(), contact::write);
    fields.text("name", name.as_deref());
    fields.record("lifetime", lifetime.as_ref(), time_period::write);
    fields.word("software", software);
    fields.text("comment", comment.as_deref());
    fields.text("csr", csr.as_deref());
    fields.text("server", server.as_deref());
    fields.text("serialNumber", serial_number.as_deref());
    fields.text("product", product.as_deref());
    fields.word("codeSigningType", code_signing_type);
    fields.word("codeSigningProvisioningMethod", code_signing_provisioning_method);
    fields.word("codeSigningHardwarePlatform", code_signing_hardware_platform);
    fields.word("globalSignPickupMethod", global_sign_pickup_method);
    fields.secret("hardwareInitToken", hardware_init_token);
    fields.word("certificateType", certificate_type);
    fields.word("signatureHashAlgorithm", signature_hash_algorithm);
    fields.moment("expire", expire);
    fields.moment("payable", payable);
    fields.record("extension", extension.as_ref(), write_extension);
    fields.records("subjectAlternativeNames", subject_alternative_names, subject_alternative_name::write);
    fields.records("histories", histories, write_history);
    fields.records("certificationAuthority", certification_authority, write_authority);
    fields.secret("password", password);
    fields.text("firstname", firstname.as_deref());
    fields.text("lastname", lastname.as_deref());
    fields.text("technicalContactEmail", technical_contact_email.as_deref());
    fields.text("organizationUnitName", organization_unit_name.as_deref());
    fields.record("authentication", authentication.as_ref(), authentication::write);
    fields.boolean("certificateTransparency", certificate_transparency);
    fields.word("certificateTransparencyPrivacy", certificate_transparency_privacy);
    fields.text("domain", domain.as_deref());
    fields.boolean("hasCsr", has_csr);
    fields.boolean("fortify", fortify);
    fields.text("idn", idn.as_deref());
    fields.boolean("multiyear", multiyear);
    fields.boolean("reissueRequired", reissue_required);
    fields.text("reissueStatus", reissue_status.as_deref());
    fields.text("vmcLogo", vmc_logo.as_deref());
    fields.text("vmcTrademarkRegistrationNumber", vmc_trademark_registration_number.as_deref());
    fields.word("vmcTrademarkCountryOrRegion", vmc_trademark_country_or_region);
    fields.text("keyAttestation", key_attestation.as_deref());
    fields.word("hsmType", hsm_type);
}

/// The documented answers hold one; a list of one occurs. What else is in the list has no place.
fn read_authentication(object: &Object<'_, '_>) -> Result<Option<CertAuthentication>, DecodeError> {
    let Some(field) = object.field("authentication") else { return Ok(None) };
    let mut items = field.items();
    let first = items.next().map(|item| item.record(authentication::read)).transpose()?;
    items.for_each(Value::unknown);
    Ok(first)
}

pub(crate) fn read_authority(object: &Object<'_, '_>) -> Result<CaCertificate, DecodeError> {
    let record = CaCertificate {
        created: object.moment("created")?,
        updated: object.moment("updated")?,
        ca_type: object.text("caType")?,
        ca_certificate: object.text("caCertificate")?,
    };
    object.finish();
    Ok(record)
}

pub(crate) fn write_authority(record: &CaCertificate, fields: &mut Fields) {
    let CaCertificate { created, updated, ca_type, ca_certificate } = record;
    fields.moment("created", created);
    fields.moment("updated", updated);
    fields.text("caType", ca_type.as_deref());
    fields.text("caCertificate", ca_certificate.as_deref());
}

pub(crate) fn read_history(object: &Object<'_, '_>) -> Result<CertificateHistory, DecodeError> {
    let record = CertificateHistory {
        serial_number: object.text("serialNumber")?,
        order_id: object.text("orderId")?,
        revoked: object.moment("revoked")?,
    };
    object.finish();
    Ok(record)
}

pub(crate) fn write_history(record: &CertificateHistory, fields: &mut Fields) {
    let CertificateHistory { serial_number, order_id, revoked } = record;
    fields.text("serialNumber", serial_number.as_deref());
    fields.text("orderId", order_id.as_deref());
    fields.moment("revoked", revoked);
}

pub(crate) fn read_extension(object: &Object<'_, '_>) -> Result<ExtendedValidationExtension, DecodeError> {
    let record = ExtendedValidationExtension {
        joi_country_name: object.text("joiCountryName")?,
        joi_locality: object.text("joiLocality")?,
        joi_state_or_province: object.text("joiStateOrProvince")?,
        company_number: object.text("companyNumber")?,
        business_category: object.word("businessCategory")?,
    };
    object.finish();
    Ok(record)
}

pub(crate) fn write_extension(record: &ExtendedValidationExtension, fields: &mut Fields) {
    let ExtendedValidationExtension {
        joi_country_name,
        joi_locality,
        joi_state_or_province,
        company_number,
        business_category,
    } = record;
    fields.text("joiCountryName", joi_country_name.as_deref());
    fields.text("joiLocality", joi_locality.as_deref());
    fields.text("joiStateOrProvince", joi_state_or_province.as_deref());
    fields.text("companyNumber", company_number.as_deref());
    fields.word("businessCategory", business_category);
}
