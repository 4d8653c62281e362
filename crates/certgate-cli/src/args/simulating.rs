//! The world of a simulator, and how it answers.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use certgate::config::parse_duration;
use certgate_domain::{Credentials, Secret};
use certgate_simulator::{Gateway, Settings};
use clap::Args;
use serde::Deserialize;

use crate::exit::{Failure, Kind};

/// The world of a simulator, and how it answers.
#[derive(Debug, Args)]
pub(crate) struct Simulating {
    /// Another account: a TOML file with user, password, context
    #[arg(long, value_name = "FILE")]
    account_file: Option<PathBuf>,
    /// Answer 429 to more requests a second
    #[arg(long, value_name = "REQUESTS")]
    pace: Option<u32>,
    /// How long a job takes, such as 30s
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "0s")]
    job_time: Duration,
    /// How long each answer is on its way, such as 50ms
    #[arg(long, value_name = "TIME", value_parser = latency, default_value = "0ms")]
    latency: Duration,
    /// Messages of others at the head of the queue
    #[arg(long, value_name = "COUNT", default_value = "0")]
    foreign: usize,
    /// Certificates besides 571, for long lists
    #[arg(long, value_name = "COUNT", default_value = "0")]
    certificates: usize,
    /// How long a certificate lasts at most, whatever its term, such as 199d or 47d: the term then goes on with reissues, and its end
    /// is stated
    #[arg(long, value_name = "TIME", value_parser = validity)]
    max_validity: Option<Duration>,
    /// Say neither when a term ends nor when it began: what is not known of a term shows in refusals only
    #[arg(long, requires = "max_validity")]
    hide_terms: bool,
    /// Over XML, say how a finished job ended when its state is asked for, where else it is gone (EF300101)
    #[arg(long)]
    show_finished_jobs: bool,
    /// Keep the world in this file over restarts; what it holds already stands in place of --certificates and --foreign
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
}

/// How long an answer is on its way: a length of time, which may be one of milliseconds.
fn latency(text: &str) -> Result<Duration, String> {
    match text.strip_suffix("ms").map(str::parse::<u32>) {
        Some(Ok(milliseconds)) => Ok(Duration::from_millis(milliseconds.into())),
        _ => parse_duration(text).map_err(|why| format!("{why}; or ms, such as 50ms")),
    }
}

/// How long certificates may last.
fn validity(text: &str) -> Result<Duration, String> {
    let time = parse_duration(text).map_err(|why| why.to_string())?;
    if time < Duration::from_secs(86_400) { Err(format!("`{text}`: expected at least 1d")) } else { Ok(time) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Account {
    user: String,
    password: String,
    context: toml::Value,
}

fn account(path: &Path) -> Result<Credentials, Failure> {
    let bad = |why: String| Failure::usage(format!("--account-file {}: {why}", path.display()));
    let file = certgate_files::read_trusted(path)?;
    file.require_secrecy("a password")?;
    // The parser's own message would quote the line, and with it the password.
    let account: Account = toml::from_str(&file.text()?)
        .map_err(|why| bad(format!("{}; expected user, password and context", why.message())))?;
    let context = match account.context {
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::String(text) => text,
        _ => return Err(bad("context: expected a number".to_owned())),
    };
    Ok(Credentials::new(account.user, Secret::new(account.password), context))
}

impl Simulating {
    /// The simulator that is asked for.
    ///
    /// # Errors
    /// The file of the account or of the world cannot be used.
    pub(crate) fn gateway(self) -> Result<Gateway, Failure> {
        let mut settings = Settings {
            pace: self.pace,
            latency: self.latency,
            job_time: self.job_time,
            foreign_first: self.foreign,
            more_certificates: self.certificates,
            max_validity: self.max_validity,
            tells_terms: !self.hide_terms,
            tells_starts: !self.hide_terms,
            finished_jobs_are_gone: !self.show_finished_jobs,
            ..Settings::default()
        };
        if let Some(path) = self.account_file {
            settings.account = account(&path)?;
        }
        match self.state {
            Some(path) => Gateway::kept(settings, &path)
                .map_err(|why| Failure::new(Kind::of_writing(&why), format!("--state {}: {why}", path.display()))),
            None => Ok(Gateway::with(settings)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::latency;

    #[test]
    fn a_latency_has_a_unit() {
        for (text, milliseconds) in [("50ms", 50), ("0ms", 0), ("2s", 2000)] {
            assert_eq!(latency(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for (text, why) in [
            ("50", "`50` has no unit: expected s, m, h, d or w behind the number, such as 30m; or ms, such as 50ms"),
            ("ms", "`ms`: expected a number"),
            ("-5ms", "`-5ms`: expected a number"),
        ] {
            let refused = latency(text).unwrap_err();
            assert!(refused.starts_with(why), "{text}: {refused}");
        }
    }
}
