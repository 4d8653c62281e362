//! Files that others could have put there are not used.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink},
    path::Path,
};

use certgate_simulator::Settings;
use pretty_assertions::assert_eq;

use crate::support::binary::{Here, arguments, at, csr, ended, exit, fixture, json, mode, pair, run, serve, stderr};

const NEW: [&str; 5] = ["reissue", "571", "--new-key", "--out", "live"];

/// A user that is not the one who runs the tests.
const NOBODY: u32 = 65534;

/// Only root has a second user to try with.
fn is_root(home: &Path) -> bool {
    fs::metadata(home).unwrap().uid() == 0
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn write(path: &Path, text: &str, mode: u32) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    chmod(path, mode);
}

fn give_away(path: &Path) {
    chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
}

/// What is planted, and what is said of it; nothing is ordered.
#[test]
fn what_others_could_have_put_there_is_refused() {
    type Plant = fn(&Path);
    let cases: &[(&str, bool, Plant, &[&str], &str)] = &[
        (
            "a store of another user",
            true,
            |home| give_away(&store_in(home)),
            &["--store", "s/store"],
            "it belongs to nobody (mode 600); expected root",
        ),
        (
            "a store that others can write to",
            false,
            |home| chmod(&store_in(home), 0o666),
            &["--store", "s/store"],
            "others can write to it (owner ",
        ),
        (
            "a link to a store",
            false,
            |home| symlink(store_in(home), home.join("link")).unwrap(),
            &["--store", "link"],
            "it is a symbolic link to ",
        ),
        (
            "a store's folder that others can write to",
            false,
            |home| {
                store_in(home);
                chmod(&home.join("s"), 0o777);
            },
            &["--store", "s/store"],
            "mode 777): chmod go-w",
        ),
        (
            "a log beside a store",
            true,
            |home| {
                store_in(home);
                write(&home.join("s/store-wal"), "", 0o600);
                give_away(&home.join("s/store-wal"));
            },
            &["--store", "s/store"],
            "store-wal: it belongs to nobody",
        ),
        (
            "a pending key of another user",
            true,
            |home| {
                write(&home.join("live/pending/key.pem"), &a_key(), 0o600);
                give_away(&home.join("live/pending/key.pem"));
            },
            &[],
            "pending/key.pem: it belongs to nobody (mode 600)",
        ),
        (
            "a pending key that others can read",
            false,
            |home| write(&home.join("live/pending/key.pem"), &a_key(), 0o644),
            &[],
            "others can read it (owner ",
        ),
        (
            "a pending key that is a link",
            false,
            |home| {
                write(&home.join("key"), &a_key(), 0o600);
                fs::create_dir_all(home.join("live/pending")).unwrap();
                symlink("../../key", home.join("live/pending/key.pem")).unwrap();
            },
            &[],
            "it is a symbolic link to ../../key",
        ),
        (
            "a pending folder that others can write to",
            false,
            |home| {
                write(&home.join("live/pending/key.pem"), &a_key(), 0o600);
                chmod(&home.join("live/pending"), 0o777);
            },
            &[],
            "live/pending: others can write to it",
        ),
        (
            "a folder of another user",
            true,
            |home| {
                fs::create_dir(home.join("live")).unwrap();
                give_away(&home.join("live"));
            },
            &[],
            "give --file-owner nobody if the files are that user's",
        ),
        (
            "a folder that others can write to",
            false,
            |home| {
                fs::create_dir(home.join("live")).unwrap();
                chmod(&home.join("live"), 0o777);
            },
            &[],
            "live: others can write to it (owner ",
        ),
        (
            "sets that are a link",
            false,
            |home| {
                fs::create_dir_all(home.join("elsewhere")).unwrap();
                fs::create_dir(home.join("live")).unwrap();
                symlink("../elsewhere", home.join("live/sets")).unwrap();
            },
            &[],
            "live/sets: it is a symbolic link to ../elsewhere",
        ),
        (
            "a configuration of another user",
            true,
            |home| {
                write(&home.join("c.toml"), "[live]\n", 0o600);
                give_away(&home.join("c.toml"));
            },
            &["--config", "c.toml"],
            "c.toml: it belongs to nobody",
        ),
        (
            "a configuration that others can write to",
            false,
            |home| write(&home.join("c.toml"), "[live]\n", 0o666),
            &["--config", "c.toml"],
            "others can write to it (owner ",
        ),
        (
            "authorities that others can write to",
            false,
            |home| {
                write(&home.join("c.toml"), "[live]\nca_file = \"roots.pem\"\n", 0o600);
                write(&home.join("roots.pem"), &fs::read_to_string(fixture("_keys/chain.pem")).unwrap(), 0o666);
            },
            &["--config", "c.toml"],
            "roots.pem: others can write to it",
        ),
        (
            "authorities of another user",
            true,
            |home| {
                write(&home.join("c.toml"), "[live]\nca_file = \"roots.pem\"\n", 0o600);
                write(&home.join("roots.pem"), &fs::read_to_string(fixture("_keys/chain.pem")).unwrap(), 0o644);
                give_away(&home.join("roots.pem"));
            },
            &["--config", "c.toml"],
            "roots.pem: it belongs to nobody",
        ),
        (
            "a password that is a link",
            false,
            |home| {
                write(&home.join("p"), "password", 0o600);
                symlink("p", home.join("q")).unwrap();
            },
            &["--password-file", "q"],
            "q: it is a symbolic link to p",
        ),
        (
            "a password of another user",
            true,
            |home| {
                write(&home.join("p"), "password", 0o600);
                give_away(&home.join("p"));
            },
            &["--password-file", "p"],
            "p: it belongs to nobody",
        ),
        (
            "a trace that others can write to",
            false,
            |home| write(&home.join("t"), "", 0o666),
            &["--trace", "t"],
            "t: others can write to it",
        ),
        (
            "a trace that is a link",
            false,
            |home| symlink("elsewhere", home.join("t")).unwrap(),
            &["--trace", "t"],
            "t: it is a symbolic link to elsewhere",
        ),
        (
            "a folder that is a link to nothing",
            false,
            |home| symlink("gone", home.join("live")).unwrap(),
            &[],
            "live: it is a link that leads nowhere; expected a folder",
        ),
        (
            "a trace of another user",
            true,
            |home| {
                write(&home.join("t"), "", 0o600);
                give_away(&home.join("t"));
            },
            &["--trace", "t"],
            "t: it belongs to nobody",
        ),
        (
            "a spool that others can write to",
            false,
            |home| {
                fs::create_dir(home.join("sp")).unwrap();
                chmod(&home.join("sp"), 0o777);
            },
            &["--spool", "sp"],
            "sp: others can write to it",
        ),
        (
            "a tape's folder of another user",
            true,
            |home| {
                fs::create_dir(home.join("tape")).unwrap();
                give_away(&home.join("tape"));
            },
            &["--record", "tape"],
            "it belongs to nobody",
        ),
    ];
    for (what, needs_root, plant, more, said) in cases {
        let home = tempfile::tempdir().unwrap();
        if *needs_root && !is_root(home.path()) {
            continue;
        }
        let (gateway, server) = serve(Settings::default());
        plant(home.path());
        let mut words = arguments(home.path(), &server, "json", &NEW);
        if more.contains(&"--config") {
            words.retain(|word| word != "--config" && !word.ends_with("config.toml"));
        }
        let words: Vec<&str> = words.iter().map(String::as_str).chain(more.iter().copied()).collect();
        let output = run(home.path(), &words);
        assert_eq!(exit(&output), 2, "{what}: {}", stderr(&output));
        assert!(stderr(&output).contains(said), "{what}: {}", stderr(&output));
        assert_eq!(gateway.counts().orders, 0, "{what}");
        assert!(!home.path().join("elsewhere/000001-found").exists(), "{what}");
    }
}

fn store_in(home: &Path) -> std::path::PathBuf {
    assert_eq!(exit(&run(home, &["orders", "--store", "s/store"])), 8, "it is made, and empty");
    home.join("s/store")
}

fn a_key() -> String {
    fs::read_to_string(fixture("_keys/p256-sec1.pem")).unwrap()
}

/// A file that is no store keeps its mode and what it holds.
#[test]
fn what_is_no_store_is_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("notes");
    write(&file, "hello", 0o644);
    ended(run(home.path(), &["orders", "--store", "notes"]), 2);
    assert_eq!((mode(&file), fs::read_to_string(&file).unwrap()), (0o644, "hello".to_owned()));
}

/// A report that is there keeps its mode; a link in its place is refused.
#[test]
fn reports_replace_files_and_follow_no_link() {
    let here = Here::new("json", Settings::default());
    here.ends(&["info", "571", "--record", "tape"], 0);
    write(&here.path("report.html"), "old", 0o640);
    write(&here.path("other"), "other's", 0o644);
    symlink("other", here.path("link.html")).unwrap();
    ended(run(here.home.path(), &["replay", "check", "tape", "--html", "report.html"]), 0);
    assert_eq!(mode(&here.path("report.html")), 0o640);
    let output = run(here.home.path(), &["replay", "check", "tape", "--html", "link.html"]);
    assert!(exit(&output) == 2 && stderr(&output).contains("it is a symbolic link to other"), "{}", stderr(&output));
    assert_eq!(here.read("other"), "other's");
}

/// Mode and owner of what is in place are kept, also without a key.
#[test]
fn mode_and_owner_are_kept_without_a_key() {
    let here = Here::new("json", Settings::default());
    let file = here.path("plain/cert.pem");
    write(&file, "x", 0o640);
    let _ = chown(&file, Some(NOBODY), Some(1));
    let before = fs::metadata(&file).unwrap();
    here.ends(&["reissue", "571", "--csr", &csr(), "--out", "plain"], 0);
    let now = fs::metadata(&file).unwrap();
    assert_eq!((mode(&file), now.uid(), now.gid()), (0o640, before.uid(), before.gid()));
    assert!(fs::read_to_string(&file).unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
}

/// A link that no installation made is named before anything is ordered.
#[test]
fn a_link_in_the_place_of_a_file() {
    let here = Here::new("json", Settings::default());
    write(&here.path("elsewhere/web.crt"), "old", 0o644);
    fs::create_dir(here.path("live")).unwrap();
    symlink("../elsewhere/web.crt", here.path("live/fullchain.pem")).unwrap();
    let csr = csr();
    for order in [&NEW[..], &["reissue", "571", "--csr", &csr, "--out", "live"]] {
        let output = here.ends(order, 2);
        let said = "live/fullchain.pem is a symbolic link to ../elsewhere/web.crt";
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
    assert_eq!(here.orders(), 0);
    assert_eq!(here.read("elsewhere/web.crt"), "old");
}

/// A server may read its key like anybody: the new one is as readable as the old one, and that is said.
#[test]
fn a_key_that_everybody_can_read() {
    let here = Here::new("json", Settings::default());
    let key = here.path("live/key.pem");
    for (before, after) in [(0o644, 0o644), (0o646, 0o644), (0o640, 0o640)] {
        let _ = fs::remove_dir_all(here.path("live"));
        write(&key, &a_key(), before);
        let output = here.at(&NEW);
        assert_eq!((exit(&output), mode(&key)), (0, after), "{}", stderr(&output));
        let said = "certgate: warning: everybody can read live/key.pem (mode 644)";
        assert_eq!(stderr(&output).contains(said), after == 0o644, "{}", stderr(&output));
    }
}

/// A service user owns the folder and its files, and cannot lead root elsewhere.
#[test]
fn files_of_a_service_user() {
    let home = tempfile::tempdir().unwrap();
    if !is_root(home.path()) {
        return;
    }
    let (gateway, server) = serve(Settings::default());
    let named = [&NEW[..], &["--file-owner", "nobody", "--deploy-hook", "true"]].concat();
    ended(at(home.path(), &server, "json", &named), 0);
    let live = home.path().join("live");
    let set = fs::canonicalize(live.join("current")).unwrap();
    for (path, owner) in [
        (live.clone(), NOBODY),
        (live.join("sets"), NOBODY),
        (set.clone(), NOBODY),
        (set.join("key.pem"), NOBODY),
        (set.join("fullchain.pem"), NOBODY),
        // It says which command is run: that is not the service's.
        (set.join("about.json"), 0),
    ] {
        assert_eq!(fs::metadata(&path).unwrap().uid(), owner, "{}", path.display());
    }
    // Whom it is for is remembered, and noted by root alone.
    for (command, code) in [(&NEW[..], 0), (&["renew-due", "live"], 8), (&["status", "live"], 0)] {
        let output = at(home.path(), &server, "json", command);
        assert_eq!(exit(&output), code, "{command:?}: {}", stderr(&output));
    }
    let owners = |user: u32| {
        let set = fs::canonicalize(live.join("current")).unwrap();
        let all = [live.clone(), live.join("sets"), set.clone(), set.join("key.pem")];
        all.iter().all(|path| fs::metadata(path).unwrap().uid() == user)
    };
    assert!(owners(NOBODY) && gateway.counts().orders == 2);
    for (owner, user) in [("65533:65533", 65533), ("nobody", NOBODY)] {
        let other = ["renew-due", "live", "--file-owner", owner];
        for (command, code) in [(&other[..], 0), (&other, 8), (&["renew-due", "live"], 8)] {
            let output = at(home.path(), &server, "json", command);
            assert_eq!(exit(&output), code, "{command:?}: {}", stderr(&output));
            assert!(owners(user), "{command:?}");
        }
    }
    ended(at(home.path(), &server, "json", &["rollback", "live"]), 0);
    let orders = gateway.counts().orders;
    for set in fs::read_dir(live.join("sets")).unwrap() {
        give_away(&set.unwrap().path().join("about.json"));
    }
    let output = at(home.path(), &server, "json", &NEW);
    assert!(exit(&output) == 2 && stderr(&output).contains("live: it belongs to nobody"), "{}", stderr(&output));
    let output = at(home.path(), &server, "json", &[&NEW[..], &["--file-owner", "no-such-user"]].concat());
    assert!(exit(&output) == 2 && stderr(&output).contains("there is no user `no-such-user`"), "{}", stderr(&output));
    // The service user puts a link into the place of the sets.
    fs::rename(live.join("sets"), live.join("hidden")).unwrap();
    fs::create_dir(home.path().join("elsewhere")).unwrap();
    symlink("../elsewhere", live.join("sets")).unwrap();
    let output = at(home.path(), &server, "json", &named);
    assert!(exit(&output) == 2 && stderr(&output).contains("links are not followed"), "{}", stderr(&output));
    assert_eq!(gateway.counts().orders, orders);
    assert_eq!(fs::read_dir(home.path().join("elsewhere")).unwrap().count(), 0);
}

/// A key that is encrypted is not written decrypted unless that was agreed to.
#[test]
fn an_encrypted_key() {
    let here = Here::new("json", Settings::default());
    let encrypted = fs::read_to_string(fixture("_keys/p384-pkcs8-encrypted.pem")).unwrap();
    write(&here.path("key"), &encrypted, 0o600);
    let order = ["reissue", "571", "--key", "key", "--pass-phrase-command", "echo 'geheim ü'", "--out", "live"];
    let output = here.at(&order);
    assert_eq!((exit(&output), here.orders()), (2, 0), "{}", stderr(&output));
    assert!(stderr(&output).contains("--decrypt-key") && !here.path("live/pending").exists());
    here.ends(&[&order[..], &["--decrypt-key"]].concat(), 0);
    let (key, certificate) = pair(&here.path("live"));
    assert_eq!(key, certificate);
}

/// A hook that failed is recorded with its set, shown, and repeated from the folder it was meant for until it succeeds.
#[test]
fn a_hook_that_failed_is_repeated() {
    let here = Here::new("json", Settings::default());
    let csr = csr();
    for (order, out) in [(&NEW[..], "live"), (&["reissue", "571", "--csr", &csr, "--out", "plain"], "plain")] {
        let _ = fs::remove_file(here.path("go"));
        let hook = ["--deploy-hook", "echo $CERTGATE_NAME $CERTGATE_SERIAL >> seen; test -e go"];
        let output = here.at(&[order, &hook].concat());
        assert_eq!(
            (exit(&output), &json(&output)["deployment"]["state"]),
            (11, &"failed".into()),
            "{}",
            stderr(&output)
        );
        let orders = here.orders();
        let output = here.at(&["status", "--here", out]);
        let todo = json(&output)["certificates"][0]["todo"].as_str().unwrap().to_owned();
        assert!(
            exit(&output) == 11 && todo.starts_with("not deployed (the deploy hook failed: exit status: 1"),
            "{todo}"
        );
        fs::create_dir_all(here.path("elsewhere")).unwrap();
        let folder = here.path(out).display().to_string();
        let due = || {
            let words = arguments(here.home.path(), &here.server, "json", &["renew-due", &folder]);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            run(&here.path("elsewhere"), &words)
        };
        ended(due(), 11);
        let output = here.at(&["resume"]);
        let row = json(&output)["orders"][0].clone();
        assert_eq!((exit(&output), &row["kind"]), (11, &"not deployed".into()), "{row}");
        assert_eq!((&row["order"]["state"], &row["deployment"]["state"]), (&"done".into(), &"failed".into()));
        fs::write(here.path("go"), "").unwrap();
        let output = due();
        let row = json(&output)["orders"][0].clone();
        assert_eq!((exit(&output), &row["deployment"]["state"]), (0, &"deployed".into()), "{}", stderr(&output));
        let seen = here.read("seen");
        let lines: Vec<&str> = seen.lines().rev().take(4).collect();
        assert!(lines.iter().all(|line| *line == lines[0] && line.starts_with("example.com ")), "{seen}");
        assert_eq!((exit(&due()), here.orders()), (8, orders), "nothing is left");
        here.ends(&["resume"], 8);
    }
}
