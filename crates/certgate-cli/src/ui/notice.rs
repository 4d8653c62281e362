//! What people are told of a run: a line, and the lines below it.

use certgate_wire::one_line;
use serde_json::Value;

/// One line: how many of each.
pub(crate) fn subject(summary: &Value) -> String {
    let counts = summary["summary"].as_object().into_iter().flatten();
    let counts: Vec<String> = counts.map(|(kind, count)| format!("{count} {kind}")).collect();
    match (counts.as_slice(), summary["error"]["text"].as_str()) {
        ([], Some(why)) => format!("certgate: {}", one_line(&beginning(why))),
        ([], None) => "certgate: nothing".to_owned(),
        (counts, _) => format!("certgate: {}", counts.join(", ")),
    }
}

/// The first line of a text, with the one that it announces.
fn beginning(text: &str) -> String {
    let mut lines = text.lines().map(str::trim);
    let first = lines.next().unwrap_or_default();
    let next = lines.next().filter(|_| first.ends_with(':')).map(|next| format!(" {next}")).unwrap_or_default();
    format!("{first}{next}")
}

/// The whole: a line a certificate, and what went wrong.
pub(crate) fn text(summary: &Value) -> String {
    let word = |value: &Value| one_line(value.as_str().unwrap_or_default()).into_owned();
    let mut text = format!("{}\n\n", subject(summary));
    for row in summary["orders"].as_array().into_iter().flatten() {
        let title = word(&row["title"]);
        // A line of a batch may say the id alone.
        let name = [&row["name"], &row["order"]["name"]].map(word).into_iter().find(|name| !name.is_empty());
        let name = name.filter(|name| !title.contains(name.as_str())).map(|name| format!(" {name}"));
        text += &format!("{title}{}: {}", name.unwrap_or_default(), word(&row["kind"]));
        let action = word(&row["action"]);
        if !action.is_empty() {
            text += &format!(" ({action}: {})", word(&row["why"]));
        }
        text += "\n";
        // The certificate is in place where its deployment failed.
        for why in [&row["text"], &row["deployment"]["detail"], &row["detail"]] {
            text += &indented(why);
        }
    }
    if let Value::String(why) = &summary["error"]["text"] {
        let (first, others) = why.split_once('\n').unwrap_or((why, ""));
        text += &format!("\nThe run ended early: {}\n{}", one_line(first), indented(&others.into()));
        text += &indented(&summary["error"]["advice"]);
    }
    text
}

/// Each line of a text in a line of its own, below what it is about.
fn indented(text: &Value) -> String {
    let lines = text.as_str().unwrap_or_default().lines();
    lines.map(|line| format!("    {}\n", one_line(line.trim()))).collect()
}
