//! The server: XML at `/xml`, the JSON API at `/v1`.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    pin::pin,
    sync::Arc,
    thread::JoinHandle,
    time::Duration,
};

use certgate_domain::Protocol;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use crate::{
    Handler, Tls,
    connections::{Connections, Place},
    exchange::Desk,
    socket::Socket,
};

/// A running server. Dropping it stops it at once, whatever is in hand.
pub struct Server {
    address: SocketAddr,
    scheme: &'static str,
    /// A message lets it end what is in hand; without a sender it stops at once.
    stop: Option<watch::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// How long the head of a request may take, an idle connection's next one included.
const HEAD: Duration = Duration::from_secs(30);
/// How long what is in hand may take once the server is to stop.
const LAST: Duration = Duration::from_secs(8);

/// Where a protocol is spoken.
pub(crate) fn path(protocol: Protocol) -> &'static str {
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
        Self::start_with(handler, listen, None)
    }

    /// The same, over TLS where there is some.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub fn start_with(handler: impl Handler, listen: SocketAddr, tls: Option<Tls>) -> io::Result<Self> {
        let scheme = if tls.is_some() { "https" } else { "http" };
        let tls = tls.map(|tls| TlsAcceptor::from(tls.config));
        let listener = TcpListener::bind(listen)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = watch::channel(());
        let thread = std::thread::Builder::new().name("certgate-server".to_owned()).spawn(move || {
            runtime.block_on(async move {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                let open = Connections::default();
                let desk = Desk::new(handler, address.ip().is_loopback(), open.clone());
                accept(listener, Arc::new(desk), open, tls, stopped).await;
            });
            // A handler that does not come back holds nobody up.
            runtime.shutdown_background();
        })?;
        Ok(Self { address, scheme, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of a protocol.
    pub fn endpoint(&self, protocol: Protocol) -> String {
        format!("{}{}", self.root(), path(protocol))
    }

    /// The address without a path.
    pub fn root(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// The address of the XML gateway.
    pub fn xml_endpoint(&self) -> String {
        self.endpoint(Protocol::Xml)
    }

    /// The address of the JSON API.
    pub fn json_endpoint(&self) -> String {
        self.endpoint(Protocol::Json)
    }

    /// Takes no more requests, answers those in hand, and ends: within ten seconds, whatever is half-sent.
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

async fn accept<H: Handler>(
    listener: tokio::net::TcpListener,
    desk: Arc<Desk<H>>,
    open: Connections,
    tls: Option<TlsAcceptor>,
    mut stopped: watch::Receiver<()>,
) {
    let mut tasks = JoinSet::new();
    // One that is accepted and has no place yet: all connections have a request in hand.
    let mut waiting: Option<TcpStream> = None;
    loop {
        if let Some(stream) = waiting.take() {
            match open.place() {
                Some(place) => {
                    let id = place.id();
                    let handle = tasks.spawn(greet(stream, tls.clone(), desk.clone(), place, stopped.clone()));
                    open.ended_by(id, handle);
                }
                None => waiting = Some(stream),
            }
        }
        tokio::select! {
            accepted = listener.accept(), if waiting.is_none() => match accepted {
                Ok((stream, _)) => waiting = Some(stream),
                // Out of file descriptors, most likely: give some time to be closed.
                Err(_) => sleep(Duration::from_millis(10)).await,
            },
            () = sleep(Duration::from_millis(10)), if waiting.is_some() => {}
            Some(_) = tasks.join_next() => {}
            stop = stopped.changed() => match stop {
                Ok(()) => break,
                Err(_) => return,
            },
        }
    }
    drop(listener);
    open.close_idle();
    let in_hand = async { while tasks.join_next().await.is_some() {} };
    let _ = timeout(LAST, in_hand).await;
}

/// Shakes hands where there is TLS, and serves the connection.
async fn greet<H: Handler>(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    desk: Arc<Desk<H>>,
    mut place: Place,
    stopped: watch::Receiver<()>,
) {
    place.socket = Socket::of(&stream);
    // Small answers leave at once.
    let _ = stream.set_nodelay(true);
    match tls {
        None => serve(stream, desk, place, stopped).await,
        Some(tls) => {
            // Who does not finish in time, or speaks no TLS, is left.
            if let Ok(Ok(stream)) = timeout(HEAD, tls.accept(stream)).await {
                serve(stream, desk, place, stopped).await;
            }
        }
    }
}

async fn serve<H: Handler>(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    desk: Arc<Desk<H>>,
    place: Place,
    mut stopped: watch::Receiver<()>,
) {
    let service = service_fn(|request| desk.answer(request, &place));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stopped.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
