//! The server: XML at `/xml`, the JSON API at `/v1`.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    thread::JoinHandle,
    time::Duration,
};

use certgate_domain::Protocol;
use certgate_wire::{Header, Method, Reply, Request};
use http_body_util::{BodyExt, Limited};
use hyper::{
    body::{Body, Bytes, Frame, Incoming, SizeHint},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::TcpStream,
    sync::watch,
    task::{JoinSet, spawn_blocking},
    time::{sleep, timeout},
};

use crate::{Handled, Handler};

/// A running server. Dropping it stops it at once, whatever is in hand.
pub struct Server {
    address: SocketAddr,
    /// A message lets it end what is in hand; without a sender it stops at once.
    stop: Option<watch::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// The largest request taken, in bytes.
const LARGEST: usize = 8 << 20;
/// How long the head of a request may take, an idle connection's next one included.
const HEAD: Duration = Duration::from_secs(30);
/// How long its body may take.
const BODY: Duration = Duration::from_secs(60);
/// How many connections are served at a time; further ones wait.
const CONNECTIONS: usize = 256;

/// Where a protocol is spoken.
fn path(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Xml => "/xml",
        Protocol::Json => "/v1",
    }
}

impl Server {
    /// Listens and answers, in a thread of its own.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub fn start(handler: impl Handler, listen: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(listen)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = watch::channel(());
        let thread = std::thread::Builder::new().name("certgate-server".to_owned()).spawn(move || {
            runtime.block_on(async move {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                accept(listener, Arc::new(handler), stopped).await;
            });
        })?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of a protocol.
    pub fn endpoint(&self, protocol: Protocol) -> String {
        format!("http://{}{}", self.address, path(protocol))
    }

    /// The address of the XML gateway.
    pub fn xml_endpoint(&self) -> String {
        self.endpoint(Protocol::Xml)
    }

    /// The address of the JSON API.
    pub fn json_endpoint(&self) -> String {
        self.endpoint(Protocol::Json)
    }

    /// Takes no more requests, answers those in hand, and ends.
    pub fn stop(mut self) {
        if let Some(stop) = &self.stop {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept<H: Handler>(listener: tokio::net::TcpListener, handler: Arc<H>, mut stopped: watch::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < CONNECTIONS => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, handler.clone(), stopped.clone()));
                }
                // Out of file descriptors, most likely: give some time to be closed.
                Err(_) => sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
            stop = stopped.changed() => match stop {
                Ok(()) => break,
                Err(_) => return,
            },
        }
    }
    drop(listener);
    connections.join_all().await;
}

async fn serve<H: Handler>(stream: TcpStream, handler: Arc<H>, mut stopped: watch::Receiver<()>) {
    let service = service_fn(move |request| answer(handler.clone(), request));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stopped.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

type Answer = Result<hyper::Response<Content>, io::Error>;

/// A body, which may break off before the length it promised.
struct Content {
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

async fn answer<H: Handler>(handler: Arc<H>, request: hyper::Request<Incoming>) -> Answer {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let (protocol, target) = match target.strip_prefix(path(Protocol::Json)) {
        Some(rest) if rest.starts_with('/') => (Protocol::Json, rest.to_owned()),
        _ if matches!(request.uri().path(), "/xml" | "/xml/") => (Protocol::Xml, String::new()),
        _ => return nowhere(handler.protocols()),
    };
    if !handler.protocols().contains(&protocol) {
        return nowhere(handler.protocols());
    }
    let Some(method) = Method::by_name(request.method().as_str()) else {
        return text(405, "this method is not known here");
    };
    if protocol == Protocol::Xml && method != Method::Post {
        return text(405, "the XML gateway takes POST only");
    }
    let headers = request
        .headers()
        .iter()
        .map(|(name, value)| Header::secret(name.as_str(), String::from_utf8_lossy(value.as_bytes())))
        .collect();
    let body = match timeout(BODY, Limited::new(request.into_body(), LARGEST).collect()).await {
        Ok(Ok(body)) => body.to_bytes().to_vec().into(),
        Ok(Err(_)) => return text(413, "the request is too large"),
        Err(_) => return text(408, "the request did not come to its end in time"),
    };
    let request = Request { method, target, headers, body };
    match spawn_blocking(move || handler.handle(protocol, &request)).await.map_err(io::Error::other)? {
        Handled::Reply(reply, delay) => {
            sleep(delay).await;
            reply_with(&reply, None)
        }
        Handled::CutShort(reply) => reply_with(&reply, Some(reply.body.len())),
        Handled::Dropped => Err(io::Error::other("dropped on purpose")),
    }
}

fn reply_with(reply: &Reply, cut_from: Option<usize>) -> Answer {
    let mut response = hyper::Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(name, value);
    }
    let body = match cut_from {
        Some(length) => {
            response = response.header("Content-Length", length);
            reply.body.get(..length / 2).unwrap_or_default()
        }
        None => &reply.body,
    };
    let content =
        Content { bytes: Some(Bytes::copy_from_slice(body)), breaks_off: cut_from.is_some(), is_flushed: false };
    response.body(content).map_err(io::Error::other)
}

fn nowhere(protocols: &[Protocol]) -> Answer {
    let places: Vec<&str> = protocols
        .iter()
        .map(|protocol| match protocol {
            Protocol::Xml => "XML is at /xml",
            Protocol::Json => "JSON is at /v1",
        })
        .collect();
    text(404, &places.join(", "))
}

fn text(status: u16, text: &str) -> Answer {
    hyper::Response::builder()
        .status(status)
        .header("Content-Type", "text/plain")
        .body(Content { bytes: Some(Bytes::copy_from_slice(text.as_bytes())), breaks_off: false, is_flushed: false })
        .map_err(io::Error::other)
}
