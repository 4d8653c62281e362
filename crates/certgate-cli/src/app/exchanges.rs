//! `-v`: a line on stderr for each request, and one for the run.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use certgate::{Interceptor, Outgoing, SendError};
use certgate_wire::{BodyKind, Reply, one_line};

use crate::streams::say;

/// Says of each request where it went, what it was, how it was answered, and how long that took. Its clones count the same requests.
#[derive(Debug, Clone)]
pub(crate) struct Exchanges {
    started: Instant,
    count: Arc<AtomicUsize>,
}

impl Exchanges {
    pub(crate) fn new() -> Self {
        Self { started: Instant::now(), count: Arc::default() }
    }

    /// Says how the run ended.
    pub(crate) fn conclude(&self, command: &str, exit_code: u8) {
        let sent = match self.count.load(Ordering::Relaxed) {
            0 => "no request".to_owned(),
            1 => "1 request".to_owned(),
            count => format!("{count} requests"),
        };
        say(&format!("certgate: {command}: exit {exit_code} after {}, {sent}", milliseconds(self.started)));
    }
}

impl Interceptor for Exchanges {
    fn around(
        &self,
        outgoing: &Outgoing<'_>,
        send: &mut dyn FnMut() -> Result<Reply, SendError>,
    ) -> Result<Reply, SendError> {
        let start = Instant::now();
        let sent = send();
        self.count.fetch_add(1, Ordering::Relaxed);
        let Outgoing { task, attempt, endpoint, request, codec, redactor, .. } = outgoing;
        let came = match &sent {
            Ok(reply) => {
                let code = match codec.body_kind(&reply.body) {
                    Ok(BodyKind::Reply(codes)) => codes.into_iter().flatten().map(|code| format!(" {code}")).collect(),
                    _ => String::new(),
                };
                format!("HTTP {}{}", reply.status, one_line(&code))
            }
            Err(error) => redactor.text(&one_line(&error.to_string())),
        };
        // The query may hold what is not meant for a screen.
        let path = request.target.split('?').next().unwrap_or_default();
        let address = format!("{}{path}", endpoint.trim_end_matches('/'));
        let again = if *attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
        let what = format!("{} ({})", task.name(), task.code());
        let line = format!("{} {address}: {what}{again}: {came}, {}", request.method, milliseconds(start));
        say(&format!("certgate: {}", redactor.text(&line)));
        sent
    }
}

fn milliseconds(since: Instant) -> String {
    format!("{} ms", since.elapsed().as_millis())
}
