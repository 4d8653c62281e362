//! `cargo xtask fixtures --differs`: where the XML and the JSON payload of a case do not mean the same, and `about.toml` does
//! not say so. Printed as it belongs there.

use std::{collections::BTreeSet, fs, path::Path};

use certgate_domain::TaskKind;
use certgate_json::{JsonCodec, document, text::decode_text};
use certgate_wire::{Body, Codec, DecodeError, Method, Reply, Request};
use certgate_xml::XmlCodec;
use serde_json::{Value, json};
use toml::Table;

use crate::{Failure, repository};

/// A path whose values differ; the values as JSON text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Difference {
    side: &'static str,
    path: String,
    xml: Option<String>,
    json: Option<String>,
}

pub(crate) fn run() -> Result<(), Failure> {
    let root = repository::root().join("fixtures");
    let mut count = 0;
    for kind in TaskKind::ALL {
        let folder = root.join(kind.name());
        let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut cases: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
        cases.sort();
        for case in cases.iter().filter(|case| case.is_dir()) {
            let found = differences(*kind, case)?;
            let said = said(case)?;
            let shown = case.strip_prefix(&root).unwrap_or(case).display();
            let (missing, stale): (Vec<_>, Vec<_>) =
                (found.difference(&said).collect(), said.difference(&found).collect());
            if missing.is_empty() && stale.is_empty() {
                continue;
            }
            count += missing.len() + stale.len();
            println!("# {shown}/about.toml");
            stale.iter().for_each(|stale| println!("# no longer so: {} {}", stale.side, stale.path));
            missing.iter().for_each(|missing| println!("{}", as_toml(missing)));
        }
    }
    if count == 0 { Ok(()) } else { Err(format!("{count} differences are not as about.toml says")) }
}

fn differences(kind: TaskKind, case: &Path) -> Result<BTreeSet<Difference>, Failure> {
    let mut found = BTreeSet::new();
    for (side, xml, json) in [
        ("request", request_of_xml as fn(TaskKind, Vec<u8>) -> Result<Value, DecodeError>, request_of_json as _),
        ("response", response_of_xml, response_of_json as fn(TaskKind, Vec<u8>) -> Result<Value, DecodeError>),
    ] {
        let read = |protocol: &str, decode: fn(TaskKind, Vec<u8>) -> Result<Value, DecodeError>| {
            let path = case.join(format!("{side}.{protocol}"));
            let body = fs::read(&path).ok();
            body.map(|body| decode(kind, body).map_err(|error| format!("{}: {error}", path.display()))).transpose()
        };
        if let (Some(xml), Some(json)) = (read("xml", xml)?, read("json", json)?) {
            compare(side, "", Some(&xml), Some(&json), &mut found);
        }
    }
    Ok(found)
}

fn request_of_xml(kind: TaskKind, body: Vec<u8>) -> Result<Value, DecodeError> {
    let request = Request { method: Method::Post, target: String::new(), headers: Vec::new(), body: Body(body) };
    let calls = XmlCodec::default().decode_requests(Some(kind), &request)?;
    Ok(calls.first().map_or(Value::Null, |call| with_options(&call.value)))
}

fn request_of_json(kind: TaskKind, body: Vec<u8>) -> Result<Value, DecodeError> {
    decode_text(&JsonCodec::default(), Some(kind), &body).map(|call| with_options(&call.value))
}

fn with_options(call: &certgate_domain::Call) -> Value {
    let mut value = document::request(call);
    let options = document::options(&call.options);
    if let (Some(value), true) = (value.as_object_mut(), options != json!({})) {
        value.insert("options".to_owned(), options);
    }
    value
}

fn response_of_xml(kind: TaskKind, body: Vec<u8>) -> Result<Value, DecodeError> {
    XmlCodec::default().decode_response(kind, &Reply::of(body)).map(|decoded| document::response(&decoded.value))
}

fn response_of_json(kind: TaskKind, body: Vec<u8>) -> Result<Value, DecodeError> {
    JsonCodec::default().decode_response(kind, &Reply::of(body)).map(|decoded| document::response(&decoded.value))
}

/// Goes down as far as both sides have the same shape.
fn compare(
    side: &'static str,
    path: &str,
    xml: Option<&Value>,
    json: Option<&Value>,
    found: &mut BTreeSet<Difference>,
) {
    match (xml, json) {
        (Some(Value::Object(xml)), Some(Value::Object(json))) => {
            let names: BTreeSet<&String> = xml.keys().chain(json.keys()).collect();
            for name in names {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                compare(side, &path, xml.get(name), json.get(name), found);
            }
        }
        (Some(Value::Array(xml)), Some(Value::Array(json))) => {
            for at in 0..xml.len().max(json.len()) {
                compare(side, &format!("{path}[{at}]"), xml.get(at), json.get(at), found);
            }
        }
        (xml, json) if xml == json => {}
        (xml, json) => {
            let text = |value: Option<&Value>| value.map(Value::to_string);
            found.insert(Difference { side, path: path.to_owned(), xml: text(xml), json: text(json) });
        }
    }
}

/// What `about.toml` says already. A difference is the response's unless it says otherwise.
fn said(case: &Path) -> Result<BTreeSet<Difference>, Failure> {
    let path = case.join("about.toml");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let table: Table = toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let differs = table.get("differs").and_then(toml::Value::as_array).into_iter().flatten();
    Ok(differs
        .map(|difference| {
            let text = |key: &str| difference.get(key).and_then(toml::Value::as_str).map(str::to_owned);
            let side = if text("side").as_deref() == Some("request") { "request" } else { "response" };
            Difference { side, path: text("path").unwrap_or_default(), xml: text("xml"), json: text("json") }
        })
        .collect())
}

fn as_toml(difference: &Difference) -> String {
    let Difference { side, path, xml, json } = difference;
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let mut shown = String::from("[[differs]]\n");
    if *side == "request" {
        shown.push_str("side = \"request\"\n");
    }
    shown.push_str(&format!("path = {}\n", quoted(path)));
    for (name, value) in [("xml", xml), ("json", json)] {
        if let Some(value) = value {
            shown.push_str(&format!("{name} = {}\n", quoted(value)));
        }
    }
    shown.push_str("why = \"\"\n");
    shown
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::{as_toml, compare};

    #[test]
    fn differences_are_as_deep_as_the_shape_is_the_same() {
        let xml = json!({"a": {"b": 1, "c": [1, 2]}, "d": "x", "same": [true]});
        let json = json!({"a": {"b": 1, "c": [1]}, "d": {"e": 1}, "f": "y", "same": [true]});
        let mut found = BTreeSet::new();
        compare("response", "", Some(&xml), Some(&json), &mut found);
        let found: Vec<_> =
            found.iter().map(|one| (one.path.as_str(), one.xml.as_deref(), one.json.as_deref())).collect();
        assert_eq!(
            found,
            [("a.c[1]", Some("2"), None), ("d", Some("\"x\""), Some("{\"e\":1}")), ("f", None, Some("\"y\""))]
        );
    }

    #[test]
    fn toml_can_be_pasted() {
        let difference =
            super::Difference { side: "request", path: "a".to_owned(), xml: Some("\"x\"".to_owned()), json: None };
        let table: toml::Table = toml::from_str(&as_toml(&difference)).unwrap();
        let first = &table["differs"][0];
        assert_eq!((first["side"].as_str(), first["xml"].as_str()), (Some("request"), Some("\"x\"")));
        assert_eq!(first.get("json"), None);
    }
}
