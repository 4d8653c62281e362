//! The headers of a request: credentials, and the subuser to act for.

use std::str::FromStr;

use base64::{Engine, engine::general_purpose::STANDARD};
use certgate_domain::{AnyTask, BasicUser, Call, Credentials, Identity, Lenient, Options, Secret};
use certgate_wire::{DecodeError, Finding, FindingKind, Findings, Header, Loss, Position, Request};

use crate::{
    session::{self, SESSION},
    source::Source,
};

pub(crate) const OWNER_USER: &str = "X-Domainrobot-Owner-User";
pub(crate) const OWNER_CONTEXT: &str = "X-Domainrobot-Owner-Context";
pub(crate) const DEMO: &str = "X-Domainrobot-Demo";
const TOKEN: &str = "X-Domainrobot-2FA-Token";
const CONTEXT: &str = "X-Domainrobot-Context";
/// Read, but never written: the documented place is the query.
const CTID: &str = "X-Domainrobot-Ctid";
const COOKIE: &str = "Cookie";
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
            Lenient::Parsed(demo) => demo.to_string(),
            Lenient::Raw(text) => text.clone(),
        };
        put(DEMO, &word, "options.demo");
    }
    let mut unsaid = Vec::new();
    if let Some(BasicUser { context, password_changed, password_expires, user, password_expired }) = owner {
        put(OWNER_USER, user.as_deref().unwrap_or_default(), "options.owner.user");
        let context = match context {
            Some(Lenient::Parsed(context)) => context.to_string(),
            Some(Lenient::Raw(text)) => text.clone(),
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

/// The headers of a request being read, and the findings about them.
pub(crate) struct Headers<'a> {
    headers: &'a [Header],
    source: Source<'a>,
    pub(crate) findings: Findings,
}

impl<'a> Headers<'a> {
    pub(crate) fn new(request: &'a Request, source: Source<'a>) -> Self {
        Self { headers: &request.headers, source, findings: Findings::new() }
    }

    /// The non-empty headers of that name: index and value.
    fn named(&self, name: &str) -> impl Iterator<Item = (usize, &'a str)> {
        let named = self.headers.iter().enumerate().filter(move |(_, header)| header.name.eq_ignore_ascii_case(name));
        named.map(|(index, header)| (index, header.value.expose().trim())).filter(|(_, value)| !value.is_empty())
    }

    fn place(&self, name: &str, nth: usize) -> Option<Position> {
        self.named(name).nth(nth).and_then(|(index, _)| self.source.of_header(index))
    }

    /// The value of the only header of that name.
    fn one(&self, name: &str) -> Result<Option<&'a str>, DecodeError> {
        let mut named = self.named(name);
        let first = named.next();
        if named.next().is_some() {
            return Err(self.second(name, 1));
        }
        Ok(first.map(|(_, value)| value))
    }

    fn second(&self, name: &str, nth: usize) -> DecodeError {
        let error = DecodeError::new(path(name), "a second value", "each header once");
        DecodeError { place: self.place(name, nth), ..error }
    }

    /// Records the finding that this header is not of its documented type.
    fn odd(&mut self, name: &str) {
        let finding = Finding { kind: FindingKind::Value, path: path(name), place: self.place(name, 0) };
        self.findings.push(finding);
    }

    /// Records a finding if the content type is not JSON. A missing one is fine: gateways and proxies leave it out.
    pub(crate) fn content_type(&mut self) -> Result<(), DecodeError> {
        if self.one(CONTENT_TYPE)?.is_some_and(|value| !is_json(value)) {
            self.odd(CONTENT_TYPE);
        }
        Ok(())
    }

    /// The client's transaction id, from the query or from its header.
    pub(crate) fn ctid(&self, in_query: Option<String>) -> Result<Option<String>, DecodeError> {
        match (in_query, self.one(CTID)?) {
            (Some(_), Some(_)) => Err(self.second(CTID, 0)),
            (in_query, here) => Ok(in_query.or(here.map(str::to_owned))),
        }
    }

    /// The session in a header or a cookie.
    pub(crate) fn session(&self) -> Result<Option<Secret>, DecodeError> {
        Ok(session::of_request(self.one(SESSION)?, self.named(COOKIE).next().map(|(_, cookies)| cookies)))
    }

    /// The sender, as far as the headers identify one.
    pub(crate) fn identity(&mut self) -> Result<Option<Identity>, DecodeError> {
        let (context, token) = (self.one(CONTEXT)?, self.one(TOKEN)?);
        let Some(authorization) = self.one(AUTHORIZATION)? else {
            return Ok(self.session()?.map(Identity::Session));
        };
        let Some((user, password)) = basic(authorization) else {
            self.odd(AUTHORIZATION);
            return Ok(None);
        };
        let context = context.unwrap_or_default().to_owned();
        Ok(Some(Identity::Credentials(Credentials { user, password, context, token: token.map(Secret::new) })))
    }

    /// Whether the request is a demo, which changes nothing.
    pub(crate) fn demo(&mut self) -> Result<Option<Lenient<bool>>, DecodeError> {
        self.said(DEMO)
    }

    /// The subuser to act for.
    pub(crate) fn owner(&mut self) -> Result<Option<BasicUser>, DecodeError> {
        let user = self.one(OWNER_USER)?.map(str::to_owned);
        let context = self.said(OWNER_CONTEXT)?;
        Ok((user.is_some() || context.is_some()).then(|| BasicUser { user, context, ..BasicUser::default() }))
    }

    fn said<T: FromStr>(&mut self, name: &str) -> Result<Option<Lenient<T>>, DecodeError> {
        let Some(text) = self.one(name)? else { return Ok(None) };
        Ok(Some(text.parse().map(Lenient::Parsed).unwrap_or_else(|_| {
            self.odd(name);
            Lenient::Raw(text.to_owned())
        })))
    }
}

fn basic(authorization: &str) -> Option<(String, Secret)> {
    let (scheme, encoded) = authorization.split_once(' ')?;
    let decoded = STANDARD.decode(encoded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let decoded = String::from_utf8(decoded).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some((user.to_owned(), Secret::new(password)))
}

/// The finding for an answer whose content type is not JSON.
pub(crate) fn content_type(value: Option<&str>) -> Option<Finding> {
    let is_odd = value.is_some_and(|value| !is_json(value));
    is_odd.then(|| Finding { kind: FindingKind::Value, path: path(CONTENT_TYPE), place: None })
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == JSON || essence == "text/json" || essence.ends_with("+json")
}

fn path(name: &str) -> String {
    format!("header.{}", name.to_ascii_lowercase())
}
