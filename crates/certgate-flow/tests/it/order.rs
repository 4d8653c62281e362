//! An order over event orders, with a made-up clock: a script of what the gateway says, and what the workflow asks for.

use std::time::Duration;

use certgate_domain::{
    AnyData, AnyTask, Certificate, SslContact, SubjectAlternativeName, TimePeriod,
    words::{AuthMethod, JobStatus, ServerSoftware},
};
use certgate_flow::{
    Ending, Event, ForeignMessages, Order, Pending, Purpose, RequestError, RequestedOrder, Step, Workflow,
};
use pretty_assertions::assert_eq;

use crate::support::{
    JOB, Run, START, accepted, answer, confirmed, csr, empty, existing, message, object_job, polled, prepared, refused,
    requested, run, start,
};

#[test]
fn the_documented_order_of_work_with_either_code() {
    for code in ["N400101", "N400102"] {
        let mut run = Run::new(requested(), ForeignMessages::Spool);
        let mut script = vec![existing(), prepared(), accepted(code)];
        script.extend([polled(message(7, Some(JOB), JobStatus::Success)), confirmed(), existing()]);
        let ending = run.run(script);
        assert_eq!(run.words[..4], START);
        assert_eq!(run.words[4..], ["poll-info", "store 7", "confirm 7", "certificate-info", "end"]);
        assert!(matches!(ending, Some(Ending::Issued(certificate)) if certificate.id == Some(571)));
        assert_eq!(run.job(), Some(JOB));
    }
}

#[test]
fn the_order_takes_what_is_not_given_from_the_certificate() {
    let mut flow = Order::new(RequestedOrder { lifetime: Some(24), admin: Some(5), ..requested() });
    let now = Duration::ZERO;
    flow.step(now);
    flow.heard(existing(), now);
    flow.step(now);
    flow.heard(prepared(), now);
    flow.heard(Event::Published, now);
    let Step::Send(AnyTask::CertificateReissue(task)) = flow.step(now) else { panic!("expected the order") };
    let order = task.certificate;
    assert_eq!(order.id, Some(571));
    assert_eq!(order.name.as_deref(), Some("example.com"));
    assert_eq!(order.product.as_deref(), Some("QUICKSSLPREMIUM"));
    assert_eq!(order.lifetime, Some(TimePeriod::months(24)));
    assert_eq!(order.software, Some(ServerSoftware::ApacheSsl));
    assert_eq!(order.admin_contact, Some(SslContact::by_id(5)));
    assert_eq!(order.technical_contact, Some(SslContact::by_id(1121)));
    let authentication = order.authentication.unwrap();
    assert_eq!(authentication.method, Some(AuthMethod::Dns));
    assert_eq!(
        authentication.dns.as_deref(),
        Some("example.com. 300 IN TXT \"new\""),
        "of this preparation, not the old one"
    );
    assert_eq!(authentication.provisioning, Some(true.into()));
}

#[test]
fn a_certificate_that_is_known_is_not_asked_for_again() {
    let Event::Answered(answer) = existing() else { panic!("expected an answer") };
    let Some(AnyData::Certificate(certificate)) = answer.data.first() else { panic!("expected a certificate") };
    let mut flow = Order::new(requested()).with_existing((**certificate).clone());
    let Step::Send(AnyTask::CertificatePrepareOrder(_)) = flow.step(Duration::ZERO) else {
        panic!("expected a look at the CSR")
    };
    assert_eq!(flow.name(), Some("example.com"));
    let other = Certificate { name: Some("other.example".into()), ..(**certificate).clone() };
    let mut flow = Order::new(requested()).with_existing(other);
    let Step::End(ending) = flow.step(Duration::ZERO) else { panic!("expected a refusal") };
    assert!(matches!(*ending, Ending::InvalidRequest(RequestError::OtherName { .. })), "{ending:?}");
}

#[test]
fn nothing_is_asked_for_what_is_given() {
    let complete = RequestedOrder {
        product: Some("SSL123".into()),
        name: Some("EXAMPLE.com".into()),
        is_own_name: true,
        admin: Some(1),
        technical: Some(2),
        software: Some(ServerSoftware::Apache2),
        lifetime: Some(12),
        method: Some(AuthMethod::Email),
        ..requested()
    };
    let (words, _) = run(complete.clone(), vec![prepared()]);
    assert_eq!(words, ["certificate-prepare-order", "publish", "certificate-reissue"]);
    let by_dns = RequestedOrder { is_own_name: false, method: Some(AuthMethod::Dns), ..complete.clone() };
    let (words, _) = run(by_dns, vec![existing(), prepared()]);
    assert_eq!(words, ["certificate-info", "certificate-prepare-order", "publish", "certificate-reissue"]);
    let mut flow = Order::new(complete);
    flow.heard(prepared(), Duration::ZERO);
    flow.heard(Event::Published, Duration::ZERO);
    let Step::Send(AnyTask::CertificateReissue(task)) = flow.step(Duration::ZERO) else { panic!("expected the order") };
    let authentication = task.certificate.authentication.unwrap();
    assert_eq!(authentication.approver_emails, ["admin@example.com"]);
    assert_eq!(authentication.provisioning, None);
}

#[test]
fn endings() {
    let failed = polled(message(7, Some(JOB), JobStatus::Failed));
    let with = |tail: Vec<Event>| start().into_iter().chain(tail).collect::<Vec<_>>();
    let forever = with((0..40).map(|_| empty()).collect());
    for (what, foreign, script, expected) in [
        ("refused", ForeignMessages::Spool, vec![existing(), prepared(), refused("E400102", "EF01000")], "refused"),
        ("no such certificate", ForeignMessages::Spool, vec![refused("E400104", "EF01000")], "refused"),
        ("job failed", ForeignMessages::Spool, with(vec![failed, confirmed()]), "failed"),
        (
            "job failed, queue left",
            ForeignMessages::Leave,
            with(vec![answer("S300114", vec![object_job(JobStatus::Failed)])]),
            "failed",
        ),
        (
            "job failed and gone",
            ForeignMessages::Leave,
            with(vec![refused("E300114", "EF300101"), answer("S300134", vec![object_job(JobStatus::Failed)])]),
            "failed",
        ),
        ("time is up", ForeignMessages::Spool, forever, "deadline"),
        ("stop", ForeignMessages::Stop, with(vec![polled(message(1, Some(99), JobStatus::Success))]), "foreign 1"),
        ("nothing asked for", ForeignMessages::Spool, vec![answer("S400104", vec![])], "no certificate"),
        (
            "neither queue nor job may be read",
            ForeignMessages::Spool,
            with(vec![refused("E0905", "EF01000"), refused("E300114", "EF01000")]),
            "refused",
        ),
    ] {
        let mut run = Run::new(requested(), foreign);
        let (ending, words) = (run.run(script), run.words);
        let seen = match ending {
            Some(Ending::Refused(_)) => "refused".to_owned(),
            Some(Ending::Failed(_)) => "failed".to_owned(),
            Some(Ending::Pending(Pending::Deadline)) => "deadline".to_owned(),
            Some(Ending::Pending(Pending::ForeignFirst { message })) => format!("foreign {}", message.unwrap()),
            Some(Ending::ProtocolViolation(_)) => "no certificate".to_owned(),
            other => format!("{other:?}"),
        };
        assert_eq!(seen, expected, "{what}");
        let orders = words.iter().filter(|word| *word == "certificate-reissue").count();
        assert!(orders <= 1, "{what}: one order at most");
        assert!(!words.iter().any(|word| word == "confirm 1"), "{what}: nobody else's message is taken off");
    }
}

#[test]
fn what_does_not_fit_is_not_ordered() {
    let (csr, request) = csr("other.example");
    let other = RequestedOrder { csr: Some((csr, request)), ..requested() };
    let (words, ending) = run(other, vec![existing()]);
    assert_eq!(words, ["certificate-info", "end"]);
    let (common_name, name) = (Some("other.example".to_owned()), "example.com".to_owned());
    assert_eq!(ending, Some(Ending::InvalidRequest(RequestError::OtherName { common_name, name })));

    // The CSR is for the name that is given, and the certificate has another.
    let (csr, request) = self::csr("other.example");
    let name = Some("other.example".to_owned());
    let (words, ending) = run(RequestedOrder { csr: Some((csr, request)), name, ..requested() }, vec![existing()]);
    assert_eq!(words, ["certificate-info", "end"]);
    let (there, name) = ("example.com".to_owned(), "other.example".to_owned());
    assert_eq!(ending, Some(Ending::InvalidRequest(RequestError::NameOfAnother { id: 571, there, name })));

    // The other is a further name of the certificate, whose own would be in none.
    let Event::Answered(mut response) = existing() else { unreachable!() };
    let AnyData::Certificate(certificate) = &mut response.data[0] else { unreachable!() };
    certificate.subject_alternative_names = vec![SubjectAlternativeName::new("other.example")];
    let other = RequestedOrder { csr: Some(self::csr("other.example")), ..requested() };
    let named = RequestedOrder { name: Some("other.example".to_owned()), ..other.clone() };
    let (words, ending) = run(named, vec![Event::Answered(response.clone())]);
    assert_eq!(words, ["certificate-info", "end"]);
    let (there, name) = ("example.com".to_owned(), "other.example".to_owned());
    assert_eq!(ending, Some(Ending::InvalidRequest(RequestError::NameOfAnother { id: 571, there, name })));
    let (_, ending) = run(other, vec![Event::Answered(response)]);
    assert!(matches!(ending, Some(Ending::InvalidRequest(RequestError::OtherName { .. }))), "{ending:?}");

    let by_file = RequestedOrder { method: Some(AuthMethod::File), ..requested() };
    let (words, ending) = run(by_file.clone(), vec![existing()]);
    assert_eq!(words, ["certificate-info", "end"]);
    let expected = RequestError::OtherMethod { there: AuthMethod::Dns, method: AuthMethod::File };
    assert_eq!(ending, Some(Ending::InvalidRequest(expected)));

    // That of another term is the gateway's to say.
    let by_file = RequestedOrder { purpose: Purpose::Renew(571), ..by_file };
    let (words, ending) = run(by_file, vec![existing(), prepared()]);
    assert_eq!(words, ["certificate-info", "certificate-prepare-order", "end"]);
    let offered = vec![AuthMethod::Email, AuthMethod::Dns];
    let expected = RequestError::MethodNotOffered { method: AuthMethod::File, offered };
    assert_eq!(ending, Some(Ending::InvalidRequest(expected)));
}

#[test]
fn no_wait_ends_with_the_job() {
    let mut run = Run::new(RequestedOrder { wait: false, ..requested() }, ForeignMessages::Spool);
    let ending = run.run(start());
    assert_eq!(run.words.last().map(String::as_str), Some("end"));
    assert_eq!(ending, Some(Ending::Pending(Pending::NoWait)));
    assert_eq!(run.job(), Some(JOB));
}
