//! The clients of a bridge, each for one task at a time: first come, first served.

use std::{
    collections::{BTreeMap, VecDeque},
    ops::{Deref, DerefMut},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use certgate_client::{Asker, Client, Throttle};

/// Clients of one gateway.
pub(crate) struct Pool {
    desk: Mutex<Desk>,
    /// The pace that they share; none without clients.
    pace: Option<Arc<dyn Throttle>>,
}

/// Who has a client, and who waits for one.
struct Desk {
    free: Vec<Client>,
    /// The number of the next one to wait.
    next: u64,
    /// Those that wait, the first one in front, each with what wakes it.
    waiting: VecDeque<(u64, Arc<Condvar>)>,
    /// Handed to one that waited, and not taken yet.
    handed: BTreeMap<u64, Client>,
}

/// A client, which goes back when this is dropped.
pub(crate) struct Lent<'p> {
    pool: &'p Pool,
    client: Option<Client>,
}

/// How often a request that waits looks whether it is still wanted.
const GLANCE: Duration = Duration::from_millis(50);

impl Pool {
    pub(crate) fn new(clients: Vec<Client>) -> Self {
        let pace = clients.first().map(|client| client.throttle().clone());
        let desk = Desk { free: clients, next: 0, waiting: VecDeque::new(), handed: BTreeMap::new() };
        Self { desk: Mutex::new(desk), pace }
    }

    /// How many requests wait for a client or for the gateway's pace.
    pub(crate) fn waiting(&self) -> usize {
        self.queued() + self.pace.as_ref().map_or(0, |pace| pace.line().len())
    }

    /// How many requests wait for a client.
    pub(crate) fn queued(&self) -> usize {
        self.desk().waiting.len()
    }

    /// The next client that is free; `None` where the asker does not wait so long.
    pub(crate) fn client(&self, asker: &Asker<'_>) -> Option<Lent<'_>> {
        let mut desk = self.desk();
        // Whoever comes now comes after those that wait.
        if desk.waiting.is_empty()
            && let Some(client) = desk.free.pop()
        {
            return Some(Lent { pool: self, client: Some(client) });
        }
        let (number, bell) = (desk.next, Arc::new(Condvar::new()));
        desk.next += 1;
        desk.waiting.push_back((number, bell.clone()));
        loop {
            desk = bell.wait_timeout(desk, GLANCE).unwrap_or_else(PoisonError::into_inner).0;
            if let Some(client) = desk.handed.remove(&number) {
                return Some(Lent { pool: self, client: Some(client) });
            }
            if asker.has_hung_up() || asker.patience().is_zero() {
                desk.waiting.retain(|(other, _)| *other != number);
                return None;
            }
        }
    }

    /// Hands a client to the one that has waited for the longest time.
    fn take_back(&self, client: Client) {
        let mut desk = self.desk();
        match desk.waiting.pop_front() {
            Some((number, bell)) => {
                desk.handed.insert(number, client);
                bell.notify_one();
            }
            None => desk.free.push(client),
        }
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Deref for Lent<'_> {
    type Target = Client;

    #[allow(clippy::expect_used, reason = "it is taken out only when this is dropped")]
    fn deref(&self) -> &Client {
        self.client.as_ref().expect("a client")
    }
}

impl DerefMut for Lent<'_> {
    #[allow(clippy::expect_used, reason = "it is taken out only when this is dropped")]
    fn deref_mut(&mut self) -> &mut Client {
        self.client.as_mut().expect("a client")
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            self.pool.take_back(client);
        }
    }
}
