//! Which process looks into an account's queue, over every database.

use std::time::{Duration, Instant};

use certgate_store::{Change, NewMessage, NewOrder, QueueReader, QueueState, State, Which};
use pretty_assertions::assert_eq;

use crate::places::{ACCOUNT, ANY, all, change, message, order, places};

const LONG: Duration = Duration::from_secs(3600);
const IN_HAND: QueueReader = QueueReader::Another(QueueState::InHand);
const BLOCKED: QueueReader = QueueReader::Another(QueueState::Blocked);

#[test]
fn one_process_reads_until_another_one_has_waited_longer_than_it_would() {
    for place in places() {
        let (mut store, mut another) = (place.open(), place.open());
        let other = place.lease("other");
        store.renew(&place.lease).unwrap();
        another.renew(&other).unwrap();
        let mut mine = |patience| store.read_queue(ACCOUNT, &place.lease, patience).unwrap();
        let mut theirs = |patience| another.read_queue(ACCOUNT, &other, patience).unwrap();
        assert_eq!((mine(LONG), theirs(LONG), mine(LONG)), (QueueReader::Own, IN_HAND, QueueReader::Own));
        place.rest();
        assert_eq!((theirs(LONG), mine(LONG)), (QueueReader::Own, IN_HAND), "it has not looked for longer");
        assert_eq!(another.read_queue("another account", &other, LONG).unwrap(), QueueReader::Own);
    }
}

/// A short patience is that with a queue in which nothing is found.
#[test]
fn who_has_a_message_in_hand_is_given_time_for_it() {
    for place in places() {
        let mut store = place.open();
        let other = place.lease("other");
        store.renew(&other).unwrap();
        for (state, expected) in [(QueueState::InHand, IN_HAND), (QueueState::Empty, QueueReader::Own)] {
            place.execute("DELETE FROM queue_readers");
            assert_eq!(store.read_queue(ACCOUNT, &other, LONG).unwrap(), QueueReader::Own);
            store.note_queue(ACCOUNT, &other, state).unwrap();
            place.execute("UPDATE queue_readers SET looked = looked - 3000");
            assert_eq!(store.read_queue(ACCOUNT, &place.lease, Duration::from_secs(2)).unwrap(), expected, "{state:?}");
        }
    }
}

/// Nobody waits for a reader that is gone: its lease has ended, by itself, with its process or by time.
#[test]
fn a_reader_that_is_gone_is_relieved_at_once() {
    for case in ["ended", "died", "ran out"] {
        for place in places() {
            let mut store = place.open();
            let other = place.lease("other");
            store.renew(&other).unwrap();
            assert_eq!(store.read_queue(ACCOUNT, &other, LONG).unwrap(), QueueReader::Own);
            assert_eq!(store.read_queue(ACCOUNT, &place.lease, LONG).unwrap(), IN_HAND);
            match case {
                "ended" => store.end(&other).unwrap(),
                "died" => drop(other),
                _ => place.run_out("other"),
            }
            assert_eq!(store.read_queue(ACCOUNT, &place.lease, LONG).unwrap(), QueueReader::Own, "{case}");
        }
    }
}

#[test]
fn the_reader_tells_the_others_what_it_leaves_in_front_of_them() {
    for place in places() {
        let mut store = place.open();
        let other = place.lease("other");
        store.renew(&place.lease).unwrap();
        store.read_queue(ACCOUNT, &place.lease, LONG).unwrap();
        store.note_queue(ACCOUNT, &other, QueueState::Blocked).unwrap();
        assert_eq!(store.read_queue(ACCOUNT, &other, LONG).unwrap(), IN_HAND, "only the reader knows");
        store.note_queue(ACCOUNT, &place.lease, QueueState::Blocked).unwrap();
        assert_eq!(store.read_queue(ACCOUNT, &other, LONG).unwrap(), BLOCKED);
        assert_eq!(store.read_queue(ACCOUNT, &place.lease, LONG).unwrap(), QueueReader::Own);
        assert_eq!(store.read_queue(ACCOUNT, &other, LONG).unwrap(), BLOCKED, "until it looks");
        for state in [QueueState::Empty, QueueState::InHand] {
            store.note_queue(ACCOUNT, &place.lease, state).unwrap();
            assert_eq!(store.read_queue(ACCOUNT, &other, LONG).unwrap(), QueueReader::Another(state));
        }
    }
}

/// What a process waits for is asked at once for all its orders.
#[test]
fn a_process_finds_what_others_stored_for_it() {
    for place in places() {
        let mut store = place.open();
        let other = place.lease("other");
        for (id, certificate, holder) in [("a", 1, &place.lease), ("b", 2, &place.lease), ("c", 3, &other)] {
            store.record_intent(&order(id, Some(certificate)), holder, 1).unwrap();
            let job = Some(certificate);
            store.change(id, &Change { job, ..change(State::Pending) }, holder, 2).unwrap();
            store.keep(&message(certificate, job), ANY, 3).unwrap();
        }
        store.keep(&message(9, None), ANY, 3).unwrap();
        let told = |store: &dyn certgate_store::Store| {
            let messages = store.messages_of_held(ACCOUNT, &place.lease).unwrap();
            messages.into_iter().map(|(order, _)| order).collect::<Vec<_>>()
        };
        assert_eq!((store.held(ACCOUNT, &place.lease).unwrap(), told(&*store)), (ids(&["a", "b"]), ids(&["a", "b"])));
        store.change("a", &change(State::Done), &place.lease, 4).unwrap();
        assert_eq!((store.held(ACCOUNT, &place.lease).unwrap(), told(&*store)), (ids(&["b"]), ids(&["b"])));
        place.run_out("me");
        assert_eq!(store.held(ACCOUNT, &place.lease).unwrap(), ids(&[]));
        assert_eq!(all(&*store, &Which::Unfinished(ACCOUNT.to_owned())).len(), 2);
    }
}

/// A message may be about an order whose answer is on its way, whichever process that runs sent it.
#[test]
fn an_order_that_is_being_sent_is_known_of_as_long_as_somebody_sends_it() {
    for place in places() {
        let mut store = place.open();
        let (asker, other) = (place.lease("asker"), place.lease("other"));
        for (id, sender) in [("mine", &place.lease), ("theirs", &other)] {
            store.record_intent(&order(id, Some(1)), sender, 1).unwrap();
            assert!(store.is_sending(ACCOUNT, &asker).unwrap(), "{id} sends");
            assert!(!store.is_sending("another account", &asker).unwrap());
            store.change(id, &change(State::Pending), sender, 2).unwrap();
            assert!(!store.is_sending(ACCOUNT, &asker).unwrap(), "{id} has its answer");
            store.change(id, &change(State::Done), sender, 3).unwrap();
        }
        store.record_intent(&order("gone", Some(1)), &other, 4).unwrap();
        place.run_out("other");
        assert!(!store.is_sending(ACCOUNT, &asker).unwrap(), "nobody sends it any more");
    }
}

/// PostgreSQL tells whom it concerns, so that nobody has to ask; a file tells nothing, and is asked.
#[test]
fn who_waits_is_told_of_a_message_where_the_database_tells() {
    for place in places() {
        let (mut store, waiter) = (place.open(), place.open());
        store.record_intent(&order("a", Some(1)), &place.lease, 1).unwrap();
        store.change("a", &Change { job: Some(1), ..change(State::Pending) }, &place.lease, 2).unwrap();
        let other = "another account";
        let told = || (waiter.was_told(ACCOUNT), waiter.was_told(other));
        if place.name() == "sqlite" {
            store.keep(&message(1, Some(1)), ANY, 3).unwrap();
            assert_eq!(told(), (None, None));
            continue;
        }
        assert_eq!(waiter.was_told(ACCOUNT), Some(true), "it did not listen before");
        assert_eq!(told(), (Some(false), Some(false)));
        store.keep(&NewMessage { account: other.to_owned(), ..message(1, Some(1)) }, ANY, 3).unwrap();
        for _ in 0..2 {
            store.keep(&message(1, Some(1)), ANY, 3).unwrap();
        }
        wait_for(|| waiter.was_told(ACCOUNT) == Some(true));
        assert_eq!(told(), (Some(false), Some(false)), "once, and nobody of what is about no order");
        // One that came before its job was known is told of when it is.
        store.record_intent(&order("b", Some(2)), &place.lease, 1).unwrap();
        store.keep(&message(3, Some(3)), ANY, 3).unwrap();
        assert_eq!(told(), (Some(false), Some(false)));
        store.change("b", &Change { job: Some(3), ..change(State::Pending) }, &place.lease, 4).unwrap();
        wait_for(|| waiter.was_told(ACCOUNT) == Some(true));
        // Another schema of the database may hold the same account; what is told comes in its order.
        let apart = places().find(|apart| apart.name() == place.name()).unwrap();
        for (place, account) in [(&apart, ACCOUNT), (&place, other)] {
            let (mut store, account) = (place.open(), account.to_owned());
            let order = NewOrder { account: account.clone(), ..order("apart", Some(7)) };
            store.record_intent(&order, &place.lease, 1).unwrap();
            store.change("apart", &Change { job: Some(7), ..change(State::Pending) }, &place.lease, 2).unwrap();
            store.keep(&NewMessage { account, ..message(7, Some(7)) }, ANY, 3).unwrap();
        }
        wait_for(|| waiter.was_told(other) == Some(true));
        assert_eq!(waiter.was_told(ACCOUNT), Some(false), "it is another store's");
        // What came while nobody listened is asked for.
        place.end_sessions();
        waiter.held(ACCOUNT, &place.lease).unwrap();
        assert_eq!(waiter.was_told(ACCOUNT), Some(true));
        store.keep(&message(2, Some(1)), ANY, 3).unwrap();
        wait_for(|| waiter.was_told(ACCOUNT) == Some(true));
    }
}

/// For as long as a machine may stand still.
fn wait_for(is_so: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < until, "it was not told");
    }
}

fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}
