//! What is published, step by step, and how it is removed.

use certgate_store::{State, StoreError};

use super::{ValidationError, ValidationStep, Validator, remove};
use crate::{Error, Journal};

/// What is published for an order. Each step is stored before it is done.
pub struct Steps<'a> {
    taken: Vec<ValidationStep>,
    /// Stores the steps; those before are stored already.
    store: &'a mut dyn FnMut(&[ValidationStep]) -> Result<(), Error>,
}

impl<'a> Steps<'a> {
    /// Steps that are stored by that, which is given all of them each time.
    pub fn stored_by(store: &'a mut dyn FnMut(&[ValidationStep]) -> Result<(), Error>) -> Self {
        Self { taken: Vec::new(), store }
    }

    /// Stores a step that is about to be done: whatever ends this process, a later run removes what it published.
    ///
    /// # Errors
    /// It could not be stored: it may not be done.
    pub fn about_to(&mut self, step: ValidationStep) -> Result<(), Error> {
        self.taken.push(step);
        (self.store)(&self.taken)
    }

    /// Takes the last step back: it turned out not to be done, and there is nothing to remove.
    ///
    /// # Errors
    /// That could not be stored.
    pub fn not_done(&mut self) -> Result<(), Error> {
        self.taken.pop();
        (self.store)(&self.taken)
    }
}

/// Removes what was published for an order, the last step first; custom steps by the validator of their name. What cannot be
/// removed is told to `not_removed`, does not stop the rest, and is left to the next run; `false` then. An order that never left
/// is over with that.
///
/// # Errors
/// [`StoreError::LeaseLost`]: another process has taken the order over, and nothing was removed. Or the store failed.
pub fn clean_up(
    journal: &mut Journal,
    id: &str,
    validators: &[&dyn Validator],
    not_removed: &mut dyn FnMut(&ValidationError),
) -> Result<bool, Error> {
    let Some(order) = journal.order_of_any_account(id)? else { return Ok(true) };
    if order.published.is_empty() && order.state != State::Validating {
        return Ok(true);
    }
    if !journal.still_holds(id)? {
        return Err(StoreError::LeaseLost(id.to_owned()).into());
    }
    let mut left = Vec::new();
    for step in order.published.iter().rev() {
        if let Err(why) = remove(step, validators) {
            not_removed(&why);
            left.insert(0, step.clone());
        }
    }
    if order.state == State::Validating {
        journal.note(id, State::Unsent, "it never left")?;
    }
    let is_gone = left.is_empty();
    if !order.published.is_empty() {
        journal.record_validation_steps(id, &left)?;
    }
    Ok(is_gone)
}
