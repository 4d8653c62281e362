//! The connections that are open. When all places are taken, the one that has been of no use for the longest time goes.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::task::AbortHandle;

use crate::socket::Socket;

/// How many connections are open at a time.
const MOST: usize = 256;

/// The open connections.
#[derive(Clone, Default)]
pub(crate) struct Connections(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// Counts what connections do, in place of a clock.
    turn: AtomicU64,
    open: Mutex<BTreeMap<u64, Connection>>,
}

struct Connection {
    /// Ends it.
    handle: Option<AbortHandle>,
    /// Its last turn: when it was opened or its last answer left.
    since: u64,
    /// How many of its requests are complete and not answered.
    in_hand: usize,
}

/// A connection's own entry, which ends with it.
pub(crate) struct Place {
    connections: Connections,
    id: u64,
    /// The connection itself, once there is one.
    pub(crate) socket: Option<Socket>,
}

/// A request that is complete and not answered yet: its connection is of use.
pub(crate) struct InHand<'a>(&'a Place);

impl Connections {
    fn turn(&self) -> u64 {
        self.0.turn.fetch_add(1, Ordering::Relaxed)
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<u64, Connection>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a new connection. Where all are taken, the oldest one without a request in hand is closed; `None` where all
    /// have one.
    pub(crate) fn place(&self) -> Option<Place> {
        let id = self.turn();
        let mut open = self.open();
        if open.len() >= MOST {
            let useless = open.iter().filter(|(_, connection)| connection.in_hand == 0);
            let oldest = useless.min_by_key(|(_, connection)| connection.since).map(|(id, _)| *id)?;
            if let Some(handle) = open.remove(&oldest).and_then(|connection| connection.handle) {
                handle.abort();
            }
        }
        open.insert(id, Connection { handle: None, since: id, in_hand: 0 });
        Some(Place { connections: self.clone(), id, socket: None })
    }

    /// How many are open, and how many requests are in hand.
    pub(crate) fn count(&self) -> (usize, usize) {
        let open = self.open();
        (open.len(), open.values().map(|connection| connection.in_hand).sum())
    }

    /// Closes every connection that has no request in hand.
    pub(crate) fn close_idle(&self) {
        for connection in self.open().values().filter(|connection| connection.in_hand == 0) {
            connection.handle.as_ref().inspect(|handle| handle.abort());
        }
    }
}

impl Place {
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// A request is complete.
    pub(crate) fn in_hand(&self) -> InHand<'_> {
        if let Some(connection) = self.connections.open().get_mut(&self.id) {
            connection.in_hand += 1;
        }
        InHand(self)
    }
}

impl Connections {
    /// Says how the connection in that place is ended.
    pub(crate) fn ended_by(&self, id: u64, handle: AbortHandle) {
        if let Some(connection) = self.open().get_mut(&id) {
            connection.handle = Some(handle);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.open().remove(&self.id);
    }
}

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        let Place { connections, id, .. } = self.0;
        let since = connections.turn();
        if let Some(connection) = connections.open().get_mut(id) {
            connection.in_hand -= 1;
            connection.since = since;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Connections, MOST};

    #[test]
    fn the_oldest_idle_one_gives_way() {
        let connections = Connections::default();
        let mut places: Vec<_> = (0..MOST).map(|_| connections.place().unwrap()).collect();
        let is_open = |id: u64| connections.open().contains_key(&id);
        let (first, second, third) = (places[0].id, places[1].id, places[2].id);
        // The first one has a request in hand, the second one was just answered.
        let in_hand = places[0].in_hand();
        drop(places[1].in_hand());
        let newest = connections.place().unwrap();
        assert_eq!([first, second, third].map(is_open), [true, true, false]);
        drop(in_hand);
        drop(newest);
        places.remove(2);
        let free = MOST - places.len();
        let all: Vec<_> = (0..free).map(|_| connections.place().unwrap()).collect();
        let busy: Vec<_> = places.iter().chain(&all).map(super::Place::in_hand).collect();
        assert!(connections.place().is_none(), "each has a request in hand");
        drop(busy);
        assert!(connections.place().is_some());
    }
}
