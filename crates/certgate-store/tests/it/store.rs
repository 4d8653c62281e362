//! Orders and messages in a real file: nothing intended twice, nothing lost, every trouble said.

use std::{fs, path::Path};

use certgate_store::{
    Change, Lease, NewMessage, NewOrder, Order, PassPhraseSource, ResumeData, Sqlite, State, Store, StoreError,
    ValidationStep, Which,
};
use pretty_assertions::assert_eq;

const ACCOUNT: &str = "user@9 https://gateway.example";

fn order(id: &str, certificate: Option<i64>) -> NewOrder {
    NewOrder {
        id: id.to_owned(),
        task: "certificate-reissue".to_owned(),
        account: ACCOUNT.to_owned(),
        certificate,
        name: Some("example.com".to_owned()),
        product: Some("SSL123".to_owned()),
        csr: Some("-----BEGIN …".to_owned()),
        resume: ResumeData::default(),
        batch: None,
    }
}

fn change(state: State) -> Change {
    Change { state, job: None, stid: None, certificate: None, detail: format!("now {}", state.as_str()) }
}

fn message(id: i64, job: Option<i64>) -> NewMessage {
    NewMessage {
        account: ACCOUNT.to_owned(),
        id: Some(id),
        transport: "xml".to_owned(),
        kind: "certificate".to_owned(),
        job,
        document: format!("{{\"id\":{id}}}"),
        raw: b"<response/>".to_vec(),
        ..NewMessage::default()
    }
}

struct Place {
    _folder: tempfile::TempDir,
    path: std::path::PathBuf,
    holder: Lease,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep").join("store.sqlite");
        let holder = Lease::beside(&path, "me").unwrap();
        Self { _folder: folder, path, holder }
    }

    fn open(&self) -> Sqlite {
        Sqlite::open(&self.path).unwrap()
    }
}

fn all(store: &Sqlite, which: &Which) -> Vec<Order> {
    let mut orders = Vec::new();
    store.each_order(which, &mut |order| orders.push(order)).unwrap();
    orders
}

#[test]
fn an_order_and_its_story_outlive_the_process() {
    let place = Place::new();
    let mut store = place.open();
    store.intend(&order("a", Some(571)), &place.holder, 1000).unwrap();
    let accepted = Change { job: Some(7), stid: Some("s".to_owned()), ..change(State::Pending) };
    store.change("a", &accepted, 2000).unwrap();
    drop(store);
    let mut store = place.open();
    let found = store.order("a").unwrap().unwrap();
    assert_eq!((&found.order, found.state, found.job), (&order("a", Some(571)), State::Pending, Some(7)));
    assert_eq!((found.stid.as_deref(), found.created, found.updated), (Some("s"), 1000, 2000));
    assert_eq!(store.order_of_job(ACCOUNT, 7).unwrap(), Some(found.clone()));
    assert_eq!(store.order_of_job("somebody else", 7).unwrap(), None);
    assert_eq!(all(&store, &Which::Unfinished(ACCOUNT.to_owned())), [found]);
    store.change("a", &change(State::Done), 3000).unwrap();
    assert_eq!(all(&store, &Which::Unfinished(ACCOUNT.to_owned())), []);
    assert_eq!(all(&store, &Which::All).len(), 1);
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
    #[cfg(unix)]
    for (path, expected) in [(place.path.as_path(), 0o600), (place.path.parent().unwrap(), 0o700)] {
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions()) & 0o777;
        assert_eq!(mode, expected, "{}", path.display());
    }
}

#[test]
fn nothing_is_ordered_twice() {
    let place = Place::new();
    let mut store = place.open();
    store.intend(&order("a", Some(571)), &place.holder, 1).unwrap();
    let error = store.intend(&order("b", Some(571)), &place.holder, 2).unwrap_err();
    assert!(matches!(&error, StoreError::Unfinished(twin) if twin.id == "a" && twin.state == State::Sending));
    assert_eq!(error.to_string(), "order a of the same is sending");
    let error = store.intend(&order("a", Some(999)), &place.holder, 2).unwrap_err();
    assert_eq!(error.to_string(), "order a is in the store already");
    store.intend(&order("c", Some(572)), &place.holder, 3).unwrap();
    let other = NewOrder { account: "somebody else".to_owned(), ..order("d", Some(571)) };
    store.intend(&other, &place.holder, 4).unwrap();
    // New certificates have no id: the same name and CSR make the same.
    store.intend(&order("e", None), &place.holder, 5).unwrap();
    assert!(matches!(store.intend(&order("f", None), &place.holder, 6), Err(StoreError::Unfinished(_))));
    let other = NewOrder { csr: Some("another".to_owned()), ..order("g", None) };
    store.intend(&other, &place.holder, 7).unwrap();
    store.change("a", &change(State::Refused), 8).unwrap();
    store.intend(&order("h", Some(571)), &place.holder, 9).unwrap();
    // An earlier certificate may be revoked while the next one is on its way, once.
    let revoke = |id: &str| NewOrder { task: "certificate-revoke".to_owned(), ..order(id, Some(571)) };
    store.intend(&revoke("i"), &place.holder, 10).unwrap();
    assert!(
        matches!(store.intend(&revoke("j"), &place.holder, 11), Err(StoreError::Unfinished(twin)) if twin.id == "i")
    );
}

#[test]
fn what_stands_in_the_way_is_named_and_only_some_of_it_may_be_given_up() {
    for (state, expected) in [
        (State::Sending, "order a (job 7) of the same is sending"),
        (State::Unknown, "order a (job 7) of the same is unknown"),
        (State::Pending, "order a (job 7) of the same is pending"),
        (State::Issued, "order a (job 7) of the same is issued"),
    ] {
        let place = Place::new();
        let mut store = place.open();
        store.intend(&order("a", Some(571)), &place.holder, 1).unwrap();
        store.change("a", &Change { job: Some(7), ..change(state) }, 2).unwrap();
        let error = store.intend(&order("b", Some(571)), &place.holder, 3).unwrap_err();
        assert_eq!(error.to_string(), expected);
        let gives_up = store.change("a", &change(State::Abandoned), 4).is_ok();
        assert_eq!(gives_up, matches!(state, State::Sending | State::Unknown | State::Issued), "{state:?}");
        // What was named by hand for an order that never arrived is free again; a job that was seen is not.
        let owner = store.order_of_job(ACCOUNT, 7).unwrap();
        assert_eq!(owner.is_none(), state == State::Unknown, "{state:?}");
    }
}

/// The clock may be set back between two orders.
#[test]
fn orders_stand_as_they_were_intended() {
    let place = Place::new();
    let mut store = place.open();
    let line = |id: &str, certificate| NewOrder { batch: Some("line".to_owned()), ..order(id, Some(certificate)) };
    store.intend(&line("first", 1), &place.holder, 2000).unwrap();
    store.intend(&line("second", 2), &place.holder, 1000).unwrap();
    let other = NewOrder { account: "somebody else".to_owned(), ..line("other", 1) };
    store.intend(&other, &place.holder, 3000).unwrap();
    let batch = Which::Batch { account: ACCOUNT.to_owned(), batch: "line".to_owned() };
    for (which, expected) in [
        (Which::All, vec!["first", "second", "other"]),
        (Which::Unfinished(ACCOUNT.to_owned()), vec!["first", "second"]),
        (batch, vec!["first", "second"]),
    ] {
        let ids: Vec<String> = all(&store, &which).into_iter().map(|order| order.order.id).collect();
        assert_eq!(ids, expected, "{which:?}");
    }
}

/// What validates an order is written down before it is published, and kept until it is gone, whatever became of the order.
#[test]
fn what_is_published_is_kept_until_it_is_gone() {
    let place = Place::new();
    let mut store = place.open();
    let published = |store: &Sqlite| store.order("a").unwrap().unwrap().published;
    let left = |store: &Sqlite| all(store, &Which::Unfinished(ACCOUNT.to_owned())).len();
    let other = Lease::beside(&place.path, "other").unwrap();
    let step = ValidationStep::Folder { root: None, path: "/srv/www/a".into() };
    store.begin_validation(&order("a", Some(571)), &place.holder, 1).unwrap();
    store.record_validation_steps("a", std::slice::from_ref(&step)).unwrap();
    assert_eq!((store.order("a").unwrap().unwrap().state, left(&store)), (State::Validating, 1));
    let b = order("b", Some(571));
    for error in [store.begin_validation(&b, &other, 2), store.intend(&b, &other, 2)] {
        assert!(matches!(error, Err(StoreError::Unfinished(twin)) if twin.id == "a"));
    }
    assert!(matches!(store.intend(&order("a", Some(571)), &other, 3), Err(StoreError::Known(_))), "another's");
    store.intend(&order("a", Some(571)), &place.holder, 4).unwrap();
    assert_eq!(store.order("a").unwrap().unwrap().state, State::Sending);
    store.change("a", &change(State::Refused), 5).unwrap();
    store.release("a", &place.holder).unwrap();
    assert_eq!((left(&store), published(&store)), (1, vec![step]), "something is left to do");
    assert!(!store.acquire("a", &other).unwrap(), "its holder lives and is at it");
    store.record_validation_steps("a", &[]).unwrap();
    assert_eq!((left(&store), published(&store)), (0, vec![]));
    assert!(store.acquire("a", &other).unwrap(), "given up with the last of it");
    assert!(matches!(store.record_validation_steps("x", &[]), Err(StoreError::NoOrder(id)) if id == "x"));
}

/// A file that an earlier release wrote is read for what it says.
#[test]
fn an_older_file_is_brought_up_to_date() {
    let place = Place::new();
    fs::create_dir_all(place.path.parent().unwrap()).unwrap();
    let file = rusqlite::Connection::open(&place.path).unwrap();
    file.execute_batch(include_str!("../fixtures/version-2.sql")).unwrap();
    drop(file);
    let store = place.open();
    let orders = all(&store, &Which::All);
    let [first, again, open] = &orders[..] else { panic!("{orders:?}") };
    let folder = |order: &Order| order.order.resume.install.as_ref().unwrap().folder.display().to_string();
    assert_eq!((first.order.resume.round, folder(first).as_str()), (0, "/home/me/certs/new"));
    assert_eq!((again.order.resume.round, again.state, again.order.certificate), (1, State::Done, Some(573)));
    let resume = &open.order.resume;
    assert_eq!((open.state, resume.serial_before.as_deref()), (State::Pending, Some("54C2C7E2D014E35D3784DACF2B852F")));
    let install = resume.install.as_ref().unwrap();
    let hook = install.hook.as_ref().unwrap();
    assert_eq!((hook.command.as_str(), hook.timeout.as_secs(), hook.rollback), ("./reload it", 20, true));
    assert_eq!(install.working_folder, Path::new("/home/me/orders"));
    let stores = install.key_stores.as_ref().unwrap();
    let file = PassPhraseSource::File("/home/me/orders/../p".into());
    assert_eq!((stores.pkcs12, stores.jks, &stores.pass_phrase), (true, false, &Some(file)));
    let [ValidationStep::Command { command, working_folder, record }] = &open.published[..] else {
        panic!("{:?}", open.published)
    };
    assert_eq!((command.as_str(), working_folder.as_path()), ("../dns", Path::new("/home/me/orders")));
    assert_eq!((record.name.as_str(), record.kind.as_str()), ("example.com.", "TXT"));
    let history: Vec<State> = store.history(&open.order.id).unwrap().iter().map(|event| event.state).collect();
    assert_eq!(history, [State::Validating, State::Sending, State::Pending]);
    assert_eq!(store.messages_of(&again.order.id).unwrap().len(), 1);
}

/// The first version kept with an order what was published for it.
#[test]
fn the_first_version_is_brought_up_to_date() {
    let place = Place::new();
    let mut store = place.open();
    for (id, certificate) in [("open", 1), ("plain", 2), ("over", 3)] {
        store.intend(&order(id, Some(certificate)), &place.holder, 1).unwrap();
    }
    store.change("over", &change(State::Done), 2).unwrap();
    drop(store);
    let file = rusqlite::Connection::open(&place.path).unwrap();
    file.execute_batch(
        r#"DROP INDEX orders_one_unfinished; ALTER TABLE orders DROP COLUMN subject;
        CREATE INDEX orders_by_certificate ON orders (account, certificate) WHERE finished = 0;
        CREATE INDEX orders_by_name ON orders (account, name) WHERE finished = 0;
        DROP INDEX orders_published; ALTER TABLE orders DROP COLUMN published; ALTER TABLE orders RENAME COLUMN resume TO wanted;
        UPDATE orders SET wanted = iif(id = 'plain', '{}', '{"cleanup":[{"folder":"x"}]}'); DROP TABLE runs; DROP TABLE requests; PRAGMA user_version = 1"#,
    )
    .unwrap();
    drop(file);
    let store = place.open();
    let published = |id: &str| store.order(id).unwrap().unwrap().published;
    assert_eq!(published("open"), [ValidationStep::Folder { root: None, path: "x".into() }]);
    assert_eq!((published("plain"), published("over")), (vec![], vec![]));
}

/// Earlier versions looked before they ordered, and what looked was not the database.
#[test]
fn of_two_that_were_unfinished_before_the_oldest_stands_in_the_way() {
    let place = Place::new();
    let mut store = place.open();
    for (id, certificate) in [("first", 571), ("second", 572)] {
        store.intend(&order(id, Some(certificate)), &place.holder, 1).unwrap();
    }
    drop(store);
    let file = rusqlite::Connection::open(&place.path).unwrap();
    file.execute_batch(
        "DROP INDEX orders_one_unfinished; ALTER TABLE orders DROP COLUMN subject; UPDATE orders SET certificate = 571;
        CREATE INDEX orders_by_certificate ON orders (account, certificate) WHERE finished = 0;
        CREATE INDEX orders_by_name ON orders (account, name) WHERE finished = 0; DROP TABLE runs; DROP TABLE requests; PRAGMA user_version = 3",
    )
    .unwrap();
    drop(file);
    let mut store = place.open();
    let history = |id: &str| store.history(id).unwrap().into_iter().map(|event| event.detail).collect::<Vec<_>>();
    assert_eq!(history("first"), ["about to be sent"]);
    assert_eq!(
        history("second"),
        [
            "about to be sent",
            "order first of the same was not finished either when the store was brought up to date: one of the two may be one too many"
        ]
    );
    let error = store.intend(&order("third", Some(571)), &place.holder, 2).unwrap_err();
    assert!(matches!(&error, StoreError::Unfinished(other) if other.id == "first"), "{error}");
    store.change("second", &change(State::Done), 3).unwrap();
}

/// The database itself holds that one order of a subject is not finished, whoever writes.
#[test]
fn the_database_takes_no_second_unfinished_order() {
    let place = Place::new();
    place.open().intend(&order("a", Some(571)), &place.holder, 1).unwrap();
    let file = rusqlite::Connection::open(&place.path).unwrap();
    let copy = "INSERT INTO orders SELECT 'b', task, account, certificate, name, product, csr, resume, batch, state, finished, job,
        stid, created, updated, holder, published, subject FROM orders";
    let error = file.execute(copy, []).unwrap_err().to_string();
    assert_eq!(error, "UNIQUE constraint failed: orders.account, orders.subject");
}

/// The order of a new certificate is about that certificate once it is known, unless another order is.
#[test]
fn an_order_follows_its_certificate() {
    for is_taken in [false, true] {
        let place = Place::new();
        let mut store = place.open();
        store.intend(&order("new", None), &place.holder, 1).unwrap();
        if is_taken {
            store.intend(&order("other", Some(573)), &place.holder, 2).unwrap();
        }
        let known = Change { certificate: Some(573), ..change(State::Pending) };
        store.change("new", &known, 3).unwrap();
        assert_eq!(store.order("new").unwrap().unwrap().order.certificate, Some(573));
        let in_the_way = |error: StoreError| match error {
            StoreError::Unfinished(other) => other.id,
            other => panic!("{other}"),
        };
        let reissue = store.intend(&order("reissue", Some(573)), &place.holder, 4).unwrap_err();
        assert_eq!(in_the_way(reissue), if is_taken { "other" } else { "new" });
        let again = store.intend(&order("again", None), &place.holder, 5);
        assert_eq!(again.map_err(in_the_way).err(), is_taken.then(|| "new".to_owned()));
    }
}

/// What cannot be read is not taken for nothing: an order that was published for would be forgotten.
#[test]
fn an_order_that_cannot_be_read_is_said() {
    for (column, text) in [("resume", "{\"version\":9}"), ("published", "[{\"melt\":1}]")] {
        let place = Place::new();
        place.open().intend(&order("a", Some(571)), &place.holder, 1).unwrap();
        let file = rusqlite::Connection::open(&place.path).unwrap();
        file.execute(&format!("UPDATE orders SET {column} = ?1"), [text]).unwrap();
        drop(file);
        let error = place.open().order("a").unwrap_err();
        assert!(matches!(&error, StoreError::Damaged { .. }), "{error}");
    }
}

#[test]
fn of_many_that_race_one_wins() {
    let place = Place::new();
    place.open();
    let won: usize = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..8)
            .map(|number| {
                let (path, holder) = (&place.path, &place.holder);
                scope.spawn(move || {
                    let mut store = Sqlite::open(path).unwrap();
                    usize::from(store.intend(&order(&format!("o{number}"), Some(571)), holder, 1).is_ok())
                })
            })
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).sum()
    });
    assert_eq!(won, 1);
}

#[test]
fn a_new_file_may_be_opened_by_many_at_once() {
    for _ in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.sqlite");
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    Sqlite::open(&path).unwrap();
                    certgate_store::SharedRateLimiter::open(&folder.path().join("pace")).unwrap();
                });
            }
        });
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
    let place = Place::new();
    let mut store = place.open();
    store.intend(&order("a", Some(1)), &place.holder, 1).unwrap();
    store.change("a", &change(Pending), 2).unwrap();
    let error = store.change("a", &change(Unsent), 3).unwrap_err().to_string();
    assert_eq!(error, "order a is pending, and cannot become unsent");
    assert_eq!(store.history("a").unwrap().len(), 2, "what is not allowed leaves nothing");
    assert!(matches!(store.change("x", &change(Done), 4), Err(StoreError::NoOrder(id)) if id == "x"));
}

#[test]
fn an_order_belongs_to_one_living_process() {
    let place = Place::new();
    let mut store = place.open();
    store.intend(&order("a", Some(1)), &place.holder, 1).unwrap();
    let other = Lease::beside(&place.path, "other").unwrap();
    assert!(!store.acquire("a", &other).unwrap(), "its holder lives");
    assert!(store.acquire("a", &place.holder).unwrap());
    store.release("a", &place.holder).unwrap();
    assert!(store.acquire("a", &other).unwrap());
    drop(other);
    assert!(store.acquire("a", &place.holder).unwrap(), "the other one is gone");
}

#[test]
fn messages_are_kept_once_and_find_their_order() {
    let place = Place::new();
    let mut store = place.open();
    store.intend(&order("a", Some(571)), &place.holder, 1).unwrap();
    let foreign = store.keep(&message(1, Some(99)), 2).unwrap();
    assert_eq!((foreign.order.as_deref(), foreign.known), (None, false));
    let again = store.keep(&message(1, Some(99)), 3).unwrap();
    assert_eq!((again.stable_id.clone(), again.known), (foreign.stable_id.clone(), true));
    let other =
        store.keep(&NewMessage { document: "{\"id\":1,\"x\":2}".to_owned(), ..message(1, Some(99)) }, 4).unwrap();
    assert_ne!(other.stable_id, foreign.stable_id, "another content under the same id");
    let undecodable = NewMessage { id: None, document: String::new(), raw: b"<html>".to_vec(), ..message(0, None) };
    assert!(!store.keep(&undecodable, 5).unwrap().known);
    assert!(store.keep(&undecodable, 6).unwrap().known);

    // Ours by the transaction id it carried, before its job is known.
    let ours = store.keep(&NewMessage { ctid: Some("a".to_owned()), ..message(2, Some(7)) }, 7).unwrap();
    assert_eq!(ours.order.as_deref(), Some("a"));
    // One that came before the order's answer is found when the job is known.
    let early = store.keep(&message(3, Some(7)), 8).unwrap();
    assert_eq!(early.order, None);
    store.change("a", &Change { job: Some(7), stid: Some("s".to_owned()), ..change(State::Pending) }, 9).unwrap();
    let mine: Vec<_> = store.messages_of("a").unwrap().into_iter().map(|message| message.message.id).collect();
    assert_eq!(mine, [Some(2), Some(3)]);
    // The order has a job: another job's message is not its, whatever the transaction ids say.
    let twin = NewMessage { ctid: Some("a".to_owned()), stid: Some("s".to_owned()), ..message(4, Some(8)) };
    assert_eq!(store.keep(&twin, 10).unwrap().order, None);
    let somebody = NewMessage { account: "somebody else".to_owned(), ..message(5, Some(7)) };
    assert_eq!(store.keep(&somebody, 11).unwrap().order, None);

    let waiting = store.waiting(ACCOUNT, 10).unwrap();
    let ids: Vec<_> = waiting.iter().map(|message| message.message.id).collect();
    assert_eq!(ids, [Some(1), Some(1), None, Some(4)], "in the order of arrival");
    store.confirmed(&waiting[0].stable_id, 20).unwrap();
    store.take(&waiting[0].stable_id, 21).unwrap();
    store.take(&waiting[0].stable_id, 22).unwrap();
    assert_eq!(store.waiting(ACCOUNT, 1).unwrap()[0].stable_id, waiting[1].stable_id);
    assert_eq!(waiting[0].message.raw, b"<response/>");
    let mut foreign = Vec::new();
    store.each_foreign(&mut |message| foreign.push((message.message.account, message.message.id))).unwrap();
    let of = |account: &str, id| (account.to_owned(), id);
    let expected =
        [(ACCOUNT, Some(1)), (ACCOUNT, Some(1)), (ACCOUNT, None), (ACCOUNT, Some(4)), ("somebody else", Some(5))];
    assert_eq!(foreign, expected.map(|(account, id)| of(account, id)), "taken or not, whosever");
}

/// What goes wrong with the file, and what is said of it.
#[test]
fn troubles() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let said =
        |path: &Path| Sqlite::open(path).unwrap_err().to_string().replace(&folder.path().display().to_string(), "DIR");

    fs::write(at("garbage"), "this is no database, and long enough to be looked at as one. ".repeat(20)).unwrap();
    assert_eq!(
        said(&at("garbage")),
        "DIR/garbage: the store is damaged (file is not a database). Put a copy back, or move the file away and check the account's jobs by \
         hand before ordering"
    );

    Sqlite::open(&at("newer")).unwrap();
    rusqlite::Connection::open(at("newer")).unwrap().execute_batch("PRAGMA user_version = 7").unwrap();
    assert_eq!(said(&at("newer")), "DIR/newer: the store has version 7, this certgate knows up to 5: upgrade certgate");

    fs::write(at("file"), "").unwrap();
    assert_eq!(
        said(&at("file").join("store")),
        "DIR/file/store: the store cannot be opened or written (File exists (os error 17))"
    );
    fs::create_dir(at("folder")).unwrap();
    assert!(said(&at("folder")).contains("it is a folder; expected a file"));

    // Somebody made a table of ours something else.
    Sqlite::open(&at("odd")).unwrap();
    rusqlite::Connection::open(at("odd"))
        .unwrap()
        .execute_batch("DROP TABLE messages; DROP TABLE happenings; DROP TABLE orders")
        .unwrap();
    assert!(said(&at("odd")).contains("the store is damaged (no such table: orders)"));

    // A page that was overwritten.
    let mut store = Sqlite::open(&at("page")).unwrap();
    let holder = Lease::beside(&at("page"), "me").unwrap();
    for number in 0..200 {
        store.intend(&order(&format!("o{number}"), Some(number)), &holder, number).unwrap();
    }
    drop(store);
    // Only the index of what is not finished: read by it, nothing would be.
    let index = rusqlite::Connection::open(at("page")).unwrap();
    let question = "SELECT rootpage FROM sqlite_schema WHERE name = 'orders_unfinished'";
    let index: u32 = index.query_row(question, [], |row| row.get(0)).unwrap();
    let index = index as usize;
    let whole = fs::read(at("page")).unwrap();
    for pages in [1..whole.len() / 4096, index - 1..index] {
        let mut bytes = whole.clone();
        bytes[pages.start * 4096..pages.end * 4096].fill(0);
        fs::write(at("page"), bytes).unwrap();
        assert!(said(&at("page")).starts_with("DIR/page: the store is damaged ("), "{pages:?}");
    }
    fs::write(at("page"), "").unwrap();
    assert!(said(&at("page")).starts_with("DIR/page: the store is damaged (it was used, and is empty)"));
    fs::remove_file(at("page")).unwrap();
    Sqlite::open(&at("page")).unwrap();

    for marks in ["PRAGMA user_version = 4", "PRAGMA application_id = 7", ""] {
        let other = rusqlite::Connection::open(at("other")).unwrap();
        other.execute_batch(&format!("CREATE TABLE IF NOT EXISTS songs (title TEXT); {marks}")).unwrap();
        drop(other);
        let before = fs::read(at("other")).unwrap();
        assert_eq!(said(&at("other")), "DIR/other: it is a database of another application, no store");
        assert_eq!(fs::read(at("other")).unwrap(), before, "it is left as it is");
    }
}

/// A store that others could read, as a restored copy may be, is made private, and what stands beside it.
#[cfg(unix)]
#[test]
fn a_store_is_its_owners() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let _open = Sqlite::open(&path).unwrap();
    let files = ["store", "store-wal", "store-shm"].map(|name| folder.path().join(name));
    for file in &files {
        fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
    }
    Sqlite::open(&path).unwrap();
    for file in &files {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }
}
