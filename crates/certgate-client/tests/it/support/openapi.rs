//! Instances of the vendor's OpenAPI definitions.

use std::{collections::BTreeSet, fs, path::Path};

use certgate_domain::TaskKind;
use certgate_json::route;
use certgate_wire::Method;
use serde_json::{Map, Value, json};
use toml::Table;

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/openapi").join(name)).unwrap()
}

/// What stands in an instance.
pub(crate) trait Choice {
    fn has(&mut self, field: &str) -> bool;
    fn word(&mut self, words: &[Value]) -> Value;
    fn text(&mut self, field: &str) -> String;
    fn number(&mut self) -> i64;
    fn flag(&mut self) -> bool;
    fn items(&mut self) -> usize;

    fn moment(&mut self) -> &'static str {
        "2018-12-12T10:53:23.000+0100"
    }

    /// `ResponseObject.data`: whatever the object's type is.
    fn object(&mut self) -> Value {
        json!({ "name": "example.net", "nserver": ["a", "b"] })
    }
}

/// Every field; the word of that number of each enumeration.
pub(crate) struct Every(pub usize);

impl Choice for Every {
    fn has(&mut self, _: &str) -> bool {
        true
    }

    fn word(&mut self, words: &[Value]) -> Value {
        words[self.0 % words.len()].clone()
    }

    fn text(&mut self, field: &str) -> String {
        format!("{field} & <{}>", self.0)
    }

    fn number(&mut self) -> i64 {
        7
    }

    fn flag(&mut self) -> bool {
        self.0.is_multiple_of(2)
    }

    fn items(&mut self) -> usize {
        2
    }
}

pub(crate) struct Api {
    pub(crate) api: Value,
    pub(crate) left_out: Table,
    /// Definitions that an instance was made of.
    pub(crate) reached: BTreeSet<String>,
}

/// A task's row of the API.
pub(crate) struct Operation {
    pub(crate) kind: TaskKind,
    pub(crate) request: Option<String>,
    pub(crate) response: String,
}

impl Api {
    pub(crate) fn new() -> Self {
        let api = serde_json::from_str(&read("domainrobot-ssl.json")).unwrap();
        Self { api, left_out: toml::from_str(&read("left-out.toml")).unwrap(), reached: BTreeSet::new() }
    }

    pub(crate) fn listed(&self, table: &str, name: &str) -> bool {
        self.left_out[table].get(name).is_some_and(|reason| reason.as_str().is_some_and(|reason| !reason.is_empty()))
    }

    /// Every operation that is a task; the others must be listed.
    pub(crate) fn operations(&self) -> Vec<Operation> {
        let mut operations = Vec::new();
        let mut problems = Vec::new();
        for (path, methods) in self.api["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let name = format!("{} {path}", method.to_uppercase());
                let method = Method::by_name(&method.to_uppercase()).unwrap();
                let kind = TaskKind::ALL.iter().copied().find(|kind| route::route(*kind) == (method, path.as_str()));
                let Some(kind) = kind else {
                    if !self.listed("paths", &name) {
                        problems.push(format!("{name} is no task and not listed"));
                    }
                    continue;
                };
                assert!(!self.listed("paths", &name), "{name} is listed although it is a task");
                let body = operation["parameters"].as_array().into_iter().flatten().find(|given| given["in"] == "body");
                operations.push(Operation {
                    kind,
                    request: body.map(|body| reference(&body["schema"])),
                    response: reference(&operation["responses"]["200"]["schema"]),
                });
            }
        }
        assert_eq!(problems, Vec::<String>::new());
        operations
    }

    /// An instance of a definition, with the fields and the words that `choice` chooses.
    pub(crate) fn instance(&mut self, name: &str, choice: &mut dyn Choice, above: &[&str]) -> Value {
        self.reached.insert(name.to_owned());
        let definition = self.api["definitions"][name].clone();
        if let Some(words) = definition["enum"].as_array() {
            return choice.word(words);
        }
        let mut fields = Map::new();
        for (field, schema) in definition["properties"].as_object().cloned().unwrap_or_default() {
            let mut path = above.to_vec();
            path.push(name);
            if !choice.has(&field) {
                continue;
            }
            if let Some(value) = self.value(&field, &schema, choice, &path) {
                fields.insert(field, value);
            }
        }
        Value::Object(fields)
    }

    fn value(&mut self, field: &str, schema: &Value, choice: &mut dyn Choice, above: &[&str]) -> Option<Value> {
        if schema.get("$ref").is_some() {
            let name = reference(schema);
            // Certificates hold certificates' data which hold certificates: once inside itself is enough.
            if above.iter().filter(|above| **above == name).count() > 1 {
                return None;
            }
            let made = self.instance(&name, choice, above);
            return Some(made).filter(|made| made.as_object().is_none_or(|fields| !fields.is_empty()));
        }
        if let Some(words) = schema["enum"].as_array() {
            return Some(choice.word(words));
        }
        Some(match (schema["type"].as_str().unwrap(), schema["format"].as_str()) {
            ("string", Some("date-time")) => json!(choice.moment()),
            ("string", _) => json!(choice.text(field)),
            ("integer", _) => json!(choice.number()),
            ("boolean", _) => json!(choice.flag()),
            ("array", _) => {
                let items = (0..choice.items()).filter_map(|_| self.value(field, &schema["items"], choice, above));
                Value::Array(items.collect())
            }
            ("object", _) => choice.object(),
            (other, _) => panic!("{field}: {other}"),
        })
    }
}

pub(crate) fn reference(schema: &Value) -> String {
    schema["$ref"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}
