//! The gateway on loopback: XML at `/xml`, the JSON API at `/v1`.

use std::{
    convert::Infallible,
    io,
    net::{SocketAddr, TcpListener},
    pin::Pin,
    task::{Context, Poll},
    thread::JoinHandle,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use certgate_wire::{Header, Method, Reply, Request};
use http_body_util::{BodyExt, Limited};
use hyper::{
    body::{Body, Bytes, Frame, Incoming, SizeHint},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::{Timestamp, fmt::rfc2822::DateTimePrinter};
use tokio::sync::oneshot;

use crate::{Gateway, Handled, Protocol};

/// A running gateway. Dropping it stops it.
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

/// The largest request taken.
const LARGEST: usize = 8 << 20;

impl Server {
    /// Listens and answers, in a thread of its own.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub fn start(gateway: Gateway, listen: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(listen)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel::<Infallible>();
        let thread = std::thread::Builder::new().name("certgate-simulator".to_owned()).spawn(move || {
            runtime.block_on(async move {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                tokio::select! {
                    () = accept(listener, gateway) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of the XML gateway.
    pub fn xml_endpoint(&self) -> String {
        format!("http://{}/xml", self.address)
    }

    /// The address of the JSON API.
    pub fn json_endpoint(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Waits until the process is ended.
    pub fn wait(mut self) {
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

async fn accept(listener: tokio::net::TcpListener, gateway: Gateway) {
    let started = Instant::now();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, most likely: give some time to be closed.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let gateway = gateway.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(gateway.clone(), started, request));
            let mut connection = http1::Builder::new();
            let _ = connection.timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).await;
        });
    }
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

async fn answer(gateway: Gateway, started: Instant, request: hyper::Request<Incoming>) -> Answer {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let (protocol, target) = match target.strip_prefix("/v1") {
        Some(rest) if rest.starts_with('/') => (Protocol::Json, rest.to_owned()),
        _ if matches!(request.uri().path(), "/xml" | "/xml/") => (Protocol::Xml, String::new()),
        _ => return response(404, "text/html", b"<html><body>XML is at /xml, JSON at /v1</body></html>"),
    };
    let Some(method) = Method::by_name(request.method().as_str()) else {
        return response(405, "text/plain", b"this method is not known here");
    };
    if protocol == Protocol::Xml && method != Method::Post {
        return response(405, "text/plain", b"the XML gateway takes POST only");
    }
    let headers = request
        .headers()
        .iter()
        .map(|(name, value)| Header::secret(name.as_str(), String::from_utf8_lossy(value.as_bytes())))
        .collect();
    let Ok(body) = Limited::new(request.into_body(), LARGEST).collect().await else {
        return response(413, "text/plain", b"the request is too large");
    };
    let request = Request { method, target, headers, body: body.to_bytes().to_vec().into() };
    let unix = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs().cast_signed());
    let time = gateway.time(unix);
    tokio::time::sleep(gateway.latency()).await;
    match gateway.handle(protocol, &request, started.elapsed(), time) {
        Handled::Reply(reply, delay) => {
            tokio::time::sleep(delay).await;
            reply_with(&reply, time, None)
        }
        Handled::CutShort(reply) => reply_with(&reply, time, Some(reply.body.len())),
        Handled::Dropped => Err(io::Error::other("dropped on purpose")),
    }
}

fn reply_with(reply: &Reply, time: i64, cut_from: Option<usize>) -> Answer {
    let mut response = hyper::Response::builder().status(reply.status);
    let date = Timestamp::from_second(time).ok();
    if let Some(date) = date.and_then(|time| DateTimePrinter::new().timestamp_to_rfc9110_string(&time).ok()) {
        response = response.header("Date", date);
    }
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

fn response(status: u16, content_type: &str, body: &'static [u8]) -> Answer {
    hyper::Response::builder()
        .status(status)
        .header("Content-Type", content_type)
        .body(Content { bytes: Some(Bytes::from_static(body)), breaks_off: false, is_flushed: false })
        .map_err(io::Error::other)
}
