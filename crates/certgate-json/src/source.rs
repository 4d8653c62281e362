//! The text from which a request or an answer is read.

use certgate_wire::Position;

/// A payload: the whole text, and the offsets of the body, the target and the headers in it. A request from the wire has its target
/// and headers elsewhere.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) whole: &'a [u8],
    pub(crate) start: usize,
    pub(crate) target: Option<usize>,
    pub(crate) headers: &'a [usize],
}

impl<'a> Source<'a> {
    /// A payload that is a body alone.
    pub(crate) fn body(whole: &'a [u8]) -> Self {
        Self { whole, start: 0, target: None, headers: &[] }
    }

    /// The position of a byte of the target.
    pub(crate) fn in_target(&self, at: usize) -> Option<Position> {
        self.target.map(|target| Position::at(self.whole, target + at))
    }

    /// The position of the header of that index.
    pub(crate) fn of_header(&self, index: usize) -> Option<Position> {
        self.headers.get(index).map(|at| Position::at(self.whole, *at))
    }
}
