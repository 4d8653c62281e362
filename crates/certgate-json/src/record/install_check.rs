//! What a server shows from outside.

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
        secured: boolean("secured"),
        redirect: boolean("redirect"),
        redirect_match: boolean("redirectMatch"),
        caa: boolean("caa"),
        multiple_caa: boolean("multipleCaa"),
        self_signed: boolean("selfSigned"),
        chain_ok: boolean("chainOk"),
        inventory: boolean("inventory"),
        certificate: record("certificate"),
        tls: records("tls"),
        certificate_data: record("certificateData"),
        redirect_certificate_data: record("redirectCertificateData"),
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
        supported: boolean("supported"),
    }
}

record! {
    X509CertificateData {
        cn: text("cn"),
        serial_number: text("serialNumber"),
        issuer: record("issuer"),
        subject: record("subject"),
        validity: record("validity"),
        subject_alternative_names: texts("subjectAlternativNames"),
        plain: text("plain"),
        signature_algorithm: text("signatureAlgorithm"),
        sha1_thumbprint: text("sha1Thumbprint"),
        sha256_thumbprint: text("sha256Thumbprint"),
        md5_thumbprint: text("md5Thumbprint"),
        public_key_data: record("publicKeyData"),
    }
}

record! {
    X509CertificateName {
        common_name: text("commonName"),
        organization: text("organization"),
        country: text("country"),
        organization_unit: text("organizationUnit"),
        locality: text("locality"),
        state: text("state"),
    }
}

record! {
    X509CertificateValidity {
        not_after: moment("notAfter"),
        not_before: moment("notBefore"),
    }
}

record! {
    X509CertificatePublicKeyData {
        algorithm: text("algorithm"),
        length: integer("length"),
        sha1_thumbprint: text("sha1Thumbprint"),
        sha256_thumbprint: text("sha256Thumbprint"),
        bytes: text("bytes"),
    }
}
