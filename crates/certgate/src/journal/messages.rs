//! The messages of the queue in the journal: stored before they are confirmed, found by their orders, handed over.

use std::{collections::HashMap, time::Duration};

use certgate_domain::{AnyData, Job, PollMessage, Protocol, TaskKind, words::JobStatus};
use certgate_flow::Whose;
use certgate_json::{JsonCodec, document};
use certgate_store::{Change, Message, NewMessage, Order, QueueReader, QueueState, State, StoredMessage};
use certgate_wire::{Codec, Reply};
use serde_json::{Value, json};

use super::Journal;
use crate::Error;

/// How often a database is asked that tells nothing.
const LOOK: Duration = Duration::from_secs(1);
/// How often one is asked that would have told: something may not have got through.
const UNTOLD: Duration = Duration::from_secs(10);

impl Journal {
    /// Stores a message of the queue; one about a known order advances it.
    ///
    /// # Errors
    /// [`Error::Store`]: the message was not stored. Do not confirm it.
    pub(crate) fn store_message(
        &mut self,
        protocol: Protocol,
        message: &PollMessage,
        body: &[u8],
    ) -> Result<StoredMessage, Error> {
        let new = self.message(protocol, message, body);
        let kept = self.store().keep(&new, &|order| is_about(order, message), self.now())?;
        if let Some(order) = &kept.order {
            self.advance(order, message)?;
        }
        self.last = Some((message.id, kept.stable_id.clone()));
        Ok(kept)
    }

    pub(crate) fn message(&self, protocol: Protocol, message: &PollMessage, body: &[u8]) -> NewMessage {
        NewMessage {
            account: self.account.clone(),
            id: message.id,
            transport: protocol.name().to_owned(),
            kind: message.about().and_then(|object| object.r#type.clone()).unwrap_or_else(|| "message".to_owned()),
            job: message.job.as_ref().and_then(|job| job.id),
            stid: message.stid.clone(),
            ctid: message.ctid.clone(),
            document: document::poll_message(message).to_string(),
            raw: body.to_vec(),
        }
    }

    /// Whether a message is about an order in the store: by its job, else by the transaction ids, and by what it names.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn knows(&self, protocol: Protocol, message: &PollMessage) -> Result<bool, Error> {
        Ok(self.order_of(&self.message(protocol, message, &[]), message)?.is_some())
    }

    /// Whose a message is, where an order that is being sent may turn out to be the one it is about.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub(crate) fn whose(&self, protocol: Protocol, message: &PollMessage) -> Result<Whose, Error> {
        // Asked first: an answer that is recorded meanwhile is found after.
        let is_sending = self.store().is_sending(&self.account, self.run_lease.lease())?;
        Ok(match self.knows(protocol, message)? {
            true => Whose::Ours,
            false if is_sending => Whose::NotKnownYet,
            false => Whose::Foreign,
        })
    }

    /// The id of the order in the store that a message is about.
    pub(crate) fn order_of(&self, new: &NewMessage, message: &PollMessage) -> Result<Option<String>, Error> {
        let order = self.store().order_of_message(new)?.filter(|order| is_about(order, message));
        Ok(order.map(|order| order.order.id))
    }

    /// Whether the gateway took up an order of the account in the last so many days, and no message about it was confirmed.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn awaits_message(&self, days: u16) -> Result<bool, Error> {
        let since = self.now() - i64::from(days) * 86_400_000;
        Ok(self.store().awaits_message(&self.account, since)?)
    }

    /// Whether the account's queue is to be looked into now, or another process of the store does that: one that has not looked
    /// for longer than `patience` is relieved. To be asked before each look.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn read_queue(&self, patience: Duration) -> Result<QueueReader, Error> {
        Ok(self.store().read_queue(&self.account, self.run_lease.lease(), patience)?)
    }

    /// Tells the other processes of the store how the queue is.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub(crate) fn note_queue(&self, state: QueueState) -> Result<(), Error> {
        Ok(self.store().note_queue(&self.account, self.run_lease.lease(), state)?)
    }

    /// Records what a message says of its order, unless another process that is alive holds it.
    pub(crate) fn advance(&mut self, id: &str, message: &PollMessage) -> Result<(), Error> {
        let Some(order) = self.store().order(id)?.filter(|order| is_about(order, message)) else { return Ok(()) };
        let job = message.job.as_ref();
        let state = match job.and_then(|job| job.status.as_ref()) {
            Some(JobStatus::Success) if order.order.task == TaskKind::CertificateDelete.name() => State::Done,
            Some(JobStatus::Success) => State::Issued,
            Some(JobStatus::Failed | JobStatus::Canceled) => State::Failed,
            _ => State::Pending,
        };
        if order.state == state || !order.state.may_become(state) {
            return Ok(());
        }
        let change = Change {
            state,
            job: job.and_then(|job: &Job| job.id),
            stid: message.stid.clone(),
            certificate: message.about().and_then(|object| object.certificate()?.id),
            detail: format!(
                "message {} of the queue",
                message.id.map_or("without an id".to_owned(), |id| id.to_string())
            ),
        };
        self.store().advance(id, &change, self.run_lease.lease(), self.now())?;
        Ok(())
    }

    /// Records that the message that was stored last was confirmed.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub(crate) fn record_confirmation(&mut self, id: i64) -> Result<(), Error> {
        match &self.last {
            Some((Some(last), stable_id)) if *last == id => Ok(self.store().confirmed(stable_id, self.now())?),
            _ => Ok(()),
        }
    }

    /// The last message about an order that says how its job ended, where one is kept.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub(crate) fn message_of(&mut self, order: &Order) -> Result<Option<PollMessage>, Error> {
        let messages = self.store().messages_of(&order.order.id)?;
        let read = |message: &Message| ended(&message.message.document).filter(|read| is_about(order, read));
        Ok(messages.iter().rev().find_map(read))
    }

    /// The messages of the queue that say how the jobs of this run's orders ended, whichever process stored them, each with its
    /// order; the last one of each.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub(crate) fn messages_of_held(&self) -> Result<HashMap<String, PollMessage>, Error> {
        let messages = self.store().messages_of_held(&self.account, self.run_lease.lease())?;
        Ok(messages.into_iter().filter_map(|(order, document)| Some((order, ended(&document)?))).collect())
    }

    /// How long after the last time it is to be asked for messages that other processes stored: at once where the database has
    /// told of one.
    pub(crate) fn pause_between_looks(&self) -> Duration {
        match self.store().was_told(&self.account) {
            Some(true) => Duration::ZERO,
            Some(false) => UNTOLD,
            None => LOOK,
        }
    }

    /// Messages about no known order that nobody took, oldest first.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn waiting(&self, limit: usize) -> Result<Vec<Message>, Error> {
        Ok(self.store().waiting(&self.account, limit)?)
    }

    /// Records that a message was handed over.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn take(&mut self, stable_id: &str) -> Result<(), Error> {
        Ok(self.store().take(stable_id, self.now())?)
    }
}

/// Whether what a message names is not somebody else's than the order's.
fn is_about(order: &Order, message: &PollMessage) -> bool {
    !message.is_of_another(order.order.certificate, order.order.name.as_deref())
}

/// A message that says how its job ended.
fn ended(document: &str) -> Option<PollMessage> {
    let read = read_message(document)?;
    let status = read.job.as_ref().and_then(|job| job.status.as_ref());
    status.is_some_and(JobStatus::has_ended).then_some(read)
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

#[cfg(test)]
mod tests {
    use certgate_domain::{
        AnyTask, Job, PollMessage, Protocol, Response, Status, StatusCode, task::CertificateReissue,
    };
    use certgate_flow::Whose;
    use pretty_assertions::assert_eq;

    use crate::{Intent, Journal};

    /// Nothing is known of the job before the answer is, whichever process waits for it.
    #[test]
    fn a_message_is_nobodys_until_every_answer_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Journal::open(folder.path().join("store.sqlite"), "user@9").unwrap();
        let (reader, mut sender) = (open(), open());
        let job = Job { id: Some(7), ..Job::default() };
        let message = PollMessage { id: Some(1), job: Some(job.clone()), ..PollMessage::default() };
        let whose = |journal: &Journal| journal.whose(Protocol::Json, &message).unwrap();
        assert_eq!(whose(&reader), Whose::Foreign);
        let task = AnyTask::from(CertificateReissue::default());
        sender.record_intent("order", &task, &Intent::default()).unwrap();
        assert_eq!([&reader, &sender].map(whose), [Whose::NotKnownYet; 2]);
        let status = Status { code: Some(StatusCode::new("N400102")), text: None, r#type: None };
        let answer =
            Response { stid: None, ctid: None, status, object: None, messages: vec![], data: vec![job.into()] };
        sender.record_outcome("order", task.kind(), Ok(&answer)).unwrap();
        assert_eq!([&reader, &sender].map(whose), [Whose::Ours; 2]);
    }
}

#[cfg(all(test, feature = "postgres", unix))]
mod postgres_tests {
    use std::{sync::Arc, time::Duration};

    use certgate_store::StoreAddress;
    use certgate_testing::{Cluster, Role};
    use pretty_assertions::assert_eq;

    use super::{LOOK, UNTOLD};
    use crate::Journal;

    /// A file is asked ever again; a database only once it has told of something, or nothing for long.
    #[test]
    fn who_is_told_need_not_ask() {
        let folder = tempfile::tempdir().unwrap();
        let file = Journal::open(folder.path().join("store.sqlite"), "user@9").unwrap();
        assert_eq!([(); 2].map(|()| file.pause_between_looks()), [LOOK; 2]);
        let Some(cluster) = Cluster::shared() else { return };
        let role = cluster.role();
        let address = StoreAddress::parse(role.url()).unwrap();
        let address = address.with_password_command(Arc::new(|| Ok(Role::PASSWORD.to_owned())));
        let database = Journal::open(address, "user@9").unwrap();
        assert_eq!(
            [(); 2].map(|()| database.pause_between_looks()),
            [Duration::ZERO, UNTOLD],
            "it listens from now on"
        );
        let told = ["other/user@9".to_owned(), format!("{0}/user@8", role.name), format!("{0}/user@9", role.name)];
        cluster.execute(&told.map(|told| format!("NOTIFY certgate, '{told}'")).join("; "));
        while database.pause_between_looks() != Duration::ZERO {}
        assert_eq!(database.pause_between_looks(), UNTOLD);
    }
}
