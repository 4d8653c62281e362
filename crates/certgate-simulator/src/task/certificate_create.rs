use certgate_domain::{AnyData, Response, task::CertificateCreate};

use crate::{
    order::Action,
    task::Asked,
    world::{World, refusal},
};

pub(super) fn run(world: &mut World, task: &CertificateCreate, asked: &Asked<'_>) -> Response<AnyData> {
    if let Err(reason) = world.check_order(Action::Create, &task.certificate) {
        return refusal("E400101", reason);
    }
    let certificate = task.certificate.clone();
    world.started(Action::Create, certificate, asked, "N400101", "Certificate order was started successfully.")
}
