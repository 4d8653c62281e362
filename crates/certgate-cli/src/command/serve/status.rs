//! `certgate serve status`.

use std::{path::PathBuf, thread, time::Duration};

use certgate::{
    config::parse_duration,
    monitoring::{Overview, WatchedFolders},
};
use clap::Args;

use super::{Gateways, serve};
use crate::{
    app::{App, Connection},
    args::listening::Listening,
    common::{monitoring::folders, status_page::StatusPage},
    exit::{Exit, Failure},
};

/// A page of certificates and orders, read only
///
/// With /metrics and /healthz. The gateway is asked every --interval, not by those who look.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  certgate serve status /etc/certificates --listen 127.0.0.1:8081")]
pub(crate) struct Status {
    /// Folders of certificates, or folders of such [default: the profile's `certificates`]
    folders: Vec<PathBuf>,
    #[command(flatten)]
    listening: Listening,
    /// How often the gateway is asked, however often the page is looked at
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "5m")]
    interval: Duration,
    /// Look also at what is served where the sets in place are noted to be served
    #[arg(long)]
    served: bool,
}

impl Status {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let folders = folders(app, &self.folders)?;
        let mut connection = Connection::open(app, None)?;
        let journal = connection.journal()?;
        let interrupt = app.interrupt();
        let are_named = !self.folders.is_empty();
        let mut look = move || {
            let folders = WatchedFolders { roots: &folders, are_named };
            Overview::of(&mut connection.client, &journal, folders, self.served, certgate::unix_now() / 1000)
        };
        let shown = StatusPage::of(look()?);
        let (page, interval) = (shown.clone(), self.interval);
        thread::scope(|scope| {
            scope.spawn(move || {
                loop {
                    interrupt.sleep(interval);
                    if interrupt.is_raised() {
                        return;
                    }
                    // A store that cannot be read leaves what was seen last, with its time.
                    if let Ok(overview) = look() {
                        page.show(overview);
                    }
                }
            });
            let ended = serve(app, shown, &self.listening, &[], Gateways::default());
            // One that could not listen ends the looks too.
            app.interrupt().raise();
            ended
        })
    }
}
