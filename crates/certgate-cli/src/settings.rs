//! Settings, each with its origin: argument before environment before profile before default.

use std::{fmt, path::PathBuf, time::Duration};

use certgate::{
    HttpSettings, HttpTransport, Kind, Proxy, Timeouts,
    tape::{Folder, StandIns},
};
use certgate_domain::{BasicUser, Credentials, Lenient, Options, Protocol, Secret};
use certgate_flow::RateLimiter;
use certgate_json::Routes;
use certgate_wire::Limits;
use certgate_xml::XmlCodec;
use etcetera::BaseStrategy;

use crate::{
    args::{Global, ReplayMode},
    connection::gateway,
    exit::Failure,
    password::Password,
    profile::{self, BUILT_IN, Profile},
};

/// A value and where it came from.
#[derive(Debug, Clone)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

/// Where a value came from.
#[derive(Debug, Clone)]
pub(crate) enum Origin {
    Argument(String),
    Environment(String),
    Profile { name: String, file: PathBuf },
    BuiltIn(&'static str),
    Sandbox,
    Tape(PathBuf),
    Default,
}

/// All that a run is set to, for the connection and for `config show` alike.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) profile: Setting<String>,
    /// The file read, where there is one.
    pub(crate) config: Setting<Option<PathBuf>>,
    pub(crate) transport: Setting<Protocol>,
    pub(crate) xml_endpoint: Setting<String>,
    pub(crate) json_endpoint: Setting<String>,
    pub(crate) user: Setting<Option<String>>,
    pub(crate) context: Setting<Option<String>>,
    pub(crate) password: Setting<Option<Password>>,
    pub(crate) owner: Setting<Option<String>>,
    pub(crate) owner_context: Setting<Option<i64>>,
    pub(crate) language: Setting<Option<String>>,
    pub(crate) ca_file: Setting<Option<PathBuf>>,
    pub(crate) proxy: Setting<Option<Proxy>>,
    pub(crate) resolve: Setting<Duration>,
    pub(crate) connect: Setting<Duration>,
    pub(crate) send: Setting<Duration>,
    pub(crate) answer: Setting<Duration>,
    pub(crate) body: Setting<Duration>,
    pub(crate) routes: Setting<Routes>,
    pub(crate) time_zone: Setting<String>,
    pub(crate) stand_ins: Setting<StandIns>,
    pub(crate) certificates: Setting<Vec<PathBuf>>,
    pub(crate) requests_per_second: Setting<usize>,
    pub(crate) body_limit: Setting<usize>,
    pub(crate) ctid: Setting<Option<String>>,
    pub(crate) store: Setting<Option<PathBuf>>,
    /// What stands in no profile: it belongs to one run.
    reply_to: Option<String>,
    demo: bool,
}

const LIVE: [&str; 2] = ["https://gateway.autodns.com", "https://api.autodns.com/v1"];
const DEMO: [&str; 2] = ["https://demo.autodns.com/gateway/", "https://api.demo.autodns.com/v1"];
const TIME_ZONE: &str = "Europe/Berlin";
/// The sandbox is ours: it has no pace to keep.
const SANDBOX_PACE: usize = 1000;
/// What one request may take in all, where no phase may take longer.
const LONGEST: Duration = Duration::from_secs(120);

impl Settings {
    /// Resolves them all; what cannot be used is refused here, before anything is sent.
    pub(crate) fn of(global: &Global) -> Result<Self, Failure> {
        Self::over(global, None)
    }

    /// The same, where the command itself says over which protocol.
    pub(crate) fn over(global: &Global, protocol: Option<Protocol>) -> Result<Self, Failure> {
        let sources = Sources::of(global)?;
        let profile = &sources.profile;
        let transport = sources.transport(protocol)?.or(Protocol::Json);
        // An address on the command line is that of the transport in use.
        let endpoint = |protocol: Protocol, own: &Option<String>, [xml, json]: [&str; 2]| {
            let (given, built_in) = (global.endpoint.clone().filter(|_| protocol == transport.value), protocol);
            let chosen = sources.pick("endpoint", given, own.clone());
            let name = if sources.name.value == "demo" { "demo" } else { "live" };
            let built_in = if built_in == Protocol::Xml { xml } else { json };
            let origin = if chosen.value.is_some() { chosen.origin } else { Origin::BuiltIn(name) };
            Setting { value: chosen.value.unwrap_or_else(|| built_in.to_owned()), origin }
        };
        // A profile of one's own stands on the live addresses.
        let built_in = if sources.name.value == "demo" { DEMO } else { LIVE };
        let time = |own: Option<Duration>, default: Duration| sources.pick("timeouts", None, own).or(default);
        let Timeouts { resolve, connect, send, answer, body } = Timeouts::default();
        let mut settings = Self {
            xml_endpoint: endpoint(Protocol::Xml, &profile.xml_endpoint, built_in),
            json_endpoint: endpoint(Protocol::Json, &profile.json_endpoint, built_in),
            transport,
            user: sources.pick("user", global.user.clone(), profile.user.clone()),
            context: sources.pick("context", global.context.clone(), profile.context.clone()),
            password: sources.password(),
            owner: sources.pick("owner", global.owner.clone(), profile.owner.clone()),
            owner_context: sources.pick("owner_context", global.owner_context, profile.owner_context),
            language: sources.pick("language", global.language.clone(), profile.language.clone()),
            ca_file: sources.pick("ca_file", None, profile.ca_file.clone()),
            proxy: sources.proxy()?,
            resolve: time(profile.timeouts.resolve, resolve),
            connect: time(profile.timeouts.connect, connect),
            send: time(profile.timeouts.send, send),
            answer: time(profile.timeouts.answer, answer),
            body: time(profile.timeouts.body, body),
            routes: sources.pick("routes", None, profile.routes).or(Routes::Live),
            time_zone: sources
                .pick("time_zone", global.time_zone.clone(), profile.time_zone.clone())
                .or(TIME_ZONE.to_owned()),
            certificates: sources
                .pick("certificates", None, Some(profile.certificates.clone()).filter(|folders| !folders.is_empty()))
                .or(Vec::new()),
            stand_ins: sources.pick("stand_ins", None, profile.stand_ins).or(StandIns::default()),
            requests_per_second: sources
                .pick("requests_per_second", None, profile.requests_per_second.map(Into::into))
                .or(RateLimiter::GATEWAY),
            body_limit: sources.pick("body_limit", None, profile.body_limit.map(Into::into)).or(Limits::BODY),
            ctid: sources.pick("ctid", global.ctid.clone(), None),
            store: sources.pick("store", global.store.clone(), None).or_else(platform_store),
            reply_to: global.reply_to.clone(),
            demo: global.demo,
            config: sources.config,
            profile: sources.name,
        };
        if global.sandbox {
            settings.become_sandbox();
        }
        settings.check()?;
        Ok(settings)
    }

    /// The sandbox has an account of its own and needs no other.
    fn become_sandbox(&mut self) {
        let Credentials { user, context, .. } = crate::sandbox::Sandbox::credentials();
        self.user = Setting { value: Some(user), origin: Origin::Sandbox };
        self.context = Setting { value: Some(context), origin: Origin::Sandbox };
        self.password = Setting { value: Some(Password::Sandbox), origin: Origin::Sandbox };
        self.requests_per_second = Setting { value: SANDBOX_PACE, origin: Origin::Sandbox };
        self.store = Setting { value: None, origin: Origin::Sandbox };
        for endpoint in [&mut self.xml_endpoint, &mut self.json_endpoint] {
            *endpoint = Setting { value: "http://localhost".to_owned(), origin: Origin::Sandbox };
        }
    }

    fn check(&self) -> Result<(), Failure> {
        let from = |failure: Failure, origin: &Origin| failure.and(&format!("It is from {origin}."));
        for endpoint in [&self.xml_endpoint, &self.json_endpoint] {
            HttpTransport::check(&endpoint.value).map_err(|why| from(why.into(), &endpoint.origin))?;
        }
        if let Some(context) = &self.context.value
            && (context.is_empty() && !self.is_application() || !context.bytes().all(|byte| byte.is_ascii_digit()))
        {
            let wrong = Failure::usage(format!("context `{context}`: expected a number, such as 9"));
            return Err(from(wrong, &self.context.origin));
        }
        if self.owner.value.is_none() && self.owner_context.value.is_some() {
            let wrong = Failure::usage("owner_context without owner: give the subuser too");
            return Err(from(wrong, &self.owner_context.origin));
        }
        self.xml_codec().map(|_| ()).map_err(|why| from(why, &self.time_zone.origin))
    }

    pub(crate) fn endpoint(&self, protocol: Protocol) -> &Setting<String> {
        match protocol {
            Protocol::Xml => &self.xml_endpoint,
            Protocol::Json => &self.json_endpoint,
        }
    }

    /// Whether certificates are to be real ones: neither the sandbox nor the demo system is asked, by whatever profile.
    pub(crate) fn is_live(&self) -> bool {
        let Setting { value, origin } = self.endpoint(self.transport.value);
        !matches!(origin, Origin::Sandbox) && !is_demo(value)
    }

    pub(crate) fn limits(&self) -> Limits {
        Limits { body: self.body_limit.value, ..Limits::default() }
    }

    pub(crate) fn xml_codec(&self) -> Result<XmlCodec, Failure> {
        let zone = &self.time_zone.value;
        let codec = XmlCodec::in_zone(zone).ok_or_else(|| {
            Failure::usage(format!("time zone `{zone}` is not known: expected a name such as {TIME_ZONE}"))
        })?;
        Ok(codec.with_limits(self.limits()))
    }

    pub(crate) fn options(&self) -> Options {
        let owner = self.owner.value.clone().map(|user| BasicUser {
            user: Some(user),
            context: self.owner_context.value.map(Lenient::Parsed),
            ..BasicUser::default()
        });
        Options {
            owner,
            language: self.language.value.clone(),
            ctid: Some(self.ctid.value.clone().unwrap_or_else(new_id)),
            reply_to: self.reply_to.clone(),
            keys: Vec::new(),
            force_contact_create: None,
            demo: self.demo.then_some(Lenient::Parsed(true)),
        }
    }

    pub(crate) fn http(&self) -> HttpSettings {
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

    /// What one request may take in all: a phase that was given longer gets it.
    pub(crate) fn longest(&self) -> Duration {
        let phases = [&self.resolve, &self.connect, &self.send, &self.answer, &self.body];
        let longest = phases.iter().map(|phase| phase.value).max().unwrap_or_default();
        if longest > Timeouts::default().answer { LONGEST + longest } else { LONGEST }
    }

    /// Who asks; reads the password. A tape knows nobody, and asks nobody.
    pub(crate) fn credentials(&self) -> Result<Credentials, Failure> {
        let missing = |what: &str, how: &str| Failure::new(Kind::Auth, format!("no {what} is given: use {how}"));
        let user = self.user.value.clone();
        let user = user.ok_or_else(|| missing("user", "--user, CERTGATE_USER or the profile's `user`"))?;
        let context = self.context.value.clone();
        let context = match context {
            Some(context) => context,
            None if self.is_application() => String::new(),
            None => return Err(missing("context", "--context, CERTGATE_CONTEXT or the profile's `context`")),
        };
        let password = self.password.value.as_ref().map(Password::read).transpose()?;
        let password = password.filter(|password| !password.expose().is_empty()).ok_or_else(|| {
            missing(
                "password",
                "CERTGATE_PASSWORD, --password-file, --password-stdin or the profile's password_command or password_file",
            )
        })?;
        Ok(Credentials { user, password, context, token: token() })
    }

    /// Whether the user is a trusted application, which a UUID names: it needs no context.
    fn is_application(&self) -> bool {
        self.user.value.as_deref().is_some_and(|user| {
            let parts: Vec<usize> = user.split('-').map(str::len).collect();
            parts == [8, 4, 4, 4, 12] && user.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
        })
    }
}

/// The one-time token of a two-factor account.
pub(crate) fn token() -> Option<Secret> {
    std::env::var("CERTGATE_TOKEN").ok().filter(|token| !token.is_empty()).map(Secret::new)
}

fn is_demo(endpoint: &str) -> bool {
    let endpoint = endpoint.to_ascii_lowercase();
    DEMO.iter().any(|demo| gateway(demo) == gateway(&endpoint))
}

/// What settings are picked from.
struct Sources<'a> {
    global: &'a Global,
    name: Setting<String>,
    config: Setting<Option<PathBuf>>,
    profile: Profile,
    /// The origin of what the profile says.
    origin: Origin,
}

impl<'a> Sources<'a> {
    fn of(global: &'a Global) -> Result<Self, Failure> {
        let name = given(global, "profile", global.profile.clone()).or("live".to_owned());
        let (profile, file) = profile::chosen(global, &name.value)?;
        let mut config = given(global, "config", global.config.clone());
        config.value = profile::file(global);
        let built_in = BUILT_IN.into_iter().find(|built_in| *built_in == name.value).unwrap_or("live");
        let origin = file.map_or(Origin::BuiltIn(built_in), |file| Origin::Profile { name: name.value.clone(), file });
        Ok(Self { global, name, config, profile, origin })
    }

    fn pick<T>(&self, name: &str, argument: Option<T>, profile: Option<T>) -> Setting<Option<T>> {
        if argument.is_none() && profile.is_some() {
            return Setting { value: profile, origin: self.origin.clone() };
        }
        given(self.global, name, argument)
    }

    /// What was recorded over one transport is answered over that.
    fn transport(&self, own: Option<Protocol>) -> Result<Setting<Option<Protocol>>, Failure> {
        let given = own.or(self.global.transport);
        if let (None, Some(tape)) = (given, &self.global.replay)
            && self.global.replay_mode != ReplayMode::RecordAll
            && let Some(entry) = Folder::open(tape)?.entries().first()
        {
            return Ok(Setting { value: Some(entry.protocol()), origin: Origin::Tape(tape.clone()) });
        }
        Ok(self.pick("transport", given, self.profile.transport))
    }

    fn password(&self) -> Setting<Option<Password>> {
        let (global, profile) = (self.global, &self.profile);
        let stdin = global.password_stdin.then_some(Password::Stdin);
        if stdin.is_some() {
            return given(global, "password_stdin", stdin);
        }
        if let Some(path) = &global.password_file {
            return given(global, "password_file", Some(Password::File(path.clone())));
        }
        if let Some(environment) = Password::of_environment() {
            let origin = Origin::Environment(Password::VARIABLE.to_owned());
            return Setting { value: Some(environment), origin };
        }
        let command = profile.password_command.clone().map(Password::Command);
        let password = command.or_else(|| profile.password_file.clone().map(Password::File));
        self.pick("password", None, password)
    }

    fn proxy(&self) -> Result<Setting<Option<Proxy>>, Failure> {
        Ok(match Proxy::of_environment()? {
            Some((name, proxy)) => Setting { value: Some(proxy), origin: Origin::Environment(name.to_owned()) },
            None => self.pick("proxy", None, self.profile.proxy.clone()),
        })
    }
}

/// What the command line or the environment gave.
fn given<T>(global: &Global, name: &str, value: Option<T>) -> Setting<Option<T>> {
    let origin = match &value {
        None => Origin::Default,
        Some(_) if global.is_from_environment(name) => Origin::Environment(format!("CERTGATE_{}", name.to_uppercase())),
        Some(_) => Origin::Argument(format!("--{}", name.replace('_', "-"))),
    };
    Setting { value, origin }
}

impl<T> Setting<Option<T>> {
    fn or(self, default: T) -> Setting<T> {
        Setting { value: self.value.unwrap_or(default), origin: self.origin }
    }

    fn or_else(self, default: impl FnOnce() -> Option<T>) -> Self {
        Self { value: self.value.or_else(default), origin: self.origin }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument(option) => write!(f, "argument {option}"),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Profile { name, file } => write!(f, "profile {name} in {}", file.display()),
            Self::BuiltIn(name) => write!(f, "built-in profile {name}"),
            Self::Sandbox => f.write_str("sandbox"),
            Self::Tape(folder) => write!(f, "tape {}", folder.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// The platform's place for the orders and messages, where it has one.
fn platform_store() -> Option<PathBuf> {
    Some(etcetera::choose_base_strategy().ok()?.data_dir().join("certgate").join("store.sqlite"))
}

/// A transaction id that nobody else has.
pub(crate) fn new_id() -> String {
    use std::hash::{BuildHasher, Hasher};
    let number = std::collections::hash_map::RandomState::new().build_hasher().finish();
    format!("certgate-{number:016x}")
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
