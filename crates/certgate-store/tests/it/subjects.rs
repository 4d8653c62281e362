//! What an order is about, over every database: by today's rules also where an earlier version wrote it, and whose a new certificate is.

use certgate_keys::{KeyType, PrivateKey, Subject};
use certgate_store::{Change, NewOrder, State, StoreError};
use pretty_assertions::assert_eq;

use crate::places::{ACCOUNT, change, order, places};

/// A new certificate's order: the CSR is made anew, of one key.
fn new(key: &PrivateKey, id: &str, names: &[&str]) -> NewOrder {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let subject = Subject { common_name: "example.com".to_owned(), ..Subject::default() };
    let csr = Some(key.request(&subject, &names).unwrap());
    NewOrder { csr, task: "certificate-create".to_owned(), ..order(id, None) }
}

/// An order that was open when certgate was brought up to date stands in the way of the same one as any other.
#[test]
fn orders_of_earlier_versions_are_about_the_same() {
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    for place in places() {
        let mut store = place.open();
        store.record_intent(&new(&key, "open", &["example.com"]), &place.lease, 1).unwrap();
        store.record_intent(&order("other", Some(571)), &place.lease, 1).unwrap();
        drop(store);
        place.execute("UPDATE orders SET subject = 'new example.com' WHERE id = 'open'");
        place.back_to_10();
        let mut store = place.open();
        assert_eq!(store.migrated_from(), Some(10));
        for (again, twin) in [(new(&key, "again", &["example.com"]), "open"), (order("third", Some(571)), "other")] {
            let error = store.record_intent(&again, &place.lease, 2).unwrap_err();
            assert!(matches!(&error, StoreError::Unfinished(found) if found.order.order.id == twin), "{error}");
        }
        let wider = new(&key, "wider", &["example.com", "www.example.com"]);
        store.record_intent(&wider, &place.lease, 3).unwrap();
        for id in ["open", "other"] {
            assert_eq!(store.history(id).unwrap().len(), 1, "nothing happened to {id}");
        }
    }
}

/// The letters of a host's name may be large, and in Unicode or not: in the request, and in the name that is given beside it.
#[test]
fn a_host_is_the_same_in_either_spelling() {
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let names = ["example.com", "xn--bcher-kva.example"];
    for place in places() {
        let mut store = place.open();
        store
            .record_intent(&NewOrder { name: Some(names[1].to_owned()), ..new(&key, "a", &names) }, &place.lease, 1)
            .unwrap();
        // Until the gateway says which certificate it is, and afterwards.
        for certificate in [None, Some(600)] {
            store.change("a", &Change { certificate, ..change(State::Issued) }, &place.lease, 2).unwrap();
            for (name, names) in [
                (names[1], ["XN--BCHER-kva.Example", "example.com"]),
                ("XN--Bcher-KVA.example.", names),
                ("Bücher.example", names),
            ] {
                let again = NewOrder { name: Some(name.to_owned()), ..new(&key, "b", &names) };
                let error = store.record_intent(&again, &place.lease, 3).unwrap_err();
                assert!(
                    matches!(&error, StoreError::Unfinished(found) if found.order.order.id == "a"),
                    "{name}: {error}"
                );
            }
        }
    }
}

/// By them an order tells its own certificate from that of another order of its name.
#[test]
fn new_certificates_are_their_orders() {
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    for place in places() {
        let mut store = place.open();
        let others = |store: &dyn certgate_store::Store, id: &str| {
            let mut others = store.new_certificates_of_others(id, ACCOUNT, "example.com").unwrap();
            others.sort_unstable();
            others
        };
        for (number, id) in ["a", "b", "c"].into_iter().enumerate() {
            let names = [format!("{id}.example.com")];
            let account = if id == "c" { "somebody else" } else { ACCOUNT };
            let name = if id == "b" { "Example.COM." } else { "example.com" };
            let new =
                NewOrder { account: account.to_owned(), name: Some(name.to_owned()), ..new(&key, id, &[&names[0]]) };
            store.record_intent(&new, &place.lease, 1).unwrap();
            let certificate = Some(600 + number as i64);
            store.change(id, &Change { certificate, ..change(State::Issued) }, &place.lease, 2).unwrap();
        }
        store.record_intent(&order("reissue", Some(700)), &place.lease, 3).unwrap();
        assert_eq!((others(&*store, "a"), others(&*store, "b")), (vec![601], vec![600]));
        store.change("b", &change(State::Done), &place.lease, 4).unwrap();
        assert_eq!(others(&*store, "new"), [600, 601]);
        assert_eq!(store.new_certificates_of_others("new", ACCOUNT, "www.example.com").unwrap(), [0; 0]);
    }
}

/// A new certificate that is asked for in the same words is the same one, whatever its key.
#[test]
fn what_is_asked_for_in_the_same_words_is_ordered_once() {
    let new = |id: &str, asked: &str| {
        let key = PrivateKey::generate(KeyType::P256).unwrap();
        let mut order = new(&key, id, &["example.com"]);
        order.resume.asked = Some(asked.to_owned());
        order
    };
    // Whatever is in them.
    for asked in ["example.com:SSL123:p256", "example.com:a_%\\\"'ü:/keys/a b.pem"] {
        for place in places() {
            let mut store = place.open();
            store.record_intent(&new("a", asked), &place.lease, 1).unwrap();
            for certificate in [None, Some(600)] {
                store.change("a", &Change { certificate, ..change(State::Issued) }, &place.lease, 2).unwrap();
                for error in [
                    store.record_intent(&new("b", asked), &place.lease, 3).unwrap_err(),
                    store.begin_validation(&new("b", asked), &place.lease, 3).unwrap_err(),
                ] {
                    assert!(matches!(&error, StoreError::Unfinished(found) if found.order.order.id == "a"), "{error}");
                }
                assert!(store.order("b").unwrap().is_none());
                let found = store.unfinished_of_new(ACCOUNT, asked, &place.lease).unwrap();
                assert_eq!(found.map(|found| found.order.order.id), Some("a".to_owned()));
            }
            for (account, asked) in [("another", asked), (ACCOUNT, "example.com:SSL123:p384"), (ACCOUNT, "example")] {
                assert!(store.unfinished_of_new(account, asked, &place.lease).unwrap().is_none(), "{account} {asked}");
            }
            store.record_intent(&new("c", "example.com:SSL123:p384"), &place.lease, 4).unwrap();
            store.change("a", &change(State::Done), &place.lease, 5).unwrap();
            assert!(store.unfinished_of_new(ACCOUNT, asked, &place.lease).unwrap().is_none());
            store.record_intent(&new("b", asked), &place.lease, 6).unwrap();
        }
    }
}
