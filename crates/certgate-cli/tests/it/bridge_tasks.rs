//! What a bridge makes of each task of a request.

use certgate_domain::{
    AnyData, Query, QueryFilter, QueryView, ResourceRecord, SslContact, TaskKind, Verdict, Zone, task, words::Operator,
};
use certgate_simulator::Settings;
use certgate_wire::{Body, Header, Method, Reply, Request};
use pretty_assertions::assert_eq;

use crate::support::{
    binary::serve,
    serving::{account, bridge, call, codec, post, send, text, xml},
};

const INFO: &str = "<task><code>400104</code><certificate><id>571</id></certificate></task>";

/// The codes of a reply's results and of their first messages.
fn codes(reply: &Reply) -> Vec<(String, Option<String>)> {
    let answers = codec("xml").decode_responses(TaskKind::CertificateInfo, reply).unwrap();
    let codes = answers.into_iter().map(|answer| {
        let first = answer.value.messages.first().and_then(|message| message.code.clone());
        (answer.value.status.code.unwrap().as_str().to_owned(), first)
    });
    codes.collect()
}

#[test]
fn a_task_that_is_none_of_the_bridges_is_refused_in_its_place_and_the_others_are_done() {
    let (gateway, server) = serve(Settings::default());
    let bridge = bridge("xml", &server, &[]);
    let broken = "<task><code>400102</code><ctid>mine</ctid><certificate>text</certificate></task>";
    let reply = send(&bridge.endpoint, &xml(&format!("{INFO}<task><code>0102</code><domain/></task>{broken}{INFO}")));
    let expected = [("S400104", None), ("E0102", Some("EFCG404")), ("E400102", Some("EF00000")), ("S400104", None)];
    let expected = expected.map(|(code, reason)| (code.to_owned(), reason.map(str::to_owned)));
    assert_eq!((reply.status, codes(&reply)), (200, expected.to_vec()));
    assert!(text(&reply).contains("This bridge does not know task 0102"), "{}", text(&reply));
    assert!(text(&reply).contains("<ctid>mine</ctid>"), "{}", text(&reply));
    assert!(bridge.stderr().contains("this bridge does not know task 0102: it was refused"), "{}", bridge.stderr());
    assert_eq!((gateway.asked(TaskKind::CertificateInfo), gateway.counts().orders), (2, 0));

    // What all of them share cannot be read: each of them has its answer.
    let body = format!("<request><auth><user>a</user><user>b</user></auth>{INFO}{INFO}</request>");
    let reply = send(&bridge.endpoint, &Request { body: Body(body.into_bytes()), ..xml("") });
    assert_eq!(codes(&reply), vec![("E00000".to_owned(), Some("EF00000".to_owned())); 2]);
    assert_eq!(gateway.counts().requests, 2);
}

#[test]
fn what_is_no_request_is_refused_for_what_it_is() {
    let (_gateway, server) = serve(Settings::default());
    let bridge = bridge("xml", &server, &[]);
    for (body, found) in
        [("<reply/>", "found the root element &lt;reply&gt;, expected"), ("<request/>", "found no task, expected")]
    {
        let reply = send(&bridge.endpoint, &Request { body: Body(body.as_bytes().to_vec()), ..xml("") });
        assert_eq!(codes(&reply), [("E00000".to_owned(), Some("EF00000".to_owned()))]);
        assert!(text(&reply).contains(found), "{}", text(&reply));
    }
}

#[test]
fn codes_are_of_the_family_of_the_front() {
    let (_gateway, server) = serve(Settings { job_time: std::time::Duration::from_secs(600), ..Settings::default() });
    for (front, info, list) in [("xml", "E400114", "S400115"), ("json", "E300114", "S300115")] {
        let bridge = bridge(front, &server, &[]);
        let code = |task: certgate_domain::AnyTask| {
            let reply = post(&bridge.endpoint, front, &call(task.clone(), account()));
            let answer = codec(front).decode_response(task.kind(), &reply).unwrap().value;
            answer.status.code.unwrap().as_str().to_owned()
        };
        assert_eq!(code(task::JobInfo::new(1).into()), info);
        assert_eq!(code(task::JobList::default().into()), list);
        if front == "json" {
            assert_eq!(code(task::Hello.into()), "S00000");
        }
    }
}

/// XML has no such route: the zone is looked for label by label, and the records' names are made relative to it.
#[test]
fn a_gateway_that_knows_zones_by_their_own_names_is_asked_by_any_name() {
    let (gateway, server) = serve(Settings::default());
    let bridge = bridge("json", &server, &[]);
    let stream = |name: &str, add: &[ResourceRecord], remove: &[ResourceRecord]| {
        let (name, add, remove) = (Some(name.to_owned()), add.to_vec(), remove.to_vec());
        let task = task::ZoneUpdateRecords { name, add, remove, ..task::ZoneUpdateRecords::default() };
        let reply = post(&bridge.endpoint, "json", &call(task, account()));
        let answer = codec("json").decode_response(TaskKind::ZoneUpdateRecords, &reply).unwrap().value;
        let reason = answer.messages.first().and_then(|message| message.code.clone());
        (answer.status.code.unwrap().as_str().to_owned(), reason)
    };
    let texts = || -> Vec<(Option<String>, Option<String>)> {
        let task = task::ZoneInfo { origin: Some("example.com".to_owned()), virtual_name_server: None };
        let reply = post(&format!("{}/v1", server.root()), "json", &call(task, account()));
        let answer = codec("json").decode_response(TaskKind::ZoneInfo, &reply).unwrap().value;
        let zones = answer.data.into_iter().filter_map(|data| match data {
            AnyData::Zone(zone) => Some(zone.resource_records),
            _ => None,
        });
        let is_text = |record: &ResourceRecord| record.r#type.as_deref() == Some("TXT");
        zones.flatten().filter(is_text).map(|record| (record.name, record.value)).collect()
    };
    let done = |code: &str| (code.to_owned(), None);
    let refused = |reason: &str| ("E0202002".to_owned(), Some(reason.to_owned()));
    let challenge = ResourceRecord::txt("_acme-challenge.www.example.com.", "2026abcd");
    let of_zone = ResourceRecord::txt("example.com", "2026efgh");

    assert_eq!(stream("www.example.com", &[challenge.clone(), of_zone.clone()], &[]), done("S0202002"));
    let there = |name: Option<&str>, value: &str| (name.map(str::to_owned), Some(value.to_owned()));
    assert_eq!(texts(), [there(Some("_acme-challenge.www"), "2026abcd"), there(None, "2026efgh")]);
    assert_eq!(gateway.asked(TaskKind::ZoneList), 2, "for www.example.com, then for example.com");
    assert_eq!(stream("example.com", std::slice::from_ref(&challenge), &[]), refused("EF02022"));
    assert_eq!(stream("www.example.com", &[], std::slice::from_ref(&challenge)), done("S0202002"));
    assert_eq!(texts(), [there(None, "2026efgh")]);
    // As octoDNS says it: the zone in the path, and names relative to it.
    let relative = ResourceRecord::txt("_acme-challenge.www", "2026abcd");
    let apex = ResourceRecord { name: None, ..of_zone };
    assert_eq!(stream("example.com.", &[relative], &[apex]), done("S0202002"));
    assert_eq!(texts(), [there(Some("_acme-challenge.www"), "2026abcd")]);

    let changes = gateway.asked(TaskKind::ZoneUpdateRecords);
    let elsewhere = ResourceRecord::txt("www.example.org.", "2026abcd");
    assert_eq!(stream("example.com", &[elsewhere], &[]), refused("EF01000"), "its name is in no zone of that name");
    assert_eq!(stream("www.nowhere.example", &[challenge], &[]), refused("EF02020"));
    let requests = gateway.counts().requests;
    let raw = Some("www.example.com. 300 IN TXT \"2026abcd\"".to_owned());
    let line = ResourceRecord { raw, ..ResourceRecord::default() };
    assert_eq!(stream("example.com", &[line], &[]), refused("EF01000"), "XML has no lines of a zone file");
    assert_eq!((gateway.counts().requests, gateway.asked(TaskKind::ZoneUpdateRecords)), (requests, changes));
}

#[test]
fn an_empty_list_is_a_list_at_the_json_front_and_an_empty_queue_is_nothing() {
    let (_gateway, server) = serve(Settings::default());
    let bridge = bridge("json", &server, &[]);
    let query =
        Query { filters: vec![QueryFilter::new("name", Operator::Equal, "nobody.example")], ..Query::default() };
    let reply = post(&bridge.endpoint, "json", &call(task::CertificateList { query }, account()));
    assert!(text(&reply).contains("\"data\":[]"), "{}", text(&reply));
    let reply = post(&bridge.endpoint, "json", &call(task::PollInfo, account()));
    assert!(reply.status == 200 && !text(&reply).contains("\"data\""), "{}", text(&reply));
}

#[test]
fn a_contact_that_is_created_or_changed_is_answered_with_its_id() {
    let (_gateway, server) = serve(Settings::default());
    let contact = SslContact {
        fname: Some("Ada".to_owned()),
        lname: Some("Byron".to_owned()),
        email: Some("ada@example.com".to_owned()),
        ..SslContact::default()
    };
    for front in ["json", "xml"] {
        let bridge = bridge(front, &server, &[]);
        let reply = post(&bridge.endpoint, front, &call(task::ContactCreate { contact: contact.clone() }, account()));
        let answer = codec(front).decode_response(TaskKind::ContactCreate, &reply).unwrap().value;
        let Some(AnyData::SslContact(created)) = answer.data.into_iter().next() else { panic!("{}", text(&reply)) };
        let changed = SslContact { id: created.id, ..contact.clone() };
        let reply = post(&bridge.endpoint, front, &call(task::ContactUpdate { contact: changed }, account()));
        let answer = codec(front).decode_response(TaskKind::ContactUpdate, &reply).unwrap().value;
        let Some(AnyData::SslContact(changed)) = answer.data.into_iter().next() else { panic!("{}", text(&reply)) };
        assert!(changed.id.is_some() && changed.id == created.id, "{front}");
    }
}

#[test]
fn a_contact_that_is_forced_is_created() {
    let (_gateway, server) = serve(Settings::default());
    let bridge = bridge("xml", &server, &[]);
    let contact = "<contact><first>Ada</first><last>Byron</last><email>ada@example.com</email></contact>";
    for (force, warnings) in [("0", 0), ("1", 1)] {
        let task =
            format!("<task><code>400201</code>{contact}<force_contact_create>{force}</force_contact_create></task>");
        let reply = send(&bridge.endpoint, &xml(&task));
        assert_eq!(codes(&reply), [("S400201".to_owned(), None)], "{force}: {}", text(&reply));
        let said = "contact-create: `options.forceContactCreate` was left out";
        assert_eq!(bridge.stderr().matches(said).count(), warnings, "{}", bridge.stderr());
    }
}

#[test]
fn long_lists_are_asked_for_by_pages() {
    let (gateway, server) = serve(Settings { more_certificates: 20_500, ..Settings::default() });
    for (front, offset, expected) in [("xml", None, 20_000), ("json", Some(1_000), 19_501)] {
        let before = gateway.asked(TaskKind::CertificateList);
        let bridge = bridge(front, &server, &[]);
        let view = Some(QueryView { limit: Some(20_000), offset, ..QueryView::default() });
        let task = task::CertificateList { query: Query { view, ..Query::default() } };
        let reply = post(&bridge.endpoint, front, &call(task, account()));
        let body = text(&reply);
        let ids =
            if front == "xml" { body.matches("<certificate>").count() } else { body.matches("\"orderId\"").count() };
        assert_eq!((reply.status, ids), (200, expected), "{front}");
        assert!(body.contains("20501"), "how many there are in all");
        assert_eq!(gateway.asked(TaskKind::CertificateList) - before, 20);
    }
}

#[test]
fn a_session_is_ended_by_who_shows_credentials_and_its_cookie() {
    let (gateway, server) = serve(Settings::default());
    let bridge = bridge("json", &server, &[]);
    let login = post(&bridge.endpoint, "json", &call(task::SessionCreate::default(), account()));
    let session = login.header("x-domainrobot-sessionid").unwrap().to_owned();
    assert_eq!(gateway.sessions(), 1);
    let mut logout = codec("json").encode_request(&call(task::CertificateInfo::new(571), account())).payload;
    (logout.method, logout.target) = (Method::Get, "/logout".to_owned());
    logout.headers.push(Header::secret("Cookie", format!("other=1; domainrobot_session={session}")));
    let reply = send(&bridge.endpoint, &logout);
    assert_eq!((reply.status, gateway.sessions()), (200, 0), "{}", text(&reply));
}

#[test]
fn the_name_server_that_xml_leaves_out_is_looked_up() {
    let (gateway, server) = serve(Settings::default());
    let bridge = bridge("xml", &server, &[]);
    let ask = |task: certgate_domain::AnyTask| {
        let reply = post(&bridge.endpoint, "xml", &call(task.clone(), account()));
        codec("xml").decode_response(task.kind(), &reply).unwrap().value
    };
    let zone = Zone {
        origin: Some("shop.example".to_owned()),
        virtual_name_server: Some("ns1.dns.example".to_owned()),
        ..Zone::default()
    };
    ask(task::ZoneCreate { zone }.into());
    let change = |origin: &str| task::ZoneUpdateRecords {
        origin: Some(origin.to_owned()),
        add: vec![ResourceRecord::txt("_dnsauth.www", "2026abcd")],
        ..task::ZoneUpdateRecords::default()
    };
    let answer = ask(change("shop.example").into());
    assert_eq!(answer.verdict(), Some(Verdict::Done), "{answer:?}");
    assert_eq!((gateway.asked(TaskKind::ZoneUpdateRecords), gateway.asked(TaskKind::ZoneList)), (1, 1));
    let answer = ask(change("missing.example").into());
    assert_eq!(answer.messages[0].code.as_deref(), Some("EF02020"), "{answer:?}");
    assert_eq!((gateway.asked(TaskKind::ZoneUpdateRecords), gateway.asked(TaskKind::ZoneList)), (1, 2));
}

#[test]
fn what_is_turned_away_by_http_is_told_in_the_protocol_of_the_front() {
    let (_gateway, server) = serve(Settings::default());
    for (front, method, path, status, told) in [
        ("xml", Method::Get, "", 405, None),
        ("json", Method::Get, "/domain/a.example/_renew?x=y", 404, Some("GET /domain/…/_renew")),
        ("json", Method::Delete, "/hello", 404, Some("DELETE /hello")),
    ] {
        let bridge = bridge(front, &server, &[]);
        let request = Request { method, target: path.to_owned(), headers: vec![], body: Body::default() };
        let reply = send(&bridge.endpoint, &request);
        let answer = codec(front).decode_response(TaskKind::Hello, &reply).unwrap().value;
        assert_eq!((reply.status, answer.verdict()), (status, Some(Verdict::Refused)), "{front} {path}");
        assert_eq!(answer.messages[0].code.as_deref(), Some(format!("EFCG{status}").as_str()));
        assert_eq!(reply.header("allow").is_some(), status == 405);
        let (start, said) = ("this bridge does not know ", bridge.stderr());
        let unknown = said.split_once(start).and_then(|(_, rest)| Some(rest.split_once(": it was refused")?.0));
        assert_eq!(unknown, told, "{said}");
    }
}
