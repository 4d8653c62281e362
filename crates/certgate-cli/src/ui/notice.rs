//! What people are told of a run: a line, and the lines below it.

use certgate_wire::one_line;
use serde_json::Value;

/// One line: how many of each.
pub(crate) fn subject(summary: &Value) -> String {
    let counts = summary["summary"].as_object().into_iter().flatten();
    let counts: Vec<String> = counts.map(|(kind, count)| format!("{count} {kind}")).collect();
    match (counts.as_slice(), summary["error"]["text"].as_str()) {
        ([], Some(why)) => format!("certgate: {}", one_line(why)),
        ([], None) => "certgate: nothing".to_owned(),
        (counts, _) => format!("certgate: {}", counts.join(", ")),
    }
}

/// The whole: a line a certificate, and what went wrong.
pub(crate) fn text(summary: &Value) -> String {
    let word = |value: &Value| one_line(value.as_str().unwrap_or_default()).into_owned();
    let mut text = format!("{}\n\n", subject(summary));
    for row in summary["orders"].as_array().into_iter().flatten() {
        let mut line = format!("{}: {}", word(&row["title"]), word(&row["kind"]));
        let action = word(&row["action"]);
        if !action.is_empty() {
            line += &format!(" ({action}: {})", word(&row["why"]));
        }
        // The certificate is in place where its deployment failed.
        for why in [&row["text"], &row["deployment"]["detail"], &row["detail"]].map(word) {
            if !why.is_empty() {
                line += &format!("\n    {why}");
            }
        }
        text += &line;
        text += "\n";
    }
    if let Some(why) = summary["error"]["text"].as_str() {
        text += &format!("\nThe run ended early: {}\n", one_line(why));
        for line in summary["error"]["advice"].as_str().unwrap_or_default().lines() {
            text += &format!("    {}\n", one_line(line.trim()));
        }
    }
    text
}
