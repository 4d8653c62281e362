//! One file a task: its request and its answer's data.

mod certificate_info;
mod certificate_prepare_order;
mod certificate_reissue;
mod hello;
mod job_info;
mod poll_confirm;
mod poll_info;

use certgate_domain::{AnyData, AnyTask, TaskKind};
use certgate_wire::DecodeError;

use crate::{element::Element, out::Out};

/// What is known of a task's XML: `documented` by the vendor, or `derived` from the JSON API and the names around it.
pub fn evidence(kind: TaskKind) -> &'static str {
    match kind {
        TaskKind::Hello => "derived",
        _ => "documented",
    }
}

pub(crate) fn read_request(kind: TaskKind, e: &Element<'_, '_>) -> Result<AnyTask, DecodeError> {
    Ok(match kind {
        TaskKind::CertificatePrepareOrder => certificate_prepare_order::read_request(e)?.into(),
        TaskKind::CertificateReissue => certificate_reissue::read_request(e)?.into(),
        TaskKind::CertificateInfo => certificate_info::read_request(e)?.into(),
        TaskKind::JobInfo => job_info::read_request(e)?.into(),
        TaskKind::PollInfo => poll_info::read_request().into(),
        TaskKind::PollConfirm => poll_confirm::read_request(e)?.into(),
        TaskKind::Hello => hello::read_request().into(),
        _ => return Err(e.refuse(format!("task {}", kind.code()), "a task this client knows")),
    })
}

pub(crate) fn write_request(out: &mut Out<'_>, task: &AnyTask) {
    match task {
        AnyTask::CertificatePrepareOrder(task) => certificate_prepare_order::write_request(out, task),
        AnyTask::CertificateReissue(task) => certificate_reissue::write_request(out, task),
        AnyTask::CertificateInfo(task) => certificate_info::write_request(out, task),
        AnyTask::JobInfo(task) => job_info::write_request(out, task),
        AnyTask::PollConfirm(task) => poll_confirm::write_request(out, task),
        // The code says it all.
        AnyTask::PollInfo(_) | AnyTask::Hello(_) => {}
        _ => out.lose("task", "this task has no XML"),
    }
}

pub(crate) fn read_data(kind: TaskKind, e: &Element<'_, '_>) -> Result<Vec<AnyData>, DecodeError> {
    match kind {
        TaskKind::CertificatePrepareOrder => certificate_prepare_order::read_data(e),
        TaskKind::CertificateReissue => certificate_reissue::read_data(e),
        TaskKind::CertificateInfo => certificate_info::read_data(e),
        TaskKind::JobInfo => job_info::read_data(e),
        TaskKind::PollInfo | TaskKind::PollConfirm | TaskKind::Hello => poll_info::read_data(e),
        _ => Ok(Vec::new()),
    }
}

pub(crate) fn write_data(kind: TaskKind, out: &mut Out<'_>, data: &AnyData) {
    match data {
        AnyData::CertificateData(record) => certificate_prepare_order::write_data(out, record),
        AnyData::Job(record) => certificate_reissue::write_data(out, record),
        AnyData::Certificate(record) => certificate_info::write_data(out, record),
        AnyData::ObjectJob(record) => job_info::write_data(out, record),
        AnyData::PollMessage(record) => poll_info::write_data(out, record),
        _ => out.lose("data", &format!("{} has no place for it in XML", kind.name())),
    }
}

fn any<T: Into<AnyData>>(records: Vec<T>) -> Vec<AnyData> {
    records.into_iter().map(Into::into).collect()
}
