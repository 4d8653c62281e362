//! Messages of the notification queue.

use certgate_domain::{NotifyMessage, PollMessage};

use crate::record::record;

record! {
    PollMessage in "message" {
        id: integer("id"),
        owner: record("owner"),
        job: record("job"),
        notify: record("notify"),
        tmchnotify: foreign("tmchnotify"),
        stid: text("stid"),
        ctid: text("ctid"),
        messages: records("messages"),
        flags: text("flags"),
        notice: text("notice"),
        created: moment("created"),
        object: record("object"),
    }
}

record! {
    NotifyMessage {
        r#type: text("type"),
        object: record("object"),
    }
}
