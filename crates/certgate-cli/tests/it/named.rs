//! A certificate's name where its id would stand, over both protocols.

use std::{path::Path, time::Duration};

use certgate_domain::TaskKind;
use certgate_simulator::{Fault, Server, Settings};
use pretty_assertions::assert_eq;

use crate::support::binary::{Here, csr, exit, json, stderr, told};

const NEW: [&str; 7] = ["--product", "SSL123", "--admin", "1120", "--technical", "100", "--lifetime=12"];

fn create(home: &Path, server: &Server, transport: &str, name: &[&str]) -> String {
    let (code, document, said) = told(home, server, transport, &[&["create"], name, &NEW].concat());
    assert_eq!(code, 0, "{said}");
    document["certificate"]["id"].to_string()
}

#[test]
fn a_name_that_one_certificate_has() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { more_certificates: 3, ..Settings::default() });
        let by_id = here.told(&["info", "571"]).1["response"]["data"].clone();
        for command in [
            &["info", "example.com"][..],
            &["info", "Example.COM"],
            &["call", "certificate-info", "--id", "example.com"],
        ] {
            let (code, document, said) = here.told(command);
            assert_eq!((code, &document["response"]["data"]), (0, &by_id), "{command:?} {said}");
        }
        let (code, document, said) = here.told(&["reissue", "example.com", "--csr", &csr()]);
        assert_eq!((code, &document["order"]["certificate"]), (0, &571.into()), "{said}");
        let serial = document["certificate"]["histories"][0]["serialNumber"].as_str().unwrap().to_owned();
        let (code, ..) = here.told(&["revoke", "example.com", "--serial", &serial, "--yes"]);
        assert_eq!(code, 0);
        let (code, document, _) = here.told(&["delete", "host-000001.example.org", "--yes"]);
        assert_eq!((code, &document["order"]["certificate"]), (0, &10_001.into()));
        let asked = here.gateway.asked(TaskKind::CertificateList);
        let (code, ..) = here.told(&["renew", "571", "--dry-run"]);
        assert_eq!((code, here.gateway.asked(TaskKind::CertificateList)), (0, asked), "nobody is asked for an id");
    }
}

/// However a name is spelled, the same certificate is meant.
#[test]
fn names_in_unicode() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let out = here.path("out").display().to_string();
        let name = ["--new-key", "--name", "xn--bcher-kva.example", "--out", &out];
        let id = create(here.home.path(), &here.server, transport, &name);
        for spelling in ["bücher.example", "BÜCHER.example", "xn--bcher-kva.example", "XN--BCHER-KVA.example"] {
            let (code, document, said) = here.told(&["info", spelling]);
            let found = document["response"]["data"][0]["id"].to_string();
            assert_eq!((code, &found), (0, &id), "{spelling} {said}");
        }
    }
}

#[test]
fn none_or_several_are_refused_before_anything_is_sent() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let second = create(here.home.path(), &here.server, transport, &["--csr", &csr()]);
        let unsafe_tasks = [TaskKind::CertificateReissue, TaskKind::CertificateRevoke, TaskKind::CertificateDelete];
        let orders = || unsafe_tasks.map(|task| here.gateway.asked(task));
        let before = orders();
        for command in [
            &["reissue", "NAME", "--csr", &csr()][..],
            &["delete", "NAME", "--yes"],
            &["revoke", "NAME", "--serial", "0a", "--yes"],
            &["renew", "NAME"],
            &["info", "NAME"],
            &["resume", "1", "--certificate", "NAME"],
        ] {
            let of = |name| command.iter().map(|word| if *word == "NAME" { name } else { *word }).collect::<Vec<_>>();
            let (code, document, _) = here.told(&of("nobody.example"));
            let error = &document["error"];
            assert_eq!((code, &error["kind"]), (2, &"usage".into()), "{command:?}");
            assert_eq!(error["text"], "the account has no certificate named nobody.example");
            assert_eq!(error["advice"], "`certgate list` shows those that there are");
            let (code, document, _) = here.told(&of("example.com"));
            let advice = document["error"]["advice"].as_str().unwrap().to_owned();
            assert_eq!(code, 2, "{command:?}");
            assert_eq!(document["error"]["text"], "the account has 2 certificates named example.com");
            assert!(advice.starts_with("give the id of one: 571 (ends "), "{advice}");
            assert!(advice.contains(&format!("{second} (ends ")), "{advice}");
        }
        assert_eq!(orders(), before);
        let (code, document, _) = here.told(&["call", "contact-info", "--id", "example.com"]);
        assert_eq!(code, 2, "{document}");
        // Nor is one passed over that the task has no place for.
        for task in ["certificate-create", "certificate-list", "poll-info"] {
            let (code, document, _) = here.told(&["call", task, "--id", "571"]);
            let text = format!("--id: {task} takes no id");
            assert_eq!((code, &document["error"]["text"]), (2, &text.into()), "{document}");
        }
    }
}

/// Both protocols are asked for the same certificate.
#[test]
fn compare_by_name() {
    let home = tempfile::tempdir().unwrap();
    let output = crate::support::binary::certgate_in(
        home.path(),
        &["compare", "certificate-info", "--id", "example.com", "--sandbox", "--output", "json"],
        "",
    );
    assert_eq!(exit(&output), 0, "{}", stderr(&output));
    assert_eq!(json(&output)["differences"], 0);
}

/// A gateway keeps names in A-labels, in whatever spelling they are ordered: the order is found there all the same, waited for, and not placed twice.
#[test]
fn an_order_by_a_name_in_unicode() {
    let create = TaskKind::CertificateCreate;
    let order = [&["create", "--new-key", "--out", "out", "--name", "bücher.example"], &NEW[..]].concat();
    for transport in ["xml", "json"] {
        let slow = || Settings { job_time: Duration::from_secs(600), ..Settings::default() };
        let lost = Here::new(transport, Settings { faults: vec![Fault::DropAfterRead(Some(create))], ..slow() });
        assert_eq!(lost.told(&order).0, 9, "{transport}");
        let (code, resumed, said) = lost.told(&["resume", "--timeout", "1s"]);
        let found = &resumed["orders"][0]["order"];
        assert_eq!((code, &found["state"]), (6, &"pending".into()), "{transport}: {said}");
        assert!(found["job"]["id"].is_number(), "{transport}: {resumed}");

        // Another store's.
        let here = Here::new(transport, slow());
        assert_eq!(here.told(&[&order[..], &["--no-wait"]].concat()).0, 6, "{transport}");
        let other = tempfile::tempdir().unwrap();
        let (code, refused, said) = told(other.path(), &here.server, transport, &order);
        assert_eq!((code, here.orders()), (6, 1), "{transport}: {refused} {said}");

        // By its name alone, since nobody says its job.
        let terse =
            Here::new(transport, Settings { faults: vec![Fault::DropAfterRead(Some(create))], ..Settings::default() });
        assert_eq!(terse.told(&order).0, 9, "{transport}");
        let (code, resumed, said) = terse.told(&["resume", "--foreign", "leave"]);
        assert_eq!((code, &resumed["orders"][0]["order"]["state"]), (0, &"done".into()), "{transport}: {said}");
    }
}
