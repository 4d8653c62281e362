//! An order of a certificate, be it a new one, a reissue or a renewal: prepare, publish, order, wait, confirm, fetch.

use std::time::Duration;

use certgate_domain::{
    AnyData, AnyTask, CertAuthentication, Certificate, CertificateData, Lenient, Response, SslContact,
    SubjectAlternativeName, TaskKind, TimePeriod, Verdict, is_same_name,
    task::{CertificateCreate, CertificateInfo, CertificatePrepareOrder, CertificateReissue, CertificateRenew},
    words::{AuthMethod, ServerSoftware},
};
use certgate_x509::CertificateRequest;

use crate::{Awaited, Ending, Event, Field, Pending, RequestError, Step, Wait, Workflow};

/// Which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A new certificate (task 400101).
    Create,
    /// That certificate with another CSR (task 400102).
    Reissue(i64),
    /// That certificate for another term (task 400106).
    Renew(i64),
}

/// What is requested. What is absent is taken from the existing certificate (task 400104), where there is one.
#[derive(Debug, Clone)]
pub struct RequestedOrder {
    /// Which order.
    pub purpose: Purpose,
    /// The CSR as given, PEM, and its facts. A renewal without one keeps the certificate's.
    pub csr: Option<(String, CertificateRequest)>,
    /// The product's code. A new certificate needs one.
    pub product: Option<String>,
    /// The certificate's name. Default: the existing certificate's; for a new one the CSR's.
    pub name: Option<String>,
    /// Whether that is known to be the existing certificate's: it is not asked for where nothing else is missing.
    pub is_own_name: bool,
    /// Id of the administrative contact. A new certificate needs one.
    pub admin: Option<i64>,
    /// Id of the technical contact. A new certificate needs one.
    pub technical: Option<i64>,
    /// The server software.
    pub software: Option<ServerSoftware>,
    /// Months.
    pub lifetime: Option<i64>,
    /// How control over the name is shown.
    pub method: Option<AuthMethod>,
    /// Whether the gateway publishes the DNS record.
    pub provisioning: Option<bool>,
    /// The address that approves by mail; one of those offered.
    pub approver: Option<String>,
    /// When to stop waiting, since the run began.
    pub deadline: Duration,
    /// Whether to wait at all.
    pub wait: bool,
}

impl RequestedOrder {
    /// Everything taken from the existing certificate, and waited for until `deadline` (since the run began).
    pub fn new(purpose: Purpose, deadline: Duration) -> Self {
        Self {
            purpose,
            csr: None,
            product: None,
            name: None,
            is_own_name: false,
            admin: None,
            technical: None,
            software: None,
            lifetime: None,
            method: None,
            provisioning: None,
            approver: None,
            deadline,
            wait: true,
        }
    }

    /// Whether nothing is taken from the existing certificate, be it to see that the name is its own.
    pub fn is_complete(&self) -> bool {
        self.csr.is_some()
            && self.product.is_some()
            && self.name.is_some()
            && self.is_own_name
            && self.admin.is_some()
            && self.technical.is_some()
            && self.software.is_some()
            && self.lifetime.is_some()
            && self.method.is_some()
    }

    /// What a new certificate cannot be ordered without and is not told here; nothing for the other orders.
    pub fn missing_for_new(&self) -> Vec<Field> {
        let missing = [
            (Field::Csr, self.csr.is_none()),
            (Field::Product, self.product.is_none()),
            (Field::Admin, self.admin.is_none()),
            (Field::Technical, self.technical.is_none()),
        ];
        let is_new = self.purpose == Purpose::Create;
        missing.into_iter().filter(|(_, is_missing)| is_new && *is_missing).map(|(field, _)| field).collect()
    }

    /// Refuses a reissue by another method of validation than that of the certificate as it is, which cannot change so (the page of task 400102).
    ///
    /// # Errors
    /// [`RequestError::OtherMethod`].
    pub fn check_method(&self, existing: &Certificate) -> Result<(), RequestError> {
        let there = existing.authentication.as_ref().and_then(|authentication| authentication.method.as_ref());
        match (self.purpose, there, &self.method) {
            (Purpose::Reissue(_), Some(there), Some(method)) if there != method => {
                Err(RequestError::OtherMethod { there: there.clone(), method: method.clone() })
            }
            _ => Ok(()),
        }
    }
}

/// The workflow.
#[derive(Debug, Clone)]
pub struct Order {
    requested: RequestedOrder,
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

impl Order {
    /// Starts it.
    pub fn new(requested: RequestedOrder) -> Self {
        let inquires = !requested.is_complete() && requested.purpose != Purpose::Create;
        let state = if inquires { State::Inquire } else { State::Prepare };
        let mut this = Self { requested, existing: None, authentication: None, job: None, stid: None, state };
        if this.requested.purpose == Purpose::Create {
            this.check_complete();
        }
        if !inquires {
            this.check_name();
        }
        this
    }

    /// Which order it is.
    pub fn purpose(&self) -> Purpose {
        self.requested.purpose
    }

    /// The certificate as it was before, once it is known.
    pub fn existing(&self) -> Option<&Certificate> {
        self.existing.as_ref()
    }

    /// Carries on with an order that was accepted in an earlier run.
    pub fn accepted(
        requested: RequestedOrder,
        existing: Option<Certificate>,
        job: Option<i64>,
        stid: Option<String>,
    ) -> Self {
        let mut this = Self { requested, existing, authentication: None, job, stid, state: State::Order };
        this.take_csr();
        if matches!(this.state, State::Order) {
            this.state = State::Wait(Box::new(this.wait().resumed()));
        }
        this
    }

    /// With the certificate as it is, which was asked for already: where it would be asked for, it is not asked for again.
    #[must_use]
    pub fn with_existing(mut self, certificate: Certificate) -> Self {
        if matches!(self.state, State::Inquire) {
            self.know(certificate);
        }
        self
    }

    /// Takes what is not given from the certificate as it is.
    fn know(&mut self, certificate: Certificate) {
        let method = self.requested.check_method(&certificate);
        self.existing = Some(certificate);
        self.state = State::Prepare;
        self.take_csr();
        self.check_name();
        if let Err(why) = method {
            self.refuse(why);
        }
    }

    fn end(&mut self, ending: Ending) {
        self.state = State::Ended(Box::new(ending));
    }

    fn refuse(&mut self, why: RequestError) {
        self.end(Ending::InvalidRequest(why));
    }

    /// What a new certificate cannot be ordered without.
    fn check_complete(&mut self) {
        let missing = self.requested.missing_for_new();
        if !missing.is_empty() {
            self.refuse(RequestError::Missing(missing));
        }
    }

    /// A renewal without a CSR of its own keeps the certificate's.
    fn take_csr(&mut self) {
        if self.requested.csr.is_some() {
            return;
        }
        let csr = self.existing.as_ref().and_then(|certificate| certificate.csr.clone());
        match csr.map(CertificateRequest::from_pem) {
            Some(Ok(request)) => self.requested.csr = Some((request.as_sent(), request)),
            Some(Err(why)) => self.refuse(RequestError::OwnCsr(why)),
            None => self.refuse(RequestError::NoOwnCsr),
        }
    }

    fn check_name(&mut self) {
        if let (Some(there), Some(id), Some(name)) = (&self.existing, self.certificate(), &self.requested.name) {
            let asks_for = |own: &str| self.request().is_some_and(|request| request.asks_for(own));
            if let Err(why) = RequestError::check_name(id, there, name, asks_for) {
                return self.refuse(why);
            }
        }
        let (Some(name), Some(request)) = (self.name().map(str::to_owned), self.request()) else { return };
        if !request.asks_for(&name) {
            let common_name = request.common_name.clone();
            self.refuse(RequestError::OtherName { common_name, name });
        }
    }

    fn csr(&self) -> Option<String> {
        self.requested.csr.as_ref().map(|(csr, _)| csr.clone())
    }

    fn preparation(&self) -> CertificatePrepareOrder {
        let mut task = CertificatePrepareOrder::new(self.csr().unwrap_or_default(), self.product());
        let named = self.certificate().map(|id| Certificate { id: Some(id), ..Certificate::default() });
        task.request.certificate = named.map(Box::new);
        task
    }

    fn product(&self) -> Option<&str> {
        let existing = || self.existing.as_ref().and_then(|certificate| certificate.product.as_deref());
        self.requested.product.as_deref().or_else(existing)
    }

    /// The method: requested, else the existing certificate's, else DNS.
    fn choose(&mut self, offered: Vec<CertAuthentication>) {
        let before = self.existing.as_ref().and_then(|certificate| certificate.authentication.clone());
        let method = self
            .requested
            .method
            .clone()
            .or_else(|| before.as_ref().and_then(|before| before.method.clone()))
            .unwrap_or(AuthMethod::Dns);
        let found = offered.iter().find(|entry| entry.method.as_ref() == Some(&method));
        if found.is_none() && !offered.is_empty() {
            let offered = offered.into_iter().filter_map(|entry| entry.method).collect();
            return self.refuse(RequestError::MethodNotOffered { method, offered });
        }
        let mut authentication = found.cloned().unwrap_or_default();
        authentication.method = Some(method.clone());
        let provisioned = before.as_ref().and_then(|before| before.provisioning.clone());
        authentication.provisioning = match (&method, self.requested.provisioning) {
            (_, Some(requested)) => Some(Lenient::Parsed(requested)),
            (AuthMethod::Dns, None) => authentication.provisioning.or(provisioned),
            _ => None,
        };
        if method == AuthMethod::Email {
            if let Some(requested) = &self.requested.approver
                && !authentication.approver_emails.contains(requested)
            {
                let (approver, offered) = (requested.clone(), authentication.approver_emails);
                return self.refuse(RequestError::ApproverNotOffered { approver, offered });
            }
            let earlier =
                self.requested.approver.clone().or(before.and_then(|before| before.approver_emails.into_iter().next()));
            let chosen = earlier.or_else(|| authentication.approver_emails.first().cloned());
            authentication.approver_emails = chosen.into_iter().collect();
        }
        self.authentication = Some(authentication);
        self.state = State::Publish;
    }

    /// The same data as for a new order (documented page, "Certificate Reissue").
    fn ordered_certificate(&self) -> Certificate {
        let existing = self.existing.as_ref();
        let contact = |requested: Option<i64>, existing: Option<&SslContact>| {
            requested.or_else(|| existing.and_then(|contact| contact.id)).map(SslContact::by_id)
        };
        let name = self.name().map(str::to_owned);
        let further = self.request().into_iter().flat_map(CertificateRequest::hosts);
        let further = further.filter(|other| !name.as_ref().is_some_and(|name| is_same_name(name, other)));
        Certificate {
            id: self.certificate(),
            admin_contact: contact(self.requested.admin, existing.and_then(|c| c.admin_contact.as_ref())),
            technical_contact: contact(self.requested.technical, existing.and_then(|c| c.technical_contact.as_ref())),
            subject_alternative_names: match self.requested.purpose {
                Purpose::Create => further.map(SubjectAlternativeName::new).collect(),
                Purpose::Reissue(_) | Purpose::Renew(_) => Vec::new(),
            },
            name,
            lifetime: self
                .requested
                .lifetime
                .map(TimePeriod::months)
                .or_else(|| existing.and_then(|c| c.lifetime.clone())),
            software: self.requested.software.clone().or_else(|| existing.and_then(|c| c.software.clone())),
            csr: self.csr(),
            product: self.product().map(str::to_owned),
            authentication: self.authentication.clone(),
            ..Certificate::default()
        }
    }

    fn order(&self) -> AnyTask {
        let certificate = self.ordered_certificate();
        match self.requested.purpose {
            Purpose::Create => CertificateCreate { certificate }.into(),
            Purpose::Reissue(_) => CertificateReissue { certificate }.into(),
            Purpose::Renew(_) => CertificateRenew { certificate }.into(),
        }
    }

    fn ordered(&mut self) {
        if !self.requested.wait {
            return self.end(Ending::Pending(Pending::NoWait));
        }
        self.state = State::Wait(Box::new(self.wait()));
    }

    fn wait(&self) -> Wait {
        let awaited = Awaited {
            certificate: self.certificate(),
            job: self.job,
            stid: self.stid.clone(),
            name: self.name().map(str::to_owned),
            request: self.request().cloned(),
        };
        Wait::new(awaited, self.requested.deadline)
    }
}

impl Workflow for Order {
    fn step(&mut self, now: Duration) -> Step {
        match &mut self.state {
            State::Inquire => Step::Send(CertificateInfo { id: self.certificate() }.into()),
            State::Prepare => Step::Send(self.preparation().into()),
            State::Publish => Step::Publish {
                authentication: Box::new(self.authentication.clone().unwrap_or_default()),
                order: Box::new(self.order()),
            },
            State::Order => Step::Send(self.order()),
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
                    Some(AnyData::Certificate(certificate)) => self.know(*certificate),
                    _ => self.end(Ending::ProtocolViolation(TaskKind::CertificateInfo)),
                },
                State::Prepare => {
                    let offered = prepared(answer).map(|data| data.authentication).unwrap_or_default();
                    self.choose(offered);
                }
                State::Order => {
                    self.job = answer.job_id();
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
            Event::Unreachable | Event::Stored | Event::ReadByAnother(_) | Event::Identified(_) => {}
        }
    }

    fn waiting(&mut self) -> Option<&mut Wait> {
        match &mut self.state {
            State::Wait(wait) => Some(wait),
            _ => None,
        }
    }

    fn is_ordered(&self) -> bool {
        matches!(self.state, State::Wait(_)) || self.job.is_some()
    }

    fn job(&self) -> Option<i64> {
        self.job
    }

    fn certificate(&self) -> Option<i64> {
        match self.requested.purpose {
            Purpose::Create => None,
            Purpose::Reissue(id) | Purpose::Renew(id) => Some(id),
        }
    }

    /// The name the certificate is to have.
    fn name(&self) -> Option<&str> {
        let of_request = || {
            let request = self.request().filter(|_| self.requested.purpose == Purpose::Create)?;
            request.name()
        };
        let existing = || self.existing.as_ref().and_then(|certificate| certificate.name.as_deref());
        self.requested.name.as_deref().or_else(existing).or_else(of_request)
    }

    fn request(&self) -> Option<&CertificateRequest> {
        self.requested.csr.as_ref().map(|(_, request)| request)
    }
}

/// What the gateway found in the CSR.
fn prepared(answer: Response<AnyData>) -> Option<CertificateData> {
    answer.data.into_iter().find_map(|data| match data {
        AnyData::CertificateData(data) => Some(*data),
        _ => None,
    })
}
