use certgate_domain::{AnyData, Response, task::CertificateInfo, words::StatusType};

use crate::{
    task::Asked,
    world::{World, answer, object, refusal, wrong_id},
};

pub(super) fn run(world: &mut World, task: &CertificateInfo, asked: &Asked<'_>) -> Response<AnyData> {
    let Some(certificate) = task.id.and_then(|id| world.certificates.get(&id)) else {
        return refusal("E400104", wrong_id("certificate.id", task.id));
    };
    let mut answer = answer("S400104", "Certificate data were inquired successfully.", StatusType::Success);
    answer.object = object("certificate", certificate.name.as_deref());
    answer.data.push(world.shown(certificate, asked.now.unix).into());
    answer
}
