//! What is understood although it is not as documented, and what is said of it.

use certgate_domain::{
    AnyData, AnyTask, Call, Certificate, Data, Foreign, Identity, Lenient, ObjectData, PollMessage, QueryFilter,
    Response, TaskKind,
    words::{JobStatus, StatusType},
};
use certgate_wire::{Body, Codec, Decoded, Header, Method, Reply, Request};
use certgate_xml::XmlCodec;
use pretty_assertions::assert_eq;

fn answers(kind: TaskKind, body: &str) -> Vec<Decoded<Response<AnyData>>> {
    XmlCodec::default().decode_responses(kind, &Reply::of(body)).unwrap()
}

fn requests(expected: Option<TaskKind>, body: &str) -> Vec<Decoded<Call>> {
    let body = Body(body.as_bytes().to_vec());
    let request = Request { method: Method::Post, target: String::new(), headers: vec![], body };
    XmlCodec::default().decode_requests(expected, &request).unwrap()
}

fn data<D: Data>(decoded: &Decoded<Response<AnyData>>) -> D {
    D::from_any(decoded.value.data[0].clone()).unwrap()
}

fn findings<T>(decoded: &Decoded<T>) -> Vec<String> {
    decoded.findings.iter().map(ToString::to_string).collect()
}

fn of(data: &str) -> String {
    format!(
        "<response>\n<result>\n<data>\n{data}\n</data><status><code>S0905</code></status></result><stid>s</stid></response>"
    )
}

fn certificate(inside: &str) -> Decoded<Response<AnyData>> {
    answers(TaskKind::CertificateInfo, &of(&format!("<certificate>{inside}</certificate>"))).remove(0)
}

fn message(inside: &str) -> (PollMessage, Vec<String>) {
    let decoded = answers(TaskKind::PollInfo, &of(&format!("<message>{inside}</message>"))).remove(0);
    (data(&decoded), findings(&decoded))
}

#[test]
fn oddities_are_found_once_at_their_place() {
    let root = "response.result.data.certificate";
    for (inside, expected) in [
        ("", vec![]),
        ("<!-- a --><id>1</id><?b c?>", vec![]),
        ("<colour><deep a=\"1\"/></colour>", vec![format!("4:14: {root}.colour: unknown")]),
        (
            "<admin>\n<x>1</x><x>1</x></admin>",
            vec![format!("5:1: {root}.admin.x[0]: unknown"), format!("5:9: {root}.admin.x[1]: unknown")],
        ),
        (
            "<admin ü=\"1\" b='&amp;'><id>1</id></admin>",
            vec![format!("4:21: {root}.admin.@ü: unknown"), format!("4:27: {root}.admin.@b: unknown")],
        ),
        ("<admin>stray<id>1</id></admin>", vec![format!("4:14: {root}.admin.#text: unknown")]),
        (
            "<owner><context>CONTEXT</context></owner>",
            vec![format!("4:21: {root}.owner.context: not of the documented type")],
        ),
        (
            "<created>soon</created><has_csr>2</has_csr>",
            vec![
                format!("4:14: {root}.created: not of the documented type"),
                format!("4:37: {root}.has_csr: not of the documented type"),
            ],
        ),
        ("<x/><x></x><y>\n<z/> <!-- --></y><z a=\"\"/><admin a=\"\"><id>1</id></admin>", vec![]),
        ("<y><z/><z a=\"1\"/></y>", vec![format!("4:14: {root}.y: unknown")]),
        ("<owner/><extension /><name></name><lifetime> </lifetime>", vec![]),
        ("\u{a0}<id>1</id>\u{a0} <admin>\u{a0}</admin>", vec![]),
        // What no sample shows is spelled as the JSON API spells it, in snake_case: a renewal is decided by these.
        ("<reissue_required>1</reissue_required><payable>2027-01-01 00:00:00</payable><has_csr>1</has_csr>", vec![]),
        ("<reissue_status>x</reissue_status><partner_order_id>1</partner_order_id><multiyear>0</multiyear>", vec![]),
    ] {
        assert_eq!(findings(&certificate(inside)), expected, "{inside}");
    }
}

#[test]
fn fields() {
    let read = |inside: &str| data::<Certificate>(&certificate(inside));
    let same = read("<name>a&amp;b</name><san>x.example</san><sha>SHA2</sha><lifetime>12</lifetime>");
    let unit = read("<lifetime><unit>m</unit><period>12</period></lifetime>").lifetime;
    assert_eq!(unit, same.lifetime);
    for other in [
        "<name> a<![CDATA[&]]><!-- c -->b </name><san><name>x.example</name></san><signature_hash_algorithm>SHA2</signature_hash_algorithm><lifeTime>12</lifeTime>",
        "<lifetime><![CDATA[12]]></lifetime><sha>SHA2</sha><subject_alternative_name><name>x.example</name></subject_alternative_name><name>a&#x26;b</name>",
    ] {
        assert_eq!(read(other), same, "{other}");
    }
    for (text, expected) in [
        ("\n  <![CDATA[a\r\nb\n]]>\n", Some("a\nb\n")),
        ("a&amp; <!-- x --> <!-- y -->b", Some("a&  b")),
        (" &lt; ", Some(" < ")),
        ("a&#13;\n", Some("a\r\n")),
        ("<![CDATA[]]>", None),
        (" \n", None),
    ] {
        assert_eq!(read(&format!("<id>1</id><csr>{text}</csr>")).csr.as_deref(), expected, "{text:?}");
    }
    for (text, expected) in [("1", Ok(true)), ("FALSE", Ok(false)), ("yes", Err("yes"))] {
        let expected = expected.map_or_else(|text| Lenient::Raw(text.to_owned()), Lenient::Parsed);
        assert_eq!(read(&format!("<has_csr>{text}</has_csr>")).has_csr, Some(expected), "{text}");
    }
}

#[test]
fn answers_around_the_data() {
    for (body, stid, ctid) in [
        ("<response><result><status><code>S1</code></status></result><stid>a</stid></response>", Some("a"), None),
        (
            "<response><result><status><code>S1</code></status><stid>a</stid><ctid>c</ctid></result></response>",
            Some("a"),
            Some("c"),
        ),
        (
            "<response><stid>a</stid><ctid>c</ctid><result><stid>b</stid><data/><status><code>S1</code></status></result></response>",
            Some("b"),
            Some("c"),
        ),
        (
            "<response><result><data><summary>0</summary></data><status><type>SUCCESS</type></status></result></response>",
            None,
            None,
        ),
    ] {
        let decoded = answers(TaskKind::PollInfo, body).remove(0);
        let seen = (decoded.value.stid.as_deref(), decoded.value.ctid.as_deref());
        assert_eq!((seen, decoded.value.data.len(), findings(&decoded)), ((stid, ctid), 0, vec![]), "{body}");
    }
    let refused = "<response><result><msg><text>t</text><code>EF1</code><type>Error</type><object><type>a</type></object>\
        <object><type>b</type></object><help>one</help><help>two</help><msg><message_code>EF2</message_code></msg></msg>\
        <status><result_code>E1</result_code><type>error</type></status></result></response>";
    let answer = answers(TaskKind::CertificateInfo, refused).remove(0).value;
    let message = &answer.messages[0];
    assert_eq!((message.notice.as_deref(), &message.status), (Some("one\ntwo"), &Some(StatusType::Error)));
    assert_eq!(message.objects.len(), 2);
    assert_eq!(message.messages[0].code.as_deref(), Some("EF2"));
    let several = "<response><x>1</x><result><status><code>S1</code></status></result><result><y>1</y><status><code>E1</code></status></result></response>";
    let seen: Vec<_> = answers(TaskKind::PollInfo, several).iter().map(findings).collect();
    assert_eq!(seen, [["1:11: response.x: unknown"], ["1:76: response.result[1].y: unknown"]]);
}

/// Old programs write what they declare: the value is the same, and places count characters.
#[test]
fn declared_encodings() {
    let latin = || vec![Header::plain("Content-Type", "text/xml; charset=ISO-8859-1")];
    let utf8 = r#"<?xml version="1.0" encoding="UTF-8"?>"#;
    for (prolog, headers, bytes, user) in [
        (utf8, vec![], "müller €".as_bytes(), "müller €"),
        ("<?xml version='1.0' encoding='windows-1252'?>", vec![], b"m\xFCller \x80", "müller €"),
        ("", latin(), b"m\xFCller \xA4", "müller ¤"),
        (utf8, latin(), "müller €".as_bytes(), "müller €"),
    ] {
        let before = format!("{prolog}<request><auth><password>p</password><user>");
        let after = "</user></auth><x>1</x><task><code>0905</code></task></request>";
        let body = Body([before.as_bytes(), bytes, after.as_bytes()].concat());
        let request = Request { method: Method::Post, target: String::new(), headers, body };
        let read = XmlCodec::default().decode_requests(None, &request).unwrap().remove(0);
        let Some(Identity::Credentials(credentials)) = &read.value.identity else { panic!("no credentials") };
        assert_eq!(credentials.user, user);
        let column = before.chars().count() + user.chars().count() + "</user></auth>".len() + 1;
        assert_eq!(findings(&read), [format!("1:{column}: request.x: unknown")]);
    }
}

/// What is wrong with one task does not touch the others: neither their values nor their findings.
#[test]
fn each_task_is_read_or_refused_by_itself() {
    let read = |body: &str| -> Vec<Result<Vec<String>, String>> {
        let body = Body(body.as_bytes().to_vec());
        let request = Request { method: Method::Post, target: String::new(), headers: vec![], body };
        let tasks = XmlCodec::default().decode_tasks(None, &request);
        tasks.into_iter().map(|task| task.as_ref().map(findings).map_err(ToString::to_string)).collect()
    };
    let unknown = "found the task code `0205x`, expected the code of a known task, such as 400104";
    let number = "request.task[2].certificate.id: found `x`, expected a whole number";
    assert_eq!(
        read(
            "<request><!-- <task> --><colour/><task serial=\"0\"><code>0205x</code><zone>1</zone></task>\n\
             <task serial=\"1\"><code>0905</code><x>1</x></task>\n\
             <task><certificate><id>x</id></certificate><code>400104</code></task>\n\
             <task><code>0906</code><message><id>5</id></message></task><colour>red</colour></request>"
        ),
        [
            Err(format!("1:51: request.task[0].code: {unknown}")),
            Ok(vec!["4:60: request.colour[1]: unknown".to_owned(), "2:35: request.task[1].x: unknown".to_owned()]),
            Err(format!("3:20: {number}")),
            Ok(vec![]),
        ]
    );
    let whole = "1:1: request: found no task, expected <task><code>…</code></task>";
    assert_eq!(read("<request/>"), [Err(whole.to_owned())]);
}

/// Two tasks have one code: who names a zone asks for that one.
#[test]
fn one_code_for_a_zone_and_for_all() {
    let named = "<zone><name>shop.example</name></zone>";
    for (inside, kind) in [
        (named, TaskKind::ZoneInfo),
        ("<zone/>", TaskKind::ZoneInfo),
        ("", TaskKind::ZoneList),
        ("<where><key>name</key><operator>eq</operator><value>shop.example</value></where>", TaskKind::ZoneList),
    ] {
        for body in [
            format!("<request><task><code>0205</code>{inside}</task></request>"),
            format!("<request><task>{inside}<code>0205</code></task></request>"),
        ] {
            let read = requests(None, &body).remove(0);
            assert_eq!((read.value.task.kind(), findings(&read)), (kind, vec![]), "{body}");
        }
    }
    let body = format!("<request><task><code>0205</code>{named}</task></request>");
    assert_eq!(findings(&requests(Some(TaskKind::ZoneList), &body).remove(0)), ["1:33: request.task.zone: unknown"]);
}

#[test]
fn requests_around_the_task() {
    let body = "<request xmlns=\"urn:x\"><language>de</language><auth><context>9</context><password>p </password><user>u</user><more/></auth>\
        <owner><user>o</user><context></context></owner>\
        <task serial=\"0\"><reply_to>r</reply_to><key>a</key><key>b</key><ctid>c</ctid><code>0905</code></task></request>";
    let read = requests(None, body).remove(0);
    assert_eq!(findings(&read), Vec::<String>::new());
    let Call { task, options, identity } = read.value;
    let Some(Identity::Credentials(credentials)) = identity else { panic!("no credentials") };
    assert_eq!(task.kind(), TaskKind::PollInfo);
    assert_eq!(
        (credentials.user.as_str(), credentials.password.expose(), credentials.context.as_str()),
        ("u", "p ", "9")
    );
    assert_eq!(options.owner.unwrap().user.as_deref(), Some("o"));
    assert_eq!((options.language.as_deref(), options.ctid.as_deref()), (Some("de"), Some("c")));
    assert_eq!((options.reply_to.as_deref(), options.keys), (Some("r"), vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!(requests(Some(TaskKind::Hello), body)[0].value.task.kind(), TaskKind::Hello);
    let root = "<request><task><code>0905</code></task><replyTo>r</replyTo><ctid>c</ctid></request>";
    let read = requests(None, root).remove(0);
    assert_eq!(findings(&read), Vec::<String>::new());
    assert_eq!((read.value.options.reply_to.as_deref(), read.value.options.ctid.as_deref()), (Some("r"), Some("c")));
    for job in [
        "<certificate_job><job><id>7</id></job></certificate_job>",
        "<job><id>7</id></job>",
        "<certificate_job><id>7</id></certificate_job>",
    ] {
        let read = requests(
            None,
            &format!(
                "<request><auth_session><hash>h</hash></auth_session><task><code>400114</code>{job}</task></request>"
            ),
        )
        .remove(0);
        let AnyTask::JobInfo(task) = &read.value.task else { panic!("{job}") };
        let session = Some(Identity::Session(certgate_domain::Secret::new("h")));
        assert_eq!((task.id, &read.value.identity, findings(&read)), (Some(7), &session, vec![]), "{job}");
    }
}

#[test]
fn messages_of_the_queue() {
    let text = |text: &str| Foreign::Text(text.to_owned());
    let (read, odd) = message(
        "<id>1</id><job><domain kind=\"x\"><name>e.example</name><nserver>a</nserver><owner/><nserver>b</nserver></domain><job_id>7</job_id>\
         <status><code>E0101</code><type>error</type><text>t</text><object><type>domain</type><value>e.example</value></object></status>\
         <stid>s</stid></job>",
    );
    let job = read.job.unwrap();
    assert_eq!(odd, Vec::<String>::new());
    assert_eq!((job.id, job.status, job.status_code.as_deref()), (Some(7), Some(JobStatus::Failed), Some("E0101")));
    assert_eq!((job.status_text.as_deref(), read.stid.as_deref()), (Some("t"), Some("s")));
    let object = read.object.unwrap();
    assert_eq!((object.r#type.as_deref(), object.value.as_deref()), (Some("domain"), Some("e.example")));
    let domain = Foreign::Map(vec![
        ("@kind".to_owned(), text("x")),
        ("name".to_owned(), text("e.example")),
        ("nserver".to_owned(), Foreign::List(vec![text("a"), text("b")])),
    ]);
    assert_eq!(object.data, Some(ObjectData::Foreign(domain)));

    for place in [
        "<job><certificate><id>571</id></certificate><job_id>7</job_id><status>DEFFERED</status></job>",
        "<certificate_job><job><id>7</id><status>DEFERRED</status></job><certificate><id>571</id></certificate></certificate_job>",
        "<job><job_id>7</job_id><certificate_job><job><status>DEFERRED</status></job><certificate><id>571</id></certificate></certificate_job></job>",
    ] {
        let (read, odd) = message(place);
        let (object, job) = (read.object.unwrap(), read.job.unwrap());
        assert_eq!(
            (object.r#type.as_deref(), object.certificate().unwrap().id),
            (Some("certificate"), Some(571)),
            "{place}"
        );
        assert_eq!((job.id, job.status, odd), (Some(7), Some(JobStatus::Deferred), vec![]), "{place}");
    }

    let map = |entries: &[(&str, Foreign)]| {
        Foreign::Map(entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    };
    let domain = |name| map(&[("name", text(name))]);
    for (inside, kind, data, odd) in [
        ("<domain/>", "domain", None, None),
        ("<domain>e</domain>", "domain", Some(text("e")), None),
        ("<domain>e</domain><domain>f</domain>", "domain", Some(Foreign::List(vec![text("e"), text("f")])), None),
        (
            "<domain><name>e</name></domain><transfer><code>1</code></transfer>",
            "domain",
            Some(map(&[("domain", domain("e")), ("transfer", map(&[("code", text("1"))]))])),
            None,
        ),
        (
            "<domain><name>e</name></domain><zone><a>1</a></zone><domain><name>f</name></domain>",
            "domain",
            Some(map(&[("domain", Foreign::List(vec![domain("e"), domain("f")])), ("zone", map(&[("a", text("1"))]))])),
            None,
        ),
        // A new field of the job or the event is nobody's object.
        ("<hue>1</hue><domain><name>e</name></domain>", "domain", Some(domain("e")), Some("hue")),
        ("<domain><name>e</name></domain><hue>1</hue>", "domain", Some(domain("e")), Some("hue")),
    ] {
        for place in ["job", "notify"] {
            let (read, found) = message(&format!("<{place}>{inside}</{place}>"));
            let object = read.object.or(read.notify.and_then(|notify| notify.object)).unwrap();
            assert_eq!(object.r#type.as_deref(), Some(kind), "{place}: {inside}");
            assert_eq!(object.data, data.clone().map(ObjectData::Foreign), "{place}: {inside}");
            let paths: Vec<_> = found.iter().map(|finding| finding.rsplit('.').next().unwrap().to_owned()).collect();
            let odd: Vec<_> = odd.iter().map(|name| format!("{name}: unknown")).collect();
            assert_eq!(paths, odd, "{place}: {inside}");
        }
    }
    // What stood beside each other does so again.
    let several = "<domain><name>e</name></domain><transfer><code>1</code></transfer>";
    for place in ["job", "notify"] {
        let body = of(&format!("<message><{place}>{several}</{place}></message>"));
        let answer = answers(TaskKind::PollInfo, &body).remove(0).value;
        let written = XmlCodec::default().encode_responses(&[(TaskKind::PollInfo, answer)]);
        let written = String::from_utf8(written.payload.body.to_vec()).unwrap();
        assert!(written.contains(several), "{written}");
    }
    let (read, odd) = message("<notify><certificate><id>5</id></certificate><transfer><a>1</a></transfer></notify>");
    assert_eq!(read.notify.unwrap().object.unwrap().certificate().unwrap().id, Some(5));
    assert_eq!(odd, ["4:55: response.result.data.message.notify.transfer: unknown"]);
}

#[test]
fn conditions_of_a_list() {
    for (inside, seen) in [
        ("<key>a</key><operator>eq</operator><value>b</value>", "a EQUAL b"),
        ("<operator>eq</operator><and><key>b</key></and>", "- EQUAL -; b - - AND"),
        ("<operator>LIKE</operator>", "- LIKE -"),
        ("<and><key>a</key></and><or><value>b</value></or>", "a - - AND; - - b OR"),
    ] {
        let body = format!("<request><task><code>400205</code><where>{inside}</where></task></request>");
        let AnyTask::ContactList(task) = requests(None, &body).remove(0).value.task else { panic!("{body}") };
        let shown = |filter: &QueryFilter| {
            let text = |text: Option<&str>| text.unwrap_or("-").to_owned();
            let link = filter.link.as_ref().map(|link| format!(" {link}")).unwrap_or_default();
            let operator = filter.operator.as_ref().map(|operator| operator.as_str());
            format!("{} {} {}{link}", text(filter.key.as_deref()), text(operator), text(filter.value.as_deref()))
        };
        let shown: Vec<_> = task.query.filters.iter().map(shown).collect();
        assert_eq!(shown.join("; "), seen, "{inside}");
    }
}

#[test]
fn content_types() {
    let codec = XmlCodec::default();
    for (content_type, in_answer, in_request) in [
        ("text/xml; charset=UTF-8", 0, 0),
        ("application/xml", 0, 0),
        ("application/soap+xml", 0, 0),
        ("TEXT/XML", 0, 0),
        ("application/json", 1, 1),
        ("text/html", 1, 1),
        // What HTTP libraries say of a body where their caller says nothing: of a request it means no more than that.
        ("application/x-www-form-urlencoded", 1, 0),
        ("Application/X-WWW-Form-Urlencoded; charset=utf-8", 1, 0),
    ] {
        let mut reply = Reply::of(of(""));
        reply.headers.push(("content-type".to_owned(), content_type.to_owned()));
        let read = codec.decode_response(TaskKind::PollInfo, &reply).unwrap();
        assert_eq!(
            findings(&read),
            vec!["header.content-type: not of the documented type"; in_answer],
            "{content_type}"
        );
        let request = Request {
            method: Method::Post,
            target: String::new(),
            headers: vec![Header::plain("Content-Type", content_type)],
            body: Body(b"<request><task><code>0905</code></task></request>".to_vec()),
        };
        assert_eq!(codec.decode_requests(None, &request).unwrap()[0].findings.len(), in_request, "{content_type}");
    }
}
