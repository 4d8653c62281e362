//! The real transport: blocking HTTP with ureq.

use std::{fs, path::Path, time::Duration};

use certgate_wire::{Body, HeaderValue, Limits, Method, Reply, Request};
use ureq::{
    Agent, Error as Failure, Proxy, Timeout,
    http::Uri,
    tls::{PemItem, RootCerts, TlsConfig, parse_pem},
};

use crate::{Error, Transport, TransportError};

/// HTTP to one endpoint. Every phase has its timeout, redirects are refused, TLS is a must except to loopback.
#[derive(Debug)]
pub struct HttpTransport {
    agent: Agent,
    endpoint: String,
    body_limit: usize,
}

const RESOLVE: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(15);
const SEND: Duration = Duration::from_secs(30);
/// The gateway checks CSRs and asks authorities while we wait.
const ANSWER: Duration = Duration::from_secs(90);
const BODY: Duration = Duration::from_secs(60);

impl HttpTransport {
    /// To that address, trusting the platform's roots or those in a PEM file.
    ///
    /// # Errors
    /// The address is none, would send credentials unencrypted to another machine, or the file holds no certificates.
    pub fn new(endpoint: &str, ca_file: Option<&Path>) -> Result<Self, Error> {
        let endpoint = endpoint.to_owned();
        let uri: Uri = endpoint
            .parse()
            .map_err(|why| Error::Settings(format!("endpoint `{endpoint}`: {why}; expected https://HOST/PATH")))?;
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let loopback = host == "localhost" || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback());
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if loopback => {}
            Some("http") => {
                return Err(Error::Settings(format!(
                    "endpoint `{endpoint}`: http would send the password in the clear; use https (http is for loopback only)"
                )));
            }
            _ => return Err(Error::Settings(format!("endpoint `{endpoint}`: expected https://HOST/PATH"))),
        }
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(Error::Settings("endpoint: credentials do not belong into the address".to_owned()));
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .https_only(!loopback)
            .user_agent(concat!("certgate/", env!("CARGO_PKG_VERSION")))
            // A connection kept open may be closed by the other side just as an order leaves: each request has its own.
            .max_idle_connections(0)
            .proxy(if loopback { None } else { Proxy::try_from_env() })
            .tls_config(TlsConfig::builder().root_certs(roots(ca_file)?).build())
            .timeout_resolve(Some(RESOLVE))
            .timeout_connect(Some(CONNECT))
            .timeout_send_request(Some(SEND))
            .timeout_send_body(Some(SEND))
            .timeout_recv_response(Some(ANSWER))
            .timeout_recv_body(Some(BODY))
            .build();
        Ok(Self { agent: config.into(), endpoint, body_limit: Limits::BODY })
    }

    /// Takes bodies up to that many bytes, [`Limits::BODY`] unless told.
    #[must_use]
    pub fn with_body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }
}

fn roots(ca_file: Option<&Path>) -> Result<RootCerts, Error> {
    let Some(path) = ca_file else { return Ok(RootCerts::PlatformVerifier) };
    let pem = fs::read(path).map_err(|why| Error::Storage { path: path.to_owned(), why: why.to_string() })?;
    let certificates: Vec<_> = parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(Error::Settings(format!("{}: no certificates found; expected PEM", path.display())));
    }
    Ok(RootCerts::new_with_certs(&certificates))
}

impl Transport for HttpTransport {
    fn send(&mut self, request: &Request, timeout: Duration) -> Result<Reply, TransportError> {
        let address = match request.target.as_str() {
            "" => self.endpoint.clone(),
            target => format!("{}{target}", self.endpoint.trim_end_matches('/')),
        };
        let mut builder = ureq::http::Request::builder()
            .method(match request.method {
                Method::Get => ureq::http::Method::GET,
                Method::Post => ureq::http::Method::POST,
                Method::Put => ureq::http::Method::PUT,
                Method::Delete => ureq::http::Method::DELETE,
            })
            .uri(&address);
        for header in &request.headers {
            let mut value = ureq::http::HeaderValue::from_bytes(header.value.expose().as_bytes())
                .map_err(|_| TransportError::NotSent(format!("the value of header {} cannot be sent", header.name)))?;
            value.set_sensitive(matches!(header.value, HeaderValue::Secret(_)));
            builder = builder.header(header.name.as_str(), value);
        }
        let not_sent = |why: ureq::http::Error| TransportError::NotSent(why.to_string());
        let sent = if request.body.is_empty() {
            let http = builder.body(()).map_err(not_sent)?;
            self.agent.run(self.agent.configure_request(http).timeout_global(Some(timeout)).build())
        } else {
            let http = builder.body(request.body.0.as_slice()).map_err(not_sent)?;
            self.agent.run(self.agent.configure_request(http).timeout_global(Some(timeout)).build())
        };
        let mut reply = sent.map_err(|failure| self.trouble(&failure))?;
        let headers = reply
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let limit = self.body_limit;
        let body = reply.body_mut().with_config().limit(limit as u64).read_to_vec();
        let body = body.map_err(|failure| match failure {
            Failure::BodyExceedsLimit(_) => TransportError::TooLarge(limit),
            failure => TransportError::Unanswered(format!("{}: the answer broke off: {failure}", self.endpoint)),
        })?;
        Ok(Reply { status: reply.status().as_u16(), headers, body: Body(body) })
    }

    fn endpoint(&self) -> &str {
        &self.endpoint
    }
}

impl HttpTransport {
    /// Whether the request may have arrived. Anything from the sending of the request on may have.
    fn trouble(&self, failure: &Failure) -> TransportError {
        let text = format!("{}: {failure}", self.endpoint);
        match failure {
            Failure::HostNotFound
            | Failure::ConnectionFailed
            | Failure::ConnectProxyFailed(_)
            | Failure::InvalidProxyUrl
            | Failure::RequireHttpsOnly(_)
            | Failure::BadUri(_)
            | Failure::Http(_)
            | Failure::Tls(_)
            | Failure::TlsRequired
            | Failure::Rustls(_)
            | Failure::Timeout(Timeout::Resolve | Timeout::Connect) => TransportError::NotSent(text),
            Failure::Io(why) if why.kind() == std::io::ErrorKind::ConnectionRefused => TransportError::NotSent(text),
            _ => TransportError::Unanswered(text),
        }
    }
}
