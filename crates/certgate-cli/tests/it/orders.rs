//! What a person decides about orders: given up or named only where no living process has them, and never a way to a second one.

use std::{process::Stdio, time::Duration};

use certgate_domain::TaskKind;
use certgate_keys::{KeyType, PrivateKey};
use certgate_simulator::{Fault, Settings};
use pretty_assertions::assert_eq;
use serde_json::json;

use crate::support::binary::{
    Here, arguments, certgate_in, command, csr, endpoint, exit, fast, json, secret, serve, stderr, told, until,
};

const REISSUE: Option<TaskKind> = Some(TaskKind::CertificateReissue);

/// While its process lives, an order in flight is nobody else's to decide about.
#[test]
fn an_order_of_a_living_process_is_left_to_it() {
    for transport in ["xml", "json"] {
        let csr = csr();
        let fault = Fault::Late(REISSUE, Duration::from_secs(4));
        let here = Here::new(transport, Settings { faults: vec![fault], ..Settings::default() });
        let first = arguments(here.home.path(), &here.server, transport, &["reissue", "571", "--csr", &csr]);
        let mut first = command(here.home.path(), &first.iter().map(String::as_str).collect::<Vec<_>>());
        let child = first.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        until("it is ordered", || here.orders() == 1);
        let (_, listed, _) = here.told(&["orders"]);
        let id = listed["orders"][0]["order"]["id"].as_str().unwrap();
        let (code, second, said) = here.told(&["reissue", "571", "--csr", &csr]);
        assert_eq!((code, &second["order"]["id"]), (6, &json!(id)), "{said}");
        assert!(said.contains("another process is at it"), "{said}");
        for words in
            [vec!["orders", "abandon", id, "--yes"], vec!["orders", "adopt", id, "--job", "7"], vec!["resume", id]]
        {
            let (code, document, _) = here.told(&words);
            assert_eq!((code, &document["error"]["kind"]), (6, &json!("pending")), "{words:?} {document}");
            let resume = json!(format!("certgate resume --config {} {id}", fast(here.home.path())));
            assert_eq!((&document["order"]["id"], &document["resume"]), (&json!(id), &resume), "{words:?} {document}");
            assert_eq!(document["order"]["certificate"], 571, "{words:?} {document}");
        }
        let output = child.wait_with_output().unwrap();
        assert_eq!((exit(&output), &json(&output)["order"]["state"]), (0, &json!("done")), "{}", stderr(&output));
        assert_eq!(here.orders(), 1);
    }
}

/// A job that a person names is looked at before it counts, and a mistake can be taken back.
#[test]
fn a_job_that_is_named_by_hand_is_looked_at() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let csr = csr();
        let reissue = ["reissue", "571", "--csr", &csr];
        let (first, _) = here.run(&reissue, 0);
        let known = first["order"]["job"]["id"].to_string();

        here.gateway.inject(Fault::DropBeforeRead(REISSUE));
        let (code, lost, said) = here.told(&reissue);
        assert_eq!((code, &lost["order"]["state"]), (9, &json!("unknown")), "{said}");
        let id = lost["order"]["id"].as_str().unwrap();

        let adopt = |job: &str| here.told(&["orders", "adopt", id, "--job", job]);
        let (code, document, _) = adopt(&known);
        let text = document["error"]["text"].as_str().unwrap();
        assert!(code == 2 && text.contains(first["order"]["id"].as_str().unwrap()), "it is another order's: {text}");
        let (code, document, _) = adopt("999999");
        assert_eq!(
            (code, &document["order"]["state"], &document["order"]["job"]["id"]),
            (0, &json!("unknown"), &json!(999_999))
        );
        let (document, _) = here.run(&["resume", id], 9);
        assert!(
            document["seen"].to_string().contains("job 999999, named by hand, is no job of the account"),
            "{document}"
        );

        let (code, document, _) = here.told(&["orders", "abandon", id, "--yes"]);
        assert_eq!((code, &document["order"]["id"], &document["order"]["state"]), (0, &json!(id), &json!("abandoned")));
        let (code, _, said) = here.told(&reissue);
        assert_eq!((code, here.orders()), (0, 2), "{said}");
    }
}

/// What a person names right is carried on with.
#[test]
fn a_job_that_is_named_right_is_carried_on_with() {
    for transport in ["xml", "json"] {
        let other = tempfile::tempdir().unwrap();
        let here = Here::new(transport, Settings::default());
        let csr = csr();
        here.gateway.inject(Fault::DropBeforeRead(REISSUE));
        let reissue = ["reissue", "571", "--csr", &csr];
        let (lost, _) = here.run(&reissue, 9);
        let id = lost["order"]["id"].as_str().unwrap();
        // Somebody else did it meanwhile.
        let (code, done, said) = told(other.path(), &here.server, transport, &reissue);
        assert_eq!(code, 0, "{said}");
        let job = done["order"]["job"]["id"].to_string();
        here.run(&["orders", "adopt", id, "--job", &job], 0);
        let (code, document, said) = here.told(&["resume", id]);
        assert_eq!((code, &document["order"]["state"]), (0, &json!("done")), "{said}");
        assert_eq!(here.orders(), 1);
    }
}

/// One store may hold the orders of several accounts: none is taken for another's.
#[test]
fn orders_of_another_account_are_left_alone() {
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let csr = csr();
        let (demo, at_demo) = serve(Settings { jobs_never_end: true, ..Settings::default() });
        let (live, at_live) = serve(Settings::default());
        let (code, pending, _) =
            told(home.path(), &at_demo, transport, &["reissue", "571", "--csr", &csr, "--no-wait"]);
        assert_eq!(code, 6);
        let id = pending["order"]["id"].as_str().unwrap();
        let (code, document, _) = told(home.path(), &at_live, transport, &["resume", id]);
        let text = document["error"]["text"].as_str().unwrap();
        assert!(code == 2 && text.contains(&format!("order {id} belongs to user@9 at ")), "{code} {text}");
        assert_eq!(live.counts().requests, 0);
        let (code, _, said) = told(home.path(), &at_live, transport, &["reissue", "571", "--csr", &csr]);
        assert_eq!((code, live.counts().orders, demo.counts().orders), (0, 1, 1), "{said}");
    }
}

/// An order that stands in the way is named with its job, and does not keep an earlier certificate from being revoked.
#[test]
fn what_stands_in_the_way_is_named() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { jobs_never_end: true, ..Settings::default() });
        let csr = csr();
        let reissue = ["reissue", "571", "--csr", &csr, "--no-wait"];
        let (_, first, _) = here.told(&reissue);
        let id = first["order"]["id"].as_str().unwrap();
        let (code, second, _) = here.told(&reissue);
        assert_eq!(
            (code, &second["order"], &second["resume"]),
            (6, &first["order"], &json!(format!("certgate resume --config {} {id}", fast(here.home.path())))),
            "{second}"
        );
        let (code, _, said) = here.told(&["revoke", "571", "--serial", "0a", "--yes"]);
        assert_eq!(
            (code, here.gateway.asked(TaskKind::CertificateRevoke)),
            (3, 1),
            "the gateway has no such one: {said}"
        );
    }
}

/// A job that was there before the order left is somebody else's, however much it looks like ours.
#[test]
fn a_job_from_before_is_not_taken_for_the_orders() {
    let csr = csr();
    std::thread::scope(|scope| {
        // The gateway's clock need not be ours.
        for (transport, clock_ahead) in [("xml", 240), ("json", -240)] {
            let csr = &csr;
            scope.spawn(move || {
                let other = tempfile::tempdir().unwrap();
                let settings = Settings { job_time: Duration::from_secs(1), clock_ahead, ..Settings::default() };
                let here = Here::new(transport, settings);
                let reissue = ["reissue", "571", "--csr", csr, "--no-wait"];
                let (code, theirs, said) = told(other.path(), &here.server, transport, &reissue);
                assert_eq!(code, 6, "{said}");
                // Times are whole seconds: only from the third on it is certain which came first.
                std::thread::sleep(Duration::from_secs(4));
                for fault in [Fault::DropBeforeRead(REISSUE), Fault::DropAfterRead(REISSUE)] {
                    let arrives = fault == Fault::DropAfterRead(REISSUE);
                    here.gateway.inject(fault);
                    let (lost, _) = here.run(&reissue, 9);
                    let id = lost["order"]["id"].as_str().unwrap();
                    let resume = ["resume", id, "--timeout", "1s"];
                    let (code, document, said) = here.told(&resume);
                    if arrives {
                        assert!(code == 0 || code == 6, "done, or on its way: {said}");
                        assert!(document["order"]["job"]["id"].is_number(), "{document}");
                        assert_ne!(document["order"]["job"]["id"], theirs["order"]["job"]["id"]);
                    } else {
                        let seen = format!("job {} is from before the order", theirs["order"]["job"]["id"]);
                        assert!(code == 9 && document["seen"].to_string().contains(&seen), "{said}");
                        here.run(&["orders", "abandon", id, "--yes"], 0);
                    }
                }
            });
        }
    });
}

/// An order that never arrived needs no person: once nothing shows of it for longer than a request can be under way, it is over.
#[test]
fn an_order_that_never_arrived_is_settled() {
    for transport in ["xml", "json"] {
        let here =
            Here::new(transport, Settings { faults: vec![Fault::DropBeforeRead(REISSUE)], ..Settings::default() });
        let csr = csr();
        let reissue = ["reissue", "571", "--csr", &csr];
        let (lost, _) = here.run(&reissue, 9);
        let id = lost["order"]["id"].as_str().unwrap();
        let (code, document, said) = here.told(&["resume", id]);
        assert_eq!((code, &document["order"]["state"]), (9, &json!("unknown")), "a quarter of an hour is not over");
        assert!(said.contains(document["settles"].as_str().unwrap()), "{said}");
        // A profile that waits for a second.
        let config = here.path("hasty.toml");
        std::fs::write(&config, "[live]\nrequests_per_second = 1000\nsettle_after = \"1s\"\n").unwrap();
        let (config, at) = (config.display().to_string(), endpoint(&here.server, transport));
        let common = ["--transport", transport, "--endpoint", &at, "--output", "json", "--config", &config];
        let resume = [&["resume", id][..], &common].concat();
        let mut settled = certgate_in(here.home.path(), &resume, "");
        until("it is settled", || {
            if exit(&settled) == 9 {
                settled = certgate_in(here.home.path(), &resume, "");
            }
            exit(&settled) != 9
        });
        assert_eq!((exit(&settled), &json(&settled)["order"]["state"]), (5, &json!("unsent")), "{}", stderr(&settled));
        assert!(stderr(&settled).contains("never arrived"), "{}", stderr(&settled));
        let (code, _, said) = here.told(&reissue);
        assert_eq!((code, here.orders()), (0, 1), "{said}");
    }
}

/// The same command again, as cron runs it, is enough: it settles the order that never arrived, and then orders.
#[test]
fn a_lost_order_does_not_stop_the_same_command_for_ever() {
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let (gateway, server) = serve(Settings { faults: vec![Fault::DropBeforeRead(REISSUE)], ..Settings::default() });
        let config = home.path().join("hasty.toml");
        std::fs::write(&config, "[live]\nrequests_per_second = 1000\nsettle_after = \"1s\"\n").unwrap();
        let (config, at, csr) = (config.display().to_string(), endpoint(&server, transport), csr());
        let reissue =
            ["reissue", "571", "--csr", &csr, "--transport", transport, "--endpoint", &at, "--config", &config];
        let mut output = certgate_in(home.path(), &reissue, "");
        assert_eq!(exit(&output), 9, "{}", stderr(&output));
        until("the order that never arrived is settled", || {
            output = certgate_in(home.path(), &reissue, "");
            exit(&output) != 9
        });
        assert_eq!((exit(&output), gateway.counts().orders), (0, 1), "{transport}: {}", stderr(&output));
    }
}

/// Several runs of one command: one orders, the others find it at work, or what it left in place.
#[test]
fn one_folder_and_several_processes() {
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let (gateway, server) = serve(Settings::default());
        let out = home.path().join("out").display().to_string();
        let words = arguments(home.path(), &server, transport, &["reissue", "571", "--new-key", "--out", &out]);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let runs: Vec<_> = (0..3)
            .map(|_| {
                let mut run = command(home.path(), &words);
                run.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        let ended: Vec<_> = runs.into_iter().map(|run| run.wait_with_output().unwrap()).collect();
        let done = ended.iter().filter(|output| exit(output) == 0).count();
        assert_eq!(gateway.counts().orders, done, "{transport}: an order for each that is done");
        assert!(done > 0, "{transport}");
        for output in ended.iter().filter(|output| exit(output) != 0) {
            assert_eq!(exit(output), 6, "{transport}: {}", stderr(output));
            assert!(json(output)["order"]["id"].is_string(), "{transport}: {}", stderr(output));
        }
    }
}

/// A new certificate is ordered once while its order is open, however the first run ended: its CSR is made and signed anew each time, over
/// the same key.
#[test]
fn a_new_certificate_is_not_ordered_again_while_its_order_is_open() {
    const CREATE: Option<TaskKind> = Some(TaskKind::CertificateCreate);
    for transport in ["xml", "json"] {
        for (key, ending) in [
            ("new", "killed"),
            ("new", "not waited for"),
            ("new", "no answer"),
            ("new", "at once"),
            ("file", "killed"),
            ("file", "not waited for"),
            ("file", "at once"),
            ("file", "elsewhere"),
        ] {
            let case = format!("{transport}, {key} key, {ending}");
            let here = Here::new(transport, Settings { jobs_never_end: true, ..Settings::default() });
            secret(&here.path("ec.key"), PrivateKey::generate(KeyType::P256).unwrap().to_pem().expose());
            let key = if key == "new" { ["--new-key"].as_slice() } else { ["--key", "ec.key"].as_slice() };
            let create = ["create", "--name", "new.example", "--product", "QUICKSSLPREMIUM", "--admin", "1120"];
            let create = [&create, ["--technical", "1120", "--no-wait", "--out"].as_slice()].concat();
            let into = |folder| [&create, [folder].as_slice(), key].concat();
            match ending {
                "killed" => {
                    here.gateway.inject(Fault::Late(CREATE, Duration::from_secs(120)));
                    let mut first = here.started(&into("out"));
                    until("it is ordered", || here.orders() == 1);
                    first.kill().unwrap();
                    first.wait().unwrap();
                }
                "at once" => {
                    let mut first = [(); 2].map(|()| here.started(&into("out")));
                    let ended = first.each_mut().map(|run| run.wait().unwrap().code());
                    assert_eq!(ended, [Some(6); 2], "{case}");
                }
                _ => {
                    if ending == "no answer" {
                        here.gateway.inject(Fault::DropAfterRead(CREATE));
                    }
                    let folder = if ending == "elsewhere" { "elsewhere" } else { "out" };
                    let (code, _, said) = here.told(&into(folder));
                    assert_eq!(code, if ending == "no answer" { 9 } else { 6 }, "{case}: {said}");
                }
            }
            let (_, listed, _) = here.told(&["orders"]);
            let (code, second, said) = here.told(&into("out"));
            assert_eq!((code, here.orders()), (6, 1), "{case}: {said}");
            assert!(said.contains("nothing was sent"), "{case}: {said}");
            assert_eq!(second["order"]["id"], listed["orders"][0]["order"]["id"], "{case}: {second}");
        }
    }
}

/// The id of a new certificate is noted with its order, also where somebody else's message is first in the queue; and while the
/// certificate is not in place, the same is not ordered again.
#[test]
fn the_certificate_of_an_order_is_known_without_its_message() {
    for transport in ["xml", "json"] {
        // It fails a check: it is not valid yet.
        let valid_after = Duration::from_secs(20 * 86_400);
        let here = Here::new(transport, Settings { foreign_first: 1, valid_after, ..Settings::default() });
        let create = ["create", "--name", "new.example", "--product", "QUICKSSLPREMIUM", "--admin", "1120"];
        let create = [&create, ["--technical", "1120", "--new-key", "--out", "out"].as_slice()].concat();
        let (code, failed, said) = here.told(&create);
        assert_eq!((code, &failed["order"]["state"]), (10, &json!("issued")), "{transport}: {said}");
        let id = failed["order"]["certificate"].as_i64();
        assert_eq!((id.is_some(), id), (true, failed["certificate"]["id"].as_i64()), "{transport}: {failed}");
        let (code, second, said) = here.told(&create);
        assert_eq!((code, here.orders()), (6, 1), "{transport}: {said}");
        assert_eq!(second["order"]["id"], failed["order"]["id"], "{transport}: {second}");
        let id = id.unwrap().to_string();
        let (code, listed, said) = here.told(&["orders", "--certificate", id.as_str()]);
        assert_eq!((code, &listed["orders"][0]["order"]["id"]), (0, &failed["order"]["id"]), "{transport}: {said}");
    }
}

/// Whatever says how to carry on names what the command line named: the configuration, the profile and the store.
#[test]
fn what_carries_on_comes_to_the_same_account_and_store() {
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let faults = vec![Fault::DropAfterRead(Some(TaskKind::ContactCreate))];
        let (_gateway, server) =
            serve(Settings { faults, jobs_never_end: true, more_certificates: 1, ..Settings::default() });
        let (config, out) = (fast(home.path()), home.path().join("out").display().to_string());
        let run = |words: &[&str], store: &str, stdin: &str| {
            let words = [words, &["--profile", "live", "--store", store]].concat();
            let words = arguments(home.path(), &server, transport, &words);
            let output = certgate_in(home.path(), &words.iter().map(String::as_str).collect::<Vec<_>>(), stdin);
            (exit(&output), json(&output), stderr(&output))
        };
        let store = home.path().join("a store.sqlite").display().to_string();
        let resume = format!("certgate resume --config {config} --profile live --store '{store}'");

        let contact = r#"{"fname":"John","lname":"Doe","email":"j@example.com"}"#;
        let (code, document, said) = run(&["call", "contact-create", "--data", "-"], &store, contact);
        let advice = document["error"]["advice"].as_str().unwrap();
        assert!(code == 9 && advice.contains(&format!("`{resume}` looks for it")), "{code} {said}");

        let renew =
            r#"{"id":571,"name":"example.com","product":"QUICKSSLPREMIUM","lifetime":{"unit":"MONTH","period":12}}"#;
        let (code, document, said) = run(&["call", "certificate-renew", "--id", "571", "--data", "-"], &store, renew);
        assert!(code == 6 && said.contains(&format!("carry on with: {resume} ")), "{code} {document} {said}");

        let reissue = ["reissue", "10000", "--new-key", "--no-wait", "--out", &out];
        let (code, document, said) = run(&reissue, &store, "");
        let id = document["order"]["id"].as_str().unwrap();
        assert_eq!((code, &document["resume"]), (6, &json!(format!("{resume} {id}"))), "{said}");
        let (code, document, _) = run(&reissue, &store, "");
        let advice = document["error"]["advice"].as_str().unwrap();
        assert_eq!((code, advice), (6, format!("carry on with `{resume} {id}`").as_str()));

        // A store that knows nothing of the order, which the gateway shows: its key waits in the folder, whatever is asked for.
        let other = home.path().join("other.sqlite").display().to_string();
        let pending = home.path().join("out/pending");
        let key = std::fs::read(pending.join("key.pem")).unwrap();
        let (code, document, said) = run(&[&reissue[..], &["--key-type", "rsa2048"]].concat(), &other, "");
        let advice = document["error"]["advice"].as_str().unwrap();
        let look = format!("look at it with `certgate job info --config {config} --profile live --store {other} ");
        assert!(code == 6 && advice.starts_with(&look), "{code} {said}");
        let files = std::fs::read_dir(&pending).unwrap();
        let keys: Vec<Vec<u8>> = files.map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect();
        assert!(keys.contains(&key), "{transport}");
    }
}
