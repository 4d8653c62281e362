//! `certificate_request`.

use certgate_domain::CertificateData;

use crate::record::record;

record! {
    CertificateData {
        plain: cdata("plain"),
        name: text("name"),
        subject_alternative_names: alternative_names("subject_alternative_name" | "san"),
        histories: records("histories"),
        key_size: integer("key_size"),
        country_code: text("country_code"),
        challenge_password: secret("challenge_password"),
        state: text("state"),
        city: text("city"),
        organization: text("organization"),
        organization_unit: text("organization_unit"),
        email: text("email"),
        product: text("product"),
        authentication: records("authentication"),
        algorithm: word("algorithm"),
        signature_hash_algorithm: word("signature_hash_algorithm"),
        certificate: record("certificate"),
        idn: text("idn"),
        check_caa: flag("check_caa"),
        business_case: text("business_case"),
        ec_curve: word("ec_curve"),
        vmc_logo: text("vmc_logo"),
        vmc_trademark_registration_number: text("vmc_trademark_registration_number"),
        vmc_trademark_country_or_region: word("vmc_trademark_country_or_region"),
        scope: word("scope"),
        has_multi_value_dn: flag("has_multi_value_dn") as "hasMultiValueDN",
        valid_signature: flag("valid_signature"),
        included_sans: texts("included_sans"),
    }
}
