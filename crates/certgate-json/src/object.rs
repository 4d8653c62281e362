//! Access to the fields of an object, with a tick for each one that was understood.

use std::cell::Cell;

use certgate_domain::{Lenient, Moment, Secret};
use certgate_wire::{DecodeError, FindingKind};

use crate::{scan, tree::Tree, value::Value};

/// An object of the payload.
pub(crate) struct Object<'t, 'a> {
    tree: &'t Tree<'a>,
    index: usize,
    /// Where the next field is probably: they come in the vendor's order.
    next: Cell<usize>,
}

impl<'t, 'a> Object<'t, 'a> {
    pub(crate) fn new(tree: &'t Tree<'a>, index: usize) -> Self {
        Self { tree, index, next: Cell::new(index + 1) }
    }

    /// The root of a tree.
    pub(crate) fn root(tree: &'t Tree<'a>) -> Self {
        Self::new(tree, 0)
    }

    /// This object as a value.
    pub(crate) fn value(&self) -> Value<'t, 'a> {
        Value::new(self.tree, self.index)
    }

    /// The field of that name, ticked; none where it is absent or empty.
    pub(crate) fn field(&self, name: &str) -> Option<Value<'t, 'a>> {
        let object = self.tree.node(self.index)?;
        if object.names & scan::mark(name) == 0 {
            return None;
        }
        let end = object.end();
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
            if self.tree.key(node).is(name) {
                return Some(index);
            }
            index = node.end();
        }
        None
    }

    /// The field under today's name or an older one; under both it is given twice.
    pub(crate) fn either(&self, names: &[&str]) -> Result<Option<Value<'t, 'a>>, DecodeError> {
        let mut found: Option<Value<'t, 'a>> = None;
        for name in names {
            match (&found, self.field(name)) {
                (Some(_), Some(again)) => {
                    return Err(
                        again.refuse(format!("a second `{}`", names.first().unwrap_or(name)), "each field once")
                    );
                }
                (None, Some(value)) => found = Some(value),
                (_, None) => {}
            }
        }
        Ok(found)
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, DecodeError> {
        self.field(name).map(Value::text).transpose()
    }

    pub(crate) fn secret(&self, name: &str) -> Result<Option<Secret>, DecodeError> {
        Ok(self.text(name)?.map(Secret::new))
    }

    pub(crate) fn word<T: for<'w> From<&'w str>>(&self, name: &str) -> Result<Option<T>, DecodeError> {
        self.field(name).map(Value::word).transpose()
    }

    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>, DecodeError> {
        self.field(name).map(Value::integer).transpose()
    }

    pub(crate) fn boolean(&self, name: &str) -> Result<Option<Lenient<bool>>, DecodeError> {
        self.field(name).map(Value::boolean).transpose()
    }

    pub(crate) fn moment(&self, name: &str) -> Result<Option<Lenient<Moment>>, DecodeError> {
        self.field(name).map(Value::moment).transpose()
    }

    pub(crate) fn record<T>(&self, name: &str, read: Read<T>) -> Result<Option<T>, DecodeError> {
        self.field(name).map(|value| value.record(read)).transpose()
    }

    /// A list of records; a single one is a list of one.
    pub(crate) fn records<T>(&self, name: &str, read: Read<T>) -> Result<Vec<T>, DecodeError> {
        self.field(name).map_or(Ok(Vec::new()), |value| value.items().map(|item| item.record(read)).collect())
    }

    /// A list of texts; a single one is a list of one.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<String>, DecodeError> {
        self.field(name).map_or(Ok(Vec::new()), |value| value.items().map(Value::text).collect())
    }

    /// The names of the fields.
    pub(crate) fn names(&self) -> impl Iterator<Item = String> {
        self.tree
            .children(self.index)
            .filter_map(|index| self.tree.node(index))
            .map(|node| certgate_wire::excerpt(&self.tree.key(node).text()))
    }

    /// Notes what nobody asked for. What is empty counts as absent, known or not.
    pub(crate) fn finish(&self) {
        for index in self.tree.children(self.index) {
            if self.tree.node(index).is_some_and(|node| !node.read.get() && !node.absent) {
                self.tree.find(index, FindingKind::Unknown);
            }
        }
    }
}

/// How a record is read from an object.
pub(crate) type Read<T> = fn(&Object<'_, '_>) -> Result<T, DecodeError>;
