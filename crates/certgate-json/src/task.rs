//! The tasks: what their requests and answers hold.

mod certificate_info;
mod certificate_prepare_order;
mod certificate_reissue;
mod hello;
mod job_info;
mod poll_confirm;
mod poll_info;

use certgate_domain::{AnyData, AnyTask, TaskKind};
use certgate_wire::{DecodeError, excerpt};

use crate::{
    fields::Fields,
    object::{Object, Read},
    record::{certificate, certificate_data, job, poll_message},
};

/// What a request holds: the id in its path and its body.
pub(crate) struct Given<'o, 't, 'a> {
    pub(crate) id: Option<i64>,
    pub(crate) body: Option<&'o Object<'t, 'a>>,
}

impl Given<'_, '_, '_> {
    /// The id, which may stand in the body as well.
    fn id(&self) -> Result<Option<i64>, DecodeError> {
        let Some(field) = self.body.and_then(|body| body.field("id")) else { return Ok(self.id) };
        let number = field.integer()?;
        match self.id {
            Some(id) if id != number => {
                Err(field.refuse(excerpt(&number.to_string()), format!("`{id}` as in the path")))
            }
            _ => Ok(Some(number)),
        }
    }

    /// The id of a task that has nothing else.
    fn only_id(&self) -> Result<Option<i64>, DecodeError> {
        let id = self.id()?;
        self.nothing();
        Ok(id)
    }

    /// Notes whatever stands in the body.
    fn nothing(&self) {
        if let Some(body) = self.body {
            body.finish();
        }
    }
}

/// A way to read a task's request.
type ReadRequest = fn(&Given<'_, '_, '_>) -> Result<AnyTask, DecodeError>;

/// How a kind's requests and answers are read; none for a kind that this protocol does not have.
pub(crate) fn readers(kind: TaskKind) -> Option<(ReadRequest, Read<AnyData>)> {
    Some(match kind {
        TaskKind::CertificatePrepareOrder => (certificate_prepare_order::read, certificate_prepare_order::read_data),
        TaskKind::CertificateReissue => (certificate_reissue::read, certificate_reissue::read_data),
        TaskKind::CertificateInfo => (certificate_info::read, certificate_info::read_data),
        TaskKind::JobInfo => (job_info::read, job_info::read_data),
        TaskKind::PollInfo => (poll_info::read, poll_info::read_data),
        TaskKind::PollConfirm => (poll_confirm::read, poll_confirm::read_data),
        TaskKind::Hello => (hello::read, hello::read_data),
        _ => return None,
    })
}

/// Writes what a task asks for, its id first.
pub(crate) fn write(task: &AnyTask, fields: &mut Fields) {
    match task {
        AnyTask::CertificatePrepareOrder(task) => certificate_prepare_order::write(task, fields),
        AnyTask::CertificateReissue(task) => certificate_reissue::write(task, fields),
        AnyTask::CertificateInfo(task) => certificate_info::write(task, fields),
        AnyTask::JobInfo(task) => job_info::write(task, fields),
        AnyTask::PollInfo(task) => poll_info::write(task, fields),
        AnyTask::PollConfirm(task) => poll_confirm::write(task, fields),
        AnyTask::Hello(task) => hello::write(task, fields),
        _ => {}
    }
}

/// Writes what an answer carries.
pub(crate) fn write_data(data: &AnyData, fields: &mut Fields) {
    match data {
        AnyData::Certificate(record) => certificate::write(record, fields),
        AnyData::CertificateData(record) => certificate_data::write(record, fields),
        AnyData::Job(record) => job::write(record, fields),
        AnyData::ObjectJob(record) => job::write_whole(record, fields),
        AnyData::PollMessage(record) => poll_message::write(record, fields),
        _ => {}
    }
}
