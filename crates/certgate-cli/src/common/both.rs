//! One question to both protocols.

use std::path::Path;

use certgate::{CertificateSelector, Client, estate::account::AccountCertificate, pages};
use certgate_domain::{
    AnyTask, Protocol, Query, TaskKind,
    task::{CertificateList, ContactList, JobHistoryList, JobList, ZoneList},
};
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
    /// Over XML and over JSON.
    clients: [Client; 2],
    /// The run's own protocol.
    own: Protocol,
    /// It has to live as long as its clients.
    _home: Home,
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
        let clients = [home.client(Protocol::Xml)?, home.client(Protocol::Json)?];
        Ok(Self { app, clients, own: settings.transport.value, _home: home })
    }

    /// The whole answers over XML and over JSON, refusals too.
    pub(crate) fn ask(
        &mut self,
        kind: TaskKind,
        id: Option<&CertificateSelector>,
        data: Option<&Path>,
    ) -> Result<[Value; 2], Failure> {
        let id = task_id(self.own(), kind, id)?;
        self.both(&read_task(self.app, kind, id, data)?)
    }

    /// The same for each certificate of the account, or for a list page after page, with what is asked for in words.
    pub(crate) fn ask_all(&mut self, kind: TaskKind, each: &mut dyn FnMut(String, [Value; 2])) -> Result<(), Failure> {
        let name = kind.name();
        if name.starts_with("certificate-") && certgate_json::route::route(kind).1.contains("{id}") {
            let (all, _) = AccountCertificate::all(self.own())?;
            for id in all.iter().filter_map(|one| one.id) {
                each(format!("{name} {id}"), self.both(&read_task(self.app, kind, Some(id), None)?)?);
            }
            return Ok(());
        }
        let page = |query: Query| {
            let from = query.view.as_ref().and_then(|view| view.offset).unwrap_or_default();
            let answers = self.both(&list(kind, query)?)?;
            let count = answers.iter().filter_map(|answer| Some(answer["data"].as_array()?.len())).max();
            let total = answers.iter().find_map(|answer| answer.pointer("/object/summary")?.as_i64());
            each(format!("{name} from {from}"), answers);
            Ok((vec![(); count.unwrap_or_default()], total))
        };
        pages::all(&Query::default(), page).map(drop)
    }

    fn both(&mut self, task: &AnyTask) -> Result<[Value; 2], Failure> {
        let app = self.app;
        let answer = |client: &mut Client| -> Result<Value, Failure> {
            let exchange = client.exchange(task)?;
            document::warn(app, &exchange.answer.findings);
            Ok(document::response(app, &exchange.answer.value))
        };
        let [xml, json] = &mut self.clients;
        Ok([answer(xml)?, answer(json)?])
    }

    /// The client of the run's own protocol.
    fn own(&mut self) -> &mut Client {
        let [xml, json] = &mut self.clients;
        if self.own == Protocol::Xml { xml } else { json }
    }
}

/// A page of a list.
fn list(kind: TaskKind, query: Query) -> Result<AnyTask, Failure> {
    Ok(match kind {
        TaskKind::CertificateList => CertificateList { query }.into(),
        TaskKind::ContactList => ContactList { query }.into(),
        TaskKind::JobList => JobList { query }.into(),
        TaskKind::JobHistoryList => JobHistoryList { query }.into(),
        TaskKind::ZoneList => ZoneList { query }.into(),
        _ => {
            return Err(Failure::usage(format!(
                "--all: {} is neither about one certificate nor a list: leave --all out",
                kind.name()
            )));
        }
    })
}
