//! `certgate batch`.

use std::{collections::HashMap, path::PathBuf, time::Duration};

use certgate::{
    batch::{BatchError, BatchOrder, problems, read, warnings},
    config::parse_duration,
    estate::Task,
};
use clap::Args;

use crate::{
    app::App,
    args::{notify::Notify, ordering::Queue, validation::check_zones},
    common::{
        certificate_run::CertificateRun,
        notify::told,
        rehearsal,
        share::{Share, by_profile, shares, unknown_profiles},
    },
    exit::{Exit, Failure, Kind},
    streams::say,
    ui::advice::ordered_before,
};

/// Many orders, at the gateway's pace
///
/// Run again, it does only what is left.
#[derive(Debug, Args)]
#[command(
    after_help = "A file has an order a line, as TOML ([[order]]), JSON lines or CSV, with id, action (create, reissue where an id is given, or \
renew) and every option of these commands as a column: --deploy-hook is deploy_hook. Paths start from the file's folder.

Examples:
  certgate batch certificates.csv --dry-run
  certgate batch certificates.csv --report report.jsonl"
)]
pub(crate) struct Batch {
    /// The file: .toml, .jsonl or .csv
    file: PathBuf,
    /// How long to wait in all: 30m, 12h
    #[arg(long, default_value = "12h", value_parser = parse_duration)]
    timeout: Duration,
    /// Write what became of each order into this file as JSON lines
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Order anew what the same lines ordered before. Interrupted, the same command does what is left of that
    #[arg(long)]
    again: bool,
    /// Check each line against the gateway, show what would be done, and order nothing
    #[arg(long, conflicts_with_all = ["report", "notify"])]
    dry_run: bool,
    #[command(flatten)]
    queue: Queue,
    #[command(flatten)]
    notify: Notify,
}

impl Batch {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let ended = self.go(app);
        if self.dry_run { ended } else { told(app, &self.notify, ended) }
    }

    fn go(&self, app: &App) -> Result<Exit, Failure> {
        let orders = read(&self.file, app.config.as_deref()).map_err(|why| Failure::usage(why.to_string()))?;
        orders.iter().try_for_each(|order| check_zones(app, &order.request))?;
        self.queue.check()?;
        let open = |path| {
            certgate_files::open_to_append(path)
                .map_err(|why| Failure::new(Kind::of_writing(&why), format!("--report {why}")))
        };
        let report = self.report.as_deref().map(open).transpose()?;
        let profile = |order: &BatchOrder| app.check_profile(&order.place, order.request.profile.as_deref());
        orders.iter().try_for_each(profile)?;
        let groups = by_profile(app, orders, false, |order| order.request.profile.as_deref())?;
        let mut wrong = unknown_profiles(app, &groups, |order| &order.place)?;
        let (mut details, mut seen) = (HashMap::new(), std::collections::BTreeSet::new());
        let begin = |share: &mut Share, orders| {
            let mut lines = share.lines(orders, self.again, &mut seen)?;
            // A rehearsal says it with each line.
            let problems = (!self.dry_run).then(|| problems(&mut lines)).into_iter().flatten();
            wrong.extend(problems.map(|(place, why)| format!("{place}: {}", Failure::of_file(why, &share.options()))));
            warnings(&lines).for_each(|(place, why)| say(&format!("certgate: warning: {place}: {why}")));
            let of_changed = lines.iter().filter(|line| !line.changed.is_empty());
            details.extend(of_changed.map(|line| (line.task.id.clone(), ordered_before(line))));
            Ok(lines.into_iter().map(|line| line.task).collect())
        };
        let named_in = |order: &BatchOrder| Some(order.place_of_profile.clone());
        let mut shares =
            shares(app, groups, Some(self.timeout), begin, |order| Task::idle(order.title(), None), named_in)?;
        if self.dry_run {
            return rehearsal::several(app, shares, &details);
        }
        // Before anything is ordered.
        if !wrong.is_empty() {
            return Err(Failure::usage(BatchError::of_lines(&self.file, &wrong).to_string()));
        }
        CertificateRun { by_file: true, report, details, ..CertificateRun::of(self.timeout, &self.queue) }
            .drive(app, &mut shares)
    }
}
