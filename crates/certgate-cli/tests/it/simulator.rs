//! `certgate serve simulator`: a world over restarts, and how it ends.

use std::{
    collections::BTreeMap,
    fs,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use certgate::{HttpSettings, HttpTransport, Transport};
use certgate_domain::{AnyData, Query, SslContact, TaskKind, task};
use pretty_assertions::assert_eq;

use crate::support::{
    binary::{certgate, certgate_in, csr, ended, exit, fast, json, stderr, until},
    serving::{Serving, account, call, codec, post},
};

#[test]
fn an_order_is_carried_on_with_a_simulator_that_was_started_anew() {
    let home = tempfile::tempdir().unwrap();
    let state = home.path().join("state.json").display().to_string();
    let config = fast(home.path());
    // Ctrl-C and SIGKILL leave the same.
    for kill in [false, true] {
        let mut simulator = Serving::start(&["simulator", "--state", &state, "--job-time", "1h"]);
        let arguments = ["reissue", "571", "--csr", &csr(), "--no-wait", "--config", &config, "--transport", "xml"];
        let more = ["--endpoint", &simulator.endpoint, "--output", "json"];
        let output = ended(certgate_in(home.path(), &[&arguments[..], &more].concat(), ""), 6);
        if kill {
            simulator.child.kill().unwrap();
            simulator.child.wait().unwrap();
        } else {
            assert_eq!(simulator.interrupted(), 0, "{}", simulator.stderr());
        }

        let simulator = Serving::start(&["simulator", "--state", &state]);
        let order = json(&output)["order"]["job"]["id"].clone();
        let out = home.path().join("out").display().to_string();
        let arguments = ["resume", &order.to_string(), "--certificate", "571", "--csr", &csr(), "--out", &out];
        let more = ["--config", &config, "--transport", "xml", "--endpoint", &simulator.endpoint, "--output", "json"];
        let output = ended(certgate_in(tempfile::tempdir().unwrap().path(), &[&arguments[..], &more].concat(), ""), 0);
        assert_eq!(json(&output)["order"]["state"], "done");
    }
}

/// SIGKILL under load: whatever was answered is there afterwards, and nothing is damaged.
#[test]
fn what_was_answered_outlives_the_process() {
    let home = tempfile::tempdir().unwrap();
    let state = home.path().join("state.json").display().to_string();
    let mut created = Vec::new();
    for round in 0..3 {
        let mut simulator = Serving::start(&["simulator", "--state", &state]);
        let (count, endpoint) = (AtomicUsize::new(0), simulator.endpoint.clone());
        let create = |worker: usize| {
            let mut ids = Vec::new();
            let mut transport = HttpTransport::new(&endpoint, HttpSettings::default()).unwrap();
            for number in 0.. {
                let name = |what: &str| Some(format!("{what} {round} {worker} {number}"));
                let (fname, lname) = (name("first"), name("last"));
                let email = Some("a@example.com".to_owned());
                let contact = SslContact { fname, lname: lname.clone(), email, ..SslContact::default() };
                let request = codec("xml").encode_request(&call(task::ContactCreate { contact }, account())).payload;
                let Ok(reply) = transport.send(&request, Duration::from_secs(60)) else { break };
                let answer = codec("xml").decode_response(TaskKind::ContactCreate, &reply).unwrap().value;
                ids.push((answer.object.unwrap().value.unwrap().parse::<i64>().unwrap(), lname));
                count.fetch_add(1, Ordering::Relaxed);
            }
            ids
        };
        let more = std::thread::scope(|scope| {
            let workers = [0, 1, 2, 3].map(|worker| scope.spawn(move || create(worker)));
            until("contacts are created", || count.load(Ordering::Relaxed) >= 150);
            simulator.child.kill().unwrap();
            workers.map(|worker| worker.join().unwrap()).concat()
        });
        created.extend(more);
    }
    let simulator = Serving::start(&["simulator", "--state", &state]);
    let query = Query::default().window(0, 10_000);
    let reply = post(&simulator.endpoint, "xml", &call(task::ContactList { query }, account()));
    let list = codec("xml").decode_response(TaskKind::ContactList, &reply).unwrap().value;
    let there: BTreeMap<i64, Option<String>> = list
        .data
        .into_iter()
        .filter_map(|row| match row {
            AnyData::SslContact(contact) => Some((contact.id?, contact.lname)),
            _ => None,
        })
        .collect();
    assert!(created.len() >= 450);
    for (id, lname) in created {
        assert_eq!(there.get(&id), Some(&lname), "contact {id}");
    }
}

#[test]
fn a_damaged_state_is_refused_and_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let state = home.path().join("state.json");
    for (text, said) in [("{\"schema\":1", "EOF"), ("{\"schema\":3}", "a newer one wrote it")] {
        fs::write(&state, text).unwrap();
        let path = state.display().to_string();
        let output = ended(certgate(&["serve", "simulator", "--listen", "127.0.0.1:0", "--state", &path], ""), 2);
        let shown = stderr(&output);
        assert!(shown.contains(&format!("--state {path}: ")) && shown.contains(said), "{shown}");
        assert_eq!(fs::read_to_string(&state).unwrap(), text);
    }
}

#[test]
fn an_account_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let account = home.path().join("account.toml");
    fs::write(&account, "user = \"u\"\npassword = \"s3cret\"\ncontext = 9\n").unwrap();
    fs::set_permissions(&account, fs::Permissions::from_mode(0o644)).unwrap();
    let output = certgate(&["serve", "simulator", "--account-file", &account.display().to_string()], "");
    assert_eq!(exit(&output), 2);
    assert!(stderr(&output).contains("it holds a password and others can read it ("), "{}", stderr(&output));
}
