//! Templates: payloads with places for values that are filled in later.

/// A placeholder: `{{name}}`, `${name}` or `%NAME%`.
const STYLES: [(&str, &str); 3] = [("{{", "}}"), ("${", "}"), ("%", "%")];
const LONGEST: usize = 64;

/// The placeholders of a payload, each with the number that stands in for it where a number may be asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Template {
    stand_ins: Vec<(String, String)>,
}

impl Template {
    /// The payload with numbers for its placeholders: a number is a text as well, and fits wherever the protocol wants one.
    pub(crate) fn of(bytes: Vec<u8>) -> (Vec<u8>, Self) {
        let Ok(text) = std::str::from_utf8(&bytes) else { return (bytes, Self::default()) };
        let mut this = Self::default();
        let mut plain = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, placeholder, after)) = next(rest) {
            plain.push_str(before);
            plain.push_str(&this.stand_in(text, placeholder));
            rest = after;
        }
        plain.push_str(rest);
        (plain.into_bytes(), this)
    }

    /// The placeholders back in their places; one that stood for a number stands there without quotes.
    pub(crate) fn put_back(&self, text: &str) -> String {
        self.stand_ins.iter().fold(text.to_owned(), |text, (placeholder, number)| text.replace(number, placeholder))
    }

    fn stand_in(&mut self, whole: &str, placeholder: &str) -> String {
        if let Some((_, number)) = self.stand_ins.iter().find(|(known, _)| known == placeholder) {
            return number.clone();
        }
        let mut number = 90_071_990_000 + self.stand_ins.len() as u64;
        while whole.contains(&number.to_string())
            || self.stand_ins.iter().any(|(_, known)| *known == number.to_string())
        {
            number += 1000;
        }
        self.stand_ins.push((placeholder.to_owned(), number.to_string()));
        number.to_string()
    }
}

/// What stands before the first placeholder, it, and what follows.
fn next(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(rest) = text.get(from..) {
        let (at, (open, close)) =
            STYLES.iter().filter_map(|style| Some((rest.find(style.0)?, style))).min_by_key(|(at, _)| *at)?;
        let start = from + at;
        let inside = text.get(start + open.len()..).unwrap_or_default();
        if let Some(length) = inside.find(close).filter(|length| *length <= LONGEST)
            && inside.get(..length).is_some_and(|name| is_name(name, *open == "%"))
        {
            let end = start + open.len() + length + close.len();
            return Some((text.get(..start)?, text.get(start..end)?, text.get(end..)?));
        }
        from = start + open.len();
    }
    None
}

/// Between percent signs only capitals: `%C3%BC` is an escaped letter.
fn is_name(name: &str, capitals: bool) -> bool {
    let name = name.trim();
    let letter = |c: char| if capitals { c.is_ascii_uppercase() } else { c.is_ascii_alphabetic() };
    name.len() >= if capitals { 3 } else { 1 }
        && name.starts_with(|c| letter(c) || c == '_')
        && name.chars().all(|c| letter(c) || c.is_ascii_digit() || (!capitals && "-.".contains(c)) || c == '_')
}

#[cfg(test)]
mod tests {
    use super::Template;

    #[test]
    fn there_and_back() {
        for (text, placeholders) in [
            (
                "<id>{{ID}}</id><name>${ name }</name><csr>%CSR_PEM%</csr><id>{{ID}}</id>",
                vec!["{{ID}}", "${ name }", "%CSR_PEM%"],
            ),
            ("http://x/%C3%BC%20%41 100% of {it} {{}} ${1} %a%", vec![]),
            ("<a>{{ID}}</a> 90071990000", vec!["{{ID}}"]),
            ("{{", vec![]),
        ] {
            let (bytes, template) = Template::of(text.as_bytes().to_vec());
            let found: Vec<&str> = template.stand_ins.iter().map(|(placeholder, _)| placeholder.as_str()).collect();
            assert_eq!(found, placeholders);
            let plain = String::from_utf8(bytes).unwrap();
            assert!(placeholders.iter().all(|placeholder| !plain.contains(placeholder)));
            assert_eq!(template.put_back(&plain), text);
        }
    }
}
