//! Whether what is served is what is expected, and whether a client would take it.

use certgate_x509::{CertificateRequest, Check, Issued, X509};

use super::Served;

/// The checks of what is served, for a client that asks for that name. `now` is in seconds since 1970.
pub(super) fn compare(served: &Served, expected: &Issued, server_name: &str, now: i64) -> Vec<Check> {
    let mut checks = vec![served_check(&served.certificate, &expected.certificate), chain_check(served, expected)];
    let given: Vec<String> = served.chain.iter().map(X509::to_pem).collect();
    let leaf = served.certificate.to_pem();
    let (as_a_client, _) = certgate_x509::check(None::<&CertificateRequest>, Some(server_name), &leaf, &given, now);
    for check in as_a_client {
        match (check.name, check.ok) {
            ("name" | "dates", true) => checks.push(check),
            ("name" | "dates" | "chain", false) => {
                let detail = format!("a client refuses it ({}): {}", check.name, check.detail);
                checks.push(Check { name: if check.name == "chain" { "path" } else { check.name }, detail, ..check });
            }
            _ => {}
        }
    }
    checks
}

fn served_check(served: &X509, expected: &X509) -> Check {
    let ok = served.der() == expected.der();
    let detail = if ok {
        format!("serial number {}, the one expected", served.serial)
    } else {
        format!("found serial number {}, expected {}", served.serial, expected.serial)
    };
    Check::of("served", ok, detail)
}

/// Every authority that is expected has to be served. More may be; a client passes them over.
fn chain_check(served: &Served, expected: &Issued) -> Check {
    let is_missing = |authority: &&X509| !served.chain.iter().any(|other| other.der() == authority.der());
    let name = |authority: &X509| authority.subject.to_string();
    let missing: Vec<String> = expected.chain.iter().filter(is_missing).map(name).collect();
    let detail = match (missing.as_slice(), expected.chain.as_slice()) {
        ([], []) => "none expected".to_owned(),
        ([], chain) => chain.iter().map(name).collect::<Vec<_>>().join(" <- "),
        (missing, _) => format!("the chain lacks {}", missing.join(", ")),
    };
    Check::of("chain", missing.is_empty(), detail)
}
