//! Sessions on the wire: a login sends its credentials in the body; a session is sent in a header or a cookie.

use certgate_domain::{AnyData, Credentials, Secret, Session};
use certgate_wire::{DecodeError, Reply};
use serde_json::Value;

use crate::{fields::Fields, object::Object};

/// The header of a session.
pub(crate) const SESSION: &str = "X-Domainrobot-SessionId";
const COOKIE: &str = "domainrobot_session";

/// Reads the credentials from the body of `POST /login`. In the vendor's sample the context is a text.
pub(crate) fn credentials(body: &Object<'_, '_>) -> Result<Option<Credentials>, DecodeError> {
    let (user, password) = (body.text(["user"])?, body.secret(["password"])?);
    let context = body.field("context").map(|field| field.any_text()).transpose()?;
    let token = body.field("token").map(|field| field.any_text()).transpose()?;
    let (Some(user), Some(password)) = (user, password) else { return Ok(None) };
    let context = context.unwrap_or_default();
    Ok(Some(Credentials { user, password, context, token: token.map(Secret::new) }))
}

/// Writes the credentials as the body of `POST /login`.
pub(crate) fn write(credentials: &Credentials, fields: &mut Fields) {
    let Credentials { user, password, context, token } = credentials;
    fields.put("context", &context.parse::<i64>().map_or_else(|_| Value::from(context.as_str()), Value::from));
    fields.text("user", &Some(user));
    fields.secret("password", &Some(password.clone()));
    fields.secret("token", token);
}

/// The session in the header or cookie of a request.
pub(crate) fn of_request(header: Option<&str>, cookies: Option<&str>) -> Option<Secret> {
    header.or_else(|| cookie(cookies?)).map(Secret::new)
}

/// Puts the session from a reply's header or cookie into the data of the answer.
pub(crate) fn take_from(reply: &Reply, data: &mut Vec<AnyData>) {
    let header = reply.header(SESSION).map(str::trim).filter(|session| !session.is_empty());
    let Some(session) = header.or_else(|| cookie(reply.header("Set-Cookie")?)) else { return };
    let account = data.drain(..).find_map(|data| match data {
        AnyData::Session(session) => session.account,
        _ => None,
    });
    data.push(Session { id: Some(Secret::new(session)), account }.into());
}

/// The headers for the session of an answer.
pub(crate) fn of_answer(data: &[AnyData]) -> Vec<(String, String)> {
    let session = data.iter().find_map(|data| match data {
        AnyData::Session(session) => session.id.as_ref(),
        _ => None,
    });
    let Some(session) = session.map(Secret::expose) else { return Vec::new() };
    let cookie = format!("{COOKIE}={session}; Path=/;Max-Age=599;secure;httponly");
    vec![(SESSION.to_owned(), session.to_owned()), ("Set-Cookie".to_owned(), cookie)]
}

fn cookie(cookies: &str) -> Option<&str> {
    let values = cookies.split(';').filter_map(|cookie| cookie.trim().split_once('='));
    values.into_iter().find(|(name, _)| *name == COOKIE).map(|(_, value)| value).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::cookie;

    #[test]
    fn cookies() {
        for (text, expected) in [
            ("domainrobot_session=abc; Path=/;Max-Age=599;secure;httponly", Some("abc")),
            ("a=b; domainrobot_session=abc==", Some("abc==")),
            ("domainrobot_session=", None),
            ("domainrobot_sessions=abc", None),
            ("", None),
        ] {
            assert_eq!(cookie(text), expected, "{text}");
        }
    }
}
