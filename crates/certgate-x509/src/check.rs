//! The checks of a certificate after its issue, before anything is written.

use crate::{CertificateRequest, GeneralName, X509, csr::listed, path};

/// A check and how it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Its name.
    pub name: &'static str,
    /// Whether it passed, or could not be made.
    pub ok: bool,
    /// Whether something of it could not be made, which somebody should know.
    pub is_warning: bool,
    /// What was found.
    pub detail: String,
}

impl Check {
    /// One that passed.
    pub fn passed(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, ok: true, is_warning: false, detail: detail.into() }
    }

    /// One that failed.
    pub fn failed(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, ok: false, is_warning: false, detail: detail.into() }
    }

    /// One that could not be made.
    pub fn unchecked(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, ok: true, is_warning: true, detail: detail.into() }
    }

    /// One that passed or failed.
    pub fn of(name: &'static str, ok: bool, detail: impl Into<String>) -> Self {
        if ok { Self::passed(name, detail) } else { Self::failed(name, detail) }
    }

    fn result(name: &'static str, result: Result<String, String>) -> Self {
        let ok = result.is_ok();
        Self::of(name, ok, result.unwrap_or_else(|why| why))
    }
}

/// A certificate with its chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The certificate.
    pub certificate: X509,
    /// Its authorities from the issuer up, without the root.
    pub chain: Vec<X509>,
}

/// Checks a certificate against its request where that is known, its name and its authorities, in any order and in any form that the one reader
/// takes. `certificate` may hold its authorities too. `now` in seconds since 1970. Gives every check, and the certificate with its
/// chain where all passed.
pub fn check<'r>(
    request: impl Into<Option<&'r CertificateRequest>>,
    expected_name: Option<&str>,
    certificate: &str,
    authorities: &[String],
    now: i64,
) -> (Vec<Check>, Option<Issued>) {
    let request = request.into();
    let mut broken = Vec::new();
    let read = |one: Result<X509, _>| one.map_err(|why| broken.push(why)).ok();
    let mut given: Vec<X509> = X509::each(certificate).into_iter().filter_map(read).collect();
    let own = match request {
        Some(request) => given.iter().position(|one| one.key.spki == request.key.spki),
        None => given.iter().position(|one| one.issued_none_of(&given)).filter(|_| broken.is_empty()),
    };
    // It may be the certificate itself that cannot be read.
    if let (None, Some(why)) = (own, broken.first()) {
        return (vec![Check::failed("certificate", why.to_string())], None);
    }
    let leaf = given.remove(own.unwrap_or_default());
    let mut unread: Vec<String> =
        broken.iter().map(|why| format!("beside the certificate (unreadable: {why})")).collect();
    for (at, authority) in authorities.iter().flat_map(|text| X509::each(text)).enumerate() {
        match authority {
            Ok(authority) => given.push(authority),
            Err(why) => unread.push(format!("authority {} (unreadable: {why})", at + 1)),
        }
    }
    let mut checks = vec![Check::passed("certificate", format!("serial number {}", leaf.serial))];
    if let Some(request) = request {
        let is_own = leaf.key.spki == request.key.spki;
        let key = if is_own { format!("{}, the CSR's", leaf.key) } else { "it is not the CSR's".to_owned() };
        checks.push(Check::of("public-key", is_own, key));
    }
    let asked = request.and_then(|request| request.common_name.as_deref());
    checks.push(Check::result("name", check_name(&leaf, expected_name.or(asked))));
    if let Some(request) = request {
        checks.push(Check::result("names", check_names(&leaf, request)));
    }
    checks.push(Check::result("dates", check_dates(&leaf, now)));
    let path = path::build(&leaf, &given, now);
    checks.push(check_path(&path, unread));
    let all_passed = checks.iter().all(|check| check.ok);
    (checks, path.ok().filter(|_| all_passed).map(|path| Issued { certificate: leaf, chain: path.authorities }))
}

/// The names of a certificate, its common name where it counts.
fn found(leaf: &X509) -> String {
    let common = leaf.counting_common_name();
    listed(&leaf.names.iter().chain(&common).collect::<Vec<_>>())
}

fn check_name(leaf: &X509, expected: Option<&str>) -> Result<String, String> {
    match expected {
        Some(name) if leaf.covers(name) => Ok(name.to_owned()),
        Some(name) => Err(format!("found {}; expected {name}", found(leaf))),
        None => Ok("none expected".to_owned()),
    }
}

fn check_names(leaf: &X509, request: &CertificateRequest) -> Result<String, String> {
    let is_missing = |name: &&GeneralName| name.is_demanded() && !leaf.covers_name(name);
    let missing: Vec<&GeneralName> = request.names.iter().filter(is_missing).collect();
    match missing.as_slice() {
        [] => Ok(found(leaf)),
        missing => Err(format!("found {}; the CSR asks for {} too", found(leaf), listed(missing))),
    }
}

fn check_dates(leaf: &X509, now: i64) -> Result<String, String> {
    if leaf.not_before >= leaf.not_after {
        Err("it ends before it begins".to_owned())
    } else if leaf.not_before > now + path::SKEW {
        Err("it is not valid yet".to_owned())
    } else if leaf.not_after <= now {
        Err("it has expired".to_owned())
    } else {
        Ok(format!("valid for {} more days", (leaf.not_after - now) / 86_400))
    }
}

fn check_path(path: &Result<path::Path, String>, unread: Vec<String>) -> Check {
    let with = |text: String, more: &[String]| {
        let passed_over: Vec<&str> = more.iter().chain(&unread).map(String::as_str).collect();
        match passed_over.as_slice() {
            [] => text,
            passed_over => format!("{text}; passed over: {}", passed_over.join(", ")),
        }
    };
    let path = match path {
        Ok(path) => path,
        Err(why) => return Check::failed("chain", with(why.clone(), &[])),
    };
    let names: Vec<String> = path.authorities.iter().map(|authority| authority.subject.short()).collect();
    let mut text = if names.is_empty() { "the root signed it".to_owned() } else { names.join(" <- ") };
    for unchecked in &path.unchecked {
        text = format!("{text}; {unchecked}");
    }
    let detail = with(text, &path.passed_over);
    if path.unchecked.is_empty() { Check::passed("chain", detail) } else { Check::unchecked("chain", detail) }
}
