//! Several machines on one account: their homes are folders of their own, and their store is one.

use std::{
    fs,
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

/// A file that declares so many certificates.
fn write_declared(folder: &Path, count: usize) -> String {
    let declared = (10_000..10_000 + count).map(|id| format!("[[certificate]]\nid = {id}\nout = \"certs/{id}\"\n"));
    let file = folder.join("certificates.toml");
    fs::write(&file, declared.collect::<String>()).unwrap();
    file.display().to_string()
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
        let text = row["text"].as_str().unwrap();
        // Claimed by another one, or ordered by it between the look into the store and the claim.
        assert!(
            text.starts_with("another process is at it: it is done by that, or due the next time")
                || text.starts_with("order certgate-")
                    && text.contains(" is being carried on by another process that lives"),
            "{text}"
        );
        // The other one's order is named as soon as there is one.
        let is_command = match (row["order"]["id"].as_str(), row["resume"].as_str()) {
            (Some(id), Some(resume)) => resume.starts_with("certgate resume --") && resume.ends_with(&format!(" {id}")),
            (id, resume) => id.is_none() && resume.is_none(),
        };
        assert!(is_command, "{row}");
    }
    (done, left)
}

/// All begin at once with the same file, and with folders that they share: each order is placed by one of them, and each of them places
/// some: there are more than one works on at once, so that whoever begins a second later finds some left.
#[test]
fn work_is_shared() {
    const ORDERS: usize = 80;
    for (transport, command) in [("xml", "batch"), ("json", "apply")] {
        let shared = tempfile::tempdir().unwrap();
        let (gateway, server) = serve(Settings { more_certificates: ORDERS, ..Settings::default() });
        let store = shared.path().join("store.sqlite");
        let file = match command {
            "batch" => write_batch(shared.path(), ORDERS),
            _ => write_declared(shared.path(), ORDERS),
        };
        let machines: Vec<Machine> = (0..4).map(|_| Machine::new()).collect();
        let started: Vec<_> = machines
            .iter()
            .map(|machine| machine.command(&store, &server, transport, 60, &[command, &file]).spawn().unwrap())
            .collect();
        let ended: Vec<Output> = started.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
        let mut done = Vec::new();
        for output in &ended {
            let (by_this, left) = done_and_left(output);
            assert_eq!(exit(output), if left == 0 { 0 } else { 6 }, "{}", stderr(output));
            done.push(by_this);
        }
        let each = format!("{transport} {command}: {done:?}");
        assert_eq!((done.iter().sum::<usize>(), gateway.counts().orders), (ORDERS, ORDERS), "{each}");
        assert!(gateway.orders_by_certificate().values().all(|count| *count == 1), "{each}");
        assert!(done.iter().filter(|count| **count > 0).count() > 1, "one did it all: {each}");
        let again = machines[0].command(&store, &server, transport, 1000, &[command, &file]).output().unwrap();
        assert_eq!((exit(&again), gateway.counts().orders), (8, ORDERS), "{}", stderr(&again));
    }
}

/// The one that is named first orders; the other ones fetch what it ordered, without its key, and never order.
#[test]
fn a_certificate_arrives_at_each_of_its_hosts() {
    for transport in ["xml", "json"] {
        let shared = tempfile::tempdir().unwrap();
        let store = shared.path().join("store.sqlite");
        let (gateway, server) = serve(Settings::default());
        let declared = "[[certificate]]\nid = 571\nout = \"certs\"\nhosts = [\"web1\", \"web2\"]\ndeploy_hook = \"echo x >> deployed\"\n";
        let machines = ["web1", "web2", "web3"].map(|name| {
            let machine = Machine::new();
            fs::write(machine.home.path().join("certificates.toml"), declared).unwrap();
            (name, machine)
        });
        let run = |at: usize, words: &[&str]| {
            let (name, machine) = &machines[at];
            let mut command = machine.command(&store, &server, transport, 1000, words);
            let config = machine.home.path().join("config.toml");
            let named = format!("{}host = \"{name}\"\n", fs::read_to_string(&config).unwrap());
            fs::write(config, named).unwrap();
            let output = command.current_dir(machine.home.path()).output().unwrap();
            (exit(&output), stderr(&output))
        };
        let apply = |at: usize| {
            run(at, &["apply", &machines[at].1.home.path().join("certificates.toml").display().to_string()])
        };
        let pem = |at: usize, file: &str| fs::read_to_string(machines[at].1.home.path().join("certs").join(file)).ok();
        let (code, said) = apply(1);
        assert_eq!((code, gateway.counts().orders), (0, 0), "it fetches what is there: {said}");
        let before = pem(1, "cert.pem");
        let (code, said) = apply(0);
        assert_eq!((code, gateway.counts().orders), (0, 1), "{said}");
        let (code, said) = apply(1);
        assert_eq!((code, gateway.counts().orders), (0, 1), "{said}");
        assert_eq!(pem(1, "cert.pem"), pem(0, "cert.pem"));
        assert!(pem(1, "cert.pem").is_some() && before != pem(1, "cert.pem"));
        assert!(pem(0, "key.pem").is_some() && pem(1, "key.pem").is_none(), "a key stays where it was made");
        assert_eq!(
            [0, 1].map(|at| fs::read_to_string(machines[at].1.home.path().join("deployed")).unwrap()),
            ["x\n", "x\nx\n"]
        );
        for at in 0..3 {
            let (code, said) = apply(at);
            assert_eq!((code, gateway.counts().orders), (8, 1), "{at}: {said}");
        }
        assert!(!machines[2].1.home.path().join("certs").exists(), "it is not its own");
        // Another one is named first: it goes on with what is there, and with a key of its own once somebody orders with one.
        let declared = declared.replace("\"web1\", \"web2\"", "\"web2\", \"web1\"");
        for (_, machine) in &machines {
            fs::write(machine.home.path().join("certificates.toml"), &declared).unwrap();
        }
        let empty = |at: usize| fs::remove_dir_all(machines[at].1.home.path().join("certs")).unwrap();
        let (code, said) = apply(1);
        assert_eq!((code, gateway.counts().orders), (8, 1), "{said}");
        empty(1);
        let (code, said) = apply(1);
        assert_eq!((code, gateway.counts().orders), (2, 1), "what was fetched is remembered: {said}");
        let certs = machines[1].1.home.path().join("certs").display().to_string();
        let command = ["reissue", "571", "--new-key", "--out", &certs, "--deploy-hook", "echo x >> deployed"];
        let (code, said) = run(1, &command);
        assert_eq!((code, gateway.counts().orders), (0, 2), "{said}");
        assert!(pem(1, "key.pem").is_some());
        let (code, said) = apply(1);
        assert_eq!((code, gateway.counts().orders), (8, 2), "{said}");
        let before = pem(0, "cert.pem");
        let (code, said) = apply(0);
        assert_eq!((code, pem(0, "cert.pem") == before), (10, true), "it is not for the key that is there: {said}");
        empty(0);
        let (code, said) = apply(0);
        assert_eq!((code, gateway.counts().orders), (0, 2), "{said}");
        assert_eq!((pem(0, "cert.pem"), pem(0, "key.pem")), (pem(1, "cert.pem"), None));
    }
}

/// An order goes into the folder of the machine that it was placed on, whichever paths others have.
#[test]
fn an_order_is_installed_where_it_was_placed() {
    for transport in ["xml", "json"] {
        let shared = tempfile::tempdir().unwrap();
        let store = shared.path().join("store.sqlite");
        let (gateway, server) = serve(Settings::default());
        let folder = shared.path().join("certs").display().to_string();
        let run = |name: &str, machine: &Machine, words: &[&str]| {
            let mut command = machine.command(&store, &server, transport, 1000, words);
            let config = machine.home.path().join("config.toml");
            fs::write(&config, format!("[live]\nrequests_per_second = 1000\nhost = \"{name}\"\n")).unwrap();
            let output = command.output().unwrap();
            (exit(&output), stderr(&output), json(&output))
        };
        let (one, other) = (Machine::new(), Machine::new());
        let (code, said, document) = run("web1", &one, &["reissue", "571", "--new-key", "--out", &folder, "--no-wait"]);
        assert_eq!(code, 6, "{said}");
        let id = document["order"]["id"].as_str().unwrap();
        // The other machine has a folder of that path, and not that key.
        let away = shared.path().join("of-web1");
        fs::rename(shared.path().join("certs"), &away).unwrap();
        let (_, said, document) = run("web2", &other, &["resume"]);
        assert_eq!(document["orders"].as_array().map(Vec::len), Some(0), "it is none of its own: {said}");
        let (code, said, _) = run("web2", &other, &["resume", id]);
        assert_eq!(code, 6, "{said}");
        assert!(said.contains("was placed on web1, where its folder and its key are"), "{said}");
        assert!(!shared.path().join("certs").exists());
        fs::rename(&away, shared.path().join("certs")).unwrap();
        // Now the two share the folder.
        let (code, said, _) = run("web2", &other, &["resume"]);
        assert_eq!((code, gateway.counts().orders), (0, 1), "{said}");
        assert!(shared.path().join("certs/key.pem").exists());
    }
}

/// A folder that machines share is known to each that found a certificate in it: where it is not mounted on one of them, nothing is ordered.
#[test]
fn a_folder_that_machines_share_and_that_one_has_not_mounted() {
    for transport in ["xml", "json"] {
        let shared = tempfile::tempdir().unwrap();
        let store = shared.path().join("store.sqlite");
        let (gateway, server) = serve(Settings::default());
        let (folder, file) = (shared.path().join("certs"), shared.path().join("certificates.toml"));
        fs::write(&file, "[[certificate]]\nid = 571\nout = \"certs/a\"\n").unwrap();
        let (machine, file) = (Machine::new(), file.display().to_string());
        let run = |name: &str, words: &[&str]| {
            let mut command = machine.command(&store, &server, transport, 1000, words);
            let config = machine.home.path().join("config.toml");
            fs::write(&config, format!("[live]\nrequests_per_second = 1000\nhost = \"{name}\"\n")).unwrap();
            let output = command.output().unwrap();
            (exit(&output), gateway.counts().orders, stderr(&output))
        };
        let certs = folder.display().to_string();
        let (code, orders, said) = run("web1", &["apply", &file]);
        assert_eq!((code, orders), (0, 1), "{said}");
        for (name, found) in [("web2", ["apply", &file]), ("web3", ["renew-due", &certs])] {
            let (code, orders, said) = run(name, &found);
            assert_eq!((code, orders), (8, 1), "{said}");
        }
        fs::rename(&folder, shared.path().join("away")).unwrap();
        for name in ["web1", "web2", "web3"] {
            for command in ["plan", "apply"] {
                let (code, orders, said) = run(name, &[command, &file]);
                assert_eq!((code, orders), (2, 1), "{name} {command}: {said}");
            }
        }
    }
}
