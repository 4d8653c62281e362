//! People are told what a run did or failed to do, once, and nothing of a day on which nothing happened.

use std::{fs, path::Path};

use certgate_simulator::Settings;
use pretty_assertions::assert_eq;
use serde_json::Value;

use crate::support::binary::{Here, csr, ended, endpoint, exit, fast, run, serve, stderr, stdout, write_batch};

/// A command that keeps what it is told: the subjects, and both forms of the last summary.
fn keeper(home: &Path) -> String {
    let told = home.join("told").display().to_string();
    format!(
        "echo \"$CERTGATE_SUBJECT\" >> {told}.subjects; cat > {told}.txt; cat \"$CERTGATE_SUMMARY\" > {told}.json; test -z \"$CERTGATE_PASSWORD\""
    )
}

#[test]
fn a_batch_tells_once_what_it_did() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { more_certificates: 2, ..Settings::default() });
        let (batch, keeper) = (write_batch(here.home.path(), 3), keeper(here.home.path()));
        // The third certificate is not there.
        let (code, document, said) = here.told(&["batch", &batch, "--notify", &keeper]);
        assert_eq!((code, &document["summary"]["done"]), (3, &2.into()), "{said}");
        let file = |ending: &str| fs::read_to_string(here.path(format!("told.{ending}"))).unwrap();
        let subjects = file("subjects");
        assert!(subjects.contains("2 done") && subjects.lines().count() == 1, "{subjects}");
        let text = file("txt");
        assert!(
            text.contains("host-000000.example.org") && text.contains(": refused\n    ") && !text.contains('␊'),
            "{text}"
        );
        let summary: Value = serde_json::from_str(&file("json")).unwrap();
        assert_eq!((&summary["schema"], &summary["kind"]), (&1.into(), &"refused".into()));
        assert_eq!(summary["orders"], document["orders"], "the same rows");
    }
}

/// What is mailed names a certificate where its line says the id alone, and a subject says what is wrong with a file.
#[test]
fn what_is_mailed_of_a_batch_says_what_it_is_about() {
    let here = Here::new("json", Settings { more_certificates: 1, ..Settings::default() });
    let batch = |rows: &str| {
        fs::write(here.path("b.csv"), format!("id,new_key,out,dns\n{rows}")).unwrap();
        here.told(&["batch", "b.csv", "--notify", &keeper(here.home.path())]).0
    };
    assert_eq!(batch("10000,true,a,provision\n"), 0);
    let text = here.read("told.txt");
    assert!(text.contains("\n10000 host-000000.example.org: done\n"), "{text}");
    assert_eq!(batch("10000,true,a,provision\n571,maybe,b,provision\n"), 2);
    let subjects = here.read("told.subjects");
    let expected = "certgate: b.csv: nothing was ordered: line 3: ";
    assert!(subjects.lines().nth(1).is_some_and(|subject| subject.starts_with(expected)), "{subjects}");
}

#[test]
fn a_day_on_which_nothing_happened_is_silent() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let (csr, out) = (csr(), here.path("certs/example.com").display().to_string());
        assert_eq!(here.told(&["reissue", "571", "--csr", &csr, "--out", &out]).0, 0);
        let certs = here.path("certs").display().to_string();
        let (address, config) = (endpoint(&here.server, transport), fast(here.home.path()));
        let notify = keeper(here.home.path());
        fs::write(&config, format!("[live]\nrequests_per_second = 1000\nnotify = '''{notify}'''\n")).unwrap();
        let common = ["--quiet", "--transport", transport, "--endpoint", &address, "--config", &config];
        let output = run(here.home.path(), &[&["renew-due", &certs][..], &common].concat());
        assert_eq!((exit(&output), stdout(&output), stderr(&output)), (8, String::new(), String::new()));
        assert!(!here.path("told.txt").exists());
    }
}

/// `apply` tells as the file says, in the file's folder, unless an option says otherwise; a file that cannot be read is told, too.
#[test]
fn apply_tells_as_its_file_says() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        fs::create_dir(here.path("declared")).unwrap();
        let text = "notify = \"cat >> told\"\n[[certificate]]\nid = 571\nout = \"a\"\ndns = \"provision\"\n\
                    [[certificate]]\nid = 4711\nout = \"b\"\n";
        let write = |text: &str| fs::write(here.path("declared/certificates.toml"), text).unwrap();
        let apply = |more: &[&str]| {
            let command = [&["apply", "declared/certificates.toml", "--quiet"][..], more].concat();
            here.at(&command)
        };
        let told = |file: &str| fs::read_to_string(here.path(file)).unwrap_or_default();
        write(text);
        let output = ended(apply(&[]), 2);
        // What went well is not said under --quiet, what did not is.
        let wrong = stderr(&output);
        assert!(wrong.contains("declared/b: usage: ") && wrong.lines().count() == 1, "{wrong}");
        let said = told("declared/told");
        assert!(said.contains("example.com: done (reissue: ") && said.contains("declared/b: usage"), "{said}");
        let one = text.split("[[certificate]]\nid = 4711").next().unwrap();
        write(one);
        let quiet = apply(&[]);
        assert_eq!((exit(&quiet), stderr(&quiet)), (8, String::new()), "nothing happened");
        assert_eq!(told("declared/told"), said, "and nobody is told");
        write("[[certificate]]\nid = 571\nkeyy = 1\n");
        assert_eq!(exit(&apply(&["--notify", "cat >> mail"])), 2);
        assert!(told("mail").contains("found `keyy`"), "{}", told("mail"));
        // So is one that names who is to be told, whatever is wrong below; not one whose `notify` is wrong itself.
        for (wrong, found) in [
            ("[[certificate]]\nid = 571\nkeyy = 1\n", "line 4: found `keyy`"),
            ("colour = 1\n[[certificate]]\nid = 571\nout = \"a\"\n", "line 2: found `colour`"),
            ("\n[[certificate]]\nid = 571\nout = a\n", "line 5: "),
        ] {
            write(&format!("notify = \"cat > wrong\"\n{wrong}"));
            assert_eq!(exit(&apply(&[])), 2);
            let said = told("declared/wrong");
            assert!(said.contains(found) && said.starts_with("certgate: "), "{wrong}: {said}");
            fs::remove_file(here.path("declared/wrong")).unwrap();
        }
        write("notify = [\"cat > wrong\"]\n[[certificate]]\nid = 571\nout = \"a\"\n");
        let output = apply(&[]);
        assert!(exit(&output) == 2 && stderr(&output).contains("`notify`: found"), "{}", stderr(&output));
        assert!(!here.path("declared/wrong").exists());
        // Why it is not deployed, and what to do about a run that ended early.
        write(&format!("{one}deploy_hook = \"exit 3\"\n"));
        assert_eq!(exit(&apply(&["--notify", "cat > mail"])), 11);
        let said = told("mail");
        let why = "\n    the deploy hook failed: exit status: 3; the files are in place\n";
        assert!(said.contains("example.com: not deployed (install: ") && said.contains(why), "{said}");
        assert_eq!(exit(&apply(&["--notify", "cat > mail", "--user", "other"])), 4);
        let said = told("mail");
        assert!(said.contains("\n    user or password are wrong: `certgate config show` says where "), "{said}");
    }
}

/// A cron line with --quiet and without --output sends no mail of a day on which nothing happened, whichever command it is.
#[test]
fn a_quiet_day_of_each_command_says_nothing() {
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let (_gateway, server) = serve(Settings::default());
        fs::write(home.path().join("certificates.toml"), "[[certificate]]\nid = 571\nout = \"certs/a\"\n").unwrap();
        fs::write(home.path().join("one.csv"), "id,new_key,out\n571,true,certs/a\n").unwrap();
        let (address, config) = (endpoint(&server, transport), fast(home.path()));
        let common = ["--quiet", "--transport", transport, "--endpoint", &address, "--config", &config];
        for (command, code) in [
            (&["batch", "one.csv"][..], 0),
            (&["batch", "one.csv"], 8),
            (&["apply", "certificates.toml"], 8),
            (&["renew-due", "certs"], 8),
            (&["resume"], 8),
        ] {
            let output = run(home.path(), &[command, &common].concat());
            assert_eq!(exit(&output), code, "{command:?}: {}", stderr(&output));
            if code == 8 {
                assert_eq!((stdout(&output), stderr(&output)), (String::new(), String::new()), "{command:?}");
            }
        }
    }
}

#[test]
fn that_nobody_was_told_is_said() {
    let here = Here::new("json", Settings { more_certificates: 1, ..Settings::default() });
    let batch = write_batch(here.home.path(), 1);
    let (code, document, said) = here.told(&["batch", &batch, "--notify", "exit 3"]);
    assert_eq!((code, here.orders()), (12, 1), "{said}");
    assert!(said.contains("nobody was told what this run did: --notify: exit status: 3"), "{said}");
    assert_eq!(document["summary"]["done"], 1, "one document, that of the run");
}
