//! `certgate store`: how a store stands, its tables, a copy of it; and what is said where an older one is opened.

use std::{fs, path::Path};

use certgate_simulator::Settings;
use certgate_store::StoreStatus;
use pretty_assertions::assert_eq;
use rusqlite::Connection;

use crate::support::binary::{Here, arguments, certgate_in, csr, exit, json, serve, stderr, stdout};

/// A store that an earlier release wrote.
fn older(path: &Path) -> String {
    let file = Connection::open(path).unwrap();
    file.execute_batch(include_str!("../../../certgate-store/tests/fixtures/version-2.sql")).unwrap();
    path.display().to_string()
}

#[test]
fn tables_are_made_and_brought_up_to_date() {
    let home = tempfile::tempdir().unwrap();
    let known = StoreStatus::KNOWN;
    let new = home.path().join("new.sqlite").display().to_string();
    for (store, before) in [(new, 0), (older(&home.path().join("older.sqlite")), 2)] {
        let run = |words: &[&str]| {
            let words = [&["store"], words, &["--store", &store, "--output", "json"]].concat();
            let output = certgate_in(home.path(), &words, "");
            (exit(&output), json(&output), stderr(&output))
        };
        let (code, found, said) = run(&["status"]);
        assert_eq!(
            (code, &found["store"]["version"], &found["store"]["known"]),
            (0, &before.into(), &known.into()),
            "{said}"
        );
        assert_eq!(found["store"].get("orders"), None, "what is in it is told once it is up to date");
        let (code, wrong, _) = run(&["migrate", "--check"]);
        assert_eq!((code, &wrong["error"]["kind"]), (10, &"check failed".into()));
        assert_eq!(run(&["status"]).1["store"]["version"], before, "a look changes nothing");
        let (code, done, _) = run(&["migrate"]);
        assert_eq!((code, &done["migration"]["from"], &done["migration"]["to"]), (0, &before.into(), &known.into()));
        assert_eq!(run(&["migrate", "--check"]).0, 0);
        assert_eq!(run(&["migrate"]).0, 8, "there is nothing to do");
        assert_eq!(run(&["status"]).1["store"]["orders"], if before == 0 { 0 } else { 3 });
    }
}

#[test]
fn whoever_opens_an_older_store_is_told_once() {
    let home = tempfile::tempdir().unwrap();
    let (_gateway, server) = serve(Settings::default());
    // The last one draws its pace from it, and nothing else.
    for (name, command) in [("a", "orders"), ("b", "resume"), ("c", "list")] {
        let store = older(&home.path().join(name));
        let line =
            format!("certgate: {store}: the store was brought up to date, from version 2 to {}", StoreStatus::KNOWN);
        for expected in [1, 0] {
            let arguments = arguments(home.path(), &server, "json", &[command, "--store", &store]);
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            fs::write(home.path().join("config.toml"), "[live]\npace_in_store = true\n").unwrap();
            let said = stderr(&certgate_in(home.path(), &arguments, ""));
            assert_eq!(said.lines().filter(|found| *found == line).count(), expected, "{command}: {said}");
        }
    }
}

#[test]
fn a_newer_store_is_refused_by_name() {
    let home = tempfile::tempdir().unwrap();
    let store = home.path().join("s").display().to_string();
    assert_eq!(exit(&certgate_in(home.path(), &["store", "migrate", "--store", &store], "")), 0);
    Connection::open(&store).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    let expected = format!(
        "{store}: the store has version 99, this certgate knows up to {}: upgrade certgate",
        StoreStatus::KNOWN
    );
    for command in [&["orders"][..], &["store", "migrate"], &["store", "migrate", "--check"]] {
        let output = certgate_in(home.path(), &[command, &["--store", &store]].concat(), "");
        assert_eq!(exit(&output), 2, "{command:?}");
        assert!(stderr(&output).contains(&expected), "{command:?}: {}", stderr(&output));
    }
    let output = certgate_in(home.path(), &["store", "status", "--store", &store], "");
    assert!(stdout(&output).contains("tables    version 99, and this certgate knows up to "), "{}", stdout(&output));
}

#[test]
fn a_copy_is_of_a_whole_store_that_nobody_works_on() {
    let here = Here::new("json", Settings::default());
    let at = |name: &str| here.path(name).display().to_string();
    let (from, to) = (at("from"), at("to"));
    let copy = || here.told(&["store", "copy", "--from", &from, "--to", &to]);
    let (code, _, said) = copy();
    assert!(code == 2 && said.contains("there is no store to copy"), "{said}");
    here.run(&["reissue", "571", "--csr", &csr(), "--store", &from], 0);
    let now = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";
    let file = Connection::open(&from).unwrap();
    file.execute(&format!("INSERT INTO leases VALUES ('one', 'elsewhere', {now} + 60000)"), []).unwrap();
    let (code, _, said) = copy();
    assert!(code == 6 && said.contains("a process works on it. Stop it, or wait until its lease ends, in "), "{said}");
    file.execute("DELETE FROM leases", []).unwrap();
    let (code, copied, said) = copy();
    assert_eq!(code, 0, "{said}");
    assert_eq!(copied["copy"]["tables"][0]["rows"], 1);
    let orders = |store: &str| here.told(&["orders", "--store", store]).1;
    assert_eq!(orders(&to), orders(&from));
    let (code, _, said) = copy();
    assert!(code == 2 && said.contains("the store to copy to is not empty"), "{said}");
}
