//! Method and path of each task, both ways.

use certgate_domain::TaskKind;
use certgate_wire::{DecodeError, Method, excerpt};

struct Row {
    kind: TaskKind,
    method: Method,
    path: &'static str,
    has_body: bool,
}

/// The routes of the live system. Rows after the first of a kind are only read.
const ROWS: &[Row] = &[
    row(TaskKind::CertificatePrepareOrder, Method::Post, "/certificate/_prepareOrder", true),
    row(TaskKind::CertificatePrepareOrder, Method::Post, DOCUMENTED_PREPARE_ORDER, true),
    // As the documented page spells it.
    row(TaskKind::CertificatePrepareOrder, Method::Post, "/certiicate/prepareOrder", true),
    row(TaskKind::CertificateReissue, Method::Put, "/certificate/{id}", true),
    row(TaskKind::CertificateInfo, Method::Get, "/certificate/{id}", false),
    row(TaskKind::JobInfo, Method::Get, "/job/{id}", false),
    row(TaskKind::PollInfo, Method::Get, "/poll", false),
    row(TaskKind::PollConfirm, Method::Put, "/poll/{id}", false),
    row(TaskKind::Hello, Method::Get, "/hello", false),
];

pub(crate) const DOCUMENTED_PREPARE_ORDER: &str = "/certificate/prepareOrder";

/// Where an id stands in a path.
pub(crate) const ID: &str = "{id}";

const fn row(kind: TaskKind, method: Method, path: &'static str, has_body: bool) -> Row {
    Row { kind, method, path, has_body }
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
pub(crate) fn has_body(kind: TaskKind) -> bool {
    ROWS.iter().any(|row| row.kind == kind && row.has_body)
}

/// The task of a method and a path, and the id in the path.
pub(crate) fn find(method: Method, path: &str) -> Result<(TaskKind, Option<i64>), DecodeError> {
    let found = ROWS.iter().find_map(|row| {
        let id = match row.path.strip_suffix(ID) {
            Some(start) => path.strip_prefix(start).filter(|id| !id.is_empty() && !id.contains('/'))?,
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

/// `{id}` and `$id` stand in documentation; `%7Bid%7D` is the former as some clients send it.
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
