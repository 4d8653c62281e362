//! `certgate resume`.

use certgate::{
    Installation,
    estate::{Step, Task, task_of_order, tasks_left},
};
use clap::Args;

use crate::{
    app::App,
    args::{elsewhere::Elsewhere, ordering::Waiting},
    common::{
        certificate_run::CertificateRun,
        order::{drive_one, fetched},
        share::{How, Share},
    },
    exit::{Exit, Failure},
    ui::{
        advice,
        command_line::options_of_run,
        outcome::Asked,
        resumption::{fetched_order, not_in_store, nothing_left},
    },
};

/// Carry on with orders that are not finished
///
/// After an interruption, a crash or --no-wait; nothing is sent twice (exit 8 where none is left).
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate resume
  certgate resume certgate-57c1d2a4e0b93f68
  certgate resume 4297539521 --certificate 571 --csr example.com.csr \\
    --out certificates/example.com")]
pub(crate) struct Resume {
    /// The order's id, or its job's; without it every order in the store that is not finished
    order: Option<String>,
    #[command(flatten)]
    elsewhere: Elsewhere,
    #[command(flatten)]
    waiting: Waiting,
}

impl Resume {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let (install, options) = (self.waiting.install.options_or_remembered()?, options_of_run(app));
        if let Some(install) = &install {
            Installation::new(install.clone()).check().map_err(|why| advice::unusable(&why, (&options).into()))?;
        }
        let (timeout, queue) = (self.waiting.timeout, &self.waiting.queue);
        let is_elsewhere = self.elsewhere.is_given();
        if self.elsewhere.csr.is_some() && !is_elsewhere {
            return Err(Failure::usage(
                "--csr is of an order that is not in the store: give --certificate or --name of what was ordered, too",
            ));
        }
        if app.is_offline() && !is_elsewhere {
            return Err(Failure::usage(
                "a replay has a store of its own, without orders: give --certificate or --name of what was recorded",
            ));
        }
        let (mut share, how) = (Share::own(app, timeout)?, How { timeout, wait: true, queue });
        let asked = Asked { timeout, ..Asked::default() };
        if is_elsewhere {
            let out = self.waiting.install.out.clone();
            let asked = Asked { csr: self.elsewhere.csr.clone(), out, elsewhere: true, ..asked };
            let order = self.elsewhere.order(self.order.as_deref(), install, share.client())?;
            let id = share.id();
            share.tasks = vec![Task::driving(order.item(share.client(), id, timeout)?)];
            return drive_one(app, &mut share, &how, asked);
        }
        let tasks = match &self.order {
            Some(id) if share.journal.find(id)?.is_none() => return Err(not_in_store(id, &options)),
            Some(id) => vec![task_of_order(&share.journal, id, install.as_ref())?],
            None => tasks_left(&share.journal, install.as_ref(), app.now())?,
        };
        if tasks.is_empty() {
            return Ok(nothing_left(app, &share.confirm_own(app, queue)));
        }
        // A document without a named order has a row each, however many there are.
        let is_one = self.order.is_some() || !app.json();
        if let ([Task { id, step: Step::Fetch { certificate, csr, install }, .. }], true) = (&tasks[..], is_one) {
            let document = fetched_order(share.journal.find(id.as_str())?.as_ref());
            return fetched(app, &mut share, *certificate, csr.as_deref(), install.clone(), document);
        }
        share.tasks = tasks;
        let exit = match &share.tasks[..] {
            [Task { step: Step::Resume { .. }, .. }] if is_one => drive_one(app, &mut share, &how, asked),
            _ => CertificateRun::of(timeout, queue).drive(app, std::slice::from_mut(&mut share)),
        };
        share.confirm_own(app, queue);
        exit
    }
}
