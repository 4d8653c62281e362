//! The lease of a run, renewed for as long as the run lasts.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use certgate_store::{Lease, Store};

/// How often a lease is renewed: one that missed three is over.
const BEAT: Duration = Duration::from_secs(Lease::LENGTH.as_secs() / 4);

/// The lease of a run. It is renewed from the first order on, and ends with the run.
pub(super) struct RunLease {
    store: Arc<Mutex<Box<dyn Store>>>,
    lease: Arc<Lease>,
    heart: Mutex<Option<Heart>>,
}

impl RunLease {
    pub(super) fn new(store: Arc<Mutex<Box<dyn Store>>>, lease: Lease) -> Self {
        Self { store, lease: Arc::new(lease), heart: Mutex::new(None) }
    }

    pub(super) fn lease(&self) -> &Lease {
        &self.lease
    }

    /// Renews the lease from now on.
    pub(super) fn keep_renewing(&self) {
        let mut heart = self.heart.lock().unwrap_or_else(PoisonError::into_inner);
        heart.get_or_insert_with(|| Heart::beating(Arc::clone(&self.store), Arc::clone(&self.lease)));
    }
}

impl Drop for RunLease {
    fn drop(&mut self) {
        let heart = self.heart.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if heart.is_some() {
            drop(heart);
            // Where that fails, the lease ends by itself.
            let _ = self.store.lock().unwrap_or_else(PoisonError::into_inner).end(&self.lease);
        }
    }
}

/// A thread that renews a lease until it is dropped.
struct Heart {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Heart {
    fn beating(store: Arc<Mutex<Box<dyn Store>>>, lease: Arc<Lease>) -> Self {
        let (stop, stopped) = mpsc::channel();
        let thread = thread::spawn(move || {
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(BEAT) {
                // What could not be renewed now may be renewed with the next beat; whoever writes finds out.
                let _ = store.lock().unwrap_or_else(PoisonError::into_inner).renew(&lease);
            }
        });
        Self { stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Heart {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
