//! Waiting for an accepted order.

use std::time::Duration;

use certgate_domain::{
    AnyData, CertificateData, PollMessage, Response, Verdict,
    task::{CertificateInfo, JobInfo, PollConfirm, PollInfo},
    words::JobStatus,
};
use certgate_x509::{CertificateRequest, X509};

use crate::{Ending, Event, ForeignMessages, Pending, Step, Workflow};

/// Waits for one job, by the account's queue or without it, and fetches its certificate.
#[derive(Debug, Clone)]
pub struct Wait {
    target: Target,
    foreign: ForeignMessages,
    deadline: Duration,
    looks: u32,
    /// Whether our message may already be off the queue, so that an empty queue says nothing.
    resumed: bool,
    state: State,
}

/// What is waited for.
#[derive(Debug, Clone)]
struct Target {
    certificate: i64,
    job: Option<i64>,
    stid: Option<String>,
    name: Option<String>,
    /// Public key of the CSR, DER.
    key: Vec<u8>,
}

#[derive(Debug, Clone)]
enum State {
    Until(Duration),
    /// Look into the queue.
    Look,
    /// Ask for the job, or without its id for the certificate.
    LookAtJob,
    Store(Box<PollMessage>),
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
    Ended(Box<Ending>),
}

impl Wait {
    /// The error code of the gateway for a job that is not found or no longer running.
    const JOB_GONE: &str = "EF300101";
    const LONGEST: Duration = Duration::from_secs(30);

    /// Waits for the job of that id, ordered for that certificate with that CSR, until the deadline (since the run began).
    /// Without a job id the order's `stid` and the certificate's name tell which message is ours.
    pub fn new(
        certificate: i64,
        job: Option<i64>,
        stid: Option<String>,
        name: Option<String>,
        request: &CertificateRequest,
        foreign: ForeignMessages,
        deadline: Duration,
    ) -> Self {
        let target = Target { certificate, job, stid, name, key: request.key.spki.clone() };
        let mut this = Self { target, foreign, deadline, looks: 0, resumed: false, state: State::Look };
        this.look();
        this
    }

    /// Carries on from an earlier run, in which our message may have been taken off the queue: where the queue has it no
    /// more, job and certificate are asked.
    #[must_use]
    pub fn resumed(mut self) -> Self {
        self.resumed = true;
        self
    }

    fn look(&mut self) {
        self.state = if self.foreign == ForeignMessages::Leave { State::LookAtJob } else { State::Look };
    }

    fn end(&mut self, ending: Ending) {
        self.state = State::Ended(Box::new(ending));
    }

    fn look_later(&mut self, now: Duration) {
        let pause = Duration::from_secs(1).saturating_mul(2u32.saturating_pow(self.looks.min(10))).min(Self::LONGEST);
        self.looks = self.looks.saturating_add(1);
        self.state = State::Until(now + pause);
    }

    fn looked_at_queue(&mut self, answer: Response<AnyData>, now: Duration) {
        if answer.verdict() == Some(Verdict::Refused) {
            return self.end(Ending::Refused(answer));
        }
        let Some(message) = answer.data.into_iter().find_map(|data| match data {
            AnyData::PollMessage(message) if *message != PollMessage::default() => Some(message),
            _ => None,
        }) else {
            if self.resumed {
                self.state = State::LookAtJob;
                return;
            }
            return self.look_later(now);
        };
        if !self.is_ours(&message) {
            return match self.foreign {
                ForeignMessages::Stop => self.end(Ending::Pending(Pending::ForeignFirst { message: message.id })),
                _ => self.state = State::Store(message),
            };
        }
        let fetch = || State::Fetch {
            certificate: message.object.as_ref().and_then(|o| o.certificate()?.id).unwrap_or(self.target.certificate),
            sure: true,
        };
        let then = match message.job.as_ref().and_then(|job| job.status.as_ref()) {
            Some(JobStatus::Success) => fetch(),
            Some(JobStatus::Failed | JobStatus::Canceled) => {
                State::Ended(Box::new(Ending::Failed(Some((*message).clone()))))
            }
            // A message without a status: the certificate itself decides.
            None => State::Fetch { certificate: self.target.certificate, sure: false },
            Some(_) => State::Look,
        };
        self.state = match message.id {
            Some(id) => State::ConfirmOurs { message: id, then: Box::new(then) },
            None => then,
        };
    }

    /// By the job's id; where the message has none, by the order's transaction id and the object's name.
    fn is_ours(&self, message: &PollMessage) -> bool {
        match (message.job.as_ref().and_then(|job| job.id), self.target.job) {
            (Some(theirs), Some(ours)) => theirs == ours,
            _ => {
                let name = message.object.as_ref().and_then(|object| object.value.as_deref());
                message.stid.is_some()
                    && message.stid == self.target.stid
                    && (name.is_none() || name == self.target.name.as_deref())
            }
        }
    }

    fn looked_at_job(&mut self, answer: Response<AnyData>, now: Duration) {
        if self.target.job.is_none() {
            return self.fetched(answer, false, now);
        }
        if answer.verdict() == Some(Verdict::Refused) {
            if answer.all_messages().any(|message| message.code.as_deref() == Some(Self::JOB_GONE)) {
                self.state = State::Fetch { certificate: self.target.certificate, sure: false };
                return;
            }
            return self.end(Ending::Refused(answer));
        }
        let job = answer.data.into_iter().find_map(|data| match data {
            AnyData::ObjectJob(job) => job.job,
            _ => None,
        });
        match job.and_then(|job| job.status) {
            Some(JobStatus::Success) => self.state = State::Fetch { certificate: self.target.certificate, sure: true },
            Some(JobStatus::Failed | JobStatus::Canceled) => self.end(Ending::Failed(None)),
            _ => self.look_later(now),
        }
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
        server.and_then(|pem| X509::from_pem(pem).ok()).is_some_and(|x509| x509.key.spki == self.target.key)
    }
}

impl Workflow for Wait {
    fn step(&mut self, now: Duration) -> Step {
        if let State::Until(until) = self.state {
            if now >= self.deadline {
                self.end(Ending::Pending(Pending::Deadline));
            } else if now >= until {
                self.look();
            } else {
                return Step::Wait(until.min(self.deadline));
            }
        }
        match &self.state {
            State::Until(until) => Step::Wait(*until),
            State::Look => Step::Send(PollInfo.into()),
            State::LookAtJob => match self.target.job {
                Some(job) => Step::Send(JobInfo::new(job).into()),
                None => Step::Send(CertificateInfo::new(self.target.certificate).into()),
            },
            State::Store(message) => Step::Store(message.clone()),
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
            (State::Store(message), Event::Stored) => match message.id {
                Some(id) => self.state = State::ConfirmForeign(id),
                None => {
                    self.end(Ending::Nonsense("a message of the queue without an id cannot be confirmed".to_owned()))
                }
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
            (State::Fetch { sure, .. }, Event::Answered(answer)) => self.fetched(answer, sure, now),
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

/// The first record of that kind in an answer.
pub(crate) fn prepared(answer: Response<AnyData>) -> Option<CertificateData> {
    answer.data.into_iter().find_map(|data| match data {
        AnyData::CertificateData(data) => Some(*data),
        _ => None,
    })
}
