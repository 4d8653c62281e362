//! How the gateway answered.

use std::fmt;

use crate::words::StatusType;

/// The status of an answer (OpenAPI `ResponseStatus`; XML `result/status`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// Letter and task number, such as `N400102` (`resultCode` in 2018).
    pub code: Option<StatusCode>,
    /// Its text. Language and wording vary: never decide by it.
    pub text: Option<String>,
    /// Its type.
    pub r#type: Option<StatusType>,
}

/// A status code: a letter and the number of a task, kept as text (`S0905` has a leading zero).
///
/// The number need not be that of the task asked for: task 400102 is answered with `N400101` or `N400102`, and job tasks
/// answer `S3001xx` in JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusCode(String);

/// What a status means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// `S`: done.
    Done,
    /// `N`: accepted; the result comes later as a notification.
    Accepted,
    /// `E`: refused.
    Refused,
}

impl Status {
    /// What it means, by the code's letter and the type; never by text. An error in either one is a refusal.
    ///
    /// ```
    /// use certgate_domain::{Status, StatusCode, Verdict, words::StatusType};
    /// let status = Status { code: Some(StatusCode::new("N400102")), r#type: Some(StatusType::Notify), text: None };
    /// assert_eq!(status.verdict(), Some(Verdict::Accepted));
    /// assert_eq!(Status::default().verdict(), None);
    /// ```
    pub fn verdict(&self) -> Option<Verdict> {
        let by_letter = match self.code.as_ref().and_then(StatusCode::letter) {
            Some('S') => Some(Verdict::Done),
            Some('N') => Some(Verdict::Accepted),
            Some('E') => Some(Verdict::Refused),
            _ => None,
        };
        let by_type = match &self.r#type {
            Some(StatusType::Success | StatusType::Notice) => Some(Verdict::Done),
            Some(StatusType::Notify) => Some(Verdict::Accepted),
            Some(StatusType::Error) => Some(Verdict::Refused),
            _ => None,
        };
        match (by_letter, by_type) {
            (Some(Verdict::Refused), _) | (_, Some(Verdict::Refused)) => Some(Verdict::Refused),
            (letter, r#type) => letter.or(r#type),
        }
    }
}

impl StatusCode {
    /// Takes the code as received.
    pub fn new(code: impl Into<String>) -> Self {
        Self(code.into())
    }

    /// The code as received.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `S`, `N` or `E`, where a letter is followed by digits only.
    pub fn letter(&self) -> Option<char> {
        let mut chars = self.0.chars();
        let letter = chars.next()?.to_ascii_uppercase();
        let digits = chars.as_str();
        (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) && "SNE".contains(letter)).then_some(letter)
    }
}

impl fmt::Display for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Status, StatusCode, Verdict};
    use crate::words::StatusType;

    #[test]
    fn verdicts_follow_letter_and_type() {
        use Verdict::{Accepted, Done, Refused};
        for (code, r#type, expected) in [
            (Some("S400104"), Some(StatusType::Success), Some(Done)),
            (Some("N400101"), Some(StatusType::Notify), Some(Accepted)),
            (Some("E0205"), Some(StatusType::Error), Some(Refused)),
            (Some("S400104"), None, Some(Done)),
            (Some("S400104"), Some(StatusType::Error), Some(Refused)),
            (Some("E400104"), Some(StatusType::Success), Some(Refused)),
            (Some("N400101"), Some(StatusType::Success), Some(Accepted)),
            (None, Some(StatusType::Notify), Some(Accepted)),
            (Some("S400104"), Some(StatusType::Other("banana".into())), Some(Done)),
            (Some("X400104"), Some(StatusType::Other("banana".into())), None),
            (Some("S"), None, None),
            (Some("SUCCESS"), None, None),
            (Some(""), None, None),
            (None, None, None),
        ] {
            let status = Status { code: code.map(StatusCode::new), text: None, r#type };
            assert_eq!(status.verdict(), expected, "{status:?}");
        }
    }
}
