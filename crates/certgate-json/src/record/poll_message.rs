//! Messages of the notification queue.

use certgate_domain::{NotifyMessage, PollMessage};
use certgate_wire::DecodeError;
use serde_json::Value;

use crate::{
    fields::Fields,
    object::Object,
    record::{basic_user, foreign, job, message, object as response_object},
};

pub(crate) fn read(object: &Object<'_, '_>) -> Result<PollMessage, DecodeError> {
    // The wrapper of 2018.
    let Some(wrapped) = object.record("message", read_message)? else { return read_message(object) };
    object.finish();
    Ok(wrapped)
}

fn read_message(object: &Object<'_, '_>) -> Result<PollMessage, DecodeError> {
    let record = PollMessage {
        id: object.integer("id")?,
        owner: object.record("owner", basic_user::read)?,
        job: object.record("job", job::read)?,
        notify: object.record("notify", read_notify)?,
        tmchnotify: object.field("tmchnotify").map(foreign::read).transpose()?.flatten(),
        stid: object.text("stid")?,
        ctid: object.text("ctid")?,
        messages: object.records("messages", message::read)?,
        flags: object.text("flags")?,
        notice: object.text("notice")?,
        created: object.moment("created")?,
        object: object.record("object", response_object::read)?,
    };
    object.finish();
    Ok(record)
}

pub(crate) fn write(record: &PollMessage, fields: &mut Fields) {
    let PollMessage { id, owner, job, notify, tmchnotify, stid, ctid, messages, flags, notice, created, object } =
        record;
    fields.integer("id", *id);
    fields.record("owner", owner.as_ref(), basic_user::write);
    fields.record("job", job.as_ref(), job::write);
    fields.record("notify", notify.as_ref(), write_notify);
    fields.put("tmchnotify", tmchnotify.as_ref().map_or(Value::Null, foreign::write));
    fields.text("stid", stid.as_deref());
    fields.text("ctid", ctid.as_deref());
    fields.records("messages", messages, message::write);
    fields.text("flags", flags.as_deref());
    fields.text("notice", notice.as_deref());
    fields.moment("created", created);
    fields.record("object", object.as_ref(), response_object::write);
}

fn read_notify(object: &Object<'_, '_>) -> Result<NotifyMessage, DecodeError> {
    let record =
        NotifyMessage { r#type: object.text("type")?, object: object.record("object", response_object::read)? };
    object.finish();
    Ok(record)
}

fn write_notify(record: &NotifyMessage, fields: &mut Fields) {
    let NotifyMessage { r#type, object } = record;
    fields.text("type", r#type.as_deref());
    fields.record("object", object.as_ref(), response_object::write);
}
