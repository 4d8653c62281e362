//! The body of a request: read in its time, a large one once there is room for it.

use std::{sync::Arc, time::Duration};

use http_body_util::BodyExt;
use hyper::body::{Body, Bytes};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout, timeout_at},
};

/// The largest request taken, in bytes.
const LARGEST: usize = 8 << 20;
/// A request up to that many bytes takes no room: as many as there are connections do no harm.
const SMALL: usize = 64 << 10;

/// So many bytes of large requests are in hand at a time. Each costs a multiple of its size while it is decoded.
const ROOM: usize = 2 * LARGEST;

/// So long is read on from who is turned away.
const LINGER: Duration = Duration::from_secs(2);

/// A body that was read.
pub(crate) struct Read {
    pub(crate) bytes: Vec<u8>,
    /// The room of a large one.
    pub(crate) room: Option<OwnedSemaphorePermit>,
    /// How long it waited for that.
    pub(crate) waited: Duration,
}

/// Why a request is turned away: the HTTP status, and the same for people.
pub(crate) type Refused = (u16, &'static str);

const TOO_LARGE: Refused = (413, "the request is too large: expected at most 8 MiB");
const SLOW: Refused = (408, "the request did not come to its end in time");
const BROKEN_OFF: Refused = (400, "the request broke off");
const BUSY: Refused = (503, "other large requests are in hand: nothing of this one was done, send it again");

/// The room for large requests.
pub(crate) fn room() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(ROOM))
}

/// Reads a body, and takes room where it is a large one. Its caller may take so long, and so long it waits for room.
pub(crate) async fn read<B: Body<Data = Bytes> + Unpin>(
    mut incoming: B,
    all_room: &Arc<Semaphore>,
    patience: Duration,
    max_wait: Duration,
) -> Result<Read, Refused> {
    let hint = incoming.size_hint();
    if hint.lower() > LARGEST as u64 {
        return Err(TOO_LARGE);
    }
    // One that does not say how long it is may be as long as one can be.
    let weight = hint.exact().map_or(LARGEST as u32, |length| length as u32);
    let (mut bytes, mut room, mut waited) = (Vec::new(), None, Duration::ZERO);
    let mut end = Instant::now() + patience;
    while let Some(frame) = timeout_at(end, incoming.frame()).await.map_err(|_| SLOW)? {
        let Ok(next) = frame.map_err(|_| BROKEN_OFF)?.into_data() else { continue };
        let length = bytes.len() + next.len();
        if length > LARGEST {
            return Err(TOO_LARGE);
        }
        if room.is_none() && length > SMALL {
            let since = Instant::now();
            let Ok(found) = timeout(max_wait, all_room.clone().acquire_many_owned(weight)).await else {
                drop(bytes);
                let _ = timeout(patience.min(LINGER), pass_over(incoming, LARGEST - length)).await;
                return Err(BUSY);
            };
            // A closed semaphore would be a bug; without room it is only handled beside the others.
            room = found.ok();
            waited = since.elapsed();
            end = Instant::now() + patience;
        }
        bytes.extend_from_slice(&next);
    }
    Ok(Read { bytes, room, waited })
}

/// Reads on without keeping anything, so many bytes at most: a connection that is closed with something unread takes the answer along.
async fn pass_over<B: Body<Data = Bytes> + Unpin>(mut incoming: B, mut most: usize) {
    while let Some(Ok(frame)) = incoming.frame().await {
        let Some(left) = most.checked_sub(frame.data_ref().map_or(0, Bytes::len)) else { return };
        most = left;
    }
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
        for (length, ends, others, expected) in [
            (SMALL, true, ROOM, Ok(SMALL)),
            (SMALL + 1, true, LARGEST, Ok(SMALL + 1)),
            (SMALL + 1, true, LARGEST + 1, Err(503)),
            (SMALL + 1, false, ROOM, Err(503)),
            (SMALL + 1, false, 0, Err(408)),
            (SMALL, false, ROOM, Err(408)),
            (LARGEST, true, LARGEST, Ok(LARGEST)),
            (LARGEST + 1, true, 0, Err(413)),
        ] {
            let sent = Sent { bytes: Some(Bytes::from(vec![0; length])), ends };
            let room = room();
            let _others = room.clone().try_acquire_many_owned(others as u32).unwrap();
            let (patience, max_wait) = (Duration::from_millis(20), Duration::from_millis(10));
            let read = runtime.block_on(read(sent, &room, patience, max_wait));
            let read = read.map(|read| read.bytes.len()).map_err(|(status, _)| status);
            assert_eq!(read, expected, "{length} {ends} {others}");
        }
    }
}
