//! What is done before an order is driven: its CSR is made, earlier orders of the same are settled, and jobs that others started are
//! looked for.

use std::time::Duration;

use certgate_domain::{
    Certificate, ObjectJob, Query, QueryFilter, TaskKind,
    task::JobList,
    words::{JobStatus, Operator},
};
use certgate_store::{InstallOptions, Order, State};

use super::{
    OrderId, OrderRequest, PreparationError, RecoveryOptions, ResumeOptions, Resumption, RunItem, newcomer::Since,
    resume,
};
use crate::{
    Client, Error, Journal, pages,
    selector::{is_same_name, spellings},
    validation::ValidationError,
};

/// How orders are prepared.
#[derive(Debug, Clone)]
pub struct PreparationOptions {
    /// Until when an order is waited for, since the run began.
    pub deadline: Duration,
    /// Whether it is waited for.
    pub wait: bool,
    /// How earlier orders of the same are looked for whose answers were lost.
    pub recovery: RecoveryOptions,
}

/// Prepares orders: asks with a client, and looks into a store.
pub struct Preparation<'p> {
    /// Asks the gateway.
    pub client: &'p mut Client,
    /// Where orders are recorded.
    pub journal: &'p mut Journal,
    /// The account's jobs that run.
    pub running: &'p mut RunningJobs,
    /// How orders are prepared.
    pub options: &'p PreparationOptions,
    /// Is told what cannot be removed of an earlier order's validation.
    pub not_removed: &'p mut dyn FnMut(&ValidationError),
}

impl Preparation<'_> {
    /// Prepares an order, and gives what a run drives. `known` is the certificate as the gateway has it, where that was asked
    /// already.
    ///
    /// # Errors
    /// [`Error::Preparation`], or the gateway could not be asked: nothing was ordered.
    pub fn order(
        &mut self,
        id: OrderId,
        request: &mut OrderRequest,
        known: Option<&Certificate>,
    ) -> Result<RunItem, Error> {
        let asked = request.asked();
        if let Some(asked) = &asked {
            // Before a key is made for it.
            self.settle_earlier(request)?;
            self.journal.refuse_asked(asked)?;
        }
        match known {
            Some(known) => request.make_csr_like(known, false)?,
            None => request.make_csr(self.client, false)?,
        }
        if self.settle_earlier(request)? {
            // It may be another certificate by now.
            request.existing = None;
        }
        self.running.check(self.client, self.journal, request)?;
        let mut item = request.item(id, self.options.deadline, self.options.wait);
        item.resume.asked = asked;
        Ok(item)
    }

    /// Looks for what earlier orders of the same left unknown, so that one that never arrived does not stand in the way for ever.
    /// What cannot be told yet does, and is named then. Whether there was one.
    fn settle_earlier(&mut self, request: &OrderRequest) -> Result<bool, Error> {
        let mut was_unknown = false;
        for order in self.journal.unfinished()? {
            let is_unknown = matches!(order.state, State::Sending | State::Unknown);
            if is_unknown && request.is_for(&order) {
                self.resume(&order, None)?;
                was_unknown = true;
            }
        }
        Ok(was_unknown)
    }

    /// Finds what is left to do of an order of the store, whose certificate is to be installed so, where that is said.
    ///
    /// # Errors
    /// What the client or the store could not do.
    pub fn resume(&mut self, order: &Order, install: Option<InstallOptions>) -> Result<Resumption, Error> {
        let PreparationOptions { deadline, recovery, .. } = self.options.clone();
        let options = ResumeOptions { deadline, install, recovery, ..ResumeOptions::default() };
        resume(self.client, self.journal, order, &options, self.not_removed)
    }
}

/// The account's jobs that run: one look serves all orders of a run that leave within the next seconds.
#[derive(Debug)]
pub struct RunningJobs {
    scope: Scope,
    seen: Option<Seen>,
    /// When the first order of the run was prepared, in milliseconds since 1970.
    begun: Option<i64>,
}

/// What the last look showed.
#[derive(Debug)]
struct Seen {
    /// When it began, in milliseconds since 1970: what begins after that need not be among the jobs.
    at: i64,
    /// The name whose jobs they are, where they are one's.
    name: Option<String>,
    jobs: Vec<ObjectJob>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    Nobody,
    One,
    Account,
}

/// For how long, in milliseconds, a look counts: two machines that are further apart see each other's jobs.
const FRESH: u64 = 5_000;

impl RunningJobs {
    /// Those of one certificate's name.
    pub fn of_one() -> Self {
        Self { scope: Scope::One, seen: None, begun: None }
    }

    /// Those of the account.
    pub fn of_account() -> Self {
        Self { scope: Scope::Account, seen: None, begun: None }
    }

    /// None: they are not looked for.
    pub fn unasked() -> Self {
        Self { scope: Scope::Nobody, seen: None, begun: None }
    }

    /// Looks whether somebody else's job is in the way of what is asked for, before anything is done for it.
    pub(super) fn check(
        &mut self,
        client: &mut Client,
        journal: &Journal,
        request: &OrderRequest,
    ) -> Result<(), Error> {
        self.begun.get_or_insert_with(|| journal.now());
        let own = request.csr.as_ref().and_then(|(_, csr)| csr.name());
        let Some(name) = request.name.as_deref().or(own) else { return Ok(()) };
        let is_whole = request.product.is_some() && request.admin.is_some() && request.technical.is_some();
        let is_new = request.certificate().is_none();
        if is_new && !is_whole {
            // Nothing is ordered, and nobody is asked.
            return Ok(());
        }
        // One of the store's that is open stands in the way itself, and says more.
        if self.scope == Scope::Nobody || journal.unfinished()?.iter().any(|order| request.is_for(order)) {
            return Ok(());
        }
        self.look_for_others(client, journal, name, is_new)
    }

    /// Since when a new certificate is on its way that the account had none of `none_since` then; `None` where nobody else is looked for.
    pub(super) fn since(&self, none_since: Option<i64>) -> Option<Since> {
        let since = none_since.map(Since::NoneOfItsName).or(self.begun.map(Since::Begun));
        since.filter(|_| self.scope != Scope::Nobody)
    }

    /// Looks for a job of the same certificate that is not one of the store's orders: another machine or a person is at it.
    ///
    /// # Errors
    /// [`PreparationError::UnderWay`], or the client or the store could not tell: order nothing.
    pub(super) fn look_for_others(
        &mut self,
        client: &mut Client,
        journal: &Journal,
        name: &str,
        is_new: bool,
    ) -> Result<(), Error> {
        if self.scope == Scope::Nobody {
            return Ok(());
        }
        let name_asked = (self.scope == Scope::One).then(|| name.to_owned());
        let is_fresh = |seen: &Seen| seen.name == name_asked && is_fresh(client, journal, seen.at, TaskKind::JobList);
        let fresh = self.seen.take().filter(is_fresh);
        let seen = match fresh {
            Some(seen) => seen,
            None => Seen { at: journal.now(), jobs: running(client, name_asked.as_deref())?, name: name_asked },
        };
        for job in &self.seen.insert(seen).jobs {
            let Some((id, inner)) = job.job.as_ref().and_then(|inner| Some((inner.id?, inner))) else { continue };
            // A gateway that passes over the filter lists jobs that are over, too.
            if inner.status.as_ref().is_some_and(JobStatus::has_ended) {
                continue;
            }
            let of_name = job.object.as_ref().and_then(|object| object.value.as_deref());
            let creates = inner.action.as_deref().map(|action| action.eq_ignore_ascii_case("create"));
            // A new certificate of the same name is another one than that which is there.
            let is_of_the_same = of_name.is_some_and(|other| is_same_name(other, name))
                && creates.is_none_or(|creates| creates == is_new);
            if is_of_the_same && journal.of_job(id)?.is_none() && !may_be_ours(journal, name, is_new)? {
                let (action, name) = (inner.action.clone(), name.to_owned());
                return Err(PreparationError::UnderWay { job: id, action, name }.into());
            }
        }
        Ok(())
    }
}

/// Whether a look at that time, in milliseconds since 1970, still counts. A tape answers as often as was looked when it was recorded.
pub(super) fn is_fresh(client: &Client, journal: &Journal, at: i64, look: TaskKind) -> bool {
    match client.is_answered_offline() {
        true => !client.is_answered_next(look),
        false => journal.now().abs_diff(at) < FRESH,
    }
}

/// Whether a job may be that of an order of the store that is out and whose job is not known: one whose answer is on its way, or did
/// not say it.
fn may_be_ours(journal: &Journal, name: &str, is_new: bool) -> Result<bool, Error> {
    Ok(journal.unfinished()?.iter().any(|order| {
        let is_out = matches!(order.state, State::Sending | State::Pending) && order.job.is_none();
        let of_name = order.order.name.as_deref();
        is_out && order.order.certificate.is_none() == is_new && of_name.is_some_and(|other| is_same_name(other, name))
    }))
}

/// The jobs that run, of a certificate's name or of the account. An account that may not list its jobs shows none.
fn running(client: &mut Client, name: Option<&str>) -> Result<Vec<ObjectJob>, Error> {
    let mut ask = |named: Option<String>| {
        let mut filters = vec![QueryFilter::new("status", Operator::Equal, JobStatus::Running.to_string())];
        filters.extend(named.map(|name| QueryFilter::new("object", Operator::Equal, name)));
        pages::all(&Query::all_of(filters), |query| match client.call(JobList { query }) {
            Err(error) if error.refusal().is_some() => Ok::<_, Error>((Vec::new(), None)),
            answered => {
                let answer = answered?.value;
                Ok((answer.data, answer.object.and_then(|object| object.summary)))
            }
        })
    };
    let Some(name) = name else { return ask(None) };
    let of_spellings: Result<Vec<_>, Error> = spellings(name).into_iter().map(|spelling| ask(Some(spelling))).collect();
    Ok(of_spellings?.concat())
}
