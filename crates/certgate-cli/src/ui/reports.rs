//! Results for CI servers (JUnit XML) and for people (one HTML page without outside resources).

use std::path::{Path, PathBuf};

use certgate_wire::visible;
use clap::Args;

use crate::{
    app::App,
    exit::{Exit, Failure, Kind},
    streams::say,
};

/// Where results go besides the output.
#[derive(Debug, Args)]
pub(crate) struct Reports {
    /// Write the results as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the results as one HTML page
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// Results, a case each.
pub(crate) struct Suite {
    pub(crate) name: String,
    pub(crate) cases: Vec<Case>,
}

/// A result: what is wrong, and what was looked at.
pub(crate) struct Case {
    pub(crate) name: String,
    /// A line each; none where all is well.
    pub(crate) problems: Vec<String>,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Row>,
}

/// A line of a case's table.
pub(crate) struct Row {
    pub(crate) cells: Vec<String>,
    /// Whether it is one of the problems.
    pub(crate) differs: bool,
}

impl Case {
    pub(crate) fn new(name: impl Into<String>, problems: Vec<String>) -> Self {
        Self { name: name.into(), problems, columns: Vec::new(), rows: Vec::new() }
    }
}

impl Suite {
    pub(crate) fn failed(&self) -> usize {
        self.cases.iter().filter(|case| !case.problems.is_empty()).count()
    }

    /// Writes what was asked for.
    pub(crate) fn write(&self, reports: &Reports) -> Result<(), Failure> {
        let write = |path: &Option<PathBuf>, text: &dyn Fn() -> String| match path {
            Some(path) => file(path, &text()),
            None => Ok(()),
        };
        write(&reports.junit, &|| self.junit())?;
        write(&reports.html, &|| self.html())
    }

    fn junit(&self) -> String {
        let (name, tests, failures) = (escaped(&self.name), self.cases.len(), self.failed());
        let mut xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"{tests}\" failures=\"{failures}\">\n  \
             <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\">\n"
        );
        for case in &self.cases {
            let title = escaped(&case.name);
            xml += &format!("    <testcase classname=\"{name}\" name=\"{title}\"");
            match case.problems.first() {
                None => xml += "/>\n",
                Some(first) => {
                    let all = escaped(&case.problems.join("\n"));
                    xml +=
                        &format!(">\n      <failure message=\"{}\">{all}</failure>\n    </testcase>\n", escaped(first));
                }
            }
        }
        xml + "  </testsuite>\n</testsuites>\n"
    }

    fn html(&self) -> String {
        let (name, count, failed) = (escaped(&self.name), self.cases.len(), self.failed());
        let verdict = if failed == 0 { format!("all {count} well") } else { format!("{failed} of {count} failed") };
        let class = if failed == 0 { "good" } else { "bad" };
        let mut html = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
             content=\"width=device-width, initial-scale=1\">\n<title>{name}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
             <h1>{name}</h1>\n<p class=\"{class}\">{verdict}</p>\n"
        );
        for case in &self.cases {
            let (open, class) = if case.problems.is_empty() { ("", "good") } else { (" open", "bad") };
            html += &format!("<details{open}>\n<summary class=\"{class}\">{}</summary>\n", escaped(&case.name));
            if case.problems.is_empty() && case.rows.is_empty() {
                html += "<p>All is well.</p>\n";
            }
            if !case.problems.is_empty() {
                let items: String =
                    case.problems.iter().map(|problem| format!("<li>{}</li>\n", escaped(problem))).collect();
                html += &format!("<ul>\n{items}</ul>\n");
            }
            if !case.rows.is_empty() {
                let cells = |tag: &str, cells: &[String]| -> String {
                    let cell = |cell: &String| match cell.len() {
                        ..LONG => escaped(cell),
                        _ => format!("<div class=\"long\">{}</div>", escaped(cell)),
                    };
                    cells.iter().map(|text| format!("<{tag}>{}</{tag}>", cell(text))).collect()
                };
                html += &format!("<div><table>\n<tr>{}</tr>\n", cells("th", &case.columns));
                // What differs comes first: the rest is there to be looked up.
                let (differing, equal): (Vec<&Row>, Vec<&Row>) = case.rows.iter().partition(|row| row.differs);
                for row in differing.into_iter().chain(equal) {
                    let class = if row.differs { " class=\"differs\"" } else { "" };
                    html += &format!("<tr{class}>{}</tr>\n", cells("td", &row.cells));
                }
                html += "</table></div>\n";
            }
            html += "</details>\n";
        }
        html + "</body>\n</html>\n"
    }
}

/// A longer cell, such as a certificate, scrolls by itself.
const LONG: usize = 200;

const STYLE: &str = "\
:root { color-scheme: light dark; --line: #8884; --good: #187a3c; --bad: #b3261e; --mark: #f5c51833; }
@media (prefers-color-scheme: dark) { :root { --good: #6fd08c; --bad: #ff8a80; } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin: 0 0 .5rem; }
details { border: 1px solid var(--line); border-radius: 6px; margin: .6rem 0; padding: .3rem .8rem; }
summary { cursor: pointer; font-weight: 600; }
summary::before { content: '✓ '; }
summary.bad::before { content: '✗ '; }
.good { color: var(--good); }
.bad { color: var(--bad); }
div { overflow-x: auto; }
.long { font-size: .75rem; max-height: 7rem; overflow-y: auto; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; font-size: .9rem; }
th, td { border-bottom: 1px solid var(--line); padding: .25rem .6rem; text-align: left; vertical-align: top; }
td { font-family: ui-monospace, monospace; overflow-wrap: anywhere; white-space: pre-wrap; }
td:first-child { min-width: 17rem; }
td:nth-child(2) { white-space: nowrap; }
tr.differs { background: var(--mark); }
tr:not(.differs) td { opacity: .75; }
";

fn file(path: &Path, text: &str) -> Result<(), Failure> {
    certgate_files::write_report(path, text.as_bytes()).map_err(|why| Failure::unwritten(&why))
}

/// For text and for quoted attributes, of XML and HTML alike. What is hidden, and with it what XML cannot hold, is made visible.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            c => escaped.push(c),
        }
    }
    escaped
}

/// The exit code of a check.
pub(crate) fn verdict(app: &App, failed: usize, what: &str) -> Result<Exit, Failure> {
    if failed > 0 && !app.quiet {
        say(&format!("certgate: {failed} {what}"));
    }
    Ok(if failed == 0 { Exit::DONE } else { Kind::CheckFailed.into() })
}

#[cfg(test)]
mod tests {
    use super::{Case, Row, Suite};

    fn suite() -> Suite {
        let table = Case {
            name: "b".to_owned(),
            problems: vec!["x < \"y\" & z\u{1}".to_owned(), "second".to_owned()],
            columns: vec!["path".to_owned(), "left".to_owned()],
            rows: vec![Row { cells: vec!["p".to_owned(), "<script>".to_owned()], differs: true }],
        };
        Suite { name: "tape 'one'".to_owned(), cases: vec![Case::new("a", vec![]), table] }
    }

    #[test]
    fn junit() {
        insta::assert_snapshot!(suite().junit(), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites tests="2" failures="1">
          <testsuite name="tape &#39;one&#39;" tests="2" failures="1">
            <testcase classname="tape &#39;one&#39;" name="a"/>
            <testcase classname="tape &#39;one&#39;" name="b">
              <failure message="x &lt; &quot;y&quot; &amp; z&lt;U+0001&gt;">x &lt; &quot;y&quot; &amp; z&lt;U+0001&gt;
        second</failure>
            </testcase>
          </testsuite>
        </testsuites>
        "#);
    }

    #[test]
    fn html_needs_nothing_from_outside() {
        let html = suite().html();
        assert!(html.contains("<td>&lt;script&gt;</td>") && html.contains("1 of 2 failed"));
        for outside in ["http:", "https:", "src=", "<link", "<script", "@import", "url("] {
            assert!(!html.contains(outside), "{outside}");
        }
        assert_eq!(html.matches("<details").count(), html.matches("</details>").count());
    }
}
