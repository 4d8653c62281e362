//! The routes: method and path of each task, in both directions.

use certgate_domain::TaskKind;
use certgate_wire::{DecodeError, Method, excerpt};

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

/// The routes of the live system. Rows after the first of a kind are only read: those of the documented page and of 2018.
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
    row(TaskKind::Hello, Method::Get, "/hello", Content::None),
];

pub(crate) const DOCUMENTED_PREPARE_ORDER: &str = "/certificate/prepareOrder";

/// The placeholder of the id in a path.
pub(crate) const ID: &str = "{id}";

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

/// Finds the task of a method and a path, and the id in the path.
pub(crate) fn find(method: Method, path: &str) -> Result<(TaskKind, Option<i64>), DecodeError> {
    let found = ROWS.iter().find_map(|row| {
        let id = match row.path.split_once(ID) {
            Some((start, end)) => {
                let id = path.strip_prefix(start)?.strip_suffix(end)?;
                Some(id).filter(|id| !id.is_empty() && !id.contains('/') && !id.starts_with('_'))?
            }
            None => (row.path == path).then_some("")?,
        };
        (row.method == method).then_some((row.kind, id))
    });
    match found {
        Some((kind, "")) => Ok((kind, None)),
        Some((kind, id)) if is_placeholder(id) => Ok((kind, None)),
        Some((kind, id)) => {
            let number =
                id.parse().map_err(|_| DecodeError::new("request.path", excerpt(id), "a whole number as id"))?;
            Ok((kind, Some(number)))
        }
        None => Err(DecodeError::new(
            "request",
            excerpt(&format!("{method} {path}")),
            "a route of this API, such as `GET /certificate/{id}`",
        )),
    }
}

/// `{id}` and `$id` are the placeholders of documentation; some clients send the former as `%7Bid%7D`.
fn is_placeholder(id: &str) -> bool {
    id.starts_with('$') || (id.starts_with('{') && id.ends_with('}')) || id.eq_ignore_ascii_case("%7Bid%7D")
}

#[cfg(test)]
mod tests {
    use certgate_domain::TaskKind::{self, *};
    use certgate_wire::Method::*;
    use pretty_assertions::assert_eq;

    use super::{find, route};

    #[test]
    fn every_task_has_a_route_that_leads_back() {
        for &kind in TaskKind::ALL {
            let (method, path) = route(kind);
            assert_ne!(path, "/", "{kind:?}");
            assert_eq!(find(method, path), Ok((kind, None)));
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
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{path}"),
                (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{error}"),
                (found, expected) => panic!("{method} {path}: {found:?}, {expected:?}"),
            }
        }
    }
}
