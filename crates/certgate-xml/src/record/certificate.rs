//! `certificate`.

use certgate_domain::{CaCertificate, Certificate, CertificateHistory, ExtendedValidationExtension};

use crate::record::record;

record! {
    Certificate {
        created: moment("created"),
        updated: moment("updated"),
        owner: record("owner"),
        updater: record("updater"),
        id: integer("id"),
        partner_order_id: text("partner_order_id"),
        order_id: text("order_id"),
        admin_contact: record("admin"),
        technical_contact: record("technical"),
        name: text("name"),
        lifetime: months("lifetime" | "life_time" | "lifeTime"),
        software: word("software"),
        comment: text("comment"),
        csr: cdata("csr"),
        server: cdata("server"),
        serial_number: text("serial_number"),
        product: text("product"),
        code_signing_type: word("code_signing_type"),
        code_signing_provisioning_method: word("code_signing_provisioning_method"),
        code_signing_hardware_platform: word("code_signing_hardware_platform"),
        global_sign_pickup_method: word("global_sign_pickup_method"),
        hardware_init_token: secret("hardware_init_token"),
        certificate_type: word("certificate_type"),
        signature_hash_algorithm: word("sha" | "signature_hash_algorithm"),
        expire: moment("expire"),
        payable: moment("payable"),
        extension: record("extension"),
        subject_alternative_names: alternative_names("subject_alternative_name" | "san"),
        histories: records("histories"),
        certification_authority: records("certification_authority"),
        password: secret("password"),
        firstname: text("firstname"),
        lastname: text("lastname"),
        technical_contact_email: text("technical_contact_email"),
        organization_unit_name: text("organization_unit_name"),
        authentication: record("authentication"),
        certificate_transparency: flag("certificate_transparency"),
        certificate_transparency_privacy: word("certificate_transparency_privacy"),
        domain: text("domain"),
        has_csr: flag("has_csr"),
        fortify: flag("fortify"),
        idn: text("idn"),
        multiyear: flag("multiyear"),
        reissue_required: flag("reissue_required"),
        reissue_status: text("reissue_status"),
        vmc_logo: text("vmc_logo"),
        vmc_trademark_registration_number: text("vmc_trademark_registration_number"),
        vmc_trademark_country_or_region: word("vmc_trademark_country_or_region"),
        key_attestation: text("key_attestation"),
        hsm_type: word("hsm_type"),
    }
}

record! {
    CaCertificate {
        created: moment("created"),
        updated: moment("updated"),
        ca_type: text("ca_type"),
        ca_certificate: cdata("ca_cert" | "ca_certificate"),
    }
}

record! {
    CertificateHistory {
        serial_number: text("serial_number"),
        order_id: text("order_id"),
        revoked: moment("revoked"),
    }
}

record! {
    ExtendedValidationExtension {
        joi_country_name: text("joi_country_name"),
        joi_locality: text("joi_locality"),
        joi_state_or_province: text("joi_state_or_province"),
        company_number: text("company_number"),
        business_category: word("business_category"),
    }
}
