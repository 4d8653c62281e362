//! The account's queue: its messages handed over, and ours confirmed beside what a command is for.

use std::time::Duration;

use certgate::{
    Client, ForeignMessages, Journal,
    queue::{Queue, Recipient},
};

use crate::{
    app::{App, Connection},
    exit::{Exit, Failure},
    streams::say,
    ui::{document, messages::Messages},
};

/// Confirms messages about this store's orders that earlier runs left in the queue, unless it is not to be touched. A failure is a
/// warning: the next run tries again. Gives the ids that were confirmed.
pub(crate) fn confirm_own(app: &App, client: &mut Client, journal: Journal, foreign: ForeignMessages) -> Vec<i64> {
    if foreign == ForeignMessages::Leave {
        return Vec::new();
    }
    let confirmed = Queue::new(client, journal).confirm_own().unwrap_or_else(|error| {
        if !app.quiet {
            say(&format!("certgate: warning: messages about earlier orders may still be in the queue: {error}"));
        }
        Vec::new()
    });
    if !app.quiet {
        for id in &confirmed {
            say(&format!("certgate: message {id} about an earlier order was confirmed"));
        }
    }
    confirmed
}

/// Takes every message off the queue and hands those of others over: until the queue is empty, or for good where an interval is given.
pub(crate) fn hand_over(app: &App, to: &Recipient, interval: Option<Duration>) -> Result<Exit, Failure> {
    let mut connection = Connection::open(app, None)?;
    let journal = connection.journal()?;
    let mut queue = Queue::new(&mut connection.client, journal);
    let mut messages = Messages::new(app);
    let ended = match interval {
        None => queue.drain(to, &mut |event| messages.on(event)),
        Some(interval) => queue.follow(to, interval, &mut |event| messages.on(event)),
    };
    let count = messages.finish(document::findings(queue.findings()), ended.map_err(Failure::from))?;
    document::judge(app, queue.findings())?;
    Ok(if count == 0 { Exit::unchanged("no message was there to be handed over") } else { Exit::DONE })
}
