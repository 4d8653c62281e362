//! A queue that a legacy system reads too loses it nothing, and messages that come another way than by polling.

use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering},
};

use certgate_domain::{
    AnyData, TaskKind,
    task::{PollConfirm, PollInfo},
};
use certgate_simulator::{Server, Settings};
use pretty_assertions::assert_eq;
use serde_json::json;

use crate::support::{
    binary::{Here, certgate_in, csr, endpoint, exit, fast, json, serve, stderr, until, write_batch},
    serving::{account, call, codec, other, post},
};

/// The first message of the queue: its id, and whether it is about a domain.
fn first(server: &Server, protocol: &str) -> Option<(i64, bool)> {
    let reply = post(&endpoint(server, protocol), protocol, &call(PollInfo, account()));
    let answer = codec(protocol).decode_response(TaskKind::PollInfo, &reply).unwrap();
    answer.value.data.into_iter().find_map(|data| match data {
        AnyData::PollMessage(message) => {
            let is_domain = message.object.as_ref().and_then(|object| object.r#type.as_deref()) == Some("domain");
            Some((message.id?, is_domain))
        }
        _ => None,
    })
}

/// Ends the reader when it is dropped.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// It takes its own messages and waits where one of certgate's is first, as such systems do.
#[test]
fn a_legacy_reader_of_the_queue_loses_nothing() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { foreign_first: 1, more_certificates: 3, ..Settings::default() });
        let (csr, batch) = (csr(), write_batch(here.home.path(), 3));
        let is_over = AtomicBool::new(false);
        let taken = std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let mut taken = Vec::new();
                while !is_over.load(Ordering::Relaxed) {
                    if let Some((id, true)) = first(&here.server, other(transport)) {
                        post(
                            &endpoint(&here.server, other(transport)),
                            other(transport),
                            &call(PollConfirm::new(id), account()),
                        );
                        taken.push(id);
                    }
                }
                taken
            });
            // Also where an assertion fails.
            let ends = Ends(&is_over);
            for command in [
                &["renew", "571", "--csr", &csr][..],
                &["reissue", "571", "--csr", &csr],
                &["batch", &batch],
                &["delete", "571", "--yes"],
            ] {
                let (code, document, said) = here.told(command);
                assert_eq!(code, 0, "{command:?}: {said} {document}");
                here.gateway.push_foreign(1);
            }
            until("what is left is ours, and a later run confirms it", || {
                let (code, _, said) = here.told(&["resume"]);
                assert!(code == 0 || code == 8, "{code} {said}");
                here.gateway.queue_len() == 0
            });
            drop(ends);
            reader.join().unwrap()
        });
        let mut each = taken.clone();
        each.sort_unstable();
        each.dedup();
        assert_eq!((taken.len(), &each), (5, &taken), "each once, in their order");
        assert_eq!((here.orders(), here.gateway.counts().confirms), (6, 11), "{transport}");
        let (code, _, _) = here.told(&["poll", "drain", "--exec", "true"]);
        assert_eq!(code, 8, "certgate took none of them");
    }
}

/// What is ours and left behind a message of somebody else's is confirmed by a later run, once that message is gone.
#[test]
fn messages_left_behind_are_confirmed_later() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { foreign_first: 1, ..Settings::default() });
        let csr = csr();
        let (code, _, said) = here.told(&["reissue", "571", "--csr", &csr]);
        assert_eq!((code, here.gateway.counts().confirms, here.gateway.queue_len()), (0, 0, 2), "{said}");
        let (code, _, _) = here.told(&["resume"]);
        assert_eq!((code, here.gateway.queue_len()), (8, 2), "the message of somebody else's is first still");
        let (theirs, _) = first(&here.server, transport).unwrap();
        here.told(&["poll", "confirm", &theirs.to_string()]);
        let (ours, is_domain) = first(&here.server, transport).unwrap();
        assert!(!is_domain);
        let (code, _, _) = here.told(&["resume", "--foreign", "leave"]);
        assert_eq!((code, here.gateway.queue_len()), (8, 1), "the queue is not to be touched");
        let (code, document, said) = here.told(&["resume"]);
        assert_eq!((code, &document["confirmed"], here.gateway.queue_len()), (0, &json!([ours]), 0), "{said}");
        // Now nothing is awaited, and the gateway is not asked any more.
        let asked = here.gateway.asked(TaskKind::PollInfo);
        assert_eq!(here.told(&["resume"]).0, 8);
        assert_eq!(here.gateway.asked(TaskKind::PollInfo), asked);
    }
}

#[test]
fn the_profile_says_what_becomes_of_messages_of_others() {
    for (profile, given, confirms) in [
        ("", &[][..], 0),
        ("foreign = \"spool\"\n", &[], 2),
        ("foreign = \"spool\"\n", &["--foreign", "keep"], 0),
        ("foreign = \"leave\"\n", &["--spool", "messages"], 2),
    ] {
        let home = tempfile::tempdir().unwrap();
        let (gateway, server) = serve(Settings { foreign_first: 1, ..Settings::default() });
        let (csr, at, config) = (csr(), endpoint(&server, "json"), fast(home.path()));
        fs::write(&config, format!("[live]\nrequests_per_second = 1000\n{profile}")).unwrap();
        let spool = home.path().join("messages").display().to_string();
        let given: Vec<&str> = given.iter().map(|word| if *word == "messages" { &spool } else { *word }).collect();
        let order = ["reissue", "571", "--csr", &csr, "--endpoint", &at, "--config", &config];
        let output = certgate_in(home.path(), &[&order[..], &given].concat(), "");
        assert_eq!(
            (exit(&output), gateway.counts().confirms),
            (0, confirms),
            "{profile} {given:?}: {}",
            stderr(&output)
        );
    }
    let home = tempfile::tempdir().unwrap();
    let config = fast(home.path());
    fs::write(&config, "[live]\nforeign = \"take\"\n").unwrap();
    let output = certgate_in(home.path(), &["config", "show", "--config", &config], "");
    assert!(stderr(&output).contains(":2: `take`: expected keep, spool, stop or leave"), "{}", stderr(&output));
    let (csr, both) = (csr(), ["--foreign", "stop", "--spool", "messages"]);
    let output = certgate_in(home.path(), &[&["reissue", "571", "--sandbox", "--csr", &csr][..], &both].concat(), "");
    assert_eq!(exit(&output), 2);
    assert!(stderr(&output).contains("--foreign stop does not: give one of them"), "{}", stderr(&output));
}

/// A pushed message moves its order on as a polled one does, whichever protocol it and the order are in.
#[test]
fn a_message_that_was_pushed_is_taken_in_once() {
    for (transport, pushed) in [("xml", "xml"), ("xml", "json"), ("json", "xml"), ("json", "json")] {
        let here = Here::new(transport, Settings::default());
        let csr = csr();
        let (code, pending, _) = here.told(&["reissue", "571", "--csr", &csr, "--no-wait"]);
        assert_eq!(code, 6);
        let body = post(&endpoint(&here.server, pushed), pushed, &call(PollInfo, account())).body;
        let file = here.path("pushed");
        fs::write(&file, &body.0).unwrap();
        let file = file.display().to_string();
        let import = ["poll", "import", file.as_str()];
        let (code, document, said) = here.told(&import);
        assert_eq!((code, &document["order"]["state"]), (0, &json!("issued")), "{transport} {pushed}: {said}");
        assert_eq!(document["order"]["id"], pending["order"]["id"]);
        let resume = format!("carry on with: certgate resume --config {} certgate-", fast(here.home.path()));
        assert!(said.contains(&resume), "{said}");
        let (code, _, said) = here.told(&import);
        assert_eq!(code, 8);
        assert!(said.contains("the message was taken in before, as msg-1"), "{said}");
        assert_eq!((here.gateway.counts().confirms, here.gateway.queue_len()), (0, 1));
        // The order is finished with it, and its copy in the queue is confirmed by the same run.
        let (code, document, said) = here.told(&["resume"]);
        assert_eq!((code, &document["orders"][0]["order"]["state"]), (0, &json!("done")), "{said}");
        assert_eq!((here.gateway.counts().confirms, here.gateway.queue_len()), (1, 0), "{said}");
    }
}

#[test]
fn a_pushed_message_of_somebody_else_waits_to_be_handed_over() {
    for pushed in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let (_gateway, server) = serve(Settings { foreign_first: 1, ..Settings::default() });
        let body = post(&endpoint(&server, pushed), pushed, &call(PollInfo, account())).body;
        let arguments = crate::support::binary::arguments(home.path(), &server, "json", &["poll", "import", "-"]);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let run = |stdin: &str| certgate_in(home.path(), &arguments, stdin);
        let output = run(&String::from_utf8(body.0.clone()).unwrap());
        assert_eq!(
            (exit(&output), json(&output)["message"]["id"].as_i64()),
            (0, Some(1_405_661)),
            "{}",
            stderr(&output)
        );
        assert!(json(&output).get("order").is_none());
        let empty = if pushed == "xml" {
            "<response><result><data><summary>0</summary></data><status><code>S0905</code><type>success</type></status></result></response>"
        } else {
            r#"{"status":{"code":"S0905","type":"SUCCESS"},"data":[]}"#
        };
        for (stdin, code, says) in [
            (empty, 2, "it holds no message: expected an answer to task 0905"),
            ("<response", 7, "the message cannot be understood: 1:1"),
            ("", 7, "the message cannot be understood"),
        ] {
            let output = run(stdin);
            assert_eq!(exit(&output), code, "{stdin}: {}", stderr(&output));
            assert!(stderr(&output).contains(says), "{}", stderr(&output));
        }
    }
}
