//! `certgate resume`.

use std::path::PathBuf;

use certgate::{
    CertificateSelector, ElsewhereOrder, InstallOptions, Installation, RunItem,
    estate::{Step, Task, task_of_order, tasks_left},
};
use clap::Args;

use crate::{
    app::App,
    args::ordering::{Waiting, read_csr},
    common::{
        order::{drive_one, fetched},
        several::Several,
        share::{How, Share},
    },
    exit::{Exit, Failure},
    ui::{
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
    /// For an order that is not in the store: the certificate's id, or its name where only one has it
    #[arg(long, value_name = "ID|NAME")]
    certificate: Option<CertificateSelector>,
    /// For an order that is not in the store: the name of a new certificate
    #[arg(long)]
    name: Option<String>,
    /// For an order that is not in the store: its CSR, PEM [default: the certificate's own]
    #[arg(long, value_name = "FILE")]
    csr: Option<PathBuf>,
    #[command(flatten)]
    waiting: Waiting,
}

impl Resume {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let install = self.waiting.install.options_or_remembered()?;
        if let Some(install) = &install {
            Installation::new(install.clone()).check(false)?;
        }
        let (timeout, queue, is_elsewhere) =
            (self.waiting.timeout, &self.waiting.queue, self.certificate.is_some() || self.name.is_some());
        if app.is_offline() && !is_elsewhere {
            return Err(Failure::usage(
                "a replay has a store of its own, without orders: give --certificate or --name of what was recorded",
            ));
        }
        let (mut share, how) = (Share::own(app, timeout)?, How { timeout, wait: true, queue });
        let asked = Asked { timeout, ..Asked::default() };
        if is_elsewhere {
            let out = self.waiting.install.out.clone();
            let asked = Asked { csr: self.csr.clone(), out, elsewhere: true, ..asked };
            let item = self.made_elsewhere(&mut share, install)?;
            share.tasks = vec![Task::driving(item)];
            return drive_one(app, &mut share, &how, asked);
        }
        let tasks = match &self.order {
            Some(id) if share.journal.find(id)?.is_none() => return Err(not_in_store(id)),
            Some(id) => vec![task_of_order(&share.journal, id, install.as_ref())?],
            None => tasks_left(&share.journal, install.as_ref(), app.now())?,
        };
        if tasks.is_empty() {
            return Ok(nothing_left(app, &share.confirm_own(app, queue)?));
        }
        if let [Task { id, step: Step::Fetch { certificate, install }, .. }] = &tasks[..] {
            let document = fetched_order(share.journal.find(id.as_str())?.as_ref());
            return fetched(app, &mut share, *certificate, install.clone(), document);
        }
        share.tasks = tasks;
        let exit = match &share.tasks[..] {
            [Task { step: Step::Resume { .. }, .. }] => drive_one(app, &mut share, &how, asked),
            _ => Several::of(timeout, queue).drive(app, std::slice::from_mut(&mut share)),
        };
        share.confirm_own(app, queue)?;
        exit
    }

    /// An order made elsewhere, by what is known of it.
    fn made_elsewhere(&self, share: &mut Share, install: Option<InstallOptions>) -> Result<RunItem, Failure> {
        let number = |job: &str| {
            job.parse::<i64>().map_err(|_| Failure::usage(format!("job `{job}`: expected a number, the job's id")))
        };
        let job = self.order.as_deref().map(number).transpose()?;
        let request = self.csr.as_deref().map(read_csr).transpose()?.map(|(_, request)| request);
        let client = share.client()?;
        let certificate = self.certificate.as_ref().map(|certificate| certificate.find(client)).transpose()?;
        if certificate.is_none() && request.is_none() {
            return Err(Failure::usage("a new certificate needs --csr, the CSR it was ordered with"));
        }
        let order = ElsewhereOrder { certificate, job, name: self.name.clone(), request, install };
        let id = share.id();
        Ok(order.item(share.client()?, id, self.waiting.timeout)?)
    }
}
