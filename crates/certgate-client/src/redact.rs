//! The secrets of this run, taken out of whatever is shown.

use base64::{Engine, engine::general_purpose::STANDARD};
use certgate_domain::{Credentials, Secret};
use certgate_wire::{Codec, Request};

/// Takes the run's own secrets out, in every spelling they can have on the wire, after the codec took out the fields that
/// hold secrets by their name.
#[derive(Clone, Default)]
pub struct Redactor {
    spellings: Vec<String>,
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

    /// Knows one more secret.
    pub(crate) fn knows(&mut self, secret: &Secret) {
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
        self.spellings.iter().fold(text.to_owned(), |text, spelling| text.replace(spelling.as_str(), "…"))
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
