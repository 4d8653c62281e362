//! The queue, tidied up beside what a command is for.

use certgate::{Client, ForeignMessages, Journal, queue::Queue};

use crate::{app::App, streams::say};

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
