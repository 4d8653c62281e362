//! What X.520 and RFC 5280 (appendix A) allow in a subject.

use crate::{
    Attribute, DistinguishedName,
    name::{self, oid},
};

/// Why a subject cannot stand in a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadAttribute {
    /// Nothing is in it.
    #[error("{what}: it is empty; leave it out, or give its text")]
    Empty {
        /// What it is, such as `organisation`.
        what: String,
    },
    /// It is too long.
    #[error("{what} `{value}`: it has {length} characters; X.520 allows {bound}")]
    Long {
        /// What it is.
        what: String,
        /// The value.
        value: String,
        /// How many characters it has.
        length: usize,
        /// How many it may have.
        bound: usize,
    },
    /// It begins or ends with a blank, or has a control character in it.
    #[error(
        "{what} `{value}`: it begins or ends with a blank, or has a line end or another control character in it; give it without"
    )]
    Blank {
        /// What it is.
        what: String,
        /// The value, what cannot be printed escaped.
        value: String,
    },
    /// The country is no code.
    #[error("country `{0}`: expected two letters (ISO 3166), such as DE")]
    Country(String),
    /// The country's letters are small.
    #[error("country `{0}`: expected two capital letters (ISO 3166), such as DE")]
    SmallCountry(String),
    /// The string itself is wrong.
    #[error("{what} `{value}`: it is {flaw}; make the request anew with UTF-8")]
    Encoding {
        /// What it is.
        what: String,
        /// What could be read of it.
        value: String,
        /// What is wrong.
        flaw: &'static str,
    },
}

/// What a subject that is asked for will have for a value; `kind` as openssl writes it, such as `O`. A country gets capitals.
///
/// # Errors
/// See [`BadAttribute`].
pub fn attribute(kind: &str, value: &str) -> Result<String, BadAttribute> {
    let (what, bound) = name::bound(kind).unwrap_or(("attribute", usize::MAX));
    if kind == "C" {
        let is_code = value.len() == 2 && value.bytes().all(|byte| byte.is_ascii_alphabetic());
        return is_code.then(|| value.to_ascii_uppercase()).ok_or_else(|| BadAttribute::Country(value.to_owned()));
    }
    within(what, value, bound)?;
    Ok(value.to_owned())
}

impl BadAttribute {
    /// Whether nobody certifies it. An authority that takes names only leaves out what is empty, and gives a country its capitals.
    pub(crate) fn is_hard(&self) -> bool {
        !matches!(self, Self::Empty { .. } | Self::SmallCountry(_))
    }
}

/// What is wrong with a subject as it stands.
pub(crate) fn problems(subject: &DistinguishedName) -> Vec<BadAttribute> {
    subject.attributes().filter_map(|attribute| problem(attribute).err()).collect()
}

fn problem(attribute: &Attribute) -> Result<(), BadAttribute> {
    let (what, value) = (attribute.what().to_owned(), &attribute.value);
    if let Some(flaw) = attribute.flaw {
        return Err(BadAttribute::Encoding { what, value: value.clone(), flaw });
    }
    if attribute.oid == oid::COUNTRY {
        return match self::attribute("C", value) {
            Ok(capitals) if capitals == *value => Ok(()),
            Ok(_) => Err(BadAttribute::SmallCountry(value.clone())),
            Err(why) => Err(why),
        };
    }
    within(&what, value, attribute.bound().unwrap_or(usize::MAX))
}

fn within(what: &str, value: &str, bound: usize) -> Result<(), BadAttribute> {
    let (what, length) = (what.to_owned(), value.chars().count());
    if value.trim().is_empty() {
        return Err(BadAttribute::Empty { what });
    }
    if value.trim().len() < value.len() || value.contains(char::is_control) {
        return Err(BadAttribute::Blank { what, value: value.escape_default().to_string() });
    }
    if length > bound {
        return Err(BadAttribute::Long { what, value: value.to_owned(), length, bound });
    }
    Ok(())
}
