//! An account that was tortured: it is carried on with until all is done, and looked at.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use certgate_simulator::{Gateway, Server};
use certgate_testing::Role;
use fastrand::Rng;
use pretty_assertions::assert_eq;
use serde_json::Value;

use crate::support::binary::{command, endpoint, exit, fast, json, stderr};

/// An account, what is done with it, and from where.
pub(super) struct Account {
    pub(super) gateway: Gateway,
    pub(super) server: Server,
    pub(super) transport: &'static str,
    /// The homes of its machines.
    pub(super) homes: Vec<PathBuf>,
    /// The store that they share; none where each has its own.
    pub(super) store: Option<String>,
    /// How many certificates are ordered.
    pub(super) orders: usize,
    /// Messages of others that were put into the queue.
    pub(super) foreign: usize,
    /// What is run again and again.
    pub(super) start: Vec<String>,
    pub(super) carry_on: Vec<String>,
    pub(super) title: String,
}

impl Account {
    /// Starts it and kills it (SIGKILL) after some requests or some time. Whether it ended before.
    pub(super) fn killed(&self, dice: &mut Rng, home: &Path, store: Option<&str>, words: &[String]) -> bool {
        let mut command = self.command(home, store, words);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let requests = match dice.bool() {
            true => self.gateway.counts().requests + dice.usize(1..12),
            false => usize::MAX,
        };
        let end = Instant::now() + Duration::from_millis(dice.u64(1..1500));
        while self.gateway.counts().requests < requests && Instant::now() < end {
            if child.try_wait().unwrap().is_some() {
                return true;
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        std::thread::sleep(Duration::from_micros(dice.u64(0..3000)));
        child.kill().unwrap();
        child.wait().unwrap();
        false
    }

    /// Runs it until all is done, deciding as a person would where certgate cannot tell.
    pub(super) fn finish(&self) {
        let (start, carry_on) = (&self.start, &self.carry_on);
        let mut words = carry_on;
        let mut history = Vec::new();
        // What a process of one machine left is free for that machine at once, for the others when its lease has ended.
        for home in self.homes.iter().cycle().take(20) {
            let (code, document, said) = self.certgate(home, words);
            history.push(format!("{} {code}: {said}", words[0]));
            match code {
                0 => return,
                // Nothing is left, or nothing was ordered so far.
                8 if self.gateway.counts().orders > 0 => return,
                8 => words = start,
                // The queue's or a safe task's troubles, or another machine is at it: the next run goes on.
                5..=7 => words = carry_on,
                9 => {
                    self.decide(home, &document, &said);
                    words = carry_on;
                }
                other => panic!("{}: exit {other}: {said}", self.title),
            }
        }
        panic!("{}: it does not end: {history:#?}", self.title);
    }

    /// Gives up the orders of which nothing is to be seen. One that arrived may not be among them.
    fn decide(&self, home: &Path, document: &Value, said: &str) {
        let single = [document.clone()];
        let orders = document["orders"].as_array().map_or(single.as_slice(), Vec::as_slice);
        let arrived = self.gateway.orders_by_certificate();
        let listed: Vec<String> = ["orders", "--unfinished"].map(str::to_owned).to_vec();
        let known = self.certgate(home, &listed).1;
        for order in orders {
            let id = order["order"]["id"].as_str();
            let unknown = order["kind"] == "unknown" || document["error"]["kind"] == "unknown";
            let Some(id) = id.filter(|_| unknown) else { continue };
            let Some(row) =
                known["orders"].as_array().unwrap().iter().map(|row| &row["order"]).find(|order| order["id"] == id)
            else {
                continue;
            };
            // A run that saw no answer says so; the next one looks, and only then a person is asked about that order.
            let asks = |text: &str| {
                let commands = text.split("certgate orders abandon ").skip(1);
                let mut words = commands.filter_map(|rest| rest.split(['`', '\n', '\\', '"']).next());
                words.any(|words| words.split([' ', ',']).any(|word| word == id))
            };
            if !asks(said) && !asks(&document.to_string()) {
                continue;
            }
            let name = row["name"].as_str().unwrap();
            let certificate = row["certificate"].to_string();
            let there = arrived.keys().any(|key| key == name || *key == certificate);
            assert!(!there, "{}: {id} arrived and was not found: {said} {arrived:?}", self.title);
            let abandon = ["orders", "abandon", id, "--yes"].map(str::to_owned);
            let (code, _, said) = self.certgate(home, &abandon);
            assert_eq!(code, 0, "{}: {said}", self.title);
        }
    }

    /// No second order, no message lost, and nothing left to do.
    pub(super) fn check(&self) {
        let home = &self.homes[0];
        let orders = self.gateway.orders_by_certificate();
        assert_eq!(orders.len(), self.orders, "{}: {orders:?}", self.title);
        assert!(orders.values().all(|count| *count == 1), "{}: {orders:?}", self.title);
        let to = home.join("messages").display().to_string();
        let drained: Vec<String> = ["poll", "drain", "--to", &to].map(str::to_owned).to_vec();
        for _ in 0..10 {
            let (code, _, said) = self.certgate(home, &drained);
            match code {
                0 | 8 => break,
                // A fault that is left over.
                5 | 7 => {}
                other => panic!("{}: exit {other}: {said}", self.title),
            }
        }
        // A message is one file, however often it was handed over.
        let messages = fs::read_dir(&to).map_or(0, Iterator::count);
        assert_eq!((messages, self.gateway.queue_len()), (self.foreign, 0), "{}", self.title);
        let listed: Vec<String> = ["orders", "--unfinished"].map(str::to_owned).to_vec();
        assert_eq!(self.certgate(home, &listed).1["orders"].as_array().map(Vec::len), Some(0), "{}", self.title);
    }

    fn command(&self, home: &Path, store: Option<&str>, words: &[String]) -> Command {
        let (at, config) = (endpoint(&self.server, self.transport), fast(home));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut command = command(home, &words);
        command.args(["--transport", self.transport, "--endpoint", &at, "--output", "json", "--config", &config]);
        command.args(store.iter().flat_map(|store| ["--store", store])).env("PGPASSWORD", Role::PASSWORD);
        command
    }

    /// Runs it; again where the database was away, which another round may have restarted.
    fn certgate(&self, home: &Path, words: &[String]) -> (i32, Value, String) {
        loop {
            let output = self.command(home, self.store.as_deref(), words).stdin(Stdio::null()).output().unwrap();
            if self.store.is_none() || exit(&output) != 12 {
                return (exit(&output), json(&output), stderr(&output));
            }
        }
    }
}
