//! The clients of a bridge, each for one task at a time: first come, first served.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use certgate_client::{Asker, Client, Line, Throttle};

/// Clients of one gateway.
pub(crate) struct Pool {
    free: Mutex<Vec<Client>>,
    /// Those that wait for a client.
    line: Line,
    /// The pace that they share; none without clients.
    pace: Option<Arc<dyn Throttle>>,
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
        Self { free: Mutex::new(clients), line: Line::default(), pace }
    }

    /// How many requests wait for a client or for the gateway's pace.
    pub(crate) fn waiting(&self) -> usize {
        self.queued() + self.pace.as_ref().map_or(0, |pace| pace.line().len())
    }

    /// How many requests wait for a client.
    pub(crate) fn queued(&self) -> usize {
        self.line.len()
    }

    /// The next client that is free; `None` where the asker does not wait so long.
    pub(crate) fn client(&self, asker: &Asker<'_>) -> Option<Lent<'_>> {
        let place = self.line.join();
        loop {
            if let Some(client) = place.first_within(GLANCE, || self.free().pop()) {
                return Some(Lent { pool: self, client: Some(client) });
            }
            if asker.has_hung_up() || asker.patience().is_zero() {
                return None;
            }
        }
    }

    fn free(&self) -> MutexGuard<'_, Vec<Client>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
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
            self.pool.free().push(client);
            self.pool.line.ring();
        }
    }
}
