//! Killed at random times while connections drop, over both transports, alone and in batches: never a second order for a
//! certificate, never a lost message, every order ends. `cargo xtask torture` runs more rounds.

use std::{
    collections::BTreeSet,
    process::Stdio,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use certgate_domain::TaskKind;
use certgate_simulator::{Fault, Gateway, Server, Settings};
use fastrand::Rng;
use pretty_assertions::assert_eq;
use serde_json::Value;

use crate::support::binary::{certgate_in, command, csr, endpoint, exit, fast, json, serve, stderr, write_batch};

/// Certificates of a batch.
const BATCH: usize = 4;
/// Runs that are killed at most, before one that is left to end.
const KILLED: usize = 5;

/// One round: its home, its gateway, its dice.
struct Round {
    home: tempfile::TempDir,
    gateway: Gateway,
    server: Server,
    transport: &'static str,
    dice: Rng,
    /// Messages of others that were put into the queue.
    foreign: usize,
    /// What is run again and again.
    start: Vec<String>,
    carry_on: Vec<String>,
    title: String,
}

#[test]
fn killed_at_random_times() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let rounds = number("TORTURE_ROUNDS").unwrap_or(24);
    let seed = number("TORTURE_SEED").unwrap_or(1);
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let round = next.fetch_add(1, Ordering::Relaxed);
                    if round >= rounds {
                        return;
                    }
                    Round::new(seed, round).run();
                }
            });
        }
    });
}

impl Round {
    fn new(seed: u64, round: u64) -> Self {
        let mut dice = Rng::with_seed(seed.wrapping_mul(1_000_003).wrapping_add(round));
        let home = tempfile::tempdir().unwrap();
        let transport = if dice.bool() { "xml" } else { "json" };
        let batch = dice.bool();
        let foreign = dice.usize(0..4);
        let faults = (0..dice.usize(0..5)).map(|_| fault(&mut dice)).collect();
        let (gateway, server) = serve(Settings {
            faults,
            foreign_first: foreign,
            more_certificates: BATCH,
            job_time: Duration::from_millis(dice.u64(0..400)),
            ..Settings::default()
        });
        let out = home.path().join("out").display().to_string();
        let csr = csr();
        let mut file = String::new();
        let (start, carry_on) = if batch {
            file = write_batch(home.path(), BATCH);
            (vec!["batch", file.as_str()], vec!["batch", file.as_str()])
        } else {
            (vec!["reissue", "571", "--csr", &csr, "--out", &out], vec!["resume", "--out", &out])
        };
        let words = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let (start, carry_on) = (words(start), words(carry_on));
        let title = format!("seed {seed}, round {round}, {transport}, batch {}", !file.is_empty());
        Self { home, gateway, server, transport, dice, foreign, start, carry_on, title }
    }

    fn run(mut self) {
        let start = self.start.clone();
        let carry_on = self.carry_on.clone();
        for at in 0..self.dice.usize(1..=KILLED) {
            if self.dice.usize(0..3) == 0 {
                self.gateway.push_foreign(1);
                self.foreign += 1;
            }
            if self.dice.usize(0..3) == 0 {
                let fault = fault(&mut self.dice);
                self.gateway.inject(fault);
            }
            let ended = self.killed(if at == 0 { &start } else { &carry_on });
            if ended {
                break;
            }
        }
        self.finish(&start, &carry_on);
        self.check();
    }

    /// Starts it and kills it (SIGKILL) after some requests or some time. Whether it ended before.
    fn killed(&mut self, words: &[String]) -> bool {
        let arguments = self.arguments(words);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut command = command(self.home.path(), &arguments);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let requests = match self.dice.bool() {
            true => self.gateway.counts().requests + self.dice.usize(1..12),
            false => usize::MAX,
        };
        let end = Instant::now() + Duration::from_millis(self.dice.u64(1..1500));
        while self.gateway.counts().requests < requests && Instant::now() < end {
            if child.try_wait().unwrap().is_some() {
                return true;
            }
            std::thread::yield_now();
        }
        std::thread::sleep(Duration::from_micros(self.dice.u64(0..3000)));
        child.kill().unwrap();
        child.wait().unwrap();
        false
    }

    /// Runs it until all is done, deciding as a person would where certgate cannot tell.
    fn finish(&self, start: &[String], carry_on: &[String]) {
        let mut words = carry_on;
        let mut history = Vec::new();
        for _ in 0..20 {
            let (code, document, said) = self.certgate(words);
            history.push(format!("{} {code}: {said}", words[0]));
            match code {
                0 => return,
                // Nothing is left, or nothing was ordered so far.
                8 if self.gateway.counts().orders > 0 => return,
                8 => words = start,
                // The queue's or a safe task's troubles: the next run goes on.
                5..=7 => words = carry_on,
                9 => {
                    self.decide(&document, &said);
                    words = carry_on;
                }
                other => panic!("{}: exit {other}: {said}", self.title),
            }
        }
        panic!("{}: it does not end: {history:#?}", self.title);
    }

    /// Gives up the orders of which nothing is to be seen. One that arrived may not be among them.
    fn decide(&self, document: &Value, said: &str) {
        let single = [document.clone()];
        let orders = document["orders"].as_array().map_or(single.as_slice(), Vec::as_slice);
        let arrived = self.gateway.orders_by_certificate();
        let listed: Vec<String> = ["orders", "--unfinished"].map(str::to_owned).to_vec();
        let known = self.certgate(&listed).1;
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
            let asked = format!("certgate orders abandon {id}");
            if !said.contains(&asked) && !document.to_string().contains(&asked) {
                continue;
            }
            let name = row["name"].as_str().unwrap();
            let certificate = row["certificate"].to_string();
            let there = arrived.keys().any(|key| key == name || *key == certificate);
            assert!(!there, "{}: {id} arrived and was not found: {said} {arrived:?}", self.title);
            let output = certgate_in(self.home.path(), &["orders", "abandon", id, "--yes"], "");
            assert_eq!(exit(&output), 0, "{}: {}", self.title, stderr(&output));
        }
    }

    fn check(&self) {
        let orders = self.gateway.orders_by_certificate();
        let expected = if self.start[0] == "batch" { BATCH } else { 1 };
        assert_eq!(orders.len(), expected, "{}: {orders:?}", self.title);
        assert!(orders.values().all(|count| *count == 1), "{}: {orders:?}", self.title);
        let to = self.home.path().join("messages").display().to_string();
        let drained: Vec<String> = ["poll", "drain", "--to", &to].map(str::to_owned).to_vec();
        let mut messages = BTreeSet::new();
        for _ in 0..10 {
            let (code, document, said) = self.certgate(&drained);
            let ids = document["messages"].as_array().into_iter().flatten().map(|row| row["id"].as_i64().unwrap());
            messages.extend(ids);
            match code {
                0 | 8 => break,
                // A fault that is left over.
                5 | 7 => {}
                other => panic!("{}: exit {other}: {said}", self.title),
            }
        }
        assert_eq!((messages.len(), self.gateway.queue_len()), (self.foreign, 0), "{}", self.title);
        let listed: Vec<String> = ["orders", "--unfinished"].map(str::to_owned).to_vec();
        assert_eq!(self.certgate(&listed).1["orders"].as_array().map(Vec::len), Some(0), "{}", self.title);
    }

    fn arguments(&self, words: &[String]) -> Vec<String> {
        let (at, config) = (endpoint(&self.server, self.transport), fast(self.home.path()));
        let common = ["--transport", self.transport, "--endpoint", &at, "--output", "json", "--config", &config];
        words.iter().cloned().chain(common.map(str::to_owned)).collect()
    }

    fn certgate(&self, words: &[String]) -> (i32, Value, String) {
        let arguments = self.arguments(words);
        let output = certgate_in(self.home.path(), &arguments.iter().map(String::as_str).collect::<Vec<_>>(), "");
        (exit(&output), json(&output), stderr(&output))
    }
}

/// A misbehaviour that a gateway or what stands before it may have.
fn fault(dice: &mut Rng) -> Fault {
    let tasks = [
        TaskKind::CertificateInfo,
        TaskKind::CertificatePrepareOrder,
        TaskKind::CertificateReissue,
        TaskKind::PollInfo,
        TaskKind::PollConfirm,
        TaskKind::JobList,
    ];
    let task = Some(tasks[dice.usize(..tasks.len())]);
    match dice.usize(0..6) {
        0 | 1 => Fault::DropBeforeRead(task),
        2 | 3 => Fault::DropAfterRead(task),
        4 => Fault::CutShort(task),
        _ => Fault::Html502(task),
    }
}
