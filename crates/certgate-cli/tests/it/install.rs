//! From a key to a certificate in place: keys, requests, sets, hooks.

use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use certgate_domain::TaskKind;
use certgate_keys::PrivateKey;
use certgate_simulator::{Fault, Settings};
use certgate_x509::X509;
use pretty_assertions::assert_eq;

use crate::support::binary::{
    Here, command, csr, ended, endpoint, exit, fast, fixture, json, mode, not_as_root, openssl, pair, run, secret,
    serve, stderr, until,
};

const NEW: [&str; 5] = ["reissue", "571", "--new-key", "--out", "live"];

#[test]
fn a_new_key_comes_into_place_with_its_certificate() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        for (kind, shown) in [("p256", "EC P-256"), ("p384", "EC P-384"), ("rsa2048", "RSA 2048 bits")] {
            let output = here.ends(&[&NEW[..], &["--key-type", kind, "--keep", "1"]].concat(), 0);
            let checks = json(&output)["checks"].clone();
            assert_eq!(checks[1]["detail"], format!("{shown}, the CSR's"));
        }
        let live = here.path("live");
        let (key, certificate) = pair(&live);
        assert_eq!(key, certificate);
        let root = here.path("root.pem");
        let output = here.at(&["info", "571"]);
        let authorities = &json(&output)["response"]["data"][0]["certificationAuthority"];
        fs::write(&root, authorities[1]["caCertificate"].as_str().unwrap()).unwrap();
        assert!(
            openssl(&live, &["verify", "-CAfile", root.to_str().unwrap(), "-untrusted", "chain.pem", "cert.pem"]).0
        );
        // Key, certificate and chain in one file: openssl finds both in it.
        assert!(openssl(&live, &["x509", "-in", "combined.pem", "-noout"]).0);
        assert!(openssl(&live, &["pkey", "-in", "combined.pem", "-noout"]).0);
        for (name, expected) in [("key.pem", 0o600), ("combined.pem", 0o600), ("cert.pem", 0o644)] {
            assert_eq!(mode(&live.join(name)), expected, "{name}");
        }
        // One set before is kept, the key that waited is in place, and the names of the certificate are in the CSR.
        assert_eq!(fs::read_dir(live.join("sets")).unwrap().count(), 2);
        assert!(!live.join("pending").exists());
        assert_eq!(here.orders(), 3);

        let before = pair(&live);
        ended(run(here.home.path(), &["rollback", "live"]), 0);
        let now = pair(&live);
        assert!(now != before && now.0 == now.1, "another whole pair");
        assert_eq!(exit(&run(here.home.path(), &["rollback", "live"])), 8, "nothing is before it");
        assert_eq!(exit(&run(here.home.path(), &["rollback", "."])), 2);
    }
}

#[test]
fn a_key_that_is_there() {
    let here = Here::new("xml", Settings::default());
    for name in ["p256-sec1.pem", "rsa-pkcs1.pem", "p384-pkcs8-encrypted.pem"] {
        fs::copy(fixture(&format!("_keys/{name}")), here.path(name)).unwrap();
        fs::set_permissions(here.path(name), fs::Permissions::from_mode(0o600)).unwrap();
        let out = format!("live-{name}");
        let mut arguments = vec!["reissue", "571", "--key", name, "--out", &out];
        if name.contains("encrypted") {
            arguments.extend(["--pass-phrase-command", "echo 'geheim ü'", "--decrypt-key"]);
        }
        here.ends(&arguments, 0);
        let (key, certificate) = pair(&here.path(&out));
        assert_eq!(key, certificate);
    }
    // Modes and owners of the files before are kept.
    let live = here.path("live-p256-sec1.pem");
    fs::set_permissions(live.join("key.pem"), fs::Permissions::from_mode(0o640)).unwrap();
    here.ends(&["reissue", "571", "--new-key", "--out", "live-p256-sec1.pem"], 0);
    assert_eq!(mode(&live.join("key.pem")), 0o640);
}

/// A folder is one certificate's: another one does not take its place, however it is ordered, and the same one does.
#[test]
fn another_certificate_does_not_come_into_its_folder() {
    let here = Here::new("json", Settings { more_certificates: 2, ..Settings::default() });
    const PRODUCT: [&str; 6] = ["--product", "SSL123", "--admin", "1120", "--technical", "1120"];
    fs::write(here.path("all.csv"), "id,new_key,out\n10001,true,live\n").unwrap();
    let new = |id: &'static str| vec!["reissue", id, "--new-key", "--out", "live"];
    here.ends(&new("10000"), 0);
    let before = pair(&here.path("live"));
    for command in [
        new("10001"),
        [new("10001"), vec!["--dry-run"]].concat(),
        [&["create", "--new-key", "--name", "new.example", "--out", "live"][..], &PRODUCT].concat(),
        vec!["batch", "all.csv"],
    ] {
        let output = here.at(&command);
        let said = stderr(&output);
        assert_eq!((exit(&output), here.orders()), (2, 1), "{command:?}: {said}");
        let out = if command[0] == "batch" { "another `out`" } else { "another --out" };
        for part in ["live holds another certificate: host-000000.example.org (10000)", out, "certgate status "] {
            assert!(said.contains(part), "{command:?}: {said}");
        }
    }
    assert_eq!(pair(&here.path("live")), before);
    assert_eq!(exit(&here.at(&new("10000"))), 0, "the same certificate");
}

/// Whoever reads the link once finds a whole pair, whatever is switched meanwhile.
#[test]
fn a_reader_never_finds_half_a_pair() {
    let here = Here::new("json", Settings::default());
    here.ends(&NEW, 0);
    let over = AtomicBool::new(false);
    let looks = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut looks = 0;
            while !over.load(Ordering::Relaxed) {
                let set = fs::canonicalize(here.path("live/current")).unwrap();
                let [key, certificate] = ["key.pem", "cert.pem"].map(|name| fs::read_to_string(set.join(name)));
                match (key, certificate) {
                    (Ok(key), Ok(certificate)) => {
                        let key = PrivateKey::from_pem(&key, None).unwrap();
                        assert_eq!(key.spki(), X509::from_pem(certificate).unwrap().key.spki);
                    }
                    // What nobody can go back to is removed, here below a reader that was held up.
                    (key, certificate) => {
                        let now = fs::canonicalize(here.path("live/current")).unwrap();
                        assert!(now != set, "{:?} {:?}", key.err(), certificate.err());
                    }
                }
                for name in ["key.pem", "cert.pem", "chain.pem", "fullchain.pem", "combined.pem"] {
                    assert!(here.path("live").join(name).exists(), "{name}");
                }
                looks += 1;
            }
            looks
        });
        for _ in 0..4 {
            here.ends(&NEW, 0);
            assert_eq!(exit(&run(here.home.path(), &["rollback", "live"])), 0);
        }
        over.store(true, Ordering::Relaxed);
        reader.join().unwrap()
    });
    assert!(looks > 3, "{looks}");
}

/// Killed while each task's answer is on its way: the key is never lost, and its pair comes into place once.
#[test]
fn killed_at_every_step() {
    let steps = [
        (TaskKind::CertificateInfo, 1),
        (TaskKind::CertificatePrepareOrder, 1),
        (TaskKind::CertificateReissue, 1),
        (TaskKind::PollInfo, 1),
        (TaskKind::PollConfirm, 1),
        (TaskKind::CertificateInfo, 2),
    ];
    for transport in ["xml", "json"] {
        for (kind, count) in steps {
            let here = Here::new(transport, Settings::default());
            here.gateway.inject_after(count - 1, Fault::Late(Some(kind), Duration::from_secs(60)));
            let (address, config) = (endpoint(&here.server, transport), fast(here.home.path()));
            let common = ["--transport", transport, "--endpoint", &address, "--config", &config];
            let hook = ["--deploy-hook", "echo once >> hooked"];
            let mut reissue = command(here.home.path(), &[&NEW[..], &common, &hook].concat());
            let reissue =
                reissue.current_dir(here.home.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let mut child = reissue.spawn().unwrap();
            until("the task is asked for", || here.gateway.asked(kind) >= count);
            child.kill().unwrap();
            child.wait().unwrap();
            let waiting = fs::read_to_string(here.path("live/pending/key.pem")).ok();
            let output = here.at(&["resume"]);
            let case = format!("{transport} {kind:?} {count}: {}", stderr(&output));
            match exit(&output) {
                0 => {}
                // Nothing was ordered so far: the same command uses the key that waits.
                8 => assert_eq!(exit(&here.at(&[&NEW[..], &hook].concat())), 0, "{case}"),
                other => panic!("{other} {case}"),
            }
            let live = here.path("live");
            let (key, certificate) = pair(&live);
            assert_eq!(key, certificate, "{case}");
            if let Some(waiting) = waiting {
                assert_eq!(fs::read_to_string(live.join("key.pem")).unwrap(), waiting, "{case}");
            }
            assert!(!live.join("pending").exists(), "{case}");
            assert_eq!(here.orders(), 1, "{case}");
            assert_eq!(here.read("hooked"), "once\n", "{case}");
        }
    }
}

/// The certificate of a key that was kept for it comes with that key or not at all, and the key may be put back.
#[test]
fn a_certificate_whose_key_is_gone() {
    type Loss = (&'static str, fn(&Path));
    let losses: [Loss; 4] = [
        ("removed", |live| fs::remove_dir_all(live.join("pending")).unwrap()),
        ("with its folder", |live| fs::remove_dir_all(live).unwrap()),
        ("empty", |live| fs::write(live.join("pending/key.pem"), "").unwrap()),
        ("another one", |live| {
            secret(&live.join("pending/key.pem"), fs::read(fixture("_keys/p384-pkcs8.pem")).unwrap());
        }),
    ];
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let live = here.path("live");
        for (what, lose) in losses {
            let _ = fs::remove_dir_all(&live);
            assert_eq!(exit(&here.at(&[&NEW[..], &["--no-wait"]].concat())), 6, "{transport}: {what}");
            let key = fs::read(live.join("pending/key.pem")).unwrap();
            lose(&live);
            for resume in [&["resume"][..], &["resume", "--out", "live"]] {
                let output = here.at(resume);
                assert_eq!(exit(&output), 10, "{transport}: {what}: {}", stderr(&output));
                let said = stderr(&output);
                assert!(said.contains("live does not hold the key that was kept for this certificate"), "{said}");
                assert!(!live.join("cert.pem").exists(), "{transport}: {what}");
            }
            fs::create_dir_all(live.join("pending")).unwrap();
            secret(&live.join("pending/key.pem"), &key);
            let output = here.at(&["resume"]);
            assert_eq!(exit(&output), 0, "{transport}: {what}: {}", stderr(&output));
            let (key, certificate) = pair(&live);
            assert_eq!(key, certificate, "{transport}: {what}");
        }
    }
}

/// Another tool's pair in plain files stays one: a certificate of another key does not come beside its key, and one of its own does.
#[test]
fn a_pair_of_another_tool() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let (live, csr) = (here.path("live"), csr());
        fs::create_dir(&live).unwrap();
        fs::copy(fixture("_keys/p384-pkcs8.pem"), live.join("key.pem")).unwrap();
        let own = ["req", "-x509", "-key", "key.pem", "-subj", "/CN=example.com", "-out", "cert.pem"];
        assert!(openssl(&live, &own).0);
        assert!(openssl(&live, &["req", "-new", "-key", "key.pem", "-subj", "/CN=example.com", "-out", "own.csr"]).0);
        let before = pair(&live);
        let hook = ["--out", "live", "--deploy-hook", "touch hooked"];
        let other = [&["reissue", "571", "--csr", &csr][..], &hook].concat();
        let renewed = ["reissue", "571", "--csr", "live/own.csr", "--out", "live"];
        let encrypted = || fs::copy(fixture("_keys/p384-pkcs8-encrypted.pem"), live.join("key.pem")).unwrap();

        let output = here.at(&other);
        assert_eq!((exit(&output), here.orders()), (2, 0), "{transport}: {}", stderr(&output));
        assert!(stderr(&output).contains("the folder holds another key"), "{}", stderr(&output));
        let output = here.at(&[&["fetch", "571"][..], &hook].concat());
        assert_eq!(exit(&output), 10, "{transport}: {}", stderr(&output));
        assert_eq!((pair(&live), here.path("hooked").exists()), (before, false), "{transport}");

        let output = here.at(&renewed);
        assert_eq!(exit(&output), 0, "{transport}: {}", stderr(&output));
        let (key, certificate) = pair(&live);
        assert_eq!(key, certificate, "{transport}");

        // Whatever holds the key: where it cannot be read, the certificate beside it tells what goes with it.
        encrypted();
        let orders = here.orders();
        let output = here.at(&other);
        assert_eq!((exit(&output), here.orders()), (2, orders), "{transport}: {}", stderr(&output));
        assert!(stderr(&output).contains("live/key.pem: the key is encrypted"), "{}", stderr(&output));
        assert_eq!(exit(&here.at(&renewed)), 0, "{transport}");

        // A key without any certificate is in no pair yet.
        for name in ["cert.pem", "chain.pem", "fullchain.pem"] {
            fs::remove_file(live.join(name)).unwrap();
        }
        assert_eq!(exit(&here.at(&renewed)), 0, "{transport}");
    }
}

/// A key that this user may not read is no bad usage once it is ordered with, however the order is carried on with.
#[test]
fn a_key_that_may_not_be_read() {
    let home = tempfile::tempdir().unwrap();
    let (gateway, server) = serve(Settings::default());
    let run = |words: &[&str]| not_as_root(home.path(), &server, "json", words);
    let order = [&NEW[..], &["--no-wait"]].concat();
    let Ok(output) = run(&order) else {
        std::io::stderr().write_all(b"nobody may not run this: a_key_that_may_not_be_read was left out\n").unwrap();
        return;
    };
    assert_eq!(exit(&output), 6, "{}", stderr(&output));
    let id = json(&output)["order"]["id"].as_str().unwrap().to_owned();
    let key = home.path().join("live/pending/key.pem");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o000)).unwrap();
    for words in [&["resume"][..], &["resume", &id], &["resume", &id, "--out", "live"]] {
        let output = run(words).unwrap();
        assert_eq!(exit(&output), 12, "{words:?}: {}", stderr(&output));
    }
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!((exit(&run(&["resume"]).unwrap()), gateway.counts().orders), (0, 1));
}

/// A file that cannot be replaced after the order is exit 12, and the certificate before stays with its chain and its record.
#[test]
fn a_file_that_cannot_be_replaced() {
    let immutable = |flag: &str, path: &Path| {
        Command::new("chattr").arg(flag).arg(path).output().is_ok_and(|it| it.status.success())
    };
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let (live, csr) = (here.path("live"), csr());
        let order = ["reissue", "571", "--csr", &csr, "--out", "live"];
        assert_eq!(exit(&here.at(&order)), 0, "{transport}");
        // Only root may do that, and not everywhere.
        if !immutable("+i", &live.join("cert.pem")) {
            std::io::stderr()
                .write_all(b"chattr +i does not work here: a_file_that_cannot_be_replaced was left out\n")
                .unwrap();
            return;
        }
        fs::set_permissions(live.join("fullchain.pem"), fs::Permissions::from_mode(0o664)).unwrap();
        let files = || {
            let mut names: Vec<_> = fs::read_dir(&live).unwrap().map(|entry| entry.unwrap().path()).collect();
            names.sort();
            let held = |path: &Path| fs::read(path).unwrap_or_default();
            names.into_iter().map(|path| (mode(&path), held(&path), path)).collect::<Vec<_>>()
        };
        let before = files();
        let output = here.at(&order);
        let (code, after) = (exit(&output), files());
        assert!(immutable("-i", &live.join("cert.pem")));
        assert_eq!((code, after == before), (12, true), "{transport}: {}", stderr(&output));
        assert_eq!(exit(&here.at(&["resume"])), 0, "{transport}");
        assert!(files() != before, "{transport}: the new one is in place");
    }
}

#[test]
fn deploy_hooks() {
    let here = Here::new("json", Settings::default());
    let reissue = |more: &[&str]| here.at(&[&NEW[..], more].concat());
    let output = reissue(&[
        "--deploy-hook",
        "printf '%s ' $CERTGATE_NAME $CERTGATE_DIR $CERTGATE_KEY $CERTGATE_SERIAL > env; test -z \"$CERTGATE_PASSWORD\"",
    ]);
    assert_eq!((exit(&output), &json(&output)["deployment"]["state"]), (0, &"deployed".into()), "{}", stderr(&output));
    let serial = json(&output)["certificate"]["serialNumber"].as_str().unwrap().to_owned();
    let live = here.path("live").display().to_string();
    assert_eq!(here.read("env"), format!("example.com {live} {live}/key.pem {serial} "));
    let first = fs::read_link(here.path("live/current")).unwrap();

    // It fails: reported, and the new files stay unless they are not to.
    let output = reissue(&["--deploy-hook", "exit 7"]);
    assert_eq!((exit(&output), &json(&output)["deployment"]["state"]), (11, &"failed".into()));
    assert!(
        stderr(&output).contains("certgate: live: the deploy hook failed: exit status: 7; the files are in place"),
        "{}",
        stderr(&output)
    );
    let second = fs::read_link(here.path("live/current")).unwrap();
    assert_ne!(first, second);
    let hook = format!(
        "echo $CERTGATE_SERIAL >> seen; readlink live/current | grep -q {}",
        second.file_name().unwrap().to_str().unwrap()
    );
    let output = ended(reissue(&["--deploy-hook", &hook, "--rollback-on-failure"]), 11);
    assert!(stderr(&output).contains("is in place again"), "{}", stderr(&output));
    assert_eq!(fs::read_link(here.path("live/current")).unwrap(), second);
    assert_eq!(here.read("seen").lines().count(), 2, "once for each");
    // There is no such command.
    let output = reissue(&["--deploy-hook", "./no-such-hook"]);
    assert_eq!(exit(&output), 11);
    assert!(stderr(&output).contains("the deploy hook failed: exit status: 127"), "{}", stderr(&output));
    // It takes too long.
    let output = reissue(&["--deploy-hook", "sleep 30", "--hook-timeout", "1s"]);
    assert_eq!(exit(&output), 11);
    assert!(stderr(&output).contains("took longer than 1 s and was ended"), "{}", stderr(&output));
    // The orders are done, whatever became of the hooks; the last one is repeated.
    let output = here.at(&["resume"]);
    assert_eq!((exit(&output), &json(&output)["orders"][0]["order"]["state"]), (11, &"done".into()));
}

#[test]
fn wrong_keys_are_found_before_anything_is_sent() {
    let here = Here::new("json", Settings::default());
    let file = |name: &str, bits: u32| {
        fs::copy(fixture(&format!("_keys/{name}")), here.path(name)).unwrap();
        fs::set_permissions(here.path(name), fs::Permissions::from_mode(bits)).unwrap();
    };
    for name in ["rsa-1024.pem", "ed25519.pem", "rsa-old-encryption.pem", "p256-pkcs8-encrypted.pem"] {
        file(name, 0o600);
    }
    file("p256-sec1.pem", 0o644);
    secret(&here.path("phrase"), "wrong\n");
    fs::write(here.path("blocked"), "").unwrap();
    fs::create_dir_all(here.path("waits/pending")).unwrap();
    for folder in ["taken/cert.pem", "held/chain.pem", "own", "whole/current"] {
        fs::create_dir_all(here.path(folder)).unwrap();
    }
    fs::write(here.path("own/current"), "a person's").unwrap();
    let waits = here.path("waits/pending/key.pem");
    fs::copy(fixture("_keys/p384-pkcs8.pem"), &waits).unwrap();
    fs::set_permissions(&waits, fs::Permissions::from_mode(0o600)).unwrap();
    let csr = csr();
    for (what, more, said) in [
        ("a short key", vec!["--key", "rsa-1024.pem", "--out", "a"], "of a kind that cannot be used"),
        ("Ed25519", vec!["--key", "ed25519.pem", "--out", "a"], "cannot be used (Ed25519)"),
        ("old encryption", vec!["--key", "rsa-old-encryption.pem", "--out", "a"], "openssl pkcs8 -topk8"),
        (
            "no pass phrase",
            vec!["--key", "p256-pkcs8-encrypted.pem", "--out", "a"],
            "the key is encrypted: give its pass phrase",
        ),
        (
            "a wrong pass phrase",
            vec!["--key", "p256-pkcs8-encrypted.pem", "--pass-phrase-file", "phrase", "--out", "a"],
            "the pass phrase is wrong, or the file is damaged",
        ),
        (
            "a command that fails",
            vec!["--key", "p256-pkcs8-encrypted.pem", "--pass-phrase-command", "exit 4", "--out", "a"],
            "--pass-phrase-command ended with exit status: 4",
        ),
        ("a key that others can read", vec!["--key", "p256-sec1.pem", "--out", "a"], "others can read it (owner "),
        ("no such key", vec!["--key", "none.pem", "--out", "a"], "none.pem: "),
        ("a folder that is a file", vec!["--new-key", "--out", "blocked"], "cannot be written"),
        ("no folder", vec!["--new-key"], "--out"),
        ("a folder in place of a file", vec!["--csr", &csr, "--out", "taken"], "taken/cert.pem is in the way"),
        ("the same, with a key", vec!["--new-key", "--out", "held"], "held/chain.pem is in the way"),
        ("a file in place of the link", vec!["--new-key", "--out", "own"], "own/current is in the way"),
        ("a folder in place of the link", vec!["--new-key", "--out", "whole"], "whole/current is in the way"),
        ("no such CSR", vec!["--csr", "x.csr"], "CSR x.csr: "),
        ("a hook without files", vec!["--csr", &csr, "--deploy-hook", "true"], "--deploy-hook needs --out too"),
    ] {
        let output = here.at(&[&["reissue", "571"][..], &more].concat());
        assert_eq!(exit(&output), 2, "{what}: {}", stderr(&output));
        assert!(stderr(&output).contains(said), "{what}: {}", stderr(&output));
        assert_eq!(here.orders(), 0, "{what}");
    }
    // The key that waits is used where no other kind is asked for.
    let output = here.at(&["reissue", "571", "--new-key", "--out", "waits"]);
    assert_eq!((exit(&output), &json(&output)["checks"][1]["detail"]), (0, &"EC P-384, the CSR's".into()));
    // A certificate whose key is not there may not take the place of a pair.
    here.ends(&NEW, 0);
    let before = (pair(&here.path("live")), here.orders());
    let output = here.at(&["reissue", "571", "--csr", &csr, "--out", "live"]);
    assert!(exit(&output) == 2 && stderr(&output).contains("holds another key"), "{}", stderr(&output));
    assert_eq!((pair(&here.path("live")), here.orders()), before);
}

/// What orders nothing leaves no folder, whenever that shows: what is in the way is tried beside it.
#[test]
fn what_orders_nothing_leaves_no_folder() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        fs::write(here.path("file"), "in the way").unwrap();
        for (command, code) in [
            (["reissue", "571", "--dry-run", "--quiet"], 0),
            (["reissue", "571", "--profile", "nobody"], 2),
            (["reissue", "571", "--store", "file"], 2),
            (["reissue", "571", "--spool", "file/spool"], 2),
            (["reissue", "571", "--record", "file/tape"], 2),
            (["reissue", "nobody.example", "--dns", "provision"], 2),
            (["reissue", "999", "--dns", "provision"], 3),
            (["resume", "nothing", "--timeout", "9s"], 2),
        ] {
            let new_key = ["--new-key", "--out", "below/new"];
            let options = if command[0] == "resume" { &new_key[1..] } else { &new_key };
            let (found, document, said) = here.told(&[&command[..], options].concat());
            assert_eq!((found, here.path("below").exists()), (code, false), "{command:?} {document} {said}");
        }
        let (code, document, _) = here.told(&["reissue", "571", "--new-key", "--out", "file/new"]);
        assert_eq!((code, here.orders()), (2, 0), "{document}");
    }
}
