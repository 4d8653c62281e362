use certgate_domain::{AnyData, Certificate, Job, Response, task::CertificateDelete, words::StatusType};

use crate::{
    order::Action,
    task::Asked,
    world::{World, answer, object, refusal, wrong_id},
};

pub(super) fn run(world: &mut World, task: &CertificateDelete, asked: &Asked<'_>) -> Response<AnyData> {
    let Some(existing) = task.id.and_then(|id| world.certificates.get(&id)) else {
        return refusal("E400103", wrong_id("certificate.id", task.id));
    };
    let ordered = Certificate { id: task.id, name: existing.name.clone(), ..Certificate::default() };
    let name = ordered.name.clone();
    let job = world.order(Action::Delete, ordered, asked.stid, asked.ctid, asked.now);
    let mut answer = answer("N400103", "Certificate deletion was started successfully.", StatusType::Notify);
    answer.object = object("certificate", name.as_deref());
    answer.data.push(Job { id: job.id, status: job.status, ..Job::default() }.into());
    answer
}
