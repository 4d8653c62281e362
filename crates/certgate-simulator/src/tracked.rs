//! A value that knows whether it was changed.

use std::ops::{Deref, DerefMut};

/// A value, and whether somebody had it to change since it was last kept. A new one was.
pub(crate) struct Tracked<T> {
    value: T,
    pub(crate) is_changed: bool,
}

impl<T> Tracked<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { value, is_changed: true }
    }
}

impl<T> Deref for Tracked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Tracked<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.is_changed = true;
        &mut self.value
    }
}
