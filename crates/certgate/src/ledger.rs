//! What is written down before and after: orders and messages, durably.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use certgate_domain::{
    AnyData, AnyTask, Certificate, Job, Mode, PollMessage, Response, TaskKind, Verdict, words::JobStatus,
};
use certgate_json::{JsonCodec, document};
use certgate_store::{
    Change, Lease, Message, NewMessage, NewOrder, Order, ResumeData, Sqlite, State, Store, StoreError, StoredMessage,
    Which,
};
use certgate_wire::{Codec, Reply};
use serde_json::{Value, json};

use crate::{Error, unix_now};

/// The store of one account. Its clones share the store and the lease.
#[derive(Clone)]
pub struct Ledger {
    store: Arc<Mutex<Box<dyn Store>>>,
    holder: Arc<Lease>,
    account: String,
    /// The last message kept: what is confirmed next.
    last: Option<(Option<i64>, String)>,
}

/// What an order is written down with, besides its task.
#[derive(Debug, Clone, Default)]
pub struct Carry {
    /// What a later process needs to carry on with it.
    pub resume: ResumeData,
    /// Which batch and line.
    pub batch: Option<String>,
}

impl Ledger {
    /// The store in that file, for that account.
    ///
    /// # Errors
    /// [`Error::Unsent`]: nothing may be sent.
    pub fn open(path: &Path, account: &str) -> Result<Self, Error> {
        let store = Sqlite::open(path).map_err(Error::Unsent)?;
        // One process may open it more than once.
        static OPENED: AtomicU32 = AtomicU32::new(0);
        let token = format!("{}-{:x}-{}", std::process::id(), unix_now(), OPENED.fetch_add(1, Ordering::Relaxed));
        let holder = Lease::beside(path, &token).map_err(Error::Unsent)?;
        Ok(Self {
            store: Arc::new(Mutex::new(Box::new(store))),
            holder: Arc::new(holder),
            account: account.to_owned(),
            last: None,
        })
    }

    /// Commits to an order before what validates it is published.
    ///
    /// # Errors
    /// [`Error::Unsent`]: nothing may be published.
    pub fn validate(&mut self, id: &str, task: &AnyTask, name: Option<&str>, carry: &Carry) -> Result<(), Error> {
        self.store()
            .begin_validation(&self.order(id, task, name, carry), &self.holder, unix_now())
            .map_err(Error::Unsent)
    }

    /// Commits to a task that is not safe to repeat, before it leaves.
    ///
    /// # Errors
    /// [`Error::Unsent`]: it may not be sent.
    pub fn intend(&mut self, id: &str, task: &AnyTask, name: Option<&str>, carry: &Carry) -> Result<(), Error> {
        self.store().intend(&self.order(id, task, name, carry), &self.holder, unix_now()).map_err(Error::Unsent)
    }

    fn order(&self, id: &str, task: &AnyTask, name: Option<&str>, carry: &Carry) -> NewOrder {
        let (certificate, ordered) = about(task);
        NewOrder {
            id: id.to_owned(),
            task: task.kind().name().to_owned(),
            account: self.account.clone(),
            certificate,
            name: ordered.and_then(|certificate| certificate.name.clone()).or_else(|| name.map(str::to_owned)),
            product: ordered.and_then(|certificate| certificate.product.clone()),
            csr: ordered.and_then(|certificate| certificate.csr.clone()),
            resume: carry.resume.clone(),
            batch: carry.batch.clone(),
        }
    }

    /// Notes what became of a task that was intended.
    ///
    /// # Errors
    /// [`Error::Store`]: a later run finds its outcome unknown, and looks.
    pub fn settle(
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
                    (_, Mode::Async) => (State::Accepted, "accepted"),
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

    /// Notes a change of an order.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn change(&mut self, id: &str, change: &Change) -> Result<(), Error> {
        self.store().change(id, change, unix_now())?;
        if change.state.is_finished() {
            self.store().release(id, &self.holder)?;
        }
        Ok(())
    }

    /// Notes where an order stands.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn note(&mut self, id: &str, state: State, detail: &str) -> Result<(), Error> {
        let detail = detail.to_owned();
        self.change(id, &Change { state, job: None, stid: None, certificate: None, detail })
    }

    /// Keeps a message of the queue; one about a known order advances it.
    ///
    /// # Errors
    /// [`Error::Store`]: it may not be confirmed.
    pub fn keep(&mut self, transport: &str, message: &PollMessage, body: &[u8]) -> Result<StoredMessage, Error> {
        let object = message.object.as_ref().or_else(|| message.notify.as_ref()?.object.as_ref());
        let new = NewMessage {
            account: self.account.clone(),
            id: message.id,
            transport: transport.to_owned(),
            kind: object.and_then(|object| object.r#type.clone()).unwrap_or_else(|| "message".to_owned()),
            job: message.job.as_ref().and_then(|job| job.id),
            stid: message.stid.clone(),
            ctid: message.ctid.clone(),
            document: document::poll_message(message).to_string(),
            raw: body.to_vec(),
        };
        let kept = self.store().keep(&new, unix_now())?;
        if let Some(order) = &kept.order {
            self.advance(order, message)?;
        }
        self.last = Some((message.id, kept.stable_id.clone()));
        Ok(kept)
    }

    /// Notes what a message says of its order.
    fn advance(&mut self, id: &str, message: &PollMessage) -> Result<(), Error> {
        let Some(order) = self.store().order(id)? else { return Ok(()) };
        let job = message.job.as_ref();
        let state = match job.and_then(|job| job.status.as_ref()) {
            Some(JobStatus::Success) if order.order.task == TaskKind::CertificateDelete.name() => State::Done,
            Some(JobStatus::Success) => State::Issued,
            Some(JobStatus::Failed | JobStatus::Canceled) => State::Failed,
            _ => State::Accepted,
        };
        if order.state == state || !order.state.may_become(state) {
            return Ok(());
        }
        let change = Change {
            state,
            job: job.and_then(|job: &Job| job.id),
            stid: message.stid.clone(),
            certificate: message.object.as_ref().and_then(|object| object.certificate()?.id),
            detail: format!(
                "message {} of the queue",
                message.id.map_or("without an id".to_owned(), |id| id.to_string())
            ),
        };
        self.change(id, &change)
    }

    /// Notes that the message kept last was confirmed.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn confirmed(&mut self, id: i64) -> Result<(), Error> {
        match &self.last {
            Some((Some(last), stable_id)) if *last == id => Ok(self.store().confirmed(stable_id, unix_now())?),
            _ => Ok(()),
        }
    }

    /// The last message about an order that says how its job ended, where one is kept.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn message_of(&mut self, order: &str) -> Result<Option<PollMessage>, Error> {
        let messages = self.store().messages_of(order)?;
        let ended = |message: &PollMessage| {
            let status = message.job.as_ref().and_then(|job| job.status.as_ref());
            matches!(status, Some(JobStatus::Success | JobStatus::Failed | JobStatus::Canceled))
        };
        let read = messages.iter().rev().filter_map(|message| read_message(&message.message.document));
        Ok(read.into_iter().find(ended))
    }

    /// Takes an order over; `false` where a process that still lives carries it.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn claim(&mut self, id: &str) -> Result<bool, Error> {
        Ok(self.store().acquire(id, &self.holder)?)
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
    pub fn of_job(&self, job: i64) -> Result<Option<Order>, Error> {
        Ok(self.store().order_of_job(&self.account, job)?)
    }

    /// The account's orders with something left to do, oldest first: not finished, or what validates them is still published.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn unfinished(&self) -> Result<Vec<Order>, Error> {
        let mut orders = Vec::new();
        self.store().each_order(&Which::Unfinished(self.account.clone()), &mut |order| orders.push(order))?;
        Ok(orders)
    }

    /// The account's orders of a line of a batch, oldest first.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn of_batch(&self, batch: &str) -> Result<Vec<Order>, Error> {
        let mut orders = Vec::new();
        let which = Which::Batch { account: self.account.clone(), batch: batch.to_owned() };
        self.store().each_order(&which, &mut |order| orders.push(order))?;
        Ok(orders)
    }

    /// Messages about no known order that nobody took, oldest first.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn waiting(&self, limit: usize) -> Result<Vec<Message>, Error> {
        Ok(self.store().waiting(&self.account, limit)?)
    }

    /// Notes that a message was handed over.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn take(&mut self, stable_id: &str) -> Result<(), Error> {
        Ok(self.store().take(stable_id, unix_now())?)
    }

    /// The store itself, to look into.
    pub fn store(&self) -> MutexGuard<'_, Box<dyn Store>> {
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

/// A message as it was written down: the JSON API's shape.
fn read_message(document: &str) -> Option<PollMessage> {
    let message: Value = serde_json::from_str(document).ok()?;
    let answer = json!({ "status": { "code": "S0905", "type": "SUCCESS" }, "data": [message] }).to_string();
    let read = JsonCodec::default().decode_response(TaskKind::PollInfo, &Reply::of(answer)).ok()?;
    read.value.data.into_iter().find_map(|data| match data {
        AnyData::PollMessage(message) => Some(*message),
        _ => None,
    })
}
