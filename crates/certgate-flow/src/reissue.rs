//! The reissue of a certificate: prepare, publish, order, wait, confirm, fetch.

use std::time::Duration;

use certgate_domain::{
    AnyData, CertAuthentication, Certificate, Said, SslContact, TimePeriod, Verdict,
    task::{CertificateInfo, CertificatePrepareOrder, CertificateReissue},
    words::{AuthMethod, ServerSoftware},
};
use certgate_x509::CertificateRequest;

use crate::{Ending, Event, ForeignMessages, Pending, Step, Wait, Workflow, wait::prepared};

/// What is wanted. What is absent is taken from the existing certificate (task 400104).
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The certificate's id.
    pub id: i64,
    /// The CSR as given, PEM.
    pub csr: String,
    /// The CSR's facts.
    pub request: CertificateRequest,
    /// The product's code.
    pub product: Option<String>,
    /// The certificate's name.
    pub name: Option<String>,
    /// Id of the administrative contact.
    pub admin: Option<i64>,
    /// Id of the technical contact.
    pub technical: Option<i64>,
    /// The server software.
    pub software: Option<ServerSoftware>,
    /// Months.
    pub lifetime: Option<i64>,
    /// How control over the name is shown.
    pub method: Option<AuthMethod>,
    /// Whether the gateway publishes the DNS record.
    pub provisioning: Option<bool>,
    /// What to do with messages of others.
    pub foreign: ForeignMessages,
    /// When to stop waiting, since the run began.
    pub deadline: Duration,
    /// Whether to wait at all.
    pub wait: bool,
}

/// The workflow.
#[derive(Debug, Clone)]
pub struct Reissue {
    wanted: Wanted,
    existing: Option<Certificate>,
    authentication: Option<CertAuthentication>,
    job: Option<i64>,
    stid: Option<String>,
    state: State,
}

#[derive(Debug, Clone)]
enum State {
    Inquire,
    Prepare,
    Publish,
    Order,
    Wait(Box<Wait>),
    Ended(Box<Ending>),
}

impl Reissue {
    /// Starts it.
    pub fn new(wanted: Wanted) -> Self {
        let complete = wanted.product.is_some()
            && wanted.name.is_some()
            && wanted.admin.is_some()
            && wanted.technical.is_some()
            && wanted.software.is_some()
            && wanted.lifetime.is_some()
            && wanted.method.is_some();
        let state = if complete { State::Prepare } else { State::Inquire };
        let mut this = Self { wanted, existing: None, authentication: None, job: None, stid: None, state };
        if complete {
            this.check_name();
        }
        this
    }

    /// The job's id, once the order is accepted.
    pub fn job(&self) -> Option<i64> {
        self.job
    }

    /// Whether the order is accepted: from here on, giving up leaves something behind.
    pub fn is_ordered(&self) -> bool {
        matches!(self.state, State::Wait(_)) || self.job.is_some()
    }

    /// The name the certificate is to have.
    pub fn name(&self) -> Option<&str> {
        let existing = || self.existing.as_ref().and_then(|certificate| certificate.name.as_deref());
        self.wanted.name.as_deref().or_else(existing)
    }

    fn end(&mut self, ending: Ending) {
        self.state = State::Ended(Box::new(ending));
    }

    fn check_name(&mut self) {
        let Some(name) = self.name().map(str::to_owned) else { return };
        let request = &self.wanted.request;
        let mut names = request.common_name.iter().chain(&request.names);
        if !names.any(|candidate| candidate.eq_ignore_ascii_case(&name)) {
            let found = request.common_name.as_deref().unwrap_or("none");
            self.end(Ending::Unfit(format!(
                "the CSR's common name is `{found}`, the certificate's name is `{name}`: make a CSR for `{name}`, or give --name"
            )));
        }
    }

    fn preparation(&self) -> CertificatePrepareOrder {
        let mut task = CertificatePrepareOrder::new(self.wanted.csr.clone(), self.product());
        task.request.certificate = Some(Box::new(Certificate { id: Some(self.wanted.id), ..Certificate::default() }));
        task
    }

    fn product(&self) -> Option<&str> {
        let existing = || self.existing.as_ref().and_then(|certificate| certificate.product.as_deref());
        self.wanted.product.as_deref().or_else(existing)
    }

    /// The method cannot change with a reissue: wanted, else the existing certificate's, else DNS.
    fn choose(&mut self, offered: Vec<CertAuthentication>) {
        let before = self.existing.as_ref().and_then(|certificate| certificate.authentication.clone());
        let method = self
            .wanted
            .method
            .clone()
            .or_else(|| before.as_ref().and_then(|before| before.method.clone()))
            .unwrap_or(AuthMethod::Dns);
        let found = offered.iter().find(|entry| entry.method.as_ref() == Some(&method));
        if found.is_none() && !offered.is_empty() {
            let on_offer: Vec<&str> =
                offered.iter().filter_map(|entry| Some(entry.method.as_ref()?.as_str())).collect();
            return self.end(Ending::Unfit(format!(
                "the gateway does not offer validation by {method} for this CSR: choose --method among {}",
                on_offer.join(", ")
            )));
        }
        let mut authentication = found.cloned().unwrap_or_default();
        authentication.method = Some(method.clone());
        let provisioned = before.as_ref().and_then(|before| before.provisioning.clone());
        authentication.provisioning = match (&method, self.wanted.provisioning) {
            (_, Some(wanted)) => Some(Said::Value(wanted)),
            (AuthMethod::Dns, None) => authentication.provisioning.or(provisioned),
            _ => None,
        };
        if method == AuthMethod::Email {
            let earlier = before.and_then(|before| before.approver_emails.into_iter().next());
            let chosen = earlier.or_else(|| authentication.approver_emails.first().cloned());
            authentication.approver_emails = chosen.into_iter().collect();
        }
        self.authentication = Some(authentication);
        self.state = State::Publish;
    }

    /// The same data as for a new order (documented page, "Certificate Reissue").
    fn order(&self) -> Certificate {
        let existing = self.existing.as_ref();
        let contact = |wanted: Option<i64>, existing: Option<&SslContact>| {
            wanted.or_else(|| existing.and_then(|contact| contact.id)).map(SslContact::by_id)
        };
        Certificate {
            id: Some(self.wanted.id),
            admin_contact: contact(self.wanted.admin, existing.and_then(|c| c.admin_contact.as_ref())),
            technical_contact: contact(self.wanted.technical, existing.and_then(|c| c.technical_contact.as_ref())),
            name: self.name().map(str::to_owned),
            lifetime: self
                .wanted
                .lifetime
                .map(TimePeriod::months)
                .or_else(|| existing.and_then(|c| c.lifetime.clone())),
            software: self.wanted.software.clone().or_else(|| existing.and_then(|c| c.software.clone())),
            csr: Some(self.wanted.csr.clone()),
            product: self.product().map(str::to_owned),
            authentication: self.authentication.clone(),
            ..Certificate::default()
        }
    }

    fn ordered(&mut self) {
        if !self.wanted.wait {
            return self.end(Ending::Pending(Pending::NoWait));
        }
        self.state = State::Wait(Box::new(Wait::new(
            self.wanted.id,
            self.job,
            self.stid.clone(),
            self.name().map(str::to_owned),
            &self.wanted.request,
            self.wanted.foreign,
            self.wanted.deadline,
        )));
    }
}

impl Workflow for Reissue {
    fn step(&mut self, now: Duration) -> Step {
        match &mut self.state {
            State::Inquire => Step::Send(CertificateInfo::new(self.wanted.id).into()),
            State::Prepare => Step::Send(self.preparation().into()),
            State::Publish => Step::Publish(Box::new(self.authentication.clone().unwrap_or_default())),
            State::Order => Step::Send(CertificateReissue { certificate: self.order() }.into()),
            State::Wait(wait) => wait.step(now),
            State::Ended(ending) => Step::End(ending.clone()),
        }
    }

    fn heard(&mut self, event: Event, now: Duration) {
        if let State::Wait(wait) = &mut self.state {
            return wait.heard(event, now);
        }
        match event {
            Event::Answered(answer) if answer.verdict() == Some(Verdict::Refused) => self.end(Ending::Refused(answer)),
            Event::Answered(answer) => match self.state {
                State::Inquire => match answer.data.into_iter().next() {
                    Some(AnyData::Certificate(certificate)) => {
                        self.existing = Some(*certificate);
                        self.state = State::Prepare;
                        self.check_name();
                    }
                    _ => self.end(Ending::Nonsense("the answer to certificate-info holds no certificate".to_owned())),
                },
                State::Prepare => {
                    let offered = prepared(answer).map(|data| data.authentication).unwrap_or_default();
                    self.choose(offered);
                }
                State::Order => {
                    self.job = answer.data.into_iter().find_map(|data| match data {
                        AnyData::Job(job) => job.id,
                        _ => None,
                    });
                    self.stid = answer.stid;
                    self.ordered();
                }
                State::Publish | State::Wait(_) | State::Ended(_) => {}
            },
            Event::Published => {
                if matches!(self.state, State::Publish) {
                    self.state = State::Order;
                }
            }
            Event::Unreachable | Event::Stored => {}
        }
    }

    fn outlasts_silence(&self) -> bool {
        matches!(self.state, State::Wait(_))
    }
}
