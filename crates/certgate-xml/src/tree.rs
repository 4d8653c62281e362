//! Parses text into a tree that borrows from it. The only file that uses quick-xml's reader.

use std::borrow::Cow;

use certgate_wire::{DecodeError, Limits, excerpt};
use quick_xml::{
    errors::{Error as Failure, IllFormedError},
    events::Event,
    reader::Reader,
};

use crate::{
    character::{ESCAPED, character, forbidden, unescaped, with_line_feeds},
    fingerprint::Fingerprint,
    nodes::{Attribute, NONE, Node, Text, Tree, slice},
};

struct Open {
    node: u32,
    last_child: u32,
    /// White space that counts only if more text follows.
    pending: String,
}

/// The previous event: white space next to a reference counts, as in `a &amp; b`.
#[derive(Clone, Copy)]
enum Before {
    Space(usize, usize),
    Reference,
    Other,
}

impl<'a> Tree<'a> {
    /// Parses a whole body. Refuses a body that is not well-formed, has a DOCTYPE or entities of its own, or exceeds the limits.
    pub(crate) fn parse(body: &'a str, limits: Limits) -> Result<Self, DecodeError> {
        let bytes = body.as_bytes();
        let refuse =
            |at: usize, found: String, expected: &str| Err(DecodeError::new("body", found, expected).at(bytes, at));
        // Offsets are kept in 32 bits.
        if bytes.len() > u32::MAX as usize {
            return refuse(0, format!("{} bytes", bytes.len()), "fewer than 4 GiB");
        }
        if body.trim().is_empty() {
            return refuse(0, "an empty body".to_owned(), "XML");
        }
        if let Some((at, c)) = forbidden(body) {
            return refuse(at, format!("the control character U+{:04X}", u32::from(c)), "text that XML 1.0 allows");
        }
        if !body.trim_start().starts_with('<') {
            return refuse(body.len() - body.trim_start().len(), first(body.trim_start()), "XML");
        }
        Builder::new(body, limits, body.contains('\r')).run()
    }
}

/// The first character of misplaced text. The rest is not shown: it may hold credentials.
fn first(text: &str) -> String {
    excerpt(text.chars().next().unwrap_or_default().encode_utf8(&mut [0; 4]))
}

struct Builder<'a> {
    tree: Tree<'a>,
    open: Vec<Open>,
    limits: Limits,
    most: usize,
    /// Whether the body has carriage returns; few have.
    returns: bool,
    references: usize,
    before: Before,
}

/// The largest number of attributes of a tag: quick-xml compares each with all before it.
const ATTRIBUTES: usize = 1024;

impl<'a> Builder<'a> {
    fn new(body: &'a str, limits: Limits, returns: bool) -> Self {
        let nodes = Vec::with_capacity(body.len() / 64 + 16);
        let tree = Tree { body, nodes, joined: Vec::new(), attributes: Vec::new(), ends: Vec::new() };
        let most = Limits::nodes(body.len());
        Self { tree, open: Vec::new(), limits, most, returns, references: 0, before: Before::Other }
    }

    fn run(mut self) -> Result<Tree<'a>, DecodeError> {
        let body = self.tree.body;
        let mut reader = Reader::from_str(body);
        loop {
            let at = reader.buffer_position() as usize;
            let before = std::mem::replace(&mut self.before, Before::Other);
            // Matched as it comes: to move the event first costs as much as to build the tree of it.
            match reader.read_event() {
                Ok(Event::Start(tag)) => {
                    self.start(at, tag.name().as_ref())?;
                    if !tag.attributes_raw().is_empty() {
                        self.attributes(&tag, at)?;
                    }
                }
                Ok(Event::Empty(tag)) => {
                    self.start(at, tag.name().as_ref())?;
                    if !tag.attributes_raw().is_empty() {
                        self.attributes(&tag, at)?;
                    }
                    self.end(reader.buffer_position());
                }
                Ok(Event::End(_)) => self.end(reader.buffer_position()),
                Ok(Event::Text(piece)) => self.text(at, &piece, before)?,
                Ok(Event::CData(piece)) => self.cdata(at, &piece)?,
                Ok(Event::GeneralRef(name)) => self.reference(at, &name, before)?,
                Ok(Event::DocType(doctype)) => {
                    let html = doctype.trim_ascii_start().to_ascii_lowercase().starts_with("html");
                    let found = if html { "HTML, perhaps from a proxy" } else { "a DOCTYPE, which can hide anything" };
                    return Err(self.refuse(at, found, "XML without a DOCTYPE"));
                }
                Ok(Event::Comment(_) | Event::PI(_) | Event::Decl(_)) => {}
                Ok(Event::Eof) => break,
                Err(failure) => return Err(self.ill_formed(&failure, reader.error_position() as usize)),
            }
        }
        if let Some(open) = self.open.last() {
            let found = format!("the end of the body inside <{}>: it is cut short", self.tree.name(open.node));
            return Err(self.refuse(body.len(), found, "its end tag"));
        }
        if self.tree.nodes.is_empty() {
            return Err(self.refuse(body.len(), "no element", "one root element"));
        }
        Ok(self.tree)
    }

    fn refuse(&self, at: usize, found: impl Into<String>, expected: &str) -> DecodeError {
        let bytes = self.tree.body.as_bytes();
        let Some(open) = self.open.last() else { return DecodeError::new("body", found, expected).at(bytes, at) };
        // Its pieces would look like names: `a&b<c`.
        if let Some(secret) = self.tree.secret(open.node) {
            let error = DecodeError::new(self.tree.path(secret), "text that is not well-formed", ESCAPED);
            return error.at(bytes, self.tree.offset(secret));
        }
        DecodeError::new(self.tree.path(open.node), found, expected).at(bytes, at)
    }

    fn ill_formed(&self, failure: &Failure, at: usize) -> DecodeError {
        let (found, expected) = match failure {
            Failure::IllFormed(IllFormedError::MismatchedEndTag { expected, found }) => {
                (format!("the end tag </{}>", excerpt(found).trim_matches('`')), format!("</{expected}>"))
            }
            Failure::IllFormed(IllFormedError::UnmatchedEndTag(_)) => {
                ("an end tag without its start".to_owned(), "XML".to_owned())
            }
            Failure::IllFormed(IllFormedError::UnclosedReference) => ("a bare &".to_owned(), ESCAPED.to_owned()),
            Failure::Syntax(_) => ("markup that is cut short".to_owned(), "its end".to_owned()),
            _ => ("text that is not well-formed".to_owned(), "XML".to_owned()),
        };
        self.refuse(at, found, &expected)
    }

    fn start(&mut self, at: usize, name: &str) -> Result<(), DecodeError> {
        let body = self.tree.body;
        if self.open.is_empty() && !self.tree.nodes.is_empty() {
            return Err(self.refuse(at, "a second root element", "the end of the body"));
        }
        if self.open.len() >= self.limits.depth {
            return Err(self.refuse(at, format!("more than {} levels of elements", self.limits.depth), "fewer levels"));
        }
        let grown = self.tree.nodes.len();
        if grown + self.tree.attributes.len() >= self.most {
            return Err(self.refuse(
                at,
                format!("more than {} elements in {} bytes", self.most, body.len()),
                "fewer elements",
            ));
        }
        if grown == self.tree.nodes.capacity() {
            self.tree.nodes.reserve_exact(grown.min(self.most - grown));
        }
        if name.len() > Fingerprint::LONGEST {
            return Err(self.refuse(at, format!("a name of {} bytes", name.len()), "a shorter one"));
        }
        if self.tree.nodes.is_empty() && name.eq_ignore_ascii_case("html") {
            return Err(self.refuse(at, "HTML, perhaps from a proxy", "XML"));
        }
        let node = self.tree.nodes.len() as u32;
        let parent = self.open.last().map_or(NONE, |open| open.node);
        if let Some(open) = self.open.last_mut() {
            let before = std::mem::replace(&mut open.last_child, node);
            let link = if before == NONE {
                self.tree.nodes.get_mut(open.node as usize).map(|parent| &mut parent.first_child)
            } else {
                self.tree.nodes.get_mut(before as usize).map(|sibling| &mut sibling.next)
            };
            if let Some(link) = link {
                *link = node;
            }
        }
        self.tree.nodes.push(Node {
            at: at as u32,
            name: Fingerprint::of(name),
            parent,
            first_child: NONE,
            next: NONE,
            text: Text::None,
        });
        self.open.push(Open { node, last_child: NONE, pending: String::new() });
        Ok(())
    }

    fn end(&mut self, at: u64) {
        let ended = self.open.pop();
        if let (Some(open), 1) = (ended, self.open.len()) {
            self.tree.ends.push((open.node, at as u32));
        }
    }

    fn attributes(&mut self, tag: &quick_xml::events::BytesStart<'a>, at: usize) -> Result<(), DecodeError> {
        let node = self.tree.nodes.len() as u32 - 1;
        let body = self.tree.body;
        for (count, attribute) in tag.attributes().enumerate() {
            let bad = |this: &Self, found: &str| this.refuse(at, found, "attributes such as name=\"value\", each once");
            let attribute = attribute.map_err(|_| bad(self, "an attribute that is not well-formed or given twice"))?;
            // The parser hands out pieces of the body itself.
            let span = |piece: &str| {
                let start = (piece.as_ptr() as usize).saturating_sub(body.as_ptr() as usize);
                (start as u32, piece.len() as u32)
            };
            let (name, value) = (span(attribute.key.as_ref()), span(&attribute.value));
            if attribute.value.contains('&') && unescaped(&attribute.value).is_none() {
                return Err(bad(self, "an entity that XML does not define"));
            }
            // Together with the elements: an attribute takes as much room as one.
            if count >= ATTRIBUTES || self.tree.nodes.len() + self.tree.attributes.len() >= self.most {
                return Err(bad(self, "too many attributes"));
            }
            self.tree.attributes.push(Attribute { node, name, value });
        }
        Ok(())
    }

    /// Adds a piece of text. White space counts only between other pieces.
    fn text(&mut self, at: usize, piece: &str, before: Before) -> Result<(), DecodeError> {
        let is_space = piece.bytes().all(|byte| byte.is_ascii_whitespace());
        let Some(open) = self.open.last_mut() else {
            return if is_space { Ok(()) } else { Err(self.outside(at, piece)) };
        };
        if !is_space || matches!(before, Before::Reference) {
            self.push_piece(at, piece);
        } else if self.tree.nodes.get(open.node as usize).is_some_and(|node| !matches!(node.text, Text::None)) {
            open.pending.push_str(&if self.returns { with_line_feeds(piece) } else { piece.into() });
        } else {
            self.before = Before::Space(at, at + piece.len());
        }
        Ok(())
    }

    fn cdata(&mut self, at: usize, piece: &str) -> Result<(), DecodeError> {
        if self.open.is_empty() {
            return Err(self.outside(at, piece));
        }
        if !piece.is_empty() {
            self.push_piece(at + "<![CDATA[".len(), piece);
        }
        Ok(())
    }

    fn outside(&self, at: usize, piece: &str) -> DecodeError {
        let expected = if self.tree.nodes.is_empty() { "XML" } else { "the end of the body" };
        let at = at + piece.len() - piece.trim_start().len();
        self.refuse(at, first(piece.trim()), expected)
    }

    fn push_piece(&mut self, start: usize, piece: &str) {
        match if self.returns { with_line_feeds(piece) } else { piece.into() } {
            Cow::Borrowed(piece) => self.push_text(piece, Some((start as u32, piece.len() as u32))),
            Cow::Owned(piece) => self.push_text(&piece, None),
        }
    }

    fn push_text(&mut self, piece: &str, borrowed: Option<(u32, u32)>) {
        let Some(open) = self.open.last_mut() else { return };
        let pending = std::mem::take(&mut open.pending);
        let Some(node) = self.tree.nodes.get_mut(open.node as usize) else { return };
        let body = self.tree.body;
        match (node.text, borrowed) {
            (Text::None, Some((start, len))) => node.text = Text::Borrowed(start, len),
            (Text::None, None) => {
                node.text = Text::Joined(self.tree.joined.len() as u32);
                self.tree.joined.push(piece.to_owned());
            }
            (before, _) => {
                let mut joined = match before {
                    Text::Borrowed(start, len) => {
                        node.text = Text::Joined(self.tree.joined.len() as u32);
                        self.tree.joined.push(String::new());
                        slice(body, (start, len)).to_owned()
                    }
                    Text::Joined(at) => self.tree.joined.get_mut(at as usize).map(std::mem::take).unwrap_or_default(),
                    Text::None => String::new(),
                };
                joined.push_str(&pending);
                joined.push_str(piece);
                if let Text::Joined(at) = node.text
                    && let Some(place) = self.tree.joined.get_mut(at as usize)
                {
                    *place = joined;
                }
            }
        }
    }

    fn reference(&mut self, at: usize, name: &str, before: Before) -> Result<(), DecodeError> {
        let Some(character) = character(name) else {
            // Not shown: it may be a part of a password.
            return Err(self.refuse(at, "a reference that XML does not know", ESCAPED));
        };
        // Each costs as much as a piece of text.
        self.references += 1;
        if self.references > 2 * self.most {
            let found = format!("more than {} references in {} bytes", 2 * self.most, self.tree.body.len());
            return Err(self.refuse(at, found, "a payload of a usual shape"));
        }
        let Some(open) = self.open.last() else {
            return Err(self.refuse(at, "a reference outside of the root element", "one root element"));
        };
        let has_text = self.tree.nodes.get(open.node as usize).is_some_and(|node| !matches!(node.text, Text::None));
        if let (false, Before::Space(start, end)) = (has_text, before) {
            self.push_piece(start, self.tree.body.get(start..end).unwrap_or_default());
        }
        self.push_text(character.encode_utf8(&mut [0; 4]), None);
        self.before = Before::Reference;
        Ok(())
    }
}
