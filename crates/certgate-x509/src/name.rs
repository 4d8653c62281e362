//! Names in certificates and requests.

use x509_parser::{
    extensions::{GeneralName, SubjectAlternativeName},
    oid_registry::Oid,
    x509::X509Name,
};

/// The first attribute of that kind in a subject.
pub(crate) fn attribute(name: &X509Name<'_>, oid: &Oid<'_>) -> Option<String> {
    name.iter_by_oid(oid).next().and_then(|attribute| attribute.as_str().ok()).map(str::to_owned)
}

/// The DNS names and mail addresses among the alternative names.
pub(crate) fn alternative(names: &SubjectAlternativeName<'_>) -> Vec<String> {
    names
        .general_names
        .iter()
        .filter_map(|name| match name {
            GeneralName::DNSName(name) | GeneralName::RFC822Name(name) => Some((*name).to_owned()),
            _ => None,
        })
        .collect()
}

/// Whether a name in a certificate covers a host name (RFC 6125: a wildcard stands for one leftmost label).
pub(crate) fn covers(pattern: &str, name: &str) -> bool {
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
    use super::covers;

    #[test]
    fn wildcards() {
        for (pattern, name, expected) in [
            ("example.com", "EXAMPLE.com", true),
            ("*.example.com", "www.example.com", true),
            ("*.example.com", "*.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", "a.b.example.com", false),
            ("www.example.com", "example.com", false),
            ("*.example.com", ".example.com", false),
        ] {
            assert_eq!(covers(pattern, name), expected, "{pattern} {name}");
        }
    }
}
