//! Reissue or renewal, by the paid term: what is ordered of a gateway whose certificates last less long than their term.

use std::time::Duration;

use certgate_domain::TaskKind;
use certgate_simulator::Settings;
use pretty_assertions::assert_eq;

use crate::support::binary::{at, certgate, exit, json, serve, stderr};

/// The term of 571 ends in 25 days, that of a new certificate in a year.
#[test]
fn free_within_the_term_and_paid_at_its_end() {
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let max_validity = Some(Duration::from_secs(47 * 86_400));
        let (gateway, server) = serve(Settings { max_validity, ..Settings::default() });
        let create = ["create", "--name", "new.example.com", "--new-key", "--lifetime", "12", "--out", "certs/new"];
        let more =
            ["--product", "QUICKSSLPREMIUM", "--admin", "1120", "--technical", "1120", "--software", "APACHESSL"];
        let old = ["reissue", "571", "--new-key", "--out", "certs/old"];
        for arguments in [&[&create[..], &more].concat()[..], &old] {
            let output = at(home.path(), &server, transport, arguments);
            assert_eq!(exit(&output), 0, "{}", stderr(&output));
        }
        let asked = || (gateway.asked(TaskKind::CertificateReissue), gateway.asked(TaskKind::CertificateRenew));
        assert_eq!(asked(), (1, 0), "{transport}");
        let due = |before: &str| at(home.path(), &server, transport, &["renew-due", "certs", "--renew-before", before]);
        assert_eq!(exit(&due("20d")), 8, "nothing is due");
        // Both are due: one within its term, the other at its end.
        for (before, expected) in [("50d", (2, 1)), ("50d", (4, 1))] {
            let output = due(before);
            assert_eq!((exit(&output), asked()), (0, expected), "{transport}: {}", stderr(&output));
        }
        // Its term was paid once: it goes on a year from where it ended.
        let info = json(&at(home.path(), &server, transport, &["info", "571"]));
        let of = |name: &str| {
            let moment =
                info["response"]["data"][0][name].as_str().unwrap().parse::<certgate_domain::Moment>().unwrap();
            moment.unix_seconds().unwrap()
        };
        let term_after_certificate = (of("payable") - of("expire") + 43_200) / 86_400;
        assert_eq!(term_after_certificate, 25 + 365 - 47, "{transport}");
    }
}

/// The rule of renew-due, not a flat time: a third of a short lifetime, and what the gateway asks for in the last week.
#[test]
fn status_calls_due_what_renew_due_would_order() {
    for (days, arguments, expected) in [
        (20, &[][..], "nothing"),
        (20, &["--renew-before", "30d"], "due: certgate renew-due"),
        (6, &[], "due: certgate renew-due"),
        (6, &["--here"], "nothing"),
    ] {
        let home = tempfile::tempdir().unwrap();
        let max_validity = Some(Duration::from_secs(days * 86_400));
        let (_gateway, server) = serve(Settings { max_validity, ..Settings::default() });
        let output = at(home.path(), &server, "json", &["reissue", "571", "--new-key", "--out", "certs/a"]);
        assert_eq!(exit(&output), 0, "{}", stderr(&output));
        let status = at(home.path(), &server, "json", &[&["status", "certs"][..], arguments].concat());
        assert_eq!(json(&status)["certificates"][0]["todo"], expected, "{days} days, {arguments:?}");
    }
}

#[test]
fn a_validity_that_is_none_is_refused() {
    for (given, said) in [("47", "has no unit"), ("0d", "expected at least 1d"), ("23h", "expected at least 1d")] {
        let output = certgate(&["serve", "simulator", "--listen", "127.0.0.1:0", "--max-validity", given], "");
        assert!(exit(&output) == 2 && stderr(&output).contains(said), "{given}: {}", stderr(&output));
    }
}
