//! The secrets of this run, taken out of whatever is shown.

use std::ops::Range;

use base64::{Engine, engine::general_purpose::STANDARD};
use certgate_domain::{Credentials, Identity, Secret};
use certgate_wire::{BodyKind, Codec, Reply, Request, header_bytes};

use crate::{
    label,
    spelling::{Spellings, is_text, readable},
};

/// Takes the run's own secrets out, in every spelling they can have on the wire, after the codec took out the fields that
/// hold secrets by their name.
#[derive(Clone, Default)]
pub struct Redactor {
    spellings: Spellings,
    /// The length of the shortest secret, in characters.
    shortest: Option<usize>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Redactor(…)")
    }
}

/// Secrets shorter than this, in bytes, are not taken out of answers: they would match unrelated text.
const SHORTEST_ECHO: usize = 6;
/// Secrets shorter than this, in characters, cannot be told from other text.
const SHORTEST_TOLD: usize = 4;

impl Redactor {
    /// Knows these credentials.
    pub fn new(credentials: &Credentials) -> Self {
        let mut this = Self::default();
        this.knows(&credentials.password);
        if !credentials.password.expose().is_empty() {
            let basic = format!("{}:{}", credentials.user, credentials.password.expose());
            this.spellings.add_encoded(&STANDARD.encode(basic));
        }
        if let Some(token) = &credentials.token {
            this.knows(token);
        }
        this
    }

    /// Knows what somebody shows to be let in.
    pub fn of(identity: &Identity) -> Self {
        match identity {
            Identity::Credentials(credentials) => Self::new(credentials),
            Identity::Session(session) => {
                let mut this = Self::default();
                this.knows(session);
                this
            }
        }
    }

    /// Knows one more secret, of whatever kind.
    pub fn knows(&mut self, secret: &Secret) {
        let secret = secret.expose();
        if !secret.is_empty() {
            let length = secret.chars().count();
            self.shortest = Some(self.shortest.map_or(length, |shortest| shortest.min(length)));
            self.spellings.add(secret);
        }
    }

    /// Returns the text without any secret.
    pub fn text(&self, text: &str) -> String {
        self.without(text, 1, is_word).unwrap_or_else(|| text.to_owned())
    }

    /// Returns a text for people without any secret, or `None` where it holds none. Secrets too short to be told from chance
    /// stay.
    pub fn shown(&self, text: &str) -> Option<String> {
        self.without(text, SHORTEST_ECHO, |_| false)
    }

    /// Returns the body of an answer without what the gateway echoes of the secrets, or `None` where it echoes nothing. The
    /// first one is to be decoded: names stay in it. The second one is to be stored.
    pub(crate) fn echo(&self, body: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
        let body = std::str::from_utf8(body).ok()?;
        let stored = self.without(body, SHORTEST_ECHO, is_word)?;
        let decoded = self.without(body, SHORTEST_ECHO, |_| true).unwrap_or_else(|| body.to_owned());
        Some((decoded.into_bytes(), stored.into_bytes()))
    }

    /// Returns `text` with every secret of at least `shortest` bytes removed, or `None` if it contains none. Those that may be
    /// names stay where they are names.
    fn without(&self, text: &str, shortest: usize, may_be_name: impl Fn(&str) -> bool) -> Option<String> {
        let is_secret = |range: &Range<usize>| {
            let found = text.get(range.clone()).unwrap_or_default();
            !(may_be_name(found) && is_name(text, range))
        };
        let mut ranges: Vec<_> =
            self.spellings.find(text, shortest).into_iter().map(|found| found.range).filter(is_secret).collect();
        ranges.sort_by_key(|range| range.start);
        let mut clean = String::new();
        let mut done = 0;
        for Range { start, end } in ranges {
            if start >= done {
                clean.push_str(text.get(done..start).unwrap_or_default());
                clean.push('…');
            }
            done = done.max(end);
        }
        (done > 0).then(|| clean + text.get(done..).unwrap_or_default())
    }

    /// Returns how a secret that stands in the bytes is spelled, or `None` where none does. The name of a field is no secret,
    /// even if it is the same word.
    pub fn leak(&self, bytes: &[u8]) -> Option<&'static str> {
        if self.shortest? < SHORTEST_TOLD {
            return Some("or may be: with less than 4 characters it cannot be told from other text");
        }
        let text = readable(bytes);
        let found = self.spellings.find(&text, 1).into_iter().filter(|found| !is_name(&text, &found.range));
        found.min_by_key(|found| found.range.start).map(|found| found.name)
    }

    /// Returns a body as text, without the secrets, without what the codec knows to be secret and without the `x` of
    /// `password=x` in a text. UTF-16 and UTF-32 become UTF-8 first.
    pub fn body(&self, codec: &dyn Codec, body: &[u8]) -> String {
        let redacted = codec.redact(readable(body).as_bytes());
        label::without_assigned(&self.text(&String::from_utf8_lossy(&redacted)), codec.protocol())
    }

    /// The same of the body of a reply. Where it is none of the protocol, what a label names as a secret is taken out as well; of one in which
    /// no secret is found, since it is compressed or no text, only its length is told, and why it is not kept.
    pub fn reply(&self, codec: &dyn Codec, reply: &Reply) -> String {
        let not_kept = |why: &str| self.text(&format!("({} bytes, not kept: {why})", reply.body.len()));
        match (reply.compression(), codec.body_kind(&reply.body)) {
            (Some(how), _) => not_kept(&how),
            (None, Ok(BodyKind::Reply(_))) => self.body(codec, &reply.body),
            (None, _) if !is_text(&reply.body) => not_kept("it is no text"),
            (None, _) => label::blanked(&self.body(codec, &reply.body)),
        }
    }

    /// Returns a header of a reply without the secrets, and without what a label names as one: an address may have a token in it.
    pub fn header(&self, value: &str) -> String {
        label::blanked(&self.text(&readable(&header_bytes(value))))
    }

    /// The same as of a reply where only the first bytes came: without their end, which may hold a part of a secret.
    pub(crate) fn start(&self, codec: &dyn Codec, start: &Reply) -> String {
        let mut text = self.reply(codec, start);
        let end = self.spellings.reach().min(text.len() / 2);
        text.truncate(text.floor_char_boundary(text.len() - end));
        text
    }

    /// A request as it may be shown: request line, headers, blank line, body.
    pub fn request(&self, codec: &dyn Codec, endpoint: &str, request: &Request) -> String {
        let mut text = format!("{} {endpoint}{}\n", request.method, request.target);
        for header in &request.headers {
            text += &format!("{}: {}\n", header.name, header.value.shown());
        }
        if !request.body.is_empty() {
            text += "\n";
            text += &String::from_utf8_lossy(&codec.redact(&request.body));
            text += "\n";
        }
        self.text(&text)
    }
}

/// Whether the secret consists of letters only and could therefore be the name of its field, which is left in place.
fn is_word(secret: &str) -> bool {
    secret.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// A list of redacted fields is looked for that far back, in bytes.
const LOOK_BACK: usize = 4096;

/// Whether what stands there is the name of an element or a field, or of a redacted field in a tape's index.
fn is_name(text: &str, range: &Range<usize>) -> bool {
    let (before, after) = (text.get(..range.start).unwrap_or_default(), text.get(range.end..).unwrap_or_default());
    let element = (before.ends_with('<') || before.ends_with("</")) && after.starts_with(['>', '/', ' ']);
    if element {
        return true;
    }
    let Some(after) = after.strip_prefix('"').filter(|_| before.ends_with('"')) else { return false };
    let blanks = |text: &str| text.bytes().take(LOOK_BACK).take_while(u8::is_ascii_whitespace).count();
    let is_field = after.get(blanks(after)..).is_some_and(|after| after.starts_with(':'));
    let near = before.get(before.floor_char_boundary(before.len().saturating_sub(LOOK_BACK))..).unwrap_or_default();
    let is_listed =
        || near.rfind("\"redacted\":[").is_some_and(|start| !near.get(start..).unwrap_or_default().contains(']'));
    is_field || is_listed()
}

#[cfg(test)]
mod tests {
    use certgate_domain::{Credentials, Secret};
    use certgate_json::JsonCodec;

    use super::Redactor;

    fn redactor(password: &str) -> Redactor {
        Redactor::new(&Credentials::new("user", Secret::new(password), "9"))
    }

    #[test]
    fn every_spelling_is_taken_out() {
        let redactor = redactor("pä\\/w&rd");
        for (text, expected) in [
            ("a pä\\/w&rd b", "a … b"),
            ("p\\u00e4\\\\\\/w\\u0026rd", "…"),
            ("p\\u00E4\\u005c/w&rd, p\\u00e4", "…, p\\u00e4"),
            ("<a>p&#228;\\/w&#38;rd</a>", "<a>…</a>"),
            ("p&#xE4;\\/w&amp;rd", "…"),
            ("p%c3%a4%5C%2fw%26rd", "…"),
            ("cMOkXC93JnJk", "…"),
            ("dXNlcjpww6RcL3cmcmQ=", "…"),
            // With something else before it, and in the alphabet for addresses.
            ("eHhwpFwvdyZyZA x", "eHhwpFwvdyZyZA x"),
            ("eHhww6RcL3cmcmR4", "eHh…R4"),
            ("pä\\/w&r", "pä\\/w&r"),
        ] {
            assert_eq!(redactor.text(text), expected, "{text}");
        }
    }

    #[test]
    fn a_body_is_shown_without_them() {
        let codec = JsonCodec::default();
        for (password, text, expected) in [
            ("a&secret", "a&secret", "{\"text\":\"…\"}"),
            ("a&secret", "a\\u0026amp;secret", "{\"text\":\"…\"}"),
            // Somebody else's, in a text.
            ("a&secret", r#"p '\"u\"' (password=x y)"#, r#"{"text":"p '\"u\"' (password=… y)"}"#),
            ("a&secret", r"db_passwd='x, y' of", r#"{"text":"db_passwd='…' of"}"#),
            ("a&secret", r#"Pwd=\"x y\", of"#, r#"{"text":"Pwd=\"…\", of"}"#),
            ("a&secret", "password='x y", r#"{"text":"password='…"}"#),
            ("a&secret", "password==x, password = x, token=x", r#"{"text":"password==x, password = x, token=x"}"#),
            // In any text by chance.
            ("a&b", "a\\u0026amp;b", "{\"text\":\"…\"}"),
        ] {
            let body = format!("{{\"text\":\"{text}\"}}");
            assert_eq!(redactor(password).body(&codec, body.as_bytes()), expected);
        }
    }

    #[test]
    fn an_echo_is_no_word_of_the_protocol() {
        let body = r#"{"password":"wrong","text":"Missing or wrong value."}"#;
        for (password, expected) in [
            ("wrong", None),
            ("password", None),
            ("Missing or", Some(r#"{"password":"wrong","text":"… wrong value."}"#)),
        ] {
            let expected = expected.map(|text| (text.as_bytes().to_vec(), text.as_bytes().to_vec()));
            assert_eq!(redactor(password).echo(body.as_bytes()), expected);
        }
    }
}
