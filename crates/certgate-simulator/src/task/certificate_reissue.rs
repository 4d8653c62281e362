use certgate_domain::{AnyData, Job, Response, task::CertificateReissue, words::StatusType};

use crate::{
    order::Action,
    task::Asked,
    world::{World, answer, object, refusal},
};

pub(super) fn run(world: &mut World, task: &CertificateReissue, asked: &Asked<'_>) -> Response<AnyData> {
    let checked = world.check_order(Action::Reissue, &task.certificate);
    if let Err(reason) = checked.and_then(|()| world.check_term(task.certificate.id, asked.now.unix)) {
        return refusal("E400102", reason);
    }
    let name = task.certificate.name.clone();
    let job = world.order(Action::Reissue, task.certificate.clone(), asked.stid, asked.ctid, asked.now);
    let mut answer =
        answer(world.settings.notify_code, "Certificate order was started successfully.", StatusType::Notify);
    answer.object = object("certificate", name.as_deref());
    // JSON says no more than the job's id; XML its state too, which the codec would say as well if it were here.
    answer.data.push(Job { id: job.id, status: job.status, ..Job::default() }.into());
    answer
}
