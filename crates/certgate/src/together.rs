//! The same for each of many, several at a time.

use std::{
    iter,
    panic::resume_unwind,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

/// So many folders are worth a thread of their own.
const FOR_A_THREAD: usize = 100;

/// How many of so many folders are read at a time: reading one keeps a processor busy.
pub(crate) fn for_folders(folders: usize) -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(folders.div_ceil(FOR_A_THREAD))
}

/// What comes of each, in their order. So many are at work at a time, and each takes the next one as soon as it is done: who waits
/// for long holds up no other.
pub(crate) fn together<'a, T: Sync, R: Send>(
    all: &'a [T],
    at_a_time: usize,
    each: impl Fn(&'a T) -> R + Sync,
) -> Vec<R> {
    if at_a_time.min(all.len()) <= 1 {
        return all.iter().map(each).collect();
    }
    let next = AtomicUsize::new(0);
    let one = || {
        let at = next.fetch_add(1, Ordering::Relaxed);
        Some((at, each(all.get(at)?)))
    };
    let work = || iter::from_fn(one).collect::<Vec<_>>();
    let mut done: Vec<(usize, R)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..at_a_time.min(all.len())).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_else(|why| resume_unwind(why))).collect()
    });
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, came)| came).collect()
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Condvar, Mutex},
        thread,
        time::Duration,
    };

    use super::together;

    /// The first waits until all others are done, which a share of its own would not let them be.
    #[test]
    fn who_waits_holds_up_no_other_and_the_order_stays() {
        let all: Vec<usize> = (0..40).collect();
        let (ended, one_more) = (Mutex::new(0), Condvar::new());
        let came = together(&all, 2, |number| {
            let mut count = ended.lock().unwrap();
            if *number == 0 {
                let waited = one_more.wait_timeout_while(count, Duration::from_secs(60), |count| *count < 39).unwrap();
                assert!(!waited.1.timed_out(), "{} of the others", waited.0);
                count = waited.0;
            }
            *count += 1;
            one_more.notify_all();
            number * 2
        });
        assert_eq!(came, all.iter().map(|number| number * 2).collect::<Vec<_>>());
        assert_eq!(together(&[0], 3, |_| thread::current().id()), [thread::current().id()], "one needs no thread");
        assert_eq!(together(&[], 3, |number: &usize| *number), [0_usize; 0]);
    }
}
