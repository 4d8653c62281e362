//! What is changed in a declared file is done, once: its names, its key, its CSR.

use std::fs;

use certgate_simulator::Settings;
use certgate_x509::{CertificateRequest, X509};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::support::binary::{Here, pair};

const OWN: &str = "host-000000.example.org";
const PLAN: &[&str] = &["plan", "certificates.toml"];
const APPLY: &[&str] = &["apply", "certificates.toml"];

fn here(transport: &'static str) -> Here {
    Here::new(transport, Settings { more_certificates: 1, ..Settings::default() })
}

impl Here {
    fn declare(&self, more: &str) {
        let text = format!("[[certificate]]\nid = 10000\nout = \"certs/a\"\ndns = \"provision\"\n{more}\n");
        fs::write(self.path("certificates.toml"), text).unwrap();
    }

    /// What is planned, and why; the names that come and go.
    #[track_caller]
    fn planned(&self) -> (Value, Value, Value) {
        let (document, _) = self.run(PLAN, 0);
        let row = &document["plan"][0];
        (row["action"].clone(), row["why"].clone(), row["names"].clone())
    }

    /// That is planned and done, by one order, and there is nothing left to do then.
    #[track_caller]
    fn is_done_once(&self, why: &str, names: Value) {
        let why = format!("{why} changed since it was put in place");
        let (action, said, changed) = self.planned();
        assert_eq!((action, changed), (json!("reissue"), names));
        assert!(said.as_str().unwrap().starts_with(&why), "{said}");
        let before = self.orders();
        let (document, _) = self.run(APPLY, 0);
        assert_eq!(document["orders"][0]["why"], said);
        assert_eq!(self.orders() - before, 1);
        self.is_nothing_to_do();
    }

    #[track_caller]
    fn is_nothing_to_do(&self) {
        let before = self.orders();
        self.ends(PLAN, 8);
        self.ends(APPLY, 8);
        assert_eq!(self.orders(), before);
    }

    /// It cannot be used, which is told, planned or applied, and nothing is ordered.
    #[track_caller]
    fn is_refused(&self, said: &str) {
        let before = self.orders();
        for (command, rows, text) in [(PLAN, "plan", "why"), (APPLY, "orders", "text")] {
            let (document, _) = self.run(command, 2);
            let found = document[rows][0][text].as_str().unwrap_or_default().to_owned();
            assert!(found.contains(said), "{document}");
        }
        assert_eq!(self.orders(), before);
    }

    /// The names of what is in place.
    fn hosts(&self) -> Vec<String> {
        let mut hosts: Vec<String> = X509::from_pem(self.read("certs/a/cert.pem")).unwrap().hosts().collect();
        hosts.sort();
        hosts
    }

    fn csr(&self, file: &str, key: &str, names: &[&str]) {
        let names: Vec<&str> = names.iter().flat_map(|name| ["--san", name]).collect();
        let key = if self.path(key).exists() { ["--key", key] } else { ["--key-out", key] };
        self.ends(&[&["csr", "new", "--name", OWN, "--out", file][..], &key, &names].concat(), 0);
    }

    fn by_hand(&self, out: &str, more: &[&str]) {
        let order = ["reissue", "10000", "--new-key", "--dns", "provision", "--out", out];
        self.ends(&[&order[..], more].concat(), 0);
    }
}

#[test]
fn a_declared_key() {
    for transport in ["xml", "json"] {
        let here = here(transport);
        here.csr("one.csr", "one.key", &[]);
        here.csr("two.csr", "two.key", &[]);
        here.declare("key = \"one.key\"");
        here.ends(APPLY, 0);
        here.is_nothing_to_do();
        here.declare("key = \"one.key\"\nnames = [\"b.example.org\"]");
        here.is_done_once("`names`", json!({ "added": ["b.example.org"] }));
        here.declare("key = \"two.key\"\nnames = [\"c.example.org\"]");
        here.is_done_once("`names`, `key`", json!({ "added": ["c.example.org"], "removed": ["b.example.org"] }));
        let two = CertificateRequest::from_pem(here.read("two.csr")).unwrap();
        assert_eq!(X509::from_pem(here.read("certs/a/cert.pem")).unwrap().key.spki, two.key.spki);
        let (key, certificate) = pair(&here.path("certs/a"));
        assert_eq!(key, certificate);
        assert_eq!(here.hosts(), ["c.example.org", OWN]);
        fs::rename(here.path("two.key"), here.path("away.key")).unwrap();
        here.is_refused("two.key");
        fs::write(here.path("two.key"), "no key").unwrap();
        here.is_refused("two.key");
        fs::rename(here.path("away.key"), here.path("two.key")).unwrap();
        here.is_nothing_to_do();
    }
}

/// A CSR says its names; that of which fewer are asked for by now takes no other certificate.
#[test]
fn a_declared_csr() {
    for transport in ["xml", "json"] {
        let here = here(transport);
        for (file, key, names) in [
            ("one.csr", "one.key", &["a.example.org"][..]),
            ("fewer.csr", "one.key", &[]),
            ("more.csr", "one.key", &["a.example.org", "b.example.org"]),
            ("two.csr", "two.key", &["a.example.org"]),
        ] {
            here.csr(file, key, names);
        }
        here.declare("csr = \"one.csr\"");
        here.ends(APPLY, 0);
        here.is_nothing_to_do();
        here.declare("csr = \"fewer.csr\"");
        here.is_nothing_to_do();
        here.declare("csr = \"more.csr\"");
        here.is_done_once("`csr`", json!({ "added": ["b.example.org"] }));
        here.declare("csr = \"two.csr\"");
        here.is_done_once("`csr`", Value::Null);
        assert_eq!(here.hosts(), ["a.example.org", OWN]);
        fs::rename(here.path("two.csr"), here.path("away.csr")).unwrap();
        here.is_refused("two.csr");
    }
}

/// A CSR whose key is not in a folder that holds one could not be installed there: a plan says so, too.
#[test]
fn a_csr_of_another_key_than_the_folder_holds() {
    let here = here("json");
    here.csr("one.csr", "one.key", &[]);
    here.declare("");
    here.ends(APPLY, 0);
    here.declare("csr = \"one.csr\"");
    here.is_refused("holds another key");
}

/// The file says all names: one that was given by hand goes, and the plan says so before.
#[test]
fn a_name_that_was_given_by_hand() {
    for transport in ["xml", "json"] {
        let here = here(transport);
        here.declare("names = [\"b.example.org\"]");
        here.ends(APPLY, 0);
        here.by_hand("certs/a", &["--san", "b.example.org", "--san", "x.example.org"]);
        assert_eq!(here.hosts(), ["b.example.org", OWN, "x.example.org"]);
        let why = "`names` changed since it was put in place: `x.example.org` goes";
        assert_eq!(here.planned().1, json!(why));
        here.is_done_once("`names`", json!({ "removed": ["x.example.org"] }));
        assert_eq!(here.hosts(), ["b.example.org", OWN]);
    }
}

/// The name that a folder went by before somebody renamed its certificate is not one that its file named.
#[test]
fn a_former_name_stays() {
    for transport in ["xml", "json"] {
        let here = here(transport);
        here.declare("names = [\"b.example.org\"]");
        here.ends(APPLY, 0);
        here.by_hand("elsewhere", &["--name", "a.example.org", "--san", OWN, "--san", "b.example.org"]);
        here.ends(&["renew-due", "certs", "--renew-before", "400d"], 0);
        let all = ["a.example.org", "b.example.org", OWN];
        assert_eq!(here.hosts(), all);
        here.is_nothing_to_do();
        // Nor is it lost by what is ordered next, there or here.
        here.by_hand("elsewhere", &["--san", "b.example.org"]);
        here.declare("names = [\"b.example.org\", \"c.example.org\"]");
        here.is_done_once("`names`", json!({ "added": ["c.example.org"] }));
        assert_eq!(here.hosts(), ["a.example.org", "b.example.org", "c.example.org", OWN]);
        // What the file names it may leave out again.
        here.declare(&format!("names = [\"{OWN}\", \"b.example.org\", \"d.example.org\"]"));
        here.is_done_once("`names`", json!({ "added": ["d.example.org"], "removed": ["c.example.org"] }));
        here.declare("names = [\"b.example.org\", \"d.example.org\"]");
        here.is_done_once("`names`", json!({ "removed": [OWN] }));
        assert_eq!(here.hosts(), ["a.example.org", "b.example.org", "d.example.org"]);
    }
}

#[test]
fn an_id_that_is_none() {
    let here = here("json");
    for id in ["0", "-1"] {
        fs::write(here.path("certificates.toml"), format!("[[certificate]]\nid = {id}\nout = \"certs/a\"\n")).unwrap();
        for command in [PLAN, APPLY] {
            let (_, said) = here.run(command, 2);
            let at = format!(
                "certificates.toml: certificate 1: line 2: `id`: found `{id}`, expected the number of a certificate, 1 or more"
            );
            assert!(said.contains(&at), "{said}");
        }
    }
    assert_eq!(here.gateway.counts().requests, 0);
}
