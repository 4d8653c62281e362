//! A whole reissue, the queue and the jobs, over both protocols.

use std::time::Duration;

use certgate_domain::{
    Certificate, CertificateData, Job, ObjectData, ObjectJob, PollMessage, ResponseObject,
    task::{CertificateInfo, CertificatePrepareOrder, Hello, JobInfo, PollConfirm},
    words::{AuthMethod, JobStatus},
};
use certgate_simulator::{Counts, Gateway, Protocol, Settings};
use certgate_x509::CertificateRequest;
use pretty_assertions::assert_eq;

use crate::support::gateway::{NOW, PROTOCOLS, ask, code, csr, data, poll, reason, reissue, seeded, settings};

#[test]
fn a_reissue() {
    for protocol in PROTOCOLS {
        let gateway = seeded();
        let before: Certificate = data(&ask(&gateway, protocol, CertificateInfo::new(571), 0)).unwrap();
        let ordered = reissue();
        let csr = ordered.certificate.csr.clone().unwrap();
        let accepted = ask(&gateway, protocol, ordered, 1);
        assert_eq!((code(&accepted), accepted.ctid.as_deref()), ("N400101", Some("mine")));
        let job: Job = data(&accepted).unwrap();
        assert_eq!((job.id, job.status), (Some(4_297_539_521), Some(JobStatus::Running)));

        let polled = ask(&gateway, protocol, poll(), 1);
        assert_eq!(code(&polled), "S0905");
        let id = polled.object.as_ref().and_then(|object| object.value.clone()).unwrap();
        assert_eq!(polled.object.as_ref().and_then(|object| object.summary), Some(1));
        let message: PollMessage = data(&polled).unwrap();
        assert_eq!(message.id.map(|id| id.to_string()), Some(id));
        assert_eq!(message.stid, accepted.stid, "the message is about the order");
        let about = message.job.unwrap();
        assert_eq!((about.id, about.status), (job.id, Some(JobStatus::Success)));

        let confirmed = ask(&gateway, protocol, PollConfirm::new(message.id.unwrap()), 1);
        assert_eq!((code(&confirmed), gateway.queue_len()), ("S0906", 0));

        let after: Certificate = data(&ask(&gateway, protocol, CertificateInfo::new(571), 1)).unwrap();
        assert_eq!(message.object.unwrap().certificate(), Some(&after), "the message carries the certificate");
        assert_eq!(after.csr.as_ref(), Some(&csr));
        assert!(after.serial_number != before.serial_number && after.server != before.server);
        assert_eq!(after.admin_contact.unwrap().id, Some(100), "the order's contact");
        let names: Vec<_> = after.subject_alternative_names.into_iter().filter_map(|other| other.name).collect();
        assert_eq!(names, ["www.example.com"]);
        let authorities: Vec<String> =
            after.certification_authority.into_iter().filter_map(|authority| authority.ca_certificate).collect();
        let (checks, issued) = certgate_x509::check(
            &CertificateRequest::from_pem(&csr).unwrap(),
            Some("example.com"),
            &after.server.unwrap(),
            &authorities,
            NOW,
        );
        let issued = issued.unwrap_or_else(|| panic!("{checks:?}"));
        assert_eq!((issued.chain.len(), authorities.len()), (1, 2), "the root is given, and left out of the chain");
        assert_eq!(Some(issued.certificate.serial), after.serial_number);
        assert_eq!(issued.certificate.not_after, NOW + 360 * 86_400);
        assert_eq!(gateway.counts(), Counts { requests: 5, turned_away: 0, orders: 1, confirms: 1 });
    }
}

#[test]
fn both_protocols_say_the_same() {
    let gateway = Gateway::with(Settings { seed: Some(1), finished_jobs_are_gone: false, ..settings() });
    gateway.push_foreign(1);
    ask(&gateway, Protocol::Json, reissue(), 0);
    let both = |ask: &dyn Fn(Protocol) -> certgate_domain::Response<certgate_domain::AnyData>| {
        let [xml, json] = PROTOCOLS.map(|protocol| certgate_domain::Response { stid: None, ..ask(protocol) });
        assert_eq!(xml, json);
    };
    both(&|protocol| ask(&gateway, protocol, CertificateInfo::new(571), 0));
    both(&|protocol| ask(&gateway, protocol, CertificateInfo::new(1), 0));
    let [xml, json] = PROTOCOLS.map(|protocol| ask(&gateway, protocol, JobInfo::new(4_297_539_521), 0));
    assert_eq!((code(&xml), code(&json)), ("S400114", "S300114"));
    assert_eq!(data::<ObjectJob>(&xml).unwrap().job, data::<ObjectJob>(&json).unwrap().job);
    // A notification of another kind, then ours.
    both(&|protocol| ask(&gateway, protocol, poll(), 0));
    ask(&gateway, Protocol::Xml, PollConfirm::new(1_405_661), 0);
    both(&|protocol| ask(&gateway, protocol, poll(), 0));
    assert_eq!(gateway.queue_len(), 1);
}

#[test]
fn orders_are_prepared() {
    for protocol in PROTOCOLS {
        let gateway = seeded();
        let plain = csr("example.com", &["example.com", "www.example.com"]);
        let answer = ask(&gateway, protocol, CertificatePrepareOrder::new(plain.clone(), Some("QUICKSSLPREMIUM")), 0);
        assert_eq!(code(&answer), "S400110");
        let prepared: CertificateData = data(&answer).unwrap();
        assert_eq!((prepared.plain, prepared.name.as_deref()), (Some(plain), Some("example.com")));
        assert_eq!(prepared.key_size, Some(256));
        let by = |method: AuthMethod| {
            prepared.authentication.iter().find(|offer| offer.method.as_ref() == Some(&method)).cloned().unwrap()
        };
        let token = by(AuthMethod::File).file_content.unwrap();
        assert_eq!(token.len(), 58, "ten digits of time, and the token");
        assert_eq!(by(AuthMethod::Dns).dns, Some(format!("example.com.\t\t300\tIN\tTXT\t\"{token}\"")));
        assert_eq!(by(AuthMethod::Email).approver_emails[0], "admin@example.com");
    }
}

#[test]
fn the_queue_is_first_in_first_out() {
    for protocol in PROTOCOLS {
        let gateway = seeded();
        let empty = ask(&gateway, protocol, poll(), 0);
        assert_eq!((code(&empty), empty.data.len()), ("S0905", 0));
        gateway.push_foreign(2);
        ask(&gateway, protocol, reissue(), 0);
        let mut seen = Vec::new();
        for summary in [3, 2, 1] {
            let first = ask(&gateway, protocol, poll(), 0);
            assert_eq!(first.object.as_ref().and_then(|object| object.summary), Some(summary));
            let message: PollMessage = data(&first).unwrap();
            let again: PollMessage = data(&ask(&gateway, protocol, poll(), 0)).unwrap();
            assert_eq!(message, again, "the same until it is confirmed");
            let ResponseObject { r#type, data, .. } = message.object.unwrap();
            seen.push((r#type.unwrap(), matches!(data, Some(ObjectData::Foreign(_)))));
            ask(&gateway, protocol, PollConfirm::new(message.id.unwrap()), 0);
            let twice = ask(&gateway, protocol, PollConfirm::new(message.id.unwrap()), 0);
            assert_eq!((code(&twice), reason(&twice).1), ("E0906", "message.id"), "takes no other one off");
        }
        assert_eq!(seen, [("domain".to_owned(), true), ("domain".to_owned(), true), ("certificate".to_owned(), false)]);
    }
}

#[test]
fn jobs_take_their_time_and_may_fail() {
    let (running, success, failed) = (JobStatus::Running, JobStatus::Success, JobStatus::Failed);
    let job_time = Duration::from_secs(10);
    for protocol in PROTOCOLS {
        for (what, settings, states) in [
            ("slow", Settings { job_time, ..settings() }, [&running, &running, &success]),
            ("fails", Settings { job_time, jobs_fail: true, ..settings() }, [&running, &running, &failed]),
            ("never ends", Settings { jobs_never_end: true, ..settings() }, [&running; 3]),
        ] {
            let gateway = Gateway::with(Settings { finished_jobs_are_gone: false, ..settings });
            let before = ask(&gateway, protocol, CertificateInfo::new(571), 0).data;
            ask(&gateway, protocol, reissue(), 0);
            for (uptime, state) in [1, 9, 10].into_iter().zip(states) {
                let job: ObjectJob = data(&ask(&gateway, protocol, JobInfo::new(4_297_539_521), uptime)).unwrap();
                assert_eq!(job.job.unwrap().status.as_ref(), Some(state), "{what} at {uptime}");
            }
            let message: Option<PollMessage> = data(&ask(&gateway, protocol, poll(), 10));
            let job = message.as_ref().and_then(|message| message.job.as_ref());
            let expected = (*states[2] != running).then_some(states[2]);
            assert_eq!(job.and_then(|job| job.status.as_ref()), expected, "{what}");
            let reasons =
                message.iter().flat_map(|message| &message.messages).filter_map(|reason| reason.code.as_deref());
            let expected: &[&str] = if *states[2] == failed { &["EF4001030"] } else { &[] };
            assert_eq!(reasons.collect::<Vec<_>>(), expected, "{what}");
            let after = ask(&gateway, protocol, CertificateInfo::new(571), 10).data;
            assert_eq!(after == before, *states[2] != success, "{what}");
        }
    }
}

#[test]
fn hello() {
    let gateway = seeded();
    for (protocol, expected) in [(Protocol::Xml, "S0905"), (Protocol::Json, "S00000")] {
        assert_eq!(code(&ask(&gateway, protocol, Hello, 0)), expected);
    }
}
