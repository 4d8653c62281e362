//! `certgate resume`.

use std::{collections::HashMap, path::PathBuf};

use certgate::{
    CertificateSelector, CertificateSettings, Client, InstallOptions, Installation, Journal, OrderId, ResumeOptions,
    RunItem, Runner, installation::undeployed, validation::Validation,
};
use certgate_domain::{TaskKind, task::CertificateInfo};
use certgate_flow::{Awaited, Wait};
use certgate_store::{Order, ResumeData, State};
use certgate_x509::CertificateRequest;
use clap::Args;
use serde_json::{Value, json};

use crate::{
    app::{App, Connection},
    args::ordering::{Waiting, read_csr},
    common::{
        order::{drive_in, drive_one, fetched, prepared},
        queue::confirm_own,
    },
    exit::{Exit, Failure, Kind, worst},
    ui::outcome::CommandOutput,
    ui::{
        document,
        outcome::{self, Asked, set, strict},
        progress::{Ended, Progress},
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
        let options = self.options(app)?;
        if let Some(install) = &options.install {
            certgate::Installation::new(install.clone()).check(false)?;
        }
        if app.is_offline() && self.certificate.is_none() && self.name.is_none() {
            return Err(Failure::usage(
                "a replay has a store of its own, without orders: give --certificate or --name of what was recorded",
            ));
        }
        let mut connection = Connection::open(app, Some(self.waiting.timeout))?;
        if self.certificate.is_some() || self.name.is_some() {
            return self.made_elsewhere(app, &mut connection, options);
        }
        let mut journal = connection.journal()?;
        let orders = match &self.order {
            Some(id) => vec![journal.find(id)?.ok_or_else(|| {
                Failure::usage(format!(
                    "order {id} is not in the store: `certgate orders` lists them; for one that was made elsewhere give --certificate or --name"
                ))
            })?],
            None => journal.unfinished_here()?,
        };
        // Hooks that failed are repeated, too.
        let undeployed = if self.order.is_none() { undeployed(&journal)? } else { Vec::new() };
        match orders.as_slice() {
            [] if undeployed.is_empty() => {
                let confirmed = confirm_own(app, &mut connection.client, journal.clone(), options.recovery.foreign);
                if app.json() {
                    let mut shown = json!({ "schema": 1, "orders": [] });
                    set(&mut shown, "confirmed", if confirmed.is_empty() { Value::Null } else { json!(confirmed) });
                    app.stdout.print(&shown);
                }
                Ok(match confirmed.as_slice() {
                    [] => Exit::unchanged("no order is left to carry on with"),
                    _ => Exit::DONE,
                })
            }
            [order] if undeployed.is_empty() => {
                if let Some((id, install)) = self.fetchable(order)? {
                    let document = json!({ "schema": 1, "order": outcome::order(order) });
                    return fetched(app, &mut connection.client, id, Some(install), document);
                }
                let certificate = order.order.certificate.map(|id| format!("certificate {id}"));
                let subject = certificate.or(order.order.name.clone()).unwrap_or_default();
                let mut progress = Progress::of_one(app, Asked { subject, job: order.job, ..self.asked() });
                let queue = self.waiting.queue.options(app.run_options()?);
                let client = &mut connection.client;
                let shown = match prepared(client, &mut journal, order, &options, &progress)? {
                    Ok(item) => drive_in(client, &mut journal, *item, queue, &mut progress),
                    Err(shown) => shown,
                }?;
                confirm_own(app, &mut connection.client, journal.clone(), options.recovery.foreign);
                shown.print(app, &progress.findings)
            }
            orders => self.all(app, &mut connection, &mut journal, (orders, &undeployed), &options),
        }
    }

    fn options(&self, app: &App) -> Result<ResumeOptions, Failure> {
        let mut settings = CertificateSettings::default();
        self.waiting.install.say(&mut settings);
        let install = settings.install_options()?;
        let recovery = app.recovery(&self.waiting.queue.options(app.run_options()?))?;
        Ok(ResumeOptions { deadline: self.waiting.timeout, install, recovery, validation: Validation::default() })
    }

    /// The certificate of an order that is done, and where it is to be put all the same.
    fn fetchable(&self, order: &Order) -> Result<Option<(i64, InstallOptions)>, Failure> {
        let is_issued = order.state == State::Done && order.order.task != TaskKind::CertificateDelete.name();
        let id = order.order.certificate.filter(|_| is_issued);
        Ok(id.zip(self.waiting.install.options_or_remembered()?))
    }

    fn asked(&self) -> Asked {
        Asked { timeout: self.waiting.timeout, ..Asked::default() }
    }

    /// Many orders at once, and the hooks of installations; one that cannot go on does not stop the rest.
    fn all(
        &self,
        app: &App,
        connection: &mut Connection,
        journal: &mut Journal,
        (orders, undeployed): (&[Order], &[(Order, Installation)]),
        options: &ResumeOptions,
    ) -> Result<Exit, Failure> {
        let ids: Vec<OrderId> = orders.iter().map(|order| OrderId::from(order.order.id.as_str())).collect();
        let titles: HashMap<OrderId, String> = ids.iter().map(|id| (id.clone(), id.to_string())).collect();
        let mut progress = Progress::new(app, self.asked(), titles, orders.len(), None);
        let mut items = Vec::new();
        for (order, id) in orders.iter().zip(&ids) {
            let client = &mut connection.client;
            match prepared(client, journal, order, options, &progress).unwrap_or_else(|failure| Err(Err(failure))) {
                Ok(item) => items.push(*item),
                Err(shown) => {
                    let now = journal.find(id.as_str())?.unwrap_or_else(|| order.clone());
                    progress.add(id, outcome::order(&now), shown);
                }
            }
        }
        let queue = self.waiting.queue.options(app.run_options()?);
        let runner = Runner::new(std::slice::from_mut(&mut connection.client), queue);
        let error = if items.is_empty() { None } else { runner.run(journal, items, &mut progress).error };
        progress.finish();
        let mut rows = Vec::new();
        let mut kinds: Vec<Option<Kind>> = error.map(|error| Some(Failure::from(error).kind())).into_iter().collect();
        for id in &ids {
            let Some(Ended { order, shown }) = progress.ended.remove(id) else { continue };
            kinds.push(outcome::kind(&shown));
            if !app.json() {
                app.stdout.line(&format!("{id}  {}", order["state"].as_str().unwrap_or_default()));
            }
            rows.push(outcome::row(order, &shown));
        }
        for (order, installation) in undeployed {
            let Some(deployment) = installation.clone().at_time(app.now()).repeat_hook() else { continue };
            let shown = CommandOutput::of_hook(installation.folder(), &deployment);
            kinds.push(shown.kind);
            if !app.json() {
                shown.lines.iter().for_each(|line| app.stdout.line(line));
            }
            rows.push(outcome::row(outcome::order(order), &Ok(shown)));
        }
        confirm_own(app, &mut connection.client, journal.clone(), options.recovery.foreign);
        if app.json() {
            let found = document::findings(&progress.findings);
            app.stdout.print(&json!({ "schema": 1, "orders": rows, "findings": found }));
        }
        strict(app, &progress.findings)?;
        Ok(worst(kinds.iter().copied()).into())
    }

    /// An order made elsewhere, by what is known of it.
    fn made_elsewhere(&self, app: &App, connection: &mut Connection, options: ResumeOptions) -> Result<Exit, Failure> {
        let job = self.order.as_deref().map(|job| {
            job.parse::<i64>().map_err(|_| Failure::usage(format!("job `{job}`: expected a number, the job's id")))
        });
        let job = job.transpose()?;
        let read = self.csr.as_deref().map(read_csr).transpose()?;
        let client = &mut connection.client;
        let certificate = self.certificate.as_ref().map(|certificate| certificate.find(client)).transpose()?;
        let request = match (read, certificate) {
            (Some((_, request)), _) => request,
            (None, Some(certificate)) => own_request(client, certificate)?,
            (None, None) => return Err(Failure::usage("a new certificate needs --csr, the CSR it was ordered with")),
        };
        let awaited = Awaited { certificate, job, stid: None, name: self.name.clone(), request: Some(request) };
        let item = RunItem {
            id: connection.id(),
            task: TaskKind::CertificateReissue,
            flow: Box::new(Wait::new(awaited, options.deadline).resumed()),
            install: options.install,
            resume: ResumeData::default(),
            batch: None,
            claim: None,
            validation: options.validation,
            is_recorded: false,
        };
        let out = self.waiting.install.out.clone();
        let asked = Asked { csr: self.csr.clone(), out, elsewhere: true, ..self.asked() };
        let mut progress = Progress::of_one(app, asked);
        let shown = drive_one(connection, item, self.waiting.queue.options(app.run_options()?), &mut progress);
        shown?.print(app, &progress.findings)
    }
}

/// A renewal without a CSR of its own keeps the certificate's.
fn own_request(client: &mut Client, certificate: i64) -> Result<CertificateRequest, Failure> {
    let answer = client.call(CertificateInfo::new(certificate))?;
    let csr = answer.value.data.into_iter().find_map(|certificate| certificate.csr);
    let csr = csr.ok_or_else(|| Failure::usage("the gateway does not say the certificate's CSR: give --csr"))?;
    CertificateRequest::from_pem(&csr).map_err(|why| {
        Failure::new(Kind::Usage, format!("the certificate's own CSR cannot be used ({why}): give --csr"))
    })
}
