//! An order is shown alike by every command: placed by one or by a batch, resumed, listed, refused, interrupted.

use std::process::Stdio;

use certgate_simulator::Settings;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::support::binary::{Here, arguments, command, csr, exit, interrupt, serve, stderr, until, write_batch};

/// Interrupted, a batch tells what it placed.
#[test]
fn an_interrupted_batch_prints_its_rows() {
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let file = write_batch(home.path(), 3);
        let (gateway, server) = serve(Settings { more_certificates: 3, jobs_never_end: true, ..Settings::default() });
        let words = arguments(home.path(), &server, transport, &["batch", &file]);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut batch = command(home.path(), &words);
        let child = batch.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        until("all are ordered", || gateway.counts().orders == 3);
        interrupt(&child);
        let output = child.wait_with_output().unwrap();
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((exit(&output), &document["error"]["kind"]), (130, &json!("interrupted")), "{}", stderr(&output));
        let rows = document["orders"].as_array().unwrap();
        assert_eq!(rows.len(), 3);
        for row in rows {
            assert_eq!(row["order"]["state"], "pending", "{row}");
            assert!(row["order"]["job"]["id"].is_number(), "{row}");
        }
    }
}

/// One vocabulary of states and one shape of an order, whichever command shows it.
#[test]
fn an_order_is_shown_alike_by_every_command() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { jobs_never_end: true, ..Settings::default() });
        let (code, placed, said) = here.told(&["reissue", "571", "--csr", &csr(), "--no-wait"]);
        assert_eq!((code, &placed["order"]["state"]), (6, &json!("pending")), "{said}");
        let id = placed["order"]["id"].as_str().unwrap();
        let shape = |order: &Value| {
            let mut order = order.clone();
            order.as_object_mut().unwrap().remove("updated");
            order
        };
        let members: Vec<&str> = placed["order"].as_object().unwrap().keys().map(String::as_str).collect();
        let expected = ["id", "state", "action", "certificate", "name", "job", "ctid", "created", "updated"];
        assert_eq!(members, expected, "{placed}");
        let (code, resumed, _) = here.told(&["resume", id, "--timeout", "1s"]);
        assert_eq!((code, shape(&resumed["order"])), (6, shape(&placed["order"])));
        let (_, listed, _) = here.told(&["orders"]);
        let listed = &listed["orders"][0]["order"];
        for member in expected.iter().filter(|member| **member != "updated") {
            assert_eq!(listed[member], placed["order"][member], "{member}");
        }
    }
}

/// An order that the gateway refused stays refused, and a later look says so in the same word.
#[test]
fn a_refused_order_is_refused_everywhere() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let (code, refused, said) = here.told(&["renew", "571", "--admin", "4711"]);
        assert_eq!((code, &refused["order"]["state"]), (3, &json!("refused")), "{said}");
        let id = refused["order"]["id"].as_str().unwrap();
        let (code, resumed, _) = here.told(&["resume", id]);
        assert_eq!((code, &resumed["order"]["state"]), (8, &json!("refused")));
    }
}

/// Where a task before the order is refused, that one is named, and nothing was ordered.
#[test]
fn a_refusal_before_the_order_is_of_that_task() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        for command in [&["delete", "999", "--yes"][..], &["reissue", "999", "--csr", &csr()]] {
            let (code, document, said) = here.told(command);
            assert_eq!((code, &document["order"]["state"]), (3, &json!("unsent")), "{said}");
            assert!(said.contains("certificate-info: the gateway refused: E400104"), "{said}");
            let (_, stored, _) = here.told(&["orders"]);
            assert_eq!((here.orders(), &stored["orders"]), (0, &json!([])));
        }
    }
}
