//! Which certificate of the account is meant: by its id, or by its name where only one has it.

use std::{fmt, net::IpAddr, str::FromStr};

use certgate_client::Client;
use certgate_domain::{Certificate, NotAnIdn, Query, QueryFilter, task::CertificateList, to_a_labels, words::Operator};
pub(crate) use certgate_domain::{is_same_name, spellings};
#[cfg(feature = "orders")]
pub(crate) use certgate_domain::{spelled, without_dot};

use crate::Error;

/// A certificate as people name it: a number is its id, anything else its name.
///
/// ```
/// use certgate::CertificateSelector;
/// assert_eq!("571".parse(), Ok(CertificateSelector::Id(571)));
/// assert_eq!("example.com".parse(), Ok(CertificateSelector::Name("example.com".to_owned())));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateSelector {
    /// The gateway's id.
    Id(i64),
    /// Its name, in any spelling of a host name: letters of either case, U-labels or A-labels.
    Name(String),
}

/// Why a text names no certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadSelector {
    /// There is nothing in it.
    #[error("found nothing, expected a certificate's id or name")]
    Empty,
    /// It is a number, and none of an id: a spreadsheet's, such as `571.0`, or one with too many digits.
    #[error("found a number that is no id, expected a whole number of 1 or more, or a name")]
    Number,
    /// It is no number, and no name either.
    #[error(transparent)]
    Name(#[from] NotAnIdn),
}

/// A certificate of the account that has the name which was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namesake {
    /// The gateway's id.
    pub id: i64,
    /// When it ends, in seconds since 1970, where the gateway says it.
    pub ends: Option<i64>,
}

/// Why it is not known which certificate is meant.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SelectionError {
    /// The account has no certificate of that name.
    #[error("the account has no certificate named {0}")]
    None(String),
    /// It has several: only an id tells them apart.
    #[error("the account has {} certificates named {name}", found.len())]
    Several {
        /// The name.
        name: String,
        /// Those that have it, by their ids.
        found: Vec<Namesake>,
    },
    /// The gateway could not be asked.
    #[error(transparent)]
    Gateway(#[from] Error),
}

impl CertificateSelector {
    /// Its id, where that is what it is named by.
    pub fn id(&self) -> Option<i64> {
        match self {
            Self::Id(id) => Some(*id),
            Self::Name(_) => None,
        }
    }

    /// In the one spelling that certificates are compared in.
    #[cfg(feature = "orders")]
    pub(crate) fn spelled(&self) -> String {
        match self {
            Self::Id(id) => id.to_string(),
            Self::Name(name) => spelled(name),
        }
    }

    /// The certificate's id. A name is looked for in the account's list (task 400105); for an id nobody is asked.
    ///
    /// # Errors
    /// See [`SelectionError`].
    pub fn find(&self, client: &mut Client) -> Result<i64, SelectionError> {
        let name = match self {
            Self::Id(id) => return Ok(*id),
            Self::Name(name) => name,
        };
        let mut found = Vec::new();
        for spelling in spellings(name) {
            if found.is_empty() {
                found = namesakes(client, name, spelling)?;
            }
        }
        only(name, found)
    }
}

/// The id of the one certificate of that name.
pub(crate) fn only(name: &str, found: Vec<Namesake>) -> Result<i64, SelectionError> {
    match found.as_slice() {
        [] => Err(SelectionError::None(name.to_owned())),
        [one] => Ok(one.id),
        _ => Err(SelectionError::Several { name: name.to_owned(), found }),
    }
}

/// Certificates of one name that are told apart at most.
const MOST: i64 = 100;

/// The certificates of that name, asked for in that spelling.
fn namesakes(client: &mut Client, name: &str, spelling: String) -> Result<Vec<Namesake>, Error> {
    let filters = vec![QueryFilter::new("name", Operator::Equal, spelling)];
    let query = Query { filters, ..Query::default() }.window(0, MOST);
    let rows = client.call(CertificateList { query })?.value.data;
    // In a condition `*` stands for any text, and `*.example.com` is a name.
    let is_meant = |row: &Certificate| row.name.as_deref().is_some_and(|other| is_same_name(other, name));
    let mut found: Vec<Namesake> = rows.iter().filter(|row| is_meant(row)).filter_map(namesake).collect();
    found.sort_by_key(|one| one.id);
    found.dedup();
    Ok(found)
}

fn namesake(row: &Certificate) -> Option<Namesake> {
    Some(Namesake { id: row.id?, ends: row.ends() })
}

impl FromStr for CertificateSelector {
    type Err = BadSelector;

    fn from_str(text: &str) -> Result<Self, BadSelector> {
        let text = text.trim();
        if text.is_empty() {
            return Err(BadSelector::Empty);
        }
        match text.parse() {
            Ok(id @ 1..) => return Ok(Self::Id(id)),
            _ if is_number(text) => return Err(BadSelector::Number),
            _ => {}
        }
        to_a_labels(text)?;
        Ok(Self::Name(text.to_owned()))
    }
}

/// Whether it is a number as spreadsheets write them: with a fraction, an exponent, signs between its digits, a mark that makes a text of it.
fn is_number(text: &str) -> bool {
    let digits = text.replace(['\'', '’', ',', ' ', '\u{a0}', '\u{202f}'], "");
    let is_grouped = || digits.chars().all(|c| c == '.' || c.is_ascii_digit()) && digits.parse::<IpAddr>().is_err();
    digits.starts_with(|c: char| c == '-' || c == '+' || c.is_ascii_digit())
        && (digits.parse::<f64>().is_ok() || is_grouped())
}

impl From<i64> for CertificateSelector {
    fn from(id: i64) -> Self {
        Self::Id(id)
    }
}

impl fmt::Display for CertificateSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BadSelector, CertificateSelector, is_same_name};

    #[test]
    fn a_number_is_an_id_and_a_name_has_several_spellings() {
        for (text, id) in [("571", Some(571)), ("571.example", None), ("*.example.com", None)] {
            let expected = id.map_or_else(|| CertificateSelector::Name(text.to_owned()), CertificateSelector::Id);
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        for text in ["192.0.2.7", "2001:db8::1", "1e100.example", "inf", "-a", "571a"] {
            assert_eq!(text.parse(), Ok(CertificateSelector::Name(text.to_owned())), "{text}");
        }
        for text in [
            "571.0",
            "571,0",
            "5.71E+02",
            "4.297.539.521",
            "4 297 539 521",
            "4'297'539'521",
            "'571",
            "99999999999999999999",
            "0",
            "-1",
        ] {
            assert_eq!(text.parse::<CertificateSelector>(), Err(BadSelector::Number), "{text}");
        }
        assert_eq!(" ".parse::<CertificateSelector>(), Err(BadSelector::Empty));
        assert!(matches!("bü cher".parse::<CertificateSelector>(), Err(BadSelector::Name(_))));
        for (one, other, same) in [
            ("example.com", "EXAMPLE.com", true),
            ("bücher.example", "XN--bcher-KVA.example", true),
            ("*.example.com", "www.example.com", false),
        ] {
            assert_eq!(is_same_name(one, other), same, "{one} {other}");
        }
    }
}
