//! What may be published for an order: its names decide, not the gateway.

use certgate_domain::to_a_labels;

use crate::{RecordData, ZoneRecord};

/// The names of a certificate request, and with them what may be published for its order.
///
/// ```
/// use certgate_dns::{PublicationScope, ZoneRecord};
/// let scope = PublicationScope::of(["www.example.com", "*.example.org"]);
/// let allowed = |line| scope.record(&ZoneRecord::parse(line).unwrap()[0]).is_ok();
/// assert!(allowed("_dnsauth.www.example.com. IN CNAME x.ca.example."));
/// assert!(!allowed("www.bank.example. IN CNAME x.ca.example."));
/// assert_eq!(scope.file("http://www.example.com/.well-known/x.txt").unwrap(), [".well-known", "x.txt"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicationScope {
    /// In lower case and A-labels, without a wildcard's star.
    names: Vec<String>,
}

/// Something that the gateway asks for does not belong to the order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the gateway asks for {asked:?}, which is not published: {reason}")]
pub struct OutOfScope {
    /// The record or the file.
    pub asked: String,
    /// Why it does not belong to it.
    pub reason: OutOfScopeReason,
}

/// Why something does not belong to an order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OutOfScopeReason {
    /// A name holds what no host name holds.
    #[error("`{}` is no host name", .0.escape_debug())]
    NotAHostName(String),
    /// A name that is none of the order's, and no parent of one.
    #[error("`{name}` is no name of the request ({}) and no parent of one", names.join(", "))]
    ForeignName {
        /// The name, without the labels in front that begin with `_`.
        name: String,
        /// The names of the request.
        names: Vec<String>,
    },
    /// A type that shows control over nothing.
    #[error("a record of type {0} shows control over nothing: expected TXT or CNAME")]
    Kind(String),
    /// A CNAME that would take a host over.
    #[error("a CNAME at a name without a label such as `_dnsauth` in front would take the host over")]
    TakesHostOver,
    /// A file elsewhere than validation files are.
    #[error("expected a file below /.well-known/, or a *.txt, *.htm or *.html in the root")]
    Path,
}

impl PublicationScope {
    /// The scope of a request with these names. A wildcard counts as its base; what is no DNS name counts for nothing.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let names = names.into_iter().filter_map(|name| {
            let name = to_a_labels(name.strip_prefix("*.").unwrap_or(name)).ok()?.to_ascii_lowercase();
            name.split('.').all(is_host_label).then_some(name)
        });
        Self { names: names.collect() }
    }

    /// Whether a record belongs to the order: at one of its names or a parent of one that has two labels at least, with or without labels in front that
    /// begin with `_`. A TXT may be at any of them, a CNAME only behind such a label.
    ///
    /// # Errors
    /// [`OutOfScope`], with the record.
    pub fn record(&self, record: &ZoneRecord) -> Result<(), OutOfScope> {
        self.judge(record).map_err(|reason| OutOfScope { asked: record.to_string(), reason })
    }

    fn judge(&self, record: &ZoneRecord) -> Result<(), OutOfScopeReason> {
        let is_below_underscore = self.owner(&record.name)?;
        match &record.data {
            RecordData::Txt(_) => Ok(()),
            RecordData::Cname(_) if !is_below_underscore => Err(OutOfScopeReason::TakesHostOver),
            RecordData::Cname(target) => host_name(target).map(drop),
            RecordData::Other { kind, .. } => Err(OutOfScopeReason::Kind(kind.clone())),
        }
    }

    /// Whether the owner has labels in front that begin with `_`.
    fn owner(&self, owner: &str) -> Result<bool, OutOfScopeReason> {
        let name = host_name(owner)?;
        let mut base = name.as_str();
        while let Some((_, rest)) = base.split_once('.').filter(|(label, _)| label.starts_with('_')) {
            base = rest;
        }
        let is_parent =
            |of: &String| base.contains('.') && of.strip_suffix(base).is_some_and(|front| front.ends_with('.'));
        if base.starts_with('_') || !self.names.iter().any(|name| name == base || is_parent(name)) {
            return Err(OutOfScopeReason::ForeignName { name: base.to_owned(), names: self.names.clone() });
        }
        Ok(base.len() < name.len())
    }

    /// The way from the web root to a file that belongs to the order, folder by folder: below `/.well-known/`, or a text or HTML file in the root itself.
    /// `file` is an address or a path. A file that a web server runs, or takes its settings from, is none of them.
    ///
    /// # Errors
    /// [`OutOfScope`], with the file.
    pub fn file<'a>(&self, file: &'a str) -> Result<Vec<&'a str>, OutOfScope> {
        let wrong = |reason| OutOfScope { asked: file.to_owned(), reason };
        let (host, path) = match file.split_once("://") {
            Some((_, rest)) => rest.split_once('/').unwrap_or((rest, "")),
            None => ("", file.trim_start_matches('/')),
        };
        if !host.is_empty() {
            let name = host_name(host).map_err(wrong)?;
            if !self.names.contains(&name) {
                return Err(wrong(OutOfScopeReason::ForeignName { name, names: self.names.clone() }));
            }
        }
        let parts: Vec<&str> = path.split('/').collect();
        let is_wanted = match parts.as_slice() {
            [".well-known", folders @ .., name] => folders.iter().all(|folder| is_plain(folder)) && is_text(name, true),
            [name] => is_text(name, false),
            _ => false,
        };
        if is_wanted { Ok(parts) } else { Err(wrong(OutOfScopeReason::Path)) }
    }
}

/// A name in lower case, without its closing dot: letters, digits, hyphens, and an underscore that begins a label.
fn host_name(name: &str) -> Result<String, OutOfScopeReason> {
    let lower = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let is_label = |label: &str| label.strip_prefix('_').map_or_else(|| is_host_label(label), is_service_label);
    if lower.len() <= 253 && lower.split('.').all(is_label) {
        return Ok(lower);
    }
    Err(OutOfScopeReason::NotAHostName(name.to_owned()))
}

fn is_host_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// What stands after the `_` of a label such as `_acme-challenge`.
fn is_service_label(label: &str) -> bool {
    (1..=62).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// A part of a path: no hidden file, no option, nothing to quote.
fn is_plain(part: &str) -> bool {
    !part.is_empty()
        && !part.starts_with(['.', '-'])
        && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

fn is_text(name: &str, may_lack_extension: bool) -> bool {
    is_plain(name)
        && match name.split_once('.') {
            Some((_, extension)) => ["txt", "htm", "html"].iter().any(|known| known.eq_ignore_ascii_case(extension)),
            None => may_lack_extension,
        }
}
