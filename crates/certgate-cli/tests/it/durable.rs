//! Killed at any step, carried on: never a second order, never a lost message, every order ends.

use std::{
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use certgate_domain::TaskKind;
use certgate_simulator::{Fault, Gateway, Server, Settings};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::support::binary::{
    Here, arguments, certgate_in, command, csr, ended, endpoint, exit, fast, fixture, json, serve, stderr, told,
};

const FOREVER: Duration = Duration::from_secs(120);

/// Starts a reissue and kills it (SIGKILL) while the answer to the `count`th task of a kind is on its way.
fn killed_at(home: &Path, gateway: &Gateway, server: &Server, transport: &str, kind: TaskKind, count: usize) {
    let csr = csr();
    let out = home.join("out").display().to_string();
    let order = ["reissue", "571", "--csr", &csr, "--out", &out, "--foreign", "spool"];
    let arguments = arguments(home, server, transport, &order);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut reissue = command(home, &arguments);
    let mut child = reissue.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(30);
    while gateway.asked(kind) < count {
        assert!(Instant::now() < until && child.try_wait().unwrap().is_none(), "{kind:?} was not asked for");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Carries on until the order ended, deciding as a person would where certgate cannot tell.
fn carried_on(home: &Path, gateway: &Gateway, server: &Server, transport: &str) -> Value {
    let csr = csr();
    let out = home.join("out").display().to_string();
    for _ in 0..6 {
        let (code, document, said) = told(home, server, transport, &["resume", "--out", &out, "--foreign", "spool"]);
        let document = document["orders"][0].clone();
        match code {
            0 => return document,
            // Nothing was ordered so far.
            8 => {
                let order = ["reissue", "571", "--csr", &csr, "--out", &out, "--foreign", "spool"];
                let (code, document, said) = told(home, server, transport, &order);
                assert_eq!(code, 0, "{said}");
                return document;
            }
            9 => {
                // The message says what to do; that it never arrived is known here.
                assert_eq!(gateway.counts().orders, 0, "an order that arrived must be found: {said}");
                assert!(said.contains("certgate orders adopt") && said.contains("certgate orders abandon"), "{said}");
                let id = document["order"]["id"].as_str().unwrap();
                ended(certgate_in(home, &["orders", "abandon", id, "--yes"], ""), 0);
            }
            other => panic!("exit {other}: {said}"),
        }
    }
    panic!("it does not end");
}

#[test]
fn killed_at_every_step() {
    let steps: &[(TaskKind, usize)] = &[
        (TaskKind::CertificateInfo, 1),
        (TaskKind::CertificatePrepareOrder, 1),
        (TaskKind::CertificateReissue, 1),
        (TaskKind::PollInfo, 1),
        (TaskKind::PollConfirm, 1),
        (TaskKind::PollInfo, 2),
        (TaskKind::PollConfirm, 2),
        (TaskKind::CertificateInfo, 2),
    ];
    std::thread::scope(|scope| {
        for transport in ["xml", "json"] {
            scope.spawn(move || {
                for (kind, count) in steps {
                    for arrives in [true, false] {
                        let here = Here::new(transport, Settings { foreign_first: 1, ..Settings::default() });
                        // A message of somebody else's stands before ours.
                        let fault = match arrives {
                            true => Fault::Late(Some(*kind), FOREVER),
                            false => Fault::Hang(Some(*kind), FOREVER),
                        };
                        here.gateway.inject_after(count - 1, fault);
                        killed_at(here.home.path(), &here.gateway, &here.server, transport, *kind, *count);
                        let document = carried_on(here.home.path(), &here.gateway, &here.server, transport);
                        let case = format!("{transport} {kind:?} {count} {arrives}: {document}");
                        assert_eq!(document["order"]["state"], "done", "{case}");
                        assert!(
                            document["order"]["job"]["id"].is_number(),
                            "its job is known, and nobody else's: {case}"
                        );
                        assert_eq!(here.orders(), 1, "{case}");
                        assert!(here.path("out/fullchain.pem").exists(), "{case}");
                        // The other message is in the store, to be taken.
                        let to = here.path("messages").display().to_string();
                        let (code, drained, said) = here.told(&["poll", "drain", "--to", &to]);
                        assert_eq!((code, drained["messages"].as_array().unwrap().len()), (0, 1), "{case}: {said}");
                        // Ours that was stored and not confirmed is taken off with the next look.
                        assert_eq!(here.gateway.queue_len(), 0, "{case}");
                        let (code, _, _) = here.told(&["resume"]);
                        assert_eq!(code, 8, "{case}");
                    }
                }
            });
        }
    });
}

/// Whoever polls the message of a known order advances it.
#[test]
fn messages_advance_orders_whoever_polled_them() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { foreign_first: 1, ..Settings::default() });
        let csr = csr();
        let (code, pending, _) = here.told(&["reissue", "571", "--csr", &csr, "--no-wait"]);
        assert_eq!(code, 6);
        let id = pending["order"]["id"].as_str().unwrap().to_owned();
        let to = here.path("messages").display().to_string();
        let (_, drained, _) = here.told(&["poll", "drain", "--to", &to]);
        assert_eq!(
            (drained["messages"].as_array().unwrap().len(), here.gateway.queue_len()),
            (1, 0),
            "ours is not handed over"
        );
        let (_, shown, _) = here.told(&["orders", "show", &id]);
        assert_eq!(shown["order"]["state"], "issued");
        assert_eq!(shown["order"]["messages"].as_array().unwrap().len(), 1);
        let states: Vec<&str> =
            shown["order"]["history"].as_array().unwrap().iter().map(|line| line["state"].as_str().unwrap()).collect();
        assert_eq!(states, ["sending", "pending", "issued"]);
        // The other transport may carry on.
        let other = if transport == "xml" { "json" } else { "xml" };
        let (code, done, said) = told(here.home.path(), &here.server, other, &["resume", &id]);
        assert_eq!((code, &done["order"]["state"]), (0, &json!("done")), "{said}");
        let (code, list, _) = here.told(&["orders"]);
        assert_eq!(
            (code, &list["orders"][0]["order"]["state"], &list["orders"][0]["order"]["certificate"]),
            (0, &json!("done"), &json!(571))
        );
        let output = certgate_in(here.home.path(), &["orders", "export"], "");
        let lines = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let [order, foreign] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!((&order["id"], &foreign["message"]["object"]["type"]), (&json!(id), &json!("domain")));
        assert!(foreign["taken"].is_string() && order["account"] == foreign["account"], "{foreign}");
    }
}

#[test]
fn an_order_of_the_same_is_not_made_twice() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { jobs_never_end: true, ..Settings::default() });
        let csr = csr();
        let (code, _, _) = here.told(&["reissue", "571", "--csr", &csr, "--no-wait"]);
        assert_eq!(code, 6);
        let (code, document, _) = here.told(&["reissue", "571", "--csr", &csr, "--no-wait"]);
        assert_eq!((code, &document["error"]["kind"]), (6, &json!("pending")), "{document}");
        let (code, _, said) = here.told(&["delete", "571", "--yes", "--no-wait"]);
        assert!(code == 6 && said.contains("certgate resume"), "{code} {said}");
        assert_eq!(here.orders(), 1);
    }
}

/// The job of an order that is done belongs to no later one whose answer is lost.
#[test]
fn a_job_is_found_for_one_order() {
    for transport in ["xml", "json"] {
        let csr = csr();
        let reissue = ["reissue", "571", "--csr", &csr, "--foreign", "leave"];
        let order = Some(TaskKind::CertificateReissue);
        let here = Here::new(transport, Settings { faults: vec![Fault::DropAfterRead(order)], ..Settings::default() });
        assert_eq!(here.told(&reissue).0, 9);
        let (code, document, said) = here.told(&["resume", "--foreign", "leave"]);
        assert_eq!((code, &document["orders"][0]["order"]["state"]), (0, &json!("done")), "{said}");
        here.gateway.inject(Fault::DropBeforeRead(order));
        assert_eq!(here.told(&reissue).0, 9);
        let (code, document, said) = here.told(&["resume"]);
        let seen = document["orders"][0]["seen"].to_string();
        assert!(code == 9 && seen.contains("no job of the account fits it"), "{code} {said}");
        assert_eq!(here.orders(), 1);
    }
}

/// What is not safe to repeat is in the store, also where it is no workflow.
#[test]
fn single_tasks_are_written_down() {
    for transport in ["xml", "json"] {
        let fault = Fault::DropAfterRead(Some(TaskKind::ContactCreate));
        let here = Here::new(transport, Settings { faults: vec![fault], ..Settings::default() });
        let data = here.path("contact.json");
        std::fs::write(&data, r#"{"fname":"Ada","lname":"Lovelace","email":"ada@example.com"}"#).unwrap();
        let create = ["call", "contact-create", "--data", data.to_str().unwrap(), "--ctid"];
        here.run(&[&create[..], &["first"]].concat(), 9);
        here.run(&[&create[..], &["second"]].concat(), 0);
        let (_, list, _) = here.told(&["orders"]);
        let orders: Vec<(&str, &str, &str)> = list["orders"]
            .as_array()
            .unwrap()
            .iter()
            .map(|order| {
                let text = |key: &str| order["order"][key].as_str().unwrap();
                (text("id"), text("action"), text("state"))
            })
            .collect();
        let mut expected = vec![("first", "contact-create", "unknown"), ("second", "contact-create", "done")];
        if orders.first().is_some_and(|order| order.0 == "second") {
            expected.reverse();
        }
        assert_eq!(orders, expected);
        // It has no job to be found by: a person looks.
        let sent = here.gateway.asked(TaskKind::ContactCreate);
        let (code, document, said) = here.told(&["resume"]);
        assert_eq!((code, here.gateway.asked(TaskKind::ContactCreate)), (9, sent), "{said}");
        assert!(document.to_string().contains("look for what it does by hand"), "{document}");
        // What is safe to repeat is not written down.
        let (code, _, _) = here.told(&["info", "571"]);
        assert_eq!(code, 0);
        let (_, list, _) = here.told(&["orders"]);
        assert_eq!(list["orders"].as_array().unwrap().len(), 2);
    }
}

#[test]
fn a_store_that_cannot_be_used_sends_nothing() {
    let here = Here::new("json", Settings::default());
    let csr = csr();
    std::fs::write(here.path("garbage"), "this is no database, whatever its name. ".repeat(40)).unwrap();
    std::fs::write(here.path("file"), "").unwrap();
    for (store, expected, said) in
        [("garbage", 2, "the store is damaged"), ("file/store", 12, "the store cannot be opened or written")]
    {
        let store = here.path(store).display().to_string();
        let (code, document, _) = here.told(&["reissue", "571", "--csr", &csr, "--store", &store]);
        let text = document["error"]["text"].as_str().unwrap();
        assert!(code == expected && text.contains(said) && text.contains("nothing was sent"), "{code} {text}");
    }
    assert_eq!(here.orders(), 0);
}

/// A real full disk: a small tmpfs in a mount namespace of its own, where the machine lets us have one; or one that is read-only, or files
/// that may not grow. Whatever is to be written there, nothing is ordered before that is found.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_sends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let (csr, config) = (csr(), fast(folder.path()));
    let (gateway, server) = serve(Settings::default());
    let at = endpoint(&server, "json");
    let read_only = r#"mount -o remount,ro "$DISK"; TMPDIR="$DISK""#;
    let cases = [
        (
            "",
            r#"reissue 571 --csr "$CSR" --store "$DISK/store""#,
            "nothing was sent: DISK/store: no room is left for the store. Make room and run again",
        ),
        (
            "",
            r#"reissue 571 --csr "$CSR" --out "$DISK/out""#,
            "--out DISK/out: cannot be written: No space left on device",
        ),
        (
            "",
            r#"reissue 571 --new-key --out "$DISK/out""#,
            "--out DISK/out: cannot be written: No space left on device",
        ),
        ("", r#"reissue 571 --csr "$CSR" --record "$DISK/tape""#, "DISK/tape/tape.jsonl: No space left on device"),
        ("", r#"fetch 571 --out "$DISK/fetched""#, "No space left on device"),
        (
            "",
            r#"csr new --key-type p256 --key-out "$DISK/key.pem" --name example.com --out "$DISK/new""#,
            "No space left on device",
        ),
        (
            "",
            r#"reissue 571 --csr "$CSR" --spool "$DISK/spool""#,
            "--spool DISK/spool: cannot be written: No space left on device",
        ),
        (
            "",
            r#"reissue 571 --csr "$CSR" --webroot "$DISK""#,
            "--webroot DISK: cannot be written: No space left on device",
        ),
        ("", r#"convert "$PAYLOAD" --out "$DISK/converted""#, "DISK/converted/response.json: No space left on device"),
        (read_only, "info 571 --sandbox", "no folder for the sandbox's store can be made: Read-only file system"),
        (read_only, "demo", "no folder for the demo's files can be made: Read-only file system"),
        ("ulimit -f 16;", r#"reissue 571 --csr "$CSR" --out "$OUT""#, "/out: cannot be written: File too large"),
    ];
    for (before, words, said) in cases {
        let script = format!(
            r#"mount -t tmpfs -o size=48k tmpfs "$DISK" || exit 99
            head -c 100000 /dev/zero > "$DISK/filling" 2>/dev/null
            {before} "$CERTGATE" {words} --config "$CONFIG" --output json"#
        );
        let mut full = std::process::Command::new("unshare");
        full.args(["-rm", "sh", "-c", &script]);
        for (name, value) in command(folder.path(), &[]).get_envs() {
            full.env(name, value.unwrap_or_default());
        }
        full.env("DISK", &disk).env("CERTGATE", env!("CARGO_BIN_EXE_certgate"));
        full.env("CSR", &csr)
            .env("CERTGATE_ENDPOINT", &at)
            .env("CONFIG", &config)
            .env("OUT", folder.path().join("out"));
        full.env("PAYLOAD", fixture("certificate-info/documented/response.xml"));
        let output = match full.output() {
            Ok(output) if output.status.code() != Some(99) && !stderr(&output).starts_with("unshare:") => output,
            _ => {
                eprintln!("not run: no mount namespace is to be had here");
                return;
            }
        };
        assert_eq!(exit(&output), 12, "{words}: {}", stderr(&output));
        let text = json(&output)["error"]["text"].as_str().unwrap().replace(&disk.display().to_string(), "DISK");
        assert!(text.contains(said), "{words}: {text}");
        assert_eq!(gateway.counts().orders, 0, "{words}");
    }
}
