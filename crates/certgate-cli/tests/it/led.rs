//! What servers read and what led into a certificate's folder: gone, a copy, or another one by now.

use std::{fs, os::unix::fs::symlink};

use certgate_simulator::Settings;
use pretty_assertions::assert_eq;
use serde_json::Value;

use crate::{
    adopt::{issued, lay, public_key},
    support::{binary::Here, tls_server::has_openssl},
};

/// What a server reads and leads elsewhere by now would be renewed by halves: nothing is ordered until it leads there again. A key that is gone from
/// the certificate's own folder comes back.
#[test]
fn what_leads_elsewhere_is_not_renewed_by_halves() {
    if !has_openssl() {
        return;
    }
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let told = |command: &[&str], code: i32| {
            let (found, document, said) = here.told(command);
            assert_eq!(found, code, "{command:?} {said}");
            (document, said)
        };
        let from = issued(here.home.path(), &here.server, "h.example");
        let key = here.path("etc/h.key");
        lay(&from, &["fullchain.pem"], &here.path("etc/h.crt"), 0o644);
        lay(&from, &["key.pem"], &key, 0o600);
        told(&["adopt", "--all-below", "etc"], 0);
        // It is the folder's, whichever set is in place.
        let all = ["renew-due", "etc", "--renew-before", "400d"];
        told(&all, 0);
        let (orders, link) = (here.orders(), fs::read_link(&key).unwrap());
        fs::remove_file(&key).unwrap();
        lay(&from, &["key.pem"], &key, 0o600);
        let expected = "etc/h.key does not lead into etc/h.example any more, as adopt had it do, and shows another one";
        for command in [&all[..], &["renew-due", "etc"], &["renew-due", "etc", "--dry-run"], &["status", "etc"]] {
            let (document, said) = told(command, 2);
            assert!(format!("{document}{said}").contains(expected), "{command:?} {document}{said}");
        }
        // How long it lasts is told all the same, and the account's certificate is not taken for one that is nowhere.
        let (document, _) = told(&["status", "etc"], 2);
        let rows = document["certificates"].as_array().unwrap();
        let row = rows.iter().find(|row| row["name"] == "h.example").unwrap();
        assert!(row["days"].is_i64() && row["error"]["kind"] == "usage", "{row}");
        let of_its_id = rows.iter().filter(|other| other["certificate"] == row["certificate"]).count();
        let id = row["certificate"].to_string();
        assert_eq!(of_its_id, 1, "{document}");
        let (found, document, said) = here.told(&["status", "etc", "--check"]);
        assert!(
            found != 0 && document.to_string().contains("1 installed here, where a server reads something else"),
            "{found} {said} {document}"
        );
        // A single order would renew it by halves, too.
        let (_, said) = told(&["reissue", "h.example", "--new-key", "--out", "etc/h.example"], 2);
        assert!(said.contains(expected) && here.orders() == orders, "{said}");
        // One that is gone is said; what it held is of no other one.
        fs::remove_file(&key).unwrap();
        let (document, _) = told(&["status", "etc"], 10);
        let path = key.display();
        let gone = format!(
            "{path} led into it and is gone: link it there again, or `certgate adopt{} etc/h.example` forgets it",
            here.options()
        );
        assert_eq!(document["certificates"][0]["todo"], gone, "{document}");
        let check = ["status", "etc", "--check", "--warning", "1d", "--critical", "1d"];
        let (document, _) = told(&check, 1);
        assert_eq!(document["check"]["text"], "1 installed here, where what a server read is gone");
        let (_, said) = told(&["renew-due", "etc"], 8);
        assert!(said.contains(&format!("certgate: warning: etc/h.example: {gone}")), "{said}");
        here.ends(&["status", "etc", "--html", "page.html"], 0);
        assert!(here.read("page.html").contains(&format!("{path} led into it and is gone")));
        symlink(link, &key).unwrap();
        told(&["renew-due", "etc"], 8);
        told(&check, 0);

        let own = here.path("etc/h.example/key.pem");
        fs::remove_file(&own).unwrap();
        let (document, _) = told(&["status", "etc"], 10);
        let gone =
            format!("`key.pem` is gone from its folder: certgate renew-due{} puts it there again", here.options());
        assert_eq!(document["certificates"][0]["todo"], gone, "{document}");
        let (document, _) = told(&["renew-due", "etc", "--dry-run"], 0);
        assert_eq!(document["plan"][0]["action"], "install", "{document}");
        told(&["renew-due", "etc"], 0);
        assert_eq!(public_key(&own, false), public_key(&here.path("etc/h.crt"), true));
        told(&["renew-due", "etc"], 8);
        // A copy of what is in place would stay behind, too, but for one that a hook makes anew.
        let orders = here.orders();
        let link = fs::read_link(&key).unwrap();
        fs::remove_file(&key).unwrap();
        lay(&here.path("etc/h.example"), &["key.pem"], &key, 0o600);
        let expected = "etc/h.key does not lead into etc/h.example any more, as adopt had it do, and is a copy";
        let out = ["--out", "etc/h.example"];
        for command in [
            &all[..],
            &["renew-due", "etc", "--dry-run"],
            &["status", "etc"],
            &[&["reissue", "h.example", "--new-key"][..], &out].concat(),
            &[&["fetch", &id][..], &out].concat(),
        ] {
            let (document, said) = told(command, 2);
            assert!(format!("{document}{said}").contains(expected), "{command:?} {document}{said}");
        }
        assert_eq!(here.orders(), orders);
        // One that is asked for, or declared, only now would do that.
        let (document, _) = told(&["renew-due", "etc", "--dry-run", "--deploy-hook", "true"], 0);
        assert_eq!(document["plan"][0]["action"], "install", "{document}");
        let declared = "[[certificate]]\nname = \"h.example\"\nout = \"etc/h.example\"\n";
        for (hook, code, action) in [("", 2, "error"), ("deploy_hook = \"true\"\n", 0, "install")] {
            fs::write(here.path("certificates.toml"), format!("{declared}{hook}")).unwrap();
            let (document, said) = told(&["plan", "certificates.toml"], code);
            assert_eq!(document["plan"][0]["action"], action, "{document} {said}");
        }
        // The way out is said, and is one.
        let (document, _) = told(&["status", "etc"], 2);
        let adopt = format!("certgate adopt{} {}", here.options(), here.path("etc").display());
        let advice = document["certificates"][0]["error"]["advice"].as_str().unwrap();
        assert_eq!(advice, format!("`{adopt}` has it lead there"));
        told(&["adopt", "etc"], 0);
        assert_eq!(fs::read_link(&key).unwrap(), link);
        told(&["renew-due", "etc", "--deploy-hook", "true"], 0);
        for (path, of) in [(&key, "key.pem"), (&here.path("etc/h.crt"), "fullchain.pem")] {
            fs::remove_file(path).unwrap();
            lay(&here.path("etc/h.example"), &[of], path, 0o600);
        }
        // So is another's whole pair.
        told(&["renew-due", "etc"], 8);
        fs::remove_file(&key).unwrap();
        lay(&from, &["fullchain.pem", "key.pem"], &key, 0o600);
        told(&["renew-due", "etc"], 8);
        assert_eq!(here.orders(), orders);
    }
}

/// What was moved away for good is no longer looked at, also where nothing is left of it.
#[test]
fn what_was_moved_away_is_forgotten() {
    if !has_openssl() {
        return;
    }
    let here = Here::new("json", Settings::default());
    let from = issued(here.home.path(), &here.server, "h.example");
    let etc = here.path("etc");
    let led = || -> Value {
        let record = fs::read_to_string(etc.join("h.example/current/about.json")).unwrap();
        serde_json::from_str::<Value>(&record).unwrap()["led"].take()
    };
    lay(&from, &["fullchain.pem"], &etc.join("h.crt"), 0o644);
    lay(&from, &["key.pem"], &etc.join("h.key"), 0o600);
    assert_eq!(here.told(&["adopt", "--all-below", "etc"]).0, 0);
    assert_eq!(led().as_array().map(Vec::len), Some(2));
    // What somebody led there since is noted, and what is gone is not.
    symlink("h.example/fullchain.pem", etc.join("other.crt")).unwrap();
    for expected in [3, 2] {
        assert_eq!(here.told(&["adopt", "--all-below", "etc"]).0, 0, "{expected}");
        assert_eq!(led().as_array().map(Vec::len), Some(expected));
        assert_eq!(here.told(&["adopt", "--all-below", "etc"]).0, 8, "{expected}");
        let _ = fs::remove_file(etc.join("other.crt"));
    }
    // The other sets tell where the note of the one in place is damaged.
    assert_eq!(here.told(&["renew-due", "etc", "--renew-before", "400d"]).0, 0);
    fs::write(etc.join("h.example/current/about.json"), "{\"certi").unwrap();
    assert_eq!(here.told(&["adopt", "etc/h.example"]).0, 0);
    assert_eq!(led().as_array().map(Vec::len), Some(2));
    for name in ["h.crt", "h.key"] {
        fs::remove_file(etc.join(name)).unwrap();
    }
    assert_eq!(here.told(&["adopt", "etc/h.example", "--keep", "4"]).0, 0);
    assert_eq!(led(), Value::Null);
}

/// The links that led into a folder before it was moved lead to nothing, and are as good as gone: it is renewed, and they are forgotten.
#[test]
fn a_folder_that_was_moved_is_renewed() {
    if !has_openssl() {
        return;
    }
    let here = Here::new("json", Settings::default());
    let from = issued(here.home.path(), &here.server, "h.example");
    let (crt, key) = (here.path("etc/h.crt"), here.path("etc/h.key"));
    lay(&from, &["fullchain.pem"], &crt, 0o644);
    lay(&from, &["key.pem"], &key, 0o600);
    here.run(&["adopt", "etc"], 0);
    fs::create_dir(here.path("new")).unwrap();
    fs::rename(here.path("etc/h.example"), here.path("new/h.example")).unwrap();
    let orders = here.orders();
    let adopt = format!("`certgate adopt{} new/h.example` forgets it", here.options());
    let gone = format!("{} led into it and is gone: link it there again, or {adopt}", crt.display());
    assert_eq!(here.run(&["status", "new"], 10).0["certificates"][0]["todo"], gone);
    let (_, said) = here.run(&["renew-due", "new", "--renew-before", "400d"], 0);
    assert!(said.contains(&gone) && here.orders() == orders + 1, "{said}");
    // One that shows another one is another matter.
    fs::remove_file(&key).unwrap();
    lay(&from, &["key.pem"], &key, 0o600);
    let (_, said) = here.run(&["renew-due", "new"], 2);
    assert!(said.contains("and shows another one"), "{said}");
    fs::remove_file(&key).unwrap();
    symlink("h.example/key.pem", &key).unwrap();
    here.run(&["adopt", "new/h.example"], 0);
    here.run(&["status", "new"], 0);
    here.run(&["adopt", "new/h.example"], 8);
    let (_, said) = here.run(&["renew-due", "new"], 8);
    assert!(!said.contains("led into it") && here.orders() == orders + 1, "{said}");
}
