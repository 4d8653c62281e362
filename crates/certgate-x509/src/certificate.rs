//! Certificates (RFC 5280).

use std::{collections::BTreeSet, fmt::Write as _};

use crate::{
    DistinguishedName, GeneralName, Malformed, PublicKey,
    algorithm::{SignatureAlgorithm, Verdict},
    der::{Element, Reader, tag},
    host::{host, host_or_as_it_stands},
    name::oid,
    name_constraints::NameConstraints,
    pem::{self, Kind},
    pkcs7, time,
};

/// The facts of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct X509 {
    /// Its subject.
    pub subject: DistinguishedName,
    /// Who issued it.
    pub issuer: DistinguishedName,
    /// Its alternative names, of every kind.
    pub names: Vec<GeneralName>,
    /// Serial number as openssl prints it: upper case hexadecimal, two digits a byte, `-` before what is negative.
    pub serial: String,
    /// When it becomes valid, in seconds since 1970.
    pub not_before: i64,
    /// When it stops being valid, in seconds since 1970.
    pub not_after: i64,
    /// Its public key.
    pub key: PublicKey,
    pub(crate) version: u32,
    pub(crate) constraints: Option<Constraints>,
    /// Whether its key usage, where it has one, allows to sign certificates.
    pub(crate) may_sign: Option<bool>,
    /// What its extended key usage, where it has one, allows it for.
    uses: Option<Vec<String>>,
    pub(crate) name_constraints: Option<NameConstraints>,
    /// The first of its critical extensions that is none of [`UNDERSTOOD`].
    pub(crate) unknown_critical: Option<String>,
    /// What of it is written as RFC 5280 forbids, so that servers do not load it, or clients refuse it.
    pub(crate) misencoded: Option<String>,
    subject_key: Option<Vec<u8>>,
    issuer_key: Option<Vec<u8>>,
    algorithm: SignatureAlgorithm,
    signed: Vec<u8>,
    signature: Vec<u8>,
    der: Vec<u8>,
}

/// Basic constraints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Constraints {
    pub(crate) is_ca: bool,
    /// How many authorities may stand below it.
    pub(crate) path_length: Option<u32>,
}

/// Why a text is no certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadCertificate {
    /// It cannot be read.
    #[error("{0}; expected PEM, -----BEGIN CERTIFICATE-----")]
    Unreadable(#[from] pem::Unreadable),
    /// It is something else.
    #[error("found {kind} (`{label}`); expected CERTIFICATE")]
    WrongKind {
        /// What it is.
        kind: Kind,
        /// What stands after BEGIN.
        label: String,
    },
    /// It is PKCS#7 without a certificate.
    #[error("found PKCS#7 (.p7b) that holds no certificate")]
    NoneInPkcs7,
    /// The PEM content is not a valid certificate.
    #[error("the content is no certificate (RFC 5280): {0}")]
    NotACertificate(#[from] Malformed),
}

impl X509 {
    /// Reads the certificate of a file or field. Of several it is the one that issued none of the others.
    ///
    /// # Errors
    /// See [`BadCertificate`].
    pub fn from_pem(input: impl AsRef<[u8]>) -> Result<Self, BadCertificate> {
        let mut all = Self::all(input)?;
        let leaf = all.iter().position(|this| this.issued_none_of(&all));
        Ok(all.swap_remove(leaf.unwrap_or_default()))
    }

    /// Reads every certificate of a file or field, in the order in which they stand there; at least one.
    ///
    /// # Errors
    /// See [`BadCertificate`].
    pub fn all(input: impl AsRef<[u8]>) -> Result<Vec<Self>, BadCertificate> {
        certificates(input)?.iter().map(|der| Ok(Self::from_der(der)?)).collect()
    }

    /// Reads each certificate of a field for itself: one that cannot be read takes no other one with it.
    pub(crate) fn each(input: &str) -> Vec<Result<Self, BadCertificate>> {
        const BEGIN: &str = "-----BEGIN ";
        match certificates(input) {
            Ok(all) => all.iter().map(|der| Ok(Self::from_der(der)?)).collect(),
            Err(_) if input.matches(BEGIN).count() > 1 => {
                input.split(BEGIN).skip(1).flat_map(|block| Self::each(&format!("{BEGIN}{block}"))).collect()
            }
            Err(why) => vec![Err(why)],
        }
    }

    /// Whether none of the others names it as its issuer.
    pub(crate) fn issued_none_of(&self, all: &[Self]) -> bool {
        !all.iter().any(|other| other != self && other.issuer.is_same(&self.subject))
    }

    fn from_der(der: &[u8]) -> Result<Self, Malformed> {
        let whole = Element::only(der, tag::SEQUENCE, "a certificate")?;
        let mut parts = whole.inside();
        let signed = parts.take(tag::SEQUENCE, "what is certified")?;
        let algorithm = SignatureAlgorithm::of(&parts.take(tag::SEQUENCE, "the algorithm of the signature")?);
        let signature = parts.take(tag::BIT_STRING, "the signature")?.bits()?;
        let mut inside = signed.inside();
        let version = inside.optional(tag::constructed(0)).and_then(|version| version.inside().next()?.small());
        let number = inside.take(tag::INTEGER, "the serial number")?.content;
        inside.take(tag::SEQUENCE, "the algorithm of the signature")?;
        let issuer = DistinguishedName::of(&inside.take(tag::SEQUENCE, "the issuer")?)?;
        let validity = inside.take(tag::SEQUENCE, "the times of validity")?;
        let mut times = validity.inside();
        let (not_before, not_after) = (time::take(&mut times)?, time::take(&mut times)?);
        let subject = DistinguishedName::of(&inside.take(tag::SEQUENCE, "the subject")?)?;
        let key = PublicKey::of(&inside.take(tag::SEQUENCE, "the public key")?)?;
        let mut this = Self {
            subject,
            issuer,
            names: Vec::new(),
            serial: serial(number),
            not_before,
            not_after,
            key,
            version: 1 + version.unwrap_or_default(),
            constraints: None,
            may_sign: None,
            uses: None,
            name_constraints: None,
            unknown_critical: None,
            misencoded: misencoded(number, &validity),
            subject_key: None,
            issuer_key: None,
            algorithm,
            signed: signed.whole.to_vec(),
            signature: signature.to_vec(),
            der: der.to_vec(),
        };
        while let Some(part) = inside.next() {
            if part.tag == tag::constructed(3) {
                let mut all = part.inside();
                let mut kinds = BTreeSet::new();
                for (oid, is_critical, value) in extensions(&all.take(tag::SEQUENCE, "the extensions")?)? {
                    this.extend(&oid, value)?;
                    if !kinds.insert(oid.clone()) {
                        this.misencoded.get_or_insert_with(|| format!("it has the extension {oid} twice"));
                    }
                    if is_critical && !UNDERSTOOD.contains(&oid.as_str()) {
                        this.unknown_critical.get_or_insert(oid);
                    }
                }
            }
        }
        Ok(this)
    }

    fn extend(&mut self, oid: &str, value: &[u8]) -> Result<(), Malformed> {
        match oid {
            ALTERNATIVE_NAMES => self.names = GeneralName::all(value)?,
            "2.5.29.19" => {
                let mut inside = Element::only(value, tag::SEQUENCE, "basic constraints")?.inside();
                let is_ca = inside.optional(tag::BOOLEAN).is_some_and(|flag| flag.content != [0]);
                let path_length = inside.optional(tag::INTEGER).and_then(|length| length.small());
                self.constraints = Some(Constraints { is_ca, path_length });
            }
            "2.5.29.15" => {
                const KEY_CERT_SIGN: u8 = 0x80 >> 5;
                let usage = Element::only(value, tag::BIT_STRING, "the key usage")?;
                self.may_sign = Some(usage.content.get(1).is_some_and(|bits| bits & KEY_CERT_SIGN != 0));
            }
            "2.5.29.37" => {
                let uses = Element::only(value, tag::SEQUENCE, "the extended key usage")?.inside();
                self.uses = Some(uses.all("a use of the key")?.iter().map(Element::oid).collect());
            }
            "2.5.29.30" => self.name_constraints = Some(NameConstraints::of(value)?),
            "2.5.29.14" => {
                let id = Element::only(value, tag::OCTET_STRING, "the key's identifier")?;
                self.subject_key = Some(id.content.to_vec());
            }
            "2.5.29.35" => {
                let mut inside = Element::only(value, tag::SEQUENCE, "the issuer's key's identifier")?.inside();
                self.issuer_key = inside.optional(tag::primitive(0)).map(|id| id.content.to_vec());
            }
            _ => {}
        }
        Ok(())
    }

    /// The certificate written anew: lines of 64, `\n`.
    pub fn to_pem(&self) -> String {
        pem::text("CERTIFICATE", &self.der)
    }

    /// The certificate, DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The identifier of its key, where it says one.
    pub fn key_identifier(&self) -> Option<&[u8]> {
        self.subject_key.as_deref()
    }

    /// The first common name of its subject.
    pub fn common_name(&self) -> Option<String> {
        self.subject.first(oid::COMMON_NAME)
    }

    /// The host names and addresses among its alternative names.
    pub fn hosts(&self) -> impl Iterator<Item = String> {
        self.names.iter().filter(|name| name.is_demanded()).map(GeneralName::value)
    }

    /// Its hash, where nobody may rely on it any more.
    pub(crate) fn weak_hash(&self) -> Option<String> {
        self.algorithm.weak_hash()
    }

    /// Whether it is for TLS, and not for mail, a mark, documents or code: those are held to no rule of servers.
    fn is_of_tls(&self) -> bool {
        let Some(uses) = &self.uses else { return true };
        uses.iter().any(|key_use| [SERVERS, ANY_USE].contains(&key_use.as_str()))
            || uses.iter().all(|key_use| key_use == CLIENTS)
    }

    /// What it is for, and its authorities must be for, too.
    pub(crate) fn purposes(&self) -> Vec<String> {
        let own = self.uses.clone().filter(|_| !self.is_of_tls());
        own.unwrap_or_else(|| vec![SERVERS.to_owned()])
    }

    /// Whether its extended key usage, where it has one, allows it for one of those.
    pub(crate) fn is_for_any_of(&self, purposes: &[String]) -> bool {
        let is_allowed = |key_use: &String| key_use == ANY_USE || purposes.contains(key_use);
        self.uses.as_ref().is_none_or(|uses| uses.iter().any(is_allowed))
    }

    /// Whether subject and issuer are the same.
    pub(crate) fn is_self_issued(&self) -> bool {
        self.subject.is_same(&self.issuer)
    }

    /// Whether it is a root: signed by its own key, as far as that can be checked.
    pub(crate) fn is_self_signed(&self) -> bool {
        self.signature_by(self).is_some_and(|verdict| verdict != Verdict::Bad)
    }

    /// What its signature is by the key of another one; `None` where that one does not have its issuer's name.
    pub(crate) fn signature_by(&self, issuer: &X509) -> Option<Verdict> {
        if !self.issuer.is_same(&issuer.subject) {
            return None;
        }
        let verdict = self.algorithm.verify(&issuer.key, &self.signed, &self.signature);
        let is_another_key = self.issuer_key.as_ref().zip(issuer.subject_key.as_ref()).is_some_and(|(a, b)| a != b);
        match verdict {
            Verdict::Unchecked(_) if is_another_key => Some(Verdict::Bad),
            verdict => Some(verdict),
        }
    }

    /// Whether it is good for a host name or an address.
    pub fn covers(&self, name: &str) -> bool {
        self.covers_name(&host_or_as_it_stands(name))
    }

    pub(crate) fn covers_name(&self, name: &GeneralName) -> bool {
        self.names.iter().chain(&self.counting_common_name()).any(|own| own.covers(name))
    }

    /// The common name where it counts beside the alternative names: where there are none, or where it is a person's, and they are no hosts.
    pub(crate) fn counting_common_name(&self) -> Option<GeneralName> {
        let is_person = |name: &String| self.hosts().next().is_none() && host(name).is_err();
        let common = self.common_name().filter(|name| self.names.is_empty() || is_person(name));
        common.map(|name| GeneralName::of_host(&name)).filter(|name| !self.names.contains(name))
    }
}

/// The certificates of a file or field, DER, in the order in which they stand there; at least one. What is in them is not looked at.
///
/// # Errors
/// [`BadCertificate`]: there is none.
pub fn certificates(input: impl AsRef<[u8]>) -> Result<Vec<Vec<u8>>, BadCertificate> {
    let blocks = pem::read(input)?;
    let mut found = Vec::new();
    for block in &blocks {
        match block.kind {
            // Behind it may stand what openssl trusts it for.
            Kind::Certificate if block.label == "TRUSTED CERTIFICATE" => {
                found.push(Reader::new(&block.der).take(tag::SEQUENCE, "a certificate")?.whole.to_vec());
            }
            Kind::Certificate => found.push(block.der.clone()),
            Kind::Pkcs7 => found.extend(pkcs7::certificates(&block.der)?.into_iter().map(<[u8]>::to_vec)),
            _ => {}
        }
    }
    match (found.is_empty(), blocks.first()) {
        (true, Some(block)) if block.kind == Kind::Pkcs7 => Err(BadCertificate::NoneInPkcs7),
        (true, Some(block)) => Err(BadCertificate::WrongKind { kind: block.kind, label: block.label.clone() }),
        _ => Ok(found),
    }
}

pub(crate) const ALTERNATIVE_NAMES: &str = "2.5.29.17";

/// Extensions that everybody who checks a path knows what to make of (RFC 5280 §4.2): identifiers of keys, key usage, names,
/// constraints, revocation lists and policies.
const UNDERSTOOD: [&str; 12] = [
    "2.5.29.14",
    "2.5.29.15",
    ALTERNATIVE_NAMES,
    "2.5.29.19",
    "2.5.29.30",
    "2.5.29.31",
    "2.5.29.32",
    "2.5.29.33",
    "2.5.29.35",
    "2.5.29.36",
    "2.5.29.37",
    "2.5.29.54",
];

/// The use for servers (serverAuth), for clients (clientAuth), and for all there is.
pub(crate) const SERVERS: &str = "1.3.6.1.5.5.7.3.1";
const CLIENTS: &str = "1.3.6.1.5.5.7.3.2";
const ANY_USE: &str = "2.5.29.37.0";

/// The extension that makes a certificate a promise of one (RFC 6962 §3.1), which nobody may use.
pub(crate) const POISON: &str = "1.3.6.1.4.1.11129.2.4.3";

/// An extension: its identifier, whether it is critical, and its value.
type Extension<'a> = (String, bool, &'a [u8]);

/// Identifiers of extensions, whether they are critical, and their contents.
pub(crate) fn extensions<'a>(extensions: &Element<'a>) -> Result<Vec<Extension<'a>>, Malformed> {
    let mut found = Vec::new();
    for extension in extensions.inside().all("an extension")? {
        let mut inside = extension.inside();
        let oid = inside.take(tag::OID, "the kind of an extension")?.oid();
        let is_critical = inside.optional(tag::BOOLEAN).is_some_and(|flag| flag.content != [0]);
        found.push((oid, is_critical, inside.take(tag::OCTET_STRING, "the content of an extension")?.content));
    }
    Ok(found)
}

/// Whether two serial numbers are the same, however they are written: with colons, zeros before them, small letters.
pub fn is_same_serial(one: &str, other: &str) -> bool {
    let digits = |text: &str| {
        let (sign, digits) = text.trim().strip_prefix('-').map_or(("", text.trim()), |digits| ("-", digits));
        let digits = digits.replace([':', ' '], "").to_ascii_uppercase();
        format!("{sign}{}", digits.trim_start_matches("0X").trim_start_matches('0'))
    };
    digits(one) == digits(other)
}

/// What is wrong with how a serial number and the times of validity are written, whatever they are. Negative and long numbers are
/// taken: older authorities have them.
fn misencoded(serial: &[u8], validity: &Element<'_>) -> Option<String> {
    let times = validity.inside().all("a time of validity");
    let long = "its serial number is not in the fewest bytes".to_owned();
    match serial {
        [] => Some("its serial number is empty".to_owned()),
        [0, second, ..] if second & 0x80 == 0 => Some(long),
        [0xFF, second, ..] if second & 0x80 != 0 => Some(long),
        _ if times.is_ok_and(|times| times.iter().all(time::is_plain)) => None,
        _ => Some("its times are not in whole seconds of UTC".to_owned()),
    }
}

/// As openssl prints it.
fn serial(content: &[u8]) -> String {
    let is_negative = content.first().is_some_and(|first| first & 0x80 != 0);
    let mut magnitude = content.to_vec();
    if is_negative {
        // Two's complement.
        let mut carries = true;
        for byte in magnitude.iter_mut().rev() {
            let (sum, overflows) = (!*byte).overflowing_add(u8::from(carries));
            (*byte, carries) = (sum, overflows);
        }
    }
    let mut text = if is_negative { "-".to_owned() } else { String::new() };
    let zeros = magnitude.iter().take_while(|byte| **byte == 0).count().min(magnitude.len().saturating_sub(1));
    for byte in magnitude.iter().skip(zeros) {
        let _ = write!(text, "{byte:02X}");
    }
    if text.is_empty() { "00".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::{is_same_serial, serial};

    /// By `openssl x509 -serial` of certificates with these numbers.
    #[test]
    fn serial_numbers() {
        for (content, expected) in [
            (&[0][..], "00"),
            (&[], "00"),
            (&[1], "01"),
            (&[0x0A, 0xBC], "0ABC"),
            (&[0, 0xFF], "FF"),
            (&[0, 0, 0x0A, 0xBC], "0ABC"),
            (&[0xFF], "-01"),
            (&[0x80], "-80"),
            (&[0xFF, 0x00], "-0100"),
            (&[0xFF, 0x7F], "-81"),
            (&[0x80; 20], "-7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F80"),
        ] {
            assert_eq!(serial(content), expected, "{content:?}");
        }
    }

    #[test]
    fn serial_numbers_in_other_spellings() {
        for (one, other, expected) in [
            ("0ABC", "abc", true),
            ("0A:BC", " 0x0abc", true),
            ("00", "0", true),
            ("-01", "-1", true),
            ("-01", "01", false),
            ("0ABC", "ABD", false),
        ] {
            assert_eq!(is_same_serial(one, other), expected, "{one} {other}");
        }
    }
}
