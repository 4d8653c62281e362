//! The keys of queries and of `keys[]`: names of fields of the records. Old payloads spell some of them differently.

use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object};

/// Names of 2018, with today's names.
const OLD: [(&str, &str); 5] = [
    ("first", "fname"),
    ("last", "lname"),
    ("postalCode", "pcode"),
    ("lifeTime", "lifetime"),
    ("san", "subjectAlternativeNames"),
];

/// Today's name of a key.
pub(crate) fn today(name: String) -> String {
    match OLD.iter().find(|(old, _)| *old == name) {
        Some((_, today)) => (*today).to_owned(),
        None => name,
    }
}

impl Object<'_, '_> {
    /// The name of a key.
    pub(crate) fn key(&self, name: [&str; 1]) -> Result<Option<String>, DecodeError> {
        Ok(self.text(name)?.map(today))
    }
}

impl Fields {
    pub(crate) fn key(&mut self, name: &str, key: &Option<String>) {
        self.text(name, key);
    }
}

#[cfg(test)]
mod tests {
    use super::today;

    #[test]
    fn names() {
        for (name, expected) in
            [("first", "fname"), ("postalCode", "pcode"), ("orderId", "orderId"), ("fname", "fname")]
        {
            assert_eq!(today(name.to_owned()), expected);
        }
    }
}
