//! What people are told of a run: a line, and the lines below it.

use certgate_wire::one_line;
use serde_json::Value;

/// One line: how many of each.
pub(crate) fn subject(summary: &Value) -> String {
    let counts = summary["summary"].as_object().into_iter().flatten();
    let counts: Vec<String> = counts.map(|(kind, count)| format!("{count} {kind}")).collect();
    match (counts.as_slice(), summary["error"]["text"].as_str()) {
        ([], Some(why)) => format!("certgate: {}", one_line(why.lines().next().unwrap_or_default())),
        ([], None) => "certgate: nothing".to_owned(),
        (counts, _) => format!("certgate: {}", counts.join(", ")),
    }
}

/// The whole: a line a certificate, and what went wrong.
pub(crate) fn text(summary: &Value) -> String {
    let word = |value: &Value| one_line(value.as_str().unwrap_or_default()).into_owned();
    let mut text = format!("{}\n\n", subject(summary));
    for row in summary["orders"].as_array().into_iter().flatten() {
        text += &format!("{}: {}", word(&row["title"]), word(&row["kind"]));
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
