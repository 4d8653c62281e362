//! What a person decides about an order that nothing else can tell.

use certgate_domain::{Mode, TaskKind};
use certgate_store::{Change, Order, State};

use crate::{
    Error, Journal,
    validation::{ValidationError, Validator, clean_up},
};

/// What is given up with an order. Whoever decides it has to be sure of something that the gateway does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Abandonment {
    /// The order itself: it never arrived.
    Order,
    /// Its certificate: it will never pass its checks.
    Certificate,
    /// The order is over: only what was published to validate it is given up. It is gone, or may stay.
    Published,
}

/// What came of deciding that a job is an order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Adoption {
    /// The next look at the order looks at that job.
    Adopted,
    /// Another process that is alive holds the order.
    Held,
    /// The job belongs to another order, this one.
    JobOf(String),
    /// No order of that task has a job at the gateway: a revocation is done at once.
    NoJob,
}

/// Whether an order has a job at the gateway, which a person may know.
pub(crate) fn has_job(order: &Order) -> bool {
    TaskKind::by_name(&order.order.task).is_some_and(|task| task.mode() == Mode::Async)
}

impl Abandonment {
    /// What giving that order up would mean.
    pub fn of(order: &Order) -> Self {
        match order.state {
            state if state.is_finished() && !order.published.is_empty() => Self::Published,
            State::Issued => Self::Certificate,
            _ => Self::Order,
        }
    }
}

impl Journal {
    /// Gives an order up. What was published to validate it is removed, custom steps by the validator of their name; what
    /// cannot be removed is told to `not_removed`. `false` while another process that is alive holds the order.
    ///
    /// # Errors
    /// The order cannot be given up where it stands, or the store failed.
    pub fn abandon(
        &mut self,
        order: &Order,
        validators: &[&dyn Validator],
        not_removed: &mut dyn FnMut(&ValidationError),
    ) -> Result<bool, Error> {
        let id = order.order.id.as_str();
        let is_over = Abandonment::of(order) == Abandonment::Published;
        if !self.acquire(id)? {
            return Ok(false);
        }
        if !is_over {
            self.note(id, State::Abandoned, "given up by hand")?;
        }
        let is_gone = clean_up(self, id, validators, not_removed)?;
        if !is_gone && is_over {
            self.record_validation_steps(id, &[])?;
        }
        Ok(true)
    }

    /// Decides that a job of the account is an order of unknown outcome; the next look looks at that job. The outcome stays
    /// unknown until then, so that a mistake can be taken back.
    ///
    /// # Errors
    /// The order's outcome is known, or the store failed.
    pub fn adopt(&mut self, id: &str, job: i64) -> Result<Adoption, Error> {
        if self.find(id)?.is_some_and(|order| !has_job(&order)) {
            return Ok(Adoption::NoJob);
        }
        if let Some(other) = self.of_job(job)?.filter(|order| order.order.id != id) {
            return Ok(Adoption::JobOf(other.order.id));
        }
        if !self.acquire(id)? {
            return Ok(Adoption::Held);
        }
        let detail = format!("job {job}, named by hand");
        let change = Change { state: State::Unknown, job: Some(job), stid: None, certificate: None, detail };
        self.change(id, &change)?;
        Ok(Adoption::Adopted)
    }
}
