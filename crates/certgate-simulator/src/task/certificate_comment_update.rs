use certgate_domain::{AnyData, Response, task::CertificateCommentUpdate, words::StatusType};

use crate::{
    task::Asked,
    world::{World, answer, object, refusal, wrong_id},
};

pub(super) fn run(world: &mut World, task: &CertificateCommentUpdate, _: &Asked<'_>) -> Response<AnyData> {
    let Some(existing) = task.certificate.id.and_then(|id| world.certificates.get_mut(&id)) else {
        return refusal("E4001024", wrong_id("certificate.id", task.certificate.id));
    };
    existing.comment.clone_from(&task.certificate.comment);
    let mut answer = answer("S4001024", "The comment was updated successfully.", StatusType::Success);
    answer.object = object("certificate", existing.name.as_deref());
    answer
}
