//! The names of a certificate that somebody orders elsewhere, too: none that is remembered, declared or served is lost by an order here.

use std::fs;

use certgate_simulator::Settings;
use certgate_x509::CertificateRequest;
use pretty_assertions::assert_eq;

use crate::support::binary::Here;

const OWN: &str = "host-000000.example.org";

/// What is declared of the certificate, `more` beside which it is.
fn declared(more: &str) -> String {
    format!("[[certificate]]\nid = 10000\nout = \"certs/a\"\ndns = \"provision\"\n{more}\n")
}

struct Case {
    title: &'static str,
    /// By which the certificate comes into its folder: further names that are given by hand, or the file that is applied.
    first: First,
    /// What is ordered elsewhere then: its name, and the further ones.
    elsewhere: &'static [(&'static str, &'static [&'static str])],
    /// What is declared then.
    file: String,
    /// The order here.
    command: &'static [&'static str],
    /// The names that it asks for, the certificate's own first.
    asked: &'static [&'static str],
}

enum First {
    ByHand(&'static [&'static str]),
    /// By hand without names, where the certificate has these.
    Taken(&'static [&'static str]),
    Declared(&'static str),
}

const RENEW: &[&str] = &["renew-due", "certs", "--renew-before", "400d"];
const REISSUE: &[&str] = &["reissue", "10000", "--new-key", "--out", "certs/a"];
const APPLY: &[&str] = &["apply", "certificates.toml"];
const BATCH: &[&str] = &["batch", "batch.csv"];

fn cases() -> Vec<Case> {
    use First::{ByHand, Declared, Taken};
    let none = String::new;
    vec![
        Case {
            title: "a name was added elsewhere, and none is remembered",
            first: ByHand(&[]),
            elsewhere: &[(OWN, &["b.example.org"])],
            file: none(),
            command: RENEW,
            asked: &[OWN, "b.example.org"],
        },
        Case {
            title: "a name was added elsewhere, and another one left out that is remembered",
            first: ByHand(&["a.example.org"]),
            elsewhere: &[(OWN, &["b.example.org"])],
            file: none(),
            command: RENEW,
            asked: &[OWN, "a.example.org", "b.example.org"],
        },
        Case {
            title: "it was renamed",
            first: ByHand(&[]),
            elsewhere: &[("a.example.org", &[OWN])],
            file: none(),
            command: RENEW,
            asked: &["a.example.org", OWN],
        },
        Case {
            title: "it was renamed, and its own name left out then",
            first: ByHand(&["a.example.org"]),
            elsewhere: &[("a.example.org", &[OWN]), ("a.example.org", &["b.example.org"])],
            file: none(),
            command: RENEW,
            asked: &["a.example.org", OWN, "b.example.org"],
        },
        Case {
            title: "the same, by hand",
            first: ByHand(&["a.example.org"]),
            elsewhere: &[("a.example.org", &[OWN]), ("a.example.org", &["b.example.org"])],
            file: none(),
            command: REISSUE,
            asked: &["a.example.org", OWN, "b.example.org"],
        },
        Case {
            title: "by its new name, where a remembered one was left out",
            first: ByHand(&["b.example.org"]),
            elsewhere: &[("a.example.org", &[OWN])],
            file: none(),
            command: &["reissue", "a.example.org", "--new-key", "--out", "certs/a"],
            asked: &["a.example.org", "b.example.org", OWN],
        },
        Case {
            title: "the same in a batch",
            first: ByHand(&["b.example.org"]),
            elsewhere: &[("a.example.org", &[OWN])],
            file: none(),
            command: BATCH,
            asked: &["a.example.org", "b.example.org", OWN],
        },
        Case {
            title: "whoever gives names by hand says all of them, besides the one that the folder goes by",
            first: ByHand(&["a.example.org", "c.example.org"]),
            elsewhere: &[("a.example.org", &[OWN, "b.example.org"])],
            file: none(),
            command: &["reissue", "10000", "--new-key", "--out", "certs/a", "--san", "d.example.org"],
            asked: &["a.example.org", "d.example.org", OWN],
        },
        Case {
            title: "and where the name is given, too, that one is left out",
            first: ByHand(&["a.example.org"]),
            elsewhere: &[("a.example.org", &[OWN])],
            file: none(),
            command: &[
                "reissue",
                "10000",
                "--new-key",
                "--out",
                "certs/a",
                "--name",
                "a.example.org",
                "--san",
                "d.example.org",
            ],
            asked: &["a.example.org", "d.example.org"],
        },
        Case {
            title: "into a folder that remembers nothing",
            first: ByHand(&[]),
            elsewhere: &[(OWN, &["b.example.org"])],
            file: none(),
            command: &["reissue", "10000", "--new-key", "--out", "certs/new"],
            asked: &[OWN, "b.example.org"],
        },
        Case {
            title: "declared without names",
            first: Declared(""),
            elsewhere: &[("a.example.org", &[OWN, "b.example.org"])],
            file: declared("key_type = \"p384\""),
            command: APPLY,
            asked: &["a.example.org", OWN, "b.example.org"],
        },
        Case {
            title: "declared by a name that was left out",
            first: Declared("names = [\"a.example.org\"]"),
            elsewhere: &[("a.example.org", &[OWN]), ("a.example.org", &["b.example.org"])],
            file: declared("key_type = \"p384\"\nnames = [\"a.example.org\"]"),
            command: APPLY,
            asked: &["a.example.org", OWN, "b.example.org"],
        },
        Case {
            title: "declared names come back, and what was added elsewhere stays",
            first: Declared("names = [\"a.example.org\"]"),
            elsewhere: &[(OWN, &["b.example.org"])],
            file: declared("key_type = \"p384\"\nnames = [\"a.example.org\"]"),
            command: APPLY,
            asked: &[OWN, "a.example.org", "b.example.org"],
        },
        Case {
            title: "a name that the file names no longer goes",
            first: Declared("names = [\"a.example.org\", \"c.example.org\"]"),
            elsewhere: &[(OWN, &["a.example.org", "b.example.org", "c.example.org"])],
            file: declared("names = [\"c.example.org\"]"),
            command: APPLY,
            asked: &[OWN, "c.example.org", "b.example.org"],
        },
        Case {
            title: "a file that begins to name them says all that were in place",
            first: Taken(&["a.example.org"]),
            elsewhere: &[(OWN, &["a.example.org", "b.example.org"])],
            file: declared("names = [\"c.example.org\"]"),
            command: APPLY,
            asked: &[OWN, "c.example.org", "b.example.org"],
        },
        Case {
            title: "and where nothing is in place it says all of them",
            first: ByHand(&[]),
            elsewhere: &[(OWN, &["b.example.org"])],
            file: declared("names = [\"c.example.org\"]").replace("certs/a", "certs/new"),
            command: APPLY,
            asked: &[OWN, "c.example.org"],
        },
    ]
}

/// Whoever orders: a renewal of the folder, somebody by hand, a line of a batch, a file of declared certificates.
#[test]
fn no_name_is_lost_by_an_order_after_somebody_elses() {
    let (mut found, mut expected) = (Vec::new(), Vec::new());
    for Case { title, first, elsewhere, file, command, asked } in cases() {
        let here = Here::new("json", Settings { more_certificates: 1, ..Settings::default() });
        let order = |out: &str, name: &str, further: &[&str]| {
            let order = ["reissue", "10000", "--new-key", "--out", out, "--name", name, "--dns", "provision"];
            let further: Vec<&str> = further.iter().flat_map(|name| ["--san", name]).collect();
            here.run(&[&order[..], &further].concat(), 0);
        };
        match first {
            First::ByHand(further) => order("certs/a", OWN, further),
            First::Taken(further) => {
                order("elsewhere", OWN, further);
                order("certs/a", OWN, &[]);
            }
            First::Declared(more) => {
                fs::write(here.path("certificates.toml"), declared(more)).unwrap();
                here.run(APPLY, 0);
            }
        }
        let before = here.orders();
        for (name, further) in elsewhere {
            order("elsewhere", name, further);
        }
        fs::write(here.path("certificates.toml"), file).unwrap();
        fs::write(here.path("batch.csv"), "id,new_key,out\na.example.org,true,certs/a\n").unwrap();
        let (code, document, said) = here.told(command);
        assert!(code == 0 || code == 8, "{title}: {code} {said} {document}");
        let there = here.run(&["info", "10000"], 0).0["response"]["data"][0].clone();
        let csr = CertificateRequest::from_pem(there["csr"].as_str().unwrap()).unwrap();
        assert_eq!(there["name"].as_str(), csr.name(), "{title}");
        found.push((title, here.orders() - before, csr.hosts().collect::<Vec<_>>()));
        expected.push((title, elsewhere.len() + 1, asked.iter().map(|name| (*name).to_owned()).collect()));
    }
    assert_eq!(found, expected);
}

/// What a folder went by before is remembered with it, so that it is lost by no later order elsewhere, either.
#[test]
fn a_former_name_is_remembered() {
    for names in [&[][..], &["d.example.org"]] {
        let here = Here::new("json", Settings { more_certificates: 1, ..Settings::default() });
        let given: Vec<&str> = names.iter().flat_map(|name| ["--san", name]).collect();
        let ordered = |out: &str, more: &[&str]| {
            let order = ["reissue", "10000", "--new-key", "--out", out, "--dns", "provision"];
            here.run(&[&order[..], more].concat(), 0);
        };
        ordered("certs/a", &["--san", "a.example.org"]);
        ordered("elsewhere", &["--name", "a.example.org", "--san", OWN]);
        for again in 0..2 {
            ordered("elsewhere", &["--name", "a.example.org", "--san", "b.example.org"]);
            if again == 0 {
                ordered("certs/a", &given)
            } else {
                drop(here.run(RENEW, 0))
            }
            let there = here.run(&["info", "10000"], 0).0["response"]["data"][0].clone();
            let csr = CertificateRequest::from_pem(there["csr"].as_str().unwrap()).unwrap();
            let is_kept = names.iter().chain(&[OWN]).all(|name| csr.asks_for(name));
            assert!(
                is_kept && csr.name() == Some("a.example.org"),
                "{names:?} {again}: {:?}",
                csr.hosts().collect::<Vec<_>>()
            );
        }
    }
}

/// What is declared by a name that it no longer has at the gateway is told how to be declared.
#[test]
fn a_name_that_was_given_up_elsewhere() {
    let here = Here::new("json", Settings { more_certificates: 1, ..Settings::default() });
    let file = |by: &str| {
        let text = format!("[[certificate]]\n{by}\nout = \"certs/a\"\ndns = \"provision\"\n");
        fs::write(here.path("certificates.toml"), text).unwrap();
    };
    file(&format!("name = \"{OWN}\""));
    here.run(APPLY, 0);
    let order = ["reissue", "10000", "--new-key", "--out", "elsewhere", "--dns", "provision"];
    here.run(&[&order[..], &["--name", "a.example.org", "--san", OWN]].concat(), 0);
    let said = format!(
        "the account has no certificate named {OWN}, and 10000 is in place: where it was given another name, declare it by `id = 10000`; \
         where it was deleted, order a new one: `certgate create{}` does, for a new term",
        here.options()
    );
    assert_eq!(here.run(&["plan", "certificates.toml"], 2).0["plan"][0]["why"], said);
    assert_eq!(here.run(APPLY, 2).0["orders"][0]["text"], said);
    file("id = 10000");
    here.run(APPLY, 8);
    assert_eq!(here.orders(), 2);
}

/// A later certificate whose key is here, too, is put in place only where it has all names that are relied on: else another one with all of them comes.
#[test]
fn a_later_certificate_takes_no_name_away() {
    for transport in ["xml", "json"] {
        for (further, expected) in
            [("z.example.org", vec![OWN, "a.example.org", "z.example.org"]), ("a.example.org", vec![])]
        {
            let here = Here::new(transport, Settings { more_certificates: 1, ..Settings::default() });
            here.ends(&["csr", "new", "--name", OWN, "--key-out", "k.pem"], 0);
            let with_key = ["reissue", "10000", "--key", "k.pem"];
            here.ends(&[&with_key[..], &["--san", "a.example.org", "--out", "certs/a"]].concat(), 0);
            here.ends(&[&with_key[..], &["--san", further, "--out", "elsewhere"]].concat(), 0);
            let before = here.orders();
            let (code, document, said) = here.told(&["renew-due", "certs", "--dns", "provision"]);
            assert_eq!(code, 0, "{document} {said}");
            let in_place = std::fs::read_to_string(here.path("certs/a/cert.pem")).unwrap();
            let hosts: Vec<String> =
                certgate_x509::X509::from_pem(&in_place).unwrap().hosts().map(|host| host.to_string()).collect();
            for name in &expected {
                assert!(hosts.iter().any(|host| host == name), "{name} of {hosts:?}: {said}");
            }
            assert!(hosts.iter().any(|host| host == "a.example.org"), "{hosts:?}");
            assert_eq!(here.orders() - before, usize::from(!expected.is_empty()), "{said}");
            here.ends(&["renew-due", "certs", "--dns", "provision"], 8);
        }
    }
}

/// A folder that gets what is ordered for another one keeps a name that is relied on, until the one that has it is ordered again.
#[test]
fn what_is_fetched_takes_no_name_away() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { more_certificates: 1, ..Settings::default() });
        let order = |out: &str, more: &[&str]| {
            let order = ["reissue", "10000", "--new-key", "--dns", "provision", "--out", out];
            here.ends(&[&order[..], more].concat(), 0);
        };
        order("certs/a", &["--san", "a.example.org"]);
        here.ends(&["fetch", "10000", "--out", "certs/b"], 0);
        let first = here.read("certs/b/cert.pem");
        order("elsewhere", &["--name", "a.example.org", "--san", OWN]);
        order("elsewhere", &["--name", "a.example.org", "--san", "b.example.org"]);
        let (document, _) = here.run(&["renew-due", "certs", "--dry-run"], 8);
        let rows = document["plan"].as_array().unwrap();
        let row = rows.iter().find(|row| row["folder"].as_str().unwrap().ends_with("certs/b")).unwrap();
        let why = format!(
            "the gateway's certificate was ordered without `{OWN}`, and what is in place stays until it is due"
        );
        assert_eq!((row["action"].as_str(), row["why"].as_str()), (Some("nothing"), Some(why.as_str())), "{document}");
        here.ends(&["renew-due", "certs"], 8);
        assert_eq!(here.read("certs/b/cert.pem"), first);
        order("certs/a", &[]);
        here.ends(&["renew-due", "certs"], 0);
        let in_place = here.read("certs/b/cert.pem");
        assert_eq!(in_place, here.read("certs/a/cert.pem"));
        assert!(certgate_x509::X509::from_pem(&in_place).unwrap().hosts().any(|host| host == OWN), "{in_place}");
        here.ends(&["renew-due", "certs"], 8);
    }
}
