//! A renewal: what is due in some folders is ordered, waited for, checked and put in place, in one call.

use std::{path::PathBuf, time::Duration};

use super::{EndedTask, Following, Survey, Task, TaskRun, look_after, subjects_of_folders};
use crate::{
    CertificateSettings, Error, Gateway, Observer, OrderId, Outcome, PreparationOptions, RecoveryOptions, RunOptions,
    unix_now,
};

/// What a renewal came to.
#[must_use]
pub struct Renewal {
    /// The certificates that something was to be done with.
    pub certificates: Vec<RenewedCertificate>,
    /// Why the run ended before each order did. What was sent is in the store, and the next renewal carries on with it.
    pub error: Option<Error>,
}

/// A certificate of a renewal that something was to be done with.
pub struct RenewedCertificate {
    /// What it is called.
    pub title: String,
    /// Its folder.
    pub folder: Option<PathBuf>,
    /// The id of its order, where it came to one.
    pub order: OrderId,
    /// What came of its order, or of fetching it; else how it was over without one.
    pub result: Result<Outcome, EndedTask>,
}

impl Gateway {
    /// Renews what is due in these folders and below them, within `timeout` in all: reissued within its paid term, renewed at
    /// the end of that, with a new key, validated and installed as it was when it was ordered. What `settings` say goes before that.
    /// An order that an earlier renewal left unfinished is carried on with; nothing is ordered twice.
    ///
    /// ```
    /// use std::time::Duration;
    /// use certgate::CertificateSettings;
    /// # use certgate_simulator::{Gateway as Simulator, Server, Settings as Seed};
    /// # let server = Server::start(Simulator::with(Seed::default()), "127.0.0.1:0".parse()?)?;
    /// # let home = tempfile::tempdir()?;
    /// # let gateway = certgate::Gateway::builder(certgate_domain::Protocol::Json)
    /// #     .at(server.json_endpoint())
    /// #     .credentials(certgate_domain::Credentials::new("user", certgate_domain::Secret::new("password"), "9"))
    /// #     .store(home.path().join("orders.sqlite"))
    /// #     .build()?;
    ///
    /// let folders = [home.path().to_owned()];
    /// let renewal = gateway.renew(&folders, &CertificateSettings::default(), Duration::from_secs(1800), &mut ())?;
    /// assert!(renewal.certificates.is_empty() && renewal.error.is_none(), "nothing is installed there");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Nothing was ordered: the store cannot be used, or the gateway could not be asked.
    pub fn renew(
        &self,
        folders: &[PathBuf],
        settings: &CertificateSettings,
        timeout: Duration,
        observer: &mut dyn Observer,
    ) -> Result<Renewal, Error> {
        let now = unix_now() / 1000;
        let (mut client, mut journal) = (self.client()?.with_deadline(timeout), self.journal()?);
        let mut subjects = subjects_of_folders(folders, &journal, settings, now)?;
        look_after(&mut subjects, &journal, now)?;
        Survey { client: &mut client, journal: &journal, now }.ask(&mut subjects)?;
        let tasks = subjects.into_iter().map(|subject| Task::of(subject, now)).filter(Task::is_to_be_done);
        let mut tasks: Vec<Task> = tasks.collect();
        let run = TaskRun {
            clients: vec![&mut client],
            journal: &mut journal,
            preparation: PreparationOptions { deadline: timeout, wait: true, recovery: RecoveryOptions::default() },
            options: RunOptions::default(),
            running: self.running_jobs(tasks.len()),
            profile: None,
        };
        let mut following = Following::new(observer);
        let run = run.run(&mut tasks, &mut following);
        let mut results = following.ended;
        // An order that the gateway refused and the one instead of it are of one certificate.
        results
            .extend(run.reports.into_iter().map(|report| (report.replaces.unwrap_or(report.id), Ok(report.outcome))));
        let certificate = |Task { id, title, folder, .. }: Task| {
            let at = results.iter().position(|(ended, _)| *ended == id)?;
            Some(RenewedCertificate { title, folder, order: id, result: results.swap_remove(at).1 })
        };
        Ok(Renewal { certificates: tasks.into_iter().filter_map(certificate).collect(), error: run.error })
    }
}
