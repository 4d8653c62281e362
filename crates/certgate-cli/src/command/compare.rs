//! `certgate compare`.

use std::path::PathBuf;

use certgate::{
    CertificateSelector,
    tape::{self, Noise, difference::fields},
};
use certgate_domain::TaskKind;
use clap::Args;

use crate::{
    app::App,
    args::task_kind,
    common::both::BothProtocols,
    exit::{Exit, Failure},
    ui::{
        comparison::{Compared, Shown},
        reports::Reports,
    },
};

/// Compare what both protocols, or two tapes, say, field by field
///
/// Exit 10 where they differ.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate compare certificate-info --id 571 --sandbox
  certgate compare certificate-info --all
  certgate compare --tape tapes/2025 --tape tapes/2026 --html drift.html

Transaction ids, times, counters and tokens for validation differ without meaning anything: they are shown and do not count.")]
pub(crate) struct Compare {
    /// A task that is safe to repeat
    #[arg(value_parser = task_kind, required_unless_present = "tape")]
    task: Option<TaskKind>,
    /// The id that JSON has in the path; for a certificate its name will do where only one has it
    #[arg(long, value_name = "ID|NAME", allow_negative_numbers = true)]
    id: Option<CertificateSelector>,
    /// For each certificate of the account; of a list every row, page after page
    #[arg(long, conflicts_with_all = ["id", "data", "tape"])]
    all: bool,
    /// The data, a JSON object; - for standard input
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// A tape: two of them are compared with each other
    #[arg(long, value_name = "DIR", conflicts_with_all = ["task", "id", "data"])]
    tape: Vec<PathBuf>,
    /// A field that does not count, besides those known: `data[].expire`, or `**.expire` wherever it stands
    #[arg(long, value_name = "PATH")]
    ignore: Vec<String>,
    #[command(flatten)]
    reports: Reports,
}

impl Compare {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        match (self.task, self.tape.as_slice()) {
            (Some(kind), _) => self.live(app, kind),
            (None, [left, right]) => {
                let noise = Noise::of(None, self.ignore);
                Shown { app, noise: &noise, reports: &self.reports }.tapes(left, right, tape::compare(left, right)?)
            }
            (None, tapes) => Err(Failure::usage(format!("--tape is given {} times: expected two tapes", tapes.len()))),
        }
    }

    fn live(self, app: &App, kind: TaskKind) -> Result<Exit, Failure> {
        let mut both = BothProtocols::open(app, kind)?;
        let noise = Noise::of(Some(kind), self.ignore);
        let shown = Shown { app, noise: &noise, reports: &self.reports };
        if self.all {
            let mut asked = Vec::new();
            both.ask_all(kind, &mut |name, [xml, json]| asked.push((name, fields(&xml, &json))))?;
            return shown.all(kind.name(), &asked);
        }
        let [xml, json] = both.ask(kind, self.id.as_ref(), self.data.as_deref())?;
        shown.task(&Compared { name: kind.name(), sides: ["xml", "json"], fields: &fields(&xml, &json) })
    }
}
