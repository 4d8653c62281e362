//! Writes the fields of an object in order. Absent fields are left out.

use std::fmt::Display;

use certgate_domain::{Lenient, Moment, Secret};
use serde_json::{Map, Value};

use crate::record::Record;

/// Whether to write secrets: yes on the wire, no in output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secrets {
    Written,
    Left,
}

/// The fields of an object.
pub(crate) struct Fields {
    map: Map<String, Value>,
    pub(crate) secrets: Secrets,
}

/// How a record is written.
pub(crate) type Write<T> = fn(&T, &mut Fields);

impl Fields {
    pub(crate) fn new(secrets: Secrets) -> Self {
        Self { map: Map::new(), secrets }
    }

    /// A record as an object.
    pub(crate) fn of<T>(record: &T, write: Write<T>, secrets: Secrets) -> Value {
        let mut fields = Self::new(secrets);
        write(record, &mut fields);
        fields.into_value()
    }

    pub(crate) fn into_value(self) -> Value {
        Value::Object(self.map)
    }

    pub(crate) fn into_map(self) -> Map<String, Value> {
        self.map
    }

    /// Puts a value, unless it is null or empty.
    pub(crate) fn put(&mut self, name: &str, value: Value) {
        let absent = match &value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(map) => map.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        };
        if !absent {
            self.map.insert(name.to_owned(), value);
        }
    }

    pub(crate) fn shows_secrets(&self) -> bool {
        self.secrets == Secrets::Written
    }

    /// Puts an object inside this one.
    pub(crate) fn object(&mut self, name: &str, write: impl FnOnce(&mut Self)) {
        let mut fields = Self::new(self.secrets);
        write(&mut fields);
        self.put(name, fields.into_value());
    }

    /// Puts a list of objects, without the empty ones.
    pub(crate) fn list<T>(&mut self, name: &str, items: &[T], write: Write<T>) {
        let value = list(items, write, self.secrets);
        self.put(name, value);
    }
}

/// The kinds of fields: each method writes a field, and the method of [`Object`](crate::object::Object) with the same name reads it.
impl Fields {
    pub(crate) fn text(&mut self, name: &str, text: &Option<impl AsRef<str>>) {
        self.put(name, text.as_ref().map(AsRef::as_ref).into());
    }

    pub(crate) fn secret(&mut self, name: &str, secret: &Option<Secret>) {
        if self.shows_secrets() {
            self.text(name, &secret.as_ref().map(Secret::expose));
        }
    }

    pub(crate) fn word(&mut self, name: &str, word: &Option<impl Display>) {
        self.put(name, word.as_ref().map(ToString::to_string).into());
    }

    pub(crate) fn integer(&mut self, name: &str, number: &Option<i64>) {
        self.put(name, (*number).into());
    }

    pub(crate) fn lenient_integer(&mut self, name: &str, number: &Option<Lenient<i64>>) {
        self.lenient(name, number, |number| Value::from(*number));
    }

    pub(crate) fn boolean(&mut self, name: &str, flag: &Option<Lenient<bool>>) {
        self.lenient(name, flag, |flag| Value::Bool(*flag));
    }

    pub(crate) fn moment(&mut self, name: &str, moment: &Option<Lenient<Moment>>) {
        self.lenient(name, moment, |moment| Value::String(moment.to_string()));
    }

    pub(crate) fn moment_or_civil(&mut self, name: &str, moment: &Option<Lenient<Moment>>) {
        self.moment(name, moment);
    }

    fn lenient<T>(&mut self, name: &str, lenient: &Option<Lenient<T>>, value: impl Fn(&T) -> Value) {
        match lenient {
            Some(Lenient::Parsed(parsed)) => self.put(name, value(parsed)),
            Some(Lenient::Raw(text)) => self.put(name, text.as_str().into()),
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
        self.put(name, texts.iter().filter(|text| !text.is_empty()).map(String::as_str).collect());
    }
}

/// Records as a list, without the empty ones.
pub(crate) fn list<T>(records: &[T], write: Write<T>, secrets: Secrets) -> Value {
    let items = records.iter().map(|record| Fields::of(record, write, secrets));
    items.filter(|item| item.as_object().is_some_and(|map| !map.is_empty())).collect()
}
