//! Files in place that are damaged while the gateway has another certificate by now: nothing there can put them right, and a free order does.

use std::fs;

use certgate_keys::{KeyType, PrivateKey};
use certgate_simulator::Settings;
use certgate_x509::X509;
use pretty_assertions::assert_eq;

use crate::support::binary::{Here, pair};

const REISSUE: [&str; 4] = ["reissue", "571", "--new-key", "--out"];

/// Cuts a file of the set in place.
fn cut(here: &Here, file: &str) {
    let path = here.path("certs/live/current").join(file);
    let text = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    fs::write(&path, &text[..text.len() / 2]).unwrap();
}

fn is_whole(here: &Here) -> bool {
    let [fullchain, cert] = ["fullchain.pem", "cert.pem"].map(|file| here.read(format!("certs/live/{file}")));
    let (of_key, of_certificate) = pair(&here.path("certs/live"));
    fullchain.starts_with(&cert) && fullchain.contains("-----END CERTIFICATE-----\n") && of_key == of_certificate
}

#[test]
fn what_is_damaged_is_ordered_where_the_gateways_is_anothers() {
    for transport in ["xml", "json"] {
        for file in ["fullchain.pem", "chain.pem", "key.pem"] {
            let here = Here::new(transport, Settings::default());
            here.ends(&[&REISSUE[..], &["certs/live"]].concat(), 0);
            here.ends(&[&REISSUE[..], &["elsewhere", "--store", "other.sqlite"]].concat(), 0);
            here.run(&["renew-due", "certs"], 8);
            cut(&here, file);
            here.run(&["renew-due", "certs"], 0);
            assert_eq!((here.orders(), is_whole(&here)), (3, true), "{transport} {file}");
            here.run(&["renew-due", "certs"], 8);
        }
    }
}

#[test]
fn what_is_damaged_is_ordered_after_a_rollback() {
    for file in ["fullchain.pem", "chain.pem", "key.pem"] {
        let here = Here::new("json", Settings::default());
        for _ in 0..2 {
            here.ends(&[&REISSUE[..], &["certs/live"]].concat(), 0);
        }
        here.ends(&["rollback", "certs/live"], 0);
        here.run(&["renew-due", "certs"], 8);
        cut(&here, file);
        here.run(&["renew-due", "certs"], 0);
        assert_eq!((here.orders(), is_whole(&here)), (3, true), "{file}");
        here.run(&["renew-due", "certs"], 8);
    }
}

/// The gateway's certificate with our key was ordered elsewhere for fewer names: it does not come in place of one that is lost.
#[test]
fn what_is_lost_comes_back_with_its_names() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        here.ends(&[&REISSUE[..], &["certs/live", "--san", "api.example.com"]].concat(), 0);
        fs::copy(here.path("certs/live/key.pem"), here.path("k.pem")).unwrap();
        let fewer =
            ["reissue", "571", "--key", "k.pem", "--san", "www.example.com", "--out", "e", "--store", "o.sqlite"];
        here.ends(&fewer, 0);
        for file in ["cert.pem", "fullchain.pem"] {
            cut(&here, file);
        }
        here.run(&["renew-due", "certs"], 0);
        let names: Vec<String> = X509::from_pem(here.read("certs/live/cert.pem")).unwrap().hosts().collect();
        assert!(names.iter().any(|name| name == "api.example.com"), "{transport} {names:?}");
        here.run(&["renew-due", "certs"], 8);
    }
}

/// A good pair that somebody put there stays where the gateway's does not last longer.
#[test]
fn a_longer_pair_stays() {
    let here = Here::new("json", Settings::default());
    here.ends(&[&REISSUE[..], &["certs/live"]].concat(), 0);
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let mut params = rcgen::CertificateParams::new(vec!["example.com".to_owned()]).unwrap();
    params.serial_number = Some(11.into());
    params.not_after = rcgen::date_time_ymd(2126, 1, 1);
    let certificate = params.self_signed(&key).unwrap().pem();
    for (file, text) in
        [("cert.pem", &certificate), ("fullchain.pem", &certificate), ("key.pem", &key.to_pem().expose().to_owned())]
    {
        let path = here.path("certs/live").join(file);
        fs::remove_file(&path).unwrap();
        fs::write(&path, text).unwrap();
    }
    here.run(&["renew-due", "certs"], 8);
    assert_eq!((here.read("certs/live/cert.pem"), here.orders()), (certificate, 1));
}
