use certgate_domain::{AnyData, Certificate, Response, task::CertificateDelete};

use crate::{
    order::Action,
    task::Asked,
    world::{World, refusal, wrong_id},
};

pub(super) fn run(world: &mut World, task: &CertificateDelete, asked: &Asked<'_>) -> Response<AnyData> {
    let Some(existing) = task.id.and_then(|id| world.certificates.get(&id)) else {
        return refusal("E400103", wrong_id("certificate.id", task.id));
    };
    let ordered = Certificate { id: task.id, name: existing.name.clone(), ..Certificate::default() };
    world.started(Action::Delete, ordered, asked, "N400103", "Certificate deletion was started successfully.")
}
