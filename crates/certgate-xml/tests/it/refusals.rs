//! What the XML codec refuses: what was found, where, what was expected.

use certgate_domain::TaskKind;
use certgate_wire::{Body, Codec, Limits, Method, Reply, Request};
use certgate_xml::XmlCodec;
use pretty_assertions::assert_eq;

const OK: &str =
    "<response><result><data/><status><code>S400104</code><type>success</type></status></result></response>";

fn refusal(body: &[u8]) -> String {
    match XmlCodec::default().decode_response(TaskKind::CertificateInfo, &Reply::of(body)) {
        Ok(decoded) => format!("accepted: {:?}", decoded.findings),
        Err(error) => error.to_string(),
    }
}

#[test]
fn accepted_as_a_control() {
    assert_eq!(refusal(OK.as_bytes()), "accepted: []");
    assert_eq!(refusal(format!("\u{feff}{OK}").as_bytes()), "accepted: []");
}

#[test]
fn refusals() {
    let deep = format!("<response>{}", "<a>".repeat(40));
    let answer = |inside: &str| {
        format!(
            "<response><result><data><certificate>\n {inside}</certificate></data><status><code>S1</code></status></result></response>"
        )
    };
    for (what, body, expected) in [
        ("empty", String::new(), "1:1: body: found an empty body, expected XML"),
        ("blank", " \n".to_owned(), "1:1: body: found an empty body, expected XML"),
        ("not XML", "\n {\"a\":1}".to_owned(), "2:2: body: found `{`, expected XML"),
        (
            "HTML",
            "<html><body>502</body></html>".to_owned(),
            "1:1: body: found HTML, perhaps from a proxy, expected XML",
        ),
        (
            "HTML with DOCTYPE",
            "<!DOCTYPE html><html/>".to_owned(),
            "1:1: body: found HTML, perhaps from a proxy, expected XML without a DOCTYPE",
        ),
        (
            "DOCTYPE",
            "<!DOCTYPE r [<!ENTITY a \"b\">]><response/>".to_owned(),
            "1:1: body: found a DOCTYPE, which can hide anything, expected XML without a DOCTYPE",
        ),
        (
            "entity",
            "<response>\n&evil;</response>".to_owned(),
            "2:1: response: found a reference that XML does not know, expected text in which & stands as &amp; and < as &lt;",
        ),
        (
            "control reference",
            "<response>&#27;</response>".to_owned(),
            "1:11: response: found a reference that XML does not know, expected text in which & stands as &amp; and < as &lt;",
        ),
        (
            "control character",
            "<response>ü\u{1}</response>".to_owned(),
            "1:12: body: found the control character U+0001, expected text that XML 1.0 allows",
        ),
        (
            "bare ampersand",
            "<response>a & b</response>".to_owned(),
            "1:13: response: found a bare &, expected text in which & stands as &amp; and < as &lt;",
        ),
        (
            "cut short",
            "<response><result>".to_owned(),
            "1:19: response.result: found the end of the body inside <result>: it is cut short, expected its end tag",
        ),
        (
            "cut inside a tag",
            "<response><resu".to_owned(),
            "1:11: response: found markup that is cut short, expected its end",
        ),
        (
            "wrong end",
            "<response></result>".to_owned(),
            "1:11: response: found the end tag </result>, expected </response>",
        ),
        ("wrong root", "<answer/>".to_owned(), "1:1: answer: found the root element <answer>, expected <response>"),
        (
            "second root",
            format!("{OK}\n<response/>"),
            "2:1: body: found a second root element, expected the end of the body",
        ),
        ("trailing text", format!("{OK} end"), "1:104: body: found `e`, expected the end of the body"),
        (
            "depth",
            deep,
            "1:104: response.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a: found more than 32 levels of elements, expected fewer levels",
        ),
        (
            "another encoding",
            "<?xml version=\"1.0\" encoding=\"ISO-8859-15\"?><response/>".to_owned(),
            "1:1: body: found the declared encoding `ISO-8859-15`, expected UTF-8, ISO-8859-1 or windows-1252",
        ),
        (
            "attribute twice",
            "<response a=\"1\" a=\"2\"/>".to_owned(),
            "1:1: response: found an attribute that is not well-formed or given twice, expected attributes such as name=\"value\", each once",
        ),
        ("no result", "<response/>".to_owned(), "1:1: response: found no result, expected <result> with a <status>"),
        (
            "no status",
            "<response><result/></response>".to_owned(),
            "1:11: response.result: found no status, expected <status> with a code such as S400104",
        ),
        (
            "unknown status",
            "<response><result><status><code>X1</code><type>banana</type></status></result></response>".to_owned(),
            "1:19: response.result.status: found the code `X1` and the type `banana`, expected a code such as S400104, N400102, E0205, or the type success, notify or error",
        ),
        (
            "scalar twice",
            answer("<id>1</id><id>2</id>"),
            "2:12: response.result.data.certificate.id[1]: found a second one, expected one only",
        ),
        (
            "no number",
            answer("<id>abc</id>"),
            "2:2: response.result.data.certificate.id: found `abc`, expected a whole number",
        ),
        (
            "record for a scalar",
            answer("<name><x/></name>"),
            "2:2: response.result.data.certificate.name: found the element <x>, expected text",
        ),
        (
            "scalar for a record",
            answer("<admin>John</admin>"),
            "2:2: response.result.data.certificate.admin: found text, expected elements",
        ),
    ] {
        assert_eq!(refusal(body.as_bytes()), expected, "{what}");
    }
    assert_eq!(
        refusal(b"<response>\xE4</response>"),
        "1:11: body: found byte 0xE4, which is not UTF-8, expected UTF-8, or ISO-8859-1 or windows-1252 where the XML declaration says so"
    );
}

#[test]
fn limits_are_the_callers() {
    let codec = XmlCodec::default().with_limits(Limits { body: 20, ..Limits::default() });
    let error = codec.decode_response(TaskKind::CertificateInfo, &Reply::of(OK)).unwrap_err();
    assert_eq!(error.to_string(), "1:21: body: found more than 20 bytes, expected a body within the limit");
    let many = format!("<response>{}</response>", "<a/>".repeat(20_000));
    assert!(
        refusal(many.as_bytes()).contains("more than 9097 elements in 80021 bytes"),
        "{}",
        refusal(many.as_bytes())
    );
    // Bounds of the time that a body may take: attributes of one tag, references.
    let tag = |count: usize| {
        let attributes: String = (0..count).map(|number| format!(" a{number}=\"\"")).collect();
        format!("<response{attributes}><result/></response>")
    };
    assert!(refusal(tag(1025).as_bytes()).contains("found too many attributes"), "{}", refusal(tag(1025).as_bytes()));
    assert!(!refusal(tag(1024).as_bytes()).contains("attributes"), "{}", refusal(tag(1024).as_bytes()));
    let text = |count: usize| format!("<response>{}</response>", "&amp;".repeat(count));
    let said = refusal(text(40_000).as_bytes());
    assert!(said.contains("more than 33194 references in 200021 bytes"), "{said}");
    assert!(!refusal(text(10_000).as_bytes()).contains("references"), "{}", refusal(text(10_000).as_bytes()));
}

#[test]
fn requests_are_held_to_their_task() {
    let codec = XmlCodec::default();
    let read = |expected, body: &str| {
        let request = Request {
            method: Method::Post,
            target: String::new(),
            headers: vec![],
            body: Body(body.as_bytes().to_vec()),
        };
        codec.decode_requests(expected, &request).map(|calls| calls.len()).map_err(|error| error.to_string())
    };
    let info = "<request><task><certificate><id>1</id></certificate><code>400104</code></task></request>";
    assert_eq!(read(None, info), Ok(1));
    assert_eq!(read(Some(TaskKind::CertificateInfo), info), Ok(1));
    assert_eq!(
        read(Some(TaskKind::PollInfo), info),
        Err("1:53: request.task.code: found the task code 400104 (certificate-info), expected 0905 (poll-info)"
            .to_owned())
    );
    assert_eq!(
        read(None, "<request><task><code>0101</code></task></request>"),
        Err("1:16: request.task.code: found the task code `0101`, expected the code of a known task, such as 400104"
            .to_owned())
    );
    assert_eq!(
        read(None, "<request><task/></request>"),
        Err("1:10: request.task: found no task code, expected <code>400104</code>, for instance".to_owned())
    );
    assert_eq!(
        read(
            None,
            "<request><task><code>400114</code><certificate_job><job><id>5</id></job><id>6</id></certificate_job></task></request>"
        ),
        Err("1:10: request.task: found a second id of the job, expected one only".to_owned())
    );
    let two = "<request><task><code>0905</code></task><task serial=\"1\"><code>0905</code></task></request>";
    assert_eq!(read(None, two), Ok(2));
    let many = format!("<request>{}</request>", "<task><code>0905</code></task>".repeat(101));
    assert_eq!(read(None, &many), Err("1:1: request: found 101 tasks, expected 100 at most".to_owned()));
}

#[test]
fn a_certificate_is_a_record_wherever_it_stands() {
    for place in ["job", "notify"] {
        let body = format!(
            "<response><result><data><message><{place}><certificate>571</certificate></{place}></message></data>\
             <status><code>S0905</code></status></result></response>"
        );
        let error = XmlCodec::default().decode_response(TaskKind::PollInfo, &Reply::of(body)).unwrap_err().to_string();
        assert!(error.ends_with(&format!("{place}.certificate: found text, expected elements")), "{error}");
    }
}

#[test]
fn no_refusal_shows_a_secret() {
    let auth = |inside: &str| format!("<request>\n<auth>{inside}</auth><task><code>0905</code></task></request>");
    let password = "request.auth.password: found text that is not well-formed, expected text in which & stands as";
    for (body, refusal) in [
        (auth("<password>a&s3cret;</password>"), format!("2:7: {password}")),
        (auth("<password>a&s3cret</password>"), format!("2:7: {password}")),
        (auth("<password>a<s3cret</password>"), format!("2:7: {password}")),
        (auth("<password>a</s3cret</password>"), format!("2:7: {password}")),
        (auth("<password>a<s3cret>b</password>"), format!("2:7: {password}")),
        (auth("<password>a<s3cret/></password>"), "2:7: request.auth.password: found an element".to_owned()),
        (
            "<request><task><code>1321003</code><auth_session>s3cret</auth_session></task></request>".to_owned(),
            "1:36: request.task.auth_session: found text, expected elements".to_owned(),
        ),
        ("{\"user\":\"u\",\"password\":\"s3cret\"}".to_owned(), "1:1: body: found `{`, expected XML".to_owned()),
        ("user=u&password=s3cret".to_owned(), "1:1: body: found `u`, expected XML".to_owned()),
        ("<request/>s3cret".to_owned(), "1:11: body: found `s`, expected the end of the body".to_owned()),
    ] {
        let request =
            Request { method: Method::Post, target: String::new(), headers: vec![], body: Body(body.clone().into()) };
        let error = XmlCodec::default().decode_requests(None, &request).unwrap_err();
        assert!(error.to_string().starts_with(&refusal), "{body}: {error}");
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
    let session = "<response><result><data><auth_session>s3cret</auth_session></data><status><code>S1321001</code></status></result></response>";
    let error = XmlCodec::default().decode_response(TaskKind::SessionCreate, &Reply::of(session)).unwrap_err();
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
}
