//! `owner`, `updater`.

use certgate_domain::BasicUser;

use crate::record::record;

record! {
    BasicUser {
        user: text("user"),
        context: lenient_integer("context"),
        password_changed: moment("password_changed"),
        password_expires: moment("password_expires"),
        password_expired: flag("password_expired"),
    }
}
