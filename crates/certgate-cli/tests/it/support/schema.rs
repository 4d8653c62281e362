//! Documents held against the schema that the manual has: every one that a test sees. Readers must expect further members; here one that the
//! schema does not describe is an error, so that the schema stays whole.
//!
//! The words of JSON Schema that stand in the schema are few, and a library for the rest would bring forty crates.

use std::sync::OnceLock;

use serde_json::Value;

fn schema() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    let text = include_str!("../../../../../docs/src/reference/documents.schema.json");
    SCHEMA.get_or_init(|| serde_json::from_str(text).unwrap())
}

/// Fails where the schema describes no such document.
pub(crate) fn check(document: &Value) {
    let mut problems = Vec::new();
    look(document, schema(), "", &mut problems);
    assert!(
        problems.is_empty(),
        "docs/src/reference/documents.schema.json does not describe this document: {}\n{document:#}",
        problems.join("; ")
    );
}

fn look(value: &Value, schema: &Value, path: &str, problems: &mut Vec<String>) {
    for (word, rule) in schema.as_object().unwrap() {
        match word.as_str() {
            "$ref" => {
                let name = rule.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
                look(value, &self::schema()["$defs"][name], path, problems);
            }
            "anyOf" => {
                // What comes nearest is told.
                let found = rule.as_array().unwrap().iter().map(|schema| {
                    let mut problems = Vec::new();
                    look(value, schema, path, &mut problems);
                    problems
                });
                problems.extend(found.min_by_key(Vec::len).unwrap());
            }
            "const" if value != rule => problems.push(format!("{path}: {value}, expected {rule}")),
            "enum" if !rule.as_array().unwrap().contains(value) => {
                problems.push(format!("{path}: {value}, expected one of {rule}"));
            }
            "type" if !is_a(value, rule) => problems.push(format!("{path}: {value}, expected {rule}")),
            "required" => {
                let missing = rule.as_array().unwrap().iter().filter_map(Value::as_str);
                let missing = missing.filter(|name| value.is_object() && value.get(name).is_none());
                problems.extend(missing.map(|name| format!("{path}.{name} is missing")));
            }
            "properties" => {
                for (name, member) in value.as_object().into_iter().flatten() {
                    let path = format!("{path}.{name}");
                    match rule.get(name) {
                        Some(schema) => look(member, schema, &path, problems),
                        None => problems.push(format!("{path} is not described")),
                    }
                }
            }
            "items" => {
                for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                    look(item, rule, &format!("{path}[{at}]"), problems);
                }
            }
            "const" | "enum" | "type" | "description" | "title" | "$schema" | "$defs" => {}
            other => panic!("the schema has the word `{other}`, which is not looked at"),
        }
    }
}

fn is_a(value: &Value, kind: &Value) -> bool {
    match kind.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        other => panic!("the schema has the type `{other}`, which is not looked at"),
    }
}

#[test]
fn what_the_schema_does_not_describe_is_found() {
    use serde_json::json;
    for (document, expected) in [
        (json!({ "schema": 1, "path": "p", "exists": true }), None),
        (json!({ "schema": 2, "path": "p", "exists": true }), Some(".schema: 2, expected 1")),
        (json!({ "schema": 1, "path": "p", "exists": "yes" }), Some(".exists: \"yes\", expected \"boolean\"")),
        (json!({ "schema": 1, "path": "p", "exists": true, "more": 1 }), Some(".more is not described")),
        (json!({ "schema": 1, "path": "p" }), Some(".exists is missing")),
        (
            json!({ "schema": 1, "error": { "kind": "bad luck", "text": "t" } }),
            Some(".error.kind: \"bad luck\", expected one of"),
        ),
    ] {
        let mut problems = Vec::new();
        look(&document, schema(), "", &mut problems);
        match expected {
            None => assert_eq!(problems, Vec::<String>::new()),
            Some(expected) => assert!(problems.iter().any(|problem| problem.starts_with(expected)), "{problems:?}"),
        }
    }
}
