//! What earlier runs left to be done.

use std::path::PathBuf;

use certgate_domain::TaskKind;
use certgate_store::{InstallOptions, Order, State, StoreError};

use super::task::{Step, Task};
use crate::{Error, Journal, OrderId, installation::undeployed};

/// All that earlier runs left: the account's orders that are not finished, and the hooks that failed, a task each. What is served is checked
/// for the time `now`, in seconds since 1970.
///
/// # Errors
/// The store cannot be read.
pub fn tasks_left(journal: &Journal, install: Option<&InstallOptions>, now: i64) -> Result<Vec<Task>, Error> {
    let mut tasks: Vec<Task> = journal.unfinished_here()?.into_iter().map(|order| carried_on(order, install)).collect();
    for (order, installation) in undeployed(journal)? {
        let (folder, step) = (installation.folder().to_owned(), Step::Deploy(Box::new(installation.at_time(now))));
        tasks.push(task(&order, step, Some(folder)));
    }
    Ok(tasks)
}

/// What is left of one order, by its id: it is carried on with; where it is done and its certificate is to be installed, that is fetched, unless
/// the gateway has one with another key by now.
///
/// # Errors
/// The store does not hold it, or cannot be read.
pub fn task_of_order(journal: &Journal, id: &str, install: Option<&InstallOptions>) -> Result<Task, Error> {
    let order = journal.find(id)?.ok_or_else(|| StoreError::NoOrder(id.to_owned()))?;
    let is_issued = order.state == State::Done && order.order.task != TaskKind::CertificateDelete.name();
    match (order.order.certificate.filter(|_| is_issued), install) {
        (Some(certificate), Some(install)) => {
            let step = Step::Fetch { certificate, csr: order.order.csr.clone(), install: Some(install.clone()) };
            Ok(task(&order, step, None))
        }
        _ => Ok(carried_on(order, install)),
    }
}

fn carried_on(order: Order, install: Option<&InstallOptions>) -> Task {
    let (id, title) = (OrderId::from(order.order.id.as_str()), order.order.id.clone());
    Task::new(id, title, Step::Resume { order: Box::new(order), install: install.cloned() })
}

fn task(order: &Order, step: Step, folder: Option<PathBuf>) -> Task {
    let mut task = Task::new(OrderId::from(order.order.id.as_str()), order.order.id.clone(), step);
    task.folder = folder;
    task
}
