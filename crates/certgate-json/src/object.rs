//! Reads the fields of an object, and marks each one that was read.

use std::cell::Cell;

use certgate_domain::{Lenient, Moment, Secret};
use certgate_wire::{DecodeError, FindingKind};

use crate::{record::Record, scan, tree::Tree, value::Value};

/// An object of the payload.
pub(crate) struct Object<'t, 'a> {
    tree: &'t Tree<'a>,
    index: usize,
    /// The marks of its names: see [`scan::mark`].
    marks: u64,
    /// The probable index of the next field: fields mostly come in the vendor's order.
    next: Cell<usize>,
}

impl<'t, 'a> Object<'t, 'a> {
    pub(crate) fn new(tree: &'t Tree<'a>, index: usize) -> Self {
        let marks = tree.node(index).map_or(0, |node| node.names);
        Self { tree, index, marks, next: Cell::new(index + 1) }
    }

    /// The root of a tree.
    pub(crate) fn root(tree: &'t Tree<'a>) -> Self {
        Self::new(tree, 0)
    }

    /// This object as a value.
    pub(crate) fn value(&self) -> Value<'t, 'a> {
        Value::new(self.tree, self.index)
    }

    /// The field of that name, marked as read; `None` if it is absent or empty.
    #[inline]
    pub(crate) fn field(&self, name: &str) -> Option<Value<'t, 'a>> {
        // Most fields are absent. Inlined, so that the mark of a name is a constant.
        if self.marks & scan::mark(name) == 0 { None } else { self.find(name) }
    }

    fn find(&self, name: &str) -> Option<Value<'t, 'a>> {
        let end = self.tree.node(self.index)?.end();
        let index =
            self.search(name, self.next.get(), end).or_else(|| self.search(name, self.index + 1, self.next.get()))?;
        let node = self.tree.node(index)?;
        node.read.set(true);
        self.next.set(node.end());
        (!node.absent).then(|| Value::new(self.tree, index))
    }

    fn search(&self, name: &str, from: usize, end: usize) -> Option<usize> {
        let mut index = from;
        while index < end {
            let node = self.tree.node(index)?;
            if node.key.may_be(name) && self.tree.key(node).is(name) {
                return Some(index);
            }
            index = node.end();
        }
        None
    }

    /// The field under one of these names, today's first. Under two of them it is given twice, which is refused.
    #[inline]
    pub(crate) fn one<const N: usize>(&self, names: [&str; N]) -> Result<Option<Value<'t, 'a>>, DecodeError> {
        let mut found = None;
        for name in names {
            let Some(value) = self.field(name) else { continue };
            if found.replace(value).is_some() {
                return Err(value.refuse(format!("a second `{}`", names.first().unwrap_or(&name)), "each field once"));
            }
        }
        Ok(found)
    }

    /// The items of a list. Any other value is taken as a list of one item.
    pub(crate) fn items<const N: usize>(
        &self,
        names: [&str; N],
    ) -> Result<impl Iterator<Item = Value<'t, 'a>>, DecodeError> {
        Ok(self.one(names)?.into_iter().flat_map(Value::items))
    }

    /// The names of the fields.
    pub(crate) fn names(&self) -> impl Iterator<Item = String> {
        self.tree
            .children(self.index)
            .filter_map(|index| self.tree.node(index))
            .map(|node| certgate_wire::excerpt(&self.tree.key(node).text()))
    }

    /// Records a finding for each field that was not read. An empty field counts as absent.
    pub(crate) fn finish(&self) {
        for index in self.tree.children(self.index) {
            if self.tree.node(index).is_some_and(|node| !node.read.get() && !node.absent) {
                self.tree.find(index, FindingKind::Unknown);
            }
        }
    }
}

/// The kinds of fields: each method reads a field by its names, and the method of [`Fields`](crate::fields::Fields) with the same name
/// writes it.
impl Object<'_, '_> {
    #[inline]
    pub(crate) fn text<const N: usize>(&self, names: [&str; N]) -> Result<Option<String>, DecodeError> {
        self.one(names)?.map(Value::text).transpose()
    }

    #[inline]
    pub(crate) fn secret<const N: usize>(&self, names: [&str; N]) -> Result<Option<Secret>, DecodeError> {
        Ok(self.text(names)?.map(Secret::new))
    }

    #[inline]
    pub(crate) fn word<const N: usize, W: for<'w> From<&'w str>>(
        &self,
        names: [&str; N],
    ) -> Result<Option<W>, DecodeError> {
        self.one(names)?.map(Value::word).transpose()
    }

    #[inline]
    pub(crate) fn integer<const N: usize>(&self, names: [&str; N]) -> Result<Option<i64>, DecodeError> {
        self.one(names)?.map(Value::integer).transpose()
    }

    /// A number for which the documented page shows a word.
    #[inline]
    pub(crate) fn lenient_integer<const N: usize>(
        &self,
        names: [&str; N],
    ) -> Result<Option<Lenient<i64>>, DecodeError> {
        self.one(names)?.map(Value::lenient_integer).transpose()
    }

    #[inline]
    pub(crate) fn boolean<const N: usize>(&self, names: [&str; N]) -> Result<Option<Lenient<bool>>, DecodeError> {
        self.one(names)?.map(Value::boolean).transpose()
    }

    #[inline]
    pub(crate) fn moment<const N: usize>(&self, names: [&str; N]) -> Result<Option<Lenient<Moment>>, DecodeError> {
        self.one(names)?.map(Value::moment).transpose()
    }

    /// A moment, or a time without an offset as in the OpenAPI's example of a view.
    #[inline]
    pub(crate) fn moment_or_civil<const N: usize>(
        &self,
        names: [&str; N],
    ) -> Result<Option<Lenient<Moment>>, DecodeError> {
        self.one(names)?.map(Value::moment_or_civil).transpose()
    }

    #[inline]
    pub(crate) fn record<const N: usize, R: Record>(&self, names: [&str; N]) -> Result<Option<R>, DecodeError> {
        self.one(names)?.map(|value| value.record(R::read)).transpose()
    }

    /// A record, or a list of one record. Further items of the list are findings.
    #[inline]
    pub(crate) fn first_record<const N: usize, R: Record>(&self, names: [&str; N]) -> Result<Option<R>, DecodeError> {
        let mut items = self.items(names)?;
        let first = items.next().map(|item| item.record(R::read)).transpose()?;
        items.for_each(Value::unknown);
        Ok(first)
    }

    #[inline]
    pub(crate) fn records<const N: usize, R: Record>(&self, names: [&str; N]) -> Result<Vec<R>, DecodeError> {
        self.items(names)?.map(|item| item.record(R::read)).collect()
    }

    #[inline]
    pub(crate) fn texts<const N: usize>(&self, names: [&str; N]) -> Result<Vec<String>, DecodeError> {
        self.items(names)?.map(Value::text).collect()
    }
}

/// How a record is read from an object.
pub(crate) type Read<T> = fn(&Object<'_, '_>) -> Result<T, DecodeError>;
