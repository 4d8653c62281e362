//! Orders: what is asked for, how it is driven to its end, what it comes to.

mod clock;
pub(crate) mod completion;
mod decision;
mod elsewhere;
mod event;
mod handle;
mod id;
mod names;
mod newcomer;
mod outcome;
mod preparation;
mod recovery;
mod rehearsal;
mod request;
mod resumption;
mod runner;

use certgate_store::InstallOptions;
pub use certgate_store::State as OrderState;

pub(crate) use self::names::{NamesBy, is_among, is_covered};
pub use self::{
    clock::{CLOCK_TOLERANCE, GatewayClock},
    decision::{Abandonment, Adoption},
    elsewhere::ElsewhereOrder,
    event::{Control, Event, Observer},
    handle::{Order, Resumed},
    id::OrderId,
    outcome::{Issuance, OrderReport, Outcome, PendingReason},
    preparation::{Preparation, PreparationOptions, RunningJobs},
    recovery::{Reconciled, RecoveryOptions, reconcile},
    rehearsal::{Rehearsal, rehearse},
    request::{OrderRequest, PreparationError},
    resumption::{ResumeOptions, Resumption, resume},
    runner::{Clock, Run, RunItem, RunOptions, Runner},
};

/// Whether an order of the store is not finished, and about that certificate or into that folder: a new certificate has no id yet.
pub(crate) fn is_open_order_of(
    order: &certgate_store::Order,
    certificate: Option<i64>,
    install: Option<&InstallOptions>,
) -> bool {
    let is_of_certificate = certificate.is_some() && order.order.certificate == certificate;
    let is_into_folder =
        install.zip(order.order.resume.install.as_ref()).is_some_and(|(one, other)| one.folder == other.folder);
    !order.state.is_finished() && (is_of_certificate || is_into_folder)
}
