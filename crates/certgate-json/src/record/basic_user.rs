//! A user of the gateway.

use certgate_domain::BasicUser;
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object, value::Value};

pub(crate) fn read(object: &Object<'_, '_>) -> Result<BasicUser, DecodeError> {
    let record = BasicUser {
        context: object.field("context").map(Value::said_integer).transpose()?,
        password_changed: object.moment("passwordChanged")?,
        password_expires: object.moment("passwordExpires")?,
        user: object.text("user")?,
        password_expired: object.boolean("passwordExpired")?,
    };
    object.finish();
    Ok(record)
}

pub(crate) fn write(record: &BasicUser, fields: &mut Fields) {
    let BasicUser { context, password_changed, password_expires, user, password_expired } = record;
    fields.said_integer("context", context);
    fields.moment("passwordChanged", password_changed);
    fields.moment("passwordExpires", password_expires);
    fields.text("user", user.as_deref());
    fields.boolean("passwordExpired", password_expired);
}
