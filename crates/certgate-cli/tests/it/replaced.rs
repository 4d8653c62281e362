//! A certificate that was deleted and ordered anew elsewhere under the same name: nothing is done for its folder by itself, and the command is named
//! that orders the new one for it.

use std::fs;

use certgate_simulator::Settings;
use pretty_assertions::assert_eq;

use crate::support::binary::{Here, ended, pair};

const HOOK: &str = "echo hooked >> hooks";

/// A certificate in `certs/live` that is gone from the account, which has one of its name with another id.
fn replaced(transport: &'static str) -> (Here, i64) {
    let here = Here::new(transport, Settings::default());
    here.run(
        &["reissue", "571", "--new-key", "--out", "certs/live", "--deploy-hook", HOOK, "--provisioning", "true"],
        0,
    );
    let elsewhere = ["--store", "other.sqlite"];
    here.run(&[&["delete", "571", "--yes"][..], &elsewhere].concat(), 0);
    let new = ["create", "--name", "example.com", "--product", "SSL123", "--admin", "1120", "--technical", "1120"];
    let new = [&new[..], &["--lifetime", "12", "--new-key", "--out", "elsewhere"], &elsewhere].concat();
    let id = here.run(&new, 0).0["certificate"]["id"].as_i64().unwrap();
    assert_ne!(id, 571);
    (here, id)
}

/// The command that a text shows.
fn shown(text: &str) -> &str {
    text.split('`').find(|part| part.contains("certgate ")).unwrap()
}

#[test]
fn in_a_folder_that_is_not_declared() {
    for transport in ["xml", "json"] {
        let (here, id) = replaced(transport);
        let orders = here.orders();
        let (status, _) = here.run(&["status", "certs"], 10);
        let (plan, _) = here.run(&["renew-due", "certs", "--dry-run"], 2);
        let (run, _) = here.run(&["renew-due", "certs"], 2);
        let (todo, error) = (&status["certificates"][0]["todo"], &run["orders"][0]["error"]);
        assert_eq!((todo, &error["text"]), (&plan["plan"][0]["why"], &"the account has no certificate 571".into()));
        let advice = error["advice"].as_str().unwrap();
        assert!(advice.starts_with("where it was ordered anew under another id, `"), "{advice}");
        let reissue = format!("certgate reissue{} example.com --new-key ", here.options());
        assert!(shown(advice).contains(&reissue) && todo.as_str().unwrap().contains(advice), "{todo} {advice}");
        assert_eq!(here.orders(), orders);
        ended(here.copied(shown(advice)), 0);
        let (status, _) = here.run(&["status", "certs"], 0);
        assert_eq!((&status["certificates"][0]["certificate"], here.orders()), (&id.into(), orders + 1));
        here.run(&["renew-due", "certs"], 8);
        assert_eq!(here.read("hooks").lines().count(), 2);
        let (key, certificate) = pair(&here.path("certs/live"));
        assert_eq!(key, certificate);
        // Where there is none of the name, that is said.
        here.run(&["delete", "example.com", "--yes", "--store", "other.sqlite"], 0);
        here.run(&["renew-due", "certs"], 2);
        ended(here.copied(shown(advice)), 2);
    }
}

#[test]
fn declared_by_its_name_or_by_its_id() {
    for transport in ["xml", "json"] {
        let (here, id) = replaced(transport);
        let declare = |which: &str| {
            let text = format!(
                "[[certificate]]\n{which}\nout = \"certs/live\"\nprovisioning = true\ndeploy_hook = \"{HOOK}\"\n"
            );
            fs::write(here.path("certificates.toml"), text).unwrap();
        };
        let orders = here.orders();
        let error = || {
            let (plan, _) = here.run(&["plan", "certificates.toml"], 2);
            let (run, _) = here.run(&["apply", "certificates.toml"], 2);
            let error = run["orders"][0]["error"].clone();
            assert_eq!(plan["plan"][0]["error"]["advice"], error["advice"], "{plan}");
            assert_eq!(here.orders(), orders);
            error
        };
        declare("id = 571");
        let options = here.options();
        let list = format!(
            "`certgate list{options}` shows those that there are: correct its `id`; where it was deleted, \
             `certgate create{options}` orders a new one, for a new term"
        );
        let gone = error();
        assert_eq!((&gone["text"], &gone["advice"]), (&"the account has no certificate 571".into(), &list.into()));
        let mut advised = Vec::new();
        for which in [format!("id = {id}"), "name = \"example.com\"".to_owned()] {
            declare(&which);
            let error = error();
            let text = format!("what is in place is not certificate {id} of the account, and not its predecessor");
            assert_eq!(error["text"], text, "{which}");
            let advice = error["advice"].as_str().unwrap().to_owned();
            assert!(advice.ends_with("` orders it for this folder, with a new key"), "{advice}");
            advised.push(advice);
        }
        ended(here.copied(shown(&advised[1])), 0);
        assert_eq!(here.orders(), orders + 1);
        for which in ["name = \"example.com\"".to_owned(), format!("id = {id}")] {
            declare(&which);
            here.run(&["apply", "certificates.toml"], 8);
        }
        assert_eq!(here.read("hooks").lines().count(), 2);
        let (key, certificate) = pair(&here.path("certs/live"));
        assert_eq!(key, certificate);
        ended(here.copied(shown(&advised[0])), 0);
    }
}
