//! Templates: payloads with places for values that are filled in later.

use std::collections::HashMap;

use certgate_wire::{DecodeError, Finding, Loss, Position};

/// A placeholder: `{{name}}`, `${name}` or `%NAME%`.
const STYLES: [(&str, &str); 3] = [("{{", "}}"), ("${", "}"), ("%", "%")];
const LONGEST: usize = 64;
/// Placeholders that are tried as a boolean.
const MOST_TRIED: usize = 200;

/// The placeholders of a payload, each with the number that stands in for it where a number may be asked for.
#[derive(Debug, Default)]
pub(crate) struct Placeholders {
    stand_ins: Vec<StandIn>,
    /// The place of each placeholder's stand-in in that list.
    known: HashMap<String, usize>,
    /// What the numbers of all stand-ins begin with.
    prefix: String,
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

impl Placeholders {
    /// The payload with numbers for its placeholders: a number is a text as well, and fits wherever the protocol wants one.
    /// A placeholder for an XML task's code is that code, where it is known.
    pub(crate) fn of(bytes: Vec<u8>, code: Option<&str>) -> (Vec<u8>, Self) {
        let Ok(text) = std::str::from_utf8(&bytes) else { return (bytes, Self::default()) };
        let mut this = Self { prefix: free_prefix(text), ..Self::default() };
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
                None => this.stand_in(placeholder),
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
        // Each try reads the whole payload.
        for stand_in in self.stand_ins.iter_mut().take(MOST_TRIED) {
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
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(&self.prefix).filter(|_| !self.stand_ins.is_empty()) {
            let (before, from) = rest.split_at(at);
            let digits = from.get(self.prefix.len()..self.prefix.len() + WIDTH);
            let known = digits.and_then(|digits| self.stand_ins.get(digits.parse::<usize>().ok()?));
            let Some(StandIn { placeholder, number, is_boolean }) = known else {
                let (other, after) = from.split_at(self.prefix.len());
                out += before;
                out += other;
                rest = after;
                continue;
            };
            let after = from.get(number.len()..).unwrap_or_default();
            let quoted = before.strip_suffix('"').zip(after.strip_prefix('"')).filter(|_| *is_boolean);
            let (before, after) = quoted.unwrap_or((before, after));
            out += before;
            out += placeholder;
            rest = after;
        }
        out + rest
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

    fn stand_in(&mut self, placeholder: &str) -> String {
        let number = |at: usize| format!("{}{at:0WIDTH$}", self.prefix);
        if let Some(known) = self.known.get(placeholder) {
            return number(*known);
        }
        let at = self.stand_ins.len();
        let text = number(at);
        self.known.insert(placeholder.to_owned(), at);
        self.stand_ins.push(StandIn { placeholder: placeholder.to_owned(), number: text.clone(), is_boolean: false });
        text
    }
}

/// The digits that a stand-in's place in the list is written with.
const WIDTH: usize = 6;

/// The digits that every stand-in of a text begins with: they do not stand in it.
fn free_prefix(text: &str) -> String {
    let taken = |prefix: &String| text.contains(prefix.as_str());
    let candidates = (0..).map(|at| format!("9{:06}", (71_990 + at * 7_919) % 1_000_000));
    candidates.take(MOST_PREFIXES).find(|prefix| !taken(prefix)).unwrap_or_default()
}

/// A text of 8 MiB cannot hold all of them.
const MOST_PREFIXES: usize = 1_000_000;

/// What stands before the first placeholder, it, and what follows.
fn next(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find(['{', '$', '%'])) {
        let start = from + at;
        let rest = text.get(start..).unwrap_or_default();
        from = start + 1;
        let Some((open, close)) = STYLES.iter().find(|(open, _)| rest.starts_with(open)) else { continue };
        let inside = rest.get(open.len()..).unwrap_or_default();
        let near = inside.get(..inside.floor_char_boundary(LONGEST + close.len())).unwrap_or_default();
        if let Some(length) = near.find(close)
            && near.get(..length).is_some_and(|name| is_name(name, *open == "%"))
        {
            let end = start + open.len() + length + close.len();
            return Some((text.get(..start)?, text.get(start..end)?, text.get(end..)?));
        }
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

    use super::Placeholders;

    #[test]
    fn there_and_back() {
        for (text, expected) in [
            (
                "<id>{{ID}}</id><name>${ name }</name><csr>%CSR_PEM%</csr><id>{{ID}}</id>",
                vec!["{{ID}}", "${ name }", "%CSR_PEM%"],
            ),
            ("http://x/%C3%BC%20%41 100% of {it} {{}} ${1} %a%", vec![]),
            ("<id>%ID%</id>", vec!["%ID%"]),
            ("<a>{{ID}}</a> 90071990000", vec!["{{ID}}"]),
            ("{{", vec![]),
        ] {
            let (bytes, read) = Placeholders::of(text.as_bytes().to_vec(), Some("400102"));
            let found: Vec<&str> = read.stand_ins.iter().map(|known| known.placeholder.as_str()).collect();
            assert_eq!(found, expected);
            let plain = String::from_utf8(bytes).unwrap();
            assert!(expected.iter().all(|placeholder| !plain.contains(placeholder)));
            assert_eq!(read.put_back(&plain), text);
        }
    }

    /// Positions in the payload that was decoded become positions in the template.
    #[test]
    fn places() {
        let text = "\u{feff}<a>{{x}}</a>\n<ü>%LONG_ENOUGH_NAME%</ü> ${y}!\n{{x}}";
        let (bytes, placeholders) = Placeholders::of(text.as_bytes().to_vec(), None);
        for mark in ["</a>", "<ü>", "</ü>", "!"] {
            let at = |text: &str| Position::at(text.as_bytes(), text.find(mark).unwrap());
            assert_eq!(placeholders.place(at(&String::from_utf8_lossy(&bytes))), at(text), "{mark}");
        }
    }
}
