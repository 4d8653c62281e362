//! What certificates may be for: the names of hosts (RFC 1123, RFC 6125) and their addresses.

use std::fmt;

use certgate_domain::{NotAnIdn, is_a_label, to_a_labels};

use crate::GeneralName;

/// Why a text names no host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAHost {
    name: String,
    why: Flaw,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Flaw {
    Empty,
    Blank,
    Url,
    Mail,
    LastDot,
    EmptyLabel,
    Star,
    WideStar,
    Hyphen,
    LongLabel,
    Long,
    Number,
    Character(char),
    Idn(NotAnIdn),
    Punycode(String),
}

impl NotAHost {
    /// Whether it is a mail address.
    pub(crate) fn is_mail(&self) -> bool {
        self.why == Flaw::Mail
    }
}

/// A host name or an address as a certificate has it, in its one spelling: small letters, A-labels, the shortest form of an
/// address. `MÜLLER.example` is `xn--mller-kva.example`, `2001:DB8:0::1` is `2001:db8::1`.
///
/// # Errors
/// [`NotAHost`]: it is neither.
pub fn host(text: &str) -> Result<GeneralName, NotAHost> {
    let bracketed = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    if let Ok(address) = bracketed.unwrap_or(text).parse() {
        return Ok(GeneralName::Ip(address));
    }
    let fails = |why| NotAHost { name: text.to_owned(), why };
    // Before the letters are looked at, which would name a part of it only.
    flaw_of_form(text).map_or(Ok(()), |why| Err(fails(why)))?;
    let name = to_a_labels(text).map_err(|why| fails(Flaw::Idn(why)))?.to_ascii_lowercase();
    flaw(&name).map_or(Ok(GeneralName::Dns(name)), |why| Err(fails(why)))
}

/// A host name or an address in its one spelling where it has one, and as it stands where it has none.
pub(crate) fn host_or_as_it_stands(text: &str) -> GeneralName {
    host(text).unwrap_or_else(|_| GeneralName::of_host(text))
}

fn flaw_of_form(name: &str) -> Option<Flaw> {
    if name.is_empty() {
        return Some(Flaw::Empty);
    }
    if name.contains(char::is_whitespace) {
        return Some(Flaw::Blank);
    }
    if name.contains("://") {
        return Some(Flaw::Url);
    }
    let (_, mail_host) = name.rsplit_once('@').filter(|(mailbox, _)| !mailbox.is_empty())?;
    host(mail_host).is_ok().then_some(Flaw::Mail)
}

fn flaw(name: &str) -> Option<Flaw> {
    if name.len() > 253 {
        return Some(Flaw::Long);
    }
    if name.len() > 1 && name.ends_with('.') {
        return Some(Flaw::LastDot);
    }
    let labels = || name.strip_prefix("*.").unwrap_or(name).split('.');
    for label in labels() {
        let other = label.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '-');
        match (label, other) {
            ("", _) => return Some(Flaw::EmptyLabel),
            (_, Some('*')) => return Some(Flaw::Star),
            (_, Some(c)) => return Some(Flaw::Character(c)),
            (label, _) if label.len() > 63 => return Some(Flaw::LongLabel),
            (label, _) if label.starts_with('-') || label.ends_with('-') => return Some(Flaw::Hyphen),
            (label, _) if label.starts_with("xn--") && !is_a_label(label) => {
                return Some(Flaw::Punycode(label.to_owned()));
            }
            _ => {}
        }
    }
    if name.strip_prefix("*.").is_some_and(|rest| !rest.contains('.')) {
        return Some(Flaw::WideStar);
    }
    let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    labels().next_back().is_some_and(is_number).then_some(Flaw::Number)
}

impl fmt::Display for NotAHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "name `{}`: ", self.name)?;
        match &self.why {
            Flaw::Empty => f.write_str("it is empty"),
            Flaw::Blank => f.write_str("it has a blank"),
            Flaw::Url => f.write_str("it is a URL"),
            Flaw::Mail => f.write_str("it is a mail address"),
            Flaw::LastDot => f.write_str("it ends with a dot"),
            Flaw::EmptyLabel => f.write_str("it has a dot where a label should be"),
            Flaw::Star => f.write_str("a star may stand for the whole first label only"),
            Flaw::WideStar => f.write_str("a star may not stand for all of a top-level domain"),
            Flaw::Hyphen => f.write_str("a label begins or ends with a hyphen"),
            Flaw::LongLabel => f.write_str("a label is longer than 63 characters"),
            Flaw::Long => f.write_str("it is longer than 253 characters"),
            Flaw::Number => f.write_str("its last label is a number, and it is no address"),
            Flaw::Character(c) => write!(f, "it has the character `{}`", c.escape_default()),
            Flaw::Idn(why) => write!(f, "{why}"),
            Flaw::Punycode(label) => write!(f, "the label `{label}` is no Punycode (RFC 3492)"),
        }?;
        f.write_str("; expected a host name of letters, digits and hyphens, such as www.example.com or *.example.com, or an address")
    }
}

impl std::error::Error for NotAHost {}
