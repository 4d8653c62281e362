use certgate_domain::{AnyData, Job, Message, Response, SslContact, task::CertificateReissue, words::StatusType};
use certgate_x509::CertificateRequest;

use crate::world::{Now, World, answer, message, object, refusal, wrong_id, wrong_value};

pub(super) fn run(
    world: &mut World,
    task: &CertificateReissue,
    stid: &str,
    ctid: Option<&str>,
    now: Now,
) -> Response<AnyData> {
    if let Err(reason) = check(world, task) {
        return refusal("E400102", reason);
    }
    let ordered = task.certificate.clone();
    let id = ordered.id.unwrap_or_default();
    let name = ordered.name.clone();
    let job = world.order(id, ordered, stid.to_owned(), ctid.map(str::to_owned), now);
    let mut answer =
        answer(world.settings.notify_code, "Certificate order was started successfully.", StatusType::Notify);
    answer.object = object("certificate", name.as_deref());
    // JSON says no more than the job's id; XML its state too, which the codec would say as well if it were here.
    answer.data.push(Job { id: job.id, status: job.status, ..Job::default() }.into());
    answer
}

fn check(world: &World, task: &CertificateReissue) -> Result<(), Message> {
    let ordered = &task.certificate;
    let wrong = |path: &str, value: &str| Err(wrong_value(path, value));
    let Some(existing) = ordered.id.and_then(|id| world.certificates.get(&id)) else {
        return Err(wrong_id("certificate.id", ordered.id));
    };
    let Some(csr) = ordered.csr.as_deref() else { return wrong("certificate.csr", "") };
    let Ok(request) = CertificateRequest::from_pem(csr) else { return wrong("certificate.csr", "") };
    let Some(name) = ordered.name.as_deref() else { return wrong("certificate.name", "") };
    if !request.common_name.iter().chain(&request.names).any(|candidate| candidate.eq_ignore_ascii_case(name)) {
        return wrong("certificate.name", name);
    }
    if ordered.product != existing.product {
        return wrong("certificate.product", ordered.product.as_deref().unwrap_or_default());
    }
    let known = |contact: &Option<SslContact>| {
        contact.as_ref().and_then(|contact| contact.id).filter(|id| world.contacts.contains_key(id))
    };
    if known(&ordered.admin_contact).is_none() {
        return Err(message("EF4001006", "The administrative contact is invalid.", "certificate.admin", ""));
    }
    if known(&ordered.technical_contact).is_none() {
        return Err(message("EF4001010", "The technical contact is invalid.", "certificate.technical", ""));
    }
    let method = |certificate: &certgate_domain::Certificate| {
        certificate.authentication.as_ref().and_then(|authentication| authentication.method.clone())
    };
    if method(ordered) != method(existing) {
        let given = method(ordered).map(|method| method.to_string()).unwrap_or_default();
        return wrong("certificate.authentication.method", &given);
    }
    Ok(())
}
