//! The secrets of this run, taken out of whatever is shown.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use certgate_domain::{Credentials, Identity, Secret};
use certgate_wire::{Codec, Request};

use crate::tape::{entity, is_name, leak};

/// Takes the run's own secrets out, in every spelling they can have on the wire, after the codec took out the fields that
/// hold secrets by their name.
#[derive(Clone, Default)]
pub struct Redactor {
    /// The secrets themselves.
    secrets: Vec<String>,
    /// What they are in Base64.
    encoded: Vec<String>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({} secrets)", self.secrets.len())
    }
}

/// A shorter secret stands in any answer by chance: taken out, the answer would say something else.
const SHORTEST_ECHO: usize = 6;

impl Redactor {
    /// Knows these credentials.
    pub fn new(credentials: &Credentials) -> Self {
        let mut this = Self::default();
        this.knows(&credentials.password);
        if !credentials.password.expose().is_empty() {
            let basic = format!("{}:{}", credentials.user, credentials.password.expose());
            this.encoded.push(STANDARD.encode(basic));
        }
        if let Some(token) = &credentials.token {
            this.knows(token);
        }
        this
    }

    /// Knows what somebody shows to be let in.
    pub(crate) fn of(identity: &Identity) -> Self {
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
            self.secrets.push(secret.to_owned());
            self.encoded.extend(encoded(secret));
        }
    }

    /// The text without them.
    pub fn text(&self, text: &str) -> String {
        self.without(text, 1, is_word).unwrap_or_else(|| text.to_owned())
    }

    /// A text for people without them; none where it holds none. Those that are too short to be told from chance stay.
    pub fn shown(&self, text: &str) -> Option<String> {
        self.without(text, SHORTEST_ECHO, |_| false)
    }

    /// Bytes without them.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> Vec<u8> {
        self.text(&String::from_utf8_lossy(bytes)).into_bytes()
    }

    /// The body of an answer without what the gateway echoes of them; none where it echoes nothing. The first one is to be
    /// decoded: names stay in it. The second one is to be kept.
    pub(crate) fn echo(&self, body: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
        let body = std::str::from_utf8(body).ok()?;
        let kept = self.without(body, SHORTEST_ECHO, is_word)?;
        let decoded = self.without(body, SHORTEST_ECHO, |_| true).unwrap_or_else(|| body.to_owned());
        Some((decoded.into_bytes(), kept.into_bytes()))
    }

    /// The text without those of so many bytes and more; none where it holds none of them. Those that may be names stay where
    /// they are.
    fn without(&self, text: &str, shortest: usize, may_be_name: impl Fn(&str) -> bool) -> Option<String> {
        let secrets = long(&self.secrets, shortest);
        let encoded = long(&self.encoded, shortest);
        let starts = secrets.iter().chain(&encoded).filter_map(|secret| secret.chars().next());
        let starts: Vec<char> = starts.chain(['\\', '&', '%']).collect();
        let mut clean = String::new();
        let (mut done, mut at) = (0, 0);
        while let Some(found) = text.get(at..).and_then(|rest| rest.find(starts.as_slice())) {
            let (before, rest) = text.split_at(at + found);
            let plain = encoded.iter().filter(|secret| rest.starts_with(secret.as_str())).map(|secret| secret.len());
            let spelled = secrets.iter().filter_map(|secret| spelled(rest, secret));
            // The longest, so that none is left in pieces.
            let length = plain.chain(spelled).max();
            at = before.len() + length.or_else(|| rest.chars().next().map(char::len_utf8)).unwrap_or(1);
            let Some(secret) = length.and_then(|length| rest.get(..length)) else { continue };
            if may_be_name(secret) && is_name(before, text.get(at..).unwrap_or_default()) {
                continue;
            }
            clean.push_str(before.get(done..).unwrap_or_default());
            clean.push('…');
            done = at;
        }
        (done > 0).then(|| clean + text.get(done..).unwrap_or_default())
    }

    /// The spelling of a secret that stands in the bytes, be it one that [`Redactor::text`] does not take out.
    pub fn leak(&self, bytes: &[u8]) -> Option<&'static str> {
        leak(bytes, &self.secrets)
    }

    /// A body without them, and without what the codec knows to be secret; nothing of it where that does not do.
    pub fn body(&self, codec: &dyn Codec, body: &[u8]) -> String {
        let text = self.text(&String::from_utf8_lossy(&codec.redact(body)));
        match leak(text.as_bytes(), &long(&self.secrets, SHORTEST_ECHO)) {
            None => text,
            Some(spelling) => format!("(withheld: a secret of this run is left in it, {spelling})"),
        }
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

/// Whether a secret may be a word that names its field, which stays. With anything but letters it is none.
fn is_word(secret: &str) -> bool {
    secret.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// Those of so many bytes and more.
fn long(secrets: &[String], shortest: usize) -> Vec<String> {
    secrets.iter().filter(|secret| secret.len() >= shortest).cloned().collect()
}

/// What a secret is in Base64 of either alphabet, wherever in what was encoded it stands: without the characters that its
/// neighbours have a part in.
fn encoded(secret: &str) -> Vec<String> {
    let mut spellings = Vec::new();
    for before in 0..3 {
        let bytes = [vec![0; before].as_slice(), secret.as_bytes()].concat();
        let own = (before * 8).div_ceil(6)..bytes.len() * 8 / 6;
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            spellings.extend(engine.encode(&bytes).get(own.clone()).filter(|own| own.len() >= 4).map(str::to_owned));
        }
    }
    spellings
}

/// How a text writes its characters.
#[derive(Debug, Clone, Copy)]
enum Writing {
    Plain,
    Json,
    Xml,
    Address,
}

/// How much of the text's start is the secret, in the longest of the writings it may be in.
fn spelled(text: &str, secret: &str) -> Option<usize> {
    let in_writing = |writing| {
        let (mut rest, mut left) = (text, secret.as_bytes());
        while !left.is_empty() {
            let (bytes, length) = character(rest, writing)?;
            left = left.strip_prefix(bytes.as_slice())?;
            rest = rest.get(length..)?;
        }
        Some(text.len() - rest.len())
    };
    [Writing::Plain, Writing::Json, Writing::Xml, Writing::Address].into_iter().filter_map(in_writing).max()
}

/// The character that a text starts with (of an address, its byte), and how much of the text writes it.
fn character(text: &str, writing: Writing) -> Option<(Vec<u8>, usize)> {
    let first = text.chars().next()?;
    let written = match (writing, first) {
        (Writing::Json, '\\') => {
            json_escape(text.get(1..)?).map(|(c, length)| (c.to_string().into_bytes(), 1 + length))
        }
        (Writing::Xml, '&') => {
            text.find(';').and_then(|end| entity(text.get(1..end)?).map(|c| (c.to_string().into_bytes(), end + 1)))
        }
        (Writing::Address, '%') => {
            text.get(1..3).and_then(|hex| u8::from_str_radix(hex, 16).ok()).map(|byte| (vec![byte], 3))
        }
        _ => None,
    };
    Some(written.unwrap_or_else(|| (first.to_string().into_bytes(), first.len_utf8())))
}

/// The character of a JSON escape, what follows its backslash, and how much of that writes it.
fn json_escape(text: &str) -> Option<(char, usize)> {
    let unit = |at: usize| u16::from_str_radix(text.get(at..at + 4)?, 16).ok();
    match text.chars().next()? {
        'u' => {
            let pair = text.get(5..7).filter(|next| *next == "\\u").and_then(|_| unit(7));
            let c = char::decode_utf16([Some(unit(1)?), pair].into_iter().flatten()).next()?.ok()?;
            Some((c, if c.len_utf16() == 2 { 11 } else { 5 }))
        }
        'n' => Some(('\n', 1)),
        't' => Some(('\t', 1)),
        'r' => Some(('\r', 1)),
        'b' => Some(('\u{8}', 1)),
        'f' => Some(('\u{c}', 1)),
        c @ ('"' | '\\' | '/') => Some((c, 1)),
        _ => None,
    }
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
    fn what_cannot_be_taken_out_is_withheld() {
        let codec = JsonCodec::default();
        for (password, text, expected) in [
            ("a&secret", "a&secret", "{\"text\":\"…\"}"),
            (
                "a&secret",
                "a\\u0026amp;secret",
                "(withheld: a secret of this run is left in it, escaped more than once)",
            ),
            // In any text by chance.
            ("a&b", "a\\u0026amp;b", "{\"text\":\"a\\u0026amp;b\"}"),
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
