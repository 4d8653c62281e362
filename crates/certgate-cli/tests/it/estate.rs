//! A company's certificates: settings that are remembered, all that is due in one run, and others who are at the same certificate.

use std::{fs, os::unix::fs::MetadataExt, path::Path};

use certgate_domain::TaskKind;
use certgate_simulator::{Gateway, Server, Settings};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::support::binary::{
    Here, at, csr, ended, exit, interrupt, json as document, pair, run, secret, started, stderr, told, until,
};

/// Installed by a reissue with these options.
fn installed(home: &Path, server: &Server, transport: &str, id: &str, options: &[&str]) {
    ended(at(home, server, transport, &[&["reissue", id][..], options].concat()), 0);
}

/// A mixed estate is renewed by one line without options, as each certificate was ordered.
#[test]
fn one_line_renews_a_mixed_estate() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { more_certificates: 5, ..Settings::default() });
        fs::create_dir(here.path("www")).unwrap();
        secret(&here.path("pass"), "secret\n");
        let new = |folder: &str| ["--new-key", "--out", folder].map(str::to_owned).to_vec();
        for (id, folder, more) in [
            ("10000", "certs/p12", &["--pkcs12", "--store-pass-file", "pass", "--keep", "1"][..]),
            ("10001", "certs/exec", &["--dns", "exec", "echo >> calls; true"]),
            ("10002", "certs/hook", &["--deploy-hook", "echo $CERTGATE_NAME >> hooked", "--key-type", "p384"]),
            ("10003", "certs/provision", &["--dns", "provision", "--san", "other.example.org"]),
        ] {
            let words = new(folder);
            let words: Vec<&str> = words.iter().map(String::as_str).chain(more.iter().copied()).collect();
            installed(here.home.path(), &here.server, transport, id, &words);
        }
        installed(here.home.path(), &here.server, transport, "571", &["--csr", &csr(), "--out", "certs/csr"]);
        let orders = here.orders();
        let due = ["renew-due", "certs", "--renew-before", "400d"];
        let planned = here.at(&[&due[..], &["--dry-run"]].concat());
        let rows = document(&planned)["plan"].as_array().unwrap().clone();
        assert_eq!((exit(&planned), rows.len(), here.orders()), (0, 5, orders), "{rows:?}");
        assert!(rows.iter().all(|row| row["cost"] == "free" && row["action"] == "reissue"), "{rows:?}");
        let before = pair(&here.path("certs/hook"));
        let output = here.at(&due);
        let rows = document(&output)["orders"].clone();
        assert_eq!((exit(&output), here.orders()), (0, orders + 5), "{rows:#} {}", stderr(&output));
        assert!(here.path("certs/p12/bundle.p12").exists());
        let now = pair(&here.path("certs/hook"));
        assert!(now.0 == now.1 && now != before);
        let text = |name: &str| fs::read_to_string(here.path(name)).unwrap();
        assert_eq!((text("calls").lines().count(), text("hooked").lines().count()), (4, 2));
        // The key that is somewhere else is ordered for again.
        assert!(!here.path("certs/csr/key.pem").exists());
        let about: Value = serde_json::from_str(&text("certs/provision/current/about.json")).unwrap();
        assert_eq!(
            (&about["settings"]["dns"], &about["settings"]["names"]),
            (&json!("provision"), &json!(["other.example.org"]))
        );
    }
}

/// What is due is ordered at once and waited for together: one after the other, where no job ends, would be one order.
#[test]
fn all_that_is_due_is_waited_for_together() {
    let home = tempfile::tempdir().unwrap();
    let world = home.path().join("world.json");
    let settings = Settings { more_certificates: 6, ..Settings::default() };
    let serve = |settings: Settings| {
        let gateway = Gateway::kept(settings, &world).unwrap();
        (gateway.clone(), Server::start(gateway, "127.0.0.1:0".parse().unwrap()).unwrap())
    };
    let (gateway, server) = serve(settings.clone());
    let mut lines = "id,new_key,out\n".to_owned();
    for at in 0..6 {
        lines += &format!("{},true,certs/{at}\n", 10_000 + at);
    }
    fs::write(home.path().join("all.csv"), lines).unwrap();
    ended(at(home.path(), &server, "json", &["batch", "all.csv"]), 0);
    // What a batch installed is known.
    let due = ["renew-due", "certs", "--renew-before", "400d"];
    let output = at(home.path(), &server, "json", &due);
    assert_eq!((exit(&output), gateway.counts().orders), (0, 12), "{}", stderr(&output));
    let output = at(home.path(), &server, "json", &["renew-due", "certs"]);
    assert_eq!((exit(&output), &document(&output)["orders"]), (8, &json!([])), "nothing is due any more");
    drop((gateway, server));

    let (gateway, server) = serve(Settings { jobs_never_end: true, ..settings });
    let mut child = started(home.path(), &server, "json", &due);
    until("all are ordered", || gateway.counts().orders == 6);
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

/// Another machine or a person is at the same certificate: nothing is ordered, be it one order or many.
#[test]
fn a_job_of_somebody_elses_is_not_ordered_over() {
    for transport in ["xml", "json"] {
        let other = tempfile::tempdir().unwrap();
        let here = Here::new(transport, Settings { jobs_never_end: true, more_certificates: 1, ..Settings::default() });
        let csr = csr();
        let (code, theirs, said) =
            told(other.path(), &here.server, transport, &["reissue", "571", "--csr", &csr, "--no-wait"]);
        assert_eq!((code, here.orders()), (6, 1), "{said}");
        let job = &theirs["order"]["job"]["id"];
        let expected = format!("job {job} (reissue) of example.com runs at the gateway and was not ordered from here");
        let (code, document, said) = here.told(&["renew", "571", "--csr", &csr]);
        assert_eq!((code, here.orders(), &document["job"]["id"]), (6, 1, job), "{said}");
        assert!(said.contains(&expected), "{said}");
        fs::write(here.path("b.csv"), format!("id,csr\n571,{csr}\n")).unwrap();
        let file = here.path("b.csv").display().to_string();
        let looks = here.gateway.asked(TaskKind::JobList);
        let (code, document, said) = here.told(&["batch", &file]);
        assert_eq!((code, here.orders()), (6, 1), "{said}");
        assert_eq!(document["orders"][0]["order"]["state"], "unsent", "{document}");
        assert_eq!(here.gateway.asked(TaskKind::JobList), looks + 1, "one look a run");
    }
}

/// What takes its time at a zone's name server is waited for together, too: here each record is seen once all twenty are published.
#[test]
fn all_that_is_published_is_waited_for_together() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { more_certificates: 20, ..Settings::default() });
        let script = "[ \"$1\" = add ] || exit 0\nmkdir -p published/$$\n\
            i=0; while [ $(ls published | wc -l) -lt 20 ]; do i=$((i+1)); [ $i -lt 600 ] || exit 1; sleep 0.1; done\n";
        fs::write(here.path("all.sh"), script).unwrap();
        let entry = |n: usize| format!("[[certificate]]\nid = {}\nout = \"certs/{n}\"\n", 10_000 + n);
        let declared = "[defaults]\ndns = \"exec sh ./all.sh\"\n".to_owned() + &(0..20).map(entry).collect::<String>();
        fs::write(here.path("certificates.toml"), declared).unwrap();
        let rows = document(&here.ends(&["apply", "certificates.toml"], 0))["orders"].as_array().unwrap().clone();
        let states: Vec<&Value> = rows.iter().map(|row| &row["order"]["state"]).collect();
        assert_eq!(states, vec!["done"; 20]);
    }
}

/// The declared certificates: planned without ordering, done in one run, each for itself, and a second run does what is left.
#[test]
fn declared_certificates_are_planned_and_applied() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { more_certificates: 4, ..Settings::default() });
        // Installed before without certgate's knowing: what the gateway has, by other tools.
        installed(here.home.path(), &here.server, transport, "10001", &["--new-key", "--out", "certs/one"]);
        fs::create_dir(here.path("certs/found")).unwrap();
        for name in ["cert.pem", "key.pem", "chain.pem", "fullchain.pem"] {
            fs::copy(here.path("certs/one").join(name), here.path("certs/found").join(name)).unwrap();
        }
        fs::remove_dir_all(here.path("certs/one")).unwrap();
        let text = "[defaults]\ndns = \"provision\"\ndeploy_hook = \"echo $CERTGATE_NAME >> hooked\"\n\
            [[certificate]]\nid = 571\nout = \"certs/a\"\n\
            [[certificate]]\nname = \"host-000000.example.org\"\nout = \"certs/b\"\nformats = [\"p12\"]\nstore_pass_command = \"echo secret\"\n\
            [[certificate]]\nname = \"new.example.com\"\nout = \"certs/new\"\nproduct = \"SSL123\"\nadmin = 1120\ntechnical = 100\nlifetime = 12\n\
            [[certificate]]\nname = \"missing.example.com\"\nout = \"certs/missing\"\n\
            [[certificate]]\nid = 4711\nout = \"certs/gone\"\n\
            [[certificate]]\nid = 10001\nout = \"certs/found\"\n";
        fs::write(here.path("certificates.toml"), text).unwrap();
        let orders = here.orders();
        let plan = |code: i32| {
            let output = here.ends(&["plan", "certificates.toml"], code);
            let rows = document(&output)["plan"].as_array().unwrap().clone();
            let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
            rows.iter().map(|row| (text(row, "action"), text(row, "cost"), text(row, "why"))).collect::<Vec<_>>()
        };
        let planned = plan(2);
        let actions: Vec<(&str, &str)> =
            planned.iter().map(|(action, cost, _)| (action.as_str(), cost.as_str())).collect();
        let expected = [
            ("reissue", "free"),
            ("reissue", "free"),
            ("create", "new term"),
            ("error", ""),
            ("error", ""),
            ("adopt", "free"),
        ];
        assert_eq!(actions, expected, "{planned:?}");
        assert!(planned[3].2.contains("a new certificate needs `product`, `admin`, `technical`"), "{planned:?}");
        let deleted = format!("where it was deleted, `certgate create{}` orders a new one", here.options());
        let gone = &planned[4].2;
        assert!(
            gone.contains("the account has no certificate 4711: `certgate list") && gone.contains(&deleted),
            "{gone}"
        );
        assert_eq!((here.orders(), here.path("certs/a").exists()), (orders, false), "nothing was done");

        let apply = || here.at(&["apply", "certificates.toml"]);
        let output = apply();
        let rows = document(&output)["orders"].as_array().unwrap().clone();
        let kinds: Vec<&str> = rows.iter().map(|row| row["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["done", "done", "done", "usage", "usage", "done"], "{}", stderr(&output));
        assert_eq!((exit(&output), here.orders()), (2, orders + 3));
        for folder in ["certs/a", "certs/b", "certs/new"] {
            let (key, certificate) = pair(&here.path(folder));
            assert_eq!(key, certificate, "{folder}");
        }
        assert!(here.path("certs/b/bundle.p12").exists());
        assert_eq!(here.read("hooked").lines().count(), 3);

        // What is left: nothing but what cannot be done, which is said again.
        let planned = plan(2);
        let actions: Vec<&str> = planned.iter().map(|(action, ..)| action.as_str()).collect();
        assert_eq!(actions, ["nothing", "nothing", "nothing", "error", "error", "nothing"], "{planned:?}");
        let mended = text.split("[[certificate]]\nname = \"missing").next().unwrap();
        fs::write(here.path("certificates.toml"), mended).unwrap();
        let output = apply();
        assert_eq!((exit(&output), here.orders()), (8, orders + 3), "{}", stderr(&output));

        // A hook that fails is repeated by the next run.
        fs::write(here.path("certificates.toml"), mended.replace("echo $CERT", "test -e go && echo $CERT")).unwrap();
        let output = apply();
        assert_eq!((exit(&output), here.orders()), (11, orders + 3), "{}", stderr(&output));
        assert_eq!(plan(0)[0].0, "redeploy");
        fs::write(here.path("go"), "").unwrap();
        let output = apply();
        assert_eq!((exit(&output), here.orders()), (0, orders + 3), "{}", stderr(&output));
        // What is wrong in the file is said with its line, before anybody is asked.
        fs::write(here.path("certificates.toml"), "[[certificate]]\nid = 571\nout = \"a\"\nkeyy = 1\n").unwrap();
        let asked = here.gateway.asked(TaskKind::CertificateList);
        let output = apply();
        assert!(exit(&output) == 2 && stderr(&output).contains("line 4: found `keyy`"), "{}", stderr(&output));
        assert_eq!(here.gateway.asked(TaskKind::CertificateList), asked);
    }
}

/// A folder that is made for a declared owner is gone on in.
#[test]
fn a_declared_owner_has_the_folder_from_the_first_run_on() {
    let here = Here::new("json", Settings::default());
    if fs::metadata(here.home.path()).unwrap().uid() != 0 {
        return;
    }
    let text = "[[certificate]]\nid = 571\nout = \"live\"\ndns = \"provision\"\nfile_owner = \"nobody\"\n";
    fs::write(here.path("certificates.toml"), text).unwrap();
    here.ends(&["apply", "certificates.toml"], 0);
    for path in ["live", "live/sets", "live/key.pem"] {
        assert_eq!(fs::metadata(here.path(path)).unwrap().uid(), 65534, "{path}");
    }
    here.ends(&["apply", "certificates.toml"], 8);
    assert_eq!(here.orders(), 1);
}

/// What is remembered is shown, and a certificate that says where it is served is done once it is served there.
#[test]
fn what_is_remembered_is_shown_and_what_is_declared_served_is_looked_at() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        // Nobody listens there.
        let text = "[[certificate]]\nid = 571\nout = \"certs/a\"\nkey_type = \"p384\"\nverify = \"127.0.0.1:1\"\n";
        fs::write(here.path("certificates.toml"), text).unwrap();
        let apply = || here.at(&["apply", "certificates.toml"]);
        for _ in 0..2 {
            let output = apply();
            assert_eq!((exit(&output), here.orders()), (11, 1), "{}", stderr(&output));
            assert!(stderr(&output).contains("the certificate is not served: 127.0.0.1:1"), "{}", stderr(&output));
        }
        let row = document(&here.at(&["status", "certs", "--here"]))["certificates"][0].clone();
        assert_eq!(
            (&row["settings"]["key_type"], &row["settings"]["verify"]),
            (&json!("p384"), &json!(["127.0.0.1:1"]))
        );
        let shown = run(here.home.path(), &["status", "certs", "--here", "-v"]);
        let text = String::from_utf8(shown.stdout).unwrap();
        assert!(text.contains("certs/a: key_type = p384\n"), "{text}");
        // One that was made without being asked for is shown, too.
        ended(here.at(&["reissue", "571", "--new-key", "--dns", "provision", "--out", "certs/b"]), 0);
        let shown = run(here.home.path(), &["status", "certs/b", "--here", "-v"]);
        let text = String::from_utf8(shown.stdout).unwrap();
        assert!(text.contains("certs/b: key_type = p256\n"), "{text}");
    }
}

/// The file's schema is made of the list of settings.
#[test]
fn the_schema_of_declared_certificates() {
    let here = Here::new("json", Settings::default());
    let (code, schema, said) = here.told(&["config", "schema"]);
    let schema = &schema["jsonSchema"];
    assert_eq!((code, &schema["properties"]["certificate"]["type"]), (0, &json!("array")), "{said}");
    assert!(schema["properties"]["certificate"]["items"]["properties"]["renew_before"].is_object());
}

/// Ten certificates with a hook that does the same for each: it runs once, for all of them; one that names a certificate runs for each.
#[test]
fn hooks_that_are_the_same_run_once() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { more_certificates: 10, ..Settings::default() });
        let lines = |name: &str| fs::read_to_string(here.path(name)).unwrap_or_default().lines().count();
        let file = |hook: &str| {
            let line = |id: usize| format!("{id},true,certs/{id},\"{hook}\"\n");
            let rows: String = (10_000..10_010).map(line).collect();
            fs::write(here.path("all.csv"), format!("id,new_key,out,deploy_hook\n{rows}")).unwrap();
        };
        let run = |command: &[&str], code: i32, kind: &str| {
            let output = here.at(command);
            let rows = document(&output)["orders"].as_array().unwrap().clone();
            let kinds: Vec<&str> = rows.iter().map(|row| row["kind"].as_str().unwrap()).collect();
            assert_eq!((exit(&output), kinds), (code, vec![kind; 10]), "{}", stderr(&output));
            let is_ordered = rows.iter().all(|row| row["order"]["id"].is_string());
            assert_eq!(
                stderr(&output).contains(": certgate-"),
                is_ordered,
                "only orders are named: {}",
                stderr(&output)
            );
            let of_all = |what: &str| rows.iter().map(|row| row["deployment"][what].clone()).collect::<Vec<Value>>();
            (of_all("state"), of_all("detail"))
        };
        file("echo x >> log; test -e go");
        let (_, details) = run(&["batch", "all.csv", "--report", "report"], 11, "not deployed");
        assert_eq!((lines("log"), lines("report"), here.orders()), (1, 10, 10));
        assert_eq!(details, vec![json!("the deploy hook failed: exit status: 1; the files are in place"); 10]);
        let report = here.read("report");
        assert!(report.lines().all(|line| line.contains("\"kind\":\"not deployed\"")), "{report}");
        // The next run repeats it, once, and orders nothing.
        run(&["renew-due", "certs"], 11, "not deployed");
        fs::write(here.path("go"), "").unwrap();
        let (states, _) = run(&["renew-due", "certs"], 0, "done");
        assert_eq!((lines("log"), here.orders()), (3, 10));
        assert_eq!(states, vec![json!("deployed"); 10]);
        assert_eq!(exit(&here.at(&["renew-due", "certs"])), 8, "nothing is left");
        // What was deployed together is renewed together.
        run(&["renew-due", "certs", "--renew-before", "400d"], 0, "done");
        assert_eq!((lines("log"), here.orders()), (4, 20));
        // A command that looks at the certificate, and one that may, run for each; so does one that may take a set back.
        fs::write(here.path("hook.sh"), "echo $CERTGATE_DIR >> script").unwrap();
        for (hook, log, more) in [
            ("echo $CERTGATE_DIR >> named", "named", &[][..]),
            ("sh ./hook.sh", "script", &[]),
            ("echo x >> back", "back", &["--rollback-on-failure"]),
        ] {
            let due = ["renew-due", "certs", "--renew-before", "400d", "--deploy-hook", hook];
            run(&[&due[..], more].concat(), 0, "done");
            let text = fs::read_to_string(here.path(log)).unwrap();
            assert_eq!(text.lines().count(), 10, "{hook}: {text}");
            let is_each = |id: usize| log == "back" || text.contains(&format!("certs/{id}"));
            assert!((10_000..10_010).all(is_each), "{hook}: {text}");
        }
    }
}

/// What a declared certificate cannot be installed with is found before it is ordered, and keeps none of the others from it.
#[test]
fn what_is_wrong_with_one_declared_concerns_it_alone() {
    let here = Here::new("json", Settings { more_certificates: 1, ..Settings::default() });
    secret(&here.path("short"), "ab\n");
    let good = "[[certificate]]\nid = 571\nout = \"good\"\n[[certificate]]\nid = 10000\nout = \"bad\"\n";
    for (setting, said, action) in [
        ("formats = [\"p12\"]\nstore_pass_file = \"none\"\n", "none", "reissue"),
        ("formats = [\"p12\"]\nstore_pass_file = \"short\"\n", "pass phrase", "nothing"),
        ("file_owner = \"nobody-is-called-so\"\n", "nobody-is-called-so", "nothing"),
        ("key = \"none.pem\"\n", "none.pem", "nothing"),
    ] {
        fs::write(here.path("certificates.toml"), format!("{good}{setting}")).unwrap();
        let output = here.at(&["plan", "certificates.toml"]);
        let rows = document(&output)["plan"].clone();
        assert_eq!((exit(&output), &rows[0]["action"], &rows[1]["action"]), (2, &json!(action), &json!("error")));
        assert!(action == "nothing" || !here.path("bad").exists(), "a plan writes nothing");
        let output = here.at(&["apply", "certificates.toml"]);
        assert_eq!((exit(&output), here.orders()), (2, 1), "{}", stderr(&output));
        let rows = document(&output)["orders"].clone();
        let bad = rows.as_array().unwrap().iter().find(|row| row["kind"] == "usage").unwrap();
        assert!(bad["text"].as_str().unwrap().contains(said), "{rows}");
    }
    fs::write(here.path("certificates.toml"), good).unwrap();
    let output = here.at(&["apply", "certificates.toml"]);
    assert_eq!((exit(&output), here.orders()), (0, 2), "{}", stderr(&output));
}

/// A declared folder whose disk is not mounted is not filled anew: nothing is ordered until it is there again, or somebody orders into it.
#[test]
fn a_declared_folder_that_is_not_mounted() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { more_certificates: 2, ..Settings::default() });
        let text = "[[certificate]]\nid = 571\nout = \"certs/a\"\n\
            [[certificate]]\nname = \"host-000000.example.org\"\nout = \"certs/b\"\n";
        let file = here.path("certificates.toml");
        fs::write(&file, text).unwrap();
        let run = |command: &[&str], code: i32| here.run(command, code).0;
        let (plan, apply) = (["plan", "certificates.toml"], ["apply", "certificates.toml"]);
        run(&apply, 0);
        let (disk, elsewhere) = (here.path("certs"), here.path("elsewhere"));
        fs::rename(&disk, &elsewhere).unwrap();
        for is_made in [false, true] {
            if is_made {
                fs::create_dir_all(disk.join("a")).unwrap();
            }
            let (planned, done) = (run(&plan, 2), run(&apply, 2));
            for (row, name, which) in [(0, "a", "571"), (1, "b", "host-000000.example.org")] {
                let folder = disk.join(name).display().to_string();
                let why = format!("{folder}: its certificate was installed there, and is not there any more");
                let config = here.path("config.toml").display().to_string();
                let command = format!("certgate reissue --config {config} {which} --new-key --out {folder}");
                let said = planned["plan"][row]["why"].as_str().unwrap();
                assert_eq!(said, format!("{why}: mount it, or order another one into it: {command}"));
                assert_eq!(planned["plan"][row]["why"], done["orders"][row]["text"]);
            }
            assert!(here.orders() == 2 && !disk.join("a/pending").exists());
        }
        fs::remove_dir_all(&disk).unwrap();
        fs::rename(&elsewhere, &disk).unwrap();
        run(&plan, 8);

        // As the plan says; and another certificate that is declared there was never in it.
        fs::remove_dir_all(&disk).unwrap();
        run(&["reissue", "571", "--new-key", "--out", &disk.join("a").display().to_string()], 0);
        fs::write(&file, text.replace("000000", "000001")).unwrap();
        run(&apply, 0);
        assert_eq!(here.orders(), 4);
    }
}

/// What is to be given goes by the name that its file has for it: a key of the declared certificates, a column of a batch.
#[test]
fn settings_go_by_the_names_of_their_file() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        secret(&here.path("pass"), "correct horse\n");
        let of_stores = ["--store-pass-file", "pass", "--new-key", "--out", "certs/a"];
        here.run(&[&["reissue", "571", "--pkcs12"][..], &of_stores].concat(), 0);
        let write = |file: &str, text: &str| fs::write(here.path(file), text).unwrap();
        let said = |command: &[&str]| {
            let (document, said) = here.run(command, 2);
            assert_eq!(here.orders(), 1, "{command:?}");
            format!("{document}{said}")
        };
        let (declared, lines): ([&[&str]; 2], [&[&str]; 2]) =
            ([&["plan", "a.toml"], &["apply", "a.toml"]], [&["batch", "a.csv"], &["batch", "a.csv", "--dry-run"]]);
        for (toml, columns, fields, expected) in [
            (
                "formats = [\"jks\"]\nstore_pass_file = \"pass\"",
                "jks,store_pass_file",
                "true,pass",
                "give `pkcs12`, or remove ",
            ),
            (
                "formats = [\"p12\"]\nstore_pass_file = \"pass\"\nfile_owner = \"no:body\"",
                "file_owner",
                "no:body",
                "`file_owner`: ",
            ),
            ("", "dns,dns_server,dns_key", "nsupdate,192.0.2.1,none", "`dns_key`: "),
        ] {
            write("a.toml", &format!("[[certificate]]\nid = 571\nout = \"certs/a\"\n{toml}\n"));
            write("a.csv", &format!("id,new_key,out,{columns}\n571,true,certs/a,{fields}\n"));
            for command in declared.into_iter().filter(|_| !toml.is_empty()).chain(lines) {
                let said = said(command);
                assert!(said.contains(expected), "{command:?} {said}");
            }
        }
        let said = said(&[&["reissue", "571", "--jks"][..], &of_stores].concat());
        assert!(said.contains("give --pkcs12, or remove "), "{said}");
    }
}
