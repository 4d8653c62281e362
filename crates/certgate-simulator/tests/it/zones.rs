//! Zones, as a validation changes them: over both protocols, and by any name in the zone over JSON.

use std::time::Duration;

use certgate_domain::{AnyData, AnyTask, Call, Options, ResourceRecord, Response, Zone, task};
use certgate_simulator::{Gateway, Handled, Protocol};
use pretty_assertions::assert_eq;

use crate::support::{
    gateway::{NOW, settings},
    tasks::{account, codec},
};

fn ask(gateway: &Gateway, protocol: Protocol, task: impl Into<AnyTask>) -> Response<AnyData> {
    let call = Call { task: task.into(), options: Options::default(), identity: Some(account().into()) };
    let request = codec(protocol).encode_request(&call).payload;
    let Handled::Reply(reply, _) = gateway.handle(protocol, &request, Duration::ZERO, NOW) else { panic!("no reply") };
    codec(protocol).decode_response(call.task.kind(), &reply).unwrap().value
}

/// The answer's code, and that of its reason.
fn codes(answer: &Response<AnyData>) -> (String, Option<String>) {
    let code = answer.status.code.as_ref().unwrap().as_str().to_owned();
    (code, answer.all_messages().next().and_then(|message| message.code.clone()))
}

fn told(code: &str, reason: Option<&str>) -> (String, Option<String>) {
    (code.to_owned(), reason.map(str::to_owned))
}

fn texts(gateway: &Gateway, protocol: Protocol) -> Vec<(Option<String>, Option<String>)> {
    let answer =
        ask(gateway, protocol, task::ZoneInfo { origin: Some("example.com".to_owned()), virtual_name_server: None });
    let Some(AnyData::Zone(zone)) = answer.data.into_iter().next() else { panic!("no zone") };
    let Zone { resource_records, .. } = *zone;
    let texts = resource_records.into_iter().filter(|record| record.r#type.as_deref() == Some("TXT"));
    texts.map(|record| (record.name, record.value)).collect()
}

fn change(add: Vec<ResourceRecord>, remove: Vec<ResourceRecord>) -> task::ZoneUpdateRecords {
    task::ZoneUpdateRecords {
        origin: Some("example.com".to_owned()),
        virtual_name_server: Some("ns1.dns.example".to_owned()),
        name: None,
        add,
        remove,
    }
}

#[test]
fn a_record_comes_and_goes() {
    for protocol in [Protocol::Xml, Protocol::Json] {
        let gateway = Gateway::with(settings());
        let record = || vec![ResourceRecord { ttl: Some(300), ..ResourceRecord::txt("_dnsauth.www", "2026abcd") }];
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(codes(&ask(&gateway, protocol, change(record(), vec![]))), told("S0202001", None));
        assert_eq!(texts(&gateway, protocol), [(text("_dnsauth.www"), text("2026abcd"))], "{protocol:?}");
        assert_eq!(codes(&ask(&gateway, protocol, change(record(), vec![]))), told("E0202001", Some("EF02022")));
        for _ in 0..2 {
            assert_eq!(codes(&ask(&gateway, protocol, change(vec![], record()))), told("S0202001", None));
            assert_eq!(texts(&gateway, protocol), []);
        }
        let elsewhere = task::ZoneUpdateRecords { origin: text("example.org"), ..change(record(), vec![]) };
        assert_eq!(codes(&ask(&gateway, protocol, elsewhere)), told("E0202001", Some("EF02020")));
        let other_server =
            task::ZoneUpdateRecords { virtual_name_server: text("ns9.dns.example"), ..change(record(), vec![]) };
        assert_eq!(codes(&ask(&gateway, protocol, other_server)), told("E0202001", Some("EF02020")));
    }
}

#[test]
fn records_by_any_name_in_the_zone() {
    let gateway = Gateway::with(settings());
    let stream = |name: &str, add: ResourceRecord| task::ZoneUpdateRecords {
        name: Some(name.to_owned()),
        add: vec![add],
        ..task::ZoneUpdateRecords::default()
    };
    let raw = |line: &str| ResourceRecord { raw: Some(line.to_owned()), ..ResourceRecord::default() };
    let full = "_acme-challenge.www.example.com";
    for (task, expected) in [
        (stream(full, ResourceRecord::txt(full, "first")), told("S0202002", None)),
        (stream("example.com", raw("example.com. 300 IN TXT \"second\"")), told("S0202002", None)),
        (stream(full, raw("_acme-challenge.www.example.com. IN TXT \"first\"")), told("E0202002", Some("EF02022"))),
        (stream("notexample.com", ResourceRecord::txt("notexample.com", "x")), told("E0202002", Some("EF02020"))),
    ] {
        assert_eq!(codes(&ask(&gateway, Protocol::Json, task.clone())), expected, "{task:?}");
    }
    let text = |text: &str| Some(text.to_owned());
    let expected = [(text("_acme-challenge.www"), text("first")), (None, text("second"))];
    assert_eq!(texts(&gateway, Protocol::Xml), expected);
}
