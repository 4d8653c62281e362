//! Values to bytes. The only file that names quick-xml's escaping.

use certgate_domain::{Foreign, Moment, Said, Secret};
use certgate_wire::Loss;
use jiff::tz::TimeZone;
use quick_xml::escape::escape;

use crate::{
    character::is_forbidden,
    key,
    value::{write_flag, write_moment},
};

/// A body being written. Absent values write nothing.
pub(crate) struct Out<'z> {
    xml: String,
    zone: &'z TimeZone,
    path: Vec<String>,
    losses: Vec<Loss>,
}

impl<'z> Out<'z> {
    pub(crate) fn new(prolog: &str, zone: &'z TimeZone) -> Self {
        Self { xml: prolog.to_owned(), zone, path: Vec::new(), losses: Vec::new() }
    }

    pub(crate) fn finish(self) -> (Vec<u8>, Vec<Loss>) {
        (self.xml.into_bytes(), self.losses)
    }

    /// Notes what cannot be said here.
    pub(crate) fn lose(&mut self, name: &str, why: &str) {
        let names: Vec<&str> = self.path.iter().map(String::as_str).chain([name]).collect();
        self.losses.push(Loss::new(json_path(&names), why));
    }

    /// An element around what `inside` writes.
    pub(crate) fn element(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        self.open(name, &[]);
        inside(self);
        self.close(name);
    }

    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.xml += "<";
        self.xml += name;
        for (name, value) in attributes {
            let value = self.allowed(name, value);
            self.xml += &format!(
                " {name}=\"{}\"",
                escape(value.as_str()).replace('\n', "&#10;").replace('\t', "&#9;").replace('\r', "&#13;")
            );
        }
        self.xml += ">";
        self.path.push(name.to_owned());
    }

    fn close(&mut self, name: &str) {
        self.path.pop();
        self.xml += "</";
        self.xml += name;
        self.xml += ">";
    }

    pub(crate) fn record<T>(&mut self, name: &str, value: Option<&T>, write: impl FnOnce(&mut Self, &T)) {
        if let Some(value) = value {
            self.element(name, |out| write(out, value));
        }
    }

    pub(crate) fn records<T>(&mut self, name: &str, values: &[T], write: impl Fn(&mut Self, &T)) {
        for value in values {
            self.element(name, |out| write(out, value));
        }
    }

    /// A text. White space at its ends does not count in XML.
    pub(crate) fn text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.check_ends(name, value);
            self.escaped(name, value);
        }
    }

    fn check_ends(&mut self, name: &str, text: &str) {
        if text.trim_ascii().len() < text.len() {
            self.lose(name, "white space at the ends of a text does not count in XML");
        }
    }

    /// A text that counts byte for byte.
    pub(crate) fn bytes(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.check_blank(name, value);
            self.escaped(name, value);
        }
    }

    fn check_blank(&mut self, name: &str, text: &str) {
        if !text.is_empty() && text.trim_ascii().is_empty() {
            self.lose(name, "a blank text counts as absent in XML");
        }
    }

    fn escaped(&mut self, name: &str, value: &str) {
        let value = self.allowed(name, value);
        self.xml += &format!("<{name}>{}</{name}>", escape(value.as_str()).replace('\r', "&#13;"));
    }

    pub(crate) fn texts(&mut self, name: &str, values: &[String]) {
        for value in values {
            self.text(name, Some(value));
        }
    }

    /// A text in CDATA, as the gateway has PEM. `]]>` and carriage returns cannot stand in one.
    pub(crate) fn cdata(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.check_blank(name, value);
            let value = self.allowed(name, value);
            let value = value.replace("]]>", "]]]]><![CDATA[>").replace('\r', "]]>&#13;<![CDATA[");
            self.xml += &format!("<{name}><![CDATA[{value}]]></{name}>");
        }
    }

    pub(crate) fn integer(&mut self, name: &str, value: Option<i64>) {
        if let Some(value) = value {
            self.xml += &format!("<{name}>{value}</{name}>");
        }
    }

    pub(crate) fn secret(&mut self, name: &str, value: Option<&Secret>) {
        self.bytes(name, value.map(Secret::expose));
    }

    pub(crate) fn flag(&mut self, name: &str, value: Option<&Said<bool>>) {
        self.text(name, value.map(write_flag));
    }

    pub(crate) fn number_or_text(&mut self, name: &str, value: Option<&Said<i64>>) {
        match value {
            Some(Said::Value(number)) => self.integer(name, Some(*number)),
            Some(Said::Text(text)) => self.text(name, Some(text)),
            None => {}
        }
    }

    pub(crate) fn moment(&mut self, name: &str, value: Option<&Said<Moment>>) {
        match value {
            Some(Said::Value(moment)) => match write_moment(moment, self.zone) {
                Some((text, lost)) => {
                    if let Some(why) = lost {
                        self.lose(name, why);
                    }
                    self.text(name, Some(&text));
                }
                None => self.lose(name, "the time is beyond the calendar"),
            },
            Some(Said::Text(text)) => self.text(name, Some(text)),
            None => {}
        }
    }

    /// An object of a kind that is not modelled, with its names as received.
    pub(crate) fn foreign(&mut self, name: &str, value: &Foreign) {
        if !is_name(name) {
            return self.lose(name, "this name cannot be an element of XML");
        }
        match value {
            Foreign::Bool(flag) => self.text(name, Some(if *flag { "true" } else { "false" })),
            Foreign::Number(text) | Foreign::Text(text) => self.text(name, Some(text)),
            Foreign::List(items) => {
                for item in items {
                    if matches!(item, Foreign::List(_)) {
                        self.lose(name, "XML has no list inside a list");
                    } else {
                        self.foreign(name, item);
                    }
                }
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
                            self.xml += &escape(text.as_str()).replace('\r', "&#13;");
                        }
                        (key, Some(_)) if key.strip_prefix('@').is_some_and(is_name) => {}
                        (key, _) => self.foreign(key, value),
                    }
                }
                self.close(name);
            }
        }
    }

    /// The text without characters that XML 1.0 cannot hold.
    fn allowed(&mut self, name: &str, text: &str) -> String {
        if text.contains(is_forbidden) {
            self.lose(name, "it holds control characters, which XML 1.0 cannot");
            return text.replace(is_forbidden, "");
        }
        text.to_owned()
    }
}

/// The JSON API's path of what stands there in XML: without the envelope, in the names of [`Loss`].
fn json_path(names: &[&str]) -> String {
    let (start, inside): (Option<&str>, &[&str]) = match names {
        ["request", "auth", inside @ ..] => (Some("credentials"), inside),
        ["request", "task", field @ ("ctid" | "reply_to" | "key" | "force_contact_create")] => {
            (Some("options"), std::slice::from_ref(field))
        }
        ["request", "task", field @ ("view" | "where" | "order"), inside @ ..] => {
            return Some(*field).into_iter().chain(inside.iter().copied()).map(json_name).collect::<Vec<_>>().join(".");
        }
        ["request", "task", _, inside @ ..] if !inside.is_empty() => (None, inside),
        ["request", "task", inside @ ..] => (None, inside),
        ["request", inside @ ..] => (Some("options"), inside),
        ["response", "result", "data", _, inside @ ..] if !inside.is_empty() => (Some("data"), inside),
        ["response", "result", "status", "object", inside @ ..] => (Some("object"), inside),
        ["response", "result", inside @ ..] => (None, inside),
        ["response", inside @ ..] => (None, inside),
        inside => (None, inside),
    };
    let inside = inside.iter().flat_map(|name| name.split('.')).map(json_name);
    start.map(str::to_owned).into_iter().chain(inside).collect::<Vec<_>>().join(".")
}

/// The JSON API's name of a field: its own where the protocols differ, or else the same in camel case.
fn json_name(name: &str) -> String {
    let own = match name {
        "admin" => "adminContact",
        "technical" => "technicalContact",
        "sha" => "signatureHashAlgorithm",
        "ca_cert" => "caCertificate",
        "subject_alternative_name" => "subjectAlternativeNames",
        "approver_email" => "approverEmails",
        "has_multi_value_dn" => "hasMultiValueDN",
        "job_id" => "id",
        "key" => "keys",
        "msg" => "messages",
        "help" => "notice",
        "where" | "and" | "or" => "filters",
        "order" => "orders",
        _ => "",
    };
    if own.is_empty() { key::from_xml(name) } else { own.to_owned() }
}

/// Whether a word can name an element without a namespace: the ASCII part of XML's rule.
pub(crate) fn is_name(word: &str) -> bool {
    let mut characters = word.chars();
    characters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}
