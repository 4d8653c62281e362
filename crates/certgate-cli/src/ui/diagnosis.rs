//! What is said of the way to the gateway.

use certgate::{
    StoreAddress,
    diagnosis::{Check, Finding, Problem, Subject, Trust},
};
use certgate_domain::Protocol;
use certgate_store::StoreStatus;
use serde_json::{Value, json};

use super::{document, store};
use crate::{
    app::App,
    exit::{Failure, Kind},
};

/// A check as it is shown.
pub(crate) struct Line {
    name: String,
    problem: Option<Kind>,
    detail: String,
}

impl Line {
    pub(crate) fn of(check: Check) -> Self {
        let name = name(check.subject);
        match check.result {
            Ok(finding) => Self { name, problem: None, detail: found(&finding) },
            Err(problem) => {
                let (kind, detail) = wrong(problem);
                Self { name, problem: Some(kind), detail }
            }
        }
    }

    /// A check that could not be made.
    pub(crate) fn failed(name: &str, why: &Failure) -> Self {
        Self { name: name.to_owned(), problem: Some(why.kind()), detail: why.to_string() }
    }

    /// The kind of what is wrong; `None` if all is well.
    pub(crate) fn problem(&self) -> Option<Kind> {
        self.problem
    }

    pub(crate) fn print(lines: &[Self], app: &App) {
        if app.json() {
            let check = |Self { name, problem, detail }: &Self| json!({ "name": name, "ok": problem.is_none(), "detail": detail });
            let checks: Vec<Value> = lines.iter().map(check).collect();
            return app.stdout.print(&json!({ "schema": 1, "checks": checks }));
        }
        for Self { name, problem, detail } in lines {
            let detail = detail.split_whitespace().collect::<Vec<_>>().join(" ");
            app.stdout.line(&document::check(problem.is_none(), &format!("{name}: {detail}")));
        }
    }
}

fn name(subject: Subject) -> String {
    let over = |check: &str, protocol: Protocol| format!("{check}-{}", protocol.name());
    match subject {
        Subject::Configuration => "configuration".to_owned(),
        Subject::Store => "store".to_owned(),
        Subject::Name(protocol) => over("names", protocol),
        Subject::Connection(protocol) => over("connection", protocol),
        Subject::Tls(protocol) => over("tls", protocol),
        Subject::Credentials(protocol) => over("credentials", protocol),
        Subject::Answer(protocol) => over("answer", protocol),
        Subject::Context => "context".to_owned(),
        Subject::Clock => "clock".to_owned(),
        Subject::Pace => "pace".to_owned(),
        Subject::Queue => "queue".to_owned(),
        other => format!("{other:?}").to_lowercase(),
    }
}

fn found(finding: &Finding) -> String {
    match finding {
        Finding::Configured { profile, file, file_exists, only } => {
            let file = match file {
                Some(path) if *file_exists => path.display().to_string(),
                Some(path) => format!("{}, which is not there", path.display()),
                None => "no file".to_owned(),
            };
            let but = only.as_ref().map_or_else(String::new, |(used, given)| {
                format!(", only {} is checked (endpoint: {given})", used.name())
            });
            format!("profile {profile}, {file}{but}")
        }
        Finding::Store { address, status } => store_line(address, status),
        Finding::Resolved { host, proxy: None, address } => format!("{host} is {address}"),
        Finding::Resolved { host, proxy: Some(proxy), address } => {
            format!("{host} is left to the proxy {proxy}, which is {address}")
        }
        Finding::Connected { endpoint } => endpoint.clone(),
        Finding::Trusted(Trust::Plain) => "none, which loopback may do without".to_owned(),
        Finding::Trusted(Trust::File(path)) => format!("trusted by {}", path.display()),
        Finding::Trusted(_) => "trusted by the platform".to_owned(),
        Finding::Accepted => "taken".to_owned(),
        Finding::ContextAccepted(context) => format!("{context} ({}) is taken", meaning(context)),
        Finding::ClocksAgree => "this machine's and the gateway's agree".to_owned(),
        Finding::NoDate => "the gateway's answers have no Date to compare with".to_owned(),
        Finding::UnreadableDate(date) => format!("the gateway's Date `{date}` is not a date to compare with"),
        Finding::PaceKept { requests_per_second } => format!("{requests_per_second} requests a second, and no 429"),
        Finding::Waiting(0) => "empty".to_owned(),
        Finding::Waiting(1) => "1 message waits".to_owned(),
        Finding::Waiting(count) => format!("{count} messages wait"),
        other => format!("{other:?}"),
    }
}

/// Where the store is and how it stands.
fn store_line(address: &StoreAddress, status: &StoreStatus) -> String {
    let mut said = format!("{address}, {}, {}", status.database, store::tables(status));
    if !matches!(address, StoreAddress::File(_)) {
        let tls = status.tls.as_deref().unwrap_or("no TLS");
        said += &format!(", {tls}, {:.1} ms there and back", store::milliseconds(status));
    }
    if let Some(contents) = status.contents.as_ref().filter(|contents| !contents.leases.is_empty()) {
        said += &format!(", leases: {}", store::leases(&contents.leases));
    }
    said
}

/// What is wrong, and what to do.
fn wrong(problem: Problem) -> (Kind, String) {
    match problem {
        Problem::NotFound { host, proxy, why, origin } => {
            let host = match proxy {
                Some(proxy) => format!("{host} is left to the proxy {proxy}, which"),
                None => host,
            };
            let todo = format!("check its spelling ({origin}) and this machine's name servers");
            (Kind::Unreachable, format!("{host} is not found ({why}): {todo}"))
        }
        Problem::NoStore(why) => {
            let failure = Failure::from(why);
            (failure.kind(), failure.to_string())
        }
        Problem::PooledStore(address) => {
            let why = "a pool answers, such as PgBouncer, that gives each transaction another session: locks and notices between \
                       machines are lost in it";
            (Kind::Usage, format!("{address}: {why}; set pool_mode = session, or connect to the server itself"))
        }
        Problem::NoClient(why) => {
            let failure = Failure::from(why);
            (failure.kind(), failure.to_string())
        }
        Problem::Unconnected(why) => {
            let todo = "check the address and port, firewalls, and whether a proxy is needed";
            (Kind::Unreachable, format!("{why}: {todo}"))
        }
        Problem::ProxyRefused(why) => (Kind::of(&why), format!("{why}: check the proxy's address and credentials")),
        Problem::NoTls(why) => {
            let todo = "check that the port speaks TLS, and set ca_file where its certificate is a company's own";
            (Kind::Unreachable, format!("{why}: {todo}"))
        }
        Problem::ContextRefused(why) => {
            let todo = "1 is the demo system's, 4 AutoDNS, 9 SSLManager: use --context or the profile's `context`";
            (Kind::Auth, format!("{why}: {todo}"))
        }
        Problem::CredentialsRefused(why) => {
            let todo = "check user, password and context; `certgate config show` says where they came from";
            (Kind::Auth, format!("{why}: {todo}"))
        }
        Problem::Unanswered(why) => {
            let todo = "check that the endpoint is this protocol's, and try again later";
            (Kind::of(&why), format!("{why}: {todo}"))
        }
        Problem::ClockOff(ahead) => {
            let direction = if ahead > 0 { "behind" } else { "ahead of" };
            let what = format!("this machine's is {} s {direction} the gateway's", ahead.unsigned_abs());
            (Kind::CheckFailed, format!("{what}: set it, best by NTP"))
        }
        Problem::TooFast { requests_per_second } => {
            let todo = "lower the profile's requests_per_second, or stop what else uses this account and address";
            let what = format!("{requests_per_second} requests a second, and the gateway asks to slow down (HTTP 429)");
            (Kind::Unreachable, format!("{what}: {todo}"))
        }
        Problem::NoQueue(why) => (Kind::of(&why), why.to_string()),
        other => (Kind::Internal, format!("{other:?}")),
    }
}

fn meaning(context: &str) -> &'static str {
    match context {
        "1" => "demo",
        "4" => "AutoDNS",
        "9" => "SSLManager",
        _ => "of one's own",
    }
}
