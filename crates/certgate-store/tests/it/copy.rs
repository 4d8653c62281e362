//! A store copied into an empty one, from each database into each.

use std::collections::BTreeMap;

use certgate_store::{
    Change, CopyError, InstalledFolder, LastRun, NewMessage, RequestCount, State, Store, StoreStatus, ValidationStep,
    Which,
};
use pretty_assertions::assert_eq;

use crate::places::{ACCOUNT, ANY, Place, all, change, message, order, places};

/// Something in every table, with every kind of absence; and nobody at work on it.
fn fill(place: &Place) {
    let mut store = place.open();
    store.begin_validation(&order("first", Some(571)), &place.lease, 1).unwrap();
    let step = ValidationStep::Folder { root: None, path: "/srv/www/ä".into() };
    store.record_validation_steps("first", &[step], &place.lease).unwrap();
    store.record_intent(&order("second", None), &place.lease, 2).unwrap();
    let accepted = Change { job: Some(i64::MAX), stid: Some("s".to_owned()), ..change(State::Pending) };
    store.change("second", &accepted, &place.lease, 3).unwrap();
    let ours = store.keep(&message(7, Some(i64::MAX)), ANY, 4).unwrap();
    store.confirmed(&ours.stable_id, 5).unwrap();
    let raw: Vec<u8> = (0..=255).collect();
    store.keep(&NewMessage { id: None, document: String::new(), raw, ..message(0, None) }, ANY, 6).unwrap();
    let run = LastRun { command: "batch".to_owned(), ended: 7, exit_code: 10, succeeded: None };
    let sent = ["xml", "json"].map(|transport| RequestCount {
        task: "certificate-info".to_owned(),
        transport: transport.to_owned(),
        outcome: "accepted".to_owned(),
        count: 3,
    });
    store.record_run(ACCOUNT, Some("web1"), &run, &sent).unwrap();
    let nameless = InstalledFolder { folder: "/certs/ä".into(), host: None, certificate: None, name: None };
    let named = InstalledFolder { host: Some("web1".to_owned()), certificate: Some(571), ..nameless.clone() };
    store.note_folders(&[nameless, named]).unwrap();
    store.end(&place.lease).unwrap();
}

/// All that a store tells.
fn told(store: &dyn Store) -> String {
    let orders = all(store, &Which::All);
    let of = |id: &str| (store.history(id).unwrap(), store.messages_of(id).unwrap());
    let of: BTreeMap<&str, _> = orders.iter().map(|order| (order.order.id.as_str(), of(&order.order.id))).collect();
    let waiting = store.waiting(ACCOUNT, 10).unwrap();
    let (runs, requests) = (store.last_runs(ACCOUNT, Some("web1")).unwrap(), store.requests(ACCOUNT).unwrap());
    let folders = store.folders().unwrap();
    format!("{orders:#?}{of:#?}{waiting:#?}{runs:#?}{requests:#?}{folders:#?}")
}

#[test]
fn a_copy_has_everything() {
    for from in places() {
        fill(&from);
        let before = told(&*from.open());
        for to in places() {
            let tables = from.address().copy_to(&to.address()).unwrap();
            let counted: Vec<_> = tables.iter().map(|table| (table.name, table.rows)).collect();
            let expected =
                [("orders", 2), ("happenings", 3), ("messages", 2), ("runs", 1), ("requests", 2), ("folders", 2)];
            assert_eq!(counted, expected);
            assert!(tables.iter().all(|table| table.sha256.len() == 64));
            let mut store = to.open();
            assert_eq!(told(&*store), before, "{} to {}", from.name(), to.name());
            // What comes after it is numbered after it, and what is unfinished is still in the way.
            assert_eq!(store.keep(&message(8, None), ANY, 8).unwrap().stable_id, "msg-3");
            assert!(store.record_intent(&order("third", Some(571)), &to.lease, 9).is_err());
            assert!(store.acquire("first", &to.lease).unwrap(), "nobody carries it");
        }
        assert_eq!(told(&*from.open()), before, "the source stays as it is");
    }
}

#[test]
fn what_is_not_copied() {
    for from in places() {
        let to = places().next().unwrap();
        assert!(matches!(from.address().copy_to(&to.address()), Err(CopyError::Missing(_))), "nothing is there yet");
        fill(&from);
        let mut store = from.open();
        store.acquire("first", &from.lease).unwrap();
        let error = from.address().copy_to(&to.address()).unwrap_err();
        assert!(matches!(error, CopyError::InUse { processes: 1, left: 50..=61, .. }), "{error}");
        store.end(&from.lease).unwrap();
        drop(store);
        fill(&to);
        let before = told(&*to.open());
        let error = from.address().copy_to(&to.address()).unwrap_err();
        assert!(error.to_string().ends_with("the store to copy to is not empty"), "{error}");
        assert!(matches!(from.address().copy_to(&from.address()), Err(CopyError::NotEmpty(_))), "into itself");
        assert_eq!(told(&*to.open()), before, "it is left as it is");
    }
}

#[test]
fn a_status_changes_nothing() {
    for place in places() {
        let before = place.address().status().unwrap();
        assert_eq!((before.version, &before.contents), (0, &None));
        assert_eq!(place.address().status().unwrap().version, 0, "it was not made");
        fill(&place);
        let status = place.address().status().unwrap();
        assert_eq!((status.version, status.is_older(), status.is_pooled), (StoreStatus::KNOWN, false, false));
        let contents = status.contents.unwrap();
        assert_eq!((contents.orders, contents.unfinished, contents.messages), (2, 2, 2));
        assert!(contents.leases.is_empty(), "{contents:?}");
        let gone = place.lease("gone");
        place.open().acquire("first", &gone).unwrap();
        drop(gone);
        assert!(place.address().status().unwrap().contents.unwrap().leases.is_empty(), "it ended with its process");
        place.open().acquire("first", &place.lease).unwrap();
        let leases = place.address().status().unwrap().contents.unwrap().leases;
        assert!(matches!(leases[..], [left] if (50..=60).contains(&left.as_secs())), "{leases:?}");
    }
}
