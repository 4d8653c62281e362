//! Values to bytes. The only file that names quick-xml's escaping.

use certgate_domain::{Foreign, Lenient, Moment, Secret};
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
    /// The JSON API's names of what is being written, for losses.
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

    /// Notes that this field of the record being written cannot be said; none for the record itself.
    pub(crate) fn lose(&mut self, field: &str, why: &str) {
        let mut path = String::new();
        for step in self.path.iter().cloned().chain(field.split('.').map(json_name)) {
            if !path.is_empty() && !step.is_empty() && !step.starts_with('[') {
                path.push('.');
            }
            path += &step;
        }
        self.losses.push(Loss::new(path, why));
    }

    /// What `inside` writes is this field of the record being written, by the JSON API's name; `[n]` is an item of a list.
    pub(crate) fn within(&mut self, field: impl Into<String>, inside: impl FnOnce(&mut Self)) {
        self.path.push(field.into());
        inside(self);
        self.path.pop();
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
            let value = self.allowed(&format!("@{name}"), value);
            self.xml += &format!(
                " {name}=\"{}\"",
                escape(value.as_str()).replace('\n', "&#10;").replace('\t', "&#9;").replace('\r', "&#13;")
            );
        }
        self.xml += ">";
    }

    fn close(&mut self, name: &str) {
        self.xml += "</";
        self.xml += name;
        self.xml += ">";
    }

    /// A record that is a field of the one being written.
    pub(crate) fn record<T>(&mut self, name: &str, value: Option<&T>, write: impl FnOnce(&mut Self, &T)) {
        if let Some(value) = value {
            self.within(json_name(name), |out| out.element(name, |out| write(out, value)));
        }
    }

    /// Records that are a field of the one being written, an element each.
    pub(crate) fn records<T>(&mut self, name: &str, values: &[T], write: impl Fn(&mut Self, &T)) {
        self.within(json_name(name), |out| {
            out.items(values, |out, value| out.element(name, |out| write(out, value)));
        });
    }

    /// The items of a list.
    pub(crate) fn items<T>(&mut self, values: &[T], write: impl Fn(&mut Self, &T)) {
        for (index, value) in values.iter().enumerate() {
            self.within(format!("[{index}]"), |out| write(out, value));
        }
    }

    /// A text. White space at its ends does not count in XML.
    pub(crate) fn text(&mut self, name: &str, value: Option<&str>) {
        self.text_as(name, name, value);
    }

    /// The same, where XML's name says nothing of JSON's.
    pub(crate) fn text_as(&mut self, name: &str, field: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.check_ends(field, value);
            let value = self.allowed(field, value);
            self.escaped(name, &value);
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
            let value = self.allowed(name, value);
            self.escaped(name, &value);
        }
    }

    fn check_blank(&mut self, name: &str, text: &str) {
        if !text.is_empty() && text.trim_ascii().is_empty() {
            self.lose(name, "a blank text counts as absent in XML");
        }
    }

    fn escaped(&mut self, name: &str, value: &str) {
        self.xml += &format!("<{name}>{}</{name}>", escape(value).replace('\r', "&#13;"));
    }

    pub(crate) fn texts(&mut self, name: &str, values: &[String]) {
        self.within(json_name(name), |out| out.items(values, |out, value| out.text_as(name, "", Some(value))));
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

    pub(crate) fn flag(&mut self, name: &str, value: Option<&Lenient<bool>>) {
        self.text(name, value.map(write_flag));
    }

    pub(crate) fn number_or_text(&mut self, name: &str, value: Option<&Lenient<i64>>) {
        match value {
            Some(Lenient::Parsed(number)) => self.integer(name, Some(*number)),
            Some(Lenient::Raw(text)) => self.text(name, Some(text)),
            None => {}
        }
    }

    pub(crate) fn moment(&mut self, name: &str, value: Option<&Lenient<Moment>>) {
        match value {
            Some(Lenient::Parsed(moment)) => {
                let (text, lost) = write_moment(moment, self.zone);
                if let Some(why) = lost {
                    self.lose(name, why);
                }
                self.text(name, Some(&text));
            }
            Some(Lenient::Raw(text)) => self.text(name, Some(text)),
            None => {}
        }
    }

    /// An object of a kind that is not modelled, with its names as received. It is the field being written.
    pub(crate) fn foreign(&mut self, name: &str, value: &Foreign) {
        if !is_name(name) {
            return self.lose("", "this name cannot be an element of XML");
        }
        match value {
            Foreign::Bool(flag) => self.text_as(name, "", Some(if *flag { "true" } else { "false" })),
            Foreign::Number(text) | Foreign::Text(text) => self.text_as(name, "", Some(text)),
            Foreign::List(items) => self.items(items, |out, item| {
                if matches!(item, Foreign::List(_)) {
                    out.lose("", "XML has no list inside a list");
                } else {
                    out.foreign(name, item);
                }
            }),
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
                        (key, _) => self.within(key, |out| out.foreign(key, value)),
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

/// The JSON API's name of a field: its own where the protocols differ, or else the same in camel case.
fn json_name(name: &str) -> String {
    let own = match name {
        "admin" => "adminContact",
        "technical" => "technicalContact",
        "sha" => "signatureHashAlgorithm",
        "ca_cert" => "caCertificate",
        "certificate_type" => "certificateType",
        "subject_alternative_name" => "subjectAlternativeNames",
        "approver_email" => "approverEmails",
        "has_multi_value_dn" => "hasMultiValueDN",
        "msg" => "messages",
        "help" => "notice",
        "mode" => "type",
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
