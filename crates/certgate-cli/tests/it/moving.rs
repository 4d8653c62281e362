//! A legacy system moves from XML to JSON: a day of its requests, two bridges behind each other, and what real clients send.

use std::{
    fs,
    sync::{
        RwLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use certgate::tape::{Noise, difference::fields};
use certgate_domain::{AnyTask, CertificateData, Query, ResourceRecord, TaskKind, task};
use certgate_json::document;
use certgate_simulator::{Server, Settings};
use pretty_assertions::assert_eq;

use crate::support::{
    binary::{csr, endpoint, serve, until},
    serving::{AUTH, Serving, account, call, codec, post, raw},
    tasks,
};

/// What a legacy system asks for, and the code that it expects.
fn day() -> Vec<(AnyTask, &'static str)> {
    let order = tasks::order(None);
    let plain = fs::read_to_string(csr()).unwrap();
    let records = task::ZoneUpdateRecords {
        origin: Some("example.com".to_owned()),
        remove: vec![ResourceRecord::txt("_none", "absent")],
        ..task::ZoneUpdateRecords::default()
    };
    vec![
        (task::CertificateInfo::new(571).into(), "S400104"),
        (task::CertificateList { query: Query::default() }.into(), "S400105"),
        (task::CertificateInfo::new(1).into(), "E400104"),
        (
            task::CertificatePrepareOrder {
                request: CertificateData { plain: Some(plain), ..CertificateData::default() },
            }
            .into(),
            "S400110",
        ),
        (task::CertificateReissue { certificate: tasks::order(Some(571)) }.into(), "N400101"),
        (task::CertificateCreate { certificate: order }.into(), "N400101"),
        (task::ContactList::default().into(), "S400205"),
        (task::ContactInfo::new(1120).into(), "S400204"),
        (task::JobList::default().into(), "S400115"),
        (task::PollInfo.into(), "S0905"),
        (task::ZoneList::default().into(), "S0205"),
        (records.into(), "S0202001"),
    ]
}

/// The tasks that go over JSON, more with each restart.
const SWITCHED: [&str; 4] = [
    "certificate-info",
    "certificate-info,certificate-list,contact-info,poll-info",
    "certificate-info,certificate-list,contact-info,poll-info,certificate-reissue,zone-update-records",
    "certificate-info,certificate-list,contact-info,poll-info,certificate-reissue,zone-update-records,certificate-create,job-list,zone-list",
];
/// Of twelve requests each.
const ROUNDS: usize = 168;

fn bridge(server: &Server, only: &str) -> Serving {
    let (json, xml) = (endpoint(server, "json"), endpoint(server, "xml"));
    Serving::start(&["bridge", "--endpoint", &json, "--pass-through", &xml, "--only", only])
}

/// What an answer says, but for what differs without meaning anything.
fn differences(kind: TaskKind, direct: &certgate_wire::Reply, bridged: &certgate_wire::Reply) -> Vec<String> {
    let value = |reply| document::response(&codec("xml").decode_response(kind, reply).unwrap().value);
    let found = fields(&value(direct), &value(bridged));
    let noise = Noise::default();
    found.iter().filter(|field| noise.counts(field)).map(|field| field.path.clone()).collect()
}

#[test]
fn a_mixed_day_while_tasks_are_switched_over() {
    let (gateway, server) = serve(Settings::default());
    let day = day();
    let bridge_now = RwLock::new(bridge(&server, SWITCHED[0]));
    let answered = AtomicUsize::new(0);
    thread::scope(|scope| {
        for worker in 0..4 {
            let (day, bridge_now, answered) = (&day, &bridge_now, &answered);
            scope.spawn(move || {
                for round in 0..ROUNDS / 4 {
                    for (at, _) in day.iter().enumerate() {
                        let (task, expected) = &day[(at + worker + round) % day.len()];
                        let bridge = bridge_now.read().unwrap();
                        let reply = post(&bridge.endpoint, "xml", &call(task.clone(), account()));
                        drop(bridge);
                        let answer = codec("xml").decode_response(task.kind(), &reply).unwrap().value;
                        assert_eq!(answer.status.code.unwrap().as_str(), *expected, "{task:?} {:?}", answer.messages);
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        for (number, only) in SWITCHED.iter().enumerate().skip(1) {
            let quarter = ROUNDS * day.len() * number / SWITCHED.len();
            until("a part of the day is over", || answered.load(Ordering::Relaxed) >= quarter);
            let next = bridge(&server, only);
            let mut before = std::mem::replace(&mut *bridge_now.write().unwrap(), next);
            assert_eq!(before.interrupted(), 0, "{}", before.stderr());
        }
    });
    // None is lost, none is doubled.
    assert_eq!(answered.into_inner(), ROUNDS * day.len());
    for (task, _) in &day {
        let of_kind = day.iter().filter(|(other, _)| other.kind() == task.kind()).count();
        // The bridge looks zones up by itself, where JSON wants their name server.
        let is_exact = task.kind() != TaskKind::ZoneList;
        let asked = gateway.asked(task.kind());
        assert!(asked == ROUNDS * of_kind || !is_exact && asked > ROUNDS * of_kind, "{task:?}: {asked}");
    }
    assert_eq!(gateway.counts().orders, 2 * ROUNDS);
    let last = bridge_now.into_inner().unwrap();
    for (task, _) in
        day.iter().filter(|(task, _)| task.kind().changes_nothing() && task.kind() != TaskKind::CertificatePrepareOrder)
    {
        let asked = |at: &str| post(at, "xml", &call(task.clone(), account()));
        let found = differences(task.kind(), &asked(&endpoint(&server, "xml")), &asked(&last.endpoint));
        assert_eq!(found, [] as [String; 0], "{task:?}");
    }
}

#[test]
fn two_bridges_behind_each_other_answer_as_one_gateway() {
    let (gateway, server) = serve(Settings { foreign_first: 1, ..Settings::default() });
    let inner = Serving::start(&["bridge", "--front", "json", "--endpoint", &endpoint(&server, "xml")]);
    let outer = Serving::start(&["bridge", "--front", "xml", "--endpoint", &inner.endpoint]);
    for (task, expected) in day() {
        let reply = post(&outer.endpoint, "xml", &call(task.clone(), account()));
        let answer = codec("xml").decode_response(task.kind(), &reply).unwrap().value;
        assert_eq!(answer.status.code.unwrap().as_str(), expected, "{task:?} {:?}", answer.messages);
        if task.kind().changes_nothing() && task.kind() != TaskKind::CertificatePrepareOrder {
            let direct = post(&endpoint(&server, "xml"), "xml", &call(task.clone(), account()));
            assert_eq!(differences(task.kind(), &direct, &reply), [] as [String; 0], "{task:?}");
        }
    }
    assert_eq!(gateway.counts().orders, 2);
    assert_eq!((inner.stderr(), outer.stderr()), (String::new(), String::new()));
}

const BASIC: &str = "Authorization: Basic dXNlcjpwYXNzd29yZA==\r\nX-Domainrobot-Context: 9\r\nUser-Agent: client/1\r\n";

/// The requests of real clients, in values of our own: who sends it, the path, the headers, the body, and what the answer holds.
fn of_clients() -> Vec<(&'static str, &'static str, &'static str, String, &'static [&'static str])> {
    let xml =
        |tasks: &str| format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<request>\n{AUTH}\n{tasks}\n</request>\n");
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    vec![
        (
            "acme.sh, the zone",
            "POST /",
            form,
            xml("<task><code>0205</code><view><children>1</children><limit>1</limit></view><where><key>name</key><operator>eq</operator><value>example.com</value></where></task>"),
            &["<code>S0205</code>", "<name>example.com</name>", "<system_ns>"],
        ),
        (
            "acme.sh, the record",
            "POST /gateway/",
            form,
            xml("<task><code>0202001</code><default><rr_add><name>_acme-challenge.www</name><ttl>300</ttl><type>TXT</type><value>2026abcd</value></rr_add></default><zone><name>example.com</name></zone></task>"),
            &["<code>S0202001</code>"],
        ),
        (
            "libinternetx, tasks by position",
            "POST /",
            "Content-Type: text/xml\r\n",
            xml("<task serial=\"0\"><code>400104</code><certificate><id>571</id></certificate></task><task serial=\"1\"><code>0304</code><handle><id>1</id></handle></task>"),
            &["</result><result>", "<code>S400104</code>", "<code>E0304</code>"],
        ),
        (
            "SslManagerProv, a contact that is forced",
            "POST /",
            form,
            xml("<language>de</language><task><code>400201</code><contact><first>Ada</first><last>Byron</last><email>ada@example.com</email><title></title></contact><force_contact_create>1</force_contact_create></task>"),
            &["<code>S400201</code>", "<type>contact</type>"],
        ),
        (
            "SslManagerProv, a job that is over",
            "POST /",
            form,
            xml("<task><code>400114</code><certificate_job><job><id>1</id></job></certificate_job></task>"),
            &["<code>E400114</code>", "<code>EF300101</code>"],
        ),
        (
            "node-autodns, the session",
            "POST /xml",
            "",
            xml("<task><code>1321001</code></task>"),
            &["<code>S1321001</code>", "<auth_session>", "<hash>"],
        ),
        (
            "js, a list",
            "POST /v1/certificate/_search?keys%5B%5D=orderId",
            "Content-Type: application/json\r\n",
            r#"{"filters":[{"key":"name","operator":"LIKE","value":"nobody*"}],"view":{"limit":10,"offset":0},"orders":[{"key":"id","type":"DESC"}]}"#.to_owned(),
            &["\"S400105\"", "\"data\":[]"],
        ),
        ("php and python, info", "GET /v1/certificate/571?ctid=mine", "", String::new(), &["\"S400104\"", "\"ctid\":\"mine\""]),
        (
            "python, login",
            "POST /v1/login",
            "Content-Type: application/json\r\n",
            r#"{"context":"9","user":"user","password":"password"}"#.to_owned(),
            &["x-domainrobot-sessionid: ", "set-cookie: domainrobot_session="],
        ),
        (
            "ruby, a contact",
            "POST /v1/sslcontact",
            "Content-Type: application/json\r\n",
            r#"{"fname":"Ada","lname":"Byron","email":"ada@example.com"}"#.to_owned(),
            &["\"S400201\"", "\"data\":[{\"id\":"],
        ),
        ("ruby, what is not there", "GET /v1/domain/example.com", "", String::new(), &["404 Not Found", "\"EFCG404\""]),
    ]
}

#[test]
fn requests_of_real_clients() {
    let (_gateway, server) = serve(Settings::default());
    let over = |front: &str, behind: &str| {
        Serving::start(&["bridge", "--front", front, "--endpoint", &endpoint(&server, behind)])
    };
    let (over_xml, over_json) = (over("xml", "json"), over("json", "xml"));
    for (client, line, headers, body, expected) in of_clients() {
        let is_json = line.contains("/v1");
        let (bridge, own) = if is_json { (&over_json, BASIC) } else { (&over_xml, "") };
        let head = format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{own}{headers}");
        let answer = raw(bridge.address(), &format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()));
        for text in expected {
            assert!(answer.contains(text), "{client}: {text} in {answer}");
        }
    }
}
