//! What is published belongs to what is ordered, whatever the gateway asks for; and what it asks for is understood before anything is published.

use std::{fs, path::Path, process::Output};

use certgate_simulator::Settings;
use pretty_assertions::assert_eq;

use crate::{
    support::binary::{command, ended, endpoint, exit, fast, json, serve, stderr},
    validation::{create, resume, run},
};

/// Notes its arguments in `calls`.
const SCRIPT: &str = r#"printf '%s|%s|%s|%s\n' >> calls"#;

fn calls(home: &Path) -> String {
    fs::read_to_string(home.join("calls")).unwrap_or_default()
}

/// The CSR is for example.com and www.example.com.
#[test]
fn records_of_somebody_else_are_not_published() {
    for transport in ["xml", "json"] {
        for (record, said) in [
            ("www.bank.example. 60 IN CNAME evil.attacker.example.", "is no name of the request (example.com"),
            ("_x.bank.example. TXT tok", "is no name of the request"),
            ("_x.example.com. TXT tok\nwww.bank.example. TXT tok", "is no name of the request"),
            ("www.example.com. CNAME evil.attacker.example.", "would take the host over"),
            ("example.com. A 6.6.6.6", "a record of type A shows control over nothing"),
            ("example.com. MX 10 mail.attacker.example.", "a record of type MX"),
            (". TXT tok", "is no host name"),
            ("com. TXT tok", "`com` is no name of the request"),
            ("--config=/etc/passwd TXT tok", "is no host name"),
            ("example.com\u{202e}. TXT tok", "holds U+202E"),
            ("example.com. TXT ( tok", "a parenthesis is without its other one"),
            ("example.com. 300 IN TOKEN tok", "cannot be read: expected rtype"),
        ] {
            let home = tempfile::tempdir().unwrap();
            let (gateway, server) = serve(Settings { record: Some(record.to_owned()), ..Settings::default() });
            let more = ["--dns", "exec", SCRIPT, "--output", "json"];
            let output = run(home.path(), &server, transport, &more);
            assert_eq!(exit(&output), 13, "{record:?}: {}", stderr(&output));
            let error = &json(&output)["error"];
            let text = error["text"].as_str().unwrap();
            assert_eq!(error["kind"], "not validated");
            assert!(text.contains(said) && text.ends_with(": nothing was ordered"), "{record:?}: {text}");
            assert!(!stderr(&output).contains("publish now"), "a person could follow it: {}", stderr(&output));
            assert_eq!((calls(home.path()), gateway.counts().orders), (String::new(), 0), "{record:?}");
        }
    }
}

#[test]
fn several_records_and_one_that_is_allowed() {
    for transport in ["xml", "json"] {
        let two = "_a.example.com. IN 1h TXT ( \"on\" \"e\" ) ; first\n_b.www.example.com. CNAME x.ca.example.";
        let (_gateway, server) = serve(Settings { record: Some(two.to_owned()), ..Settings::default() });
        let home = tempfile::tempdir().unwrap();
        ended(run(home.path(), &server, transport, &["--dns", "exec", SCRIPT]), 0);
        let expected = "add|_a.example.com.|TXT|one\nadd|_b.www.example.com.|CNAME|x.ca.example.\n\
                        remove|_b.www.example.com.|CNAME|x.ca.example.\nremove|_a.example.com.|TXT|one\n";
        assert_eq!(calls(home.path()), expected);

        let other = Settings { record: Some("www.bank.example. 60 A 192.0.2.1".to_owned()), ..Settings::default() };
        let (_gateway, server) = serve(other);
        let home = tempfile::tempdir().unwrap();
        ended(run(home.path(), &server, transport, &["--dns", "exec", SCRIPT, "--allow-any-record"]), 0);
        assert!(calls(home.path()).starts_with("add|www.bank.example.|A|192.0.2.1\n"), "{}", calls(home.path()));
    }
}

/// Control over a wildcard is shown at its base, and a name in Unicode is the CSR's A-label.
#[test]
fn a_wildcard_and_a_name_in_unicode() {
    let home = tempfile::tempdir().unwrap();
    let names = ["--name", "*.bücher.example", "--san", "example.com"];
    let new = [&["csr", "new", "--key-out", "k.key", "--out", "w.csr"][..], &names].concat();
    assert_eq!(exit(&command(home.path(), &new).current_dir(home.path()).output().unwrap()), 0);
    for transport in ["xml", "json"] {
        for (record, owner) in
            [(None, "xn--bcher-kva.example."), (Some("_x.Bücher.example. TXT tok"), "_x.xn--bcher-kva.example.")]
        {
            let (_gateway, server) = serve(Settings { record: record.map(str::to_owned), ..Settings::default() });
            let (at, config) = (endpoint(&server, transport), fast(home.path()));
            let common =
                ["reissue", "571", "--csr", "w.csr", "--transport", transport, "--endpoint", &at, "--config", &config];
            let words = [&common[..], &["--name", "*.xn--bcher-kva.example", "--dns", "exec", SCRIPT]].concat();
            ended(command(home.path(), &words).current_dir(home.path()).output().unwrap(), 0);
            let calls = calls(home.path());
            let last = calls.lines().last().unwrap();
            assert!(last.starts_with(&format!("remove|{owner}|TXT|")), "{calls}");
        }
    }
}

/// A renewal that keeps the certificate's CSR has it from the gateway, with whatever names that likes.
#[test]
fn names_that_only_the_gateway_tells_of() {
    for transport in ["xml", "json"] {
        let (gateway, server) = serve(Settings::default());
        let home = tempfile::tempdir().unwrap();
        let (at, config) = (endpoint(&server, transport), fast(home.path()));
        let renew = |more: &[&str]| -> Output {
            let common = ["renew", "571", "--transport", transport, "--endpoint", &at, "--config", &config];
            command(home.path(), &[&common[..], more].concat()).current_dir(home.path()).output().unwrap()
        };
        let output = ended(renew(&["--dns", "exec", SCRIPT]), 13);
        assert!(stderr(&output).contains("give --csr, --new-key or --key"), "{}", stderr(&output));
        assert_eq!((calls(home.path()), gateway.counts().orders), (String::new(), 0));
    }
}

#[test]
fn files_elsewhere_are_not_published() {
    for transport in ["xml", "json"] {
        for file in [
            "http://example.com/.htaccess",
            "http://example.com/shell.php",
            "http://example.com/linked/x.txt",
            "http://example.com/.well-known/../../x.txt",
            "http://example.com/.well-known/shell.php",
            "http://www.bank.example/.well-known/x.txt",
            "/etc/cron.d/x",
        ] {
            let home = tempfile::tempdir().unwrap();
            let (www, outside) = (home.path().join("www"), home.path().join("outside"));
            fs::create_dir(&www).unwrap();
            fs::create_dir(&outside).unwrap();
            std::os::unix::fs::symlink(&outside, www.join("linked")).unwrap();
            let (gateway, server) = serve(Settings { file: Some(file.to_owned()), ..Settings::default() });
            let output = create(home.path(), &server, transport, &["--webroot", "www"]);
            assert_eq!(exit(&output), 13, "{file}: {}", stderr(&output));
            assert!(stderr(&output).contains(file), "{}", stderr(&output));
            let there = |folder| fs::read_dir(folder).unwrap().count();
            assert_eq!((there(&www), there(&outside), gateway.counts().orders), (1, 0, 0), "{file}");
        }
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("www")).unwrap();
        let (_gateway, server) = serve(Settings { file: Some("/odd/x.bin".to_owned()), ..Settings::default() });
        let more = ["--webroot", "www", "--no-wait", "--allow-any-record"];
        ended(create(home.path(), &server, transport, &more), 6);
        assert!(home.path().join("www/odd/x.bin").exists());
    }
}

/// Who may write below a web root leads nobody out of it: a link is refused before anything is ordered, at every place on the way.
#[test]
fn a_link_planted_in_a_web_root() {
    let file = "http://example.com/.well-known/pki-validation/x.txt";
    for transport in ["xml", "json"] {
        for (link, target, said) in [
            (".well-known", "../outside", "www/.well-known: it is a symbolic link to ../outside"),
            (".well-known", "../nowhere", "www/.well-known: it is a symbolic link to ../nowhere"),
            (".well-known", ".", "www/.well-known: it is a symbolic link to ."),
            (".well-known/pki-validation", "../../outside", "it is a symbolic link to ../../outside"),
            (
                ".well-known/pki-validation/x.txt",
                "../../../outside/kept.txt",
                "x.txt: it is there already, and not by this order",
            ),
            (
                ".well-known/pki-validation/x.txt",
                "../../../outside/new.txt",
                "x.txt: it is there already, and not by this order",
            ),
        ] {
            let home = tempfile::tempdir().unwrap();
            let (www, outside) = (home.path().join("www"), home.path().join("outside"));
            fs::create_dir_all(www.join(link).parent().unwrap()).unwrap();
            fs::create_dir(&outside).unwrap();
            fs::write(outside.join("kept.txt"), "kept").unwrap();
            std::os::unix::fs::symlink(target, www.join(link)).unwrap();
            let made = fs::metadata(&outside).unwrap().modified().unwrap();
            let (gateway, server) = serve(Settings { file: Some(file.to_owned()), ..Settings::default() });
            let output = create(home.path(), &server, transport, &["--webroot", "www", "--output", "json"]);
            assert_eq!(exit(&output), 13, "{link} -> {target}: {}", stderr(&output));
            let text = json(&output)["error"]["text"].as_str().unwrap().to_owned();
            assert!(text.contains(said) && text.ends_with(": nothing was ordered"), "{link} -> {target}: {text}");
            assert_eq!(gateway.counts().orders, 0, "{link} -> {target}");
            assert_eq!(fs::read_link(www.join(link)).unwrap(), Path::new(target), "it is not ours to remove");
            let there: Vec<_> = fs::read_dir(&outside).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert_eq!(there, ["kept.txt"], "{link} -> {target}");
            assert_eq!(fs::read_to_string(outside.join("kept.txt")).unwrap(), "kept");
            assert_eq!(fs::metadata(&outside).unwrap().modified().unwrap(), made, "nothing was made there and removed");
        }
    }
}

/// A link that takes a folder's place once the file is published is not followed when that is removed.
#[test]
fn a_link_planted_between_publishing_and_removing() {
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let (www, outside) = (home.path().join("www"), home.path().join("outside"));
        fs::create_dir(&www).unwrap();
        let file = "http://example.com/.well-known/pki-validation/x.txt";
        let (gateway, server) = serve(Settings { file: Some(file.to_owned()), ..Settings::default() });
        let output = create(home.path(), &server, transport, &["--webroot", "www", "--no-wait"]);
        assert_eq!((exit(&output), gateway.counts().orders), (6, 1), "{}", stderr(&output));
        fs::rename(www.join(".well-known"), &outside).unwrap();
        std::os::unix::fs::symlink("../outside", www.join(".well-known")).unwrap();
        let output = resume(home.path(), &server, transport);
        assert!(stderr(&output).contains("it is a symbolic link to ../outside"), "{}", stderr(&output));
        assert!(outside.join("pki-validation/x.txt").exists(), "what lies outside of the root stays");
        fs::remove_file(www.join(".well-known")).unwrap();
        fs::rename(&outside, www.join(".well-known")).unwrap();
        resume(home.path(), &server, transport);
        assert!(!www.join(".well-known").exists(), "it is tried again");
    }
}
