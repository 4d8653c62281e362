//! Records as JSON values in the API's shape, for output: what is absent is left out, and so are secrets.

use certgate_domain::{AnyData, Call, Certificate, CertificateData, Message, Options, PollMessage, Response};
use serde_json::Value;

use crate::{
    envelope,
    fields::{self, Fields, Secrets, Write},
    record::Record,
    task,
};

/// A whole answer.
pub fn response(response: &Response<AnyData>) -> Value {
    shown(response, envelope::write)
}

/// What a task asks for: the body of the JSON API, and `id` first where that has it in the path.
pub fn request(call: &Call) -> Value {
    shown(&call.task, task::write)
}

/// What goes along with a task.
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

/// A certificate.
pub fn certificate(certificate: &Certificate) -> Value {
    shown(certificate, Record::write)
}

/// A CSR and its authentication data.
pub fn certificate_data(data: &CertificateData) -> Value {
    shown(data, Record::write)
}

/// A message of the queue.
pub fn poll_message(message: &PollMessage) -> Value {
    shown(message, Record::write)
}

/// Reasons and notices.
pub fn messages(messages: &[Message]) -> Value {
    fields::list(messages, Record::write, Secrets::Left)
}

fn shown<T>(record: &T, write: Write<T>) -> Value {
    Fields::of(record, write, Secrets::Left)
}
