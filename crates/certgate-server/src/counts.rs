//! What a server counts, in the text format of Prometheus.

use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{Mutex, PoisonError},
};

use certgate_domain::Protocol;

use crate::connections::Connections;

/// The counts of a server since it started.
pub(crate) struct Counts {
    connections: Connections,
    /// By protocol, absent for pages, and HTTP status, 0 for connections that were dropped.
    answers: Mutex<BTreeMap<(Option<Protocol>, u16), u64>>,
}

impl Counts {
    pub(crate) fn new(connections: Connections) -> Self {
        Self { connections, answers: Mutex::default() }
    }

    /// A request was answered, or dropped.
    pub(crate) fn answered(&self, protocol: Option<Protocol>, status: u16) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        *answers.entry((protocol, status)).or_default() += 1;
    }

    pub(crate) fn text(&self) -> String {
        let mut text =
            "# HELP certgate_http_requests_total Requests by protocol and HTTP status; 0 is a dropped one.\n\
             # TYPE certgate_http_requests_total counter\n"
                .to_owned();
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        for ((protocol, status), count) in &*answers {
            let protocol = protocol.map_or("none", Protocol::name);
            let _ =
                writeln!(text, "certgate_http_requests_total{{protocol=\"{protocol}\",status=\"{status}\"}} {count}");
        }
        let (open, in_hand) = self.connections.count();
        let _ = write!(
            text,
            "# HELP certgate_http_connections Open connections.\n\
             # TYPE certgate_http_connections gauge\n\
             certgate_http_connections {open}\n\
             # HELP certgate_http_requests_in_hand Requests that are complete and not answered.\n\
             # TYPE certgate_http_requests_in_hand gauge\n\
             certgate_http_requests_in_hand {in_hand}\n"
        );
        text
    }
}
