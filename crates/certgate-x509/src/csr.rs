//! Certificate requests (RFC 2986).

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use crate::{
    BadAttribute, Check, DistinguishedName, GeneralName, Malformed, PublicKey, UnusableKey,
    algorithm::{SignatureAlgorithm, Verdict},
    der::{Element, Reader, tag},
    host::{host, host_or_as_it_stands},
    name::oid,
    pem::{self, Kind},
    subject,
};

/// A certificate signing request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateRequest {
    /// Its whole subject.
    pub subject: DistinguishedName,
    /// The first common name.
    pub common_name: Option<String>,
    /// The alternative names asked for, of every kind.
    pub names: Vec<GeneralName>,
    /// Country.
    pub country: Option<String>,
    /// State or province.
    pub state: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Organisation.
    pub organization: Option<String>,
    /// The first organisational unit.
    pub organization_unit: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Its public key.
    pub key: PublicKey,
    /// Its attributes but for the extensions asked for, each by its name, such as `challengePassword`, or its object identifier.
    pub attributes: Vec<String>,
    /// Hash of its signature, such as `SHA256`.
    pub signature_hash: Option<String>,
    name: Option<String>,
    /// `None`: it is negative or large.
    version: Option<u32>,
    weak_hash: Option<String>,
    signature: Verdict,
    der: Vec<u8>,
}

/// Why a text is no usable request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadRequest {
    /// It cannot be read.
    #[error("{0}; expected PEM, -----BEGIN CERTIFICATE REQUEST-----")]
    Unreadable(#[from] pem::Unreadable),
    /// It is something else.
    #[error("found {kind} (`{label}`); expected CERTIFICATE REQUEST{}", advice(*kind))]
    WrongKind {
        /// What it is.
        kind: Kind,
        /// What stands after BEGIN.
        label: String,
    },
    /// It is a private key, which has no business here.
    #[error(
        "found a private key; expected CERTIFICATE REQUEST. Keep the key where it was, and give the request made with it"
    )]
    PrivateKey,
    /// There is more than one.
    #[error("found {0} certificate requests: give one")]
    Several(usize),
    /// The PEM content is not a valid certificate request.
    #[error("the content is no certificate request (RFC 2986): {0}")]
    NotARequest(#[from] Malformed),
    /// It is of a version that there is none of.
    #[error("its version is {0}; expected 0 (RFC 2986): make the request anew")]
    Version(String),
    /// Its key cannot be used.
    #[error(transparent)]
    Key(#[from] UnusableKey),
    /// It is signed over a hash that nobody may rely on any more.
    #[error(
        "it is signed with {0}; expected SHA-256 or better: make the request anew, such as with `openssl req -new -sha256`"
    )]
    WeakHash(String),
    /// Its signature is wrong.
    #[error("its signature is not by its own key: make the request anew")]
    WrongSignature,
    /// Whether its signature is right cannot be told.
    #[error(
        "its signature cannot be checked, for it is {0}: make the request anew, with an RSA, P-256 or P-384 key and SHA-256"
    )]
    UncheckedSignature(String),
    /// It asks for what is no name of a host.
    #[error("{0}")]
    Names(String),
    /// Its subject is not one that an authority certifies.
    #[error("{0}")]
    Subject(String),
    /// It names nothing.
    #[error("it has neither a common name nor alternative names: make it for the certificate's name")]
    Nameless,
}

fn advice(kind: Kind) -> &'static str {
    match kind {
        Kind::Certificate => ": make a request for its name with `openssl x509 -x509toreq -in FILE -signkey KEY`",
        Kind::Pkcs12 => {
            ": the file holds a key and its certificate; take the key out with `openssl pkcs12 -in FILE -nocerts`, and make a request with it"
        }
        _ => "",
    }
}

impl CertificateRequest {
    /// Reads a request that a certificate can be ordered with: its signature is right, its hash and key are strong enough, and it
    /// names hosts and nothing that no authority certifies.
    ///
    /// # Errors
    /// See [`BadRequest`].
    pub fn from_pem(input: impl AsRef<[u8]>) -> Result<Self, BadRequest> {
        let this = Self::read(input)?;
        this.usable()?;
        Ok(this)
    }

    /// Reads a request, whatever it is worth.
    ///
    /// # Errors
    /// [`BadRequest::Unreadable`] to [`BadRequest::NotARequest`].
    pub fn read(input: impl AsRef<[u8]>) -> Result<Self, BadRequest> {
        let mut blocks = pem::read(input)?;
        if blocks.iter().any(|block| block.kind.is_private_key()) {
            return Err(BadRequest::PrivateKey);
        }
        let other = blocks.first().map(|block| (block.kind, block.label.clone()));
        blocks.retain(|block| block.kind == Kind::CertificateRequest);
        match (blocks.as_slice(), other) {
            ([block], _) => Ok(Self::from_der(&block.der)?),
            ([], Some((kind, label))) => Err(BadRequest::WrongKind { kind, label }),
            (several, _) => Err(BadRequest::Several(several.len())),
        }
    }

    fn from_der(der: &[u8]) -> Result<Self, Malformed> {
        let whole = Element::only(der, tag::SEQUENCE, "a request")?;
        let mut parts = whole.inside();
        let info = parts.take(tag::SEQUENCE, "what is asked for")?;
        let algorithm = SignatureAlgorithm::of(&parts.take(tag::SEQUENCE, "the algorithm of the signature")?);
        let signature = parts.take(tag::BIT_STRING, "the signature")?.bits()?;
        let mut inside = info.inside();
        let version = inside.take(tag::INTEGER, "the version")?.small();
        let subject = DistinguishedName::of(&inside.take(tag::SEQUENCE, "the subject")?)?;
        let key = PublicKey::of(&inside.take(tag::SEQUENCE, "the public key")?)?;
        let (mut names, mut attributes) = (Vec::new(), Vec::new());
        // Older tools leave out attributes where there are none.
        if let Some(all) = inside.optional(tag::constructed(0)) {
            for attribute in all.inside().all("an attribute")? {
                let mut inside = attribute.inside();
                let kind = inside.take(tag::OID, "the kind of an attribute")?.oid();
                if EXTENSIONS_ASKED_FOR.contains(&kind.as_str()) {
                    names.extend(alternative_names(inside)?);
                } else {
                    let known = ATTRIBUTES.iter().find(|(oid, _)| *oid == kind);
                    attributes.push(known.map_or(kind.clone(), |(_, name)| (*name).to_owned()));
                }
            }
        }
        let signature = algorithm.verify(&key, info.whole, signature);
        let common_name = subject.first(oid::COMMON_NAME);
        let first = || names.iter().find(|name| name.is_demanded()).map(GeneralName::value);
        Ok(Self {
            name: common_name.clone().or_else(first),
            common_name,
            names,
            country: subject.first(oid::COUNTRY),
            state: subject.first(oid::STATE),
            city: subject.first(oid::CITY),
            organization: subject.first(oid::ORGANIZATION),
            organization_unit: subject.first(oid::ORGANIZATION_UNIT),
            email: subject.first(oid::EMAIL),
            key,
            attributes,
            version,
            signature_hash: algorithm.hash(),
            weak_hash: algorithm.weak_hash(),
            signature,
            subject,
            der: der.to_vec(),
        })
    }

    /// The request written anew: lines of 64, `\n`, nothing around it.
    pub fn to_pem(&self) -> String {
        pem::text("CERTIFICATE REQUEST", &self.der)
    }

    /// What the certificate is called: the common name, or else the first host name or address.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The host names and addresses among its alternative names, as the gateway writes them.
    pub fn hosts(&self) -> impl Iterator<Item = String> {
        self.names.iter().filter(|name| name.is_demanded()).map(GeneralName::value)
    }

    /// Whether it asks for that host name or address, as an alternative name or as a common name.
    pub fn asks_for(&self, name: &str) -> bool {
        let wanted = host_or_as_it_stands(name);
        let commons = self.subject.values(oid::COMMON_NAME).map(host_or_as_it_stands);
        self.names.iter().cloned().chain(commons).any(|own| own.is_same(&wanted))
    }

    /// Whether those are the names that it asks for, no fewer and no more, in whatever order and spelling. Its common names may be among them
    /// or not.
    pub fn asks_for_just(&self, names: impl IntoIterator<Item = String>) -> bool {
        spelled(self.hosts().chain(self.commons())) == spelled(names.into_iter().chain(self.commons()))
    }

    fn commons(&self) -> impl Iterator<Item = String> {
        self.subject.values(oid::COMMON_NAME).map(str::to_owned)
    }

    /// A hash of what it asks for, its key and its names: the same of each request that is made with one key for the same names, since
    /// the signature may be another each time.
    pub fn asked_hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new_with_prefix(&self.key.spki);
        for name in spelled(self.hosts().chain(self.commons())) {
            hash.update(name);
            hash.update("\n");
        }
        hash.finalize().into()
    }

    /// The request as it is sent: written anew, without a line end behind it.
    pub fn as_sent(&self) -> String {
        self.to_pem().trim_end().to_owned()
    }

    /// What somebody should know before it is ordered with, and what does not stand in the way.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        warnings.extend(self.common_name.as_deref().and_then(|name| self.apart(name)));
        let others: Vec<&GeneralName> = self.names.iter().filter(|name| !name.is_demanded()).collect();
        if !others.is_empty() {
            let others = listed(&others);
            warnings.push(format!("an authority may leave out {others}; the certificate is not checked for it"));
        }
        warnings.extend(self.low_exponent());
        warnings.extend(self.challenge_password());
        warnings
    }

    fn low_exponent(&self) -> Option<String> {
        let exponent = self.key.low_exponent()?;
        Some(format!(
            "the public exponent of its key is {exponent}, which an authority may refuse; expected 65537 (or any odd number of 65537 or \
             more)"
        ))
    }

    fn challenge_password(&self) -> Option<String> {
        let has_one = self.attributes.iter().any(|name| name == CHALLENGE_PASSWORD);
        has_one.then(|| "its challengePassword goes to the gateway with it: make the request without one".to_owned())
    }

    /// What there is to say of a name that only a common name asks for, where there are alternative names.
    fn apart(&self, name: &str) -> Option<String> {
        let wanted = host_or_as_it_stands(name);
        let is_apart = self.hosts().next().is_some() && !self.names.iter().any(|own| own.covers(&wanted));
        is_apart.then(|| {
            format!(
                "the common name {name} is not among the alternative names, and only those count: unless the authority adds it, \
                 the certificate is not for it"
            )
        })
    }

    /// Whether a certificate can be ordered with it.
    ///
    /// # Errors
    /// [`BadRequest::Key`] to [`BadRequest::Nameless`].
    pub fn usable(&self) -> Result<(), BadRequest> {
        self.version_is_right()?;
        self.key.usable()?;
        self.signature_is_right()?;
        let names = self.problems_of_names();
        if !names.is_empty() {
            return Err(BadRequest::Names(listed(&names)));
        }
        if self.common_name.is_none() && self.names.is_empty() {
            return Err(BadRequest::Nameless);
        }
        let mut subject = subject::problems(&self.subject);
        subject.retain(BadAttribute::is_hard);
        if subject.is_empty() { Ok(()) } else { Err(BadRequest::Subject(listed(&subject))) }
    }

    fn version_is_right(&self) -> Result<(), BadRequest> {
        match self.version {
            Some(0) => Ok(()),
            found => Err(BadRequest::Version(found.map_or("another number".to_owned(), |found| found.to_string()))),
        }
    }

    fn signature_is_right(&self) -> Result<(), BadRequest> {
        match (&self.weak_hash, &self.signature) {
            (Some(hash), _) => Err(BadRequest::WeakHash(hash.clone())),
            (None, Verdict::Good) => Ok(()),
            (None, Verdict::Bad) => Err(BadRequest::WrongSignature),
            (None, Verdict::Unchecked(how)) => Err(BadRequest::UncheckedSignature(how.clone())),
        }
    }

    /// Every check of what it is worth: signature, version, key, names, subject, and what else is in it.
    pub fn checks(&self) -> Vec<Check> {
        let mut checks = vec![self.check_signature()];
        checks.extend(self.version_is_right().err().map(|why| Check::failed("version", why.to_string())));
        checks.extend(self.low_exponent().map(|why| Check::unchecked("key-type", why)));
        if let Err(why) = self.key.usable() {
            let name = if matches!(why, UnusableKey::Short { .. }) { "key-size" } else { "key-type" };
            checks.push(Check::failed(name, why.to_string()));
        }
        checks.push(self.check_names());
        let apart = self.common_name.as_deref().and_then(|name| self.apart(name));
        checks.extend(apart.map(|why| Check::unchecked("common-name", why)));
        let problems = subject::problems(&self.subject);
        if !problems.is_empty() {
            checks.push(Check::failed("subject", listed(&problems)));
        }
        if !self.attributes.is_empty() {
            let all = listed(&self.attributes);
            checks.push(match self.challenge_password() {
                Some(why) => Check::unchecked("attributes", format!("{all}; {why}")),
                None => Check::passed("attributes", all),
            });
        }
        checks
    }

    /// Whether it asks for that name. Of the common name [`checks`](Self::checks) says where it stands apart.
    pub fn check_name(&self, name: &str) -> Check {
        if self.asks_for(name) {
            let is_the = |common: &str| host_or_as_it_stands(common).covers(&host_or_as_it_stands(name));
            let apart = self.apart(name).filter(|_| !self.common_name.as_deref().is_some_and(is_the));
            return apart.map_or_else(|| Check::passed("name", name), |why| Check::unchecked("name", why));
        }
        let names = self.names.iter().map(ToString::to_string);
        let found: Vec<String> = names.chain(self.common_name.clone().filter(|_| self.names.is_empty())).collect();
        Check::failed("name", format!("found {}; expected {name}", found.join(", ")))
    }

    /// Whether it is made with the key whose public part (SubjectPublicKeyInfo, DER) that is.
    pub fn check_key(&self, spki: &[u8]) -> Check {
        let fits = spki == self.key.spki;
        Check::of("key", fits, if fits { "it is made with the key" } else { "it is made with another key" })
    }

    fn check_signature(&self) -> Check {
        match self.signature_is_right() {
            Ok(()) => Check::passed("signature", format!("by its own key, {}", self.key)),
            Err(why) => Check::failed("signature", why.to_string()),
        }
    }

    fn problems_of_names(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for name in self.subject.values(oid::COMMON_NAME).filter(|name| !self.is_person(name)) {
            let advice = if self.hosts().next().is_none() && !is_like_a_host(name) { OF_A_PERSON } else { "" };
            problems.extend(problem_of(name).map(|why| format!("common {why}{advice}")));
        }
        for name in &self.names {
            match name {
                GeneralName::Dns(name) if matches!(host(name), Ok(GeneralName::Ip(_))) => {
                    problems.push(format!(
                        "name `{name}`: it is an address as the name of a host (dNSName); expected iPAddress"
                    ));
                }
                GeneralName::Dns(name) => problems.extend(problem_of(name)),
                GeneralName::Opaque { kind: "ip", .. } => {
                    problems.push(format!("name `{name}`: expected an address of 4 or 16 bytes"));
                }
                _ => {}
            }
        }
        problems
    }

    /// Whether a common name is a mail address, a person or an organisation, as a certificate for mail, documents or code has it: no host is
    /// asked for, and it is an address, or else its subject says whose name it is, and it is not a host's name that somebody mistyped.
    fn is_person(&self, name: &str) -> bool {
        const PERSON: [&str; 3] = [oid::EMAIL, oid::GIVEN_NAME, oid::SURNAME];
        let is_said = || {
            self.names.iter().any(|name| matches!(name, GeneralName::Email(_)))
                || PERSON.into_iter().any(|kind| self.subject.first(kind).is_some())
                || self.organization.as_deref() == Some(name)
        };
        let is_mail = || host(name).is_err_and(|why| why.is_mail());
        self.hosts().next().is_none() && !name.trim().is_empty() && (is_mail() || is_said() && !is_like_a_host(name))
    }

    fn check_names(&self) -> Check {
        let mut problems = self.problems_of_names();
        if self.common_name.is_none() && self.names.is_empty() {
            problems.push(BadRequest::Nameless.to_string());
        }
        match problems.as_slice() {
            [] if self.names.is_empty() => Check::passed("names", self.common_name.clone().unwrap_or_default()),
            [] => Check::passed("names", listed(&self.names)),
            problems => Check::failed("names", listed(problems)),
        }
    }
}

/// What a request needs whose common name is no host's.
const OF_A_PERSON: &str = "; a request for a person has a mail address too, one for an organisation its name as O too";

/// Whether a host's name was meant: there is a star in it, or a word of it has a dot with more than a letter behind, as an initial has not.
fn is_like_a_host(name: &str) -> bool {
    let has_several_words = name.contains(char::is_whitespace);
    let name = if has_several_words { name } else { name.trim_end_matches('.') };
    let has_labels = |word: &str| word.rsplit_once('.').is_some_and(|(_, last)| last.len() > 1);
    name.contains(['*']) || name.contains("://") || name.split_whitespace().any(has_labels)
}

/// What is wrong with a host name as it stands in a request.
fn problem_of(name: &str) -> Option<String> {
    match host(name) {
        Ok(right) if !name.is_ascii() => Some(format!("name `{name}`: expected A-labels: {right}")),
        Ok(_) => None,
        Err(why) => Some(why.to_string()),
    }
}

/// Attributes that ask for extensions: the standard's and Microsoft's.
const EXTENSIONS_ASKED_FOR: [&str; 2] = ["1.2.840.113549.1.9.14", "1.3.6.1.4.1.311.2.1.14"];

/// A word that whoever asks for the revocation was to know (RFC 2985 §5.4.1).
const CHALLENGE_PASSWORD: &str = "challengePassword";

/// Other attributes, by name (RFC 2985; Microsoft's: MS-WCCE §2.2.2.7).
const ATTRIBUTES: &[(&str, &str)] = &[
    ("1.2.840.113549.1.9.2", "unstructuredName"),
    ("1.2.840.113549.1.9.7", CHALLENGE_PASSWORD),
    ("1.2.840.113549.1.9.8", "unstructuredAddress"),
    ("1.3.6.1.4.1.311.13.2.1", "enrollmentNameValuePair"),
    ("1.3.6.1.4.1.311.13.2.2", "enrollmentCSPProvider"),
    ("1.3.6.1.4.1.311.13.2.3", "osVersion"),
    ("1.3.6.1.4.1.311.21.20", "requestClientInfo"),
];

/// Hosts in their one spelling.
fn spelled(names: impl Iterator<Item = String>) -> BTreeSet<String> {
    names.map(|name| host_or_as_it_stands(&name).value()).collect()
}

/// The alternative names in an attribute that asks for extensions, behind its kind.
fn alternative_names(mut inside: Reader<'_>) -> Result<Vec<GeneralName>, Malformed> {
    let mut names = Vec::new();
    for extensions in inside.take(tag::SET, "the extensions asked for")?.inside().all("the extensions asked for")? {
        for (oid, _, value) in crate::certificate::extensions(&extensions)? {
            if oid == crate::certificate::ALTERNATIVE_NAMES {
                names.extend(GeneralName::all(value)?);
            }
        }
    }
    Ok(names)
}

pub(crate) fn listed<T: ToString>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}
