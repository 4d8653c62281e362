//! A store's file: what earlier versions wrote, what is damaged, whose it is.

use std::{fs, path::Path};

use certgate_store::{
    InstalledFolder, Lease, Order, PassPhraseSource, Sqlite, State, Store, StoreAddress, StoreError, StoreStatus,
    ValidationStep, Which,
};
use pretty_assertions::assert_eq;

use crate::places::{BACK_TO_10, Database, File, all, change, order};

/// The file and its folder are their owner's.
#[cfg(unix)]
#[test]
fn a_new_file_is_its_owners() {
    let place = File::new();
    place.open();
    for (path, expected) in [(place.path.as_path(), 0o600), (place.path.parent().unwrap(), 0o700)] {
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions()) & 0o777;
        assert_eq!(mode, expected, "{}", path.display());
    }
}

/// A process of an earlier version that holds an order holds it still when the file is brought up to date.
#[test]
fn who_runs_while_the_file_is_brought_up_to_date_keeps_its_orders() {
    let place = File::new();
    let (runs, gone, other) = (place.lease("runs"), place.lease("gone"), place.lease("other"));
    let mut store = place.open();
    store.record_intent(&order("a", Some(1)), &runs, 1).unwrap();
    store.record_intent(&order("b", Some(2)), &gone, 1).unwrap();
    drop((store, gone));
    place.execute(BACK_TO_10);
    place.execute(
        "DROP TABLE queue_readers; DROP TABLE claims; DROP TABLE leases;
         ALTER TABLE messages RENAME COLUMN client_transaction TO ctid; PRAGMA user_version = 5",
    );
    let mut store = place.open();
    assert!(!store.acquire("a", &other).unwrap());
    assert!(store.acquire("b", &other).unwrap());
}

/// A file that an earlier release wrote is read for what it says.
#[test]
fn an_older_file_is_brought_up_to_date() {
    let place = File::new();
    fs::create_dir_all(place.path.parent().unwrap()).unwrap();
    let file = rusqlite::Connection::open(&place.path).unwrap();
    file.execute_batch(include_str!("../fixtures/version-2.sql")).unwrap();
    drop(file);
    let store = place.open();
    let orders = all(&*store, &Which::All);
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
    // What went where, of each folder the last.
    let installed = |folder: &str, certificate| InstalledFolder {
        folder: folder.into(),
        host: None,
        certificate: Some(certificate),
        name: Some("example.com".to_owned()),
    };
    assert_eq!(store.folders().unwrap(), [installed("/home/me/certs/new", 573)]);
}

/// Makes of a new file one of version 3.
const BACK_TO_3: &str = "DROP INDEX orders_one_unfinished; ALTER TABLE orders DROP COLUMN subject;
    CREATE INDEX orders_by_certificate ON orders (account, certificate) WHERE finished = 0;
    CREATE INDEX orders_by_name ON orders (account, name) WHERE finished = 0;
    ALTER TABLE messages RENAME COLUMN client_transaction TO ctid;
    DROP TABLE runs; DROP TABLE requests; DROP TABLE leases; DROP TABLE queue_readers; DROP TABLE claims;
    PRAGMA user_version = 3";

/// The first version kept with an order what was published for it.
#[test]
fn the_first_version_is_brought_up_to_date() {
    let place = File::new();
    let mut store = place.open();
    for (id, certificate) in [("open", 1), ("plain", 2), ("over", 3)] {
        store.record_intent(&order(id, Some(certificate)), &place.lease("me"), 1).unwrap();
    }
    store.change("over", &change(State::Done), &place.lease("me"), 2).unwrap();
    drop(store);
    place.execute(BACK_TO_10);
    place.execute(BACK_TO_3);
    place.execute(
        r#"DROP INDEX orders_published; ALTER TABLE orders DROP COLUMN published; ALTER TABLE orders RENAME COLUMN resume TO wanted;
        UPDATE orders SET wanted = iif(id = 'plain', '{}', '{"cleanup":[{"folder":"x"}]}'); PRAGMA user_version = 1"#,
    );
    let store = place.open();
    let published = |id: &str| store.order(id).unwrap().unwrap().published;
    assert_eq!(published("open"), [ValidationStep::Folder { root: None, path: "x".into() }]);
    assert_eq!((published("plain"), published("over")), (vec![], vec![]));
}

/// Earlier versions looked before they ordered, and what looked was not the database.
#[test]
fn of_two_that_were_unfinished_before_the_oldest_stands_in_the_way() {
    let place = File::new();
    let mut store = place.open();
    for (id, certificate) in [("first", 571), ("second", 572)] {
        store.record_intent(&order(id, Some(certificate)), &place.lease("me"), 1).unwrap();
    }
    drop(store);
    place.execute(BACK_TO_10);
    place.execute(BACK_TO_3);
    place.execute("UPDATE orders SET certificate = 571");
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
    let error = store.record_intent(&order("third", Some(571)), &place.lease("me"), 2).unwrap_err();
    assert!(matches!(&error, StoreError::Unfinished(other) if other.order.order.id == "first"), "{error}");
    store.change("second", &change(State::Done), &place.lease("me"), 3).unwrap();
}

/// The database itself holds that one order of a subject is not finished, whoever writes.
#[test]
fn the_database_takes_no_second_unfinished_order() {
    let place = File::new();
    place.open().record_intent(&order("a", Some(571)), &place.lease("me"), 1).unwrap();
    let file = rusqlite::Connection::open(&place.path).unwrap();
    let copy = "INSERT INTO orders SELECT 'b', task, account, certificate, name, product, csr, resume, batch, state, finished, job,
        stid, created, updated, holder, published, subject FROM orders";
    let error = file.execute(copy, []).unwrap_err().to_string();
    assert_eq!(error, "UNIQUE constraint failed: orders.account, orders.subject");
}

/// What cannot be read is not taken for nothing: an order that was published for would be forgotten.
#[test]
fn an_order_that_cannot_be_read_is_said() {
    for (column, text) in [("resume", "{\"version\":9}"), ("published", "[{\"melt\":1}]")] {
        let place = File::new();
        place.open().record_intent(&order("a", Some(571)), &place.lease("me"), 1).unwrap();
        let file = rusqlite::Connection::open(&place.path).unwrap();
        file.execute(&format!("UPDATE orders SET {column} = ?1"), [text]).unwrap();
        drop(file);
        let error = place.open().order("a").unwrap_err();
        assert!(matches!(&error, StoreError::Damaged { .. }), "{error}");
    }
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
                    certgate_store::SharedRateLimiter::in_file(&folder.path().join("pace"), "gateway", 3).unwrap();
                });
            }
        });
    }
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
        "DIR/garbage: the store is damaged (file is not a database). Put a backup back, or begin with an empty store and check \
         the account's jobs by hand before ordering"
    );

    Sqlite::open(&at("newer")).unwrap();
    rusqlite::Connection::open(at("newer")).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    let known = StoreStatus::KNOWN;
    assert_eq!(
        said(&at("newer")),
        format!("DIR/newer: the store has version 99, this certgate knows up to {known}: upgrade certgate")
    );

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
    let lease = Lease::beside(&at("page"), "me").unwrap();
    for number in 0..200 {
        store.record_intent(&order(&format!("o{number}"), Some(number)), &lease, number).unwrap();
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

/// What looks like a URL is one, or is refused: it does not silently become a file.
#[test]
fn a_scheme_is_no_files_name() {
    for (text, expected) in [
        (
            "mysql://u@h/x",
            "the store's address begins with mysql://: expected a file's path without that, or postgres://",
        ),
        (
            "postgress://h/x",
            "the store's address begins with postgress://: expected a file's path without that, or postgres://",
        ),
        ("File:///x", "the store's address begins with File://: expected a file's path without that, or postgres://"),
    ] {
        assert_eq!(StoreAddress::parse(text).unwrap_err().to_string(), expected);
    }
    for text in ["store.sqlite", "/a/b:c", "a:/b", "./x://y"] {
        assert_eq!(StoreAddress::parse(text).unwrap().file(), Some(Path::new(text)));
    }
    #[cfg(feature = "postgres")]
    for text in ["Postgres://me@h/x", "POSTGRESQL://me@h/x"] {
        assert_eq!(StoreAddress::parse(text).unwrap().to_string(), "postgres://me@h/x");
    }
}
