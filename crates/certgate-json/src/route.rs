//! The routes: method and path of each task, in both directions.

use certgate_domain::{AnyTask, TaskKind};
use certgate_wire::{DecodeError, Method, excerpt};

use crate::percent;

struct Row {
    kind: TaskKind,
    method: Method,
    path: &'static str,
    content: Content,
}

/// Whether a request has a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    None,
    /// Only if it would not be empty.
    Optional,
    Always,
}

/// The routes of the live system. Rows after the first of a kind are those of the documented page and of 2018, which are only read,
/// and those for tasks that lack a value of the first path: see [`of_task`].
const ROWS: &[Row] = &[
    row(TaskKind::CertificatePrepareOrder, Method::Post, "/certificate/_prepareOrder", Content::Always),
    row(TaskKind::CertificatePrepareOrder, Method::Post, DOCUMENTED_PREPARE_ORDER, Content::Always),
    // As the documented page spells it.
    row(TaskKind::CertificatePrepareOrder, Method::Post, "/certiicate/prepareOrder", Content::Always),
    row(TaskKind::CertificateCreate, Method::Post, "/certificate", Content::Always),
    row(TaskKind::CertificateRealtime, Method::Post, "/certificate/_realtime", Content::Always),
    row(TaskKind::CertificateReissue, Method::Put, "/certificate/{id}", Content::Always),
    row(TaskKind::CertificateRenew, Method::Put, "/certificate/{id}/_renew", Content::Optional),
    row(TaskKind::CertificateRenew, Method::Put, "/certificate/{id}/renew", Content::Optional),
    row(TaskKind::CertificateRevoke, Method::Post, "/certificate/{id}/_revoke", Content::Always),
    row(TaskKind::CertificateRevoke, Method::Post, "/certificate/{id}/revoke", Content::Always),
    row(TaskKind::CertificateDelete, Method::Delete, "/certificate/{id}", Content::None),
    row(TaskKind::CertificateInfo, Method::Get, "/certificate/{id}", Content::None),
    row(TaskKind::CertificateList, Method::Post, "/certificate/_search", Content::Optional),
    row(TaskKind::CertificateCommentUpdate, Method::Put, "/certificate/{id}/_comment", Content::Always),
    row(TaskKind::CertificateInstallCheck, Method::Post, "/certificate/_installcheck", Content::Always),
    row(TaskKind::CertificateSiteSeal, Method::Get, "/certificate/{id}/_siteseal", Content::None),
    row(TaskKind::CertificateVmcDataCheck, Method::Post, "/certificate/_checkVmcData", Content::Always),
    row(TaskKind::ContactCreate, Method::Post, "/sslcontact", Content::Always),
    row(TaskKind::ContactUpdate, Method::Put, "/sslcontact/{id}", Content::Always),
    row(TaskKind::ContactDelete, Method::Delete, "/sslcontact/{id}", Content::None),
    row(TaskKind::ContactInfo, Method::Get, "/sslcontact/{id}", Content::None),
    row(TaskKind::ContactList, Method::Post, "/sslcontact/_search", Content::Optional),
    row(TaskKind::JobInfo, Method::Get, "/job/{id}", Content::None),
    row(TaskKind::JobList, Method::Post, "/job/_search", Content::Optional),
    row(TaskKind::JobCancel, Method::Put, "/job/{id}/_cancel", Content::None),
    row(TaskKind::JobCancel, Method::Put, "/job/{id}/cancel", Content::None),
    row(TaskKind::JobConfirm, Method::Put, "/job/{id}/_confirm", Content::None),
    row(TaskKind::JobConfirm, Method::Put, "/job/{id}/confirm", Content::None),
    row(TaskKind::JobResendApproverEmail, Method::Put, "/job/{id}/_resendApproverEmail", Content::None),
    row(TaskKind::JobResendPhoneAuthorization, Method::Put, "/job/{id}/_resendPhoneAuthorization", Content::None),
    row(TaskKind::JobHistoryInfo, Method::Get, "/job/history/{id}", Content::None),
    row(TaskKind::JobHistoryList, Method::Post, "/job/history/_search", Content::Optional),
    row(TaskKind::PollInfo, Method::Get, "/poll", Content::None),
    row(TaskKind::PollConfirm, Method::Put, "/poll/{id}", Content::None),
    row(TaskKind::SessionCreate, Method::Post, "/login", Content::Optional),
    row(TaskKind::SessionDelete, Method::Delete, "/logout", Content::None),
    row(TaskKind::SessionDelete, Method::Get, "/logout", Content::None),
    row(TaskKind::ZoneList, Method::Post, "/zone/_search", Content::Optional),
    row(TaskKind::ZoneInfo, Method::Get, "/zone/{origin}/{virtualNameServer}", Content::None),
    row(TaskKind::ZoneInfo, Method::Get, ZONE_BY_NAME, Content::None),
    row(TaskKind::ZoneCreate, Method::Post, "/zone", Content::Always),
    row(TaskKind::ZoneUpdate, Method::Put, "/zone/{origin}/{virtualNameServer}", Content::Always),
    row(TaskKind::ZoneUpdateRecords, Method::Patch, "/zone/{origin}/{virtualNameServer}", Content::Always),
    row(TaskKind::ZoneUpdateRecords, Method::Post, ZONE_STREAM, Content::Always),
    row(TaskKind::ZoneDelete, Method::Delete, "/zone/{origin}/{virtualNameServer}", Content::None),
    row(TaskKind::Hello, Method::Get, "/hello", Content::None),
];

pub(crate) const DOCUMENTED_PREPARE_ORDER: &str = "/certificate/prepareOrder";
const ZONE_BY_NAME: &str = "/zone/{origin}";
const ZONE_STREAM: &str = "/zone/{name}/_stream";

/// What the placeholders of a path stand for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct PathValues {
    pub(crate) id: Option<i64>,
    pub(crate) origin: Option<String>,
    pub(crate) virtual_name_server: Option<String>,
    /// Any name in a zone.
    pub(crate) name: Option<String>,
}

const fn row(kind: TaskKind, method: Method, path: &'static str, content: Content) -> Row {
    Row { kind, method, path, content }
}

/// Method and path of a task, with `{id}` where its id goes.
///
/// ```
/// use certgate_domain::TaskKind;
/// use certgate_wire::Method;
/// assert_eq!(certgate_json::route::route(TaskKind::CertificateInfo), (Method::Get, "/certificate/{id}"));
/// ```
pub fn route(kind: TaskKind) -> (Method, &'static str) {
    // The tests see to it that every task has a row.
    ROWS.iter().find(|row| row.kind == kind).map_or((Method::Get, "/"), |row| (row.method, row.path))
}

/// Whether a task's request has a body.
pub(crate) fn content(kind: TaskKind) -> Content {
    ROWS.iter().find(|row| row.kind == kind).map_or(Content::None, |row| row.content)
}

/// The route for a task as it is, with placeholders: some tasks have a second one for what the first cannot say.
pub(crate) fn of_task(task: &AnyTask) -> (Method, &'static str) {
    match task {
        AnyTask::ZoneInfo(task) if task.virtual_name_server.is_none() => (Method::Get, ZONE_BY_NAME),
        AnyTask::ZoneUpdateRecords(task) if task.name.is_some() => (Method::Post, ZONE_STREAM),
        task => route(task.kind()),
    }
}

/// Finds the task of a method and a path, and the values in the path.
pub(crate) fn find(method: Method, path: &str) -> Result<(TaskKind, PathValues), DecodeError> {
    let Some((kind, captures)) = at(method, path) else {
        return Err(DecodeError::new(
            "request",
            excerpt(&format!("{method} {path}")),
            "a route of this API, such as `GET /certificate/{id}`",
        ));
    };
    let mut values = PathValues::default();
    for (placeholder, value) in captures {
        if is_placeholder(value) {
            continue;
        }
        let text = || Some(percent::decode(value).unwrap_or(value.into()).into_owned());
        match placeholder {
            "{origin}" => values.origin = text(),
            "{virtualNameServer}" => values.virtual_name_server = text(),
            "{name}" => values.name = text(),
            _ => {
                let number = value
                    .parse()
                    .map_err(|_| DecodeError::new("request.path", excerpt(value), "a whole number as id"))?;
                values.id = Some(number);
            }
        }
    }
    Ok((kind, values))
}

/// The task of a route, whatever stands for its placeholders; `None` if there is no such route.
pub(crate) fn kind(method: Method, path: &str) -> Option<TaskKind> {
    at(method, path).map(|(kind, _)| kind)
}

fn at(method: Method, path: &str) -> Option<(TaskKind, Vec<(&'static str, &str)>)> {
    ROWS.iter().filter(|row| row.method == method).find_map(|row| Some((row.kind, captures(row.path, path)?)))
}

/// The placeholders of a route with what stands for them in a path; `None` if the path is not of that route.
fn captures<'p>(route: &'static str, path: &'p str) -> Option<Vec<(&'static str, &'p str)>> {
    let mut captures = Vec::new();
    let mut segments = path.split('/');
    for pattern in route.split('/') {
        let segment = segments.next()?;
        if !pattern.starts_with('{') {
            (pattern == segment).then_some(())?;
        } else if segment.is_empty() || pattern == "{id}" && segment.starts_with('_') {
            return None;
        } else {
            captures.push((pattern, segment));
        }
    }
    segments.next().is_none().then_some(captures)
}

/// `{id}` and `$id` are the placeholders of documentation; some clients send the former as `%7Bid%7D`.
fn is_placeholder(value: &str) -> bool {
    let is_braced = |start: &str, end: &str| {
        value.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
            && value.get(value.len().saturating_sub(end.len())..).is_some_and(|tail| tail.eq_ignore_ascii_case(end))
    };
    value.starts_with('$') || is_braced("{", "}") || is_braced("%7B", "%7D")
}

#[cfg(test)]
mod tests {
    use certgate_domain::TaskKind::{self, *};
    use certgate_wire::Method::*;
    use pretty_assertions::assert_eq;

    use super::{PathValues, find, route};

    #[test]
    fn every_task_has_a_route_that_leads_back() {
        for &kind in TaskKind::ALL {
            let (method, path) = route(kind);
            assert_ne!(path, "/", "{kind:?}");
            assert_eq!(find(method, path), Ok((kind, PathValues::default())));
        }
    }

    #[test]
    fn routes() {
        for (method, path, expected) in [
            (Post, "/certificate/_prepareOrder", Ok((CertificatePrepareOrder, None))),
            (Post, "/certificate/prepareOrder", Ok((CertificatePrepareOrder, None))),
            (Post, "/certiicate/prepareOrder", Ok((CertificatePrepareOrder, None))),
            (Put, "/certificate/571", Ok((CertificateReissue, Some(571)))),
            (Get, "/certificate/$id", Ok((CertificateInfo, None))),
            (Get, "/certificate/%7Bid%7D", Ok((CertificateInfo, None))),
            (Get, "/job/4297539521", Ok((JobInfo, Some(4_297_539_521)))),
            (Get, "/poll", Ok((PollInfo, None))),
            (Put, "/poll/-1", Ok((PollConfirm, Some(-1)))),
            (Get, "/hello", Ok((Hello, None))),
            (Put, "/certificate/571/_renew", Ok((CertificateRenew, Some(571)))),
            (Put, "/certificate/571/renew", Ok((CertificateRenew, Some(571)))),
            (Post, "/certificate/{id}/_revoke", Ok((CertificateRevoke, None))),
            (Post, "/job/history/_search", Ok((JobHistoryList, None))),
            (Get, "/job/history/7", Ok((JobHistoryInfo, Some(7)))),
            (Get, "/logout", Ok((SessionDelete, None))),
            (Put, "/certificate/_search", Err("found `PUT /certificate/_search`, expected a route of this API")),
            (Get, "/certificate/x1", Err("found `x1`, expected a whole number as id")),
            (Get, "/certificate/", Err("found `GET /certificate/`, expected a route of this API")),
            (Delete, "/hello", Err("found `DELETE /hello`, expected a route of this API")),
            (Get, "/certificate/1/2", Err("found `GET /certificate/1/2`, expected a route of this API")),
            (Get, "", Err("found `GET `, expected a route of this API")),
        ] {
            match (find(method, path), expected) {
                (Ok((kind, values)), Ok(expected)) => assert_eq!((kind, values.id), expected, "{path}"),
                (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{error}"),
                (found, expected) => panic!("{method} {path}: {found:?}, {expected:?}"),
            }
        }
    }

    #[test]
    fn names_in_paths() {
        let text = |text: &str| Some(text.to_owned());
        for (method, path, kind, [origin, virtual_name_server, name]) in [
            (
                Get,
                "/zone/shop.example/ns1.dns.example",
                ZoneInfo,
                [text("shop.example"), text("ns1.dns.example"), None],
            ),
            (Get, "/zone/shop.example", ZoneInfo, [text("shop.example"), None, None]),
            (Get, "/zone/{origin}/$ns", ZoneInfo, [None, None, None]),
            (Get, "/zone/%7BOrigin%7D", ZoneInfo, [None, None, None]),
            (Put, "/zone/m%C3%BCller.example/%7Bns%7D", ZoneUpdate, [text("müller.example"), None, None]),
            (Patch, "/zone/a%2Fb/c", ZoneUpdateRecords, [text("a/b"), text("c"), None]),
            (
                Post,
                "/zone/_dnsauth.shop.example/_stream",
                ZoneUpdateRecords,
                [None, None, text("_dnsauth.shop.example")],
            ),
            (Post, "/zone", ZoneCreate, [None, None, None]),
            (Post, "/zone/_search", ZoneList, [None, None, None]),
        ] {
            let expected = PathValues { id: None, origin, virtual_name_server, name };
            assert_eq!(find(method, path), Ok((kind, expected)), "{path}");
        }
    }
}
