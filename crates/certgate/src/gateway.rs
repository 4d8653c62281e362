//! A gateway as one account sees it: where it is, who asks, at what pace, and where orders and messages are written down.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use certgate_client::{Client, HttpSettings, HttpTransport, Interrupt, OwnPace, Throttle, Trace, Transport};
use certgate_domain::{AccountId, Credentials, Options, Protocol, Secret};
use certgate_flow::RateLimiter;
use certgate_json::JsonCodec;
use certgate_tape::{Mode, Offline, Tape};
use certgate_wire::Codec;
use certgate_xml::XmlCodec;

use crate::{
    Error, Journal, SharedPace,
    account::gateway_of,
    config::{ConfigError, Settings, new_transaction_id},
};

/// A gateway as one account sees it. Clients made from it share its pace, its tape and its trace; its store is opened once.
///
/// ```no_run
/// use certgate::Gateway;
/// use certgate_domain::{Credentials, Protocol, Secret, task::CertificateInfo};
///
/// let credentials = Credentials::new("user", Secret::new("…"), "9");
/// let gateway = Gateway::builder(Protocol::Json).credentials(credentials).store("orders.sqlite").build()?;
/// let answer = gateway.client()?.call(CertificateInfo::new(571))?;
/// println!("{:?}", answer.value.data.first().and_then(|certificate| certificate.name.as_deref()));
/// # Ok::<(), certgate::Error>(())
/// ```
pub struct Gateway {
    parts: GatewayBuilder,
    throttle: Arc<dyn Throttle>,
    account: AccountId,
    journal: Mutex<Option<Journal>>,
}

/// The parts of a [`Gateway`] before it is built.
#[derive(Debug, Clone)]
#[must_use]
pub struct GatewayBuilder {
    protocol: Protocol,
    xml_endpoint: String,
    json_endpoint: String,
    xml_codec: XmlCodec,
    json_codec: JsonCodec,
    credentials: Credentials,
    options: Options,
    http: HttpSettings,
    longest: Option<Duration>,
    pace: Pace,
    keeps_session: bool,
    store: Option<PathBuf>,
    tape: Option<Tape>,
    trace: Option<Trace>,
    interrupt: Interrupt,
}

#[derive(Debug, Clone, Copy)]
enum Pace {
    /// Of all processes of this user.
    Shared(usize),
    /// Of this gateway alone.
    Own(usize),
}

/// Requests per second from a tape: nobody is asked.
const REPLAY_PACE: usize = 1_000_000;

/// The vendor's live gateway.
const XML_ENDPOINT: &str = "https://gateway.autodns.com";
const JSON_ENDPOINT: &str = "https://api.autodns.com/v1";

impl Gateway {
    /// The vendor's live gateway over that protocol, without an account, at the pace that all processes of this user share.
    pub fn builder(protocol: Protocol) -> GatewayBuilder {
        GatewayBuilder {
            protocol,
            xml_endpoint: XML_ENDPOINT.to_owned(),
            json_endpoint: JSON_ENDPOINT.to_owned(),
            xml_codec: XmlCodec::default(),
            json_codec: JsonCodec::default(),
            credentials: Credentials::new("", Secret::default(), ""),
            options: Options::default(),
            http: HttpSettings::default(),
            longest: None,
            pace: Pace::Shared(RateLimiter::GATEWAY),
            keeps_session: false,
            store: None,
            tape: None,
            trace: None,
            interrupt: Interrupt::default(),
        }
    }

    /// The protocol in use.
    pub fn protocol(&self) -> Protocol {
        self.parts.protocol
    }

    /// Whose orders and messages these are.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// The address of a protocol.
    pub fn endpoint(&self, protocol: Protocol) -> &str {
        self.parts.endpoint(protocol)
    }

    /// What ends waiting when it is raised.
    pub fn interrupt(&self) -> &Interrupt {
        &self.parts.interrupt
    }

    /// A client, with a transaction id and a clock of its own.
    ///
    /// # Errors
    /// The address or the file of certificates cannot be used.
    pub fn client(&self) -> Result<Client, Error> {
        self.client_over(self.parts.protocol)
    }

    /// A client that speaks that protocol, whichever is in use.
    ///
    /// # Errors
    /// As with [`Gateway::client`].
    pub fn client_over(&self, protocol: Protocol) -> Result<Client, Error> {
        let parts = &self.parts;
        let transport: Box<dyn Transport> = match parts.replayed() {
            Some(_) => Box::new(Offline),
            None => Box::new(HttpTransport::new(parts.endpoint(protocol), parts.http.clone())?),
        };
        let mut options = parts.options.clone();
        // The same run from the same tape says the same.
        options.ctid = options.ctid.or_else(|| parts.replayed()?.ctid()).or_else(|| Some(new_transaction_id()));
        let mut client = Client::new(parts.codec(protocol), transport, parts.credentials.clone())
            .with_options(options)
            .with_throttle(self.throttle.clone())
            .with_interrupt(parts.interrupt.clone());
        if let Some(longest) = parts.longest {
            client = client.with_longest(longest);
        }
        if parts.keeps_session {
            client = client.with_session();
        }
        // Around the tape: what it answers is traced too.
        if let Some(trace) = &parts.trace {
            client = client.with_interceptor(Arc::new(trace.clone()));
        }
        if let Some(tape) = &parts.tape {
            client = client.with_interceptor(Arc::new(tape.clone()));
        }
        Ok(client)
    }

    /// What is written down of orders and messages. The store is opened with the first call; all that are given out share it.
    ///
    /// # Errors
    /// [`Error::Unsent`]: the store cannot be used. [`ConfigError::NoStore`]: there is none.
    pub fn journal(&self) -> Result<Journal, Error> {
        let mut opened = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(journal) = &*opened {
            return Ok(journal.clone());
        }
        let Some(path) = &self.parts.store else {
            return Err(ConfigError::NoStore.into());
        };
        let journal = Journal::open(path, self.account.as_str())?;
        *opened = Some(journal.clone());
        Ok(journal)
    }
}

impl GatewayBuilder {
    /// A builder with everything that the settings say, but for who asks: reading a password is left to
    /// [`Settings::credentials`].
    ///
    /// # Errors
    /// The time zone is not known.
    pub fn of_settings(settings: &Settings) -> Result<Self, ConfigError> {
        let mut parts = Gateway::builder(settings.transport.value)
            .xml_codec(settings.xml_codec()?)
            .json_codec(settings.json_codec())
            .options(settings.options())
            .http(settings.http())
            .longest(settings.longest())
            .requests_per_second(settings.requests_per_second.value);
        for protocol in Protocol::ALL {
            parts = parts.endpoint_of(protocol, settings.endpoint(protocol).value.clone());
        }
        if let Some(store) = settings.store.value.clone() {
            parts = parts.store(store);
        }
        Ok(parts)
    }

    /// The address of the protocol in use.
    pub fn at(self, endpoint: impl Into<String>) -> Self {
        let protocol = self.protocol;
        self.endpoint_of(protocol, endpoint)
    }

    /// The address of a protocol.
    pub fn endpoint_of(mut self, protocol: Protocol, endpoint: impl Into<String>) -> Self {
        match protocol {
            Protocol::Xml => self.xml_endpoint = endpoint.into(),
            Protocol::Json => self.json_endpoint = endpoint.into(),
        }
        self
    }

    /// Who asks.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = credentials;
        self
    }

    /// What goes along with each task. Without a transaction id each client has a new one.
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// How the gateway is connected to.
    pub fn http(mut self, http: HttpSettings) -> Self {
        self.http = http;
        self
    }

    /// The codec of the XML gateway: time zone and limits.
    pub fn xml_codec(mut self, codec: XmlCodec) -> Self {
        self.xml_codec = codec;
        self
    }

    /// The codec of the JSON API: routes and limits.
    pub fn json_codec(mut self, codec: JsonCodec) -> Self {
        self.json_codec = codec;
        self
    }

    /// What one request may take in all [default: 120 s].
    pub fn longest(mut self, longest: Duration) -> Self {
        self.longest = Some(longest);
        self
    }

    /// The pace of all processes of this user [default: the gateway's 3 requests per second].
    pub fn requests_per_second(mut self, per_second: usize) -> Self {
        self.pace = Pace::Shared(per_second);
        self
    }

    /// A pace that nobody else keeps: the gateway is the program's own.
    pub fn own_pace(mut self, per_second: usize) -> Self {
        self.pace = Pace::Own(per_second);
        self
    }

    /// Logs in once, and logs out when the client is dropped.
    pub fn session(mut self, keeps_session: bool) -> Self {
        self.keeps_session = keeps_session;
        self
    }

    /// The file of orders and messages.
    pub fn store(mut self, path: impl Into<PathBuf>) -> Self {
        self.store = Some(path.into());
        self
    }

    /// Records every exchange on that tape, or is answered from it; from [`Mode::Replay`] nobody is asked.
    pub fn tape(mut self, tape: Tape) -> Self {
        self.tape = Some(tape);
        self
    }

    /// Writes every exchange there, redacted.
    pub fn trace(mut self, trace: Trace) -> Self {
        self.trace = Some(trace);
        self
    }

    /// Stops what waits when that is raised.
    pub fn interrupt(mut self, interrupt: Interrupt) -> Self {
        self.interrupt = interrupt;
        self
    }

    /// The gateway. Nothing is connected to, and the store is not opened yet.
    ///
    /// # Errors
    /// An address cannot be used.
    pub fn build(self) -> Result<Gateway, Error> {
        let endpoint = self.endpoint(self.protocol);
        HttpTransport::check(endpoint)?;
        let gateway = gateway_of(endpoint);
        let Credentials { user, context, .. } = &self.credentials;
        let owner = self.options.owner.as_ref().and_then(|owner| owner.user.as_deref());
        let account = match self.replayed() {
            Some(_) => AccountId::known_as("a tape"),
            None => AccountId::new(user, context, gateway, owner),
        };
        let throttle: Arc<dyn Throttle> = match (self.replayed(), self.pace) {
            (Some(_), _) => Arc::new(OwnPace::new(REPLAY_PACE)),
            (None, Pace::Own(per_second)) => Arc::new(OwnPace::new(per_second)),
            (None, Pace::Shared(per_second)) => match SharedPace::of_this_user(gateway, per_second) {
                Ok(pace) => Arc::new(pace),
                // The folder for temporary files cannot be used: this process keeps the pace by itself.
                Err(_) => Arc::new(OwnPace::new(per_second)),
            },
        };
        Ok(Gateway { parts: self, throttle, account, journal: Mutex::new(None) })
    }

    fn endpoint(&self, protocol: Protocol) -> &str {
        match protocol {
            Protocol::Xml => &self.xml_endpoint,
            Protocol::Json => &self.json_endpoint,
        }
    }

    fn codec(&self, protocol: Protocol) -> Box<dyn Codec> {
        match protocol {
            Protocol::Xml => Box::new(self.xml_codec.clone()),
            Protocol::Json => Box::new(self.json_codec),
        }
    }

    /// The tape that answers in the gateway's place.
    fn replayed(&self) -> Option<&Tape> {
        self.tape.as_ref().filter(|tape| tape.mode() == Mode::Replay)
    }
}
