//! An order up to the moment it would be sent.

use std::time::Duration;

use certgate_domain::AnyTask;
use certgate_flow::{Ending, Event as Heard, Step};

use super::{GatewayClock, OrderRequest, RunOptions, RunningJobs};
use crate::{Client, Control, Error, Event, Journal, Observer, OrderId};

/// What a rehearsed order would have sent.
#[derive(Debug)]
pub struct Rehearsal {
    /// Every task up to the first that is not safe to repeat. That one, the last, was not sent.
    pub tasks: Vec<AnyTask>,
    /// The ending, where the order came to one before.
    pub ending: Option<Ending>,
}

/// Drives an order up to the first task that is not safe to repeat, and does not send that one.
///
/// # Errors
/// [`Error::Preparation`], or what the client could not do; [`GatewayError::Unexpected`](crate::GatewayError::Unexpected) for a finding, or
/// [`MachineError::Clock`](crate::MachineError::Clock), where a run with this client and these options would end with it.
pub fn rehearse(
    client: &mut Client,
    journal: &Journal,
    running: &mut RunningJobs,
    id: &OrderId,
    request: &mut OrderRequest,
    options: &RunOptions,
    observer: &mut dyn Observer,
) -> Result<Rehearsal, Error> {
    let mut tasks = Vec::new();
    let mut tell = |event: &Event<'_>| match observer.on(Some(id), event) {
        Control::Continue => Ok(()),
        Control::Stop => Err(Error::Interrupted),
    };
    request.check()?;
    request.make_csr(client, true)?;
    running.check(client, journal, request)?;
    let (mut flow, mut clock) = (request.flow(Duration::MAX, true), None);
    loop {
        let heard = match flow.step(client.now()) {
            Step::End(ending) => return Ok(Rehearsal { tasks, ending: Some(*ending) }),
            Step::Publish { authentication, .. } => {
                tell(&Event::Validation { authentication: &authentication })?;
                Heard::Published
            }
            Step::Send(task) => {
                let kind = task.kind();
                tasks.push(task.clone());
                if !kind.is_safe_to_repeat() {
                    options.check_clock(clock)?;
                    return Ok(Rehearsal { tasks, ending: None });
                }
                tell(&Event::Sending { task: kind })?;
                let exchange = client.exchange(&task)?;
                clock = GatewayClock::of(&exchange).or(clock);
                if !exchange.answer.findings.is_empty() {
                    tell(&Event::Findings { task: kind, findings: &exchange.answer.findings })?;
                }
                let answer = client.understood(kind, exchange)?.answer;
                Heard::Answered(answer.value)
            }
            Step::Wait(_) | Step::Store(_) | Step::Identify(_) => return Ok(Rehearsal { tasks, ending: None }),
        };
        flow.heard(heard, client.now());
    }
}
