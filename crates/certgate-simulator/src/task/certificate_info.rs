use certgate_domain::{AnyData, Response, task::CertificateInfo, words::StatusType};

use crate::world::{World, answer, object, refusal, wrong_value};

pub(super) fn run(world: &World, task: &CertificateInfo) -> Response<AnyData> {
    let id = task.id.unwrap_or_default();
    let Some(certificate) = world.certificates.get(&id) else {
        return refusal("E400104", wrong_value("certificate.id", &id.to_string()));
    };
    let mut answer = answer("S400104", "Certificate data were inquired successfully.", StatusType::Success);
    answer.object = object("certificate", certificate.name.as_deref());
    answer.data.push(certificate.clone().into());
    answer
}
