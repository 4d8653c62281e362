//! A user of the gateway.

use certgate_domain::BasicUser;

use crate::record::record;

record! {
    BasicUser {
        context: lenient_integer("context"),
        password_changed: moment("passwordChanged"),
        password_expires: moment("passwordExpires"),
        user: text("user"),
        password_expired: boolean("passwordExpired"),
    }
}
