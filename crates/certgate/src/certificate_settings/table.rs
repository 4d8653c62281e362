//! Tables of settings in a file, each value with its line: TOML, JSON lines, CSV.

use std::{collections::BTreeSet, fmt, path::Path};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Number, Value};
use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

use super::{CertificateSettings, SettingsError};

/// The other spellings of settings.
const SPELLINGS: [(&str, &str); 3] = [("san", "names"), ("pkcs12", "formats"), ("jks", "formats")];

/// A table of settings: an order of a batch, a certificate that is declared.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    /// Where it stands, such as `line 3`.
    pub(crate) place: String,
    /// The line that it begins in, where it goes over several.
    line: Option<usize>,
    fields: Vec<Field>,
    /// The lines of what was taken.
    taken: Vec<(String, Option<usize>)>,
}

#[derive(Debug, Clone)]
struct Field {
    name: String,
    /// Its own line, where the table goes over several.
    line: Option<usize>,
    value: Value,
}

/// The setting that goes by a name.
fn setting(name: &str) -> &str {
    SPELLINGS.into_iter().find(|(spelling, _)| *spelling == name).map_or(name, |(_, setting)| setting)
}

impl Table {
    /// Takes a value that is no setting, by its name.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.fields.iter().position(|field| field.name == name)?;
        let Field { name, line, value } = self.fields.remove(at);
        self.taken.push((name, line));
        Some(value)
    }

    /// What is wrong with values of these names, behind the line of the last of them that stands in it, else behind its own.
    pub(crate) fn at(&self, names: &[&str], why: impl fmt::Display) -> String {
        self.line_of(names).map_or_else(|| why.to_string(), |line| format!("line {line}: {why}"))
    }

    /// The line of the last of these names that stands in it, else its own.
    fn line_of(&self, names: &[&str]) -> Option<usize> {
        let there = self.fields.iter().map(|field| (&field.name, field.line));
        let lines = there.chain(self.taken.iter().map(|(name, line)| (name, *line)));
        lines.filter(|(name, _)| names.contains(&setting(name))).filter_map(|(_, line)| line).max().or(self.line)
    }

    /// Where its profile stands in that file.
    pub(crate) fn place_of_profile(&self, file: &Path) -> String {
        let line = self.line_of(&["profile"]).map(|line| format!(": line {line}")).unwrap_or_default();
        format!("{}: {}{line}", file.display(), self.place)
    }

    /// Why settings of it do not go together.
    pub(crate) fn at_settings(&self, why: &SettingsError) -> String {
        self.at(&why.settings(), self.said(why))
    }

    /// What is wrong with settings, each by the name that it has here.
    fn said(&self, why: &SettingsError) -> String {
        why.said(&|name| {
            let here = self.fields.iter().map(|field| field.name.as_str()).find(|here| setting(here) == name);
            format!("`{}`", here.unwrap_or(name))
        })
    }

    /// Whether it holds something of that name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }

    /// Takes a value that is a text, and no setting.
    ///
    /// # Errors
    /// It is none: what was found, and where.
    pub(crate) fn take_text(&mut self, name: &str) -> Result<Option<String>, String> {
        let Some(at) = self.fields.iter().position(|field| field.name == name) else { return Ok(None) };
        match self.fields.remove(at) {
            Field { value: Value::String(text), .. } => Ok(Some(text)),
            Field { line, value, .. } => {
                let line = line.map(|line| format!("line {line}: ")).unwrap_or_default();
                Err(format!("{line}`{name}`: found `{value}`, expected a text"))
            }
        }
    }

    /// The settings. `own` names what the table may hold besides.
    ///
    /// # Errors
    /// What was found, where, and what was expected.
    pub(crate) fn settings(&self, own: &[&'static str]) -> Result<CertificateSettings, String> {
        let mut settings = CertificateSettings::default();
        for Field { name, line, value } in &self.fields {
            let set = settings.set(name, value);
            let checked = set.and_then(|()| if setting(name) == "names" { settings.check_names() } else { Ok(()) });
            checked.map_err(|why| {
                let why = self.said(&why.beside(own));
                match line {
                    Some(line) => format!("line {line}: {why}"),
                    None => why,
                }
            })?;
        }
        Ok(settings)
    }

    fn of_cells(place: String, cells: Vec<(String, Value)>) -> Result<Self, String> {
        if let Some(name) = twice(cells.iter().map(|(name, _)| name)) {
            return Err(format!("{place}: `{name}` stands in it twice"));
        }
        let fields = cells.into_iter().filter(|(_, value)| !value.is_null());
        let fields = fields.map(|(name, value)| Field { name, line: None, value }).collect();
        Ok(Self { place, fields, ..Self::default() })
    }
}

/// What stands in a TOML file.
#[derive(Debug, Default)]
pub(crate) struct TomlFile {
    /// Its tables by name: `[name]` once, or `[[name]]` each.
    pub(crate) tables: Vec<(String, Vec<Table>)>,
    /// The values before them.
    pub(crate) values: Table,
    /// What else stands in it, and may not.
    pub(crate) problems: Vec<String>,
}

/// Reads a TOML file with tables and values of these names.
///
/// # Errors
/// It is no TOML: what was found, with its line.
pub(crate) fn of_toml(text: &str, tables: &[&str], values: &[&str]) -> Result<TomlFile, String> {
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
    let line = |at: usize| ends.partition_point(|end| *end < at) + 1;
    let root = DeTable::parse(text).map_err(|why| {
        let start = why.span().map_or(0, |span| span.start);
        format!("line {}: {}", line(start), why.message())
    })?;
    let field = |key: &Spanned<DeString<'_>>, value: &DeValue<'_>| Field {
        name: key.get_ref().to_string(),
        line: Some(line(key.span().start)),
        value: json(value),
    };
    let mut found = TomlFile::default();
    for (key, value) in root.get_ref() {
        let (name, at) = (key.get_ref().as_ref(), line(key.span().start));
        if values.contains(&name) {
            found.values.fields.push(field(key, value.get_ref()));
            continue;
        }
        if !tables.contains(&name) {
            let known = tables.iter().map(|name| format!("[{name}]"));
            let known: Vec<String> = known.chain(values.iter().map(|name| format!("{name} = …"))).collect();
            found.problems.push(format!("line {at}: found `{name}`, expected {}", known.join(", ")));
            continue;
        }
        let of_span = |value: &Spanned<DeValue<'_>>| line(value.span().start);
        let read: Option<Vec<(usize, &DeTable<'_>)>> = match value.get_ref() {
            DeValue::Table(table) => Some(vec![(of_span(value), table)]),
            DeValue::Array(values) => {
                values.iter().map(|value| Some((of_span(value), value.get_ref().as_table()?))).collect()
            }
            _ => None,
        };
        let Some(read) = read else {
            found.problems.push(format!("line {at}: `{name}`: expected a table"));
            continue;
        };
        let read = read.into_iter().enumerate().map(|(at, (line, table))| Table {
            place: format!("{name} {}", at + 1),
            line: Some(line),
            fields: table.iter().map(|(key, value)| field(key, value.get_ref())).collect(),
            taken: Vec::new(),
        });
        found.tables.push((name.to_owned(), read.collect()));
    }
    Ok(found)
}

/// The value of JSON that says the same.
fn json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => {
            let read = i64::from_str_radix(number.as_str(), number.radix());
            read.map_or_else(|_| Value::String(number.as_str().to_owned()), Value::from)
        }
        DeValue::Float(number) => {
            let read = number.as_str().parse().ok().and_then(Number::from_f64);
            read.map_or_else(|| Value::String(number.as_str().to_owned()), Value::Number)
        }
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Datetime(time) => Value::String(time.to_string()),
        DeValue::Array(values) => values.iter().map(|value| json(value.get_ref())).collect(),
        DeValue::Table(table) => {
            Value::Object(table.iter().map(|(key, value)| (key.get_ref().to_string(), json(value.get_ref()))).collect())
        }
    }
}

/// The tables of JSON lines, one each.
///
/// # Errors
/// What was found, with its line.
pub(crate) fn of_json_lines(text: &str) -> Result<Vec<Table>, String> {
    let lines = text.lines().enumerate().filter(|(_, row)| !row.trim().is_empty());
    let tables = lines.map(|(at, row)| {
        let place = format!("line {}", at + 1);
        let Row(cells) = serde_json::from_str(row).map_err(|why| format!("{place}: {why}"))?;
        Table::of_cells(place, cells)
    });
    tables.collect()
}

/// An object as it is written, where `serde_json` keeps the last of several values of one name.
struct Row(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Cells;
        impl<'de> Visitor<'de> for Cells {
            type Value = Row;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object, one a line")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
                let mut cells = Vec::new();
                while let Some(cell) = map.next_entry()? {
                    cells.push(cell);
                }
                Ok(Row(cells))
            }
        }
        deserializer.deserialize_map(Cells)
    }
}

/// The tables of CSV, a line each; its first line names the columns, after one that names the separator for a spreadsheet. Lines
/// without anything are passed over, and so are those that begin with `#`. `own` names the columns besides those of settings.
///
/// # Errors
/// What was found, with its line.
pub(crate) fn of_csv(text: &str, own: &[&'static str]) -> Result<Vec<Table>, String> {
    let text = text.replace("\r\n", "\n");
    let lines = text.split(['\n', '\r']).enumerate();
    let mut lines = lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#')).peekable();
    let named = lines.next_if(|(_, line)| line.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("sep=")));
    let Some((first_at, first)) = lines.next() else { return Ok(Vec::new()) };
    // Spreadsheets write semicolons where the comma is the decimal sign.
    let guessed = || [',', ';', '\t', '|'].into_iter().find(|separator| first.contains(*separator));
    let separator = named.and_then(|(_, line)| line.chars().nth(4)).or_else(guessed).unwrap_or(',');
    let cells = |at: usize, line: &str| cells(line, separator).map_err(|why| format!("line {}: {why}", at + 1));
    let names: Vec<String> =
        cells(first_at, first)?.iter().map(|name| name.to_ascii_lowercase().replace('-', "_")).collect();
    if let Some(name) = twice(names.iter().filter(|name| !name.is_empty())) {
        return Err(format!("line {}: `{name}` names two columns", first_at + 1));
    }
    let mut tables = Vec::new();
    for (at, line) in lines {
        let cells = cells(at, line)?;
        // What spreadsheets write of rows that were emptied.
        if cells.iter().all(String::is_empty) {
            continue;
        }
        if tables.is_empty() {
            check_names(&names, own).map_err(|why| format!("line {}: {why}", first_at + 1))?;
        }
        if cells.len() != names.len() {
            return Err(format!(
                "line {}: found {} fields, expected {} with `{}` between them, as in the line that names the columns",
                at + 1,
                cells.len(),
                names.len(),
                separator.escape_default()
            ));
        }
        let cells = names.iter().cloned().zip(cells).filter(|(_, cell)| !cell.is_empty());
        let cells = cells.map(|(name, cell)| (name, Value::from(cell)));
        tables.push(Table::of_cells(format!("line {}", at + 1), cells.collect())?);
    }
    Ok(tables)
}

/// Whether the columns of these names are settings, or `own`.
fn check_names(names: &[String], own: &[&'static str]) -> Result<(), String> {
    let unknown = |name: &String| {
        let set = CertificateSettings::default().set(name, &Value::Null);
        let is_own = name.is_empty() || own.contains(&name.as_str());
        set.err().filter(|why| !is_own && matches!(why, SettingsError::Unknown { .. })).map(|why| why.beside(own))
    };
    let mut found = names.iter().filter_map(unknown);
    match found.next() {
        Some(why) if found.count() + 1 == names.len() => {
            Err(format!("the first line of CSV names the columns, such as `id,csr`; {why}"))
        }
        Some(why) => Err(why.to_string()),
        None => Ok(()),
    }
}

/// The fields of a line of CSV, without the blanks around them. One in quotation marks must end with its line: what is not closed
/// would take the lines behind it for its own.
fn cells<'a>(line: &'a str, separator: char) -> Result<Vec<String>, String> {
    let trimmed = |text: &'a str| text.trim_start_matches(|c: char| c.is_whitespace() && c != separator);
    let (mut cells, mut rest) = (Vec::new(), line);
    loop {
        rest = trimmed(rest);
        let (cell, behind) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let (cell, behind) =
                    closed(quoted).ok_or_else(|| format!("found `{rest}`, expected its closing `\"`"))?;
                (cell.replace("\"\"", "\""), trimmed(behind))
            }
            None => {
                let (cell, behind) = rest.split_at(rest.find(separator).unwrap_or(rest.len()));
                (cell.to_owned(), behind)
            }
        };
        cells.push(cell.trim().to_owned());
        match behind.strip_prefix(separator) {
            Some(next) => rest = next,
            None if behind.is_empty() => return Ok(cells),
            None => {
                return Err(format!(
                    "found `{behind}` behind a closing `\"`, expected `{}`",
                    separator.escape_default()
                ));
            }
        }
    }
}

/// What stands before the quotation mark that closes, and behind it; two of them are one of the text.
fn closed(quoted: &str) -> Option<(&str, &str)> {
    let mut marks = quoted.match_indices('"').map(|(at, _)| at).peekable();
    while let Some(at) = marks.next() {
        if marks.next_if_eq(&(at + 1)).is_none() {
            let (cell, behind) = quoted.split_at(at);
            return Some((cell, behind.strip_prefix('"')?));
        }
    }
    None
}

/// The first name that is given again.
fn twice<'a>(mut names: impl Iterator<Item = &'a String>) -> Option<&'a String> {
    let mut seen = BTreeSet::new();
    names.find(|name| !seen.insert(*name))
}
