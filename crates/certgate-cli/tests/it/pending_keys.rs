//! The key of an order that was refused, or never left: it does not decide what the next one is made with, and none that may be needed is lost.

use std::fs;

use certgate_simulator::Settings;
use certgate_x509::X509;
use pretty_assertions::assert_eq;

use crate::support::binary::{Here, pair};

const APPLY: &[&str] = &["apply", "certificates.toml"];

fn declare(here: &Here, more: &str) {
    let text = format!("[[certificate]]\nid = 571\nout = \"certs/a\"\ndns = \"provision\"\n{more}\n");
    fs::write(here.path("certificates.toml"), text).unwrap();
}

fn key_in_place(here: &Here) -> String {
    X509::from_pem(here.read("certs/a/cert.pem")).unwrap().key.to_string()
}

/// The files of the folder of keys that wait.
fn waiting(here: &Here) -> Vec<String> {
    let files = fs::read_dir(here.path("certs/a/pending")).into_iter().flatten();
    let mut names: Vec<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "request.pem")
        .collect();
    names.sort();
    names
}

/// The key of what the gateway refused does not decide the type of the next one: another type is ordered once.
#[test]
fn a_refused_order_decides_no_key_type() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        declare(&here, "");
        here.ends(APPLY, 0);
        let before = pair(&here.path("certs/a"));
        declare(&here, "admin = 9999\nkey_type = \"p384\"");
        here.ends(APPLY, 3);
        assert_eq!(pair(&here.path("certs/a")), before);
        let orders = here.orders();
        declare(&here, "key_type = \"rsa2048\"");
        here.ends(APPLY, 0);
        here.ends(APPLY, 8);
        assert_eq!((here.orders() - orders, key_in_place(&here)), (1, "RSA 2048 bits".to_owned()), "{transport}");
    }
}

/// Two orders of one folder are out, each with a key of its own: each certificate finds its own, whichever comes first.
#[test]
fn each_order_that_is_out_keeps_its_key() {
    for transport in ["xml", "json"] {
        for first_comes_first in [true, false] {
            let here = Here::new(transport, Settings::default());
            let create = |key_type: &str| {
                let contacts = "--product QUICKSSLPREMIUM --admin 1120 --technical 1120 --lifetime 12 --no-wait";
                let order =
                    format!("create --new-key --key-type {key_type} --name new.example.com --out certs/a {contacts}");
                let (document, _) = here.run(&order.split(' ').collect::<Vec<_>>(), 6);
                document["order"]["id"].as_str().unwrap().to_owned()
            };
            let mut orders = [(create("p256"), "EC P-256"), (create("rsa2048"), "RSA 2048 bits")];
            assert_eq!((here.orders(), waiting(&here).len()), (2, 2));
            if !first_comes_first {
                orders.reverse();
            }
            for (order, key_type) in orders {
                here.run(&["resume", &order], 0);
                let (of_key, of_certificate) = pair(&here.path("certs/a"));
                assert_eq!((of_key, key_in_place(&here).as_str()), (of_certificate, key_type), "{transport}");
            }
            assert_eq!(waiting(&here), [""; 0]);
        }
    }
}

/// A refusal takes no key away that another order has left with meanwhile.
#[test]
fn a_refused_order_takes_no_key_that_another_one_uses() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let order = ["reissue", "571", "--new-key", "--dns", "provision", "--out", "certs/a"];
        here.ends(&[&order[..], &["--admin", "9999"]].concat(), 3);
        let key = here.read("certs/a/pending/key.pem");
        here.ends(&[&order[..], &["--no-wait"]].concat(), 6);
        here.ends(&[&order[..], &["--admin", "9999"]].concat(), 6);
        here.ends(&["resume"], 0);
        assert_eq!(here.read("certs/a/key.pem"), key, "{transport}");
    }
}

/// The key of an order that never left is used by the next one of its type, and any other type takes one order, too.
#[test]
fn a_key_of_another_type_that_waits_is_set_aside() {
    for transport in ["xml", "json"] {
        for (key_type, expected, uses_it) in [("p384", "EC P-384", true), ("rsa2048", "RSA 2048 bits", false)] {
            let here = Here::new(transport, Settings::default());
            let text = "[[certificate]]\nid = 571\nout = \"certs/a\"\ndns = \"exec false\"\nkey_type = \"p384\"\n";
            fs::write(here.path("certificates.toml"), text).unwrap();
            let (document, _) = here.run(APPLY, 13);
            assert_eq!((here.orders(), waiting(&here)), (0, vec!["key.pem".to_owned()]), "{document}");
            let first = here.read("certs/a/pending/key.pem");
            declare(&here, &format!("key_type = \"{key_type}\""));
            here.ends(APPLY, 0);
            here.ends(APPLY, 8);
            assert_eq!((here.orders(), key_in_place(&here).as_str()), (1, expected), "{transport}");
            assert_eq!(here.read("certs/a/key.pem") == first, uses_it, "{transport} {key_type}");
            // No order is known to be over that might need it.
            assert_eq!(waiting(&here).len(), usize::from(!uses_it), "{transport} {key_type}");
        }
    }
}

/// The key of an order that is out stays, whatever is asked for meanwhile: its certificate finds it.
#[test]
fn the_key_of_an_order_that_is_out_stays() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let order = ["reissue", "571", "--new-key", "--dns", "provision", "--out", "certs/a"];
        here.ends(&[&order[..], &["--no-wait"]].concat(), 6);
        let key = here.read("certs/a/pending/key.pem");
        here.ends(&["csr", "new", "--name", "example.com", "--key-out", "other.key"], 0);
        let with_other = ["reissue", "571", "--key", "other.key", "--dns", "provision", "--out", "certs/a"];
        for other in [&[&order[..], &["--key-type", "rsa2048"]].concat()[..], &with_other] {
            let (code, document, said) = here.told(other);
            assert!(code != 0 && here.orders() == 1, "{document} {said}");
        }
        let certificate_before = here.orders();
        here.ends(&["resume"], 0);
        assert_eq!((here.orders(), here.read("certs/a/key.pem")), (certificate_before, key), "{transport}");
        let (of_key, of_certificate) = pair(&here.path("certs/a"));
        assert_eq!(of_key, of_certificate);
    }
}
