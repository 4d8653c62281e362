//! One SQLite file.

mod schema;
mod session;

use std::{
    fs::{self, OpenOptions},
    io::ErrorKind,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use self::session::SqliteSession;
use crate::{
    Lease, StoreError, StoreStatus,
    engine::Engine,
    migrations::{DEPARTURES, VERSION},
    session::Session,
    status,
};

/// The store in a file: a write-ahead log, synced with every commit, readable by its owner only.
#[derive(Debug)]
pub struct Sqlite {
    connection: Connection,
    path: PathBuf,
    migrated_from: Option<i64>,
}

/// How long to wait for other processes.
const PATIENCE: Duration = Duration::from_secs(10);

impl Sqlite {
    /// The store in that file, made where it is missing, brought up to date where it is old.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let length = fs::metadata(path).map(|file| file.len()).ok();
        // A file that was made and never used has no locks beside it yet.
        if length == Some(0) && Lease::was_beside(path) {
            return Err(StoreError::damaged(path.display(), "it was used, and is empty"));
        }
        let mut connection = connect(path)?;
        if length.is_some_and(|length| length > 0) {
            schema::recognize(&connection, path)?;
        }
        // What is not a store was found to be none before its mode is touched.
        make_private(path).map_err(|why| StoreError::unwritable(path.display(), why))?;
        log_ahead(&connection, path)?;
        let found = schema::bring_up_to_date(&mut connection, path)?;
        let migrated_from = (1..VERSION).contains(&found).then_some(found);
        Ok(Self { connection, path: path.to_owned(), migrated_from })
    }

    /// A file of nothing but the departures of a machine's processes, which need not outlive a power cut.
    pub(crate) fn of_departures(path: &Path) -> Result<Self, StoreError> {
        let connection = connect(path)?;
        log_ahead(&connection, path)?;
        let made = connection.execute_batch(&format!("PRAGMA synchronous = OFF; {DEPARTURES}"));
        made.map_err(|error| StoreError::of(path, &error))?;
        Ok(Self { connection, path: path.to_owned(), migrated_from: None })
    }

    /// What is in that file, which is left as it is, and not made where it is missing.
    pub(crate) fn status(path: &Path) -> Result<StoreStatus, StoreError> {
        let mut status = StoreStatus {
            database: format!("SQLite {}", rusqlite::version()),
            version: 0,
            latency: Duration::ZERO,
            tls: None,
            is_pooled: false,
            contents: None,
        };
        if fs::metadata(path).map_or(0, |file| file.len()) == 0 {
            return Ok(status);
        }
        let connection = connect(path)?;
        schema::recognize(&connection, path)?;
        let asked = Instant::now();
        status.version = schema::version(&connection).map_err(|error| StoreError::of(path, &error))?;
        status.latency = asked.elapsed();
        if status.version == VERSION {
            status.contents =
                Some(status::contents(&SqliteSession { connection: &connection, path }, |token, place| {
                    !place.is_empty() || Lease::is_held_beside(path, token)
                })?);
        }
        Ok(status)
    }
}

impl Engine for Sqlite {
    fn write<T>(&mut self, mut run: impl FnMut(&dyn Session) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let Self { connection, path, .. } = self;
        let failed = |error| StoreError::of(path, &error);
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        let done = run(&SqliteSession { connection: &transaction, path })?;
        transaction.commit().map_err(failed)?;
        Ok(done)
    }

    fn read<T>(&self, run: impl FnOnce(&dyn Session) -> Result<T, StoreError>) -> Result<T, StoreError> {
        run(&SqliteSession { connection: &self.connection, path: &self.path })
    }

    fn migrated_from(&self) -> Option<i64> {
        self.migrated_from
    }
}

/// Opens a database file of ours.
fn connect(path: &Path) -> Result<Connection, StoreError> {
    let unwritable = |why: std::io::Error| StoreError::unwritable(path.display(), why);
    private_folder(path.parent()).map_err(unwritable)?;
    check_trusted(path)?;
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(why) if why.kind() == ErrorKind::AlreadyExists => {}
        made => drop(made.map_err(unwritable)?),
    }
    let failed = |error| StoreError::of(path, &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    // The database refuses links anywhere in a path: those to the folder, which is trusted, are followed first.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let whole = folder.canonicalize().map_err(unwritable)?.join(path.file_name().unwrap_or_default());
    let connection = Connection::open_with_flags(whole, flags).map_err(failed)?;
    connection.busy_timeout(PATIENCE).map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Refuses a file that somebody else could have put there: it says which commands are run. The same holds for what the database
/// keeps beside it, and for the locks.
fn check_trusted(path: &Path) -> Result<(), StoreError> {
    certgate_files::check_folder(path.parent().unwrap_or(Path::new("")), None)?;
    for end in ["", "-wal", "-shm", "-journal"] {
        let mut file = path.as_os_str().to_owned();
        file.push(end);
        certgate_files::check_file(Path::new(&file))?;
    }
    Ok(certgate_files::check_folder(&Lease::folder(path), None)?)
}

/// Writes ahead from now on.
fn log_ahead(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    // Two that open a new file at once: the switch of the journal does not wait by itself.
    let until = Instant::now() + PATIENCE;
    loop {
        match connection.execute_batch("PRAGMA journal_mode = WAL") {
            Err(error) if is_busy(&error) && Instant::now() < until => std::thread::sleep(Duration::from_millis(10)),
            done => return done.map_err(|error| StoreError::of(path, &error)),
        }
    }
}

/// Lets nobody else read a file that was copied or restored, nor what the database keeps beside it.
fn make_private(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    for end in ["", "-wal", "-shm"] {
        use std::os::unix::fs::PermissionsExt;
        let mut file = path.as_os_str().to_owned();
        file.push(end);
        if fs::metadata(&file).is_ok_and(|file| file.permissions().mode() & 0o077 != 0) {
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
        }
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

fn is_busy(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
    matches!(error.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked))
}

/// Makes a folder that only its owner can enter, where it is missing.
pub(crate) fn private_folder(folder: Option<&Path>) -> std::io::Result<()> {
    let Some(folder) = folder.filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::Sqlite;
    use crate::{Lease, NewOrder, Order, State, Store, StoreError, Which, tables::questions};

    /// A file that may not grow stands for a disk that is full: the database says the same.
    #[test]
    fn a_full_disk_sends_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.sqlite");
        let lease = Lease::beside(&path, "me").unwrap();
        let mut store = Sqlite::open(&path).unwrap();
        store.connection.execute_batch("PRAGMA max_page_count = 30").unwrap();
        let order = |number| NewOrder { id: format!("o{number}"), certificate: Some(number), ..NewOrder::default() };
        let error = (0..10_000).find_map(|number| store.record_intent(&order(number), &lease, number).err()).unwrap();
        assert!(matches!(error, StoreError::Full { .. }), "{error}");
        assert!(error.to_string().ends_with("no room is left for the store. Make room and run again"));
        let mut kept: Vec<Order> = Vec::new();
        store.each_order(&Which::All, &mut |order| kept.push(order)).unwrap();
        assert!(
            !kept.is_empty() && kept.iter().all(|order| order.state == State::Sending),
            "what was committed is there"
        );
    }

    #[test]
    fn no_question_reads_whole_tables() {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&folder.path().join("store.sqlite")).unwrap();
        let plan = |connection: &Connection, question: &str, keys: usize| -> rusqlite::Result<String> {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {question}"))?;
            let rows =
                statement.query_map(rusqlite::params_from_iter(vec!["1"; keys]), |row| row.get::<_, String>(3))?;
            rows.collect::<rusqlite::Result<Vec<_>>>().map(|lines| lines.join("; "))
        };
        for (question, keys, index) in questions() {
            let plan = plan(&store.connection, &question, keys).unwrap();
            assert!(plan.contains(index) && !plan.contains("SCAN"), "{question}: {plan}");
        }
    }
}
