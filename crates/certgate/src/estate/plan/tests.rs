//! What is done with a certificate, by what is known of it.

mod change;

use certgate_domain::{Certificate, Lenient, Moment};
use certgate_keys::KeyType;
use certgate_store::{NewOrder, Order, ResumeData, State};
use serde_json::json;

use super::{ListedCertificate, PlanError, PlanReason, Planned, PlannedAction, Subject, plan};
use crate::{
    CertificateSelector, CertificateSettings,
    estate::term::tests::valid,
    installation::{Deployment, Faults, SetRecord},
    inventory::InstalledCertificate,
};

const DAY: i64 = 86_400;
/// Now, in days.
const NOW: i64 = 1000;

/// A certificate that is in place and ends in so many days.
fn installed(id: Option<i64>, days: i64) -> InstalledCertificate {
    InstalledCertificate {
        folder: "/certs/a".into(),
        id,
        name: "a.example".to_owned(),
        hosts: vec!["a.example".to_owned(), "www.a.example".to_owned()],
        spki: b"in place".to_vec(),
        serial: "0A".to_owned(),
        days,
        not_before: (NOW + days - 199) * DAY,
        not_after: (NOW + days) * DAY,
        key_type: KeyType::P256,
        key_fits: Some(true),
        record: SetRecord::default(),
        faults: Faults::default(),
        led_elsewhere: None,
        led_gone: Vec::new(),
    }
}

/// A certificate of the gateway's, whose term ends in so many days.
fn there(serial: &str, term: i64) -> Option<Box<Certificate>> {
    let payable = Moment::from_unix_seconds((NOW + term) * DAY).map(Lenient::Parsed);
    Some(Box::new(Certificate { serial_number: Some(serial.to_owned()), payable, ..Certificate::default() }))
}

fn listed(ids: &[i64]) -> Option<Vec<ListedCertificate>> {
    Some(ids.iter().map(|id| ListedCertificate { id: *id, not_after: None }).collect())
}

fn settings(value: serde_json::Value) -> CertificateSettings {
    serde_json::from_value(value).unwrap()
}

fn into_a() -> Box<CertificateSettings> {
    Box::new(settings(json!({ "out": "/certs/a" })))
}

#[test]
fn what_is_done_and_what_it_costs() {
    let named = || Some(CertificateSelector::Name("a.example".to_owned()));
    let whole = json!({ "product": "SSL123", "admin": 1, "technical": 2 });
    let folder = || Some("/certs/a".into());
    let in_place = |id, days| Some(installed(id, days));
    let order = |state| {
        let order = NewOrder { id: "certgate-1".to_owned(), resume: ResumeData::default(), ..NewOrder::default() };
        Some(Order { order, state, job: None, stid: None, published: Vec::new(), created: 0, updated: 0 })
    };
    let failed = SetRecord { deployment: Deployment::Failed { detail: String::new() }, ..SetRecord::default() };
    let called = |name: &str, there: Option<Box<Certificate>>| {
        there.map(|there| Box::new(Certificate { name: Some(name.to_owned()), ..*there }))
    };
    let of_another_name = |id| PlanError::OfAnotherName {
        id,
        there: "b.example".to_owned(),
        folder: "/certs/a".into(),
        in_place: "a.example".to_owned(),
    };
    let base = || Subject { folder: folder(), ..Subject::default() };
    for (title, subject, expected) in [
        ("long to go", Subject { installed: in_place(Some(1), 100), ..base() }, Ok("nothing")),
        (
            "due within its term",
            Subject { installed: in_place(Some(1), 20), certificate: there("0a", 300), ..base() },
            Ok("reissue"),
        ),
        (
            "due at its end",
            Subject { installed: in_place(Some(1), 20), certificate: there("0a", 21), ..base() },
            Ok("renew"),
        ),
        (
            "due long before its end, and a reissue would end no later",
            Subject {
                installed: in_place(Some(1), 120),
                renew_before: "130d".parse().ok(),
                certificate: there("0a", 120),
                ..base()
            },
            Ok("nothing"),
        ),
        (
            "due long before its end, within its term",
            Subject {
                installed: in_place(Some(1), 120),
                renew_before: "130d".parse().ok(),
                certificate: there("0a", 200),
                ..base()
            },
            Ok("reissue"),
        ),
        (
            "an order is open",
            Subject { installed: in_place(Some(1), 20), open: order(State::Pending), ..base() },
            Ok("resume"),
        ),
        (
            "its hook failed",
            Subject {
                installed: Some(InstalledCertificate { record: failed.clone(), ..installed(Some(1), 100) }),
                ..base()
            },
            Ok("redeploy"),
        ),
        (
            "not noted which it is",
            Subject { installed: in_place(None, 100), ..base() },
            Err(PlanError::NotNoted { folder: "/certs/a".into(), record: "/certs/a/current/about.json".into() }),
        ),
        (
            "the gateway's is in place",
            Subject {
                installed: in_place(None, 100),
                selector: named(),
                listed: listed(&[7]),
                certificate: there("0A", 300),
                ..base()
            },
            Ok("adopt"),
        ),
        (
            "the gateway's is another one, whose key is here",
            Subject {
                installed: in_place(Some(7), 100),
                selector: named(),
                listed: listed(&[7]),
                certificate: there("0B", 300),
                has_its_key: true,
                ..base()
            },
            Ok("install"),
        ),
        (
            "what is in place is another one",
            Subject {
                installed: in_place(None, 100),
                selector: named(),
                listed: listed(&[7]),
                certificate: there("0B", 300),
                ..base()
            },
            Err(PlanError::OtherCertificate { id: 7, settings: into_a() }),
        ),
        (
            "declared, and another one is in place",
            Subject {
                selector: Some(CertificateSelector::Id(7)),
                listed: listed(&[7, 8]),
                installed: in_place(Some(8), 100),
                certificate: called("b.example", there("0B", 300)),
                ..base()
            },
            Err(of_another_name(7)),
        ),
        (
            "another account's of that id",
            Subject { installed: in_place(Some(7), 20), certificate: called("b.example", there("0B", 300)), ..base() },
            Err(of_another_name(7)),
        ),
        (
            "one of its further names is the name by now",
            Subject {
                installed: in_place(Some(7), 20),
                certificate: called("WWW.a.example", there("0B", 300)),
                ..base()
            },
            Ok("reissue"),
        ),
        (
            "declared, and another one of its name is in place",
            Subject {
                selector: Some(CertificateSelector::Id(7)),
                listed: listed(&[7, 8]),
                installed: in_place(Some(8), 100),
                certificate: called("a.example", there("0B", 300)),
                has_its_key: true,
                ..base()
            },
            Ok("install"),
        ),
        (
            "declared, and nothing in place",
            Subject { selector: named(), listed: listed(&[7]), certificate: there("0A", 300), ..base() },
            Ok("reissue"),
        ),
        (
            "declared, and the account has none",
            Subject { selector: named(), listed: listed(&[]), settings: settings(whole.clone()), ..base() },
            Ok("create"),
        ),
        (
            "declared, and the account has none any more, or is another one",
            Subject {
                selector: named(),
                listed: listed(&[]),
                installed: in_place(Some(7), 46),
                settings: settings(whole),
                ..base()
            },
            Err(PlanError::NotNamed { id: 7, declared: "a.example".to_owned() }),
        ),
        (
            "declared as another product",
            Subject {
                selector: named(),
                listed: listed(&[7]),
                installed: in_place(Some(7), 100),
                certificate: there("0A", 300)
                    .map(|there| Box::new(Certificate { product: Some("SSLWEB".to_owned()), ..*there })),
                settings: settings(json!({ "product": "SSL123" })),
                ..base()
            },
            Err(PlanError::OtherProduct { id: 7, product: "SSLWEB".to_owned(), declared: "SSL123".to_owned() }),
        ),
        (
            "declared as another product, and its hook failed",
            Subject {
                selector: named(),
                listed: listed(&[7]),
                installed: Some(InstalledCertificate { record: failed.clone(), ..installed(Some(7), 100) }),
                certificate: there("0A", 300)
                    .map(|there| Box::new(Certificate { product: Some("SSLWEB".to_owned()), ..*there })),
                settings: settings(json!({ "product": "SSL123" })),
                ..base()
            },
            Ok("redeploy"),
        ),
        (
            "declared twice",
            Subject {
                selector: named(),
                listed: listed(&[7]),
                declared_in: Some("certificate 2".to_owned()),
                ..base()
            },
            Err(PlanError::DeclaredTwice { place: "certificate 2".to_owned() }),
        ),
        (
            "declared, and what a new one needs is missing",
            Subject {
                selector: named(),
                listed: listed(&[]),
                settings: settings(json!({ "product": "SSL123" })),
                ..base()
            },
            Err(PlanError::Missing(vec!["admin", "technical"])),
        ),
        (
            "two of the name",
            Subject { selector: named(), listed: listed(&[7, 8]), ..base() },
            Err(PlanError::Several { name: "a.example".to_owned(), ids: vec![7, 8] }),
        ),
        (
            "two of the name, one of which is in place",
            Subject { selector: named(), listed: listed(&[7, 8]), installed: in_place(Some(8), 100), ..base() },
            Ok("nothing"),
        ),
        (
            "no such id",
            Subject { selector: Some(CertificateSelector::Id(9)), listed: listed(&[]), ..base() },
            Err(PlanError::NotThere { id: 9, name: None, settings: into_a() }),
        ),
        (
            "declared where it is served",
            Subject {
                selector: named(),
                listed: listed(&[7]),
                installed: in_place(Some(7), 100),
                settings: settings(json!({ "verify": ["a.example:443"] })),
                ..base()
            },
            Ok("verify"),
        ),
    ] {
        let planned = plan(&subject, NOW * DAY);
        let action = planned.as_ref().map(|planned| planned.action.name()).map_err(Clone::clone);
        assert_eq!(action, expected, "{title}");
        let paid = matches!(planned, Ok(Planned { action: PlannedAction::Create | PlannedAction::Renew, .. }));
        let cost = planned.map(|planned| planned.action.cost() == super::Cost::NewTerm).unwrap_or_default();
        assert_eq!(cost, paid, "{title}");
    }
}

/// What is asked for again and again is ordered once, what was put back by hand stays until it is due, and what the gateway has already is
/// not ordered anew.
#[test]
fn what_is_not_ordered_again() {
    let required = |was_required| {
        let certificate = there("0A", 300)
            .map(|there| Box::new(Certificate { reissue_required: Some(Lenient::Parsed(true)), ..*there }));
        Subject { installed: Some(installed(Some(1), 100)), certificate, was_required, ..Subject::default() }
    };
    // The gateway's is valid from and until so many days from now.
    let later = |from: i64, until: i64, days: i64| {
        let day = |days: i64| (NOW + days).cast_unsigned();
        let server = Some(valid(day(from), day(until)));
        let certificate = there("0B", 300).map(|there| Box::new(Certificate { server, ..*there }));
        Subject { installed: Some(installed(Some(1), days)), certificate, has_its_key: true, ..Subject::default() }
    };
    let without_key = |subject: Subject| {
        let installed = subject.installed.map(|installed| InstalledCertificate { key_fits: None, ..installed });
        Subject { installed, has_its_key: false, ..subject }
    };
    let put_back = |mut subject: Subject| {
        subject.installed.as_mut().unwrap().record.put_back = Some((NOW - 1) * DAY);
        subject
    };
    let killed = |mut subject: Subject| {
        subject.installed.as_mut().unwrap().record.deployment = Deployment::Failed { detail: String::new() };
        subject
    };
    let declared = |subject: Subject| Subject {
        selector: Some(CertificateSelector::Id(1)),
        settings: settings(json!({ "key_type": "p384" })),
        ..subject
    };
    let damaged = |mut subject: Subject| {
        subject.installed.as_mut().unwrap().faults.damaged = vec!["fullchain.pem"];
        subject
    };
    let shown = |mut subject: Subject| {
        subject.installed.as_mut().unwrap().key_fits = Some(false);
        Subject { shows_a_pair: true, ..subject }
    };
    let elsewhere = |subject: Subject| Subject { ordered_in: Some("/certs/b".into()), ..subject };
    let other_key = |subject: Subject| Subject { has_its_key: false, ..subject };
    for (title, subject, expected) in [
        ("a reissue is asked for", required(false), Ok("reissue")),
        ("a reissue is asked for again", required(true), Ok("nothing")),
        ("due, and the gateway has a later one", later(-9, 190, 20), Ok("install")),
        ("due, and the gateway's later one is due as well", later(-180, 19, 18), Ok("reissue")),
        ("due, and the gateway's is an earlier one", later(-190, 100, 20), Ok("reissue")),
        ("due, without keys, and the gateway has a later one", without_key(later(-9, 190, 20)), Ok("install")),
        ("due, and the key of the gateway's is not here", other_key(later(-9, 190, 20)), Ok("reissue")),
        ("put back by hand", put_back(later(-9, 190, 100)), Ok("nothing")),
        ("put back by hand, and a file of it is damaged", damaged(put_back(later(-9, 190, 100))), Ok("reissue")),
        ("ordered by somebody else, and a file is damaged", damaged(other_key(later(-9, 190, 100))), Ok("reissue")),
        ("somebody put a pair there that lasts longer", shown(later(-190, 50, 100)), Ok("nothing")),
        ("the same, with a file of another one", damaged(shown(later(-190, 50, 100))), Ok("nothing")),
        ("somebody put a pair there that lasts less long", shown(later(-9, 190, 100)), Ok("install")),
        ("put back by hand, and its hook did not run", killed(put_back(later(-9, 190, 100))), Ok("redeploy")),
        ("put back by hand, and declared otherwise", declared(put_back(later(-9, 190, 100))), Ok("nothing")),
        ("put back by hand, and due by now", put_back(later(-9, 190, 20)), Ok("install")),
        ("ordered for another folder", elsewhere(required(false)), Ok("nothing")),
        ("ordered for another folder, and there", elsewhere(without_key(later(-9, 190, 20))), Ok("install")),
        ("ordered for another folder, put back by hand", elsewhere(put_back(later(-9, 190, 100))), Ok("nothing")),
        ("ordered for another folder with another key", elsewhere(other_key(later(-9, 190, 100))), Ok("nothing")),
        (
            "ordered for another folder with another key, and due",
            elsewhere(other_key(later(-9, 190, 20))),
            Err(PlanError::OtherKey { id: 1, folder: "/certs/b".into() }),
        ),
    ] {
        assert_eq!(plan(&subject, NOW * DAY).map(|planned| planned.action.name()), expected, "{title}");
    }
}

/// What is declared otherwise than it is in place: what takes another certificate, and what does not.
#[test]
fn what_changed_since_it_was_put_in_place() {
    let before = json!({
        "names": ["www.a.example"], "dns": "provision", "deploy_hook": "reload", "hook_timeout": "300s", "keep": 3,
        "rollback_on_failure": false, "working_folder": "/", "profile": "live",
    });
    for (declared, serial, expected) in [
        (json!({}), "0A", ("nothing", "")),
        (json!({ "names": ["WWW.a.example"], "key_type": "p256", "deploy_hook": "reload" }), "0A", ("nothing", "")),
        (json!({ "names": ["www.a.example", "b.example"] }), "0A", ("reissue", "`names`")),
        (json!({ "names": ["a.example"], "formats": ["p12"] }), "0A", ("reissue", "`names`")),
        (json!({ "names": ["a.example", "www.a.example"] }), "0A", ("nothing", "")),
        (json!({ "key_type": "p384" }), "0A", ("reissue", "`key_type`")),
        (json!({ "key_type": "p384", "key": "/own.key" }), "0A", ("nothing", "")),
        (json!({ "deploy_hook": "restart" }), "0A", ("install", "`deploy_hook`")),
        (json!({ "deploy_hook": "restart", "key": "/own.key" }), "0A", ("install", "`deploy_hook`")),
        (json!({ "deploy_hook": "reload", "keep": 9, "webroot": "/www" }), "0A", ("install", "`webroot`, `keep`")),
        (json!({ "formats": ["p12"], "store_pass_file": "/pass" }), "0A", ("install", "`formats`, `store_pass_file`")),
        // Another one than the gateway's, which would come in its place.
        (json!({ "deploy_hook": "restart" }), "0B", ("nothing", "")),
        // An order takes the place of both.
        (json!({ "names": ["www.a.example", "b.example"] }), "0B", ("reissue", "`names`")),
        (json!({ "names": [] , "deploy_hook": "restart" }), "0B", ("reissue", "`names`")),
        (json!({ "key_type": "p384" }), "0B", ("reissue", "`key_type`")),
    ] {
        let record = SetRecord { settings: Some(settings(before.clone())), ..SetRecord::default() };
        let subject = Subject {
            selector: Some(CertificateSelector::Id(1)),
            folder: Some("/certs/a".into()),
            installed: Some(InstalledCertificate { record, ..installed(Some(1), 100) }),
            certificate: there(serial, 300),
            settings: settings(declared.clone()),
            ..Subject::default()
        };
        let planned = plan(&subject, NOW * DAY).unwrap();
        let changed = match &planned.reason {
            PlanReason::Changed(change) => format!("`{}`", change.settings.join("`, `")),
            _ => String::new(),
        };
        assert_eq!((planned.action.name(), changed.as_str()), expected, "{declared}");
        // For another folder the rest of it is ordered, and what takes no order is put in place here.
        let certificate =
            subject.certificate.clone().map(|there| Certificate { server: Some(String::new()), ..*there });
        let elsewhere = Subject {
            ordered_in: Some("/certs/b".into()),
            certificate: certificate.map(Box::new),
            has_its_key: true,
            folder: subject.folder.clone(),
            installed: subject.installed.clone(),
            selector: subject.selector.clone(),
            settings: subject.settings.clone(),
            ..Subject::default()
        };
        let action = plan(&elsewhere, NOW * DAY).unwrap().action.name();
        let of_serial = if serial == "0A" { expected.0 } else { "install" };
        assert_eq!(action, if of_serial == "reissue" { "nothing" } else { of_serial }, "{declared}");
        let asked = Subject { certificate: None, ..subject }.is_asked_for(NOW * DAY);
        assert_eq!(asked.is_some(), !expected.1.is_empty() || serial == "0B", "{declared}");
    }
}

/// Only what is due, or not known, is asked for.
#[test]
fn what_is_asked_for() {
    let named = |days, list: i64| Subject {
        selector: Some(CertificateSelector::Name("a.example".to_owned())),
        listed: Some(vec![ListedCertificate { id: 7, not_after: Some((NOW + list) * DAY) }]),
        installed: Some(installed(Some(7), days)),
        ..Subject::default()
    };
    for (title, subject, expected) in [
        ("long to go", named(100, 100), None),
        ("due", named(20, 20), Some(7)),
        (
            "another one in place",
            Subject {
                selector: Some(CertificateSelector::Id(7)),
                installed: Some(installed(Some(8), 100)),
                ..named(100, 100)
            },
            Some(7),
        ),
        ("the list has another one", named(100, 250), Some(7)),
        ("nothing in place", Subject { installed: None, ..named(100, 100) }, Some(7)),
    ] {
        assert_eq!(subject.is_asked_for(NOW * DAY), expected, "{title}");
    }
}
