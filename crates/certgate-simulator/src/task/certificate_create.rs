use certgate_domain::{AnyData, Job, Response, task::CertificateCreate, words::StatusType};

use crate::{
    order::Action,
    task::Asked,
    world::{World, answer, object, refusal},
};

pub(super) fn run(world: &mut World, task: &CertificateCreate, asked: &Asked<'_>) -> Response<AnyData> {
    if let Err(reason) = world.check_order(Action::Create, &task.certificate) {
        return refusal("E400101", reason);
    }
    let name = task.certificate.name.clone();
    let job = world.order(Action::Create, task.certificate.clone(), asked.stid, asked.ctid, asked.now);
    let mut answer = answer("N400101", "Certificate order was started successfully.", StatusType::Notify);
    answer.object = object("certificate", name.as_deref());
    // JSON says no more than the job's id; XML its state too, which the codec would say as well if it were here.
    answer.data.push(Job { id: job.id, status: job.status, ..Job::default() }.into());
    answer
}
