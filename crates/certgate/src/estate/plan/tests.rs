//! What is done with a certificate, by what is known of it.

use certgate_domain::{Certificate, Lenient, Moment};
use certgate_keys::KeyType;
use certgate_store::{NewOrder, Order, ResumeData, State};
use serde_json::json;

use super::{ListedCertificate, PlanError, Planned, PlannedAction, Subject, plan};
use crate::{
    CertificateSelector, CertificateSettings,
    installation::{Deployment, SetRecord},
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
        serial: "0A".to_owned(),
        days,
        not_before: (NOW + days - 199) * DAY,
        not_after: (NOW + days) * DAY,
        key_type: KeyType::P256,
        key_fits: Some(true),
        record: SetRecord::default(),
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
            Subject { installed: Some(InstalledCertificate { record: failed, ..installed(Some(1), 100) }), ..base() },
            Ok("redeploy"),
        ),
        ("not noted which it is", Subject { installed: in_place(None, 100), ..base() }, Err(PlanError::NotNoted)),
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
            Err(PlanError::OtherCertificate { id: 7 }),
        ),
        (
            "declared, and nothing in place",
            Subject { selector: named(), listed: listed(&[7]), certificate: there("0A", 300), ..base() },
            Ok("reissue"),
        ),
        (
            "declared, and the account has none",
            Subject { selector: named(), listed: listed(&[]), settings: settings(whole), ..base() },
            Ok("create"),
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
            Err(PlanError::NotThere(9)),
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
        ("the list has another one", named(100, 250), Some(7)),
        ("nothing in place", Subject { installed: None, ..named(100, 100) }, Some(7)),
    ] {
        assert_eq!(subject.is_asked_for(NOW * DAY), expected, "{title}");
    }
}
