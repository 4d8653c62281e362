//! `certgate doctor`: everything between here and an answer, a line a check. It sends safe tasks only, and nothing twice.

use std::{
    net::{IpAddr, ToSocketAddrs},
    sync::mpsc,
    time::Duration,
};

use certgate::{Client, Error, Exchange, ExchangeError, GatewayError, NetworkError, Phase, Settings};
use certgate_domain::{
    AnyTask, Protocol, TaskKind,
    task::{Hello, PollInfo},
};
use jiff::{Timestamp, fmt::rfc2822};
use serde_json::{Value, json};

use crate::{
    app::{App, Home},
    exit::{Exit, Failure, Kind, worst},
    ui::document,
};

/// How far clocks may differ: what a message took on its way is within it.
const SKEW: Duration = Duration::from_secs(60);

pub(crate) fn run(app: &App) -> Result<Exit, Failure> {
    if app.is_offline() {
        return Err(Failure::usage(
            "doctor looks at the way to the gateway, and a replay goes none: leave out --replay",
        ));
    }
    let mut report = Report::default();
    match app.settings() {
        Ok(settings) => Doctor::new(app, &settings, &mut report).examine()?,
        Err(why) => report.problem("configuration", why.kind(), why.to_string()),
    }
    report.print(app);
    Ok(worst(report.0.iter().map(|check| check.problem)).into())
}

#[derive(Default)]
struct Report(Vec<Check>);

struct Check {
    name: String,
    problem: Option<Kind>,
    detail: String,
}

impl Report {
    fn ok(&mut self, name: impl Into<String>, detail: impl Into<String>) {
        self.0.push(Check { name: name.into(), problem: None, detail: detail.into() });
    }

    fn problem(&mut self, name: impl Into<String>, kind: Kind, detail: impl Into<String>) {
        self.0.push(Check { name: name.into(), problem: Some(kind), detail: detail.into() });
    }

    fn print(&self, app: &App) {
        if app.json() {
            let check = |Check { name, problem, detail }: &Check| json!({ "name": name, "ok": problem.is_none(), "detail": detail });
            let checks: Vec<Value> = self.0.iter().map(check).collect();
            return app.stdout.print(&json!({ "schema": 1, "checks": checks }));
        }
        for Check { name, problem, detail } in &self.0 {
            let detail = detail.split_whitespace().collect::<Vec<_>>().join(" ");
            app.stdout.line(&document::check(problem.is_none(), &format!("{name}: {detail}")));
        }
    }
}

struct Doctor<'a> {
    app: &'a App,
    settings: &'a Settings,
    report: &'a mut Report,
    date: Option<String>,
    answered: bool,
    asked_to_slow_down: bool,
    context_taken: bool,
}

impl<'a> Doctor<'a> {
    fn new(app: &'a App, settings: &'a Settings, report: &'a mut Report) -> Self {
        Self { app, settings, report, date: None, answered: false, asked_to_slow_down: false, context_taken: false }
    }

    fn examine(mut self) -> Result<(), Failure> {
        let settings = self.settings;
        let used = settings.transport.value;
        let given = &settings.endpoint(used).origin;
        // An address on the command line is one transport's: the other's would be somebody else's gateway.
        let only_used = given.is_given();
        let protocols: &[Protocol] = if only_used { &[used] } else { &[Protocol::Xml, Protocol::Json] };
        let file = match &settings.config.value {
            Some(path) if settings.config_exists => path.display().to_string(),
            Some(path) => format!("{}, which is not there", path.display()),
            None => "no file".to_owned(),
        };
        let but =
            if only_used { format!(", only {} is checked (endpoint: {given})", used.name()) } else { String::new() };
        self.report.ok("configuration", format!("profile {}, {file}{but}", settings.profile.value));
        let account = Home::of(self.app, settings);
        let mut client_used = None;
        for &protocol in protocols {
            let endpoint = match &account {
                Ok(account) => account.endpoint(protocol).to_owned(),
                Err(_) => settings.endpoint(protocol).value.clone(),
            };
            if !self.resolves(protocol, &endpoint) {
                continue;
            }
            let Ok(account) = &account else { continue };
            let mut client = match account.client(protocol) {
                Ok(client) => client.without_retries(),
                Err(why) => {
                    self.report.problem(format!("tls-{}", protocol.name()), why.kind(), why.to_string());
                    continue;
                }
            };
            if self.is_let_in(protocol, &endpoint, &mut client)? && protocol == used {
                client_used = Some(client);
            }
        }
        if let Err(why) = &account {
            self.report.problem("credentials", why.kind(), why.to_string());
        }
        if self.context_taken {
            let context = settings.context.value.as_deref().unwrap_or_default();
            self.report.ok("context", format!("{context} ({}) is taken", meaning(context)));
        }
        self.clock();
        let waiting = client_used.map(|mut client| self.ask(&mut client, &PollInfo.into()));
        self.pace();
        match waiting {
            Some(Ok(exchange)) => {
                let waiting = exchange.answer.value.object.and_then(|object| object.summary).unwrap_or_default();
                let found = exchange.answer.value.data.len();
                let count = waiting.max(i64::try_from(found).unwrap_or_default());
                self.report.ok("queue", if count == 0 { "empty".to_owned() } else { format!("{count} messages wait") });
            }
            Some(Err(Error::Interrupted)) => return Err(Error::Interrupted.into()),
            Some(Err(why)) if !self.asked_to_slow_down => {
                self.report.problem("queue", Kind::of(&why), why.to_string());
            }
            Some(Err(_)) | None => {}
        }
        Ok(())
    }

    /// Whether the host that is connected to has an address: the gateway's, or the proxy's before it.
    fn resolves(&mut self, protocol: Protocol, endpoint: &str) -> bool {
        let name = format!("names-{}", protocol.name());
        let (mut host, port) = host_and_port(endpoint);
        let proxy = self.settings.proxy.value.as_ref().filter(|proxy| !is_loopback(&host) && proxy.serves(endpoint));
        let (looked_up, port) = proxy.map_or((host.clone(), port), |proxy| (proxy.host().to_owned(), proxy.port()));
        if let Some(proxy) = proxy {
            host = format!("{host} is left to the proxy {proxy}, which");
        }
        match look_up(looked_up, port, self.settings.resolve.value) {
            Ok(address) => {
                self.report.ok(name, format!("{host} is {address}"));
                true
            }
            Err(why) => {
                let from = &self.settings.endpoint(protocol).origin;
                let todo = format!("check its spelling ({from}) and this machine's name servers");
                self.report.problem(name, Kind::Unreachable, format!("{host} is not found ({why}): {todo}"));
                false
            }
        }
    }

    /// Whether a connection, TLS and the credentials are taken.
    fn is_let_in(&mut self, protocol: Protocol, endpoint: &str, client: &mut Client) -> Result<bool, Failure> {
        let name = |check: &str| format!("{check}-{}", protocol.name());
        let error = match self.ask(client, &Hello.into()) {
            Ok(_) => None,
            Err(Error::Interrupted) => return Err(Error::Interrupted.into()),
            Err(why) => Some(why),
        };
        let phase = match &error {
            Some(Error::Network(NetworkError::Unreachable { phase, .. })) => Some(*phase),
            _ => None,
        };
        let why = error.as_ref().map(Error::to_string).unwrap_or_default();
        if matches!(phase, Some(Phase::Connection | Phase::Proxy)) {
            let todo = match phase {
                Some(Phase::Proxy) => "check the proxy's address and credentials",
                _ => "check the address and port, firewalls, and whether a proxy is needed",
            };
            self.report.problem(name("connection"), Kind::Unreachable, format!("{why}: {todo}"));
            return Ok(false);
        }
        self.report.ok(name("connection"), endpoint);
        if phase == Some(Phase::Tls) {
            let todo = "check that the port speaks TLS, and set ca_file where its certificate is a company's own";
            self.report.problem(name("tls"), Kind::Unreachable, format!("{why}: {todo}"));
            return Ok(false);
        }
        let tls = match (&self.settings.ca_file.value, endpoint.starts_with("https:")) {
            (_, false) => "none, which loopback may do without".to_owned(),
            (Some(path), true) => format!("trusted by {}", path.display()),
            (None, true) => "trusted by the platform".to_owned(),
        };
        self.report.ok(name("tls"), tls);
        let Some(error) = error else {
            self.context_taken = true;
            self.report.ok(name("credentials"), "taken");
            return Ok(true);
        };
        match &error {
            // Lenient once, for both protocols.
            Error::Network(NetworkError::Unreachable { phase: Phase::Pace, .. }) => {}
            Error::Gateway(GatewayError::Refused(refusal)) if refusal.auth && blames_context(refusal) => {
                let todo = "1 is the demo system's, 4 AutoDNS, 9 SSLManager: use --context or the profile's `context`";
                self.report.problem("context", Kind::Auth, format!("{why}: {todo}"));
            }
            _ if Kind::of(&error) == Kind::Auth => {
                let todo = "check user, password and context; `certgate config show` says where they came from";
                self.report.problem(name("credentials"), Kind::Auth, format!("{why}: {todo}"));
            }
            _ => {
                let todo = "check that the endpoint is this protocol's, and try again later";
                self.report.problem(name("answer"), Kind::of(&error), format!("{why}: {todo}"));
            }
        }
        Ok(false)
    }

    /// Sends a safe task once, at the account's pace.
    fn ask(&mut self, client: &mut Client, task: &AnyTask) -> Result<Exchange, Error> {
        let kind: TaskKind = task.kind();
        let exchanged = client.exchange(task);
        match &exchanged {
            Ok(exchange) => {
                self.answered = true;
                self.date = exchange.reply.header("date").map(str::to_owned).or(self.date.take());
            }
            Err(ExchangeError::Network(NetworkError::Unreachable { phase: Phase::Pace, .. })) => {
                self.asked_to_slow_down = true;
            }
            Err(_) => {}
        }
        Ok(client.accepted(kind, exchanged?)?)
    }

    fn clock(&mut self) {
        let Some(date) = &self.date else {
            if self.answered {
                self.report.ok("clock", "the gateway's answers have no Date to compare with");
            }
            return;
        };
        let Ok(theirs) = rfc2822::DateTimeParser::new().parse_timestamp(date) else {
            return self.report.ok("clock", format!("the gateway's Date `{date}` is none to compare with"));
        };
        let difference = theirs.duration_since(Timestamp::now());
        let seconds = difference.as_secs();
        if seconds.unsigned_abs() <= SKEW.as_secs() {
            return self.report.ok("clock", "this machine's and the gateway's agree");
        }
        let direction = if seconds > 0 { "behind" } else { "ahead of" };
        let what = format!("this machine's is {} s {direction} the gateway's: set it", seconds.unsigned_abs());
        self.report.problem("clock", Kind::CheckFailed, format!("{what}, best by NTP"));
    }

    fn pace(&mut self) {
        let configured = format!("{} requests a second", self.settings.requests_per_second.value);
        if self.asked_to_slow_down {
            let todo = "lower the profile's requests_per_second, or stop what else uses this account and address";
            let what = format!("{configured}, and the gateway asks to slow down (HTTP 429): {todo}");
            self.report.problem("pace", Kind::Unreachable, what);
        } else if self.answered {
            self.report.ok("pace", format!("{configured}, and no 429"));
        }
    }
}

fn blames_context(refusal: &certgate::Refusal) -> bool {
    let mut objects = refusal.answer.all_messages().flat_map(|message| &message.objects);
    objects.any(|object| object.r#type.as_deref() == Some("request.auth.context"))
}

fn meaning(context: &str) -> &'static str {
    match context {
        "1" => "demo",
        "4" => "AutoDNS",
        "9" => "SSLManager",
        _ => "of one's own",
    }
}

fn host_and_port(endpoint: &str) -> (String, u16) {
    let (scheme, rest) = endpoint.split_once("://").unwrap_or(("https", endpoint));
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let default = if scheme == "http" { 80 } else { 443 };
    match authority.rsplit_once(':').map(|(host, port)| (host, port.parse())) {
        Some((host, Ok(port))) => (host.trim_matches(['[', ']']).to_owned(), port),
        _ => (authority.trim_matches(['[', ']']).to_owned(), default),
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// The first address of a host. The platform's resolver knows no timeout, so it is waited for from outside.
fn look_up(host: String, port: u16, timeout: Duration) -> Result<IpAddr, String> {
    let (found, wanted) = mpsc::channel();
    std::thread::spawn(move || {
        let addresses = (host.as_str(), port).to_socket_addrs().map(|mut addresses| addresses.next());
        let _ = found.send(addresses);
    });
    match wanted.recv_timeout(timeout) {
        Ok(Ok(Some(address))) => Ok(address.ip()),
        Ok(Ok(None)) => Err("no address".to_owned()),
        Ok(Err(why)) => Err(why.to_string()),
        Err(_) => Err(format!("no answer within {} s", timeout.as_secs())),
    }
}
