//! A gateway as one account sees it: where it is, who asks, at what pace, and where orders and messages are written down.

mod recording;

use std::{fmt, sync::Arc, time::Duration};
#[cfg(feature = "orders")]
use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use certgate_client::{
    Client, HttpSettings, HttpTransport, Interceptor, Interrupt, Meter, OwnPace, Throttle, Trace, Transport,
};
#[cfg(feature = "orders")]
use certgate_domain::TaskKind;
use certgate_domain::{AccountId, Credentials, Options, Protocol, Secret};
use certgate_flow::RateLimiter;
#[cfg(feature = "json")]
use certgate_json::JsonCodec;
#[cfg(feature = "orders")]
use certgate_store::StoreAddress;
#[cfg(feature = "tapes")]
use certgate_tape::Tape;
use certgate_wire::Codec;
#[cfg(feature = "xml")]
use certgate_xml::XmlCodec;

use self::recording::Recording;
use crate::{Error, transaction_id::new_transaction_id};
#[cfg(feature = "orders")]
use crate::{Journal, RunningJobs, SharedPace};
#[cfg(feature = "config")]
use crate::{Settings, config::ConfigError};

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
    #[cfg(feature = "orders")]
    journal: Mutex<Option<Journal>>,
}

/// The parts of a [`Gateway`] before it is built.
#[derive(Debug, Clone)]
#[must_use]
pub struct GatewayBuilder {
    protocol: Protocol,
    xml_endpoint: String,
    json_endpoint: String,
    #[cfg(feature = "xml")]
    xml_codec: XmlCodec,
    #[cfg(feature = "json")]
    json_codec: JsonCodec,
    credentials: Credentials,
    options: Options,
    http: HttpSettings,
    longest: Option<Duration>,
    pace: PaceOf,
    keeps_session: bool,
    is_strict: bool,
    #[cfg(feature = "orders")]
    store: Option<StoreAddress>,
    #[cfg(feature = "orders")]
    pace_in_store: bool,
    #[cfg(feature = "orders")]
    host: Option<String>,
    recording: Recording,
    interceptors: Interceptors,
    meter: Option<Arc<dyn Meter>>,
    interrupt: Interrupt,
}

/// What stands around each exchange, the first one outermost.
#[derive(Clone, Default)]
struct Interceptors(Vec<Arc<dyn Interceptor>>);

impl fmt::Debug for Interceptors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Interceptors({})", self.0.len())
    }
}

#[derive(Debug, Clone, Copy)]
enum PaceOf {
    /// Of all processes of this user.
    ThisUser(usize),
    /// Of this gateway alone.
    ThisGateway(usize),
}

/// Requests per second from a tape: nobody is asked.
const REPLAY_PACE: usize = 1_000_000;

/// The vendor's live gateway, over XML and over JSON.
pub(crate) const LIVE: [&str; 2] = ["https://gateway.autodns.com", "https://api.autodns.com/v1"];

impl Gateway {
    /// The vendor's live gateway over that protocol, without an account, at the pace that all processes of this user share.
    pub fn builder(protocol: Protocol) -> GatewayBuilder {
        let [xml_endpoint, json_endpoint] = LIVE.map(str::to_owned);
        GatewayBuilder {
            protocol,
            xml_endpoint,
            json_endpoint,
            #[cfg(feature = "xml")]
            xml_codec: XmlCodec::default(),
            #[cfg(feature = "json")]
            json_codec: JsonCodec::default(),
            credentials: Credentials::new("", Secret::default(), ""),
            options: Options::default(),
            http: HttpSettings::default(),
            longest: None,
            pace: PaceOf::ThisUser(RateLimiter::GATEWAY),
            keeps_session: false,
            is_strict: false,
            #[cfg(feature = "orders")]
            store: None,
            #[cfg(feature = "orders")]
            pace_in_store: false,
            #[cfg(feature = "orders")]
            host: None,
            recording: Recording::default(),
            interceptors: Interceptors::default(),
            meter: None,
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
    /// The address or the file of certificates cannot be used, or this program was built without the protocol.
    pub fn client(&self) -> Result<Client, Error> {
        self.client_over(self.parts.protocol)
    }

    /// A client that speaks that protocol, whichever is in use.
    ///
    /// # Errors
    /// As with [`Gateway::client`].
    pub fn client_over(&self, protocol: Protocol) -> Result<Client, Error> {
        let parts = &self.parts;
        let transport: Box<dyn Transport> = match parts.recording.transport() {
            Some(offline) => offline,
            None => Box::new(HttpTransport::new(parts.endpoint(protocol), parts.http.clone())?),
        };
        let mut options = parts.options.clone();
        options.ctid = options.ctid.or_else(|| parts.recording.transaction_id()).or_else(|| Some(new_transaction_id()));
        let mut client = Client::new(parts.codec(protocol)?, transport, parts.credentials.clone())
            .with_options(options)
            .strict(parts.is_strict)
            .with_throttle(self.throttle.clone())
            .with_interrupt(parts.interrupt.clone());
        if let Some(longest) = parts.longest {
            client = client.with_longest(longest);
        }
        if let Some(meter) = &parts.meter {
            client = client.with_meter(meter.clone());
        }
        if parts.keeps_session {
            client = client.with_session();
        }
        // Around the tape: they see what it answers, too.
        for interceptor in &parts.interceptors.0 {
            client = client.with_interceptor(interceptor.clone());
        }
        Ok(parts.recording.around(client))
    }

    /// What is recorded of orders and messages. The store is opened with the first call; all that are given out share it.
    ///
    /// # Errors
    /// [`Error::Unsent`]: the store cannot be used. [`Error::NoStore`]: none was named.
    #[cfg(feature = "orders")]
    pub fn journal(&self) -> Result<Journal, Error> {
        let mut opened = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(journal) = &*opened {
            return Ok(journal.clone());
        }
        let Some(address) = self.parts.store.clone() else {
            return Err(Error::NoStore);
        };
        let journal = Journal::open(address, self.account.as_str())?.on_host(self.parts.host.clone());
        *opened = Some(journal.clone());
        Ok(journal)
    }

    /// The account's jobs that run, as they are looked for before so many orders; not where a tape answers that has none of them.
    #[cfg(feature = "orders")]
    pub fn running_jobs(&self, orders: usize) -> RunningJobs {
        match orders {
            _ if self.parts.recording.lacks(TaskKind::JobList) => RunningJobs::unasked(),
            1 => RunningJobs::of_one(),
            _ => RunningJobs::of_account(),
        }
    }
}

impl GatewayBuilder {
    /// A builder with everything that the settings say, but for who asks: reading a password is left to
    /// [`Settings::credentials`].
    ///
    /// # Errors
    /// The time zone is not known.
    #[cfg(feature = "config")]
    pub fn of_settings(settings: &Settings) -> Result<Self, ConfigError> {
        let mut parts = Gateway::builder(settings.transport.value)
            .xml_codec(settings.xml_codec()?)
            .json_codec(settings.json_codec())
            .options(settings.options())
            .http(settings.http())
            .longest(settings.longest())
            .requests_per_second(settings.requests_per_second.value);
        parts.pace_in_store = settings.pace_in_store.value;
        parts.host = settings.host.value.clone().or_else(host_name);
        for protocol in Protocol::ALL {
            parts = parts.endpoint_of(protocol, settings.endpoint(protocol).value.clone());
        }
        if let Some(store) = settings.store.value.clone() {
            parts = parts.store_at(store);
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
    #[cfg(feature = "xml")]
    pub fn xml_codec(mut self, codec: XmlCodec) -> Self {
        self.xml_codec = codec;
        self
    }

    /// The codec of the JSON API: routes and limits.
    #[cfg(feature = "json")]
    pub fn json_codec(mut self, codec: JsonCodec) -> Self {
        self.json_codec = codec;
        self
    }

    /// What one request may take in all [default: 120 s].
    pub fn longest(mut self, longest: Duration) -> Self {
        self.longest = Some(longest);
        self
    }

    /// The pace of all processes of this user [default: the gateway's 3 requests per second]. Without the feature `orders` each
    /// gateway keeps it by itself.
    pub fn requests_per_second(mut self, per_second: usize) -> Self {
        self.pace = PaceOf::ThisUser(per_second);
        self
    }

    /// A pace that nobody else keeps: the gateway is the program's own.
    pub fn own_pace(mut self, per_second: usize) -> Self {
        self.pace = PaceOf::ThisGateway(per_second);
        self
    }

    /// Logs in once, and logs out when the client is dropped.
    pub fn session(mut self, keeps_session: bool) -> Self {
        self.keeps_session = keeps_session;
        self
    }

    /// Whether a finding is an error, unless an order is out already.
    pub fn strict(mut self, is_strict: bool) -> Self {
        self.is_strict = is_strict;
        self
    }

    /// What this machine is called: an order is installed on the machine that placed it. Without a name all are of one machine.
    #[cfg(feature = "orders")]
    pub fn host(mut self, name: impl Into<String>) -> Self {
        self.host = Some(name.into());
        self
    }

    /// The file of orders and messages.
    #[cfg(feature = "orders")]
    pub fn store(self, path: impl Into<PathBuf>) -> Self {
        self.store_at(StoreAddress::File(path.into()))
    }

    /// Where orders and messages are kept: a file, or a database that several machines share.
    #[cfg(feature = "orders")]
    pub fn store_at(mut self, address: StoreAddress) -> Self {
        self.store = Some(address);
        self
    }

    /// Shares the pace with all who use the store, such as machines behind one address, in place of this user's processes.
    #[cfg(feature = "orders")]
    pub fn pace_in_store(mut self, is_in_store: bool) -> Self {
        self.pace_in_store = is_in_store;
        self
    }

    /// Records every exchange on that tape, or is answered from it. In a replay the gateway is not asked.
    #[cfg(feature = "tapes")]
    pub fn tape(mut self, tape: Tape) -> Self {
        self.recording = Recording(Some(tape));
        self
    }

    /// Writes every exchange there, redacted.
    pub fn trace(self, trace: Trace) -> Self {
        self.interceptor(trace)
    }

    /// Stands around each exchange, inside of what was given before it and outside of the tape.
    pub fn interceptor(mut self, interceptor: impl Interceptor + 'static) -> Self {
        self.interceptors.0.push(Arc::new(interceptor));
        self
    }

    /// Counts the tasks of its clients there.
    pub fn meter(mut self, meter: impl Meter + 'static) -> Self {
        self.meter = Some(Arc::new(meter));
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
    /// The address cannot be used, or this program was built without the protocol.
    pub fn build(self) -> Result<Gateway, Error> {
        let endpoint = self.endpoint(self.protocol);
        HttpTransport::check(endpoint)?;
        self.codec(self.protocol)?;
        let gateway = gateway_of(endpoint);
        let Credentials { user, context, .. } = &self.credentials;
        let owner = self.options.owner.as_ref().and_then(|owner| owner.user.as_deref());
        let is_replay = self.recording.is_replay();
        let account = match is_replay {
            true => AccountId::known_as("a tape"),
            false => AccountId::new(user, context, gateway, owner),
        };
        let throttle = match self.pace {
            _ if is_replay => Arc::new(OwnPace::new(REPLAY_PACE)),
            PaceOf::ThisGateway(per_second) => Arc::new(OwnPace::new(per_second)),
            PaceOf::ThisUser(per_second) => self.shared_throttle(gateway, per_second),
        };
        Ok(Gateway {
            parts: self,
            throttle,
            account,
            #[cfg(feature = "orders")]
            journal: Mutex::new(None),
        })
    }

    fn endpoint(&self, protocol: Protocol) -> &str {
        match protocol {
            Protocol::Xml => &self.xml_endpoint,
            Protocol::Json => &self.json_endpoint,
        }
    }

    /// The pace that the store or all processes of this user share; of this gateway alone where the folder for temporary files
    /// cannot be used.
    #[cfg(feature = "orders")]
    fn shared_throttle(&self, gateway: &str, per_second: usize) -> Arc<dyn Throttle> {
        if let (Some(store), true) = (&self.store, self.pace_in_store) {
            return Arc::new(SharedPace::in_store(store.clone(), gateway, per_second));
        }
        match SharedPace::of_this_user(gateway, per_second) {
            Ok(pace) => Arc::new(pace),
            Err(_) => Arc::new(OwnPace::new(per_second)),
        }
    }

    /// The pace of this gateway alone: the file that processes share is a part of durable orders.
    #[cfg(not(feature = "orders"))]
    fn shared_throttle(&self, _: &str, per_second: usize) -> Arc<dyn Throttle> {
        Arc::new(OwnPace::new(per_second))
    }

    fn codec(&self, protocol: Protocol) -> Result<Box<dyn Codec>, Error> {
        match protocol {
            #[cfg(feature = "xml")]
            Protocol::Xml => Ok(Box::new(self.xml_codec.clone())),
            #[cfg(feature = "json")]
            Protocol::Json => Ok(Box::new(self.json_codec)),
            #[cfg(not(all(feature = "xml", feature = "json")))]
            other => Err(Error::ProtocolNotBuilt(other)),
        }
    }
}

/// The gateway of an address, by its host: its two protocols have hosts of their own, `gateway.` and `api.`, and one queue.
pub(crate) fn gateway_of(endpoint: &str) -> &str {
    let authority = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest).split('/').next().unwrap_or_default();
    authority.strip_prefix("gateway.").or_else(|| authority.strip_prefix("api.")).unwrap_or(authority)
}

/// What the system calls this machine.
#[cfg(all(feature = "config", feature = "orders"))]
fn host_name() -> Option<String> {
    #[cfg(unix)]
    return rustix::system::uname().nodename().to_str().ok().map(str::to_owned);
    #[cfg(not(unix))]
    std::env::var("COMPUTERNAME").ok()
}
