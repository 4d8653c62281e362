//! The checks, one after another. They send safe tasks only, and nothing twice.

use certgate_client::{
    Client, Error as ExchangeError, Exchange, GatewayError, HttpTransport, NetworkError, Phase, Refusal,
};
use certgate_domain::{
    AnyTask, Protocol,
    task::{Hello, PollInfo},
};
use certgate_store::{StoreError, StoreStatus};

use super::{
    CLOCK_SKEW, Check, Finding, Problem, Subject, Trust,
    address::{host_and_port, look_up},
};
use crate::{Error, Gateway, Settings, queue::waiting, unix_now};

/// Looks at everything between here and an answer of the gateway; of what has no gateway for want of credentials, at the names
/// alone.
///
/// # Errors
/// [`Error::Interrupted`]. Whatever else is wrong is a check's [`Problem`].
pub fn examine(settings: &Settings, gateway: Option<&Gateway>) -> Result<Vec<Check>, Error> {
    let examination = Examination {
        settings,
        checks: Vec::new(),
        date: None,
        answered: false,
        asked_to_slow_down: false,
        context_taken: false,
    };
    examination.run(gateway)
}

struct Examination<'a> {
    settings: &'a Settings,
    checks: Vec<Check>,
    date: Option<Date>,
    answered: bool,
    asked_to_slow_down: bool,
    context_taken: bool,
}

/// The `Date` of an answer.
struct Date {
    text: String,
    /// How many seconds it was ahead of our clock when the answer came; `None` if it is no date.
    ahead: Option<i64>,
}

impl Date {
    fn compared(&self) -> Result<Finding, Problem> {
        match self.ahead {
            None => Ok(Finding::UnreadableDate(self.text.clone())),
            Some(ahead) if ahead.unsigned_abs() <= CLOCK_SKEW.as_secs() => Ok(Finding::ClocksAgree),
            Some(ahead) => Err(Problem::ClockOff(ahead)),
        }
    }
}

impl Examination<'_> {
    fn found(&mut self, subject: Subject, finding: Finding) {
        self.checks.push(Check { subject, result: Ok(finding) });
    }

    fn problem(&mut self, subject: Subject, problem: Problem) {
        self.checks.push(Check { subject, result: Err(problem) });
    }

    fn run(mut self, gateway: Option<&Gateway>) -> Result<Vec<Check>, Error> {
        let used = self.settings.transport.value;
        let mut client_used = None;
        let protocols = self.configured();
        self.store();
        for protocol in protocols {
            let endpoint = match gateway {
                Some(gateway) => gateway.endpoint(protocol).to_owned(),
                None => self.settings.endpoint(protocol).value.clone(),
            };
            if !self.resolves(protocol, &endpoint) {
                continue;
            }
            let Some(gateway) = gateway else { continue };
            let mut client = match gateway.client_over(protocol) {
                Ok(client) => client.without_retries(),
                Err(why) => {
                    self.problem(Subject::Tls(protocol), Problem::NoClient(why));
                    continue;
                }
            };
            if self.is_let_in(protocol, &endpoint, &mut client)? && protocol == used {
                client_used = Some(client);
            }
        }
        if self.context_taken {
            let context = self.settings.context.value.clone().unwrap_or_default();
            self.found(Subject::Context, Finding::ContextAccepted(context));
        }
        self.clock();
        let queue = client_used.map(|mut client| self.ask(&mut client, &PollInfo.into()));
        self.pace();
        match queue {
            Some(Ok(exchange)) => {
                self.found(Subject::Queue, Finding::Waiting(waiting(&exchange.answer.value)));
            }
            Some(Err(Error::Interrupted)) => return Err(Error::Interrupted),
            Some(Err(why)) if !self.asked_to_slow_down => self.problem(Subject::Queue, Problem::NoQueue(why)),
            Some(Err(_)) | None => {}
        }
        Ok(self.checks)
    }

    /// Says what is set; the protocols to look at.
    fn configured(&mut self) -> Vec<Protocol> {
        let settings = self.settings;
        let used = settings.transport.value;
        let origin = &settings.endpoint(used).origin;
        let only = origin.is_given().then(|| (used, origin.clone()));
        let protocols = if only.is_some() { vec![used] } else { vec![Protocol::Xml, Protocol::Json] };
        let configured = Finding::Configured {
            profile: settings.profile.value.clone(),
            file: settings.config.value.clone(),
            file_exists: settings.config_exists,
            only,
        };
        self.found(Subject::Configuration, configured);
        protocols
    }

    /// Looks at the store, without making or changing one. A sandbox's is of one run.
    fn store(&mut self) {
        let Some(address) = self.settings.store.value.clone() else { return };
        let result = match address.status() {
            Ok(status) if status.is_pooled => Err(Problem::PooledStore(address)),
            Ok(status) if status.is_newer() => {
                let (found, known) = (status.version, StoreStatus::KNOWN);
                Err(Problem::NoStore(StoreError::Newer { place: address.to_string(), found, known }.into()))
            }
            Ok(status) => Ok(Finding::Store { address, status }),
            Err(why) => Err(Problem::NoStore(why.into())),
        };
        self.checks.push(Check { subject: Subject::Store, result });
    }

    /// Whether the host that is connected to has an address: the gateway's, or the proxy's before it.
    fn resolves(&mut self, protocol: Protocol, endpoint: &str) -> bool {
        let (host, port) = host_and_port(endpoint);
        // No proxy is asked for this machine.
        let is_here = HttpTransport::check(endpoint).unwrap_or_default();
        let proxy = self.settings.proxy.value.clone().filter(|proxy| !is_here && proxy.serves(endpoint));
        let (looked_up, port) = match &proxy {
            Some(proxy) => (proxy.host().to_owned(), proxy.port()),
            None => (host.clone(), port),
        };
        let result = match look_up(looked_up, port, self.settings.resolve.value) {
            Ok(address) => Ok(Finding::Resolved { host, proxy, address }),
            Err(why) => {
                let origin = self.settings.endpoint(protocol).origin.clone();
                Err(Problem::NotFound { host, proxy, why, origin })
            }
        };
        let is_found = result.is_ok();
        self.checks.push(Check { subject: Subject::Name(protocol), result });
        is_found
    }

    /// Whether a connection, TLS and the credentials are taken.
    fn is_let_in(&mut self, protocol: Protocol, endpoint: &str, client: &mut Client) -> Result<bool, Error> {
        let error = match self.ask(client, &Hello.into()) {
            Ok(_) => None,
            Err(Error::Interrupted) => return Err(Error::Interrupted),
            Err(why) => Some(why),
        };
        let phase = error.as_ref().and_then(phase);
        let error = match (phase, error) {
            (Some(Phase::Connection), Some(why)) => {
                self.problem(Subject::Connection(protocol), Problem::Unconnected(why));
                return Ok(false);
            }
            (Some(Phase::Proxy | Phase::ProxyCredentials), Some(why)) => {
                self.problem(Subject::Connection(protocol), Problem::ProxyRefused(why));
                return Ok(false);
            }
            (_, error) => error,
        };
        self.found(Subject::Connection(protocol), Finding::Connected { endpoint: endpoint.to_owned() });
        let error = match (phase, error) {
            (Some(Phase::Tls), Some(why)) => {
                self.problem(Subject::Tls(protocol), Problem::NoTls(why));
                return Ok(false);
            }
            (_, error) => error,
        };
        let trust = match &self.settings.ca_file.value {
            _ if !endpoint.starts_with("https:") => Trust::Plain,
            Some(path) => Trust::File(path.clone()),
            None => Trust::Platform,
        };
        self.found(Subject::Tls(protocol), Finding::Trusted(trust));
        match error {
            None => {
                self.context_taken = true;
                self.found(Subject::Credentials(protocol), Finding::Accepted);
                return Ok(true);
            }
            // It is said once, for both protocols.
            Some(_) if phase == Some(Phase::Pace) => {}
            Some(why) => match &why {
                Error::Gateway(GatewayError::Refused(refusal)) if refusal.auth && blames_context(refusal) => {
                    self.problem(Subject::Context, Problem::ContextRefused(why));
                }
                Error::Gateway(error) if error.blames_credentials() => {
                    self.problem(Subject::Credentials(protocol), Problem::CredentialsRefused(why));
                }
                _ => self.problem(Subject::Answer(protocol), Problem::Unanswered(why)),
            },
        }
        Ok(false)
    }

    /// Sends a safe task once, at the account's pace.
    fn ask(&mut self, client: &mut Client, task: &AnyTask) -> Result<Exchange, Error> {
        let exchanged = client.exchange(task);
        match &exchanged {
            Ok(exchange) => {
                self.answered = true;
                if let Some(text) = exchange.reply.header("date") {
                    let ahead = exchange.date().map(|date| date - unix_now() / 1000);
                    self.date = Some(Date { text: text.to_owned(), ahead });
                }
            }
            Err(ExchangeError::Network(NetworkError::Unreachable { phase: Phase::Pace, .. })) => {
                self.asked_to_slow_down = true;
            }
            Err(_) => {}
        }
        Ok(client.accepted(task.kind(), exchanged?)?)
    }

    fn clock(&mut self) {
        let result = match &self.date {
            None if !self.answered => return,
            None => Ok(Finding::NoDate),
            Some(date) => date.compared(),
        };
        self.checks.push(Check { subject: Subject::Clock, result });
    }

    fn pace(&mut self) {
        let requests_per_second = self.settings.requests_per_second.value;
        if self.asked_to_slow_down {
            self.problem(Subject::Pace, Problem::TooFast { requests_per_second });
        } else if self.answered {
            self.found(Subject::Pace, Finding::PaceKept { requests_per_second });
        }
    }
}

/// How far a request came that did not arrive.
fn phase(error: &Error) -> Option<Phase> {
    match error {
        Error::Network(NetworkError::Unreachable { phase, .. }) => Some(*phase),
        _ => None,
    }
}

/// Whether a refusal is about the user's context.
fn blames_context(refusal: &Refusal) -> bool {
    let mut objects = refusal.answer.all_messages().flat_map(|message| &message.objects);
    objects.any(|object| object.r#type.as_deref() == Some("request.auth.context"))
}

#[cfg(test)]
mod tests {
    use super::{Date, Finding, Problem};

    /// However long ago the answer came.
    #[test]
    fn clocks_are_compared_as_they_were_when_the_answer_came() {
        let compared = |ahead| Date { text: "Thu, 01 Jan 1970 00:00:00 GMT".to_owned(), ahead }.compared();
        for agreed in [-60, 0, 60] {
            assert!(matches!(compared(Some(agreed)), Ok(Finding::ClocksAgree)), "{agreed}");
        }
        for off in [-61, 61] {
            assert!(matches!(compared(Some(off)), Err(Problem::ClockOff(found)) if found == off), "{off}");
        }
        assert!(matches!(compared(None), Ok(Finding::UnreadableDate(text)) if text.starts_with("Thu")));
    }
}
