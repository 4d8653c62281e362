//! What the gateway refuses, and how it misbehaves when told to.

use std::time::Duration;

use certgate_domain::{
    AnyTask, CertAuthentication, Certificate, Credentials, Secret, SslContact, TaskKind, Verdict,
    task::{CertificateInfo, CertificatePrepareOrder, CertificateReissue, JobInfo, PollConfirm, PollInfo},
    words::AuthMethod,
};
use certgate_simulator::{Fault, Gateway, Handled, Protocol, Settings};
use certgate_wire::{Method, Request};
use pretty_assertions::assert_eq;

use crate::support::gateway::{
    NOW, PROTOCOLS, account, ask, code, codec, csr, decode, handle, order, reason, reissue, reply, request, seeded,
    settings,
};

fn reissue_of(change: impl FnOnce(&mut Certificate)) -> AnyTask {
    let mut certificate = order(csr("example.com", &[]));
    change(&mut certificate);
    CertificateReissue { certificate }.into()
}

#[test]
fn tasks() {
    let text = |text: &str| Some(text.to_owned());
    let by = |method| Some(CertAuthentication { method: Some(method), ..CertAuthentication::default() });
    for (task, expected, reason_expected) in [
        (CertificateInfo::new(1).into(), "E400104", ("EF01000", "certificate.id", "1")),
        (PollConfirm::new(1).into(), "E0906", ("EF01000", "message.id", "1")),
        (CertificatePrepareOrder::new("none", None).into(), "E400110", ("EF01000", "certificate_request.plain", "")),
        (reissue_of(|order| order.id = Some(572)), "E400102", ("EF01000", "certificate.id", "572")),
        (reissue_of(|order| order.csr = None), "E400102", ("EF01000", "certificate.csr", "")),
        (reissue_of(|order| order.csr = text("none")), "E400102", ("EF01000", "certificate.csr", "")),
        (reissue_of(|order| order.name = None), "E400102", ("EF01000", "certificate.name", "")),
        (
            reissue_of(|order| order.name = text("example.org")),
            "E400102",
            ("EF01000", "certificate.name", "example.org"),
        ),
        (reissue_of(|order| order.product = None), "E400102", ("EF01000", "certificate.product", "")),
        (reissue_of(|order| order.admin_contact = None), "E400102", ("EF4001006", "certificate.admin", "")),
        (
            reissue_of(|order| order.technical_contact = Some(SslContact::by_id(1))),
            "E400102",
            ("EF4001010", "certificate.technical", ""),
        ),
        (
            reissue_of(|order| order.authentication = by(AuthMethod::Email)),
            "E400102",
            ("EF01000", "certificate.authentication.method", "EMAIL"),
        ),
    ] {
        for protocol in PROTOCOLS {
            let gateway = seeded();
            let answer = ask(&gateway, protocol, task.clone(), 0);
            assert_eq!((code(&answer), reason(&answer)), (expected, reason_expected), "{protocol:?}");
            assert_eq!((answer.verdict(), answer.data.len()), (Some(Verdict::Refused), 0));
            assert_eq!((gateway.counts().orders, gateway.queue_len()), (0, 0), "{expected}");
            assert_eq!(gateway.asked(task.kind()), 1);
        }
    }
}

#[test]
fn unknown_jobs_have_the_family_of_the_protocol() {
    for (protocol, expected) in [(Protocol::Xml, "E400114"), (Protocol::Json, "E300114")] {
        let answer = ask(&seeded(), protocol, JobInfo::new(7), 0);
        assert_eq!((code(&answer), reason(&answer)), (expected, ("EF300101", "job", "7")));
    }
}

#[test]
fn credentials() {
    let given = |change: fn(&mut Credentials)| {
        let mut account = account();
        change(&mut account);
        Some(account)
    };
    for (credentials, path) in [
        (None, "request.auth"),
        (given(|account| account.user = "other".to_owned()), "request.auth.user"),
        (given(|account| account.password = Secret::new("other")), "request.auth.password"),
        (given(|account| account.context = "4".to_owned()), "request.auth.context"),
    ] {
        for (protocol, status) in [(Protocol::Xml, 200), (Protocol::Json, 401)] {
            let gateway = seeded();
            let request = request(protocol, reissue(), credentials.clone());
            let reply = reply(gateway.handle(protocol, &request, Duration::ZERO, NOW));
            let answer = decode(protocol, TaskKind::CertificateReissue, &reply);
            // A request without credentials says so in XML by the page's placeholders, in JSON by no header.
            let found = reason(&answer);
            assert!(found.0 == "EF01000" && found.1.starts_with(path), "{path}: {found:?}");
            assert_eq!((reply.status, code(&answer), answer.blames_credentials()), (status, "E00000", true));
            assert_eq!((gateway.counts().orders, answer.stid.is_some()), (0, true));
        }
    }
}

#[test]
fn what_cannot_be_read() {
    for (protocol, method, target, body, status, parser) in [
        (Protocol::Xml, Method::Post, "", "<request>", 200, "XML parser"),
        (Protocol::Xml, Method::Post, "", "<request><task><code>1</code></task></request>", 200, "XML parser"),
        (Protocol::Json, Method::Put, "/certificate/571", "{", 400, "JSON parser"),
        (Protocol::Json, Method::Put, "/certificate/abc", "{}", 400, "JSON parser"),
        (Protocol::Json, Method::Get, "/nothing", "", 404, "JSON parser"),
    ] {
        let body = body.as_bytes().to_vec().into();
        let request = Request { method, target: target.to_owned(), headers: Vec::new(), body };
        let reply = reply(seeded().handle(protocol, &request, Duration::ZERO, NOW));
        let answer = decode(protocol, TaskKind::PollInfo, &reply);
        let found = (reply.status, code(&answer), reason(&answer).0, reason(&answer).1);
        assert_eq!(found, (status, "E00000", "EF00000", parser));
    }
}

#[test]
fn several_tasks_in_one_xml_request() {
    let one = request(Protocol::Xml, CertificateInfo::new(571), Some(account()));
    let text = String::from_utf8(one.body.to_vec()).unwrap();
    let second = "</task><task><code>0906</code><message><id>1</id></message></task>";
    let body = text.replacen("</task>", second, 1).into_bytes().into();
    let reply = reply(seeded().handle(Protocol::Xml, &Request { body, ..one }, Duration::ZERO, NOW));
    let answers = codec(Protocol::Xml).decode_responses(TaskKind::CertificateInfo, &reply).unwrap();
    let codes: Vec<_> = answers.iter().map(|answer| code(&answer.value)).collect();
    assert_eq!(codes, ["S400104", "E0906"]);
}

#[test]
fn faults_take_effect_once_and_on_their_task() {
    let info = Some(TaskKind::CertificateInfo);
    for protocol in PROTOCOLS {
        let gateway = seeded();
        for (fault, expected) in [
            (Fault::Status(info, 503), "503 after 0s, Retry-After 1"),
            (Fault::Status(info, 429), "429 after 0s, Retry-After 1"),
            (Fault::Status(None, 401), "401 after 0s"),
            (Fault::Html502(info), "502 after 0s"),
            (Fault::Html200(info), "200 after 0s"),
            (Fault::Late(info, Duration::from_secs(3)), "200 after 3s"),
            (Fault::CutShort(info), "cut short"),
            (Fault::DropAfterRead(info), "dropped"),
        ] {
            gateway.inject(fault.clone());
            if fault != Fault::Status(None, 401) {
                assert_eq!(code(&ask(&gateway, protocol, PollInfo, 0)), "S0905", "{fault:?} waits for its task");
            }
            let found = match handle(&gateway, protocol, CertificateInfo::new(571), 0) {
                Handled::Reply(reply, delay) => match reply.header("retry-after") {
                    Some(seconds) => format!("{} after {delay:?}, Retry-After {seconds}", reply.status),
                    None => format!("{} after {delay:?}", reply.status),
                },
                Handled::CutShort(_) => "cut short".to_owned(),
                Handled::Dropped => "dropped".to_owned(),
            };
            assert_eq!(found.replace("0ns", "0s"), expected, "{fault:?}");
            let after = ask(&gateway, protocol, CertificateInfo::new(571), 0);
            assert_eq!(code(&after), "S400104", "{fault:?} is over");
        }
    }
}

#[test]
fn whether_the_order_was_taken() {
    let order = Some(TaskKind::CertificateReissue);
    for (fault, orders) in [
        (Fault::Status(order, 503), 0),
        (Fault::Html502(order), 1),
        (Fault::CutShort(order), 1),
        (Fault::DropAfterRead(order), 1),
    ] {
        for protocol in PROTOCOLS {
            let gateway = Gateway::with(Settings { faults: vec![fault.clone()], ..settings() });
            handle(&gateway, protocol, reissue(), 0);
            assert_eq!(
                (gateway.counts().orders, gateway.asked(TaskKind::CertificateReissue)),
                (orders, 1),
                "{fault:?}"
            );
        }
    }
}

#[test]
fn errors_with_status_200() {
    let gateway = Gateway::with(Settings { faults: vec![Fault::Error200(None)], ..settings() });
    for expected in [200, 400] {
        let reply = reply(handle(&gateway, Protocol::Json, CertificateInfo::new(1), 0));
        assert_eq!(reply.status, expected);
    }
}

#[test]
fn the_pace() {
    for protocol in PROTOCOLS {
        let gateway = Gateway::with(Settings { pace: Some(2), ..settings() });
        let statuses: Vec<u16> = [0, 0, 0, 1, 1, 1, 3]
            .into_iter()
            .map(|uptime| reply(handle(&gateway, protocol, PollInfo, uptime)).status)
            .collect();
        assert_eq!(statuses, [200, 200, 429, 200, 200, 429, 200]);
        assert_eq!(gateway.counts().turned_away, 2);
    }
}

#[test]
fn the_documented_codes_of_an_accepted_order() {
    for notify_code in ["N400101", "N400102"] {
        let gateway = Gateway::with(Settings { notify_code, ..settings() });
        for protocol in PROTOCOLS {
            let answer = ask(&gateway, protocol, reissue(), 0);
            assert_eq!((code(&answer), answer.verdict()), (notify_code, Some(Verdict::Accepted)));
        }
    }
}
