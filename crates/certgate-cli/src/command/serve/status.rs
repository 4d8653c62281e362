//! `certgate serve status`.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use certgate::{
    config::parse_duration,
    monitoring::{Overview, prometheus},
};
use certgate_domain::Protocol;
use certgate_server::{Caller, Handled, Handler};
use certgate_wire::{Reply, Request};
use clap::Args;

use super::{Gateways, serve};
use crate::{
    app::{App, Connection},
    args::listening::Listening,
    common::monitoring::folders,
    exit::{Exit, Failure},
    ui::page::{POLICY, page},
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

/// The page loads itself anew so often.
const REFRESH: Duration = Duration::from_secs(60);

impl Status {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let folders = folders(app, &self.folders)?;
        let mut connection = Connection::open(app, None)?;
        let journal = connection.journal()?;
        let interrupt = app.interrupt();
        let mut look =
            move || Overview::of(&mut connection.client, &journal, &folders, self.served, certgate::unix_now() / 1000);
        let shown = Page(Arc::new(Mutex::new(Arc::new(look()?))));
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

/// What was seen last.
#[derive(Clone)]
struct Page(Arc<Mutex<Arc<Overview>>>);

impl Page {
    fn show(&self, overview: Overview) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(overview);
    }

    fn seen(&self) -> Arc<Overview> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Handler for Page {
    fn protocols(&self) -> &[Protocol] {
        &[]
    }

    fn handle(&self, _: Protocol, _: &Request, _: &Caller) -> Handled {
        Handled::Dropped
    }

    fn page(&self, path: &str) -> Option<Reply> {
        let headers = [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Cache-Control", "no-store"),
            // In a document of its own it cannot be said who may frame it.
            ("Content-Security-Policy", &format!("{POLICY}; frame-ancestors 'none'")),
            ("Referrer-Policy", "no-referrer"),
            ("X-Content-Type-Options", "nosniff"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let html = |text: String| Reply { headers, ..Reply::of(text) };
        (path == "/").then(|| html(page(&self.seen(), Some(REFRESH))))
    }

    fn metrics(&self) -> String {
        prometheus(&self.seen().snapshot)
    }
}
