//! An object of a kind that this client does not model, kept whole.

/// A tree as received: the domain, transfer or zone that a notification of the shared queue is about.
///
/// From XML every leaf is text, a repeated element is a list, an attribute is an entry `@name`, and text beside elements is
/// an entry `#text`. What is empty counts as absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Foreign {
    /// `true` or `false` (JSON only).
    Bool(bool),
    /// A number, in its decimal text (JSON only).
    Number(String),
    /// Text.
    Text(String),
    /// A JSON array, or an XML element that repeats among its siblings.
    List(Vec<Foreign>),
    /// A JSON object, or an XML element with children; entries in the order received.
    Map(Vec<(String, Foreign)>),
}

impl Foreign {
    /// The entry of that name, where this is a map.
    ///
    /// ```
    /// use certgate_domain::Foreign;
    /// let domain = Foreign::Map(vec![("name".to_owned(), Foreign::Text("example.com".to_owned()))]);
    /// assert_eq!(domain.entry("name").and_then(Foreign::as_text), Some("example.com"));
    /// ```
    pub fn entry(&self, name: &str) -> Option<&Foreign> {
        match self {
            Self::Map(entries) => entries.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text of a leaf.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Number(text) => Some(text),
            _ => None,
        }
    }
}
