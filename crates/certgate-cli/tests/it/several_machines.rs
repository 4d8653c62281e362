//! Several machines on one account: their homes are folders of their own, and their store is one.

use std::{
    path::Path,
    process::{Output, Stdio},
};

use certgate_simulator::{Server, Settings};
use pretty_assertions::assert_eq;
use serde_json::Value;

use crate::support::binary::{command, endpoint, exit, json, paced, serve, stderr, write_batch};

/// A machine.
struct Machine {
    home: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    /// A command on it, at so many requests a second.
    fn command(
        &self,
        store: &Path,
        server: &Server,
        transport: &str,
        pace: usize,
        words: &[&str],
    ) -> std::process::Command {
        let (at, config) = (endpoint(server, transport), paced(self.home.path(), pace));
        let mut command = command(self.home.path(), words);
        command.args(["--transport", transport, "--endpoint", &at, "--config", &config, "--output", "json", "--store"]);
        command.arg(store).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

/// The rows of what is done, and of what is left to other machines.
fn done_and_left(output: &Output) -> (usize, usize) {
    let document = json(output);
    let rows = document["orders"].as_array().unwrap();
    let of = |kind: &str| rows.iter().filter(|row| row["kind"] == kind).count();
    let (done, left) = (of("done"), of("pending"));
    assert_eq!(done + left, rows.len(), "{document}");
    let is_left = |row: &&Value| row["kind"] == "pending";
    for row in rows.iter().filter(is_left) {
        assert_eq!(row["text"], "another process is at it: it is done by that, or due the next time");
    }
    (done, left)
}

/// All begin at once with the same file: each order is placed by one of them, and each of them places some.
#[test]
fn a_batch_is_shared() {
    const ORDERS: usize = 24;
    for transport in ["xml", "json"] {
        let shared = tempfile::tempdir().unwrap();
        let (gateway, server) = serve(Settings { more_certificates: ORDERS, ..Settings::default() });
        let (batch, store) = (write_batch(shared.path(), ORDERS), shared.path().join("store.sqlite"));
        let machines: Vec<Machine> = (0..4).map(|_| Machine::new()).collect();
        let started: Vec<_> = machines
            .iter()
            .map(|machine| machine.command(&store, &server, transport, 30, &["batch", &batch]).spawn().unwrap())
            .collect();
        let ended: Vec<Output> = started.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
        let mut done = Vec::new();
        for output in &ended {
            let (by_this, left) = done_and_left(output);
            assert_eq!(exit(output), if left == 0 { 0 } else { 6 }, "{}", stderr(output));
            done.push(by_this);
        }
        assert_eq!((done.iter().sum::<usize>(), gateway.counts().orders), (ORDERS, ORDERS), "{transport}: {done:?}");
        assert!(gateway.orders_by_certificate().values().all(|count| *count == 1));
        assert!(done.iter().filter(|count| **count > 0).count() > 1, "one did it all: {done:?}");
        let again = machines[0].command(&store, &server, transport, 1000, &["batch", &batch]).output().unwrap();
        assert_eq!((exit(&again), gateway.counts().orders), (8, ORDERS), "{}", stderr(&again));
    }
}
