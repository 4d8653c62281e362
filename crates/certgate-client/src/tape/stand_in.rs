//! What stands in for persons' data: the same for the same value, so that relations survive.

use certgate_domain::TaskKind;
use certgate_json::document;
use certgate_wire::{Codec, Reply, Request};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What of persons' data is replaced. A stand-in is made of the value it stands for: whoever can guess that can confirm it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StandIns {
    /// First and last names, and organizations.
    pub names: bool,
    /// Mail addresses.
    pub emails: bool,
    /// Phone and fax numbers.
    pub phones: bool,
}

const NAMES: [&str; 4] = ["fname", "lname", "organization", "replyTo"];
const PHONES: [&str; 2] = ["phone", "fax"];

impl StandIns {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What stands in for the value of a field; none where it stays.
    fn of(self, field: &str, value: &str) -> Option<String> {
        let hash = format!("{:08x}", hash(value));
        let (made, prefix) = if self.emails && is_email(value) {
            (format!("mail-{hash}@example.invalid"), "mail-")
        } else if self.names && NAMES.contains(&field) && !value.is_empty() {
            (format!("name-{hash}"), "name-")
        } else if self.phones && PHONES.contains(&field) && !value.is_empty() {
            let digits = format!("{:010}", hash_number(value));
            (format!("+49-999-{digits}"), "+49-999-")
        } else {
            return None;
        };
        // What stands in already stays.
        let ours = value.strip_prefix(prefix).is_some_and(|rest| rest.len() == made.len() - prefix.len());
        (!ours).then_some(made)
    }

    /// Replaces them in a value.
    pub(super) fn stand_in(self, value: &mut Value) {
        if !self.is_empty() {
            self.walk("", value, &mut |_, _| ());
        }
    }

    /// What is to be replaced in a request.
    pub(super) fn values_of_request(
        self,
        kind: TaskKind,
        request: &Request,
        codec: &dyn Codec,
    ) -> Vec<(String, String)> {
        if self.is_empty() {
            return Vec::new();
        }
        let calls = codec.decode_requests(Some(kind), request).unwrap_or_default();
        let values =
            calls.iter().flat_map(|call| [document::request(&call.value), document::options(&call.value.options)]);
        self.values(values)
    }

    /// What is to be replaced in a reply.
    pub(super) fn values_of_reply(self, kind: TaskKind, reply: &Reply, codec: &dyn Codec) -> Vec<(String, String)> {
        if self.is_empty() {
            return Vec::new();
        }
        self.values(
            codec
                .decode_responses(kind, reply)
                .unwrap_or_default()
                .iter()
                .map(|answer| document::response(&answer.value)),
        )
    }

    fn values(self, values: impl Iterator<Item = Value>) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for mut value in values {
            self.walk("", &mut value, &mut |from, to| found.push((from.to_owned(), to.to_owned())));
        }
        found
    }

    fn walk(self, field: &str, value: &mut Value, found: &mut dyn FnMut(&str, &str)) {
        match value {
            Value::String(text) => {
                if let Some(made) = self.of(field, text) {
                    found(text, &made);
                    *text = made;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.walk(field, item, found)),
            Value::Object(members) => members.iter_mut().for_each(|(name, member)| self.walk(name, member, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Replaces values where they stand whole: between tags, in quotes.
    pub(super) fn replace(bytes: Vec<u8>, values: &[(String, String)]) -> Vec<u8> {
        if values.is_empty() {
            return bytes;
        }
        let Ok(mut text) = String::from_utf8(bytes) else { return Vec::new() };
        for (from, to) in values {
            let xml = from.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let json = Value::from(from.as_str()).to_string();
            text = text.replace(&format!(">{xml}<"), &format!(">{to}<")).replace(&json, &format!("\"{to}\""));
        }
        text.into_bytes()
    }
}

fn is_email(value: &str) -> bool {
    let Some((local, domain)) = value.split_once('@') else { return false };
    let is_word = |text: &str| !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || "@<>\"".contains(c));
    is_word(local) && is_word(domain) && domain.contains('.')
}

/// FNV-1a: the same on every machine and in every version.
fn hash_number(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

fn hash(text: &str) -> u32 {
    hash_number(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::StandIns;

    const ALL: StandIns = StandIns { names: true, emails: true, phones: true };

    #[test]
    fn the_same_for_the_same_and_only_once() {
        let mut value = json!({ "fname": "Ada", "email": "ada@example.com", "phone": "+49 1", "name": "example.com",
            "list": [{ "lname": "Ada" }], "comment": "write to ada@example.com" });
        ALL.stand_in(&mut value);
        let once = value.clone();
        ALL.stand_in(&mut value);
        assert_eq!(value, once, "a stand-in stays");
        assert_eq!(value["fname"], value["list"][0]["lname"]);
        assert!(value["email"].as_str().unwrap().ends_with("@example.invalid"));
        assert_eq!((&value["name"], &value["comment"]), (&json!("example.com"), &json!("write to ada@example.com")));
        assert!(!value["phone"].as_str().unwrap().contains("+49 1"));
    }

    #[test]
    fn whole_values_only() {
        let values = vec![("A&B".to_owned(), "name-1".to_owned())];
        let bytes = b"<a>A&amp;B</a><b>xA&amp;B</b> {\"c\":\"A&B\",\"d\":\"A&Bx\"}".to_vec();
        let text = String::from_utf8(StandIns::replace(bytes, &values)).unwrap();
        assert_eq!(text, "<a>name-1</a><b>xA&amp;B</b> {\"c\":\"name-1\",\"d\":\"A&Bx\"}");
    }
}
