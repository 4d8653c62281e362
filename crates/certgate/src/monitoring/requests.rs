//! Tasks, counted by what they came to.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use certgate_client::{Error, Exchange, GatewayError, Meter, NetworkError};
use certgate_domain::{Protocol, TaskKind, Verdict};
use certgate_store::RequestCount;

/// Counts the tasks of a run. Its clones count together.
#[derive(Debug, Clone, Default)]
pub struct RequestMeter(Arc<Mutex<BTreeMap<Sent, u64>>>);

/// Task, transport, and what it came to.
type Sent = (&'static str, &'static str, &'static str);

impl RequestMeter {
    /// What was counted since the last time that this was asked.
    pub fn take(&self) -> Vec<RequestCount> {
        let counted = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let count = |((task, transport, outcome), count): (Sent, u64)| RequestCount {
            task: task.to_owned(),
            transport: transport.to_owned(),
            outcome: outcome.to_owned(),
            count,
        };
        counted.into_iter().map(count).collect()
    }
}

impl Meter for RequestMeter {
    fn count(&self, task: TaskKind, protocol: Protocol, came: &Result<Exchange, Error>) {
        let outcome = match came {
            Ok(exchange) if exchange.answer.value.verdict() == Some(Verdict::Refused) => "refused",
            Ok(_) => "answered",
            Err(Error::Gateway(GatewayError::Unauthorized { .. })) => "unauthorized",
            Err(Error::Gateway(_)) => "undecodable",
            Err(Error::Network(NetworkError::Unreachable { .. })) => "unreachable",
            Err(Error::Network(_)) => "unknown",
            // It never left.
            Err(_) => return,
        };
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counted.entry((task.name(), protocol.name(), outcome)).or_default() += 1;
    }
}
