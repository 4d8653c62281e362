//! Open enumerations: the words the vendor's OpenAPI lists, and whatever else a gateway says.
//!
//! A word that is not listed is kept as received in `Other`; nothing is refused for being new.

use std::fmt;

macro_rules! words {
    ($($(#[$meta:meta])* $name:ident { $($variant:ident = $word:literal,)+ })+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $name {
            $(#[doc = concat!("`", $word, "`")] $variant,)+
            /// A word that the OpenAPI does not list, as received.
            Other(String),
        }

        impl $name {
            /// The listed words.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant,)+];

            /// The word as it stands on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $($word => Self::$variant,)+
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )+};
}

words! {
    /// How control over a domain is shown (OpenAPI `AuthMethodConstants`).
    AuthMethod { Dns = "DNS", Email = "EMAIL", File = "FILE", Org = "ORG", }
    /// State of a validation step (OpenAPI `AuthenticateStatus`).
    AuthenticateStatus {
        Completed = "COMPLETED", AdditionalInformationRequired = "ADDITIONAL_INFORMATION_REQUIRED",
        InProgress = "IN_PROGRESS", CommunicationSentToCustomer = "COMMUNICATION_SENT_TO_CUSTOMER",
        AttemptedToReachCustomer = "ATTEMPTED_TO_REACH_CUSTOMER", PendingCustomerApproval = "PENDING_CUSTOMER_APPROVAL",
        NotCompleted = "NOT_COMPLETED", CompletedPassed = "COMPLETED_PASSED", CompletedFailed = "COMPLETED_FAILED",
        UnableToComplete = "UNABLE_TO_COMPLETE", NotStarted = "NOT_STARTED",
    }
    /// A step of validation (OpenAPI `AuthenticationStep`).
    AuthenticationStep {
        DomainVerification = "DOMAIN_VERIFICATION", VerificationCall = "VERIFICATION_CALL",
        OrganizationVerification = "ORGANIZATION_VERIFICATION", ConsumerAuthentication = "CONSUMER_AUTHENTICATION",
        Certificate = "CERTIFICATE", ContactConfirmed = "CONTACT_CONFIRMED", Verification = "VERIFICATION",
        CsrCheck = "CSR_CHECK", DcvCheck = "DCV_CHECK", OvCallback = "OV_CALLBACK", FreeDvup = "FREE_DVUP",
        EvClickthrough = "EV_CLICKTROUGH", ExtendedVerification = "EXTENDED_VERIFICATION",
    }
    /// Kind of business for extended validation (OpenAPI `BusinessCategory`).
    BusinessCategory {
        PrivateOrganization = "PRIVATE_ORGANIZATION", GovernmentEntity = "GOVERNMENT_ENTITY",
        BusinessEntity = "BUSINESS_ENTITY",
    }
    /// Privacy of a certificate's transparency log entry (OpenAPI `CertificateTransparencyPrivacyConstants`).
    CertificateTransparencyPrivacy { Public = "PUBLIC", Redacted = "REDACTED", }
    /// What a certificate is for (OpenAPI `CertificateType`).
    CertificateType { Fqdn = "FQDN", Mail = "MAIL", Code = "CODE", Document = "DOCUMENT", Vmc = "VMC", }
    /// Kind of code signing (OpenAPI `CodeSigningType`).
    CodeSigningType {
        Javasoft = "JAVASOFT", MsAuthenticode = "MS_AUTHENTICODE", Vba = "VBA", AdobeAir = "ADOBE_AIR", Apple = "APPLE",
        Mozilla = "MOZILLA", OtherType = "OTHER",
    }
    /// How conditions go together (OpenAPI `ConditionType`).
    Condition { And = "AND", Or = "OR", }
    /// Key algorithm of a CSR (OpenAPI `CsrHashAlgorithmConstants`; the documented samples say `RSA`).
    CsrAlgorithm { Prime256V1 = "PRIME_256_V1", Secp384R1 = "SECP_384_R1", Rsa = "RSA", }
    /// Which name a validation covers (OpenAPI `DcvValidationScope`).
    ValidationScope { Fqdn = "FQDN", BaseDomain = "BASEDOMAIN", }
    /// DigiCert hardware platform (OpenAPI `DigiCertCodeSigningHardwarePlatform`).
    HardwarePlatform {
        SafeNetEToken5110Fips = "SAFE_NET_E_TOKEN_5110_FIPS", SafeNetEToken5110Cc = "SAFE_NET_E_TOKEN_5110_CC",
        SafeNetEToken5110PlusFips = "SAFE_NET_E_TOKEN_5110_PLUS_FIPS", OtherPlatform = "OTHER",
    }
    /// How a code signing token is handed over (OpenAPI `DigiCertCodeSigningProvisioningMethod`).
    ProvisioningMethod { Software = "SOFTWARE", Shipping = "SHIPPING", }
    /// How a GlobalSign certificate is picked up (OpenAPI `GlobalSignPickupMethod`).
    PickupMethod { EdgeIeCompatibilityMode = "EDGE_IE_COMPATIBILITY_MODE", Fortify = "FORTIFY", }
    /// Where a job stands (OpenAPI `JobStatusConstants`; `DEFFERED` on the wire is read as `DEFERRED`).
    JobStatus {
        Running = "RUNNING", Success = "SUCCESS", Failed = "FAILED", Canceled = "CANCELED", Support = "SUPPORT",
        Deferred = "DEFERRED", NotSet = "NOT_SET", Wait = "WAIT",
    }
    /// What name servers do for a zone (OpenAPI `NameserverActionConstants`; lower case in XML).
    NameServerAction {
        Primary = "PRIMARY", Secondary = "SECONDARY", Complete = "COMPLETE", Hidden = "HIDDEN", None = "NONE", Auto = "AUTO",
    }
    /// Where a registry log came from (OpenAPI `NiccomSourceConstants`).
    NiccomSource {
        NicRequest = "NIC_REQUEST", NicResponse = "NIC_RESPONSE", NicNotify = "NIC_NOTIFY", A3Request = "A3_REQUEST",
        A3Response = "A3_RESPONSE", LogObjects = "LOG_OBJECTS",
    }
    /// How a key and a value compare (OpenAPI `Operator`; XML `eq ne like gt ge lt le`).
    Operator {
        Equal = "EQUAL", NotEqual = "NOT_EQUAL", NotLike = "NOT_LIKE", Like = "LIKE", ILike = "ILIKE", Greater = "GREATER",
        GreaterEqual = "GREATER_EQUAL", Less = "LESS", LessEqual = "LESS_EQUAL", IsNull = "IS_NULL",
        IsNotNull = "IS_NOT_NULL", NotLess = "NOT_LESS", NotGreater = "NOT_GREATER", NotLessEqual = "NOT_LESS_EQUAL",
        NotGreaterEqual = "NOT_GREATER_EQUAL", In = "IN", NotIn = "NOT_IN",
    }
    /// Up or down (OpenAPI `OrderType`; lower case in XML).
    OrderMode { Asc = "ASC", Desc = "DESC", }
    /// Kind of a subject alternative name (OpenAPI `SanType`).
    SanType { Fqdn = "FQDN", Subdomain = "SUBDOMAIN", Wildcard = "WILDCARD", }
    /// Hardware that made a key (OpenAPI `SectigoHsmType`).
    HsmType { Yubikey = "YUBIKEY", Luna = "LUNA", }
    /// Server software (OpenAPI `ServerSoftwareTypeConstants`).
    ServerSoftware {
        Iis4 = "IIS4", Iis5 = "IIS5", Apache2 = "APACHE2", ApacheSsl = "APACHESSL", Plesk = "PLESK", Tomcat = "TOMCAT",
        NotSet = "NOT_SET",
    }
    /// Hash of a certificate's or CSR's signature (OpenAPI `SignatureHashAlgorithmConstants`).
    SignatureHashAlgorithm {
        Sha1 = "SHA1", Sha2 = "SHA2", Sha2FullChain = "SHA2_FULL_CHAIN", Unknown = "UNKNOWN", Sha384 = "SHA384",
        Sha512 = "SHA512", Sha256 = "SHA256", Sha256Sha1 = "SHA256_SHA1", Sha384Sha1 = "SHA384_SHA1",
        Sha256Sha256 = "SHA256_SHA256", Sha256EcdsaSha1 = "SHA256ECDSA_SHA1", Sha384EcdsaSha1 = "SHA384ECDSA_SHA1",
        Sha256EcdsaSha384Ecdsa = "SHA256ECDSA_SHA384ECDSA", Sha384EcdsaSha384Ecdsa = "SHA384ECDSA_SHA384ECDSA",
        Default = "DEFAULT", Md5WithRsaEncryption = "MD5_WITH_RSA_ENCRYPTION",
    }
    /// Type of a status (OpenAPI `StatusType`; lower case in XML).
    StatusType {
        Success = "SUCCESS", Error = "ERROR", Notify = "NOTIFY", Notice = "NOTICE", NiccomNotify = "NICCOM_NOTIFY",
    }
    /// Unit of a time period (OpenAPI `TimeUnitConstants`).
    TimeUnit {
        Millisecond = "MILLISECOND", Second = "SECOND", Minute = "MINUTE", Hour = "HOUR", Day = "DAY", Week = "WEEK",
        Month = "MONTH", Quarter = "QUARTER", Year = "YEAR",
    }
    /// Where a trademark is registered (OpenAPI `VmcTrademarkCountryOrRegion`).
    TrademarkRegion {
        Au = "AU", Br = "BR", Bx = "BX", Ca = "CA", Ch = "CH", De = "DE", Dk = "DK", Em = "EM", Es = "ES", Fr = "FR",
        Gb = "GB", In = "IN", Jp = "JP", Kr = "KR", Nz = "NZ", Se = "SE", Us = "US",
    }
}

impl JobStatus {
    /// Whether the job is over: nothing more will happen to it.
    pub fn has_ended(&self) -> bool {
        matches!(self, Self::Success | Self::Failed | Self::Canceled)
    }
}

#[cfg(test)]
mod tests {
    use super::{JobStatus, StatusType};

    #[test]
    fn known_words_come_back_and_unknown_ones_are_kept() {
        for word in JobStatus::KNOWN {
            assert_eq!(&JobStatus::from(word.as_str()), word);
        }
        assert_eq!(JobStatus::from("MEDITATING").as_str(), "MEDITATING");
        assert_eq!(StatusType::from("success"), StatusType::Other("success".to_owned()));
    }
}
