//! What known codes of a refusal mean.

use certgate_client::Refusal;
use certgate_domain::{GenericObject, Message, TaskKind};
use certgate_wire::one_line;

#[cfg(feature = "config")]
use super::{Advice, Advised};

/// What a refusal is about, where its codes are known. The gateway's own words stand beside it; its texts change, its codes do not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RefusalReason {
    /// The account has no such certificate (`EF01000` at `certificate.id`).
    #[error("there is no certificate {0} in this account")]
    NoSuchCertificate(String),
    /// The account has no such contact (`EF4002001`; of contact info `EF01000` at `contact.id`).
    #[error("there is no contact {0} in this account")]
    NoSuchContact(String),
    /// A certificate or an order needs the contact (`EF01000` at `contact.id` of its deletion).
    #[error("contact {0} is needed by a certificate or an order")]
    ContactNeeded(String),
    /// A contact lacks a field, or has a wrong one (`EF01000` below `contact`).
    #[error("the contact's `{0}` is missing or wrong")]
    IncompleteContact(String),
    /// The certificate never had that serial number (`EF01000` at `certificate.serial_number`).
    #[error("the certificate has no serial number {0}")]
    NoSuchSerial(String),
    /// The queue has no such message (`EF01000` at `message.id`).
    #[error("there is no message {0} in the queue")]
    NoSuchMessage(String),
    /// The job is over, or there never was one (`EF300101`).
    #[error("no job {0} is running: it is over, or there never was one")]
    NoSuchJob(String),
    /// User or password are wrong (`EF01000` at `request.auth.user` or `request.auth.password`).
    #[error("user or password are wrong")]
    WrongPassword,
    /// The user is not known in that context (`EF01000` at `request.auth.context`).
    #[error("the user is not known in this context")]
    WrongContext,
    /// The administrative contact is refused (`EF4001006`).
    #[error("the administrative contact cannot be used for this certificate")]
    AdministrativeContact,
    /// The technical contact is refused (`EF4001010`).
    #[error("the technical contact cannot be used for this certificate")]
    TechnicalContact,
    /// The certificate ends too late for a renewal (`EF4001012`).
    #[error("it is too early to renew: the gateway renews in the last 90 days of a term")]
    TooEarlyToRenew,
    /// There is no such zone (`EF02020`).
    #[error("there is no zone {0} in this account")]
    NoSuchZone(String),
    /// There is a zone of that name (`EF02019`).
    #[error("there is a zone {0} already")]
    ZoneExists(String),
    /// The zone has that record (`EF02022`).
    #[error("the zone has this record already")]
    RecordExists,
    /// The request could not be parsed (`EF00000`).
    #[error("the gateway could not read the request")]
    Unreadable,
}

impl RefusalReason {
    /// The first known reason among a refusal's messages, nested ones included.
    pub fn of(refusal: &Refusal) -> Option<Self> {
        let task = refusal.task;
        refusal.answer.all_messages().find_map(|message| {
            let nothing = GenericObject::default();
            let objects = if message.objects.is_empty() { std::slice::from_ref(&nothing) } else { &message.objects };
            objects.iter().find_map(|object| Self::of_message(task, message, object))
        })
    }

    fn of_message(task: TaskKind, message: &Message, object: &GenericObject) -> Option<Self> {
        let value = || match object.value.as_deref() {
            Some(value) if !value.is_empty() => one_line(value).into_owned(),
            _ => "of that name".to_owned(),
        };
        Some(match (message.code.as_deref()?, object.r#type.as_deref().unwrap_or_default()) {
            ("EF01000", "certificate.id") => Self::NoSuchCertificate(value()),
            // What is deleted is there, or the code is another one.
            ("EF01000", "contact.id") if task == TaskKind::ContactDelete => Self::ContactNeeded(value()),
            ("EF01000", "contact.id") => Self::NoSuchContact(value()),
            ("EF01000", "certificate.serial_number") => Self::NoSuchSerial(value()),
            ("EF01000", "message.id") => Self::NoSuchMessage(value()),
            ("EF01000", field) if field.starts_with("contact.") => {
                Self::IncompleteContact(one_line(field.trim_start_matches("contact.")).into_owned())
            }
            ("EF4002001", _) => Self::NoSuchContact(value()),
            ("EF01000", "request.auth.user" | "request.auth.password") => Self::WrongPassword,
            ("EF01000", "request.auth.context") => Self::WrongContext,
            ("EF300101", _) => Self::NoSuchJob(value()),
            ("EF4001006", _) => Self::AdministrativeContact,
            ("EF4001010", _) => Self::TechnicalContact,
            ("EF4001012", _) => Self::TooEarlyToRenew,
            ("EF02020", _) => Self::NoSuchZone(value()),
            ("EF02019", _) => Self::ZoneExists(value()),
            ("EF02022", _) => Self::RecordExists,
            ("EF00000", _) => Self::Unreadable,
            _ => return None,
        })
    }
}

#[cfg(feature = "config")]
impl Advised for RefusalReason {
    fn advice(&self) -> Option<Advice> {
        Some(match self {
            Self::NoSuchCertificate(_) => Advice::ListCertificates,
            Self::NoSuchContact(_) => Advice::ListContacts,
            Self::ContactNeeded(_) => Advice::ReplaceContact,
            Self::IncompleteContact(_) => Advice::CompleteContact,
            Self::NoSuchSerial(_) => Advice::ListSerials,
            Self::NoSuchMessage(_) => Advice::LookIntoQueue,
            Self::NoSuchJob(_) => Advice::ListJobs,
            Self::WrongPassword | Self::WrongContext => Advice::CheckCredentials,
            Self::AdministrativeContact | Self::TechnicalContact => Advice::ChooseContact,
            Self::TooEarlyToRenew => Advice::Reissue,
            Self::NoSuchZone(_) | Self::ZoneExists(_) => Advice::ListZones,
            Self::Unreadable => Advice::CheckEndpoint,
            Self::RecordExists => return None,
        })
    }
}

#[cfg(all(test, feature = "config"))]
mod tests {
    use certgate_domain::{AnyData, GenericObject, Message, Response, Status, TaskKind};

    use super::RefusalReason;
    use crate::{Advice, Advised, Refusal};

    fn refusal(code: &str, object: Option<(&str, &str)>) -> Refusal {
        let objects = object.map(|(kind, value)| GenericObject {
            r#type: Some(kind.to_owned()),
            value: (!value.is_empty()).then(|| value.to_owned()),
        });
        let inner =
            Message { code: Some(code.to_owned()), objects: objects.into_iter().collect(), ..Message::default() };
        let outer = Message { messages: vec![inner], ..Message::default() };
        let answer = Response::<AnyData> {
            stid: None,
            ctid: None,
            status: Status::default(),
            object: None,
            messages: vec![outer],
            data: Vec::new(),
        };
        Refusal { task: TaskKind::CertificateInfo, answer, auth: false }
    }

    #[test]
    fn known_codes_say_what_is_wrong_and_what_to_do() {
        for (code, object, text, advice) in [
            (
                "EF01000",
                Some(("certificate.id", "572")),
                "there is no certificate 572 in this account",
                Some(Advice::ListCertificates),
            ),
            ("EF4002001", Some(("contact", "7")), "there is no contact 7 in this account", Some(Advice::ListContacts)),
            (
                "EF01000",
                Some(("request.auth.password", "")),
                "user or password are wrong",
                Some(Advice::CheckCredentials),
            ),
            (
                "EF01000",
                Some(("request.auth.context", "4")),
                "the user is not known in this context",
                Some(Advice::CheckCredentials),
            ),
            (
                "EF300101",
                Some(("job", "9")),
                "no job 9 is running: it is over, or there never was one",
                Some(Advice::ListJobs),
            ),
            (
                "EF4001006",
                None,
                "the administrative contact cannot be used for this certificate",
                Some(Advice::ChooseContact),
            ),
            (
                "EF4001012",
                None,
                "it is too early to renew: the gateway renews in the last 90 days of a term",
                Some(Advice::Reissue),
            ),
            ("EF02022", None, "the zone has this record already", None),
        ] {
            let reason = RefusalReason::of(&refusal(code, object)).unwrap();
            assert_eq!((reason.to_string().as_str(), reason.advice()), (text, advice), "{code}");
        }
    }

    #[test]
    fn what_is_not_known_is_left_to_the_gateway_s_words() {
        for (code, object) in [
            ("EF01000", Some(("certificate.csr", ""))),
            ("EF01000", Some(("certificate.payable", ""))),
            ("EF01000", None),
            ("EF4999999", Some(("certificate.id", "1"))),
        ] {
            assert_eq!(RefusalReason::of(&refusal(code, object)), None, "{code}");
        }
    }
}
