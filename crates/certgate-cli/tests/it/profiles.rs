//! Folders of several accounts in one run: each certificate is of the profile that it was made with.

use std::{fs, path::Path, process::Output};

use certgate_domain::{Credentials, Secret, TaskKind};
use certgate_simulator::{Fault, Gateway, Server, Settings};
use pretty_assertions::assert_eq;
use serde_json::Value;

use crate::support::binary::{bare, csr, ended, exit, json, secret, serve, stderr, stdout, until};

/// Two accounts at two gateways, a profile each; what they hold is that gateway's alone.
pub(crate) struct Accounts {
    home: tempfile::TempDir,
    pub(crate) first: (Gateway, Server),
    pub(crate) second: (Gateway, Server),
}

impl Accounts {
    pub(crate) fn new() -> Self {
        Self::with(Vec::new())
    }

    /// The second gateway has these faults.
    fn with(faults: Vec<Fault>) -> Self {
        let home = tempfile::tempdir().unwrap();
        let first = serve(Settings { more_certificates: 1, ..Settings::default() });
        let account = Credentials::new("other", Secret::new("s3cond"), "9");
        let second = serve(Settings { account, faults, more_certificates: 1, ..Settings::default() });
        let profile = |name: &str, user: &str, password: &str, server: &Server| {
            let password = format!("password_command = \"echo {password}\"");
            let (xml, json) = (server.xml_endpoint(), server.json_endpoint());
            format!(
                "[{name}]\nuser = \"{user}\"\ncontext = 9\n{password}\nxml_endpoint = \"{xml}\"\njson_endpoint = \"{json}\"\nrequests_per_second = 1000\n"
            )
        };
        let text = profile("live", "user", "password", &first.1) + &profile("team", "other", "s3cond", &second.1);
        let accounts = Self { home, first, second };
        accounts.configure(&text);
        accounts
    }

    pub(crate) fn path(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn configure(&self, text: &str) {
        fs::write(self.path().join("config.toml"), text).unwrap();
    }

    pub(crate) fn run(&self, transport: &str, command: &[&str]) -> Output {
        let common = ["--config", "config.toml", "--transport", transport, "--output", "json"];
        let mut run = bare(self.path());
        run.args([command, &common].concat()).current_dir(self.path()).env("PATH", "/usr/bin:/bin");
        run.output().unwrap()
    }

    pub(crate) fn done(&self, transport: &str, command: &[&str]) -> Value {
        let output = self.run(transport, command);
        assert_eq!(exit(&output), 0, "{command:?}: {}", stderr(&output));
        json(&output)
    }

    fn orders(&self) -> (usize, usize) {
        (self.first.0.counts().orders, self.second.0.counts().orders)
    }
}

fn kinds(document: &Value) -> Vec<(&str, &str)> {
    let rows = document["orders"].as_array().unwrap_or_else(|| panic!("{document}")).iter();
    rows.map(|row| (row["folder"].as_str().unwrap(), row["kind"].as_str().unwrap())).collect()
}

#[test]
fn each_certificate_is_of_the_profile_that_it_was_made_with() {
    for transport in ["xml", "json"] {
        let accounts = Accounts::new();
        accounts.done(transport, &["reissue", "571", "--new-key", "--out", "certs/a"]);
        accounts.done(transport, &["reissue", "571", "--new-key", "--out", "certs/b", "--profile", "team"]);
        assert_eq!(accounts.orders(), (1, 1));
        // An order by hand, a certificate fetched again, and the line in the crontab.
        accounts.done(transport, &["reissue", "571", "--new-key", "--out", "certs/b"]);
        assert_eq!(accounts.orders(), (1, 2), "the folder says the account");
        assert_eq!(exit(&accounts.run(transport, &["fetch", "571", "--out", "certs/b"])), 8, "it is in place");
        let due = ["renew-due", "certs", "--renew-before", "400d"];
        let plan = accounts.done(transport, &[&due[..], &["--dry-run"]].concat());
        assert_eq!(plan["plan"].as_array().unwrap().len(), 2, "{plan}");
        let document = accounts.done(transport, &due);
        assert_eq!((kinds(&document), accounts.orders()), (vec![("certs/a", "done"), ("certs/b", "done")], (2, 3)));
        let status = accounts.done(transport, &["status", "certs", "--here"]);
        let profiles: Vec<&Value> =
            status["certificates"].as_array().unwrap().iter().map(|row| &row["settings"]["profile"]).collect();
        assert_eq!(profiles, ["live", "team"]);
        // Each gateway is asked for its own.
        let status = accounts.done(transport, &["status", "certs"]);
        let todos: Vec<&Value> = status["certificates"].as_array().unwrap().iter().map(|row| &row["todo"]).collect();
        assert_eq!(todos, ["nothing", "nothing", "not here", "not here"], "{status}");
        let whose: Vec<&Value> = status["certificates"].as_array().unwrap().iter().map(|row| &row["profile"]).collect();
        assert_eq!(whose, ["live", "team", "live", "team"], "{status}");
        for (folder, is_of_several) in [("certs", true), ("certs/a", false)] {
            let mut shown = bare(accounts.path());
            shown
                .args(["status", folder, "--config", "config.toml", "--transport", transport])
                .env("PATH", "/usr/bin:/bin");
            let text = stdout(&shown.current_dir(accounts.path()).output().unwrap());
            let first = text.lines().nth(1).and_then(|line| line.split_whitespace().next());
            let expected = if is_of_several { "live" } else { "certs/a" };
            assert_eq!((text.starts_with("profile"), first), (is_of_several, Some(expected)), "{text}");
        }
        // Told by another account than its own, a folder has the commands of its own.
        let config = fs::canonicalize(accounts.path()).unwrap().join("config.toml").display().to_string();
        let todo = |command: &[&str], row: usize| {
            json(&accounts.run(transport, command))["certificates"][row]["todo"].as_str().unwrap().to_owned()
        };
        let reissue = format!("certgate reissue --config {config} --profile team 571 --new-key --out certs/b");
        assert_eq!(
            todo(&["status", "certs/b", "--profile", "live"], 0),
            format!("the gateway has another certificate, whose key is not here: {reissue}")
        );
        let renew = format!("due: certgate renew-due --config {config}");
        for (folder, more) in [("certs/a", ""), ("certs/b", " --profile team certs/b")] {
            assert_eq!(todo(&["status", folder, "--renew-before", "400d"], 0), format!("{renew}{more}"));
        }

        // Another profile of the same account.
        let text = fs::read_to_string(accounts.path().join("config.toml")).unwrap();
        let live = &text[..text.find("[team]").unwrap()];
        accounts.configure(&format!("{text}{}", live.replace("[live]", "[twin]")));
        accounts.done(transport, &["reissue", "10000", "--new-key", "--out", "certs/twin", "--profile", "twin"]);
        let status = accounts.done(transport, &["status", "certs"]);
        let said = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let rows = status["certificates"].as_array().unwrap().iter();
        let todos: Vec<_> = rows.map(|row| said(&row["folder"]) + ": " + &said(&row["todo"])).collect();
        let expected = ["certs/a: nothing", "certs/twin: nothing", "certs/b: nothing", ": not here"];
        assert_eq!(todos, expected, "{status}");
        fs::remove_dir_all(accounts.path().join("certs/twin")).unwrap();
        accounts.configure(&text);

        // What is to be carried on with names the profile, where that is not the one by default.
        let config = accounts.path().join("config.toml").display().to_string();
        let own = ["certgate", "--config", &config];
        let config = format!("certgate resume --config {config}");
        for (more, named) in [
            (&["--profile", "team"][..], format!("{config} --profile team certgate-")),
            (&[], format!("{config} certgate-")),
        ] {
            let order = [&["reissue", "571", "--new-key", "--no-wait", "--out", "certs/later"], more].concat();
            let output = accounts.run(transport, &order);
            let command = json(&output)["resume"].as_str().unwrap().to_owned();
            assert!(exit(&output) == 6 && command.starts_with(&named), "{command}");
            // So does what is in its way.
            let output = accounts.run(transport, &order);
            let advice = json(&output)["error"]["advice"].as_str().unwrap_or_default().to_owned();
            assert_eq!((exit(&output), json(&output)["resume"].as_str()), (6, Some(command.as_str())));
            assert_eq!(advice, format!("carry on with `{command}`"));
            let output = accounts.run(transport, &[&["status", "certs/later"], more].concat());
            let todo = json(&output)["certificates"][0]["todo"].as_str().unwrap().to_owned();
            assert!(todo.ends_with(&format!(" is pending: {command}")), "{todo}");
            let words: Vec<&str> = command.split(' ').filter(|word| !own.contains(word)).collect();
            accounts.done(transport, &words);
            fs::remove_dir_all(accounts.path().join("certs/later")).unwrap();
        }

        // A profile that is gone, and one that lets nobody in, concern theirs alone.
        let text = fs::read_to_string(accounts.path().join("config.toml")).unwrap();
        accounts.configure(&text.replace("[team]", "[other]"));
        let output = accounts.run(transport, &due);
        let document = json(&output);
        assert_eq!(kinds(&document), [("certs/a", "done"), ("certs/b", "usage")], "{}", stderr(&output));
        let said = document["orders"][1]["text"].as_str().unwrap();
        assert!(said.contains("profile `team` is not known: expected one of demo, live, other"), "{said}");
        assert_eq!((exit(&output), accounts.orders()), (2, (5, 4)));
        accounts.configure(&text.replace("echo s3cond", "exit 7"));
        let output = accounts.run(transport, &due);
        assert_eq!(kinds(&json(&output)), [("certs/a", "done"), ("certs/b", "auth")], "{}", stderr(&output));
        // An option replaces what is remembered, and is remembered.
        accounts.configure(&text.replace("[team]", "[other]"));
        let only = ["renew-due", "certs/b", "--renew-before", "400d", "--profile", "other"];
        accounts.done(transport, &only);
        accounts.done(transport, &["renew-due", "certs/b", "--renew-before", "400d"]);
        assert_eq!(accounts.orders(), (6, 6));
    }
}

/// A disk that is not mounted is told of, whichever profile its certificates are of.
#[test]
fn a_folder_of_another_profile_that_is_gone_is_told_of() {
    for transport in ["xml", "json"] {
        let accounts = Accounts::new();
        let text = fs::read_to_string(accounts.path().join("config.toml")).unwrap();
        accounts.configure(&text.replace("[live]", "[live]\ncertificates = [\"here\", \"disk\", \"unused\"]"));
        accounts.done(transport, &["reissue", "571", "--new-key", "--out", "here/a"]);
        accounts.done(transport, &["reissue", "571", "--new-key", "--out", "disk/b", "--profile", "team"]);
        fs::create_dir(accounts.path().join("unused")).unwrap();
        let output = accounts.run(transport, &["renew-due"]);
        assert_eq!(exit(&output), 8, "nothing is due: {}", stderr(&output));
        fs::rename(accounts.path().join("disk"), accounts.path().join("unmounted")).unwrap();
        fs::create_dir(accounts.path().join("disk")).unwrap();
        let output = accounts.run(transport, &["renew-due"]);
        assert_eq!((exit(&output), kinds(&json(&output))), (2, vec![("disk", "usage")]), "{}", stderr(&output));
    }
}

/// An account whose gateway is down, whose credentials are refused or whose store fails loses its own certificates, each with a row of its
/// own and the account's error; its profile is opened once. Alone it is the run's own failure.
#[test]
fn an_account_that_cannot_be_used_is_lost_alone() {
    for transport in ["xml", "json"] {
        let accounts = Accounts::new();
        for (folder, profile) in [("certs/a", "live"), ("certs/b", "team"), ("certs/c", "team")] {
            accounts.done(transport, &["reissue", "571", "--new-key", "--out", folder, "--profile", profile]);
        }
        fs::write(accounts.path().join("file"), "").unwrap();
        let text = fs::read_to_string(accounts.path().join("config.toml")).unwrap();
        let (down, port) = (accounts.second.1.xml_endpoint(), accounts.second.1.json_endpoint());
        for (team, kind, code) in [
            (text.replace(&down, "http://127.0.0.1:1/").replace(&port, "http://127.0.0.1:1/v1"), "unreachable", 5),
            (text.replace("echo s3cond", "echo asked >> asked; echo wrong"), "auth", 4),
            (text.replace("echo s3cond", "echo asked >> asked; exit 7"), "auth", 4),
            (text.replace("user = \"other\"", "user = \"other\"\nstore = \"file/store\""), "local", 12),
        ] {
            accounts.configure(&team);
            let before = accounts.orders();
            let each = ["renew-due", "certs/a", "certs/b", "certs/c", "--renew-before", "400d"];
            let output = accounts.run(transport, &each);
            let document = json(&output);
            let expected = [("certs/a", "done"), ("certs/b", kind), ("certs/c", kind)];
            assert_eq!((kinds(&document), exit(&output)), (expected.to_vec(), code), "{}", stderr(&output));
            assert_eq!(accounts.orders(), (before.0 + 1, before.1), "{kind}");
            assert_eq!(document["orders"][1]["text"], document["orders"][2]["text"]);
            let output = accounts.run(transport, &["status", "certs"]);
            let rows = json(&output)["certificates"].as_array().unwrap().clone();
            let is_told = |row: &Value| (row["folder"].clone(), row["gateway"]["serial"] == row["serial"]);
            let here: Vec<_> = rows.iter().filter(|row| !row["folder"].is_null()).map(is_told).collect();
            let expected = [("certs/a".into(), true), ("certs/b".into(), false), ("certs/c".into(), false)];
            assert_eq!((here, exit(&output)), (expected.to_vec(), code), "{kind}: {}", stderr(&output));
            let alone = accounts.run(transport, &["renew-due", "certs/b", "certs/c", "--profile", "team"]);
            assert_eq!((exit(&alone), &json(&alone)["error"]["kind"]), (code, &kind.into()), "{}", stderr(&alone));
        }
        let asked = fs::read_to_string(accounts.path().join("asked")).unwrap();
        assert_eq!(asked.lines().count(), 6, "once a run");
        // Of several that are lost each is said, and the worst is the exit code.
        let (xml, at) = (accounts.first.1.xml_endpoint(), accounts.first.1.json_endpoint());
        let down = text.replace(&xml, "http://127.0.0.1:1/").replace(&at, "http://127.0.0.1:1/v1");
        accounts.configure(&down.replace("echo s3cond", "exit 7"));
        let output = accounts.run(transport, &["status", "certs"]);
        let said = stderr(&output);
        assert_eq!(exit(&output), 4, "{said}");
        assert!(
            said.contains("http://127.0.0.1:1/") && said.contains("password_command ended with exit status: 7"),
            "{said}"
        );
    }
}

/// One answer that cannot be understood loses several certificates, and is kept once.
#[test]
fn what_loses_several_certificates_is_kept_once() {
    for transport in ["xml", "json"] {
        let accounts = Accounts::with(vec![Fault::Html200(Some(TaskKind::CertificateList))]);
        let declared = [(571, "a", "live"), (10_000, "b", "team"), (10_001, "c", "team")].map(|(id, out, profile)| {
            format!("[[certificate]]\nid = {id}\nout = \"certs/{out}\"\nprofile = \"{profile}\"\n")
        });
        fs::write(accounts.path().join("certificates.toml"), declared.concat()).unwrap();
        let output = accounts.run(transport, &["plan", "certificates.toml"]);
        let plan = json(&output)["plan"].clone();
        let [ordered, lost @ ..] = plan.as_array().unwrap().as_slice() else { panic!("{plan}") };
        assert_eq!((exit(&output), &ordered["action"], lost.len()), (7, &"reissue".into(), 2), "{plan}");
        assert_eq!(lost[0]["why"], lost[1]["why"]);
        assert!(lost[0]["why"].as_str().unwrap().contains("its body, redacted, is in "), "{plan}");
    }
}

/// The store of one account fails in the middle of a run: each certificate has its row all the same, the error stands beside them, and the
/// exit code is that of the worst.
#[test]
fn a_store_that_fails_loses_no_row() {
    for transport in ["xml", "json"] {
        let accounts = Accounts::new();
        let text = fs::read_to_string(accounts.path().join("config.toml")).unwrap();
        let team = text[text.find("[team]").unwrap()..].replace("context = 9", "context = 9\nstore = \"team.sqlite\"");
        let third = team.replace("[team]", "[third]").replace("team.sqlite", "third.sqlite");
        let live = &text[..text.find("[team]").unwrap()];
        accounts.configure(&format!("{live}{team}{third}"));
        let held = "test -e hold && touch held && while test -e held; do sleep 0.02; done";
        for (folder, profile, hook) in
            [("certs/a", "live", "test -e hold"), ("certs/b", "team", held), ("certs/c", "third", "false")]
        {
            let order = ["reissue", "571", "--new-key", "--out", folder, "--profile", profile, "--deploy-hook", hook];
            ended(accounts.run(transport, &order), 11);
        }
        accounts.configure(&format!("{live}{team}{}", third.replace("echo s3cond", "exit 7")));
        let path = |name: &str| accounts.path().join(name);
        fs::write(path("hold"), "").unwrap();
        let output = std::thread::scope(|scope| {
            let run = scope.spawn(|| accounts.run(transport, &["renew-due", "certs"]));
            until("its hook runs", || path("held").exists());
            let store = rusqlite::Connection::open(path("team.sqlite")).unwrap();
            store.execute_batch("PRAGMA foreign_keys = OFF; DROP TABLE orders").unwrap();
            fs::remove_file(path("held")).unwrap();
            run.join().unwrap()
        });
        let document = json(&output);
        assert_eq!(kinds(&document), [("certs/a", "done"), ("certs/c", "auth"), ("certs/b", "done")], "{document}");
        assert_eq!((document["error"]["kind"].as_str(), exit(&output)), (Some("usage"), 4), "{}", stderr(&output));
    }
}

/// A file of declared certificates and a batch say it for each; what the command line says of the account is the run's own profile's.
#[test]
fn a_declared_certificate_and_a_line_of_a_batch_name_a_profile() {
    for transport in ["xml", "json"] {
        let accounts = Accounts::new();
        let declared = "[[certificate]]\nid = 571\nout = \"certs/a\"\n[[certificate]]\nname = \"example.com\"\nout = \"certs/b\"\nprofile = \"team\"\n\
             [[certificate]]\nid = 1\nout = \"certs/c\"\nprofile = \"none\"\n";
        fs::write(accounts.path().join("certificates.toml"), declared).unwrap();
        let output = accounts.run(transport, &["plan", "certificates.toml"]);
        let plan = json(&output);
        let actions: Vec<&str> =
            plan["plan"].as_array().unwrap().iter().map(|row| row["action"].as_str().unwrap()).collect();
        assert_eq!((exit(&output), actions), (2, vec!["reissue", "error", "reissue"]), "{plan}");
        let unknown = "profile `none` is not known: expected one of demo, live, team";
        let row = plan["plan"].as_array().unwrap().iter().find(|row| row["action"] == "error").unwrap();
        let place = "certificates.toml: certificate 3: line 11: ";
        assert_eq!(row["why"].as_str().unwrap().lines().next(), Some(&*format!("{place}{unknown}")), "{plan}");
        // And where there is no other one.
        fs::write(
            accounts.path().join("lone.toml"),
            "[[certificate]]\nid = 1\nout = \"certs/c\"\nprofile = \"none\"\n",
        )
        .unwrap();
        fs::write(accounts.path().join("lone.csv"), "id,new_key,out,profile\n1,true,certs/c,none\n").unwrap();
        fs::write(
            accounts.path().join("defaults.toml"),
            "[defaults]\nkeep = 1\nprofile = \"none\"\n[[certificate]]\nid = 1\nout = \"certs/c\"\n",
        )
        .unwrap();
        // Of a batch, nothing is ordered then, whatever its other lines say.
        fs::write(
            accounts.path().join("one.csv"),
            "id,new_key,out,profile\n10000,true,one,team\n1,true,certs/c,none\n",
        )
        .unwrap();
        let before = accounts.orders();
        let output = accounts.run(transport, &["batch", "one.csv"]);
        let said = stderr(&output);
        assert!(said.contains(&format!("one.csv: nothing was ordered:\n  line 3: {unknown}")), "{said}");
        assert_eq!((exit(&output), accounts.orders()), (2, before), "{said}");
        for (command, place) in [
            (&["plan", "lone.toml"][..], "lone.toml: certificate 1: line 4: "),
            (&["apply", "lone.toml"], "lone.toml: certificate 1: line 4: "),
            (&["plan", "defaults.toml"], "defaults.toml: defaults: line 3: "),
            (&["batch", "lone.csv"], "lone.csv: line 2: "),
        ] {
            let output = accounts.run(transport, command);
            assert!(
                exit(&output) == 2 && stderr(&output).contains(&format!("{place}{unknown}")),
                "{}",
                stderr(&output)
            );
        }
        let (user, password) = ("--user=user", accounts.path().join("password"));
        secret(&password, "password\n");
        let output = accounts.run(transport, &["apply", "certificates.toml", user, "--password-file", "password"]);
        assert_eq!((exit(&output), accounts.orders()), (2, (1, 1)), "{}", stderr(&output));
        fs::write(accounts.path().join("b.csv"), "id,new_key,out,profile\n10000,true,d,\n571,true,e,team\n").unwrap();
        accounts.done(transport, &["batch", "b.csv"]);
        assert_eq!(accounts.orders(), (2, 2));
        let output = accounts.run(transport, &["batch", "b.csv"]);
        assert_eq!((exit(&output), accounts.orders()), (8, (2, 2)), "{}", stderr(&output));
        // One id in two accounts is two certificates.
        let both = "id,new_key,out,profile\n10000,true,h,live\n10000,true,i,team\n";
        fs::write(accounts.path().join("both.csv"), both).unwrap();
        accounts.done(transport, &["batch", "both.csv"]);
        assert_eq!(accounts.orders(), (3, 3));

        // Two profiles of one account: a certificate that two lines call by other names is ordered by neither.
        let text = fs::read_to_string(accounts.path().join("config.toml")).unwrap();
        let live = &text[..text.find("[team]").unwrap()];
        accounts.configure(&format!("{text}{}", live.replace("[live]", "[twin]")));
        fs::copy(csr(), accounts.path().join("new.csr")).unwrap();
        for twice in [
            "id,action,new_key,out,profile\n571,renew,true,f,live\nexample.com,renew,true,g,twin\n",
            "id,action,new_key,out,profile\n571,renew,true,f,live\n571,renew,true,g,twin\n",
            "csr,product,admin,technical,profile\nnew.csr,SSL123,1120,1120,live\nnew.csr,SSL123,1120,1120,twin\n",
            "name,new_key,product,admin,technical,out,profile\nn.example,true,SSL123,1120,1120,j,live\nn.example,true,SSL123,1120,1120,k,twin\n",
        ] {
            fs::write(accounts.path().join("twice.csv"), twice).unwrap();
            let output = accounts.run(transport, &["batch", "twice.csv"]);
            assert_eq!((exit(&output), accounts.orders()), (2, (3, 3)), "{twice}: {}", stderr(&output));
            assert!(stderr(&output).contains("stands in the file before"), "{twice}: {}", stderr(&output));
        }
    }
}

/// What a file or a folder says of a certificate's account goes before the environment; an option that says another one is refused, and a new
/// certificate does not come into another account's folder.
#[test]
fn no_certificate_is_bought_in_another_account() {
    for transport in ["xml", "json"] {
        let accounts = Accounts::new();
        let declared = "[[certificate]]\nname = \"example.com\"\nout = \"certs/b\"\nprofile = \"team\"\n";
        fs::write(accounts.path().join("certificates.toml"), declared).unwrap();
        fs::write(accounts.path().join("b.csv"), "id,new_key,out,profile\n571,true,certs/c,team\n").unwrap();
        for file in [&["apply", "certificates.toml"], &["plan", "certificates.toml"], &["batch", "b.csv"]] {
            let output = accounts.run(transport, &[&file[..], &["--profile", "live"]].concat());
            let said = "is of the profile `team`, and --profile names `live`: nothing was sent";
            assert!(exit(&output) == 2 && stderr(&output).contains(said), "{}", stderr(&output));
        }
        assert_eq!(accounts.orders(), (0, 0));
        let common = ["apply", "certificates.toml", "--config", "config.toml", "--transport", transport];
        let mut run = bare(accounts.path());
        run.args(common).current_dir(accounts.path()).env("PATH", "/usr/bin:/bin").env("CERTGATE_PROFILE", "live");
        assert_eq!((exit(&run.output().unwrap()), accounts.orders()), (0, (0, 1)));
        let new = ["create", "--new-key", "--name", "example.com", "--out", "certs/b", "--product", "SSL123"];
        let contacts = ["--admin", "1120", "--technical", "1120", "--profile", "live"];
        for more in [&[][..], &["--dry-run"]] {
            let output = accounts.run(transport, &[&new[..], &contacts, more].concat());
            let said = "certs/b holds a certificate of the profile `team`";
            assert!(exit(&output) == 2 && stderr(&output).contains(said), "{more:?} {}", stderr(&output));
        }
        assert_eq!(accounts.orders(), (0, 1));
    }
}

/// A folder that was emptied is known by the store of whichever account its certificates were of.
#[test]
fn a_folder_of_another_store_that_was_emptied_is_said() {
    let accounts = Accounts::new();
    let text = fs::read_to_string(accounts.path().join("config.toml")).unwrap();
    let text = text.replace("[live]\n", "[live]\ncertificates = [\"certs\", \"disk\", \"unused\"]\n");
    accounts.configure(&text.replace("[team]\n", "[team]\nstore = \"team.sqlite\"\n"));
    accounts.done("json", &["reissue", "571", "--new-key", "--out", "certs/a"]);
    for folder in ["certs/b", "disk/c"] {
        let id = if folder == "certs/b" { "571" } else { "10000" };
        accounts.done("json", &["reissue", id, "--new-key", "--out", folder, "--profile", "team"]);
    }
    let (disk, unused) = (accounts.path().join("disk"), accounts.path().join("unused"));
    fs::create_dir(unused).unwrap();
    assert_eq!(exit(&accounts.run("json", &["renew-due"])), 8);
    fs::remove_dir_all(&disk).unwrap();
    fs::create_dir(&disk).unwrap();
    let output = accounts.run("json", &["renew-due"]);
    assert_eq!((exit(&output), kinds(&json(&output))), (2, vec![("disk", "usage")]), "{}", stderr(&output));
}

/// What is adopted is of the account that it was found in, and a certificate of the same id in another account is not ordered in its stead.
#[test]
fn what_is_adopted_is_of_the_profile_that_it_was_found_with() {
    for transport in ["xml", "json"] {
        let accounts = Accounts::new();
        let (path, team) = (|name: &str| accounts.path().join(name), ["--profile", "team"]);
        let create = |name, out, more: &[&str]| {
            let order = ["create", "--new-key", "--name", name, "--out", out, "--product", "SSL123"];
            let contacts = ["--admin", "1120", "--technical", "1120"];
            accounts.done(transport, &[&order[..], &contacts, more].concat())["certificate"]["id"].clone()
        };
        let id = create("new.example.org", "elsewhere", &[]);
        assert_eq!(create("only.team.example", "made", &team), id, "one id in two accounts");
        fs::create_dir(path("ssl")).unwrap();
        for (from, to) in [("fullchain.pem", "site.crt"), ("key.pem", "site.key")] {
            fs::copy(path("made").join(from), path("ssl").join(to)).unwrap();
        }
        fs::remove_dir_all(path("made")).unwrap();
        let adopt = [&["adopt", "ssl", "--write", "certificates.toml"][..], &team].concat();
        accounts.done(transport, &adopt);
        let record = path("ssl/only.team.example/current/about.json");
        let remembered = || json_of(&record)["settings"]["profile"].clone();
        let declared: toml::Table = toml::from_str(&fs::read_to_string(path("certificates.toml")).unwrap()).unwrap();
        assert_eq!((remembered(), declared["certificate"][0]["profile"].as_str()), ("team".into(), Some("team")));
        assert_eq!(exit(&accounts.run(transport, &adopt)), 8, "it is under care already");

        // As it was adopted before that was noted.
        let mut earlier = json_of(&record);
        earlier["settings"].as_object_mut().unwrap().remove("profile").unwrap();
        fs::write(&record, earlier.to_string()).unwrap();
        let (due, before) = (["renew-due", "ssl", "--renew-before", "400d"], accounts.orders());
        let output = accounts.run(transport, &due);
        let row = json(&output)["orders"][0]["error"].clone();
        let text = format!("certificate {id} of the account is new.example.org, and only.team.example is in place");
        assert_eq!((exit(&output), row["text"].as_str(), accounts.orders()), (2, Some(text.as_str()), before), "{row}");
        let advice = "where it is another account's, `certgate adopt ssl/only.team.example --profile NAME` notes that";
        assert_eq!(row["advice"], advice);
        accounts.done(transport, &adopt);
        assert_eq!(remembered(), "team");
        for task in ["reissue", "renew"] {
            let order = [task, &id.to_string(), "--new-key", "--out", "ssl/only.team.example", "--profile", "live"];
            let output = accounts.run(transport, &order);
            let said = json(&output)["error"]["text"].as_str().unwrap_or_default().to_owned();
            assert!(said.contains("ssl/only.team.example") && said.contains("only.team.example"), "{said}");
            assert_eq!((exit(&output), accounts.orders()), (2, before), "{task} {said}");
        }
        accounts.done(transport, &due);
        assert_eq!(accounts.orders(), (before.0, before.1 + 1));
    }
}

fn json_of(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}
