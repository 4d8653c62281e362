//! An issued certificate again, over both protocols.

use std::{fs, path::Path};

use certgate_domain::TaskKind;
use certgate_simulator::{Server, Settings};
use pretty_assertions::assert_eq;
use serde_json::Value;

use crate::support::binary::{Here, csr, mode, openssl, pair, secret, told};

fn serial(folder: &Path) -> String {
    let (ok, printed) = openssl(folder, &["x509", "-in", "cert.pem", "-noout", "-serial"]);
    assert!(ok, "{}", folder.display());
    printed.trim().trim_start_matches("serial=").to_owned()
}

/// What `status` says of the one folder here.
fn todo(home: &Path, server: &Server, transport: &str) -> String {
    let document = told(home, server, transport, &["status", "live"]).1;
    document["certificates"][0]["todo"].as_str().unwrap().to_owned()
}

const NEW: [&str; 5] = ["reissue", "571", "--new-key", "--out", "live"];

/// After a rollback the gateway's certificate comes back by the command that `status` names.
#[test]
fn after_a_rollback() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let live = here.path("live");
        let run = |command: &[&str]| {
            let (code, _, said) = here.told(command);
            (code, said)
        };
        secret(&here.path("pass"), "secret1\n");
        let stores = ["--pkcs12", "--store-pass-file", "pass", "--deploy-hook", "date >> hooks"];
        for _ in 0..2 {
            assert_eq!(run(&[&NEW[..], &stores].concat()).0, 0);
        }
        let newest = serial(&live);
        assert_eq!(run(&["rollback", "live"]).0, 0);
        assert_ne!(serial(&live), newest);
        let todo = todo(here.home.path(), &here.server, transport);
        let (why, command) = todo.split_once("; the gateway's is another: certgate ").unwrap();
        assert!(why.starts_with("put back by hand on "), "{todo}");
        let command = command.replace(&here.options(), "");
        assert!(command.starts_with("fetch 571 --out ") && command.ends_with("live"), "{command}");
        let hooks = || here.read("hooks").lines().count();
        let before = hooks();
        let command: Vec<&str> = command.split(' ').collect();
        assert_eq!(run(&command), (0, String::new()));
        assert_eq!((serial(&live), hooks()), (newest, before + 1), "installed as it was before: the hook ran");
        assert!(live.join("bundle.p12").exists());
        let (key, certificate) = pair(&live);
        assert_eq!(key, certificate);
        let again = run(&command);
        assert_eq!((again.0, hooks()), (8, before + 1), "{}", again.1);
        assert_eq!(here.gateway.asked(TaskKind::CertificateReissue), 2, "nothing is ordered by it");
    }
}

/// A colleague's reissue has a key that is not here: it is said so, and nothing is overwritten.
#[test]
fn a_certificate_of_somebody_elses_key() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        assert_eq!(here.told(&NEW).0, 0);
        assert_eq!(here.told(&["reissue", "571", "--csr", &csr()]).0, 0);
        let before = serial(&here.path("live"));
        let todo = todo(here.home.path(), &here.server, transport);
        let expected = format!(
            "the gateway has another certificate, whose key is not here: certgate reissue{} 571 --new-key --out live",
            here.options()
        );
        assert_eq!(todo, expected);
        let (code, document, _) = here.told(&["fetch", "571", "--out", "live"]);
        assert_eq!((code, &document["error"]["kind"]), (10, &"check failed".into()));
        assert_eq!(document["error"]["text"], "the folder holds another key than the certificate's");
        assert_eq!(serial(&here.path("live")), before);
        // Without its key it may go anywhere else, or nowhere.
        let (code, document, said) = here.told(&["fetch", "example.com", "--out", "other"]);
        assert_eq!((code, document["files"].as_object().unwrap().len()), (0, 3), "{said}");
        assert_eq!(mode(&here.path("other/cert.pem")), 0o644);
        assert_eq!(here.told(&["fetch", "example.com", "--out", "other"]).0, 8);
        let (code, document, _) = here.told(&["fetch", "571"]);
        let checks: Vec<&str> =
            document["checks"].as_array().unwrap().iter().map(|check| check["name"].as_str().unwrap()).collect();
        assert_eq!(
            (code, checks, document.get("files")),
            (0, vec!["certificate", "public-key", "name", "names", "dates", "chain", "live"], None)
        );
    }
}

/// What cannot be fetched leaves nothing behind, not even a folder.
#[test]
fn refusals() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        for (id, code) in [("999", 3), ("nobody.example", 2)] {
            let (found, document, _) = here.told(&["fetch", id, "--out", "live"]);
            assert_eq!((found, here.path("live").exists()), (code, false), "{id} {document}");
        }
        let (code, document, _) = here.told(&["fetch", "571", "--deploy-hook", "true"]);
        assert_eq!(code, 2, "a hook goes with files: {document}");
    }
}

/// A hook that failed is run again by the same command; once it succeeded there is nothing to do.
#[test]
fn its_hook() {
    let here = Here::new("json", Settings::default());
    let hook = ["fetch", "571", "--out", "live", "--deploy-hook", "test -e ready"];
    let (code, document, _) = here.told(&hook);
    assert_eq!((code, &document["deployment"]["state"]), (11, &"failed".into()));
    assert_eq!(here.told(&["fetch", "571", "--out", "live"]).0, 11, "the hook is known");
    fs::write(here.path("ready"), "").unwrap();
    let (code, document, _) = here.told(&["fetch", "571", "--out", "live"]);
    assert_eq!((code, &document["deployment"]["state"]), (0, &"deployed".into()));
    assert_eq!(here.told(&hook).0, 8);
}

/// An order that is done long since is written where it is asked to be.
#[test]
fn resume_of_a_done_order() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let (_, done, _) = here.told(&["reissue", "571", "--csr", &csr()]);
        let id = done["order"]["id"].as_str().unwrap();
        let (code, document, said) = here.told(&["resume", id, "--out", "x10"]);
        assert_eq!(
            (code, &document["order"]["id"], &document["order"]["state"]),
            (0, &done["order"]["id"], &"done".into()),
            "{said}"
        );
        assert_eq!(document["certificate"], done["certificate"]);
        assert!(here.path("x10/fullchain.pem").exists());
        assert_eq!(here.told(&["resume", id, "--out", "x10"]).0, 8);
        assert_eq!(here.told(&["resume", id]).0, 8, "without a folder there is nothing to do");
        let (_, deleted, _) = here.told(&["delete", "571", "--yes"]);
        let (code, ..) = here.told(&["resume", deleted["order"]["id"].as_str().unwrap(), "--out", "x11"]);
        assert_eq!((code, here.path("x11/cert.pem").exists()), (8, false));
    }
}

/// What came since is not shown as the certificate of an earlier order.
#[test]
fn resume_of_an_order_that_another_key_followed() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let (earlier, _) = here.run(&NEW, 0);
        let (later, _) = here.run(&["reissue", "571", "--csr", &csr(), "--out", "other"], 0);
        let id = |document: &Value| document["order"]["id"].as_str().unwrap().to_owned();
        let (document, said) = here.run(&["resume", &id(&earlier), "--out", "x10"], 10);
        let text = "certificate 571 has another key by now than this order's; nothing was written";
        assert_eq!(document["error"]["text"], text);
        let fetch = format!("certgate fetch{} 571 --out DIR", here.options());
        assert!(said.contains(&fetch), "{said}");
        let key = document["checks"].as_array().unwrap().iter().find(|check| check["name"] == "public-key").unwrap();
        assert_eq!(key["ok"], false, "{document}");
        assert!(!here.path("x10").exists());
        let (document, _) = here.run(&["resume", &id(&later), "--out", "x10"], 0);
        assert_eq!(
            (&document["order"]["id"], &document["certificate"]),
            (&later["order"]["id"], &later["certificate"])
        );
        here.run(&["fetch", "571", "--out", "x11"], 0);
        assert_eq!(serial(&here.path("x11")), serial(&here.path("x10")));
    }
}
