//! One connection to the database, and what can go wrong with it.

use std::{
    collections::{HashMap, HashSet},
    future::{Future, poll_fn},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use tokio::{
    runtime::Runtime,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_postgres::{AsyncMessage, Client, Config, SimpleQueryMessage, SimpleQueryRow, Statement, error::SqlState};

use super::{
    address::{PostgresAddress, said},
    password::Password,
    tls::Tls,
};
use crate::StoreError;

/// How long the database may take for one answer, or one row of it. Its own limits for a statement are shorter, so that as a
/// rule it is the database that gives up, and says so.
pub(super) const ANSWER: Duration = Duration::from_secs(15);

/// How long a connection may take in all, through every address of every host.
const CONNECTION: Duration = Duration::from_secs(30);

/// The oldest version of PostgreSQL that is spoken to: nobody maintains those before it.
const OLDEST: i64 = 13;

/// Why a question was not answered.
#[derive(Debug)]
pub(super) enum Fault {
    /// The connection is lost, or the database did not answer in time. What it did is not known.
    Lost(String),
    /// The database refused it.
    Refused(tokio_postgres::Error),
}

impl Fault {
    fn of(error: tokio_postgres::Error) -> Self {
        match error.code() {
            Some(code) if is_end(code) => Self::Lost(said(&error)),
            Some(_) => Self::Refused(error),
            None if error.is_closed() => Self::Lost("the connection was closed".to_owned()),
            None if caused_by_io(&error) => Self::Lost(said(&error)),
            None => Self::Refused(error),
        }
    }

    /// Whether the same may succeed when it is tried again.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Lost(_) => true,
            // The last: two wrote at once what may be there only once, and the other one was first.
            Self::Refused(error) => error.code().is_some_and(|code| {
                [&SqlState::T_R_SERIALIZATION_FAILURE, &SqlState::T_R_DEADLOCK_DETECTED, &SqlState::UNIQUE_VIOLATION]
                    .contains(&code)
            }),
        }
    }

    /// The same in the store's terms.
    pub(super) fn error(self, place: &str) -> StoreError {
        match self {
            Self::Lost(why) => StoreError::unwritable(place, why),
            Self::Refused(error) => of_refusal(place, &error),
        }
    }
}

/// What is said of a pool that gives each transaction another session.
const POOLED: &str = "a pool answers that gives each transaction another session, such as PgBouncer in transaction mode: set \
    pool_mode = session, or connect to the server itself";

/// Whether the database says that it ends the connection.
fn is_end(code: &SqlState) -> bool {
    // 57P01 to 57P05: shut down, crashed, not up yet, dropped, idle for too long. 25P03: idle in a transaction for too long.
    code.code().starts_with("57P") || code.code().starts_with("08") || code.code() == "25P03"
}

fn caused_by_io(error: &tokio_postgres::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(why) = source {
        if why.is::<std::io::Error>() {
            return true;
        }
        source = why.source();
    }
    false
}

/// What the database said, in our terms.
fn of_refusal(place: &str, error: &tokio_postgres::Error) -> StoreError {
    let Some(code) = error.code() else { return StoreError::damaged(place, said(error)) };
    let place = place.to_owned();
    match code.code() {
        "53100" => StoreError::Full { place },
        // Serialisation, deadlock, waiting for a lock, the time of a statement: others were at it.
        "40001" | "40P01" | "23505" | "55P03" | "57014" => StoreError::Locked { place },
        // What was prepared in this session is not known in it, or what was not is.
        "26000" | "42P05" => StoreError::unwritable(place, POOLED),
        // A table or column that is not there or is another one, a page that cannot be read.
        code if code.starts_with("42") && code != "42501" || code.starts_with("XX") => {
            StoreError::damaged(place, said(error))
        }
        _ => StoreError::unwritable(place, said(error)),
    }
}

/// A session of the database, told apart from a later one with the same number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Backend {
    pub(super) pid: i64,
    pub(super) started: String,
}

/// One connection. Its statements are prepared once.
pub(super) struct Connection {
    pub(super) client: Client,
    driver: JoinHandle<()>,
    statements: Mutex<HashMap<String, Statement>>,
    /// Whether it listens; nobody asked for that yet where nothing is said.
    listens: OnceLock<bool>,
    told: Arc<Mutex<HashSet<String>>>,
    pub(super) backend: Backend,
    /// What its transactions are known by: behind a pool its session may be another one's before or after.
    pub(super) writer: String,
    /// The schema that the tables are in.
    pub(super) schema: String,
}

/// What a connection is made with, however many tries it takes.
pub(super) struct Access {
    config: Config,
    tls: Tls,
    /// Why a file of passwords was passed over.
    passed_over: Option<String>,
}

impl Access {
    /// Reads the authorities and the password from where they are.
    pub(super) fn of(address: &PostgresAddress, place: &str) -> Result<Self, StoreError> {
        let tls = Tls::of(address)?;
        let mut config = address.config.clone();
        let passed_over = match address.passwords.read(&config, place)? {
            Password::Found(password) => {
                config.password(password);
                None
            }
            Password::Absent(passed_over) => passed_over,
        };
        Ok(Self { config, tls, passed_over })
    }
}

impl Connection {
    /// Connects, and looks whether the database can hold a store.
    pub(super) fn open(runtime: &Runtime, access: &Access, place: &str) -> Result<Self, Refused> {
        let finally = |error: StoreError| Refused { error, may_pass: false };
        let Access { config, tls, passed_over } = access;
        let connected = runtime.block_on(async { timeout(CONNECTION, config.connect(tls.clone())).await });
        let (client, mut driver) = match connected {
            Err(_) => {
                let why = format!("no connection within {} s", CONNECTION.as_secs());
                return Err(Refused { error: StoreError::unwritable(place, why), may_pass: true });
            }
            Ok(Err(error)) => {
                let may_pass = error.code().map_or_else(|| error.is_closed() || caused_by_io(&error), is_end);
                let note = passed_over.as_ref().map(|why| format!("; passed over: {why}")).unwrap_or_default();
                let why = format!("{}{note}", said(&error));
                return Err(Refused { error: StoreError::unwritable(place, why), may_pass });
            }
            Ok(Ok(connected)) => connected,
        };
        let told = Arc::new(Mutex::new(HashSet::new()));
        let of_driver = Arc::clone(&told);
        let driver = runtime.spawn(async move {
            // Whoever asks over a connection that ended is told by the client.
            while let Some(Ok(message)) = poll_fn(|context| driver.poll_message(context)).await {
                if let AsyncMessage::Notification(notification) = message {
                    lock(&of_driver).insert(notification.payload().to_owned());
                }
            }
        });
        let greeted = row(runtime, &client, GREETING).map_err(|fault| {
            let may_pass = fault.may_pass();
            Refused { error: fault.error(place), may_pass }
        })?;
        let unusable = |why: String| finally(StoreError::unwritable(place, why));
        let major = greeted.number(0) / 10_000;
        if major < OLDEST {
            return Err(unusable(format!("found PostgreSQL {major}, expected {OLDEST} or newer")));
        }
        let encoding = greeted.text(1).unwrap_or_default();
        if encoding != "UTF8" {
            return Err(unusable(format!("found a database in {encoding}, expected UTF8")));
        }
        let Some(schema) = greeted.text(2).map(str::to_owned) else {
            let why = "the role has no schema of its own: CREATE SCHEMA AUTHORIZATION the role";
            return Err(unusable(why.to_owned()));
        };
        let backend = Backend { pid: greeted.number(3), started: greeted.text(4).unwrap_or_default().to_owned() };
        let writer = greeted.text(5).unwrap_or_default().to_owned();
        let (statements, listens) = (Mutex::default(), OnceLock::new());
        Ok(Self { client, driver, statements, listens, told, backend, writer, schema })
    }

    /// A statement, prepared with the first call. Its parameters are `?1`, `?2`, ….
    pub(super) fn prepared(&self, runtime: &Runtime, sql: &str) -> Result<Statement, Fault> {
        if let Some(statement) = lock(&self.statements).get(sql) {
            return Ok(statement.clone());
        }
        let statement = limited(runtime, self.client.prepare(&numbered(sql)))?;
        lock(&self.statements).insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    /// The only row of a question that is asked once, so that nothing is prepared for it.
    pub(super) fn row(&self, runtime: &Runtime, sql: &str) -> Result<TextRow, Fault> {
        row(runtime, &self.client, sql)
    }

    /// Whether something was stored for that account since this was asked last; `None` where the database does not tell. What was
    /// stored before the first time is not told of, so that it may have been.
    pub(super) fn was_told(&self, runtime: &Runtime, account: &str) -> Option<bool> {
        let mut is_new = false;
        let listens = *self.listens.get_or_init(|| {
            is_new = true;
            limited(runtime, self.client.batch_execute(&format!("LISTEN {CHANNEL}"))).is_ok()
        });
        // The connection reads on only while something is waited for.
        runtime.block_on(async { sleep(Duration::from_millis(1)).await });
        let was_told = lock(&self.told).remove(&format!("{}/{account}", self.schema));
        (listens && !self.client.is_closed()).then_some(was_told || is_new)
    }

    /// Takes leave of the database, which would else note a connection that was lost.
    pub(super) fn close(self, runtime: &Runtime) {
        let Self { client, driver, statements, .. } = self;
        drop((statements, client));
        let _ = runtime.block_on(async { timeout(FAREWELL, driver).await });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where accounts are named for which something was stored, each behind its schema: one for all schemas of a database.
pub(super) const CHANNEL: &str = "certgate";

/// How long an end in order may take.
const FAREWELL: Duration = Duration::from_millis(500);

const GREETING: &str = "SELECT current_setting('server_version_num'), current_setting('server_encoding'), current_schema(), \
    pg_backend_pid(), (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()), \
    md5(random()::text || clock_timestamp() || pg_backend_pid())";

fn row(runtime: &Runtime, client: &Client, sql: &str) -> Result<TextRow, Fault> {
    let answer = limited(runtime, client.simple_query(sql))?;
    let row = answer.into_iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(TextRow(row)),
        _ => None,
    });
    row.ok_or_else(|| Fault::Lost(format!("no row came of {sql}")))
}

/// A row as the database writes it for people.
pub(super) struct TextRow(SimpleQueryRow);

impl TextRow {
    pub(super) fn text(&self, column: usize) -> Option<&str> {
        self.0.try_get(column).ok().flatten()
    }

    /// A number; 0 where it is none.
    pub(super) fn number(&self, column: usize) -> i64 {
        self.text(column).and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    pub(super) fn is_true(&self, column: usize) -> bool {
        self.text(column) == Some("t")
    }
}

/// Why there is no connection.
pub(super) struct Refused {
    pub(super) error: StoreError,
    /// Whether the next try may succeed.
    pub(super) may_pass: bool,
}

/// Asks within [`ANSWER`].
pub(super) fn limited<T>(
    runtime: &Runtime,
    question: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, Fault> {
    match runtime.block_on(async { timeout(ANSWER, question).await }) {
        Ok(answer) => answer.map_err(Fault::of),
        Err(_) => Err(Fault::Lost(format!("no answer within {} s", ANSWER.as_secs()))),
    }
}

/// PostgreSQL's parameters are `$1`, `$2`, ….
fn numbered(sql: &str) -> String {
    sql.replace('?', "$")
}
