//! `certgate replay`.

use std::{path::PathBuf, time::Duration};

use certgate::{Redactor, SecretSource, config::parse_duration, tape, unix_now};
use clap::Subcommand;
use serde_json::{Value, json};

use crate::{
    app::{App, token},
    exit::{Exit, Failure},
    streams::printable,
    ui::{
        document,
        reports::{Case, Reports, Suite},
    },
};

/// Tapes of recorded exchanges
#[derive(Debug, Subcommand)]
pub(crate) enum Replay {
    /// Check a tape: each exchange decodes without findings, encodes again to the same meaning, and holds no secret
    #[command(after_help = "Example:
  certgate replay check tapes/reissue --max-age 90d --junit results.xml

A password that is given by CERTGATE_PASSWORD, --password-file or --password-stdin, and the token in CERTGATE_TOKEN, \
are looked for as well, in every spelling.")]
    Check {
        /// The tape's folder
        folder: PathBuf,
        /// Refuse what was recorded longer ago: 12h, 90d
        #[arg(long, value_name = "AGE", value_parser = parse_duration)]
        max_age: Option<Duration>,
        #[command(flatten)]
        reports: Reports,
    },
}

impl Replay {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let Self::Check { folder, max_age, reports } = self;
        let oldest = max_age.map(|age| unix_now() / 1000 - i64::try_from(age.as_secs()).unwrap_or(i64::MAX));
        let checked = tape::check(&folder, oldest, &known_secrets(app)?)?;
        let cases = checked.iter().map(|checked| Case::new(&checked.title, checked.problems.clone())).collect();
        let suite = Suite { name: format!("tape {}", folder.display()), cases };
        suite.write(&reports)?;
        if app.json() {
            let rows: Vec<Value> = checked
                .iter()
                .map(|tape::Checked { title, problems }| json!({ "exchange": title, "ok": problems.is_empty(), "problems": problems }))
                .collect();
            app.stdout.print(&json!({ "schema": 1, "exchanges": rows, "failed": suite.failed() }));
        } else {
            for case in &suite.cases {
                app.stdout.line(&document::check(case.problems.is_empty(), &case.name));
                case.problems.iter().for_each(|problem| app.stdout.line(&printable(&format!("  {problem}"))));
            }
        }
        crate::ui::reports::verdict(app, suite.failed(), "of the tape's exchanges fail")
    }
}

/// The secrets that this run was given.
fn known_secrets(app: &App) -> Result<Redactor, Failure> {
    let mut known = Redactor::default();
    // A command may ask somebody, and a check runs where nobody is.
    if let Some(password @ (SecretSource::Environment(_) | SecretSource::File(_) | SecretSource::Stdin)) =
        &app.settings()?.password.value
    {
        known.knows(&password.read()?);
    }
    if let Some(token) = token() {
        known.knows(&token.read()?);
    }
    Ok(known)
}
