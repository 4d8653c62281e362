use std::{fmt, str::FromStr};

/// The two wire protocols of the gateway, which offer the same tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// The XML gateway: one address, the task's code in the body.
    Xml,
    /// The JSON API: a route a task.
    Json,
}

impl Protocol {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Xml, Self::Json];

    /// `xml` or `json`: the word in options, configuration, tapes and stores.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Xml => "xml",
            Self::Json => "json",
        }
    }

    /// The protocol with that name. Names are lower case.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.name() == name)
    }

    /// The protocol that this one is not.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Xml => Self::Json,
            Self::Json => Self::Xml,
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A word that is not the name of a protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAProtocol(pub String);

impl fmt::Display for NotAProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: expected xml or json", self.0)
    }
}

impl std::error::Error for NotAProtocol {}

impl FromStr for Protocol {
    type Err = NotAProtocol;

    fn from_str(name: &str) -> Result<Self, NotAProtocol> {
        Self::by_name(name).ok_or_else(|| NotAProtocol(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::Protocol;

    #[test]
    fn names_are_read_back_and_nothing_else_is_one() {
        for protocol in Protocol::ALL {
            assert_eq!(protocol.to_string().parse(), Ok(protocol));
            assert_eq!(protocol.other().other(), protocol);
            assert_ne!(protocol.other(), protocol);
        }
        for bad in ["", "XML", "soap", "json "] {
            let error = bad.parse::<Protocol>().unwrap_err();
            assert_eq!(error.to_string(), format!("`{bad}`: expected xml or json"));
        }
    }
}
