//! Parses bytes into a flat tree that borrows from them.
//!
//! Not with `serde_json`, which knows neither the position of a value nor how a number was written. The tests compare both parsers.

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    collections::HashSet,
};

use certgate_domain::wide_encoding;
use certgate_wire::{DecodeError, Finding, FindingKind, Findings, Limits, Position};

use crate::{
    scan::{self, END, Fault, Raw, Span},
    source::Source,
};

/// The kind of a node's value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind<'a> {
    Null,
    Bool(bool),
    Number(&'a str),
    Text(Raw<'a>),
    List,
    Map,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Null,
    True,
    False,
    Number,
    Text,
    List,
    Map,
}

/// A value and its key, both as ranges of the payload. It is small, since a payload has many.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) key: Span,
    /// The range of a number or a text.
    scalar: Span,
    /// The byte of the key's opening quote, in lists that of the value.
    at: u32,
    parent: u32,
    /// The node after the last one below this one.
    end: u32,
    shape: Shape,
    /// The marks of the names inside.
    pub(crate) names: u64,
    /// Whether it is null or empty, or has only such values inside.
    pub(crate) absent: bool,
    /// Whether it was read.
    pub(crate) read: Cell<bool>,
}

impl Node {
    /// The node after the last one below this one.
    pub(crate) fn end(&self) -> usize {
        self.end as usize
    }
}

/// A payload's values in their order, the root first.
pub(crate) struct Tree<'a> {
    text: &'a str,
    nodes: Vec<Node>,
    findings: RefCell<Vec<(usize, FindingKind)>>,
    /// The bytes that further records may take.
    room: Cell<usize>,
}

/// Deeper nesting is always refused, whatever the limits: records are read by recursion.
const DEEPEST: usize = 128;

const BODY: &str = "body";

impl<'a> Tree<'a> {
    /// Reads a body whose root is an object.
    pub(crate) fn read(source: Source<'a>, limits: Limits) -> Result<Self, DecodeError> {
        let Source { whole, start, .. } = source;
        let length = whole.len().saturating_sub(start);
        // Offsets are kept in 31 bits.
        if length > limits.body || whole.len() > i32::MAX as usize {
            let most = limits.body.min(i32::MAX as usize);
            let error = DecodeError::new(BODY, format!("{length} bytes"), format!("at most {most} bytes"));
            return Err(error.at(whole, start + most));
        }
        if let Some(encoding) = wide_encoding(whole) {
            return Err(DecodeError::new(BODY, encoding, "UTF-8").at(whole, 0));
        }
        let text = std::str::from_utf8(whole).map_err(|error| {
            let at = error.valid_up_to();
            let found = match whole.get(at) {
                Some(byte) if error.error_len().is_some() => format!("byte 0x{byte:02X}"),
                _ => END.to_owned(),
            };
            DecodeError::new(BODY, found, "UTF-8").at(whole, at)
        })?;
        let start = start + if text.get(start..).is_some_and(|body| body.starts_with('\u{feff}')) { 3 } else { 0 };
        let mut parser = Parser {
            text,
            at: start,
            // A guess that is right for the usual payload and cheap for the others.
            nodes: Vec::with_capacity((length / 64).min(1024)),
            open: Vec::new(),
            depth: limits.depth.min(DEEPEST),
            most: Limits::nodes(length),
        };
        match parser.run() {
            Ok(()) => {
                let room = Cell::new(Limits::records(length));
                Ok(Self { text, nodes: parser.nodes, findings: RefCell::default(), room })
            }
            Err((node, fault)) => {
                let path = node.map_or_else(|| BODY.to_owned(), |node| path(text, &parser.nodes, node));
                Err(DecodeError::new(path, fault.found, fault.expected).at(whole, fault.at))
            }
        }
    }

    pub(crate) fn node(&self, index: usize) -> Option<&Node> {
        self.nodes.get(index)
    }

    pub(crate) fn key(&self, node: &Node) -> Raw<'a> {
        node.key.raw(self.text)
    }

    pub(crate) fn kind(&self, node: &Node) -> Kind<'a> {
        match node.shape {
            Shape::Null => Kind::Null,
            Shape::True => Kind::Bool(true),
            Shape::False => Kind::Bool(false),
            Shape::Number => Kind::Number(node.scalar.slice(self.text)),
            Shape::Text => Kind::Text(node.scalar.raw(self.text)),
            Shape::List => Kind::List,
            Shape::Map => Kind::Map,
        }
    }

    /// Reserves memory for a record. Returns `false` if the payload's records would exceed their limit.
    pub(crate) fn spend(&self, bytes: usize) -> bool {
        let room = self.room.get().checked_sub(bytes);
        self.room.set(room.unwrap_or_default());
        room.is_some()
    }

    /// The values directly inside one.
    pub(crate) fn children(&self, index: usize) -> impl Iterator<Item = usize> {
        let end = self.node(index).map_or(0, Node::end);
        let mut next = index + 1;
        std::iter::from_fn(move || {
            let child = (next < end).then_some(next)?;
            next = self.node(child)?.end();
            Some(child)
        })
    }

    pub(crate) fn find(&self, index: usize, kind: FindingKind) {
        self.findings.borrow_mut().push((index, kind));
    }

    pub(crate) fn refuse(&self, index: usize, found: impl Into<String>, expected: impl Into<String>) -> DecodeError {
        let at = self.node(index).map_or(0, |node| node.at as usize);
        DecodeError::new(path(self.text, &self.nodes, index), found, expected).at(self.text.as_bytes(), at)
    }

    /// The findings, those outside of the body first, in the order of the payload.
    pub(crate) fn findings(self, mut outside: Findings) -> Findings {
        let mut inside = self.findings.into_inner();
        inside.sort_by_key(|(index, _)| *index);
        inside.truncate(Limits::FINDINGS.saturating_sub(outside.len()));
        outside.extend(inside.into_iter().map(|(index, kind)| Finding {
            kind,
            path: path(self.text, &self.nodes, index),
            place: self.nodes.get(index).map(|node| Position::at(self.text.as_bytes(), node.at as usize)),
        }));
        outside
    }
}

/// The names from the root down to a node.
fn path(text: &str, nodes: &[Node], index: usize) -> String {
    const LONGEST: usize = 80;
    let mut names: Vec<Cow<'_, str>> = Vec::new();
    let mut index = index;
    while let Some(node) = nodes.get(index).filter(|_| index > 0) {
        if matches!(nodes.get(node.parent as usize), Some(Node { shape: Shape::List, .. })) {
            let mut before = 0;
            let mut sibling = node.parent as usize + 1;
            while let Some(next) = nodes.get(sibling).filter(|_| sibling < index) {
                sibling = next.end();
                before += 1;
            }
            names.push(format!("[{before}]").into());
        } else {
            let name = node.key.raw(text).text();
            names.push(match name.char_indices().nth(LONGEST) {
                Some((cut, _)) => format!("{}…", name.get(..cut).unwrap_or_default()).into(),
                None => name,
            });
            names.push(".".into());
        }
        index = node.parent as usize;
    }
    if names.last().is_some_and(|name| name == ".") {
        names.pop();
    }
    if names.is_empty() { BODY.to_owned() } else { names.iter().rev().map(AsRef::as_ref).collect() }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    nodes: Vec<Node>,
    open: Vec<usize>,
    depth: usize,
    most: usize,
}

#[derive(Clone, Copy)]
enum Next {
    FieldOrEnd,
    Field,
    ItemOrEnd,
    Item,
    CommaOrEnd,
}

/// The node that the fault belongs to, and the fault.
type Refused = (Option<usize>, Fault);

impl<'a> Parser<'a> {
    fn run(&mut self) -> Result<(), Refused> {
        let byte = self.byte();
        if byte != Some(b'{') {
            return Err((None, self.root(byte)));
        }
        let mut next = self.value(Raw::default(), self.at)?;
        while let Some(&top) = self.open.last() {
            let byte = self.byte();
            let is_map = matches!(self.nodes.get(top), Some(Node { shape: Shape::Map, .. }));
            next = match (next, byte) {
                (Next::FieldOrEnd, Some(b'}')) | (Next::ItemOrEnd, Some(b']')) => self.close(top)?,
                (Next::CommaOrEnd, Some(b'}')) if is_map => self.close(top)?,
                (Next::CommaOrEnd, Some(b']')) if !is_map => self.close(top)?,
                (Next::CommaOrEnd, Some(b',')) => {
                    self.at += 1;
                    if is_map { Next::Field } else { Next::Item }
                }
                (Next::FieldOrEnd | Next::Field, Some(b'"')) => {
                    let start = self.at;
                    let (key, end) = scan::string(self.text, start).map_err(|fault| (Some(top), fault))?;
                    self.at = end;
                    if self.byte() != Some(b':') {
                        return Err((Some(top), scan::unexpected(self.text, self.at, "`:`")));
                    }
                    self.at += 1;
                    self.value(key, start)?
                }
                (Next::ItemOrEnd | Next::Item, Some(_)) => {
                    self.byte();
                    self.value(Raw::default(), self.at)?
                }
                (next, _) => {
                    let expected = match next {
                        Next::FieldOrEnd => "a field in quotes or `}`",
                        Next::Field => "a field in quotes",
                        Next::ItemOrEnd => "a value or `]`",
                        Next::Item => "a value",
                        Next::CommaOrEnd if is_map => "`,` or `}`",
                        Next::CommaOrEnd => "`,` or `]`",
                    };
                    return Err((Some(top), scan::unexpected(self.text, self.at, expected)));
                }
            };
        }
        match self.byte() {
            None => Ok(()),
            Some(_) => Err((None, scan::unexpected(self.text, self.at, "nothing after the object"))),
        }
    }

    /// The next byte that is no blank.
    fn byte(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let blanks = rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
        self.at += blanks.unwrap_or(rest.len());
        rest.get(blanks?).copied()
    }

    /// Why a payload that does not start with an object is refused.
    fn root(&self, byte: Option<u8>) -> Fault {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let starts = |word: &str| rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        let found = match byte {
            None => "nothing".to_owned(),
            Some(b'<') if starts("<!doctype html") || starts("<html") => "HTML, perhaps from a proxy".to_owned(),
            Some(b'<') => "XML".to_owned(),
            Some(b'[') => "a list".to_owned(),
            Some(b'"') => "a text".to_owned(),
            Some(b'-' | b'0'..=b'9') => "a number".to_owned(),
            Some(_) => scan::unexpected(self.text, self.at, "").found,
        };
        Fault::new(self.at, found, "a JSON object")
    }

    /// Reads a value; what is inside it comes next.
    fn value(&mut self, key: Raw<'a>, start: usize) -> Result<Next, Refused> {
        let index = self.nodes.len();
        if index >= self.most {
            let found = format!("more than {} values", self.most);
            return Err((None, Fault::new(start, found, "a payload of a usual shape")));
        }
        if index == self.nodes.capacity() {
            self.nodes.reserve_exact(index.max(16).min(self.most - index));
        }
        let parent = self.open.last().copied().unwrap_or(0);
        let mut node = Node {
            key: Span::of(key, self.text),
            scalar: Span::default(),
            at: start as u32,
            parent: parent as u32,
            end: index as u32 + 1,
            shape: Shape::Null,
            names: 0,
            absent: true,
            read: Cell::default(),
        };
        let byte = self.byte();
        let at = self.at;
        let scalar = match byte {
            Some(b'{' | b'[') => {
                node.shape = if byte == Some(b'{') { Shape::Map } else { Shape::List };
                self.nodes.push(node);
                if self.open.len() >= self.depth {
                    let found = format!("more than {} levels", self.depth);
                    return Err((Some(index), Fault::new(at, found, "less nesting")));
                }
                self.open.push(index);
                self.at += 1;
                return Ok(if byte == Some(b'{') { Next::FieldOrEnd } else { Next::ItemOrEnd });
            }
            Some(b'"') => scan::string(self.text, at).map(|(text, end)| (Shape::Text, Span::of(text, self.text), end)),
            Some(b'-' | b'0'..=b'9') => {
                scan::number(self.text, at).map(|end| (Shape::Number, Span::new(at, end - at), end))
            }
            Some(b't') => self.word("true", Shape::True),
            Some(b'f') => self.word("false", Shape::False),
            Some(b'n') => self.word("null", Shape::Null),
            _ => Err(scan::unexpected(self.text, at, "a value")),
        };
        match scalar {
            Ok((shape, scalar, end)) => {
                node.absent = match shape {
                    Shape::Null => true,
                    Shape::Text => scalar.slice(self.text).is_empty(),
                    _ => false,
                };
                (node.shape, node.scalar) = (shape, scalar);
                let absent = node.absent;
                self.nodes.push(node);
                self.at = end;
                self.fill(absent);
                Ok(Next::CommaOrEnd)
            }
            Err(fault) => {
                self.nodes.push(node);
                Err((Some(index), fault))
            }
        }
    }

    fn word(&self, word: &str, shape: Shape) -> Result<(Shape, Span, usize), Fault> {
        let end = self.at + word.len();
        let rest = self.text.get(self.at..).unwrap_or_default();
        if rest.starts_with(word) {
            Ok((shape, Span::default(), end))
        } else if word.starts_with(rest) {
            Err(Fault::new(self.text.len(), END, "a value"))
        } else {
            Err(scan::unexpected(self.text, self.at, "a value"))
        }
    }

    /// Notes in the open value whether something stands in it.
    fn fill(&mut self, absent: bool) {
        if let Some(node) = self.open.last().and_then(|&open| self.nodes.get_mut(open)) {
            node.absent &= absent;
        }
    }

    fn close(&mut self, index: usize) -> Result<Next, Refused> {
        self.at += 1;
        self.open.pop();
        let end = self.nodes.len();
        let is_map = matches!(self.nodes.get(index), Some(Node { shape: Shape::Map, .. }));
        let (twice, names) = if is_map { self.names(index) } else { (None, 0) };
        if let Some((twice, node)) = twice.and_then(|twice| Some((twice, self.nodes.get(twice)?))) {
            let found = format!("a second {}", certgate_wire::excerpt(&node.key.raw(self.text).text()));
            return Err((Some(twice), Fault::new(node.at as usize, found, "each field once")));
        }
        let mut absent = true;
        if let Some(node) = self.nodes.get_mut(index) {
            (node.end, node.names) = (end as u32, names);
            absent = node.absent;
        }
        self.fill(absent);
        Ok(Next::CommaOrEnd)
    }

    /// A field whose name stands in its object before, and the marks of all names.
    fn names(&self, map: usize) -> (Option<usize>, u64) {
        /// So many names are faster compared than hashed.
        const FEW: usize = 64;
        let end = self.nodes.len();
        let siblings = |first: usize, end: usize| {
            let mut next = first;
            std::iter::from_fn(move || {
                let index = next;
                let node = self.nodes.get(index).filter(|_| index < end)?;
                next = node.end();
                Some((index, node))
            })
        };
        let is_few = siblings(map + 1, end).nth(FEW).is_none();
        let (mut seen, mut names) = (HashSet::new(), 0);
        let twice = siblings(map + 1, end).find(|(index, node)| {
            if !is_few {
                return !seen.insert(node.key.raw(self.text).text());
            }
            let mark = node.key.raw(self.text).mark();
            let is_new = names & mark == 0;
            names |= mark;
            !is_new
                && siblings(map + 1, *index)
                    .any(|(_, before)| before.key.raw(self.text).is(&node.key.raw(self.text).text()))
        });
        (twice.map(|(index, _)| index), if is_few { names } else { u64::MAX })
    }
}
