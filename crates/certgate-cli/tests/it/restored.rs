//! A folder whose `current` is gone: which of its sets comes back, and when.

use std::{fs, path::Path};

use certgate_keys::PrivateKey;
use certgate_simulator::Settings;
use pretty_assertions::assert_eq;

use crate::support::binary::{Here, arguments, at, edit, exit, json, pair, run, serve, stderr};

const GONE: &str = "certs/live: `current` was gone from the folder: servers found no certificate there until now";

const HOOK: &str = "echo $CERTGATE_SERIAL >> hooks";
const SHARED_HOOK: &str = "echo reloaded >> hooks";

/// Two sets of 571, both deployed by a hook that tells which it ran for.
fn two_sets(transport: &'static str) -> Here {
    two_sets_with(transport, HOOK)
}

fn two_sets_with(transport: &'static str, hook: &str) -> Here {
    let here = Here::new(transport, Settings { more_certificates: 1, ..Settings::default() });
    for _ in 0..2 {
        here.ends(&["reissue", "571", "--new-key", "--out", "certs/live", "--deploy-hook", hook], 0);
    }
    here
}

/// The folders of its sets, oldest first.
fn sets(here: &Here) -> Vec<String> {
    let names = fs::read_dir(here.path("certs/live/sets")).unwrap();
    let mut names: Vec<String> = names.map(|set| set.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The set that `current` leads to.
fn current(here: &Here) -> Option<String> {
    let target = fs::read_link(here.path("certs/live/current")).ok()?;
    Some(target.file_name()?.to_str()?.to_owned())
}

fn lose(here: &Here) {
    fs::remove_file(here.path("certs/live/current")).unwrap();
}

fn note_revoked(here: &Here, set: &str) {
    edit(&here.path("certs/live/sets").join(set).join("about.json"), "{\n", "{\n  \"revoked\": 1750000000,\n");
}

/// Its certificate is one that ended.
fn end(set: &Path) {
    let mut params = rcgen::CertificateParams::new(["example.com".to_owned()]).unwrap();
    params.serial_number = Some(1.into());
    params.not_after = rcgen::date_time_ymd(2025, 3, 1);
    let key = fs::read_to_string(set.join("key.pem")).unwrap();
    let pem = params.self_signed(&PrivateKey::from_pem(&key, None).unwrap()).unwrap().pem();
    let combined = format!("{key}{pem}");
    for (file, text) in [("cert.pem", &*pem), ("chain.pem", ""), ("fullchain.pem", &*pem), ("combined.pem", &*combined)]
    {
        fs::write(set.join(file), text).unwrap();
    }
}

/// What was in place comes back; where that is damaged, ended or was revoked, the newest that is not.
#[test]
fn which_set_comes_back() {
    type Change = fn(&Here, &Path);
    let rows: [(&str, Change, usize); 13] = [
        ("as it was", |_, _| {}, 1),
        ("put back", |here, _| drop(here.run(&["rollback", "certs/live"], 0)), 0),
        (
            "put back and forward again",
            |here, _| {
                here.run(&["rollback", "certs/live"], 0);
                here.run(&["rollback", "certs/live", "--to", "2"], 0);
            },
            1,
        ),
        (
            "files of two certificates were found",
            |here, _| {
                let fullchain = here.path("certs/live/fullchain.pem");
                fs::remove_file(&fullchain).unwrap();
                fs::copy(here.path("certs/live/sets").join(&sets(here)[0]).join("fullchain.pem"), fullchain).unwrap();
                here.run(&["rollback", "certs/live"], 0);
                assert_eq!(sets(here)[2], "000003-found");
            },
            0,
        ),
        (
            "the same, and what was in place is not known",
            |here, _| {
                let fullchain = here.path("certs/live/fullchain.pem");
                fs::remove_file(&fullchain).unwrap();
                fs::copy(here.path("certs/live/sets").join(&sets(here)[0]).join("fullchain.pem"), fullchain).unwrap();
                here.run(&["rollback", "certs/live"], 0);
                fs::remove_file(here.path("certs/live/.current")).unwrap();
            },
            1,
        ),
        (
            "turned down",
            |here, _| {
                let hook =
                    ["--deploy-hook", "test ! -e bad && echo $CERTGATE_SERIAL >> hooks", "--rollback-on-failure"];
                let order = ["reissue", "571", "--new-key", "--out", "certs/live"];
                here.run(&[&order[..], &hook].concat(), 0);
                fs::remove_dir_all(here.path("certs/live/sets").join(&sets(here)[0])).unwrap();
                fs::write(here.path("bad"), "").unwrap();
                here.run(&order, 11);
                fs::remove_file(here.path("bad")).unwrap();
                assert_eq!(current(here).as_ref(), Some(&sets(here)[1]));
            },
            1,
        ),
        (
            "turned down, and what was in place is not known",
            |here, _| {
                let hook = "if test -e bad; then rm bad; exit 1; fi; echo $CERTGATE_SERIAL >> hooks";
                let order = ["reissue", "571", "--new-key", "--out", "certs/live"];
                here.run(&[&order[..], &["--deploy-hook", hook, "--rollback-on-failure"]].concat(), 0);
                fs::write(here.path("bad"), "").unwrap();
                here.run(&order, 11);
                fs::remove_file(here.path("certs/live/.current")).unwrap();
            },
            2,
        ),
        ("revoked", |_, newest| edit(&newest.join("about.json"), "{\n", "{\n  \"revoked\": 1750000000,\n"), 0),
        ("ended", |_, newest| end(newest), 0),
        ("no certificate", |_, newest| fs::write(newest.join("cert.pem"), "").unwrap(), 0),
        ("no key", |_, newest| fs::write(newest.join("key.pem"), "").unwrap(), 0),
        (
            "another key",
            |here, newest| {
                let before = here.path("certs/live/sets").join(&sets(here)[0]).join("key.pem");
                fs::copy(before, newest.join("key.pem")).unwrap();
            },
            0,
        ),
        ("no chain", |_, newest| fs::write(newest.join("fullchain.pem"), "").unwrap(), 0),
    ];
    for (row, (what, change, expected)) in rows.into_iter().enumerate() {
        let here = two_sets(if row % 2 == 0 { "xml" } else { "json" });
        let newest = here.path("certs/live/sets").join(&sets(&here)[1]);
        change(&here, &newest);
        let (expected, put_back) = (sets(&here)[expected].clone(), what == "put back");
        for command in [&["resume"][..], &["rollback", "certs/live"]] {
            lose(&here);
            let hooks = here.read("hooks").lines().count();
            let (_, said) = here.run(command, 0);
            assert_eq!(current(&here).as_ref(), Some(&expected), "{what} {command:?} {said}");
            let (key, certificate) = pair(&here.path("certs/live"));
            assert_eq!((key, here.read("hooks").lines().count()), (certificate, hooks + 1), "{what} {command:?}");
            let record = here.read("certs/live/current/about.json");
            // Nobody put it back over anything by that.
            assert!(put_back || !record.contains("putBack") || what.contains("forward") || what.contains("found"));
        }
        lose(&here);
        here.run(&["renew-due", "certs"], 0);
        let (key, certificate) = pair(&here.path("certs/live"));
        assert_eq!(key, certificate, "{what}");
        if put_back {
            assert_eq!(current(&here), Some(expected), "it stays until it is due");
        }
    }
}

/// The same where all that led to it is gone, too: it is found, and nothing else is ordered into it.
#[test]
fn a_folder_of_which_only_its_sets_are_left() {
    for transport in ["xml", "json"] {
        let here = two_sets(transport);
        here.run(&["rollback", "certs/live"], 0);
        let expected = current(&here);
        let commands = [&["resume"][..], &["rollback", "certs/live"], &["renew-due", "certs"]];
        for (command, is_led) in commands.into_iter().flat_map(|command| [(command, false), (command, true)]) {
            for entry in fs::read_dir(here.path("certs/live")).unwrap().map(|entry| entry.unwrap()) {
                let is_file = entry.file_type().unwrap().is_symlink() && entry.file_name() != ".current";
                if is_file && (!is_led || entry.file_name() != "key.pem") {
                    fs::remove_file(entry.path()).unwrap();
                }
            }
            let (orders, hooks) = (here.orders(), here.read("hooks").lines().count());
            let (document, _) = here.run(&["status", "certs"], 10);
            let todo = document["certificates"][0]["todo"].as_str().unwrap();
            assert!(todo.starts_with("`current` is gone from its folder"), "{todo}");
            let (_, said) = here.run(&["reissue", "10000", "--new-key", "--out", "certs/live"], 2);
            assert!(said.contains("certs/live holds another certificate: example.com (571)"), "{said}");
            here.run(command, 0);
            assert_eq!((current(&here), here.orders()), (expected.clone(), orders), "{command:?}");
            assert_eq!(here.read("hooks").lines().count(), hooks + 1, "{command:?}");
            let (key, certificate) = pair(&here.path("certs/live"));
            assert_eq!(key, certificate);
        }
    }
}

/// Where no set is fit, none comes back by itself: that is said, and another certificate is ordered.
#[test]
fn sets_that_nobody_accepts_stay_away() {
    for (transport, is_revoked, hook) in [("xml", true, HOOK), ("json", false, HOOK), ("xml", false, SHARED_HOOK)] {
        let here = two_sets_with(transport, hook);
        for set in sets(&here) {
            if is_revoked { note_revoked(&here, &set) } else { end(&here.path("certs/live/sets").join(&set)) }
        }
        lose(&here);
        let (_, said) = here.run(&["rollback", "certs/live"], 2);
        assert!(said.contains(if is_revoked { "was revoked on" } else { "ended on 2025-03-01" }), "{said}");
        let (document, _) = here.run(&["resume"], 11);
        let said = document["orders"][0]["deployment"]["detail"].to_string();
        assert!(said.contains("`current` is gone from its folder, and no set there can be put in place"), "{document}");
        assert_eq!((current(&here), here.orders()), (None, 2));
        here.run(&["renew-due", "certs"], 0);
        // One that the account has in its place, and whose key is here, need not be ordered.
        assert_eq!((current(&here), here.orders()), (Some(sets(&here)[2].clone()), 2 + usize::from(is_revoked)));
    }
}

/// What is not noted is no reason to leave a folder without its certificate, nor to order another one into it.
#[test]
fn a_set_of_which_nothing_is_noted() {
    for transport in ["xml", "json"] {
        let here = two_sets(transport);
        let newest = sets(&here)[1].clone();
        fs::remove_file(here.path("certs/live/current/about.json")).unwrap();
        for command in [&["renew-due", "certs"][..], &["rollback", "certs/live"]] {
            lose(&here);
            let orders = here.orders();
            let (_, said) = here.run(&["reissue", "10000", "--new-key", "--out", "certs/live"], 2);
            assert!(said.contains("certs/live holds another certificate: example.com"), "{said}");
            assert_eq!((current(&here), here.orders()), (None, orders));
            here.run(command, 0);
            assert_eq!(current(&here).as_ref(), Some(&newest), "{command:?}");
        }
    }
}

/// An order that is out, or a gateway that does not answer, is no reason to leave servers without a certificate.
#[test]
fn it_comes_back_before_anything_is_waited_for() {
    for transport in ["xml", "json"] {
        let here = two_sets(transport);
        let newest = sets(&here)[1].clone();
        let (_, slow) = serve(Settings { jobs_never_end: true, ..Settings::default() });
        let told = |command: &[&str]| at(here.home.path(), &slow, transport, command);
        let order = told(&["reissue", "571", "--new-key", "--out", "certs/live", "--no-wait"]);
        assert_eq!(exit(&order), 6, "{}", stderr(&order));
        fs::write(here.path("certificates.toml"), "[[certificate]]\nid = 571\nout = \"certs/live\"\n").unwrap();
        let dry = told(&["renew-due", "certs", "--dry-run"]);
        assert_eq!(json(&dry)["plan"][0]["action"], "resume", "{}", stderr(&dry));
        const GONE: &str =
            "certs/live: `current` was gone from the folder: servers found no certificate there until now";
        for command in [["renew-due", "certs"], ["apply", "certificates.toml"]] {
            lose(&here);
            let hooks = here.read("hooks").lines().count();
            let output = told(&[&command[..], &["--timeout", "1s"]].concat());
            assert_eq!((exit(&output), current(&here).as_ref()), (6, Some(&newest)), "{}", stderr(&output));
            assert_eq!(here.read("hooks").lines().count(), hooks + 1, "{command:?}");
            assert!(stderr(&output).contains(GONE), "{}", stderr(&output));
        }
    }
}

/// Nothing of the gateway is needed for it, nor for its hook.
#[test]
fn without_the_gateway_it_comes_back_and_its_hook_runs() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let hook = "test ! -e bad && echo $CERTGATE_SERIAL >> hooks";
        here.ends(&["reissue", "571", "--new-key", "--out", "certs/live", "--deploy-hook", hook], 0);
        let (newest, (_, gone)) = (current(&here), serve(Settings::default()));
        let command = arguments(here.home.path(), &gone, transport, &["renew-due", "certs"]);
        drop(gone);
        for (is_bad, hooks) in [(false, 2), (true, 2)] {
            lose(&here);
            if is_bad {
                fs::write(here.path("bad"), "").unwrap();
            }
            let output = run(here.home.path(), &command.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!((exit(&output), &current(&here)), (5, &newest), "{}", stderr(&output));
            assert!(stderr(&output).contains(GONE), "{}", stderr(&output));
            assert_eq!(stderr(&output).contains("certs/live: the deploy hook failed"), is_bad, "{}", stderr(&output));
            assert_eq!(here.read("hooks").lines().count(), hooks, "{}", stderr(&output));
        }
    }
}

/// A server that several certificates were lost of reads its files again once.
#[test]
fn one_hook_for_several_that_come_back() {
    for command in [&["renew-due", "certs"][..], &["resume"]] {
        let here = Here::new("json", Settings { more_certificates: 1, ..Settings::default() });
        for (id, folder) in [("571", "certs/live"), ("10000", "certs/other")] {
            here.ends(&["reissue", id, "--new-key", "--out", folder, "--deploy-hook", SHARED_HOOK], 0);
        }
        lose(&here);
        fs::remove_file(here.path("certs/other/current")).unwrap();
        here.run(command, 0);
        assert!(current(&here).is_some() && here.path("certs/other/current").exists());
        assert_eq!(here.read("hooks").lines().count(), 3, "{command:?}");
    }
}

/// A hook that fails for it while an order is out is told by the run that ran it, and repeated by each that follows.
#[test]
fn its_hook_is_repeated_while_an_order_is_out() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let hook = "test ! -e bad && echo $CERTGATE_SERIAL >> hooks";
        here.ends(&["reissue", "571", "--new-key", "--out", "certs/live", "--deploy-hook", hook], 0);
        fs::write(here.path("certificates.toml"), "[[certificate]]\nid = 571\nout = \"certs/live\"\n").unwrap();
        let (_, slow) = serve(Settings { jobs_never_end: true, ..Settings::default() });
        let told = |command: &[&str]| at(here.home.path(), &slow, transport, command);
        assert_eq!(exit(&told(&["reissue", "571", "--new-key", "--out", "certs/live", "--no-wait"])), 6);
        for command in [["renew-due", "certs"], ["apply", "certificates.toml"]] {
            let run = || told(&[&command[..], &["--timeout", "1s"]].concat());
            let hooks = here.read("hooks").lines().count();
            fs::write(here.path("bad"), "").unwrap();
            lose(&here);
            for _ in 0..2 {
                let output = run();
                let row = &json(&output)["orders"][0];
                assert_eq!((exit(&output), &row["kind"]), (11, &"pending".into()), "{}", stderr(&output));
                assert_eq!(row["deployment"]["state"], "failed");
                assert!(stderr(&output).contains("example.com: the deploy hook failed"), "{}", stderr(&output));
            }
            fs::remove_file(here.path("bad")).unwrap();
            for state in ["deployed", "null"] {
                let output = run();
                let row = &json(&output)["orders"][0];
                assert_eq!(exit(&output), 6, "{}", stderr(&output));
                assert_eq!(row["deployment"]["state"].as_str().unwrap_or("null"), state, "{command:?}");
                assert_eq!(here.read("hooks").lines().count(), hooks + 1, "{command:?}");
            }
        }
    }
}

/// What was put back in the stead of a set that a hook turned down is not turned down itself, however often the hook fails for it.
#[test]
fn a_hook_turns_down_only_what_came_last() {
    let here = two_sets("json");
    let hook = ["--deploy-hook", "test ! -e bad && echo $CERTGATE_SERIAL >> hooks", "--rollback-on-failure"];
    here.ends(&[&["reissue", "571", "--new-key", "--out", "certs/live"][..], &hook].concat(), 0);
    let accepted = current(&here);
    fs::write(here.path("bad"), "").unwrap();
    here.run(&["reissue", "571", "--new-key", "--out", "certs/live"], 11);
    for is_lost in [false, true, false] {
        if is_lost {
            lose(&here);
        }
        here.run(&["resume"], 11);
        assert_eq!((current(&here), sets(&here).len()), (accepted.clone(), 4), "{is_lost}");
    }
    fs::remove_file(here.path("bad")).unwrap();
    here.run(&["resume"], 0);
    assert_eq!(current(&here), accepted);
}

/// A folder of another certificate than is declared is refused as it is.
#[test]
fn the_folder_of_another_certificate() {
    for (transport, declared) in [("xml", "id = 10000"), ("json", "name = \"example.org\"\nproduct = \"BASIC_SSL\"")] {
        let here = two_sets(transport);
        let hooks = here.read("hooks");
        lose(&here);
        fs::write(here.path("certificates.toml"), format!("[[certificate]]\n{declared}\nout = \"certs/live\"\n"))
            .unwrap();
        here.run(&["apply", "certificates.toml"], 2);
        assert_eq!((current(&here), here.read("hooks"), here.orders()), (None, hooks, 2));
    }
}

/// Where `current` is there, it is what a run notes: an earlier version noted nothing, and switched without noting it.
#[test]
fn the_note_follows_what_is_in_place() {
    for (row, note) in [None, Some(1)].into_iter().enumerate() {
        let here = two_sets(if row == 0 { "xml" } else { "json" });
        here.run(&["rollback", "certs/live"], 0);
        let (expected, noted) = (current(&here), here.path("certs/live/.current"));
        fs::remove_file(&noted).unwrap();
        if let Some(set) = note {
            std::os::unix::fs::symlink(Path::new("sets").join(&sets(&here)[set]), &noted).unwrap();
        }
        here.run(&["renew-due", "certs"], 8);
        assert_eq!(fs::read_link(&noted).unwrap(), fs::read_link(here.path("certs/live/current")).unwrap());
        lose(&here);
        here.run(&["resume"], 0);
        assert_eq!(current(&here), expected);
    }
}

/// A hook that is only taken out of the file holds until the next certificate: it is repeated where it failed, and run for what comes back.
#[test]
fn a_hook_that_was_taken_out_of_the_file() {
    for (transport, hook) in
        [("xml", "test ! -e bad && echo x >> hooks"), ("json", "test ! -e bad && echo $CERTGATE_SERIAL >> hooks")]
    {
        let here = Here::new(transport, Settings::default());
        let declare = |more: &str| {
            let text = format!("[[certificate]]\nid = 571\nout = \"certs/live\"\n{more}");
            fs::write(here.path("certificates.toml"), text).unwrap();
        };
        let apply = |code: i32| here.run(&["apply", "certificates.toml"], code).0;
        declare(&format!("deploy_hook = '{hook}'\n"));
        fs::write(here.path("bad"), "").unwrap();
        apply(11);
        declare("");
        fs::remove_file(here.path("bad")).unwrap();
        for (runs, is_lost) in [(1, false), (2, true)] {
            if is_lost {
                lose(&here);
            }
            assert_eq!(apply(0)["orders"][0]["action"], "redeploy");
            assert_eq!(here.read("hooks").lines().count(), runs);
            assert!(here.read("certs/live/current/about.json").contains("deploy_hook"));
            apply(8);
        }
        assert_eq!(here.orders(), 1);
    }
}

/// What notes where `current` leads is a note alone.
#[test]
fn a_note_that_cannot_be_made_is_in_nobodys_way() {
    let here = two_sets("json");
    let note = here.path("certs/live/.current");
    fs::remove_file(&note).unwrap();
    fs::create_dir(&note).unwrap();
    let ran = || fs::read_to_string(here.path("certs/live/hooks")).or(fs::read_to_string(here.path("hooks"))).unwrap();
    let before = ran().lines().count();
    here.ends(&["reissue", "571", "--new-key", "--out", "certs/live"], 0);
    assert_eq!((current(&here).as_ref(), ran().lines().count()), (sets(&here).last(), before + 1));
    // Without it, it is the newest set.
    lose(&here);
    here.run(&["rollback", "certs/live"], 0);
    assert_eq!(current(&here).as_ref(), sets(&here).last());
}
