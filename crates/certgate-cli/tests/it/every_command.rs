//! What holds of every command: `-v` tells each request and the end, and silence is never an answer.

use std::{collections::BTreeSet, fs, path::Path};

use pretty_assertions::assert_eq;

use crate::support::binary::{certgate, certgate_in, csr, ended, exit, fixture, stderr, stdout};

/// Command, its arguments, its exit code and how many requests it sends, against a sandbox. `DIR` is a folder, `CSR` a request,
/// `XML` a payload; `-` before it: not against a sandbox.
const COMMANDS: &[(&str, &str, i32, usize)] = &[
    ("reissue", "571 --csr CSR", 0, 7),
    ("reissue", "571", 2, 0),
    ("create", "--csr CSR --product SSL123 --admin 1120 --technical 1120", 0, 6),
    ("create", "", 2, 0),
    ("renew", "571", 0, 7),
    ("revoke", "571 --serial 0a --yes", 3, 1),
    ("delete", "571 --yes", 0, 4),
    ("resume", "", 8, 0),
    ("prepare", "--csr CSR", 0, 1),
    ("info", "571", 0, 1),
    ("info", "572", 3, 1),
    ("fetch", "571", 0, 1),
    ("batch", "DIR/batch.csv", 0, 7),
    ("-orders", "", 8, 0),
    ("-orders show", "x", 2, 0),
    ("-orders adopt", "x --job 1", 2, 0),
    ("-orders abandon", "x --yes", 2, 0),
    ("-orders export", "", 8, 0),
    ("orders", "", 2, 0),
    ("-orders list", "--state done", 8, 0),
    ("-store status", "", 0, 0),
    ("-store migrate", "", 0, 0),
    ("-store copy", "--from DIR/none --to DIR/new", 2, 0),
    ("list", "", 0, 1),
    ("list", "--filter name=none.example", 8, 1),
    ("contact list", "", 0, 1),
    ("contact info", "1120", 0, 1),
    ("contact create", "--data DIR/contact.json", 3, 1),
    ("contact update", "1120 --data DIR/contact.json", 0, 1),
    ("contact delete", "1120 --yes", 3, 1),
    ("job list", "", 8, 1),
    ("job info", "1", 3, 1),
    ("job cancel", "1 --yes", 3, 1),
    ("job confirm", "1", 3, 1),
    ("job resend-mail", "1", 3, 1),
    ("job resend-call", "1", 3, 1),
    ("zone list", "", 0, 1),
    ("zone info", "example.com", 0, 2),
    ("zone add", "_x.example.com TXT 1", 0, 3),
    ("zone remove", "_x.example.com TXT 1", 8, 3),
    ("poll next", "", 8, 1),
    ("poll confirm", "1", 3, 1),
    ("poll drain", "--to DIR/spool", 8, 1),
    ("poll import", "DIR/contact.json", 7, 0),
    ("call", "certificate-info --id 571", 0, 1),
    ("tasks", "", 0, 0),
    ("hello", "", 0, 1),
    ("doctor", "", 0, 3),
    ("compare", "certificate-info --id 571", 0, 2),
    ("decode", "XML", 0, 0),
    ("convert", "XML", 0, 0),
    ("replay check", "DIR/none", 2, 0),
    ("status", "", 2, 0),
    ("status", "DIR", 2, 1),
    ("renew-due", "", 2, 0),
    ("renew-due", "DIR/empty", 2, 0),
    ("adopt", "DIR/empty", 8, 1),
    ("plan", "", 2, 0),
    ("apply", "", 2, 0),
    ("verify", "DIR/none", 2, 0),
    ("rollback", "DIR/none", 2, 0),
    ("config show", "", 0, 0),
    ("config path", "", 0, 0),
    ("config schema", "", 0, 0),
    ("csr show", "CSR", 0, 0),
    ("csr check", "CSR", 0, 0),
    ("csr new", "--name a.example --key-out DIR/new.pem", 0, 0),
    ("man", "", 0, 0),
    ("completions", "bash", 0, 0),
    ("help", "", 0, 0),
    ("demo", "", 0, 0),
];

/// They run until they are stopped, or ask.
const OTHERS: [&str; 5] = ["serve simulator", "serve bridge", "serve status", "poll follow", "config init"];

fn words(arguments: &str, folder: &Path) -> Vec<String> {
    let word = |word: &str| match word {
        "CSR" => csr(),
        "XML" => fixture("certificate-info/documented/response.xml").display().to_string(),
        word => word.replace("DIR", &folder.display().to_string()),
    };
    arguments.split_whitespace().map(word).collect()
}

/// A folder with what the commands of the table want.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("batch.csv"), "action,id\nrenew,571\n").unwrap();
    fs::write(folder.path().join("contact.json"), r#"{"fname":"John"}"#).unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    folder
}

#[test]
fn verbose_tells_each_request_and_the_end() {
    for transport in ["xml", "json"] {
        for (name, arguments, code, requests) in COMMANDS {
            let command = name.trim_start_matches('-');
            let run = |further: &[&str]| {
                let home = folder();
                let mut all: Vec<String> = command.split(' ').map(str::to_owned).collect();
                all.extend(words(arguments, home.path()));
                if command == *name {
                    all.push("--sandbox".to_owned());
                }
                // Which protocol a file is of, it says itself.
                if *name != "decode" {
                    all.extend(["--transport", transport].map(str::to_owned));
                }
                let all: Vec<&str> = all.iter().map(String::as_str).chain(further.iter().copied()).collect();
                let output = certgate_in(home.path(), &all, "");
                assert_eq!(exit(&output), *code, "{all:?}: {}", stderr(&output));
                (stdout(&output), stderr(&output))
            };
            let (out, said) = run(&[]);
            assert!(!said.contains(" ms"), "{said}");
            // What a check found is its answer.
            let answers = *code == 0 || matches!(command, "adopt" | "status");
            assert!(!(if answers { out + &said } else { said }).is_empty(), "{command} {arguments}: says nothing");
            let (_, said) = run(&["-v"]);
            let last = said.lines().last().unwrap_or_default();
            let sent = match requests {
                0 => "no request".to_owned(),
                1 => "1 request".to_owned(),
                count => format!("{count} requests"),
            };
            assert!(last.starts_with(&format!("certgate: {command}: exit {code} after ")), "{last}");
            assert!(last.ends_with(&format!(" ms, {sent}")), "{transport} {command} {arguments}: {last}");
            let lines: Vec<&str> = said.lines().filter(|line| line.contains("http://127.0.0.1:")).collect();
            assert_eq!(lines.len(), *requests, "{transport} {command} {arguments}: {said}");
            for line in lines {
                assert!(line.starts_with("certgate: ") && line.contains("): HTTP ") && line.ends_with(" ms"), "{line}");
            }
        }
    }
}

/// An option that would do nothing is refused.
#[test]
fn no_option_is_idle() {
    let order = "reissue 571 --csr CSR --sandbox";
    for (arguments, said) in [
        ("--keep 3", "--keep needs --new-key or --key too"),
        ("--keep 3 --out DIR/out", "--keep needs --new-key or --key too"),
        ("--store-pass-file DIR/contact.json --out DIR/out", "--store-pass-file needs --pkcs12 or --jks too"),
        ("--hook-timeout 1m --out DIR/out", "--hook-timeout needs --deploy-hook too"),
        ("--dns-timeout 1m", "--dns-timeout needs --dns-check too"),
        ("--allow-any-record", "--allow-any-record needs --dns or --webroot too"),
        ("--dns provision --allow-any-record", "--allow-any-record needs --dns or --webroot too"),
        ("--deploy-hook true", "--deploy-hook needs --out too"),
        ("--resolver 127.0.0.1", "--resolver needs --dns-check too"),
        ("--dns-server 127.0.0.1", "--dns-server needs --dns nsupdate too"),
        ("--endpoint http://127.0.0.1:1", "--sandbox has an address and an account of its own: leave --endpoint out"),
        ("--user other", "leave --user out"),
        ("--context 4", "leave --context out"),
        ("--password-file DIR/contact.json", "leave --password-file out"),
        ("--replay-mode record-all", "--replay"),
    ] {
        let home = folder();
        let all = words(&format!("{order} {arguments}"), home.path());
        let output = certgate_in(home.path(), &all.iter().map(String::as_str).collect::<Vec<_>>(), "");
        assert_eq!(exit(&output), 2, "{arguments}: {}", stderr(&output));
        assert!(stderr(&output).contains(said), "{arguments}: {}", stderr(&output));
    }
    // An id of one order, where each has its own.
    for command in ["batch DIR/orders.csv", "apply DIR/certificates.toml", "renew-due DIR"] {
        let home = folder();
        fs::write(home.path().join("orders.csv"), "id,action\n571,renew\n").unwrap();
        fs::write(home.path().join("certificates.toml"), "[[certificate]]\nid = 571\nout = \"out\"\n").unwrap();
        let all = words(&format!("{command} --sandbox --ctid mine"), home.path());
        let output = certgate_in(home.path(), &all.iter().map(String::as_str).collect::<Vec<_>>(), "");
        assert_eq!(exit(&output), 2, "{command}: {}", stderr(&output));
        assert!(stderr(&output).contains("here each has its own: leave it out"), "{command}: {}", stderr(&output));
        assert!(!home.path().join("out").exists(), "{command}: nothing was ordered");
    }
    let home = folder();
    let output = ended(certgate_in(home.path(), &["list", "--sandbox", "--store", "mine.sqlite"], ""), 0);
    assert!(stderr(&output).contains("--store is not used"), "{}", stderr(&output));
    assert!(!home.path().join("mine.sqlite").exists());
    // A store that ends with the run is not looked into.
    for command in ["store status", "store migrate", "store copy --from a --to b", "orders", "orders show x"] {
        for option in ["--sandbox", "--replay tape"] {
            let all: Vec<&str> = command.split(' ').chain(option.split(' ')).collect();
            let output = certgate_in(home.path(), &all, "");
            assert!(
                exit(&output) == 2 && stderr(&output).contains("ends with each run"),
                "{all:?} {}",
                stderr(&output)
            );
        }
    }
    let help = stdout(&certgate(&["delete", "--help"], ""));
    for option in ["--out", "--pkcs12", "--deploy-hook", "--keep"] {
        assert!(!help.contains(option), "{help}");
    }
    let help = stdout(&certgate(&["create", "--help"], ""));
    assert!(!help.contains("[default: the certificate's]") && help.contains("certgate contact list"), "{help}");
}

#[test]
fn the_table_has_every_command() {
    // A line of a command: two blanks, its name, more blanks, what it does.
    let names = |help: &str| -> Vec<String> {
        let name = |line: &str| {
            let (name, about) = line.strip_prefix("  ")?.split_once("  ")?;
            let is_name = name.starts_with(|c: char| c.is_ascii_lowercase()) && !name.contains(' ') && name != "help";
            (is_name && !about.trim().is_empty()).then(|| name.to_owned())
        };
        help.lines().filter_map(name).collect()
    };
    let mut known = BTreeSet::from(["help".to_owned()]);
    for name in names(&stdout(&certgate(&["--help"], ""))) {
        let help = stdout(&certgate(&[&name, "-h"], ""));
        match help.split("\nCommands:\n").nth(1).and_then(|rest| rest.split("\n\n").next()) {
            None => drop(known.insert(name)),
            Some(below) => known.extend(names(below).iter().map(|below| format!("{name} {below}"))),
        }
    }
    let mut table: BTreeSet<String> =
        COMMANDS.iter().map(|(name, ..)| name.trim_start_matches('-').to_owned()).collect();
    table.extend(OTHERS.map(str::to_owned));
    // Alone it lists.
    table.remove("orders");
    assert_eq!(table, known);
}
