//! What stands in for persons' data: the same for the same value, so that relations survive.

use certgate_domain::{Protocol, TaskKind};
use certgate_json::document;
use certgate_wire::Codec;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Exchange, texts};

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

/// The fields by their names in either protocol.
const NAMES: [&str; 9] =
    ["fname", "lname", "first", "last", "firstname", "lastname", "organization", "replyTo", "reply_to"];
const PHONES: [&str; 2] = ["phone", "fax"];

impl StandIns {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What either of them replaces.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            names: self.names || other.names,
            emails: self.emails || other.emails,
            phones: self.phones || other.phones,
        }
    }

    /// What a field's text is with its stand-ins; `None` if it stays.
    fn of(self, field: &str, text: &str) -> Option<String> {
        let value = text.trim();
        let is_among =
            |fields: &[&str]| !value.is_empty() && fields.iter().any(|name| name.eq_ignore_ascii_case(field));
        if self.emails && is_email(value) {
            mail(value)
        } else if self.names && is_among(&NAMES) {
            made(value, "name-", &hash(value), "")
        } else if self.phones && is_among(&PHONES) {
            made(value, "+49-999-", &format!("{:010}", hash_number(value)), "")
        } else if self.emails {
            with_mails_replaced(text)
        } else {
            None
        }
    }

    /// Replaces them in a value.
    pub(super) fn stand_in(self, value: &mut Value) {
        if !self.is_empty() {
            self.walk("", value, &mut |_| ());
        }
    }

    /// Replaces them in a payload where they stand; adds the names of their fields.
    pub(super) fn replace(self, bytes: Vec<u8>, protocol: Protocol, fields: &mut Vec<String>) -> Vec<u8> {
        if self.is_empty() {
            return bytes;
        }
        let text = String::from_utf8_lossy(&bytes);
        let mut replace = |field: &str, text: &str| self.noted(field, text, fields);
        let text = match protocol {
            Protocol::Xml => texts::in_xml(&text, &mut replace),
            Protocol::Json => texts::in_json(&text, &mut replace),
        };
        // What is no text of the protocol: a comment, a proxy's page.
        let outside = if self.emails { with_mails_replaced(&text) } else { None };
        outside.unwrap_or(text).into_bytes()
    }

    /// Replaces them in the query of a request.
    pub(super) fn replace_in_query(self, target: &str, fields: &mut Vec<String>) -> String {
        if self.is_empty() {
            return target.to_owned();
        }
        texts::in_query(target, &mut |field, text| self.noted(field, text, fields))
    }

    fn noted(self, field: &str, text: &str, fields: &mut Vec<String>) -> Option<String> {
        let made = self.of(field, text)?;
        if !field.is_empty() {
            fields.push(field.to_owned());
        }
        Some(made)
    }

    /// A field of an exchange that still holds what is to be replaced.
    pub(super) fn left(self, kind: TaskKind, exchange: &Exchange, codec: &dyn Codec) -> Option<String> {
        if self.is_empty() {
            return None;
        }
        let calls = codec.decode_requests(Some(kind), &exchange.request).unwrap_or_default();
        let asked =
            calls.iter().flat_map(|call| [document::request(&call.value), document::options(&call.value.options)]);
        let answers = exchange.reply.as_ref().map(|reply| codec.decode_responses(kind, reply).unwrap_or_default());
        let said = answers.iter().flatten().map(|answer| document::response(&answer.value));
        let mut left = None;
        for mut value in asked.chain(said) {
            self.walk("", &mut value, &mut |field| left = Some(field.to_owned()));
        }
        left
    }

    fn walk(self, field: &str, value: &mut Value, found: &mut dyn FnMut(&str)) {
        match value {
            Value::String(text) => {
                if let Some(made) = self.of(field, text) {
                    found(field);
                    *text = made;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.walk(field, item, found)),
            Value::Object(members) => members.iter_mut().for_each(|(name, member)| self.walk(name, member, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// A stand-in; `None` if the value is one already.
fn made(value: &str, prefix: &str, hash: &str, suffix: &str) -> Option<String> {
    let inside = value.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(suffix));
    let is_ours =
        inside.is_some_and(|inside| inside.len() == hash.len() && inside.bytes().all(|byte| byte.is_ascii_hexdigit()));
    (!is_ours).then(|| format!("{prefix}{hash}{suffix}"))
}

fn mail(address: &str) -> Option<String> {
    made(address, "mail-", &hash(address), "@example.invalid")
}

/// A text with each mail address in it replaced; `None` if there is none to replace.
fn with_mails_replaced(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut done = 0;
    for (at, _) in text.match_indices('@') {
        let before = text.get(done..at).unwrap_or_default();
        let local = before.rsplit(|c: char| !(c.is_alphanumeric() || "._%+-'".contains(c))).next().unwrap_or_default();
        let local = local.trim_start_matches('\'');
        let after = text.get(at + 1..).unwrap_or_default();
        let domain = after.split(|c: char| !(c.is_alphanumeric() || ".-".contains(c))).next().unwrap_or_default();
        let domain = domain.trim_end_matches(['.', '-']);
        let address = format!("{local}@{domain}");
        if is_email(&address)
            && let Some(made) = mail(&address)
        {
            out += text.get(done..at - local.len()).unwrap_or_default();
            out += &made;
            done = at + 1 + domain.len();
        }
    }
    (done > 0).then(|| out + text.get(done..).unwrap_or_default())
}

fn is_email(value: &str) -> bool {
    let Some((local, domain)) = value.split_once('@') else { return false };
    let is_word = |text: &str| !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || "@<>\"".contains(c));
    let top = domain.rsplit_once('.').map(|(_, top)| top);
    is_word(local) && is_word(domain) && top.is_some_and(|top| top.starts_with(char::is_alphabetic))
}

/// FNV-1a: the same on every machine and in every version.
fn hash_number(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

fn hash(text: &str) -> String {
    format!("{:08x}", hash_number(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::StandIns;
    use certgate_domain::Protocol;

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
        assert_eq!(value["name"], "example.com");
        assert_eq!(value["comment"], format!("write to {}", value["email"].as_str().unwrap()));
        assert!(!value["phone"].as_str().unwrap().contains("+49 1"));
    }

    #[test]
    fn where_they_stand_and_however_they_are_spelled() {
        for (protocol, payload, fields) in [
            (
                Protocol::Json,
                r#"{"fname":"J\u00fcrgen","organization":"O\/Neil","phone":" +49 1 "}"#,
                "fname organization phone",
            ),
            (Protocol::Xml, "<first>J&#252;rgen</first><last> M&quot;ller\n</last>", "first last"),
            (Protocol::Xml, "<firstname>Ada</firstname><email><![CDATA[ada@example.com]]></email>", "firstname email"),
            (Protocol::Xml, "<fax>\n +49 1</fax><!-- ada@example.com -->", "fax"),
            (Protocol::Json, r#"{"status":{"text":"Write to 'ada@example.com', or b.c@d.example."}}"#, "text"),
            (Protocol::Json, "<html>ada@example.com</html>", ""),
        ] {
            let mut found = Vec::new();
            let once = ALL.replace(payload.as_bytes().to_vec(), protocol, &mut found);
            assert_eq!(found.join(" "), fields, "{payload}");
            let text = String::from_utf8(once.clone()).unwrap();
            for person in ["J", "Neil", "49 1", "ller", "Ada", "ada", "b.c@d"] {
                assert!(!text.contains(person), "{person} in {text}");
            }
            assert_eq!(ALL.replace(once, protocol, &mut found), text.as_bytes(), "a stand-in stays");
        }
        let kept = br#"{"name":"Ada","city":"+49 1","version":"x@1.2","n":"@ IN TXT"}"#.to_vec();
        assert_eq!(ALL.replace(kept.clone(), Protocol::Json, &mut Vec::new()), kept);
        assert_eq!(
            ALL.replace_in_query("/poll?replyTo=ada%40example.com&ctid=1", &mut Vec::new()).len(),
            "/poll?replyTo=mail-01234567%40example.invalid&ctid=1".len()
        );
    }
}
