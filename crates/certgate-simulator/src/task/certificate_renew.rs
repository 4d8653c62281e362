use certgate_domain::{AnyData, Job, Response, task::CertificateRenew, words::StatusType};

use crate::{
    order::Action,
    task::Asked,
    world::{World, answer, object, refusal},
};

pub(super) fn run(world: &mut World, task: &CertificateRenew, asked: &Asked<'_>) -> Response<AnyData> {
    let checked = world.check_order(Action::Renew, &task.certificate);
    if let Err(reason) = checked.and_then(|()| world.check_renewal(task.certificate.id, asked.now.unix)) {
        return refusal("E400106", reason);
    }
    let existing = task.certificate.id.and_then(|id| world.certificates.get(&id));
    let name = existing.and_then(|existing| existing.name.clone());
    let job = world.order(Action::Renew, task.certificate.clone(), asked.stid, asked.ctid, asked.now);
    let mut answer = answer("N400106", "Certificate renewal was started successfully.", StatusType::Notify);
    answer.object = object("certificate", name.as_deref());
    answer.data.push(Job { id: job.id, status: job.status, ..Job::default() }.into());
    answer
}
