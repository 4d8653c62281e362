//! Carrying on with an order of the store at the right step.

use std::time::Duration;

use certgate_domain::TaskKind;
use certgate_flow::{Awaited, Order as Flow, Purpose, RequestError, RequestedOrder, Wait, Workflow};
use certgate_store::{InstallOptions, Order};
use certgate_x509::CertificateRequest;

use crate::{
    Client, Error, Journal, OrderId, OrderState, Reconciled, RecoveryOptions, RunItem,
    order::decision::has_job,
    reconcile,
    validation::{Validation, ValidationError, clean_up},
};

/// How an order is carried on with.
#[derive(Debug, Clone, Default)]
pub struct ResumeOptions {
    /// When to stop waiting, since the run began.
    pub deadline: Duration,
    /// Where the certificate goes, in place of what the order was placed with.
    pub install: Option<InstallOptions>,
    /// How an order is looked for whose answer was lost.
    pub recovery: RecoveryOptions,
    /// The validators that may have published something for the order, besides the built-in ones.
    pub validation: Validation,
}

/// What is left to do of an order.
#[non_exhaustive]
pub enum Resumption {
    /// It is to be driven on.
    Ready(Box<RunItem>),
    /// Nothing: it was finished before, or looking showed that it is.
    Over {
        /// The order as it stands.
        order: Order,
        /// Whether the store said so before anybody looked.
        was_over: bool,
    },
    /// It never left, or is over, and what was published for it was left to be removed.
    CleanedUp {
        /// The order as it stands.
        order: Order,
        /// Whether all of it is removed now.
        is_gone: bool,
    },
    /// Another process that is alive carries it.
    Held,
    /// Its folder and its key are on another machine, and no folder here was named.
    Elsewhere {
        /// That machine.
        host: String,
    },
    /// Whether it arrived cannot be told.
    Ambiguous {
        /// What was seen, a line each.
        evidence: Vec<String>,
        /// When it is settled as never arrived, in seconds since 1970, where nothing shows until then. Absent where a person has
        /// to decide.
        settles: Option<i64>,
        /// Whether it has a job at the gateway, which a person may know.
        has_job: bool,
    },
    /// What the store holds of it cannot be used.
    Unusable(RequestError),
}

/// Acquires an order and finds what is left to do of it. What cannot be removed of its validation is told to `not_removed`.
///
/// # Errors
/// What the client or the store could not do.
pub fn resume(
    client: &mut Client,
    journal: &mut Journal,
    known: &Order,
    options: &ResumeOptions,
    not_removed: &mut dyn FnMut(&ValidationError),
) -> Result<Resumption, Error> {
    let id = &known.order.id;
    if known.state.is_finished() && known.published.is_empty() {
        return Ok(Resumption::Over { order: known.clone(), was_over: true });
    }
    let host = known.order.resume.host.clone();
    let elsewhere = host.filter(|_| options.install.is_none() && !journal.is_here(known));
    // What was published may be in its files.
    if let (Some(host), false) = (&elsewhere, known.published.is_empty()) {
        return Ok(Resumption::Elsewhere { host: host.clone() });
    }
    if !journal.acquire(id)? {
        return Ok(Resumption::Held);
    }
    // Whoever had it may have gone on with it until now.
    let mut order = journal.find(id)?.unwrap_or_else(|| known.clone());
    let validators = options.validation.validators();
    if known.state.is_finished() || order.state == OrderState::Validating {
        let is_gone = clean_up(journal, id, &validators, not_removed)?;
        let order = journal.find(id)?.unwrap_or(order);
        return Ok(Resumption::CleanedUp { order, is_gone });
    }
    let has_job = has_job(&order);
    if matches!(order.state, OrderState::Sending | OrderState::Unknown) {
        if order.state == OrderState::Sending {
            journal.note(id, OrderState::Unknown, "found without an outcome: its process is gone")?;
        }
        if let Reconciled::Ambiguous { evidence, settles } = reconcile(client, journal, &order, &options.recovery)? {
            return Ok(Resumption::Ambiguous { evidence, settles, has_job });
        }
        order = journal.find(id)?.unwrap_or(order);
    }
    if order.state.is_finished() {
        clean_up(journal, id, &validators, not_removed)?;
        return Ok(Resumption::Over { order, was_over: false });
    }
    if let Some(host) = elsewhere {
        journal.release(id)?;
        return Ok(Resumption::Elsewhere { host });
    }
    let Some(task) = TaskKind::by_name(&order.order.task).filter(|task| WAITED_FOR.contains(task)) else {
        journal.note(id, OrderState::Unknown, "cannot be carried on")?;
        let evidence = vec![format!("task {} has no job to wait for", order.order.task)];
        return Ok(Resumption::Ambiguous { evidence, settles: None, has_job });
    };
    let mut flow = match flow(task, &order, options.deadline) {
        Ok(flow) => flow,
        Err(why) => return Ok(Resumption::Unusable(why)),
    };
    if let (Some(message), Some(wait)) = (journal.message_of(&order)?, flow.waiting()) {
        wait.deliver(&message, false);
    }
    let mut resume = order.order.resume.clone();
    if let Some(mut install) = options.install.clone() {
        // How it was validated is remembered, wherever it is installed now, and it comes without its key nowhere.
        if let Some(before) = &resume.install {
            install.with_key = before.with_key;
            for (name, value) in &before.remembered {
                install.remembered.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        resume.install = Some(install);
    }
    Ok(Resumption::Ready(Box::new(RunItem {
        install: resume.install.clone(),
        resume,
        batch: order.order.batch.clone(),
        validation: options.validation.clone(),
        ..RunItem::new(OrderId::from(id.as_str()), task, flow)
    })))
}

/// The tasks that end with a job's end.
const WAITED_FOR: [TaskKind; 4] = [
    TaskKind::CertificateCreate,
    TaskKind::CertificateReissue,
    TaskKind::CertificateRenew,
    TaskKind::CertificateDelete,
];

/// The wait for an accepted order.
fn flow(task: TaskKind, order: &Order, deadline: Duration) -> Result<Box<dyn Workflow>, RequestError> {
    if task == TaskKind::CertificateDelete {
        let awaited = Awaited {
            certificate: order.order.certificate,
            job: order.job,
            stid: order.stid.clone(),
            name: order.order.name.clone(),
            request: None,
        };
        return Ok(Box::new(Wait::new(awaited, deadline).resumed()));
    }
    let purpose = match (task, order.order.certificate) {
        (TaskKind::CertificateRenew, Some(certificate)) => Purpose::Renew(certificate),
        (_, Some(certificate)) => Purpose::Reissue(certificate),
        (_, None) => Purpose::Create,
    };
    let csr = order.order.csr.clone().ok_or(RequestError::NoOwnCsr)?;
    let request = CertificateRequest::read(&csr).map_err(RequestError::OwnCsr)?;
    let requested = RequestedOrder {
        csr: Some((csr, request)),
        product: order.order.product.clone(),
        name: order.order.name.clone(),
        ..RequestedOrder::new(purpose, deadline)
    };
    Ok(Box::new(Flow::accepted(requested, None, order.job, order.stid.clone())))
}
