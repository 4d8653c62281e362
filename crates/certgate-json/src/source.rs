//! The text that a request or an answer is read from.

use certgate_wire::Position;

/// A payload: the whole text, where in it the body starts, and where the target and the headers of a request stand. Over the
/// wire these do not stand in it.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) whole: &'a [u8],
    pub(crate) start: usize,
    pub(crate) target: Option<usize>,
    pub(crate) headers: &'a [usize],
}

impl<'a> Source<'a> {
    /// A body by itself.
    pub(crate) fn body(whole: &'a [u8]) -> Self {
        Self { whole, start: 0, target: None, headers: &[] }
    }

    /// The place of a byte of the target.
    pub(crate) fn in_target(&self, at: usize) -> Option<Position> {
        self.target.map(|target| Position::at(self.whole, target + at))
    }

    /// The place of the request's header of that index.
    pub(crate) fn of_header(&self, index: usize) -> Option<Position> {
        self.headers.get(index).map(|at| Position::at(self.whole, *at))
    }
}
