//! The secrets of this run, taken out of whatever is shown.

use base64::{Engine, engine::general_purpose::STANDARD};
use certgate_domain::{Credentials, Identity, Secret};
use certgate_wire::{Codec, Request};

use crate::tape::{is_name, leak};

/// Takes the run's own secrets out, in every spelling they can have on the wire, after the codec took out the fields that
/// hold secrets by their name.
#[derive(Clone, Default)]
pub struct Redactor {
    spellings: Vec<String>,
    /// The secrets themselves, to look for them in other spellings.
    secrets: Vec<String>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({} spellings)", self.spellings.len())
    }
}

impl Redactor {
    /// Knows these credentials.
    pub fn new(credentials: &Credentials) -> Self {
        let mut this = Self::default();
        this.knows(&credentials.password);
        if !credentials.password.expose().is_empty() {
            let basic = format!("{}:{}", credentials.user, credentials.password.expose());
            this.spellings.push(STANDARD.encode(basic));
        }
        if let Some(token) = &credentials.token {
            this.knows(token);
        }
        this.sort();
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
        if secret.is_empty() {
            return;
        }
        let xml = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let json = serde_json::Value::from(secret).to_string();
        let percent = |kept: &dyn Fn(u8) -> bool| {
            secret.bytes().fold(String::new(), |mut text, byte| {
                if kept(byte) {
                    text.push(char::from(byte));
                } else {
                    text += &format!("%{byte:02X}");
                }
                text
            })
        };
        self.secrets.push(secret.to_owned());
        self.spellings.extend([
            STANDARD.encode(secret),
            xml.replace('"', "&quot;").replace('\'', "&apos;"),
            xml,
            json.trim_matches('"').to_owned(),
            percent(&|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)),
            secret.to_owned(),
        ]);
        self.sort();
    }

    /// The longest first, so that none is left in pieces.
    fn sort(&mut self) {
        self.spellings.sort_by(|left, right| right.len().cmp(&left.len()).then_with(|| left.cmp(right)));
        self.spellings.dedup();
    }

    /// The text without them.
    pub fn text(&self, text: &str) -> String {
        self.spellings.iter().fold(text.to_owned(), |text, spelling| without(&text, spelling))
    }

    /// Bytes without them.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> Vec<u8> {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.text(text).into_bytes(),
            Err(_) => self.text(&String::from_utf8_lossy(bytes)).into_bytes(),
        }
    }

    /// The spelling of a secret that stands in the bytes, be it one that [`Redactor::text`] does not take out.
    pub fn leak(&self, bytes: &[u8]) -> Option<&'static str> {
        leak(bytes, &self.secrets)
    }

    /// A body without them, and without what the codec knows to be secret.
    pub fn body(&self, codec: &dyn Codec, body: &[u8]) -> String {
        self.text(&String::from_utf8_lossy(&codec.redact(body)))
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

/// The text without a secret. A password may be the word that names its field: that stays.
fn without(text: &str, secret: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    let mut done = 0;
    while let Some(at) = rest.find(secret) {
        let (start, end) = (done + at, done + at + secret.len());
        let (before, after) = (text.get(..start).unwrap_or_default(), text.get(end..).unwrap_or_default());
        clean.push_str(rest.get(..at).unwrap_or_default());
        clean.push_str(if is_name(before, after) { secret } else { "…" });
        done = end;
        rest = after;
    }
    clean + rest
}
