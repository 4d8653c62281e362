//! The parts of a body as they stand in it: tasks of a request, results of a response.

use certgate_domain::StatusCode;
use certgate_wire::{BodyKind, DecodeError, Limits, TaskPart, excerpt};

use crate::{
    encoding,
    nodes::{NONE, Tree},
};

/// The `<task>`s of a request, in bytes of its body.
pub(crate) fn tasks(body: &[u8], text: &str, limits: Limits) -> Result<Vec<TaskPart>, DecodeError> {
    let tree = Tree::parse(text, limits)?;
    let tasks = parts(&tree, "request", "task")?;
    let byte_of = encoding::bytes_of(body, text);
    let part = |task: u32| {
        let says = |name: &str| {
            let said = tree.text(tree.first_named(task, name, NONE)?).trim();
            (!said.is_empty()).then(|| said.to_owned())
        };
        let span = tree.span(task);
        let [start, end] = [span.start, span.end].map(&byte_of);
        TaskPart { code: says("code"), ctid: says("ctid"), bytes: start..end }
    };
    Ok(tasks.into_iter().map(part).collect())
}

/// The `<result>`s of a response. What the response says once for all of them is put into each.
pub(crate) fn results(text: &str, limits: Limits) -> Result<Vec<String>, DecodeError> {
    let tree = Tree::parse(text, limits)?;
    let results = parts(&tree, "response", "result")?;
    let result = |result: u32| {
        let own = text.get(tree.span(result)).unwrap_or_default();
        let Some(inside) = own.strip_suffix("</result>") else { return own.to_owned() };
        let missing = ["ctid", "stid"].into_iter().filter(|name| tree.first_named(result, name, NONE).is_none());
        let shared = missing.filter_map(|name| text.get(tree.span(tree.first_named(0, name, NONE)?)));
        [inside, &shared.collect::<String>(), "</result>"].concat()
    };
    Ok(results.into_iter().map(result).collect())
}

/// What a document is by its root element, and the codes in the results of a response.
pub(crate) fn body_kind(text: &str, limits: Limits) -> Result<BodyKind, DecodeError> {
    let tree = Tree::parse(text, limits)?;
    match tree.name(0) {
        "request" => Ok(BodyKind::Request),
        "response" => {
            let code = |result: u32| {
                let status = tree.first_named(result, "status", NONE)?;
                let code = tree.text(tree.first_named(status, "code", NONE)?).trim();
                (!code.is_empty()).then(|| StatusCode::new(code))
            };
            Ok(BodyKind::Reply(parts(&tree, "response", "result")?.into_iter().map(code).collect()))
        }
        other => {
            let found = format!("the root element <{}>", excerpt(other).trim_matches('`'));
            Err(DecodeError::new("body", found, "<request> or <response>").at(tree.bytes(), tree.offset(0)))
        }
    }
}

fn parts(tree: &Tree<'_>, root: &str, part: &str) -> Result<Vec<u32>, DecodeError> {
    let refuse = |found: String, expected: String| DecodeError::new(root, found, expected).at(tree.bytes(), 0);
    if tree.name(0) != root {
        return Err(refuse("another root element".to_owned(), format!("<{root}>")));
    }
    let parts: Vec<u32> = tree.named(0, &[part]).collect();
    match parts.len() {
        0 => Err(refuse(format!("no <{part}>"), "one at least".to_owned())),
        found if found > Limits::DOCUMENTS => {
            Err(refuse(format!("{found} of <{part}>"), format!("{} at most", Limits::DOCUMENTS)))
        }
        _ => Ok(parts),
    }
}
