//! The tree of a body, and navigation in it.

use std::borrow::Cow;

use crate::{character::unescaped, fingerprint::Fingerprint, redact::is_secret};

/// A parsed body: one flat list of elements in document order, names and text borrowed from the body.
pub(crate) struct Tree<'a> {
    pub(crate) body: &'a str,
    pub(crate) nodes: Vec<Node>,
    /// The texts that consist of several pieces.
    pub(crate) joined: Vec<String>,
    pub(crate) attributes: Vec<Attribute>,
    /// The root's children, and the byte behind the end of each.
    pub(crate) ends: Vec<(u32, u32)>,
}

/// An element.
pub(crate) struct Node {
    /// The byte of its `<`; the name follows.
    pub(crate) at: u32,
    pub(crate) name: Fingerprint,
    pub(crate) parent: u32,
    pub(crate) first_child: u32,
    pub(crate) next: u32,
    pub(crate) text: Text,
}

/// The text of an element: none, a piece of the body (start and length), or an entry of `joined`.
#[derive(Clone, Copy)]
pub(crate) enum Text {
    None,
    Borrowed(u32, u32),
    Joined(u32),
}

/// An attribute and the element it stands on.
pub(crate) struct Attribute {
    pub(crate) node: u32,
    pub(crate) name: (u32, u32),
    pub(crate) value: (u32, u32),
}

/// The marks of the names of an element's children: see [`Fingerprint::mark`].
#[derive(Clone, Copy, Default)]
pub(crate) struct Marks {
    pub(crate) any: u64,
    /// Marks that more than one child has.
    pub(crate) several: u64,
}

/// No element.
pub(crate) const NONE: u32 = u32::MAX;

impl<'a> Tree<'a> {
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn name(&self, node: u32) -> &'a str {
        self.node(node).map_or("", |node| slice(self.body, (node.at + 1, node.name.len())))
    }

    /// The element's text; empty if it has none.
    pub(crate) fn text(&self, node: u32) -> &str {
        match self.node(node).map(|node| node.text) {
            Some(Text::Borrowed(start, len)) => slice(self.body, (start, len)),
            Some(Text::Joined(at)) => self.joined.get(at as usize).map_or("", String::as_str),
            _ => "",
        }
    }

    pub(crate) fn children(&self, node: u32) -> impl Iterator<Item = u32> + '_ {
        let mut next = self.node(node).map_or(NONE, |node| node.first_child);
        std::iter::from_fn(move || {
            let node = self.node(next)?;
            Some(std::mem::replace(&mut next, node.next))
        })
    }

    /// The children with one of these names.
    pub(crate) fn named<'t, const N: usize>(
        &'t self,
        parent: u32,
        names: &'t [&str; N],
    ) -> impl Iterator<Item = u32> + 't {
        let keys = names.map(Fingerprint::of);
        let mut next = self.node(parent).map_or(NONE, |node| node.first_child);
        std::iter::from_fn(move || {
            while let Some(node) = self.node(next) {
                let at = std::mem::replace(&mut next, node.next);
                if keys.contains(&node.name) && names.contains(&self.name(at)) {
                    return Some(at);
                }
            }
            None
        })
    }

    /// The marks of the children's names.
    pub(crate) fn marks(&self, parent: u32) -> Marks {
        let children = self.children(parent).filter_map(|node| self.node(node));
        children.fold(Marks::default(), |Marks { any, several }, child| {
            let mark = child.name.mark();
            Marks { any: any | mark, several: several | any & mark }
        })
    }

    /// The first child of that name. Elements mostly come in the order of the fields, so the search starts after `last`, the element
    /// found last.
    pub(crate) fn first_named(&self, parent: u32, name: &str, last: u32) -> Option<u32> {
        let key = Fingerprint::of(name);
        let is_it = |node: u32, key| self.node(node).is_some_and(|child| child.name == key) && self.name(node) == name;
        let hint = self.node(last).filter(|last| last.parent == parent).map_or(NONE, |last| last.next);
        if hint != NONE && is_it(hint, key) {
            return Some(hint);
        }
        self.children(parent).find(|node| is_it(*node, key))
    }

    pub(crate) fn has_children(&self, node: u32) -> bool {
        self.node(node).is_some_and(|node| node.first_child != NONE)
    }

    /// Every attribute, in document order.
    pub(crate) fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// The attributes of one element.
    pub(crate) fn attributes_of(&self, node: u32) -> impl Iterator<Item = &Attribute> {
        let start = self.attributes.partition_point(|attribute| attribute.node < node);
        self.attributes.get(start..).unwrap_or_default().iter().take_while(move |attribute| attribute.node == node)
    }

    pub(crate) fn parent(&self, node: u32) -> Option<u32> {
        self.node(node).map(|node| node.parent).filter(|parent| *parent != NONE)
    }

    /// The byte of the element's `<`, for a place.
    pub(crate) fn offset(&self, node: u32) -> usize {
        self.node(node).map_or(0, |node| node.at as usize)
    }

    /// The bytes of a child of the root, its tags included.
    pub(crate) fn span(&self, node: u32) -> std::ops::Range<usize> {
        let start = self.offset(node);
        let at = self.ends.binary_search_by_key(&node, |(node, _)| *node);
        let end = at.ok().and_then(|at| self.ends.get(at)).map_or(start, |(_, end)| *end as usize);
        start..end
    }

    /// The byte of an attribute's name.
    pub(crate) fn attribute_offset(&self, attribute: &Attribute) -> usize {
        attribute.name.0 as usize
    }

    pub(crate) fn attribute_name(&self, attribute: &Attribute) -> &'a str {
        slice(self.body, attribute.name)
    }

    pub(crate) fn attribute_value(&self, attribute: &Attribute) -> Cow<'a, str> {
        let raw = slice(self.body, attribute.value);
        // Its references were checked.
        if raw.contains('&') { unescaped(raw).map_or(Cow::Borrowed(raw), Cow::Owned) } else { raw.into() }
    }

    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.body.as_bytes()
    }

    /// The outermost of this element and its ancestors whose content is secret.
    pub(crate) fn secret(&self, node: u32) -> Option<u32> {
        std::iter::successors(Some(node), |node| self.parent(*node)).filter(|node| is_secret(self.name(*node))).last()
    }

    /// The names from the root to an element, with `[n]` where a name repeats among its siblings.
    pub(crate) fn path(&self, node: u32) -> String {
        let mut way: Vec<u32> = std::iter::successors(Some(node), |node| self.parent(*node)).collect();
        way.reverse();
        let mut path = String::with_capacity(64);
        for node in way {
            let name = self.name(node);
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(name);
            let Some(parent) = self.parent(node) else { continue };
            let names = [name];
            let (mut twins, mut index) = (0, 0);
            for twin in self.named(parent, &names) {
                if twin == node {
                    index = twins;
                }
                twins += 1;
            }
            if twins > 1 {
                path.push_str(&format!("[{index}]"));
            }
        }
        path
    }

    fn node(&self, node: u32) -> Option<&Node> {
        self.nodes.get(node as usize)
    }
}

/// A piece of the body: start and length.
pub(crate) fn slice(body: &str, (start, len): (u32, u32)) -> &str {
    body.get(start as usize..(start + len) as usize).unwrap_or_default()
}
