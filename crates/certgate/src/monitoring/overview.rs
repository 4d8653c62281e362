//! What a person looks at: what is watched, what is next, the orders with their histories, and the messages that wait.

use std::path::PathBuf;

use certgate_domain::{PollMessage, Protocol};
use certgate_store::{Message, NewMessage, Order, OrderEvent};

use super::{Snapshot, WatchedFolders};
use crate::{
    CertificateSettings, Client, Error, Journal,
    estate::{
        Survey,
        plan::{PlannedAction, plan},
        subjects_of_folders,
    },
};

/// What is watched, with what belongs to it.
#[derive(Debug, Default)]
pub struct Overview {
    /// What is watched.
    pub snapshot: Snapshot,
    /// What is to be done next with the certificate of each folder.
    pub next: Vec<NextStep>,
    /// The latest orders of the account, the newest first, each with its history.
    pub orders: Vec<(Order, Vec<OrderEvent>)>,
    /// The messages that wait, as far as they are known. None of them is confirmed or handed over by this look.
    pub messages: Vec<WaitingMessage>,
    /// Why the gateway did not say all of it.
    pub trouble: Option<Error>,
}

/// What is to be done next with a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextStep {
    /// Its folder.
    pub folder: PathBuf,
    /// What; `None` if it cannot be said.
    pub action: Option<PlannedAction>,
    /// Why.
    pub reason: String,
}

/// A message that waits: first in the account's queue, or in the store until somebody takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingMessage {
    /// The message.
    pub message: NewMessage,
    /// The store's order that it is about; none of somebody else's.
    pub order: Option<String>,
    /// When the store received it, in milliseconds since 1970; none of one that is in the queue.
    pub received: Option<i64>,
}

/// So many orders are shown, and so many stored messages.
const ORDERS: usize = 50;
const MESSAGES: usize = 50;

impl Overview {
    /// Looks at all of it. What the gateway does not say is missing; `trouble` tells why. `now` is in seconds since 1970.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn of(
        client: &mut Client,
        journal: &Journal,
        folders: WatchedFolders<'_>,
        looks: bool,
        now: i64,
    ) -> Result<Self, Error> {
        let mut subjects = subjects_of_folders(folders.roots, journal, &CertificateSettings::default(), now)?;
        // What is on its way into a folder is in none yet.
        let found = subjects.iter_mut().filter_map(|subject| match &subject.installed {
            Some(installed) => Some((subject.folder.clone()?, Ok(installed.clone()))),
            None => Some((subject.folder.clone()?, Err(subject.unreadable.take()?))),
        });
        let mut snapshot = Snapshot::of_found(found.collect(), folders, journal, now)?;
        if looks {
            snapshot.look_at_servers();
        }
        let mut trouble = snapshot.list(client, true).err();
        if trouble.is_none() {
            trouble = Survey { client, journal, now }.ask(&mut subjects).err();
        }
        if trouble.is_none() {
            let shown = subjects.iter().filter_map(|subject| subject.certificate.as_deref());
            let known = shown.filter_map(|certificate| Some((certificate.id?, certificate))).collect();
            trouble = snapshot.ask_each(client, true, &known).err();
        }
        let next = subjects.iter().filter_map(|subject| {
            let folder = subject.folder.clone()?;
            let refused = subject.unreadable.as_ref().map(ToString::to_string);
            Some(match refused.map_or_else(|| plan(subject, now).map_err(|why| why.to_string()), Err) {
                Ok(planned) => NextStep { folder, action: Some(planned.action), reason: planned.reason.to_string() },
                Err(reason) => NextStep { folder, action: None, reason },
            })
        });
        let (next, orders) = (next.collect(), journal.latest(ORDERS)?);
        let messages = waiting_messages(client.protocol(), journal, snapshot.first_message.as_ref())?;
        Ok(Self { next, orders, messages, snapshot, trouble })
    }
}

fn waiting_messages(
    protocol: Protocol,
    journal: &Journal,
    first: Option<&PollMessage>,
) -> Result<Vec<WaitingMessage>, Error> {
    let mut messages = Vec::new();
    if let Some(first) = first {
        let message = journal.message(protocol, first, &[]);
        messages.push(WaitingMessage { order: journal.order_of(&message, first)?, message, received: None });
    }
    let of_store =
        |Message { message, order, received, .. }| WaitingMessage { message, order, received: Some(received) };
    messages.extend(journal.waiting(MESSAGES)?.into_iter().map(of_store));
    Ok(messages)
}
