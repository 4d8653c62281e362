//! What a bridge passes through to the gateway of the front's own protocol: as it is, in its place, in its time.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use certgate_domain::{Protocol, TaskKind, task};
use certgate_server::{Handled, Server};
use certgate_simulator::{Fault, Settings};
use certgate_wire::{Body, Codec, Header, Method, Reply, Request, header_bytes, header_text};
use certgate_xml::XmlCodec;
use pretty_assertions::assert_eq;
use serde_json::Value;

use crate::support::{
    binary::{endpoint, mode, serve},
    legacy::{Legacy, Log, noted},
    serving::{AUTH, Serving, account, call, codec, other, post, send, text},
};

fn bridge(front: &str, behind: &Server, beside: &Server, per_second: usize, more: &[&str]) -> Serving {
    let (behind, beside) = (endpoint(behind, other(front)), endpoint(beside, front));
    let arguments = ["bridge", "--front", front, "--endpoint", &behind, "--pass-through", &beside];
    Serving::at_pace(per_second, &[&arguments[..], more].concat())
}

fn xml(body: &str, headers: Vec<Header>) -> Request {
    Request { method: Method::Post, target: String::new(), headers, body: Body(body.as_bytes().to_vec()) }
}

const INFO: &str = "<task><code>400104</code><certificate><id>571</id></certificate></task>";
const REVOKE: &str = "<task><code>4001031</code><certificate><id>571</id></certificate></task>";
const DOMAIN: &str =
    "<task serial=\"7\">\n <domain><name><![CDATA[a&b</task>]]></name></domain><!-- é --><code>0105</code>\t</task>";

fn codes(reply: &Reply) -> Vec<String> {
    let answers = XmlCodec::default().decode_responses(TaskKind::CertificateInfo, reply).unwrap();
    answers.into_iter().map(|answer| answer.value.status.code.unwrap().as_str().to_owned()).collect()
}

#[test]
fn a_request_of_which_all_goes_through_goes_byte_for_byte_and_so_does_its_answer() {
    let log = Log::default();
    let (legacy, (gateway, behind)) = (Legacy::new(Protocol::Xml, &log), noted(Settings::default(), &log));
    let beside = legacy.serve();
    let bridge = bridge("xml", &behind, &beside, 1000, &[]);
    let mut body = b"<?xml version='1.0' encoding=\"iso-8859-1\"?>\r\n<request >".to_vec();
    body.extend_from_slice(AUTH.as_bytes());
    body.extend_from_slice(b"<task><domain>K\xF6ln</domain><code>0102</code></task> <!-- end --></request>\n\n");
    let headers = vec![
        Header::plain("Content-Type", "application/x-www-form-urlencoded"),
        Header::plain("User-Agent", "legacy/0.1"),
        Header::plain("X-Custom", "kept"),
        Header::plain("Connection", "close, X-Hop"),
        Header::plain("X-Hop", "not kept"),
        Header::plain("Accept-Encoding", "gzip"),
    ];
    let request = Request { method: Method::Post, target: String::new(), headers, body: Body(body.clone()) };
    let odd = b"<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n<response><result><status><code>S0102</code></status>\xE4</result></response>";
    let reply = Reply {
        status: 203,
        headers: vec![
            ("Content-Type".to_owned(), "text/xml;charset=ISO-8859-1".to_owned()),
            ("Set-Cookie".to_owned(), "a=1".to_owned()),
            ("Set-Cookie".to_owned(), "b=2".to_owned()),
            ("Keep-Alive".to_owned(), "timeout=5".to_owned()),
        ],
        body: Body(odd.to_vec()),
    };
    *legacy.says.lock().unwrap() = Some(Handled::Reply(reply.clone(), Duration::ZERO));
    let answer = send(&bridge.endpoint, &request);
    assert_eq!((answer.status, &answer.body[..]), (203, &odd[..]));
    let cookies: Vec<_> =
        answer.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| value.as_str()).collect();
    assert_eq!(cookies, ["a=1", "b=2"]);
    assert_eq!(
        (answer.header("content-type"), answer.header("keep-alive")),
        (Some("text/xml;charset=ISO-8859-1"), None)
    );
    let seen = legacy.last();
    assert_eq!(&seen.body[..], &body[..]);
    let header = |name: &str| seen.header(name).map(str::to_owned);
    assert_eq!(header("content-type").as_deref(), Some("application/x-www-form-urlencoded"));
    assert_eq!((header("user-agent").as_deref(), header("x-custom").as_deref()), (Some("legacy/0.1"), Some("kept")));
    assert_eq!((header("x-hop"), header("accept-encoding").as_deref()), (None, Some("gzip")));
    assert_eq!(header("accept"), None, "nothing is added");
    assert!(beside.xml_endpoint().contains(&header("host").unwrap()));
    assert_eq!(gateway.counts().requests, 0);
}

/// Also in what no text is, as old systems have it.
#[test]
fn headers_go_through_byte_for_byte() {
    let log = Log::default();
    let (legacy, (_gateway, behind)) = (Legacy::new(Protocol::Json, &log), noted(Settings::default(), &log));
    let beside = legacy.serve();
    let bridge = bridge("json", &behind, &beside, 1000, &[]);
    let headers = vec![("X-Odd".to_owned(), header_text(b"M\xFCnchen"))];
    *legacy.says.lock().unwrap() = Some(Handled::Reply(Reply { headers, ..Reply::of("{}") }, Duration::ZERO));
    let mut stream = TcpStream::connect(bridge.address()).unwrap();
    let head =
        b"GET /v1/domain/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Custom: K\xF6ln \xC3\xB6\r\n\r\n";
    stream.write_all(head).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert_eq!(*header_bytes(legacy.last().header("x-custom").unwrap()), *b"K\xF6ln \xC3\xB6");
    let odd = b"x-odd: M\xFCnchen\r\n";
    assert!(answer.windows(odd.len()).any(|part| part == odd), "{}", String::from_utf8_lossy(&answer));
}

#[test]
fn tasks_of_one_request_go_their_ways_in_their_order_each_in_its_place() {
    let log = Log::default();
    let (legacy, (_gateway, behind)) = (Legacy::new(Protocol::Xml, &log), noted(Settings::default(), &log));
    let beside = legacy.serve();
    let bridge = bridge("xml", &behind, &beside, 1000, &["-v"]);
    let head = format!("\u{feff}<request>\n{AUTH}<language>de</language>");
    let last = "<task><code>0301</code></task>";
    let body = format!("{head}{INFO}{DOMAIN} {INFO}{last}<!-- tail --></request>");
    let reply = send(&bridge.endpoint, &xml(&body, vec![Header::plain("X-Custom", "kept")]));
    assert_eq!(
        (reply.status, codes(&reply)),
        (200, ["S400104", "S0105", "S400104", "S0301"].map(str::to_owned).to_vec())
    );
    assert!(
        text(&reply).contains("<odd>ü0105</odd></data><status><code>S0105</code></status><stid>legacy</stid></result>")
    );
    let info = "behind /certificate/571";
    assert_eq!(*log.lock().unwrap(), [info, "beside 0105", info, "beside 0301"]);
    let requests = legacy.requests.lock().unwrap().clone();
    let bodies: Vec<_> = requests.iter().map(|request| String::from_utf8_lossy(&request.body).into_owned()).collect();
    assert_eq!(
        bodies,
        [format!("{head}{DOMAIN} <!-- tail --></request>"), format!("{head} {last}<!-- tail --></request>")]
    );
    assert_eq!(requests[0].header("x-custom"), Some("kept"));
    assert!(bridge.stderr().contains("0105 (passed through): S0105 (stid legacy)"), "{}", bridge.stderr());
}

#[test]
fn only_the_tasks_that_are_named_go_over_the_other_protocol() {
    for front in ["xml", "json"] {
        let (gateway, behind) = serve(Settings::default());
        let (legacy, beside) = serve(Settings::default());
        let bridge = bridge(front, &behind, &beside, 1000, &["--only", "certificate-info,poll-info"]);
        for task in [
            task::CertificateInfo::new(571).into(),
            task::CertificateList::default().into(),
            task::PollInfo.into(),
            task::JobList::default().into(),
        ] {
            let task: certgate_domain::AnyTask = task;
            let reply = post(&bridge.endpoint, front, &call(task.clone(), account()));
            assert!(codec(front).decode_response(task.kind(), &reply).is_ok(), "{front}: {}", text(&reply));
        }
        let asked = |gateway: &certgate_simulator::Gateway| {
            [TaskKind::CertificateInfo, TaskKind::CertificateList, TaskKind::PollInfo, TaskKind::JobList]
                .map(|kind| gateway.asked(kind))
        };
        assert_eq!((asked(&gateway), asked(&legacy)), ([1, 0, 1, 0], [0, 1, 0, 1]), "{front}");
        let page = bridge.page("/metrics");
        for line in [
            "certgate_bridge_tasks_total{task=\"certificate-info\",way=\"behind\",outcome=\"done\"} 1",
            "certgate_bridge_tasks_total{task=\"certificate-list\",way=\"passed-through\",outcome=\"done\"} 1",
        ] {
            assert!(page.contains(line), "{page}");
        }
    }
    // Without a gateway beside, the others are refused.
    let (gateway, behind) = serve(Settings::default());
    let at = endpoint(&behind, "json");
    let bridge = Serving::start(&["bridge", "--endpoint", &at, "--pass-through", "off", "--only", "poll-info"]);
    let reply = post(&bridge.endpoint, "xml", &call(task::CertificateInfo::new(571), account()));
    assert_eq!((codes(&reply), gateway.counts().requests), (vec!["E400104".to_owned()], 0));
}

#[test]
fn at_the_json_front_every_unknown_route_goes_through() {
    let log = Log::default();
    let (legacy, (_gateway, behind)) = (Legacy::new(Protocol::Json, &log), noted(Settings::default(), &log));
    let beside = legacy.serve();
    let bridge = bridge("json", &behind, &beside, 1000, &[]);
    for (method, target, body) in [
        (Method::Get, "/domain/shop.example?keys[]=a&x=%20y", ""),
        (Method::Post, "/domain/_search", "{ \"a\" : 1.50,\n\"a\":2 }"),
        (Method::Put, "/domain/x/_renew", ""),
        (Method::Patch, "/bulk/domain", "[]"),
        (Method::Delete, "/domain/x", ""),
    ] {
        let headers = vec![
            Header::plain("Authorization", "Basic dXNlcjpwYXNzd29yZA=="),
            Header::plain("X-Domainrobot-Context", "4"),
        ];
        let request = Request { method, target: target.to_owned(), headers, body: Body(body.as_bytes().to_vec()) };
        let reply = send(&bridge.endpoint, &request);
        assert_eq!(
            (reply.status, text(&reply).as_str()),
            (200, r#"{ "status":{"code":"S0105","type":"SUCCESS"},"data":[{"odd": 1.50}]}"#)
        );
        let seen = legacy.last();
        assert_eq!((seen.method, seen.target.as_str(), &seen.body[..]), (method, target, body.as_bytes()));
        assert_eq!(seen.header("x-domainrobot-context"), Some("4"));
    }
    assert_eq!(post(&bridge.endpoint, "json", &call(task::CertificateInfo::new(571), account())).status, 200);
    assert_eq!(log.lock().unwrap().last().map(String::as_str), Some("behind "));
    // What only reads has done nothing, whatever became of it.
    *legacy.says.lock().unwrap() = Some(Handled::Dropped);
    for (method, told) in
        [(Method::Get, "it changed nothing"), (Method::Put, "whether it was carried out is not known")]
    {
        let request = Request { method, target: "/domain/x".to_owned(), headers: vec![], body: Body::default() };
        let reply = send(&bridge.endpoint, &request);
        assert_eq!(reply.status, 502);
        assert!(text(&reply).contains(told), "{method}: {}", text(&reply));
    }
}

#[test]
fn what_has_no_answer_there_is_told_in_the_protocol_and_nothing_comes_after_it() {
    let log = Log::default();
    let (legacy, (gateway, behind)) = (Legacy::new(Protocol::Xml, &log), noted(Settings::default(), &log));
    let beside = legacy.serve();
    let bridge = bridge("xml", &behind, &beside, 1000, &[]);
    *legacy.says.lock().unwrap() = Some(Handled::Dropped);
    let all = send(&bridge.endpoint, &xml(&format!("<request>{AUTH}{DOMAIN}{DOMAIN}</request>"), vec![]));
    assert_eq!((all.status, codes(&all)), (502, vec!["E0105".to_owned(); 2]), "{}", text(&all));
    let some = send(&bridge.endpoint, &xml(&format!("<request>{AUTH}{INFO}{DOMAIN}{INFO}</request>"), vec![]));
    assert_eq!((some.status, codes(&some)), (502, ["S400104", "E0105", "E400104"].map(str::to_owned).to_vec()));
    assert!(
        text(&some).contains("whether it was carried out is not known") && text(&some).contains("EFCG424"),
        "{}",
        text(&some)
    );
    assert_eq!(
        (gateway.asked(TaskKind::CertificateInfo), legacy.requests.lock().unwrap().len()),
        (1, 2),
        "nothing is sent twice"
    );
    // HTML in place of an answer.
    *legacy.says.lock().unwrap() =
        Some(Handled::Reply(Reply { status: 503, ..Reply::of("<html>down</html>") }, Duration::ZERO));
    let html = send(&bridge.endpoint, &xml(&format!("<request>{AUTH}{DOMAIN}</request>"), vec![]));
    assert_eq!((html.status, text(&html).as_str()), (503, "<html>down</html>"), "as it is");
    let mixed = send(&bridge.endpoint, &xml(&format!("<request>{AUTH}{INFO}{DOMAIN}</request>"), vec![]));
    assert_eq!((mixed.status, codes(&mixed)), (502, ["S400104", "E0105"].map(str::to_owned).to_vec()));
    // What was turned away was not carried out: HTTP says so, unless the whole again would do something twice.
    let busy = Reply { status: 429, headers: vec![("Retry-After".to_owned(), "1".to_owned())], ..Reply::of("busy") };
    *legacy.says.lock().unwrap() = Some(Handled::Reply(busy, Duration::ZERO));
    for (before, status, code) in [(INFO, 429, "S400104"), (REVOKE, 200, "E4001031")] {
        let busy = send(&bridge.endpoint, &xml(&format!("<request>{AUTH}{before}{DOMAIN}</request>"), vec![]));
        assert_eq!(
            (busy.status, codes(&busy)),
            (status, [code, "E0105"].map(str::to_owned).to_vec()),
            "{}",
            text(&busy)
        );
        let after = busy.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("retry-after"));
        assert_eq!(after, status == 429);
        assert!(text(&busy).contains("It was not carried out."), "{}", text(&busy));
    }
    let unknown = Reply { status: 401, ..Reply::of("who?") };
    *legacy.says.lock().unwrap() = Some(Handled::Reply(unknown, Duration::ZERO));
    let mixed = send(&bridge.endpoint, &xml(&format!("<request>{AUTH}{INFO}{DOMAIN}</request>"), vec![]));
    assert_eq!((mixed.status, codes(&mixed)), (200, ["S400104", "E00000"].map(str::to_owned).to_vec()));
    assert!(text(&mixed).contains("turned the credentials away (HTTP 401)"), "{}", text(&mixed));
}

#[test]
fn the_pace_is_one_for_both_ways() {
    let log = Log::default();
    let (legacy, (_gateway, behind)) = (Legacy::new(Protocol::Xml, &log), noted(Settings::default(), &log));
    let beside = legacy.serve();
    let bridge = bridge("xml", &behind, &beside, 2, &[]);
    let started = Instant::now();
    let reply =
        send(&bridge.endpoint, &xml(&format!("<request>{AUTH}{INFO}{DOMAIN}{DOMAIN}{INFO}{INFO}</request>"), vec![]));
    assert_eq!(codes(&reply).len(), 5);
    assert!(started.elapsed() >= Duration::from_millis(2000), "two a second: {:?}", started.elapsed());
}

#[test]
fn a_line_for_each_request_and_no_secret_anywhere() {
    let log = Log::default();
    let (legacy, (gateway, behind)) = (Legacy::new(Protocol::Xml, &log), noted(Settings::default(), &log));
    let more = ["--access-log", "access.log", "--trace", "trace.jsonl", "--record", "tape", "-v"];
    let beside = legacy.serve();
    let bridge = bridge("xml", &behind, &beside, 1000, &more);
    let lines = || -> Vec<Value> {
        let text = fs::read_to_string(bridge.file("access.log")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    send(&bridge.endpoint, &xml(&format!("<request>{AUTH}{INFO}{DOMAIN}</request>"), vec![]));
    let lines_now = lines();
    let line = &lines_now[0];
    assert_eq!(line["tasks"][0]["task"], "certificate-info");
    assert_eq!((&line["tasks"][0]["code"], &line["tasks"][0]["way"]), (&"S400104".into(), &"behind".into()));
    assert_eq!((&line["tasks"][1]["number"], &line["tasks"][1]["outcome"]), (&"0105".into(), &"done".into()));
    assert_eq!(
        (line["status"].as_u64(), line["id"].is_string(), line["milliseconds"].is_u64()),
        (Some(200), true, true)
    );
    assert_eq!(mode(&bridge.file("access.log")), 0o600);
    // Moved away by whoever rotates logs.
    fs::rename(bridge.file("access.log"), bridge.file("access.log.1")).unwrap();
    gateway.inject(Fault::DropAfterRead(Some(TaskKind::CertificateDelete)));
    send(
        &bridge.endpoint,
        &xml(
            &format!(
                "<request>{AUTH}<task><code>400103</code><certificate><id>571</id></certificate></task></request>"
            ),
            vec![],
        ),
    );
    send(&bridge.endpoint, &xml("<request>password", vec![]));
    let outcomes: Vec<_> =
        lines().iter().map(|line| (line["status"].clone(), line["tasks"][0]["outcome"].clone())).collect();
    assert_eq!(outcomes, [(502.into(), "unanswered".into()), (200.into(), "unanswered".into())]);
    for file in ["access.log", "access.log.1", "trace.jsonl", "stderr"] {
        let text = fs::read_to_string(bridge.file(file)).unwrap();
        assert!(
            !text.is_empty() && !text.contains("password</") && !text.contains("dXNlcjpwYXNzd29yZA"),
            "{file}: {text}"
        );
    }
}
