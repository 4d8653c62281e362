//! What two documents of one value say differently, leaf by leaf, and nobody was told.

use std::collections::BTreeMap;

use certgate_domain::Moment;
use certgate_wire::Loss;
use serde_json::{Map, Value, json};

/// Every leaf with its path. What is empty has none.
pub fn leaves(path: &str, value: &Value, into: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                leaves(&if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, value, into);
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                leaves(&format!("{path}[{at}]"), value, into);
            }
        }
        leaf => {
            into.insert(path.to_owned(), leaf.clone());
        }
    }
}

/// Whether a path is that one or below it.
pub fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Leaves that did not come through and of which no loss tells, by their paths.
pub fn silently_changed(before: &Value, after: &Value, losses: &[Loss]) -> Vec<String> {
    let (mut left, mut right) = (BTreeMap::new(), BTreeMap::new());
    leaves("", &meant(before), &mut left);
    leaves("", &meant(after), &mut right);
    let changed = left.keys().chain(right.keys()).filter(|path| left.get(*path) != right.get(*path));
    changed
        .filter(|path| !losses.iter().any(|loss| is_below(path, &loss.path)))
        .map(|path| format!("{path}: {:?} became {:?}", left.get(path), right.get(path)))
        .collect()
}

/// The same with one spelling for what means the same: instants, months, a linking AND, the case of a type, and what is text
/// in XML.
fn meant(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut meant: Map<String, Value> = fields
                .iter()
                .filter(|(name, value)| !(*name == "link" && *value == "AND"))
                .map(|(name, value)| match value {
                    Value::String(word) if name == "type" => (name.clone(), json!(word.to_lowercase())),
                    value => (name.clone(), self::meant(value)),
                })
                .collect();
            let months = |unit: &Value| ["MONTH", "QUARTER", "YEAR"].iter().position(|word| unit == word);
            if let (Some(at), Some(period)) =
                (meant.get("unit").and_then(months), fields.get("period").and_then(Value::as_i64))
            {
                let months = i128::from(period) * [1, 3, 12][at];
                meant = Map::from_iter([("months".to_owned(), json!(months.to_string()))]);
            }
            Value::Object(meant)
        }
        Value::Array(items) => items.iter().map(meant).collect(),
        Value::String(text) => match text.parse::<Moment>() {
            Ok(moment) => moment.timestamp().map_or_else(|| json!(text), |time| json!(time.to_string())),
            Err(_) => json!(text),
        },
        leaf => json!(leaf.to_string()),
    }
}
