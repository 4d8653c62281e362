//! Threads on which handlers take their time.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

/// Threads that are made as they are needed, and end when nobody needed them for a while. The one that was busy last is the next one to be,
/// and only it is woken.
pub(crate) struct Workers {
    name: &'static str,
    idle: Arc<Idle>,
}

pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// How long a thread waits for its next job.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Default)]
struct Idle(Mutex<Option<Vec<Arc<Worker>>>>);

#[derive(Default)]
struct Worker {
    job: Mutex<Option<Job>>,
    given: Condvar,
}

impl Workers {
    /// None yet; those to come have that name.
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, idle: Arc::new(Idle(Mutex::new(Some(Vec::new())))) }
    }

    /// Has one of them do that, at once. Where there can be none, it is dropped.
    pub(crate) fn start(&self, job: Job) {
        let free = self.idle.workers().as_mut().and_then(Vec::pop);
        match free {
            Some(worker) => worker.give(job),
            None => {
                let idle = self.idle.clone();
                let _ = thread::Builder::new().name(self.name.to_owned()).spawn(move || idle.work(job));
            }
        }
    }
}

impl Drop for Workers {
    /// Those that are idle end; the others end after what they do.
    fn drop(&mut self) {
        let idle = self.idle.workers().take();
        idle.into_iter().flatten().for_each(|worker| worker.give(Box::new(|| {})));
    }
}

impl Idle {
    /// Those that wait for a job; nothing once nobody gives any more.
    fn workers(&self) -> MutexGuard<'_, Option<Vec<Arc<Worker>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does that, and what comes after it.
    fn work(&self, first: Job) {
        let own = Arc::new(Worker::default());
        let mut next = Some(first);
        while let Some(job) = next {
            job();
            match &mut *self.workers() {
                Some(workers) => workers.push(own.clone()),
                None => return,
            }
            next = own.wait(PATIENCE).or_else(|| {
                let is_given = match &mut *self.workers() {
                    Some(workers) => {
                        let before = workers.len();
                        workers.retain(|worker| !Arc::ptr_eq(worker, &own));
                        workers.len() == before
                    }
                    None => false,
                };
                // Who took it from the others is about to give it a job.
                if is_given { own.wait(Duration::MAX) } else { None }
            });
        }
    }
}

impl Worker {
    fn job(&self) -> MutexGuard<'_, Option<Job>> {
        self.job.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give(&self, job: Job) {
        *self.job() = Some(job);
        self.given.notify_one();
    }

    /// Waits for a job, so long at most.
    fn wait(&self, patience: Duration) -> Option<Job> {
        let waited = self.given.wait_timeout_while(self.job(), patience, |job| job.is_none());
        waited.unwrap_or_else(PoisonError::into_inner).0.take()
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread};

    use super::Workers;

    /// Each of them at once, whatever the others do; one that panics takes none of them along.
    #[test]
    fn jobs_wait_for_no_other() {
        let workers = Workers::new("worker");
        let (done, ended) = mpsc::channel();
        for round in 0..3 {
            let (release, released) = mpsc::channel::<()>();
            let (held, done) = (done.clone(), done.clone());
            workers.start(Box::new(move || {
                let _ = released.recv();
                held.send("held").unwrap();
            }));
            workers.start(Box::new(|| std::panic::resume_unwind(Box::new("a handler"))));
            workers.start(Box::new(move || done.send("beside it").unwrap()));
            assert_eq!(ended.recv().unwrap(), "beside it", "{round}");
            drop(release);
            assert_eq!(ended.recv().unwrap(), "held", "{round}");
        }
    }

    #[test]
    fn the_one_that_was_busy_last_is_next() {
        let workers = Workers::new("worker");
        let (done, ended) = mpsc::channel();
        let mut ids = Vec::new();
        for _ in 0..20 {
            let done = done.clone();
            workers.start(Box::new(move || done.send(thread::current().id()).unwrap()));
            ids.push(ended.recv().unwrap());
            // It waits again once it has said so.
            while workers.idle.workers().as_ref().is_some_and(Vec::is_empty) {
                thread::yield_now();
            }
        }
        ids.dedup();
        assert_eq!(ids.len(), 1);
    }
}
