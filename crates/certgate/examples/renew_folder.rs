//! Renews what is due in a folder of installed certificates, as a job that runs once a day would.

#![allow(clippy::print_stdout, reason = "an example")]

use std::{error::Error, path::PathBuf, time::Duration};

use certgate::{
    CertificateSettings, Gateway, OrderId, OrderReport, OrderRequest, OrderState, Preparation, PreparationOptions,
    RecoveryOptions, RunOptions, Runner, RunningJobs,
    estate::{EndedTask, Survey, Task, subjects_of_folders},
    unix_now,
    validation::Provision,
};
use certgate_domain::{Credentials, Protocol, Secret};
use certgate_keys::KeyType;
use certgate_simulator::{Gateway as Simulator, Server, Settings};

/// How long all orders are waited for.
const TIMEOUT: Duration = Duration::from_secs(1800);

/// Orders what is due in these folders, by what each certificate was installed with; `settings` go before that.
fn renew(
    gateway: &Gateway,
    folders: &[PathBuf],
    settings: &CertificateSettings,
) -> Result<Vec<OrderReport>, certgate::Error> {
    let now = unix_now() / 1000;
    let (mut client, mut journal) = (gateway.client()?.with_deadline(TIMEOUT), gateway.journal()?);
    let mut subjects = subjects_of_folders(folders, &journal, settings, now)?;
    Survey { client: &mut client, now }.ask(&mut subjects)?;
    // Each has its folder for this process alone for as long as it lives.
    let mut tasks: Vec<Task> = subjects.into_iter().map(|subject| Task::of(subject, now)).collect();
    let (mut running, mut not_removed) = (RunningJobs::of_account(), |_: &_| {});
    let options = PreparationOptions { deadline: TIMEOUT, wait: true, recovery: RecoveryOptions::default() };
    let mut items = Vec::new();
    for task in &mut tasks {
        let (client, journal, running, not_removed) = (&mut client, &mut journal, &mut running, &mut not_removed);
        match task.start(&mut Preparation { client, journal, running, options: &options, not_removed }) {
            Ok(item) => items.push(item),
            Err(EndedTask::Failed(why)) => println!("{}: {why}", task.title),
            // Not due, in another process's hands, or done by now.
            Err(_) => {}
        }
    }
    let runner = Runner::new(std::slice::from_mut(&mut client), RunOptions::default());
    Ok(runner.run(&mut journal, items, &mut ()).reports)
}

/// Against a gateway of its own, so that the example runs anywhere.
pub fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start(Simulator::with(Settings::default()), "127.0.0.1:0".parse()?)?;
    let home = tempfile::tempdir()?;
    let gateway = Gateway::builder(Protocol::Json)
        .at(server.json_endpoint())
        .credentials(Credentials::new("user", Secret::new("password"), "9"))
        .store(home.path().join("orders.sqlite"))
        .build()?;
    let folder = home.path().join("example.com");
    let first = OrderRequest::reissue(571).new_key(KeyType::P256).validate(Provision).install(&folder);
    gateway.order(OrderId::new()).place(first, TIMEOUT, &mut ())?;

    let folders = [home.path().to_owned()];
    let mut settings: CertificateSettings = toml::from_str("validation = { dns = \"provision\" }")?;
    let reports = renew(&gateway, &folders, &settings)?;
    assert!(reports.is_empty(), "it is not due yet: {reports:?}");
    settings.renew_before = Some("365d".parse()?);
    let reports = renew(&gateway, &folders, &settings)?;
    for report in &reports {
        println!("{}: {}", report.name.as_deref().unwrap_or("unnamed"), report.state().as_str());
    }
    assert_eq!(reports.iter().map(OrderReport::state).collect::<Vec<_>>(), [OrderState::Done]);
    Ok(())
}
