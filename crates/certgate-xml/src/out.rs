//! Values to bytes. The only file that names quick-xml's escaping.

use std::{borrow::Cow, fmt::Write as _};

use certgate_domain::{Foreign, Lenient, Moment, Secret};
use certgate_wire::Loss;
use jiff::tz::TimeZone;
use quick_xml::escape::escape;

use crate::{
    character::{forbidden, is_forbidden},
    key,
    record::Record,
    value::{write_flag, write_moment},
};

/// A body being written. Absent values write nothing.
pub(crate) struct Out<'z> {
    xml: String,
    zone: &'z TimeZone,
    /// The path of what is being written.
    path: Vec<Step>,
    losses: Vec<Loss>,
}

/// A step of a loss's path.
enum Step {
    /// A field, by the JSON API's name or by that name in snake case.
    Field(&'static str),
    /// An entry of an object that is not modelled, by its name as received.
    Entry(String),
    /// An item of a list.
    Item(usize),
}

/// The name of an element, and the field that it stands for in the paths of losses.
#[derive(Clone, Copy)]
pub(crate) struct Name<'n> {
    element: &'n str,
    pub(crate) field: &'static str,
}

impl From<&'static str> for Name<'static> {
    fn from(name: &'static str) -> Self {
        Self { element: name, field: name }
    }
}

impl<'n> From<(&'n str, &'static str)> for Name<'n> {
    fn from((element, field): (&'n str, &'static str)) -> Self {
        Self { element, field }
    }
}

/// Room for what is written most often, in bytes: a certificate has some more.
const USUAL: usize = 4096;

impl<'z> Out<'z> {
    pub(crate) fn new(prolog: &str, zone: &'z TimeZone) -> Self {
        let mut xml = String::with_capacity(USUAL);
        xml += prolog;
        Self { xml, zone, path: Vec::new(), losses: Vec::new() }
    }

    pub(crate) fn finish(self) -> (Vec<u8>, Vec<Loss>) {
        (self.xml.into_bytes(), self.losses)
    }

    /// Adds XML that was received.
    pub(crate) fn as_received(&mut self, xml: &str) {
        self.xml += xml;
    }

    /// Records that XML cannot express a field of the current record; an empty name means the record itself.
    pub(crate) fn lose(&mut self, field: &str, why: &str) {
        let mut path = String::new();
        for step in &self.path {
            match step {
                Step::Field(name) => push_name(&mut path, &json_name(name)),
                Step::Entry(name) => push_name(&mut path, name),
                Step::Item(index) => path += &format!("[{index}]"),
            }
        }
        field.split('.').for_each(|name| push_name(&mut path, &json_name(name)));
        self.losses.push(Loss::new(path, why));
    }

    /// Records that XML cannot express an entry of an object that is not modelled.
    pub(crate) fn lose_entry(&mut self, name: &str, why: &str) {
        self.below(Step::Entry(name.to_owned()), |out| out.lose("", why));
    }

    /// Adds a field to the path of losses while `inside` writes it.
    pub(crate) fn within(&mut self, field: &'static str, inside: impl FnOnce(&mut Self)) {
        self.below(Step::Field(field), inside);
    }

    fn below(&mut self, step: Step, inside: impl FnOnce(&mut Self)) {
        self.path.push(step);
        inside(self);
        self.path.pop();
    }

    /// Writes an element around what `inside` writes.
    pub(crate) fn element(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        self.open(name, &[]);
        inside(self);
        self.close(name);
    }

    /// Writes a field that is an element around what `inside` writes.
    pub(crate) fn block<'n>(&mut self, name: impl Into<Name<'n>>, inside: impl FnOnce(&mut Self)) {
        let Name { element, field } = name.into();
        self.within(field, |out| out.element(element, inside));
    }

    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.xml += "<";
        self.xml += name;
        for (name, value) in attributes {
            let value = self.allowed(&format!("@{name}"), value);
            self.xml += &format!(
                " {name}=\"{}\"",
                escape(&*value).replace('\n', "&#10;").replace('\t', "&#9;").replace('\r', "&#13;")
            );
        }
        self.xml += ">";
    }

    fn close(&mut self, name: &str) {
        self.xml += "</";
        self.xml += name;
        self.xml += ">";
    }

    /// Writes the items of a list.
    pub(crate) fn items<T>(&mut self, values: &[T], write: impl Fn(&mut Self, &T)) {
        for (index, value) in values.iter().enumerate() {
            self.below(Step::Item(index), |out| write(out, value));
        }
    }

    fn check_ends(&mut self, name: &str, text: &str) {
        if text.trim_ascii().len() < text.len() {
            self.lose(name, "white space at the ends of a text does not count in XML");
        }
    }

    fn check_blank(&mut self, name: &str, text: &str) {
        if !text.is_empty() && text.trim_ascii().is_empty() {
            self.lose(name, "a blank text counts as absent in XML");
        }
    }

    /// Writes character data. A carriage return becomes a reference; a bare one would be read back as a line feed.
    fn push_text(&mut self, text: &str) {
        let escaped = escape(text);
        if escaped.contains('\r') {
            self.xml += &escaped.replace('\r', "&#13;");
        } else {
            self.xml += &escaped;
        }
    }

    fn push_element(&mut self, name: &str, text: &str) {
        self.open(name, &[]);
        self.push_text(text);
        self.close(name);
    }

    /// Writes an object of a kind that is not modelled, with its names as received.
    pub(crate) fn foreign(&mut self, name: &str, value: &Foreign) {
        if !is_name(name) {
            return self.lose("", "this name cannot be an element of XML");
        }
        match value {
            Foreign::Bool(flag) => self.text((name, ""), &Some(if *flag { "true" } else { "false" })),
            Foreign::Number(text) | Foreign::Text(text) => self.text((name, ""), &Some(text)),
            Foreign::List(items) => {
                self.check_list(items);
                self.items(items, |out, item| match item {
                    Foreign::List(_) => out.lose("", "XML has no list inside a list"),
                    item => out.foreign(name, item),
                });
            }
            Foreign::Map(entries) => {
                let attributes: Vec<(&str, &str)> = entries
                    .iter()
                    .filter_map(|(key, value)| {
                        Some((key.strip_prefix('@').filter(|key| is_name(key))?, value.as_text()?))
                    })
                    .collect();
                self.open(name, &attributes);
                for (key, value) in entries {
                    match (key.as_str(), value.as_text()) {
                        ("#text", Some(text)) => {
                            self.check_ends(key, text);
                            let text = self.allowed(key, text);
                            self.push_text(&text);
                        }
                        (key, Some(_)) if key.strip_prefix('@').is_some_and(is_name) => {}
                        (key, _) => self.entry(key, value),
                    }
                }
                self.close(name);
            }
        }
    }

    /// In XML a list is a repeated element, so a single item does not read back as a list, and a missing item shifts the others.
    fn check_list(&mut self, items: &[Foreign]) {
        let is_said = |item: &&Foreign| !matches!(item, Foreign::List(_)) && says_something(item);
        let said = items.iter().filter(is_said).count();
        if said == 1 {
            self.lose("", "XML cannot tell a list of one item from the item alone");
        } else if said < items.len() {
            self.lose("", "XML has no empty items: the other items move up");
        }
    }

    /// Writes an entry of an object that is not modelled.
    pub(crate) fn entry(&mut self, name: &str, value: &Foreign) {
        self.below(Step::Entry(name.to_owned()), |out| out.foreign(name, value));
    }

    /// Removes the characters that XML 1.0 does not allow.
    fn allowed<'t>(&mut self, name: &str, text: &'t str) -> Cow<'t, str> {
        if forbidden(text).is_some() {
            self.lose(name, "it holds control characters, which XML 1.0 cannot");
            return text.replace(is_forbidden, "").into();
        }
        text.into()
    }
}

/// The kinds of fields: each method writes a field, and the method of [`Element`](crate::element::Element) with the same name reads it.
impl Out<'_> {
    /// A text. White space at its ends does not count in XML.
    pub(crate) fn text<'n>(&mut self, name: impl Into<Name<'n>>, value: &Option<impl AsRef<str>>) {
        let (Name { element, field }, Some(text)) = (name.into(), value) else { return };
        let text = text.as_ref();
        self.check_ends(field, text);
        let text = self.allowed(field, text);
        self.push_element(element, &text);
    }

    pub(crate) fn texts<'n>(&mut self, name: impl Into<Name<'n>>, values: &[String]) {
        let Name { element, field } = name.into();
        self.within(field, |out| out.items(values, |out, text| out.text((element, ""), &Some(text))));
    }

    pub(crate) fn word<'n>(&mut self, name: impl Into<Name<'n>>, value: &Option<impl AsRef<str>>) {
        self.text(name, value);
    }

    /// A text that counts byte for byte.
    pub(crate) fn bytes<'n>(&mut self, name: impl Into<Name<'n>>, value: &Option<impl AsRef<str>>) {
        let (Name { element, field }, Some(text)) = (name.into(), value) else { return };
        self.check_blank(field, text.as_ref());
        let text = self.allowed(field, text.as_ref());
        self.push_element(element, &text);
    }

    /// A text in CDATA, as the gateway writes PEM. `]]>` and carriage returns are not allowed in CDATA and end it.
    pub(crate) fn cdata<'n>(&mut self, name: impl Into<Name<'n>>, value: &Option<String>) {
        let (Name { element, field }, Some(text)) = (name.into(), value) else { return };
        self.check_blank(field, text);
        let text = self.allowed(field, text);
        self.open(element, &[]);
        self.xml += "<![CDATA[";
        if text.contains("]]>") || text.contains('\r') {
            self.xml += &text.replace("]]>", "]]]]><![CDATA[>").replace('\r', "]]>&#13;<![CDATA[");
        } else {
            self.xml += &text;
        }
        self.xml += "]]>";
        self.close(element);
    }

    pub(crate) fn integer<'n>(&mut self, name: impl Into<Name<'n>>, value: &Option<i64>) {
        if let Some(value) = value {
            let name = name.into().element;
            self.open(name, &[]);
            let _ = write!(self.xml, "{value}");
            self.close(name);
        }
    }

    pub(crate) fn secret<'n>(&mut self, name: impl Into<Name<'n>>, value: &Option<Secret>) {
        self.bytes(name, &value.as_ref().map(Secret::expose));
    }

    pub(crate) fn flag<'n>(&mut self, name: impl Into<Name<'n>>, value: &Option<Lenient<bool>>) {
        self.text(name, &value.as_ref().map(write_flag));
    }

    pub(crate) fn lenient_integer<'n>(&mut self, name: impl Into<Name<'n>>, value: &Option<Lenient<i64>>) {
        match value {
            Some(Lenient::Parsed(number)) => self.integer(name, &Some(*number)),
            Some(Lenient::Raw(text)) => self.text(name, &Some(text)),
            None => {}
        }
    }

    pub(crate) fn moment<'n>(&mut self, name: impl Into<Name<'n>>, value: &Option<Lenient<Moment>>) {
        let name = name.into();
        match value {
            Some(Lenient::Parsed(moment)) => {
                let (text, lost) = write_moment(moment, self.zone);
                if let Some(why) = lost {
                    self.lose(name.field, why);
                }
                self.text(name, &Some(text));
            }
            Some(Lenient::Raw(text)) => self.text(name, &Some(text)),
            None => {}
        }
    }

    pub(crate) fn record<'n, R: Record>(&mut self, name: impl Into<Name<'n>>, value: &Option<R>) {
        if let Some(record) = value {
            self.block(name, |out| record.write(out));
        }
    }

    /// A list of records, an element for each.
    pub(crate) fn records<'n, R: Record>(&mut self, name: impl Into<Name<'n>>, values: &[R]) {
        let Name { element, field } = name.into();
        self.within(field, |out| out.items(values, |out, record| out.element(element, |out| record.write(out))));
    }
}

/// Whether any part of an object reads back from XML. Empty texts count as absent.
fn says_something(value: &Foreign) -> bool {
    match value {
        Foreign::Bool(_) => true,
        Foreign::Number(text) | Foreign::Text(text) => !text.replace(is_forbidden, "").trim_ascii().is_empty(),
        Foreign::List(items) => items.iter().any(|item| !matches!(item, Foreign::List(_)) && says_something(item)),
        Foreign::Map(entries) => entries.iter().any(|(name, value)| match name.strip_prefix('@') {
            Some(attribute) => is_name(attribute) && value.as_text().is_some_and(|text| !text.is_empty()),
            None => (name == "#text" || is_name(name)) && says_something(value),
        }),
    }
}

fn push_name(path: &mut String, name: &str) {
    if !path.is_empty() && !name.is_empty() {
        path.push('.');
    }
    *path += name;
}

/// The JSON API's name of a field.
fn json_name(field: &str) -> Cow<'_, str> {
    let field = field.strip_prefix("r#").unwrap_or(field);
    let is_ours = field.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if is_ours && field.contains('_') { key::camel(field).into() } else { field.into() }
}

/// Whether a word can name an element without a namespace: the ASCII part of XML's rule.
pub(crate) fn is_name(word: &str) -> bool {
    let mut characters = word.chars();
    characters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}
