//! Messages of the queue, as they are handed over or taken in.

use std::path::Path;

use certgate::queue::{ImportError, Imported, QueueError, QueueEvent};
use serde_json::{Value, json};

use crate::{
    app::App,
    exit::{Exit, Failure, Kind},
    streams::{printable, say},
    ui::{
        command_line::{options_of_order, options_of_run, resume},
        document, outcome,
    },
};

/// Shows messages while they are handed over: a line each, or one document that grows.
pub(crate) struct Messages<'a> {
    app: &'a App,
    count: usize,
}

impl<'a> Messages<'a> {
    pub(crate) fn new(app: &'a App) -> Self {
        Self { app, count: 0 }
    }

    pub(crate) fn on(&mut self, event: &QueueEvent<'_>) {
        match event {
            QueueEvent::HandedOver { message, file } => {
                if self.app.json() {
                    self.begin();
                    let mut row = json!({ "stableId": message.stable_id });
                    outcome::set(&mut row, "id", json!(message.message.id));
                    outcome::set(&mut row, "file", file.map(document::path).unwrap_or_default());
                    self.app.stdout.json_piece(&row.to_string());
                } else {
                    let place = file.map_or_else(|| message.stable_id.clone(), |file| file.display().to_string());
                    self.app.stdout.line(&printable(&place));
                }
                self.count += 1;
            }
            QueueEvent::Delayed(error) if !self.app.quiet => {
                let why = match error {
                    QueueError::Client(error) => Failure::of(error).to_string(),
                    error => error.to_string(),
                };
                say(&format!("certgate: warning: {why}; it is tried again"));
            }
            _ => {}
        }
    }

    fn begin(&self) {
        self.app.stdout.piece(if self.count == 0 { "{\"schema\":1,\"messages\":[\n" } else { ",\n" });
    }

    /// Ends the document, also that of a run that failed. Gives the number of messages.
    pub(crate) fn finish(self, findings: Value, ended: Result<(), Failure>) -> Result<usize, Failure> {
        if !self.app.json() {
            return ended.map(|()| self.count);
        }
        if self.count == 0 {
            self.begin();
        }
        let (error, ended) = match ended {
            Ok(()) => (String::new(), Ok(self.count)),
            Err(failure) => {
                let failure = self.app.reported(failure);
                (format!(",\"error\":{}", failure.error()), Err(failure.said()))
            }
        };
        self.app.stdout.json_piece(&format!("],\"findings\":{findings}{error}}}\n"));
        ended
    }
}

/// Shows a message that was taken in.
pub(crate) fn imported(app: &App, taken: Imported) -> Result<Exit, Failure> {
    let Imported { id, stored, order, findings, .. } = taken;
    if app.json() {
        let mut message = json!({ "stableId": stored.stable_id });
        outcome::set(&mut message, "id", json!(id));
        let mut shown = json!({ "schema": 1, "message": message });
        if let Some(order) = &order {
            shown["order"] = outcome::order(order);
        }
        shown["findings"] = document::findings(&findings);
        app.stdout.print(&shown);
    } else {
        let about = match &order {
            Some(order) => format!("order {} is {}", order.order.id, order.state.as_str()),
            None => {
                let options = options_of_run(app);
                format!("it is about no order of this store: `certgate poll drain{options}` hands it over")
            }
        };
        app.stdout.line(&printable(&format!("{}: {about}", stored.stable_id)));
    }
    document::judge(app, &findings)?;
    if stored.known {
        return Ok(Exit::unchanged(format!("the message was taken in before, as {}", stored.stable_id)));
    }
    if let Some(order) = order.filter(|order| !order.state.is_finished() && !app.quiet) {
        let resume = resume(&options_of_order(app, &order), &order.order.id);
        say(&format!("certgate: carry on with: {resume}"));
    }
    Ok(Exit::DONE)
}

impl From<QueueError> for Failure {
    fn from(error: QueueError) -> Self {
        let text = error.to_string();
        match error {
            QueueError::Client(error) => error.into(),
            QueueError::ComesBack { .. } => {
                Self::new(Kind::Pending, text).advise("look at it with `certgate poll next`, and run it again later")
            }
            QueueError::Endless { .. } => Self::new(Kind::Pending, text).advise("run it again to go on"),
            QueueError::NotTaken { .. } => Self::new(Kind::CheckFailed, format!("--exec: {text}")),
            QueueError::NotShown { body, .. } => Self::new(Kind::Undecodable, text).about_body(&body),
            _ => Self::new(Kind::Undecodable, text),
        }
    }
}

/// A pushed or mailed message that was not taken in.
pub(crate) fn not_imported(file: &Path, error: ImportError) -> Failure {
    let text = format!("{}: {error}", file.display());
    match error {
        ImportError::Store(error) => error.into(),
        ImportError::NoMessage => Failure::usage(text),
        _ => Failure::new(Kind::Undecodable, text),
    }
}
