//! Files of a certificate in place that are damaged, or another certificate's: told by each look at them, and put right at no cost.

use std::{fs, path::Path};

use certgate_simulator::Settings;
use pretty_assertions::assert_eq;

use crate::support::binary::{Here, csr, ended, exit, fixture, pair, stderr};

/// The files of a folder's set that servers read.
const FILES: [&str; 5] = ["cert.pem", "chain.pem", "fullchain.pem", "key.pem", "combined.pem"];

fn files(folder: &Path) -> Vec<Option<String>> {
    FILES.iter().map(|name| fs::read_to_string(folder.join(name)).ok()).collect()
}

/// What is wrong with a file: its name, what became of its text, and what the folder beside it has of another certificate of another authority.
type Damage = (&'static str, fn(&str, &Path) -> String);

const TRUNCATED: fn(&str, &Path) -> String = |text, _| text[..text.len() - 100].to_owned();
const EMPTY: fn(&str, &Path) -> String = |_, _| String::new();
const GARBAGE: fn(&str, &Path) -> String = |_, _| "\0garbage\n".to_owned();

fn of(other: &Path, name: &str) -> String {
    fs::read_to_string(other.join(name)).unwrap()
}

const DAMAGES: [Damage; 17] = [
    ("fullchain.pem", TRUNCATED),
    ("fullchain.pem", EMPTY),
    ("fullchain.pem", GARBAGE),
    ("fullchain.pem", |_, other| of(other, "fullchain.pem")),
    ("fullchain.pem", |text, other| {
        text.split_inclusive("-----END CERTIFICATE-----\n").next().unwrap().to_owned() + &of(other, "chain.pem")
    }),
    ("chain.pem", TRUNCATED),
    ("chain.pem", EMPTY),
    ("chain.pem", GARBAGE),
    ("chain.pem", |_, other| of(other, "chain.pem")),
    ("cert.pem", TRUNCATED),
    ("cert.pem", EMPTY),
    ("cert.pem", GARBAGE),
    ("combined.pem", TRUNCATED),
    ("combined.pem", EMPTY),
    ("combined.pem", GARBAGE),
    ("combined.pem", |_, other| of(other, "combined.pem")),
    ("combined.pem", |text, other| of(other, "key.pem") + text.split_once("-----END PRIVATE KEY-----\n").unwrap().1),
];

/// Another certificate with its key, of another authority.
fn another(here: &Here) -> std::path::PathBuf {
    let other = Here::new("json", Settings::default());
    other.run(&["reissue", "571", "--new-key", "--out", "other"], 0);
    let folder = here.path("other");
    fs::rename(other.path("other/current").canonicalize().unwrap(), &folder).unwrap();
    folder
}

/// Whichever file it is, and whatever became of it: each look says which, and the next run puts it right without an order, with its hook.
#[test]
fn a_damaged_file_is_said_and_put_right() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let other = another(&here);
        let hook = ["--deploy-hook", "echo hooked >> hooks"];
        here.run(&[&["reissue", "571", "--new-key", "--out", "certs/live"][..], &hook].concat(), 0);
        let (live, check) =
            (here.path("certs/live"), ["status", "certs", "--check", "--warning", "1d", "--critical", "1d"]);
        let sound = files(&live);
        let mut last = "";
        for (row, (name, damage)) in DAMAGES.into_iter().enumerate() {
            let path = live.join(name);
            let text = damage(&fs::read_to_string(&path).unwrap(), &other);
            // Written through the link, or in its place.
            if row % 2 == 1 {
                fs::remove_file(&path).unwrap();
            }
            fs::write(&path, text).unwrap();
            let said = format!("`{name}` is damaged, or another certificate's");
            let todo = format!("{said}: certgate renew-due{} puts its own there again", here.options());
            let (document, _) = here.run(&["status", "certs", "--here"], 10);
            assert_eq!(document["certificates"][0]["todo"], todo, "{row}");
            if last != name {
                let (document, _) = here.run(&["status", "certs"], 10);
                assert_eq!(document["certificates"][0]["todo"], todo, "{row}");
                let (document, _) = here.run(&check, 1);
                assert_eq!(document["check"]["text"], "1 installed here with damaged files", "{row}");
                here.ends(&["status", "certs", "--html", "page.html"], 0);
                let page = here.read("page.html").replace("&#39;", "'");
                assert!(page.contains(&format!("<span class=\"bad\">{said}</span>")), "{row}: {page}");
            }
            last = name;
            let (document, _) = here.run(&["renew-due", "certs", "--dry-run"], 0);
            let plan = &document["plan"][0];
            let expected = (&"install".into(), &"free".into(), &said.clone().into());
            assert_eq!((&plan["action"], &plan["cost"], &plan["why"]), expected, "{row}");
            here.run(&["renew-due", "certs"], 0);
            assert_eq!(files(&live), sound, "{row} {name}");
            assert_eq!((here.orders(), here.read("hooks").lines().count()), (1, row + 2), "{row}");
            here.run(&["status", "certs", "--here"], 0);
            here.run(&["renew-due", "certs"], 8);
        }
        here.run(&check, 0);
    }
}

/// The same of what is declared, and of a folder whose key is somewhere else.
#[test]
fn a_damaged_file_of_a_declared_certificate() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let other = another(&here);
        for (row, order) in [&["--new-key"][..], &["--csr", &csr()]].into_iter().enumerate() {
            let out = format!("certs/{row}");
            let declared = format!("[[certificate]]\nid = 571\nout = \"{out}\"\n");
            fs::write(here.path("certificates.toml"), declared).unwrap();
            here.run(&[&["reissue", "571", "--out", &out], order].concat(), 0);
            here.run(&["apply", "certificates.toml"], 8);
            let (orders, live) = (here.orders(), here.path(&out));
            let sound = files(&live);
            for (name, damage) in DAMAGES.into_iter().filter(|(name, _)| live.join(name).exists()) {
                let path = live.join(name);
                fs::write(&path, damage(&fs::read_to_string(&path).unwrap(), &other)).unwrap();
                let (document, _) = here.run(&["plan", "certificates.toml"], 0);
                let plan = &document["plan"][0];
                assert_eq!((&plan["action"], &plan["cost"]), (&"install".into(), &"free".into()), "{document}");
                let why = plan["why"].as_str().unwrap();
                // Of two files that do not agree on the chain, it is not known which is wrong.
                let is_one_of_two = row == 1 && matches!(name, "chain.pem" | "fullchain.pem");
                assert!(why.starts_with(&format!("`{name}` is damaged")) || is_one_of_two, "{name}: {why}");
                here.run(&["apply", "certificates.toml"], 0);
                assert_eq!((files(&live), here.orders()), (sound.clone(), orders), "{name}");
                here.run(&["apply", "certificates.toml"], 8);
            }
        }
    }
}

/// What stands beside certificate and key in a file is nobody's matter, nor is in which order another tool wrote what was adopted.
#[test]
fn what_others_write_is_not_damaged() {
    let dh = "-----BEGIN DH PARAMETERS-----\nMAYCAQcCAQI=\n-----END DH PARAMETERS-----\n";
    let here = Here::new("json", Settings::default());
    let other = another(&here);
    here.run(&["reissue", "571", "--new-key", "--out", "certs/live"], 0);
    let live = here.path("certs/live");
    for name in ["cert.pem", "fullchain.pem", "combined.pem"] {
        let text = format!("# put there by hand\n{}{dh}", of(&live, name));
        fs::write(live.join(name), text).unwrap();
        here.run(&["status", "certs"], 0);
        here.run(&["renew-due", "certs"], 8);
    }
    // Adopted: the chain with the root, the pair for HAProxy in another order.
    let (cert, chain, key) = (of(&live, "cert.pem"), of(&live, "chain.pem"), of(&live, "key.pem"));
    fs::remove_dir_all(&live).unwrap();
    fs::create_dir_all(&live).unwrap();
    fs::write(live.join("combined.pem"), format!("{dh}{chain}{cert}{key}")).unwrap();
    fs::write(live.join("cert.pem"), &cert).unwrap();
    fs::write(live.join("key.pem"), &key).unwrap();
    fs::write(live.join("chain.pem"), chain + &of(&other, "chain.pem")).unwrap();
    here.run(&["adopt", "certs/live"], 0);
    assert!(fs::read_link(live.join("current")).unwrap().to_string_lossy().ends_with("-found"));
    here.run(&["status", "certs"], 0);
    here.run(&["renew-due", "certs"], 8);
    // And yet what is damaged is.
    for (name, text) in [("combined.pem", of(&other, "combined.pem")), ("chain.pem", "garbage".to_owned())] {
        let sound = of(&live, name);
        fs::write(live.join(name), text).unwrap();
        let (document, _) = here.run(&["status", "certs", "--here"], 10);
        let todo = document["certificates"][0]["todo"].as_str().unwrap();
        assert!(todo.starts_with(&format!("`{name}` is damaged")), "{todo}");
        fs::write(live.join(name), sound).unwrap();
    }
    fs::write(live.join("combined.pem"), "garbage").unwrap();
    here.run(&["renew-due", "certs"], 0);
    here.run(&["status", "certs"], 0);
    here.run(&["renew-due", "certs"], 8);
    assert_eq!((here.orders(), of(&live, "combined.pem").starts_with(&key)), (1, true));
    let (key, certificate) = pair(&live);
    assert_eq!(key, certificate);
}

/// Where nothing in the folder shows the certificate any more, its note and the gateway do: with its key it is in place again, and else the command
/// is named that works.
#[test]
fn a_certificate_that_only_its_note_tells_of() {
    for (transport, is_declared) in [("xml", false), ("json", true)] {
        let here = Here::new(transport, Settings::default());
        let hook = "echo hooked >> hooks";
        let declared = format!("[[certificate]]\nid = 571\nout = \"certs/live\"\ndeploy_hook = \"{hook}\"\n");
        fs::write(here.path("certificates.toml"), declared).unwrap();
        here.run(&["reissue", "571", "--new-key", "--out", "certs/live", "--deploy-hook", hook], 0);
        let live = here.path("certs/live");
        let (sound, mut hooks) = (files(&live), 1);
        let (plan, run): (&[&str], &[&str]) = match is_declared {
            true => (&["plan", "certificates.toml"], &["apply", "certificates.toml"]),
            false => (&["renew-due", "certs", "--dry-run"], &["renew-due", "certs"]),
        };
        for (is_gone, why) in [
            (false, "`cert.pem`, `fullchain.pem` is damaged, or another certificate's"),
            (true, "`cert.pem`, `fullchain.pem` is gone from its folder"),
        ] {
            let lose = || {
                for name in ["cert.pem", "fullchain.pem"] {
                    let path = live.join("current").join(name);
                    if is_gone { fs::remove_file(path).unwrap() } else { fs::write(path, "garbage").unwrap() }
                }
            };
            lose();
            let (document, _) = here.run(&["status", "certs", "--here"], 2);
            let text = if is_gone { ": its certificate is gone" } else { "/cert.pem: no -----BEGIN line found" };
            let error = document["certificates"][0]["error"].clone();
            assert!(error["text"].as_str().unwrap().starts_with(&format!("certs/live{text}")), "{error}");
            let fetch = format!("`certgate fetch{} 571 --out certs/live` puts it there again", here.options());
            assert_eq!(error["advice"], fetch);
            let (document, _) = here.run(plan, 0);
            assert_eq!((&document["plan"][0]["action"], &document["plan"][0]["why"]), (&"install".into(), &why.into()));
            for command in [run, &["fetch", "571", "--out", "certs/live"]] {
                here.run(command, 0);
                hooks += 1;
                assert_eq!((files(&live), here.orders()), (sound.clone(), 1), "{command:?}");
                assert_eq!(here.read("hooks").lines().count(), hooks, "{command:?}");
                here.run(run, 8);
                if command == run {
                    lose();
                }
            }
        }
        // Another one was ordered elsewhere meanwhile.
        here.run(&["reissue", "571", "--new-key", "--out", "elsewhere", "--store", "other.sqlite"], 0);
        for name in ["cert.pem", "fullchain.pem"] {
            fs::write(live.join("current").join(name), "garbage").unwrap();
        }
        let (document, _) = here.run(plan, 2);
        let error = &document["plan"][0]["error"];
        let advice = error["advice"].as_str().unwrap();
        assert!(advice.ends_with("orders another one into it"), "{error}");
        let command = advice.split('`').nth(1).unwrap();
        let (_, command) = command.split_once("certgate ").unwrap();
        assert!(command.starts_with("reissue ") && command.contains(" 571 --new-key"), "{error}");
        here.run(&["reissue", "571", "--new-key", "--out", "certs/live"], 0);
        assert_eq!(here.orders(), 3);
        let (key, certificate) = pair(&live);
        assert_eq!(key, certificate);
        here.run(&["status", "certs", "--here"], 0);
    }
}

/// Where the key is somewhere else, the certificate is fetched again: another one would take it from whoever has the key.
#[test]
fn a_certificate_without_its_key_that_only_its_note_tells_of() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        here.run(&["reissue", "571", "--csr", &csr(), "--out", "certs/live"], 0);
        let live = here.path("certs/live");
        let sound = files(&live);
        for name in ["cert.pem", "fullchain.pem"] {
            fs::write(live.join(name), "garbage").unwrap();
        }
        let (document, _) = here.run(&["renew-due", "certs"], 2);
        let fetch = format!("`certgate fetch{} 571 --out certs/live` puts it there again", here.options());
        assert_eq!(document["orders"][0]["error"]["advice"], fetch);
        ended(here.copied(fetch.split('`').nth(1).unwrap()), 0);
        assert_eq!((files(&live), here.orders()), (sound, 1));
        here.run(&["renew-due", "certs"], 8);
    }
}

/// What is under care and damaged is not taken for another one: it stays the one certificate of its folder, and the next run puts it right.
#[test]
fn a_damaged_file_is_not_adopted() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        here.run(&["reissue", "571", "--new-key", "--out", "certs/live"], 0);
        let live = here.path("certs/live");
        let sound = files(&live);
        for (damaged, adopt) in [
            (&["cert.pem"][..], &["adopt", "certs/live"][..]),
            (&["cert.pem", "fullchain.pem"], &["adopt", "--all-below", "certs"]),
            (&["cert.pem"], &["adopt", "certs/live", "--dry-run"]),
        ] {
            for name in damaged {
                fs::write(live.join(name), "garbage").unwrap();
            }
            let before = files(&live);
            let (document, _) = here.run(adopt, 10);
            let rows = document["certificates"].as_array().unwrap();
            let text = format!(
                "`{}` is damaged, or another certificate's: certgate renew-due{} certs/live puts its own there again",
                damaged.join("`, `"),
                here.options()
            );
            assert!(rows.iter().any(|row| row["text"] == text && row["folder"] == "certs/live"), "{document}");
            assert_eq!((files(&live), fs::read_dir(here.path("certs")).unwrap().count()), (before, 1), "{adopt:?}");
            here.run(&["renew-due", "certs"], 0);
            assert_eq!((files(&live), here.orders()), (sound.clone(), 1), "{adopt:?}");
            here.run(&["adopt", "certs/live"], 8);
            here.run(&["renew-due", "certs"], 8);
        }
    }
}

/// A root, which nobody has to send.
const ROOT: &str = "-----BEGIN CERTIFICATE-----\n\
MIIBdDCCARugAwIBAgIUeo+/AZ9s3whTiLuO2iX4qVrvrtYwCgYIKoZIzj0EAwIw\n\
DzENMAsGA1UEAwwEUm9vdDAgFw0yNjExMzAyMjA5NDhaGA8yMTI2MTEwNjIyMDk0\n\
OFowDzENMAsGA1UEAwwEUm9vdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABB7C\n\
53KjpCWrFGymNLerBiTFcjbIUtJtJ/YKbpuDBEaIEEvDQo5edekZYXa6p8pLV0a7\n\
GisUB8frMU5p3z99gpGjUzBRMB0GA1UdDgQWBBT89NVFSRXLJbpN498xbcV1DJW9\n\
6zAfBgNVHSMEGDAWgBT89NVFSRXLJbpN498xbcV1DJW96zAPBgNVHRMBAf8EBTAD\n\
AQH/MAoGCCqGSM49BAMCA0cAMEQCIGweuC/lk/3BOcpPokGCxCq5wFLR34Q1fwYb\n\
61QyvVdQAiBcVtB6w7akzFDUD0KJVgpw66AiFi7b7flifCZGBNG+tw==\n\
-----END CERTIFICATE-----\n";

/// A root, or another certificate of an authority, that somebody or the hook writes behind the chain is nobody's matter: in one file, or in several.
#[test]
fn a_root_behind_the_chain_is_not_damage() {
    for (transport, order) in [("xml", &["--new-key"][..]), ("json", &["--new-key"]), ("json", &["--csr", &csr()])] {
        let here = Here::new(transport, Settings::default());
        let other = of(&another(&here), "chain.pem");
        let root = ROOT.to_owned();
        fs::write(here.path("root.pem"), &root).unwrap();
        let hook = "echo hooked >> hooks; cat root.pem >> certs/live/chain.pem";
        here.run(&[&["reissue", "571", "--out", "certs/live", "--deploy-hook", hook], order].concat(), 0);
        let live = here.path("certs/live");
        let own = of(&live, "fullchain.pem").strip_prefix(&of(&live, "cert.pem")).unwrap().to_owned();
        assert_eq!(of(&live, "chain.pem"), own.clone() + &root);
        let is_as_it_should = |added: &str| {
            here.run(&["status", "certs", "--here"], 0);
            here.run(&["renew-due", "certs"], 8);
            assert_eq!((here.orders(), here.read("hooks").lines().count()), (1, 1), "{transport} {order:?} {added}");
        };
        is_as_it_should("by the hook");
        for name in ["fullchain.pem", "combined.pem"].into_iter().filter(|name| live.join(name).exists()) {
            fs::write(live.join(name), of(&live, name) + &root).unwrap();
            is_as_it_should(name);
        }
        fs::write(live.join("chain.pem"), &own).unwrap();
        is_as_it_should("no longer in chain.pem");
        for name in ["chain.pem", "fullchain.pem", "combined.pem"].into_iter().filter(|name| live.join(name).exists()) {
            let before = of(&live, name);
            fs::write(live.join(name), before.clone() + &other).unwrap();
            is_as_it_should(name);
            fs::write(live.join(name), before).unwrap();
        }
        // What was its own is missing, or what was added cannot be read.
        for text in [root.clone(), other, String::new(), own.clone() + &root[..root.len() - 100]] {
            fs::write(live.join("chain.pem"), text).unwrap();
            let (document, _) = here.run(&["status", "certs", "--here"], 10);
            let todo = document["certificates"][0]["todo"].as_str().unwrap();
            assert!(todo.contains("chain.pem` is damaged"), "{todo}");
        }
    }
}

/// A hook that fails for what was put right does not have the damaged files back, and the folder stays under care.
#[test]
fn a_damaged_file_is_not_taken_back() {
    for (transport, damaged) in [
        ("xml", &["fullchain.pem"][..]),
        ("json", &["chain.pem"]),
        ("json", &["cert.pem"]),
        ("json", &["key.pem"]),
        ("json", &["cert.pem", "fullchain.pem"]),
        ("xml", &["combined.pem"]),
    ] {
        let here = Here::new(transport, Settings::default());
        let other = another(&here);
        let hook = ["--rollback-on-failure", "--deploy-hook", "test ! -e fails && echo hooked >> hooks"];
        here.run(&[&["reissue", "571", "--new-key", "--out", "certs/live"][..], &hook].concat(), 0);
        let live = here.path("certs/live");
        let sound = files(&live);
        for name in damaged {
            fs::remove_file(live.join(name)).unwrap();
            let text = if *name == "key.pem" { of(&other, name) } else { "garbage".to_owned() };
            fs::write(live.join(name), text).unwrap();
        }
        fs::write(here.path("fails"), "").unwrap();
        for _ in 0..2 {
            let (_, said) = here.run(&["renew-due", "certs"], 11);
            let kept = "the set before could not be put back: the set 000002-found is damaged";
            assert!(said.contains(kept), "{damaged:?} {said}");
            assert_eq!(files(&live), sound, "{damaged:?}");
        }
        fs::remove_file(here.path("fails")).unwrap();
        here.run(&["renew-due", "certs"], 0);
        here.run(&["renew-due", "certs"], 8);
        assert_eq!((files(&live), here.orders()), (sound, 1), "{damaged:?}");
        assert_eq!(here.read("hooks").lines().count(), 2, "{damaged:?}");
        here.run(&["status", "certs", "--here"], 0);
    }
}

/// What another tool wrote is put back though its key is encrypted, and not where a file of it is damaged.
#[test]
fn what_was_found_is_taken_back_where_it_is_whole() {
    for (damaged, set) in [(None, "000001-found"), (Some("fullchain.pem"), "000002-")] {
        let here = Here::new("json", Settings::default());
        here.run(&["reissue", "571", "--new-key", "--out", "seed"], 0);
        let live = here.path("live");
        fs::create_dir(&live).unwrap();
        for name in ["cert.pem", "fullchain.pem"] {
            fs::copy(here.path("seed").join(name), live.join(name)).unwrap();
        }
        fs::copy(fixture("_keys/p256-pkcs8-encrypted.pem"), live.join("key.pem")).unwrap();
        if let Some(damaged) = damaged {
            fs::write(live.join(damaged), "garbage").unwrap();
        }
        let hook = ["--deploy-hook", "false", "--rollback-on-failure"];
        let output = here.at(&[&["reissue", "571", "--new-key", "--out", "live"][..], &hook].concat());
        let current = fs::read_link(live.join("current")).unwrap();
        let is_back = current.to_string_lossy().starts_with(&format!("sets/{set}"));
        assert!(exit(&output) == 11 && is_back, "{} {}", current.display(), stderr(&output));
    }
}

/// What somebody wrote anew in the place of a link is the same certificate still: it can be taken back, and stays under care.
#[test]
fn what_is_taken_back_stays_under_care() {
    let here = Here::new("json", Settings::default());
    here.run(&["reissue", "571", "--new-key", "--out", "certs/live"], 0);
    let live = here.path("certs/live");
    let text = format!("# by hand\n{}", of(&live, "fullchain.pem"));
    fs::remove_file(live.join("fullchain.pem")).unwrap();
    fs::write(live.join("fullchain.pem"), &text).unwrap();
    let hook = ["--rollback-on-failure", "--deploy-hook", "test ! -e fails"];
    fs::write(here.path("fails"), "").unwrap();
    here.run(&[&["reissue", "571", "--new-key", "--out", "certs/live"][..], &hook].concat(), 11);
    assert_eq!(fs::read_link(live.join("current")).unwrap(), Path::new("sets/000002-found"));
    assert_eq!(of(&live, "fullchain.pem"), text);
    let (document, _) = here.run(&["rollback", "certs/live", "--list"], 0);
    let found = &document["sets"][1];
    assert_eq!((&found["name"], &found["certificate"]), (&"example.com".into(), &571.into()), "{found}");
}

/// A hook that fails for a damaged file is not repeated in vain: the file is put right first.
#[test]
fn a_damaged_file_whose_hook_failed() {
    for (transport, name) in [("xml", "fullchain.pem"), ("json", "key.pem"), ("json", "cert.pem")] {
        let here = Here::new(transport, Settings::default());
        let hook = format!("test ! -e fails && grep BEGIN certs/live/{name}");
        fs::write(here.path("fails"), "").unwrap();
        here.run(&["reissue", "571", "--new-key", "--out", "certs/live", "--deploy-hook", &hook], 11);
        fs::remove_file(here.path("fails")).unwrap();
        let live = here.path("certs/live");
        let sound = files(&live);
        fs::write(live.join(name), "garbage").unwrap();
        let (plan, _) = here.run(&["renew-due", "certs", "--dry-run"], 0);
        assert_eq!(plan["plan"][0]["action"], "install", "{name}");
        let (done, said) = here.run(&["renew-due", "certs"], 0);
        assert_eq!(done["orders"][0]["deployment"]["state"], "deployed", "{name} {said}");
        assert_eq!((files(&live), here.orders()), (sound, 1), "{name}");
        here.run(&["status", "certs"], 0);
        here.run(&["renew-due", "certs"], 8);
    }
}
