//! What is done once, whichever process does it.

use std::collections::HashMap;

/// Work that several processes of a store may be about to do: an order that is not written down yet.
///
/// A process looks what was claimed, then what is to be done, and claims a piece of work only right before it does it. It gets
/// it where nobody has claimed it since that look, so that what another process did meanwhile is not done again, whatever the
/// clocks say and however that process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// What is done: the same text for the same work, whichever machine is to do it.
    pub work: String,
    /// How often it had been claimed and given up when that was looked at.
    pub round: i64,
}

/// What was claimed of an account's work when that was looked at.
#[derive(Debug, Clone, Default)]
pub struct Claims {
    known: HashMap<String, (i64, bool)>,
}

impl Claims {
    /// The claim of a piece of work; none while another process that runs is at it.
    pub fn of(&self, work: String) -> Option<Claim> {
        match self.known.get(&work) {
            Some((_, true)) => None,
            Some((round, false)) => Some(Claim { round: *round, work }),
            None => Some(Claim { round: 0, work }),
        }
    }

    pub(crate) fn insert(&mut self, work: String, round: i64, is_held: bool) {
        self.known.insert(work, (round, is_held));
    }
}
