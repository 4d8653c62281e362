//! What goes along with a task in headers: credentials and the subuser to act for.

use base64::{Engine, engine::general_purpose::STANDARD};
use certgate_domain::{AnyTask, BasicUser, Call, Credentials, Identity, Options, Said, Secret};
use certgate_wire::{Finding, FindingKind, Findings, Header, Loss, Request};

use crate::session::{self, SESSION};

pub(crate) const OWNER_USER: &str = "X-Domainrobot-Owner-User";
pub(crate) const OWNER_CONTEXT: &str = "X-Domainrobot-Owner-Context";
pub(crate) const DEMO: &str = "X-Domainrobot-Demo";
const TOKEN: &str = "X-Domainrobot-2FA-Token";
const CONTEXT: &str = "X-Domainrobot-Context";
const AUTHORIZATION: &str = "Authorization";
pub(crate) const CONTENT_TYPE: &str = "Content-Type";
pub(crate) const JSON: &str = "application/json";

/// The headers of a call.
pub(crate) fn write(call: &Call, losses: &mut Vec<Loss>) -> Vec<Header> {
    let mut headers = vec![Header::plain(CONTENT_TYPE, JSON), Header::plain("Accept", JSON)];
    let mut put = |name, value: &str, path: &str| {
        if value.chars().any(char::is_control) {
            losses.push(Loss::new(path, "a header has no room for control characters"));
        } else if !value.is_empty() {
            headers.push(Header::plain(name, value));
        }
    };
    let mut secrets = Vec::new();
    match (&call.task, &call.identity) {
        // Its body has them.
        (AnyTask::SessionCreate(_), Some(Identity::Credentials(_))) => {}
        (AnyTask::SessionDelete(task), identity) => {
            let session = task.session.as_ref().or(match identity {
                Some(Identity::Session(session)) => Some(session),
                _ => None,
            });
            secrets.extend(session.map(|session| Header::secret(SESSION, session.expose())));
        }
        (_, Some(Identity::Session(session))) => secrets.push(Header::secret(SESSION, session.expose())),
        (_, Some(Identity::Credentials(Credentials { user, password, context, token }))) => {
            put(CONTEXT, context, "credentials.context");
            let basic = STANDARD.encode(format!("{user}:{}", password.expose()));
            secrets.push(Header::secret(AUTHORIZATION, format!("Basic {basic}")));
            secrets.extend(token.as_ref().map(|token| Header::secret(TOKEN, token.expose())));
        }
        (_, None) => {}
    }
    let Options { owner, language, ctid: _, reply_to: _, keys: _, force_contact_create, demo } = &call.options;
    if let Some(demo) = demo {
        let word = match demo {
            Said::Value(demo) => demo.to_string(),
            Said::Text(text) => text.clone(),
        };
        put(DEMO, &word, "options.demo");
    }
    let mut unsaid = Vec::new();
    if let Some(BasicUser { context, password_changed, password_expires, user, password_expired }) = owner {
        put(OWNER_USER, user.as_deref().unwrap_or_default(), "options.owner.user");
        let context = match context {
            Some(Said::Value(context)) => context.to_string(),
            Some(Said::Text(text)) => text.clone(),
            None => String::new(),
        };
        put(OWNER_CONTEXT, &context, "options.owner.context");
        unsaid.extend(password_changed.as_ref().map(|_| "options.owner.passwordChanged"));
        unsaid.extend(password_expires.as_ref().map(|_| "options.owner.passwordExpires"));
        unsaid.extend(password_expired.as_ref().map(|_| "options.owner.passwordExpired"));
    }
    losses.extend(unsaid.into_iter().map(|path| Loss::new(path, "JSON has only user and context of an owner")));
    if language.is_some() {
        losses.push(Loss::new("options.language", "the JSON API has no language"));
    }
    if force_contact_create.is_some() {
        losses.push(Loss::new("options.forceContactCreate", "the JSON API has no force for a contact"));
    }
    if matches!(&call.identity, Some(Identity::Credentials(credentials)) if credentials.user.contains(':')) {
        losses.push(Loss::new("credentials.user", "Basic ends the user's name at its first colon"));
    }
    headers.extend(secrets);
    headers
}

/// Who asks, as far as the headers say.
pub(crate) fn identity(request: &Request, findings: &mut Findings) -> Option<Identity> {
    let Some(authorization) = request.header(AUTHORIZATION) else { return session::of_request(request) };
    let credentials = basic(authorization).map(|(user, password)| {
        let context = request.header(CONTEXT).unwrap_or_default().trim().to_owned();
        let token = request.header(TOKEN).map(str::trim).filter(|token| !token.is_empty()).map(Secret::new);
        Credentials { user, password, context, token }
    });
    if credentials.is_none() {
        findings.push(odd("header.authorization"));
    }
    credentials.map(Identity::Credentials)
}

/// Whether nothing is really to be done.
pub(crate) fn demo(request: &Request, findings: &mut Findings) -> Option<Said<bool>> {
    let value = request.header(DEMO).map(str::trim).filter(|value| !value.is_empty())?;
    Some(match value.parse() {
        Ok(demo) => Said::Value(demo),
        Err(_) => {
            findings.push(odd("header.x-domainrobot-demo"));
            Said::Text(value.to_owned())
        }
    })
}

fn basic(authorization: &str) -> Option<(String, Secret)> {
    let (scheme, encoded) = authorization.trim().split_once(' ')?;
    let decoded = STANDARD.decode(encoded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let decoded = String::from_utf8(decoded).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some((user.to_owned(), Secret::new(password)))
}

/// The subuser to act for.
pub(crate) fn owner(request: &Request, findings: &mut Findings) -> Option<BasicUser> {
    let value = |name| request.header(name).map(str::trim).filter(|value| !value.is_empty());
    let user = value(OWNER_USER).map(str::to_owned);
    let context = value(OWNER_CONTEXT).map(|context| {
        context.parse().map(Said::Value).unwrap_or_else(|_| {
            findings.push(odd("header.x-domainrobot-owner-context"));
            Said::Text(context.to_owned())
        })
    });
    (user.is_some() || context.is_some()).then(|| BasicUser { user, context, ..BasicUser::default() })
}

/// A finding where the content type is another one. Gateways and proxies leave it out, which is none.
pub(crate) fn content_type(value: Option<&str>) -> Option<Finding> {
    let essence = value?.split(';').next()?.trim().to_ascii_lowercase();
    let is_json = essence == JSON || essence == "text/json" || essence.ends_with("+json");
    (!is_json).then(|| odd("header.content-type"))
}

fn odd(path: &str) -> Finding {
    Finding { kind: FindingKind::Value, path: path.to_owned(), place: None }
}
