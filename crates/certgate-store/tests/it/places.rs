//! The databases that a store's tests run over: one row each.

use std::path::PathBuf;

use certgate_store::{Change, Lease, NewMessage, NewOrder, Order, ResumeData, State, Store, StoreAddress, Which};

/// Takes from a new store what came after version 10.
pub(crate) const BACK_TO_10: &str = "DROP INDEX orders_of_new; DROP INDEX orders_deployed; DROP INDEX orders_by_change;
    ALTER TABLE queue_readers RENAME COLUMN state TO blocked; DROP TABLE folders";

pub(crate) const ACCOUNT: &str = "user@9 https://gateway.example";

pub(crate) fn order(id: &str, certificate: Option<i64>) -> NewOrder {
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
        claim: None,
    }
}

pub(crate) fn change(state: State) -> Change {
    Change { state, job: None, stid: None, certificate: None, detail: format!("now {}", state.as_str()) }
}

/// What a message names may be any order's.
pub(crate) const ANY: &dyn Fn(&Order) -> bool = &|_| true;

pub(crate) fn message(id: i64, job: Option<i64>) -> NewMessage {
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

/// An empty store of one database, and a process beside it.
pub(crate) struct Place {
    name: &'static str,
    pub(crate) lease: Lease,
    database: Box<dyn Database>,
}

/// What the tests do to a database that a store does not.
pub(crate) trait Database: Sync {
    /// Where the store is.
    fn address(&self) -> StoreAddress;
    /// Opens the store, as another process would.
    fn open(&self) -> Box<dyn Store> {
        self.address().open().unwrap()
    }
    /// Begins a lease, as another process would.
    fn lease(&self, token: &str) -> Lease {
        self.address().lease(token).unwrap()
    }
    /// Runs a statement behind the store's back.
    fn execute(&self, sql: &str);
    /// The number that a question behind the store's back is answered with.
    fn number(&self, question: &str) -> i64;
    /// Calls the store one of an older version.
    fn call_older(&self, version: i64);
    /// Ends whoever is connected, where there are connections.
    fn end_sessions(&self) {}
}

type Opened = fn() -> Option<Box<dyn Database>>;

/// How an empty store comes about, for each database; nothing where it is not to be had here.
const DATABASES: &[(&str, Opened)] = &[
    ("sqlite", || Some(Box::new(File::new()))),
    #[cfg(all(feature = "postgres", unix))]
    ("postgres", || Some(Box::new(crate::schema::Schema::new()?))),
];

/// An empty store of each database.
pub(crate) fn places() -> impl Iterator<Item = Place> {
    DATABASES.iter().filter_map(|(name, database)| {
        let database = database()?;
        Some(Place { name, lease: database.lease("me"), database })
    })
}

#[expect(clippy::print_stderr, reason = "shown where a test fails")]
impl Drop for Place {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("over {}", self.name);
        }
    }
}

impl Place {
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn address(&self) -> StoreAddress {
        self.database.address()
    }

    pub(crate) fn open(&self) -> Box<dyn Store> {
        self.database.open()
    }

    pub(crate) fn lease(&self, token: &str) -> Lease {
        self.database.lease(token)
    }

    /// Lets a lease run out, as time does.
    pub(crate) fn run_out(&self, token: &str) {
        self.database.execute(&format!("UPDATE leases SET expires = 0 WHERE holder = '{token}'"));
    }

    /// Makes of the store one of version 10.
    pub(crate) fn back_to_10(&self) {
        self.database.execute(BACK_TO_10);
        self.database.call_older(10);
    }

    pub(crate) fn call_older(&self, version: i64) {
        self.database.call_older(version);
    }

    pub(crate) fn execute(&self, sql: &str) {
        self.database.execute(sql);
    }

    pub(crate) fn number(&self, question: &str) -> i64 {
        self.database.number(question)
    }

    pub(crate) fn end_sessions(&self) {
        self.database.end_sessions();
    }

    /// Lets so much time pass that every reader of a queue has rested longer than anybody waits.
    pub(crate) fn rest(&self) {
        self.database.execute("UPDATE queue_readers SET looked = 0");
    }
}

/// A file of SQLite.
pub(crate) struct File {
    _folder: tempfile::TempDir,
    pub(crate) path: PathBuf,
}

impl File {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep").join("store.sqlite");
        Self { _folder: folder, path }
    }
}

impl Database for File {
    fn address(&self) -> StoreAddress {
        StoreAddress::from(&self.path)
    }

    fn execute(&self, sql: &str) {
        rusqlite::Connection::open(&self.path).unwrap().execute_batch(sql).unwrap();
    }

    fn call_older(&self, version: i64) {
        self.execute(&format!("PRAGMA user_version = {version}"));
    }

    fn number(&self, question: &str) -> i64 {
        rusqlite::Connection::open(&self.path).unwrap().query_row(question, [], |row| row.get(0)).unwrap()
    }
}

/// The orders of a store.
pub(crate) fn all(store: &dyn Store, which: &Which) -> Vec<Order> {
    let mut orders = Vec::new();
    store.each_order(which, &mut |order| orders.push(order)).unwrap();
    orders
}
