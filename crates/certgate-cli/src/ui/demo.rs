//! What a demo shows.

use std::io::{IsTerminal, Write};

use crate::app::App;

/// Its commands, each with what it is about: a line of 80 columns at most.
pub(crate) const STEPS: &[(&str, &[&str])] = &[
    ("The account has five certificates of different ends.", &["list"]),
    ("certificates.toml declares one that ends soon: what is to be done, and why.", &["plan"]),
    (
        "A reissue takes its place, with a new key that never leaves this machine.",
        &["reissue", "571", "--new-key", "--out", "example.com"],
    ),
    ("What is installed here, what the gateway has, and what is to be done.", &["status", "example.com"]),
    (
        "Nothing is due any more. Cron may run this at any time, and twice.",
        &["renew-due", "example.com", "--unchanged-ok"],
    ),
    (
        "Once more, with a key of another kind.",
        &["reissue", "571", "--new-key", "--key-type", "rsa2048", "--out", "example.com"],
    ),
    ("The set that was in place before comes back at once.", &["rollback", "example.com"]),
    ("Each order was written down before it left.", &["orders"]),
];

/// The certificates.toml of the demo.
pub(crate) const DECLARED: &str = "[[certificate]]\nid = 571\nout = \"example.com\"\n";

/// Shows a command that is about to run, as somebody would type it.
pub(crate) fn announce(app: &App, why: &str, typed: &str) {
    app.stdout.line(&format!("\n# {why}\n$ {typed}"));
    let _ = std::io::stdout().flush();
}

/// Waits for whoever looks on, where it is a person.
pub(crate) fn pause(app: &App) {
    if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        app.stdout.line("\n(Enter goes on)");
        let _ = std::io::stdin().read_line(&mut String::new());
    }
}
