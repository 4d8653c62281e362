//! Somebody's call, prepared once and passed on.

use certgate_domain::{Call, Identity};
use certgate_wire::{Encoded, Loss, Request};

use crate::{Asker, Client, Error, Exchange, Redactor, TaskError};

/// A call as a client says it over its protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedCall {
    pub(crate) call: Call,
    pub(crate) request: Request,
}

impl PreparedCall {
    /// What is said.
    pub fn call(&self) -> &Call {
        &self.call
    }
}

impl Client {
    /// A call as it is said over this protocol. What the protocol cannot say is not left out in silence; only the language of texts is.
    ///
    /// # Errors
    /// What cannot be said.
    pub fn prepare(&self, call: Call) -> Result<PreparedCall, Loss> {
        let Encoded { payload: request, losses } = self.codec.encode_request(&call);
        match losses.into_iter().find(|loss| loss.path != "options.language") {
            Some(loss) => Err(loss),
            None => Ok(PreparedCall { call, request }),
        }
    }

    /// The same, where it is sent at once.
    pub(crate) fn prepared(&self, call: Call) -> Result<PreparedCall, Error> {
        let task = call.task.kind();
        Ok(self.prepare(call).map_err(|loss| TaskError::Unsayable { task, protocol: self.protocol(), loss })?)
    }

    /// Sends somebody's call as it is, with its own options and as who asks in it, and waits for its answer, which may be a
    /// refusal. What it lacks is the gateway's to say. It is sent only while that somebody waits for the answer.
    ///
    /// # Errors
    /// See [`Error`]; never [`GatewayError::Refused`](crate::GatewayError::Refused).
    pub fn forward(&mut self, call: &Call, asker: &Asker<'_>) -> Result<Exchange, Error> {
        let call = self.prepared(call.clone())?;
        self.forward_prepared(&call, asker)
    }

    /// Like [`Client::forward`], of a call that this client prepared.
    ///
    /// # Errors
    /// See [`Error`]; never [`GatewayError::Refused`](crate::GatewayError::Refused).
    pub fn forward_prepared(&mut self, call: &PreparedCall, asker: &Asker<'_>) -> Result<Exchange, Error> {
        self.hide(call.call.identity.as_ref());
        self.deliver(call, Some(asker))
    }

    /// Hides what somebody for whom it asks shows to be let in, in all that is shown from now on.
    pub(crate) fn hide(&mut self, identity: Option<&Identity>) {
        // All spellings of a secret are many, and most often the same one asks again.
        if self.hidden.as_ref() != identity {
            self.redactor = identity.map(Redactor::of).unwrap_or_default();
            self.hidden = identity.cloned();
        }
    }
}
