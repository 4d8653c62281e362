//! An order as a program holds it.

use std::time::Duration;

use crate::{
    Adoption, Client, Error, Gateway, Journal, Observer, OrderId, OrderReport, OrderRequest, OrderState,
    PreparationOptions, RecoveryOptions, ResumeOptions, Resumption, RunOptions,
    estate::{EndedTask, Following, Step, Task, TaskError, TaskRun},
    resume,
};

/// An order of a gateway's account: one that is to be placed, or one of the store. Its id is all that a later process needs.
pub struct Order<'g> {
    gateway: &'g Gateway,
    id: OrderId,
    options: RunOptions,
}

/// What came of carrying on with an order.
pub enum Resumed {
    /// It was driven on, and ended so.
    Ended(Box<OrderReport>),
    /// It was not driven on.
    Left(Resumption),
}

impl Gateway {
    /// The order of that id: a new one, which is to be placed, or one of the store.
    pub fn order(&self, id: OrderId) -> Order<'_> {
        Order { gateway: self, id, options: RunOptions::default() }
    }

    /// The orders of the account that are not finished, oldest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn unfinished_orders(&self) -> Result<Vec<Order<'_>>, Error> {
        let orders = self.journal()?.unfinished()?;
        Ok(orders.into_iter().map(|order| self.order(OrderId::from(order.order.id))).collect())
    }
}

impl Order<'_> {
    /// Driven with these options.
    #[must_use]
    pub fn with_options(self, options: RunOptions) -> Self {
        Self { options, ..self }
    }

    /// Its id.
    pub fn id(&self) -> &OrderId {
        &self.id
    }

    /// Where it stands; `None` where it was not placed.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn state(&self) -> Result<Option<OrderState>, Error> {
        Ok(self.gateway.journal()?.find(self.id.as_str())?.map(|order| order.state))
    }

    /// The gateway's job, once the order was accepted.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn job(&self) -> Result<Option<i64>, Error> {
        Ok(self.gateway.journal()?.find(self.id.as_str())?.and_then(|order| order.job))
    }

    /// Places the order, and waits for its certificate up to `timeout` in all. What an earlier order of the same left unknown is looked for
    /// first, and another machine's or a person's job of the same certificate stands in its way.
    ///
    /// # Errors
    /// It cannot be placed: [`Error::Preparation`], or the client or the store failed. What became of one that was placed is no
    /// error: see [`OrderReport::outcome`].
    pub fn place(
        &self,
        request: OrderRequest,
        timeout: Duration,
        observer: &mut dyn Observer,
    ) -> Result<OrderReport, Error> {
        let mut client = self.gateway.client()?.with_deadline(timeout);
        let step = Step::Place { request: Box::new(request), known: None, batch: None };
        self.drive(&mut client, &mut self.gateway.journal()?, step, timeout, observer)
    }

    /// Carries on with the order at the right step, for up to `timeout`: after an interruption or a crash, or where its outcome
    /// is not known. Nothing is ordered twice by it.
    ///
    /// # Errors
    /// The order is not in the store, or what the client or the store could not do.
    pub fn resume(
        &self,
        options: ResumeOptions,
        timeout: Duration,
        observer: &mut dyn Observer,
    ) -> Result<Resumed, Error> {
        let mut journal = self.gateway.journal()?;
        let known = self.known(&journal)?;
        let mut client = self.gateway.client()?.with_deadline(timeout);
        let options = ResumeOptions { deadline: timeout, ..options };
        let mut not_removed = |why: &_| {
            let _ = observer.on(Some(&self.id), &crate::Event::NotRemoved(why));
        };
        match resume(&mut client, &mut journal, &known, &options, &mut not_removed)? {
            Resumption::Ready(item) => {
                let report = self.drive(&mut client, &mut journal, Step::Drive(item), timeout, observer)?;
                Ok(Resumed::Ended(Box::new(report)))
            }
            left => Ok(Resumed::Left(left)),
        }
    }

    /// Goes through a run with one task.
    fn drive(
        &self,
        client: &mut Client,
        journal: &mut Journal,
        step: Step,
        timeout: Duration,
        observer: &mut dyn Observer,
    ) -> Result<OrderReport, Error> {
        let recovery = RecoveryOptions { foreign: self.options.foreign, ..RecoveryOptions::default() };
        let run = TaskRun {
            clients: vec![client],
            journal,
            preparation: PreparationOptions { deadline: timeout, wait: true, recovery },
            options: self.options.clone(),
            running: self.gateway.running_jobs(1),
            profile: None,
        };
        let mut following = Following::new(observer);
        let mut run = run.run(&mut [Task::new(self.id.clone(), String::new(), step)], &mut following);
        match (run.reports.pop(), following.ended.pop()) {
            (Some(report), _) => Ok(report),
            (None, Some((_, Err(EndedTask::Failed(TaskError::Gateway(why)))))) => Err(why),
            (None, _) => Err(run.error.unwrap_or(Error::Interrupted)),
        }
    }

    /// Gives the order up: see [`Abandonment`](crate::Abandonment) for what one has to be sure of. `false` while another process
    /// that is alive holds it.
    ///
    /// # Errors
    /// The order is not in the store, cannot be given up where it stands, or the store failed.
    pub fn abandon(&self, observer: &mut dyn Observer) -> Result<bool, Error> {
        let mut journal = self.gateway.journal()?;
        let known = self.known(&journal)?;
        journal.abandon(&known, &[], &mut |why| {
            let _ = observer.on(Some(&self.id), &crate::Event::NotRemoved(why));
        })
    }

    /// Decides that a job of the account is this order, whose outcome is not known; [`Order::resume`] looks at that job then.
    ///
    /// # Errors
    /// The order is not in the store, its outcome is known, or the store failed.
    pub fn adopt(&self, job: i64) -> Result<Adoption, Error> {
        self.gateway.journal()?.adopt(self.id.as_str(), job)
    }

    /// Its record in the store.
    fn known(&self, journal: &Journal) -> Result<certgate_store::Order, Error> {
        let known = journal.find(self.id.as_str())?;
        Ok(known.ok_or_else(|| certgate_store::StoreError::NoOrder(self.id.to_string()))?)
    }
}
