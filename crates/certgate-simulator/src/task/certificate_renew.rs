use certgate_domain::{AnyData, Response, task::CertificateRenew};

use crate::{
    order::Action,
    task::Asked,
    world::{World, refusal},
};

pub(super) fn run(world: &mut World, task: &CertificateRenew, asked: &Asked<'_>) -> Response<AnyData> {
    let checked = world.check_order(Action::Renew, &task.certificate);
    if let Err(reason) = checked.and_then(|()| world.check_renewal(task.certificate.id, asked.now.unix)) {
        return refusal("E400106", reason);
    }
    let certificate = task.certificate.clone();
    world.started(Action::Renew, certificate, asked, "N400106", "Certificate renewal was started successfully.")
}
