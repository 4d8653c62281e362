//! What a server shows from outside; all of it derived.

use certgate_domain::{
    CertificateInstallCheckData, CertificateInstallCheckNotice, CertificateInstallCheckResult, TlsData,
    X509CertificateData, X509CertificateName, X509CertificatePublicKeyData, X509CertificateValidity,
};

use crate::record::record;

record! {
    CertificateInstallCheckResult {
        hostname: text("hostname"),
        data: records("data"),
    }
}

record! {
    CertificateInstallCheckData {
        ip: text("ip"),
        secured: flag("secured"),
        redirect: flag("redirect"),
        redirect_match: flag("redirect_match"),
        caa: flag("caa"),
        multiple_caa: flag("multiple_caa"),
        self_signed: flag("self_signed"),
        chain_ok: flag("chain_ok"),
        inventory: flag("inventory"),
        certificate: record("certificate"),
        tls: records("tls"),
        certificate_data: record("certificate_data"),
        redirect_certificate_data: record("redirect_certificate_data"),
        chain: records("chain"),
        notices: records("notices"),
    }
}

record! {
    CertificateInstallCheckNotice {
        r#type: text("type"),
        label: text("label"),
        value: text("value"),
    }
}

record! {
    TlsData {
        version: text("version"),
        supported: flag("supported"),
    }
}

record! {
    X509CertificateData {
        cn: text("cn"),
        serial_number: text("serial_number"),
        issuer: record("issuer"),
        subject: record("subject"),
        validity: record("validity"),
        subject_alternative_names: texts("subject_alternativ_names") as "subjectAlternativNames",
        plain: cdata("plain"),
        signature_algorithm: text("signature_algorithm"),
        sha1_thumbprint: text("sha1_thumbprint"),
        sha256_thumbprint: text("sha256_thumbprint"),
        md5_thumbprint: text("md5_thumbprint"),
        public_key_data: record("public_key_data"),
    }
}

record! {
    X509CertificateName {
        common_name: text("common_name"),
        organization: text("organization"),
        country: text("country"),
        organization_unit: text("organization_unit"),
        locality: text("locality"),
        state: text("state"),
    }
}

record! {
    X509CertificateValidity {
        not_after: moment("not_after"),
        not_before: moment("not_before"),
    }
}

record! {
    X509CertificatePublicKeyData {
        algorithm: text("algorithm"),
        length: integer("length"),
        sha1_thumbprint: text("sha1_thumbprint"),
        sha256_thumbprint: text("sha256_thumbprint"),
        bytes: text("bytes"),
    }
}
