//! The values below the label of their column: in lines of CSV or Markdown, and in the rows of a page's table.

use std::ops::Range;

use super::{is_of_word, is_secret};

/// What lies between the cells of a line.
const BETWEEN_CELLS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// The longest label of a column, in bytes.
const LONGEST: usize = 40;

/// Where values stand in a column that is called a secret by the row above them, in their order.
pub(super) fn below_labels(text: &str) -> Vec<Range<usize>> {
    let lower = text.to_ascii_lowercase();
    let lines = || pieces(0..text.len(), text.match_indices('\n').map(|(at, _)| at..at + 1));
    let mut found = Vec::new();
    for separator in BETWEEN_CELLS {
        found.extend(below(text, lines(), |line| of_line(text.as_bytes(), line, separator)));
    }
    let rows = pieces(0..text.len(), lower.match_indices("<tr").map(|(at, tag)| at..at + tag.len()));
    found.extend(below(text, rows, |row| of_row(&lower, row)));
    found.sort_by_key(|found| found.start);
    found
}

/// What lies between the marks in a range.
fn pieces(all: Range<usize>, marks: impl Iterator<Item = Range<usize>>) -> impl Iterator<Item = Range<usize>> {
    let mut from = all.start;
    marks.chain(std::iter::once(all.end..all.end)).map(move |mark| std::mem::replace(&mut from, mark.end)..mark.start)
}

/// The cells below labels, of rows that have as many cells as the one with the labels.
fn below(
    text: &str,
    rows: impl Iterator<Item = Range<usize>>,
    cells: impl Fn(Range<usize>) -> Vec<Range<usize>>,
) -> Vec<Range<usize>> {
    let (mut width, mut named, mut found) = (0, Vec::new(), Vec::new());
    for row in rows {
        let cells = cells(row);
        let labels =
            cells.iter().enumerate().filter(|(_, cell)| is_label(text.get((*cell).clone()).unwrap_or_default()));
        let labels: Vec<usize> = labels.map(|(at, _)| at).collect();
        if cells.len() > 1 && !labels.is_empty() {
            (width, named) = (cells.len(), labels);
        } else if cells.len() == width {
            found.extend(named.iter().filter_map(|at| cells.get(*at)).filter(|cell| is_value(text, cell)).cloned());
        } else {
            width = 0;
        }
    }
    found
}

fn is_label(cell: &str) -> bool {
    let label = bare(cell);
    (1..=LONGEST).contains(&label.len())
        && label.bytes().all(|byte| is_of_word(byte) || byte == b' ')
        && is_secret(label)
}

/// Not the line of Markdown below the labels, and not nothing.
fn is_value(text: &str, cell: &Range<usize>) -> bool {
    !bare(text.get(cell.clone()).unwrap_or_default()).trim_matches(['-', ':']).is_empty()
}

fn bare(cell: &str) -> &str {
    cell.trim_matches([' ', '\t', '\r', '\n', '"', '\'', '*', '`'])
}

/// The cells of a line, without the blanks around them. What is quoted is one.
fn of_line(bytes: &[u8], line: Range<usize>, separator: u8) -> Vec<Range<usize>> {
    let mut is_quoted = false;
    let marks = line.clone().filter(|at| {
        let byte = bytes.get(*at).copied().unwrap_or_default();
        is_quoted ^= byte == b'"';
        byte == separator && !is_quoted
    });
    pieces(line, marks.map(|at| at..at + 1)).map(|cell| trimmed(bytes, cell)).collect()
}

fn trimmed(bytes: &[u8], cell: Range<usize>) -> Range<usize> {
    let is_blank = |at: &usize| bytes.get(*at).is_some_and(|byte| byte.is_ascii_whitespace());
    let start = cell.clone().find(|at| !is_blank(at)).unwrap_or(cell.end);
    let end = (start..cell.end).rev().find(|at| !is_blank(at)).map_or(start, |at| at + 1);
    start..end
}

/// The cells of a row of HTML, with the elements in them. `lower` is the text in small letters.
fn of_row(lower: &str, row: Range<usize>) -> Vec<Range<usize>> {
    let bytes = lower.as_bytes().get(..row.end).unwrap_or_default();
    let tag =
        |from: usize, begins: &dyn Fn(&[u8]) -> bool| (from..row.end).find(|at| bytes.get(*at..).is_some_and(begins));
    let opens = |rest: &[u8]| {
        (rest.starts_with(b"<td") || rest.starts_with(b"<th"))
            && rest.get(3).is_some_and(|byte| *byte == b'>' || byte.is_ascii_whitespace())
    };
    let ends = |rest: &[u8]| rest.starts_with(b"<t") || rest.starts_with(b"</t");
    let (mut cells, mut from) = (Vec::new(), row.start);
    while let Some(start) = tag(from, &opens).and_then(|open| tag(open, &|rest| rest.starts_with(b">"))) {
        let end = tag(start, &ends).unwrap_or(row.end);
        cells.push(start + 1..end);
        from = end;
    }
    cells
}
