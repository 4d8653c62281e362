//! The gateway's pace, shared by several processes.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use certgate_client::{Line, OwnPace, Throttle};
use certgate_store::{Ration, SharedRateLimiter, StoreAddress};

use crate::{Error, MachineError};

/// The pace that several processes share; this process's own one where they cannot write it down, such as on a full disk.
pub struct SharedPace {
    started: Instant,
    state: Mutex<State>,
    own: OwnPace,
}

struct State {
    limiter: SharedRateLimiter,
    ration: Ration,
    /// Until when it is not asked, since it failed.
    failed_until: Duration,
}

/// How long a database that failed is not asked again: each time may take long.
const FAILED: Duration = Duration::from_secs(60);

impl SharedPace {
    /// That of all processes of this user, whatever their stores and homes, for that gateway.
    ///
    /// # Errors
    /// The user's folder for temporary files cannot be used.
    pub fn of_this_user(gateway: &str, per_second: usize) -> Result<Self, Error> {
        Self::open(&own_folder()?.join("pace.sqlite"), gateway, per_second)
    }

    /// That of all processes of this machine that use that file, for that gateway.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn open(path: &Path, gateway: &str, per_second: usize) -> Result<Self, Error> {
        Ok(Self::over(SharedRateLimiter::in_file(path, gateway, per_second)?, per_second))
    }

    /// That of all machines that use that store, for that gateway.
    pub fn in_store(address: StoreAddress, gateway: &str, per_second: usize) -> Self {
        Self::over(SharedRateLimiter::in_store(address, gateway, per_second), per_second)
    }

    fn over(limiter: SharedRateLimiter, per_second: usize) -> Self {
        let state = State { limiter, ration: Ration::new(per_second), failed_until: Duration::ZERO };
        Self { started: Instant::now(), state: Mutex::new(state), own: OwnPace::new(per_second) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Throttle for SharedPace {
    fn depart(&self) -> Option<Duration> {
        let State { limiter, ration, failed_until } = &mut *self.state();
        let now = self.started.elapsed();
        if now < *failed_until {
            return self.own.depart();
        }
        ration.depart(now, |draw| limiter.draw(draw, None)).unwrap_or_else(|_| {
            *failed_until = self.started.elapsed() + FAILED;
            self.own.depart()
        })
    }

    fn hold(&self, pause: Duration) {
        let State { limiter, ration, failed_until } = &mut *self.state();
        ration.stop();
        if self.started.elapsed() >= *failed_until {
            if limiter.hold(pause, None).is_ok() {
                return;
            }
            *failed_until = self.started.elapsed() + FAILED;
        }
        // Who does not know of the pause is not asked before it is over.
        *failed_until = (*failed_until).max(self.started.elapsed().saturating_add(pause));
        self.own.hold(pause);
    }

    fn line(&self) -> &Line {
        self.own.line()
    }
}

/// This user's folder for what need not outlive the machine's running. Anybody may make folders there: it must be the user's.
fn own_folder() -> Result<PathBuf, Error> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, MetadataExt};
        let user = rustix::process::getuid().as_raw();
        let folder = std::env::temp_dir().join(format!("certgate-{user}"));
        // It may be there.
        let _ = std::fs::DirBuilder::new().mode(0o700).create(&folder);
        let is_own = std::fs::symlink_metadata(&folder)
            .is_ok_and(|found| found.is_dir() && found.uid() == user && found.mode() & 0o077 == 0);
        if !is_own {
            return Err(MachineError::SharedFolder(folder).into());
        }
        Ok(folder)
    }
    #[cfg(not(unix))]
    Ok(std::env::temp_dir().join("certgate"))
}

#[cfg(test)]
mod tests {
    use std::{fs, time::Duration};

    use certgate_client::Throttle;

    use super::SharedPace;

    /// Whoever is asked to wait again and again, as by a gateway that is busy, asks the database again in its time.
    #[test]
    fn a_pause_does_not_prolong_the_time_that_a_failed_store_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home");
        fs::write(&home, "no folder").unwrap();
        let pace = SharedPace::in_store(home.join("store.sqlite").into(), "https://gateway.example", 1);
        let failed_until = || pace.state().failed_until;
        pace.hold(Duration::from_secs(1));
        let first = failed_until();
        pace.hold(Duration::from_secs(1));
        assert_eq!(failed_until(), first);
        pace.hold(Duration::from_secs(3600));
        assert!(failed_until() > first + Duration::from_secs(3000), "a longer one would not be known to it");
        pace.hold(Duration::MAX);
        assert!(pace.depart().is_some());
    }
}
