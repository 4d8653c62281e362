//! Writes the fields of an object in order. Absent fields are left out.

use std::{fmt::Display, io::Write as _};

use certgate_domain::{Lenient, Moment, Secret};
use serde_json::{Map, Value};

use crate::{record::Record, scan};

/// Whether to write secrets: yes on the wire, no in output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secrets {
    Written,
    Left,
}

/// The fields of an object, as its text: most answers are large, and a tree of their values would cost several times as much.
pub(crate) struct Fields {
    text: Vec<u8>,
    secrets: Secrets,
}

/// How a record is written.
pub(crate) type Write<T> = fn(&T, &mut Fields);

/// Room for what is written most often, in bytes: a certificate has some more.
const USUAL: usize = 4096;

impl Fields {
    pub(crate) fn new(secrets: Secrets) -> Self {
        let mut text = Vec::with_capacity(USUAL);
        text.push(b'{');
        Self { text, secrets }
    }

    /// A record as an object.
    pub(crate) fn of<T>(record: &T, write: Write<T>, secrets: Secrets) -> Value {
        let mut fields = Self::new(secrets);
        write(record, &mut fields);
        Value::Object(fields.into_map())
    }

    /// The object's text.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.text.push(b'}');
        self.text
    }

    pub(crate) fn into_map(self) -> Map<String, Value> {
        // It is what was just written.
        serde_json::from_slice(&self.finish()).unwrap_or_default()
    }

    /// Puts a value, unless it is null or empty.
    pub(crate) fn put(&mut self, name: &str, value: &Value) {
        let absent = match value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(map) => map.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        };
        if !absent {
            self.name(name);
            // Nothing fails that is written into memory.
            let _ = serde_json::to_writer(&mut self.text, value);
        }
    }

    pub(crate) fn shows_secrets(&self) -> bool {
        self.secrets == Secrets::Written
    }

    /// Puts an object inside this one.
    pub(crate) fn object(&mut self, name: &str, write: impl FnOnce(&mut Self)) {
        let start = self.name(name);
        self.between(start, [b'{', b'}'], write);
    }

    /// Puts a list of objects, without the empty ones. Says whether there is any.
    pub(crate) fn list<T>(&mut self, name: &str, items: &[T], write: Write<T>) -> bool {
        let start = self.name(name);
        self.between(start, [b'[', b']'], |fields| {
            for item in items {
                let start = fields.divide();
                fields.between(start, [b'{', b'}'], |fields| write(item, fields));
            }
        })
    }

    /// Puts a list without items.
    pub(crate) fn empty_list(&mut self, name: &str) {
        self.name(name);
        self.text.extend_from_slice(b"[]");
    }

    /// Divides what follows from what stands before it; gives the place.
    fn divide(&mut self) -> usize {
        let start = self.text.len();
        if !self.text.ends_with(b"{") && !self.text.ends_with(b"[") {
            self.text.push(b',');
        }
        start
    }

    /// Begins a field; gives its place.
    fn name(&mut self, name: &str) -> usize {
        let start = self.divide();
        self.string(name);
        self.text.push(b':');
        start
    }

    fn string(&mut self, text: &str) {
        self.text.push(b'"');
        let mut rest = text.as_bytes();
        loop {
            // Most of an answer is certificates, which have nothing to be escaped in their lines.
            let (plain, special) = rest.split_at(scan::plain_run(rest));
            self.text.extend_from_slice(plain);
            let Some((byte, after)) = special.split_first() else { break };
            match byte {
                b'\n' => self.text.extend_from_slice(b"\\n"),
                b'\r' => self.text.extend_from_slice(b"\\r"),
                b'\t' => self.text.extend_from_slice(b"\\t"),
                b'"' | b'\\' => self.text.extend_from_slice(&[b'\\', *byte]),
                control => {
                    let _ = write!(self.text, "\\u{control:04x}");
                }
            }
            rest = after;
        }
        self.text.push(b'"');
    }

    /// Puts what is written between these signs; where that is nothing, takes back all since that place. Says whether it is anything.
    fn between(&mut self, start: usize, [open, close]: [u8; 2], write: impl FnOnce(&mut Self)) -> bool {
        self.text.push(open);
        let empty = self.text.len();
        write(self);
        let is_any = self.text.len() > empty;
        if is_any {
            self.text.push(close);
        } else {
            self.text.truncate(start);
        }
        is_any
    }
}

/// The kinds of fields: each method writes a field, and the method of [`Object`](crate::object::Object) with the same name reads it.
impl Fields {
    pub(crate) fn text(&mut self, name: &str, text: &Option<impl AsRef<str>>) {
        if let Some(text) = text.as_ref().map(AsRef::as_ref).filter(|text| !text.is_empty()) {
            self.name(name);
            self.string(text);
        }
    }

    pub(crate) fn secret(&mut self, name: &str, secret: &Option<Secret>) {
        if self.shows_secrets() {
            self.text(name, &secret.as_ref().map(Secret::expose));
        }
    }

    pub(crate) fn word(&mut self, name: &str, word: &Option<impl Display>) {
        self.text(name, &word.as_ref().map(ToString::to_string));
    }

    pub(crate) fn integer(&mut self, name: &str, number: &Option<i64>) {
        if let Some(number) = number {
            self.name(name);
            let _ = write!(self.text, "{number}");
        }
    }

    pub(crate) fn lenient_integer(&mut self, name: &str, number: &Option<Lenient<i64>>) {
        self.lenient(name, number, |fields, number| fields.integer(name, &Some(*number)));
    }

    pub(crate) fn boolean(&mut self, name: &str, flag: &Option<Lenient<bool>>) {
        self.lenient(name, flag, |fields, flag| fields.put(name, &Value::Bool(*flag)));
    }

    pub(crate) fn moment(&mut self, name: &str, moment: &Option<Lenient<Moment>>) {
        self.lenient(name, moment, |fields, moment| fields.text(name, &Some(moment.to_string())));
    }

    pub(crate) fn moment_or_civil(&mut self, name: &str, moment: &Option<Lenient<Moment>>) {
        self.moment(name, moment);
    }

    fn lenient<T>(&mut self, name: &str, lenient: &Option<Lenient<T>>, write: impl FnOnce(&mut Self, &T)) {
        match lenient {
            Some(Lenient::Parsed(parsed)) => write(self, parsed),
            Some(Lenient::Raw(text)) => self.text(name, &Some(text)),
            None => {}
        }
    }

    pub(crate) fn record<R: Record>(&mut self, name: &str, record: &Option<R>) {
        if let Some(record) = record {
            self.object(name, |fields| record.write(fields));
        }
    }

    pub(crate) fn first_record<R: Record>(&mut self, name: &str, record: &Option<R>) {
        self.record(name, record);
    }

    pub(crate) fn records<R: Record>(&mut self, name: &str, records: &[R]) {
        self.list(name, records, R::write);
    }

    pub(crate) fn texts(&mut self, name: &str, texts: &[String]) {
        let start = self.name(name);
        self.between(start, [b'[', b']'], |fields| {
            for text in texts.iter().filter(|text| !text.is_empty()) {
                fields.divide();
                fields.string(text);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::{Fields, Secrets};

    #[test]
    fn what_is_absent_is_left_out() {
        let mut fields = Fields::new(Secrets::Written);
        fields.object("empty", |fields| fields.text("text", &Some("")));
        fields.integer("number", &Some(-1));
        fields.texts("texts", &[String::new(), "{".to_owned(), "[".to_owned()]);
        assert!(!fields.list("list", &["", ""], |text, fields| fields.text("text", &Some(text))));
        assert!(fields.list("list", &["", "a", "b"], |text, fields| fields.text("text", &Some(text))));
        fields.empty_list("none");
        let text = r#"{"number":-1,"texts":["{","["],"list":[{"text":"a"},{"text":"b"}],"none":[]}"#;
        assert_eq!(String::from_utf8(fields.finish()).unwrap(), text);
        assert_eq!(Fields::new(Secrets::Written).finish(), b"{}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_reads_back(parts in proptest::collection::vec(prop_oneof!["[a-z ü€😀]{1,20}", "[\u{0}-\u{1f}\"\\\\/\u{7f}]"], 1..9)) {
            let text = parts.concat();
            let mut fields = Fields::new(Secrets::Written);
            fields.text("text", &Some(&text));
            prop_assert_eq!(json!(fields.into_map()), json!({ "text": text }));
        }
    }
}
