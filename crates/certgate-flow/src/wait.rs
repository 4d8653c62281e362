//! Waiting for an accepted order.

use std::{collections::BTreeSet, time::Duration};

use certgate_domain::{
    AnyData, Certificate, PollMessage, Query, QueryFilter, QueryOrder, Response, TaskKind, Verdict, is_same_name,
    spellings,
    task::{CertificateInfo, CertificateList, JobHistoryInfo, JobInfo},
    words::{JobStatus, Operator, OrderMode},
};
use certgate_x509::{CertificateRequest, X509};

use crate::{Ending, Event, Pending, Step, Workflow};

/// Waits for one job and fetches its certificate. The account's queue is looked into for all that wait ([`Batch`](crate::Batch)),
/// which delivers the job's message, or says that the queue does not tell of it.
#[derive(Debug, Clone)]
pub struct Wait {
    awaited: Awaited,
    deadline: Duration,
    looks: u32,
    /// When the job may be asked for although the queue is there to tell, and how long to wait for the next time.
    ask: Option<(Duration, Duration)>,
    /// Which spelling of its name a new certificate is looked for by next.
    spelling: usize,
    /// Certificates of its name that are still to be looked at, the newest last.
    candidates: Vec<i64>,
    /// Certificates of its name that are issued, and another one's.
    others: BTreeSet<i64>,
    /// Whether our message may already be off the queue, so that an empty queue says nothing.
    resumed: bool,
    /// Whether the queue will never tell, so that a job that cannot be asked for is the end.
    alone: bool,
    /// Whether the gateway does not tell how a finished job ended.
    without_history: bool,
    /// Whether the job is known to have ended well, so that only its certificate is looked for.
    succeeded: bool,
    state: State,
}

/// Why the queue does not tell of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// It is empty or cannot be read: the message may still come.
    Empty,
    /// A message of somebody else's is first, and stays there.
    Blocked,
    /// Nobody looks into it, or the gateway lets nobody.
    Unwatched,
}

/// What is waited for.
#[derive(Debug, Clone)]
pub struct Awaited {
    /// The certificate's id; a new one has none yet.
    pub certificate: Option<i64>,
    /// The job's id. Without it the order's `stid` and the certificate's name tell which message is ours.
    pub job: Option<i64>,
    /// The order's transaction id.
    pub stid: Option<String>,
    /// The certificate's name.
    pub name: Option<String>,
    /// The facts of the CSR, by whose public key a certificate is known to be ours; `None` if no certificate comes of the job: a
    /// deletion.
    pub request: Option<CertificateRequest>,
}

#[derive(Debug, Clone)]
enum State {
    Until(Duration),
    /// Ask for the job, or without its id for the certificate.
    LookAtJob,
    /// Ask how the job ended, which is over.
    LookAtHistory,
    /// Fetch; `sure` where success is known, otherwise the certificate's key decides.
    Fetch {
        certificate: i64,
        sure: bool,
    },
    /// Look for a new certificate by its name.
    Find,
    Ended(Box<Ending>),
}

impl Wait {
    /// The error code of the gateway for a job that is not found or no longer running.
    const JOB_GONE: &str = "EF300101";
    /// So long the queue alone is left to tell; then ever longer.
    const PATIENCE: Duration = Duration::from_secs(10);
    const LONGEST_PATIENCE: Duration = Duration::from_secs(600);

    /// Waits until the deadline (since the run began).
    pub fn new(awaited: Awaited, deadline: Duration) -> Self {
        Self {
            awaited,
            deadline,
            looks: 0,
            ask: None,
            spelling: 0,
            candidates: Vec::new(),
            others: BTreeSet::new(),
            resumed: false,
            alone: false,
            without_history: false,
            succeeded: false,
            state: State::Until(deadline),
        }
    }

    /// Carries on from an earlier run, in which our message may have been taken off the queue: where the queue has it no
    /// more, job and certificate are asked.
    #[must_use]
    pub fn resumed(mut self) -> Self {
        self.resumed = true;
        self
    }

    /// How to get at the certificate: by the id the gateway named, else by the one it was ordered for, else by its name.
    fn fetch(&self, named: Option<i64>, sure: bool) -> State {
        match (&self.awaited.request, named.or(self.awaited.certificate)) {
            (None, _) => State::Ended(Box::new(Ending::Deleted)),
            (Some(_), Some(certificate)) => State::Fetch { certificate, sure },
            (Some(_), None) => State::Find,
        }
    }

    fn end(&mut self, ending: Ending) {
        self.state = State::Ended(Box::new(ending));
    }

    /// Nothing to do until something is heard of the queue; what is known to be there is looked for again by itself.
    fn look_later(&mut self, now: Duration) {
        if !self.succeeded {
            self.state = State::Until(self.deadline);
            return;
        }
        self.state = State::Until(now + backoff(self.looks));
        self.looks = self.looks.saturating_add(1);
    }

    /// The queue does not tell of the job now: somebody else may have taken our message, or it stands behind one that nobody can
    /// decode or may take. The job itself is asked then; ever more rarely where the message may still come.
    pub(crate) fn queue_is_silent(&mut self, silence: Silence, now: Duration) {
        self.alone = silence == Silence::Unwatched;
        let waits = matches!(self.state, State::Until(_)) && !self.succeeded;
        if waits && (silence != Silence::Empty || self.may_ask(now)) {
            self.state = State::LookAtJob;
        }
    }

    /// Somebody else's message is first in the queue, and was not to be touched.
    pub(crate) fn stop(&mut self, message: Option<i64>) {
        if matches!(self.state, State::Until(_)) && !self.succeeded {
            self.end(Ending::Pending(Pending::ForeignFirst { message }));
        }
    }

    fn may_ask(&mut self, now: Duration) -> bool {
        let Some((at, pause)) = self.ask.filter(|(at, _)| now >= *at) else { return self.resumed };
        let pause = pause.saturating_mul(4).min(Self::LONGEST_PATIENCE);
        self.ask = Some((at.max(now) + pause, pause));
        true
    }

    /// What a message about our job leads to.
    fn after(&mut self, message: &PollMessage, spares_fetch: bool) -> State {
        let certificate = message.about().and_then(|object| object.certificate());
        let named = certificate.and_then(|certificate| certificate.id);
        match message.job.as_ref().and_then(|job| job.status.as_ref()) {
            Some(JobStatus::Success) => {
                self.succeeded = true;
                match certificate.filter(|certificate| spares_fetch && self.is_whole(certificate)) {
                    Some(certificate) => State::Ended(Box::new(Ending::Issued(certificate.clone()))),
                    None => self.fetch(named, true),
                }
            }
            Some(JobStatus::Failed | JobStatus::Canceled) => {
                State::Ended(Box::new(Ending::Failed(Some(message.clone()))))
            }
            // A message without a status: the certificate itself decides.
            None if self.awaited.request.is_some() => self.fetch(named, false),
            None => State::LookAtJob,
            Some(_) => State::Until(self.deadline),
        }
    }

    /// Whether the notification carries the whole certificate.
    fn is_whole(&self, certificate: &Certificate) -> bool {
        !certificate.certification_authority.is_empty() && self.with_key(certificate).is_some()
    }

    /// Takes a message that was found in the queue and stored. `spares_fetch`: a certificate that it carries whole is not fetched.
    pub fn deliver(&mut self, message: &PollMessage, spares_fetch: bool) {
        if !matches!(self.state, State::Ended(_)) && !self.succeeded {
            self.state = self.after(message, spares_fetch);
        }
    }

    /// Whether a message is about our job: by the job's id; where the message has none, by the order's transaction id and the object's name.
    pub fn is_ours(&self, message: &PollMessage) -> bool {
        if message.is_of_another(self.awaited.certificate, self.awaited.name.as_deref()) {
            return false;
        }
        match (message.job.as_ref().and_then(|job| job.id), self.awaited.job) {
            (Some(theirs), Some(ours)) => theirs == ours,
            _ => {
                message.stid.is_some()
                    && message.stid == self.awaited.stid
                    && message.name().is_none_or(|name| self.is_own_name(name))
            }
        }
    }

    fn is_own_name(&self, name: &str) -> bool {
        self.awaited.name.as_ref().is_some_and(|own| is_same_name(own, name))
    }

    fn looked_at_job(&mut self, answer: Response<AnyData>, now: Duration) {
        if self.awaited.job.is_none() {
            return self.looked_without_job(answer, now);
        }
        if answer.verdict() == Some(Verdict::Refused) {
            if answer.all_messages().any(|message| message.code.as_deref() == Some(Self::JOB_GONE)) {
                // A certificate with the same key may be there from before the order: how the job ended is known better by its history.
                self.state = if self.without_history { self.fetch(None, false) } else { State::LookAtHistory };
                return;
            }
            // Where the queue is there to tell, the job need not.
            return match self.alone || self.resumed {
                true => self.end(Ending::Refused(answer)),
                false => self.look_later(now),
            };
        }
        if !self.is_over(answer) {
            self.look_later(now);
        }
    }

    fn looked_at_history(&mut self, answer: Response<AnyData>) {
        self.without_history = answer.verdict() == Some(Verdict::Refused);
        if !self.is_over(answer) {
            self.state = self.fetch(None, false);
        }
    }

    /// Goes on where the answer says that the job is over.
    fn is_over(&mut self, answer: Response<AnyData>) -> bool {
        let whole = answer.data.into_iter().find_map(|data| match data {
            AnyData::ObjectJob(whole) => Some(whole),
            _ => None,
        });
        let named = whole.as_ref().and_then(|whole| whole.object.as_ref()?.certificate()?.id);
        match whole.and_then(|whole| whole.job?.status) {
            Some(JobStatus::Success) => {
                self.succeeded = true;
                self.state = self.fetch(named, true);
            }
            Some(JobStatus::Failed | JobStatus::Canceled) => self.end(Ending::Failed(None)),
            _ => return false,
        }
        true
    }

    /// Without a job's id the certificate itself decides.
    fn looked_without_job(&mut self, answer: Response<AnyData>, now: Duration) {
        match (&self.awaited.request, self.awaited.certificate) {
            (Some(_), Some(_)) => self.fetched(answer, false, now),
            (Some(_), None) => self.found(answer, now),
            // What is deleted is not there.
            (None, _) if answer.verdict() == Some(Verdict::Refused) => self.end(Ending::Deleted),
            (None, _) => self.look_later(now),
        }
    }

    /// Each certificate of that name may be ours, the newest first: its key decides.
    fn found(&mut self, answer: Response<AnyData>, now: Duration) {
        if answer.verdict() == Some(Verdict::Refused) {
            return self.end(Ending::Refused(answer));
        }
        let rows = answer.data.into_iter().filter_map(|data| match data {
            AnyData::Certificate(certificate) if self.is_own_name(certificate.name.as_deref()?) => certificate.id,
            _ => None,
        });
        self.candidates = rows.filter(|id| !self.others.contains(id)).collect();
        self.candidates.sort_unstable();
        self.spelling = (self.spelling + 1) % self.spellings().len();
        self.look_further(now);
    }

    /// Looks at the next certificate of that name, or by the next spelling of it.
    fn look_further(&mut self, now: Duration) {
        match self.candidates.pop() {
            Some(certificate) => self.state = State::Fetch { certificate, sure: false },
            None if self.spelling > 0 => self.state = State::Find,
            None => self.look_later(now),
        }
    }

    fn spellings(&self) -> Vec<String> {
        spellings(self.awaited.name.as_deref().unwrap_or_default())
    }

    fn find(&self) -> CertificateList {
        let name = self.spellings().swap_remove(self.spelling);
        let newest = QueryOrder { key: Some("id".to_owned()), r#type: Some(OrderMode::Desc), ins: Vec::new() };
        let filters = vec![QueryFilter::new("name", Operator::Equal, name)];
        let query = Query { filters, orders: vec![newest], view: None }.window(0, 20);
        CertificateList { query }
    }

    fn fetched(&mut self, answer: Response<AnyData>, sure: bool, now: Duration) {
        if answer.verdict() == Some(Verdict::Refused) {
            return self.end(Ending::Refused(answer));
        }
        let certificate = answer.data.into_iter().find_map(|data| match data {
            AnyData::Certificate(certificate) => Some(*certificate),
            _ => None,
        });
        match certificate {
            Some(certificate) if sure || self.is_own(&certificate) => {
                self.end(Ending::Issued(certificate));
            }
            None if sure => {
                self.end(Ending::ProtocolViolation(TaskKind::CertificateInfo));
            }
            Some(certificate) => {
                // One that is not issued yet may come to be ours.
                self.others.extend(certificate.id.filter(|_| certificate.server.is_some()));
                self.look_further(now);
            }
            None => self.look_further(now),
        }
    }

    /// The CSR and a certificate of its key.
    fn with_key(&self, certificate: &Certificate) -> Option<(&CertificateRequest, X509)> {
        let request = self.awaited.request.as_ref()?;
        let x509 = X509::from_pem(certificate.server.as_deref()?).ok()?;
        (x509.key.spki == request.key.spki).then_some((request, x509))
    }

    /// Whether a certificate is what is waited for: by its key, and a new one by its names too, since one key may be in several orders of
    /// one name. Where the gateway does not list them, it has those of the CSR at least.
    fn is_own(&self, certificate: &Certificate) -> bool {
        let Some((request, x509)) = self.with_key(certificate) else { return false };
        let further = certificate.subject_alternative_names.iter().filter_map(|other| other.name.clone());
        let further: Vec<String> = further.collect();
        match (self.awaited.certificate, further.as_slice()) {
            (Some(_), _) => true,
            (None, []) => request.hosts().all(|name| x509.covers(&name)),
            (None, _) => request.asks_for_just(further.into_iter().chain(certificate.name.clone())),
        }
    }
}

/// How long to rest after that many looks in vain.
pub(crate) fn backoff(looks: u32) -> Duration {
    Duration::from_secs(1).saturating_mul(2u32.saturating_pow(looks.min(10))).min(LONGEST)
}

const LONGEST: Duration = Duration::from_secs(30);

impl Workflow for Wait {
    fn step(&mut self, now: Duration) -> Step {
        self.ask.get_or_insert((now + Self::PATIENCE, Self::PATIENCE));
        if now >= self.deadline && matches!(self.state, State::Until(_) | State::LookAtJob | State::LookAtHistory) {
            self.end(Ending::Pending(Pending::Deadline));
        }
        if let State::Until(until) = self.state {
            if now < until || !self.succeeded {
                return Step::Wait(until.min(self.deadline));
            }
            self.state = self.fetch(None, true);
        }
        match &self.state {
            State::Until(until) => Step::Wait(*until),
            State::LookAtJob => match (self.awaited.job, self.awaited.certificate) {
                (Some(job), _) => Step::Send(JobInfo::new(job).into()),
                (None, Some(certificate)) => Step::Send(CertificateInfo::new(certificate).into()),
                (None, None) => Step::Send(self.find().into()),
            },
            State::LookAtHistory => Step::Send(JobHistoryInfo { id: self.awaited.job }.into()),
            State::Find => Step::Send(self.find().into()),
            State::Fetch { certificate, .. } => Step::Send(CertificateInfo::new(*certificate).into()),
            State::Ended(ending) => Step::End(ending.clone()),
        }
    }

    fn heard(&mut self, event: Event, now: Duration) {
        let state = std::mem::replace(&mut self.state, State::Until(self.deadline));
        match (state, event) {
            (State::LookAtJob, Event::Answered(answer)) => self.looked_at_job(answer, now),
            (State::LookAtHistory, Event::Answered(answer)) => self.looked_at_history(answer),
            (State::Fetch { sure, .. }, Event::Answered(answer)) => self.fetched(answer, sure, now),
            (State::Find, Event::Answered(answer)) => self.found(answer, now),
            (State::Ended(ending), _) => self.state = State::Ended(ending),
            (State::Fetch { certificate, sure: true }, _) => {
                self.state = State::Fetch { certificate, sure: true };
                if now >= self.deadline {
                    self.end(Ending::Pending(Pending::Deadline));
                }
            }
            _ => self.look_later(now),
        }
    }

    fn waiting(&mut self) -> Option<&mut Wait> {
        Some(self)
    }

    fn is_ordered(&self) -> bool {
        true
    }

    fn job(&self) -> Option<i64> {
        self.awaited.job
    }

    fn certificate(&self) -> Option<i64> {
        self.awaited.certificate
    }

    fn name(&self) -> Option<&str> {
        self.awaited.name.as_deref()
    }

    fn request(&self) -> Option<&CertificateRequest> {
        self.awaited.request.as_ref()
    }
}
