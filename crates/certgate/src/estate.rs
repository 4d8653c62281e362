//! The certificates of a company: which there are, when each is due, what is done then, and all of it in one run.
//!
//! A [`Subject`] is a certificate under care with all that is known of it; [`plan`](plan::plan) decides without asking anybody; a
//! [`Task`] is what is to be done with one of several, and comes to an order that a [`Runner`](crate::Runner) drives; a [`TaskRun`] goes
//! through any number of them.

pub mod account;
mod declared;
mod left;
pub mod plan;
mod renewal;
mod run;
mod survey;
mod task;
pub mod term;

pub(crate) use self::declared::OutFolders;
pub use self::{
    declared::{Declared, DeclaredError, DeclaredFile, NotifyCommand, read_declared, schema, subjects_of_declared},
    left::{task_of_order, tasks_left},
    plan::{Cost, PlanError, Planned, PlannedAction, Subject},
    renewal::{Renewal, RenewedCertificate},
    run::{TaskObserver, TaskOutcome, TaskRun},
    survey::{Survey, look_after, subjects_of, subjects_of_folders},
    task::{EndedTask, Step, Task, TaskError},
};
pub(crate) use self::{
    plan::SAME_END,
    run::Following,
    survey::{FEW, OpenOrders},
};
