//! What runs by themselves leave alone, and what they do once.

use std::{fs, os::unix::fs::MetadataExt, time::Duration};

use certgate_simulator::{Server, Settings};
use pretty_assertions::assert_eq;
use serde_json::Value;

use crate::support::binary::{Here, at, exit, json, openssl, pair, run, secret, serve};

/// One certificate in several folders is ordered once: a folder without keys gets what came, and one with another key is said.
#[test]
fn a_certificate_in_several_folders_is_ordered_for_one() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        here.run(&["reissue", "571", "--new-key", "--out", "certs/live"], 0);
        here.run(&["fetch", "571", "--out", "certs/copy"], 0);
        let (orders, due) = (here.orders(), ["renew-due", "certs", "--renew-before", "400d"]);
        let (ordered, _) = here.run(&due, 0);
        assert_eq!((ordered["orders"].as_array().map(Vec::len), here.orders()), (Some(1), orders + 1), "{ordered}");
        let (fetched, _) = here.run(&["renew-due", "certs"], 0);
        let row = &fetched["orders"][0];
        assert_eq!((&row["action"], &row["folder"]), (&"install".into(), &"certs/copy".into()), "{fetched}");
        assert_eq!((here.read("certs/copy/cert.pem"), here.orders()), (here.read("certs/live/cert.pem"), orders + 1));
        here.run(&["renew-due", "certs"], 8);

        here.run(&["reissue", "571", "--new-key", "--out", "certs/other"], 0);
        let (status, _) = here.run(&["status", "certs"], 10);
        let row = status["certificates"].as_array().unwrap().iter().find(|row| row["folder"] == "certs/live").unwrap();
        assert!(
            row["todo"].as_str().unwrap().starts_with("it is ordered for certs/other, with another key"),
            "{status}"
        );
        let (orders, serial) = (here.orders(), here.read("certs/other/cert.pem"));
        let (_, said) = here.run(&due, 2);
        assert!(said.contains("certificate 571 is in certs/other too, with another key"), "{said}");
        assert_eq!(here.orders(), orders + 1, "for the folder that has the gateway's key");
        assert!(here.read("certs/other/cert.pem") != serial);
    }
}

/// What somebody put back by hand stays until it is due.
#[test]
fn what_was_put_back_by_hand_stays() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        for _ in 0..2 {
            here.run(&["reissue", "571", "--new-key", "--out", "certs/live"], 0);
        }
        let newer = here.read("certs/live/cert.pem");
        here.run(&["rollback", "certs/live"], 0);
        let earlier = here.read("certs/live/cert.pem");
        let (orders, declared) = (here.orders(), here.home.path().join("certificates.toml"));
        fs::write(declared, "[[certificate]]\nid = 571\nout = \"certs/live\"\n").unwrap();
        for command in [["renew-due", "certs"], ["apply", "certificates.toml"]] {
            here.run(&command, 8);
        }
        let (plan, _) = here.run(&["plan", "certificates.toml"], 8);
        assert!(plan["plan"][0]["why"].as_str().unwrap().starts_with("it was put back by hand on 20"), "{plan}");
        let (status, _) = here.run(&["status", "certs"], 10);
        let todo = status["certificates"][0]["todo"].as_str().unwrap();
        assert!(
            todo.starts_with("put back by hand on 20")
                && todo.contains(&format!("certgate fetch{} 571 --out", here.options())),
            "{todo}"
        );
        assert!(here.read("certs/live/cert.pem") == earlier && earlier != newer && here.orders() == orders);
        // A hook that failed for it is repeated all the same.
        here.run(&["fetch", "571", "--out", "certs/live", "--deploy-hook", "test ! -e broken"], 0);
        fs::write(here.home.path().join("broken"), "").unwrap();
        let (_, said) = here.run(&["rollback", "certs/live"], 11);
        assert!(said.contains("certs/live: the deploy hook failed"), "{said}");
        let (status, _) = here.run(&["status", "certs"], 11);
        let todo = status["certificates"][0]["todo"].as_str().unwrap();
        assert!(todo.contains("hook failed"), "{todo}");
        here.run(&["renew-due", "certs"], 11);
        fs::remove_file(here.home.path().join("broken")).unwrap();
        here.run(&["renew-due", "certs"], 0);
        here.run(&["renew-due", "certs"], 8);
        // Once it is due, the gateway's is there already.
        here.run(&["renew-due", "certs", "--renew-before", "400d"], 0);
        assert!(here.read("certs/live/cert.pem") != earlier);
    }
}

/// What was revoked is replaced by the next run: by another one, or by the gateway's where its key is here.
#[test]
fn what_was_revoked_is_replaced() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        here.run(&["reissue", "571", "--new-key", "--out", "certs/live"], 0);
        let (status, _) = here.run(&["status", "certs", "--here"], 0);
        let serial = status["certificates"][0]["serial"].as_str().unwrap().to_owned();
        here.run(&["reissue", "571", "--new-key", "--out", "colleague"], 0);
        here.run(&["renew-due", "certs"], 8);
        // From elsewhere, so that only the gateway tells it.
        let elsewhere = tempfile::tempdir().unwrap();
        let revoke = ["revoke", "571", "--serial", &serial, "--yes"];
        assert_eq!(exit(&at(elsewhere.path(), &here.server, transport, &revoke)), 0);
        let (status, _) = here.run(&["status", "certs"], 10);
        let todo = &status["certificates"][0]["todo"];
        let expected = format!("it was revoked: certgate renew-due{} puts another one in its place", here.options());
        assert_eq!(todo, &expected, "{status}");
        let orders = here.orders();
        let (plan, _) = here.run(&["renew-due", "certs", "--dry-run"], 0);
        let row = &plan["plan"][0];
        let expected = (&"reissue".into(), &"free".into(), &"what is in place was revoked".into());
        assert_eq!((&row["action"], &row["cost"], &row["why"]), expected, "{plan}");
        here.run(&["renew-due", "certs"], 0);
        here.run(&["renew-due", "certs"], 8);
        let (_, said) = here.run(&["rollback", "certs/live"], 2);
        assert!(said.contains(" was revoked on 20"), "{said}");
        let (_, said) = here.run(&["rollback", "certs/live", "--to", "1"], 0);
        assert!(said.contains("warning: its certificate was revoked on 20"), "{said}");
        let (status, _) = here.run(&["status", "certs", "--here"], 10);
        assert!(status["certificates"][0]["todo"].as_str().unwrap().starts_with("it was revoked"), "{status}");
        let check = ["status", "certs", "--check", "--warning", "1d", "--critical", "1d"];
        let (checked, _) = here.run(&check, 2);
        assert_eq!(checked["check"]["text"], "1 installed here and revoked", "{checked}");
        let (done, _) = here.run(&["renew-due", "certs"], 0);
        assert_eq!((&done["orders"][0]["action"], here.orders()), (&"install".into(), orders + 1), "{done}");
    }
}

/// What is revoked here is noted where it was in place before: nobody goes back to it who does not name it.
#[test]
fn a_set_that_was_revoked_does_not_come_back() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        here.run(&["reissue", "571", "--new-key", "--out", "certs/live"], 0);
        let (status, _) = here.run(&["status", "certs", "--here"], 0);
        let serial = status["certificates"][0]["serial"].as_str().unwrap().to_owned();
        here.run(&["reissue", "571", "--new-key", "--out", "certs/live"], 0);
        here.run(&["revoke", "571", "--serial", &serial, "--yes"], 0);
        let (sets, _) = here.run(&["rollback", "certs/live", "--list"], 0);
        let revoked = |at: usize| sets["sets"][at]["revoked"].is_string();
        assert!(revoked(0) && !revoked(1), "{sets}");
        let newer = here.read("certs/live/cert.pem");
        let (_, said) = here.run(&["rollback", "certs/live"], 2);
        assert!(said.contains("was revoked on 20") && said.contains("--to 000001-"), "{said}");
        assert_eq!(here.read("certs/live/cert.pem"), newer);
    }
}

/// A closing dot is no part of a name, in a plan as in a run.
#[test]
fn names_with_a_closing_dot() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let names = "name = \"example.com.\"\nnames = [\"www.example.com.\"]\nout = \"certs/live\"\n";
        fs::write(here.home.path().join("certificates.toml"), format!("[[certificate]]\n{names}")).unwrap();
        let (plan, _) = here.run(&["plan", "certificates.toml"], 0);
        assert_eq!(plan["plan"][0]["action"], "reissue", "{plan}");
        here.run(&["apply", "certificates.toml"], 0);
        here.run(&["plan", "certificates.toml"], 8);
        let shown = ["x509", "-in", "cert.pem", "-noout", "-ext", "subjectAltName"];
        let (_, text) = openssl(&here.home.path().join("certs/live"), &shown);
        assert!(text.contains("DNS:www.example.com") && !text.contains("com."), "{text}");
    }
}

/// A file that is gone from its folder comes back at no cost, wherever it is gone from.
#[test]
fn a_file_that_is_gone_comes_back() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        secret(&here.home.path().join("pass"), "correct horse\n");
        let stored = "formats = [\"p12\"]\nstore_pass_file = \"pass\"\n";
        let declared = format!("[[certificate]]\nid = 571\nout = \"certs/live\"\n{stored}");
        fs::write(here.home.path().join("certificates.toml"), declared).unwrap();
        here.run(&["apply", "certificates.toml"], 0);
        here.run(&["fetch", "571", "--out", "certs/copy"], 0);
        let orders = here.orders();
        for (gone, name) in [
            (&["live/fullchain.pem"][..], "fullchain.pem"),
            (&["live/current/fullchain.pem"], "fullchain.pem"),
            (&["live/current/fullchain.pem", "live/fullchain.pem"], "fullchain.pem"),
            (&["live/current/bundle.p12", "live/bundle.p12"], "bundle.p12"),
            (&["live/current/cert.pem"], "cert.pem"),
            (&["live/current/cert.pem", "live/cert.pem"], "cert.pem"),
            (&["copy/fullchain.pem"], "fullchain.pem"),
            (&["copy/cert.pem"], "cert.pem"),
        ] {
            let file = here.home.path().join("certs").join(gone[0].split('/').next().unwrap()).join(name);
            let before = fs::read(&file).unwrap();
            for path in gone {
                fs::remove_file(here.home.path().join("certs").join(path)).unwrap();
            }
            let run = if gone[0].starts_with("live") { ["apply", "certificates.toml"] } else { ["renew-due", "certs"] };
            if run[0] == "apply" {
                let (plan, _) = here.run(&["plan", "certificates.toml"], 0);
                let row = &plan["plan"][0];
                let expected = (&"install".into(), &"free".into(), &format!("`{name}` is gone from its folder").into());
                assert_eq!((&row["action"], &row["cost"], &row["why"]), expected, "{gone:?}");
            }
            here.run(&run, 0);
            assert!(name == "bundle.p12" || fs::read(&file).unwrap() == before, "{gone:?}");
            here.run(&run, 8);
        }
        assert!(here.home.path().join("certs/live/bundle.p12").exists());
        assert_eq!(here.orders(), orders);
    }
}

/// It is tried, and nothing is left of that.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_cannot_be_made_is_said_by_a_plan_as_by_a_run() {
    let here = Here::new("json", Settings { more_certificates: 1, ..Settings::default() });
    let text = "[defaults]\ndns = \"provision\"\n[[certificate]]\nid = 571\nout = \"certs/a\"\n\
                [[certificate]]\nid = 10000\nout = \"/proc/none/b\"\n";
    fs::write(here.path("certificates.toml"), text).unwrap();
    let names = || {
        let entries = fs::read_dir(here.home.path()).unwrap().map(|entry| entry.unwrap().file_name());
        entries.collect::<std::collections::BTreeSet<_>>()
    };
    // Who is not root may not write there, which is no bad usage.
    let code = here.told(&["plan", "certificates.toml"]).0;
    assert!([2, 12].contains(&code), "{code}");
    let before = names();
    let (plan, _) = here.run(&["plan", "certificates.toml"], code);
    assert_eq!((&plan["plan"][0]["action"], names()), (&"reissue".into(), before));
    let cannot = |why: &Value| why.as_str().unwrap().starts_with("`out` /proc/none/b: cannot be written: ");
    assert!(plan["plan"][1]["action"] == "error" && cannot(&plan["plan"][1]["why"]), "{plan}");
    let (applied, _) = here.run(&["apply", "certificates.toml"], code);
    let kinds = [0, 1].map(|row| applied["orders"][row]["kind"].as_str().unwrap());
    let kind = if code == 2 { "usage" } else { "local" };
    assert_eq!((kinds, here.orders()), (["done", kind], 1), "{applied}");
    assert!(cannot(&applied["orders"][1]["text"]), "{applied}");
}

/// What cannot be done is said by a plan as by a run, and nothing is paid for what is in place.
#[test]
fn a_plan_says_what_a_run_would_find() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { more_certificates: 1, ..Settings::default() });
        let declare = |text: &str| fs::write(here.home.path().join("certificates.toml"), text).unwrap();
        let on = |server: &Server, command: &str| {
            let output = at(here.home.path(), server, transport, &[command, "certificates.toml"]);
            let document = json(&output);
            let rows = document.get("plan").unwrap_or(&document["orders"]).as_array().unwrap().clone();
            assert!(rows.iter().all(|row| row["action"] != "error" || row.get("cost").is_none()), "{document}");
            let why = |row: &Value| row.get("text").or(row.get("error").and(row.get("why"))).cloned();
            let texts = rows.iter().filter_map(why).map(|text| text.as_str().unwrap_or_default().to_owned());
            (exit(&output), texts.collect::<Vec<_>>().join("\n"))
        };
        secret(&here.home.path().join("pass"), "correct horse\n");
        let live = "[[certificate]]\nname = \"example.com\"\nout = \"certs/live\"\n";
        let stored = format!("{live}formats = [\"p12\"]\nstore_pass_file = \"pass\"\n");
        let new = "[[certificate]]\nname = \"host-000000.example.org\"\nout = \"certs/host\"\nproduct = \"QUICKSSLPREMIUM\"\n\
            admin = 1120\ntechnical = 1120\nlifetime = 12\n";
        declare(&format!("{stored}{new}"));
        here.run(&["apply", "certificates.toml"], 0);
        let orders = here.orders();
        for (text, expected) in [
            (live.to_owned(), "bundle.p12 is in place, and would be without this certificate"),
            (
                format!("{stored}product = \"SSL123\"\n"),
                "certificate 571 is a QUICKSSLPREMIUM, and stays one: it is declared as SSL123",
            ),
            (
                format!("{stored}[[certificate]]\nid = 571\nout = \"certs/other\"\n"),
                "certificate 1 declares the same certificate: declare it once",
            ),
            (format!("{stored}key_type = \"p384\"\nwebroot = \"www\"\n"), "www"),
            (
                live.replace("example.com", "new.example"),
                "certs/live holds another certificate, example.com (571), and the account has none named new.example",
            ),
        ] {
            declare(&text);
            for command in ["plan", "apply"] {
                let (code, said) = on(&here.server, command);
                assert!(code == 2 && said.contains(expected), "{command} {expected}: {code} {said}");
            }
        }
        // Another account, be its certificate's file gone: nobody pays for another one.
        let (other, server) = serve(Settings::default());
        declare(new);
        for command in ["plan", "apply", "plan", "apply"] {
            let said = format!(
                "the account has no certificate named host-000000.example.org, and 10000 is in place: where it was given another name, \
                 declare it by `id = 10000`; where it was deleted, order a new one: `certgate create{}` does, for a new term",
                here.options()
            );
            let expected = (2, said);
            assert_eq!(on(&server, command), expected, "{command}");
            let _ = fs::remove_file(here.home.path().join("certs/host/cert.pem"));
        }
        assert_eq!((here.orders(), other.counts().orders), (orders, 0));
        // A key store that is removed is not missed.
        declare(live);
        let bundle = here.home.path().join("certs/live/bundle.p12");
        fs::remove_file(&bundle).unwrap();
        here.run(&["plan", "certificates.toml"], 0);
        here.run(&["apply", "certificates.toml"], 0);
        assert!(!bundle.exists() && !here.home.path().join("certs/live/current/bundle.p12").exists());
        here.run(&["apply", "certificates.toml"], 8);
        assert_eq!(here.orders(), orders);
    }
}

/// What is changed in the declared file is done, and what is asked for by an option is remembered though nothing is due.
#[test]
fn what_changed_is_done_though_nothing_is_due() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        here.run(&["reissue", "571", "--new-key", "--out", "certs/live"], 0);
        let orders = here.orders();
        let pass = here.home.path().join("pass");
        secret(&pass, "correct horse\n");
        let mut text = "[[certificate]]\nid = 571\nout = \"certs/live\"\n".to_owned();
        for (more, action, ordered) in [
            ("deploy_hook = \"echo hooked >> hooked\"\n", "install", 0),
            ("formats = [\"p12\"]\nstore_pass_file = \"pass\"\n", "install", 0),
            ("key_type = \"p384\"\n", "reissue", 1),
            // What changes no file is noted.
            ("keep = 7\ndns = \"exec true\"\n", "install", 1),
        ] {
            text += more;
            fs::write(here.home.path().join("certificates.toml"), &text).unwrap();
            let (plan, _) = here.run(&["plan", "certificates.toml"], 0);
            let row = &plan["plan"][0];
            assert_eq!((&row["action"], &row["cost"]), (&action.into(), &"free".into()), "{plan}");
            assert!(row["why"].as_str().unwrap().ends_with("changed since it was put in place"), "{plan}");
            here.run(&["apply", "certificates.toml"], 0);
            assert_eq!(here.orders(), orders + ordered, "{more}");
            here.run(&["apply", "certificates.toml"], 8);
        }
        assert_eq!(here.read("hooked"), "hooked\n".repeat(3));
        assert!(here.home.path().join("certs/live/bundle.p12").exists());
        let live = here.home.path().join("certs/live");
        let (_, key) = openssl(&live, &["pkey", "-in", "key.pem", "-noout", "-text"]);
        assert!(key.contains("P-384") && pair(&live).0 == pair(&live).1, "{key}");
        // What its files are written with: they are written anew.
        let phrase = here.home.path().join("phrase");
        secret(&phrase, "battery staple\n");
        text = text.replace("\"pass\"", "\"phrase\"");
        let is_root = fs::metadata(&live).unwrap().uid() == 0;
        if is_root {
            text += "file_owner = \"65534:65534\"\n";
        }
        fs::write(here.home.path().join("certificates.toml"), &text).unwrap();
        let (plan, _) = here.run(&["plan", "certificates.toml"], 0);
        assert_eq!(plan["plan"][0]["action"], "install", "{plan}");
        here.run(&["apply", "certificates.toml"], 0);
        let bundle = ["pkcs12", "-in", "bundle.p12", "-noout", "-passin", "file:../../phrase"];
        assert!(openssl(&live, &bundle).0 && here.orders() == orders + 1);
        let owner = fs::metadata(live.join("key.pem")).unwrap();
        assert!(!is_root || (owner.uid(), owner.gid()) == (65534, 65534));
        here.run(&["apply", "certificates.toml"], 8);
        assert_eq!(here.read("hooked"), "hooked\n".repeat(4));

        let due = ["renew-due", "certs", "--deploy-hook", "echo other >> other"];
        let (done, _) = here.run(&due, 0);
        assert!(done["orders"][0]["why"].as_str().unwrap().starts_with("`deploy_hook`"), "{done}");
        here.run(&due, 8);
        let (status, _) = here.run(&["status", "certs"], 0);
        assert_eq!(status["certificates"][0]["settings"]["deploy_hook"], "echo other >> other");
        assert_eq!((here.read("other"), here.orders()), ("other\n".to_owned(), orders + 1));
    }
}

/// What is left of an order that never left is tried again, and stands in nobody's way.
#[test]
fn an_order_that_never_left_stands_in_nobodys_way() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        here.run(&["reissue", "571", "--new-key", "--out", "certs/a"], 0);
        let broken = "test -e mended #";
        here.run(&["reissue", "571", "--new-key", "--out", "b", "--dns", "exec", broken], 13);
        for command in ["list", "export"] {
            let (listed, _) = here.run(&["orders", command], 0);
            let unsent = listed["orders"].as_array().unwrap().iter().find(|row| row["order"]["state"] == "unsent");
            assert_eq!(unsent.unwrap()["kind"], "not validated", "{command}: {listed}");
        }
        let orders = here.orders();
        let (plan, _) = here.run(&["renew-due", "certs", "--renew-before", "400d", "--dry-run"], 0);
        assert_eq!(plan["plan"][0]["action"], "reissue", "{plan}");
        let (_, said) = here.run(&["renew-due", "certs", "--renew-before", "400d"], 0);
        assert!(said.contains("what was published is still there"), "{said}");
        assert_eq!(here.orders(), orders + 1);
        let (_, said) = here.run(&["resume"], 13);
        assert!(said.contains("what was published to validate it is still there"), "{said}");
        fs::write(here.home.path().join("mended"), "").unwrap();
        let (_, said) = here.run(&["resume"], 13);
        assert!(said.contains("never left: order again"), "{said}");
        here.run(&["resume"], 8);
    }
}

/// A gateway that always asks for a reissue is listened to once: what came of it is left alone, and said.
#[test]
fn a_reissue_that_is_asked_for_again_and_again_is_ordered_once() {
    for transport in ["xml", "json"] {
        let max_validity = Some(Duration::from_secs(6 * 86_400));
        let here = Here::new(transport, Settings { max_validity, ..Settings::default() });
        here.run(&["reissue", "571", "--new-key", "--out", "certs/live"], 0);
        let orders = here.orders();
        let (done, _) = here.run(&["renew-due", "certs"], 0);
        assert_eq!(done["orders"][0]["why"], "the gateway asks for a reissue", "{done}");
        for _ in 0..2 {
            here.run(&["renew-due", "certs"], 8);
        }
        let (plan, _) = here.run(&["renew-due", "certs", "--dry-run"], 8);
        assert!(plan["plan"][0]["why"].as_str().unwrap().ends_with("only the gateway's support knows why"), "{plan}");
        let (status, _) = here.run(&["status", "certs"], 0);
        assert_eq!(status["certificates"][0]["todo"], "nothing");
        assert_eq!(here.orders(), orders + 1);
    }
}

/// To a clock that is slow nothing is due: by one that is wrong nothing is decided, be it that there is nothing to do.
#[test]
fn nothing_is_decided_by_a_clock_that_is_wrong() {
    const YEARS: i64 = 1000 * 86_400;
    for (clock_ahead, is_wrong) in [(3600, true), (-3600, true), (240, false), (YEARS, true)] {
        let right = Here::new("json", Settings::default());
        right.run(&["reissue", "571", "--new-key", "--out", "certs/live"], 0);
        fs::write(right.home.path().join("certificates.toml"), "[[certificate]]\nid = 571\nout = \"certs/live\"\n")
            .unwrap();
        let here = Here { home: right.home, ..Here::new("json", Settings { clock_ahead, ..Settings::default() }) };
        for (command, code, wrong) in [
            (&["renew-due", "certs", "--renew-before", "400d", "--dry-run"][..], 0, 12),
            (&["renew-due", "certs", "--dry-run"], 8, 12),
            (&["renew-due", "certs"], 8, 12),
            (&["plan", "certificates.toml"], 8, 12),
            (&["apply", "certificates.toml"], 8, 12),
            // What has ended by either clock has to be looked at.
            (
                &["status", "certs", "--check", "--warning", "1d", "--critical", "1d"],
                0,
                if clock_ahead == YEARS { 2 } else { 3 },
            ),
        ] {
            let (document, _) = here.run(command, if is_wrong { wrong } else { code });
            let said = document.to_string().contains("the clocks are too far apart: the gateway's says 20");
            assert_eq!(said, is_wrong, "{command:?} {clock_ahead}: {document}");
            let orders_nothing = document.to_string().contains("Nothing was ordered");
            assert_eq!(orders_nothing, is_wrong && command[0] != "status", "{command:?}: {document}");
        }
    }
}

/// A disk that is not mounted is not a day on which nothing is due.
#[test]
fn a_folder_of_the_profile_that_is_empty_is_said() {
    let here = Here::new("json", Settings::default());
    here.run(&["reissue", "571", "--new-key", "--out", "certs/live"], 0);
    let config = here.home.path().join("profile.toml");
    fs::write(&config, "[live]\ncertificates = [\"certs\", \"unused\"]\n").unwrap();
    fs::create_dir(here.home.path().join("unused")).unwrap();
    let endpoint = here.server.json_endpoint();
    let common = ["--config", "profile.toml", "--transport", "json", "--endpoint", &endpoint, "--output", "json"];
    let check = ["status", "--check", "--warning", "1d", "--critical", "1d"];
    let mut ended = Vec::new();
    for is_mounted in [true, false] {
        if !is_mounted {
            fs::rename(here.home.path().join("certs"), here.home.path().join("elsewhere")).unwrap();
            fs::create_dir(here.home.path().join("certs")).unwrap();
        }
        for command in [&["renew-due"][..], &["renew-due", "--dry-run"], &check] {
            let output = run(here.home.path(), &[command, &common].concat());
            let document = json(&output).to_string();
            let said = [
                document.contains(
                    "certs: no certificate is installed in it or below it any more: mount it, or take it out",
                ),
                document.contains("1 of the folders here"),
            ];
            assert!(!document.contains("unused"), "{document}");
            ended.push((exit(&output), said.contains(&true)));
        }
    }
    assert_eq!(ended, [(8, false), (8, false), (0, false), (2, true), (2, true), (1, true)]);
}

/// A note that cannot be read is named, with the command that writes it anew.
#[test]
fn a_damaged_note_is_named() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        here.run(&["reissue", "571", "--new-key", "--out", "certs/live"], 0);
        fs::write(here.home.path().join("certs/live/current/about.json"), "{\"certi").unwrap();
        let not_noted = "which certificate of the account this is is not noted in certs/live/current/about.json: ";
        let adopt = format!("certgate adopt{} certs/live", here.options());
        let (due, _) = here.run(&["renew-due", "certs"], 2);
        assert_eq!(due["orders"][0]["text"], format!("{not_noted}`{adopt}` notes it"));
        let (status, _) = here.run(&["status", "certs"], 10);
        assert_eq!(status["certificates"][0]["todo"], format!("{not_noted}{adopt}"));
        let check = ["status", "certs", "--check", "--warning", "1d", "--critical", "1d"];
        let (checked, _) = here.run(&check, 1);
        assert_eq!(checked["check"]["text"], "1 installed here and not noted which of the account's");
        here.run(&["adopt", "certs/live"], 0);
        here.run(&["renew-due", "certs"], 8);
        here.run(&check, 0);
    }
}
