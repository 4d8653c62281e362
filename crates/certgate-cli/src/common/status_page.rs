//! The page of certificates and orders, and its metrics, as a browser and a monitoring system ask for them.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use certgate::monitoring::{Overview, prometheus};
use certgate_domain::Protocol;
use certgate_server::{Caller, Handled, Handler};
use certgate_wire::{Reply, Request};

use crate::ui::page::{POLICY, page};

/// The page loads itself anew so often.
const REFRESH: Duration = Duration::from_secs(60);

/// What was seen last, as it is served.
#[derive(Clone)]
pub(crate) struct StatusPage(Arc<Mutex<Arc<Overview>>>);

impl StatusPage {
    pub(crate) fn of(overview: Overview) -> Self {
        Self(Arc::new(Mutex::new(Arc::new(overview))))
    }

    /// Has this seen last from now on.
    pub(crate) fn show(&self, overview: Overview) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(overview);
    }

    fn seen(&self) -> Arc<Overview> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Handler for StatusPage {
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
