//! The life of a certificate: ordered, renewed, revoked, deleted, over both protocols with the same results.

use certgate_domain::TaskKind;
use certgate_simulator::{Fault, Gateway, Server, Settings};
use std::path::Path;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::support::binary::{Here, certgate_in, csr, endpoint, exit, json, serve, stderr};

/// Runs a command against a gateway; JSON, and messages of others into a folder of the test's own.
fn run(server: &Server, transport: &str, arguments: &[&str]) -> (i32, Value, String) {
    let folder = tempfile::tempdir().unwrap();
    run_in(folder.path(), server, transport, arguments)
}

/// The same with a store that stays.
fn run_in(home: &Path, server: &Server, transport: &str, arguments: &[&str]) -> (i32, Value, String) {
    let at = endpoint(server, transport);
    let mut all = arguments.to_vec();
    all.extend(["--transport", transport, "--endpoint", &at, "--output", "json"]);
    let output = certgate_in(home, &all, "");
    (exit(&output), json(&output), stderr(&output))
}

fn gateway(settings: Settings) -> (Gateway, Server) {
    serve(settings)
}

const ORDER: [&str; 8] = ["--product", "SSL123", "--admin", "1120", "--technical", "100", "--lifetime", "12"];

#[test]
fn create_renew_reissue_revoke_delete() {
    let mut stories = Vec::new();
    for transport in ["xml", "json"] {
        let folder = tempfile::tempdir().unwrap();
        let spool = folder.path().join("spool").display().to_string();
        let out = folder.path().join("out").display().to_string();
        let csr = csr();
        let (gateway, server) = gateway(Settings { foreign_first: 1, ..Settings::default() });
        let mut story = Vec::new();

        let mut create = vec!["create", "--csr", &csr, "--spool", &spool, "--out", &out];
        create.extend(ORDER);
        let (code, created, said) = run(&server, transport, &create);
        assert_eq!(code, 0, "{said}");
        let id = created["certificate"]["id"].as_i64().unwrap();
        assert_eq!(
            (id, &created["certificate"]["product"], &created["order"]["state"]),
            (572, &json!("SSL123"), &json!("done"))
        );
        assert!(created["checks"].as_array().unwrap().iter().all(|check| check["ok"] == true));
        let cert = std::fs::read_to_string(created["files"]["cert"].as_str().unwrap()).unwrap();
        let id = id.to_string();
        story.push((code, created["certificate"]["name"].clone()));

        let (code, reissued, said) =
            run(&server, transport, &["reissue", &id, "--csr", &csr, "--out", &out, "--spool", &spool]);
        assert_eq!(code, 0, "{said}");
        let histories = reissued["certificate"]["histories"].as_array().unwrap();
        assert_eq!(histories.len(), 1);
        let serial = histories[0]["serialNumber"].as_str().unwrap().to_owned();
        assert_ne!(std::fs::read_to_string(reissued["files"]["cert"].as_str().unwrap()).unwrap(), cert);

        let (code, revoked, said) = run(&server, transport, &["revoke", &id, "--serial", &serial, "--yes"]);
        assert_eq!((code, &revoked["response"]["status"]["code"]), (0, &json!("S4001031")), "{said}");
        let (_, info, _) = run(&server, transport, &["info", &id]);
        assert!(info["response"]["data"][0]["histories"][0]["revoked"].is_string());
        let (code, again, _) = run(&server, transport, &["revoke", &id, "--serial", "00ff", "--yes"]);
        assert_eq!((code, &again["error"]["messages"][0]["code"]), (3, &json!("EF01000")));

        let (code, early, _) = run(&server, transport, &["renew", &id, "--spool", &spool]);
        assert_eq!(
            (code, &early["error"]["messages"][0]["code"]),
            (3, &json!("EF4001012")),
            "fresh certificates are not renewed"
        );
        let (code, renewed, said) = run(&server, transport, &["renew", "571", "--spool", &spool]);
        assert_eq!((code, &renewed["order"]["state"]), (0, &json!("done")), "{said}");
        story.push((code, renewed["certificate"]["name"].clone()));

        let (code, deleted, said) = run(&server, transport, &["delete", &id, "--yes", "--spool", &spool]);
        assert_eq!(
            (code, &deleted["order"]["state"], &deleted["order"]["job"]["status"]),
            (0, &json!("done"), &json!("SUCCESS")),
            "{said}"
        );
        let (code, gone, _) = run(&server, transport, &["info", &id]);
        assert_eq!((code, &gone["error"]["code"]), (3, &json!("E400104")));
        assert_eq!((gateway.counts().orders, gateway.queue_len()), (4, 0));
        assert_eq!(std::fs::read_dir(&spool).unwrap().count(), 1, "the message of somebody else's is kept");
        stories.push(story);
    }
    assert_eq!(stories[0], stories[1]);
}

#[test]
fn nothing_that_cannot_be_undone_without_a_yes() {
    for transport in ["xml", "json"] {
        let (gateway, server) = gateway(Settings::default());
        for command in [
            vec!["delete", "571"],
            vec!["revoke", "571", "--serial", "0a"],
            vec!["contact", "delete", "1120"],
            vec!["job", "cancel", "1"],
        ] {
            let (code, document, _) = run(&server, transport, &command);
            assert_eq!((code, &document["error"]["kind"]), (2, &json!("usage")), "{command:?}");
            assert!(document["error"]["text"].as_str().unwrap().contains("give --yes"), "{document}");
        }
        for command in [vec!["delete", "571", "--dry-run"], vec!["revoke", "571", "--serial", "0a", "--dry-run"]] {
            let (code, document, _) = run(&server, transport, &command);
            assert_eq!(code, 0);
            assert!(!document["requests"].as_array().unwrap().is_empty());
        }
        assert_eq!(gateway.counts().requests, 0, "nothing was sent");
    }
}

#[test]
fn orders_are_never_sent_twice() {
    let csr = csr();
    for transport in ["xml", "json"] {
        let mut create = vec!["create", "--csr", &csr];
        create.extend(ORDER);
        for (command, kind) in [
            (create.clone(), TaskKind::CertificateCreate),
            (vec!["renew", "571"], TaskKind::CertificateRenew),
            (vec!["delete", "571", "--yes"], TaskKind::CertificateDelete),
        ] {
            for fault in [Fault::DropAfterRead(Some(kind)), Fault::Html502(Some(kind)), Fault::CutShort(Some(kind))] {
                let (gateway, server) = gateway(Settings { faults: vec![fault.clone()], ..Settings::default() });
                let (code, document, _) = run(&server, transport, &command);
                assert_eq!((code, &document["error"]["kind"]), (9, &json!("unknown")), "{command:?} {fault:?}");
                assert_eq!((gateway.asked(kind), gateway.counts().orders), (1, 1), "{command:?} {fault:?}");
            }
        }
    }
}

#[test]
fn left_alone_and_carried_on() {
    let csr = csr();
    for transport in ["xml", "json"] {
        let (gateway, server) = gateway(Settings { foreign_first: 1, ..Settings::default() });
        let folder = tempfile::tempdir().unwrap();
        let spool = folder.path().join("spool").display().to_string();
        let mut create = vec!["create", "--csr", &csr, "--no-wait"];
        create.extend(ORDER);
        let (code, pending, _) = run_in(folder.path(), &server, transport, &create);
        assert_eq!((code, &pending["error"]["kind"]), (6, &json!("pending")));
        let command = pending["resume"].as_str().unwrap().to_owned();
        let words: Vec<&str> = command.split(' ').skip(1).chain(["--spool", &spool]).collect();
        let (code, done, said) = run_in(folder.path(), &server, transport, &words);
        assert_eq!((code, &done["certificate"]["id"]), (0, &json!(572)), "{command}: {said}");
        assert_eq!(gateway.counts().orders, 1);

        // Without touching the queue the new certificate is found by its name and its key.
        let mut create = vec!["create", "--csr", &csr, "--foreign", "leave"];
        create.extend(ORDER);
        let (code, done, said) = run_in(folder.path(), &server, transport, &create);
        assert_eq!((code, &done["certificate"]["id"]), (0, &json!(573)), "{said}");
        assert!(gateway.asked(TaskKind::CertificateList) > 0 && gateway.queue_len() > 0);

        let (code, pending, _) = run_in(folder.path(), &server, transport, &["renew", "571", "--no-wait"]);
        let command = pending["resume"].as_str().unwrap().to_owned();
        assert_eq!(code, 6);
        let words: Vec<&str> = command.split(' ').skip(1).chain(["--spool", &spool]).collect();
        let (code, done, said) = run_in(folder.path(), &server, transport, &words);
        assert_eq!((code, &done["order"]["state"]), (0, &json!("done")), "{command}: {said}");
    }
}

#[test]
fn what_is_missing_is_said_before_anything_is_sent() {
    let csr = csr();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out").display().to_string();
    let (gateway, server) = gateway(Settings::default());
    for (arguments, said) in [
        (
            vec!["create"],
            "a new certificate needs a CSR, a product, an administrative contact and a technical contact:   --csr FILE: the CSR; \
             or --new-key, or --key FILE, with --out DIR\n  --product CODE: such as QUICKSSLPREMIUM; certgate list shows those of \
             yours\n  --admin ID: the id of a contact: certgate contact list\n  --technical ID: the id of a contact: certgate \
             contact list",
        ),
        (vec!["create", "--new-key", "--out", &out, "--admin", "1", "--technical", "1"], "needs a name and a product:"),
        (
            vec!["create", "--csr", &csr, "--product", "X", "--admin", "1"],
            "needs a technical contact:   --technical ID",
        ),
        (vec!["reissue", "571"], "give --csr, --new-key or --key"),
        (
            vec!["reissue", "571", "--csr", "none.csr"],
            "os error 2): give another --csr, or a key: --new-key or --key, with --out",
        ),
        (
            vec!["reissue", "571", "--key", "none.pem", "--out", &out],
            "os error 2): give another --key, or --new-key to make one, or a CSR with --csr",
        ),
        (
            vec![
                "create",
                "--csr",
                &csr,
                "--product",
                "X",
                "--admin",
                "1",
                "--technical",
                "1",
                "--name",
                "other.example",
            ],
            "the CSR's common name is `example.com`, the certificate's name is `other.example`",
        ),
        (vec!["revoke", "571", "--serial", "zz", "--yes"], "--serial `zz`: expected hexadecimal digits"),
    ] {
        let (code, document, _) = run(&server, "json", &arguments);
        let error = &document["error"];
        let text = format!("{}: {}", error["text"].as_str().unwrap(), error["advice"].as_str().unwrap_or_default());
        assert!(code == 2 && text.contains(said), "{arguments:?}: {code} {text}");
    }
    assert_eq!(gateway.counts().requests, 0);
}

#[test]
fn a_session_stands_for_the_password_and_is_always_closed() {
    let csr = csr();
    for transport in ["xml", "json"] {
        for (fault, expected) in [(None, 0), (Some(Fault::DropAfterRead(Some(TaskKind::CertificateReissue))), 9)] {
            let (gateway, server) = gateway(Settings { faults: fault.into_iter().collect(), ..Settings::default() });
            let folder = tempfile::tempdir().unwrap();
            let trace = folder.path().join("trace.jsonl").display().to_string();
            let (code, _, said) =
                run(&server, transport, &["reissue", "571", "--csr", &csr, "--session", "--trace", &trace]);
            assert_eq!(code, expected, "{said}");
            assert_eq!((gateway.asked(TaskKind::SessionCreate), gateway.asked(TaskKind::SessionDelete)), (1, 1));
            assert_eq!(gateway.sessions(), 0);
        }
    }
}

/// An order that `call` sends is as open as any other, and is carried on with.
#[test]
fn what_call_orders_is_pending() {
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let (gateway, server) = gateway(Settings::default());
        let order = json!({
            "name": "example.com", "product": "QUICKSSLPREMIUM", "csr": std::fs::read_to_string(csr()).unwrap(),
            "software": "APACHE2", "lifetime": { "unit": "MONTH", "period": 12 }, "adminContact": { "id": 1120 },
            "technicalContact": { "id": 1120 }, "authentication": { "method": "DNS", "provisioning": true },
        });
        let data = home.path().join("order.json");
        std::fs::write(&data, order.to_string()).unwrap();
        let call = ["call", "certificate-reissue", "--id", "571", "--data", data.to_str().unwrap()];
        let (code, document, said) = run_in(home.path(), &server, transport, &call);
        let job = document["response"]["data"][0]["id"].to_string();
        assert!(code == 6 && said.contains(&format!("carry on with: certgate resume {job}")), "{code} {said}");
        let (code, document, said) = run_in(home.path(), &server, transport, &["resume", &job]);
        assert_eq!((code, &document["order"]["state"], gateway.counts().orders), (0, &json!("done"), 1), "{said}");
    }
}

/// A revocation has no job; that the certificate shows it settles one whose answer was lost.
#[test]
fn a_lost_revocation() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let (_, reissued, said) = here.told(&["reissue", "571", "--csr", &csr()]);
        let serial =
            reissued["certificate"]["histories"][0]["serialNumber"].as_str().unwrap_or_else(|| panic!("{said}"));
        let revoke = ["revoke", "571", "--serial", serial, "--yes"];
        here.gateway.inject(Fault::DropBeforeRead(Some(TaskKind::CertificateRevoke)));
        assert_eq!(here.told(&revoke).0, 9, "{transport}");
        let (code, open, said) = here.told(&["resume", "--timeout", "1s"]);
        assert_eq!((code, said.contains("orders adopt")), (9, false), "{transport}: {said}");
        assert!(said.contains("is not shown as revoked"), "{transport}: {said}");
        let id = open["orders"][0]["order"]["id"].as_str().unwrap();
        let (code, _, said) = here.told(&["orders", "adopt", id, "--job", "7"]);
        assert_eq!((code, said.contains("certificate-revoke, which has no job at the gateway")), (2, true), "{said}");
        assert_eq!(here.told(&["orders", "abandon", id, "--yes"]).0, 0, "{transport}");
        here.gateway.inject(Fault::DropAfterRead(Some(TaskKind::CertificateRevoke)));
        assert_eq!(here.told(&revoke).0, 9, "{transport}");
        let (code, settled, said) = here.told(&["resume", "--timeout", "1s"]);
        assert_eq!((code, &settled["orders"][0]["order"]["state"]), (0, &json!("done")), "{transport}: {said}");
    }
}
