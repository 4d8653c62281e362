//! The checks of a certificate after its issue, before anything is written.

use crate::{CertificateRequest, X509};

/// A check and how it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Its name.
    pub name: &'static str,
    /// Whether it passed.
    pub ok: bool,
    /// What was found.
    pub detail: String,
}

/// A certificate with its chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The certificate.
    pub certificate: X509,
    /// Its authorities from the issuer up, without the root.
    pub chain: Vec<X509>,
}

/// How far a certificate's start may lie ahead: clocks differ.
const SKEW: i64 = 300;

/// Checks a certificate (PEM) against its request, its name and its authorities (PEM, in any order). `now` in seconds since
/// 1970. Gives every check, and the certificate with its chain where all passed.
pub fn check(
    request: &CertificateRequest,
    expected_name: Option<&str>,
    certificate: &str,
    authorities: &[String],
    now: i64,
) -> (Vec<Check>, Option<Issued>) {
    let leaf = match X509::from_pem(certificate) {
        Ok(leaf) => leaf,
        Err(why) => return (vec![Check { name: "certificate", ok: false, detail: why.to_string() }], None),
    };
    let mut checks = vec![Check { name: "certificate", ok: true, detail: format!("serial number {}", leaf.serial) }];
    let mut add = |name, ok, detail: String| checks.push(Check { name, ok, detail });

    let same = leaf.key.spki == request.key.spki;
    add("public-key", same, if same { format!("{}, the CSR's", leaf.key) } else { "it is not the CSR's".to_owned() });

    let found = || leaf.names.iter().chain(&leaf.subject).map(String::as_str).collect::<Vec<_>>().join(", ");
    let name = expected_name.or(request.common_name.as_deref());
    match name {
        Some(name) if leaf.covers(name) => add("name", true, name.to_owned()),
        Some(name) => add("name", false, format!("found {}; expected {name}", found())),
        None => add("name", true, "none expected".to_owned()),
    }
    match request.names.iter().find(|name| !leaf.covers(name)) {
        None => add("names", true, found()),
        Some(missing) => add("names", false, format!("found {}; the CSR asks for {missing} too", found())),
    }
    let dates = if leaf.not_before >= leaf.not_after {
        Err("it ends before it begins".to_owned())
    } else if leaf.not_before > now + SKEW {
        Err("it is not valid yet".to_owned())
    } else if leaf.not_after <= now {
        Err("it has expired".to_owned())
    } else {
        Ok(format!("valid for {} more days", (leaf.not_after - now) / 86_400))
    };
    add("dates", dates.is_ok(), dates.unwrap_or_else(|why| why));

    let chain = chain(&leaf, authorities, now);
    add(
        "chain",
        chain.is_ok(),
        match &chain {
            Ok(chain) => {
                let names: Vec<&str> = chain.iter().filter_map(|authority| authority.subject.as_deref()).collect();
                if names.is_empty() { "the root signed it".to_owned() } else { names.join(" <- ") }
            }
            Err(why) => why.clone(),
        },
    );
    let all = checks.iter().all(|check| check.ok);
    (checks, chain.ok().filter(|_| all).map(|chain| Issued { certificate: leaf, chain }))
}

/// Orders the authorities from the issuer up. The root, where given, is checked and left out.
fn chain(leaf: &X509, authorities: &[String], now: i64) -> Result<Vec<X509>, String> {
    let mut open = Vec::new();
    for (at, pem) in authorities.iter().enumerate() {
        open.push(X509::from_pem(pem).map_err(|why| format!("authority {}: {why}", at + 1))?);
    }
    if open.is_empty() {
        return Err("the gateway gave no certificate of the issuing authority".to_owned());
    }
    let mut chain: Vec<X509> = Vec::new();
    loop {
        let last = chain.last().unwrap_or(leaf);
        let Some(at) = open.iter().position(|authority| authority.is_ca() && last.is_signed_by(authority)) else {
            break;
        };
        let issuer = open.remove(at);
        if issuer.not_after <= now {
            return Err(format!("authority {} has expired", issuer.subject.as_deref().unwrap_or("without a name")));
        }
        if issuer.is_self_signed() {
            return Ok(chain);
        }
        chain.push(issuer);
    }
    if chain.is_empty() {
        return Err("none of the authorities given signed it".to_owned());
    }
    Ok(chain)
}
