//! Accessors that tick off what was read, so that what nobody read becomes a finding.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
};

use certgate_domain::{Foreign, Lenient, Moment, Secret};
use certgate_wire::{DecodeError, Finding, FindingKind, Findings, Limits, Position, excerpt};
use jiff::tz::TimeZone;

use crate::{
    fingerprint::Fingerprint,
    nodes::{Marks, NONE, Tree},
    record::Record,
    value::{read_flag, read_moment},
};

/// A tree being read.
pub(crate) struct Reading<'a> {
    tree: &'a Tree<'a>,
    zone: &'a TimeZone,
    ticks: Vec<Cell<Tick>>,
    findings: RefCell<Vec<Found>>,
    /// The bytes that further records may take.
    room: Cell<usize>,
    /// The element found last.
    last: Cell<u32>,
}

/// A finding whose position is not computed yet: that is done for all of them in one pass.
struct Found {
    kind: FindingKind,
    path: String,
    offset: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tick {
    Unread,
    /// Read; unread children are findings.
    Read,
    /// Read with everything inside.
    Whole,
}

/// An element of a tree being read.
#[derive(Clone, Copy)]
pub(crate) struct Element<'r, 'a> {
    reading: &'r Reading<'a>,
    node: u32,
    /// The marks of its children's names. Most fields are absent, which these show without comparing names.
    marks: Marks,
}

type Result<T> = std::result::Result<T, DecodeError>;

impl<'a> Reading<'a> {
    pub(crate) fn new(tree: &'a Tree<'a>, zone: &'a TimeZone) -> Self {
        let room = Cell::new(Limits::records(tree.bytes().len()));
        let ticks = vec![Cell::new(Tick::Unread); tree.len()];
        Self { tree, zone, ticks, findings: RefCell::default(), room, last: Cell::new(NONE) }
    }

    /// The root element, marked as read.
    pub(crate) fn root(&self) -> Element<'_, 'a> {
        self.tick(0, Tick::Read);
        self.element(0)
    }

    fn element(&self, node: u32) -> Element<'_, 'a> {
        Element { reading: self, node, marks: self.tree.marks(node) }
    }

    fn tick(&self, node: u32, tick: Tick) {
        if let Some(cell) = self.ticks.get(node as usize) {
            cell.set(tick);
        }
    }

    fn ticked(&self, node: u32) -> Tick {
        self.ticks.get(node as usize).map_or(Tick::Whole, Cell::get)
    }

    /// Records a finding at an element, or at `below` it. Paths are expensive, so they are made only for findings that are kept.
    fn find(&self, kind: FindingKind, node: u32, below: &str, offset: usize) {
        let mut findings = self.findings.borrow_mut();
        if findings.len() < Limits::FINDINGS {
            let path = self.tree.path(node) + below;
            findings.push(Found { kind, path, offset });
        }
    }

    /// Whether an element has any text or attribute value in it, at any depth. An empty one counts as absent.
    fn says_something(&self, node: u32) -> bool {
        !self.tree.text(node).trim().is_empty()
            || self.tree.attributes_of(node).any(|attribute| !self.tree.attribute_value(attribute).is_empty())
            || self.tree.children(node).any(|child| self.says_something(child))
    }

    /// The findings recorded while reading, and one for each element and attribute that was not read, in the order of the body.
    pub(crate) fn findings(self) -> Findings {
        let mut hidden = vec![false; self.tree.len()];
        for node in 0..self.tree.len() as u32 {
            let above = self.tree.parent(node).is_some_and(|parent| {
                hidden.get(parent as usize).copied().unwrap_or(true) || self.ticked(parent) == Tick::Whole
            });
            let unread = self.ticked(node) == Tick::Unread;
            if unread && !above && self.says_something(node) {
                self.find(FindingKind::Unknown, node, "", self.tree.offset(node));
            }
            if let Some(place) = hidden.get_mut(node as usize) {
                *place = above || unread;
            }
            let full = self.findings.borrow().len() >= Limits::FINDINGS;
            if full {
                break;
            }
        }
        for attribute in self.tree.attributes() {
            let name = self.tree.attribute_name(attribute);
            let known = match self.tree.parent(attribute.node) {
                None => name.starts_with("xmlns") || name.starts_with("xsi:"),
                Some(_) => self.tree.name(attribute.node) == "task" && name == "serial",
            };
            let inside = hidden.get(attribute.node as usize).copied().unwrap_or(true);
            let is_empty = self.tree.attribute_value(attribute).is_empty();
            if !known && !inside && !is_empty && self.ticked(attribute.node) != Tick::Whole {
                let below = format!(".@{name}");
                self.find(FindingKind::Unknown, attribute.node, &below, self.tree.attribute_offset(attribute));
            }
        }
        let mut findings = self.findings.into_inner();
        findings.sort_by_key(|found| found.offset);
        let (mut place, mut before) = (Position { line: 1, column: 1 }, 0);
        findings
            .into_iter()
            .map(|Found { kind, path, offset }| {
                place = place.after(self.tree.bytes().get(before..offset).unwrap_or_default());
                before = offset;
                Finding { kind, path, place: Some(place) }
            })
            .collect()
    }
}

impl<'r, 'a> Element<'r, 'a> {
    pub(crate) fn name(&self) -> &'a str {
        self.reading.tree.name(self.node)
    }

    /// The children that have not been read so far.
    pub(crate) fn unread(&self) -> Vec<Element<'r, 'a>> {
        let reading = self.reading;
        let children = reading.tree.children(self.node).filter(|node| reading.ticked(*node) == Tick::Unread);
        children.map(|node| reading.element(node)).collect()
    }

    /// A refusal at the position of this element.
    pub(crate) fn refuse(&self, found: impl Into<String>, expected: impl Into<String>) -> DecodeError {
        let tree = self.reading.tree;
        DecodeError::new(tree.path(self.node), found, expected).at(tree.bytes(), tree.offset(self.node))
    }

    /// Records the finding that this element's text is not of its documented type.
    pub(crate) fn odd_value(&self) {
        let tree = self.reading.tree;
        self.reading.find(FindingKind::Value, self.node, "", tree.offset(self.node));
    }

    /// Whether it has neither text nor children.
    pub(crate) fn is_empty(&self) -> bool {
        !self.has_children() && self.beside().is_empty()
    }

    /// The text between its child elements. White space does not count, nor do the no-break spaces of the documented page.
    fn beside(&self) -> &'r str {
        self.verbatim().trim()
    }

    pub(crate) fn has_children(&self) -> bool {
        self.reading.tree.has_children(self.node)
    }

    /// Its text, untrimmed, for values that count byte for byte.
    pub(crate) fn verbatim(&self) -> &'r str {
        self.reading.tree.text(self.node)
    }

    /// Marks it as read with everything inside: nothing in it becomes a finding.
    pub(crate) fn take_whole(&self) {
        self.reading.tick(self.node, Tick::Whole);
    }

    /// Marks it as read.
    pub(crate) fn take(&self) {
        self.reading.tick(self.node, Tick::Read);
    }

    /// Whether there is a child of that name. Does not mark it as read.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.reading.tree.named(self.node, &[name]).next().is_some()
    }

    /// All children with one of these names, marked as read.
    pub(crate) fn all<const N: usize>(&self, names: [&str; N]) -> Vec<Element<'r, 'a>> {
        let reading = self.reading;
        let mut found = Vec::new();
        if self.may_have(names) {
            for node in reading.tree.named(self.node, &names) {
                reading.tick(node, Tick::Read);
                found.push(reading.element(node));
            }
        }
        found
    }

    /// The only child with one of these names, marked as read. The names are spellings of one field, so two children are an error.
    #[inline]
    pub(crate) fn one<const N: usize>(&self, names: [&str; N]) -> Result<Option<Element<'r, 'a>>> {
        if self.may_have(names) { self.find_one(&names) } else { Ok(None) }
    }

    // Inlined, so that the marks of the names are constants.
    #[inline]
    fn may_have<const N: usize>(&self, names: [&str; N]) -> bool {
        names.into_iter().any(|name| self.marks.any & Fingerprint::of(name).mark() != 0)
    }

    fn find_one<const N: usize>(&self, names: &[&str; N]) -> Result<Option<Element<'r, 'a>>> {
        let reading = self.reading;
        let node = match names.as_slice() {
            [name] if self.marks.several & Fingerprint::of(name).mark() == 0 => {
                reading.tree.first_named(self.node, name, reading.last.get())
            }
            _ => {
                let mut named = reading.tree.named(self.node, names);
                let first = named.next();
                if let Some(second) = named.next() {
                    return Err(reading.element(second).refuse("a second one", "one only"));
                }
                first
            }
        };
        let Some(node) = node else { return Ok(None) };
        reading.last.set(node);
        reading.tick(node, Tick::Read);
        Ok(Some(reading.element(node)))
    }

    /// The trimmed text of a scalar; `None` if it is empty.
    pub(crate) fn scalar(&self) -> Result<Option<&'r str>> {
        self.check_scalar()?;
        Ok(Some(self.verbatim().trim_ascii()).filter(|text| !text.is_empty()))
    }

    /// The scalar of one of these names, and its text.
    #[inline]
    fn scalar_of<const N: usize>(&self, names: [&str; N]) -> Result<Option<(Self, &'r str)>> {
        let Some(element) = self.one(names)? else { return Ok(None) };
        Ok(element.scalar()?.map(|text| (element, text)))
    }

    fn check_scalar(&self) -> Result<()> {
        match self.reading.tree.children(self.node).next() {
            // A name in a secret may be a part of it: `a<b/>`.
            Some(_) if self.reading.tree.secret(self.node).is_some() => Err(self.refuse("an element", "text")),
            Some(child) => {
                let found = format!("the element <{}>", self.reading.tree.name(child));
                Err(self.refuse(found, "text"))
            }
            None => Ok(()),
        }
    }

    /// Reads it as a record, which has children and no text; `None` if it is empty.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Self) -> Result<T>) -> Result<Option<T>> {
        if self.is_empty() {
            return Ok(None);
        }
        self.check_record()?;
        self.spend(size_of::<T>())?;
        read(self).map(Some)
    }

    /// Reserves memory for a record; refuses if the body's records would exceed their limit.
    fn spend(&self, bytes: usize) -> Result<()> {
        let room = self.reading.room.get().checked_sub(bytes);
        self.reading.room.set(room.ok_or_else(|| self.refuse("more records than fit", "fewer at once"))?);
        Ok(())
    }

    pub(crate) fn check_record(&self) -> Result<()> {
        let tree = self.reading.tree;
        let text = self.beside();
        if text.is_empty() {
            return Ok(());
        }
        if !tree.has_children(self.node) {
            // Not shown: it may be a session, or credentials.
            return Err(self.refuse("text", "elements"));
        }
        self.reading.find(FindingKind::Unknown, self.node, ".#text", tree.offset(self.node));
        Ok(())
    }

    /// Reads the only child with one of these names as a block of fields.
    pub(crate) fn block<const N: usize, T>(
        &self,
        names: [&str; N],
        read: impl FnOnce(&Self) -> Result<T>,
    ) -> Result<Option<T>> {
        match self.one(names)? {
            Some(element) => element.read(read),
            None => Ok(None),
        }
    }

    pub(crate) fn whole_number(&self, text: &str) -> Result<i64> {
        text.parse().map_err(|_| self.refuse(excerpt(text), "a whole number"))
    }

    /// Keeps the whole element, for kinds of objects that are not modelled; `None` if it is empty.
    pub(crate) fn foreign(&self) -> Result<Option<Foreign>> {
        self.take_whole();
        let tree = self.reading.tree;
        // Each with the room for its neighbour that a growing list keeps.
        let entries = 1 + tree.attributes_of(self.node).count();
        self.spend(2 * entries * size_of::<(String, Foreign)>())?;
        let mut entries: Vec<(String, Foreign)> = tree
            .attributes_of(self.node)
            .map(|attribute| (tree.attribute_name(attribute), tree.attribute_value(attribute)))
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (format!("@{name}"), Foreign::Text(value.into_owned())))
            .collect();
        let text = if self.has_children() { self.beside() } else { self.verbatim().trim_ascii() };
        if entries.is_empty() && !self.has_children() {
            return Ok(Some(Foreign::Text(text.to_owned())).filter(|_| !text.is_empty()));
        }
        let children = tree.children(self.node).map(|node| self.reading.element(node));
        entries.extend(together(children)?);
        if !text.is_empty() {
            entries.push(("#text".to_owned(), Foreign::Text(text.to_owned())));
        }
        Ok(Some(entries).filter(|entries| !entries.is_empty()).map(Foreign::Map))
    }
}

/// The kinds of fields: each method reads a field by its names, and the method of [`Out`](crate::out::Out) with the same name writes it.
impl Element<'_, '_> {
    #[inline]
    pub(crate) fn text<const N: usize>(&self, names: [&str; N]) -> Result<Option<String>> {
        Ok(self.scalar_of(names)?.map(|(_, text)| text.to_owned()))
    }

    /// A text that counts byte for byte, such as a zone line or a secret.
    #[inline]
    pub(crate) fn bytes<const N: usize>(&self, names: [&str; N]) -> Result<Option<String>> {
        let Some(element) = self.one(names)? else { return Ok(None) };
        element.check_scalar()?;
        Ok(Some(element.verbatim()).filter(|text| !text.trim_ascii().is_empty()).map(str::to_owned))
    }

    /// A text that counts byte for byte and is written as CDATA, such as PEM or HTML.
    #[inline]
    pub(crate) fn cdata<const N: usize>(&self, names: [&str; N]) -> Result<Option<String>> {
        self.bytes(names)
    }

    pub(crate) fn texts<const N: usize>(&self, names: [&str; N]) -> Result<Vec<String>> {
        let mut texts = Vec::new();
        for element in self.all(names) {
            texts.extend(element.scalar()?.map(str::to_owned));
        }
        Ok(texts)
    }

    #[inline]
    pub(crate) fn word<const N: usize, W: for<'w> From<&'w str>>(&self, names: [&str; N]) -> Result<Option<W>> {
        Ok(self.scalar_of(names)?.map(|(_, word)| W::from(word)))
    }

    #[inline]
    pub(crate) fn secret<const N: usize>(&self, names: [&str; N]) -> Result<Option<Secret>> {
        Ok(self.bytes(names)?.map(Secret::new))
    }

    #[inline]
    pub(crate) fn integer<const N: usize>(&self, names: [&str; N]) -> Result<Option<i64>> {
        self.scalar_of(names)?.map(|(element, text)| element.whole_number(text)).transpose()
    }

    #[inline]
    pub(crate) fn flag<const N: usize>(&self, names: [&str; N]) -> Result<Option<Lenient<bool>>> {
        self.lenient(names, read_flag)
    }

    #[inline]
    pub(crate) fn moment<const N: usize>(&self, names: [&str; N]) -> Result<Option<Lenient<Moment>>> {
        self.lenient(names, |text| read_moment(text, self.reading.zone))
    }

    /// A number for which the documented page shows a word: `<context>CONTEXT</context>`.
    #[inline]
    pub(crate) fn lenient_integer<const N: usize>(&self, names: [&str; N]) -> Result<Option<Lenient<i64>>> {
        self.lenient(names, |text| text.parse().ok())
    }

    #[inline]
    fn lenient<const N: usize, T>(
        &self,
        names: [&str; N],
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<Lenient<T>>> {
        Ok(self.scalar_of(names)?.map(|(element, text)| match read(text) {
            Some(value) => Lenient::Parsed(value),
            None => {
                element.odd_value();
                Lenient::Raw(text.to_owned())
            }
        }))
    }

    #[inline]
    pub(crate) fn record<const N: usize, R: Record>(&self, names: [&str; N]) -> Result<Option<R>> {
        self.block(names, R::read)
    }

    pub(crate) fn records<const N: usize, R: Record>(&self, names: [&str; N]) -> Result<Vec<R>> {
        let mut records = Vec::new();
        for element in self.all(names) {
            records.extend(element.read(R::read)?);
        }
        Ok(records)
    }
}

/// Keeps whole elements, each under its name. Elements with the same name become a list.
pub(crate) fn together<'r, 'a: 'r>(elements: impl Iterator<Item = Element<'r, 'a>>) -> Result<Vec<(String, Foreign)>> {
    let mut entries: Vec<(String, Foreign)> = Vec::new();
    let mut places = HashMap::new();
    for element in elements {
        let Some(value) = element.foreign()? else { continue };
        let name = element.name();
        match places.get(name).and_then(|at: &usize| entries.get_mut(*at)) {
            Some((_, Foreign::List(list))) => list.push(value),
            Some((_, single)) => {
                let first = std::mem::replace(single, Foreign::List(Vec::new()));
                *single = Foreign::List(vec![first, value]);
            }
            None => {
                places.insert(name, entries.len());
                entries.push((name.to_owned(), value));
            }
        }
    }
    Ok(entries)
}
