//! The names that a certificate is for (GeneralName, RFC 5280 §4.2.1.6).

use std::{fmt, net::IpAddr};

use crate::{
    der::{Element, Malformed, hexadecimal, tag},
    name::DistinguishedName,
    strings,
};

/// An alternative name. Its text has its kind before it, but for host names: `example.com`, `ip:192.0.2.7`, `uri:https://…`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GeneralName {
    /// The name of a host, which may begin with `*.`.
    Dns(String),
    /// An address.
    Ip(IpAddr),
    /// A mail address.
    Email(String),
    /// A URI.
    Uri(String),
    /// A distinguished name.
    Directory(DistinguishedName),
    /// A name of another kind, such as Microsoft's user principal name: the kind's object identifier, and its value.
    Other {
        /// The object identifier of its kind.
        kind: String,
        /// Its text with its type, `UTF8:jane@example.com`, or its bytes.
        value: String,
    },
    /// An object identifier.
    Registered(String),
    /// What has no text: its kind's name, and its bytes.
    Opaque {
        /// The kind's name, such as `x400Address`.
        kind: &'static str,
        /// Its bytes in hexadecimal.
        value: String,
    },
}

impl GeneralName {
    /// The names of a SubjectAltName extension.
    pub(crate) fn all(extension: &[u8]) -> Result<Vec<Self>, Malformed> {
        let names = Element::only(extension, tag::SEQUENCE, "the alternative names")?;
        Ok(names.inside().all("an alternative name")?.iter().map(Self::of).collect())
    }

    pub(crate) fn of(element: &Element<'_>) -> Self {
        const OTHER: u8 = tag::constructed(0);
        const EMAIL: u8 = tag::primitive(1);
        const DNS: u8 = tag::primitive(2);
        const X400: u8 = tag::constructed(3);
        const DIRECTORY: u8 = tag::constructed(4);
        const EDI_PARTY: u8 = tag::constructed(5);
        const URI: u8 = tag::primitive(6);
        const IP: u8 = tag::primitive(7);
        const REGISTERED: u8 = tag::primitive(8);
        let opaque = |kind| Self::Opaque { kind, value: hexadecimal(element.whole) };
        let text = || strings::ascii(element.content).value;
        match element.tag {
            DNS => Self::Dns(text()),
            EMAIL => Self::Email(text()),
            URI => Self::Uri(text()),
            IP => address(element.content).map_or_else(|| opaque("ip"), Self::Ip),
            DIRECTORY => directory(element).map_or_else(|_| opaque("dirName"), Self::Directory),
            OTHER => other(element).unwrap_or_else(|| opaque("otherName")),
            REGISTERED => Self::Registered(element.oid()),
            X400 => opaque("x400Address"),
            EDI_PARTY => opaque("ediPartyName"),
            _ => opaque("name"),
        }
    }

    /// The name without its kind, as the gateway writes it: `192.0.2.7`.
    pub fn value(&self) -> String {
        match self {
            Self::Dns(text) | Self::Email(text) | Self::Uri(text) | Self::Registered(text) => text.clone(),
            Self::Ip(address) => address.to_string(),
            Self::Directory(name) => name.to_string(),
            Self::Other { kind, value } => format!("{kind};{value}"),
            Self::Opaque { value, .. } => value.clone(),
        }
    }

    /// Whether a certificate for servers must have it when its request does: host names and addresses. An authority may leave out
    /// the other kinds, and most do.
    pub fn is_demanded(&self) -> bool {
        matches!(self, Self::Dns(_) | Self::Ip(_))
    }

    /// Whether a certificate with this name is good for that one (RFC 6125: a star stands for one leftmost label).
    pub fn covers(&self, name: &Self) -> bool {
        match (self, name) {
            (Self::Dns(pattern), Self::Dns(name)) => host_covers(pattern, name),
            _ => self.is_same(name),
        }
    }

    /// Whether they name the same: the case of a host's letters says nothing, that of what stands before a mail address's `@` may.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Dns(one), Self::Dns(other)) => one.eq_ignore_ascii_case(other),
            (Self::Email(one), Self::Email(other)) => match (one.rsplit_once('@'), other.rsplit_once('@')) {
                (Some((one, host)), Some((other, others))) => one == other && host.eq_ignore_ascii_case(others),
                _ => one == other,
            },
            _ => self == other,
        }
    }

    /// A host name or an address, as people write them; a mail address, which a certificate for a person is for.
    pub fn of_host(text: &str) -> Self {
        let named = |_| if text.contains('@') { Self::Email(text.to_owned()) } else { Self::Dns(text.to_owned()) };
        text.parse().map_or_else(named, Self::Ip)
    }
}

impl fmt::Display for GeneralName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Dns(name) => return f.write_str(name),
            Self::Ip(_) => "ip",
            Self::Email(_) => "email",
            Self::Uri(_) => "uri",
            Self::Directory(_) => "dirName",
            Self::Other { .. } => "otherName",
            Self::Registered(_) => "registeredID",
            Self::Opaque { kind, .. } => kind,
        };
        write!(f, "{kind}:{}", self.value())
    }
}

fn address(content: &[u8]) -> Option<IpAddr> {
    let v4 = || <[u8; 4]>::try_from(content).map(IpAddr::from);
    let v6 = || <[u8; 16]>::try_from(content).map(IpAddr::from);
    v4().or_else(|_| v6()).ok()
}

fn directory(element: &Element<'_>) -> Result<DistinguishedName, Malformed> {
    DistinguishedName::of(&Element::only(element.content, tag::SEQUENCE, "a name")?)
}

fn other(element: &Element<'_>) -> Option<GeneralName> {
    let mut inside = element.inside();
    let kind = inside.optional(tag::OID)?.oid();
    let value = inside.optional(tag::constructed(0))?.inside().next()?;
    let strings::Text { value: text, flaw } = strings::text(&value);
    let value = match (flaw, value.tag) {
        (Some(_), _) => text,
        (None, 0x0C) => format!("UTF8:{text}"),
        (None, 0x16) => format!("IA5STRING:{text}"),
        (None, _) => format!("STRING:{text}"),
    };
    Some(GeneralName::Other { kind, value })
}

fn host_covers(pattern: &str, name: &str) -> bool {
    if pattern.eq_ignore_ascii_case(name) {
        return true;
    }
    match (pattern.strip_prefix("*."), name.split_once('.')) {
        (Some(parent), Some((label, rest))) => !label.is_empty() && parent.eq_ignore_ascii_case(rest),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::GeneralName;

    #[test]
    fn names_that_cover_others() {
        for (pattern, name, expected) in [
            ("example.com", "EXAMPLE.com", true),
            ("*.example.com", "www.example.com", true),
            ("*.example.com", "*.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", "a.b.example.com", false),
            ("www.example.com", "example.com", false),
            ("*.example.com", ".example.com", false),
            ("2001:db8::1", "2001:DB8:0::1", true),
            ("192.0.2.7", "192.0.2.8", false),
            ("*.0.2.7", "192.0.2.7", false),
            ("Jane@example.com", "Jane@EXAMPLE.com", true),
            ("Jane@example.com", "jane@example.com", false),
        ] {
            let (pattern, name) = (GeneralName::of_host(pattern), GeneralName::of_host(name));
            assert_eq!(pattern.covers(&name), expected, "{pattern} {name}");
        }
    }
}
