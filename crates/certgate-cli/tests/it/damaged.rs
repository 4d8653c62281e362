//! Folders that may not be written, that hold what is none of ours, or whose key is damaged.

use std::{
    fs,
    io::Write,
    os::unix::fs::{PermissionsExt, symlink},
};

use certgate_simulator::Settings;
use pretty_assertions::assert_eq;

use crate::support::binary::{Here, exit, fixture, not_as_root, pair, serve, stderr};

/// What this user may not write is no bad usage, whichever command is to write it.
#[test]
fn a_folder_that_may_not_be_written() {
    let home = tempfile::tempdir().unwrap();
    let (_, server) = serve(Settings::default());
    let run = |words: &[&str]| not_as_root(home.path(), &server, "json", words);
    let order = ["reissue", "571", "--new-key", "--out", "certs/live"];
    let Ok(first) = run(&order) else {
        std::io::stderr()
            .write_all(b"nobody may not run this: a_folder_that_may_not_be_written was left out\n")
            .unwrap();
        return;
    };
    assert_eq!(exit(&first), 0, "{}", stderr(&first));
    assert_eq!(exit(&run(&[&order[..], &["--deploy-hook", "test -e good"]].concat()).unwrap()), 11);
    fs::write(home.path().join("good"), "").unwrap();
    let live = home.path().join("certs/live");
    let current = fs::read_link(live.join("current")).unwrap();
    let _ = fs::remove_file(live.join(".lock"));
    for folder in [&live, &live.join("sets")] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o555)).unwrap();
    }
    for words in [&["rollback", "certs/live"][..], &["renew-due", "certs"], &["resume"]] {
        let output = run(words).unwrap();
        assert_eq!(exit(&output), 12, "{words:?}: {}", stderr(&output));
        assert!(stderr(&output).contains("certs/live/.lock: Permission denied"), "{words:?}: {}", stderr(&output));
        assert_eq!(fs::read_link(live.join("current")).unwrap(), current);
    }
    fs::set_permissions(&live, fs::Permissions::from_mode(0o755)).unwrap();
    for words in [&["renew-due", "certs"][..], &["rollback", "certs/live"]] {
        let output = run(words).unwrap();
        assert_eq!(exit(&output), 0, "{words:?}: {}", stderr(&output));
    }
}

/// What somebody else put beside the sets is none of them, whatever it is called.
#[test]
fn what_is_no_set() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let order = ["reissue", "571", "--new-key", "--out", "certs/live", "--keep", "1"];
        here.ends(&order, 0);
        let sets = here.path("certs/live/sets");
        let strays = ["#notes", "000000-notes", "000009-notes", "notes"];
        for stray in strays {
            fs::write(sets.join(stray), "").unwrap();
        }
        symlink("..", sets.join("000008-link")).unwrap();
        fs::create_dir(sets.join("old")).unwrap();
        here.ends(&order, 0);
        here.ends(&order, 0);
        let (document, _) = here.run(&["rollback", "certs/live", "--list"], 0);
        let names: Vec<&str> =
            document["sets"].as_array().unwrap().iter().map(|set| set["set"].as_str().unwrap()).collect();
        assert_eq!(names.iter().map(|name| &name[..6]).collect::<Vec<_>>(), ["000002", "000003"]);
        let before = sets.join(names[0]);
        for lost in [false, true] {
            if lost {
                fs::remove_file(here.path("certs/live/current")).unwrap();
            }
            here.run(&["rollback", "certs/live"], 0);
            assert_eq!(here.path("certs/live/current").canonicalize().unwrap(), before.canonicalize().unwrap());
        }
        assert!(strays.iter().all(|stray| sets.join(stray).exists()) && sets.join("old").exists());
        here.run(&["renew-due", "certs"], 8);
    }
}

/// A key in place that is not the certificate's is told, with what puts it right; its own comes back where it is anywhere here, else another
/// certificate is ordered, which is free within the term.
#[test]
fn a_damaged_key() {
    type Change = fn(&Here);
    let rows: [(&str, Change, &str, &str, usize); 4] = [
        (
            "truncated",
            |here| fs::write(here.path("certs/live/current/key.pem"), "-----BEGIN PRIVATE KEY-----\nMIG").unwrap(),
            "install",
            "its key is here, and not where servers read it",
            0,
        ),
        (
            "another one's",
            |here| {
                fs::copy(fixture("_keys/p256-sec1.pem"), here.path("certs/live/current/key.pem")).unwrap();
            },
            "install",
            "its key is here, and not where servers read it",
            0,
        ),
        (
            "truncated everywhere",
            |here| {
                for name in ["key.pem", "combined.pem"] {
                    fs::write(here.path("certs/live/current").join(name), "-----BEGIN PRIVATE KEY-----\nMIG").unwrap();
                }
            },
            "reissue",
            "its key is damaged, or another one's, and its own is nowhere here",
            1,
        ),
        (
            "another one's in the folder itself",
            |here| {
                let key = here.path("certs/live/key.pem");
                fs::remove_file(&key).unwrap();
                fs::copy(fixture("_keys/p256-sec1.pem"), key).unwrap();
            },
            "install",
            "its key is here, and not where servers read it",
            0,
        ),
    ];
    for (row, (what, change, action, why, orders)) in rows.into_iter().enumerate() {
        let here = Here::new(if row % 2 == 0 { "xml" } else { "json" }, Settings::default());
        here.ends(&["reissue", "571", "--new-key", "--out", "certs/live"], 0);
        change(&here);
        for command in [&["status", "certs"][..], &["status", "certs", "--here"]] {
            let (document, _) = here.run(command, 10);
            let (row, options) = (&document["certificates"][0], here.options());
            let todo = format!(
                "the key is not the certificate's: certgate renew-due{options} puts its own there again, or orders another certificate if it \
                 is lost; certgate rollback{options} certs/live goes back to the one before"
            );
            assert_eq!((&row["keyFits"], &row["todo"]), (&false.into(), &todo.into()), "{what}");
        }
        let (plan, _) = here.run(&["renew-due", "certs", "--dry-run"], 0);
        assert_eq!((&plan["plan"][0]["action"], &plan["plan"][0]["why"]), (&action.into(), &why.into()), "{what}");
        let (done, said) = here.run(&["renew-due", "certs"], 0);
        assert_eq!(done["orders"][0]["action"], action, "{said}");
        assert_eq!(here.orders(), 1 + orders, "{what}");
        let (key, certificate) = pair(&here.path("certs/live"));
        assert_eq!(key, certificate, "{what}");
        here.run(&["status", "certs"], 0);
        here.run(&["renew-due", "certs"], 8);
    }
}

/// What is declared for a folder whose sets are gone is in the command that fills it again.
#[test]
fn sets_that_are_gone_from_a_declared_folder() {
    let here = Here::new("json", Settings::default());
    let text = "[[certificate]]\nid = 571\nout = \"certs/live\"\ndns = \"provision\"\ndeploy_hook = \"echo hooked\"\n";
    fs::write(here.path("certificates.toml"), text).unwrap();
    here.run(&["apply", "certificates.toml"], 0);
    fs::remove_dir_all(here.path("certs/live/sets")).unwrap();
    for command in ["plan", "apply"] {
        let (document, _) = here.run(&[command, "certificates.toml"], 2);
        let rows = document.get("plan").unwrap_or(&document["orders"]);
        let expected = format!(
            "`cd {0} && certgate reissue{1} 571 --new-key --dns provision --out {0}/certs/live --deploy-hook 'echo hooked'` orders another one \
             into it",
            here.home.path().display(),
            here.options()
        );
        assert_eq!(rows[0]["error"]["advice"], expected);
    }
}

/// What is shown to be copied comes to the run's own account and store.
#[test]
fn what_is_shown_has_the_options_of_the_run() {
    let here = Here::new("json", Settings::default());
    let options = format!("{} --store {}", here.options(), here.path("other.sqlite").display());
    for (command, code, shown) in [
        (&["info", "999"][..], 3, "certgate list"),
        (&["job", "info", "1"], 3, "certgate job list"),
        (&["contact", "info", "1"], 3, "certgate contact list"),
        (&["resume", "nowhere"], 2, "certgate orders"),
    ] {
        let (_, said) = here.run(&[command, &["--store", "other.sqlite"]].concat(), code);
        assert!(said.contains(&format!("`{shown}{options}`")), "{said}");
    }
}
