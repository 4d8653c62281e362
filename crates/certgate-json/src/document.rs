//! Records as JSON values in the API's shape, for output. Absent fields and secrets are left out.

use certgate_domain::{AnyData, Call, Certificate, CertificateData, Message, Options, PollMessage, Response};
use serde_json::Value;

use crate::{
    envelope,
    fields::{Fields, Secrets, Write},
    record::Record,
    task,
};

/// Converts a whole answer.
pub fn response(response: &Response<AnyData>) -> Value {
    shown(response, |response, fields| {
        envelope::write(response, fields);
    })
}

/// Converts a request: the body of the JSON API, with `id` first if the API has the id in the path.
pub fn request(call: &Call) -> Value {
    shown(&call.task, task::write)
}

/// Converts the options of a request.
pub fn options(options: &Options) -> Value {
    shown(options, |options, fields| {
        let Options { owner, language, ctid, reply_to, keys, force_contact_create, demo } = options;
        if let Some(owner) = owner {
            fields.object("owner", |fields| {
                fields.text("user", &owner.user);
                owner.write(fields);
            });
        }
        fields.text("language", language);
        fields.text("ctid", ctid);
        fields.text("replyTo", reply_to);
        fields.texts("keys", keys);
        fields.boolean("forceContactCreate", force_contact_create);
        fields.boolean("demo", demo);
    })
}

/// Converts a certificate.
pub fn certificate(certificate: &Certificate) -> Value {
    shown(certificate, Record::write)
}

/// Converts a CSR with its authentication data.
pub fn certificate_data(data: &CertificateData) -> Value {
    shown(data, Record::write)
}

/// Converts a message of the queue.
pub fn poll_message(message: &PollMessage) -> Value {
    shown(message, Record::write)
}

/// Converts reasons and notices.
pub fn messages(messages: &[Message]) -> Value {
    let messages = messages.iter().map(|message| shown(message, Record::write));
    messages.filter(|message| message.as_object().is_some_and(|fields| !fields.is_empty())).collect()
}

fn shown<T>(record: &T, write: Write<T>) -> Value {
    Fields::of(record, write, Secrets::Left)
}
