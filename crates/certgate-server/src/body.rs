//! The body of a request: read in its time, a large one in its turn.

use std::{sync::Arc, time::Duration};

use http_body_util::BodyExt;
use hyper::body::{Body, Bytes};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout, timeout_at},
};

/// The largest request taken, in bytes.
const LARGEST: usize = 8 << 20;
/// A request up to that many bytes takes part in no budget: as many as there are connections do no harm.
const SMALL: usize = 64 << 10;

/// A body, and the turn of a large one.
pub(crate) type Read = (Vec<u8>, Option<OwnedSemaphorePermit>);

/// Why a request is turned away: the HTTP status, and the same for people.
pub(crate) type Refused = (u16, &'static str);

pub(crate) const TOO_LARGE: Refused = (413, "the request is too large: expected at most 8 MiB");
const SLOW: Refused = (408, "the request did not come to its end in time");
const BROKEN_OFF: Refused = (400, "the request broke off");
const BUSY: Refused = (503, "other large requests are in hand: nothing of this one was done, send it again");

/// Whether a body that is said to be so long is too large.
pub(crate) fn is_too_large(length: usize) -> bool {
    length > LARGEST
}

/// Reads a body, and takes a turn where it is a large one. Its caller may take so long, and so long it waits for its turn.
pub(crate) async fn read<B: Body<Data = Bytes> + Unpin>(
    mut incoming: B,
    turns: &Arc<Semaphore>,
    patience: Duration,
) -> Result<Read, Refused> {
    let (mut body, mut turn) = (Vec::new(), None);
    let mut end = Instant::now() + patience;
    while let Some(frame) = timeout_at(end, incoming.frame()).await.map_err(|_| SLOW)? {
        let Ok(bytes) = frame.map_err(|_| BROKEN_OFF)?.into_data() else { continue };
        if is_too_large(body.len() + bytes.len()) {
            return Err(TOO_LARGE);
        }
        if turn.is_none() && body.len() + bytes.len() > SMALL {
            let its_turn = timeout(patience, turns.clone().acquire_owned()).await.map_err(|_| BUSY)?;
            // A closed semaphore would be a bug; without a turn it is only handled beside the others.
            turn = its_turn.ok();
            end = Instant::now() + patience;
        }
        body.extend_from_slice(&bytes);
    }
    Ok((body, turn))
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        pin::Pin,
        task::{Context, Poll},
    };

    use hyper::body::Frame;

    use super::*;

    /// Comes in one piece, or comes to no end.
    struct Sent {
        bytes: Option<Bytes>,
        ends: bool,
    }

    impl Body for Sent {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            match self.bytes.take() {
                Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
                None if self.ends => Poll::Ready(None),
                None => Poll::Pending,
            }
        }
    }

    #[test]
    fn who_is_slow_is_told_so_and_who_waited_for_others_is_not() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        for (length, ends, turns, expected) in [
            (SMALL, true, 0, Ok(SMALL)),
            (SMALL + 1, true, 1, Ok(SMALL + 1)),
            (SMALL + 1, true, 0, Err(503)),
            (SMALL + 1, false, 0, Err(503)),
            (SMALL + 1, false, 1, Err(408)),
            (SMALL, false, 0, Err(408)),
            (LARGEST, true, 1, Ok(LARGEST)),
            (LARGEST + 1, true, 1, Err(413)),
        ] {
            let sent = Sent { bytes: Some(Bytes::from(vec![0; length])), ends };
            let turns = Arc::new(Semaphore::new(turns));
            let read = runtime.block_on(read(sent, &turns, Duration::from_millis(20)));
            let read = read.map(|(body, _)| body.len()).map_err(|(status, _)| status);
            assert_eq!(read, expected, "{length} {ends} {turns:?}");
        }
    }
}
