//! Names of keys that a query or `<key>` speaks of: those of the records, in either protocol's spelling.

use certgate_wire::DecodeError;

use crate::{
    element::Element,
    out::{Name, Out},
};

/// Contacts have other names in XML; what a certificate's lists call admin, technical, type is the same in both.
const OWN: [(&str, &str); 3] = [("fname", "first"), ("lname", "last"), ("pcode", "postal_code")];

/// Names of old payloads, which are only read.
const OLD: [(&str, &str); 4] =
    [("pcode", "postalCode"), ("lifetime", "life_time"), ("lifetime", "lifeTime"), ("subjectAlternativeNames", "san")];

/// The JSON API's name: `order_id` is `orderId`. `certificate_type` is JSON's own spelling of that key.
pub(crate) fn from_xml(name: &str) -> String {
    if let Some((json, _)) = OWN.iter().chain(&OLD).find(|(_, xml)| *xml == name) {
        return (*json).to_owned();
    }
    if name == "certificate_type"
        || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    {
        return name.to_owned();
    }
    camel(name)
}

impl Element<'_, '_> {
    /// The name of a key.
    pub(crate) fn key(&self, name: [&str; 1]) -> Result<Option<String>, DecodeError> {
        Ok(self.text(name)?.map(|name| from_xml(&name)))
    }
}

impl Out<'_> {
    /// The name of a key. XML would read a JSON key such as `order_id` as `orderId`, which is a loss.
    pub(crate) fn key<'n>(&mut self, name: impl Into<Name<'n>>, key: &Option<String>) {
        let (name, Some(key)) = (name.into(), key) else { return };
        let written = to_xml(key);
        let read = from_xml(&written);
        if read != *key {
            self.lose(name.field, &format!("XML reads the key `{written}` as {read}"));
        }
        self.text(name, &Some(written));
    }
}

/// A name in snake case, in camel case.
pub(crate) fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut characters = word.chars();
        camel.extend(characters.next().map(|first| first.to_ascii_uppercase()));
        camel += characters.as_str();
    }
    camel
}

/// The XML gateway's name.
fn to_xml(name: &str) -> String {
    if let Some((_, xml)) = OWN.iter().find(|(json, _)| *json == name) {
        return (*xml).to_owned();
    }
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return name.to_owned();
    }
    let mut snake = String::with_capacity(name.len() + 2);
    for character in name.chars() {
        if character.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::{from_xml, to_xml};

    #[test]
    fn names() {
        for (json, xml) in [
            ("orderId", "order_id"),
            ("name", "name"),
            ("fname", "first"),
            ("pcode", "postal_code"),
            ("subStatus", "sub_status"),
            ("dnsProvisioning", "dns_provisioning"),
            ("admin", "admin"),
            ("certificate_type", "certificate_type"),
            ("x y", "x y"),
            ("", ""),
        ] {
            assert_eq!((to_xml(json).as_str(), from_xml(xml).as_str()), (xml, json), "{json}");
        }
    }
}
