//! One certificate of several that a run is at, until it comes to an order that is driven, or is over without one.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use certgate_domain::Certificate;
use certgate_files::FileError;
use certgate_store::{Claim, Claims, InstallOptions, Order};

use self::step::step;
use super::{
    plan::{PlanError, Planned, PlannedAction, Subject, plan},
    term::revoked_at,
};
use crate::{
    Error, FetchError, Installation, OrderId, OrderRequest, PreparationError, PreparationOptions, Resumption, RunItem,
    SelectionError, SettingsError,
    adoption::search,
    batch::work_of,
    installation::{Deployment, FolderTurn},
    inventory::InventoryError,
    order::Preparation,
    served::TlsEndpoint,
};

mod step;

/// One certificate of several that a run is at.
#[derive(Debug)]
pub struct Task {
    /// The id of the order that it comes to.
    pub id: OrderId,
    /// What it is called.
    pub title: String,
    /// The certificate's name, where it is known.
    pub name: Option<String>,
    /// Its folder.
    pub folder: Option<PathBuf>,
    /// Where it is to be served.
    pub endpoints: Vec<TlsEndpoint>,
    /// What is done, and why; none of a line of a batch, which says it.
    pub planned: Option<Planned>,
    /// What is done.
    pub step: Step,
    /// Orders of it that are over or never left, and of which something may be published still.
    left: Vec<Order>,
    /// The serial number of what is in place, by which it was decided.
    serial: Option<String>,
    /// The certificate as the gateway has it, where what is in place was revoked.
    revoked: Option<Box<Certificate>>,
    /// What came of the hook of what is in place, where that was [repeated](super::look_after) before anything else.
    pub redeployed: Option<Deployment>,
    /// When the account had no certificate of the name of the new one that is declared, in milliseconds since 1970.
    none_since: Option<i64>,
    /// By what other processes know that this one orders it.
    claim: Option<Claim>,
    /// The turn of its folder.
    turn: Option<FolderTurn>,
}

/// What is done with a certificate.
#[derive(Debug)]
pub enum Step {
    /// Nothing is to be done.
    Nothing,
    /// This order did it before.
    Done(Box<Order>),
    /// An order of the store is carried on with.
    Resume {
        /// The order.
        order: Box<Order>,
        /// How its certificate is installed, where that is another way than was ordered.
        install: Option<InstallOptions>,
    },
    /// This order is driven.
    Drive(Box<RunItem>),
    /// An order is placed.
    Place {
        /// What is ordered.
        request: Box<OrderRequest>,
        /// The certificate as the gateway has it, where that was asked.
        known: Option<Box<Certificate>>,
        /// The line of a batch that it is of, and how often that was ordered anew.
        batch: Option<(String, u64)>,
    },
    /// The hook is repeated.
    Deploy(Box<Installation>),
    /// The hook was repeated, which came to that.
    Redeployed(Deployment),
    /// What is in place is noted to be that certificate of the account.
    Adopt {
        /// Where it is, and how it is installed.
        installation: Box<Installation>,
        /// Its name.
        name: String,
        /// Its serial number, hexadecimal.
        serial: String,
        /// The gateway's id.
        certificate: i64,
    },
    /// The gateway's certificate is fetched and put in place.
    Fetch {
        /// The gateway's id.
        certificate: i64,
        /// The CSR of the order that it is to be of.
        csr: Option<String>,
        /// How it is installed.
        install: Option<InstallOptions>,
    },
    /// It is looked at where it is served.
    Verify,
    /// Another process is about to order this.
    Held(Box<OrderRequest>),
    /// It cannot be done.
    Failed(TaskError),
}

/// A task that is over without an order that is driven.
#[non_exhaustive]
pub enum EndedTask {
    /// There was nothing to do.
    Nothing,
    /// This order did it before.
    Done(Box<Order>),
    /// What is left of an order of the store.
    Left(Box<Resumption>),
    /// What came of the hook.
    Deployed(Deployment),
    /// Its hook is repeated once the run has come to its end: it is the same for several certificates.
    Deploy(Box<Installation>),
    /// What is in place was noted to be the gateway's.
    Adopted,
    /// The gateway's certificate of this id is to be fetched, of an order with this CSR, and installed so.
    Fetch(i64, Option<String>, Option<InstallOptions>),
    /// It is to be looked at where it is served.
    Verify,
    /// Another process is at it.
    Held,
    /// Nothing was ordered.
    Failed(TaskError),
}

/// Why nothing is ordered for a certificate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TaskError {
    /// It cannot be said what is to be done.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// It cannot be said which certificate is meant.
    #[error(transparent)]
    Selection(#[from] SelectionError),
    /// The file orders it twice; this is what the second is called.
    #[error("an order of the same, {0}, stands in the file before")]
    Repeated(String),
    /// The file buys it twice; this is the second one's name.
    #[error(
        "the same new certificate, {0}, stands in the file before: of one name two are ordered where `product`, `names`, `key_type`, `key` or `csr` differ"
    )]
    RepeatedNew(String),
    /// Its settings cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// What is in place cannot be told.
    #[error(transparent)]
    Inventory(#[from] InventoryError),
    /// Its folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FileError),
    /// The gateway's certificate cannot be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The order cannot be prepared, or what the client or the store could not do.
    #[error(transparent)]
    Gateway(#[from] Error),
    /// Its account cannot be used, which concerns all certificates of that.
    #[error(transparent)]
    Account(Arc<Error>),
}

impl Task {
    /// A task that is not of a folder that others may be at.
    pub fn new(id: OrderId, title: String, step: Step) -> Self {
        Self {
            id,
            title,
            name: None,
            folder: None,
            endpoints: Vec::new(),
            planned: None,
            step,
            left: Vec::new(),
            serial: None,
            revoked: None,
            redeployed: None,
            none_since: None,
            claim: None,
            turn: None,
        }
    }

    /// One with which nothing is to be done.
    pub fn idle(title: String, folder: Option<PathBuf>) -> Self {
        Self { folder, ..Self::new(OrderId::new(), title, Step::Nothing) }
    }

    /// One with which nothing is to be done, in that folder.
    pub fn of_folder(folder: &Path) -> Self {
        Self::idle(folder.display().to_string(), Some(folder.to_owned()))
    }

    /// An order that is driven.
    pub fn driving(item: RunItem) -> Self {
        Self::new(item.id.clone(), String::new(), Step::Drive(Box::new(item)))
    }

    /// What is to be done with a certificate now, in seconds since 1970.
    pub fn of(mut subject: Subject, now: i64) -> Self {
        let (title, name, folder) = (subject.title(), subject.name().map(str::to_owned), subject.folder.clone());
        let serial = subject.installed.as_ref().map(|installed| installed.serial.clone());
        let endpoints = subject.settings.verify.clone().unwrap_or_default();
        let in_place = serial.as_ref().zip(subject.certificate.as_ref());
        let revoked = in_place.and_then(|(serial, there)| revoked_at(there, serial).map(|_| there.clone()));
        let redeployed = subject.redeployed.clone();
        let task = Self {
            name,
            folder,
            endpoints,
            serial,
            revoked,
            redeployed,
            ..Self::new(OrderId::new(), title, Step::Nothing)
        };
        // One that never left does not stand in the way. Of the first order of a folder nothing else is known.
        let is_known = subject.installed.is_some() || subject.selector.is_some();
        let mut left = std::mem::take(&mut subject.left);
        if is_known && !subject.is_under_way() {
            left.extend(subject.open.take());
        }
        let task = Self { left, ..task };
        let put_again = subject.put_again();
        if let (Some(why), None, None) = (subject.unreadable.take(), &put_again, &subject.open) {
            return Self { step: Step::Failed(subject.without_its_key(why).into()), ..task };
        }
        let planned = match put_again.filter(|_| subject.open.is_none()).map_or_else(|| plan(&subject, now), Ok) {
            Ok(planned) => planned,
            Err(why) => return Self { step: Step::Failed(why.into()), ..task },
        };
        // What needs nothing of it is done all the same.
        let needs_key =
            matches!(planned.action, PlannedAction::Nothing | PlannedAction::Verify) || planned.purpose().is_some();
        if let (true, None, Some(Err(why))) =
            (needs_key, &subject.ordered_in, subject.declared_key.take().map(|key| *key))
        {
            return Self { step: Step::Failed(why), ..task };
        }
        let open = subject.open.as_ref().map(|order| OrderId::from(order.order.id.as_str()));
        let step = step(&subject, &planned, now).unwrap_or_else(Step::Failed);
        let none_since = subject.listed_at.filter(|_| planned.action == PlannedAction::Create);
        Self { id: open.unwrap_or(task.id), planned: Some(planned), step, none_since, ..task }
    }

    /// The same, which cannot be done.
    #[must_use]
    pub fn failed(self, why: TaskError) -> Self {
        Self { step: Step::Failed(why), ..self }
    }

    /// What is ordered, where that is to be done.
    pub fn request(&self) -> Option<&OrderRequest> {
        match &self.step {
            Step::Place { request, .. } => Some(request),
            _ => None,
        }
    }

    /// The certificate's id at the gateway, as far as it is known what is done with it.
    pub(super) fn certificate(&self) -> Option<i64> {
        match &self.step {
            Step::Place { request, .. } | Step::Held(request) => request.certificate(),
            _ => self.planned.as_ref()?.certificate,
        }
    }

    /// How the certificate that is ordered is installed.
    pub(super) fn install(&self) -> Option<&InstallOptions> {
        match &self.step {
            Step::Place { request, .. } | Step::Held(request) => request.install.as_ref(),
            _ => None,
        }
    }

    /// Whether something is to be done, be it to say why it cannot be. A look at what is served changes nothing.
    pub fn is_to_be_done(&self) -> bool {
        !matches!(self.step, Step::Nothing | Step::Verify) || !self.left.is_empty() || self.redeployed.is_some()
    }

    /// Leaves it to another process where that one is about to order it, and sees to it that one that comes to it before this one
    /// does has it. `claims` are those before it was looked what is to be done.
    pub fn share(&mut self, claims: &Claims) {
        let Step::Place { request, batch, .. } = &self.step else { return };
        let work = match (batch, request.certificate()) {
            (Some((key, _)), _) => work_of(key),
            (None, Some(certificate)) => format!("certificate {certificate}"),
            (None, None) => format!("new {}", request.name.as_deref().unwrap_or(&self.title)),
        };
        match claims.of(work) {
            Some(claim) => self.claim = Some(claim),
            None => self.step = Step::Held(request.clone()),
        }
    }

    /// Begins: gives the order that is to be driven, or how it is over without one. What a task is at is this process's alone until it
    /// gives that back.
    ///
    /// # Errors
    /// How it is over.
    pub fn start(&mut self, preparation: &mut Preparation<'_>) -> Result<RunItem, EndedTask> {
        let failed = |why: TaskError| EndedTask::Failed(why);
        for left in std::mem::take(&mut self.left) {
            match preparation.resume(&left, None).map_err(|why| failed(why.into()))? {
                // What cannot be removed is told, and tried again by the next run.
                Resumption::CleanedUp { .. } | Resumption::Over { .. } => {}
                // Another process has gone on with it meanwhile.
                Resumption::Ready(item) => {
                    self.id = item.id.clone();
                    return Ok(*item);
                }
                others @ (Resumption::Held
                | Resumption::Elsewhere { .. }
                | Resumption::Ambiguous { .. }
                | Resumption::Unusable(_)) => return Err(EndedTask::Left(Box::new(others))),
            }
        }
        match std::mem::replace(&mut self.step, Step::Nothing) {
            Step::Nothing => Err(EndedTask::Nothing),
            Step::Done(order) => Err(EndedTask::Done(order)),
            Step::Held(_) => Err(EndedTask::Held),
            Step::Failed(why) => Err(EndedTask::Failed(why)),
            Step::Deploy(installation) => {
                if installation.shares_hook() {
                    self.take_turn(&installation)?;
                    if installation.is_left_to_deploy().map_err(|why| failed(why.into()))? {
                        return Err(EndedTask::Deploy(installation));
                    }
                    self.give_back();
                }
                let deployment = installation.repeat_hook().map_err(|why| failed(why.into()))?;
                Err(deployment.map_or(EndedTask::Held, EndedTask::Deployed))
            }
            Step::Redeployed(deployment) => Err(EndedTask::Deployed(deployment)),
            Step::Adopt { installation, name, serial, certificate } => {
                // As for a single adoption: what servers read leads into the folder's set from then on.
                let found = search(&[installation.folder().to_owned()], &[], 0);
                let pair = found.pairs.into_iter().find(|pair| pair.certificate.serial == serial);
                let adopted = match pair {
                    Some(pair) => installation.adopt(&pair, certificate, Some(&name)),
                    None => installation.note_certificate(&name, &serial, certificate),
                };
                adopted.map_err(|why| failed(why.into()))?;
                let noted = preparation.journal.note_folders([(
                    installation.folder().to_owned(),
                    Some(certificate),
                    Some(name),
                )]);
                Err(noted.map_or_else(|why| failed(why.into()), |()| EndedTask::Adopted))
            }
            Step::Fetch { certificate, csr, install } => {
                let installation = install.clone().map(Installation::new);
                let checked = installation.as_ref().map_or(Ok(()), Installation::check);
                checked.map_err(|why| failed(Error::from(PreparationError::from(why)).into()))?;
                self.acquire(installation)?;
                Err(EndedTask::Fetch(certificate, csr, install))
            }
            Step::Verify => Err(EndedTask::Verify),
            Step::Drive(item) => Ok(*item),
            Step::Resume { order, install } => {
                match preparation.resume(&order, install).map_err(|why| failed(why.into()))? {
                    Resumption::Ready(item) => Ok(*item),
                    left => Err(EndedTask::Left(Box::new(left))),
                }
            }
            Step::Place { mut request, known, batch } => {
                request.check().map_err(|why| failed(Error::from(why).into()))?;
                self.acquire(request.installation().filter(|_| self.folder.is_some()))?;
                let mut item = preparation
                    .order(self.id.clone(), &mut request, known.as_deref())
                    .map_err(|why| failed(why.into()))?;
                item.claim = self.claim.take();
                item.turn.clone_from(&self.turn);
                item.none_since = self.none_since;
                item.resume.was_required = self.planned.as_ref().is_some_and(Planned::is_required);
                item.instead = self.instead(&mut request, preparation.options);
                if let Some((key, round)) = batch {
                    item.resume.round = round;
                    item.batch = Some(key);
                }
                Ok(item)
            }
        }
    }

    /// What is ordered where the gateway refuses the renewal that was planned as too early. What somebody asked for by hand is not
    /// turned into anything else.
    fn instead(&self, request: &mut OrderRequest, options: &PreparationOptions) -> Option<Box<RunItem>> {
        request.purpose = self.planned.as_ref()?.otherwise()?.purpose()?;
        Some(Box::new(request.item(OrderId::new(), options.deadline, options.wait)))
    }

    /// The gateway refused what was planned, and the other was ordered instead.
    pub(super) fn is_replaced(&mut self) {
        if let Some(other) = self.planned.as_ref().and_then(Planned::otherwise) {
            self.planned = Some(other);
        }
    }

    /// Has that profile remembered with what is installed.
    pub(super) fn note_profile(&mut self, profile: &str) {
        self.step.note_profile(profile);
    }

    /// Leaves its folder to others, until its order takes the turn of it again.
    pub(super) fn give_back(&self) {
        self.turn.iter().for_each(FolderTurn::give_back);
    }

    /// Has its folder for this process alone, unless another one is at it.
    fn acquire(&mut self, installation: Option<Installation>) -> Result<(), EndedTask> {
        let Some(installation) = installation else { return Ok(()) };
        let there = self.take_turn(&installation)?;
        if let Some(there) = self.revoked.take() {
            // So that nobody goes back to it by mistake; it is replaced all the same.
            let _ = installation.note_revoked(|serial| revoked_at(&there, serial));
        }
        // Another process may have done it since it was decided.
        if self.serial.is_some() && there != self.serial { Err(EndedTask::Nothing) } else { Ok(()) }
    }

    /// The serial number of what is in place there.
    fn take_turn(&mut self, installation: &Installation) -> Result<Option<String>, EndedTask> {
        let turn = FolderTurn::of(installation).map_err(|why| EndedTask::Failed(why.into()))?;
        Ok(self.turn.insert(turn.ok_or(EndedTask::Held)?).serial.clone())
    }
}

impl Step {
    fn note_profile(&mut self, profile: &str) {
        match self {
            Self::Place { request, .. } => note_profile(request.install.as_mut(), profile),
            Self::Fetch { install, .. } | Self::Resume { install, .. } => note_profile(install.as_mut(), profile),
            Self::Adopt { installation, .. } | Self::Deploy(installation) => installation.note_profile(profile),
            _ => {}
        }
    }
}

fn note_profile(install: Option<&mut InstallOptions>, profile: &str) {
    if let Some(install) = install {
        install.note_profile(profile);
    }
}
