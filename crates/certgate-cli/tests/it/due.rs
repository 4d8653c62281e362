//! What is installed, what is due, and a line for cron.

use std::{
    fs,
    process::{Command, Output},
    time::Duration,
};

use certgate_domain::TaskKind;
use certgate_simulator::{Fault, Settings};
use pretty_assertions::assert_eq;
use serde_json::Value;

use crate::support::binary::{
    Here, arguments, at, command, csr, ended, endpoint, exit, fast, json, openssl, pair, run, serve, stderr,
    told_on_stdin, until,
};

#[test]
fn status_and_what_is_due() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { more_certificates: 120, ..Settings::default() });
        here.ends(&["reissue", "571", "--new-key", "--key-type", "p384", "--out", "certs/example"], 0);
        let status = |more: &[&str]| here.at(&[&["status", "certs"][..], more].concat());
        let output = status(&[]);
        let row = json(&output)["certificates"][0].clone();
        assert_eq!(
            (exit(&output), &row["certificate"], &row["keyFits"], &row["todo"]),
            (0, &571.into(), &true.into(), &"nothing".into()),
            "{row}"
        );
        assert_eq!(row["gateway"]["serial"], row["serial"]);
        let others = json(&output)["certificates"].as_array().unwrap()[1..].to_vec();
        assert!(
            others.len() == 120 && others.iter().all(|row| row["todo"] == "not here" && row.get("folder").is_none()),
            "{others:?}"
        );
        assert_eq!(exit(&status(&["--here", "--renew-before", "30d"])), 8, "nothing is due");
        let output = status(&["--here", "--renew-before", "400d"]);
        assert_eq!((exit(&output), &json(&output)["due"]), (0, &1.into()));

        let due = |more: &[&str]| here.at(&[&["renew-due", "certs"][..], more].concat());
        assert_eq!(exit(&due(&[])), 8, "nothing is due");
        let orders = here.orders();
        let before = pair(&here.path("certs/example"));
        let output = ended(due(&["--renew-before", "400d", "--deploy-hook", "echo once >> hooked"]), 0);
        let row = json(&output)["orders"][0].clone();
        assert_eq!((&row["kind"], &row["deployment"]["state"]), (&"done".into(), &"deployed".into()), "{row}");
        let now = pair(&here.path("certs/example"));
        assert!(now.0 == now.1 && now != before, "a new pair");
        assert_eq!(here.orders(), orders + 1);
        let (_, text) = openssl(&here.path("certs/example"), &["pkey", "-in", "key.pem", "-noout", "-text"]);
        assert!(text.contains("P-384"), "a key of the same kind: {text}");

        // Somebody else made another one at the gateway.
        let csr = csr();
        here.ends(&["reissue", "571", "--csr", &csr], 0);
        let output = status(&[]);
        let todo = json(&output)["certificates"][0]["todo"].as_str().unwrap().to_owned();
        assert!(exit(&output) == 10 && todo.contains("the gateway has another certificate"), "{todo}");
    }
}

/// Twice at once, and after a crash: one order in all.
#[test]
fn renew_due_at_any_time() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { job_time: Duration::from_millis(300), ..Settings::default() });
        here.ends(&["reissue", "571", "--new-key", "--out", "certs/example"], 0);
        let due = ["renew-due", "certs", "--renew-before", "400d"];
        // The first is held while it waits: the second leaves it alone.
        let (orders, polls) = (here.orders(), here.gateway.asked(TaskKind::PollInfo));
        here.gateway.inject(Fault::Late(Some(TaskKind::PollInfo), Duration::from_secs(60)));
        let mut child = here.started(&due);
        until("it waits", || here.gateway.asked(TaskKind::PollInfo) > polls);
        let output = here.ends(&due, 6);
        assert_eq!(json(&output)["orders"][0]["kind"], "pending");
        assert_eq!(here.orders(), orders + 1);

        // Killed while it waits: the next run carries on with that order.
        child.kill().unwrap();
        child.wait().unwrap();
        let key = here.read("certs/example/pending/key.pem");
        here.ends(&due, 0);
        assert_eq!(here.orders(), orders + 1, "never a second order");
        let (in_place, certificate) = pair(&here.path("certs/example"));
        assert_eq!(in_place, certificate);
        assert_eq!(here.read("certs/example/key.pem"), key);
    }
    let home = tempfile::tempdir().unwrap();
    let row: Value = json(&run(home.path(), &["renew-due", ".", "--output", "json"]));
    let orders = row["orders"].as_array().unwrap();
    assert_eq!(orders.len(), 1, "{row}");
    assert_eq!(orders[0]["text"], ".: no certificate is installed in it or below it");
}

/// The folders may stand in the profile: the line in the crontab needs no more than its name.
#[test]
fn folders_of_the_profile() {
    let here = Here::new("json", Settings::default());
    here.ends(&["reissue", "571", "--new-key", "--out", "certs/example"], 0);
    let text = format!("[team]\njson_endpoint = \"{}\"\ncertificates = [\"certs\"]\n", endpoint(&here.server, "json"));
    fs::write(here.path("team.toml"), text).unwrap();
    let team = |command: &str| {
        run(here.home.path(), &[command, "--config", "team.toml", "--profile", "team", "--output", "json"])
    };
    let output = team("status");
    assert_eq!(
        (exit(&output), &json(&output)["certificates"][0]["name"]),
        (0, &"example.com".into()),
        "{}",
        stderr(&output)
    );
    assert_eq!(exit(&team("renew-due")), 8, "nothing is due");
    let output = run(here.home.path(), &["renew-due"]);
    assert!(exit(&output) == 2 && stderr(&output).contains("set the profile's `certificates`"), "{}", stderr(&output));
}

/// Killed while the hook runs: the next run has it run to its end, be it `resume` or the line in the crontab.
#[test]
fn killed_in_the_hook() {
    // A script beside the folders: it is found by a run that stands elsewhere.
    let script = "echo begun >> hooked; test -e go || sleep 60; echo ended >> hooked";
    let hook = "sh ./hook.sh # reload";
    for carry_on in [&["resume"][..], &["renew-due", "certs"]] {
        let here = Here::new("xml", Settings::default());
        fs::write(here.path("hook.sh"), script).unwrap();
        let reissue = ["reissue", "571", "--new-key", "--out", "certs/live", "--deploy-hook", hook];
        let mut child = here.started(&reissue);
        let hooked = || fs::read_to_string(here.path("hooked")).unwrap_or_default();
        until("the hook runs", || hooked() == "begun\n");
        child.kill().unwrap();
        child.wait().unwrap();
        let (key, certificate) = pair(&here.path("certs/live"));
        assert_eq!(key, certificate, "the pair is in place already");
        let output = here.at(&["status", "certs", "--renew-before", "30d"]);
        let row = json(&output)["certificates"][0].clone();
        assert_eq!((exit(&output), &row["order"]["state"]), (0, &"issued".into()), "{row}");
        assert!(row["todo"].as_str().unwrap().contains("certgate resume"), "{row}");
        fs::write(here.path("go"), "").unwrap();
        let elsewhere = here.path("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        std::os::unix::fs::symlink("../certs", elsewhere.join("certs")).unwrap();
        let (at_gateway, config) = (endpoint(&here.server, "xml"), fast(here.home.path()));
        let common = ["--transport", "xml", "--endpoint", &at_gateway, "--config", &config, "--output", "json"];
        let mut command = command(here.home.path(), &[carry_on, &common].concat());
        let output = command.current_dir(&elsewhere).output().unwrap();
        assert_eq!(exit(&output), 0, "running the hook was left to be done: {}", stderr(&output));
        let document = json(&output);
        let deployment = document.pointer("/orders/0/deployment").or(document.get("deployment")).unwrap();
        assert_eq!(deployment["state"], "deployed");
        assert_eq!((hooked().as_str(), here.orders()), ("begun\nbegun\nended\n", 1));
        assert_eq!(exit(&here.at(carry_on)), 8, "nothing is left");
    }
}

/// A gateway that does not answer keeps no hook that failed from being repeated, be it the same for several certificates or not.
#[test]
fn a_hook_is_repeated_without_the_gateway() {
    for (transport, hook, runs) in
        [("xml", "echo $CERTGATE_NAME >> hooks; test -e go", 2), ("json", "echo x >> hooks; test -e go", 1)]
    {
        for command in [&["renew-due", "certs"][..], &["apply", "all.toml"], &["resume"]] {
            let here = Here::new(transport, Settings { more_certificates: 1, ..Settings::default() });
            let mut declared = String::new();
            for (id, folder) in [("571", "certs/live"), ("10000", "certs/other")] {
                here.ends(&["reissue", id, "--new-key", "--out", folder, "--deploy-hook", hook], 11);
                declared += &format!("[[certificate]]\nid = {id}\nout = \"{folder}\"\n");
            }
            fs::write(here.path("all.toml"), declared).unwrap();
            let words = arguments(here.home.path(), &here.server, transport, command);
            let Here { home, gateway, server, .. } = here;
            drop(server);
            let read = |path: &str| fs::read_to_string(home.path().join(path)).unwrap();
            // Nothing but hooks is left: to carry on with them, no account is asked anything.
            let [failed, deployed] = if command == ["resume"] { [11, 0] } else { [5, 5] };
            for (is_failed, code, hooks) in [(true, failed, 2 + runs), (false, deployed, 2 + 2 * runs)] {
                if !is_failed {
                    fs::write(home.path().join("go"), "").unwrap();
                }
                let output = run(home.path(), &words.iter().map(String::as_str).collect::<Vec<_>>());
                let said = stderr(&output);
                assert_eq!((exit(&output), read("hooks").lines().count()), (code, hooks), "{command:?} {said}");
                assert_eq!(said.contains("the deploy hook failed"), is_failed, "{command:?} {said}");
            }
            for folder in ["certs/live", "certs/other"] {
                assert!(read(&format!("{folder}/current/about.json")).contains("\"deployed\""), "{command:?} {folder}");
            }
            assert_eq!(gateway.counts().orders, 2, "{command:?}");
        }
    }
}

/// Killed while a hook runs for several certificates: the next run has it run once, for all of them.
#[test]
fn killed_in_the_hook_of_several() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { more_certificates: 3, ..Settings::default() });
        let hook = "echo begun >> hooked; test -e go || sleep 60; echo ended >> hooked";
        let rows: String = (10_000..10_003).map(|id| format!("{id},true,certs/{id},{hook}\n")).collect();
        fs::write(here.path("all.csv"), format!("id,new_key,out,deploy_hook\n{rows}")).unwrap();
        let mut child = here.started(&["batch", "all.csv"]);
        let hooked = || fs::read_to_string(here.path("hooked")).unwrap_or_default();
        until("the hook runs", || hooked() == "begun\n");
        child.kill().unwrap();
        child.wait().unwrap();
        fs::write(here.path("go"), "").unwrap();
        let output = here.at(&["renew-due", "certs"]);
        let rows = json(&output)["orders"].as_array().unwrap().clone();
        assert!(rows.iter().all(|row| row["deployment"]["state"] == "deployed"), "{rows:?}");
        assert_eq!((exit(&output), rows.len(), here.orders()), (0, 3, 3), "{}", stderr(&output));
        assert_eq!(hooked(), "begun\nbegun\nended\n");
        assert_eq!(exit(&here.at(&["renew-due", "certs"])), 8, "nothing is left");
    }
}

/// What several runs left is carried on with at once: the hook that is the same for all runs once, also where it only failed, and again.
#[test]
fn resume_runs_a_hook_once_for_several() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { more_certificates: 3, ..Settings::default() });
        let resume = |code: i32, kinds: &[&str]| {
            let output = here.at(&["resume"]);
            let rows = json(&output)["orders"].as_array().unwrap().clone();
            let found: Vec<&str> = rows.iter().map(|row| row["kind"].as_str().unwrap()).collect();
            assert_eq!((exit(&output), found), (code, kinds.to_vec()), "{}", stderr(&output));
        };
        let hook = ["--deploy-hook", "echo x >> hooked; test -e go"];
        for id in ["10000", "10001", "10002"] {
            let out = format!("certs/{id}");
            let order = ["reissue", id, "--new-key", "--out", &out, "--no-wait"];
            here.ends(&[&order[..], &hook].concat(), 6);
        }
        let hooked = || fs::read_to_string(here.path("hooked")).unwrap_or_default().lines().count();
        resume(11, &["not deployed"; 3]);
        assert_eq!(hooked(), 1);
        resume(11, &["not deployed"; 3]);
        fs::write(here.path("go"), "").unwrap();
        resume(0, &["done"; 3]);
        assert_eq!((hooked(), here.orders()), (3, 3));
        resume(8, &[]);
    }
}

/// A certificate that was never here yet, and whose order is open, is shown and carried on with.
#[test]
fn the_first_certificate_of_a_folder() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        here.ends(&[&create("certs/new")[..], &["--no-wait"]].concat(), 6);
        let output = here.at(&["status", "certs"]);
        let row = json(&output)["certificates"][0].clone();
        assert!(row["folder"].as_str().unwrap().ends_with("certs/new"), "{row}");
        assert_eq!((&row["order"]["state"], &row["name"]), (&"pending".into(), &"new.example.com".into()), "{row}");
        // By whatever name the folder goes.
        std::os::unix::fs::symlink("certs", here.path("link")).unwrap();
        let output = here.at(&["status", "link"]);
        assert_eq!(json(&output)["certificates"][0]["order"]["state"], "pending", "{}", stderr(&output));
        here.ends(&["renew-due", "certs/../link"], 0);
        let (key, certificate) = pair(&here.path("certs/new"));
        assert_eq!((key, here.orders()), (certificate, 1));
    }
}

fn create(out: &str) -> Vec<&str> {
    let contacts =
        ["--product", "QUICKSSLPREMIUM", "--admin", "1120", "--technical", "1120", "--software", "APACHESSL"];
    let new = ["create", "--name", "new.example.com", "--new-key", "--lifetime", "12", "--out", out];
    [&new[..], &contacts].concat()
}

/// In a store that machines share, an order of another one is that one's, where its key is.
#[test]
fn status_shows_orders_of_this_machine() {
    let home = tempfile::tempdir().unwrap();
    let (_gateway, server) = serve(Settings::default());
    let on = |host: &str, command: &[&str]| {
        let config = home.path().join(format!("{host}.toml"));
        fs::write(&config, format!("[live]\nrequests_per_second = 1000\nhost = \"{host}\"\n")).unwrap();
        let (at, config) = (endpoint(&server, "json"), config.display().to_string());
        let more = ["--transport", "json", "--endpoint", &at, "--config", &config, "--output", "json"];
        run(home.path(), &[command, &more].concat())
    };
    ended(on("one", &[&create("certs/new")[..], &["--no-wait"]].concat()), 6);
    fs::rename(home.path().join("certs"), home.path().join("of-one")).unwrap();
    fs::create_dir(home.path().join("certs")).unwrap();
    for (host, expected) in [("one", 1), ("two", 0)] {
        let document = json(&on(host, &["status", "certs"]));
        let rows = document["certificates"].as_array().unwrap().iter();
        assert_eq!(rows.filter(|row| row.get("order").is_some()).count(), expected, "{host}: {document}");
    }
}

/// The exit code is that of the worst there is, in the order that every command has.
#[test]
fn status_ends_with_the_worst() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let run = |command: &[&str]| exit(&here.at(command));
        let status = |more: &[&str]| run(&[&["status", "certs"], more].concat());
        assert_eq!(run(&["reissue", "571", "--new-key", "--out", "certs/a", "--deploy-hook", "false"]), 11);
        assert_eq!((status(&[]), status(&["--renew-before", "30d"])), (11, 11), "its hook failed");
        fs::create_dir(here.path("certs/b")).unwrap();
        fs::write(here.path("certs/b/cert.pem"), "no certificate").unwrap();
        assert_eq!(status(&[]), 2, "one cannot be read");
        assert_eq!(run(&["reissue", "571", "--csr", &csr()]), 0);
        assert_eq!(status(&[]), 2, "and one is another");
        fs::remove_dir_all(here.path("certs/b")).unwrap();
        let output = here.at(&["status", "certs"]);
        let todo = json(&output)["certificates"][0]["todo"].to_string();
        let is_told = todo.contains("whose key is not here") && todo.contains("not deployed (the deploy hook failed");
        assert!(exit(&output) == 10 && is_told, "{todo}");
    }
}

/// One that cannot be read or renewed does not stop the rest, and the exit code tells the worst. The password is read once.
#[test]
fn each_for_itself() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        for arguments in [vec!["reissue", "571", "--new-key", "--out", "certs/c"], create("certs/d")] {
            here.ends(&arguments, 0);
        }
        for folder in ["certs/a", "certs/b"] {
            fs::create_dir(here.path(folder)).unwrap();
        }
        fs::write(here.path("certs/a/cert.pem"), "no certificate").unwrap();
        std::os::unix::fs::symlink("gone", here.path("certs/b/cert.pem")).unwrap();
        let status = here.at(&["status", "certs"]);
        let rows = json(&status)["certificates"].as_array().unwrap().clone();
        assert_eq!((exit(&status), rows.len()), (2, 4), "{rows:?}");
        assert!(rows[0]["todo"].as_str().unwrap().contains("certs/a/cert.pem"), "{rows:?}");

        let orders = here.orders();
        let mut due =
            command(here.home.path(), &["renew-due", "certs", "none", "--renew-before", "400d", "--password-stdin"]);
        let (address, config) = (endpoint(&here.server, transport), fast(here.home.path()));
        due.args(["--transport", transport, "--endpoint", &address, "--config", &config, "--output", "json"]);
        // Another process is at the last one.
        let lock = fs::File::create(here.path("certs/d/.lock")).unwrap();
        lock.lock().unwrap();
        due.env_remove("CERTGATE_PASSWORD").current_dir(here.home.path());
        let run = |due: &mut Command| told_on_stdin(due, "password\n");
        let output = run(&mut due);
        let results = |output: &Output| -> Vec<String> {
            let rows = json(output)["orders"].as_array().unwrap().clone();
            rows.iter().map(|row| row["kind"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(results(&output), ["usage", "usage", "done", "pending", "usage"], "{}", stderr(&output));
        assert_eq!((exit(&output), here.orders()), (2, orders + 1), "not the greatest, but the worst");
        drop(lock);
        let output = run(&mut due);
        assert_eq!(results(&output), ["usage", "usage", "done", "done", "usage"], "{}", stderr(&output));
        assert_eq!(here.orders(), orders + 3);
    }
}

/// How a certificate was validated is remembered; where it is not, it needs to be told before anything is ordered.
#[test]
fn validated_as_it_was() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let exec = ["--dns", "exec", "echo >> calls; true"];
        here.ends(&[&create("certs/new")[..], &exec].concat(), 0);
        let calls = || here.read("calls").lines().count();
        assert_eq!((calls(), here.orders()), (2, 1));
        let due = |more: &[&str]| {
            let due = ["renew-due", "certs", "--renew-before", "400d"];
            here.at(&[&due[..], more].concat())
        };
        for (more, said) in [
            (&["--jks", "--store-pass-file", "none"][..], "none"),
            (&["--dns", "exec"], "expected provision, autodns, manual, exec CMD or nsupdate"),
        ] {
            let output = due(more);
            assert!(exit(&output) == 2 && stderr(&output).contains(said), "{more:?}: {}", stderr(&output));
            assert_eq!(here.orders(), 1);
        }
        let output = due(&[]);
        assert_eq!((exit(&output), calls(), here.orders()), (0, 4, 2), "{}", stderr(&output));
        // A record of an earlier version does not say it.
        let about = here.path("certs/new/current/about.json");
        let mut record: Value = serde_json::from_slice(&fs::read(&about).unwrap()).unwrap();
        assert_eq!(record["settings"]["dns"], "exec echo >> calls; true");
        record["settings"].as_object_mut().unwrap().remove("dns");
        fs::write(&about, record.to_string()).unwrap();
        let output = due(&[]);
        let said = "validated by a DNS record that the gateway does not publish: give --dns";
        assert!(exit(&output) == 2 && stderr(&output).contains(said), "{}", stderr(&output));
        let output = due(&exec);
        assert_eq!((exit(&output), calls(), here.orders()), (0, 6, 3), "{}", stderr(&output));
    }
}

/// A reissue cannot change how a certificate is validated: said before anything is published or ordered, by a plan, too.
#[test]
fn another_method_is_refused_before_the_order() {
    let said = "the certificate is validated by DNS; a reissue cannot change that to FILE: give --dns";
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        here.ends(&create("certs/new"), 0);
        let about: Value = serde_json::from_str(&here.read("certs/new/current/about.json")).unwrap();
        let id = about["certificate"].to_string();
        fs::create_dir(here.path("www")).unwrap();
        let renew_due = ["renew-due", "certs", "--renew-before", "400d", "--webroot", "www"];
        let by_hand = ["reissue", &id, "--new-key", "--out", "other", "--webroot", "www"];
        for command in [&renew_due[..], &[&renew_due[..], &["--dry-run"]].concat(), &by_hand] {
            let output = here.at(command);
            let told = format!("{}{}", stderr(&output), String::from_utf8_lossy(&output.stdout));
            assert!(exit(&output) == 2 && told.contains(said), "{command:?}: {told}");
            assert_eq!((here.orders(), fs::read_dir(here.path("www")).unwrap().count()), (1, 0), "{command:?}");
        }
        let file =
            format!("[[certificate]]\nid = {id}\nout = \"certs/new\"\nrenew_before = \"400d\"\nwebroot = \"www\"\n");
        fs::write(here.path("certificates.toml"), file).unwrap();
        for command in ["plan", "apply"] {
            let output = here.at(&[command]);
            let told = format!("{}{}", stderr(&output), String::from_utf8_lossy(&output.stdout));
            let said = "a reissue cannot change that to FILE";
            assert!(exit(&output) == 2 && told.contains(said), "{command}: {told}");
        }
        here.ends(&[&renew_due[..4], &["--dns", "provision"]].concat(), 0);
        assert_eq!(here.orders(), 2);
    }
}

/// A certificate that the account does not have is told of by `status` as by a plan.
#[test]
fn what_the_account_does_not_have_is_said() {
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let (_gateway, first) = serve(Settings { more_certificates: 1, ..Settings::default() });
        assert_eq!(
            exit(&at(home.path(), &first, transport, &["reissue", "10000", "--new-key", "--out", "certs/a"])),
            0
        );
        let (_gateway, second) = serve(Settings::default());
        let output = at(home.path(), &second, transport, &["renew-due", "certs", "--dry-run"]);
        let planned = json(&output)["plan"][0]["why"].clone();
        let output = at(home.path(), &second, transport, &["status", "certs"]);
        assert_eq!((exit(&output), &json(&output)["certificates"][0]["todo"]), (10, &planned), "{}", stderr(&output));
        let planned = planned.as_str().unwrap();
        assert!(planned.starts_with("the account has no certificate 10000: where it was ordered anew"), "{planned}");
        let output = at(home.path(), &second, transport, &["status", "certs", "--here"]);
        assert_eq!(
            (exit(&output), &json(&output)["certificates"][0]["todo"]),
            (0, &"nothing".into()),
            "nobody was asked"
        );
    }
}
