//! `certificate`.

use certgate_domain::{CaCertificate, Certificate, CertificateHistory, ExtendedValidationExtension};
use certgate_wire::DecodeError;

use crate::{
    element::Element,
    out::Out,
    record::{authentication, basic_user, contact, subject_alternative_name, time_period},
};

pub(crate) fn read(e: &Element<'_, '_>) -> Result<Certificate, DecodeError> {
    Ok(Certificate {
        created: e.moment("created")?,
        updated: e.moment("updated")?,
        owner: e.record("owner", basic_user::read)?,
        updater: e.record("updater", basic_user::read)?,
        id: e.integer("id")?,
        partner_order_id: e.text("partner_order_id")?,
        order_id: e.text("order_id")?,
        admin_contact: e.record("admin", contact::read)?,
        technical_contact: e.record("technical", contact::read)?,
        name: e.text("name")?,
        lifetime: time_period::read(e)?,
        software: e.word("software")?,
        comment: e.text("comment")?,
        csr: e.bytes("csr")?,
        server: e.bytes("server")?,
        serial_number: e.text("serial_number")?,
        product: e.text("product")?,
        code_signing_type: e.word("code_signing_type")?,
        code_signing_provisioning_method: e.word("code_signing_provisioning_method")?,
        code_signing_hardware_platform: e.word("code_signing_hardware_platform")?,
        global_sign_pickup_method: e.word("global_sign_pickup_method")?,
        hardware_init_token: e.secret("hardware_init_token")?,
        certificate_type: e.word("certificate_type")?,
        signature_hash_algorithm: e.text_of(&["sha", "signature_hash_algorithm"])?.map(|word| word.as_str().into()),
        expire: e.moment("expire")?,
        payable: e.moment("payable")?,
        extension: e.record("extension", read_extension)?,
        subject_alternative_names: subject_alternative_name::read_all(e)?,
        histories: e.records("histories", read_history)?,
        certification_authority: e.records("certification_authority", read_authority)?,
        password: e.secret("password")?,
        firstname: e.text("firstname")?,
        lastname: e.text("lastname")?,
        technical_contact_email: e.text("technical_contact_email")?,
        organization_unit_name: e.text("organization_unit_name")?,
        authentication: e.record("authentication", authentication::read)?,
        certificate_transparency: e.flag("certificate_transparency")?,
        certificate_transparency_privacy: e.word("certificate_transparency_privacy")?,
        domain: e.text("domain")?,
        has_csr: e.flag("has_csr")?,
        fortify: e.flag("fortify")?,
        idn: e.text("idn")?,
        multiyear: e.flag("multiyear")?,
        reissue_required: e.flag("reissue_required")?,
        reissue_status: e.text("reissue_status")?,
        vmc_logo: e.text("vmc_logo")?,
        vmc_trademark_registration_number: e.text("vmc_trademark_registration_number")?,
        vmc_trademark_country_or_region: e.word("vmc_trademark_country_or_region")?,
        key_attestation: e.text("key_attestation")?,
        hsm_type: e.word("hsm_type")?,
    })
}

pub(crate) fn write(out: &mut Out<'_>, record: &Certificate) {
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
    out.moment("created", created.as_ref());
    out.moment("updated", updated.as_ref());
    out.record("owner", owner.as_ref(), basic_user::write);
    out.record("updater", updater.as_ref(), basic_user::write);
    out.integer("id", *id);
    out.text("partner_order_id", partner_order_id.as_deref());
    out.text("order_id", order_id.as_deref());
    out.record("admin", admin_contact.as_ref(), contact::write);
    out.record("technical", technical_contact.as_ref(), contact::write);
    out.text("name", name.as_deref());
    if let Some(lifetime) = lifetime {
        time_period::write(out, lifetime);
    }
    out.text("software", software.as_ref().map(|word| word.as_str()));
    out.text("comment", comment.as_deref());
    out.cdata("csr", csr.as_deref());
    out.cdata("server", server.as_deref());
    out.text("serial_number", serial_number.as_deref());
    out.text("product", product.as_deref());
    out.text("code_signing_type", code_signing_type.as_ref().map(|word| word.as_str()));
    out.text("code_signing_provisioning_method", code_signing_provisioning_method.as_ref().map(|word| word.as_str()));
    out.text("code_signing_hardware_platform", code_signing_hardware_platform.as_ref().map(|word| word.as_str()));
    out.text("global_sign_pickup_method", global_sign_pickup_method.as_ref().map(|word| word.as_str()));
    out.secret("hardware_init_token", hardware_init_token.as_ref());
    out.text("certificate_type", certificate_type.as_ref().map(|word| word.as_str()));
    out.text("sha", signature_hash_algorithm.as_ref().map(|word| word.as_str()));
    out.moment("expire", expire.as_ref());
    out.moment("payable", payable.as_ref());
    out.record("extension", extension.as_ref(), write_extension);
    out.records("subject_alternative_name", subject_alternative_names, subject_alternative_name::write);
    out.records("histories", histories, write_history);
    out.records("certification_authority", certification_authority, write_authority);
    out.secret("password", password.as_ref());
    out.text("firstname", firstname.as_deref());
    out.text("lastname", lastname.as_deref());
    out.text("technical_contact_email", technical_contact_email.as_deref());
    out.text("organization_unit_name", organization_unit_name.as_deref());
    out.record("authentication", authentication.as_ref(), authentication::write);
    out.flag("certificate_transparency", certificate_transparency.as_ref());
    out.text("certificate_transparency_privacy", certificate_transparency_privacy.as_ref().map(|word| word.as_str()));
    out.text("domain", domain.as_deref());
    out.flag("has_csr", has_csr.as_ref());
    out.flag("fortify", fortify.as_ref());
    out.text("idn", idn.as_deref());
    out.flag("multiyear", multiyear.as_ref());
    out.flag("reissue_required", reissue_required.as_ref());
    out.text("reissue_status", reissue_status.as_deref());
    out.text("vmc_logo", vmc_logo.as_deref());
    out.text("vmc_trademark_registration_number", vmc_trademark_registration_number.as_deref());
    out.text("vmc_trademark_country_or_region", vmc_trademark_country_or_region.as_ref().map(|word| word.as_str()));
    out.text("key_attestation", key_attestation.as_deref());
    out.text("hsm_type", hsm_type.as_ref().map(|word| word.as_str()));
}

fn read_authority(e: &Element<'_, '_>) -> Result<CaCertificate, DecodeError> {
    Ok(CaCertificate {
        created: e.moment("created")?,
        updated: e.moment("updated")?,
        ca_type: e.text("ca_type")?,
        ca_certificate: e.bytes_of(&["ca_cert", "ca_certificate"])?,
    })
}

fn write_authority(out: &mut Out<'_>, record: &CaCertificate) {
    let CaCertificate { created, updated, ca_type, ca_certificate } = record;
    out.moment("created", created.as_ref());
    out.moment("updated", updated.as_ref());
    out.text("ca_type", ca_type.as_deref());
    out.cdata("ca_cert", ca_certificate.as_deref());
}

pub(crate) fn read_history(e: &Element<'_, '_>) -> Result<CertificateHistory, DecodeError> {
    Ok(CertificateHistory {
        serial_number: e.text("serial_number")?,
        order_id: e.text("order_id")?,
        revoked: e.moment("revoked")?,
    })
}

pub(crate) fn write_history(out: &mut Out<'_>, record: &CertificateHistory) {
    let CertificateHistory { serial_number, order_id, revoked } = record;
    out.text("serial_number", serial_number.as_deref());
    out.text("order_id", order_id.as_deref());
    out.moment("revoked", revoked.as_ref());
}

fn read_extension(e: &Element<'_, '_>) -> Result<ExtendedValidationExtension, DecodeError> {
    Ok(ExtendedValidationExtension {
        joi_country_name: e.text("joi_country_name")?,
        joi_locality: e.text("joi_locality")?,
        joi_state_or_province: e.text("joi_state_or_province")?,
        company_number: e.text("company_number")?,
        business_category: e.word("business_category")?,
    })
}

fn write_extension(out: &mut Out<'_>, record: &ExtendedValidationExtension) {
    let ExtendedValidationExtension {
        joi_country_name,
        joi_locality,
        joi_state_or_province,
        company_number,
        business_category,
    } = record;
    out.text("joi_country_name", joi_country_name.as_deref());
    out.text("joi_locality", joi_locality.as_deref());
    out.text("joi_state_or_province", joi_state_or_province.as_deref());
    out.text("company_number", company_number.as_deref());
    out.text("business_category", business_category.as_ref().map(|word| word.as_str()));
}
