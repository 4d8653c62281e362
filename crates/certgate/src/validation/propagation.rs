//! Waiting until name servers show a record.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use certgate_client::Interrupt;
use certgate_dns::{ServerAnswer, ZoneRecord};
use certgate_wire::one_line;

use super::ValidationError;

/// Where a record has to be seen before the order leaves, and how long that may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Propagation {
    /// Resolvers that have to show it. The first one is asked for the zone's own servers; without one, the system's is.
    pub resolvers: Vec<SocketAddr>,
    /// Whether the zone's own servers have to show it too.
    pub authoritative: bool,
    /// How long to wait.
    pub timeout: Duration,
}

/// What is seen of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PropagationEvent {
    /// Every server shows it.
    Seen {
        /// The servers.
        servers: Vec<String>,
    },
    /// It is not everywhere yet.
    Missing {
        /// The servers that do not show it, with what they show: `192.0.2.1:53: found wrong`.
        servers: Vec<String>,
    },
}

/// The longest pause between two looks.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

impl Default for Propagation {
    /// The zone's own servers, for ten minutes.
    fn default() -> Self {
        Self { resolvers: Vec::new(), authoritative: true, timeout: Duration::from_secs(600) }
    }
}

impl Propagation {
    pub(super) fn check(&self) -> Result<(), ValidationError> {
        Ok(self.servers().ready()?)
    }

    fn servers(&self) -> certgate_dns::Propagation {
        certgate_dns::Propagation { resolvers: self.resolvers.clone(), authoritative: self.authoritative }
    }

    /// Looks again and again until every server shows the record.
    pub(super) fn wait_for(
        &self,
        record: &ZoneRecord,
        interrupt: &Interrupt,
        observe: &mut dyn FnMut(&PropagationEvent),
    ) -> Result<(), ValidationError> {
        let servers = self.servers();
        let until = Instant::now() + self.timeout;
        let mut pause = Duration::from_secs(1);
        loop {
            let seen = servers.check(record)?;
            let missing: Vec<String> = seen
                .iter()
                .filter_map(|ServerAnswer { server, found }| {
                    Some(format!("{server}: {}", one_line(&found.as_ref().err()?.to_string())))
                })
                .collect();
            if missing.is_empty() {
                observe(&PropagationEvent::Seen { servers: seen.into_iter().map(|seen| seen.server).collect() });
                return Ok(());
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ValidationError::NotSeen { waited: self.timeout, missing });
            }
            observe(&PropagationEvent::Missing { servers: missing });
            interrupt.sleep(pause.min(left));
            if interrupt.is_raised() {
                return Err(ValidationError::Interrupted);
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}
