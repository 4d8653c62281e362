//! Templates: payloads with places for values that are filled in later.

use certgate_wire::{DecodeError, Finding, Loss, Position};

/// A placeholder: `{{name}}`, `${name}` or `%NAME%`.
const STYLES: [(&str, &str); 3] = [("{{", "}}"), ("${", "}"), ("%", "%")];
const LONGEST: usize = 64;

/// The placeholders of a payload, each with the number that stands in for it where a number may be asked for.
#[derive(Debug, Default)]
pub(crate) struct Template {
    stand_ins: Vec<StandIn>,
    /// The placeholder that stood for the task's code.
    code: Option<String>,
    /// Where placeholders were replaced, in their order.
    shifts: Vec<Shift>,
}

#[derive(Debug)]
struct StandIn {
    placeholder: String,
    number: String,
    /// Whether it stands where JSON has `true` or `false`.
    is_boolean: bool,
}

/// What was replaced in a line: where it starts in the payload that is read, and how many characters it has there and had.
#[derive(Debug)]
struct Shift {
    start: Position,
    now: usize,
    was: usize,
}

impl Template {
    /// The payload with numbers for its placeholders: a number is a text as well, and fits wherever the protocol wants one.
    /// A placeholder for an XML task's code is that code, where it is known.
    pub(crate) fn of(bytes: Vec<u8>, code: Option<&str>) -> (Vec<u8>, Self) {
        let Ok(text) = std::str::from_utf8(&bytes) else { return (bytes, Self::default()) };
        let mut this = Self::default();
        let mut plain = String::with_capacity(text.len());
        let mut at = Position::at(b"", 0);
        let mut rest = text;
        while let Some((before, placeholder, after)) = next(rest) {
            plain.push_str(before);
            let is_code = before.trim_end().ends_with("<code>") && after.trim_start().starts_with("</code>");
            let stand_in = match code.filter(|_| is_code) {
                Some(code) => {
                    this.code = Some(placeholder.to_owned());
                    code.to_owned()
                }
                None => this.stand_in(text, placeholder),
            };
            // A byte order mark takes no column.
            let start = at.after(before.trim_start_matches('\u{feff}').as_bytes());
            let (now, was) = (stand_in.chars().count(), placeholder.chars().count());
            this.shifts.push(Shift { start, now, was });
            at = start.after(stand_in.as_bytes());
            plain.push_str(&stand_in);
            rest = after;
        }
        plain.push_str(rest);
        (plain.into_bytes(), this)
    }

    /// Finds out which placeholders stand for booleans: with `true` in their place less is odd about the payload than is `left`
    /// so far. Gives what is odd then.
    pub(crate) fn find_booleans(
        &mut self,
        plain: &[u8],
        mut left: Vec<String>,
        odd: &dyn Fn(&[u8]) -> Option<Vec<String>>,
    ) -> Vec<String> {
        let mut plain = String::from_utf8_lossy(plain).into_owned();
        for stand_in in &mut self.stand_ins {
            if left.is_empty() {
                break;
            }
            let tried = plain.replace(&stand_in.number, "true");
            if let Some(less) = odd(tried.as_bytes()).filter(|less| less.len() < left.len()) {
                stand_in.is_boolean = true;
                (plain, left) = (tried, less);
            }
        }
        left
    }

    /// The placeholders back in their places; one that stood for a number or a boolean stands there without quotes.
    pub(crate) fn put_back(&self, text: &str) -> String {
        self.stand_ins.iter().fold(text.to_owned(), |text, StandIn { placeholder, number, is_boolean }| {
            let text = if *is_boolean { text.replace(&format!("\"{number}\""), placeholder) } else { text };
            text.replace(number, placeholder)
        })
    }

    /// Where that is in the template itself.
    fn place(&self, place: Position) -> Position {
        let before = self
            .shifts
            .iter()
            .filter(|Shift { start, now, .. }| start.line == place.line && start.column + now <= place.column);
        before.fold(place, |place, Shift { now, was, .. }| Position {
            column: place.column + was - now.min(&(place.column + was)),
            ..place
        })
    }

    pub(crate) fn in_finding(&self, finding: Finding) -> Finding {
        Finding { path: self.put_back(&finding.path), place: finding.place.map(|place| self.place(place)), ..finding }
    }

    pub(crate) fn in_loss(&self, loss: &Loss) -> Loss {
        Loss::new(self.put_back(&loss.path), self.put_back(&loss.why))
    }

    pub(crate) fn in_error(&self, error: DecodeError) -> DecodeError {
        DecodeError {
            place: error.place.map(|place| self.place(place)),
            path: self.put_back(&error.path),
            found: self.put_back(&error.found),
            expected: error.expected,
        }
    }

    /// What the other protocol has no place for.
    pub(crate) fn loss(&self) -> Option<Loss> {
        let code = self.code.as_ref()?;
        Some(Loss::new("task.code", format!("`{code}` is not filled in later: --task says which task it is")))
    }

    fn stand_in(&mut self, whole: &str, placeholder: &str) -> String {
        if let Some(known) = self.stand_ins.iter().find(|known| known.placeholder == placeholder) {
            return known.number.clone();
        }
        let mut number = 90_071_990_000 + self.stand_ins.len() as u64;
        while whole.contains(&number.to_string())
            || self.stand_ins.iter().any(|known| known.number == number.to_string())
        {
            number += 1000;
        }
        let number = number.to_string();
        self.stand_ins.push(StandIn { placeholder: placeholder.to_owned(), number: number.clone(), is_boolean: false });
        number
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

/// Between percent signs only capitals, and not two digits of an escaped letter: `%C3%BC`.
fn is_name(name: &str, capitals: bool) -> bool {
    let name = name.trim();
    let letter = |c: char| if capitals { c.is_ascii_uppercase() } else { c.is_ascii_alphabetic() };
    let is_escape = name.len() < 2 || name.len() == 2 && name.chars().all(|c| c.is_ascii_hexdigit());
    !(capitals && is_escape)
        && name.starts_with(|c| letter(c) || c == '_')
        && name.chars().all(|c| letter(c) || c.is_ascii_digit() || (!capitals && "-.".contains(c)) || c == '_')
}

#[cfg(test)]
mod tests {
    use certgate_wire::Position;

    use super::Template;

    #[test]
    fn there_and_back() {
        for (text, placeholders) in [
            (
                "<id>{{ID}}</id><name>${ name }</name><csr>%CSR_PEM%</csr><id>{{ID}}</id>",
                vec!["{{ID}}", "${ name }", "%CSR_PEM%"],
            ),
            ("http://x/%C3%BC%20%41 100% of {it} {{}} ${1} %a%", vec![]),
            ("<id>%ID%</id>", vec!["%ID%"]),
            ("<a>{{ID}}</a> 90071990000", vec!["{{ID}}"]),
            ("{{", vec![]),
        ] {
            let (bytes, template) = Template::of(text.as_bytes().to_vec(), Some("400102"));
            let found: Vec<&str> = template.stand_ins.iter().map(|known| known.placeholder.as_str()).collect();
            assert_eq!(found, placeholders);
            let plain = String::from_utf8(bytes).unwrap();
            assert!(placeholders.iter().all(|placeholder| !plain.contains(placeholder)));
            assert_eq!(template.put_back(&plain), text);
        }
    }

    /// What is found in the payload that is read is said of the template.
    #[test]
    fn places() {
        let text = "\u{feff}<a>{{x}}</a>\n<ü>%LONG_ENOUGH_NAME%</ü> ${y}!\n{{x}}";
        let (bytes, template) = Template::of(text.as_bytes().to_vec(), None);
        for mark in ["</a>", "<ü>", "</ü>", "!"] {
            let at = |text: &str| Position::at(text.as_bytes(), text.find(mark).unwrap());
            assert_eq!(template.place(at(&String::from_utf8_lossy(&bytes))), at(text), "{mark}");
        }
    }
}
