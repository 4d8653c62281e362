//! The parts of a body as they stand in it.

use certgate_domain::{AnyData, Response, TaskKind};
use certgate_wire::{Answer, Body, Codec, Method, Reply, Request};
use certgate_xml::XmlCodec;
use pretty_assertions::assert_eq;

fn request(body: &[u8]) -> Request {
    Request { method: Method::Post, target: String::new(), headers: Vec::new(), body: Body(body.to_vec()) }
}

#[test]
fn each_task_is_found_by_its_bytes() {
    let tasks: [&[u8]; 4] = [
        b"<task serial=\"0\"><code> 400104 </code><ctid>a</ctid></task>",
        b"<task><domain><task>no task</task><code>1</code></domain><code>0102</code></task>",
        b"<task/>",
        b"<task ><![CDATA[</task>]]><!-- </task> --><code>0205</code></task >",
    ];
    let said = [(Some("400104"), Some("a")), (Some("0102"), None), (None, None), (Some("0205"), None)];
    let latin: &[u8] = b"<?xml version='1.0' encoding='iso-8859-1'?><request><x>\xFC\xFC</x>";
    let heads: [&[u8]; 3] = ["<request><x>üü</x>".as_bytes(), "\u{feff}<request><x>ü</x>".as_bytes(), latin];
    for head in heads {
        let mut body = head.to_vec();
        for task in tasks {
            body.extend_from_slice(b"\n ");
            body.extend_from_slice(task);
        }
        body.extend_from_slice(b"</request>");
        let parts = XmlCodec::default().split_request(&request(&body)).unwrap();
        let found: Vec<&[u8]> = parts.iter().map(|part| &body[part.bytes.clone()]).collect();
        assert_eq!(found, tasks);
        let codes: Vec<_> = parts.iter().map(|part| (part.code.as_deref(), part.ctid.as_deref())).collect();
        assert_eq!(codes, said);
    }
}

#[test]
fn what_is_no_request_or_response() {
    let codec = XmlCodec::default();
    for body in [
        "<request></request>",
        "<response><task/></response>",
        "<request><task></request>",
        "",
        "<!DOCTYPE a><request><task/></request>",
    ] {
        assert!(codec.split_request(&request(body.as_bytes())).is_err(), "{body}");
    }
    let many = format!("<request>{}</request>", "<task/>".repeat(101));
    assert!(codec.split_request(&request(many.as_bytes())).is_err());
    assert!(codec.split_reply(&Reply::of("<html/>")).is_err());
}

#[test]
fn an_answer_is_put_into_another_reply_with_what_its_own_said_once() {
    let codec = XmlCodec::default();
    let alone = "<response><result><data><zone><name>ü.example</name></zone></data><status><code>S0205</code></status></result>\
                 <stid>one</stid></response>";
    let two = "<response><result><status><code>S0102</code></status><stid>own</stid></result><result/><stid>x</stid></response>";
    let mut parts = codec.split_reply(&Reply::of(alone)).unwrap();
    parts.extend(codec.split_reply(&Reply::of(two)).unwrap());
    assert_eq!(
        parts[0],
        "<result><data><zone><name>ü.example</name></zone></data><status><code>S0205</code></status><stid>one</stid></result>"
    );
    assert_eq!(
        parts[1..],
        ["<result><status><code>S0102</code></status><stid>own</stid></result>".to_owned(), "<result/>".to_owned()]
    );
    let typed: Response<AnyData> = codec
        .decode_response(
            TaskKind::JobInfo,
            &Reply::of("<response><result><status><code>S400114</code></status></result><stid>typed</stid></response>"),
        )
        .unwrap()
        .value;
    let answers =
        [Answer::AsReceived(&parts[0]), Answer::Typed(TaskKind::JobInfo, &typed), Answer::AsReceived(&parts[1])];
    let reply = codec.encode_answers(&answers).payload;
    let read = codec.decode_responses(TaskKind::JobInfo, &reply).unwrap();
    let stids: Vec<_> = read.iter().map(|answer| answer.value.stid.as_deref()).collect();
    assert_eq!(stids, [Some("one"), Some("typed"), Some("own")]);
}
