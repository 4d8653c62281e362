//! Distinguished names (X.501): subjects and issuers.

use std::fmt;

use crate::{
    der::{Element, Malformed, tag},
    strings,
};

/// A subject or issuer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DistinguishedName {
    parts: Vec<Vec<Attribute>>,
}

/// A part of a name, such as the organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its kind's object identifier.
    pub oid: String,
    /// Its text; `#` and its bytes in hexadecimal where it has none.
    pub value: String,
    /// What is wrong with the string, such as `a UTF8String that holds Latin-1`.
    pub flaw: Option<&'static str>,
}

/// Object identifiers of attributes.
pub(crate) mod oid {
    pub(crate) const COMMON_NAME: &str = "2.5.4.3";
    pub(crate) const SURNAME: &str = "2.5.4.4";
    pub(crate) const COUNTRY: &str = "2.5.4.6";
    pub(crate) const CITY: &str = "2.5.4.7";
    pub(crate) const STATE: &str = "2.5.4.8";
    pub(crate) const ORGANIZATION: &str = "2.5.4.10";
    pub(crate) const ORGANIZATION_UNIT: &str = "2.5.4.11";
    pub(crate) const GIVEN_NAME: &str = "2.5.4.42";
    pub(crate) const EMAIL: &str = "1.2.840.113549.1.9.1";
}

/// Kinds of attributes: identifier, name as openssl writes it, what it is, and its upper bound in characters (X.520, RFC 5280).
const KINDS: &[(&str, &str, &str, usize)] = &[
    (oid::COMMON_NAME, "CN", "common name", 64),
    (oid::SURNAME, "SN", "surname", 64),
    ("2.5.4.5", "serialNumber", "serial number of the subject", 64),
    (oid::COUNTRY, "C", "country", 2),
    (oid::CITY, "L", "city", 128),
    (oid::STATE, "ST", "state", 128),
    ("2.5.4.9", "street", "street", 128),
    (oid::ORGANIZATION, "O", "organisation", 64),
    (oid::ORGANIZATION_UNIT, "OU", "organisational unit", 64),
    ("2.5.4.12", "title", "title", 64),
    ("2.5.4.13", "description", "description", 1024),
    ("2.5.4.15", "businessCategory", "business category", 128),
    ("2.5.4.17", "postalCode", "postal code", 40),
    (oid::GIVEN_NAME, "GN", "given name", 64),
    ("2.5.4.97", "organizationIdentifier", "organisation identifier", 256),
    (oid::EMAIL, "emailAddress", "mail address", 255),
    ("0.9.2342.19200300.100.1.1", "UID", "user id", 256),
    ("0.9.2342.19200300.100.1.25", "DC", "domain component", 63),
    ("1.3.6.1.4.1.311.60.2.1.1", "jurisdictionL", "city of registration", 128),
    ("1.3.6.1.4.1.311.60.2.1.2", "jurisdictionST", "state of registration", 128),
    ("1.3.6.1.4.1.311.60.2.1.3", "jurisdictionC", "country of registration", 2),
];

impl DistinguishedName {
    pub(crate) fn of(name: &Element<'_>) -> Result<Self, Malformed> {
        let mut parts = Vec::new();
        for part in name.inside().all("a part of a name")? {
            let mut attributes = Vec::new();
            for attribute in part.inside().all("an attribute")? {
                let mut inside = attribute.inside();
                let oid = inside.take(tag::OID, "the kind of an attribute")?.oid();
                let value = inside.any("the value of an attribute")?;
                let strings::Text { value, flaw } = strings::text(&value);
                attributes.push(Attribute { oid, value, flaw });
            }
            parts.push(attributes);
        }
        Ok(Self { parts })
    }

    /// Every attribute, in order.
    pub fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.parts.iter().flatten()
    }

    /// The values of one kind of attribute, in order.
    pub(crate) fn values(&self, oid: &str) -> impl Iterator<Item = &str> {
        self.attributes().filter(move |attribute| attribute.oid == oid).map(|attribute| attribute.value.as_str())
    }

    /// The first value of one kind of attribute that has something in it.
    pub(crate) fn first(&self, oid: &str) -> Option<String> {
        self.values(oid).find(|value| !value.is_empty()).map(str::to_owned)
    }

    /// What it is called for short: its common name, or all of it.
    pub(crate) fn short(&self) -> String {
        match self.first(oid::COMMON_NAME) {
            Some(name) => name,
            None if self.parts.is_empty() => "one without a name".to_owned(),
            None => self.to_string(),
        }
    }

    /// Whether both name the same (RFC 5280 §7.1): neither the type of a string, nor capitals, nor the number of blanks counts.
    pub fn is_same(&self, other: &Self) -> bool {
        self.folded() == other.folded()
    }

    /// What is equal for names that are the same: of each part the object identifiers and values.
    pub fn folded(&self) -> Vec<Vec<(String, String)>> {
        let attribute = |attribute: &Attribute| {
            let words: Vec<&str> = attribute.value.split_whitespace().collect();
            (attribute.oid.clone(), words.join(" ").to_lowercase())
        };
        let part = |part: &Vec<Attribute>| {
            let mut part: Vec<_> = part.iter().map(attribute).collect();
            part.sort();
            part
        };
        self.parts.iter().map(part).collect()
    }
}

impl Attribute {
    fn kind(&self) -> Option<&'static (&'static str, &'static str, &'static str, usize)> {
        KINDS.iter().find(|(oid, ..)| *oid == self.oid)
    }

    /// What it is: `organisation`.
    pub(crate) fn what(&self) -> &str {
        self.kind().map_or(self.oid.as_str(), |(_, _, what, _)| *what)
    }

    /// The most characters that X.520 allows, where it says.
    pub(crate) fn bound(&self) -> Option<usize> {
        self.kind().map(|(.., bound)| *bound)
    }
}

/// The most characters of an attribute by its name as openssl writes it, such as `O`, and what it is called.
pub(crate) fn bound(name: &str) -> Option<(&'static str, usize)> {
    KINDS.iter().find(|(_, known, ..)| *known == name).map(|(_, _, what, bound)| (*what, *bound))
}

/// `C=DE, O=Muster GmbH + OU=A, CN=example.com`: in the order in which it is encoded.
impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, part) in self.parts.iter().enumerate() {
            for (among, attribute) in part.iter().enumerate() {
                f.write_str(match (at, among) {
                    (0, 0) => "",
                    (_, 0) => ", ",
                    (_, _) => " + ",
                })?;
                write!(f, "{attribute}")?;
            }
        }
        Ok(())
    }
}

/// `CN=example.com`, what would end it earlier with a backslash before it (RFC 4514).
impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.kind().map_or(self.oid.as_str(), |(_, name, ..)| *name);
        write!(f, "{name}=")?;
        for c in self.value.chars() {
            if matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';') {
                f.write_str("\\")?;
            }
            write!(f, "{c}")?;
        }
        Ok(())
    }
}
