//! Certificates.

use crate::{
    BasicUser, CertAuthentication, Lenient, Moment, Secret, SslContact, SubjectAlternativeName, TimePeriod,
    is_same_name,
    words::{
        BusinessCategory, CertificateTransparencyPrivacy, CertificateType, CodeSigningType, HardwarePlatform, HsmType,
        PickupMethod, ProvisioningMethod, ServerSoftware, SignatureHashAlgorithm, TrademarkRegion,
    },
};

/// A certificate and its order (OpenAPI `Certificate`; XML `certificate`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Certificate {
    /// When it was created; always the start of a day.
    pub created: Option<Lenient<Moment>>,
    /// When it was last updated.
    pub updated: Option<Lenient<Moment>>,
    /// Its owner.
    pub owner: Option<BasicUser>,
    /// Who last updated it.
    pub updater: Option<BasicUser>,
    /// Its id. In JSON requests it stands in the path.
    pub id: Option<i64>,
    /// The partner's order number.
    pub partner_order_id: Option<String>,
    /// The order number: often digits, leading zeros count.
    pub order_id: Option<String>,
    /// The administrative contact (XML `admin`).
    pub admin_contact: Option<SslContact>,
    /// The technical contact (XML `technical`).
    pub technical_contact: Option<SslContact>,
    /// Its name: the common name, for S/MIME a mail address.
    pub name: Option<String>,
    /// Its term (XML: months).
    pub lifetime: Option<TimePeriod>,
    /// The server software it is for.
    pub software: Option<ServerSoftware>,
    /// A comment; set by its own task.
    pub comment: Option<String>,
    /// The certificate signing request, PEM (RFC 2986), byte for byte.
    pub csr: Option<String>,
    /// The certificate itself, PEM (RFC 5280), byte for byte.
    pub server: Option<String>,
    /// Its serial number, hexadecimal; `NOT_SET` occurs.
    pub serial_number: Option<String>,
    /// The product's code, such as `QUICKSSLPREMIUM`.
    pub product: Option<String>,
    /// Kind of code signing.
    pub code_signing_type: Option<CodeSigningType>,
    /// How a code signing token is handed over.
    pub code_signing_provisioning_method: Option<ProvisioningMethod>,
    /// Hardware of a code signing token.
    pub code_signing_hardware_platform: Option<HardwarePlatform>,
    /// Pickup method of GlobalSign products.
    pub global_sign_pickup_method: Option<PickupMethod>,
    /// Token that starts up EV code signing hardware.
    pub hardware_init_token: Option<Secret>,
    /// What it is for.
    pub certificate_type: Option<CertificateType>,
    /// Hash of its signature (XML `sha`).
    pub signature_hash_algorithm: Option<SignatureHashAlgorithm>,
    /// When it expires.
    pub expire: Option<Lenient<Moment>>,
    /// When its term must be renewed.
    pub payable: Option<Lenient<Moment>>,
    /// Data of extended validation.
    pub extension: Option<ExtendedValidationExtension>,
    /// Its further names.
    pub subject_alternative_names: Vec<SubjectAlternativeName>,
    /// Earlier certificates of this order.
    pub histories: Vec<CertificateHistory>,
    /// Certificates of the issuing authorities.
    pub certification_authority: Vec<CaCertificate>,
    /// Password of an S/MIME download.
    pub password: Option<Secret>,
    /// First name, S/MIME.
    pub firstname: Option<String>,
    /// Last name, S/MIME.
    pub lastname: Option<String>,
    /// Mail address of the technical contact, realtime orders.
    pub technical_contact_email: Option<String>,
    /// Organisational unit, S/MIME.
    pub organization_unit_name: Option<String>,
    /// How control over its names is shown.
    pub authentication: Option<CertAuthentication>,
    /// Whether it is logged publicly. The gateway's default is true.
    pub certificate_transparency: Option<Lenient<bool>>,
    /// How much of it is logged.
    pub certificate_transparency_privacy: Option<CertificateTransparencyPrivacy>,
    /// The domain of a redirect.
    pub domain: Option<String>,
    /// Whether an S/MIME order brings its own CSR.
    pub has_csr: Option<Lenient<bool>>,
    /// Whether the Fortify application issues it.
    pub fortify: Option<Lenient<bool>>,
    /// The internationalised form of its name.
    pub idn: Option<String>,
    /// Whether it runs for several years.
    pub multiyear: Option<Lenient<bool>>,
    /// Whether it must be reissued.
    pub reissue_required: Option<Lenient<bool>>,
    /// Where a reissue stands.
    pub reissue_status: Option<String>,
    /// Logo of a verified mark certificate, SVG in Base64.
    pub vmc_logo: Option<String>,
    /// Registration number of the trademark.
    pub vmc_trademark_registration_number: Option<String>,
    /// Where the trademark is registered.
    pub vmc_trademark_country_or_region: Option<TrademarkRegion>,
    /// Proof that the key was made in hardware, Base64.
    pub key_attestation: Option<String>,
    /// The hardware that made the key.
    pub hsm_type: Option<HsmType>,
}

impl Certificate {
    /// When it expires, in seconds since 1970; `None` if that is not said, or is no time.
    pub fn ends(&self) -> Option<i64> {
        self.expire.as_ref()?.value()?.unix_seconds()
    }

    /// Its own name, and the further ones.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let further = self.subject_alternative_names.iter().filter_map(|further| further.name.as_deref());
        self.name.as_deref().into_iter().chain(further)
    }

    /// Whether a name is the certificate's own, or a further one of it.
    pub fn goes_by(&self, name: &str) -> bool {
        self.names().any(|own| is_same_name(own, name))
    }

    /// Its name, where it goes by none of these: it is another certificate than the one that has them.
    pub fn name_beside<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Option<&str> {
        let own = self.name.as_deref()?;
        (!names.into_iter().any(|name| self.goes_by(name))).then_some(own)
    }
}

/// A certificate of an issuing authority (OpenAPI `CaCertificate`; XML `certification_authority`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CaCertificate {
    /// When it was created.
    pub created: Option<Lenient<Moment>>,
    /// When it was last updated.
    pub updated: Option<Lenient<Moment>>,
    /// Its place in the chain: `INTERMEDIATE`, `ROOT`, in XML `ICA1`.
    pub ca_type: Option<String>,
    /// The certificate, PEM (XML `ca_cert`).
    pub ca_certificate: Option<String>,
}

/// An earlier certificate of an order (OpenAPI `CertificateHistory`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CertificateHistory {
    /// Its serial number.
    pub serial_number: Option<String>,
    /// Its order number.
    pub order_id: Option<String>,
    /// When it was revoked.
    pub revoked: Option<Lenient<Moment>>,
}

/// Data of extended validation (OpenAPI `ExtendedValidationExtension`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExtendedValidationExtension {
    /// Country of incorporation.
    pub joi_country_name: Option<String>,
    /// Locality of incorporation.
    pub joi_locality: Option<String>,
    /// State or province of incorporation.
    pub joi_state_or_province: Option<String>,
    /// Company number.
    pub company_number: Option<String>,
    /// Kind of business.
    pub business_category: Option<BusinessCategory>,
}
