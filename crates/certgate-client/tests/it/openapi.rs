//! The vendor's OpenAPI extract as a test: every path is a task, every field of every definition is understood and written
//! back, over both protocols; what is not is listed in `fixtures/openapi/left-out.toml` with its reason.

use std::collections::BTreeMap;

use certgate_json::{JsonCodec, document, route};
use certgate_wire::{Body, Codec, Reply, Request};
use certgate_xml::XmlCodec;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::support::{
    openapi::{Api, Every, Operation},
    silent_change::{leaves, silently_changed},
};

fn difference(before: &Value, after: &Value) -> Vec<String> {
    let (mut left, mut right) = (BTreeMap::new(), BTreeMap::new());
    leaves("", before, &mut left);
    leaves("", after, &mut right);
    left.iter()
        .filter(|(path, value)| right.get(*path) != Some(value) && !is_secret(path))
        .map(|(path, value)| format!("{path}: {value} became {:?}", right.get(path)))
        .collect()
}

/// Secrets are understood, and left out of what is shown.
fn is_secret(path: &str) -> bool {
    let name = path.rsplit('.').next().unwrap();
    ["password", "hardwareInitToken", "challengePassword"].contains(&name)
}

#[test]
fn answers_hold_every_field() {
    let mut api = Api::new();
    let codec = JsonCodec::default();
    let mut problems = Vec::new();
    for operation in api.operations() {
        for round in 0..20 {
            let mut body = api.instance(&operation.response, &mut Every(round), &[]);
            body["status"]["code"] = json!(format!("S{}", operation.kind.code()));
            body["status"]["type"] = json!("SUCCESS");
            let answer = codec.decode_response(operation.kind, &Reply::of(body.to_string())).unwrap();
            problems.extend(answer.findings.iter().map(|finding| format!("{}: {finding}", operation.kind.name())));
            let lines = difference(&body, &document::response(&answer.value));
            problems.extend(lines.into_iter().map(|line| format!("{}: {line}", operation.kind.name())));
        }
    }
    problems.sort();
    problems.dedup();
    assert_eq!(problems, Vec::<String>::new());
}

#[test]
fn requests_hold_every_field() {
    let mut api = Api::new();
    let codec = JsonCodec::default();
    let mut problems = Vec::new();
    for operation in api.operations() {
        let Some(request) = &operation.request else { continue };
        for round in 0..20 {
            let body = api.instance(request, &mut Every(round), &[]);
            let (method, path) = route::route(operation.kind);
            let request = Request {
                method,
                target: path.replace("{id}", "7"),
                headers: vec![],
                body: Body(body.to_string().into_bytes()),
            };
            let call = codec.decode_requests(None, &request).unwrap().remove(0);
            problems.extend(call.findings.iter().map(|finding| format!("{}: {finding}", operation.kind.name())));
            let lines = difference(&body, &document::request(&call.value));
            problems.extend(lines.into_iter().map(|line| format!("{}: {line}", operation.kind.name())));
            let again = codec.encode_request(&call.value);
            assert_eq!((again.losses, again.payload.target), (vec![], request.target));
            assert_eq!(
                codec.decode_requests(None, &Request { body: again.payload.body, ..request_of(&operation) }).unwrap()
                    [0]
                .value,
                call.value
            );
        }
    }
    assert_eq!(problems, Vec::<String>::new());
}

fn request_of(operation: &Operation) -> Request {
    let (method, path) = route::route(operation.kind);
    Request { method, target: path.replace("{id}", "7"), headers: vec![], body: Body::default() }
}

#[test]
fn xml_says_the_same_or_says_what_it_cannot() {
    let mut api = Api::new();
    let (json, xml) = (JsonCodec::default(), XmlCodec::default());
    let mut problems = Vec::new();
    for operation in api.operations() {
        for round in 0..20 {
            let mut body = api.instance(&operation.response, &mut Every(round), &[]);
            body["status"]["code"] = json!(format!("S{}", operation.kind.code()));
            body["status"]["type"] = json!("SUCCESS");
            let value = json.decode_response(operation.kind, &Reply::of(body.to_string())).unwrap().value;
            let written = xml.encode_responses(&[(operation.kind, value.clone())]);
            let read = xml.decode_response(operation.kind, &written.payload).unwrap();
            problems.extend(read.findings.iter().map(|finding| format!("{}: {finding}", operation.kind.name())));
            let (before, after) = (document::response(&value), document::response(&read.value));
            let lines = silently_changed(&before, &after, &written.losses);
            problems.extend(lines.into_iter().map(|line| format!("{}: {line}", operation.kind.name())));
        }
    }
    problems.sort();
    problems.dedup();
    assert_eq!(problems, Vec::<String>::new());
}

#[test]
fn every_definition_is_reached_or_listed() {
    let mut api = Api::new();
    for operation in api.operations() {
        if let Some(request) = &operation.request {
            api.instance(request, &mut Every(0), &[]);
        }
        api.instance(&operation.response, &mut Every(0), &[]);
    }
    let all: Vec<String> = api.api["definitions"].as_object().unwrap().keys().cloned().collect();
    let open: Vec<&String> =
        all.iter().filter(|name| !api.reached.contains(*name) && !api.listed("definitions", name)).collect();
    assert_eq!(open, Vec::<&String>::new(), "neither reached from a task nor listed");
    for name in api.left_out["definitions"].as_table().unwrap().keys() {
        assert!(!api.reached.contains(name), "{name} is listed although it is reached");
    }
}
