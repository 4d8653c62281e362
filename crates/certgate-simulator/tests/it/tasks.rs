//! Every task: what is written reads back on both sides of both codecs, and the simulator answers it over both protocols with
//! the same value.

use std::time::Duration;

use certgate_domain::{
    AnyData, AnyTask, Call, Identity, Lenient, Options, Query, QueryFilter, QueryOrder, Response, Secret, Status,
    StatusCode, TaskKind, Verdict, task,
    words::{Operator, StatusType},
};
use certgate_json::{JsonCodec, document};
use certgate_simulator::{Gateway, Handled, Protocol, Settings};
use certgate_wire::{Codec, Reply};
use certgate_xml::XmlCodec;
use pretty_assertions::assert_eq;

use crate::support::{
    gateway::{NOW, settings},
    tasks::{account, codec, comparable, needs_running, tasks},
};

#[test]
fn the_list_is_complete() {
    let mut kinds: Vec<TaskKind> = tasks(&Secret::new("x"), "x").iter().map(|(task, _)| task.kind()).collect();
    let mut all = TaskKind::ALL.to_vec();
    kinds.sort_by_key(|kind| kind.name());
    all.sort_by_key(|kind| kind.name());
    assert_eq!(kinds, all);
}

#[test]
fn requests_read_back_as_they_were() {
    for (task, _) in tasks(&Secret::new("0123abcd"), "0a1b") {
        let kind = task.kind();
        for protocol in [Protocol::Xml, Protocol::Json] {
            // A logout has nothing but its session in JSON, and a session says nothing of the credentials.
            let identities: &[Identity] = match (kind, protocol) {
                (TaskKind::SessionDelete, Protocol::Json) => &[Identity::Session(Secret::new("0123abcd"))],
                (TaskKind::SessionCreate, _) => &[account().into()],
                _ => &[account().into(), Identity::Session(Secret::new("0123abcd"))],
            };
            for identity in identities {
                let mut options = Options {
                    ctid: Some("mine & yours".to_owned()),
                    reply_to: Some("me@example.com".to_owned()),
                    keys: vec!["orderId".to_owned(), "dnsProvisioning".to_owned()],
                    ..Options::default()
                };
                if protocol == Protocol::Xml {
                    options.language = Some("en".to_owned());
                    options.force_contact_create = Some(Lenient::Parsed(true));
                } else {
                    options.demo = Some(Lenient::Parsed(true));
                }
                let call = Call { task: task.clone(), options, identity: Some(identity.clone()) };
                let encoded = codec(protocol).encode_request(&call);
                assert_eq!(encoded.losses, [], "{kind:?} {protocol:?}");
                let decoded = codec(protocol).decode_requests(Some(kind), &encoded.payload).unwrap().remove(0);
                assert_eq!((&decoded.value, decoded.findings), (&call, vec![]), "{kind:?} {protocol:?}");
            }
        }
    }
}

/// What the gateway answers, and that the answer itself reads back as it was.
fn ask(gateway: &Gateway, protocol: Protocol, task: &AnyTask) -> Response<AnyData> {
    let codec = codec(protocol);
    let identity = match task {
        AnyTask::SessionDelete(_) if protocol == Protocol::Json => {
            let AnyTask::SessionDelete(task) = task else { unreachable!() };
            task.session.clone().map(Identity::Session)
        }
        _ => Some(account().into()),
    };
    let call = Call { task: task.clone(), options: Options::default(), identity };
    let request = codec.encode_request(&call).payload;
    let Handled::Reply(reply, _) = gateway.handle(protocol, &request, Duration::ZERO, NOW) else { panic!("no reply") };
    let answer = codec.decode_response(task.kind(), &reply).unwrap();
    assert_eq!(answer.findings, [], "{task:?} {protocol:?}");
    let again = codec.encode_responses(&[(task.kind(), answer.value.clone())]);
    assert_eq!(again.losses, [], "{task:?} {protocol:?}");
    assert_eq!(codec.decode_response(task.kind(), &again.payload).unwrap().value, answer.value, "{task:?}");
    answer.value
}

fn session(gateway: &Gateway, protocol: Protocol) -> Secret {
    let answer = ask(gateway, protocol, &task::SessionCreate::default().into());
    let Some(AnyData::Session(session)) = answer.data.into_iter().next() else { panic!("no session") };
    session.id.unwrap()
}

#[test]
fn the_gateway_answers_each_over_both_protocols_alike() {
    let kinds = TaskKind::ALL.len();
    for index in 0..kinds {
        let mut answers = Vec::new();
        for protocol in [Protocol::Xml, Protocol::Json] {
            let running = needs_running(tasks(&Secret::new(""), "")[index].0.kind());
            let job_time = Duration::from_secs(if running { 60 } else { 0 });
            let finished_jobs_are_gone = false;
            let settings = Settings { foreign_first: 1, job_time, seed: Some(1), finished_jobs_are_gone, ..settings() };
            let gateway = Gateway::with(settings);
            let session = session(&gateway, protocol);
            let info = ask(&gateway, protocol, &task::CertificateInfo::new(571).into());
            let Some(AnyData::Certificate(certificate)) = info.data.into_iter().next() else {
                panic!("no certificate")
            };
            let (task, before) = tasks(&session, &certificate.serial_number.unwrap()).swap_remove(index);
            if let Some(before) = before {
                assert_eq!(ask(&gateway, protocol, &before).verdict(), Some(Verdict::Accepted));
            }
            let answer = ask(&gateway, protocol, &task);
            let refused = answer.verdict() == Some(Verdict::Refused);
            assert!(!refused, "{:?} {protocol:?}: {answer:?}", task.kind());
            let fits = match task.kind().mode() {
                certgate_domain::Mode::Async => Verdict::Accepted,
                certgate_domain::Mode::Sync => Verdict::Done,
            };
            assert_eq!(answer.verdict(), Some(fits), "{:?}", task.kind());
            answers.push(comparable(task.kind(), &answer));
        }
        if tasks(&Secret::new(""), "")[index].0.kind() != TaskKind::Hello {
            assert_eq!(answers[0], answers[1], "{:?}", tasks(&Secret::new(""), "")[index].0.kind());
        }
    }
}

#[test]
fn what_xml_cannot_say_of_a_query_is_a_loss() {
    let lost = |query: Query| {
        let call = Call { task: task::CertificateList { query }.into(), options: Options::default(), identity: None };
        let losses = XmlCodec::default().encode_request(&call).losses;
        losses.into_iter().map(|loss| loss.path).collect::<Vec<_>>()
    };
    let filter = |filter: QueryFilter| Query { filters: vec![filter], ..Query::default() };
    assert_eq!(lost(filter(QueryFilter::new("name", Operator::IsNull, ""))), ["filters[0].operator"]);
    let values = vec!["a".to_owned(), "b".to_owned()];
    assert_eq!(lost(filter(QueryFilter { values, ..QueryFilter::default() })), ["filters[0].values"]);
    let orders = vec![QueryOrder { ins: vec!["a".to_owned()], ..QueryOrder::default() }];
    assert_eq!(lost(Query { orders, ..Query::default() }), ["orders[0].ins"]);
    assert_eq!(lost(filter(QueryFilter::new("name", Operator::Equal, "x"))), Vec::<String>::new());
}

#[test]
fn a_session_is_read_from_header_or_cookie_and_never_shown() {
    let body =
        r#"{"status":{"code":"S1321001","type":"SUCCESS"},"data":[{"user":"customer","password":"x","context":9}]}"#;
    for (name, value, expected) in [
        ("x-domainrobot-sessionid", "abc", Some("abc")),
        ("set-cookie", "domainrobot_session=def; Path=/;Max-Age=599;secure;httponly", Some("def")),
        ("set-cookie", "other=def", None),
    ] {
        let mut reply = Reply::of(body);
        reply.headers.push((name.to_owned(), value.to_owned()));
        let answer = JsonCodec::default().decode_response(TaskKind::SessionCreate, &reply).unwrap();
        assert_eq!(answer.findings, []);
        let Some(AnyData::Session(session)) = answer.value.data.first() else { panic!("no session") };
        assert_eq!(session.id.as_ref().map(Secret::expose), expected);
        let shown = document::response(&answer.value).to_string();
        assert!(!shown.contains("abc") && !shown.contains("password") && shown.contains("customer"), "{shown}");
    }
    let status = Status { code: Some(StatusCode::new("S1")), text: None, r#type: Some(StatusType::Success) };
    assert_eq!(status.verdict(), Some(Verdict::Done));
}
