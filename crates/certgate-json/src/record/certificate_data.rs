//! What a CSR holds and what an order of it needs.

use certgate_domain::CertificateData;

use crate::record::record;

record! {
    CertificateData {
        plain: text("plain"),
        name: text("name"),
        subject_alternative_names: alternative_names("subjectAlternativeNames" | "san"),
        histories: records("histories"),
        key_size: integer("keySize"),
        country_code: text("countryCode"),
        challenge_password: secret("challengePassword"),
        state: text("state"),
        city: text("city"),
        organization: text("organization"),
        organization_unit: text("organizationUnit"),
        email: text("email"),
        product: text("product"),
        authentication: records("authentication"),
        algorithm: word("algorithm"),
        signature_hash_algorithm: word("signatureHashAlgorithm"),
        certificate: record("certificate"),
        idn: text("idn"),
        check_caa: boolean("checkCaa" | "CheckCaa"),
        business_case: text("businessCase"),
        ec_curve: word("ecCurve"),
        vmc_logo: text("vmcLogo"),
        vmc_trademark_registration_number: text("vmcTrademarkRegistrationNumber"),
        vmc_trademark_country_or_region: word("vmcTrademarkCountryOrRegion"),
        scope: word("scope"),
        has_multi_value_dn: boolean("hasMultiValueDN"),
        valid_signature: boolean("validSignature"),
        included_sans: texts("includedSans"),
    }
}
