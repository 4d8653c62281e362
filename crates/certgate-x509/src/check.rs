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

    let found = || {
        let common = leaf.subject.iter().filter(|name| !leaf.names.contains(name));
        leaf.names.iter().chain(common).map(String::as_str).collect::<Vec<_>>().join(", ")
    };
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
            Ok(Chain { authorities, strangers }) => {
                let listed = |list: &[X509], between: &str| list.iter().map(named).collect::<Vec<_>>().join(between);
                let found = match authorities.as_slice() {
                    [] => "the root signed it".to_owned(),
                    authorities => listed(authorities, " <- "),
                };
                match strangers.as_slice() {
                    [] => found,
                    strangers => format!("{found}; passed over: {}", listed(strangers, ", ")),
                }
            }
            Err(why) => why.clone(),
        },
    );
    let all = checks.iter().all(|check| check.ok);
    (checks, chain.ok().filter(|_| all).map(|chain| Issued { certificate: leaf, chain: chain.authorities }))
}

/// The authorities of a certificate.
struct Chain {
    /// From the issuer up, without the root.
    authorities: Vec<X509>,
    /// Given, but none of its authorities.
    strangers: Vec<X509>,
}

fn named(authority: &X509) -> &str {
    authority.subject.as_deref().unwrap_or("one without a name")
}

/// Orders the authorities from the issuer up. The root, where given, is checked and left out.
fn chain(leaf: &X509, authorities: &[String], now: i64) -> Result<Chain, String> {
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
            return Err(format!("authority {} has expired", named(&issuer)));
        }
        if issuer.is_self_signed() {
            return Ok(Chain { authorities: chain, strangers: open });
        }
        chain.push(issuer);
    }
    if chain.is_empty() {
        return Err("none of the authorities given signed it".to_owned());
    }
    Ok(Chain { authorities: chain, strangers: open })
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, date_time_ymd};

    use super::check;
    use crate::CertificateRequest;

    /// 2026-01-15.
    const NOW: i64 = 1_768_435_200;

    fn params(name: &str, names: &[&str]) -> CertificateParams {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2026, 2, 1);
        params
    }

    fn authority(name: &str, not_after: i32) -> CertificateParams {
        let mut params = params(name, &[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.not_after = date_time_ymd(not_after, 1, 1);
        params
    }

    /// Root, intermediate, leaf.
    struct Scene {
        root: String,
        intermediate: String,
        leaf: String,
        stranger: String,
        request: CertificateRequest,
    }

    fn scene(names: &[&str], intermediate_until: i32) -> Scene {
        let (root_key, key, leaf_key) =
            (KeyPair::generate().unwrap(), KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let root = authority("root", 2030);
        let root_pem = root.self_signed(&root_key).unwrap().pem();
        let intermediate = authority("intermediate", intermediate_until);
        let intermediate_pem = intermediate.signed_by(&key, &Issuer::new(root, root_key)).unwrap().pem();
        let leaf = params("example.com", names).signed_by(&leaf_key, &Issuer::new(intermediate, key)).unwrap().pem();
        // The intermediate's name, but another key: links by name only.
        let stranger = authority("intermediate", 2030).self_signed(&KeyPair::generate().unwrap()).unwrap().pem();
        let csr = params("example.com", &["example.com"]).serialize_request(&leaf_key).unwrap().pem().unwrap();
        let request = CertificateRequest::from_pem(&csr).unwrap();
        Scene { root: root_pem, intermediate: intermediate_pem, leaf, stranger, request }
    }

    #[test]
    fn chains() {
        let Scene { root, intermediate, leaf, stranger, request } = scene(&["example.com"], 2030);
        let expired = scene(&["example.com"], 2026);
        for (what, scene, authorities, expected, length) in [
            ("in order", (&request, &leaf), vec![&intermediate, &root], Ok("intermediate"), 1),
            ("turned round", (&request, &leaf), vec![&root, &intermediate], Ok("intermediate"), 1),
            ("no root", (&request, &leaf), vec![&intermediate], Ok("intermediate"), 1),
            (
                "one too many",
                (&request, &leaf),
                vec![&stranger, &intermediate, &root],
                Ok("intermediate; passed over: intermediate"),
                1,
            ),
            ("none", (&request, &leaf), vec![], Err("the gateway gave no certificate of the issuing authority"), 0),
            ("not the issuer", (&request, &leaf), vec![&root], Err("none of the authorities given signed it"), 0),
            ("only the name", (&request, &leaf), vec![&stranger], Err("none of the authorities given signed it"), 0),
            (
                "expired",
                (&expired.request, &expired.leaf),
                vec![&expired.intermediate],
                Err("authority intermediate has expired"),
                0,
            ),
        ] {
            let authorities: Vec<String> = authorities.into_iter().cloned().collect();
            let (checks, issued) = check(scene.0, None, scene.1, &authorities, NOW);
            let chain = checks.iter().find(|check| check.name == "chain").unwrap();
            let found = if chain.ok { Ok(chain.detail.as_str()) } else { Err(chain.detail.as_str()) };
            assert_eq!((found, issued.map_or(0, |issued| issued.chain.len())), (expected, length), "{what}");
        }
    }

    #[test]
    fn the_other_checks() {
        let right = scene(&["example.com"], 2030);
        let wildcard = scene(&["*.example.com"], 2030);
        let (yes, no) = (true, false);
        for (what, scene, name, now, expected) in [
            ("right", &right, None, NOW, [yes; 6]),
            ("another name", &right, Some("example.org"), NOW, [yes, yes, no, yes, yes, yes]),
            ("a name of the CSR missing", &wildcard, Some("www.example.com"), NOW, [yes, yes, yes, no, yes, yes]),
            ("both names missing", &wildcard, None, NOW, [yes, yes, no, no, yes, yes]),
            ("within the skew", &right, None, 1_767_225_600 - 300, [yes; 6]),
            ("not yet", &right, None, 1_767_225_600 - 301, [yes, yes, yes, yes, no, yes]),
            ("expired", &right, None, 1_769_904_000, [yes, yes, yes, yes, no, yes]),
        ] {
            let authorities = [scene.root.clone(), scene.intermediate.clone()];
            let (checks, issued) = check(&scene.request, name, &scene.leaf, &authorities, now);
            let names: Vec<&str> = checks.iter().map(|check| check.name).collect();
            assert_eq!(names, ["certificate", "public-key", "name", "names", "dates", "chain"]);
            let found: Vec<bool> = checks.iter().map(|check| check.ok).collect();
            assert_eq!((found.as_slice(), issued.is_some()), (&expected[..], expected == [yes; 6]), "{what}");
        }
        let (checks, issued) = check(&wildcard.request, Some("www.example.com"), &right.leaf, &[], NOW);
        let failed: Vec<_> = checks.iter().filter(|check| !check.ok).map(|check| check.detail.as_str()).collect();
        assert_eq!(
            failed,
            [
                "it is not the CSR's",
                "found example.com; expected www.example.com",
                "the gateway gave no certificate of the issuing authority",
            ]
        );
        assert_eq!(issued, None);
        let (checks, issued) = check(&right.request, None, "-----BEGIN", &[], NOW);
        assert_eq!((checks.len(), checks[0].ok, issued), (1, false, None));
    }
}
