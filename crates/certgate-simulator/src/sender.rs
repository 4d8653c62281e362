//! Who asks: what the gateway wants to know of a client beside its credentials.

use certgate_domain::{AnyData, Call, Lenient, Protocol, Response};
use certgate_server::refusal;
use certgate_wire::Request;

use crate::{Settings, world::wrong_value};

/// The JSON API answers no client that does not name itself.
pub(crate) fn check_user_agent(request: &Request) -> Result<(), Response<AnyData>> {
    match request.header("user-agent") {
        Some(name) if !name.trim().is_empty() => Ok(()),
        _ => Err(refusal("E00000", wrong_value("User-Agent", ""))),
    }
}

/// A task may be asked for in the name of the account's own user or of its subusers.
pub(crate) fn check_owner(settings: &Settings, protocol: Protocol, call: &Call) -> Result<(), Response<AnyData>> {
    let Some(owner) = &call.options.owner else { return Ok(()) };
    let user = owner.user.as_deref().unwrap_or_default();
    let is_known = user == settings.account.user || settings.subusers.iter().any(|subuser| subuser == user);
    let (path, value) = match &owner.context {
        _ if !is_known => ("request.owner.user", user),
        Some(Lenient::Raw(context)) => ("request.owner.context", context.as_str()),
        _ => return Ok(()),
    };
    Err(refusal(&format!("E{}", call.task.status_number(protocol)), wrong_value(path, value)))
}
