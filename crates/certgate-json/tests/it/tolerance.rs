//! What is understood although it is not as documented, and what is said of it.

use certgate_domain::{
    AnyData, AnyTask, Certificate, CertificateData, Data, Foreign, Lenient, Moment, ObjectData, PollMessage, Response,
    Session, TaskKind,
    words::{JobStatus, StatusType, TimeUnit},
};
use certgate_json::{JsonCodec, document, text};
use certgate_wire::{Codec, Decoded, FindingKind, Limits, Method, Reply, Request};
use pretty_assertions::assert_eq;
use serde_json::json;

fn answer(kind: TaskKind, body: &str) -> Decoded<Response<AnyData>> {
    JsonCodec::default().decode_response(kind, &Reply::of(body)).unwrap()
}

/// The record of an answer that holds one with these fields, and its findings.
fn record<D: Data>(kind: TaskKind, fields: &str) -> (D, Vec<String>) {
    let mut decoded = answer(kind, &format!("{{\"status\":{{\"code\":\"S1\"}},\"data\":[{{\n{fields}}}]}}"));
    let findings = decoded.findings.iter().map(ToString::to_string).collect();
    assert_eq!(decoded.value.data.len(), 1, "{fields}");
    (D::from_any(decoded.value.data.remove(0)).unwrap(), findings)
}

fn certificate(fields: &str) -> (Certificate, Vec<String>) {
    record(TaskKind::CertificateInfo, fields)
}

#[test]
fn other_types_than_documented() {
    for (fields, expected, findings) in [
        (r#""id":"571""#, r#"{"id":571}"#, &[][..]),
        (
            r#""id":-1,"name":null,"comment":"","histories":[],"extension":{},"owner":{"user":null}"#,
            r#"{"id":-1}"#,
            &[],
        ),
        (r#""hasCsr":"true","fortify":0,"multiyear":"1""#, r#"{"hasCsr":true,"fortify":false,"multiyear":true}"#, &[]),
        (r#""hasCsr":"perhaps""#, r#"{"hasCsr":"perhaps"}"#, &["2:1: hasCsr: not of the documented type"]),
        (r#""orderId":27"#, r#"{"orderId":"27"}"#, &["2:1: orderId: not of the documented type"]),
        (r#""name":true"#, r#"{"name":"true"}"#, &["2:1: name: not of the documented type"]),
        (r#""created":"soon""#, r#"{"created":"soon"}"#, &["2:1: created: not of the documented type"]),
        (r#""created":1544572800"#, r#"{"created":"1544572800"}"#, &["2:1: created: not of the documented type"]),
        (r#""created":"2018-12-12T00:00:00Z""#, r#"{"created":"2018-12-12T00:00:00.000+0000"}"#, &[]),
        (r#""owner":{"context":"4"}"#, r#"{"owner":{"context":4}}"#, &[]),
        (
            r#""owner":{"context":"CONTEXT"}"#,
            r#"{"owner":{"context":"CONTEXT"}}"#,
            &["2:10: owner.context: not of the documented type"],
        ),
        (r#""adminContact":{"address":"Street 1"}"#, r#"{"adminContact":{"address":["Street 1"]}}"#, &[]),
        (
            r#""adminContact":{"first":"a","last":"b","postalCode":"c"}"#,
            r#"{"adminContact":{"fname":"a","lname":"b","pcode":"c"}}"#,
            &[],
        ),
        (r#""lifeTime":{"unit":"m","period":"12"}"#, r#"{"lifetime":{"unit":"MONTH","period":12}}"#, &[]),
        (r#""lifetime":null,"lifeTime":{"unit":"Y"}"#, r#"{"lifetime":{"unit":"YEAR"}}"#, &[]),
        (r#""lifetime":{"unit":"D"}"#, r#"{"lifetime":{"unit":"DAY"}}"#, &[]),
        (r#""authentication":[{"method":"DNS"}]"#, r#"{"authentication":{"method":"DNS"}}"#, &[]),
        (
            r#""authentication":[{"method":"DNS"},{"method":"FILE"}]"#,
            r#"{"authentication":{"method":"DNS"}}"#,
            &["2:36: authentication[1]: unknown"],
        ),
        (r#""san":["a","b"]"#, r#"{"subjectAlternativeNames":[{"name":"a"},{"name":"b"}]}"#, &[]),
        (
            r#""subjectAlternativeNames":{"name":"a","appoverEmail":"b"}"#,
            r#"{"subjectAlternativeNames":[{"name":"a","approverEmail":"b"}]}"#,
            &[],
        ),
        (r#""software":"NEW""#, r#"{"software":"NEW"}"#, &[]),
        (r#""n\u0061me":"\u00fc\ud83d\ude00\n""#, "{\"name\":\"ü😀\\n\"}", &[]),
        (r#""colour":"red","id":1"#, r#"{"id":1}"#, &["2:1: colour: unknown"]),
        (r#""id":1,"colour":null,"size":{"a":[]}"#, r#"{"id":1}"#, &[]),
        (
            r#""id":1,"histories":[{"orderId":"1"},{"orderId":"2","colour":{"deep":[1]}}]"#,
            r#"{"id":1,"histories":[{"orderId":"1"},{"orderId":"2"}]}"#,
            &["2:52: histories[1].colour: unknown"],
        ),
    ] {
        let (certificate, found) = certificate(fields);
        assert_eq!(document::certificate(&certificate).to_string(), expected, "{fields}");
        let findings: Vec<_> = findings.iter().map(|finding| finding.replacen(": ", ": data[0].", 1)).collect();
        assert_eq!(found, findings, "{fields}");
    }
}

#[test]
fn other_records() {
    let (data, findings) = record::<CertificateData>(
        TaskKind::CertificatePrepareOrder,
        r#""CheckCaa":"false","authentication":{"method":"EMAIL","approverEmails":"a@b"},"includedSans":["x",null,"y"],"san":"z""#,
    );
    assert_eq!(
        document::certificate_data(&data).to_string(),
        r#"{"subjectAlternativeNames":[{"name":"z"}],"authentication":[{"method":"EMAIL","approverEmails":["a@b"]}],"checkCaa":false,"includedSans":["x","y"]}"#
    );
    assert_eq!(findings, [""; 0]);

    let (message, findings) = record::<PollMessage>(
        TaskKind::PollInfo,
        r#""message":{"id":1,"job":{"status":"DEFFERED","substatus":"WF_DNS_AUTH"},"messages":[{"messageCode":"EF1","status":"error"}]},"x":1"#,
    );
    let job = message.job.unwrap();
    assert_eq!(
        (message.id, job.status, job.sub_status.as_deref()),
        (Some(1), Some(JobStatus::Deferred), Some("WF_DNS_AUTH"))
    );
    assert_eq!(
        (message.messages[0].code.as_deref(), &message.messages[0].status),
        (Some("EF1"), &Some(StatusType::Error))
    );
    assert_eq!(findings.len(), 1);
    assert!(findings[0].ends_with("data[0].x: unknown"));
    assert_eq!(TimeUnit::from("m"), TimeUnit::Other("m".to_owned()));
}

#[test]
fn envelopes() {
    let decoded = answer(
        TaskKind::Hello,
        "\u{feff}{\"data\":[{}],\"status\":{\"resultCode\":\"S0905\",\"type\":\"success\",\"object\":{\"type\":\"user\",\"value\":7}},\"hue\":1}",
    );
    assert_eq!(
        document::response(&decoded.value).to_string(),
        r#"{"status":{"code":"S0905","type":"SUCCESS"},"object":{"type":"user","value":"7"}}"#
    );
    let findings: Vec<_> = decoded.findings.iter().map(ToString::to_string).collect();
    assert_eq!(findings, ["1:86: status.object.value: not of the documented type", "1:98: hue: unknown"]);

    let decoded = answer(TaskKind::CertificateInfo, r#"{"status":{"code":"S1"},"data":{"id":1,"x":2}}"#);
    assert_eq!(decoded.value.data.len(), 1);
    assert_eq!(decoded.findings[0].path, "data.x");

    let mut reply = Reply::of(r#"{"status":{"code":"S1"}}"#);
    for (content_type, odd) in [
        ("application/json;charset=UTF-8", false),
        ("application/problem+JSON", false),
        ("text/html", true),
        ("", true),
    ] {
        reply.headers = vec![("content-type".to_owned(), content_type.to_owned())];
        let decoded = JsonCodec::default().decode_response(TaskKind::Hello, &reply).unwrap();
        let seen: Vec<_> = decoded.findings.iter().map(|f| (f.kind, f.path.as_str(), f.place)).collect();
        let expected = [(FindingKind::Value, "header.content-type", None)];
        assert_eq!(seen, expected[..usize::from(odd)], "{content_type}");
    }

    let many: String = (0..300).map(|n| format!(",\"x{n}\":1")).collect();
    let decoded = answer(TaskKind::Hello, &format!("{{\"status\":{{\"code\":\"S1\"}}{many}}}"));
    assert_eq!(decoded.findings.len(), Limits::FINDINGS);
    assert_eq!(decoded.findings[99].path, "x99");
}

#[test]
fn foreign_objects_are_kept_whole() {
    let text = r#"{"status":{"code":"S1"},"object":{"type":"domain","data":{"name":"example.com","authinfo":"s3cret","n":12345678901234567890123,"f":1.50,"l":[1,null,"",{}],"e":{"x":null},"ok":true}}}"#;
    let decoded = answer(TaskKind::PollInfo, text);
    assert_eq!(decoded.findings, []);
    let Some(ObjectData::Foreign(foreign)) = decoded.value.object.as_ref().unwrap().data.clone() else { panic!() };
    assert_eq!(
        foreign,
        Foreign::Map(vec![
            ("name".to_owned(), Foreign::Text("example.com".to_owned())),
            ("authinfo".to_owned(), Foreign::Text("s3cret".to_owned())),
            ("n".to_owned(), Foreign::Number("12345678901234567890123".to_owned())),
            ("f".to_owned(), Foreign::Number("1.50".to_owned())),
            ("l".to_owned(), Foreign::List(vec![Foreign::Number("1".to_owned())])),
            ("ok".to_owned(), Foreign::Bool(true)),
        ])
    );
    let shown = document::response(&decoded.value)["object"]["data"].to_string();
    assert_eq!(
        shown,
        r#"{"name":"example.com","authinfo":"s3cret","n":"12345678901234567890123","f":1.5,"l":[1],"ok":true}"#
    );
    let sent = JsonCodec::default().encode_responses(&[(TaskKind::PollInfo, decoded.value)]).payload.body;
    assert!(String::from_utf8_lossy(&sent).contains(r#""authinfo":"s3cret""#));

    let typed = r#"{"status":{"code":"S1"},"object":{"type":"CERTIFICATE","data":{"id":1}}}"#;
    assert_eq!(answer(TaskKind::PollInfo, typed).value.object.unwrap().certificate().unwrap().id, Some(1));
    let untyped = r#"{"status":{"code":"S1"},"object":{"data":"x"}}"#;
    let object = answer(TaskKind::PollInfo, untyped).value.object.unwrap();
    assert_eq!(object.data, Some(ObjectData::Foreign(Foreign::Text("x".to_owned()))));
}

#[test]
fn requests() {
    let request = |method, target: &str, body: &str| Request {
        method,
        target: target.to_owned(),
        headers: Vec::new(),
        body: body.as_bytes().to_vec().into(),
    };
    for (expected, request, kind, id, findings) in [
        (None, request(Method::Get, "/certificate/571", ""), TaskKind::CertificateInfo, Some(571), &[][..]),
        (
            None,
            request(Method::Get, "/certificate/571", "{\"id\":\"571\",\"x\":1}"),
            TaskKind::CertificateInfo,
            Some(571),
            &["x"],
        ),
        (
            None,
            request(Method::Put, "/certificate/{id}", "{\"id\":5,\"csr\":\"c\"}"),
            TaskKind::CertificateReissue,
            Some(5),
            &[],
        ),
        (None, request(Method::Put, "/poll/5?x=1", " \n"), TaskKind::PollConfirm, Some(5), &["query.x"]),
        (Some(TaskKind::JobInfo), request(Method::Post, "", "{\"id\":5}"), TaskKind::JobInfo, Some(5), &[]),
        (Some(TaskKind::Hello), request(Method::Post, "", ""), TaskKind::Hello, None, &[]),
        (None, request(Method::Get, "/poll", "{}"), TaskKind::PollInfo, None, &[]),
    ] {
        let decoded = JsonCodec::default().decode_requests(expected, &request).unwrap().remove(0);
        let found = match &decoded.value.task {
            AnyTask::CertificateInfo(task) => task.id,
            AnyTask::CertificateReissue(task) => task.certificate.id,
            AnyTask::JobInfo(task) => task.id,
            AnyTask::PollConfirm(task) => task.id,
            _ => None,
        };
        assert_eq!((decoded.value.task.kind(), found), (kind, id), "{request:?}");
        let paths: Vec<_> = decoded.findings.iter().map(|finding| finding.path.as_str()).collect();
        assert_eq!(paths, findings, "{request:?}");
    }
    assert_eq!(Lenient::<Moment>::Raw("x".to_owned()).value(), None);
}

#[test]
fn keys_of_2018_have_todays_names() {
    let text = "POST /sslcontact/_search?keys[]=postalCode&keys[]=orderId\n\n\
        {\"filters\":[{\"key\":\"first\",\"filters\":[{\"key\":\"last\"}]}],\"orders\":[{\"key\":\"lifeTime\"}]}";
    let read = text::decode_text(&JsonCodec::default(), None, text.as_bytes()).unwrap();
    assert_eq!(read.findings, []);
    assert_eq!(
        document::request(&read.value),
        json!({ "filters": [{ "key": "fname", "filters": [{ "key": "lname" }] }], "orders": [{ "key": "lifetime" }] })
    );
    assert_eq!(read.value.options.keys, ["pcode", "orderId"]);
}

/// Nothing of it is documented: it is kept whole, and each field but those of the login is told.
#[test]
fn an_account_in_a_sessions_answer() {
    for kind in [TaskKind::SessionCreate, TaskKind::SessionDelete] {
        let (session, findings) =
            record::<Session>(kind, "\"user\":\"u\",\n\"profile\":{\"id\":7},\"x_y\":\"z\",\"none\":null");
        assert_eq!(findings, ["3:1: data[0].profile: unknown", "3:20: data[0].x_y: unknown"]);
        let account = session.account.unwrap();
        assert_eq!(account.entry("x_y").and_then(Foreign::as_text), Some("z"));
        assert!(account.entry("profile").is_some_and(|profile| profile.entry("id").is_some()), "{account:?}");
    }
}

/// Requests one after the other, each at its place in the whole text.
#[test]
fn several_requests_in_a_text() {
    for (text, expected) in [
        (
            "GET /poll\n\nPUT /certificate/1\n\n{\n\"csr\":\"GET /x\",\"x\":1}\n",
            vec!["poll-info", "certificate-reissue 6:16: x: unknown"],
        ),
        ("\n\u{feff}GET /poll\r\n\r\nGET /hello\n", vec!["poll-info", "hello"]),
        (
            "GET /nowhere\n\nGET /poll?x=1\n\n",
            vec![
                "1:5: request: found `GET /nowhere`, expected a route of this API, such as `GET /certificate/{id}`",
                "poll-info 3:11: query.x: unknown",
            ],
        ),
        (
            "{\"id\":5}\nGET /poll\n",
            vec![
                "1:1: request: found a body without method and path: the task cannot be told, expected a line such as `GET /certificate/{id}`, or the task's name",
                "poll-info",
            ],
        ),
        (
            "GET /poll\nA: b\n\nPUT /poll/x\n",
            vec!["poll-info", "4:5: request.path: found `x`, expected a whole number as id"],
        ),
    ] {
        let read = text::decode_texts(&JsonCodec::default(), None, text.as_bytes());
        let shown = read.into_iter().map(|read| match read {
            Ok(read) => {
                let findings = read.findings.iter().map(ToString::to_string);
                [read.value.task.kind().name().to_owned()].into_iter().chain(findings).collect::<Vec<_>>().join(" ")
            }
            Err(refusal) => refusal.to_string(),
        });
        assert_eq!(shown.collect::<Vec<_>>(), expected, "{text:?}");
    }
}

#[test]
fn times_of_a_view() {
    for (from, odd) in [
        ("2021-01-01 00:00:00", None),
        ("2021-01-01T00:00:00.000+0100", None),
        ("2021-02-30 00:00:00", Some("2:10: view.from: not of the documented type")),
        ("soon", Some("2:10: view.from: not of the documented type")),
    ] {
        let text = format!("POST /certificate/_search\n{{\"view\":{{\"from\":\"{from}\"}}}}");
        let read = text::decode_text(&JsonCodec::default(), None, text.as_bytes()).unwrap();
        assert_eq!(document::request(&read.value)["view"]["from"], from);
        let found: Vec<_> = read.findings.iter().map(ToString::to_string).collect();
        assert_eq!(found, Vec::from_iter(odd.map(str::to_owned)), "{from}");
    }
}

#[test]
fn what_goes_along_with_a_request() {
    for (text, ctid, findings) in [
        ("GET /poll\nx-domainrobot-ctid: a \n", Some("a"), vec![]),
        ("GET /poll?ctid=a\nX-Domainrobot-Ctid:\n", Some("a"), vec![]),
        ("GET /poll?x=1&ctid=a&y=2", Some("a"), vec!["1:11: query.x: unknown", "1:22: query.y: unknown"]),
        (
            "GET /poll?timeout=5&ctid=%zz",
            Some("%zz"),
            vec!["1:11: query.timeout: unknown", "1:21: query.ctid: not of the documented type"],
        ),
        (
            "\nGET /poll\nA: b\nX-Domainrobot-Owner-Context: CONTEXT\nX-Domainrobot-Demo: perhaps\nContent-Type: text/html\n",
            None,
            vec![
                "4:1: header.x-domainrobot-owner-context: not of the documented type",
                "5:1: header.x-domainrobot-demo: not of the documented type",
                "6:1: header.content-type: not of the documented type",
            ],
        ),
        ("GET /poll\nAuthorization: Basic\n", None, vec!["2:1: header.authorization: not of the documented type"]),
    ] {
        let read = text::decode_text(&JsonCodec::default(), None, text.as_bytes()).unwrap();
        let found: Vec<_> = read.findings.iter().map(ToString::to_string).collect();
        assert_eq!(
            (read.value.options.ctid.as_deref(), found),
            (ctid, findings.iter().map(ToString::to_string).collect())
        );
    }
}
