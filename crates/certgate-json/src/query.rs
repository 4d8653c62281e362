//! The options in a request's query.

use std::borrow::Cow;

use certgate_domain::{Options, TaskKind};
use certgate_wire::{DecodeError, Finding, FindingKind, Findings, Position, excerpt};

use crate::{key, percent};

/// The options in a query.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) ctid: Option<String>,
    pub(crate) reply_to: Option<String>,
    pub(crate) keys: Vec<String>,
    /// For a login: the lifetime of the session in minutes.
    pub(crate) timeout: Option<i64>,
    pub(crate) findings: Findings,
}

/// Writes options, and a login's timeout, as a query with its question mark; empty if there are none.
pub(crate) fn write(options: &Options, timeout: Option<i64>) -> String {
    let Options { owner: _, language: _, ctid, reply_to, keys, force_contact_create: _, demo: _ } = options;
    let timeout = timeout.map(|timeout| timeout.to_string());
    let single = [("timeout", &timeout), ("ctid", ctid), ("replyTo", reply_to)];
    let pairs = single
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.as_deref()?)))
        .chain(keys.iter().map(|key| ("keys[]", key.as_str())))
        .filter(|(_, value)| !value.is_empty());
    let mut query = String::new();
    for (name, value) in pairs {
        query.push(if query.is_empty() { '?' } else { '&' });
        query.push_str(name);
        query.push('=');
        percent::encode(value, &mut query);
    }
    query
}

/// Reads the query of a task's target, without the question mark. `place` maps a byte of it to its position.
pub(crate) fn read(
    kind: TaskKind,
    query: &str,
    place: impl Fn(usize) -> Option<Position>,
) -> Result<Query, DecodeError> {
    let mut read = Query::default();
    let mut next = 0;
    for pair in query.split('&') {
        let at = next;
        next += pair.len() + 1;
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decode(name).unwrap_or_else(|| name.to_owned());
        let path = || format!("query.{}", name.chars().take(80).collect::<String>());
        let refuse =
            |found: String, expected| DecodeError { place: place(at), ..DecodeError::new(path(), found, expected) };
        let decoded = decode(value);
        let is_odd = decoded.is_none();
        let value = decoded.unwrap_or_else(|| value.to_owned());
        if value.is_empty() {
            continue;
        }
        let is_second = match &*name {
            "ctid" => read.ctid.replace(value).is_some(),
            "replyTo" => read.reply_to.replace(value).is_some(),
            "timeout" if kind == TaskKind::SessionCreate => {
                let minutes = value.parse().map_err(|_| refuse(excerpt(&value), "a whole number"))?;
                read.timeout.replace(minutes).is_some()
            }
            "keys" | "keys[]" => {
                read.keys.push(key::today(value));
                false
            }
            _ => {
                read.findings.push(Finding { kind: FindingKind::Unknown, path: path(), place: place(at) });
                continue;
            }
        };
        if is_second {
            return Err(refuse("a second value".to_owned(), "each option once"));
        }
        if is_odd {
            read.findings.push(Finding { kind: FindingKind::Value, path: path(), place: place(at) });
        }
    }
    Ok(read)
}

/// Decodes a name or value of a query, where a plus sign is a blank.
fn decode(text: &str) -> Option<String> {
    percent::decode(&text.replace('+', " ")).map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use certgate_domain::{Options, TaskKind};
    use certgate_wire::FindingKind;
    use pretty_assertions::assert_eq;

    use super::{Query, read, write};

    #[test]
    fn queries_come_back() {
        let options = Options {
            ctid: Some("a b&c=ü%+".to_owned()),
            reply_to: Some("me@example.com".to_owned()),
            keys: vec!["x[1]".to_owned(), "y".to_owned()],
            ..Options::default()
        };
        let query = write(&options, None);
        assert_eq!(query, "?ctid=a%20b%26c%3D%C3%BC%25%2B&replyTo=me%40example.com&keys[]=x%5B1%5D&keys[]=y");
        let Query { ctid, reply_to, keys, findings, timeout: None } =
            read(TaskKind::Hello, &query[1..], |_| None).unwrap()
        else {
            panic!("a timeout")
        };
        assert_eq!((ctid, reply_to, keys, findings), (options.ctid, options.reply_to, options.keys, Vec::new()));
        assert_eq!(write(&Options::default(), None), "");
    }

    #[test]
    fn oddities() {
        use FindingKind::{Unknown, Value};
        for (query, ctid, keys, findings) in [
            ("", None, &[][..], vec![]),
            ("ctid=&&ctid", None, &[], vec![]),
            ("ctid=a+b", Some("a b"), &[], vec![]),
            ("keys%5B%5D=a&keys=b", None, &["a", "b"], vec![]),
            ("colour=red&ctid=x", Some("x"), &[], vec![(Unknown, "query.colour")]),
            ("ctid=%zz", Some("%zz"), &[], vec![(Value, "query.ctid")]),
            ("ctid=%ff", Some("%ff"), &[], vec![(Value, "query.ctid")]),
            ("timeout=5", None, &[], vec![(Unknown, "query.timeout")]),
            ("ctid=%f", Some("%f"), &[], vec![(Value, "query.ctid")]),
        ] {
            let read = read(TaskKind::Hello, query, |_| None).unwrap();
            let seen: Vec<_> = read.findings.iter().map(|finding| (finding.kind, finding.path.as_str())).collect();
            assert_eq!((read.ctid.as_deref(), seen), (ctid, findings), "{query}");
            assert_eq!(read.keys, keys, "{query}");
        }
    }
}
