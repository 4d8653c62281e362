//! Folders that certificates were put into, and that are empty or gone: a disk that is not mounted is not filled, and what is missing is said.

use std::{
    ffi::OsStr,
    fs,
    os::unix::{
        ffi::OsStrExt,
        fs::{PermissionsExt, symlink},
    },
};

use certgate_simulator::Settings;
use pretty_assertions::assert_eq;
use serde_json::Value;

use crate::support::binary::{
    Here, arguments, command, copy, csr, ended, endpoint, exit, json, pair, run, secret, shell,
};

/// Three certificates, none of which an order of the store put in place: 571 adopted in `certs/a`, two fetched into `certs/b` and `disk/c`.
fn filled_without_orders(transport: &'static str) -> Here {
    let here = Here::new(transport, Settings { more_certificates: 2, ..Settings::default() });
    for id in ["571", "10000", "10001"] {
        let made = format!("made/{id}");
        here.run(&["reissue", id, "--new-key", "--out", &made, "--store", "other.sqlite"], 0);
    }
    copy(&here.path("made/571/current"), &here.path("certs/a"));
    fs::remove_file(here.path("certs/a/about.json")).unwrap();
    fs::remove_dir_all(here.path("made")).unwrap();
    here.run(&["adopt", "certs/a"], 0);
    here.run(&["fetch", "10000", "--out", "certs/b"], 0);
    here.run(&["fetch", "10001", "--out", "disk/c"], 0);
    fs::create_dir(here.path("unused")).unwrap();
    here
}

/// What a command does by a profile whose certificates are in `certs` and `disk`.
fn of_profile(here: &Here, command: &[&str]) -> (i32, Value) {
    let config = here.path("profile.toml");
    fs::write(&config, "[live]\ncertificates = [\"certs\", \"disk\", \"unused\"]\nrequests_per_second = 1000\n")
        .unwrap();
    let (config, at) = (config.display().to_string(), endpoint(&here.server, here.transport));
    let options = ["--config", &config, "--transport", here.transport, "--endpoint", &at, "--output", "json"];
    let output = run(here.home.path(), &[command, &options].concat());
    (exit(&output), json(&output))
}

/// A folder that no order filled is known too: nothing is ordered into the place of its disk.
#[test]
fn what_was_adopted_or_fetched_is_not_ordered_into_an_empty_folder() {
    for transport in ["xml", "json"] {
        let here = filled_without_orders(transport);
        let rows: [(i64, &str); 3] = [(571, "certs/a"), (10000, "certs/b"), (10001, "disk/c")];
        let text = rows.map(|(id, folder)| format!("[[certificate]]\nid = {id}\nout = \"{folder}\"\n")).concat();
        fs::write(here.path("certificates.toml"), text).unwrap();
        here.run(&["plan", "certificates.toml"], 8);
        let orders = here.orders();
        fs::rename(here.path("certs"), here.path("elsewhere")).unwrap();
        fs::rename(here.path("disk"), here.path("another")).unwrap();
        for is_made in [false, true] {
            if is_made {
                rows.iter().for_each(|(_, folder)| fs::create_dir_all(here.path(folder)).unwrap());
            }
            let planned = here.run(&["plan", "certificates.toml"], 2).0;
            let done = here.run(&["apply", "certificates.toml"], 2).0;
            for (row, (_, folder)) in rows.iter().enumerate() {
                let said = planned["plan"][row]["why"].as_str().unwrap();
                let expected = "its certificate was installed there, and is not there any more";
                assert!(said.starts_with(&format!("{}: {expected}", here.path(folder).display())), "{said}");
                assert_eq!(done["orders"][row]["text"], said);
            }
            assert_eq!(here.orders(), orders);
        }
        // Nor is it silent in a run over the profile's folders.
        for command in [&["renew-due"][..], &["renew-due", "--dry-run"], &["status"]] {
            let (code, document) = of_profile(&here, command);
            let document = document.to_string();
            for folder in ["certs", "disk"] {
                let expected = format!("{folder}: no certificate is installed in it or below it any more: mount it");
                assert!(code == 2 && document.contains(&expected), "{command:?} {code} {document}");
            }
            assert!(!document.contains("unused"), "{document}");
        }
    }
}

/// One of several folders that is empty is said by whatever looks at them; one that somebody removed is nobody's trouble.
#[test]
fn one_of_several_folders_that_is_empty() {
    for transport in ["xml", "json"] {
        let here = filled_without_orders(transport);
        here.run(&["reissue", "571", "--new-key", "--out", "certs/deep/d"], 0);
        here.run(&["renew-due", "certs"], 8);
        let check = ["status", "--check", "--warning", "1d", "--critical", "1d"];
        assert_eq!(of_profile(&here, &check).0, 0);
        // The folder that was emptied, how, and what is there of it.
        for (folder, is_made, empty) in [
            ("certs/b", true, Some("certs/b")),
            ("certs/b", false, None),
            ("certs/deep/d", true, Some("certs/deep/d")),
            ("certs/deep/d", false, Some("certs/deep")),
            ("certs/a", true, Some("certs/a")),
            ("certs/a", false, None),
        ] {
            let (place, aside) = (here.path(folder), here.path("aside"));
            fs::rename(&place, &aside).unwrap();
            if is_made {
                fs::create_dir(&place).unwrap();
            }
            let expected = empty.map(|empty| {
                let (folder, empty) = (place.display(), here.path(empty));
                format!("{folder}: no certificate is installed in it any more: mount it, or remove {}", empty.display())
            });
            for command in [&["renew-due"][..], &["renew-due", "--dry-run"], &["status"]] {
                let named = here.told(&[command, &["certs"]].concat());
                for (code, document) in [of_profile(&here, command), (named.0, named.1)] {
                    let is_said = document.to_string().contains("no certificate is installed in it any more");
                    assert_eq!(
                        (code == 2, is_said),
                        (empty.is_some(), empty.is_some()),
                        "{folder} {command:?} {document}"
                    );
                    assert!(
                        expected.as_ref().is_none_or(|expected| document.to_string().contains(expected)),
                        "{document}"
                    );
                }
            }
            let (code, document) = of_profile(&here, &check);
            assert_eq!(code, i32::from(empty.is_some()), "{document}");
            fs::remove_dir(&place).ok();
            fs::rename(&aside, &place).unwrap();
        }
        // A folder with other things in it is no disk that is not mounted.
        fs::remove_dir_all(here.path("certs/a")).unwrap();
        fs::create_dir(here.path("certs/a")).unwrap();
        fs::write(here.path("certs/a/site.conf"), "").unwrap();
        here.run(&["renew-due", "certs"], 8);
    }
}

/// The command that is shown puts a certificate there as it is declared: nothing is left to do after it.
#[test]
fn the_command_for_a_folder_that_is_not_mounted() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { more_certificates: 1, ..Settings::default() });
        let at = ["xml", "json"].map(|of| format!("{of}_endpoint = \"{}\"\n", endpoint(&here.server, of))).concat();
        let account = "user = \"user\"\ncontext = \"9\"\npassword_command = \"echo password\"\n";
        let team = format!("[team]\ntransport = \"{transport}\"\n{at}{account}requests_per_second = 1000\n");
        fs::write(here.path("team.toml"), team).unwrap();
        secret(&here.path("pass phrase"), "secret\n");
        let (a, b) = ("certs/a", "certs/it's b");
        fs::write(
            here.path("certificates.toml"),
            format!(
                "[defaults]\nprofile = \"team\"\nkey_type = \"p384\"\n[[certificate]]\nid = 571\nname = \"example.com\"\n\
                names = [\"www.example.com\", \"b.example.com\"]\nout = \"{a}\"\nformats = [\"p12\", \"jks\"]\n\
                store_pass_file = \"pass phrase\"\ndns = \"exec ./publish 'it'\"\ndns_check = false\nkeep = 5\n\
                deploy_hook = \"echo $CERTGATE_NAME >> hooked\"\nhook_timeout = \"20s\"\nrollback_on_failure = true\n\
                [[certificate]]\nname = \"host-000000.example.org\"\nout = \"{b}\"\nprovisioning = true\nrenew_before = \"1/3\"\n"
            ),
        )
        .unwrap();
        fs::write(here.path("publish"), "#!/bin/sh\ntrue\n").unwrap();
        fs::set_permissions(here.path("publish"), fs::Permissions::from_mode(0o700)).unwrap();
        let elsewhere = here.path("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        let run = |command: &str| shell(here.home.path(), command).output().unwrap();
        let told = |command: &str, code: i32| {
            let options = "--config team.toml --store our.sqlite --output json";
            json(&ended(run(&format!("certgate {command} certificates.toml {options}")), code))
        };
        told("apply", 0);
        told("plan", 8);
        fs::remove_dir_all(here.path("certs")).unwrap();
        for command in ["plan", "apply"] {
            let rows = told(command, 2);
            let rows = rows["plan"].as_array().or(rows["orders"].as_array()).unwrap().clone();
            let shown: Vec<String> =
                rows.iter().map(|row| row["error"]["advice"].as_str().unwrap().to_owned()).collect();
            let commands: Vec<&str> = shown
                .iter()
                .map(|said| said.strip_prefix("mount it, or order another one into it: ").unwrap())
                .collect();
            assert!(
                commands[0].starts_with("cd ") && commands[1].starts_with("certgate reissue --config "),
                "{commands:?}"
            );
            if command == "apply" {
                let orders = here.orders();
                for shown in commands {
                    ended(run(&format!("cd elsewhere && {shown}")), 0);
                }
                assert_eq!(here.orders(), orders + 2);
            }
        }
        told("plan", 8);
        assert_eq!(here.read("hooked").lines().count(), 2);
    }
}

/// What is found in place is known from then on, whoever put it there: where a folder was moved, or the store is another one. It is known by
/// the path that is declared and by the one that this leads to; what is only shown is not noted.
#[test]
fn what_is_found_in_place_is_known() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let declare = |out: &str| {
            fs::write(here.path("certificates.toml"), format!("[[certificate]]\nid = 571\nout = \"{out}\"\n")).unwrap();
        };
        declare("first/a");
        here.run(&["apply", "certificates.toml"], 0);
        fs::rename(here.path("first"), here.path("certs")).unwrap();
        symlink("certs", here.path("link")).unwrap();
        for (found, store, command, lost) in [
            ("certs/a", "orders.sqlite", &["apply", "certificates.toml"][..], "certs/a"),
            ("certs/a", "1.sqlite", &["renew-due", "certs"], "certs/a"),
            ("link/a", "2.sqlite", &["apply", "certificates.toml"], "link/a"),
            ("link/a", "3.sqlite", &["apply", "certificates.toml"], "certs/a"),
            ("certs/a", "4.sqlite", &["renew-due", "link/a"], "link/a"),
        ] {
            let run = |command: &[&str], code: i32| here.run(&[command, &["--store", store]].concat(), code);
            declare(found);
            run(&["plan", "certificates.toml"], 8);
            run(command, 8);
            fs::rename(here.path("certs"), here.path("away")).unwrap();
            declare(lost);
            run(&["plan", "certificates.toml"], 2);
            run(&["apply", "certificates.toml"], 2);
            assert_eq!(here.orders(), 1, "{store}");
            fs::rename(here.path("away"), here.path("certs")).unwrap();
        }
    }
}

/// Whatever is run after `current` was removed puts the newest whole set in place again, and runs its hook; nothing is ordered.
#[test]
fn a_link_that_is_gone_comes_back() {
    for (transport, hook) in [("xml", "echo $CERTGATE_SERIAL >> hooks"), ("json", "echo reloaded >> hooks")] {
        let here = Here::new(transport, Settings::default());
        let (live, copy) = (here.path("certs/live"), here.path("certs/copy"));
        let order = ["reissue", "571", "--new-key", "--out", "certs/live", "--deploy-hook", hook];
        here.run(&order, 0);
        here.run(&order, 0);
        let newest = fs::read_link(live.join("current")).unwrap();
        let hooks = || here.read("hooks").lines().count();
        for (command, why) in [
            (&["rollback", "certs/live"][..], None),
            (&["fetch", "571", "--out", "certs/live"], None),
            (&["renew-due", "certs"], Some("`current` is gone from its folder")),
            (&["resume"], None),
        ] {
            fs::remove_file(live.join("current")).unwrap();
            let before = hooks();
            let (document, _) = here.run(&["status", "certs"], 10);
            let todo =
                format!("`current` is gone from its folder: certgate renew-due{} puts it there again", here.options());
            assert_eq!(document["certificates"][0]["todo"], todo);
            let (document, said) = here.run(command, 0);
            assert_eq!((fs::read_link(live.join("current")).unwrap(), hooks()), (newest.clone(), before + 1), "{said}");
            assert_eq!(document["orders"][0]["why"].as_str(), why, "{document}");
            let is_told = matches!(command[0], "fetch" | "renew-due");
            assert_eq!(said.contains("`current` was gone from the folder"), is_told, "{said}");
            let (key, certificate) = pair(&live);
            assert_eq!(key, certificate, "{command:?}");
            here.run(&["status", "certs"], 0);
            here.run(&["renew-due", "certs"], 8);
            here.run(&["rollback", "certs/live", "--to", newest.file_name().unwrap().to_str().unwrap()], 8);
        }
        // Without a hook, too; and what the gateway has by now is of no use here.
        fs::remove_dir_all(&live).unwrap();
        here.run(&["reissue", "571", "--new-key", "--out", "certs/copy"], 0);
        let newest = fs::read_link(copy.join("current")).unwrap();
        here.run(&["reissue", "571", "--csr", &csr()], 0);
        let orders = here.orders();
        fs::remove_file(copy.join("current")).unwrap();
        let (_, said) = here.run(&["fetch", "571", "--out", "certs/copy"], 10);
        assert!(said.contains("the folder holds another key than the certificate's"), "{said}");
        assert!(!copy.join("current").exists());
        here.run(&["renew-due", "certs"], 0);
        assert_eq!((fs::read_link(copy.join("current")).unwrap(), here.orders()), (newest, orders));
        here.run(&["renew-due", "certs"], 8);
    }
}

/// A folder whose name is no text is shown, and nothing is ordered into it: what is remembered of it would be of another one.
#[test]
fn a_folder_whose_name_is_no_text() {
    for transport in ["xml", "json"] {
        let here = filled_without_orders(transport);
        let live = here.path("certs").join(OsStr::from_bytes(b"caf\xe9"));
        fs::rename(here.path("certs/b"), &live).unwrap();
        for (told, code) in [("status", 0), ("renew-due", 8), ("status", 0)] {
            let (document, _) = here.run(&[told, "certs"], code);
            if told == "status" {
                assert_eq!(document["certificates"][1]["folder"], "certs/caf\u{fffd}", "{document}");
            }
        }
        let reissue = arguments(here.home.path(), &here.server, transport, &["reissue", "10000", "--new-key"]);
        let reissue: Vec<&str> = reissue.iter().map(String::as_str).collect();
        let orders = here.orders();
        let mut reissue = command(here.home.path(), &reissue);
        let output = ended(reissue.arg("--out").arg(&live).current_dir(here.home.path()).output().unwrap(), 2);
        let text = json(&output)["error"]["text"].as_str().unwrap_or_default().to_owned();
        assert!(text.contains("is not UTF-8: a later run would not find it"), "{text}");
        assert_eq!(here.orders(), orders);
        here.run(&["orders"], 8);
        fs::remove_dir_all(&live).unwrap();
        here.run(&["renew-due", "certs"], 8);
        // What a server reads under such a name is left alone.
        fs::create_dir(here.path("etc")).unwrap();
        let key = here.path("etc").join(OsStr::from_bytes(b"caf\xe9.pem"));
        fs::copy(here.path("certs/a/key.pem"), key).unwrap();
        let (document, _) = here.run(&["adopt", "etc"], 10);
        let texts: Vec<&Value> = document["certificates"].as_array().unwrap().iter().map(|row| &row["text"]).collect();
        assert_eq!(texts, ["its name is not UTF-8: rename it"]);
    }
}

/// A folder that is gone and never had a key here has its certificate fetched: another one would take it from whoever has the key.
#[test]
fn a_folder_without_a_key_is_filled_by_fetch() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let declared = "[[certificate]]\nid = 571\nout = \"certs/a\"\n";
        fs::write(here.path("certificates.toml"), declared).unwrap();
        let reissue = ["reissue", "571", "--out", "certs/a"];
        here.run(&[&reissue[..], &["--csr", &csr()]].concat(), 0);
        for (is_keyless, expected) in
            [(true, "put it there again: certgate fetch"), (false, "order another one into it: certgate reissue")]
        {
            fs::remove_dir_all(here.path("certs/a")).unwrap();
            let row = here.run(&["plan", "certificates.toml"], 2).0["plan"][0].clone();
            let why = row["why"].as_str().unwrap();
            assert!(why.contains(&format!("mount it, or {expected}{} 571 ", here.options())), "{row}");
            if is_keyless {
                let command = why.rsplit_once("certgate ").unwrap().1.replace(&here.options(), "");
                here.run(&command.split(' ').collect::<Vec<_>>(), 0);
                assert_eq!((here.orders(), here.path("certs/a/cert.pem").exists()), (1, true), "{why}");
                here.run(&["plan", "certificates.toml"], 8);
                here.run(&[&reissue[..], &["--new-key"]].concat(), 0);
            }
        }
    }
}
