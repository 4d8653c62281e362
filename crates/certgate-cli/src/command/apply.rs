//! `certgate apply`.

use std::{path::PathBuf, time::Duration};

use certgate::{
    config::parse_duration,
    estate::{Declared, DeclaredFile, read_declared, subjects_of_declared},
};
use clap::Args;

use crate::{
    app::App,
    args::{notify::Notify, ordering::Queue},
    common::{
        certificate_run::{CertificateRun, declared_file, of_declared, place_of_profile},
        notify::told,
        share::{Share, shares},
    },
    exit::{Exit, Failure},
};

/// Do what is to be done with the declared certificates
///
/// What `certgate plan` shows: all orders go out at the gateway's pace and are waited for together.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  certgate apply certificates.toml

It is safe to run at any time, twice at once and after a crash: a second run does what is left. Each certificate's failure concerns \
it alone. One that says where it is served (`verify`) is done once it is served there (exit 11 until then).")]
pub(crate) struct Apply {
    /// The file [default: certificates.toml beside the configuration]
    file: Option<PathBuf>,
    /// How long to wait in all: 30m, 12h
    #[arg(long, default_value = "30m", value_parser = parse_duration)]
    timeout: Duration,
    #[command(flatten)]
    queue: Queue,
    #[command(flatten)]
    notify: Notify,
}

impl Apply {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let file = declared_file(app, self.file.clone());
        let (notify, ended) = match file.map(|file| read_declared(&file, app.config.as_deref())) {
            Ok(Ok(DeclaredFile { notify, certificates, .. })) => (notify, self.go(app, certificates)),
            Ok(Err(why)) => (why.notify.clone(), Err(why.into())),
            Err(why) => (None, Err(why)),
        };
        told(app, &self.notify.clone().or(notify), ended)
    }

    fn go(&self, app: &App, declared: Vec<Declared>) -> Result<Exit, Failure> {
        self.queue.check()?;
        let begin = |share: &mut Share, declared| {
            let mut subjects = subjects_of_declared(declared, &share.journal, app.now())?;
            share.look_after(app, &mut subjects)?;
            share.confirm_own(app, &self.queue);
            share.planned(app, subjects)
        };
        let declared = of_declared(app, declared)?;
        let mut shares = shares(app, declared, Some(self.timeout), begin, Declared::task, place_of_profile)?;
        CertificateRun { by_file: true, ..CertificateRun::of(self.timeout, &self.queue) }.drive(app, &mut shares)
    }
}
