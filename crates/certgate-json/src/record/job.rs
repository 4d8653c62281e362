//! Jobs: orders that the gateway works on.

use certgate_domain::{Job, NiccomLog, ObjectJob, WorkflowEvent, words::JobStatus};
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object, record::record};

record! {
    Job {
        created: moment("created"),
        updated: moment("updated"),
        owner: record("owner"),
        updater: record("updater"),
        status: job_status("status"),
        status_code: text("statusCode"),
        status_text: text("statusText"),
        sub_status: text("subStatus" | "substatus"),
        execution: moment("execution"),
        events: records("events"),
        r#type: text("type"),
        sub_type: text("subType"),
        action: text("action"),
        id: integer("id"),
    }
}

record! {
    WorkflowEvent {
        job_id: integer("jobId"),
        vertex: integer("vertex"),
        ctid: text("ctid"),
        object: text("object"),
        r#type: text("type"),
        subtype: text("subtype"),
    }
}

record! {
    ObjectJob {
        job: record("job"),
        object: record("object"),
        niccom_logs: records("niccomLogs"),
        authentication: records("authentication"),
        dcv_auth: records("dcvAuth"),
        notices: texts("notices"),
        messages: records("messages"),
    }
}

record! {
    NiccomLog {
        job_id: integer("jobId"),
        vertex_id: integer("vertexId"),
        name: text("name"),
        task: text("task"),
        nic_transaction_id: text("nicTransactionId"),
        source: word("source"),
        text: text("text"),
        created: integer("created"),
    }
}

impl Object<'_, '_> {
    /// `DEFFERED` stands on the wire in both protocols.
    fn job_status(&self, name: [&str; 1]) -> Result<Option<JobStatus>, DecodeError> {
        Ok(self.word(name)?.map(|status| match status {
            JobStatus::Other(word) if word == "DEFFERED" => JobStatus::Deferred,
            status => status,
        }))
    }
}

impl Fields {
    fn job_status(&mut self, name: &str, status: &Option<JobStatus>) {
        self.word(name, status);
    }
}
