//! Work that several processes are about to do, over every database: none of it is done twice.

use certgate_store::{NewOrder, State, Store, StoreError};
use pretty_assertions::assert_eq;

use crate::places::{ACCOUNT, change, order, places};

fn claim(store: &mut dyn Store, claims: &certgate_store::Claims, lease: &certgate_store::Lease) -> bool {
    claims.of("work".to_owned()).is_some_and(|claim| store.claim(ACCOUNT, &claim, lease).unwrap())
}

/// What the other one does between the look and the claim of this one, and whether this one gets it: with no more than its own look.
#[test]
fn work_is_claimed_by_one_of_those_who_looked() {
    for (case, is_claimed) in [
        ("it does nothing", true),
        ("it claims", false),
        ("it claims and gives up", false),
        ("it claims and dies", false),
        ("it claims and its lease runs out", false),
        ("it claims other work", true),
    ] {
        for place in places() {
            let (mut store, mut another) = (place.open(), place.open());
            let other = place.lease("other");
            // Both did something like it before.
            for _ in 0..2 {
                let before = store.claims(ACCOUNT, &place.lease).unwrap();
                assert!(claim(&mut *store, &before, &place.lease));
                store.unclaim(ACCOUNT, "work", &place.lease).unwrap();
            }
            let looked = store.claims(ACCOUNT, &place.lease).unwrap();
            let theirs = another.claims(ACCOUNT, &other).unwrap();
            match case {
                "it does nothing" => {}
                "it claims other work" => {
                    let claim = theirs.of("other work".to_owned()).unwrap();
                    assert!(another.claim(ACCOUNT, &claim, &other).unwrap());
                }
                _ => assert!(claim(&mut *another, &theirs, &other)),
            }
            match case {
                "it claims and gives up" => another.unclaim(ACCOUNT, "work", &other).unwrap(),
                "it claims and dies" => drop(other),
                "it claims and its lease runs out" => place.run_out("other"),
                _ => {}
            }
            assert_eq!(claim(&mut *store, &looked, &place.lease), is_claimed, "{case}");
            let later = store.claims(ACCOUNT, &place.lease).unwrap();
            assert_eq!(later.of("work".to_owned()).is_some(), case != "it claims", "{case}: who looks again");
            assert!(store.claims("another account", &place.lease).unwrap().of("work".to_owned()).is_some());
        }
    }
}

/// It slept, and another process that looked later has done the work.
#[test]
fn who_lost_its_claim_records_no_order() {
    for place in places() {
        let mut store = place.open();
        let other = place.lease("other");
        let claimed = |id: &str| NewOrder { claim: Some("work".to_owned()), ..order(id, Some(571)) };
        let claims = store.claims(ACCOUNT, &place.lease).unwrap();
        assert!(claim(&mut *store, &claims, &place.lease));
        place.run_out("me");
        let later = store.claims(ACCOUNT, &other).unwrap();
        assert!(claim(&mut *store, &later, &other));
        store.record_intent(&claimed("theirs"), &other, 1).unwrap();
        store.change("theirs", &change(State::Done), &other, 2).unwrap();
        store.unclaim(ACCOUNT, "work", &other).unwrap();
        for lost in [
            store.record_intent(&claimed("mine"), &place.lease, 3),
            store.begin_validation(&claimed("mine"), &place.lease, 3),
        ] {
            assert!(matches!(lost, Err(StoreError::LeaseLost(id)) if id == "mine"));
        }
        store.unclaim(ACCOUNT, "work", &place.lease).unwrap();
        assert!(store.order("mine").unwrap().is_none());
    }
}
