//! A session for a run: started with the first task, started anew when it expired, ended with the client.

use std::time::Duration;

use certgate_domain::{
    AnyData, AnyTask, Identity, Secret,
    task::{SessionCreate, SessionDelete},
};

use crate::{Asker, Client, Error, Exchange, GatewayError, client::Patience};

/// What ending a session may take.
const FAREWELL: Duration = Duration::from_secs(5);

/// The session of a client.
pub(crate) enum Session {
    /// Each task goes with the credentials.
    Unwanted,
    /// It is started with the next task.
    Wanted,
    /// It stands for the credentials.
    Open(Secret),
}

impl Client {
    /// Keeping one session for all that follows, instead of sending the password with each task.
    #[must_use]
    pub fn with_session(mut self) -> Self {
        self.session = Session::Wanted;
        self
    }

    /// Sends a task in the session. One that expired is turned away before anything is done, so that sending the task again in
    /// a new session does nothing twice.
    pub(crate) fn send_in_session(&mut self, task: &AnyTask, asker: Option<&Asker<'_>>) -> Result<Exchange, Error> {
        let fresh = !matches!(self.session, Session::Open(_));
        let session = self.opened()?;
        let sent = self.send(task, Identity::Session(session), asker);
        let turned_away = match &sent {
            Ok(exchange) => exchange.is_unauthorized(),
            Err(error) => matches!(error, Error::Gateway(GatewayError::Unauthorized { .. })),
        };
        if fresh || !turned_away {
            return sent;
        }
        self.session = Session::Wanted;
        let session = self.opened()?;
        self.send(task, Identity::Session(session), asker)
    }

    fn opened(&mut self) -> Result<Secret, Error> {
        if let Session::Open(session) = &self.session {
            return Ok(session.clone());
        }
        let task = AnyTask::from(SessionCreate::default());
        let exchange = self.send(&task, self.credentials.clone().into(), None)?;
        let exchange = self.accepted(task.kind(), exchange)?;
        let session = exchange.answer.value.data.into_iter().find_map(|data| match data {
            AnyData::Session(session) => session.id,
            _ => None,
        });
        let Some(session) = session else {
            let error = certgate_wire::DecodeError::new("data", "no session", "a session's id");
            return Err(self.undecodable(task.kind(), error, &exchange.reply));
        };
        self.redactor.knows(&session);
        self.session = Session::Open(session.clone());
        Ok(session)
    }

    /// Ends the session, where one is open; a client that is dropped does so by itself.
    ///
    /// # Errors
    /// See [`Error`]. The session ends by itself after its idle time.
    pub fn close(&mut self) -> Result<(), Error> {
        let Session::Open(session) = std::mem::replace(&mut self.session, Session::Unwanted) else { return Ok(()) };
        let task = AnyTask::from(SessionDelete { session: Some(session) });
        // Stopping a run is no reason to leave its session open, and an open session none to keep the run.
        let (interrupt, patience) = (std::mem::take(&mut self.interrupt), self.patience);
        self.patience = Patience { deadline: None, longest: FAREWELL, retries: false };
        let closed = self.send(&task, self.credentials.clone().into(), None);
        (self.interrupt, self.patience) = (interrupt, patience);
        self.accepted(task.kind(), closed?).map(drop)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // Nobody is left to tell; the session ends by itself after its idle time.
        let _ = self.close();
    }
}
