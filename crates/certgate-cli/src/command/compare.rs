//! `certgate compare`.

use std::path::PathBuf;

use certgate::{
    CertificateSelector,
    tape::{self, Noise, difference::fields},
};
use certgate_domain::{AnyTask, Protocol, TaskKind};
use clap::Args;
use serde_json::Value;

use crate::{
    app::{App, Home},
    common::{
        exchange::{read_task, task_id},
        payload::task_kind,
    },
    exit::{Exit, Failure},
    ui::{
        comparison::{Compared, Shown},
        document,
        reports::Reports,
    },
};

/// Ask both protocols for the same, or look at two tapes, field by field
///
/// Exit 10 where they differ.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate compare certificate-info --id 571 --sandbox
  certgate compare --tape tapes/2025 --tape tapes/2026 --html drift.html

Transaction ids, times, counters and tokens for validation differ without meaning anything: they are shown and do not count.")]
pub(crate) struct Compare {
    /// A task that is safe to repeat
    #[arg(value_parser = task_kind, required_unless_present = "tape")]
    task: Option<TaskKind>,
    /// The id that JSON has in the path; for a certificate its name will do where only one has it
    #[arg(long, value_name = "ID|NAME", allow_negative_numbers = true)]
    id: Option<CertificateSelector>,
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
        if !kind.is_safe_to_repeat() {
            return Err(Failure::usage(format!("{} is not safe to repeat: it is not asked for twice", kind.name())));
        }
        if kind == TaskKind::SessionDelete {
            return Err(Failure::usage(
                "session-delete ends a session, of which each protocol has its own: name another task",
            ));
        }
        let settings = app.settings()?;
        let given = &settings.endpoint(settings.transport.value).origin;
        if given.is_given() && !app.is_offline() {
            return Err(Failure::usage(format!(
                "compare asks both protocols, and {given} is the address of one: use a profile with xml_endpoint and json_endpoint"
            )));
        }
        let home = Home::of(app, &settings)?;
        let id = task_id(&mut home.client(settings.transport.value)?, kind, self.id.as_ref())?;
        let task = read_task(app, kind, id, self.data.as_deref())?;
        let xml = asked(app, &home, Protocol::Xml, &task)?;
        let json = asked(app, &home, Protocol::Json, &task)?;
        let noise = Noise::of(Some(kind), self.ignore);
        let compared = Compared { name: kind.name(), sides: ["xml", "json"], fields: &fields(&xml, &json) };
        Shown { app, noise: &noise, reports: &self.reports }.task(&compared)
    }
}

/// The whole answer of a protocol, a refusal too.
fn asked(app: &App, home: &Home, protocol: Protocol, task: &AnyTask) -> Result<Value, Failure> {
    let mut client = home.client(protocol)?;
    let exchange = client.exchange(task)?;
    document::warn(app, &exchange.answer.findings);
    Ok(document::response(app, &exchange.answer.value))
}
