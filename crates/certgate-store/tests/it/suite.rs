//! Orders, leases and messages over every database: nothing intended twice, nothing lost, nothing written by who lost it.

use certgate_keys::{KeyType, PrivateKey, Subject};
use certgate_store::{Change, NewMessage, NewOrder, Order, State, Store, StoreError, ValidationStep, Which};
use pretty_assertions::assert_eq;

use crate::places::{ACCOUNT, ANY, all, change, message, order, places};

#[test]
fn an_order_and_its_story_outlive_the_process() {
    for place in places() {
        let mut store = place.open();
        store.record_intent(&order("a", Some(571)), &place.lease, 1000).unwrap();
        let accepted = Change { job: Some(7), stid: Some("s".to_owned()), ..change(State::Pending) };
        store.change("a", &accepted, &place.lease, 2000).unwrap();
        drop(store);
        let mut store = place.open();
        let found = store.order("a").unwrap().unwrap();
        assert_eq!((&found.order, found.state, found.job), (&order("a", Some(571)), State::Pending, Some(7)));
        assert_eq!((found.stid.as_deref(), found.created, found.updated), (Some("s"), 1000, 2000));
        assert_eq!(store.order_of_job(ACCOUNT, 7).unwrap(), Some(found.clone()));
        assert_eq!(store.order_of_job("somebody else", 7).unwrap(), None);
        assert_eq!(all(&*store, &Which::Unfinished(ACCOUNT.to_owned())), [found]);
        store.change("a", &change(State::Done), &place.lease, 3000).unwrap();
        assert_eq!(all(&*store, &Which::Unfinished(ACCOUNT.to_owned())), []);
        assert_eq!(all(&*store, &Which::All).len(), 1);
        let story: Vec<_> =
            store.history("a").unwrap().into_iter().map(|line| (line.time, line.state, line.detail)).collect();
        assert_eq!(
            story,
            [
                (1000, State::Sending, "about to be sent".to_owned()),
                (2000, State::Pending, "now pending".to_owned()),
                (3000, State::Done, "now done".to_owned())
            ]
        );
    }
}

#[test]
fn nothing_is_ordered_twice() {
    for place in places() {
        let mut store = place.open();
        store.record_intent(&order("a", Some(571)), &place.lease, 1).unwrap();
        let error = store.record_intent(&order("b", Some(571)), &place.lease, 2).unwrap_err();
        assert!(
            matches!(&error, StoreError::Unfinished(twin) if twin.order.order.id == "a" && twin.order.state == State::Sending)
        );
        assert_eq!(error.to_string(), "order a of the same is sending");
        let error = store.record_intent(&order("a", Some(999)), &place.lease, 2).unwrap_err();
        assert_eq!(error.to_string(), "order a is in the store already");
        store.record_intent(&order("c", Some(572)), &place.lease, 3).unwrap();
        let other = NewOrder { account: "somebody else".to_owned(), ..order("d", Some(571)) };
        store.record_intent(&other, &place.lease, 4).unwrap();
        // New certificates have no id: the same name and CSR make the same.
        store.record_intent(&order("e", None), &place.lease, 5).unwrap();
        assert!(matches!(store.record_intent(&order("f", None), &place.lease, 6), Err(StoreError::Unfinished(_))));
        let other = NewOrder { csr: Some("another".to_owned()), ..order("g", None) };
        store.record_intent(&other, &place.lease, 7).unwrap();
        // A CSR that is made anew asks for the same, with another signature.
        let key = PrivateKey::generate(KeyType::P256).unwrap();
        let subject = Subject { common_name: "example.com".to_owned(), ..Subject::default() };
        let csr = |id: &str, names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            NewOrder { csr: Some(key.request(&subject, &names).unwrap()), ..order(id, None) }
        };
        store.record_intent(&csr("k", &["example.com"]), &place.lease, 7).unwrap();
        let again = store.record_intent(&csr("l", &["example.com"]), &place.lease, 7);
        assert!(matches!(again, Err(StoreError::Unfinished(twin)) if twin.order.order.id == "k"));
        store.record_intent(&csr("m", &["example.com", "www.example.com"]), &place.lease, 7).unwrap();
        store.change("a", &change(State::Refused), &place.lease, 8).unwrap();
        store.record_intent(&order("h", Some(571)), &place.lease, 9).unwrap();
        // An earlier certificate may be revoked while the next one is on its way, once.
        let revoke = |id: &str| NewOrder { task: "certificate-revoke".to_owned(), ..order(id, Some(571)) };
        store.record_intent(&revoke("i"), &place.lease, 10).unwrap();
        assert!(
            matches!(store.record_intent(&revoke("j"), &place.lease, 11), Err(StoreError::Unfinished(twin)) if twin.order.order.id == "i")
        );
    }
}

#[test]
fn what_stands_in_the_way_is_named_and_only_some_of_it_may_be_given_up() {
    for (state, expected) in [
        (State::Sending, "order a (job 7) of the same is sending"),
        (State::Unknown, "order a (job 7) of the same is unknown"),
        (State::Pending, "order a (job 7) of the same is pending"),
        (State::Issued, "order a (job 7) of the same is issued"),
    ] {
        for place in places() {
            let mut store = place.open();
            store.record_intent(&order("a", Some(571)), &place.lease, 1).unwrap();
            store.change("a", &Change { job: Some(7), ..change(state) }, &place.lease, 2).unwrap();
            let error = store.record_intent(&order("b", Some(571)), &place.lease, 3).unwrap_err();
            assert_eq!(error.to_string(), expected);
            let gives_up = store.change("a", &change(State::Abandoned), &place.lease, 4).is_ok();
            assert_eq!(gives_up, matches!(state, State::Sending | State::Unknown | State::Issued), "{state:?}");
            // What was named by hand for an order that never arrived is free again; a job that was seen is not.
            let owner = store.order_of_job(ACCOUNT, 7).unwrap();
            assert_eq!(owner.is_none(), state == State::Unknown, "{state:?}");
        }
    }
}

/// The clock may be set back between two orders.
#[test]
fn orders_stand_as_they_were_intended() {
    for place in places() {
        let mut store = place.open();
        let line = |id: &str, certificate| NewOrder { batch: Some("line".to_owned()), ..order(id, Some(certificate)) };
        store.record_intent(&line("first", 1), &place.lease, 2000).unwrap();
        store.record_intent(&line("second", 2), &place.lease, 1000).unwrap();
        let other = NewOrder { account: "somebody else".to_owned(), ..line("other", 1) };
        store.record_intent(&other, &place.lease, 3000).unwrap();
        let batch = Which::Batch { account: ACCOUNT.to_owned(), batch: "line".to_owned() };
        let batches = |beginning: &str| Which::Batches { account: ACCOUNT.to_owned(), beginning: beginning.to_owned() };
        for (which, expected) in [
            (Which::All, vec!["first", "second", "other"]),
            (Which::Unfinished(ACCOUNT.to_owned()), vec!["first", "second"]),
            (batch, vec!["first", "second"]),
            (batches("li"), vec!["first", "second"]),
            (batches("line"), vec!["first", "second"]),
            (batches("lines"), vec![]),
            (batches("lil"), vec![]),
        ] {
            let ids: Vec<String> = all(&*store, &which).into_iter().map(|order| order.order.id).collect();
            assert_eq!(ids, expected, "{which:?}");
        }
    }
}

/// What validates an order is written down before it is published, and kept until it is gone, whatever became of the order.
#[test]
fn what_is_published_is_kept_until_it_is_gone() {
    for place in places() {
        let mut store = place.open();
        let published = |store: &dyn Store| store.order("a").unwrap().unwrap().published;
        let left = |store: &dyn Store| all(store, &Which::Unfinished(ACCOUNT.to_owned())).len();
        let other = place.lease("other");
        let step = ValidationStep::Folder { root: None, path: "/srv/www/a".into() };
        store.begin_validation(&order("a", Some(571)), &place.lease, 1).unwrap();
        store.record_validation_steps("a", std::slice::from_ref(&step), &place.lease).unwrap();
        assert_eq!((store.order("a").unwrap().unwrap().state, left(&*store)), (State::Validating, 1));
        let b = order("b", Some(571));
        for error in [store.begin_validation(&b, &other, 2), store.record_intent(&b, &other, 2)] {
            assert!(matches!(error, Err(StoreError::Unfinished(twin)) if twin.order.order.id == "a"));
        }
        assert!(
            matches!(store.record_intent(&order("a", Some(571)), &other, 3), Err(StoreError::Known(_))),
            "another's"
        );
        store.record_intent(&order("a", Some(571)), &place.lease, 4).unwrap();
        assert_eq!(store.order("a").unwrap().unwrap().state, State::Sending);
        store.change("a", &change(State::Refused), &place.lease, 5).unwrap();
        store.release("a", &place.lease).unwrap();
        assert_eq!((left(&*store), published(&*store)), (1, vec![step]), "something is left to do");
        assert!(!store.acquire("a", &other).unwrap(), "its holder lives and is at it");
        store.record_validation_steps("a", &[], &place.lease).unwrap();
        assert_eq!((left(&*store), published(&*store)), (0, vec![]));
        store.change("a", &change(State::Refused), &place.lease, 6).unwrap();
        store.release("a", &place.lease).unwrap();
        assert!(store.acquire("a", &other).unwrap(), "nothing is left to do");
        assert!(
            matches!(store.record_validation_steps("x", &[], &place.lease), Err(StoreError::NoOrder(id)) if id == "x")
        );
    }
}

/// The order of a new certificate is about that certificate once it is known, unless another order is.
#[test]
fn an_order_follows_its_certificate() {
    for is_taken in [false, true] {
        for place in places() {
            let mut store = place.open();
            let created = |id: &str| NewOrder { task: "certificate-create".to_owned(), ..order(id, None) };
            store.record_intent(&created("new"), &place.lease, 1).unwrap();
            if is_taken {
                store.record_intent(&order("other", Some(573)), &place.lease, 2).unwrap();
            }
            let known = Change { certificate: Some(573), ..change(State::Pending) };
            store.change("new", &known, &place.lease, 3).unwrap();
            assert_eq!(store.order("new").unwrap().unwrap().order.certificate, Some(573));
            let in_the_way = |error: StoreError| match error {
                StoreError::Unfinished(other) => other.order.order.id,
                other => panic!("{other}"),
            };
            let reissue = store.record_intent(&order("reissue", Some(573)), &place.lease, 4).unwrap_err();
            assert_eq!(in_the_way(reissue), if is_taken { "other" } else { "new" });
            let again = store.record_intent(&created("again"), &place.lease, 5);
            assert_eq!(again.map_err(in_the_way), Err("new".to_owned()), "its certificate may not be in place yet");
            assert_eq!(store.order("again").unwrap(), None);
        }
    }
}

#[test]
fn of_many_that_race_one_wins() {
    for place in places() {
        place.open();
        let won: usize = std::thread::scope(|scope| {
            let runs: Vec<_> = (0..8)
                .map(|number| {
                    let place = &place;
                    scope.spawn(move || {
                        let (mut store, holder) = (place.open(), &place.lease);
                        usize::from(store.record_intent(&order(&format!("o{number}"), Some(571)), holder, 1).is_ok())
                    })
                })
                .collect();
            runs.into_iter().map(|run| run.join().unwrap()).sum()
        });
        assert_eq!(won, 1);
    }
}

#[test]
fn states_only_go_forward() {
    use State::{Abandoned, Done, Failed, Issued, Pending, Refused, Sending, Unknown, Unsent, Validating};
    let allowed = [
        (Validating, vec![Sending, Unsent, Abandoned]),
        (Sending, vec![Unknown, Pending, Issued, Done, Failed, Refused, Unsent, Abandoned]),
        // Nothing showed of it for longer than a request can be under way.
        (Unknown, vec![Pending, Issued, Done, Failed, Refused, Unsent, Abandoned]),
        (Pending, vec![Issued, Done, Failed]),
        (Issued, vec![Done, Failed, Abandoned]),
        (Done, vec![]),
        (Failed, vec![]),
        (Refused, vec![]),
        (Unsent, vec![]),
        (Abandoned, vec![]),
    ];
    for (before, next) in allowed {
        for after in State::ALL {
            assert_eq!(before.may_become(after), before == after || next.contains(&after), "{before:?} to {after:?}");
        }
    }
    for place in places() {
        let mut store = place.open();
        store.record_intent(&order("a", Some(1)), &place.lease, 1).unwrap();
        store.change("a", &change(Pending), &place.lease, 2).unwrap();
        let error = store.change("a", &change(Unsent), &place.lease, 3).unwrap_err().to_string();
        assert_eq!(error, "order a is pending, and cannot become unsent");
        assert_eq!(store.history("a").unwrap().len(), 2, "what is not allowed leaves nothing");
        assert!(matches!(store.change("x", &change(Done), &place.lease, 4), Err(StoreError::NoOrder(id)) if id == "x"));
    }
}

#[test]
fn an_order_belongs_to_one_living_process() {
    for place in places() {
        let mut store = place.open();
        store.record_intent(&order("a", Some(1)), &place.lease, 1).unwrap();
        let other = place.lease("other");
        assert!(!store.acquire("a", &other).unwrap(), "its holder lives");
        assert!(store.acquire("a", &place.lease).unwrap());
        store.release("a", &place.lease).unwrap();
        assert!(store.acquire("a", &other).unwrap());
        drop(other);
        assert!(store.acquire("a", &place.lease).unwrap(), "the other one is gone");
    }
}

#[test]
fn messages_are_kept_once_and_find_their_order() {
    for place in places() {
        let mut store = place.open();
        store.record_intent(&order("a", Some(571)), &place.lease, 1).unwrap();
        let foreign = store.keep(&message(1, Some(99)), ANY, 2).unwrap();
        assert_eq!((foreign.order.as_deref(), foreign.known), (None, false));
        let again = store.keep(&message(1, Some(99)), ANY, 3).unwrap();
        assert_eq!((again.stable_id.clone(), again.known), (foreign.stable_id.clone(), true));
        let other = store
            .keep(&NewMessage { document: "{\"id\":1,\"x\":2}".to_owned(), ..message(1, Some(99)) }, ANY, 4)
            .unwrap();
        assert_ne!(other.stable_id, foreign.stable_id, "another content under the same id");
        let undecodable = NewMessage { id: None, document: String::new(), raw: b"<html>".to_vec(), ..message(0, None) };
        assert!(!store.keep(&undecodable, ANY, 5).unwrap().known);
        assert!(store.keep(&undecodable, ANY, 6).unwrap().known);

        // Ours by the transaction id it carried, before its job is known.
        let ours = store.keep(&NewMessage { ctid: Some("a".to_owned()), ..message(2, Some(7)) }, ANY, 7).unwrap();
        assert_eq!(ours.order.as_deref(), Some("a"));
        // One that came before the order's answer is found when the job is known.
        let early = store.keep(&message(3, Some(7)), ANY, 8).unwrap();
        assert_eq!(early.order, None);
        // A domain's job may be called the same, and what is named may be somebody else's.
        let of_domain = NewMessage { kind: "domain".to_owned(), ..message(6, Some(7)) };
        assert_eq!(store.keep(&of_domain, ANY, 8).unwrap().order, None);
        store
            .change(
                "a",
                &Change { job: Some(7), stid: Some("s".to_owned()), ..change(State::Pending) },
                &place.lease,
                9,
            )
            .unwrap();
        let mine: Vec<_> = store.messages_of("a").unwrap().into_iter().map(|message| message.message.id).collect();
        assert_eq!(mine, [Some(2), Some(3)]);
        // The order has a job: another job's message is not its, whatever the transaction ids say.
        let twin = NewMessage { ctid: Some("a".to_owned()), stid: Some("s".to_owned()), ..message(4, Some(8)) };
        assert_eq!(store.keep(&twin, ANY, 10).unwrap().order, None);
        let somebody = NewMessage { account: "somebody else".to_owned(), ..message(5, Some(7)) };
        assert_eq!(store.keep(&somebody, ANY, 11).unwrap().order, None);
        let is_of_572 = |order: &Order| order.order.certificate == Some(572);
        assert_eq!(store.keep(&message(7, Some(7)), &is_of_572, 12).unwrap().order, None);

        let waiting = store.waiting(ACCOUNT, 10).unwrap();
        let ids: Vec<_> = waiting.iter().map(|message| message.message.id).collect();
        assert_eq!(ids, [Some(1), Some(1), None, Some(6), Some(4), Some(7)], "in the order of arrival");
        store.confirmed(&waiting[0].stable_id, 20).unwrap();
        store.take(&waiting[0].stable_id, 21).unwrap();
        store.take(&waiting[0].stable_id, 22).unwrap();
        assert_eq!(store.waiting(ACCOUNT, 1).unwrap()[0].stable_id, waiting[1].stable_id);
        assert_eq!(waiting[0].message.raw, b"<response/>");
        let mut foreign = Vec::new();
        store.each_foreign(&mut |message| foreign.push((message.message.account, message.message.id))).unwrap();
        let of = |account: &str, id| (account.to_owned(), id);
        let expected = [
            (ACCOUNT, Some(1)),
            (ACCOUNT, Some(1)),
            (ACCOUNT, None),
            (ACCOUNT, Some(6)),
            (ACCOUNT, Some(4)),
            ("somebody else", Some(5)),
            (ACCOUNT, Some(7)),
        ];
        assert_eq!(foreign, expected.map(|(account, id)| of(account, id)), "taken or not, whosever");
    }
}

/// Whoever lost an order writes nothing of it any more, however late it wakes.
#[test]
fn an_order_whose_lease_ran_out_is_another_process_s() {
    for place in places() {
        let mut store = place.open();
        let other = place.lease("other");
        store.begin_validation(&order("a", Some(571)), &place.lease, 1).unwrap();
        assert!(!store.acquire("a", &other).unwrap(), "its lease has not ended");
        place.run_out("me");
        assert!(!store.holds("a", &place.lease).unwrap());
        assert!(store.acquire("a", &other).unwrap());
        store.change("a", &change(State::Unsent), &other, 2).unwrap();
        store.renew(&place.lease).unwrap();
        assert!(!store.holds("a", &place.lease).unwrap(), "renewed, it is not given back");
        assert!(store.holds("a", &other).unwrap());
        let step = ValidationStep::Folder { root: None, path: "/srv/www/a".into() };
        for lost in [
            store.change("a", &change(State::Sending), &place.lease, 3),
            store.change("a", &change(State::Unsent), &place.lease, 3),
            store.record_validation_steps("a", &[step], &place.lease),
        ] {
            let error = lost.unwrap_err();
            assert!(matches!(&error, StoreError::LeaseLost(id) if id == "a"), "{error}");
            assert_eq!(error.to_string(), "order a was taken over by another process, and this one has stopped");
        }
        store.release("a", &place.lease).unwrap();
        assert!(store.holds("a", &other).unwrap());
        assert!(matches!(store.record_intent(&order("a", Some(571)), &place.lease, 4), Err(StoreError::Known(_))));
        let found = store.order("a").unwrap().unwrap();
        assert_eq!((found.state, found.published), (State::Unsent, vec![]));
        assert_eq!(store.history("a").unwrap().len(), 2);
        // What is not its own any more keeps it from nothing else.
        store.record_intent(&order("b", Some(571)), &place.lease, 5).unwrap();
    }
}

#[test]
fn who_wakes_before_anybody_took_over_goes_on() {
    for place in places() {
        let mut store = place.open();
        store.record_intent(&order("a", Some(571)), &place.lease, 1).unwrap();
        assert!(store.holds("a", &place.lease).unwrap());
        place.run_out("me");
        assert!(!store.holds("a", &place.lease).unwrap());
        store.renew(&place.lease).unwrap();
        assert!(store.holds("a", &place.lease).unwrap());
        assert!(!store.acquire("a", &place.lease("other")).unwrap());
        store.change("a", &change(State::Pending), &place.lease, 2).unwrap();
    }
}

#[test]
fn a_lease_that_was_ended_holds_nothing() {
    for place in places() {
        let mut store = place.open();
        store.record_intent(&order("a", Some(571)), &place.lease, 1).unwrap();
        store.end(&place.lease).unwrap();
        let other = place.lease("other");
        let conflict = store.record_intent(&order("b", Some(571)), &other, 2).unwrap_err();
        assert!(matches!(conflict, StoreError::Unfinished(conflict) if !conflict.is_held));
        assert!(store.acquire("a", &other).unwrap());
    }
}

/// A message of the queue advances an order of nobody or of a process that is gone, and leaves that of a living one alone.
#[test]
fn whoever_finds_out_advances_an_order_that_nobody_carries() {
    for (case, is_advanced) in [("alive", false), ("ran out", true), ("dead", true), ("released", true), ("own", true)]
    {
        for place in places() {
            let mut store = place.open();
            let carrier = place.lease("carrier");
            let holder = if case == "own" { &place.lease } else { &carrier };
            store.record_intent(&order("a", Some(571)), holder, 1).unwrap();
            store.change("a", &change(State::Pending), holder, 2).unwrap();
            match case {
                "ran out" => place.run_out("carrier"),
                "dead" => drop(carrier),
                "released" => store.release("a", &carrier).unwrap(),
                _ => {}
            }
            let issued = Change { job: Some(7), ..change(State::Issued) };
            assert_eq!(store.advance("a", &issued, &place.lease, 3).unwrap(), is_advanced, "{case}");
            let found = store.order("a").unwrap().unwrap();
            let expected = if is_advanced { (State::Issued, Some(7), 3) } else { (State::Pending, None, 2) };
            assert_eq!((found.state, found.job, found.updated), expected, "{case}");
            assert_eq!(store.holds("a", &place.lease).unwrap(), case == "own", "{case}: it is nobody else's with that");
        }
    }
}
