//! What a client may meet at the vendor's gateway and is turned away for here as well.

use std::time::Duration;

use certgate_domain::{
    AnyData, AnyTask, BasicUser, Call, CertAuthentication, Certificate, Lenient, ObjectJob, Options, Response, task,
    words::{AuthMethod, JobStatus},
};
use certgate_server::{Caller, Handler};
use certgate_simulator::{Gateway, Handled, Protocol, Settings};
use certgate_wire::{Header, Request};
use pretty_assertions::assert_eq;

use crate::support::gateway::{
    NOW, PROTOCOLS, account, ask, code, codec, csr, data, decode, order, reason, reissue, reply, request, seeded,
    settings,
};

fn send(gateway: &Gateway, protocol: Protocol, call: &Call) -> Response<AnyData> {
    let request = codec(protocol).encode_request(call).payload;
    decode(protocol, call.task.kind(), &reply(gateway.handle(protocol, &request, Duration::ZERO, NOW)))
}

#[test]
fn an_owner_is_the_accounts_user_or_a_subuser_of_it() {
    let owner = |user: &str, context: Option<&str>| BasicUser {
        user: Some(user.to_owned()),
        context: context.map(|context| context.parse().map_or(Lenient::Raw(context.to_owned()), Lenient::Parsed)),
        ..BasicUser::default()
    };
    for protocol in PROTOCOLS {
        for (owner, expected) in [
            (owner("user", Some("9")), ("S400104", ("", "", ""))),
            (owner("subuser", Some("4")), ("S400104", ("", "", ""))),
            (owner("subuser", None), ("S400104", ("", "", ""))),
            (owner("stranger", Some("9")), ("E400104", ("EF01000", "request.owner.user", "stranger"))),
            (owner("subuser", Some("abc")), ("E400104", ("EF01000", "request.owner.context", "abc"))),
        ] {
            let options = Options { owner: Some(owner), ..Options::default() };
            let task = AnyTask::from(task::CertificateInfo::new(571));
            let answer = send(&seeded(), protocol, &Call { task, options, identity: Some(account().into()) });
            assert_eq!((code(&answer), reason(&answer)), expected, "{protocol:?}");
        }
    }
    for (protocol, expected) in [(Protocol::Xml, "E400114"), (Protocol::Json, "E300114")] {
        let options = Options { owner: Some(owner("stranger", None)), ..Options::default() };
        let call = Call { task: task::JobInfo::new(7).into(), options, identity: Some(account().into()) };
        let answer = send(&seeded(), protocol, &call);
        assert_eq!((code(&answer), reason(&answer).1), (expected, "request.owner.user"));
    }
}

#[test]
fn only_known_products_are_ordered() {
    for protocol in PROTOCOLS {
        let gateway = seeded();
        let create = |product: &str| task::CertificateCreate {
            certificate: Certificate { id: None, product: Some(product.to_owned()), ..order(csr("example.com", &[])) },
        };
        let answer = ask(&gateway, protocol, create("QUICKSSL"), 0);
        assert_eq!((code(&answer), reason(&answer)), ("E400101", ("EF01000", "certificate.product", "QUICKSSL")));
        assert_eq!(code(&ask(&gateway, protocol, create("RAPID_SSL_WILDCARD"), 0)), "N400101");
        let prepare = |product| task::CertificatePrepareOrder::new(csr("example.com", &[]), product);
        let answer = ask(&gateway, protocol, prepare(Some("NONE")), 0);
        assert_eq!(reason(&answer), ("EF01000", "certificate_request.product", "NONE"));
        for product in [None, Some("BASIC_SSL")] {
            assert_eq!(code(&ask(&gateway, protocol, prepare(product), 0)), "S400110");
        }
        assert_eq!(gateway.counts().orders, 1);
    }
}

#[test]
fn a_contact_that_is_needed_is_not_deleted() {
    for protocol in PROTOCOLS {
        let gateway = Gateway::with(Settings { job_time: Duration::from_secs(60), ..settings() });
        let delete = |id: i64, uptime: u64| {
            let answer = ask(&gateway, protocol, task::ContactDelete::new(id), uptime);
            (code(&answer).to_owned(), reason(&answer).1.to_owned())
        };
        let refused = || ("E400203".to_owned(), "contact.id".to_owned());
        assert_eq!(delete(1120, 0), refused(), "certificate 571 has it");
        ask(&gateway, protocol, reissue(), 0);
        assert_eq!(delete(100, 1), refused(), "the order under way needs it");
        assert_eq!(delete(100, 61), refused(), "the certificate that came of it has it");
        ask(&gateway, protocol, task::CertificateDelete::new(571), 62);
        assert_eq!(delete(100, 123), ("S400203".to_owned(), String::new()));
    }
}

/// `<auth>` twice, and `<auth>` beside a session: nobody knows who asks.
#[test]
fn one_block_of_credentials() {
    let one = request(Protocol::Xml, task::CertificateInfo::new(571), Some(account()));
    let text = String::from_utf8(one.body.to_vec()).unwrap();
    for second in ["<auth><user>x</user><password>y</password></auth>", "<auth_session><hash>h</hash></auth_session>"] {
        let body = text.replacen("<task>", &format!("{second}<task>"), 1).into_bytes().into();
        let twice = Request { body, ..one.clone() };
        let reply = reply(seeded().handle(Protocol::Xml, &twice, Duration::ZERO, NOW));
        let answer = decode(Protocol::Xml, certgate_domain::TaskKind::PollInfo, &reply);
        assert_eq!((code(&answer), reason(&answer).0), ("E00000", "EF00000"));
        assert!(reason(&answer).2.contains("a second block of credentials <auth"), "{answer:?}");
        assert!(!reason(&answer).2.contains('y'), "{answer:?}");
    }
}

#[test]
fn a_client_of_the_json_api_names_itself() {
    for (protocol, agent, status) in [
        (Protocol::Json, None, 400),
        (Protocol::Json, Some(" "), 400),
        (Protocol::Json, Some("lego"), 200),
        (Protocol::Xml, None, 200),
    ] {
        let mut request = request(protocol, task::PollInfo, Some(account()));
        request.headers.extend(agent.map(|agent| Header::plain("user-agent", agent)));
        let gateway = seeded();
        let Handled::Reply(reply, _) = Handler::handle(&gateway, protocol, &request, &Caller::default()) else {
            panic!("no reply")
        };
        let answer = decode(protocol, certgate_domain::TaskKind::PollInfo, &reply);
        assert_eq!(reply.status, status, "{protocol:?} {agent:?}");
        let expected = if status == 400 { ("E00000", "User-Agent") } else { ("S0905", "") };
        assert_eq!((code(&answer), reason(&answer).1), expected);
    }
}

/// What a client that asks for its job goes by: how it is validated while it runs, and that it is gone when it is over.
#[test]
fn a_job_while_it_runs_and_when_it_is_over() {
    for (protocol, status) in [(Protocol::Xml, "WAIT"), (Protocol::Json, "IN_PROGRESS")] {
        for (is_gone, shown) in [(true, protocol == Protocol::Json), (false, true)] {
            let settings =
                Settings { job_time: Duration::from_secs(60), finished_jobs_are_gone: is_gone, ..settings() };
            let gateway = Gateway::with(settings);
            ask(&gateway, protocol, reissue(), 0);
            let info = |uptime| ask(&gateway, protocol, task::JobInfo::new(4_297_539_521), uptime);
            let running: ObjectJob = data(&info(59)).unwrap();
            assert_eq!(running.job.as_ref().unwrap().status, Some(JobStatus::Running));
            let [step] = &running.authentication[..] else { panic!("{running:?}") };
            assert_eq!(step.status.as_ref().unwrap().as_str(), status);
            assert_eq!(step.step.as_ref().unwrap().as_str(), "DOMAIN_VERIFICATION");
            let object = running.object.clone().unwrap();
            let Some(CertAuthentication { method, dns, .. }) = object.certificate().unwrap().authentication.clone()
            else {
                panic!("{object:?}")
            };
            assert_eq!(method, Some(AuthMethod::Dns));
            assert_eq!(dns.unwrap(), "example.com.\t\t300\tIN\tTXT\t\"4297539521certgate\"", "what is to be published");

            let over = info(60);
            if shown {
                let over: ObjectJob = data(&over).unwrap();
                assert_eq!(over.job.unwrap().status, Some(JobStatus::Success), "{protocol:?}");
                assert_eq!((over.authentication, over.object.unwrap().data), (vec![], None));
            } else {
                assert_eq!((code(&over), reason(&over).0), ("E400114", "EF300101"));
            }
            let history = ask(&gateway, protocol, task::JobHistoryInfo::new(4_297_539_521), 60);
            assert!(data::<ObjectJob>(&history).is_some(), "its history stays");
        }
    }
}

#[test]
fn a_deletion_under_way_has_nothing_to_be_validated() {
    for protocol in PROTOCOLS {
        let gateway = Gateway::with(Settings { job_time: Duration::from_secs(60), ..settings() });
        ask(&gateway, protocol, task::CertificateDelete::new(571), 0);
        let running: ObjectJob = data(&ask(&gateway, protocol, task::JobInfo::new(4_297_539_521), 1)).unwrap();
        assert_eq!(running.authentication, []);
    }
}
