//! The deletion of a certificate: order, wait, confirm.

use std::time::Duration;

use certgate_domain::{
    AnyData, Verdict,
    task::{CertificateDelete, CertificateInfo},
};

use certgate_x509::CertificateRequest;

use crate::{Awaited, Ending, Event, Pending, Step, Wait, Workflow};

/// The workflow.
#[derive(Debug, Clone)]
pub struct Delete {
    certificate: i64,
    deadline: Duration,
    wait: bool,
    name: Option<String>,
    job: Option<i64>,
    state: State,
}

#[derive(Debug, Clone)]
enum State {
    Inquire,
    Order,
    Wait(Box<Wait>),
    Ended(Box<Ending>),
}

impl Delete {
    /// Deletes that certificate, and waits until the deadline (since the run began) where it is to wait.
    pub fn new(certificate: i64, deadline: Duration, wait: bool) -> Self {
        Self { certificate, deadline, wait, name: None, job: None, state: State::Inquire }
    }
}

impl Workflow for Delete {
    fn step(&mut self, now: Duration) -> Step {
        match &mut self.state {
            State::Inquire => Step::Send(CertificateInfo::new(self.certificate).into()),
            State::Order => Step::Send(CertificateDelete::new(self.certificate).into()),
            State::Wait(wait) => wait.step(now),
            State::Ended(ending) => Step::End(ending.clone()),
        }
    }

    fn heard(&mut self, event: Event, now: Duration) {
        if let State::Wait(wait) = &mut self.state {
            return wait.heard(event, now);
        }
        let Event::Answered(answer) = event else { return };
        if answer.verdict() == Some(Verdict::Refused) {
            self.state = State::Ended(Box::new(Ending::Refused(answer)));
            return;
        }
        match self.state {
            State::Inquire => {
                self.name = answer.data.into_iter().find_map(|data| match data {
                    AnyData::Certificate(certificate) => certificate.name,
                    _ => None,
                });
                self.state = State::Order;
            }
            State::Order => {
                self.job = answer.job_id();
                self.state = if self.wait {
                    let awaited = Awaited {
                        certificate: Some(self.certificate),
                        job: self.job,
                        stid: answer.stid,
                        name: self.name.clone(),
                        request: None,
                    };
                    State::Wait(Box::new(Wait::new(awaited, self.deadline)))
                } else {
                    State::Ended(Box::new(Ending::Pending(Pending::NoWait)))
                };
            }
            State::Wait(_) | State::Ended(_) => {}
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
        Some(self.certificate)
    }

    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn request(&self) -> Option<&CertificateRequest> {
        None
    }
}
