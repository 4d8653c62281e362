//! Messages of the notification queue.

use crate::{BasicUser, Foreign, Job, Lenient, Message, Moment, ResponseObject, is_same_name};

/// A message of the account's queue (OpenAPI `PollMessage`; XML `message`). It has either a job or a notification.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PollMessage {
    /// Its id, needed to confirm it.
    pub id: Option<i64>,
    /// Its owner.
    pub owner: Option<BasicUser>,
    /// The job it reports on.
    pub job: Option<Job>,
    /// The event it reports.
    pub notify: Option<NotifyMessage>,
    /// A notice of the Trademark Clearinghouse, whole (XML `tmchnotify`; the JSON API documents none).
    pub tmchnotify: Option<Foreign>,
    /// Transaction id of the original order (XML `job/stid`).
    pub stid: Option<String>,
    /// The client's transaction id of the original order.
    pub ctid: Option<String>,
    /// Messages of the system.
    pub messages: Vec<Message>,
    /// Flags.
    pub flags: Option<String>,
    /// A notice.
    pub notice: Option<String>,
    /// When it was created.
    pub created: Option<Lenient<Moment>>,
    /// What it is about (XML: inside `job`, named after the object).
    pub object: Option<ResponseObject>,
}

impl PollMessage {
    /// What it is about; where it does not say that itself, the event that it reports may.
    pub fn about(&self) -> Option<&ResponseObject> {
        self.object.as_ref().or_else(|| self.notify.as_ref()?.object.as_ref())
    }

    /// The name of what it is about.
    pub fn name(&self) -> Option<&str> {
        let object = self.about()?;
        object.certificate().and_then(|named| named.name.as_deref()).or(object.value.as_deref())
    }

    /// Whether it certainly is not about the certificate of that id and name, whatever its job is called: it names something else than a
    /// certificate, or one of another id and another name.
    pub fn is_of_another(&self, certificate: Option<i64>, name: Option<&str>) -> bool {
        let Some(object) = self.about() else { return false };
        let ids = object.certificate().and_then(|named| named.id).zip(certificate);
        let names = self.name().zip(name);
        let is_other = ids.is_some_and(|(theirs, ours)| theirs != ours)
            && names.is_none_or(|(theirs, ours)| !is_same_name(theirs, ours));
        is_other || object.r#type.as_deref().is_some_and(|kind| !ResponseObject::is_certificate(kind))
    }
}

/// The event of a message (OpenAPI `NotifyMessage`; XML `notify`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NotifyMessage {
    /// Type of the operation.
    pub r#type: Option<String>,
    /// What it is about.
    pub object: Option<ResponseObject>,
}
