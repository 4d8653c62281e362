//! A run through certificates: each has its row.

use std::{collections::HashMap, fs::File, path::PathBuf, time::Duration};

use certgate::{
    Installation, OrderId,
    estate::{Declared, PlannedAction, Task},
    served::{TIMEOUT, Verification},
};

use crate::{
    app::App,
    args::ordering::Queue,
    common::share::{How, Share, by_profile, go_through},
    exit::{Exit, Failure, Kind, beside},
    ui::{
        command_line::{self, shell_word},
        outcome::Asked,
        progress::{Ended, Progress},
        rows::{Row, Rows},
    },
};

/// The file of declared certificates: the one that is named, else `certificates.toml` beside the configuration.
pub(crate) fn declared_file(app: &App, named: Option<PathBuf>) -> Result<PathBuf, Failure> {
    if let Some(named) = named {
        return Ok(named);
    }
    let file = app.config_file()?.with_file_name("certificates.toml");
    if !file.exists() {
        let options = command_line::options_of_run(app);
        let adopt = format!("certgate adopt{options} DIR --write {}", shell_word(&file.to_string_lossy()));
        let file = file.display();
        return Err(Failure::usage(format!("no certificates are declared: there is no {file}"))
            .advise(format!("write it, have it written by `{adopt}`, or name another FILE")));
    }
    Ok(file)
}

/// Declared certificates by their profiles.
pub(crate) fn of_declared(app: &App, declared: Vec<Declared>) -> Result<Vec<(String, Vec<Declared>)>, Failure> {
    declared.iter().try_for_each(|one| app.check_profile(&one.place, one.settings.profile.as_deref()))?;
    by_profile(app, declared, false, |one| one.settings.profile.as_deref())
}

/// Where the profile of a declared certificate stands.
pub(crate) fn place_of_profile(declared: &Declared) -> Option<String> {
    Some(declared.place_of_profile.clone())
}

/// How several certificates are gone through.
pub(crate) struct CertificateRun<'q> {
    pub(crate) timeout: Duration,
    pub(crate) queue: &'q Queue,
    /// Whether the settings of the certificates stand in a file.
    pub(crate) by_file: bool,
    /// Where a line is written for each order that ended.
    pub(crate) report: Option<File>,
    /// What is to be known of a task besides, by its order's id.
    pub(crate) details: HashMap<OrderId, String>,
}

impl<'q> CertificateRun<'q> {
    /// Waited for so long, with nothing to be told besides.
    pub(crate) fn of(timeout: Duration, queue: &'q Queue) -> Self {
        Self { timeout, queue, by_file: false, report: None, details: HashMap::new() }
    }

    /// Goes through the tasks of all accounts, and prints what became of each.
    pub(crate) fn drive(self, app: &App, shares: &mut [Share]) -> Result<Exit, Failure> {
        let asked = Asked { timeout: self.timeout, by_file: self.by_file, ..Asked::default() };
        let tasks: Vec<&Task> = shares.iter().flat_map(|share| &share.tasks).collect();
        let mut progress = Progress::through(app, asked, &tasks, self.report);
        for (task, detail) in tasks.into_iter().filter_map(|task| Some((task, self.details.get(&task.id)?))) {
            progress.say(&format!("certgate: warning: {}: {detail}", task.title));
        }
        let how = How { timeout: self.timeout, wait: true, queue: self.queue };
        let error = go_through(app, shares, &how, &mut progress);
        progress.finish();
        let mut rows = Vec::new();
        for task in shares.iter().flat_map(|share| &share.tasks) {
            let Some(ended) = progress.ended.remove(&task.id) else { continue };
            let served = served(app, task, &ended);
            rows.push(Row { task, ended, served, detail: self.details.get(&task.id).cloned() });
        }
        let ended = Rows { app, rows, findings: &progress.findings }.print(error);
        match progress.unreported {
            Some(why) => {
                Err(beside(ended, Failure::new(Kind::Local, format!("--report: {why}: rows are missing there"))))
            }
            None => ended,
        }
    }
}

/// Whether what is in place is served, where nothing else is to be done: what was just installed was looked at when it was deployed.
fn served(app: &App, task: &Task, ended: &Ended) -> Vec<Verification> {
    let is_all = task.planned.as_ref().is_some_and(|planned| planned.action == PlannedAction::Verify);
    match task.folder.as_deref().filter(|_| is_all && ended.shown.is_ok()) {
        Some(folder) => Installation::at(folder).verify(&task.endpoints, TIMEOUT, app.now()).unwrap_or_default(),
        None => Vec::new(),
    }
}
