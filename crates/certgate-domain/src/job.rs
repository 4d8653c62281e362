//! Jobs: orders that the gateway works on.

use crate::{
    BasicUser, CertAuthenticationStatus, DomainControlValidationStatus, Lenient, Message, Moment, ResponseObject,
    words::{JobStatus, NiccomSource},
};

/// A job (OpenAPI `Job`; XML `job`). An accepted order is answered with one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Job {
    /// When it was created.
    pub created: Option<Lenient<Moment>>,
    /// When it was last updated.
    pub updated: Option<Lenient<Moment>>,
    /// Its owner.
    pub owner: Option<BasicUser>,
    /// Who last updated it.
    pub updater: Option<BasicUser>,
    /// Where it stands.
    pub status: Option<JobStatus>,
    /// The status code of a poll message's job (XML `job/status/code`), such as `S0101`.
    pub status_code: Option<String>,
    /// The text beside that code (XML `job/status/text`).
    pub status_text: Option<String>,
    /// Where it stands in more detail, such as `WF_DNS_AUTH`.
    pub sub_status: Option<String>,
    /// When it will be worked on.
    pub execution: Option<Lenient<Moment>>,
    /// What happened in it.
    pub events: Vec<WorkflowEvent>,
    /// Its type, `ssl`.
    pub r#type: Option<String>,
    /// Its product's code.
    pub sub_type: Option<String>,
    /// What it does: `create`, …
    pub action: Option<String>,
    /// Its id, beyond 32 bits (XML poll: `job_id`).
    pub id: Option<i64>,
}

/// An event of a job (OpenAPI `WorkflowEvent`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WorkflowEvent {
    /// The job's id.
    pub job_id: Option<i64>,
    /// The vertex.
    pub vertex: Option<i64>,
    /// The client's transaction id.
    pub ctid: Option<String>,
    /// What the job was made for.
    pub object: Option<String>,
    /// Type of the event.
    pub r#type: Option<String>,
    /// Its subtype.
    pub subtype: Option<String>,
}

/// A job with all that belongs to it (OpenAPI `ObjectJob`; XML `certificate_job`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ObjectJob {
    /// The job.
    pub job: Option<Job>,
    /// What it is about (XML `job/object`, a plain name).
    pub object: Option<ResponseObject>,
    /// Logs of the registry.
    pub niccom_logs: Vec<NiccomLog>,
    /// The steps of validation.
    pub authentication: Vec<CertAuthenticationStatus>,
    /// The validation of each domain.
    pub dcv_auth: Vec<DomainControlValidationStatus>,
    /// Further notices.
    pub notices: Vec<String>,
    /// Messages of the job (XML `job/messages`).
    pub messages: Vec<Message>,
}

/// A log of the registry (OpenAPI `NiccomLog`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NiccomLog {
    /// The job's id.
    pub job_id: Option<i64>,
    /// The vertex's id.
    pub vertex_id: Option<i64>,
    /// Its name.
    pub name: Option<String>,
    /// The task.
    pub task: Option<String>,
    /// The registry's transaction id.
    pub nic_transaction_id: Option<String>,
    /// Where it came from.
    pub source: Option<NiccomSource>,
    /// Its text.
    pub text: Option<String>,
    /// When it was made; a number in the OpenAPI, its unit unknown.
    pub created: Option<i64>,
}
