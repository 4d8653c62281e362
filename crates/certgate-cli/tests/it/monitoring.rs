//! What monitoring systems are told: one line by the plugins' rule, and metrics.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use certgate::monitoring::METRICS;
use certgate_domain::{Moment, TaskKind};
use certgate_simulator::{Fault, Settings};
use pretty_assertions::assert_eq;
use serde_json::json;

use crate::support::binary::{
    Here, certgate, csr, ended, endpoint, exit, fast, pair, run, secret, serve, stderr, stdout, told,
};

/// A metric's samples by their labels, as they are written.
type Samples = BTreeMap<String, f64>;

/// Reads Prometheus' text format as strictly as a scraper does.
fn parse(text: &str) -> BTreeMap<String, Samples> {
    let mut found: BTreeMap<String, Samples> = BTreeMap::new();
    let mut family = String::new();
    let mut helped = BTreeSet::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(helped.insert(name.to_owned()), "{name} comes twice");
            assert!(help.ends_with('.'), "{line}");
            family = name.to_owned();
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert_eq!(name, family, "the type comes right after the help");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            assert!(kind == "gauge" || kind == "counter", "{line}");
        } else {
            let (name, value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = name.split_once('{').unwrap_or_else(|| panic!("{line} is of no account"));
            let labels = labels.strip_suffix('}').unwrap();
            assert!(labels.split("\",").all(|label| label.split_once("=\"").is_some()), "{line}");
            let (labels, _) = labels.split_once("account=\"user@9 at 127.0.0.1").unwrap_or_else(|| panic!("{line}"));
            let labels = labels.trim_end_matches(',');
            assert_eq!(name, family, "a sample stands below its own help");
            let samples = found.entry(name.to_owned()).or_default();
            assert!(samples.insert(labels.to_owned(), value.parse().unwrap()).is_none(), "{line} comes twice");
        }
    }
    assert!(text.ends_with('\n'));
    found
}

/// Runs promtool where it is installed.
fn promtool(arguments: &[&str], stdin: &str) {
    let found = Command::new("promtool").arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        std::io::stderr().write_all(b"promtool is not installed: only the test's own parser has read this\n").unwrap();
        return;
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), stdin).unwrap();
    let output = Command::new("promtool").args(arguments).stdin(fs::File::open(file.path()).unwrap()).output().unwrap();
    assert!(output.status.success(), "{} {}", stdout(&output), stderr(&output));
}

#[test]
fn the_whole_account_is_checked() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { more_certificates: 1500, ..Settings::default() });
        for (more, code, line) in [
            (
                &[][..],
                1,
                "CERTIFICATES WARNING - example.com (571) ends in 19 days | certificates=1501;;;0 warning=1;;;0 critical=0;;;0",
            ),
            (
                &["--warning", "10d", "--critical", "5d"],
                0,
                "CERTIFICATES OK - 1501 certificates, the first to end: example.com (571)",
            ),
            (
                &["--critical", "25d"],
                2,
                "CERTIFICATES CRITICAL - example.com (571) ends in 19 days | certificates=1501;;;0 warning=0;;;0",
            ),
            // What is wrong with its own arguments is unknown to a monitoring system, too.
            (&["--warning", "5d"], 3, "CERTIFICATES UNKNOWN - --warning is less than --critical"),
            (&["--warning", "7"], 3, "CERTIFICATES UNKNOWN - invalid value '7' for '--warning"),
            (&["--bogus"], 3, "CERTIFICATES UNKNOWN - unexpected argument '--bogus'"),
            (&["--prometheus", "none/none"], 3, "CERTIFICATES UNKNOWN - "),
            // A folder that is named and holds nothing.
            (
                &[".", "--warning", "10d"],
                1,
                "CERTIFICATES WARNING - 1 of the folders here without a certificate that can be read | ",
            ),
        ] {
            let asked = here.gateway.asked(TaskKind::CertificateList);
            let (at, config) = (endpoint(&here.server, transport), fast(here.home.path()));
            let common = ["status", "--check", "--transport", transport, "--endpoint", &at, "--config", &config];
            let output = run(here.home.path(), &[&common[..], more].concat());
            assert_eq!(exit(&output), code, "{more:?} {}", stderr(&output));
            // It ends twenty days after the gateway was made, a moment ago.
            let said = stdout(&output).replace("ends in 20 days", "ends in 19 days");
            assert!(said.starts_with(line), "{more:?} {said}");
            assert_eq!(stdout(&output).lines().count(), 1);
            if code < 3 {
                assert_eq!(here.gateway.asked(TaskKind::CertificateList), asked + 2, "by pages of a thousand");
            }
        }
        let (code, document, _) = here.told(&["status", "--check"]);
        assert_eq!((code, &document["check"]["level"]), (1, &json!("warning")));
        let days = document["check"]["performance"]["days"].clone();
        assert!(days == 19 || days == 20, "{days}");
        let expected = json!({ "certificates": 1501, "warning": 1, "critical": 0, "days": days });
        assert_eq!(document["check"]["performance"], expected);
    }
}

/// What goes with something else is not passed over without it.
#[test]
fn no_option_of_a_check_is_lost() {
    for given in [["--warning", "9d"], ["--critical", "1d"]] {
        let output = certgate(&[&["status", "."][..], &given].concat(), "");
        assert!(exit(&output) == 2 && stderr(&output).contains("--check"), "{given:?}: {}", stderr(&output));
    }
    // Another command's is no check.
    for command in ["store", "serve"] {
        let output = certgate(&[command, "status", "--check"], "");
        assert_eq!((exit(&output), stdout(&output).as_str()), (2, ""), "{command}: {}", stderr(&output));
    }
    // What there is to say of it is one line, whatever it holds.
    let refused = ["status", "--check", "--sandbox", "--bogus"];
    let output = certgate(&refused, "");
    let said = stdout(&output);
    assert!(exit(&output) == 3 && said.lines().count() == 1 && !said.contains('␊'), "{said}");
    // A value may be called as a command is.
    let output = certgate(&["--profile", "demo", "status", "--check", "--bogus"], "");
    assert!(exit(&output) == 3 && stdout(&output).starts_with("CERTIFICATES UNKNOWN - "), "{}", stdout(&output));
}

/// What ended long ago is not said to end soon.
#[test]
fn what_ended_elsewhere_is_said() {
    let home = tempfile::tempdir().unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
    for (days_ago, todo) in
        [(60, "not here, and it ended: see who has it"), (0, "not here, and it ends soon: see who has it")]
    {
        let (_gateway, server) = serve(Settings { start: Some(now - days_ago * 86_400), ..Settings::default() });
        let (_, document, said) = told(home.path(), &server, "json", &["status", &home.path().display().to_string()]);
        let rows = document["certificates"].as_array().unwrap();
        let row = rows.iter().find(|row| row["certificate"] == 571).unwrap_or_else(|| panic!("{document} {said}"));
        assert_eq!(row["todo"], todo);
    }
}

#[test]
fn what_cannot_be_found_out_is_unknown() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { faults: vec![Fault::Html502(None); 20], ..Settings::default() });
        for more in [&[][..], &["--bogus"], &["--warning", "7"]] {
            let check = [&["status", "--check"][..], more].concat();
            let (code, document, _) = here.told(&check);
            assert_eq!((code, &document["check"]["level"]), (3, &json!("unknown")), "{more:?}: {document}");
        }
        drop(here.server);
        let config = fast(here.home.path());
        let output = crate::support::binary::bare(here.home.path())
            .args(["status", "--check", "--config", &config, "--transport", transport])
            .output()
            .unwrap();
        assert_eq!(exit(&output), 3, "{}", stderr(&output));
        assert!(stdout(&output).starts_with("CERTIFICATES UNKNOWN - no user is given"), "{}", stdout(&output));
    }
}

#[test]
fn metrics_of_everything_that_is_watched() {
    for transport in ["xml", "json"] {
        let settings = Settings { foreign_first: 2, more_certificates: 1, clock_ahead: 60, ..Settings::default() };
        let here = Here::new(transport, settings);
        let (csr, out) = (csr(), here.path("certs/example.com").display().to_string());
        let certs = here.path("certs").display().to_string();
        let order = ["reissue", "571", "--csr", &csr, "--out", &out, "--deploy-hook", "false"];
        assert_eq!(here.told(&order).0, 11);
        let file = here.path("certgate.prom");
        let command = ["status", certs.as_str(), "--prometheus", &file.display().to_string()].map(str::to_owned);
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        let output = here.at(&command);
        assert_eq!((exit(&output), stdout(&output)), (0, String::new()), "{}", stderr(&output));
        let text = fs::read_to_string(&file).unwrap();
        promtool(&["check", "metrics"], &text);
        let metrics = parse(&text);
        let value = |name: &str, labels: &str| {
            *metrics[name].get(labels).unwrap_or_else(|| panic!("{name} {labels}: {:?}", metrics[name]))
        };
        let (_, shown, _) = here.told(&["info", "571"]);
        let expire: Moment = shown["response"]["data"][0]["expire"].as_str().unwrap().parse().unwrap();
        let expire = expire.unix_seconds().unwrap() as f64;
        let labels = "id=\"571\",name=\"example.com\"";
        assert_eq!(value("certgate_certificate_not_after_timestamp_seconds", labels), expire);
        assert!(value("certgate_certificate_term_end_timestamp_seconds", labels) >= expire);
        assert_eq!(metrics["certgate_certificate_not_after_timestamp_seconds"].len(), 2);
        let installed = format!("{labels},folder=\"{out}\"");
        let began = value("certgate_installed_not_before_timestamp_seconds", &installed);
        assert_eq!(value("certgate_certificate_not_before_timestamp_seconds", labels), began);
        assert_eq!(value("certgate_installed_not_after_timestamp_seconds", &installed), expire);
        assert_eq!(value("certgate_installed_deployed", &format!("folder=\"{out}\"")), 0.0, "its hook failed");
        assert_eq!((value("certgate_gateway_up", ""), value("certgate_queue_messages", "")), (1.0, 3.0));
        assert!((58.0..=62.0).contains(&value("certgate_gateway_clock_ahead_seconds", "")));
        assert_eq!(value("certgate_orders", "state=\"done\""), 1.0);
        let taken = value("certgate_snapshot_timestamp_seconds", "");
        assert!((taken - 7200.0..=taken + 62.0).contains(&began), "dated back by an hour: {began} {taken}");
        let run = value("certgate_last_run_timestamp_seconds", "command=\"reissue\"");
        assert!((taken - 120.0..=taken).contains(&run), "{run} {taken}");
        assert_eq!(value("certgate_last_exit_code", "command=\"reissue\""), 11.0);
        assert!(!metrics.contains_key("certgate_last_success_timestamp_seconds"), "it did not end well");
        let sent = |task: &str| {
            value("certgate_requests_total", &format!("task=\"{task}\",transport=\"{transport}\",outcome=\"answered\""))
        };
        assert_eq!((sent("certificate-reissue"), here.gateway.asked(TaskKind::CertificateReissue)), (1.0, 1));
        let before = sent("poll-info");

        // What ran well is remembered, and counts go on.
        assert_eq!(here.told(&["poll", "drain", "--exec", "true"]).0, 0);
        here.ends(&command, 0);
        let later = parse(&fs::read_to_string(&file).unwrap());
        assert!(later["certgate_last_success_timestamp_seconds"].contains_key("command=\"poll drain\""));
        let polled = format!("task=\"poll-info\",transport=\"{transport}\",outcome=\"answered\"");
        assert!(later["certgate_requests_total"][&polled] >= before + 3.0);
        assert_eq!(later["certgate_queue_messages"][""], 0.0);
        let names: BTreeSet<&str> = METRICS.iter().map(|metric| metric.name).collect();
        assert!(later.keys().chain(metrics.keys()).all(|name| names.contains(name.as_str())), "{later:?}");

        // Without the gateway the file says so, and what this machine knows.
        drop(here.server);
        ended(run_again(here.home.path(), &command, transport), 5);
        let alone = parse(&fs::read_to_string(&file).unwrap());
        assert_eq!(alone["certgate_gateway_up"][""], 0.0);
        assert_eq!(alone["certgate_installed_not_before_timestamp_seconds"][&installed], began);
        assert_eq!(alone["certgate_installed_not_after_timestamp_seconds"][&installed], expire);
        assert!(!alone.contains_key("certgate_installed_revoked"), "nobody says that it was not");
        assert!(!alone.contains_key("certgate_certificate_not_after_timestamp_seconds"));
    }
}

/// A file that is gone from an installed set is said by each look at it, whichever file it is, and is there again after the next run.
#[test]
fn a_file_that_is_gone_is_said() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        secret(&here.path("pass"), "correct horse\n");
        let stored = ["--pkcs12", "--store-pass-file", "pass"];
        here.run(&[&["reissue", "571", "--new-key", "--out", "certs/live"][..], &stored].concat(), 0);
        let check = ["status", "certs", "--check", "--warning", "1d", "--critical", "1d"];
        for (gone, orders) in [
            // Only from where servers read it, or altogether: another key is ordered.
            (&["fullchain.pem"][..], 1),
            (&["bundle.p12"], 1),
            (&["cert.pem"], 1),
            (&["current/cert.pem"], 1),
            (&["key.pem"], 1),
            // combined.pem has it, too.
            (&["current/key.pem"], 1),
            (&["current/key.pem", "key.pem"], 1),
            (&["current/key.pem", "current/combined.pem"], 2),
        ] {
            let key = here.read("certs/live/key.pem");
            for gone in gone {
                fs::remove_file(here.path("certs/live").join(gone)).unwrap();
            }
            let said = format!("`{}` is gone from its folder", gone[0].trim_start_matches("current/"));
            let puts = if orders == 1 { "puts it there again" } else { "orders another one with a new key" };
            let todo = format!("{said}: certgate renew-due{} {puts}", here.options());
            for more in [&[][..], &["--here"]] {
                let (document, _) = here.run(&[&["status", "certs"], more].concat(), 10);
                assert_eq!(document["certificates"][0]["todo"], todo, "{gone:?} {more:?}");
            }
            let (document, _) = here.run(&check, 1);
            assert_eq!(document["check"]["text"], "1 installed here without all of their files", "{gone:?}");
            here.ends(&["status", "certs", "--html", "page.html"], 0);
            let page = here.read("page.html");
            assert!(page.contains(&format!("<span class=\"bad\">{said}</span>")), "{gone:?}: {page}");
            let (document, _) = here.run(&["renew-due", "certs", "--dry-run"], 0);
            assert_eq!(document["plan"][0]["why"], said, "{gone:?}");
            here.run(&["renew-due", "certs"], 0);
            assert_eq!(here.orders(), orders, "{gone:?}");
            assert_eq!(here.read("certs/live/key.pem") == key, orders == 1, "{gone:?}");
            here.run(&["status", "certs"], 0);
            here.run(&check, 0);
        }
        // Nothing here tells which certificate it was but the note beside it.
        for gone in ["cert.pem", "fullchain.pem"] {
            fs::remove_file(here.path("certs/live/current").join(gone)).unwrap();
        }
        let fetch = ["fetch", "571", "--out", "certs/live"];
        let (document, _) = here.run(&["status", "certs"], 2);
        let error = &document["certificates"][0]["error"];
        let text = error["text"].as_str().unwrap();
        assert!(text.starts_with("certs/live: its certificate is gone"), "{text}");
        assert!(error["advice"].as_str().unwrap().ends_with("571 --out certs/live` puts it there again"), "{error}");
        here.run(&fetch, 0);
        here.run(&["status", "certs"], 0);
        assert_eq!(here.orders(), 2);
    }
}

/// The sets of a folder are gone, or the link to the one in place: each look says a command that works, and nothing is ordered that cannot be
/// put in place.
#[test]
fn sets_that_are_gone_are_said() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let order = ["reissue", "571", "--new-key", "--out", "certs/live"];
        let said = |gone: &str, advice: &str| {
            for command in ["status", "renew-due"] {
                let (document, _) = here.run(&[command, "certs"], 2);
                let error = &document.get("certificates").unwrap_or(&document["orders"])[0]["error"];
                assert_eq!(error["text"], format!("certs/live: its certificate {gone} gone"), "{document}");
                let given = error["advice"].as_str().unwrap_or_default();
                assert!(given.ends_with(advice) && given.starts_with("`certgate "), "{given}");
            }
        };
        here.run(&order, 0);
        here.run(&order, 0);
        let sets = |at: usize| here.run(&["rollback", "certs/live", "--list"], 0).0["sets"][at]["set"].clone();
        let newest = sets(1).as_str().unwrap().to_owned();

        fs::remove_file(here.path("certs/live/current")).unwrap();
        here.run(&["rollback", "certs/live", "--to", &newest], 0);
        here.run(&["status", "certs"], 0);
        // What is put in place meanwhile comes after the newest.
        fs::remove_file(here.path("certs/live/current")).unwrap();
        here.run(&order, 0);
        here.run(&["rollback", "certs/live"], 0);
        assert_eq!(fs::read_link(here.path("certs/live/current")).unwrap(), Path::new("sets").join(&newest));
        here.run(&["fetch", "571", "--out", "certs/live"], 0);
        assert_eq!(here.orders(), 3);

        fs::remove_dir_all(here.path("certs/live/sets")).unwrap();
        said("and its key are", " 571 --new-key --out certs/live` orders another one into it");
        // The gateway's is of no use without its key.
        let (_, error) = here.run(&["fetch", "571", "--out", "certs/live"], 10);
        assert!(error.contains("certs/live has lost its key"), "{error}");
        here.run(&[&["reissue", "571", "--csr"][..], &[&csr(), "--out", "certs/live"]].concat(), 2);
        assert_eq!(here.orders(), 3);
        here.run(&order, 0);
        here.run(&["status", "certs"], 0);
        let (key, certificate) = pair(&here.path("certs/live"));
        assert_eq!((key, here.orders()), (certificate, 4));

        // Nothing but the note is left in the set.
        for file in ["cert.pem", "fullchain.pem", "key.pem", "combined.pem"] {
            fs::remove_file(here.path("certs/live/current").join(file)).unwrap();
        }
        said("and its key are", " 571 --new-key --out certs/live` orders another one into it");
        here.run(&order, 0);
        here.run(&["status", "certs"], 0);
    }
}

/// A sweep that stopped is seen by the last time at which it ran well: each command that a line of a crontab runs is recorded, one
/// that only shows what it would do as itself.
#[test]
fn the_runs_of_a_crontab_are_seen() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { foreign_first: 1, ..Settings::default() });
        let told = |command: &[&str]| exit(&here.at(command));
        assert_eq!(told(&["reissue", "571", "--new-key", "--out", "certs/example.com"]), 0);
        let declared = "[[certificate]]\nid = 571\nout = \"certs/example.com\"\n";
        fs::write(here.path("certificates.toml"), declared).unwrap();
        fs::write(here.path("batch.csv"), format!("id,csr\n571,{}\n", csr())).unwrap();
        let message = r#"{"status":{"code":"S0905","type":"SUCCESS"},"data":[{"id":7,"job":{"id":8}}]}"#;
        fs::write(here.path("message.json"), message).unwrap();
        let ran = [
            (&["renew-due", "certs"][..], 8),
            (&["renew-due", "certs", "--dry-run"], 8),
            (&["plan", "certificates.toml"], 8),
            (&["apply", "certificates.toml"], 8),
            (&["batch", "batch.csv"], 0),
            (&["resume"], 8),
            (&["poll", "import", "message.json"], 0),
            (&["poll", "drain", "--exec", "true"], 0),
            (&["status", "--check"], 0),
        ];
        for (command, code) in ran {
            assert_eq!(told(command), code, "{command:?}");
        }
        assert_eq!(told(&["status", "--prometheus", "metrics"]), 0);
        let metrics = parse(&here.read("metrics"));
        for name in ["certgate_last_run_timestamp_seconds", "certgate_last_success_timestamp_seconds"] {
            let commands: Vec<&str> = metrics[name].keys().map(String::as_str).collect();
            let expected = [
                "apply",
                "batch",
                "plan",
                "poll drain",
                "poll import",
                "reissue",
                "renew-due --dry-run",
                "renew-due",
                "resume",
                "status",
            ];
            assert_eq!(commands, expected.map(|command| format!("command=\"{command}\"")), "{transport} {name}");
        }
    }
}

/// A colleague reissues with a store of their own, at once, and revokes what is in place here: whoever watches this machine is told, whether the
/// other one ends when this does (the end of the term) or not.
#[test]
fn what_a_colleague_revoked_is_told() {
    for transport in ["xml", "json"] {
        for longest in [None, Some(Duration::from_secs(47 * 86_400))] {
            let settings = Settings { more_certificates: 3, max_validity: longest, ..Settings::default() };
            let here = Here::new(transport, settings);
            let colleague = tempfile::tempdir().unwrap();
            let reissue = ["reissue", "10002", "--new-key", "--out", "r"];
            let revoked = "certgate_installed_revoked";
            let check = ["status", "--check", "r", "--warning", "1h", "--critical", "1h"];
            here.run(&reissue, 0);
            here.run(&check, 0);
            here.ends(&["status", "--prometheus", "metrics", "r"], 0);
            assert_eq!(parse(&here.read("metrics"))[revoked]["folder=\"r\""], 0.0);

            let (code, reissued, said) = told(colleague.path(), &here.server, transport, &reissue);
            assert_eq!(code, 0, "{said}");
            here.run(&check, 0);
            let serial =
                reissued["certificate"]["histories"].as_array().unwrap().last().unwrap()["serialNumber"].clone();
            let revoke = ["revoke", "10002", "--serial", serial.as_str().unwrap(), "--yes"];
            assert_eq!(told(colleague.path(), &here.server, transport, &revoke).0, 0);

            let (document, _) = here.run(&check, 2);
            assert_eq!(document["check"]["text"], "1 installed here and revoked", "{transport} {longest:?}");
            let asked = here.gateway.asked(TaskKind::CertificateInfo);
            here.ends(&["status", "--prometheus", "metrics", "r"], 0);
            assert_eq!(parse(&here.read("metrics"))[revoked]["folder=\"r\""], 1.0, "{transport} {longest:?}");
            assert_eq!(here.gateway.asked(TaskKind::CertificateInfo) - asked, 1, "its term is told with it");
        }
    }
}

/// The same with a gateway that is gone.
fn run_again(home: &Path, command: &[&str], transport: &str) -> std::process::Output {
    let path = if transport == "xml" { "xml" } else { "v1" };
    let at = format!("http://127.0.0.1:1/{path}");
    let config = fast(home);
    run(home, &[command, &["--transport", transport, "--endpoint", &at, "--config", &config]].concat())
}

/// Rules and dashboard name metrics that there are.
#[test]
fn rules_and_dashboard_name_what_is_emitted() {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/monitoring");
    let names: BTreeSet<&str> = METRICS.iter().map(|metric| metric.name).collect();
    for file in ["alerts.yml", "dashboard.json"] {
        let text = fs::read_to_string(folder.join(file)).unwrap();
        let is_of_name = |c: char| c.is_ascii_lowercase() || c == '_';
        let mut named = 0;
        for (start, _) in text.match_indices("certgate_") {
            let name = text[start..].split(|c| !is_of_name(c)).next().unwrap();
            assert!(names.contains(name), "{file}: {name}");
            named += 1;
        }
        assert!(named >= 10, "{file}: {named}");
    }
    let rules = fs::read_to_string(folder.join("alerts.yml")).unwrap();
    let of_sets: Vec<&str> = names.into_iter().filter(|name| name.starts_with("certgate_installed_")).collect();
    assert!(of_sets.len() > 3 && of_sets.iter().all(|name| rules.contains(name)), "each is watched: {of_sets:?}");
    promtool(&["check", "rules", &folder.join("alerts.yml").display().to_string()], "");
    promtool(&["test", "rules", &folder.join("alerts_test.yml").display().to_string()], "");
    let dashboard = fs::read_to_string(folder.join("dashboard.json")).unwrap();
    let dashboard: serde_json::Value = serde_json::from_str(&dashboard).unwrap();
    let ids: BTreeSet<_> = dashboard["panels"].as_array().unwrap().iter().map(|panel| panel["id"].as_i64()).collect();
    assert_eq!(ids.len(), dashboard["panels"].as_array().unwrap().len(), "each panel has an id of its own");
}
