//! What was odd about a payload.

use std::fmt;

use crate::{Position, one_line};

/// Findings in the order of the payload.
pub type Findings = Vec<Finding>;

/// Something that was read although it is not as documented. Shown as a warning, fatal under `--strict`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What kind of oddity.
    pub kind: FindingKind,
    /// Where, made of the names on the wire: `response.result.data.certificate.colour`, an attribute as `….@kind`, `[n]` from
    /// 0 where a name repeats among its siblings and in JSON arrays.
    pub path: String,
    /// Line and column; absent for what stands in no text, such as a header that came over the wire.
    pub place: Option<Position>,
}

/// The kinds of oddity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FindingKind {
    /// An element, field or attribute that nobody understands; the topmost one.
    Unknown,
    /// Text that is not of the documented type, kept as text.
    Value,
}

impl FindingKind {
    /// Its name in output: `unknown` or `value`.
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
