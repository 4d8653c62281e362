use certgate_domain::{AnyData, Certificate, Response, task::CertificateRealtime, words::StatusType};

use crate::{
    order::Action,
    task::Asked,
    world::{World, answer, object, refusal, wrong_value},
};

pub(super) fn run(world: &mut World, task: &CertificateRealtime, asked: &Asked<'_>) -> Response<AnyData> {
    if let Err(reason) = world.check_order(Action::Create, &task.certificate) {
        return refusal("E4001012", reason);
    }
    let id = World::next_id(&world.certificates);
    let mut certificate = Certificate { id: Some(id), payable: None, expire: None, ..task.certificate.clone() };
    world.begin_term(&mut certificate, asked.now.unix);
    let csr = certificate.csr.clone().unwrap_or_default();
    if world.issue_into(&mut certificate, &csr, asked.now.unix).is_err() {
        return refusal("E4001012", wrong_value("certificate.csr", ""));
    }
    world.certificates.insert(id, certificate.clone());
    let mut answer = answer("S4001012", "Certificate was issued successfully.", StatusType::Success);
    answer.object = object("certificate", certificate.name.as_deref());
    answer.data.push(world.shown(&certificate, asked.now.unix).into());
    answer
}
