//! `owner`, `updater`.

use certgate_domain::BasicUser;
use certgate_wire::DecodeError;

use crate::{element::Element, out::Out};

pub(crate) fn read(e: &Element<'_, '_>) -> Result<BasicUser, DecodeError> {
    Ok(BasicUser {
        context: e.number_or_text("context")?,
        password_changed: e.moment("password_changed")?,
        password_expires: e.moment("password_expires")?,
        user: e.text("user")?,
        password_expired: e.flag("password_expired")?,
    })
}

pub(crate) fn write(out: &mut Out<'_>, record: &BasicUser) {
    let BasicUser { context, password_changed, password_expires, user, password_expired } = record;
    out.text("user", user.as_deref());
    out.number_or_text("context", context.as_ref());
    out.moment("password_changed", password_changed.as_ref());
    out.moment("password_expires", password_expires.as_ref());
    out.flag("password_expired", password_expired.as_ref());
}
