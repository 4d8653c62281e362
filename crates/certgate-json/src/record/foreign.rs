//! An object of a kind that this client does not model, kept whole.

use certgate_domain::Foreign;
use certgate_wire::DecodeError;
use serde_json::{Map, Number, Value as Json};

use crate::{fields::Fields, object::Object, tree::Kind, value::Value};

impl Object<'_, '_> {
    pub(crate) fn foreign(&self, name: [&str; 1]) -> Result<Option<Foreign>, DecodeError> {
        Ok(self.one(name)?.map(read).transpose()?.flatten())
    }
}

impl Fields {
    pub(crate) fn foreign(&mut self, name: &str, foreign: &Option<Foreign>) {
        self.put(name, &foreign.as_ref().map_or(Json::Null, write));
    }
}

pub(crate) fn read(value: Value<'_, '_>) -> Result<Option<Foreign>, DecodeError> {
    // With the room for its neighbour that a growing list keeps.
    value.spend(2 * size_of::<(String, Foreign)>())?;
    Ok(match value.kind() {
        Kind::Null => None,
        Kind::Bool(value) => Some(Foreign::Bool(value)),
        Kind::Number(number) => Some(Foreign::Number(number.to_owned())),
        Kind::Text(text) => Some(Foreign::Text(text.text().into_owned())),
        Kind::List => {
            let items = value.items().filter_map(|item| read(item).transpose());
            Some(Foreign::List(items.collect::<Result<_, _>>()?))
        }
        Kind::Map => {
            let mut entries = Vec::new();
            for (name, value) in value.entries() {
                entries.extend(read(value)?.map(|value| (name.into_owned(), value)));
            }
            Some(Foreign::Map(entries))
        }
    })
}

/// Writes it unchanged; null if it is empty.
pub(crate) fn write(foreign: &Foreign) -> Json {
    match foreign {
        Foreign::Bool(value) => Json::Bool(*value),
        Foreign::Number(text) => number(text),
        Foreign::Text(text) if text.is_empty() => Json::Null,
        Foreign::Text(text) => Json::String(text.clone()),
        Foreign::List(items) => {
            let items: Vec<Json> = items.iter().map(write).filter(|item| !item.is_null()).collect();
            if items.is_empty() { Json::Null } else { Json::Array(items) }
        }
        Foreign::Map(entries) => {
            let entries: Map<String, Json> = entries
                .iter()
                .map(|(name, value)| (name.clone(), write(value)))
                .filter(|(_, value)| !value.is_null())
                .collect();
            if entries.is_empty() { Json::Null } else { Json::Object(entries) }
        }
    }
}

/// A number that JSON represents exactly stays a number; any other becomes a text, so that it is not rounded.
fn number(text: &str) -> Json {
    let whole = text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from)).ok();
    let fraction = || {
        let is_fraction = text.contains(['.', 'e', 'E']);
        text.parse().ok().filter(|_| is_fraction).and_then(Number::from_f64)
    };
    whole.or_else(fraction).map_or_else(|| Json::String(text.to_owned()), Json::Number)
}
