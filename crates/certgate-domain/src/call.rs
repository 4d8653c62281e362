//! A task on its way to the gateway.

use crate::{AnyTask, BasicUser, Identity, Lenient};

/// A task with what goes along with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The task.
    pub task: AnyTask,
    /// What goes along with it.
    pub options: Options,
    /// Who asks. Absent in payloads that are only converted.
    pub identity: Option<Identity>,
}

/// What may go along with any task.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// The subuser to act for (XML `owner`, JSON `X-Domainrobot-Owner-User` and `-Owner-Context`).
    pub owner: Option<BasicUser>,
    /// Language of texts, `de` or `en` (XML `language`; JSON has none).
    pub language: Option<String>,
    /// The client's transaction id (XML `ctid`, JSON `?ctid=`).
    pub ctid: Option<String>,
    /// Another mail address for the system's answers (XML `reply_to`, JSON `?replyTo=`).
    pub reply_to: Option<String>,
    /// Extra details asked for, by the JSON API's names (XML `key`, JSON `?keys[]=`).
    pub keys: Vec<String>,
    /// Whether a contact is created although there is one like it (XML `force_contact_create`; JSON has none).
    pub force_contact_create: Option<Lenient<bool>>,
    /// Whether nothing is really done (JSON `X-Domainrobot-Demo`; XML has none).
    pub demo: Option<Lenient<bool>>,
}
