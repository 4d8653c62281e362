use certgate_domain::{AnyData, Response, task::CertificateReissue};

use crate::{
    order::Action,
    task::Asked,
    world::{World, refusal},
};

pub(super) fn run(world: &mut World, task: &CertificateReissue, asked: &Asked<'_>) -> Response<AnyData> {
    let checked = world.check_order(Action::Reissue, &task.certificate);
    if let Err(reason) = checked.and_then(|()| world.check_term(task.certificate.id, asked.now.unix)) {
        return refusal("E400102", reason);
    }
    let certificate = task.certificate.clone();
    world.started(
        Action::Reissue,
        certificate,
        asked,
        world.settings.notify_code,
        "Certificate order was started successfully.",
    )
}
