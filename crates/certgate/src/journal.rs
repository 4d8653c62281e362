//! What is recorded durably before and after each step: orders and messages.

mod departure;
mod lists;
mod messages;
mod run_lease;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use certgate_domain::{AnyData, AnyTask, Certificate, Mode, Response, TaskKind, Verdict};
use certgate_store::{
    Change, Claim, Claims, LastRun, NewOrder, Order, OrderCount, RequestCount, ResumeData, State, Store, StoreAddress,
    StoreError, ValidationStep,
};
use certgate_x509::CertificateRequest;

pub(crate) use self::lists::RequiredReissues;
use self::run_lease::RunLease;
use crate::{Clock, Error, Installation, transaction_id::new_transaction_id, unix_now};

/// Records the orders and messages of one account in a store, for as long as a run lasts. Its clones share the store and the
/// lease.
#[derive(Clone)]
pub struct Journal {
    store: Arc<Mutex<Box<dyn Store>>>,
    run_lease: Arc<RunLease>,
    account: String,
    /// Orders whose validation this run recorded.
    validating: HashSet<String>,
    /// The message that was stored last: the one that is confirmed next.
    last: Option<(Option<i64>, String)>,
    /// The time of what is recorded; the machine's where none is given.
    clock: Option<Clock>,
    /// What this machine is called, where machines have names.
    host: Option<String>,
    /// Whether machines may share the store.
    is_shared: bool,
}

/// What is recorded of an order besides its task.
#[derive(Debug, Clone, Default)]
pub struct Intent {
    /// The certificate's name, where the task does not say it.
    pub name: Option<String>,
    /// What a later process needs to carry on with the order.
    pub resume: ResumeData,
    /// The line of a batch that it is of.
    pub batch: Option<String>,
    /// The work that was claimed for it: it is not recorded where another process has it now.
    pub claim: Option<String>,
}

impl Journal {
    /// Opens the store there, in a file or a database, for that account.
    ///
    /// # Errors
    /// [`Error::Unsent`]: nothing may be sent.
    pub fn open(store: impl Into<StoreAddress>, account: &str) -> Result<Self, Error> {
        let address = store.into();
        let store = address.open().map_err(Error::Unsent)?;
        Self::over(Arc::new(Mutex::new(store)), &address, account)
    }

    /// Over a store that is open, of that address.
    pub(crate) fn over(
        store: Arc<Mutex<Box<dyn Store>>>,
        address: &StoreAddress,
        account: &str,
    ) -> Result<Self, Error> {
        // One process may have several.
        let token = format!("{}-{}", std::process::id(), new_transaction_id());
        let lease = address.lease(&token).map_err(Error::Unsent)?;
        let run_lease = Arc::new(RunLease::new(Arc::clone(&store), lease));
        let (account, validating) = (account.to_owned(), HashSet::new());
        let is_shared = address.file().is_none();
        Ok(Self { store, run_lease, account, validating, last: None, clock: None, host: None, is_shared })
    }

    /// On a machine of that name: the folders of its orders are that machine's.
    #[must_use]
    pub(crate) fn on_host(self, host: Option<String>) -> Self {
        Self { host, ..self }
    }

    /// What this machine is called, where machines have names.
    pub(crate) fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// Whether an order's folder is one of this machine: the order was placed on it, or its key is in that folder here, as in one
    /// that machines share.
    pub(crate) fn is_here(&self, order: &Order) -> bool {
        let ResumeData { install, host, .. } = &order.order.resume;
        let (Some(here), Some(host), Some(install)) = (&self.host, host, install) else { return true };
        let request = || CertificateRequest::read(order.order.csr.as_deref()?).ok();
        here == host || request().is_some_and(|request| Installation::new(install.clone()).has_key_for(&request))
    }

    /// Records by that clock in place of the machine's, such as where orders are driven by it.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock: Some(clock), ..self }
    }

    /// Milliseconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.clock.as_ref().map_or_else(unix_now, |clock| clock.now().saturating_mul(1000))
    }

    /// The older version that the store had before it was opened, which brought it up to date.
    pub fn migrated_from(&self) -> Option<i64> {
        self.store().migrated_from()
    }

    /// Records an order before what validates it is published.
    ///
    /// # Errors
    /// [`Error::Unsent`]: publish nothing.
    pub fn begin_validation(&mut self, id: &str, task: &AnyTask, intent: &Intent) -> Result<(), Error> {
        let order = self.order(id, task, intent);
        self.store().begin_validation(&order, self.run_lease.lease(), self.now()).map_err(Error::Unsent)?;
        self.validating.insert(id.to_owned());
        self.run_lease.keep_renewing();
        Ok(())
    }

    /// Records what is about to be published for an order, or what of it is left to be removed.
    ///
    /// # Errors
    /// [`Error::Store`]: publish nothing.
    pub fn record_validation_steps(&mut self, id: &str, steps: &[ValidationStep]) -> Result<(), Error> {
        Ok(self.store().record_validation_steps(id, steps, self.run_lease.lease())?)
    }

    /// Records a task that is not safe to repeat, before it leaves.
    ///
    /// # Errors
    /// [`Error::Unsent`]: do not send it.
    pub fn record_intent(&mut self, id: &str, task: &AnyTask, intent: &Intent) -> Result<(), Error> {
        let order = self.order(id, task, intent);
        let intended = self.store().record_intent(&order, self.run_lease.lease(), self.now());
        intended.map_err(|error| match error {
            // Whoever took it over has found that it did not leave.
            StoreError::Known(id) if self.validating.contains(&id) => Error::Unsent(StoreError::LeaseLost(id)),
            error => Error::Unsent(error),
        })?;
        self.run_lease.keep_renewing();
        Ok(())
    }

    fn order(&self, id: &str, task: &AnyTask, intent: &Intent) -> NewOrder {
        let Intent { name, mut resume, batch, claim } = intent.clone();
        if resume.install.is_some() {
            resume.host.clone_from(&self.host);
        }
        if let AnyTask::CertificateRevoke(task) = task {
            resume.serial_before = task.certificate.serial_number.clone().or(resume.serial_before);
        }
        let (certificate, ordered) = about(task);
        NewOrder {
            id: id.to_owned(),
            task: task.kind().name().to_owned(),
            account: self.account.clone(),
            certificate,
            name: ordered.and_then(|certificate| certificate.name.clone()).or(name),
            product: ordered.and_then(|certificate| certificate.product.clone()),
            csr: ordered.and_then(|certificate| certificate.csr.clone()),
            resume,
            batch,
            claim,
        }
    }

    /// Refuses a new certificate where an order is open that asked for it in these words, into whatever folder.
    ///
    /// # Errors
    /// [`Error::Unsent`] with [`StoreError::Unfinished`], or the store cannot tell: order nothing.
    pub(crate) fn refuse_asked(&self, asked: &str) -> Result<(), Error> {
        let found = self.store().unfinished_of_new(&self.account, asked, self.run_lease.lease());
        match found.map_err(Error::Unsent)? {
            Some(other) => Err(Error::Unsent(StoreError::Unfinished(other))),
            None => Ok(()),
        }
    }

    /// Records what became of a task whose intent was recorded.
    ///
    /// # Errors
    /// [`Error::Store`]: a later run finds its outcome unknown, and looks.
    pub fn record_outcome(
        &mut self,
        id: &str,
        task: TaskKind,
        outcome: Result<&Response<AnyData>, &Error>,
    ) -> Result<(), Error> {
        let mut change =
            Change { state: State::Unknown, job: None, stid: None, certificate: None, detail: String::new() };
        match outcome {
            Ok(answer) => {
                change.stid.clone_from(&answer.stid);
                let code = answer.status.code.as_ref().map_or("no code", |code| code.as_str());
                let (state, said) = match (answer.verdict(), task.mode()) {
                    (Some(Verdict::Refused), _) => (State::Refused, "refused"),
                    (_, Mode::Async) => (State::Pending, "accepted"),
                    (_, Mode::Sync) => (State::Done, "done"),
                };
                change.state = state;
                change.job = answer.job_id();
                change.detail = match change.job {
                    Some(job) => format!("{said}: {code}, job {job}"),
                    None => format!("{said}: {code}"),
                };
            }
            Err(error) => {
                if !error.leaves_outcome_open() {
                    change.state = State::Unsent;
                }
                change.detail = error.to_string();
            }
        }
        self.change(id, &change)
    }

    /// Records a change of an order.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn change(&mut self, id: &str, change: &Change) -> Result<(), Error> {
        self.store().change(id, change, self.run_lease.lease(), self.now())?;
        if change.state.is_finished() {
            self.store().release(id, self.run_lease.lease())?;
        }
        Ok(())
    }

    /// Records the state of an order. `detail` is a line for its history.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn note(&mut self, id: &str, state: State, detail: &str) -> Result<(), Error> {
        let detail = detail.to_owned();
        self.change(id, &Change { state, job: None, stid: None, certificate: None, detail })
    }

    /// What was claimed of the account's work so far: to be asked before it is looked what is to be done.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn claims(&self) -> Result<Claims, Error> {
        Ok(self.store().claims(&self.account, self.run_lease.lease())?)
    }

    /// Claims work for this run, if nobody has since it was looked what is to be done.
    ///
    /// # Errors
    /// [`Error::Unsent`]: nothing may be sent.
    pub(crate) fn claim(&self, claim: &Claim) -> Result<bool, Error> {
        let claimed = self.store().claim(&self.account, claim, self.run_lease.lease());
        self.run_lease.keep_renewing();
        claimed.map_err(Error::Unsent)
    }

    /// Gives claimed work up.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub(crate) fn unclaim(&self, work: &str) -> Result<(), Error> {
        Ok(self.store().unclaim(&self.account, work, self.run_lease.lease())?)
    }

    /// The ids of the orders that this run holds.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub(crate) fn held(&self) -> Result<HashSet<String>, Error> {
        Ok(self.store().held(&self.account, self.run_lease.lease())?.into_iter().collect())
    }

    /// Acquires an order, to carry on with it; `false` while another process that is alive holds it.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn acquire(&mut self, id: &str) -> Result<bool, Error> {
        let is_acquired = self.store().acquire(id, self.run_lease.lease())?;
        if is_acquired {
            self.run_lease.keep_renewing();
        }
        Ok(is_acquired)
    }

    /// Gives an order up that was acquired, and is left to another machine.
    pub(crate) fn release(&self, id: &str) -> Result<(), Error> {
        Ok(self.store().release(id, self.run_lease.lease())?)
    }

    /// Whether this run still holds an order that it began or acquired. One that slept past the end of its lease does, where no
    /// other process has taken the order over.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn still_holds(&self, id: &str) -> Result<bool, Error> {
        let (mut store, lease) = (self.store(), self.run_lease.lease());
        if store.holds(id, lease)? {
            return Ok(true);
        }
        store.renew(lease)?;
        Ok(store.holds(id, lease)?)
    }

    /// An order, whichever account it belongs to.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub(crate) fn order_of_any_account(&self, id: &str) -> Result<Option<Order>, Error> {
        Ok(self.store().order(id)?)
    }

    /// An order of the account by its id, or by its job's.
    ///
    /// # Errors
    /// [`Error::Store`]; also where the order is another account's.
    pub fn find(&self, id: &str) -> Result<Option<Order>, Error> {
        if let Some(found) = self.store().order(id)? {
            if found.order.account == self.account {
                return Ok(Some(found));
            }
            return Err(StoreError::OtherAccount { id: found.order.id, account: found.order.account }.into());
        }
        match id.parse() {
            Ok(job) => Ok(self.store().order_of_job(&self.account, job)?),
            Err(_) => Ok(None),
        }
    }

    /// The order that a job belongs to.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub(crate) fn of_job(&self, job: i64) -> Result<Option<Order>, Error> {
        Ok(self.store().order_of_job(&self.account, job)?)
    }

    /// Records how a command ended, and adds what it sent to what was sent before.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn record_run(
        &self,
        command: &str,
        exit_code: u8,
        is_success: bool,
        sent: &[RequestCount],
    ) -> Result<(), Error> {
        let now = self.now();
        let succeeded = is_success.then_some(now);
        let run = LastRun { command: command.to_owned(), ended: now, exit_code, succeeded };
        Ok(self.store().record_run(&self.account, self.host_of_runs(), &run, sent)?)
    }

    /// A store in a file is one machine's, whatever that is called today, as a container is anew with each run.
    fn host_of_runs(&self) -> Option<&str> {
        self.host.as_deref().filter(|_| self.is_shared)
    }

    /// When commands of the account ran last on this machine.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn last_runs(&self) -> Result<Vec<LastRun>, Error> {
        Ok(self.store().last_runs(&self.account, self.host_of_runs())?)
    }

    /// What the account's recorded runs sent.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn requests(&self) -> Result<Vec<RequestCount>, Error> {
        Ok(self.store().requests(&self.account)?)
    }

    /// How many orders of the account are in each state.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn count_orders(&self) -> Result<Vec<OrderCount>, Error> {
        Ok(self.store().count_orders(&self.account)?)
    }

    /// The account whose orders these are.
    pub(crate) fn account(&self) -> &str {
        &self.account
    }

    /// The store itself.
    pub(crate) fn store(&self) -> MutexGuard<'_, Box<dyn Store>> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The certificate a task is about, and what is ordered.
fn about(task: &AnyTask) -> (Option<i64>, Option<&Certificate>) {
    match task {
        AnyTask::CertificateCreate(task) => (None, Some(&task.certificate)),
        AnyTask::CertificateRealtime(task) => (None, Some(&task.certificate)),
        AnyTask::CertificateReissue(task) => (task.certificate.id, Some(&task.certificate)),
        AnyTask::CertificateRenew(task) => (task.certificate.id, Some(&task.certificate)),
        AnyTask::CertificateRevoke(task) => (task.certificate.id, Some(&task.certificate)),
        AnyTask::CertificateDelete(task) => (task.id, None),
        _ => (None, None),
    }
}
