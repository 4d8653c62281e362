//! An order of a run.

use certgate_domain::TaskKind;
use certgate_flow::Workflow;
use certgate_store::{Claim, InstallOptions};
use certgate_x509::CertificateRequest;

use super::RunItem;
use crate::{Intent, OrderId, OrderReport, installation::FolderTurn, validation::Validation};

/// An order while it is driven.
pub(super) struct Member {
    pub(super) id: OrderId,
    pub(super) task: TaskKind,
    /// The task that was sent for it last.
    pub(super) sent: TaskKind,
    /// The CSR that it was placed with; `None` if the certificate's own is taken, which only the gateway tells.
    pub(super) own_request: Option<CertificateRequest>,
    pub(super) install: Option<InstallOptions>,
    pub(super) intent: Intent,
    /// The claim that is to be made before anything is sent.
    pub(super) claim: Option<Claim>,
    /// The turn of its folder, to be taken before that.
    pub(super) turn: Option<FolderTurn>,
    pub(super) validation: Validation,
    pub(super) is_recorded: bool,
    /// Whether the gateway accepted it.
    pub(super) is_ordered: bool,
    /// When the account had no certificate of its name, of a new one that it is to have once.
    pub(super) none_since: Option<i64>,
    /// What is ordered in its place where the gateway refuses it.
    pub(super) instead: Option<Box<RunItem>>,
    /// The order that was refused, and that it is in the place of.
    pub(super) replaces: Option<OrderId>,
    pub(super) report: Option<OrderReport>,
}

impl Member {
    /// An order that is to be driven, and its life.
    pub(super) fn of(item: RunItem) -> (Self, Box<dyn Workflow>) {
        let RunItem {
            id,
            task,
            flow,
            install,
            resume,
            batch,
            claim,
            turn,
            validation,
            is_recorded,
            none_since,
            instead,
        } = item;
        let (own_request, is_ordered) = (flow.request().cloned(), flow.is_ordered());
        let intent = Intent { name: None, resume, batch, claim: None };
        let member = Self {
            id,
            task,
            sent: task,
            own_request,
            install,
            intent,
            claim,
            turn,
            validation,
            is_recorded,
            is_ordered,
            none_since,
            instead,
            replaces: None,
            report: None,
        };
        (member, flow)
    }
}
