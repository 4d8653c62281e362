//! One connection of ureq's.

use std::time::Duration;

use ureq::{
    Error as Failure, Timeout,
    unversioned::transport::{Buffers, NextTimeout, Transport, time},
};

/// A connection over which ureq needs few calls of the system: the head of a request leaves with its body, and not before it.
#[derive(Debug)]
pub(crate) struct Connection {
    inner: Box<dyn Transport>,
    /// The head of a request that has not left yet.
    head: Vec<u8>,
    /// Whether it was read from since somebody asked whether it is open.
    was_just_read: bool,
}

/// A timeout longer than this is in whole seconds: one that is another at each call has to be set at each call.
const LONG: Duration = Duration::from_secs(5);

impl Connection {
    pub(crate) fn new(inner: Box<dyn Transport>) -> Self {
        Self { inner, head: Vec::new(), was_just_read: false }
    }

    /// Sends the head, and so much of the output behind it.
    fn send(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Failure> {
        let timeout = in_seconds(timeout);
        if self.head.is_empty() {
            return self.inner.transmit_output(amount, timeout);
        }
        let mut all = std::mem::take(&mut self.head);
        let output = self.inner.buffers().output();
        all.extend_from_slice(output.get(..amount).unwrap_or_default());
        let most = output.len();
        for piece in all.chunks(most) {
            if let Some(output) = self.inner.buffers().output().get_mut(..piece.len()) {
                output.copy_from_slice(piece);
            }
            self.inner.transmit_output(piece.len(), timeout)?;
        }
        Ok(())
    }
}

/// A long timeout, to the next whole second.
fn in_seconds(timeout: NextTimeout) -> NextTimeout {
    match timeout.after {
        time::Duration::Exact(after) if after > LONG => {
            let after = Duration::from_secs(after.as_secs() + u64::from(after.subsec_nanos() > 0));
            NextTimeout { after: time::Duration::Exact(after), ..timeout }
        }
        _ => timeout,
    }
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Failure> {
        if timeout.reason == Timeout::SendRequest && self.head.is_empty() {
            let output = self.inner.buffers().output();
            self.head.extend_from_slice(output.get(..amount).unwrap_or_default());
            return Ok(());
        }
        self.send(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Failure> {
        if !self.head.is_empty() {
            self.send(0, timeout)?;
        }
        self.was_just_read = true;
        self.inner.await_input(in_seconds(timeout))
    }

    /// Asked after each use and before the next one: the second time finds out what the first one would.
    fn is_open(&mut self) -> bool {
        std::mem::take(&mut self.was_just_read) || self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use ureq::{
        Error as Failure, Timeout,
        unversioned::transport::{Buffers, LazyBuffers, NextTimeout, Transport},
    };

    use super::Connection;

    /// Keeps what leaves, and each question whether it is open.
    #[derive(Debug)]
    struct Recorder(LazyBuffers, Arc<Mutex<Vec<String>>>);

    impl Transport for Recorder {
        fn buffers(&mut self) -> &mut dyn Buffers {
            &mut self.0
        }

        fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Failure> {
            let text = String::from_utf8_lossy(&self.0.output()[..amount]).into_owned();
            self.1.lock().unwrap().push(text);
            Ok(())
        }

        fn await_input(&mut self, _: NextTimeout) -> Result<bool, Failure> {
            Ok(true)
        }

        fn is_open(&mut self) -> bool {
            self.1.lock().unwrap().push("open?".to_owned());
            true
        }
    }

    #[test]
    fn the_head_leaves_with_the_body_and_the_connection_is_asked_once() {
        for (pieces, expected) in [
            (vec![("head", Timeout::SendRequest), ("body", Timeout::SendBody)], vec!["headbody"]),
            (vec![("head", Timeout::SendRequest)], vec!["head"]),
            (vec![("head", Timeout::SendRequest), ("large body", Timeout::SendBody)], vec!["headlarge ", "body"]),
            (vec![("head", Timeout::Global), ("body", Timeout::SendBody)], vec!["head", "body"]),
        ] {
            let told = Arc::new(Mutex::new(Vec::new()));
            let mut connection = Connection::new(Box::new(Recorder(LazyBuffers::new(16, 10), told.clone())));
            for (piece, reason) in pieces {
                connection.buffers().output()[..piece.len()].copy_from_slice(piece.as_bytes());
                let timeout = NextTimeout { reason, ..NextTimeout::default() };
                connection.transmit_output(piece.len(), timeout).unwrap();
            }
            assert!(connection.await_input(NextTimeout::default()).unwrap());
            assert!(connection.is_open() && connection.is_open());
            assert_eq!(*told.lock().unwrap(), [expected, vec!["open?"]].concat());
        }
    }
}
