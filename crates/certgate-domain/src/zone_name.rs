//! Names in zones.

use crate::{NotAnIdn, to_a_labels};

/// The zones that a name may be in, the longest first: itself, then label by label further up, and never a top-level domain. In A-labels and
/// lower case; none where it is no name.
///
/// ```
/// use certgate_domain::zones_around;
/// assert_eq!(zones_around("www.Bücher.example."), Ok(vec!["www.xn--bcher-kva.example".to_owned(), "xn--bcher-kva.example".to_owned()]));
/// ```
///
/// # Errors
/// A label in Unicode has no A-label.
pub fn zones_around(name: &str) -> Result<Vec<String>, NotAnIdn> {
    let whole = plain(name)?;
    if whole.split('.').any(str::is_empty) {
        return Ok(Vec::new());
    }
    let parents = std::iter::successors(Some(whole.as_str()), |name| Some(name.split_once('.')?.1));
    Ok(parents.filter(|name| name.contains('.')).map(str::to_owned).collect())
}

/// A name of a zone relative to it: none for the zone's own. `None` where it is not in the zone.
///
/// ```
/// use certgate_domain::name_in_zone;
/// assert_eq!(name_in_zone("www.example.com.", "example.com"), Some(Some("www".to_owned())));
/// assert_eq!(name_in_zone("example.com", "example.com"), Some(None));
/// assert_eq!(name_in_zone("notexample.com", "example.com"), None);
/// ```
pub fn name_in_zone(name: &str, origin: &str) -> Option<Option<String>> {
    let (name, origin) = (plain(name).ok()?, plain(origin).ok()?);
    match name.strip_suffix(&origin)? {
        "" => Some(None),
        labels => Some(Some(labels.strip_suffix('.')?.to_owned())),
    }
}

fn plain(name: &str) -> Result<String, NotAnIdn> {
    Ok(to_a_labels(name.trim().trim_end_matches('.'))?.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::{name_in_zone, zones_around};

    #[test]
    fn which_zones_a_name_may_be_in() {
        let two = ["shop.example", "example.com"];
        for (name, expected) in [
            ("_dnsauth.www.Example.com.", Some(vec!["_dnsauth.www.example.com", "www.example.com", two[1]])),
            ("shop.example", Some(vec![two[0]])),
            ("www.Bücher.example", Some(vec!["www.xn--bcher-kva.example", "xn--bcher-kva.example"])),
            ("de", Some(vec![])),
            ("", Some(vec![])),
            (".", Some(vec![])),
            ("a..example", Some(vec![])),
            ("bü cher.example", None),
        ] {
            let expected: Option<Vec<String>> = expected.map(|all| all.into_iter().map(str::to_owned).collect());
            assert_eq!(zones_around(name).ok(), expected, "{name}");
        }
    }

    #[test]
    fn a_name_relative_to_its_zone() {
        for (name, expected) in [
            ("_dnsauth.WWW.example.com.", Some(Some("_dnsauth.www"))),
            ("example.com", Some(None)),
            ("notexample.com", None),
            ("example.org", None),
        ] {
            let expected = expected.map(|name| name.map(str::to_owned));
            assert_eq!(name_in_zone(name, "example.com"), expected, "{name}");
        }
    }
}
