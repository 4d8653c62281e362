//! Answers.

use crate::{
    Certificate, CertificateData, CertificateInstallCheckResult, Job, Message, ObjectJob, PollMessage, ResponseObject,
    Session, SiteSealInformation, SslContact, Status, Verdict, VmcCheckData, Zone,
};

/// The answer to one task (OpenAPI `JsonResponseData…`; XML `response/result`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response<D> {
    /// The server's transaction id; opaque, may be missing.
    pub stid: Option<String>,
    /// The client's transaction id, where it is echoed.
    pub ctid: Option<String>,
    /// How it went.
    pub status: Status,
    /// What it is about (XML: inside `status`).
    pub object: Option<ResponseObject>,
    /// Reasons and notices.
    pub messages: Vec<Message>,
    /// The objects asked for.
    pub data: Vec<D>,
}

impl<D> Response<D> {
    /// What the status means. The codecs refuse an answer that has none, so this is `None` only for a hand-made one.
    pub fn verdict(&self) -> Option<Verdict> {
        self.status.verdict()
    }

    /// Every message, nested ones too, outermost first.
    pub fn all_messages(&self) -> impl Iterator<Item = &Message> {
        self.messages.iter().flat_map(Message::walk)
    }

    /// Whether a refusal is about the credentials: a message points into `request.auth`.
    pub fn blames_credentials(&self) -> bool {
        self.verdict() == Some(Verdict::Refused)
            && self
                .all_messages()
                .flat_map(|message| &message.objects)
                .filter_map(|object| object.r#type.as_deref())
                .any(|path| {
                    path == "request.auth"
                        || path.starts_with("request.auth.")
                        || path.starts_with("request.auth_session")
                })
    }

    /// The same answer with its data made over.
    pub fn map<E>(self, f: impl FnMut(D) -> E) -> Response<E> {
        let Self { stid, ctid, status, object, messages, data } = self;
        Response { stid, ctid, status, object, messages, data: data.into_iter().map(f).collect() }
    }
}

/// What a task's answer carries: one of the records.
pub trait Data: Into<AnyData> + Sized {
    /// The record, where it is of this kind.
    fn from_any(data: AnyData) -> Option<Self>;
}

impl Response<AnyData> {
    /// The id of the job that the gateway took an order into: `data:[{id}]` in JSON, `data/certificate_job/job/id` in XML.
    pub fn job_id(&self) -> Option<i64> {
        self.data.iter().find_map(|data| match data {
            AnyData::Job(job) => job.id,
            _ => None,
        })
    }
}

macro_rules! any_data {
    ($($(#[$meta:meta])* $record:ident,)+) => {
        /// A record of any kind that an answer carries.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum AnyData {
            $($(#[$meta])* $record(Box<$record>),)+
        }

        $(
            impl From<$record> for AnyData {
                fn from(record: $record) -> Self {
                    Self::$record(Box::new(record))
                }
            }

            impl Data for $record {
                fn from_any(data: AnyData) -> Option<Self> {
                    match data {
                        AnyData::$record(record) => Some(*record),
                        _ => None,
                    }
                }
            }
        )+
    };
}

any_data! {
    /// A certificate.
    Certificate,
    /// A CSR and its authentication data.
    CertificateData,
    /// A job.
    Job,
    /// A job with all that belongs to it.
    ObjectJob,
    /// A message of the queue.
    PollMessage,
    /// A contact.
    SslContact,
    /// What a server shows from outside.
    CertificateInstallCheckResult,
    /// The seal of a certificate.
    SiteSealInformation,
    /// The data of a verified mark certificate.
    VmcCheckData,
    /// A session.
    Session,
    /// A DNS zone.
    Zone,
}
