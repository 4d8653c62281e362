//! Two processes and one store: whoever slept past the end of its lease has lost its order, and neither writes nor orders; who
//! looked into the queue and sleeps keeps nobody waiting.

use std::{
    path::Path,
    process::{Child, Output, Stdio},
    time::Duration,
};

use certgate_domain::TaskKind;
use certgate_simulator::{Gateway, Server, Settings};
use pretty_assertions::assert_eq;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

use crate::support::binary::{
    certgate_in, command, csr, ended, endpoint, exit, json, paced, serve, stderr, told, until, write_batch,
};

/// A reissue of 571 in a process of its own, at so many requests a second.
fn reissue(home: &Path, server: &Server, transport: &str, pace: usize) -> Child {
    let (at, config, csr) = (endpoint(server, transport), paced(home, pace), csr());
    let order = ["reissue", "571", "--csr", &csr, "--output", "json"];
    let mut command = command(home, &order);
    command.args(["--transport", transport, "--endpoint", &at, "--config", &config]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// Stops it where it writes nothing: a process that is stopped within a transaction of SQLite keeps everybody from writing.
fn stop(home: &Path, child: &Child) {
    let store = store(home);
    store.busy_timeout(Duration::ZERO).unwrap();
    until("it is stopped between two transactions", || {
        signal(child, Signal::STOP);
        // Its threads go on for a moment: the signal is only on its way.
        waitpid(Some(Pid::from_child(child)), WaitOptions::UNTRACED).unwrap();
        let is_free = store.execute_batch("BEGIN IMMEDIATE; ROLLBACK").is_ok();
        if !is_free {
            signal(child, Signal::CONT);
        }
        is_free
    });
}

fn store(home: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(home.join(".local/share/certgate/store.sqlite")).unwrap()
}

/// Lets all leases run out, as a minute would. The id of the order.
fn run_out(home: &Path) -> String {
    let store = store(home);
    assert_eq!(store.execute("UPDATE leases SET expires = 0", []).unwrap(), 1, "the one that carries the order");
    store.query_row("SELECT id FROM orders", [], |row| row.get(0)).unwrap()
}

/// The history of an order in the store.
fn history(home: &Path, id: &str) -> Vec<(String, String)> {
    let store = store(home);
    let mut statement =
        store.prepare("SELECT state, detail FROM happenings WHERE order_id = ?1 ORDER BY rowid").unwrap();
    statement.query_map([id], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
}

/// Wakes the process that was stopped: it stops by itself, with exit 6, and says why.
fn wakes(child: Child, id: &str) -> Output {
    signal(&child, Signal::CONT);
    let output = child.wait_with_output().unwrap();
    let said = stderr(&output);
    assert_eq!(exit(&output), 6, "{said}");
    assert!(
        said.contains(&format!("order {id} was taken over by another process, and this one has stopped")),
        "{said}"
    );
    assert_eq!(json(&output)["error"]["kind"], "pending");
    output
}

#[test]
fn who_waits_for_an_order_that_was_taken_over_stops() {
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let home = home.path();
        let (gateway, server) = serve(Settings { job_time: Duration::from_secs(2), ..Settings::default() });
        let child = reissue(home, &server, transport, 1000);
        until("the order is waited for", || gateway.asked(TaskKind::PollInfo) > 0);
        stop(home, &child);
        let id = run_out(home);
        let (code, done, said) = told(home, &server, transport, &["resume", &id]);
        assert_eq!((code, &done["order"]["state"]), (0, &"done".into()), "{said}");
        let before = history(home, &id);
        wakes(child, &id);
        assert_eq!(history(home, &id), before, "nothing was written");
        assert_eq!(gateway.counts().orders, 1);
    }
}

/// A reissue whose order is recorded, and waits for its turn at a request a second when the process is stopped.
fn stopped_before_its_order_left(home: &Path, gateway: &Gateway, server: &Server, transport: &str) -> Child {
    let child = reissue(home, server, transport, 1);
    until("the CSR was checked", || gateway.asked(TaskKind::CertificatePrepareOrder) > 0);
    let sending = "SELECT count(*) FROM orders WHERE state = 'sending'";
    let store = store(home);
    until("the order was recorded", || store.query_row(sending, [], |row| row.get::<_, i64>(0)).unwrap() == 1);
    stop(home, &child);
    assert_eq!(gateway.asked(TaskKind::CertificateReissue), 0, "it was not stopped in time");
    child
}

#[test]
fn who_slept_before_its_order_left_does_not_send_it() {
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let home = home.path();
        let (gateway, server) = serve(Settings::default());
        let child = stopped_before_its_order_left(home, &gateway, &server, transport);
        let id = run_out(home);
        ended(certgate_in(home, &["orders", "abandon", &id, "--yes"], ""), 0);
        let (code, _, said) = told(home, &server, transport, &["reissue", "571", "--csr", &csr()]);
        assert_eq!(code, 0, "{said}");
        let before = history(home, &id);
        wakes(child, &id);
        assert_eq!(history(home, &id), before, "nothing was written");
        assert_eq!(gateway.counts().orders, 1, "the second process's");
    }
}

/// Nobody took the order over: what is wrong is the store, and the order is noted as not sent as far as that goes.
#[test]
fn who_cannot_tell_whether_its_order_is_its_own_does_not_send_it() {
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let home = home.path();
        let (gateway, server) = serve(Settings::default());
        let child = stopped_before_its_order_left(home, &gateway, &server, transport);
        store(home).execute_batch("ALTER TABLE leases RENAME TO elsewhere").unwrap();
        signal(&child, Signal::CONT);
        let output = child.wait_with_output().unwrap();
        let said = stderr(&output);
        assert_eq!((exit(&output), json(&output)["error"]["kind"].as_str()), (2, Some("usage")), "{said}");
        assert!(said.contains("nothing was sent: ") && said.contains("no such table: "), "{said}");
        let state: String = store(home).query_row("SELECT state FROM orders", [], |row| row.get(0)).unwrap();
        assert_eq!((state.as_str(), gateway.counts().orders), ("unsent", 0), "{said}");
    }
}

/// It confirms what is the other's too, which finds that in the store when it wakes.
#[test]
fn who_reads_the_queue_and_is_stopped_is_relieved() {
    for transport in ["xml", "json"] {
        let (home, another) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (home, another) = (home.path(), another.path());
        let settings = Settings { job_time: Duration::from_secs(3), more_certificates: 1, ..Settings::default() };
        let (gateway, server) = serve(settings);
        let reader = reissue(home, &server, transport, 1000);
        until("the queue is looked into", || gateway.asked(TaskKind::PollInfo) > 0);
        stop(home, &reader);
        let (batch, shared) = (write_batch(another, 1), home.join(".local/share/certgate/store.sqlite"));
        let order = ["batch", &batch, "--store", &shared.display().to_string()];
        let (code, done, said) = told(another, &server, transport, &order);
        assert_eq!((code, &done["orders"][0]["kind"]), (0, &"done".into()), "{said}");
        let counts = gateway.counts();
        assert_eq!((counts.orders, counts.confirms, gateway.queue_len()), (2, 2, 0), "{said}");
        signal(&reader, Signal::CONT);
        let output = reader.wait_with_output().unwrap();
        assert_eq!((exit(&output), gateway.counts().confirms), (0, 2), "{}", stderr(&output));
    }
}
