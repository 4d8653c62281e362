use certgate_domain::{AnyData, Job, Response, task::CertificateRenew, words::StatusType};

use crate::{
    order::Action,
    task::Asked,
    world::{DAY, World, answer, message, object, refusal},
};

/// A certificate may be renewed so long before it expires.
const WINDOW: i64 = 90 * DAY;

pub(super) fn run(world: &mut World, task: &CertificateRenew, asked: &Asked<'_>) -> Response<AnyData> {
    if let Err(reason) = world.check_order(Action::Renew, &task.certificate) {
        return refusal("E400106", reason);
    }
    let existing = task.certificate.id.and_then(|id| world.certificates.get(&id));
    let expire = existing.and_then(|existing| existing.expire.as_ref()?.value()?.unix_seconds());
    let name = existing.and_then(|existing| existing.name.clone());
    if expire.is_some_and(|expire| expire > asked.now.unix + WINDOW) {
        let name = name.as_deref().unwrap_or_default();
        return refusal(
            "E400106",
            message("EF4001012", "It is too early to renew the certificate.", "certificate", name),
        );
    }
    let job = world.order(Action::Renew, task.certificate.clone(), asked.stid, asked.ctid, asked.now);
    let mut answer = answer("N400106", "Certificate renewal was started successfully.", StatusType::Notify);
    answer.object = object("certificate", name.as_deref());
    answer.data.push(Job { id: job.id, status: job.status, ..Job::default() }.into());
    answer
}
