//! One question to both protocols.

use std::path::Path;

use certgate::{CertificateSelector, Settings};
use certgate_domain::{AnyTask, Protocol, TaskKind};
use serde_json::Value;

use super::exchange::{read_task, task_id};
use crate::{
    app::{App, Home},
    exit::Failure,
    ui::document,
};

/// A gateway whose addresses for both protocols are known.
pub(crate) struct BothProtocols<'a> {
    app: &'a App,
    settings: Settings,
    home: Home,
}

impl<'a> BothProtocols<'a> {
    /// Refuses a task that cannot be asked for twice, and settings that know one address only.
    pub(crate) fn open(app: &'a App, kind: TaskKind) -> Result<Self, Failure> {
        if !kind.is_safe_to_repeat() {
            return Err(Failure::usage(format!("{} is not safe to repeat: it is not asked for twice", kind.name())));
        }
        if kind == TaskKind::SessionDelete {
            return Err(Failure::usage(
                "session-delete ends a session, of which each protocol has its own: name another task",
            ));
        }
        let settings = app.settings()?;
        let given = &settings.endpoint(settings.transport.value).origin;
        if given.is_given() && !app.is_offline() {
            return Err(Failure::usage(format!(
                "compare asks both protocols, and {given} is the address of one: use a profile with xml_endpoint and json_endpoint"
            )));
        }
        let home = Home::of(app, &settings)?;
        Ok(Self { app, settings, home })
    }

    /// The whole answers over XML and over JSON, refusals too.
    pub(crate) fn ask(
        &self,
        kind: TaskKind,
        id: Option<&CertificateSelector>,
        data: Option<&Path>,
    ) -> Result<[Value; 2], Failure> {
        let id = task_id(&mut self.home.client(self.settings.transport.value)?, kind, id)?;
        let task = read_task(self.app, kind, id, data)?;
        Ok([self.answer(Protocol::Xml, &task)?, self.answer(Protocol::Json, &task)?])
    }

    fn answer(&self, protocol: Protocol, task: &AnyTask) -> Result<Value, Failure> {
        let exchange = self.home.client(protocol)?.exchange(task)?;
        document::warn(self.app, &exchange.answer.findings);
        Ok(document::response(self.app, &exchange.answer.value))
    }
}
