//! The gateway's pace, shared by all processes of a machine.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use certgate_client::{Line, OwnPace, Throttle, unix_now};
use certgate_store::SharedRateLimiter;

use crate::{Error, MachineError};

/// The pace that all processes of this machine share; this process's own one where their file fails, such as on a full disk.
pub struct SharedPace {
    budget: Mutex<SharedRateLimiter>,
    gateway: String,
    per_second: usize,
    own: OwnPace,
}

impl SharedPace {
    /// That of all processes of this user, whatever their stores and homes, for that gateway.
    ///
    /// # Errors
    /// The user's folder for temporary files cannot be used.
    pub fn of_this_user(gateway: &str, per_second: usize) -> Result<Self, Error> {
        Self::open(&own_folder()?.join("pace.sqlite"), gateway, per_second)
    }

    /// By the budget in that file, for that gateway.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn open(path: &Path, gateway: &str, per_second: usize) -> Result<Self, Error> {
        let budget = Mutex::new(SharedRateLimiter::open(path)?);
        Ok(Self { budget, gateway: gateway.to_owned(), per_second, own: OwnPace::new(per_second) })
    }
}

impl Throttle for SharedPace {
    fn depart(&self) -> Option<Duration> {
        let mut budget = self.budget.lock().unwrap_or_else(PoisonError::into_inner);
        let now = unix_now();
        match budget.depart(&self.gateway, self.per_second, now) {
            Ok(until) => until.map(|until| Duration::from_millis(until.saturating_sub(now).unsigned_abs())),
            Err(_) => self.own.depart(),
        }
    }

    fn hold(&self, pause: Duration) {
        let length = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
        let mut budget = self.budget.lock().unwrap_or_else(PoisonError::into_inner);
        if budget.hold(&self.gateway, unix_now(), length).is_err() {
            self.own.hold(pause);
        }
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
