//! The gateway behind: a task as it can be said there, and as many requests as it takes.

use certgate_client::{Asker, Client, Error, Exchange, PreparedCall};
use certgate_domain::{
    AnyData, AnyTask, Call, Lenient, Message, Options, Query, QueryFilter, QueryView, Response, Verdict, name_in_zone,
    task::ZoneList, words::Operator, zones_around,
};
use certgate_server::{message, refusal};
use certgate_wire::{Findings, Loss};

/// So many rows come in one answer at most: more are too many records for one.
const PAGE: i64 = 1000;

/// An answer, and what of it was not understood.
pub(crate) struct Heard {
    pub(crate) answer: Response<AnyData>,
    pub(crate) findings: Findings,
}

impl Heard {
    fn of(exchange: Exchange) -> Self {
        Self { answer: exchange.answer.value, findings: exchange.answer.findings }
    }
}

/// Leaves out what changes nothing, or what a request can do without; gives what was left out.
pub(crate) fn dispensable(client: &Client, call: &mut Call) -> Option<&'static str> {
    let Options { force_contact_create, .. } = &mut call.options;
    let is_forced = !matches!(force_contact_create, None | Some(Lenient::Parsed(false)));
    let kept = force_contact_create.take()?;
    if !is_forced {
        return None;
    }
    call.options.force_contact_create = Some(kept);
    if client.prepare(call.clone()).err().is_none_or(|loss| loss.path != FORCE) {
        return None;
    }
    call.options.force_contact_create = None;
    Some(FORCE)
}

const FORCE: &str = "options.forceContactCreate";
const NAME_SERVER: &str = "virtualNameServer";
/// Any name in a zone, in place of the zone's own.
const NAME: &str = "name";

/// A call as it can be said there.
pub(crate) enum Sayable {
    /// At once.
    Prepared(PreparedCall),
    /// A page at a time.
    Paged(Call, QueryView),
    /// Once it is looked up what its zone is, or the name server of that.
    OfZone(Call, String),
}

impl Sayable {
    pub(crate) fn task(&self) -> &AnyTask {
        match self {
            Self::Prepared(prepared) => &prepared.call().task,
            Self::Paged(call, _) | Self::OfZone(call, _) => &call.task,
        }
    }
}

/// A call as it can be said there, or what of it cannot; what can be looked up first is no loss.
pub(crate) fn sayable(client: &Client, mut call: Call) -> Result<Sayable, Loss> {
    let view = query(&mut call.task).and_then(|query| query.view.clone());
    if let Some(view) = view.filter(|view| view.limit.is_some_and(|limit| limit > PAGE)) {
        client.prepare(call.clone())?;
        return Ok(Sayable::Paged(call, view));
    }
    let mut found = match zone(&mut call.task) {
        Some(_) => call.clone(),
        None => return client.prepare(call).map(Sayable::Prepared),
    };
    let first = match client.prepare(call.clone()) {
        Ok(prepared) => return Ok(Sayable::Prepared(prepared)),
        Err(loss) => loss,
    };
    let any = || Some("any".to_owned());
    match (&first.path[..], &mut found.task) {
        (NAME, AnyTask::ZoneUpdateRecords(task)) => {
            (task.name, task.origin, task.virtual_name_server) = (None, any(), any());
        }
        (NAME_SERVER, task) => match zone(task) {
            Some((Some(_), name_server)) => *name_server = any(),
            _ => return Err(first),
        },
        _ => return Err(first),
    }
    client.prepare(found).map(|_| Sayable::OfZone(call, first.path))
}

/// Asks for a task, and for what has to be known before.
pub(crate) fn ask<'a>(client: &mut Client, call: &Sayable, asker: impl Fn() -> Asker<'a>) -> Result<Heard, Error> {
    let (call, missing) = match call {
        Sayable::Prepared(call) => return client.forward_prepared(call, &asker()).map(Heard::of),
        Sayable::Paged(call, view) => return ask_by_pages(client, call.clone(), view, asker),
        Sayable::OfZone(call, missing) => (call, missing),
    };
    let mut call = call.clone();
    let refused = match missing.as_str() {
        NAME => look_around(client, &mut call, &asker)?,
        _ => look_up(client, &mut call, &asker)?,
    };
    match refused {
        Some(refused) => Ok(refused),
        None => once(client, &call, &asker()),
    }
}

fn once(client: &mut Client, call: &Call, asker: &Asker<'_>) -> Result<Heard, Error> {
    client.forward(call, asker).map(Heard::of)
}

/// A long list, a page at a time.
fn ask_by_pages<'a>(
    client: &mut Client,
    mut call: Call,
    view: &QueryView,
    asker: impl Fn() -> Asker<'a>,
) -> Result<Heard, Error> {
    let limit = view.limit.unwrap_or(PAGE);
    let start = view.offset.unwrap_or_default();
    let mut all: Option<Heard> = None;
    loop {
        let there = all.as_ref().map_or(0, |all| i64::try_from(all.answer.data.len()).unwrap_or(i64::MAX));
        let wanted = (limit - there).min(PAGE);
        if let Some(query) = query(&mut call.task) {
            let offset = Some(start + there).filter(|offset| *offset > 0 || view.offset.is_some());
            query.view = Some(QueryView { limit: Some(wanted), offset, ..view.clone() });
        }
        let page = once(client, &call, &asker())?;
        let rows = i64::try_from(page.answer.data.len()).unwrap_or(i64::MAX);
        let is_last = rows < wanted || there + rows >= limit || page.answer.verdict() != Some(Verdict::Done);
        match &mut all {
            None => all = Some(page),
            // Half a list is none.
            Some(_) if page.answer.verdict() != Some(Verdict::Done) => return Ok(page),
            Some(all) => {
                all.answer.data.extend(page.answer.data);
                all.findings.extend(page.findings);
            }
        }
        if let Some(all) = all.take_if(|_| is_last) {
            return Ok(all);
        }
    }
}

/// Finds out the name server of a task's zone. Gives the answer where there is not exactly one zone of that name.
fn look_up<'a>(client: &mut Client, call: &mut Call, asker: &impl Fn() -> Asker<'a>) -> Result<Option<Heard>, Error> {
    let Some((Some(origin), _)) = zone(&mut call.task) else { return Ok(None) };
    let origin = origin.clone();
    let mut servers = match name_servers(client, call, &origin, asker)? {
        Ok(servers) => servers.into_iter(),
        Err(refused) => return Ok(Some(refused)),
    };
    match (servers.next(), servers.next()) {
        (Some(only), None) => {
            if let Some((_, name_server)) = zone(&mut call.task) {
                *name_server = only;
            }
            Ok(None)
        }
        (None, _) => Ok(Some(refused(call, no_zone(&origin)))),
        (Some(_), Some(_)) => Ok(Some(refused(call, several_zones()))),
    }
}

/// Finds out the zone that a name is in, and makes the full names of records relative to it. Gives the answer where there is not exactly one
/// such zone, or a record is not in it.
fn look_around<'a>(
    client: &mut Client,
    call: &mut Call,
    asker: &impl Fn() -> Asker<'a>,
) -> Result<Option<Heard>, Error> {
    let name = match &call.task {
        AnyTask::ZoneUpdateRecords(task) => task.name.clone().unwrap_or_default(),
        _ => return Ok(None),
    };
    for origin in zones_around(&name).unwrap_or_default() {
        let mut servers = match name_servers(client, call, &origin, asker)? {
            Ok(servers) => servers.into_iter(),
            Err(refused) => return Ok(Some(refused)),
        };
        let Some(server) = servers.next() else { continue };
        if servers.next().is_some() {
            return Ok(Some(refused(call, several_zones())));
        }
        let AnyTask::ZoneUpdateRecords(task) = &mut call.task else { return Ok(None) };
        for record in task.add.iter_mut().chain(&mut task.remove) {
            let Some(name) = record.name.as_deref() else { continue };
            match name_in_zone(name, &origin) {
                Some(relative) => record.name = relative,
                None if name.ends_with('.') => {
                    let text = format!("This name is not in the zone {origin}. Nothing was changed.");
                    let refusal = message("EF01000", &text, "rr", name);
                    return Ok(Some(refused(call, refusal)));
                }
                // It is relative already, as octoDNS says it.
                None => {}
            }
        }
        (task.name, task.origin, task.virtual_name_server) = (None, Some(origin), server);
        return Ok(None);
    }
    Ok(Some(refused(call, no_zone(&name))))
}

/// The name servers of the zones of that name; the answer where the gateway does not say them.
fn name_servers<'a>(
    client: &mut Client,
    call: &Call,
    origin: &str,
    asker: &impl Fn() -> Asker<'a>,
) -> Result<Result<Vec<Option<String>>, Heard>, Error> {
    let filters = vec![QueryFilter::new("name", Operator::Equal, origin)];
    let task = ZoneList { query: Query { filters, ..Query::default() } };
    let options = Options { keys: Vec::new(), ..call.options.clone() };
    let list = Call { task: task.into(), options, identity: call.identity.clone() };
    let found = once(client, &list, &asker())?;
    if found.answer.verdict() != Some(Verdict::Done) {
        return Ok(Err(found));
    }
    let servers = found.answer.data.into_iter().filter_map(|data| match data {
        AnyData::Zone(zone) if zone.origin.as_deref().is_some_and(|found| found.eq_ignore_ascii_case(origin)) => {
            Some(zone.virtual_name_server)
        }
        _ => None,
    });
    Ok(Ok(servers.collect()))
}

fn no_zone(name: &str) -> Message {
    message("EF02020", "There is no such zone. Nothing was changed.", "zone", name)
}

fn several_zones() -> Message {
    let text =
        "There are several zones of this name: say the name server of the one that is meant. Nothing was changed.";
    message("EF01000", text, NAME_SERVER, "")
}

/// The answer to a call that is refused for that reason, as the gateway there would give it.
fn refused(call: &Call, reason: Message) -> Heard {
    let answer = refusal(&format!("E{}", call.task.kind().code()), reason);
    Heard { answer: Response { ctid: call.options.ctid.clone(), ..answer }, findings: Findings::new() }
}

/// The name of a task's zone and the place of its name server, where JSON has both in its path.
fn zone(task: &mut AnyTask) -> Option<(Option<&String>, &mut Option<String>)> {
    match task {
        AnyTask::ZoneUpdate(task) => Some((task.zone.origin.as_ref(), &mut task.zone.virtual_name_server)),
        AnyTask::ZoneUpdateRecords(task) => Some((task.origin.as_ref(), &mut task.virtual_name_server)),
        AnyTask::ZoneDelete(task) => Some((task.origin.as_ref(), &mut task.virtual_name_server)),
        _ => None,
    }
}

/// The query of a list.
fn query(task: &mut AnyTask) -> Option<&mut Query> {
    match task {
        AnyTask::CertificateList(task) => Some(&mut task.query),
        AnyTask::ContactList(task) => Some(&mut task.query),
        AnyTask::JobList(task) => Some(&mut task.query),
        AnyTask::JobHistoryList(task) => Some(&mut task.query),
        AnyTask::ZoneList(task) => Some(&mut task.query),
        _ => None,
    }
}
