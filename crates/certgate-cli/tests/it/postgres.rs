//! Orders in PostgreSQL: what one machine ordered another one knows, and how a machine gets in.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Output,
};

use certgate_simulator::{Server, Settings};
use certgate_testing::{Cluster, Role};
use pretty_assertions::assert_eq;

use crate::support::binary::{arguments, command, csr, ended, exit, json, serve, stderr, stdout};

/// A machine with a home of its own, and the store that all share.
struct Machine<'s> {
    home: tempfile::TempDir,
    server: &'s Server,
    transport: &'s str,
    store: String,
}

impl<'s> Machine<'s> {
    fn new(server: &'s Server, transport: &'s str, role: &Role) -> Self {
        Self { home: tempfile::tempdir().unwrap(), server, transport, store: role.url() }
    }

    fn run(&self, words: &[&str]) -> Output {
        let words = [words, &["--store", &self.store]].concat();
        let arguments = arguments(self.home.path(), self.server, self.transport, &words);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let name = self.home.path().file_name().unwrap().display();
        let mut config = OpenOptions::new().append(true).open(self.home.path().join("config.toml")).unwrap();
        writeln!(config, "host = \"{name}\"").unwrap();
        command(self.home.path(), &arguments).env("PGPASSWORD", Role::PASSWORD).output().unwrap()
    }
}

#[test]
fn what_one_machine_ordered_another_one_knows() {
    let Some(cluster) = Cluster::shared() else { return };
    for transport in ["xml", "json"] {
        let (gateway, server) = serve(Settings::default());
        let role = cluster.role();
        let [one, other] = [(); 2].map(|()| Machine::new(&server, transport, &role));
        let placed = ended(one.run(&["reissue", "571", "--csr", &csr(), "--no-wait"]), 6);
        let id = json(&placed)["order"]["id"].as_str().unwrap().to_owned();
        let resume = json(&placed)["resume"].as_str().unwrap().to_owned();
        assert!(resume.ends_with(&format!(" --store '{}' {id}", one.store)), "{resume}");
        let again = other.run(&["reissue", "571", "--csr", &csr()]);
        assert_eq!((exit(&again), gateway.counts().orders), (6, 1), "{}", stderr(&again));
        assert!(stderr(&again).contains(&id), "{}", stderr(&again));
        ended(other.run(&["resume", &id]), 0);
        let shown = json(&one.run(&["orders", "show", &id]));
        assert_eq!(shown["order"]["state"], "done");
        assert_eq!(shown["order"]["messages"].as_array().map(Vec::len), Some(1), "the other one took its message in");
        assert!(!one.home.path().join(".local/share/certgate/store.sqlite").exists());
    }
}

/// A sweep that stopped on one machine is not hidden by that of another one.
#[test]
fn each_machine_tells_its_own_runs() {
    let Some(cluster) = Cluster::shared() else { return };
    let (_gateway, server) = serve(Settings::default());
    let role = cluster.role();
    let [one, other] = [(); 2].map(|()| Machine::new(&server, "json", &role));
    ended(one.run(&["resume"]), 8);
    let file = other.home.path().join("metrics");
    for (machine, is_told) in [(&one, true), (&other, false)] {
        ended(machine.run(&["status", "--prometheus", &file.display().to_string()]), 0);
        let metrics = fs::read_to_string(&file).unwrap();
        let is_up = |line: &str| line.starts_with("certgate_gateway_up{") && line.ends_with("\"} 1");
        assert!(metrics.lines().any(is_up), "{metrics}");
        let success = "certgate_last_success_timestamp_seconds{command=\"resume\",";
        assert_eq!(metrics.contains(success), is_told, "{metrics}");
    }
}

#[test]
fn the_ways_of_a_password() {
    let Some(cluster) = Cluster::shared() else { return };
    let role = cluster.role();
    let escaped = Role::PASSWORD.replace('\\', "\\\\").replace(':', "\\:");
    let line = format!("127.0.0.1:*:certgate:{}:{escaped}\n", role.name);
    let printed = format!("[live]\nstore = \"{}\"\nstore_password_command = \"cat $HOME/printed\"\n", role.url());
    for (case, variable, file, config, expected) in [
        ("variable", Some(Role::PASSWORD), None, "", Ok(())),
        ("wrong variable", Some("hunter2"), Some((line.as_str(), 0o600)), "", Err("password authentication failed")),
        ("file", None, Some((line.as_str(), 0o600)), "", Ok(())),
        ("file that others can read", None, Some((line.as_str(), 0o644)), "", Err("passed over: ")),
        ("nothing", None, None, "", Err("password missing")),
        ("command", None, None, printed.as_str(), Ok(())),
        (
            "command that fails",
            None,
            None,
            &printed.replace("cat $HOME/printed", "exit 3"),
            Err("store_password_command ended with exit status: 3"),
        ),
    ] {
        let home = tempfile::tempdir().unwrap();
        write(&home.path().join("printed"), Role::PASSWORD, 0o600);
        write(&home.path().join("config.toml"), config, 0o600);
        if let Some((text, mode)) = file {
            write(&home.path().join(".pgpass"), text, mode);
        }
        let config_file = home.path().join("config.toml").display().to_string();
        let mut run = command(home.path(), &["orders", "--output", "json", "--config", &config_file]);
        if config.is_empty() {
            run.env("CERTGATE_STORE", role.url());
        }
        run.envs(variable.map(|value| ("PGPASSWORD", value)));
        let output = run.output().unwrap();
        let said = format!("{}{}", stdout(&output), stderr(&output));
        match expected {
            // No order is in the store.
            Ok(()) => assert_eq!(exit(&output), 8, "{case}: {said}"),
            Err(expected) => {
                assert_eq!(exit(&output), 12, "{case}: {said}");
                assert!(said.contains(expected), "{case}: {said}");
            }
        }
        assert!(!said.contains("hunter2") && !said.contains(Role::PASSWORD), "{case}: {said}");
    }
}

fn write(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn an_address_is_shown_whole_and_never_with_a_password() {
    let home = tempfile::tempdir().unwrap();
    let shown = |store: &str| command(home.path(), &["config", "show", "--store", store]).output().unwrap();
    let address = "postgres://me@db.example/orders?sslmode=require&application_name=x";
    let output = shown(address);
    assert!(stdout(&output).contains(&format!("{address}  (argument --store)")), "{}", stdout(&output));
    let output = shown("postgres://me:hunter2@db.example/orders");
    assert_eq!(exit(&output), 2);
    assert!(stderr(&output).contains("a password stands in the store's address: use PGPASSWORD"));
    assert!(!stderr(&output).contains("hunter2"), "{}", stderr(&output));
}

#[test]
fn a_store_moves_into_postgresql_and_back() {
    let Some(cluster) = Cluster::shared() else { return };
    let (_gateway, server) = serve(Settings::default());
    let machine = Machine::new(&server, "json", &cluster.role());
    let file = |name: &str| machine.home.path().join(name).display().to_string();
    let (before, after) = (file("before"), file("after"));
    let on_file = |store: &str, words: &[&str]| {
        let machine = Machine { store: store.to_owned(), home: tempfile::tempdir().unwrap(), ..machine };
        machine.run(words)
    };
    assert_eq!(exit(&on_file(&before, &["reissue", "571", "--csr", &csr()])), 0);
    for (from, to) in [(&before, &machine.store), (&machine.store, &after)] {
        ended(machine.run(&["store", "copy", "--from", from, "--to", to]), 0);
    }
    let orders = json(&machine.run(&["orders"]));
    assert_eq!(orders["orders"].as_array().map(Vec::len), Some(1));
    for store in [&before, &after] {
        assert_eq!(json(&on_file(store, &["orders"])), orders);
    }
    let status = json(&machine.run(&["store", "status"]))["store"].clone();
    assert_eq!((&status["orders"], &status["unfinished"], &status["pooled"]), (&1.into(), &0.into(), &false.into()));
    assert!(status["database"].as_str().unwrap().starts_with("PostgreSQL "), "{status}");
    let doctor = stdout(&machine.run(&["doctor"]));
    assert!(doctor.contains("no TLS") && doctor.contains("ms there and back"), "{doctor}");
}
