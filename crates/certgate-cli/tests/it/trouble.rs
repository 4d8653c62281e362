//! What goes wrong, and the exit code it has over both protocols.

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
    Here, certgate, certgate_in, command, csr, ended, endpoint, exit, fast, json, serve, stderr, told, write_batch,
};

#[test]
fn faults_and_exit_codes() {
    let order = Some(TaskKind::CertificateReissue);
    let info = Some(TaskKind::CertificateInfo);
    let times = |fault: Fault| vec![fault; 4];
    for transport in ["xml", "json"] {
        for (what, faults, expected, kind, orders) in [
            ("answer dropped after the order", vec![Fault::DropAfterRead(order)], 9, "unknown", 1),
            ("answer cut short after the order", vec![Fault::CutShort(order)], 9, "unknown", 1),
            ("HTML 502 after the order", vec![Fault::Html502(order)], 9, "unknown", 1),
            ("HTML 200 after the order", vec![Fault::Html200(order)], 7, "undecodable", 1),
            ("a safe task dropped once", vec![Fault::DropAfterRead(info)], 0, "", 1),
            ("a safe task answered 503 once", vec![Fault::Status(info, 503)], 0, "", 1),
            ("a safe task answered 429 once", vec![Fault::Status(info, 429)], 0, "", 1),
            ("an order answered 429 once", vec![Fault::Status(order, 429)], 0, "", 1),
            ("an order always answered 429", times(Fault::Status(order, 429)), 5, "unreachable", 0),
            ("a safe task always dropped", times(Fault::DropAfterRead(info)), 5, "unreachable", 0),
            ("401 without a body of the protocol", vec![Fault::Status(info, 401)], 4, "auth", 0),
            ("an unknown field", vec![Fault::Unknown(info)], 0, "", 1),
        ] {
            let here = Here::new(transport, Settings { faults, ..Settings::default() });
            let (code, document, said) = here.told(&["reissue", "571", "--csr", &csr()]);
            let what = format!("{transport}, {what}: {said}");
            assert_eq!(code, expected, "{what}");
            if expected != 0 {
                assert_eq!(document["error"]["kind"], kind, "{what}");
            }
            assert_eq!(here.orders(), orders, "never a second order: {what}");
            if matches!(expected, 7 | 9) {
                assert_eq!(document["order"]["state"], "unknown", "{what}");
                assert!(said.contains("\nTo find out, look before ordering again"), "{what}");
            }
        }
    }
}

/// A script that asks what to do has it in a member of its own, whatever left the outcome open.
#[test]
fn what_to_do_about_an_open_outcome_is_a_member_of_its_document() {
    fn advised(error: &Value, begin: &str, what: &str) {
        let (text, advice) = (error["text"].as_str().unwrap(), error["advice"].as_str().unwrap_or_default());
        assert!(advice.starts_with(begin) && !text.contains(begin), "{what}: {error}");
    }
    let (csr, look) = (csr(), "To find out, look before ordering again: `certgate resume");
    let contact = r#"{"fname":"John","lname":"Doe","email":"j@example.com"}"#;
    for transport in ["xml", "json"] {
        for (fault, expected) in [(Fault::DropAfterRead as fn(_) -> _, 9), (Fault::Html200, 7)] {
            let home = tempfile::tempdir().unwrap();
            let batch = write_batch(home.path(), 1);
            fs::write(home.path().join("contact.json"), contact).unwrap();
            let data = home.path().join("contact.json").display().to_string();
            let order = Some(TaskKind::CertificateReissue);
            let faults = vec![fault(order), fault(order), fault(Some(TaskKind::ContactCreate))];
            let settings = Settings { faults, more_certificates: 1, jobs_never_end: true, ..Settings::default() };
            let (_gateway, server) = serve(settings);
            let resume = |document: &Value, what: &str| {
                let id = document["order"]["id"].as_str().unwrap();
                let command = format!("certgate resume --config {} {id}", fast(home.path()));
                assert_eq!(document["resume"], command, "{what}");
            };
            let reissue = ["reissue", "571", "--csr", &csr];
            let create = ["call", "contact-create", "--data", &data];
            for words in [&reissue[..], &["batch", &batch], &create] {
                let (code, document, said) = told(home.path(), &server, transport, words);
                let what = format!("{transport} {words:?} {said}");
                assert_eq!(code, expected, "{what}");
                assert!(said.contains(&format!("\n{look}")), "{what}");
                let one = if words[0] == "batch" { &document["orders"][0] } else { &document };
                let order = &one["order"];
                let missing =
                    ["id", "ctid", "state", "action", "created", "updated"].map(|member| order[member].is_null());
                assert_eq!(missing, [false; 6], "{what}: {order}");
                advised(&one["error"], look, &what);
                resume(one, &what);
            }
            // Of the contact nothing shows whether it was made.
            let (code, document, said) = told(home.path(), &server, transport, &["resume", "--timeout", "1s"]);
            let rows = document["orders"].as_array().unwrap();
            let open = rows.iter().find(|row| row["kind"] == "unknown").unwrap();
            assert_eq!((code, rows.len()), (9, 3), "{said}");
            advised(&open["error"], "If it never arrived (give it some minutes): certgate orders abandon", &said);
            resume(open, &said);
        }
    }
}

/// An id is one that `orders show` knows: what was not written down has none.
#[test]
fn an_order_that_was_never_recorded_has_no_id() {
    let csr = csr();
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let batch = write_batch(home.path(), 2);
        let faults = vec![Fault::Html200(Some(TaskKind::CertificatePrepareOrder)); 2];
        let (gateway, server) = serve(Settings { faults, more_certificates: 2, ..Settings::default() });
        let (code, one, said) = told(home.path(), &server, transport, &["reissue", "571", "--csr", &csr]);
        assert_eq!((code, gateway.counts().orders), (7, 0), "{said}");
        let (code, several, said) = told(home.path(), &server, transport, &["batch", &batch]);
        assert_eq!((code, gateway.counts().orders), (7, 1), "{said}");
        let (_, listed, _) = told(home.path(), &server, transport, &["orders"]);
        let recorded = &listed["orders"][0]["order"]["id"];
        let rows = several["orders"].as_array().unwrap();
        for order in rows.iter().chain([&one]).map(|row| &row["order"]) {
            let id = if order["state"] == "done" { recorded } else { &Value::Null };
            assert_eq!((&order["id"], &order["ctid"], &order["action"]), (id, id, &json!("reissue")), "{order}");
        }
        assert_eq!(listed["orders"].as_array().map(Vec::len), Some(1), "{listed}");
    }
}

/// The body of an answer that cannot be understood goes into the store's folder, whoever tells of it.
#[test]
fn what_cannot_be_understood_is_kept() {
    let csr = csr();
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let batch = write_batch(home.path(), 2);
        for (folder, (arguments, task, expected)) in [
            (vec!["info", "571"], TaskKind::CertificateInfo, 7),
            (vec!["list", "--all"], TaskKind::CertificateList, 7),
            (vec!["poll", "drain", "--to", "messages"], TaskKind::PollInfo, 7),
            // A wait that goes on.
            (vec!["reissue", "571", "--csr", &csr], TaskKind::PollInfo, 0),
            // One line of two.
            (vec!["batch", &batch], TaskKind::CertificateReissue, 7),
            (vec!["batch", &batch, "--dry-run"], TaskKind::CertificatePrepareOrder, 7),
        ]
        .into_iter()
        .enumerate()
        {
            let folder = home.path().join(folder.to_string());
            let settings =
                Settings { faults: vec![Fault::Html200(Some(task))], more_certificates: 2, ..Settings::default() };
            let (_gateway, server) = serve(settings);
            let store = folder.join("store").display().to_string();
            let told = told(home.path(), &server, transport, &[&arguments[..], &["--store", &store]].concat());
            let (code, document, said) = told;
            assert_eq!(code, expected, "{transport} {arguments:?}: {said}");
            let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
            let kept: Vec<_> = entries.filter(|path| path.display().to_string().contains("undecodable")).collect();
            let [file] = kept.as_slice() else { panic!("{transport} {arguments:?}: {kept:?} {said}") };
            assert!(fs::read_to_string(file).unwrap().starts_with("<html>"), "{}", file.display());
            let named = format!("is in {} (the newest 20 are kept, for 30 days)", file.display());
            assert_eq!(said.matches(&named).count(), 1, "{transport} {arguments:?}: {said}");
            assert!(code == 0 || document.to_string().contains(&named), "{document}");
        }
    }
}

/// By the clocks it is told later which job is an order's, and which order never arrived.
#[test]
fn nothing_is_ordered_while_the_clocks_are_too_far_apart() {
    for transport in ["xml", "json"] {
        for (clock_ahead, code, orders) in [(3600, 12, 0), (-3600, 12, 0), (330, 12, 0), (-240, 0, 1), (240, 0, 1)] {
            let here = Here::new(transport, Settings { clock_ahead, more_certificates: 2, ..Settings::default() });
            let csr = csr();
            let (ended, document, said) = here.told(&["reissue", "571", "--csr", &csr]);
            assert_eq!((ended, here.orders()), (code, orders), "{transport} {clock_ahead}: {said}");
            let (ended, _, said) = here.told(&["info", "571"]);
            assert_eq!(ended, 0, "a safe task is not refused: {said}");
            let file = write_batch(here.home.path(), 2);
            for rehearsal in [&["reissue", "571", "--csr", &csr][..], &["batch", &file]] {
                let (ended, _, said) = here.told(&[rehearsal, &["--dry-run"]].concat());
                assert_eq!(ended, code, "{transport} {clock_ahead} {rehearsal:?}: {said}");
            }
            if code == 0 {
                continue;
            }
            assert_eq!(document["error"]["kind"], "local");
            let both = ["the gateway's says 20", "this machine's 20"];
            assert!(both.iter().all(|part| document["error"]["text"].as_str().unwrap().contains(part)), "{document}");
            let (ended, _, said) = here.told(&["delete", "571", "--yes"]);
            assert_eq!(ended, 12, "{said}");
            let (ended, document, said) = here.told(&["batch", &file]);
            assert_eq!((ended, here.orders()), (12, 0), "{said}");
            for row in document["orders"].as_array().unwrap() {
                assert_eq!((&row["kind"], &row["order"]["state"]), (&json!("local"), &json!("unsent")), "{row}");
            }
        }
    }
}

/// What `call` orders is ordered by the same clocks; it asks for the gateway's where no answer has shown it yet.
#[test]
fn call_orders_nothing_while_the_clocks_are_too_far_apart() {
    for transport in ["xml", "json"] {
        let greeting = if transport == "xml" { TaskKind::PollInfo } else { TaskKind::Hello };
        for (clock_ahead, code) in [(3600, 12), (-330, 12), (240, 6)] {
            let here = Here::new(transport, Settings { clock_ahead, ..Settings::default() });
            let data = |name: &str, data: Value| {
                fs::write(here.path(name), data.to_string()).unwrap();
            };
            let asked = || (here.gateway.asked(greeting), here.gateway.asked(TaskKind::CertificateList), here.orders());
            let order = json!({
                "name": "example.com", "product": "QUICKSSLPREMIUM", "csr": fs::read_to_string(csr()).unwrap(),
                "software": "APACHE2", "lifetime": { "unit": "MONTH", "period": 12 }, "adminContact": { "id": 1120 },
                "technicalContact": { "id": 1120 }, "authentication": { "method": "DNS", "provisioning": true },
            });
            data("order.json", order);
            data("contact.json", json!({ "fname": "John", "lname": "Doe", "email": "j@example.com" }));
            let (ended, _, said) = here.told(&["call", "contact-create", "--data", "contact.json"]);
            assert_eq!((ended, asked()), (0, (0, 0, 0)), "what orders nothing is not held back: {said}");
            let (ended, document, said) =
                here.told(&["call", "certificate-reissue", "--id", "571", "--data", "order.json", "--key", "x"]);
            let orders = usize::from(code == 6);
            assert_eq!((ended, asked()), (code, (1, 0, orders)), "{transport} {clock_ahead}: {said}");
            if code == 12 {
                let (_, stored, _) = here.told(&["orders", "list"]);
                let of_reissue = stored["orders"].as_array().unwrap().len();
                assert_eq!((&document["error"]["kind"], of_reissue), (&json!("local"), 1), "{document} {stored}");
                assert!(said.contains("the clocks are too far apart: the gateway's says 20"), "{said}");
            }
            // The look for its name has shown the date.
            let (ended, _, said) =
                here.told(&["call", "certificate-reissue", "--id", "example.com", "--data", "order.json"]);
            assert_eq!((ended, asked()), (code, (1, 1, orders)), "{transport} {clock_ahead}: {said}");
        }
    }
}

/// A trace that cannot be written holds no answer back: what was ordered is known to be, and is not ordered again.
#[cfg(target_os = "linux")]
#[test]
fn a_trace_on_a_full_disk_loses_no_order() {
    for transport in ["xml", "json"] {
        let contact = r#"{"fname":"John","lname":"Doe","email":"j@example.com"}"#;
        for (arguments, stdin, state, orders) in [
            (vec!["reissue", "571", "--csr", &csr()], "", "done", 1),
            (vec!["reissue", "571", "--csr", &csr(), "--no-wait"], "", "pending", 1),
            (vec!["call", "contact-create", "--data", "-"], contact, "done", 0),
        ] {
            let home = tempfile::tempdir().unwrap();
            let (gateway, server) = serve(Settings::default());
            let at = endpoint(&server, transport);
            let common = ["--endpoint", &at, "--transport", transport, "--output", "json"];
            let traced = ["--trace", "/dev/full"];
            let output = certgate_in(home.path(), &[&arguments[..], &common, &traced].concat(), stdin);
            let what = format!("{transport} {arguments:?}: {}", stderr(&output));
            assert_eq!(exit(&output), 12, "what is first in the order of exit codes: {what}");
            assert!(stderr(&output).contains("/dev/full: not every exchange was written into it"), "{what}");
            assert_eq!(json(&output)["schema"], 1, "its document is printed: {what}");
            let listed = certgate_in(home.path(), &[&["orders"][..], &common].concat(), "");
            assert_eq!(json(&listed)["orders"][0]["order"]["state"], state, "{what}");
            assert_eq!(gateway.counts().orders, orders, "{what}");
        }
    }
}

#[test]
fn refusals_show_codes_and_stid() {
    for (transport, arguments, expected, texts) in [
        ("xml", vec!["info", "1"], 3, vec!["E400104", "EF01000", "certificate.id 1", "stid "]),
        ("json", vec!["info", "1"], 3, vec!["E400104", "EF01000", "certificate.id 1", "stid "]),
        ("xml", vec!["info", "571", "--user", "other"], 4, vec!["E00000", "request.auth.user"]),
        ("json", vec!["info", "571", "--user", "other"], 4, vec!["E00000", "request.auth.user"]),
        ("xml", vec!["poll", "confirm", "1"], 3, vec!["E0906"]),
        ("json", vec!["poll", "next"], 8, vec![]),
        ("xml", vec!["poll", "next"], 8, vec![]),
        ("xml", vec!["hello"], 0, vec![]),
        ("json", vec!["hello"], 0, vec![]),
    ] {
        let (_gateway, server) = serve(Settings::default());
        let at = endpoint(&server, transport);
        let output = certgate(&[&arguments[..], &["--endpoint", &at, "--transport", transport]].concat(), "");
        assert_eq!(exit(&output), expected, "{arguments:?}: {}", stderr(&output));
        for text in texts {
            assert!(stderr(&output).contains(text), "{transport} {arguments:?}: {text} in {}", stderr(&output));
        }
    }
}

#[test]
fn error_with_http_200_is_a_refusal() {
    let here = Here::new("json", Settings { faults: vec![Fault::Error200(None)], ..Settings::default() });
    let (document, _) = here.run(&["info", "1"], 3);
    assert_eq!(document["error"]["code"], "E400104");
}

#[test]
fn jobs_that_fail_or_never_end() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { jobs_fail: true, ..Settings::default() });
        let (document, said) = here.run(&["reissue", "571", "--csr", &csr()], 3);
        assert!(said.contains("EF4001030"), "{said}");
        assert_eq!((document["order"]["state"].as_str(), here.gateway.queue_len()), (Some("failed"), 0));

        let here = Here::new(transport, Settings { jobs_never_end: true, ..Settings::default() });
        let (document, _) = here.run(&["reissue", "571", "--csr", &csr(), "--timeout", "2s"], 6);
        let resume = format!("certgate resume --config {} certgate-", fast(here.home.path()));
        assert!(document["resume"].as_str().unwrap().starts_with(&resume), "{document}");
    }
}

/// Where the job alone can tell: a gateway that shows it when it is over, and one to which it is gone then (`EF300101`).
#[test]
fn a_job_is_asked_for_how_it_ended() {
    for transport in ["xml", "json"] {
        for finished_jobs_are_gone in [false, true] {
            for (jobs_fail, code, state) in [(false, 0, "done"), (true, 3, "failed")] {
                let settings = Settings { finished_jobs_are_gone, jobs_fail, ..Settings::default() };
                let here = Here::new(transport, settings);
                // The request of the present certificate: by the key alone the old one would pass for the new one.
                let info = here.told(&["info", "571"]).1;
                let csr = info["response"]["data"][0]["csr"].as_str().unwrap();
                std::fs::write(here.path("old.csr"), csr).unwrap();
                let csr = here.path("old.csr").display().to_string();
                let reissue = ["reissue", "571", "--csr", &csr, "--foreign", "leave"];
                let (ended, document, said) = here.told(&reissue);
                let what = format!("{transport} {finished_jobs_are_gone} {said}");
                assert_eq!((ended, document["order"]["state"].as_str()), (code, Some(state)), "{what}");
                let is_gone = finished_jobs_are_gone && transport == "xml";
                assert_eq!(here.gateway.asked(TaskKind::JobHistoryInfo), usize::from(is_gone), "{what}");
            }
        }
    }
}

#[test]
fn strict_stops_before_the_order() {
    let csr = csr();
    for transport in ["xml", "json"] {
        for (task, words) in [
            (TaskKind::CertificateInfo, &["reissue", "571", "--csr", &csr][..]),
            // What is looked at before the order is made.
            (TaskKind::JobList, &["reissue", "571", "--csr", &csr]),
            (TaskKind::CertificateList, &["reissue", "example.com", "--csr", &csr]),
            (TaskKind::CertificateList, &["status", "."]),
        ] {
            let faults = vec![Fault::Unknown(Some(task))];
            let here = Here::new(transport, Settings { faults, ..Settings::default() });
            let (code, document, said) = here.told(&[words, &["--strict"]].concat());
            let text = document["error"]["text"].as_str().unwrap();
            assert_eq!((code, here.orders()), (10, 0), "{transport} {task:?} {said}");
            assert!(text.starts_with(task.name()) && text.contains("colour"), "{transport} {task:?} {text}");
        }
    }
}

/// Once an order is out it is carried on with; what is not understood then ends the command by its text, too.
#[test]
fn strict_names_what_came_after_the_order() {
    let csr = csr();
    for transport in ["xml", "json"] {
        let faults = vec![Fault::Unknown(Some(TaskKind::CertificateReissue))];
        let here = Here::new(transport, Settings { faults, ..Settings::default() });
        let reissue = ["reissue", "571", "--csr", &csr, "--no-wait", "--strict"];
        let (code, document, said) = here.told(&reissue);
        let (error, id) = (&document["error"], document["order"]["id"].as_str().unwrap());
        assert_eq!((code, &error["kind"], here.orders()), (10, &json!("check failed"), 1), "{said}");
        let text = error["text"].as_str().unwrap();
        let resume = format!("certgate resume --config {} {id}", fast(here.home.path()));
        assert!(text.contains(&resume) && text.ends_with("(--strict)"), "{text}");
        let (code, document, said) = here.told(&["resume", "--strict"]);
        assert_eq!((code, &document["orders"][0]["kind"]), (0, &json!("done")), "{said}");
    }
}

#[test]
fn usage_is_a_document_too() {
    let output = certgate(&["info", "--output", "json"], "");
    assert_eq!(exit(&output), 2);
    assert_eq!(json(&output)["error"]["kind"], "usage");
    for (option, time) in
        [("--timeout", "99999999999999999d"), ("--dns-timeout", "36501d"), ("--hook-timeout", "3153600001s")]
    {
        let output = certgate(&["reissue", "571", "--csr", &csr(), option, time, "--sandbox"], "");
        assert_eq!(exit(&output), 2);
        assert!(stderr(&output).contains("expected no more than 36500d"), "{}", stderr(&output));
    }
    for option in ["--timeout", "--dns-timeout", "--hook-timeout"] {
        let output = certgate(&["reissue", "571", "--csr", &csr(), option, "30", "--sandbox"], "");
        assert_eq!(exit(&output), 2);
        assert!(stderr(&output).contains("`30` has no unit"), "{}", stderr(&output));
    }
    for (words, found) in [
        (
            ["reissue", "571", "--lifetime", "12.0"],
            "invalid value '12.0' for '--lifetime <MONTHS>': expected a whole number of 1 or more",
        ),
        (["orders", "list", "--limit", ""], "invalid value '' for '--limit <N>': expected a whole number"),
        (["job", "info", "--sandbox", "5x"], "invalid value '5x' for '<ID>': expected a whole number"),
    ] {
        let output = certgate(&words, "");
        let expected = format!("{found}\n");
        assert!(exit(&output) == 2 && stderr(&output).contains(&expected), "{}", stderr(&output));
    }
    let output = certgate(&["info", "571", "--endpoint", "http://gateway.example/"], "");
    assert_eq!(exit(&output), 2);
    assert!(stderr(&output).contains("http would send the password in the clear"), "{}", stderr(&output));
}

#[test]
fn the_pace_is_kept() {
    let (gateway, server) = serve(Settings { pace: Some(3), ..Settings::default() });
    ended(certgate(&["reissue", "571", "--csr", &csr(), "--endpoint", &endpoint(&server, "json")], ""), 0);
    assert_eq!(gateway.counts().turned_away, 0);
}

/// Several processes of one user share the pace, whatever stores they have.
#[test]
fn the_pace_is_shared_across_stores() {
    let home = tempfile::tempdir().unwrap();
    let (gateway, server) = serve(Settings::default());
    let at = endpoint(&server, "json");
    let start = Instant::now();
    let runs: Vec<_> = (0..6)
        .map(|number| {
            let store = home.path().join(format!("store-{number}")).display().to_string();
            let mut run = command(home.path(), &["info", "571", "--endpoint", &at, "--store", &store]);
            run.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut run in runs {
        assert!(run.wait().unwrap().success());
    }
    assert_eq!(gateway.counts().requests, 6);
    // Three a second: the second three wait for the first. With a pace each, none would wait.
    assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());
}
