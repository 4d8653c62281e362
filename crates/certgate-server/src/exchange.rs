//! One request and its answer.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use certgate_domain::Protocol;
use certgate_wire::{Header, Method, Reply, Request, header_bytes, header_text};
use hyper::{
    body::{Body, Bytes, Frame, Incoming, SizeHint},
    header,
};
use tokio::{
    sync::{Semaphore, oneshot},
    time::sleep,
};

use crate::{
    Caller, Handled, Handler,
    body::{self, Read},
    connections::{Connections, Place},
    counts::Counts,
    handler::Line,
    host,
    server::path,
    workers::Workers,
};

/// How long the body of a request may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// In how many seconds somebody is to come again for whom there was no room.
const RETRY_AFTER: &str = "10";

/// Who answers, and what all connections share.
pub(crate) struct Desk<H> {
    handler: Arc<H>,
    /// Whether only this machine is meant.
    is_loopback: bool,
    room: Arc<Semaphore>,
    workers: Workers,
    /// Large requests are handled on threads of their own: what a request took stays with the thread that used it.
    large: Workers,
    counts: Counts,
}

impl<H: Handler> Desk<H> {
    pub(crate) fn new(handler: H, is_loopback: bool, connections: Connections) -> Self {
        Self {
            handler: Arc::new(handler),
            is_loopback,
            room: body::room(),
            workers: Workers::new("certgate-worker"),
            large: Workers::new("certgate-large"),
            counts: Counts::new(connections),
        }
    }

    pub(crate) async fn answer(&self, request: hyper::Request<Incoming>, place: &Place) -> Answer {
        let found = self.protocol_of(request.uri());
        let protocol = found.as_ref().map(|(protocol, _)| *protocol);
        let answer = match found {
            Some((protocol, target)) => self.exchange(protocol, target, request, place).await,
            None => self.page(&request).await,
        };
        // What is dropped has no status.
        self.counts.answered(protocol, answer.as_ref().map_or(0, |answer| answer.status().as_u16()));
        answer
    }

    /// The protocol that is spoken at an address, and the target within it.
    fn protocol_of(&self, uri: &hyper::Uri) -> Option<(Protocol, String)> {
        let spoken = self.handler.protocols();
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        let found = match target.strip_prefix(path(Protocol::Json)) {
            Some(rest) if rest.starts_with('/') => (Protocol::Json, rest.to_owned()),
            _ if XML_PATHS.contains(&uri.path()) => (Protocol::Xml, String::new()),
            _ => return None,
        };
        spoken.contains(&found.0).then_some(found)
    }

    /// What is no protocol's: the server's own pages, and the handler's.
    async fn page(&self, request: &hyper::Request<Incoming>) -> Answer {
        if let Err((status, why)) = host::check(request.version(), request.headers(), self.is_loopback, &[]) {
            return text(status, why);
        }
        let path = request.uri().path().to_owned();
        let reply = match path.as_str() {
            "/healthz" => Some(Reply { headers: plain_text(), ..Reply::of("ok\n") }),
            "/metrics" => {
                let counts = self.counts.text() + &self.handler.metrics();
                Some(Reply { headers: plain_text(), ..Reply::of(counts) })
            }
            _ => {
                let handler = self.handler.clone();
                on(&self.workers, move || handler.page(&path)).await?
            }
        };
        match (reply, request.method()) {
            (None, _) => self.nowhere(),
            (Some(reply), &hyper::Method::GET | &hyper::Method::HEAD) => reply_with(reply, false),
            (Some(_), method) => allowing(method, PAGE_METHODS, || text(405, "a page is only read")),
        }
    }

    async fn exchange(
        &self,
        protocol: Protocol,
        target: String,
        request: hyper::Request<Incoming>,
        place: &Place,
    ) -> Answer {
        let since = Instant::now();
        let turn_away = |status, why| self.turn_away(protocol, status, why, &Caller::new(since, Duration::ZERO));
        let stands_for = self.handler.stands_for();
        if let Err((status, why)) = host::check(request.version(), request.headers(), self.is_loopback, stands_for) {
            return turn_away(status, why);
        }
        let method = match (protocol, request.method()) {
            (Protocol::Xml, &hyper::Method::POST) => Method::Post,
            (Protocol::Xml, method) => {
                let refuse = || turn_away(405, "the XML gateway takes POST only");
                return allowing(method, XML_METHODS, refuse);
            }
            // The same without its body, which is left out when it is sent.
            (Protocol::Json, &hyper::Method::HEAD) => Method::Get,
            (Protocol::Json, method) => match Method::by_name(method.as_str()) {
                Some(method) => method,
                None => {
                    let refuse = || turn_away(405, "this method is not known here");
                    return allowing(method, JSON_METHODS, refuse);
                }
            },
        };
        let headers = request
            .headers()
            .iter()
            .map(|(name, value)| Header::secret(name.as_str(), header_text(value.as_bytes())))
            .collect();
        let read = body::read(request.into_body(), &self.room, PATIENCE, self.handler.max_wait()).await;
        let Read { bytes, room, waited } = match read {
            Ok(read) => read,
            Err((status, why)) => return turn_away(status, why),
        };
        let in_hand = place.in_hand();
        let request = Request { method, target, headers, body: bytes.into() };
        let caller = Caller::new(since, waited).at(place.socket.clone());
        // Dropped with this future, which is dropped with the connection.
        let _line = Line(caller.clone());
        let handler = self.handler.clone();
        let workers = if room.is_none() { &self.workers } else { &self.large };
        let handled = on(workers, move || handler.handle(protocol, &request, &caller)).await?;
        drop(room);
        let answer = match handled {
            Handled::Reply(reply, delay) => {
                // No delay at all would be one of a millisecond.
                if !delay.is_zero() {
                    sleep(delay).await;
                }
                reply_with(reply, false)
            }
            Handled::CutShort(reply) => reply_with(reply, true),
            Handled::Dropped => Err(io::Error::other("dropped on purpose")),
        };
        drop(in_hand);
        answer
    }

    /// Turns a request away before anybody handles it, in the form of its protocol.
    fn turn_away(&self, protocol: Protocol, status: u16, why: &str, caller: &Caller) -> Answer {
        match self.handler.turn_away(protocol, status, why, caller) {
            Some(mut reply) => {
                if status == 503 {
                    reply.headers.push(("Retry-After".to_owned(), RETRY_AFTER.to_owned()));
                }
                reply_with(Reply { status, ..reply }, false)
            }
            None => text(status, why),
        }
    }

    /// Nothing is at that address.
    fn nowhere(&self) -> Answer {
        let place = |protocol: &Protocol| format!("{} is at {}", protocol.name().to_ascii_uppercase(), path(*protocol));
        let spoken = self.handler.protocols();
        let places = spoken.iter().map(place).collect::<Vec<_>>().join(", ");
        match spoken {
            // Whoever comes means the only one that is spoken.
            [only] => self.turn_away(*only, 404, &places, &Caller::default()),
            _ => text(404, &places),
        }
    }
}

/// What comes of something that takes its time.
async fn on<T: Send + 'static>(workers: &Workers, run: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    let (send, done) = oneshot::channel();
    workers.start(Box::new(move || drop(send.send(run()))));
    done.await.map_err(io::Error::other)
}

/// Where XML clients send to: each of them has one of these in its code.
const XML_PATHS: [&str; 5] = ["/", "/xml", "/xml/", "/gateway", "/gateway/"];

pub(crate) type Answer = Result<hyper::Response<Content>, io::Error>;

/// A body, which may break off before the length it promised.
pub(crate) struct Content {
    bytes: Option<Bytes>,
    breaks_off: bool,
    is_flushed: bool,
}

impl Body for Content {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let content = self.get_mut();
        if content.bytes.is_none() && content.breaks_off && !content.is_flushed {
            // An error at once would take along what is not on the wire yet.
            content.is_flushed = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(match content.bytes.take() {
            Some(bytes) => Some(Ok(Frame::data(bytes))),
            None if content.breaks_off => Some(Err(io::Error::other("cut short on purpose"))),
            None => None,
        })
    }

    fn size_hint(&self) -> SizeHint {
        match &self.bytes {
            Some(bytes) if !self.breaks_off => SizeHint::with_exact(bytes.len() as u64),
            _ => SizeHint::default(),
        }
    }
}

/// A reply, of which only the first half comes where it is cut short.
fn reply_with(reply: Reply, is_cut_short: bool) -> Answer {
    let mut response = hyper::Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, &*header_bytes(&value));
    }
    let mut body = reply.body.0;
    if is_cut_short {
        response = response.header("Content-Length", body.len());
        body.truncate(body.len() / 2);
    }
    let content = Content { bytes: Some(Bytes::from(body)), breaks_off: is_cut_short, is_flushed: false };
    response.body(content).map_err(io::Error::other)
}

/// Says which methods there are, to who asks for that; to others that theirs is none of them.
fn allowing(method: &hyper::Method, allowed: &'static str, refuse: impl FnOnce() -> Answer) -> Answer {
    let mut answer = if method == hyper::Method::OPTIONS { reply_with(NOTHING, false) } else { refuse() }?;
    answer.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static(allowed));
    Ok(answer)
}

const XML_METHODS: &str = "POST, OPTIONS";
const JSON_METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
const PAGE_METHODS: &str = "GET, HEAD, OPTIONS";

/// The answer without a body.
const NOTHING: Reply = Reply { status: 204, headers: Vec::new(), body: certgate_wire::Body(Vec::new()) };

fn plain_text() -> Vec<(String, String)> {
    vec![("Content-Type".to_owned(), "text/plain; charset=utf-8".to_owned())]
}

fn text(status: u16, text: &str) -> Answer {
    hyper::Response::builder()
        .status(status)
        .header("Content-Type", "text/plain")
        .body(Content { bytes: Some(Bytes::copy_from_slice(text.as_bytes())), breaks_off: false, is_flushed: false })
        .map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Refusing;

    impl Handler for Refusing {
        fn protocols(&self) -> &[Protocol] {
            &Protocol::ALL
        }

        fn handle(&self, _: Protocol, _: &Request, _: &Caller) -> Handled {
            Handled::Dropped
        }

        fn turn_away(&self, protocol: Protocol, _: u16, why: &str, _: &Caller) -> Option<Reply> {
            Some(Reply::of(format!("{protocol}: {why}")))
        }
    }

    /// Nothing was done, so it may be sent again; other refusals stay.
    #[test]
    fn who_found_no_room_is_told_when_to_come_again() {
        let desk = Desk::new(Refusing, true, Connections::default());
        for protocol in Protocol::ALL {
            for (status, expected) in [(503, Some(RETRY_AFTER)), (408, None), (413, None)] {
                let answer = desk.turn_away(protocol, status, "why", &Caller::default()).unwrap();
                let told = answer.headers().get("Retry-After").and_then(|after| after.to_str().ok());
                assert_eq!((answer.status().as_u16(), told), (status, expected));
                assert_eq!(answer.body().bytes.as_deref(), Some(format!("{protocol}: why").as_bytes()));
            }
        }
    }
}
