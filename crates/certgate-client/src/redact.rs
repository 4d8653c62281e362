//! The secrets of this run, taken out of whatever is shown.

use base64::{Engine, engine::general_purpose::STANDARD};
use certgate_domain::Credentials;
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
        let password = credentials.password.expose();
        if password.is_empty() {
            return Self::default();
        }
        let xml = password.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let json = serde_json::Value::from(password).to_string();
        let percent = |kept: &dyn Fn(u8) -> bool| {
            password.bytes().fold(String::new(), |mut text, byte| {
                if kept(byte) {
                    text.push(char::from(byte));
                } else {
                    text += &format!("%{byte:02X}");
                }
                text
            })
        };
        let mut spellings = vec![
            STANDARD.encode(format!("{}:{password}", credentials.user)),
            STANDARD.encode(password),
            xml.replace('"', "&quot;").replace('\'', "&apos;"),
            xml,
            json.trim_matches('"').to_owned(),
            percent(&|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)),
            password.to_owned(),
        ];
        spellings.sort_by_key(|spelling| std::cmp::Reverse(spelling.len()));
        spellings.dedup();
        Self { spellings }
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
