use certgate_domain::{AnyData, Response, task::CertificateRevoke, words::StatusType};

use crate::{
    task::Asked,
    world::{World, answer, object, refusal, wrong_id, wrong_value},
};

/// Only an earlier certificate of the order can be revoked: reissue first.
pub(super) fn run(world: &mut World, task: &CertificateRevoke, asked: &Asked<'_>) -> Response<AnyData> {
    let revoked = world.moment(asked.now.unix);
    let Some(existing) = task.certificate.id.and_then(|id| world.certificates.get_mut(&id)) else {
        return refusal("E4001031", wrong_id("certificate.id", task.certificate.id));
    };
    let serial = task.certificate.serial_number.as_deref().unwrap_or_default();
    let same = |there: &Option<String>| there.as_deref().is_some_and(|there| there.eq_ignore_ascii_case(serial));
    let Some(earlier) = existing.histories.iter_mut().find(|history| same(&history.serial_number)) else {
        return refusal("E4001031", wrong_value("certificate.serial_number", serial));
    };
    earlier.revoked = revoked;
    let name = existing.name.clone();
    let mut answer = answer("S4001031", "Certificate was revoked successfully.", StatusType::Success);
    answer.object = object("certificate", name.as_deref());
    answer
}
