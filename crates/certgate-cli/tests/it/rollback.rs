//! The sets of a certificate's folder: what comes into place, what is kept, and the way back.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    process::Stdio,
};

use certgate_keys::PrivateKey;
use certgate_simulator::Settings;
use pretty_assertions::assert_eq;

use crate::support::binary::{
    Here, arguments, at, command, ended, endpoint, exit, interrupt, json, pair, run, secret, stderr, stdout, until,
};

const NEW: [&str; 5] = ["reissue", "571", "--new-key", "--out", "live"];
const FILES: [&str; 5] = ["cert.pem", "chain.pem", "fullchain.pem", "key.pem", "combined.pem"];

/// The set in place.
fn current(folder: &Path) -> PathBuf {
    fs::read_link(folder.join("current")).unwrap()
}

/// The names in a folder, but for what is hidden.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    names
}

/// However often a hook turns a new set down, what it is taken back to is the set that it took before.
#[test]
fn a_hook_that_fails_again_and_again() {
    for keep in ["0", "1", "3"] {
        let here = Here::new("json", Settings::default());
        let live = here.path("live");
        let reissue = |more: &[&str]| here.at(&[&NEW[..], &["--keep", keep], more].concat());
        let output = reissue(&[]);
        let serial = json(&output)["certificate"]["serialNumber"].as_str().unwrap().to_owned();
        let good = current(&live);
        for _ in 0..3 {
            let hook = "echo $CERTGATE_SERIAL >> seen; exit 1";
            let output = reissue(&["--deploy-hook", hook, "--rollback-on-failure"]);
            assert_eq!((exit(&output), current(&live)), (11, good.clone()), "{}", stderr(&output));
            let seen = here.read("seen");
            assert_eq!(seen.lines().last(), Some(serial.as_str()), "the hook is told what is in place again");
            let (key, certificate) = pair(&live);
            assert_eq!(key, certificate);
        }
        ended(reissue(&["--deploy-hook", "true"]), 0);
        let new = current(&live);
        let mut expected = vec![new.file_name().unwrap().to_str().unwrap().to_owned()];
        if keep != "0" {
            expected.insert(0, good.file_name().unwrap().to_str().unwrap().to_owned());
        }
        assert_eq!(names(&live.join("sets")), expected, "what was turned down is gone");
        assert_eq!(exit(&run(here.home.path(), &["rollback", "live"])), if keep == "0" { 8 } else { 0 });
        assert_eq!(current(&live), if keep == "0" { new } else { good });
    }
}

/// Files from before certgate become links while they show the same, and only then all of them change at once: whatever step
/// was the last one.
#[test]
fn plain_files_are_taken_over_at_once() {
    let here = Here::new("json", Settings::default());
    let live = here.path("live");
    here.ends(&["reissue", "571", "--new-key", "--out", "seed"], 0);
    fs::create_dir(&live).unwrap();
    for name in FILES {
        let file = live.join(name);
        fs::copy(here.path("seed").join(name), &file).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        // Only root may give files away; others see to the modes.
        let _ = chown(&file, Some(65534), Some(65534));
    }
    let state = || {
        FILES.map(|name| {
            let metadata = fs::metadata(live.join(name)).unwrap();
            let rights = (metadata.uid(), metadata.gid(), metadata.mode() & 0o777);
            (fs::read(live.join(name)).unwrap(), rights)
        })
    };
    let before = state();
    // A folder in the way of a link stops the run there, and leaves what a run killed there leaves.
    let steps = ["current", "cert.pem", "chain.pem", "fullchain.pem", "key.pem", "combined.pem", "current"];
    for (count, step) in steps.into_iter().enumerate() {
        let in_the_way = live.join(format!(".{step}.new"));
        fs::create_dir(&in_the_way).unwrap();
        let command = if count == 0 { &NEW[..] } else { &["resume"] };
        let output = here.at(command);
        assert_eq!(exit(&output), 6, "{step}: {}", stderr(&output));
        assert_eq!(state(), before, "{step}");
        fs::remove_dir(&in_the_way).unwrap();
    }
    here.ends(&["resume"], 0);
    let now = state();
    for ((old, rights), (new, kept)) in before.iter().zip(&now) {
        assert_eq!(rights, kept, "modes and owners");
        assert!(old != new || old == &before[1].0, "another certificate of the same chain");
    }
    let (key, certificate) = pair(&live);
    assert_eq!((key, here.orders()), (certificate, 2));
    assert_eq!(exit(&run(here.home.path(), &["rollback", "live"])), 0);
    assert_eq!(state(), before);

    // A folder with a certificate alone has no names that lead nowhere after its rollback. What nobody asked for is left alone.
    let plain = here.path("plain");
    fs::create_dir(&plain).unwrap();
    fs::copy(here.path("seed/cert.pem"), plain.join("cert.pem")).unwrap();
    fs::write(plain.join("bundle.p12"), "by hand").unwrap();
    here.ends(&["reissue", "571", "--new-key", "--out", "plain"], 0);
    assert_eq!(exit(&run(here.home.path(), &["rollback", "plain"])), 0);
    assert_eq!(names(&plain), ["bundle.p12", "cert.pem", "current", "sets"]);
    assert_eq!(fs::read_to_string(plain.join("bundle.p12")).unwrap(), "by hand");
    assert_eq!(exit(&run(here.home.path(), &["rollback", "plain"])), 8, "nothing is before it");
}

/// Servers that read bundle.p12 or keystore.jks never find a link to nothing.
#[test]
fn encrypted_files_come_and_go_with_their_set() {
    let here = Here::new("json", Settings::default());
    let live = here.path("live");
    secret(&here.path("phrase"), "geheim-6\n");
    let stores = ["--pkcs12", "--jks", "--store-pass-file", "phrase"];
    let output = here.at(&NEW);
    let job = json(&output)["order"]["job"]["id"].to_string();

    // The same certificate and key, now with encrypted files: they are written, and not only spoken of.
    let resume = ["resume", &job, "--certificate", "571", "--out", "live"];
    let output = here.ends(&[&resume[..], &stores].concat(), 0);
    for kind in ["p12", "jks"] {
        assert!(here.path(json(&output)["files"][kind].as_str().unwrap()).exists(), "{kind}");
    }
    assert_eq!(exit(&here.at(&[&resume[..], &stores].concat())), 8, "they are there");

    // Its pass phrase is asked for by each look at what is ordered, once, and by the installation.
    let asking = ["reissue", "571", "--new-key", "--out", "asking", "--pkcs12", "--store-pass-command"];
    here.ends(&[&asking[..], &["echo asked >> asked; echo geheim-6"]].concat(), 0);
    assert_eq!(here.read("asked").lines().count(), 3);

    // A set without them takes their place only when nobody needs them any more.
    for (option, file) in [("--pkcs12", "bundle.p12"), ("--jks", "keystore.jks")] {
        let others: Vec<&str> = stores.iter().copied().filter(|other| *other != option).collect();
        let output = here.at(&[&NEW[..], &others].concat());
        assert_eq!((exit(&output), here.orders()), (2, 2), "{}", stderr(&output));
        assert!(stderr(&output).contains(&format!("live/{file} is in place")), "{}", stderr(&output));
    }

    // The hook hears of what is there, and after a rollback of what is there then.
    let hook = "echo \"$CERTGATE_P12 $CERTGATE_JKS\" >> seen; exit 1";
    let back = ["--deploy-hook", hook, "--rollback-on-failure"];
    assert_eq!(exit(&run(here.home.path(), &["rollback", "live"])), 0);
    assert_eq!(names(&live), ["cert.pem", "chain.pem", "combined.pem", "current", "fullchain.pem", "key.pem", "sets"]);
    here.ends(&[&NEW[..], &stores, &back].concat(), 11);
    let seen = here.read("seen");
    let [p12, jks] = ["bundle.p12", "keystore.jks"].map(|name| live.join(name).display().to_string());
    assert_eq!(seen, format!("{p12} {jks}\n \n"));
    assert_eq!(names(&live), ["cert.pem", "chain.pem", "combined.pem", "current", "fullchain.pem", "key.pem", "sets"]);
}

/// What was taken back can be put in place again: its key is in its set.
#[test]
fn forward_after_a_rollback() {
    let here = Here::new("xml", Settings::default());
    let live = here.path("live");
    here.ends(&NEW, 0);
    let output = here.at(&NEW);
    let (second, job) = (pair(&live), json(&output)["order"]["job"]["id"].to_string());
    assert_eq!(exit(&run(here.home.path(), &["rollback", "live"])), 0);
    assert!(pair(&live) != second);
    here.ends(&["resume", &job, "--certificate", "571", "--out", "live"], 0);
    assert_eq!((pair(&live), here.orders()), (second, 2));
}

#[test]
fn by_name() {
    let here = Here::new("json", Settings::default());
    let out = |folder: &str| here.at(&["reissue", "571", "--new-key", "--out", folder]);
    for folder in ["certs/a", "certs/a", "more/b"] {
        assert_eq!(exit(&out(folder)), 0);
    }
    let profile = |certificates: &str| {
        let address = endpoint(&here.server, "json");
        let text = format!("[team]\njson_endpoint = \"{address}\"\n{certificates}\n");
        fs::write(here.path("team.toml"), text).unwrap();
    };
    let rollback =
        |name: &str| run(here.home.path(), &["rollback", name, "--config", "team.toml", "--profile", "team"]);
    for (certificates, name, code, said) in [
        ("certificates = [\"certs\"]", "EXAMPLE.com", 0, ""),
        ("certificates = [\"certs\"]", "example.org", 2, "no certificate of that name"),
        ("certificates = [\"certs\", \"more\"]", "example.com", 2, "give its folder, such as "),
        ("", "example.com", 2, "no such folder; names need the profile's `certificates`"),
    ] {
        profile(certificates);
        let before = pair(&here.path("certs/a"));
        let output = rollback(name);
        assert_eq!(exit(&output), code, "{certificates} {name}: {}", stderr(&output));
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
        assert_eq!(pair(&here.path("certs/a")) != before, code == 0, "{certificates} {name}");
    }
}

/// Back, further back, forward again; the folder's hook is run for each, and what came of it is known.
#[test]
fn back_and_forward_again() {
    let here = Here::new("xml", Settings::default());
    let live = here.path("live");
    let told = |command: &[&str]| {
        let output = run(here.home.path(), &[command, &["--output", "json"]].concat());
        (exit(&output), json(&output), stderr(&output))
    };
    for hook in ["echo $CERTGATE_SERIAL one >> seen", "false", "echo $CERTGATE_SERIAL three >> seen; test ! -e broken"]
    {
        let output = here.at(&[&NEW[..], &["--deploy-hook", hook]].concat());
        assert_eq!(exit(&output), if hook == "false" { 11 } else { 0 }, "{}", stderr(&output));
    }
    let listed = || told(&["rollback", "live", "--list"]).1["sets"].as_array().unwrap().clone();
    let sets = listed();
    let state = |set: &serde_json::Value| (set["current"].clone(), set["deployment"]["state"].clone());
    assert_eq!(
        sets.iter().map(state).collect::<Vec<_>>(),
        [(false.into(), "deployed".into()), (false.into(), "failed".into()), (true.into(), "deployed".into())]
    );
    assert!(sets.iter().all(|set| set["name"] == "example.com" && set["certificate"] == 571));
    let serial = |at: usize| sets[at]["serialNumber"].as_str().unwrap();
    let in_place = || serde_json::Value::from(current(&live).file_name().unwrap().to_str().unwrap());
    let last_seen = || here.read("seen").lines().last().unwrap().to_owned();
    // The one before; by number, by serial number, by name; to the first and forward to the last.
    for (asked, expected) in [("", 1), ("1", 0), (serial(2), 2), (sets[0]["set"].as_str().unwrap(), 0)] {
        let to = if asked.is_empty() { vec![] } else { vec!["--to", asked] };
        let (code, document, said) = told(&[&["rollback", "live"][..], &to].concat());
        assert_eq!((code, in_place()), (0, sets[expected]["set"].clone()), "{asked} {said}");
        assert_eq!(document["deployment"], serde_json::json!({ "state": "deployed" }));
        let hook = "the hook that was given last, told of what is in place";
        assert_eq!(last_seen(), format!("{} three", serial(expected)), "{hook}");
        let (key, certificate) = pair(&live);
        assert_eq!(key, certificate);
    }
    assert_eq!(told(&["rollback", "live"]).0, 8, "there is none before the first");
    assert_eq!(told(&["rollback", "live", "--to", "1"]).0, 8, "it is in place");
    fs::write(here.path("broken"), "").unwrap();
    let (code, document, _) = told(&["rollback", "live", "--to", "3"]);
    assert_eq!((code, in_place()), (11, sets[2]["set"].clone()), "it stays, for it was asked for: {document}");
    assert_eq!(listed()[2]["deployment"]["state"], "failed", "the next run repeats it");
    fs::remove_file(here.path("broken")).unwrap();
    let output = here.at(&["renew-due", "live"]);
    assert_eq!((exit(&output), here.orders()), (0, 3), "{}", stderr(&output));
    assert_eq!(listed()[2]["deployment"]["state"], "deployed");
    for (command, expected) in [
        (&["rollback", "live", "--to", "7"][..], "there is no set `7`; there are 000001-"),
        (&["rollback", "nowhere"], "nowhere: no such folder"),
        (&["rollback", "."], ".: no sets of certificates are there"),
        (&["rollback", ".", "--list"], ".: no sets of certificates are there"),
    ] {
        let (code, document, _) = told(command);
        let text = document["error"]["text"].as_str().unwrap();
        assert!(code == 2 && text.starts_with(expected) && !text.contains('\n'), "{code} {text}");
    }
}

/// Has the certificate of a set be one of the same key that has ended.
fn end(set: &Path) {
    let key = fs::read_to_string(set.join("key.pem")).unwrap();
    let mut params = rcgen::CertificateParams::new(["example.com".to_owned()]).unwrap();
    params.serial_number = Some(1.into());
    params.not_after = rcgen::date_time_ymd(2025, 3, 1);
    let ended = params.self_signed(&PrivateKey::from_pem(&key, None).unwrap()).unwrap().pem();
    let combined = format!("{ended}{key}");
    for (file, text) in
        [("cert.pem", &*ended), ("chain.pem", ""), ("fullchain.pem", &*ended), ("combined.pem", &*combined)]
    {
        fs::write(set.join(file), text).unwrap();
    }
}

/// A server that is given what has ended is down: only who names that set puts it in place, and is warned.
#[test]
fn what_ended_is_put_back_by_its_name_only() {
    let here = Here::new("json", Settings::default());
    for _ in 0..2 {
        here.ends(&NEW, 0);
    }
    let live = here.path("live");
    let sets = names(&live.join("sets"));
    end(&live.join("sets").join(&sets[0]));
    let newest = current(&live);
    let output = run(here.home.path(), &["rollback", "live"]);
    let said = stderr(&output);
    assert_eq!((exit(&output), current(&live)), (2, newest), "{said}");
    assert!(said.contains(&format!("the certificate of the set {} ended on 2025-03-01", sets[0])), "{said}");
    assert!(said.contains(&format!("--to {}", sets[0])), "{said}");
    let output = run(here.home.path(), &["rollback", "live", "--to", &sets[0]]);
    let said = stderr(&output);
    assert_eq!((exit(&output), current(&live)), (0, Path::new("sets").join(&sets[0])), "{said}");
    assert!(said.contains("warning: its certificate ended on 2025-03-01T00:00:00"), "{said}");
}

/// A set that nobody accepts any more is no way back from a hook that fails for the new one.
#[test]
fn what_nobody_accepts_is_not_taken_back() {
    for transport in ["xml", "json"] {
        for is_revoked in [true, false] {
            let (here, elsewhere) = (Here::new(transport, Settings::default()), tempfile::tempdir().unwrap());
            let run = |command: &[&str]| here.at(command);
            let live = here.path("live");
            assert_eq!(exit(&run(&NEW)), 0);
            let set = current(&live).file_name().unwrap().to_owned();
            if is_revoked {
                let status = json(&run(&["status", "live", "--here"]));
                let serial = status["certificates"][0]["serial"].as_str().unwrap();
                assert_eq!(exit(&run(&["reissue", "571", "--new-key", "--out", "colleague"])), 0);
                let revoke = ["revoke", "571", "--serial", serial, "--yes"];
                assert_eq!(exit(&at(elsewhere.path(), &here.server, transport, &revoke)), 0);
            } else {
                end(&live.join("sets").join(&set));
            }
            let output = run(&["renew-due", "live", "--deploy-hook", "false", "--rollback-on-failure"]);
            let said = json(&output)["orders"][0]["deployment"]["detail"].as_str().unwrap_or_default().to_owned();
            assert_ne!(current(&live).file_name(), Some(&*set), "the new one stays");
            let set = set.to_string_lossy();
            let how = if is_revoked { "was revoked on 20" } else { "ended on 2025-03-01" };
            let expected = format!("the files are in place, since the certificate of the set {set} {how}");
            assert!(exit(&output) == 11 && said.contains(&expected), "{said} {}", stderr(&output));
            let (key, certificate) = pair(&live);
            assert_eq!(key, certificate);
        }
    }
}

/// Killed as soon as other files are in place, be they new or put back: their hook runs all the same, and how they are renewed stays known.
#[test]
fn killed_right_after_the_switch() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let live = here.path("live");
        let hook = ["--deploy-hook", "echo $CERTGATE_SERIAL >> seen", "--keep", "7"];
        here.ends(&[&NEW[..], &hook].concat(), 0);
        let renew: &[&str] = &["renew-due", "live", "--renew-before", "399d"];
        for words in [renew, renew, &["rollback", "live"]] {
            let (before, mut killed) = (current(&live), here.started(words));
            let mut ended = None;
            while current(&live) == before && ended.is_none() {
                ended = killed.try_wait().unwrap();
            }
            killed.kill().unwrap();
            killed.wait().unwrap();
            assert!(current(&live) != before, "{words:?}: {ended:?}");
            let put_in_place = current(&live);
            let output = here.at(&["renew-due", "live"]);
            let said = format!("{transport} {words:?}: {}", stderr(&output));
            assert!(matches!(exit(&output), 0 | 8), "{said}");
            let record = fs::read_to_string(live.join("current/about.json")).unwrap();
            let record: serde_json::Value = serde_json::from_str(&record).unwrap();
            assert_eq!(record["settings"]["keep"], 7, "{said}");
            assert_eq!(record["deployment"]["state"], "deployed", "{said}");
            let seen = here.read("seen");
            assert_eq!(seen.lines().last(), record["serial"].as_str(), "{said} {put_in_place:?}");
            if words[0] == "rollback" {
                assert!(record["putBack"].is_i64() && current(&live) == put_in_place, "it stays: {said} {record}");
            }
        }
    }
}

/// A set that its hook turns down again and again is one set.
#[test]
fn what_was_taken_back_comes_again() {
    let here = Here::new("json", Settings::default());
    here.ends(&NEW, 0);
    let hook = ["--deploy-hook", "test -e fine", "--rollback-on-failure"];
    here.ends(&[&NEW[..], &hook].concat(), 11);
    let sets = names(&here.path("live/sets"));
    for _ in 0..2 {
        here.ends(&["fetch", "571", "--out", "live"], 11);
        assert_eq!(names(&here.path("live/sets")), sets);
    }
    fs::write(here.path("fine"), "").unwrap();
    let output = here.at(&["fetch", "571", "--out", "live"]);
    assert_eq!((exit(&output), here.orders()), (0, 2), "{}", stderr(&output));
    assert_eq!(current(&here.path("live")).file_name().unwrap().to_str(), sets.last().map(String::as_str));
}

/// Ctrl-C while the hook runs, of a rollback or of a single order: it is waited for, what came of it is recorded, and the document is whole.
#[test]
fn interrupted_while_the_hook_runs() {
    let here = Here::new("json", Settings::default());
    let hook = "echo > started; while [ -e wait ]; do sleep 0.1; done; echo $CERTGATE_SERIAL >> deployed";
    let deployed = || fs::read_to_string(here.path("deployed")).unwrap_or_default().lines().count();
    here.ends(&[&NEW[..], &["--deploy-hook", hook]].concat(), 0);
    let interrupted = |command: &[&str]| {
        let [started, wait, said] = ["started", "wait", "said"].map(|name| here.path(name));
        let _ = fs::remove_file(&started);
        fs::write(&wait, "").unwrap();
        let arguments = arguments(here.home.path(), &here.server, "json", command);
        let mut run = self::command(here.home.path(), &arguments.iter().map(String::as_str).collect::<Vec<_>>());
        run.current_dir(here.home.path()).stdin(Stdio::null()).stdout(Stdio::piped());
        let child = run.stderr(fs::File::create(&said).unwrap()).spawn().unwrap();
        until("the hook runs", || started.exists());
        interrupt(&child);
        until("it is heard", || fs::read_to_string(&said).unwrap().contains("stopping after"));
        fs::remove_file(&wait).unwrap();
        child.wait_with_output().unwrap()
    };
    let commands: [(&[&str], &str); 3] =
        [(&NEW, "/order/state"), (&["rollback", "live"], "/set"), (&["batch", "one.csv"], "/orders/0/order/state")];
    fs::write(here.path("one.csv"), "id,new_key,out\n571,true,live\n").unwrap();
    for (count, (command, member)) in commands.into_iter().enumerate() {
        let output = interrupted(command);
        let (document, said) = (json(&output), here.read("said"));
        assert_eq!((exit(&output), &document["error"]), (0, &serde_json::Value::Null), "{command:?} {said}");
        assert!(document.pointer(member).is_some(), "{command:?} {document}");
        assert_eq!(deployed(), count + 2, "{command:?}: the hook came to its end");
        let status = here.at(&["status", "live"]);
        assert!(!stdout(&status).contains("not deployed"), "{command:?} {}", stdout(&status));
    }
    assert_eq!(here.orders(), 3);
    assert_eq!(exit(&here.at(&["resume"])), 8, "nothing is left");
}

/// A set that is damaged is passed over, and is not put in place for who names it either.
#[test]
fn damaged_sets_are_not_put_in_place() {
    let here = Here::new("json", Settings::default());
    let live = here.path("live");
    let rollback = |more: &[&str]| run(here.home.path(), &[&["rollback", "live"], more].concat());
    for _ in 0..3 {
        here.ends(&NEW, 0);
    }
    let newest = current(&live);
    let sets = names(&live.join("sets"));
    let of_another = |file: &str| Some(fs::read(live.join("sets").join(&sets[0]).join(file)).unwrap());
    let garbage = || Some(b"garbage".to_vec());
    for (file, damage) in [
        ("fullchain.pem", None),
        ("key.pem", None),
        ("cert.pem", None),
        ("fullchain.pem", garbage()),
        ("key.pem", garbage()),
        ("key.pem", Some(Vec::new())),
        ("cert.pem", garbage()),
        ("combined.pem", of_another("combined.pem")),
        ("key.pem", of_another("key.pem")),
        ("fullchain.pem", of_another("fullchain.pem")),
    ] {
        let path = live.join("sets").join(&sets[1]).join(file);
        let whole = fs::read(&path).unwrap();
        match damage {
            Some(damage) => fs::write(&path, damage).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let output = rollback(&["--to", "2"]);
        let said = format!("the set {} is damaged: its `{file}` is gone, or not of its", sets[1]);
        assert!(exit(&output) == 2 && stderr(&output).contains(&said), "{}", stderr(&output));
        assert_eq!(current(&live), newest, "{file}");
        assert_eq!(json(&rollback(&["--list", "-o", "json"]))["sets"][1]["gone"], file);
        assert_eq!(exit(&rollback(&[])), 0, "{file}");
        assert_eq!(current(&live), Path::new("sets").join(&sets[0]), "{file}");
        let (key, certificate) = pair(&live);
        assert_eq!(key, certificate);
        assert_eq!(exit(&rollback(&["--to", "3"])), 0, "{file}");
        fs::write(&path, whole).unwrap();
    }
    assert_eq!(exit(&rollback(&[])), 0);
    assert_eq!(current(&live), Path::new("sets").join(&sets[1]));
    // Of nothing but damaged ones the first is said.
    fs::remove_file(live.join("sets").join(&sets[0]).join("key.pem")).unwrap();
    let output = rollback(&[]);
    assert!(
        exit(&output) == 2 && stderr(&output).contains(&format!("{} is damaged: its `key.pem`", sets[0])),
        "{}",
        stderr(&output)
    );
    assert_eq!(current(&live), Path::new("sets").join(&sets[1]));
}

/// A hook that fails for a good pair does not have a damaged one served in its place.
#[test]
fn a_damaged_set_is_not_gone_back_to() {
    let here = Here::new("json", Settings::default());
    let live = here.path("live");
    here.ends(&NEW, 0);
    fs::write(live.join("current/key.pem"), "garbage").unwrap();
    let output = here.at(&[&NEW[..], &["--deploy-hook", "false", "--rollback-on-failure"]].concat());
    assert_eq!(exit(&output), 11, "{}", stderr(&output));
    let sets = names(&live.join("sets"));
    assert_eq!(current(&live), Path::new("sets").join(&sets[1]), "{}", stderr(&output));
    let (key, certificate) = pair(&live);
    assert_eq!(key, certificate);
    let said = format!("the set before could not be put back: the set {} is damaged: its `key.pem`", sets[0]);
    assert!(stderr(&output).contains(&said), "{}", stderr(&output));
}
