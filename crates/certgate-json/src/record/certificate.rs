//! Certificates.

use certgate_domain::{CaCertificate, Certificate, CertificateHistory, ExtendedValidationExtension};

use crate::record::record;

record! {
    Certificate {
        created: moment("created"),
        updated: moment("updated"),
        owner: record("owner"),
        updater: record("updater"),
        id: integer("id"),
        partner_order_id: text("partnerOrderId"),
        order_id: text("orderId"),
        admin_contact: record("adminContact"),
        technical_contact: record("technicalContact"),
        name: text("name"),
        lifetime: record("lifetime" | "lifeTime"),
        software: word("software"),
        comment: text("comment"),
        csr: text("csr"),
        server: text("server"),
        serial_number: text("serialNumber"),
        product: text("product"),
        code_signing_type: word("codeSigningType"),
        code_signing_provisioning_method: word("codeSigningProvisioningMethod"),
        code_signing_hardware_platform: word("codeSigningHardwarePlatform"),
        global_sign_pickup_method: word("globalSignPickupMethod"),
        hardware_init_token: secret("hardwareInitToken"),
        certificate_type: word("certificateType"),
        signature_hash_algorithm: word("signatureHashAlgorithm"),
        expire: moment("expire"),
        payable: moment("payable"),
        extension: record("extension"),
        subject_alternative_names: alternative_names("subjectAlternativeNames" | "san"),
        histories: records("histories"),
        certification_authority: records("certificationAuthority"),
        password: secret("password"),
        firstname: text("firstname"),
        lastname: text("lastname"),
        technical_contact_email: text("technicalContactEmail"),
        organization_unit_name: text("organizationUnitName"),
        authentication: first_record("authentication"),
        certificate_transparency: boolean("certificateTransparency"),
        certificate_transparency_privacy: word("certificateTransparencyPrivacy"),
        domain: text("domain"),
        has_csr: boolean("hasCsr"),
        fortify: boolean("fortify"),
        idn: text("idn"),
        multiyear: boolean("multiyear"),
        reissue_required: boolean("reissueRequired"),
        reissue_status: text("reissueStatus"),
        vmc_logo: text("vmcLogo"),
        vmc_trademark_registration_number: text("vmcTrademarkRegistrationNumber"),
        vmc_trademark_country_or_region: word("vmcTrademarkCountryOrRegion"),
        key_attestation: text("keyAttestation"),
        hsm_type: word("hsmType"),
    }
}

record! {
    CaCertificate {
        created: moment("created"),
        updated: moment("updated"),
        ca_type: text("caType"),
        ca_certificate: text("caCertificate"),
    }
}

record! {
    CertificateHistory {
        serial_number: text("serialNumber"),
        order_id: text("orderId"),
        revoked: moment("revoked"),
    }
}

record! {
    ExtendedValidationExtension {
        joi_country_name: text("joiCountryName"),
        joi_locality: text("joiLocality"),
        joi_state_or_province: text("joiStateOrProvince"),
        company_number: text("companyNumber"),
        business_category: word("businessCategory"),
    }
}
