//! What is said of an order that is not driven on.

use certgate::{OrderState, Resumption};
use certgate_store::Order;
use certgate_wire::one_line;
use serde_json::{Value, json};

use super::{
    advice,
    command_line::{abandon, resume},
    document,
    outcome::{CommandOutput, ended_without_certificate, held_by_another, order, set},
};
use crate::{
    app::App,
    exit::{Exit, Failure, Kind},
};

/// What is shown of an order of which nothing is left to drive; `options` are those of a command for its account.
pub(crate) fn shown(id: &str, resumption: Resumption, options: &str) -> Result<CommandOutput, Failure> {
    match resumption {
        Resumption::Over { order: ended, was_over: false } if ended.state == OrderState::Failed => {
            let failure = ended_without_certificate(&[]);
            let text = format!("order {id}: {failure}");
            Err(Failure::new(failure.kind(), text))
        }
        Resumption::Over { order: ended, was_over: false } if ended.state == OrderState::Unsent => {
            let text = format!("order {id} never arrived: nothing shows of it. Order again");
            Err(Failure::new(Kind::Unreachable, text))
        }
        Resumption::Over { order, was_over } => Ok(CommandOutput::over(&order, was_over.then_some(Kind::Unchanged))),
        Resumption::CleanedUp { order: ended, is_gone } => {
            let text = match (ended.state, is_gone) {
                (OrderState::Unsent, true) if ended.job.is_none() => format!("order {id} never left: order again"),
                (_, true) => return Ok(CommandOutput::over(&ended, None)),
                (_, false) => format!(
                    "order {id} is over, and what was published to validate it is still there: once it can be removed, `{}` does that",
                    resume(options, id)
                ),
            };
            // Nothing was ordered, as where it could not be validated.
            let kind = if ended.state == OrderState::Unsent { Kind::NotValidated } else { Kind::CheckFailed };
            Err(Failure::new(kind, text))
        }
        Resumption::Held => Err(held_by_another(id, options)),
        Resumption::Elsewhere { host } => {
            let resume = resume(options, id);
            let text = format!(
                "order {id} was placed on {host}, where its folder and its key are: run {resume} there, or with --out DIR here to have the certificate without its key"
            );
            Err(Failure::new(Kind::Pending, text).with("resume", json!(resume)))
        }
        Resumption::Ambiguous { evidence, settles, has_job } => {
            Err(ambiguous(id, &evidence, settles, has_job, options))
        }
        Resumption::Unusable(why) => Err(advice::request(&why, options.into())),
        _ => Err(Failure::new(Kind::Internal, format!("order {id} cannot be carried on with"))),
    }
}

/// What is shown where nothing is left to carry on with, and these messages were confirmed.
pub(crate) fn nothing_left(app: &App, confirmed: &[i64]) -> Exit {
    if app.json() {
        let mut shown = json!({ "schema": 1, "orders": [] });
        set(&mut shown, "confirmed", if confirmed.is_empty() { Value::Null } else { json!(confirmed) });
        app.stdout.print(&shown);
    }
    if confirmed.is_empty() { Exit::unchanged("no order is left to carry on with") } else { Exit::DONE }
}

/// What is said of an order that the store does not hold.
pub(crate) fn not_in_store(id: &str, options: &str) -> Failure {
    Failure::usage(format!(
        "order {id} is not in the store: `certgate orders{options}` lists them; for one that was made elsewhere give --certificate or --name"
    ))
}

/// What is shown of the order whose certificate is fetched.
pub(crate) fn fetched_order(fetched: Option<&Order>) -> Value {
    let mut document = json!({ "schema": 1 });
    set(&mut document, "order", fetched.map(order).unwrap_or_default());
    document
}

/// An order whose outcome cannot be told yet, or only by a person.
fn ambiguous(id: &str, evidence: &[String], settles: Option<i64>, has_job: bool, options: &str) -> Failure {
    let abandon = abandon(options, id);
    let settles = settles.map(|at| document::time(at.saturating_mul(1000)));
    let never = match &settles {
        Some(at) => format!(
            "If nothing shows of it until {at}, it never arrived: the same command, run after that, settles it, and it may be ordered again. If you know it already: {abandon}"
        ),
        None => format!("If it never arrived (give it some minutes): {abandon}, and order again"),
    };
    let adopt = match has_job {
        true => format!("If a job of the account is this order: certgate orders adopt{options} {id} --job JOB\n"),
        false => String::new(),
    };
    let text = format!(
        "order {id}: whether it arrived cannot be told. Seen:\n  {}",
        evidence.iter().map(|seen| one_line(seen)).collect::<Vec<_>>().join("\n  ")
    );
    let failure = Failure::new(Kind::Unknown, text)
        .advise(format!("{adopt}{never}"))
        .with("resume", json!(resume(options, id)))
        .with("seen", json!(evidence));
    match settles {
        Some(at) => failure.with("settles", json!(at)),
        None => failure,
    }
}
