//! Orders, placed and driven: what the commands that order have in common.

use std::path::PathBuf;

use certgate::{
    CertificateSelector, Client, Fetched, InstallOptions, OrderRequest, SelectionError,
    estate::{Step, Task},
    fetch,
};
use certgate_flow::Purpose;
use serde_json::Value;

use crate::{
    app::App,
    args::{key::Keys, ordering::Ordering},
    common::{
        rehearsal,
        share::{How, Share, go_through},
    },
    exit::{Exit, Failure, Kind, beside, worst},
    ui::{
        advice::Asking,
        document,
        outcome::{self, Asked},
        progress::Progress,
    },
};

/// What is ordered, and of which certificate.
pub(crate) enum Action {
    Create,
    Reissue(CertificateSelector),
    Renew(CertificateSelector),
}

impl Action {
    /// The purpose while nobody is asked yet: the certificate's id is still to be found.
    fn purpose(&self) -> Purpose {
        match self {
            Self::Create => Purpose::Create,
            Self::Reissue(_) => Purpose::Reissue(0),
            Self::Renew(_) => Purpose::Renew(0),
        }
    }

    /// The certificate, as it is named; a new one has no name at the gateway yet.
    fn certificate(&self) -> Option<&CertificateSelector> {
        match self {
            Self::Create => None,
            Self::Reissue(certificate) | Self::Renew(certificate) => Some(certificate),
        }
    }

    /// What it is about, for people.
    fn subject(&self, request: &OrderRequest) -> String {
        if let Some(certificate) = self.certificate() {
            return format!("certificate {certificate}");
        }
        let asked_for = request.csr.as_ref().and_then(|(_, csr)| csr.common_name.as_deref());
        request.name.as_deref().or(asked_for).map(|name| format!("new: {name}")).unwrap_or_default()
    }

    /// The same with the certificate's id.
    fn found(&self, client: &mut Client) -> Result<Purpose, SelectionError> {
        Ok(match self {
            Self::Create => Purpose::Create,
            Self::Reissue(certificate) => Purpose::Reissue(certificate.find(client)?),
            Self::Renew(certificate) => Purpose::Renew(certificate.find(client)?),
        })
    }
}

/// Places an order and drives it to its end.
pub(crate) fn place(
    app: &App,
    ordering: &Ordering,
    action: &Action,
    csr: Option<PathBuf>,
    keys: &Keys,
) -> Result<Exit, Failure> {
    let mut request = ordering.request(app, action.purpose(), csr.as_deref(), keys)?;
    request.check()?;
    ordering.waiting.queue.check()?;
    let (timeout, queue) = (ordering.waiting.timeout, &ordering.waiting.queue);
    let mut share = Share::of_profile(app, &app.profile_of(request.profile.as_deref())?, Some(timeout), 1)??;
    let (id, client) = (share.id(), share.client());
    request.purpose = action.found(client)?;
    if ordering.dry_run {
        return rehearsal::one(app, &mut share, &mut request);
    }
    let asked = Asked { timeout, subject: action.subject(&request), ..Asked::default() };
    let step = Step::Place { request: Box::new(request), known: None, batch: None };
    let how = How { timeout, wait: !ordering.no_wait, queue };
    share.tasks = vec![Task::new(id, String::new(), step)];
    drive_one(app, &mut share, &how, asked)
}

/// Goes through an account's only task, and shows what it came to.
pub(crate) fn drive_one(app: &App, share: &mut Share, how: &How<'_>, asked: Asked) -> Result<Exit, Failure> {
    let mut progress = Progress::through(app, asked, &share.tasks.iter().collect::<Vec<_>>(), None);
    let error = go_through(app, std::slice::from_mut(share), how, &mut progress);
    progress.finish();
    match (progress.only(), error) {
        (Ok(shown), error) => {
            let ended = shown.print(app, &progress.findings);
            match error {
                Some(error) => Err(beside(ended, error)),
                None => ended,
            }
        }
        // Why the run ended is the order's own reason, where that one ended with it.
        (Err(failure), error) => {
            let kinds = [Some(failure.kind()), error.map(|error| error.kind())];
            let kind = worst(kinds.into_iter()).unwrap_or(failure.kind());
            let failure = failure.of_kind(kind);
            match outcome::strict(app, &progress.findings) {
                // One that ended by a finding names it.
                Err(found) if kind != Kind::CheckFailed => Err(beside(Err(failure), found)),
                _ => Err(failure),
            }
        }
    }
}

/// Gets an issued certificate, of the order with that CSR where one is named, puts it in place where it is to be, and shows it after what `document` holds.
pub(crate) fn fetched(
    app: &App,
    share: &mut Share,
    id: i64,
    csr: Option<&str>,
    install: Option<InstallOptions>,
    document: Value,
) -> Result<Exit, Failure> {
    let install = install.map(|install| share.noting_profile(app, install));
    let options = app.run_options_of(&share.settings);
    let place = share.options();
    let install = install.map(|install| (install, &share.journal));
    let fetched = fetch(&mut share.clients.first, id, csr, install, &options);
    let Fetched { outcome, findings } = fetched.map_err(|why| Failure::of_fetch(why, &place))?;
    document::warn(app, &findings);
    let exit = outcome::fetched(app, document, &outcome, Asking::from(&place))?.print(app, &findings)?;
    Ok(if exit.kind() == Some(Kind::Unchanged) { Exit::unchanged("the very same is in place") } else { exit })
}
