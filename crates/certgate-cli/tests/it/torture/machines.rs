//! Four machines, two accounts and one PostgreSQL, which is restarted, and whose connections are cut wherever they are.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use certgate_testing::{Cluster, Role};
use fastrand::Rng;

use super::{Account, BATCH, KILLED, rounds, settings, trouble};
use crate::support::binary::{serve, until, write_batch};

/// The machines of an account.
const MACHINES: usize = 2;

/// A server that only one at a time restarts or asks.
struct Database {
    cluster: Cluster,
    turn: Mutex<()>,
}

impl Database {
    fn ask<T>(&self, question: impl FnOnce(&Cluster) -> T) -> T {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        question(&self.cluster)
    }
}

#[test]
fn machines_killed_at_random_times_while_the_database_comes_and_goes() {
    let Some(cluster) = Cluster::start(false) else { return };
    let database = Database { cluster, turn: Mutex::default() };
    rounds(4, |dice, title| several_machines(&database, dice, &title));
}

fn several_machines(database: &Database, mut dice: Rng, title: &str) {
    let role = database.ask(Cluster::role);
    let proxy = Proxy::before(role.port, dice.fork());
    let unsteady = role.url_over(&proxy.address.to_string());
    let homes: Vec<tempfile::TempDir> = (0..2 * MACHINES).map(|_| tempfile::tempdir().unwrap()).collect();
    let mut accounts = Vec::new();
    for (homes, transport) in homes.chunks(MACHINES).zip(["xml", "json"]) {
        let settings = settings(&mut dice);
        let foreign = settings.foreign_first;
        let (gateway, server) = serve(settings);
        let batch = vec!["batch".to_owned(), write_batch(homes[0].path(), BATCH)];
        accounts.push(Account {
            gateway,
            server,
            transport,
            homes: homes.iter().map(|home| home.path().to_owned()).collect(),
            store: Some(role.url()),
            orders: BATCH,
            foreign,
            start: batch.clone(),
            carry_on: batch,
            title: format!("{title}, several machines, {transport}"),
        });
    }
    let (running, foreign) = (AtomicUsize::new(2 * MACHINES), AtomicUsize::new(0));
    thread::scope(|scope| {
        for account in &accounts {
            for home in &account.homes {
                let (mut dice, running, store) = (dice.fork(), &running, &unsteady);
                scope.spawn(move || {
                    let _ends = Ends(running);
                    for _ in 0..dice.usize(1..=KILLED) {
                        account.killed(&mut dice, home, Some(store), &account.start);
                    }
                });
            }
        }
        while running.load(Ordering::Relaxed) > 0 {
            thread::sleep(Duration::from_millis(dice.u64(20..300)));
            match dice.usize(0..16) {
                0 => database.ask(Cluster::restart),
                1..=8 => proxy.cut(),
                _ => {
                    let came = trouble(&mut dice, &accounts[0]);
                    foreign.fetch_add(came, Ordering::Relaxed);
                }
            }
        }
    });
    accounts[0].foreign += foreign.into_inner();
    accounts.iter().for_each(Account::finish);
    accounts.iter().for_each(Account::check);
    until("no lease and no session stays", || database.ask(|cluster| is_quiet(cluster, &role)));
}

/// Counts one less when it is dropped.
struct Ends<'a>(&'a AtomicUsize);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// No process has an order or is connected any more.
fn is_quiet(cluster: &Cluster, role: &Role) -> bool {
    let held = "SELECT count(*) FROM orders JOIN leases USING (holder) WHERE expires > extract(epoch FROM clock_timestamp()) * 1000
        AND finished = 0";
    let sessions = format!("SELECT count(*) FROM pg_stat_activity WHERE usename = '{}'", role.name);
    cluster.execute_as(role, held) == "0" && cluster.execute(&sessions) == "0"
}

/// Stands before the server, and cuts connections: all at once, or one after so many bytes, wherever they end.
struct Proxy {
    address: SocketAddr,
    open: Arc<Mutex<Vec<TcpStream>>>,
    is_over: Arc<AtomicBool>,
}

impl Proxy {
    fn before(port: u16, mut dice: Rng) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (open, is_over) = (Arc::<Mutex<Vec<TcpStream>>>::default(), Arc::new(AtomicBool::new(false)));
        let (connections, over) = (Arc::clone(&open), Arc::clone(&is_over));
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else { continue };
                let mut connections = connections.lock().unwrap();
                connections.extend([&client, &server].map(|stream| stream.try_clone().unwrap()));
                let left = if dice.bool() { usize::MAX } else { dice.usize(1..60_000) };
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    thread::spawn(move || pass(from, to, left));
                }
            }
        });
        Self { address, open, is_over }
    }

    fn cut(&self) {
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
        self.cut();
    }
}

/// Passes on so many bytes, and then ends both ways.
fn pass(mut from: TcpStream, mut to: TcpStream, mut left: usize) {
    let mut buffer = [0; 4096];
    while left > 0 {
        let most = left.min(buffer.len());
        let Ok(read @ 1..) = from.read(&mut buffer[..most]) else { break };
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
        left -= read;
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
