//! Writing: the fields of an object in their order, without what is absent.

use std::fmt::Display;

use certgate_domain::{Lenient, Secret};
use serde_json::{Map, Number, Value};

/// Whether secrets are written: on the wire they must be, in output they must not.
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

    /// A value; what is null or empty is left out.
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

    pub(crate) fn text(&mut self, name: &str, text: Option<&str>) {
        self.put(name, text.into());
    }

    pub(crate) fn secret(&mut self, name: &str, secret: &Option<Secret>) {
        if self.shows_secrets() {
            self.text(name, secret.as_ref().map(Secret::expose));
        }
    }

    pub(crate) fn shows_secrets(&self) -> bool {
        self.secrets == Secrets::Written
    }

    pub(crate) fn word<T: Display>(&mut self, name: &str, word: &Option<T>) {
        self.put(name, word.as_ref().map(T::to_string).into());
    }

    pub(crate) fn integer(&mut self, name: &str, number: Option<i64>) {
        self.put(name, number.map(Number::from).map_or(Value::Null, Value::Number));
    }

    pub(crate) fn boolean(&mut self, name: &str, said: &Option<Lenient<bool>>) {
        self.said(name, said, |value| Value::Bool(*value));
    }

    pub(crate) fn said_integer(&mut self, name: &str, said: &Option<Lenient<i64>>) {
        self.said(name, said, |value| Value::from(*value));
    }

    /// A moment; by its text.
    pub(crate) fn moment<T: Display>(&mut self, name: &str, said: &Option<Lenient<T>>) {
        self.said(name, said, |value| Value::String(value.to_string()));
    }

    fn said<T>(&mut self, name: &str, said: &Option<Lenient<T>>, value: impl Fn(&T) -> Value) {
        match said {
            Some(Lenient::Parsed(said)) => self.put(name, value(said)),
            Some(Lenient::Raw(text)) => self.text(name, Some(text)),
            None => {}
        }
    }

    pub(crate) fn record<T>(&mut self, name: &str, record: Option<&T>, write: Write<T>) {
        if let Some(record) = record {
            let value = Self::of(record, write, self.secrets);
            self.put(name, value);
        }
    }

    pub(crate) fn records<T>(&mut self, name: &str, records: &[T], write: Write<T>) {
        let value = list(records, write, self.secrets);
        self.put(name, value);
    }

    pub(crate) fn texts(&mut self, name: &str, texts: &[String]) {
        self.put(name, texts.iter().filter(|text| !text.is_empty()).map(String::as_str).collect());
    }
}

/// Records as a list; those that say nothing are left out.
pub(crate) fn list<T>(records: &[T], write: Write<T>, secrets: Secrets) -> Value {
    let items = records.iter().map(|record| Fields::of(record, write, secrets));
    items.filter(|item| item.as_object().is_some_and(|map| !map.is_empty())).collect()
}
