//! `request` and `response`.

use certgate_domain::{AnyData, AnyTask, Call, Credentials, Identity, Options, Response, Status, StatusCode, TaskKind};
use certgate_wire::{Answer, DecodeError, Limits, excerpt};

use crate::{
    element::Element,
    key,
    out::Out,
    record::{
        Record,
        object::{read_named, write_named},
    },
    task,
};

/// The tasks or results of a body, each with the path of its element.
pub(crate) type Parts<T> = Vec<(String, Result<T, DecodeError>)>;

/// Reads the tasks of a request, each on its own.
pub(crate) fn read_request(root: &Element<'_, '_>, expected: Option<TaskKind>) -> Result<Parts<Call>, DecodeError> {
    check_root(root, "request")?;
    let identity = read_identity(root)?;
    let shared = Options {
        owner: root.record(["owner"])?,
        language: root.text(["language"])?,
        // Clients have them here, too.
        ctid: root.text(["ctid"])?,
        reply_to: root.text(["reply_to", "replyTo"])?,
        ..Options::default()
    };
    let tasks = root.all(["task"]);
    check_count(root, tasks.len(), "tasks")?;
    if tasks.is_empty() {
        return Err(root.refuse("no task", "<task><code>…</code></task>"));
    }
    let several = tasks.len() > 1;
    let read = |(index, e): (usize, Element<'_, '_>)| {
        let read = read_task(&e, expected, &shared);
        let call = read.map(|(task, options)| Call { task, options, identity: identity.clone() });
        (part("request.task", index, several), call)
    };
    Ok(tasks.into_iter().enumerate().map(read).collect())
}

fn read_task(
    e: &Element<'_, '_>,
    expected: Option<TaskKind>,
    shared: &Options,
) -> Result<(AnyTask, Options), DecodeError> {
    let kind = match read_code(e, expected)? {
        // One code for both: who names a zone asks for that one.
        TaskKind::ZoneList if expected.is_none() && e.has("zone") => TaskKind::ZoneInfo,
        kind => kind,
    };
    e.check_record()?;
    let options = Options {
        ctid: e.text(["ctid"])?.or_else(|| shared.ctid.clone()),
        reply_to: e.text(["reply_to", "replyTo"])?.or_else(|| shared.reply_to.clone()),
        keys: e.texts(["key"])?.iter().map(|name| key::from_xml(name)).collect(),
        force_contact_create: e.flag(["force_contact_create"])?,
        ..shared.clone()
    };
    Ok((task::read_request(kind, e)?, options))
}

/// The path of a task or result, as findings name it.
fn part(path: &str, index: usize, several: bool) -> String {
    if several { format!("{path}[{index}]") } else { path.to_owned() }
}

/// Each task or result becomes a value of its own; many small ones would cost many times their size.
fn check_count(root: &Element<'_, '_>, found: usize, what: &str) -> Result<(), DecodeError> {
    if found > Limits::DOCUMENTS {
        return Err(root.refuse(format!("{found} {what}"), format!("{} at most", Limits::DOCUMENTS)));
    }
    Ok(())
}

fn check_root(root: &Element<'_, '_>, expected: &str) -> Result<(), DecodeError> {
    if root.name() == expected {
        return root.check_record();
    }
    Err(root.refuse(format!("the root element <{}>", excerpt(root.name()).trim_matches('`')), format!("<{expected}>")))
}

fn read_code(e: &Element<'_, '_>, expected: Option<TaskKind>) -> Result<TaskKind, DecodeError> {
    let missing = || e.refuse("no task code", "<code>400104</code>, for instance");
    let code = e.one(["code"])?.ok_or_else(missing)?;
    let text = code.scalar()?.ok_or_else(missing)?;
    let Some(kind) = TaskKind::by_code(text) else {
        return Err(code.refuse(format!("the task code {}", excerpt(text)), "the code of a known task, such as 400104"));
    };
    match expected {
        Some(expected) if expected.code() != kind.code() => Err(code.refuse(
            format!("the task code {text} ({})", kind.name()),
            format!("{} ({})", expected.code(), expected.name()),
        )),
        Some(expected) => Ok(expected),
        None => Ok(kind),
    }
}

/// Reads the sender from the one block that says it, by any of the names that the gateway knows. Nothing in it becomes a finding.
fn read_identity(root: &Element<'_, '_>) -> Result<Option<Identity>, DecodeError> {
    let mut identity = None;
    let blocks = root.all(["auth", "authentication", "auth_session"]);
    if let Some(second) = blocks.get(1) {
        let found = format!("a second block of credentials <{}>", second.name());
        return Err(second.refuse(found, "one <auth>, <authentication> or <auth_session>"));
    }
    for e in blocks {
        let (user, password, context) = (e.text(["user"])?, e.secret(["password"])?, e.text(["context"])?);
        let (token, session) = (e.secret(["token"])?, e.secret(["hash"])?);
        e.take_whole();
        if let (Some(user), Some(password)) = (user, password) {
            let context = context.unwrap_or_default();
            let credentials = Credentials { user, password, context, token };
            identity = Some(Identity::Credentials(credentials));
        } else if let Some(session) = session {
            identity = Some(Identity::Session(session));
        }
    }
    Ok(identity)
}

fn write_identity(out: &mut Out<'_>, identity: &Identity) {
    match identity {
        Identity::Credentials(Credentials { user, password, context, token }) => out.element("auth", |out| {
            out.text("user", &Some(user));
            out.bytes("password", &Some(password.expose()));
            out.text("context", &Some(context).filter(|context| !context.is_empty()));
            out.secret("token", token);
        }),
        Identity::Session(session) => out.element("auth_session", |out| out.bytes("hash", &Some(session.expose()))),
    }
}

/// Whether two calls can share a request, which states sender, owner and language once.
pub(crate) fn share_request(one: &Call, other: &Call) -> bool {
    let head = |call: &Call| (call.identity.clone(), call.options.owner.clone(), call.options.language.clone());
    head(one) == head(other)
}

/// Writes calls of the same sender, owner and language as one request.
pub(crate) fn write_request(out: &mut Out<'_>, calls: &[Call]) {
    out.element("request", |out| {
        if let Some(first) = calls.first() {
            write_head(out, first);
        }
        calls.iter().for_each(|call| write_task(out, call));
    });
}

fn write_head(out: &mut Out<'_>, call: &Call) {
    if let Some(identity) = &call.identity {
        out.within("credentials", |out| write_identity(out, identity));
    }
    out.within("options", |out| {
        out.record("owner", &call.options.owner);
        out.text("language", &call.options.language);
    });
}

fn write_task(out: &mut Out<'_>, call: &Call) {
    let Call { task, options, identity: _ } = call;
    let Options { owner: _, language: _, ctid, reply_to, keys, force_contact_create, demo } = options;
    out.element("task", |out| {
        out.text("code", &Some(task.kind().code()));
        task::write_request(out, task);
        out.within("options", |out| {
            out.within("keys", |out| {
                out.items(keys, |out, name| out.key(("key", ""), &Some(name.clone())));
            });
            out.flag("force_contact_create", force_contact_create);
            out.text("ctid", ctid);
            out.text("reply_to", reply_to);
            if demo.is_some() {
                out.lose("demo", "XML has no demo mode: the demo system has an address of its own");
            }
        });
    });
}

/// The kind of task that the result at an index answers; the last one stands for all results after it.
pub(crate) fn kind_at(kinds: &[TaskKind], index: usize) -> Option<TaskKind> {
    kinds.get(index).or(kinds.last()).copied()
}

/// Reads the results of a response, each on its own.
pub(crate) fn read_response(
    root: &Element<'_, '_>,
    kinds: &[TaskKind],
) -> Result<Parts<Response<AnyData>>, DecodeError> {
    check_root(root, "response")?;
    let (stid, ctid) = (root.text(["stid"])?, root.text(["ctid"])?);
    let results = root.all(["result"]);
    check_count(root, results.len(), "results")?;
    if results.is_empty() {
        return Err(root.refuse("no result", "<result> with a <status>"));
    }
    let several = results.len() > 1;
    let read = |(index, e): (usize, Element<'_, '_>)| {
        let kind = kind_at(kinds, index).ok_or_else(|| e.refuse("a result", "no result: it answers no task"));
        let answer = e.check_record().and_then(|()| read_result(&e, kind?)).map(|answer| Response {
            stid: answer.stid.or_else(|| stid.clone()),
            ctid: answer.ctid.or_else(|| ctid.clone()),
            ..answer
        });
        (part("response.result", index, several), answer)
    };
    Ok(results.into_iter().enumerate().map(read).collect())
}

fn read_result(e: &Element<'_, '_>, kind: TaskKind) -> Result<Response<AnyData>, DecodeError> {
    let Some(status) = e.one(["status"])? else {
        return Err(e.refuse("no status", "<status> with a code such as S400104"));
    };
    status.check_record()?;
    let read = Status::read(&status)?;
    if read.verdict().is_none() {
        let code = read.code.as_ref().map_or("none", StatusCode::as_str);
        let r#type = read.r#type.as_ref().map_or("none", |r#type| r#type.as_str());
        let found = format!("the code {} and the type {}", excerpt(code), excerpt(r#type));
        return Err(
            status.refuse(found, "a code such as S400104, N400102, E0205, or the type success, notify or error")
        );
    }
    let mut object = read_named(&status)?;
    let mut data = Vec::new();
    if let Some(e) = e.one(["data"])? {
        e.check_record()?;
        if let Some(summary) = e.integer(["summary"])? {
            object.get_or_insert_default().summary = Some(summary);
        }
        data = task::read_data(kind, &e)?;
    }
    Ok(Response {
        stid: e.text(["stid"])?,
        ctid: e.text(["ctid"])?,
        status: read,
        object,
        messages: e.records(["msg"])?,
        data,
    })
}

pub(crate) fn write_response(out: &mut Out<'_>, answers: &[Answer<'_>]) {
    let alone = answers.len() == 1;
    out.element("response", |out| {
        for answer in answers {
            match answer {
                Answer::Typed(_, answer) => write_result(out, answer, alone),
                Answer::AsReceived(result) => out.as_received(result),
            }
        }
    });
}

fn write_result(out: &mut Out<'_>, answer: &Response<AnyData>, alone: bool) {
    let Response { stid, ctid, status, object, messages, data } = answer;
    out.element("result", |out| {
        out.element("data", |out| {
            out.integer("summary", &object.as_ref().and_then(|object| object.summary));
            out.within("data", |out| out.items(data, task::write_data));
        });
        out.records(("msg", "messages"), messages);
        out.element("status", |out| {
            out.within("status", |out| status.write(out));
            write_named(out, object.as_ref());
        });
        if object.as_ref().is_some_and(|object| object.data.is_some()) {
            out.lose("object.data", "XML has the data of an answer in <data> only");
        }
        out.text("ctid", ctid);
        if !alone {
            out.text("stid", stid);
        }
    });
    if alone {
        out.text("stid", stid);
    }
}
