//! Batches: many orders at once, each once, and only what is left the next time.

use std::{
    fs,
    process::Stdio,
    time::{Duration, Instant},
};

use certgate_domain::TaskKind;
use certgate_simulator::{Fault, Settings};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::support::binary::{
    Here, certgate_in, command, ended, endpoint, exit, fast, fixture, interrupt, json, serve, stderr, told, until,
    write_batch,
};

#[test]
fn each_order_once_with_few_requests() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { more_certificates: 12, foreign_first: 2, ..Settings::default() });
        let file = write_batch(here.home.path(), 12);
        let report = here.path("report.jsonl").display().to_string();
        let (code, document, said) = here.told(&["batch", &file, "--report", &report, "--foreign", "spool"]);
        assert_eq!((code, &document["summary"]["done"]), (0, &json!(12)), "{said}");
        assert_eq!((here.orders(), here.gateway.queue_len()), (12, 0));
        assert!(here.gateway.orders_by_certificate().values().all(|count| *count == 1));
        for number in 0..12 {
            let cert = here.path(format!("out/host-{number:06}.example.org/fullchain.pem"));
            assert!(fs::read_to_string(cert).unwrap().matches("BEGIN CERTIFICATE").count() == 2);
        }
        // Whose name it is, prepare, order, poll, confirm: no certificate is fetched that the notification carries.
        assert_eq!(here.gateway.asked(TaskKind::CertificateInfo), 12);
        let requests = here.gateway.counts().requests;
        assert!(requests <= 12 * 5 + 2 * 2 + 5, "{requests} requests for 12 orders and 2 messages of others");
        assert_eq!(fs::read_to_string(&report).unwrap().lines().count(), 12);

        let (code, document, _) = here.told(&["batch", &file]);
        assert_eq!((code, &document["summary"]["unchanged"]), (8, &json!(12)));
        assert_eq!(here.gateway.counts().requests, requests, "nothing is asked for what is done");
        let (code, document, said) = here.told(&["batch", &file, "--again"]);
        assert_eq!((code, &document["summary"]["done"], here.orders()), (0, &json!(12), 24), "{said}");
    }
}

/// What an authority may leave out is said before anything is ordered, as for a single order, and of the request alone.
#[test]
fn what_is_not_demanded_is_said() {
    let here = Here::new("json", Settings::default());
    let csr = fixture("_x509/every-name.csr").display().to_string();
    let file = here.path("batch.jsonl");
    fs::write(&file, json!({ "id": 571, "csr": csr, "out": "out" }).to_string()).unwrap();
    let (_, said) = here.run(&["batch", &file.display().to_string()], 0);
    assert!(said.contains("an authority may leave out email:jane@example.com, uri:https://example.com/x"), "{said}");
}

/// A certificate's name will do where exactly one certificate has it; which one it is, is known before anything is ordered.
#[test]
fn a_certificate_is_named_by_its_name() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { more_certificates: 1, ..Settings::default() });
        let write = |rows: &str| {
            let file = here.path("named.csv").display().to_string();
            fs::write(&file, format!("id,new_key,out\n{rows}")).unwrap();
            file
        };
        let two = write("Example.com,true,a\nnone.example,true,b\n");
        let (code, document, said) = here.told(&["batch", &two]);
        let text = document["error"]["text"].as_str().unwrap();
        assert_eq!((code, here.orders()), (2, 0), "{said}");
        let unknown =
            "line 3: the account has no certificate named none.example: `certgate list` shows those that there are";
        assert!(text.ends_with(unknown) && !text.contains("line 2"), "{text}");
        let (code, document, said) = here.told(&["batch", &two, "--dry-run"]);
        let kinds: Vec<&Value> = document["plan"].as_array().unwrap().iter().map(|row| &row["kind"]).collect();
        assert_eq!((code, &document["plan"][0]["certificate"]), (2, &json!(571)), "{kinds:?} {document} {said}");
        let repeated = |rows: &str, title: &str| {
            let (code, document, said) = here.told(&["batch", &write(rows)]);
            let text = document["error"]["text"].as_str().unwrap_or_default().to_owned();
            let line = format!("line 3: an order of the same, {title}, stands in the file before");
            assert_eq!(
                (code, text.contains(": nothing was ordered:\n"), text.ends_with(&line)),
                (2, true, true),
                "{said}"
            );
        };
        // One certificate, whatever it is called and whether it is ordered yet.
        repeated("571,true,a\nexample.com,true,b\n", "example.com");
        repeated("example.com,true,a\nExample.com,true,b\n", "Example.com");
        assert_eq!(here.orders(), 0);
        let one = write("Example.com,true,a\n");
        for (expected, orders) in [("done", 1), ("unchanged", 1)] {
            let (_, document, said) = here.told(&["batch", &one]);
            let row = &document["orders"][0];
            assert_eq!((&row["kind"], &row["title"]), (&json!(expected), &json!("Example.com")), "{said}");
            assert_eq!((&row["order"]["certificate"], here.orders()), (&json!(571), orders), "{said}");
        }
        // The same line, however it spells the name.
        let (_, document, said) = here.told(&["batch", &write("EXAMPLE.COM,true,a\n")]);
        assert_eq!((&document["orders"][0]["kind"], here.orders()), (&json!("unchanged"), 1), "{said}");
        repeated("Example.com,true,a\n571,true,b\n", "571");
        assert_eq!(here.orders(), 1);
    }
}

/// More than a few names cost one list, not a request each.
#[test]
fn many_names_are_looked_for_in_one_list() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { more_certificates: 101, ..Settings::default() });
        let file = here.path("named.csv").display().to_string();
        let rows = (0..101).map(|number| format!("HOST-{number:06}.example.org,true,{number}\n"));
        fs::write(&file, format!("id,new_key,out\n{}none.example,true,b\n", rows.collect::<String>())).unwrap();
        let (code, document, said) = here.told(&["batch", &file]);
        let text = document["error"]["text"].as_str().unwrap();
        let unknown = ": nothing was ordered:\n  line 103: the account has no certificate named none.example: `certgate list` shows";
        assert!(text.contains(unknown), "{text} {said}");
        assert_eq!((code, here.gateway.asked(TaskKind::CertificateList), here.orders()), (2, 1, 0));
    }
}

#[test]
fn one_that_fails_does_not_stop_the_rest() {
    for transport in ["xml", "json"] {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            more_certificates: 4,
            faults: vec![
                Fault::DropAfterRead(Some(TaskKind::CertificateReissue)),
                Fault::DropBeforeRead(Some(TaskKind::CertificateReissue)),
            ],
            ..Settings::default()
        };
        let (gateway, server) = serve(settings);
        let file = write_batch(folder.path(), 4);
        let (code, document, said) = told(folder.path(), &server, transport, &["batch", &file]);
        assert_eq!(code, 9, "{said}");
        let summary = &document["summary"];
        assert_eq!(
            (&summary["done"], &summary["failed"], &summary["unknown"]),
            (&json!(2), &json!(0), &json!(2)),
            "{document}"
        );
        // The same command again settles what arrived by looking; what never arrived is a person's to decide.
        let (code, document, said) = told(folder.path(), &server, transport, &["batch", &file]);
        let summary = &document["summary"];
        assert_eq!((code, &summary["done"], &summary["unknown"]), (9, &json!(1), &json!(1)), "{said}");
        let open = document["orders"].as_array().unwrap().iter().find(|order| order["kind"] == "unknown").unwrap();
        let id = open["order"]["id"].as_str().unwrap();
        let abandon = format!("certgate orders abandon --config {} {id} --yes", fast(folder.path()));
        assert!(open["error"]["advice"].as_str().unwrap().contains(&abandon), "{open}");
        ended(certgate_in(folder.path(), &["orders", "abandon", id, "--yes"], ""), 0);
        let (code, document, said) = told(folder.path(), &server, transport, &["batch", &file]);
        assert_eq!((code, &document["summary"]["done"]), (0, &json!(1)), "{said}");
        assert!(
            gateway.orders_by_certificate().values().all(|count| *count == 1),
            "{:?}",
            gateway.orders_by_certificate()
        );
        assert_eq!(gateway.counts().orders, 4);
    }
}

#[test]
fn one_that_is_refused_does_not_stop_the_rest() {
    let here = Here::new("json", Settings { more_certificates: 2, ..Settings::default() });
    let file = write_batch(here.home.path(), 3);
    // The last one is not there.
    let (code, document, said) = here.told(&["batch", &file]);
    let summary = &document["summary"];
    assert_eq!((code, &summary["done"], &summary["failed"]), (3, &json!(2), &json!(1)), "{said}");
    assert_eq!(here.orders(), 2);
    let (code, document, _) = here.told(&["batch", &file]);
    assert_eq!((code, &document["summary"]["unchanged"]), (3, &json!(2)), "what was refused is tried again");
}

#[test]
fn two_batches_at_once_keep_one_pace_and_lose_nothing() {
    for transport in ["xml", "json"] {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let store = tempfile::tempdir().unwrap();
        let store = store.path().join("store.sqlite").display().to_string();
        // The first folder has the certificates 10000 to 10009, the second 10010 to 10019.
        let files: Vec<String> = folders.iter().map(|folder| write_batch(folder.path(), 20)).collect();
        let halves = [0..10, 10..20];
        for (file, half) in files.iter().zip(halves) {
            let text = fs::read_to_string(file).unwrap();
            let rows: Vec<&str> = text.lines().collect();
            let kept: Vec<&str> = std::iter::once(rows[0]).chain(rows[1..][half].iter().copied()).collect();
            fs::write(file, kept.join("\n")).unwrap();
        }
        let (gateway, server) = serve(Settings { more_certificates: 20, foreign_first: 5, ..Settings::default() });
        let start = Instant::now();
        std::thread::scope(|scope| {
            for (folder, file) in folders.iter().zip(&files) {
                let (server, store) = (&server, &store);
                scope.spawn(move || {
                    let config = folder.path().join("config.toml");
                    fs::write(&config, "[live]\nrequests_per_second = 15\n").unwrap();
                    let at = endpoint(server, transport);
                    let output = certgate_in(
                        folder.path(),
                        &[
                            "batch",
                            file,
                            "--transport",
                            transport,
                            "--endpoint",
                            &at,
                            "--store",
                            store,
                            "--config",
                            &config.display().to_string(),
                            "--output",
                            "json",
                            "--foreign",
                            "spool",
                        ],
                        "",
                    );
                    assert_eq!(exit(&output), 0, "{}", stderr(&output));
                    assert_eq!(json(&output)["summary"]["done"], 10);
                });
            }
        });
        let (taken, counts) = (start.elapsed(), gateway.counts());
        assert_eq!((counts.orders, gateway.queue_len()), (20, 0), "{transport}");
        // A pace for each batch would take half the time.
        assert!(taken.as_secs() >= (counts.requests as u64 - 1) / 15, "{} requests in {taken:?}", counts.requests);
        assert!(gateway.orders_by_certificate().values().all(|count| *count == 1));
    }
}

#[test]
fn a_batch_is_checked_whole_before_anything_is_sent() {
    let here = Here::new("json", Settings { more_certificates: 2, ..Settings::default() });
    let file = write_batch(here.home.path(), 2);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("host-000001.example.org.csr", "none.csr")).unwrap();
    let (code, document, _) = here.told(&["batch", &file]);
    assert_eq!((code, &document["error"]["kind"]), (2, &json!("usage")));
    assert!(document["error"]["text"].as_str().unwrap().contains("line 3: CSR"), "{document}");
    assert_eq!(here.gateway.counts().requests, 0);
}

/// Ctrl-C leaves what is ordered in the store and says how to carry on; the same command does the rest. Who runs it may pass the signal on
/// that it got from the terminal itself: that is no second one.
#[cfg(unix)]
#[test]
fn interrupted_and_run_again() {
    for transport in ["xml", "json"] {
        let settings = Settings { more_certificates: 6, job_time: Duration::from_secs(3), ..Settings::default() };
        let here = Here::new(transport, settings);
        let file = write_batch(here.home.path(), 6);
        let (at, config) = (endpoint(&here.server, transport), fast(here.home.path()));
        let arguments = ["batch", &file, "--transport", transport, "--endpoint", &at, "--config", &config];
        let mut batch = command(here.home.path(), &arguments);
        let child = batch.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        until("all are ordered", || here.orders() == 6);
        interrupt(&child);
        interrupt(&child);
        let output = child.wait_with_output().unwrap();
        let said = stderr(&output);
        assert_eq!(exit(&output), 130, "{said}");
        assert!(said.contains("6 orders are left: run the same command again, it does only what is left"), "{said}");
        let (code, document, said) = here.told(&["batch", &file]);
        assert_eq!((code, &document["summary"]["done"]), (0, &json!(6)), "{said}");
        assert_eq!((here.orders(), here.gateway.queue_len()), (6, 0));
    }
}

/// What --again began is remembered: interrupted, the same command does the rest of it and no more.
#[cfg(unix)]
#[test]
fn again_is_interrupted_and_run_again() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { more_certificates: 4, ..Settings::default() });
        let file = write_batch(here.home.path(), 4);
        here.run(&["batch", &file], 0);
        // Two of four do not come to be ordered in time.
        for _ in 0..2 {
            here.gateway.inject(Fault::Late(Some(TaskKind::CertificatePrepareOrder), Duration::from_secs(6)));
        }
        let (at, config) = (endpoint(&here.server, transport), fast(here.home.path()));
        let report = here.path("report.jsonl");
        let to = report.display().to_string();
        let again = [
            "batch",
            &file,
            "--transport",
            transport,
            "--endpoint",
            &at,
            "--config",
            &config,
            "--again",
            "--report",
            &to,
        ];
        let mut batch = command(here.home.path(), &again);
        let child = batch.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        until("two are done anew", || fs::read_to_string(&report).is_ok_and(|text| text.lines().count() == 2));
        interrupt(&child);
        assert_eq!(exit(&child.wait_with_output().unwrap()), 130);
        let (code, document, said) = here.told(&["batch", &file, "--again"]);
        let summary = &document["summary"];
        assert_eq!((code, &summary["done"], &summary["unchanged"]), (0, &json!(2), &json!(2)), "{said}");
        assert!(
            here.gateway.orders_by_certificate().values().all(|count| *count == 2),
            "{:?}",
            here.gateway.orders_by_certificate()
        );
        let (code, _, _) = here.told(&["batch", &file]);
        assert_eq!((code, here.orders()), (8, 8));
    }
}

/// A certificate that fails a check is paid for: it is looked at again, and ordered again only once a person gave it up.
#[test]
fn what_fails_a_check_is_not_ordered_again() {
    for transport in ["xml", "json"] {
        // Its certificates are not valid yet.
        let valid_after = Duration::from_secs(86_400 * 3);
        let here = Here::new(transport, Settings { more_certificates: 1, valid_after, ..Settings::default() });
        let file = write_batch(here.home.path(), 1);
        let mut id = String::new();
        for title in ["first", "again"] {
            let (code, document, said) = here.told(&["batch", &file]);
            assert_eq!((code, here.orders()), (10, 1), "{title}: {said}");
            document["orders"][0]["order"]["id"].as_str().unwrap().clone_into(&mut id);
            let abandon = format!("certgate orders abandon --config {} {id} --yes", fast(here.home.path()));
            assert!(said.contains(&abandon), "{said}");
        }
        let output = certgate_in(here.home.path(), &["orders", "show", &id, "--output", "json"], "");
        assert_eq!(json(&output)["order"]["state"], "issued");
        ended(certgate_in(here.home.path(), &["orders", "abandon", &id, "--yes"], ""), 0);
        let (_, _, said) = here.told(&["batch", &file]);
        assert_eq!(here.orders(), 2, "{said}");
    }
}

/// A renewal by somebody else a moment ago is not ours, whatever its job looks like.
#[test]
fn a_renewal_of_somebody_elses_is_not_taken_for_ours() {
    for transport in ["xml", "json"] {
        let other = tempfile::tempdir().unwrap();
        let here = Here::new(transport, Settings::default());
        let file = here.path("renew.csv").display().to_string();
        fs::write(&file, "action,id,out\nrenew,571,out\n").unwrap();
        let (at, config) = (endpoint(&here.server, transport), fast(other.path()));
        let arguments = ["renew", "571", "--transport", transport, "--endpoint", &at, "--config", &config];
        let output = ended(certgate_in(other.path(), &[&arguments[..], &["--output", "json"]].concat(), ""), 0);
        let theirs = json(&output)["order"]["job"]["id"].to_string();
        here.gateway.inject(Fault::DropBeforeRead(Some(TaskKind::CertificateRenew)));
        let mut id = String::new();
        for title in ["first", "again"] {
            let (code, document, said) = here.told(&["batch", &file]);
            assert_eq!((code, here.orders()), (9, 1), "{title}: {said}");
            document["orders"][0]["order"]["id"].as_str().unwrap().clone_into(&mut id);
        }
        // Even where a person says so, the certificate is the one from before.
        ended(certgate_in(here.home.path(), &["orders", "adopt", &id, "--job", &theirs], ""), 0);
        let (document, _) = here.run(&["batch", &file], 10);
        let text = document["orders"][0]["error"]["text"].as_str().unwrap();
        assert!(text.contains("it is the certificate from before the order"), "{text}");
        assert!(!here.path("out/cert.pem").exists());
    }
}

/// Creations and renewals that were lost are settled as reissues are.
#[test]
fn lost_creations_and_renewals_are_settled_by_looking() {
    for transport in ["xml", "json"] {
        for (task, row) in [
            (TaskKind::CertificateCreate, "create,,host-000000.example.org.csr,QUICKSSLPREMIUM,1120,100"),
            (TaskKind::CertificateRenew, "renew,571,,,,"),
        ] {
            let here = Here::new(transport, Settings::default());
            write_batch(here.home.path(), 1);
            let file = here.path("lost.csv").display().to_string();
            fs::write(&file, format!("action,id,csr,product,admin,technical\n{row}\n")).unwrap();
            here.gateway.inject(Fault::DropBeforeRead(Some(task)));
            for title in ["lost", "looked for"] {
                let (code, _, said) = here.told(&["batch", &file]);
                assert_eq!((code, here.orders()), (9, 0), "{title}: {said}");
            }
            let listed = certgate_in(here.home.path(), &["orders", "--output", "json"], "");
            let id = json(&listed)["orders"][0]["order"]["id"].as_str().unwrap().to_owned();
            ended(certgate_in(here.home.path(), &["orders", "abandon", &id, "--yes"], ""), 0);
            here.gateway.inject(Fault::DropAfterRead(Some(task)));
            here.run(&["batch", &file], 9);
            let (code, _, said) = here.told(&["batch", &file]);
            assert_eq!((code, here.orders()), (0, 1), "{said}");
        }
    }
}

/// Two gateways are two accounts: what one did is not done at the other.
#[test]
fn one_file_for_two_accounts() {
    for transport in ["xml", "json"] {
        let folder = tempfile::tempdir().unwrap();
        let file = write_batch(folder.path(), 2);
        for title in ["one", "other"] {
            let (gateway, server) = serve(Settings { more_certificates: 2, ..Settings::default() });
            let (code, document, said) = told(folder.path(), &server, transport, &["batch", &file]);
            assert_eq!((code, &document["summary"]["done"]), (0, &json!(2)), "{title}: {said}");
            assert_eq!(gateway.counts().orders, 2, "{title}");
        }
    }
}

/// A line that turns out wrong is bad usage, whatever became of the others.
#[test]
fn a_line_that_turns_out_wrong_is_bad_usage() {
    let here = Here::new("json", Settings { more_certificates: 2, ..Settings::default() });
    write_batch(here.home.path(), 1);
    let file = here.path("names.csv").display().to_string();
    // The CSR is for the first certificate's name, which only the gateway knows.
    let csr = "host-000000.example.org.csr";
    fs::write(&file, format!("id,csr\n10000,{csr}\n10001,{csr}\n")).unwrap();
    let (code, document, said) = here.told(&["batch", &file]);
    assert_eq!((code, here.orders()), (2, 1), "{said}");
    assert_eq!(document["orders"][1]["error"]["kind"], "usage");
    let (code, _, said) = here.told(&["batch", &file]);
    assert_eq!((code, here.orders()), (2, 1), "{said}");
}

/// A line that was changed after it was done says that nothing came of the change.
#[test]
fn a_line_that_was_changed_is_warned_about() {
    let here = Here::new("json", Settings { more_certificates: 2, ..Settings::default() });
    let file = write_batch(here.home.path(), 2);
    let (code, _, said) = here.told(&["batch", &file]);
    assert_eq!(code, 0, "{said}");
    let rows = fs::read_to_string(&file).unwrap();
    let other = |from: &str, to: &str| fs::write(&file, rows.replace(from, to)).unwrap();
    for (from, to, about) in
        [("out/host-000001", "elsewhere/host-000001", "`out`"), ("QUICKSSLPREMIUM", "SSL123", "`product`")]
    {
        other(from, to);
        let (code, document, said) = here.told(&["batch", &file]);
        assert_eq!((code, here.orders()), (8, 2), "{said}");
        let detail = document["orders"][1]["detail"].as_str().unwrap();
        assert!(detail.contains(about) && said.contains(detail), "{said}");
    }
}

/// What is bought and done is not bought again where only its folder is another one, whoever makes its key.
#[test]
fn another_folder_buys_nothing_anew() {
    for (what, columns) in [("name", "example.net"), ("action,id", "renew,571"), ("id", "571")] {
        for transport in ["xml", "json"] {
            let here = Here::new(transport, Settings::default());
            let file = here.home.path().join("b.csv");
            let write = |out: &str| {
                let fixed = "product,admin,technical,method,provisioning";
                let values = "QUICKSSLPREMIUM,1120,100,dns,true";
                let text = format!("{what},new_key,out,{fixed}\n{columns},true,{out},{values}\n");
                fs::write(&file, text).unwrap();
            };
            let path = file.display().to_string();
            write("one");
            let (code, document, said) = here.told(&["batch", &path]);
            assert_eq!((code, here.orders()), (0, 1), "{columns}: {document} {said}");
            write("two");
            let (code, document, said) = here.told(&["batch", &path]);
            assert_eq!((code, here.orders()), (8, 1), "{columns}: {document} {said}");
            let advice = "two now, and nothing was written there: --again orders all lines anew, and pays a new term for each \
                that creates or renews";
            assert!(said.contains(advice), "{said}");
            assert!(!here.home.path().join("two").exists());
        }
    }
}
