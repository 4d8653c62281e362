//! A schema of PostgreSQL: what only it can be, and what can be wrong with it.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use certgate_keys::{KeyType, PrivateKey};
use certgate_store::{State, StoreAddress, StoreStatus};
use certgate_testing::{Cluster, Pool, Role};
use pretty_assertions::assert_eq;

use crate::places::{Database, change, order};

const KNOWN: i64 = StoreStatus::KNOWN;

/// An empty schema of a role of its own, and the folder of the locks of a machine.
pub(crate) struct Schema {
    cluster: &'static Cluster,
    pub(crate) role: Role,
    locks: tempfile::TempDir,
}

impl Schema {
    /// `None` where no PostgreSQL is installed.
    pub(crate) fn new() -> Option<Self> {
        let cluster = Cluster::shared()?;
        Some(Self { cluster, role: cluster.role(), locks: tempfile::tempdir().unwrap() })
    }
}

/// An address with the password of every role.
fn at(url: &str) -> StoreAddress {
    StoreAddress::parse(url).unwrap().with_password_command(Arc::new(|| Ok(Role::PASSWORD.to_owned())))
}

impl Database for Schema {
    fn address(&self) -> StoreAddress {
        at(&self.role.url()).with_locks_in(self.locks.path())
    }

    fn execute(&self, sql: &str) {
        self.cluster.execute_as(&self.role, sql);
    }

    fn call_older(&self, version: i64) {
        self.execute(&format!("UPDATE certgate_schema SET version = {version}"));
    }

    fn number(&self, question: &str) -> i64 {
        self.cluster.execute_as(&self.role, question).parse().unwrap()
    }

    fn end_sessions(&self) {
        let sessions =
            format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{}'", self.role.name);
        assert!(self.cluster.execute(&sessions).starts_with('t'));
    }
}

/// What goes wrong with a database, and what is said of it.
#[test]
fn troubles() {
    let Some(place) = Schema::new() else { return };
    let name = place.role.name.clone();
    let said = |url: &str| match at(url).open() {
        Ok(_) => panic!("{url} was opened"),
        Err(error) => error.to_string().replace(url, "AT"),
    };
    assert!(said(&place.role.url_over("127.0.0.1:1")).contains("Connection refused"));
    assert_eq!(
        said(&place.role.url().replace("/certgate?", "/nothing?")),
        r#"AT: the store cannot be opened or written (database "nothing" does not exist)"#
    );
    assert_eq!(
        said(&place.role.url().replace("sslmode=disable", "sslmode=require")),
        "AT: the store cannot be opened or written (error performing TLS handshake: server does not support TLS)"
    );
    place.cluster.execute(&format!("ALTER ROLE {name} SET search_path = nowhere"));
    assert_eq!(
        said(&place.role.url()),
        "AT: the store cannot be opened or written (the role has no schema of its own: CREATE SCHEMA AUTHORIZATION the role)"
    );
    place.cluster.execute(&format!("CREATE SCHEMA {name}_b; GRANT USAGE ON SCHEMA {name}_b TO {name}"));
    place.cluster.execute(&format!("ALTER ROLE {name} SET search_path = {name}_b"));
    assert_eq!(
        said(&place.role.url()),
        format!(
            "AT: the store cannot be opened or written (the role may not make tables in the schema {name}_b; give it one \
             of its own: CREATE SCHEMA AUTHORIZATION the role)"
        )
    );
    place.cluster.execute(&format!("CREATE TABLE {name}_b.orders (wine TEXT)"));
    assert_eq!(
        said(&place.role.url()),
        format!("AT, schema {name}_b: it is a database of another application, no store")
    );
    place.cluster.execute(&format!("ALTER ROLE {name} RESET search_path"));
    drop(place.open());
    place.execute("UPDATE certgate_schema SET version = 99");
    assert_eq!(
        said(&place.role.url()),
        format!("AT: the store has version 99, this certgate knows up to {KNOWN}: upgrade certgate")
    );
    place.execute(&format!("UPDATE certgate_schema SET version = {KNOWN}; DROP TABLE messages"));
    let error = place.open().waiting("user@9", 1).unwrap_err().to_string();
    assert!(error.contains(r#"the store is damaged (relation "messages" does not exist)"#), "{error}");
}

/// Ten thousand orders are not sorted anew for each list.
#[test]
fn orders_are_listed_in_their_order() {
    let Some(place) = Schema::new() else { return };
    drop(place.open());
    let plan = "SET enable_sort = off; EXPLAIN SELECT * FROM orders ORDER BY rowid";
    let plan = place.cluster.execute_as(&place.role, plan);
    assert!(plan.starts_with("Index Scan using orders_by_rowid"), "{plan}");
}

/// All who open an empty schema at once find the same tables.
#[test]
fn a_new_schema_may_be_opened_by_many_at_once() {
    let Some(place) = Schema::new() else { return };
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| drop(place.open()));
        }
    });
    assert_eq!(
        place.cluster.execute_as(&place.role, "SELECT count(*), max(version) FROM certgate_schema"),
        format!("1|{KNOWN}")
    );
}

/// Whoever may only look at it can open it.
#[test]
fn a_store_that_is_only_read_is_opened() {
    let Some(place) = Schema::new() else { return };
    drop(place.open());
    place.execute("REVOKE INSERT, UPDATE, DELETE ON orders, messages, writers FROM CURRENT_USER");
    assert!(place.open().order("a").unwrap().is_none());
}

/// Each process leaves a row, of which none stays.
#[test]
fn whoever_writes_forgets_those_that_are_gone() {
    let Some(place) = Schema::new() else { return };
    drop(place.open());
    place.execute("INSERT INTO writers VALUES ('gone', 1, 0)");
    assert!(place.open().order("a").unwrap().is_none());
    assert_eq!(place.number("SELECT count(*) FROM writers"), 1, "who reads writes nothing");
    place.open().record_intent(&order("a", Some(1)), &place.lease("me"), 1).unwrap();
    assert_eq!(place.number("SELECT count(*) FROM writers WHERE writer = 'gone'"), 0);
}

/// A session of the database that ends costs nothing but a new one, in reading and in writing.
#[test]
fn a_connection_that_is_lost_is_made_anew() {
    let Some(place) = Schema::new() else { return };
    let mut store = place.open();
    let holder = place.lease("me");
    store.record_intent(&order("a", Some(1)), &holder, 1).unwrap();
    place.end_sessions();
    assert_eq!(store.order("a").unwrap().unwrap().state, State::Sending);
    place.end_sessions();
    store.change("a", &change(State::Pending), &holder, 2).unwrap();
    assert_eq!(store.history("a").unwrap().len(), 2);
}

/// Stands before the server and passes on what it may; a connection with anything else is cut.
fn relay(port: u16, may_pass: impl FnMut(usize, &[u8]) -> bool + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let may_pass = Arc::new(Mutex::new(may_pass));
    thread::spawn(move || {
        for (number, client) in listener.incoming().enumerate() {
            let may_pass = Arc::clone(&may_pass);
            let (mut client, mut server) = (client.unwrap(), TcpStream::connect(("127.0.0.1", port)).unwrap());
            let (mut back, mut from) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || std::io::copy(&mut from, &mut back));
            thread::spawn(move || {
                let mut buffer = [0; 65_536];
                while let Ok(read @ 1..) = client.read(&mut buffer) {
                    let may_pass = may_pass.lock().unwrap()(number, &buffer[..read]);
                    if !may_pass || server.write_all(&buffer[..read]).is_err() {
                        break;
                    }
                }
                let _ = (client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both));
            });
        }
    });
    address
}

/// Whoever asks a person for the password does so once, however many tries it takes.
#[test]
fn a_password_is_asked_for_once_a_reconnection() {
    let Some(place) = Schema::new() else { return };
    drop(place.open());
    let asked = Arc::new(AtomicUsize::new(0));
    let (of_command, tries) = (Arc::clone(&asked), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&tries);
    let address = relay(place.role.port, move |number, _| {
        counted.fetch_max(number + 1, Ordering::Relaxed);
        number == 0 || number > 3
    });
    let store =
        StoreAddress::parse(place.role.url_over(&address)).unwrap().with_password_command(Arc::new(move || {
            of_command.fetch_add(1, Ordering::Relaxed);
            Ok(Role::PASSWORD.to_owned())
        }));
    let store = store.open().unwrap();
    assert_eq!((asked.load(Ordering::Relaxed), tries.load(Ordering::Relaxed)), (1, 1));
    place.end_sessions();
    assert_eq!(store.order("a").unwrap(), None);
    assert_eq!(asked.load(Ordering::Relaxed), 2);
    assert!(tries.load(Ordering::Relaxed) >= 5);
}

/// What was copied is copied, whatever becomes of the transaction that it was read in.
#[test]
fn a_copy_whose_source_is_lost_at_the_end_is_whole() {
    let Some(place) = Schema::new() else { return };
    let lease = place.lease("me");
    place.open().record_intent(&order("a", Some(1)), &lease, 1).unwrap();
    place.execute("DELETE FROM leases");
    let mut is_cut = false;
    let address = relay(place.role.port, move |_, bytes| {
        let cuts = !is_cut && bytes.windows(6).any(|word| word == b"COMMIT");
        is_cut |= cuts;
        !cuts
    });
    let target = tempfile::tempdir().unwrap();
    let target = StoreAddress::from(target.path().join("copy.sqlite"));
    let copied = at(&place.role.url_over(&address)).copy_to(&target).unwrap();
    assert_eq!(copied.iter().map(|table| table.rows).collect::<Vec<_>>(), [1, 1, 0, 0, 0, 0]);
    assert!(target.open().unwrap().order("a").unwrap().is_some());
}

/// The server went away with everything that was under way, and comes back.
#[test]
fn a_server_that_was_restarted_has_what_was_stored() {
    let Some(shared) = Cluster::shared() else { return };
    // Restarted, the shared one would end the connections of other tests.
    let cluster = Box::leak(Box::new(Cluster::start(true).unwrap()));
    assert_ne!(cluster.role().port, shared.role().port);
    let place = Schema { cluster, role: cluster.role(), locks: tempfile::tempdir().unwrap() };
    let mut store = place.open();
    let holder = place.lease("me");
    store.record_intent(&order("a", Some(1)), &holder, 1).unwrap();
    cluster.restart();
    store.change("a", &change(State::Pending), &holder, 2).unwrap();
    assert_eq!(store.order("a").unwrap().unwrap().state, State::Pending);
}

/// A crash takes what was not committed, and the number of its transaction, which another one has then: that is not taken for its own.
#[test]
fn what_a_crash_took_is_written_again() {
    if Cluster::shared().is_none() {
        return;
    }
    let cluster: &'static Cluster = Box::leak(Box::new(Cluster::start(true).unwrap()));
    // Nothing but a commit has the server's log written.
    cluster.execute("ALTER SYSTEM SET wal_writer_delay = '10s'");
    cluster.restart();
    let place = Schema { cluster, role: cluster.role(), locks: tempfile::tempdir().unwrap() };
    let crashes = Arc::new(AtomicUsize::new(0));
    let left = Arc::clone(&crashes);
    let address = relay(place.role.port, move |_, bytes| {
        let is_commit = bytes.windows(6).any(|word| word == b"COMMIT");
        if !is_commit || left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err() {
            return true;
        }
        cluster.restart();
        cluster.execute("DO $$ BEGIN FOR i IN 1..50 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$");
        false
    });
    let (mut store, lease) = (at(&place.role.url_over(&address)).open().unwrap(), place.lease("me"));
    crashes.store(1, Ordering::Relaxed);
    store.record_intent(&order("a", Some(1)), &lease, 1).unwrap();
    crashes.store(1, Ordering::Relaxed);
    store.change("a", &change(State::Pending), &lease, 2).unwrap();
    assert_eq!(crashes.load(Ordering::Relaxed), 0);
    assert_eq!(store.history("a").unwrap().len(), 2);
    assert_eq!(store.order("a").unwrap().map(|order| order.state), Some(State::Pending));
}

/// On one machine a lease ends with its process; elsewhere, and where no locks are kept, with its time.
#[test]
fn a_lease_ends_with_its_process_where_that_can_be_seen() {
    let Some(place) = Schema::new() else { return };
    let elsewhere = tempfile::tempdir().unwrap();
    let of_another_machine = at(&place.role.url()).with_locks_in(elsewhere.path());
    for (number, (dead, is_free)) in
        [(place.address(), true), (of_another_machine, false), (at(&place.role.url()), false)].into_iter().enumerate()
    {
        let id = format!("o{number}");
        let mut store = place.open();
        let gone = dead.lease(&format!("gone-{number}")).unwrap();
        store.record_intent(&order(&id, Some(number as i64)), &gone, 1).unwrap();
        drop(gone);
        let alive = place.lease(&format!("alive-{number}"));
        assert_eq!(store.acquire(&id, &alive).unwrap(), is_free, "{number}");
    }
}

/// Behind a pool that gives each transaction another session, locks and notices are lost: it is recognised, and not taken for a
/// database. One that gives each connection a session of its own is as good as none.
#[test]
fn a_pool_is_recognised_by_what_it_does() {
    let Some(place) = Schema::new() else { return };
    drop(place.open());
    for (mode, is_pooled) in [("transaction", true), ("session", false)] {
        let Some(pool) = Pool::start(place.cluster, &place.role, mode) else {
            let _ = writeln!(std::io::stderr(), "left out: PgBouncer is not installed");
            return;
        };
        let behind = at(&place.role.url_over(&pool.address()));
        let status = behind.status().unwrap();
        assert_eq!((status.is_pooled, status.contents.is_some()), (is_pooled, !is_pooled), "{mode}");
        if !is_pooled {
            let (mut store, lease) = (behind.open().unwrap(), place.lease("me"));
            store.record_intent(&order("a", Some(1)), &lease, 1).unwrap();
            assert!(store.holds("a", &lease).unwrap());
        }
    }
}

/// Who a server is, as far as libpq's `sslmode` says.
#[test]
fn a_server_is_verified_as_far_as_it_is_asked_to_be() {
    if Cluster::shared().is_none() {
        return;
    }
    let cluster = Cluster::start(false).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let authority = authority();
    let leaf = |name: &str| {
        let key = PrivateKey::generate(KeyType::P256).unwrap();
        let mut parameters = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        parameters.serial_number = Some(2.into());
        (parameters.signed_by(&key, &authority.1).unwrap().pem(), key.to_pem().expose().to_owned())
    };
    let (trusted, other) = (folder.path().join("ca.pem"), folder.path().join("other.pem"));
    std::fs::write(&trusted, &authority.0).unwrap();
    std::fs::write(&other, self::authority().0).unwrap();
    let role = cluster.role();
    for (host, results) in [("127.0.0.1", [true; 4]), ("db.example", [true, true, false, false])] {
        let (certificate, key) = leaf(host);
        cluster.speak_tls(&certificate, &key);
        let ca = |file: &std::path::Path| format!("&sslrootcert={}", file.display());
        let modes = [
            ("require", String::new()),
            ("verify-ca", ca(&trusted)),
            ("verify-full", ca(&trusted)),
            ("", ca(&trusted)),
        ];
        for ((mode, ca), is_taken) in modes.into_iter().zip(results) {
            let mode = if mode.is_empty() { String::new() } else { format!("sslmode={mode}") };
            let url = format!("{}{ca}", role.url().replace("sslmode=disable", &mode)).replace("?&", "?");
            match at(&url).status() {
                Ok(status) => {
                    assert!(is_taken, "{host} {url}");
                    assert_eq!(status.tls.as_deref(), Some("TLSv1.3"));
                }
                Err(error) => {
                    assert!(!is_taken && error.to_string().contains("not valid for name"), "{host} {url}: {error}");
                }
            }
        }
        for url in [
            format!("{}{}", role.url().replace("disable", "require"), ca(&other)),
            role.url().replace("sslmode=disable", ""),
        ] {
            let error = at(&url).status().unwrap_err().to_string();
            assert!(error.contains("TLS"), "{url}: {error}");
        }
    }
    if let Some(pool) = Pool::start(&cluster, &role, "session") {
        let behind = at(&role.url_over(&pool.address())).status().unwrap();
        assert_eq!(behind.tls, None, "it is the pool that has TLS");
    }
}

/// An authority: its certificate, and what signs with its key.
fn authority() -> (String, rcgen::Issuer<'static, PrivateKey>) {
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let mut parameters = rcgen::CertificateParams::new(Vec::new()).unwrap();
    parameters.serial_number = Some(1.into());
    parameters.key_identifier_method = rcgen::KeyIdMethod::PreSpecified(vec![1]);
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let certificate = parameters.self_signed(&key).unwrap().pem();
    (certificate, rcgen::Issuer::new(parameters, key))
}
