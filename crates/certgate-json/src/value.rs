//! A value of the payload, and its conversion to the documented types.

use std::borrow::Cow;

use certgate_domain::{Lenient, Moment};
use certgate_wire::{DecodeError, FindingKind, excerpt};

use crate::{
    object::{Object, Read},
    tree::{Kind, Tree},
};

/// A value that is not absent.
#[derive(Clone, Copy)]
pub(crate) struct Value<'t, 'a> {
    tree: &'t Tree<'a>,
    index: usize,
}

impl<'t, 'a> Value<'t, 'a> {
    pub(crate) fn new(tree: &'t Tree<'a>, index: usize) -> Self {
        Self { tree, index }
    }

    pub(crate) fn kind(self) -> Kind<'a> {
        self.tree.node(self.index).map_or(Kind::Null, |node| self.tree.kind(node))
    }

    pub(crate) fn refuse(self, found: impl Into<String>, expected: impl Into<String>) -> DecodeError {
        self.tree.refuse(self.index, found, expected)
    }

    /// Records the finding that this is not of its documented type.
    fn odd(self) {
        self.tree.find(self.index, FindingKind::Value);
    }

    /// Records the finding that this is unknown.
    pub(crate) fn unknown(self) {
        self.tree.find(self.index, FindingKind::Unknown);
    }

    fn wrong_shape(self, expected: &str) -> DecodeError {
        let found = match self.kind() {
            Kind::Map => "an object",
            Kind::List => "a list",
            Kind::Text(_) => "a text",
            Kind::Number(_) => "a number",
            Kind::Bool(_) => "true or false",
            Kind::Null => "nothing",
        };
        self.refuse(found, expected)
    }

    /// The text of a scalar, whatever its type.
    fn scalar(self, expected: &str) -> Result<Cow<'a, str>, DecodeError> {
        match self.kind() {
            Kind::Text(text) => Ok(text.text()),
            Kind::Number(number) => Ok(Cow::Borrowed(number)),
            Kind::Bool(true) => Ok(Cow::Borrowed("true")),
            Kind::Bool(false) => Ok(Cow::Borrowed("false")),
            Kind::Null | Kind::List | Kind::Map => Err(self.wrong_shape(expected)),
        }
    }

    pub(crate) fn text(self) -> Result<String, DecodeError> {
        let text = self.scalar("a text")?;
        if !matches!(self.kind(), Kind::Text(_)) {
            self.odd();
        }
        Ok(text.into_owned())
    }

    /// A text that may also be a number, such as a one-time token.
    pub(crate) fn any_text(self) -> Result<String, DecodeError> {
        Ok(self.scalar("a text")?.into_owned())
    }

    pub(crate) fn word<T: for<'w> From<&'w str>>(self) -> Result<T, DecodeError> {
        let text = self.scalar("a word")?;
        if !matches!(self.kind(), Kind::Text(_)) {
            self.odd();
        }
        Ok(T::from(&text))
    }

    pub(crate) fn integer(self) -> Result<i64, DecodeError> {
        const EXPECTED: &str = "a whole number";
        let text = self.scalar(EXPECTED)?;
        text.parse().map_err(|_| self.refuse(excerpt(&text), EXPECTED))
    }

    /// A number for which the documented page shows a word.
    pub(crate) fn lenient_integer(self) -> Result<Lenient<i64>, DecodeError> {
        let text = self.scalar("a whole number")?;
        Ok(self.lenient(text.parse().ok(), text))
    }

    pub(crate) fn boolean(self) -> Result<Lenient<bool>, DecodeError> {
        let text = self.scalar("true or false")?;
        let value = if text.eq_ignore_ascii_case("true") || text == "1" {
            Some(true)
        } else if text.eq_ignore_ascii_case("false") || text == "0" {
            Some(false)
        } else {
            None
        };
        Ok(self.lenient(value, text))
    }

    pub(crate) fn moment(self) -> Result<Lenient<Moment>, DecodeError> {
        let text = self.scalar("a moment")?;
        Ok(self.lenient(text.parse().ok(), text))
    }

    /// A moment, or a time without an offset as in the OpenAPI's example of a view, which is kept as text: `2021-01-01 00:00:00`.
    pub(crate) fn moment_or_civil(self) -> Result<Lenient<Moment>, DecodeError> {
        let text = self.scalar("a moment")?;
        let is_civil = text.len() == 19 && format!("{}Z", text.replacen(' ', "T", 1)).parse::<Moment>().is_ok();
        if is_civil { Ok(Lenient::Raw(text.into_owned())) } else { self.moment() }
    }

    fn lenient<T>(self, value: Option<T>, text: Cow<'_, str>) -> Lenient<T> {
        value.map_or_else(
            || {
                self.odd();
                Lenient::Raw(text.into_owned())
            },
            Lenient::Parsed,
        )
    }

    pub(crate) fn object(self) -> Result<Object<'t, 'a>, DecodeError> {
        match self.kind() {
            Kind::Map => Ok(Object::new(self.tree, self.index)),
            _ => Err(self.wrong_shape("an object")),
        }
    }

    pub(crate) fn record<T>(self, read: Read<T>) -> Result<T, DecodeError> {
        let object = self.object()?;
        self.spend(size_of::<T>())?;
        read(&object)
    }

    /// Reserves memory for a record; refuses if the payload's records would exceed their limit.
    pub(crate) fn spend(self, bytes: usize) -> Result<(), DecodeError> {
        if self.tree.spend(bytes) { Ok(()) } else { Err(self.refuse("more records than fit", "fewer at once")) }
    }

    /// The items of a list, without absent ones. Any other value is taken as a list of one item.
    pub(crate) fn items(self) -> impl Iterator<Item = Value<'t, 'a>> {
        let is_list = matches!(self.kind(), Kind::List);
        let items = is_list.then(|| self.tree.children(self.index).map(|index| Value::new(self.tree, index)));
        items.into_iter().flatten().chain((!is_list).then_some(self)).filter(|item| !item.is_absent())
    }

    /// The fields of an object with their names, without absent ones.
    pub(crate) fn entries(self) -> impl Iterator<Item = (Cow<'a, str>, Value<'t, 'a>)> {
        self.tree
            .children(self.index)
            .filter_map(|index| Some((self.tree.key(self.tree.node(index)?).text(), Value::new(self.tree, index))))
            .filter(|(_, value)| !value.is_absent())
    }

    fn is_absent(self) -> bool {
        self.tree.node(self.index).is_none_or(|node| node.absent)
    }
}
