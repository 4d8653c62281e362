//! What goes along with a task in headers: credentials and the subuser to act for.

use base64::{Engine, engine::general_purpose::STANDARD};
use certgate_domain::{BasicUser, Call, Credentials, Options, Said, Secret};
use certgate_wire::{Finding, FindingKind, Findings, Header, Loss, Request};

pub(crate) const OWNER_USER: &str = "X-Domainrobot-Owner-User";
pub(crate) const OWNER_CONTEXT: &str = "X-Domainrobot-Owner-Context";
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
    let mut authorization = None;
    if let Some(Credentials { user, password, context }) = &call.credentials {
        authorization = Some(STANDARD.encode(format!("{user}:{}", password.expose())));
        put(CONTEXT, context, "credentials.context");
    }
    let Options { owner, language, ctid: _, reply_to: _, keys: _ } = &call.options;
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
    if call.credentials.as_ref().is_some_and(|credentials| credentials.user.contains(':')) {
        losses.push(Loss::new("credentials.user", "Basic ends the user's name at its first colon"));
    }
    headers.extend(authorization.map(|basic| Header::secret(AUTHORIZATION, format!("Basic {basic}"))));
    headers
}

/// Who asks, as far as the headers say.
pub(crate) fn credentials(request: &Request, findings: &mut Findings) -> Option<Credentials> {
    let authorization = request.header(AUTHORIZATION)?;
    let credentials = basic(authorization).map(|(user, password)| {
        let context = request.header(CONTEXT).unwrap_or_default().trim().to_owned();
        Credentials { user, password, context }
    });
    if credentials.is_none() {
        findings.push(odd("header.authorization"));
    }
    credentials
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
