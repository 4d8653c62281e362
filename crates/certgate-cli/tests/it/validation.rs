//! Control over a name is shown before the order, and what was published is cleaned up after it.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Output, Stdio},
    time::Duration,
};

use certgate_dns::ZoneRecord;
use certgate_domain::TaskKind;
use certgate_simulator::{Fault, Server, Settings};
use pretty_assertions::assert_eq;

use crate::support::{
    binary::{command, csr, ended, endpoint, exit, fast, interrupt, json, secret, serve, stderr, until},
    dns,
};

const REISSUE: Option<TaskKind> = Some(TaskKind::CertificateReissue);

fn arguments(home: &Path, server: &Server, transport: &str, more: &[&str]) -> Vec<String> {
    let (at, config, csr) = (endpoint(server, transport), fast(home), csr());
    let common = ["reissue", "571", "--csr", &csr, "--transport", transport, "--endpoint", &at, "--config", &config];
    common.iter().chain(more).map(|word| (*word).to_owned()).collect()
}

pub(super) fn run(home: &Path, server: &Server, transport: &str, more: &[&str]) -> Output {
    let arguments = arguments(home, server, transport, more);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    command(home, &arguments).current_dir(home).output().unwrap()
}

/// A new certificate: the method of one that is there cannot change.
pub(super) fn create(home: &Path, server: &Server, transport: &str, more: &[&str]) -> Output {
    let (at, config, csr) = (endpoint(server, transport), fast(home), csr());
    let contacts = ["--product", "QUICKSSLPREMIUM", "--admin", "1120", "--technical", "1120", "--lifetime", "12"];
    let common = ["create", "--csr", &csr, "--transport", transport, "--endpoint", &at, "--config", &config];
    command(home, &[&common[..], &contacts, more].concat()).current_dir(home).output().unwrap()
}

pub(super) fn resume(home: &Path, server: &Server, transport: &str) -> Output {
    let (at, config) = (endpoint(server, transport), fast(home));
    command(home, &["resume", "--transport", transport, "--endpoint", &at, "--config", &config])
        .current_dir(home)
        .output()
        .unwrap()
}

/// Nothing is ordered before the record is there, late and first only at one of two servers.
#[test]
fn manual_waits_until_the_record_is_seen_everywhere() {
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let (gateway, server) = serve(Settings::default());
        let zones = [dns::zone(&[]), dns::zone(&[])];
        let servers = zones.clone().map(|zone| dns::serve(zone).to_string());
        let more = ["--dns", "manual", "--no-authoritative", "--resolver", &servers[0], "--resolver", &servers[1]];
        let arguments = arguments(home.path(), &server, transport, &more);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut reissue = command(home.path(), &arguments);
        let mut child = reissue.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let line = lines.find(|line| line.contains("publish now: ")).unwrap();
        let record = ZoneRecord::parse(line.split_once("publish now: ").unwrap().1).unwrap().remove(0);
        let split = lines.next().unwrap();
        assert!(
            split.contains(&record.name) && split.contains(record.kind()) && split.contains(record.value()),
            "{split}"
        );
        let missing = lines.find(|line| line.contains("not seen yet")).unwrap();
        assert!(missing.contains(&servers[0]) && missing.contains(&servers[1]), "{missing}");
        zones[0].lock().unwrap().push((record.name.clone(), dns::txt(record.value())));
        let missing = lines.find(|line| line.contains("not seen yet") && !line.contains(&servers[0])).unwrap();
        assert!(missing.contains(&servers[1]), "{missing}");
        assert_eq!(gateway.asked(TaskKind::CertificateReissue), 0, "not before it is seen everywhere");
        // Behind a CNAME it counts as well.
        let mut second = zones[1].lock().unwrap();
        second.push((record.name.clone(), dns::cname("elsewhere.example.net.")));
        second.push(("elsewhere.example.net.".to_owned(), dns::txt(record.value())));
        drop(second);
        assert!(lines.any(|line| line.contains("the record is seen at")));
        lines.for_each(drop);
        assert_eq!(child.wait().unwrap().code(), Some(0));
        assert_eq!(gateway.counts().orders, 1);
    }
}

#[test]
fn a_record_that_never_comes_or_is_another_orders_nothing() {
    let home = tempfile::tempdir().unwrap();
    let (gateway, server) = serve(Settings::default());
    let wrong = dns::serve(dns::zone(&[("example.com.", dns::txt("wrong"))])).to_string();
    let more = ["--dns-check", "--dns-timeout", "1s", "--no-authoritative", "--resolver", &wrong, "--output", "json"];
    let output = ended(run(home.path(), &server, "json", &more), 13);
    let text = json(&output)["error"]["text"].as_str().unwrap().to_owned();
    assert!(text.contains("the DNS record is not seen after 1 s") && text.contains(": found wrong"), "{text}");
    assert!(text.ends_with("nothing was ordered"), "{text}");
    assert_eq!(gateway.counts().orders, 0);
    let asked = gateway.asked(TaskKind::CertificateInfo);
    let prepared = gateway.asked(TaskKind::CertificatePrepareOrder);
    for (more, said) in [
        (vec!["--dns", "later"], "--dns: found `later`, expected provision, autodns, manual, exec CMD or nsupdate"),
        (vec!["--dns", "exec"], "expected provision, autodns, manual, exec CMD or nsupdate"),
        (vec!["--dns", "manual", "--webroot", "."], "--dns and --webroot exclude each other: give one"),
        (vec!["--dns-check", "--resolver", "ns.example"], "expected an IP address"),
        (vec!["--dns-check", "--no-authoritative"], "no name server is left to be asked"),
        (vec!["--dns", "manual", "--no-authoritative"], "no name server is left to be asked"),
        (vec!["--dns", "exec", "true", "--resolver", "127.0.0.1"], "--resolver needs --dns-check too"),
        (vec!["--no-authoritative"], "--no-authoritative needs --dns-check too"),
        (vec!["--dns-server", "127.0.0.1"], "--dns-server needs --dns nsupdate too"),
        (vec!["--webroot", "none/such"], "--webroot none/such: cannot be written"),
        (vec!["--approver", "admin@example.com"], "a reissue cannot change that to EMAIL"),
    ] {
        let output = run(home.path(), &server, "json", &more);
        assert_eq!(exit(&output), 2, "{more:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(said), "{more:?}: {}", stderr(&output));
    }
    // Only how the certificate is validated is not known before the gateway said it.
    assert_eq!((gateway.counts().orders, gateway.asked(TaskKind::CertificateInfo)), (0, asked + 1));
    // Nor whom it offers.
    let output = create(home.path(), &server, "json", &["--approver", "nobody@example.com"]);
    let said = "does not offer approval by nobody@example.com, but by ";
    assert!(exit(&output) == 2 && stderr(&output).contains(said), "{}", stderr(&output));
    assert_eq!((gateway.counts().orders, gateway.asked(TaskKind::CertificatePrepareOrder)), (0, prepared + 1));
}

/// The command publishes and removes; also where the order fails, and only then where it is still open.
#[test]
fn a_command_adds_and_removes() {
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let script = r#"printf '%s|%s|%s|%s\n' >> calls"#;
        let calls = || -> Vec<Vec<String>> {
            let text = fs::read_to_string(home.path().join("calls")).unwrap_or_default();
            text.lines().map(|line| line.split('|').map(str::to_owned).collect()).collect()
        };
        let actions = || calls().into_iter().map(|call| call[0].clone()).collect::<Vec<_>>();
        let (gateway, server) = serve(Settings { job_time: Duration::from_millis(500), ..Settings::default() });
        ended(run(home.path(), &server, transport, &["--dns", "exec", script]), 0);
        let done = calls();
        assert_eq!((done[0][1].as_str(), done[0][2].as_str(), done[0][0].as_str()), ("example.com.", "TXT", "add"));
        assert_eq!(done[0][1..], done[1][1..], "the very same record");
        assert_eq!(actions(), ["add", "remove"]);

        // Left to a later run, the record stays until that is over.
        let output = run(home.path(), &server, transport, &["--dns", "exec", script, "--no-wait"]);
        assert_eq!((exit(&output), actions().len()), (6, 3), "{}", stderr(&output));
        let output = resume(home.path(), &server, transport);
        assert_eq!((exit(&output), actions()[3].as_str()), (0, "remove"), "{}", stderr(&output));

        // The command fails: nothing is ordered, and what it may have done is undone.
        let orders = gateway.counts().orders;
        let failing = format!("{script} \"$@\"\ntest \"$1\" = remove\n");
        fs::write(home.path().join("failing.sh"), failing).unwrap();
        let output = run(home.path(), &server, transport, &["--dns", "exec", "sh failing.sh"]);
        assert_eq!((exit(&output), gateway.counts().orders), (13, orders), "{}", stderr(&output));
        assert_eq!(actions()[4..], ["add", "remove"]);

        // It left and what came back says nothing: the record stays until it is known what became of it.
        for (fault, code) in [(Fault::Html200(REISSUE), 7), (Fault::DropAfterRead(REISSUE), 9)] {
            let done = actions().len();
            gateway.inject(fault);
            let output = run(home.path(), &server, transport, &["--dns", "exec", script]);
            assert_eq!((exit(&output), &actions()[done..]), (code, &["add".to_owned()][..]), "{}", stderr(&output));
            let output = resume(home.path(), &server, transport);
            assert_eq!((exit(&output), &*actions()[done + 1]), (0, "remove"), "{}", stderr(&output));
        }

        // The order fails.
        let (_gateway, server) = serve(Settings { jobs_fail: true, ..Settings::default() });
        ended(run(home.path(), &server, transport, &["--dns", "exec", script]), 3);
        assert_eq!(actions()[10..], ["add", "remove"]);
    }
}

/// A script that notes its calls in `calls`, and fails to remove while there is a file `stuck`.
const SCRIPT: &str = "#!/bin/sh\necho \"$1\" >> \"$(dirname \"$0\")/calls\"\ntest \"$1\" = add || ! test -e \"$(dirname \"$0\")/stuck\"\n";

fn script(home: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::write(home.join("hook.sh"), SCRIPT).unwrap();
    fs::set_permissions(home.join("hook.sh"), fs::Permissions::from_mode(0o700)).unwrap();
}

fn calls(home: &Path) -> Vec<String> {
    fs::read_to_string(home.join("calls")).unwrap_or_default().lines().map(str::to_owned).collect()
}

/// Killed while the record is waited for: nothing was ordered, and the next run removes what was published.
#[test]
fn killed_before_the_order() {
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        script(home.path());
        let (gateway, server) = serve(Settings::default());
        let empty = dns::serve(dns::zone(&[])).to_string();
        let more = [
            "--dns",
            "exec",
            "./hook.sh",
            "--dns-check",
            "--no-authoritative",
            "--resolver",
            &empty,
            "--output",
            "json",
        ];
        let words = arguments(home.path(), &server, transport, &more);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut reissue = command(home.path(), &words);
        let reissue = reissue.current_dir(home.path()).stdin(Stdio::null()).stdout(Stdio::null());
        let mut child = reissue.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        assert!(lines.any(|line| line.contains("not seen yet")));
        // The same while it lives: refused before it publishes anything.
        let output = run(home.path(), &server, transport, &more);
        assert!(exit(&output) == 6 && stderr(&output).contains("of the same is validating"), "{}", stderr(&output));
        let output = resume(home.path(), &server, transport);
        assert!(exit(&output) == 6 && stderr(&output).contains("another process"), "{}", stderr(&output));
        assert_eq!(calls(home.path()), ["add"]);
        child.kill().unwrap();
        child.wait().unwrap();
        let output = resume(home.path(), &server, transport);
        assert!(exit(&output) == 13 && stderr(&output).contains("never left: order again"), "{}", stderr(&output));
        assert_eq!((calls(home.path()), gateway.counts().orders), (vec!["add".to_owned(), "remove".to_owned()], 0));
        assert_eq!(exit(&resume(home.path(), &server, transport)), 8, "nothing is left");
        let output = run(home.path(), &server, transport, &["--dns", "exec", "./hook.sh"]);
        assert_eq!((exit(&output), gateway.counts().orders), (0, 1), "{}", stderr(&output));
    }
}

/// However an order came to its end, what was published for it is removed.
#[test]
fn cleaned_up_whatever_ended_the_order() {
    for transport in ["xml", "json"] {
        let exec = ["--dns", "exec", "./hook.sh"];
        let fresh = |settings: Settings| {
            let home = tempfile::tempdir().unwrap();
            script(home.path());
            (home, serve(settings))
        };
        // Somebody else took its message off the queue, and so noted that it failed.
        let (home, (_gateway, server)) = fresh(Settings { jobs_fail: true, ..Settings::default() });
        ended(run(home.path(), &server, transport, &[&exec[..], &["--no-wait"]].concat()), 6);
        let (at, config) = (endpoint(&server, transport), fast(home.path()));
        let drain = ["poll", "drain", "--to", "m", "--transport", transport, "--endpoint", &at, "--config", &config];
        command(home.path(), &drain).current_dir(home.path()).output().unwrap();
        assert_eq!(calls(home.path()), ["add"]);
        let output = resume(home.path(), &server, transport);
        assert_eq!((exit(&output), calls(home.path()).len()), (0, 2), "{}", stderr(&output));

        // Its answer was lost, and its job is found to have failed.
        let faults = vec![Fault::DropAfterRead(REISSUE)];
        let (home, (_gateway, server)) = fresh(Settings { jobs_fail: true, faults, ..Settings::default() });
        assert_eq!(exit(&run(home.path(), &server, transport, &exec)), 9);
        let output = resume(home.path(), &server, transport);
        assert_eq!((exit(&output), calls(home.path()).len()), (3, 2), "{}", stderr(&output));

        // It never arrived, and a person gave it up; in another folder than it was ordered from.
        let faults = vec![Fault::DropBeforeRead(REISSUE)];
        let (home, (_gateway, server)) = fresh(Settings { faults, ..Settings::default() });
        ended(run(home.path(), &server, transport, &exec), 9);
        let orders = json(&command(home.path(), &["orders", "--output", "json"]).output().unwrap());
        let id = orders["orders"][0]["order"]["id"].as_str().unwrap();
        let output = command(home.path(), &["orders", "abandon", id, "--yes"]).current_dir("/").output().unwrap();
        assert_eq!((exit(&output), calls(home.path()).len()), (0, 2), "{}", stderr(&output));
    }
}

/// Ctrl-C while an order is given up: what removes its records is waited for, and the order is over.
#[cfg(unix)]
#[test]
fn interrupted_while_an_order_is_given_up() {
    let home = tempfile::tempdir().unwrap();
    let [started, wait, heard] = ["started", "wait", "heard"].map(|name| home.path().join(name));
    let remove = "echo > started; while [ -e wait ]; do sleep 0.1; done; echo > removed";
    let hook = format!("#!/bin/sh\nif [ \"$1\" = remove ]; then {remove}; fi\n");
    fs::write(home.path().join("hook.sh"), hook).unwrap();
    let (_gateway, server) = serve(Settings { faults: vec![Fault::DropBeforeRead(REISSUE)], ..Settings::default() });
    let output = run(home.path(), &server, "json", &["--dns", "exec", "sh ./hook.sh"]);
    assert_eq!(exit(&output), 9, "{}", stderr(&output));
    let orders = || json(&command(home.path(), &["orders", "--output", "json"]).output().unwrap());
    let listed = orders();
    let id = listed["orders"][0]["order"]["id"].as_str().unwrap();
    fs::write(&wait, "").unwrap();
    let mut abandon = command(home.path(), &["orders", "abandon", id, "--yes"]);
    let mut child = abandon.stdout(Stdio::null()).stderr(fs::File::create(&heard).unwrap()).spawn().unwrap();
    until("the record is being removed", || started.exists());
    interrupt(&child);
    until("it is heard", || fs::read_to_string(&heard).unwrap().contains("stopping after"));
    fs::remove_file(&wait).unwrap();
    let code = child.wait().unwrap().code();
    assert_eq!((code, home.path().join("removed").exists()), (Some(0), true));
    assert_eq!(orders()["orders"][0]["order"]["state"], "abandoned");
}

/// What cannot be removed is said, and tried again by the next run, from wherever that is started.
#[test]
fn what_is_still_there_is_tried_again() {
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        script(home.path());
        let (_gateway, server) = serve(Settings::default());
        fs::write(home.path().join("stuck"), "").unwrap();
        let output = run(home.path(), &server, transport, &["--dns", "exec", "./hook.sh"]);
        assert!(exit(&output) == 0 && stderr(&output).contains("is still there"), "{}", stderr(&output));
        let (at, config) = (endpoint(&server, transport), fast(home.path()));
        let resume = format!("`certgate resume --config {config}` tries it again");
        assert!(stderr(&output).contains(&resume), "{}", stderr(&output));
        let resume = || {
            let words = ["resume", "--transport", transport, "--endpoint", &at, "--config", &config];
            command(home.path(), &words).current_dir("/").output().unwrap()
        };
        let output = resume();
        assert!(exit(&output) == 10 && stderr(&output).contains("is still there"), "{}", stderr(&output));
        let orders = |more: &[&str]| {
            let words = [&["orders"][..], more, &["--output", "json", "--config", &config]].concat();
            json(&command(home.path(), &words).output().unwrap())
        };
        let listed = orders(&["--unfinished"]);
        let id = listed["orders"][0]["order"]["id"].as_str().unwrap();
        fs::remove_file(home.path().join("stuck")).unwrap();
        ended(resume(), 0);
        assert_eq!((exit(&resume()), calls(home.path()).len()), (8, 4), "add, and remove three times");
        assert_eq!(orders(&["show", id])["order"]["state"], "done");
        // A person may give up what can never be removed.
        fs::write(home.path().join("stuck"), "").unwrap();
        ended(run(home.path(), &server, transport, &["--dns", "exec", "./hook.sh"]), 0);
        let listed = orders(&["--unfinished"]);
        let id = listed["orders"][0]["order"]["id"].as_str().unwrap();
        let words = ["orders", "abandon", id, "--yes", "--quiet", "--config", &config];
        let output = command(home.path(), &words).output().unwrap();
        assert_eq!((exit(&output), stderr(&output).as_str()), (0, ""));
        assert_eq!(orders(&["show", id])["order"]["state"], "done");
        assert_eq!(exit(&resume()), 8);
    }
}

#[test]
fn a_file_is_there_while_the_order_is_open() {
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("www")).unwrap();
        let (gateway, server) = serve(Settings { job_time: Duration::from_secs(1), ..Settings::default() });
        let file = home.path().join("www/.well-known/pki-validation/fileauth.txt");
        let output = ended(create(home.path(), &server, transport, &["--webroot", "www", "--no-wait"]), 6);
        let content = fs::read_to_string(&file).unwrap();
        assert!(content.len() > 20 && stderr(&output).contains(content.trim()), "{content}");
        until("the order is there", || gateway.counts().orders == 1);
        ended(resume(home.path(), &server, transport), 0);
        assert!(!file.exists(), "it is removed once the certificate is there");
        let left = || fs::read_dir(home.path().join("www")).unwrap().count();
        assert_eq!(left(), 0, "with the folders that were made for it");

        // The same again while it is open: refused before anything is published, and so nothing of the first is touched.
        ended(create(home.path(), &server, transport, &["--webroot", "www", "--no-wait"]), 6);
        let (orders, content) = (gateway.counts().orders, fs::read_to_string(&file).unwrap());
        let output = create(home.path(), &server, transport, &["--webroot", "www", "--no-wait"]);
        assert!(exit(&output) == 6 && stderr(&output).contains("of the same is pending"), "{}", stderr(&output));
        assert_eq!((gateway.counts().orders, fs::read_to_string(&file).unwrap()), (orders, content));
        assert_eq!(exit(&resume(home.path(), &server, transport)), 0);

        // Another's file is neither written over nor removed.
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "another's").unwrap();
        let output = create(home.path(), &server, transport, &["--webroot", "www"]);
        assert!(exit(&output) == 13 && stderr(&output).contains("it is there already"), "{}", stderr(&output));
        assert_eq!((gateway.counts().orders, fs::read_to_string(&file).unwrap()), (orders, "another's".to_owned()));
    }
}

#[test]
fn an_approver_of_those_offered() {
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let (_gateway, server) = serve(Settings::default());
        let output = ended(create(home.path(), &server, transport, &["--approver", "postmaster@example.com"]), 0);
        assert!(stderr(&output).contains("validation by mail to postmaster@example.com"), "{}", stderr(&output));
    }
}

/// The zone is updated before the order, and as it was after it.
#[test]
fn a_zone_that_is_updated() {
    use domain::tsig::Algorithm;

    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let (gateway, server) = serve(Settings::default());
        let zone = dns::zone(&[("example.com.", dns::soa())]);
        let tsig = dns::key(Algorithm::Sha256, "certgate", b"secret-secret-secret");
        let primary = dns::serve_updates(zone.clone(), tsig).to_string();
        let key = home.path().join("tsig.key");
        let text = "key \"certgate.\" { algorithm hmac-sha256; secret \"c2VjcmV0LXNlY3JldC1zZWNyZXQ=\"; };";
        fs::write(&key, text).unwrap();
        let update = ["--dns", "nsupdate", "--dns-server", &primary, "--dns-key", "tsig.key"];
        let check = ["--dns-check", "--no-authoritative", "--resolver", &primary];
        let output = run(home.path(), &server, transport, &update);
        assert!(exit(&output) == 2 && stderr(&output).contains("others can read it"), "{}", stderr(&output));
        secret(&key, text);

        let output = ended(run(home.path(), &server, transport, &[&update[..], &check, &["--no-wait"]].concat()), 6);
        assert!(stderr(&output).contains("the record is seen at"), "{}", stderr(&output));
        assert_eq!(zone.lock().unwrap().len(), 2, "it stays while the order is open");
        ended(resume(home.path(), &server, transport), 0);
        assert_eq!(zone.lock().unwrap().len(), 1, "and is removed after it");

        let orders = gateway.counts().orders;
        fs::write(&key, text.replace("c2VjcmV0LXNlY3JldC1zZWNyZXQ=", "b3RoZXI=")).unwrap();
        let output = run(home.path(), &server, transport, &update);
        assert_eq!((exit(&output), gateway.counts().orders), (13, orders), "{}", stderr(&output));
        assert!(stderr(&output).contains("it refused the update"), "{}", stderr(&output));
        assert!(!stderr(&output).contains("still there"), "nothing was published: {}", stderr(&output));
        let output = run(home.path(), &server, transport, &["--dns", "nsupdate"]);
        assert!(exit(&output) == 2 && stderr(&output).contains("--dns-server, --dns-key"), "{}", stderr(&output));
    }
}
