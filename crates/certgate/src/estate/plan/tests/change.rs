//! What names, key and CSR come to that are declared otherwise than they are in place.

use certgate_domain::Certificate;
use certgate_keys::{KeyType, PrivateKey};
use certgate_x509::X509;
use rcgen::{CertificateParams, date_time_ymd};
use serde_json::{Value, json};

use super::{DAY, NOW, installed, settings};
use crate::{
    CertificateSelector,
    estate::plan::{DeclaredKey, PlanReason, Subject, plan},
    installation::SetRecord,
    inventory::InstalledCertificate,
};

const OWN: &str = "a.example";
const WWW: &str = "www.a.example";

/// A certificate that is declared so, what the file of its key or CSR says, the names in place, and what is noted of that.
fn subject(declared: Value, key: Option<(&[u8], &[&str])>, hosts: &[&str], remembered: Value) -> Subject {
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let record: SetRecord = serde_json::from_value(remembered).unwrap();
    let key = key.map(|(spki, hosts)| DeclaredKey {
        spki: spki.to_vec(),
        hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
    });
    Subject {
        selector: Some(CertificateSelector::Id(1)),
        folder: Some("/certs/a".into()),
        installed: Some(InstalledCertificate { record, hosts, ..installed(Some(1), 100) }),
        settings: settings(declared),
        declared_key: key.map(Ok).map(Box::new),
        ..Subject::default()
    }
}

/// What is to be done, and why where something changed.
fn planned(subject: &Subject) -> (&'static str, String) {
    let planned = plan(subject, NOW * DAY).unwrap();
    let why = match &planned.reason {
        why @ (PlanReason::Changed(_) | PlanReason::Lacks { .. }) => why.to_string(),
        _ => String::new(),
    };
    (planned.action.name(), why)
}

#[test]
fn what_another_certificate_is_ordered_for() {
    let named = json!({ "settings": { "names": [WWW] } });
    let reissue =
        |settings: &str, names: &str| ("reissue", format!("{settings} changed since it was put in place{names}"));
    let nothing = || ("nothing", String::new());
    let same: Option<(&[u8], &[&str])> = Some((b"in place", &[]));
    let other: Option<(&[u8], &[&str])> = Some((b"another", &[]));
    let key = |names: &[&str]| json!({ "key": "/own.key", "names": names });
    let csr = || json!({ "csr": "/own.csr" });
    for (title, subject, expected) in [
        ("its key", subject(key(&[WWW]), same, &[OWN, WWW], named.clone()), nothing()),
        ("another key", subject(key(&[WWW]), other, &[OWN, WWW], named.clone()), reissue("`key`", "")),
        (
            "its key, and a name more",
            subject(key(&[WWW, "b.example"]), same, &[OWN, WWW], named.clone()),
            reissue("`names`", ": `b.example` comes"),
        ),
        (
            "another key, and other names",
            subject(key(&["b.example"]), other, &[OWN, WWW], named.clone()),
            reissue("`names`, `key`", ": `b.example` comes, `www.a.example` goes"),
        ),
        (
            "a CSR that asks for less than was issued",
            subject(csr(), Some((b"in place", &[OWN])), &[OWN, WWW], named.clone()),
            nothing(),
        ),
        (
            "a CSR that asks for more",
            subject(csr(), Some((b"in place", &[OWN, "B.example"])), &[OWN, WWW], named.clone()),
            reissue("`csr`", ": `B.example` comes"),
        ),
        (
            "a CSR whose name a wildcard covers",
            subject(csr(), Some((b"in place", &[OWN, WWW])), &[OWN, "*.A.example"], named.clone()),
            nothing(),
        ),
        (
            "a CSR of another key",
            subject(csr(), Some((b"another", &[OWN])), &[OWN, WWW], named.clone()),
            reissue("`csr`", ""),
        ),
        (
            "a name that was given by hand",
            subject(
                json!({ "names": [WWW] }),
                None,
                &[OWN, WWW, "x.example"],
                json!({ "settings": { "names": [WWW, "x.example"] } }),
            ),
            reissue("`names`", ": `x.example` goes"),
        ),
        (
            "a name that it went by before",
            subject(
                json!({ "names": [WWW] }),
                None,
                &[OWN, WWW, "old.example"],
                json!({ "formerNames": ["old.example"], "settings": { "names": [WWW] } }),
            ),
            nothing(),
        ),
        (
            "the same, of a file that begins to say names",
            subject(
                json!({ "names": [] }),
                None,
                &[OWN, WWW, "old.example"],
                json!({ "formerNames": ["old.example"] }),
            ),
            reissue("`names`", ": `www.a.example` goes"),
        ),
    ] {
        assert_eq!(planned(&subject), expected, "{title}");
        assert_eq!(subject.is_asked_for(NOW * DAY).is_some(), expected.0 == "reissue", "{title}");
    }
}

/// A certificate that was ordered elsewhere, of these names.
fn elsewhere(key: &PrivateKey, names: &[&str]) -> Certificate {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.serial_number = Some(11.into());
    params.not_before = date_time_ymd(1972, 9, 26);
    params.not_after = date_time_ymd(1973, 4, 14);
    let server = params.self_signed(key).unwrap().pem();
    let serial_number = Some(X509::from_pem(&server).unwrap().serial);
    Certificate { name: Some(OWN.to_owned()), server: Some(server), serial_number, ..Certificate::default() }
}

/// A later one of another key than is declared is not put in place before the next order takes that of the file.
#[test]
fn a_later_one_of_another_key_than_is_declared() {
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let later = elsewhere(&key, &[OWN]);
    let own = X509::from_pem(later.server.as_deref().unwrap()).unwrap().key.spki;
    for (title, declared, names, expected) in [
        ("its own", &own[..], &[OWN][..], ("install", String::new())),
        ("another", b"another", &[OWN], ("reissue", "`csr` changed since it was put in place".to_owned())),
        (
            "its own, and more names",
            &own,
            &[OWN, WWW],
            ("reissue", "`csr` changed since it was put in place: `www.a.example` comes".to_owned()),
        ),
    ] {
        let subject = subject(json!({ "csr": "/own.csr" }), Some((declared, names)), &[OWN], json!({}));
        let in_place = InstalledCertificate { key_fits: None, ..subject.installed.unwrap() };
        let subject = Subject { installed: Some(in_place), certificate: Some(Box::new(later.clone())), ..subject };
        let (action, why) = planned(&subject);
        assert_eq!((action, why), expected, "{title}");
    }
}

/// What another machine, or another folder, orders: without a name that is relied on here it is put in place only once that does not last any longer.
#[test]
fn what_is_fetched_takes_no_name_away() {
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let without =
        "the gateway's certificate was ordered without `www.a.example`, and what is in place stays until it is due";
    for (title, names, days, expected) in [
        ("it has all names", &[OWN, WWW][..], 100, ("install", "")),
        ("it lacks one", &[OWN], 100, ("nothing", without)),
        ("it lacks one, and what is in place is due", &[OWN], 20, ("install", "")),
        ("it lacks one, and what is in place has ended", &[OWN], -1, ("install", "")),
        ("it lacks one that is declared no longer", &[OWN, WWW, "b.example"], 100, ("install", "")),
    ] {
        for of_host in [true, false] {
            let subject = subject(json!({ "names": [WWW] }), None, &[OWN, WWW, "c.example"], json!({}));
            let in_place = installed(Some(1), days);
            let in_place = InstalledCertificate { hosts: subject.installed.unwrap().hosts, key_fits: None, ..in_place };
            let subject = Subject {
                installed: Some(in_place),
                certificate: Some(Box::new(elsewhere(&key, names))),
                ordered_by: of_host.then(|| "web1".to_owned()),
                ordered_in: (!of_host).then(|| "/certs/b".into()),
                ..subject
            };
            let (action, why) = planned(&subject);
            assert_eq!((action, why.as_str()), expected, "{title}, of a host: {of_host}");
        }
    }
}
