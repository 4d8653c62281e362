//! Waiting for an accepted order.

use std::time::Duration;

use certgate_domain::{
    AnyData, Certificate, PollMessage, Query, QueryFilter, QueryOrder, Response, Verdict,
    task::{CertificateInfo, CertificateList, JobInfo, PollConfirm, PollInfo},
    words::{JobStatus, Operator, OrderMode},
};
use certgate_x509::X509;

use crate::{Ending, Event, ForeignMessages, Pending, Step, Workflow};

/// Waits for one job, by the account's queue or without it, and fetches its certificate.
#[derive(Debug, Clone)]
pub struct Wait {
    awaited: Awaited,
    foreign: ForeignMessages,
    deadline: Duration,
    looks: u32,
    /// When the job may be asked for although the queue is there to tell, and how long to wait for the next time.
    ask: Option<(Duration, Duration)>,
    /// Whether our message may already be off the queue, so that an empty queue says nothing.
    resumed: bool,
    /// Whether the job is known to have ended well, so that only its certificate is looked for.
    succeeded: bool,
    state: State,
}

/// What is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awaited {
    /// The certificate's id; a new one has none yet.
    pub certificate: Option<i64>,
    /// The job's id. Without it the order's `stid` and the certificate's name tell which message is ours.
    pub job: Option<i64>,
    /// The order's transaction id.
    pub stid: Option<String>,
    /// The certificate's name.
    pub name: Option<String>,
    /// Public key of the CSR, DER; none where no certificate comes of the job: a deletion.
    pub key: Option<Vec<u8>>,
}

#[derive(Debug, Clone)]
enum State {
    Until(Duration),
    /// Look into the queue.
    Look,
    /// Ask for the job, or without its id for the certificate.
    LookAtJob,
    /// Store a message before it is confirmed; ours leads on to something.
    Store {
        message: Box<PollMessage>,
        ours: Option<Box<State>>,
    },
    ConfirmForeign(i64),
    ConfirmOurs {
        message: i64,
        then: Box<State>,
    },
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
    const LONGEST: Duration = Duration::from_secs(30);
    /// So long the queue alone is left to tell; then ever longer.
    const PATIENCE: Duration = Duration::from_secs(10);
    const LONGEST_PATIENCE: Duration = Duration::from_secs(600);

    /// Waits until the deadline (since the run began).
    pub fn new(awaited: Awaited, foreign: ForeignMessages, deadline: Duration) -> Self {
        let mut this = Self {
            awaited,
            foreign,
            deadline,
            looks: 0,
            ask: None,
            resumed: false,
            succeeded: false,
            state: State::Look,
        };
        this.look();
        this
    }

    /// Carries on from an earlier run, in which our message may have been taken off the queue: where the queue has it no
    /// more, job and certificate are asked.
    #[must_use]
    pub fn resumed(mut self) -> Self {
        self.resumed = true;
        if self.foreign == ForeignMessages::Delivered {
            self.state = State::LookAtJob;
        }
        self
    }

    fn look(&mut self) {
        self.state = match (self.succeeded, self.foreign) {
            (true, _) => self.fetch(None, true),
            (false, ForeignMessages::Leave) => State::LookAtJob,
            (false, ForeignMessages::Delivered) => State::Until(self.deadline),
            (false, _) => State::Look,
        };
    }

    /// How to get at the certificate: by the id the gateway named, else by the one it was ordered for, else by its name.
    fn fetch(&self, named: Option<i64>, sure: bool) -> State {
        match (&self.awaited.key, named.or(self.awaited.certificate)) {
            (None, _) => State::Ended(Box::new(Ending::Deleted)),
            (Some(_), Some(certificate)) => State::Fetch { certificate, sure },
            (Some(_), None) => State::Find,
        }
    }

    fn end(&mut self, ending: Ending) {
        self.state = State::Ended(Box::new(ending));
    }

    fn look_later(&mut self, now: Duration) {
        let pause = Duration::from_secs(1).saturating_mul(2u32.saturating_pow(self.looks.min(10))).min(Self::LONGEST);
        self.looks = self.looks.saturating_add(1);
        self.state = State::Until(now + pause);
    }

    /// The queue is empty or cannot be read: somebody else may have taken our message, or it stands behind one that nobody can
    /// decode. Ever more rarely the job itself is asked. Whoever looks into the queue for us tells so by this.
    pub fn queue_is_silent(&mut self, now: Duration) {
        let waits = matches!(self.state, State::Until(_)) && !self.succeeded;
        if waits && self.may_ask(now) {
            self.state = State::LookAtJob;
        }
    }

    fn may_ask(&mut self, now: Duration) -> bool {
        let Some((at, pause)) = self.ask.filter(|(at, _)| now >= *at) else { return self.resumed };
        let pause = pause.saturating_mul(4).min(Self::LONGEST_PATIENCE);
        self.ask = Some((at.max(now) + pause, pause));
        true
    }

    /// The queue told nothing of ours.
    fn look_elsewhere(&mut self, now: Duration) {
        if self.may_ask(now) {
            self.state = State::LookAtJob;
            return;
        }
        self.look_later(now);
        if let (State::Until(until), Some((ask, _))) = (&mut self.state, self.ask) {
            *until = ask.min(*until);
        }
    }

    fn looked_at_queue(&mut self, answer: Response<AnyData>, now: Duration) {
        if answer.verdict() == Some(Verdict::Refused) {
            return self.end(Ending::Refused(answer));
        }
        let Some(message) = answer.data.into_iter().find_map(|data| match data {
            AnyData::PollMessage(message) if *message != PollMessage::default() => Some(message),
            _ => None,
        }) else {
            return self.look_elsewhere(now);
        };
        if !self.is_ours(&message) {
            return match self.foreign {
                ForeignMessages::Stop => self.end(Ending::Pending(Pending::ForeignFirst { message: message.id })),
                _ => self.state = State::Store { message, ours: None },
            };
        }
        let then = self.after(&message);
        self.state = State::Store { message, ours: Some(Box::new(then)) };
    }

    /// What a message about our job leads to.
    fn after(&mut self, message: &PollMessage) -> State {
        let certificate = message.object.as_ref().and_then(|object| object.certificate());
        let named = certificate.and_then(|certificate| certificate.id);
        match message.job.as_ref().and_then(|job| job.status.as_ref()) {
            Some(JobStatus::Success) => {
                self.succeeded = true;
                match certificate.filter(|certificate| self.needs_no_fetching(certificate)) {
                    Some(certificate) => State::Ended(Box::new(Ending::Issued(certificate.clone()))),
                    None => self.fetch(named, true),
                }
            }
            Some(JobStatus::Failed | JobStatus::Canceled) => {
                State::Ended(Box::new(Ending::Failed(Some(message.clone()))))
            }
            // A message without a status: the certificate itself decides.
            None if self.awaited.key.is_some() => self.fetch(named, false),
            None => State::LookAtJob,
            Some(_) if self.foreign == ForeignMessages::Delivered => State::Until(self.deadline),
            Some(_) => State::Look,
        }
    }

    /// A batch spares a request where the notification carries the whole certificate.
    fn needs_no_fetching(&self, certificate: &Certificate) -> bool {
        self.foreign == ForeignMessages::Delivered
            && !certificate.certification_authority.is_empty()
            && self.fits(certificate.server.as_deref())
    }

    /// Takes a message that somebody else found in the queue, stored, and will confirm.
    pub fn deliver(&mut self, message: &PollMessage) {
        if !matches!(self.state, State::Ended(_)) && !self.succeeded {
            self.state = self.after(message);
        }
    }

    /// Whether a message is about our job: by the job's id; where the message has none, by the order's transaction id and the object's name.
    pub fn is_ours(&self, message: &PollMessage) -> bool {
        match (message.job.as_ref().and_then(|job| job.id), self.awaited.job) {
            (Some(theirs), Some(ours)) => theirs == ours,
            _ => {
                let name = message.object.as_ref().and_then(|object| object.value.as_deref());
                message.stid.is_some()
                    && message.stid == self.awaited.stid
                    && (name.is_none() || name == self.awaited.name.as_deref())
            }
        }
    }

    fn looked_at_job(&mut self, answer: Response<AnyData>, now: Duration) {
        if self.awaited.job.is_none() {
            return self.looked_without_job(answer, now);
        }
        if answer.verdict() == Some(Verdict::Refused) {
            if answer.all_messages().any(|message| message.code.as_deref() == Some(Self::JOB_GONE)) {
                self.state = self.fetch(None, false);
                return;
            }
            // Where the queue is there to tell, the job need not.
            return match self.foreign == ForeignMessages::Leave || self.resumed {
                true => self.end(Ending::Refused(answer)),
                false => self.look_later(now),
            };
        }
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
            _ => self.look_later(now),
        }
    }

    /// Without a job's id the certificate itself decides.
    fn looked_without_job(&mut self, answer: Response<AnyData>, now: Duration) {
        match (&self.awaited.key, self.awaited.certificate) {
            (Some(_), Some(_)) => self.fetched(answer, false, now),
            (Some(_), None) => self.found(answer, now),
            // What is deleted is not there.
            (None, _) if answer.verdict() == Some(Verdict::Refused) => self.end(Ending::Deleted),
            (None, _) => self.look_later(now),
        }
    }

    /// The newest certificate of that name may be ours: its key decides.
    fn found(&mut self, answer: Response<AnyData>, now: Duration) {
        if answer.verdict() == Some(Verdict::Refused) {
            return self.end(Ending::Refused(answer));
        }
        let rows = answer.data.into_iter().filter_map(|data| match data {
            AnyData::Certificate(certificate) if certificate.name == self.awaited.name => certificate.id,
            _ => None,
        });
        match rows.max() {
            Some(certificate) => self.state = State::Fetch { certificate, sure: false },
            None => self.look_later(now),
        }
    }

    fn find(&self) -> CertificateList {
        let name = self.awaited.name.clone().unwrap_or_default();
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
            Some(certificate) if sure || self.fits(certificate.server.as_deref()) => {
                self.end(Ending::Issued(certificate));
            }
            None if sure => {
                self.end(Ending::Nonsense("the answer to certificate-info holds no certificate".to_owned()))
            }
            _ => self.look_later(now),
        }
    }

    fn fits(&self, server: Option<&str>) -> bool {
        let key = server.and_then(|pem| X509::from_pem(pem).ok()).map(|x509| x509.key.spki);
        key.is_some() && key == self.awaited.key
    }
}

impl Workflow for Wait {
    fn step(&mut self, now: Duration) -> Step {
        self.ask.get_or_insert((now + Self::PATIENCE, Self::PATIENCE));
        if now >= self.deadline && matches!(self.state, State::Until(_) | State::Look | State::LookAtJob) {
            self.end(Ending::Pending(Pending::Deadline));
        }
        if let State::Until(until) = self.state {
            if now < until {
                return Step::Wait(until.min(self.deadline));
            }
            self.look();
        }
        match &self.state {
            State::Until(until) => Step::Wait(*until),
            State::Look => Step::Send(PollInfo.into()),
            State::LookAtJob => match (self.awaited.job, self.awaited.certificate) {
                (Some(job), _) => Step::Send(JobInfo::new(job).into()),
                (None, Some(certificate)) => Step::Send(CertificateInfo::new(certificate).into()),
                (None, None) => Step::Send(self.find().into()),
            },
            State::Find => Step::Send(self.find().into()),
            State::Store { message, .. } => Step::Store(message.clone()),
            State::ConfirmForeign(id) | State::ConfirmOurs { message: id, .. } => {
                Step::Send(PollConfirm::new(*id).into())
            }
            State::Fetch { certificate, .. } => Step::Send(CertificateInfo::new(*certificate).into()),
            State::Ended(ending) => Step::End(ending.clone()),
        }
    }

    fn heard(&mut self, event: Event, now: Duration) {
        let state = std::mem::replace(&mut self.state, State::Until(now));
        match (state, event) {
            (State::Store { message, ours: Some(then) }, Event::Stored) => {
                self.state = match message.id {
                    Some(message) => State::ConfirmOurs { message, then },
                    None => *then,
                };
            }
            (State::Store { message, ours: None }, Event::Stored) => match message.id {
                Some(id) => self.state = State::ConfirmForeign(id),
                // It cannot be confirmed, and stays first.
                None => self.look_elsewhere(now),
            },
            // Ours is handled; that it stays in the queue for now harms nobody.
            (State::ConfirmOurs { then, .. }, Event::Answered(_) | Event::Unreachable) => self.state = *then,
            // Taken off, or already gone: the next look shows.
            (State::ConfirmForeign(_), Event::Answered(answer)) => match answer.verdict() {
                Some(Verdict::Refused) => self.look_later(now),
                _ => self.state = State::Look,
            },
            (State::LookAtJob, Event::Answered(answer)) => self.looked_at_job(answer, now),
            (State::Look, Event::Answered(answer)) => self.looked_at_queue(answer, now),
            (State::Look, Event::Unreachable) => self.look_elsewhere(now),
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

    fn outlasts_silence(&self) -> bool {
        true
    }
}
