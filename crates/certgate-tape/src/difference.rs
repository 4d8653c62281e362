//! Two values side by side, field by field.

use std::collections::BTreeMap;

use serde_json::Value;

/// A field, and what each side says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its path by the JSON API's names: `data[0].name`.
    pub path: String,
    /// The left side's value; absent where it does not have the field.
    pub left: Option<Value>,
    /// The right side's.
    pub right: Option<Value>,
}

/// How the two sides of a field stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Relation {
    /// The same value.
    Equal,
    /// Another value of the same type.
    Changed,
    /// Only the right side has it.
    Added,
    /// A value of another type.
    Retyped,
    /// Only the left side has it.
    Removed,
}

impl Relation {
    /// Its name in output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Changed => "changed",
            Self::Added => "added",
            Self::Retyped => "retyped",
            Self::Removed => "removed",
        }
    }

    /// How much it matters to who reads the field: what is gone or has another type breaks readers.
    pub fn severity(self) -> &'static str {
        match self {
            Self::Equal => "none",
            Self::Changed | Self::Added => "minor",
            Self::Retyped | Self::Removed => "breaking",
        }
    }
}

impl Field {
    /// How its two sides stand to each other.
    pub fn relation(&self) -> Relation {
        match (&self.left, &self.right) {
            (left, right) if left == right => Relation::Equal,
            (None, _) => Relation::Added,
            (_, None) => Relation::Removed,
            (Some(left), Some(right)) if kind(left) != kind(right) => Relation::Retyped,
            _ => Relation::Changed,
        }
    }

    /// Whether neither side says anything: what is no record there is one without fields here.
    pub(crate) fn is_empty(&self) -> bool {
        let says = |side: &Option<Value>| match side {
            None => false,
            Some(Value::Object(members)) => !members.is_empty(),
            Some(Value::Array(items)) => !items.is_empty(),
            Some(_) => true,
        };
        !says(&self.left) && !says(&self.right)
    }
}

/// The name of a value's type.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "record",
    }
}

/// The fields of two values, in the order of their paths.
///
/// ```
/// use certgate_tape::difference::{Relation, fields};
/// use serde_json::json;
/// let found = fields(&json!({ "name": "a", "list": [1] }), &json!({ "name": "b", "list": [1, 2] }));
/// let shown: Vec<_> = found.iter().map(|field| (field.path.as_str(), field.relation())).collect();
/// assert_eq!(shown, [("list[0]", Relation::Equal), ("list[1]", Relation::Added), ("name", Relation::Changed)]);
/// ```
pub fn fields(left: &Value, right: &Value) -> Vec<Field> {
    let (mut lefts, mut rights) = (BTreeMap::new(), BTreeMap::new());
    leaves(String::new(), left, &mut lefts);
    leaves(String::new(), right, &mut rights);
    let mut paths: Vec<String> = lefts.keys().chain(rights.keys()).cloned().collect();
    paths.sort();
    paths.dedup();
    let field = |path: String| Field { left: lefts.get(&path).cloned(), right: rights.get(&path).cloned(), path };
    paths.into_iter().map(field).collect()
}

/// Whether a path or one above it is among these patterns: `data[0].created` stands for that place of the list, `data[].created`
/// for each.
pub(crate) fn is_among<'a>(path: &str, patterns: impl IntoIterator<Item = &'a str>) -> bool {
    let plain = any_place(path);
    patterns.into_iter().any(|pattern| {
        let starts =
            |path: &str| path.strip_prefix(pattern).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
        starts(path)
            || starts(&plain)
            || pattern
                .strip_prefix("**.")
                .is_some_and(|name| plain.split('.').any(|part| part.trim_end_matches("[]") == name))
    })
}

/// A path without the places of lists: `data[].created`.
pub(crate) fn any_place(path: &str) -> String {
    let mut plain = String::new();
    let mut inside = false;
    for c in path.chars() {
        inside = c == '[' || inside && c != ']';
        if !inside || c == '[' {
            plain.push(c);
        }
    }
    plain
}

/// An empty record or list is a value too.
fn leaves(path: String, value: &Value, found: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                leaves(path, member, found);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (at, item) in items.iter().enumerate() {
                leaves(format!("{path}[{at}]"), item, found);
            }
        }
        leaf => {
            found.insert(path, leaf.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Relation, fields, is_among};

    #[test]
    fn relations() {
        for (left, right, expected) in [
            (json!({ "a": 1 }), json!({ "a": 1 }), Relation::Equal),
            (json!({ "a": 1 }), json!({ "a": 2 }), Relation::Changed),
            (json!({ "a": 1 }), json!({ "a": "1" }), Relation::Retyped),
            (json!({ "a": 1 }), json!({}), Relation::Removed),
            (json!({}), json!({ "a": 1 }), Relation::Added),
        ] {
            let found = fields(&left, &right);
            assert_eq!(found.iter().find(|field| field.path == "a").map(super::Field::relation), Some(expected));
        }
    }

    #[test]
    fn patterns() {
        for (path, pattern, expected) in [
            ("stid", "stid", true),
            ("stids", "stid", false),
            ("data[3].created", "data[].created", true),
            ("data[3].created", "data[].updated", false),
            ("data[3].created", "data[3].created", true),
            ("data[3].created", "data[4].created", false),
            ("data[0].job.created", "**.created", true),
            ("data[0].histories[1].created", "**.created", true),
            ("data[0].jobs[1]", "**.jobs", true),
            ("object.summary", "object", true),
        ] {
            assert_eq!(is_among(path, [pattern]), expected, "{path} {pattern}");
        }
    }
}
