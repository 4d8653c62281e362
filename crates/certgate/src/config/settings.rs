//! Settings, each with its origin: what the program says before the profile before the default.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use certgate_client::{HttpSettings, HttpTransport, Proxy, Timeouts};
use certgate_domain::{BasicUser, Credentials, Lenient, Options, Protocol, Secret};
use certgate_flow::{ForeignMessages, RateLimiter};
use certgate_json::{JsonCodec, Routes};
use certgate_store::StoreAddress;
use certgate_tape::StandIns;
use certgate_wire::{Codec, Limits};
use certgate_xml::XmlCodec;
use etcetera::BaseStrategy;

use super::{
    ConfigError, Credential, Origin, Overrides, SecretSource, Setting,
    profile::{self, BUILT_IN, Profile},
};
use crate::{
    RecoveryOptions, UndecodableAnswers,
    gateway::{LIVE, gateway_of},
    process,
};

/// All that a run is set to.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// The profile's name.
    pub profile: Setting<String>,
    /// Where the configuration file is looked for; `None` where the platform has no place for one and none was named.
    pub config: Setting<Option<PathBuf>>,
    /// Whether that file is there.
    pub config_exists: bool,
    /// The protocol in use.
    pub transport: Setting<Protocol>,
    /// The XML gateway's address.
    pub xml_endpoint: Setting<String>,
    /// The JSON API's address.
    pub json_endpoint: Setting<String>,
    /// The user, or a trusted application's UUID.
    pub user: Setting<Option<String>>,
    /// The user's context, a number.
    pub context: Setting<Option<String>>,
    /// Where the password comes from.
    pub password: Setting<Option<SecretSource>>,
    /// The subuser to act for.
    pub owner: Setting<Option<String>>,
    /// The subuser's context.
    pub owner_context: Setting<Option<i64>>,
    /// The language of the gateway's texts.
    pub language: Setting<Option<String>>,
    /// A PEM file of the authorities to trust in place of the platform's.
    pub ca_file: Setting<Option<PathBuf>>,
    /// The proxy.
    pub proxy: Setting<Option<Proxy>>,
    /// How long the look-up of the gateway's name may take.
    pub resolve: Setting<Duration>,
    /// How long connecting may take.
    pub connect: Setting<Duration>,
    /// How long sending a request may take.
    pub send: Setting<Duration>,
    /// How long the gateway may think.
    pub answer: Setting<Duration>,
    /// How long the body of an answer may take.
    pub body: Setting<Duration>,
    /// Which form of the JSON API's prepare route is sent.
    pub routes: Setting<Routes>,
    /// The time zone of times in XML, by its IANA name.
    pub time_zone: Setting<String>,
    /// Persons' data that tapes hold stand-ins for.
    pub stand_ins: Setting<StandIns>,
    /// Folders of installed certificates.
    pub certificates: Setting<Vec<PathBuf>>,
    /// The gateway's pace.
    pub requests_per_second: Setting<usize>,
    /// Whether all who use the store share the pace, such as machines behind one address, in place of this user's processes.
    pub pace_in_store: Setting<bool>,
    /// The largest answer taken, in bytes.
    pub body_limit: Setting<usize>,
    /// A command line for the shell that tells people what a run did.
    pub notify: Setting<Option<String>>,
    /// What is done with messages of others in the account's queue.
    pub foreign: Setting<ForeignMessages>,
    /// What this machine is called where a certificate names its hosts; its host name where nothing is said.
    pub host: Setting<Option<String>>,
    /// How long a request may be under way: an order whose answer was lost, and that nothing shows of for longer, never arrived.
    pub settle_after: Setting<Duration>,
    /// The transaction id to send along; `None` for a new one each time.
    pub ctid: Setting<Option<String>>,
    /// The store of orders and messages; `None` where the platform has no place for one and none was named, and for a sandbox.
    pub store: Setting<Option<StoreAddress>>,
    /// Where the password of the store's database comes from, besides libpq's own places.
    pub store_password: Setting<Option<SecretSource>>,
    /// What stands in no profile: it belongs to one run.
    token: Option<SecretSource>,
    reply_to: Option<String>,
    demo: bool,
}

const DEMO: [&str; 2] = ["https://demo.autodns.com/gateway/", "https://api.demo.autodns.com/v1"];
const TIME_ZONE: &str = "Europe/Berlin";
/// Requests per second to a sandbox: it is ours, and has no pace to keep.
const SANDBOX_PACE: usize = 1000;
/// What one request may take in all, where no phase may take longer.
const LONGEST: Duration = Duration::from_secs(120);

impl Settings {
    /// Resolves all settings: the overrides, then the profile, then the default. Nothing is read but the configuration file.
    ///
    /// # Errors
    /// The file cannot be read or has something wrong in it, there is no such profile, or a value cannot be used.
    pub fn resolve(overrides: &Overrides) -> Result<Self, ConfigError> {
        let Sources { name, config, config_exists, profile, origin } = Sources::of(overrides)?;
        let transport = pick(&overrides.transport, profile.transport, &origin).or(Protocol::Json);
        let built_in = if name.value == "demo" { "demo" } else { "live" };
        let endpoint = |protocol: Protocol, own: &Option<String>| {
            // An address that the program gives is that of the protocol in use.
            let given = overrides.endpoint.clone().filter(|_| protocol == transport.value);
            let chosen = pick(&given, own.clone(), &origin);
            // A profile of one's own stands on the live addresses.
            let [live, demo] = Self::documented(protocol);
            let default = if built_in == "demo" { demo } else { live };
            let origin = if chosen.value.is_some() { chosen.origin } else { Origin::BuiltIn(built_in) };
            Setting { value: chosen.value.unwrap_or_else(|| default.to_owned()), origin }
        };
        let time = |own: Option<Duration>, default: Duration| pick(&None, own, &origin).or(default);
        let Timeouts { resolve, connect, send, answer, body } = Timeouts::default();
        let store = store(overrides, &profile, &origin)?;
        let password = profile.password_command.clone().map(SecretSource::Command);
        let password = password.or_else(|| profile.password_file.clone().map(SecretSource::File));
        let certificates = Some(profile.certificates.clone()).filter(|folders| !folders.is_empty());
        let mut settings = Self {
            xml_endpoint: endpoint(Protocol::Xml, &profile.xml_endpoint),
            json_endpoint: endpoint(Protocol::Json, &profile.json_endpoint),
            transport,
            user: pick(&overrides.user, profile.user.clone(), &origin),
            context: pick(&overrides.context, profile.context.clone(), &origin),
            password: pick(&overrides.password, password, &origin),
            owner: pick(&overrides.owner, profile.owner.clone(), &origin),
            owner_context: pick(&overrides.owner_context, profile.owner_context, &origin),
            language: pick(&overrides.language, profile.language.clone(), &origin),
            ca_file: pick(&None, profile.ca_file.clone(), &origin),
            proxy: pick(&overrides.proxy, profile.proxy.clone(), &origin),
            resolve: time(profile.timeouts.resolve, resolve),
            connect: time(profile.timeouts.connect, connect),
            send: time(profile.timeouts.send, send),
            answer: time(profile.timeouts.answer, answer),
            body: time(profile.timeouts.body, body),
            routes: pick(&None, profile.routes, &origin).or(Routes::Live),
            time_zone: pick(&overrides.time_zone, profile.time_zone.clone(), &origin).or(TIME_ZONE.to_owned()),
            certificates: pick(&None, certificates, &origin).or(Vec::new()),
            stand_ins: pick(&None, profile.stand_ins, &origin).or(StandIns::default()),
            requests_per_second: pick(&None, profile.requests_per_second.map(Into::into), &origin)
                .or(RateLimiter::GATEWAY),
            pace_in_store: pick(&None, profile.pace_in_store, &origin).or(false),
            body_limit: pick(&None, profile.body_limit.map(Into::into), &origin).or(Limits::BODY),
            notify: pick(&None, profile.notify.clone(), &origin),
            foreign: pick(&None, profile.foreign, &origin).or(ForeignMessages::default()),
            host: pick(&None, profile.host.clone(), &origin),
            settle_after: time(profile.settle_after, RecoveryOptions::SETTLE_AFTER),
            ctid: pick(&overrides.ctid, None, &origin),
            store,
            store_password: pick(&None, profile.store_password_command.clone().map(SecretSource::Command), &origin),
            token: overrides.token.clone(),
            reply_to: overrides.reply_to.clone(),
            demo: overrides.demo,
            config,
            config_exists,
            profile: name,
        };
        if let Some(account) = &overrides.sandbox {
            settings.become_sandbox(account);
        }
        settings.check()?;
        Ok(settings)
    }

    /// A sandbox has an account of its own and needs no other. Its addresses are known once it listens.
    fn become_sandbox(&mut self, account: &Credentials) {
        fn own<T>(value: T) -> Setting<T> {
            Setting { value, origin: Origin::Sandbox }
        }
        let Credentials { user, password, context, .. } = account.clone();
        self.user = own(Some(user));
        self.context = own(Some(context));
        self.password = own(Some(SecretSource::Value(password)));
        self.requests_per_second = own(SANDBOX_PACE);
        self.store = own(None);
        self.xml_endpoint = own("http://localhost".to_owned());
        self.json_endpoint = own("http://localhost".to_owned());
    }

    fn check(&self) -> Result<(), ConfigError> {
        for endpoint in [&self.xml_endpoint, &self.json_endpoint] {
            HttpTransport::check(&endpoint.value).map_err(|why| ConfigError::invalid(why, &endpoint.origin))?;
        }
        if let Some(context) = &self.context.value
            && (context.is_empty() && !self.is_application() || !context.bytes().all(|byte| byte.is_ascii_digit()))
        {
            let why = format!("context `{context}`: expected a number, such as 9");
            return Err(ConfigError::invalid(why, &self.context.origin));
        }
        if self.owner.value.is_none() && self.owner_context.value.is_some() {
            let why = "owner_context without owner: give the subuser too";
            return Err(ConfigError::invalid(why, &self.owner_context.origin));
        }
        self.xml_codec().map(drop)
    }

    /// The vendor's addresses of a protocol, live and demo: what a program has in its code that was written for the gateway.
    pub fn documented(protocol: Protocol) -> [&'static str; 2] {
        [LIVE, DEMO].map(|[xml, json]| if protocol == Protocol::Xml { xml } else { json })
    }

    /// The address of a protocol.
    pub fn endpoint(&self, protocol: Protocol) -> &Setting<String> {
        match protocol {
            Protocol::Xml => &self.xml_endpoint,
            Protocol::Json => &self.json_endpoint,
        }
    }

    /// The store at an address that somebody names besides: a file, or a URL of PostgreSQL.
    ///
    /// # Errors
    /// It is no such address.
    pub fn store_at(&self, address: &OsStr) -> Result<StoreAddress, ConfigError> {
        let address =
            StoreAddress::parse(address).map_err(|why| ConfigError::Invalid { why: why.to_string(), origin: None })?;
        let command = match &self.store_password.value {
            Some(SecretSource::Command(command)) => Some(command.as_str()),
            _ => None,
        };
        Ok(reached(address, command))
    }

    /// Where answers that cannot be understood are kept: beside the store, and beside the platform's where the run has none.
    pub fn undecodable_answers(&self) -> Option<UndecodableAnswers> {
        let file = self.store.value.as_ref().and_then(StoreAddress::file).map(Path::to_owned);
        Some(UndecodableAnswers::beside(&file.or_else(platform_store)?))
    }

    /// Whether certificates are to be real ones: neither the sandbox nor the demo system is asked, by whatever profile.
    pub fn is_live(&self) -> bool {
        let Setting { value, origin } = self.endpoint(self.transport.value);
        !matches!(origin, Origin::Sandbox) && !is_demo(value)
    }

    /// The bounds on what an answer may hold.
    pub fn limits(&self) -> Limits {
        Limits { body: self.body_limit.value, ..Limits::default() }
    }

    /// The codec of a protocol.
    ///
    /// # Errors
    /// The time zone is not known.
    pub fn codec(&self, protocol: Protocol) -> Result<Box<dyn Codec>, ConfigError> {
        Ok(match protocol {
            Protocol::Xml => Box::new(self.xml_codec()?),
            Protocol::Json => Box::new(self.json_codec()),
        })
    }

    /// The codec of the JSON API.
    pub fn json_codec(&self) -> JsonCodec {
        JsonCodec::new(self.routes.value).with_limits(self.limits())
    }

    /// The codec of the XML gateway, in the zone of its times.
    ///
    /// # Errors
    /// The time zone is not known.
    pub fn xml_codec(&self) -> Result<XmlCodec, ConfigError> {
        let Setting { value: zone, origin } = &self.time_zone;
        let codec = XmlCodec::in_zone(zone).ok_or_else(|| {
            let why = format!("time zone `{zone}` is not known: expected a name such as {TIME_ZONE}");
            ConfigError::invalid(why, origin)
        })?;
        Ok(codec.with_limits(self.limits()))
    }

    /// What goes along with each task.
    pub fn options(&self) -> Options {
        let owner = self.owner.value.clone().map(|user| BasicUser {
            user: Some(user),
            context: self.owner_context.value.map(Lenient::Parsed),
            ..BasicUser::default()
        });
        Options {
            owner,
            language: self.language.value.clone(),
            ctid: self.ctid.value.clone(),
            reply_to: self.reply_to.clone(),
            keys: Vec::new(),
            force_contact_create: None,
            demo: self.demo.then_some(Lenient::Parsed(true)),
        }
    }

    /// How the gateway is connected to.
    pub fn http(&self) -> HttpSettings {
        HttpSettings {
            ca_file: self.ca_file.value.clone(),
            proxy: self.proxy.value.clone(),
            timeouts: Timeouts {
                resolve: self.resolve.value,
                connect: self.connect.value,
                send: self.send.value,
                answer: self.answer.value,
                body: self.body.value,
            },
            body_limit: self.body_limit.value,
        }
    }

    /// Whether many requests in a row gain by kept connections: only where the pace is above the gateway's own. At that pace a connection costs
    /// nothing that matters, and a request over a kept one would overtake the handshake of an earlier one: the gateway counts arrivals.
    pub fn keeps_connections(&self) -> bool {
        self.requests_per_second.value > RateLimiter::GATEWAY
    }

    /// What one request may take in all: a phase that was given longer gets it.
    pub fn longest(&self) -> Duration {
        let phases = [&self.resolve, &self.connect, &self.send, &self.answer, &self.body];
        let longest = phases.iter().map(|phase| phase.value).max().unwrap_or_default();
        if longest > Timeouts::default().answer { LONGEST + longest } else { LONGEST }
    }

    /// Who asks. Reads the password and the token from where they are.
    ///
    /// # Errors
    /// A part is missing, or a secret cannot be read.
    pub fn credentials(&self) -> Result<Credentials, ConfigError> {
        let asker = self.asker()?;
        let password = self.password.value.as_ref().map(SecretSource::read).transpose()?;
        let password = password.filter(|password| !password.expose().is_empty());
        let password = password.ok_or_else(|| self.missing(Credential::Password))?;
        let token = self.token.as_ref().map(SecretSource::read).transpose()?;
        Ok(Credentials { password, token, ..asker })
    }

    /// Who asks, without a password: enough to know whose store it is.
    ///
    /// # Errors
    /// The user or the context is missing.
    pub fn asker(&self) -> Result<Credentials, ConfigError> {
        let user = self.user.value.clone().ok_or_else(|| self.missing(Credential::User))?;
        let context = match self.context.value.clone() {
            Some(context) => context,
            None if self.is_application() => String::new(),
            None => return Err(self.missing(Credential::Context)),
        };
        Ok(Credentials::new(user, Secret::default(), context))
    }

    fn missing(&self, credential: Credential) -> ConfigError {
        let profile = matches!(self.profile.origin, Origin::Program).then(|| self.profile.value.clone());
        ConfigError::Missing { credential, profile }
    }

    /// Whether the user is a trusted application, which a UUID names: it needs no context.
    fn is_application(&self) -> bool {
        self.user.value.as_deref().is_some_and(|user| {
            let parts: Vec<usize> = user.split('-').map(str::len).collect();
            parts == [8, 4, 4, 4, 12] && user.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
        })
    }
}

fn is_demo(endpoint: &str) -> bool {
    let endpoint = endpoint.to_ascii_lowercase();
    DEMO.iter().any(|demo| gateway_of(demo) == gateway_of(&endpoint))
}

/// The profile that settings are picked from.
struct Sources {
    name: Setting<String>,
    config: Setting<Option<PathBuf>>,
    config_exists: bool,
    profile: Profile,
    /// The origin of what the profile says.
    origin: Origin,
}

impl Sources {
    fn of(overrides: &Overrides) -> Result<Self, ConfigError> {
        let default = |value| Setting { value, origin: Origin::Default };
        let name = overrides.profile.clone().unwrap_or_else(|| default("live".to_owned()));
        let config = match overrides.config.clone() {
            Some(Setting { value, origin }) => Setting { value: Some(value), origin },
            None => Setting { value: profile::default_file(), origin: Origin::Default },
        };
        let config_exists = config.value.as_ref().is_some_and(|path| path.exists());
        // A file that somebody named has to be there.
        let file = config.value.as_deref().filter(|_| config_exists || overrides.config.is_some());
        let built_in = BUILT_IN.into_iter().find(|built_in| *built_in == name.value).unwrap_or("live");
        let (profile, origin) = match (profile::chosen(file, &name.value)?, file) {
            (Some(profile), Some(file)) => {
                (profile, Origin::Profile { name: name.value.clone(), file: file.to_owned() })
            }
            _ => (Profile::default(), Origin::BuiltIn(built_in)),
        };
        Ok(Self { name, config, config_exists, profile, origin })
    }
}

/// What the program says, else what the profile says.
fn pick<T: Clone>(given: &Option<Setting<T>>, profile: Option<T>, origin: &Origin) -> Setting<Option<T>> {
    match (given, profile) {
        (Some(Setting { value, origin }), _) => Setting { value: Some(value.clone()), origin: origin.clone() },
        (None, Some(value)) => Setting { value: Some(value), origin: origin.clone() },
        (None, None) => Setting { value: None, origin: Origin::Default },
    }
}

/// Where the store is, and how this machine gets to it.
fn store(
    overrides: &Overrides,
    profile: &Profile,
    origin: &Origin,
) -> Result<Setting<Option<StoreAddress>>, ConfigError> {
    let given = match &overrides.store {
        Some(Setting { value, origin }) => {
            let value = StoreAddress::parse(value).map_err(|why| ConfigError::invalid(why, origin))?;
            Some(Setting { value, origin: origin.clone() })
        }
        None => None,
    };
    let Setting { value, origin } = pick(&given, profile.store.clone(), origin);
    let value = value.or(platform_store().map(StoreAddress::File));
    Ok(Setting { value: value.map(|address| reached(address, profile.store_password_command.as_deref())), origin })
}

/// The same with the way there: this machine's locks, and the command that prints the password.
fn reached(address: StoreAddress, password_command: Option<&str>) -> StoreAddress {
    let address = match platform_store() {
        Some(store) => address.with_locks_in(&store.with_file_name("locks")),
        None => address,
    };
    let Some(command) = password_command.map(str::to_owned) else { return address };
    address.with_password_command(Arc::new(move || {
        let printed = process::first_line(&command, None);
        let printed = printed.map_err(|why| format!("store_password_command {why}"))?;
        Ok(printed.expose().to_owned())
    }))
}

/// The platform's place for the orders and messages, where it has one.
fn platform_store() -> Option<PathBuf> {
    Some(etcetera::choose_base_strategy().ok()?.data_dir().join("certgate").join("store.sqlite"))
}

#[cfg(test)]
mod tests {
    use super::is_demo;

    #[test]
    fn the_demo_system_is_known_by_its_address() {
        for (endpoint, expected) in [
            ("https://api.demo.autodns.com/v1", true),
            ("https://API.Demo.autodns.com", true),
            ("https://demo.autodns.com/gateway/", true),
            ("https://gateway.autodns.com", false),
            ("https://api.autodns.com/v1", false),
            ("https://demo.example/autodns.com", false),
        ] {
            assert_eq!(is_demo(endpoint), expected, "{endpoint}");
        }
    }
}
