//! One file a task: what the gateway does for it.

mod certificate_info;
mod certificate_prepare_order;
mod certificate_reissue;
mod hello;
mod job_info;
mod poll_confirm;
mod poll_info;

use certgate_domain::{AnyData, AnyTask, Call, Response};

use crate::world::{Now, World, refusal, wrong_value};

/// Carries a task out.
pub(crate) fn run(world: &mut World, call: &Call, now: Now) -> Response<AnyData> {
    world.work(now);
    let stid = world.stid(now);
    let mut answer = match &call.task {
        AnyTask::CertificatePrepareOrder(task) => certificate_prepare_order::run(world, task, now),
        AnyTask::CertificateReissue(task) => {
            certificate_reissue::run(world, task, &stid, call.options.ctid.as_deref(), now)
        }
        AnyTask::CertificateInfo(task) => certificate_info::run(world, task),
        AnyTask::JobInfo(task) => job_info::run(world, task),
        AnyTask::PollInfo(_) => poll_info::run(world),
        AnyTask::PollConfirm(task) => poll_confirm::run(world, task),
        AnyTask::Hello(_) => hello::run(),
        _ => refusal("E00000", wrong_value("request.task.code", call.task.kind().code())),
    };
    answer.stid = Some(stid);
    answer.ctid = call.options.ctid.clone();
    answer
}
