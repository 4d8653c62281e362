//! Every fixture: its payloads of both protocols mean one value, written down once; what is odd about them is written down
//! too; what must be refused is, at its place; and encoding goes back to the same meaning.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use certgate_domain::TaskKind;
use certgate_json::{JsonCodec, document};
use certgate_wire::{Body, Codec, Decoded, Finding, Method, Reply, Request};
use certgate_xml::XmlCodec;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use toml::Table;

use crate::support::silent_change::{is_below, leaves};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

fn cases() -> Vec<(TaskKind, PathBuf)> {
    let mut cases = Vec::new();
    for kind in TaskKind::ALL {
        let mut folders: Vec<_> =
            fs::read_dir(root().join(kind.name())).unwrap().map(|entry| entry.unwrap().path()).collect();
        folders.sort();
        cases.extend(folders.into_iter().filter(|path| path.is_dir()).map(|path| (*kind, path)));
    }
    cases
}

fn codec(protocol: &str) -> Box<dyn Codec> {
    if protocol == "xml" { Box::new(XmlCodec::default()) } else { Box::new(JsonCodec::default()) }
}

/// The values and findings of a payload, as `decode` shows them.
fn decode(kind: TaskKind, protocol: &str, side: &str, body: &[u8]) -> Result<(Value, Vec<Finding>), String> {
    let told =
        |value: Vec<Value>| if value.len() == 1 { value.into_iter().next().unwrap() } else { Value::Array(value) };
    if side == "response" {
        let answers = codec(protocol).decode_responses(kind, &Reply::of(body)).map_err(|error| error.to_string())?;
        let found = answers.iter().flat_map(|answer| answer.findings.clone()).collect();
        return Ok((told(answers.iter().map(|answer| document::response(&answer.value)).collect()), found));
    }
    let calls: Vec<Decoded<certgate_domain::Call>> = if protocol == "json" {
        vec![
            certgate_json::text::decode_text(&JsonCodec::default(), Some(kind), body)
                .map_err(|error| error.to_string())?,
        ]
    } else {
        let request =
            Request { method: Method::Post, target: String::new(), headers: vec![], body: Body(body.to_vec()) };
        codec(protocol).decode_requests(None, &request).map_err(|error| error.to_string())?
    };
    let found = calls.iter().flat_map(|call| call.findings.clone()).collect();
    let value = |call: &Decoded<certgate_domain::Call>| {
        let mut value = json!({ "value": document::request(&call.value) });
        let options = document::options(&call.value.options);
        if options.as_object().is_some_and(|options| !options.is_empty()) {
            value["options"] = options;
        }
        value
    };
    Ok((told(calls.iter().map(value).collect()), found))
}

/// Where two values differ and `about.toml` does not say so, and where it says so and they do not.
fn unexplained(about: &Table, side: &str, xml: &Value, json: &Value) -> Vec<String> {
    let explained: Vec<&str> = about
        .get("differs")
        .and_then(|differs| differs.as_array())
        .into_iter()
        .flatten()
        .filter(|row| row.get("side").and_then(|side| side.as_str()).unwrap_or("response") == side)
        .filter_map(|row| row.get("path")?.as_str())
        .collect();
    let (mut left, mut right) = (BTreeMap::new(), BTreeMap::new());
    leaves("", xml, &mut left);
    leaves("", json, &mut right);
    let mut paths: Vec<&String> =
        left.keys().chain(right.keys()).filter(|path| left.get(*path) != right.get(*path)).collect();
    paths.sort();
    paths.dedup();
    let unsaid = paths
        .iter()
        .filter(|path| !explained.iter().any(|row| is_below(path, row)))
        .map(|path| format!("{side} {path}: xml {:?}, json {:?}", left.get(*path), right.get(*path)));
    let stale = explained
        .iter()
        .filter(|row| !paths.iter().any(|path| is_below(path, row)))
        .map(|row| format!("{side} {row}: it differs no more"));
    unsaid.chain(stale).collect()
}

#[test]
fn both_protocols_mean_one_value() {
    let mut problems = Vec::new();
    for (kind, folder) in cases() {
        let about: Table = toml::from_str(&fs::read_to_string(folder.join("about.toml")).unwrap()).unwrap();
        let (mut values, mut found) = (serde_json::Map::new(), serde_json::Map::new());
        for side in ["request", "response"] {
            let mut seen = BTreeMap::new();
            for protocol in ["json", "xml"] {
                let file = format!("{side}.{protocol}");
                let Ok(body) = fs::read(folder.join(&file)) else { continue };
                let (value, findings) = match decode(kind, protocol, side, &body) {
                    Ok(decoded) => decoded,
                    Err(error) => {
                        problems.push(format!("{}/{file}: {error}", folder.display()));
                        continue;
                    }
                };
                found.insert(file, findings.iter().map(|finding| json!(finding.to_string())).collect());
                seen.insert(protocol, value);
            }
            if let (Some(xml), Some(json)) = (seen.get("xml"), seen.get("json")) {
                let unwrapped = |value: &Value| {
                    if side == "request" { value.get("value").cloned().unwrap_or_default() } else { value.clone() }
                };
                let differs = unexplained(&about, side, &unwrapped(xml), &unwrapped(json));
                problems.extend(differs.into_iter().map(|line| format!("{}: {line}", folder.display())));
            }
            // ONE value: the JSON side's where there is one; where XML differs, about.toml says so.
            if let Some(value) = seen.remove("json").or_else(|| seen.remove("xml")) {
                values.insert(side.to_owned(), value);
            }
        }
        insta::with_settings!({ snapshot_path => &folder, prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!("value", format!("{:#}", Value::Object(values)));
            insta::assert_snapshot!("findings", format!("{:#}", Value::Object(found)));
        });
    }
    assert_eq!(problems, Vec::<String>::new());
}

/// decode -> encode -> decode gives the same value, and by way of the other protocol all that both can say.
#[test]
fn encoding_goes_back_to_the_same_meaning() {
    let mut problems = Vec::new();
    for (kind, folder) in cases() {
        for protocol in ["json", "xml"] {
            let Ok(body) = fs::read(folder.join(format!("response.{protocol}"))) else { continue };
            let own = codec(protocol);
            let answers = own.decode_responses(kind, &Reply::of(body)).unwrap();
            if protocol == "json" && answers.len() != 1 {
                continue;
            }
            let values: Vec<_> = answers.into_iter().map(|answer| (kind, answer.value)).collect();
            let encoded = own.encode_responses(&values);
            let again = own.decode_responses(kind, &encoded.payload).unwrap();
            for ((_, before), after) in values.iter().zip(&again) {
                if *before != after.value || !encoded.losses.is_empty() {
                    problems.push(format!(
                        "{} {protocol}: {:?}\n{before:?}\n{:?}",
                        folder.display(),
                        encoded.losses,
                        after.value
                    ));
                }
            }
            let other = codec(if protocol == "xml" { "json" } else { "xml" });
            if let [(_, value)] = values.as_slice() {
                let carried = other.encode_responses(&values);
                let there = other.decode_response(kind, &carried.payload).unwrap().value;
                let back = own.decode_response(kind, &own.encode_responses(&[(kind, there)]).payload).unwrap().value;
                let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
                leaves("", &document::response(value), &mut before);
                leaves("", &document::response(&back), &mut after);
                // XML's leaves are text, its times of one zone and without milliseconds, its kinds named by elements.
                let same = |a: &Value, b: &Value| {
                    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_lowercase);
                    let moment =
                        |value: &Value| value.as_str()?.parse::<certgate_domain::Moment>().ok()?.unix_seconds();
                    text(a) == text(b) || (moment(a).is_some() && moment(a) == moment(b))
                };
                for (path, value) in &before {
                    let lost = !carried.losses.is_empty() && !after.contains_key(path);
                    if !lost && !after.get(path).is_some_and(|there| same(value, there)) {
                        problems.push(format!(
                            "{} {protocol} and back: {path}: {value} became {:?}",
                            folder.display(),
                            after.get(path)
                        ));
                    }
                }
            }
        }
    }
    assert_eq!(problems, Vec::<String>::new());
}

#[test]
fn requests_go_back_to_the_same_meaning() {
    for (kind, folder) in cases() {
        for protocol in ["json", "xml"] {
            let Ok(body) = fs::read(folder.join(format!("request.{protocol}"))) else { continue };
            let calls: Vec<_> = if protocol == "json" {
                vec![certgate_json::text::decode_text(&JsonCodec::default(), Some(kind), &body).unwrap()]
            } else {
                let request =
                    Request { method: Method::Post, target: String::new(), headers: vec![], body: Body(body) };
                codec("xml").decode_requests(None, &request).unwrap()
            };
            for call in calls {
                for other in ["json", "xml"] {
                    let encoded = codec(other).encode_request(&call.value);
                    let expected =
                        (call.value.task.kind() == TaskKind::Hello && other == "xml").then_some(TaskKind::Hello);
                    let mut again = codec(other).decode_requests(expected, &encoded.payload).unwrap();
                    let after = again.pop().unwrap();
                    let lost = !encoded.losses.is_empty();
                    if kind == TaskKind::Hello || folder.ends_with("documented") {
                        let ours = match other {
                            "json" => certgate_json::text::write(&encoded.payload),
                            _ => String::from_utf8_lossy(&encoded.payload.body).into_owned(),
                        };
                        insta::with_settings!({ snapshot_path => &folder, prepend_module_to_snapshot => false, omit_expression => true }, {
                            insta::assert_snapshot!(format!("ours.{protocol}-as-{other}"), ours);
                        });
                    }
                    assert!(
                        lost || document::request(&after.value) == document::request(&call.value),
                        "{} {protocol} as {other}: {:#}\n{:#}",
                        folder.display(),
                        document::request(&call.value),
                        document::request(&after.value)
                    );
                    assert_eq!(after.findings, vec![], "{}", folder.display());
                }
            }
        }
    }
}

/// Answers whose status has another number than the tasks' table: what the documented page says, quirks, and the second of two
/// routes.
const OTHER_NUMBERS: [(&str, &str); 9] = [
    ("certificate-info/quirk-04-data-missing/response.json", "E00000"),
    ("certificate-info/quirk-04-data-missing/response.xml", "E00000"),
    ("certificate-reissue/documented/response.json", "N400101"),
    ("certificate-reissue/documented/response.xml", "N400101"),
    ("certificate-reissue/quirk-10-answered-n400101/response.json", "N400101"),
    ("certificate-reissue/quirk-10-answered-n400101/response.xml", "N400101"),
    ("job-info/quirk-07-deffered/response.json", "S400114"),
    ("job-info/quirk-13-large-id/response.json", "S400114"),
    ("zone-update-records/stream/response.json", "S0202002"),
];

#[test]
fn answers_have_the_numbers_of_their_tasks() {
    let mut others = Vec::new();
    for (kind, folder) in cases() {
        for protocol in ["json", "xml"] {
            let file = folder.join(format!("response.{protocol}"));
            let Ok(body) = fs::read(&file) else { continue };
            let codec = codec(protocol);
            let number = kind.status_number(codec.protocol());
            for answer in codec.decode_responses(kind, &Reply::of(body)).unwrap() {
                let Some(code) = answer.value.status.code else { continue };
                if code.as_str().get(1..) != Some(number) {
                    let file = file.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
                    others.push((file, code.as_str().to_owned()));
                }
            }
        }
    }
    others.sort();
    assert_eq!(others, OTHER_NUMBERS.map(|(file, code)| (file.to_owned(), code.to_owned())));
}

#[test]
fn hostile_payloads() {
    let folder = root().join("_hostile");
    let about: Table = toml::from_str(&fs::read_to_string(folder.join("about.toml")).unwrap()).unwrap();
    let mut seen = 0;
    for (file, row) in &about {
        let body = fs::read(folder.join(file)).unwrap();
        let protocol = file.rsplit('.').next().unwrap();
        let read = decode(TaskKind::CertificateInfo, protocol, "response", &body);
        seen += 1;
        if row.get("accepted").is_some() {
            assert!(read.is_ok(), "{file}: {read:?}");
            continue;
        }
        let error = read.expect_err(file);
        if let Some(place) = row.get("refused").and_then(|place| place.as_str()) {
            assert!(error.starts_with(&format!("{place}: ")), "{file}: expected {place}, found {error}");
        }
        if let Some(message) = row.get("message").and_then(|message| message.as_str()) {
            assert!(error.contains(message), "{file}: expected {message:?}, found {error}");
        }
    }
    let files = fs::read_dir(&folder).unwrap().count() - 1;
    assert_eq!(seen, files, "every hostile file has its row");
    assert!(files > 50);
}
