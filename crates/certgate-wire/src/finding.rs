//! Deviations of a payload from the documentation.

use std::fmt;

use crate::{Position, one_line};

/// Findings in the order of the payload.
pub type Findings = Vec<Finding>;

/// A deviation that was tolerated while decoding. Shown as a warning; with strict checking it is an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The kind of deviation.
    pub kind: FindingKind,
    /// Its path in the names on the wire: `response.result.data.certificate.colour`. An attribute is `….@kind`; `[n]`, from 0, tells
    /// apart siblings of one name and the items of a JSON array.
    pub path: String,
    /// Line and column; `None` for something outside of the text, such as an HTTP header.
    pub place: Option<Position>,
}

/// The kinds of deviation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FindingKind {
    /// An unknown element, field or attribute. Nothing inside of it is reported again.
    Unknown,
    /// A value that is not of the documented type and was kept as text.
    Value,
}

impl FindingKind {
    /// The name in output: `unknown` or `value`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Value => "value",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            FindingKind::Unknown => "unknown",
            FindingKind::Value => "not of the documented type",
        };
        // Names are the gateway's.
        let path = one_line(&self.path);
        match self.place {
            Some(place) => write!(f, "{place}: {path}: {what}"),
            None => write!(f, "{path}: {what}"),
        }
    }
}
