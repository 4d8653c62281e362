//! Requests and replies as they go over the wire.

use std::fmt;

use certgate_domain::Secret;

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    /// All methods that the protocols use.
    pub const ALL: [Self; 5] = [Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete];

    /// The name, such as `GET`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// The method of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == name)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An HTTP request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method. The XML gateway accepts only POST.
    pub method: Method,
    /// Path and query below the endpoint: `/certificate/571?ctid=x`. Empty for the XML gateway, which has a single address, and for
    /// a JSON body without its request line.
    pub target: String,
    /// The headers, including the content type.
    pub headers: Vec<Header>,
    /// The body. It may hold credentials, so `Debug` does not show it.
    pub body: Body,
}

/// Bytes that may hold secrets: `Debug` shows only their number.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Body(pub Vec<u8>);

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.0.len())
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl std::ops::Deref for Body {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Request {
    /// The value of the header of that name; case does not matter.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value.expose())
    }
}

/// A header of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The name.
    pub name: String,
    /// The value.
    pub value: HeaderValue,
}

/// The value of a header, which may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderValue {
    /// A value that may be shown.
    Plain(String),
    /// A value that must not be shown.
    Secret(Secret),
}

impl Header {
    /// Creates a header that may be shown.
    pub fn plain(name: &str, value: impl Into<String>) -> Self {
        Self { name: name.to_owned(), value: HeaderValue::Plain(value.into()) }
    }

    /// Creates a header that must not be shown.
    pub fn secret(name: &str, value: impl Into<String>) -> Self {
        Self { name: name.to_owned(), value: HeaderValue::Secret(Secret::new(value)) }
    }
}

impl HeaderValue {
    /// The value itself. Use it for the wire only.
    pub fn expose(&self) -> &str {
        match self {
            Self::Plain(value) => value,
            Self::Secret(value) => value.expose(),
        }
    }

    /// The value for display; a secret is shown as `…`.
    pub fn shown(&self) -> &str {
        match self {
            Self::Plain(value) => value,
            Self::Secret(_) => "…",
        }
    }
}

/// An HTTP reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status. Both protocols may answer a refusal with 200.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
}

impl Reply {
    /// A reply that is a body alone, such as the content of a file.
    pub fn of(body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, headers: Vec::new(), body: Body(body.into()) }
    }

    /// The value of the header of that name; case does not matter.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// How its body is compressed, for people: as a header says, or by what it begins with. Nothing can be read or looked for in such a body.
    pub fn compression(&self) -> Option<String> {
        let codings = self.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case("content-encoding"));
        let mut codings = codings.map(|(_, coding)| coding.trim());
        match codings.find(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity")) {
            Some(coding) => Some(format!("Content-Encoding: {coding}")),
            None => self.body.starts_with(&[0x1F, 0x8B]).then(|| "a compressed body (gzip)".to_owned()),
        }
    }
}
