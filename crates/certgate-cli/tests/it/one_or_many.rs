//! One order and many: a batch of one says, writes and does what the single command does.

mod cases;

use std::{collections::BTreeSet, fs, path::Path};

use certgate::CertificateSettings;
use certgate_domain::TaskKind;
use pretty_assertions::assert_eq;
use serde_json::Value;

use cases::{Case, cases};

use crate::support::binary::{certgate, csr, fixture, secret, serve, told};

/// What a run came to: its exit code, what it said, the order as shown, what became of the gateway, and the files.
#[derive(Debug, PartialEq)]
struct Told {
    code: i32,
    said: String,
    order: Value,
    files: Value,
    /// The tasks whose requests a rehearsal shows; their keys are others in each run.
    requests: Vec<String>,
    asked: Vec<(&'static str, usize)>,
    orders: usize,
    queue: usize,
    folder: Vec<String>,
    spool: usize,
}

/// Runs a case singly or as a batch of one.
fn run(case: &Case, transport: &str, is_batch: bool, more: &[&str]) -> Told {
    let home = tempfile::tempdir().unwrap();
    let (gateway, server) = serve((case.settings)());
    let key = fs::read(fixture("_keys/p256-pkcs8-encrypted.pem")).unwrap();
    secret(&home.path().join("encrypted.key"), key);
    secret(&home.path().join("pass"), "geheim ü\n");
    fs::create_dir(home.path().join("www")).unwrap();
    let at_home = |name: &str, value: &str| match name {
        "out" => home.path().join(value).display().to_string(),
        _ => value.replace("HOME", &home.path().display().to_string()),
    };
    let has_key = case.options.iter().any(|(name, _)| matches!(*name, "new_key" | "key"));
    let (action, id) = case.action.split_once(' ').unwrap_or((case.action, "571"));
    let has_csr = action != "renew" && !has_key;
    let options: Vec<(&str, String)> = case.options.iter().map(|(name, value)| (*name, at_home(name, value))).collect();
    let mut words: Vec<String> = Vec::new();
    if is_batch {
        let mut line = format!("[[order]]\naction = \"{action}\"\n");
        if action != "create" {
            line += &format!("id = {id}\n");
        }
        if has_csr {
            line += &format!("csr = \"{}\"\n", csr());
        }
        for (name, value) in &options {
            let is_bare = matches!(value.as_str(), "true" | "false") || value.parse::<i64>().is_ok();
            line += &if is_bare { format!("{name} = {value}\n") } else { format!("{name} = \"{value}\"\n") };
        }
        fs::write(home.path().join("one.toml"), line).unwrap();
        words.extend(["batch".to_owned(), home.path().join("one.toml").display().to_string()]);
    } else {
        words.push(action.to_owned());
        if action != "create" {
            words.push(id.to_owned());
        }
        if has_csr {
            words.extend(["--csr".to_owned(), csr()]);
        }
        for (name, value) in &options {
            words.push(format!("--{}", name.replace('_', "-")));
            match value.split_once("exec ") {
                Some((_, command)) if *name == "dns" => words.extend(["exec".to_owned(), command.to_owned()]),
                // What is said by being there has no value.
                _ if value == "true" && *name != "provisioning" => {}
                _ => words.push(value.clone()),
            }
        }
    }
    words.extend(case.more.iter().chain(more).map(|word| word.replace("HOME", &home.path().display().to_string())));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (code, document, said) = told(home.path(), &server, transport, &words);
    let rows = if more.contains(&"--dry-run") { "plan" } else { "orders" };
    let row = if is_batch { document[rows][0].clone() } else { document.clone() };
    let mut order = row["order"].clone();
    for member in ["created", "updated"] {
        order.as_object_mut().and_then(|order| order.remove(member));
    }
    let asked = TaskKind::ALL.iter().map(|kind| (kind.name(), gateway.asked(*kind))).filter(|(_, count)| *count > 0);
    Told {
        code,
        said: plain(&said, home.path()),
        order: serde_json::from_str(&plain(&order.to_string(), home.path())).unwrap(),
        files: serde_json::from_str(&plain(&row["files"].to_string(), home.path())).unwrap(),
        requests: row["requests"].as_array().into_iter().flatten().map(|shown| shown["task"].to_string()).collect(),
        asked: asked.collect(),
        orders: gateway.counts().orders,
        queue: gateway.queue_len(),
        folder: names(&home.path().join("out")),
        spool: names(&home.path().join("spool")).len(),
    }
}

/// A text without what is another one in each run: folders, ids and values made at random, transaction ids, and times.
fn plain(text: &str, home: &Path) -> String {
    let text = text.replace(&home.display().to_string(), "HOME");
    // How long it took so far, on a machine that may be busy.
    let untimed = |line: &str| match line.find("not finished after ").zip(line.find("; next look in ")) {
        Some((at, _)) => line.get(..at).unwrap_or_default().to_owned() + "not finished yet",
        None => line.to_owned(),
    };
    let text = text.split('\n').map(untimed).collect::<Vec<_>>().join("\n");
    let mut parts = text.split("127.0.0.1:");
    let first = parts.next().unwrap_or_default().to_owned();
    let text = parts.fold(first, |text, part| text + "GATEWAY" + part.trim_start_matches(|c: char| c.is_ascii_digit()));
    let mut plain = String::new();
    let mut word = String::new();
    for c in text.chars().chain(['\n']) {
        // Within a time, before its minutes and its seconds.
        let is_in_a_time = c == ':' && matches!(word.len(), 13 | 16) && word.get(10..11) == Some("T");
        if c.is_ascii_alphanumeric() || c == '-' || is_in_a_time {
            word.push(c);
            continue;
        }
        let digits = word.chars().filter(char::is_ascii_digit).count();
        let is_random = word.strip_prefix("certgate-").is_some_and(|rest| rest.len() == 16)
            || (word.len() > 30 && digits > 8)
            || word.contains("-sim-")
            || (word.len() == 20 && digits == 14 && word.ends_with('Z'));
        plain += if is_random { "ID" } else { &word };
        plain.push(c);
        word.clear();
    }
    plain.trim_end_matches('\n').to_owned()
}

/// A second may be a minute's, an hour's or a day's last.
#[test]
fn times_are_taken_out_whole() {
    let said = |first: &str, second: &str| format!("is {first}, by its `Date`: \"{second}\"");
    let home = Path::new("/home");
    let [before, after] =
        [("2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"), ("2027-01-01T00:00:00Z", "2027-01-01T00:00:01Z")]
            .map(|(first, second)| plain(&said(first, second), home));
    assert_eq!(before, after);
    assert_eq!(before, said("ID", "ID"));
    assert_eq!(plain("at 12:30, port 1:2", home), "at 12:30, port 1:2", "what is no time stays");
}

/// Whether that is said, with options by the names of the columns that say the same.
fn says(said: &str, of_columns: &str) -> bool {
    let is_of_option = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let mut parts = said.split("--");
    let mut columns = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (option, rest) = part.split_at(part.find(|c| !is_of_option(c)).unwrap_or(part.len()));
        columns += &format!("`{}`{rest}", option.replace('-', "_"));
    }
    said.contains(of_columns) || columns.contains(of_columns)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_batch_of_one_is_the_single_command() {
    for transport in ["xml", "json"] {
        for case in cases() {
            let what = format!("{}, {transport}", case.title);
            let [single, mut batch] = [false, true].map(|is_batch| run(&case, transport, is_batch, &[]));
            assert_eq!(single.code, case.code, "{what}: {}", single.said);
            assert!(says(&single.said, case.said), "{what}: {}", single.said);
            if case.code == 2 {
                // A file says where in it.
                assert!(says(&batch.said, case.said), "{what}: {}", batch.said);
                // Whose key is to be read, its names are asked for.
                let is_look = |(task, _): &(&str, usize)| *task == "certificate-info";
                assert!(single.asked.iter().chain(&batch.asked).all(is_look), "{what}: nothing was ordered");
                batch.said.clone_from(&single.said);
                // A row is of an order, be it one that is not placed.
                batch.order.clone_from(&single.order);
            }
            assert_eq!(batch, single, "{what}");
        }
    }
}

/// What is found before an order leaves is found in a rehearsal, and nothing leaves.
#[test]
fn a_batch_of_one_is_rehearsed_like_the_single_command() {
    for transport in ["xml", "json"] {
        for case in cases() {
            let what = format!("{}, {transport}", case.title);
            let [single, mut batch] = [false, true].map(|is_batch| run(&case, transport, is_batch, &["--dry-run"]));
            if case.code == 2 {
                assert_eq!(single.code, 2, "{what}: {}", single.said);
                // A file says where in it.
                assert!(says(&batch.said, case.said), "{what}: {}", batch.said);
                batch.said.clone_from(&single.said);
            }
            assert_eq!(batch, single, "{what}");
            assert_eq!(single.orders, 0, "{what}");
            // The order is the first that is not safe to repeat, and is shown.
            let order = format!("\"certificate-{}\"", case.action);
            assert_eq!(single.requests.contains(&order), single.code == 0, "{what}: {}", single.said);
        }
    }
}

/// Every setting is a column of a batch that some case above gives, and an option of the single command.
#[test]
fn every_setting_is_an_option_and_a_column() {
    let given: Vec<&str> = cases().iter().flat_map(|case| case.options).map(|(name, _)| *name).collect();
    let help = certgate(&["reissue", "--help"], "");
    let help = String::from_utf8(help.stdout).unwrap();
    for field in CertificateSettings::FIELDS {
        let spellings = match field.name {
            // Of a file's folder, of the run's --config and --profile, and of who is declared.
            "working_folder" | "dns_config" | "verify" | "renew_before" | "profile" => continue,
            "csr" => vec!["csr"],
            "names" => vec!["san"],
            "formats" => vec!["pkcs12", "jks"],
            name => vec![name],
        };
        for name in spellings {
            assert!(name == "csr" || given.contains(&name), "no case gives `{name}`");
            let option = format!("--{}", name.replace('_', "-"));
            // A switch that may be said to be off shows its value in brackets.
            let is_there = help.split_whitespace().any(|word| word.split('[').next() == Some(&option));
            assert!(is_there, "no option {option}");
        }
    }
}

/// Every option that says how orders are waited for, which both commands have, is given by some case above; all are run with `--dry-run`, too.
#[test]
fn every_option_of_a_run_is_given() {
    let options = |command: &str| -> BTreeSet<String> {
        let help = String::from_utf8(certgate(&[command, "--help"], "").stdout).unwrap();
        let own = help.split("Global options").next().unwrap();
        let words = own.lines().filter_map(|line| line.trim().strip_prefix("--")?.split([' ', '[', '=']).next());
        words.map(|word| format!("--{word}")).collect()
    };
    let cases = cases();
    let given: Vec<&str> = cases.iter().flat_map(|case| case.more).copied().collect();
    let both: Vec<String> = options("reissue").intersection(&options("batch")).cloned().collect();
    for option in ["--timeout", "--foreign", "--spool"] {
        assert!(both.iter().any(|both| both == option), "{option} of {both:?}");
    }
    for option in both.into_iter().filter(|option| option != "--dry-run") {
        assert!(given.contains(&option.as_str()), "no case gives {option}");
    }
}

/// What a setting needs may be remembered in its folder.
#[test]
fn a_setting_may_go_with_what_is_remembered() {
    for is_batch in [false, true] {
        let home = tempfile::tempdir().unwrap();
        let (_gateway, server) = serve(certgate_simulator::Settings::default());
        let (out, line) = (home.path().join("out").display().to_string(), home.path().join("one.jsonl"));
        let first = ["reissue", "571", "--new-key", "--out", &out, "--deploy-hook", "true"];
        assert_eq!(told(home.path(), &server, "json", &first).0, 0);
        let text =
            format!(r#"{{"id":571,"new_key":true,"out":"{out}","rollback_on_failure":true,"hook_timeout":"9s"}}"#);
        fs::write(&line, text).unwrap();
        let line = line.display().to_string();
        let words = if is_batch {
            vec!["batch", &line]
        } else {
            vec!["reissue", "571", "--new-key", "--out", &out, "--rollback-on-failure", "--hook-timeout", "9s"]
        };
        let (code, _, said) = told(home.path(), &server, "json", &words);
        assert_eq!(code, 0, "{said}");
        let remembered = fs::read_to_string(home.path().join("out/current/about.json")).unwrap();
        let remembered: Value = serde_json::from_str(&remembered).unwrap();
        let settings = &remembered["settings"];
        let hook = ["deploy_hook", "hook_timeout", "rollback_on_failure"].map(|name| settings[name].to_string());
        assert_eq!(hook, [r#""true""#, r#""9s""#, "true"], "{remembered}");
    }
}
