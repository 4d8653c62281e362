//! What is written reads back; no bytes make the codec panic.

use certgate_domain::{
    AnyData, BasicUser, Call, CertAuthentication, Certificate, CertificateData, Credentials, Foreign, GenericObject,
    Job, Lenient, Message, Moment, NotifyMessage, ObjectData, ObjectJob, Options, PollMessage, Query, QueryFilter,
    ResourceRecord, Response, ResponseObject, Secret, Session, SslContact, Status, StatusCode, SubjectAlternativeName,
    TaskKind, TimePeriod,
    task::{
        CertificateInfo, CertificateList, CertificatePrepareOrder, CertificateReissue, JobInfo, PollConfirm, PollInfo,
        ZoneUpdateRecords,
    },
    words::{AuthMethod, JobStatus, ServerSoftware, StatusType, TimeUnit},
};
use certgate_wire::{Body, Codec, Limits, Loss, Method, Reply, Request};
use certgate_xml::XmlCodec;
use pretty_assertions::assert_eq;
use proptest::{option, prelude::*};

/// Text of a scalar: without white space at its ends, which XML does not count, and without what XML 1.0 cannot hold.
fn words() -> impl Strategy<Value = String> {
    let edge = "(\\]\\]>|[&<>\"'a-zäöü0-9])";
    let inside = "(\\]\\]>|<!\\[CDATA\\[|<!--|&amp;|[&<>\"'\t\r\na-zäöü€ ]|\r\n|[^\\x00-\\x1F\\x7F-\\xA0\u{FFFE}\u{FFFF}]){0,12}";
    (edge, inside, edge).prop_map(|(first, inside, last)| format!("{first}{inside}{last}"))
}

/// Text that counts byte for byte, its ends too.
fn verbatim() -> impl Strategy<Value = String> {
    ("[ \t\r\n]{0,2}", words(), "[ \t\r\n]{0,2}").prop_map(|(before, text, after)| format!("{before}{text}{after}"))
}

fn moment() -> impl Strategy<Value = Option<Lenient<Moment>>> {
    // Whole hours of winter days in the codec's zone, so that the offset comes back as it was.
    (0i64..400).prop_map(|day| {
        let text = format!("20{:02}-01-{:02}T10:35:22.000+0100", day % 30 + 10, day % 28 + 1);
        Some(Lenient::Parsed(text.parse().unwrap()))
    })
}

prop_compose! {
    fn contact()(id in any::<i64>(), fname in option::of(words()), pcode in option::of(words()),
        address in proptest::collection::vec(words(), 0..3), updated in moment()) -> SslContact {
        SslContact { id: Some(id), fname, pcode, address, updated, ..SslContact::default() }
    }
}

prop_compose! {
    fn certificate()(id in any::<i64>(), name in option::of(words()), csr in option::of(verbatim()), period in option::of(any::<i64>()),
        password in option::of(verbatim()), admin in option::of(contact()), created in moment(), dns in option::of(verbatim()),
        names in proptest::collection::vec(words(), 0..3), has_csr in option::of(any::<bool>()), software in option::of(words()))
        -> Certificate {
        Certificate {
            id: Some(id),
            name,
            csr: csr.clone(),
            server: csr,
            created,
            lifetime: period.map(TimePeriod::months),
            password: password.map(Secret::new),
            admin_contact: admin,
            authentication: dns.map(|dns| CertAuthentication { method: Some(AuthMethod::Dns), dns: Some(dns), ..Default::default() }),
            subject_alternative_names: names.into_iter().map(SubjectAlternativeName::new).collect(),
            has_csr: has_csr.map(Lenient::Parsed),
            software: software.map(|word| ServerSoftware::from(word.as_str())),
            ..Certificate::default()
        }
    }
}

prop_compose! {
    fn message()(text in words(), code in option::of(words()), help in option::of("[a-zü]{1,5}(\n[a-z]{1,5}){0,2}|[a-z](\n| \n){1,3}[a-z]"),
        nested in option::of(words()), value in option::of(words())) -> Message {
        Message {
            text: Some(text),
            code,
            notice: help,
            status: Some(StatusType::Notice),
            messages: nested.map(|text| Message { text: Some(text), ..Message::default() }).into_iter().collect(),
            objects: value.map(|value| GenericObject { r#type: None, value: Some(value) }).into_iter().collect(),
        }
    }
}

fn foreign() -> impl Strategy<Value = Foreign> {
    let leaf = words().prop_map(Foreign::Text);
    leaf.prop_recursive(3, 20, 4, |inner| {
        let twins = (inner.clone(), inner.clone()).prop_map(|(one, other)| Foreign::List(vec![one, other]));
        (option::of(words()), inner, option::of(twins), option::of(words())).prop_map(
            |(kind, name, nserver, beside)| {
                let text = |text: Option<String>| text.map(Foreign::Text);
                let entries =
                    [("@kind", text(kind)), ("name", Some(name)), ("nserver", nserver), ("#text", text(beside))];
                Foreign::Map(entries.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect())
            },
        )
    })
}

/// What a message is about: one object, several of a kind, or several of several kinds.
fn affected() -> impl Strategy<Value = Foreign> {
    let object = || foreign().prop_map(|inside| Foreign::Map(vec![("inside".to_owned(), inside)]));
    let several = |name: &str, items: Vec<Foreign>| (name.to_owned(), Foreign::List(items));
    prop_oneof![
        foreign(),
        (words(), words()).prop_map(|(one, other)| Foreign::List(vec![Foreign::Text(one), Foreign::Text(other)])),
        (words(), foreign()).prop_map(|(inside, name)| {
            Foreign::Map(vec![("domain".to_owned(), Foreign::Text(inside)), ("name".to_owned(), name)])
        }),
        (object(), object(), object()).prop_map(move |(one, other, third)| {
            Foreign::Map(vec![several("domain", vec![one, other]), ("transfer".to_owned(), third)])
        }),
    ]
}

prop_compose! {
    fn options()(ctid in option::of(words()), reply_to in option::of(words()), keys in proptest::collection::vec(words(), 0..3),
        language in option::of("de|en"), owner in option::of(("[a-zü]{1,9}", any::<i64>()))) -> Options {
        let owner = owner.map(|(user, context)| BasicUser {
            user: Some(user), context: Some(Lenient::Parsed(context)), ..BasicUser::default()
        });
        Options { owner, language, ctid, reply_to, keys, ..Options::default() }
    }
}

fn credentials(password: &str) -> Credentials {
    Credentials::new("müller", Secret::new(password), "9")
}

fn there_and_back(call: &Call) {
    let codec = XmlCodec::default();
    let encoded = codec.encode_request(call);
    assert_eq!(encoded.losses, []);
    let decoded = codec.decode_requests(Some(call.task.kind()), &encoded.payload).unwrap().remove(0);
    assert_eq!((&decoded.value, decoded.findings), (call, vec![]));
    let redacted = codec.redact(&encoded.payload.body);
    assert_eq!(codec.redact(&redacted), redacted);
}

fn response(data: Vec<AnyData>) -> Response<AnyData> {
    let status = Status { code: Some(StatusCode::new("S0905")), ..Status::default() };
    Response { stid: None, ctid: None, status, object: None, messages: vec![], data }
}

fn answered(kind: TaskKind, answer: &Response<AnyData>) {
    let codec = XmlCodec::default();
    let encoded = codec.encode_responses(&[(kind, answer.clone())]);
    assert_eq!(encoded.losses, []);
    let decoded = codec.decode_response(kind, &encoded.payload).unwrap();
    assert_eq!((&decoded.value, decoded.findings), (answer, vec![]));
}

/// What another protocol's value has and XML has not is told at its place.
#[test]
fn what_reads_back_otherwise_is_told() {
    let codec = XmlCodec::default();
    let text = |text: &str| Foreign::Text(text.to_owned());
    let alone = "XML cannot tell a list of one item from the item alone";
    let fewer = "XML has no empty items: the other items move up";
    let nested = "XML has no list inside a list";
    let of_one = |inside: Foreign| Foreign::Map(vec![("name_servers".to_owned(), Foreign::List(vec![inside]))]);
    for (foreign, expected) in [
        (of_one(text("ns1")), vec![("name_servers", alone)]),
        (of_one(of_one(text("ns1"))), vec![("name_servers", alone), ("name_servers[0].name_servers", alone)]),
        (Foreign::List(vec![text("a"), text("b")]), vec![]),
        (Foreign::List(vec![text("a"), text(""), text("b")]), vec![("", fewer)]),
        (Foreign::List(vec![Foreign::List(vec![text("a")]), text("b")]), vec![("", alone), ("[0]", nested)]),
    ] {
        let object = ResponseObject {
            r#type: Some("domain".to_owned()),
            data: Some(ObjectData::Foreign(foreign)),
            ..ResponseObject::default()
        };
        let message = PollMessage { object: Some(object), ..PollMessage::default() };
        let losses = codec.encode_responses(&[(TaskKind::PollInfo, response(vec![message.into()]))]).losses;
        let expected: Vec<Loss> = expected
            .into_iter()
            .map(|(path, why)| {
                let dot = if path.starts_with(|c: char| c.is_alphabetic()) { "." } else { "" };
                Loss::new(format!("data[0].object.data{dot}{path}"), why)
            })
            .collect();
        assert_eq!(losses, expected);
    }

    let account = Foreign::Map(vec![("user_id".to_owned(), text("7")), ("x".to_owned(), of_one(text("y")))]);
    let session = Session { id: None, account: Some(account) };
    let losses = codec.encode_responses(&[(TaskKind::SessionCreate, response(vec![session.into()]))]).losses;
    let why = "XML says nothing of the account";
    assert_eq!(losses, [Loss::new("data[0].user_id", why), Loss::new("data[0].x", why)]);

    let line = ResourceRecord { raw: Some("a. IN TXT b".to_owned()), ..ResourceRecord::default() };
    let task = ZoneUpdateRecords { name: Some("a.shop.example".to_owned()), add: vec![line], ..Default::default() };
    let losses = codec.encode_request(&Call { task: task.into(), options: Options::default(), identity: None }).losses;
    assert_eq!(
        losses,
        [
            Loss::new("resourceRecordsAdd[0].raw", "XML has no zone file lines; give name, ttl, type and value"),
            Loss::new("name", "XML names a zone by its own name, not by any name in it"),
        ]
    );

    let filter = QueryFilter { key: Some("my_key".to_owned()), ..QueryFilter::default() };
    let query = Query { filters: vec![filter], ..Query::default() };
    let keys = ["orderId", "order_sea", "certificate_type"].map(str::to_owned).to_vec();
    let options = Options { keys, ..Options::default() };
    let losses = codec.encode_request(&Call { task: CertificateList { query }.into(), options, identity: None }).losses;
    assert_eq!(
        losses,
        [
            Loss::new("filters[0].key", "XML reads the key `my_key` as myKey"),
            Loss::new("options.keys[1]", "XML reads the key `order_sea` as orderSea"),
        ]
    );
}

/// Calls of one sender and owner are one request, as many as one may hold; the others are requests of their own, in their order.
#[test]
fn calls_of_one_head_share_a_request() {
    let codec = XmlCodec::default();
    let call = |user: Option<&str>, id: i64| {
        let owner = user.map(|user| BasicUser { user: Some(user.to_owned()), ..BasicUser::default() });
        let options = Options { owner, ctid: Some(id.to_string()), ..Options::default() };
        Call { task: CertificateInfo::new(id).into(), options, identity: Some(credentials("p").into()) }
    };
    let calls = [call(None, 1), call(None, 2), call(Some("a"), 3), call(None, 4)];
    let requests = codec.encode_requests(&calls);
    let read: Vec<Vec<Call>> = requests
        .payload
        .iter()
        .map(|request| codec.decode_requests(None, request).unwrap().into_iter().map(|read| read.value).collect())
        .collect();
    assert_eq!(read, [&calls[..2], &calls[2..3], &calls[3..]]);
    let many: Vec<Call> = (0..Limits::DOCUMENTS as i64 + 1).map(|id| call(None, id)).collect();
    let counts: Vec<usize> = codec
        .encode_requests(&many)
        .payload
        .iter()
        .map(|request| codec.decode_requests(None, request).unwrap().len())
        .collect();
    assert_eq!(counts, [Limits::DOCUMENTS, 1]);
    assert_eq!(codec.encode_requests(&[]).payload, []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn calls(certificate in certificate(), options in options(), password in verbatim()) {
        let request = CertificateData {
            plain: certificate.csr.clone(),
            certificate: Some(Box::new(certificate.clone())),
            challenge_password: certificate.password.clone(),
            authentication: certificate.authentication.clone().into_iter().collect(),
            ..CertificateData::default()
        };
        let id = certificate.id;
        for task in [
            CertificateReissue { certificate }.into(),
            CertificatePrepareOrder { request }.into(),
            CertificateInfo { id }.into(),
            JobInfo { id }.into(),
            PollInfo.into(),
            PollConfirm { id }.into(),
        ] {
            there_and_back(&Call { task, options: options.clone(), identity: Some(credentials(&password).into()) });
        }
    }

    #[test]
    fn answers(certificate in certificate(), messages in proptest::collection::vec(message(), 0..3), foreign in affected(),
        stid in option::of(words()), ctid in option::of(words()), summary in any::<i64>(), id in any::<i64>(), text in words()) {
        let status = Status { code: Some(StatusCode::new("S400104")), text: Some(text.clone()), r#type: Some(StatusType::Success) };
        let about = |r#type: &str, data| Some(ResponseObject {
            r#type: Some(r#type.to_owned()), value: Some(text.clone()), summary: None, data: Some(data),
        });
        let of_certificate = about("certificate", ObjectData::Certificate(Box::new(certificate.clone())));
        let of_domain = about("domain", ObjectData::Foreign(foreign));
        let job = Job { id: Some(id), status: Some(JobStatus::Failed), status_code: stid.clone(), ..Job::default() };
        let poll = |job: Option<Job>, object| PollMessage {
            id: Some(id), job, object, stid: stid.clone(), messages: messages.clone(), ..PollMessage::default()
        };
        let notify = NotifyMessage { r#type: Some("transfer".to_owned()), object: of_domain.clone() };
        let whole = ObjectJob {
            job: Some(job.clone()),
            object: Some(ResponseObject { value: Some(text.clone()), ..ResponseObject::default() }),
            messages: messages.clone(),
            notices: vec![text.clone()],
            ..ObjectJob::default()
        };
        for (kind, data) in [
            (TaskKind::CertificateInfo, AnyData::from(certificate)),
            (TaskKind::CertificateReissue, job.clone().into()),
            (TaskKind::JobInfo, whole.into()),
            (TaskKind::PollInfo, poll(Some(job.clone()), of_certificate).into()),
            (TaskKind::PollInfo, poll(Some(job), of_domain).into()),
            (TaskKind::PollInfo, PollMessage { notify: Some(notify), ..poll(None, None) }.into()),
        ] {
            answered(kind, &Response {
                stid: stid.clone(),
                ctid: ctid.clone(),
                status: status.clone(),
                object: Some(ResponseObject { value: Some(text.clone()), summary: Some(summary), ..ResponseObject::default() }),
                messages: messages.clone(),
                data: vec![data],
            });
        }
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        survives(&bytes);
    }

    #[test]
    fn no_markup_panics(pieces in proptest::collection::vec(prop_oneof![
        Just("<"), Just(">"), Just("/"), Just("</"), Just("/>"), Just("<![CDATA["), Just("]]>"), Just("<!--"), Just("-->"),
        Just("&"), Just(";"), Just("&#"), Just("&#x41;"), Just("&amp;"), Just("<?xml"), Just("?>"), Just("<!DOCTYPE"), Just(" a='b'"),
        Just("request"), Just("response"), Just("result"), Just("status"), Just("password"), Just("<job>"), Just("</job>"),
        Just("<response>"), Just("</response>"), Just("\u{feff}"), Just("ü"), Just(" "), Just("\r\n"), Just("-----BEGIN "),
        Just("PRIVATE KEY-----"), Just("-----END ")], 0..40)) {
        survives(pieces.concat().as_bytes());
    }
}

fn survives(bytes: &[u8]) {
    let codec = XmlCodec::default();
    for kind in TaskKind::ALL {
        let _ = codec.decode_responses(*kind, &Reply::of(bytes));
    }
    let request = Request { method: Method::Post, target: String::new(), headers: vec![], body: Body(bytes.to_vec()) };
    let _ = codec.decode_requests(None, &request);
    let once = codec.redact(bytes);
    assert_eq!(codec.redact(&once), once);
}

#[test]
fn a_password_survives_and_is_not_shown() {
    let password = "s3cr&t<>:ü]]>";
    let call =
        Call { task: PollInfo.into(), options: Options::default(), identity: Some(credentials(password).into()) };
    there_and_back(&call);
    let codec = XmlCodec::default();
    let body = codec.encode_request(&call).payload.body;
    assert_eq!(
        String::from_utf8(body.to_vec()).unwrap(),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><request><auth><user>müller</user>\
         <password>s3cr&amp;t&lt;&gt;:ü]]&gt;</password><context>9</context></auth><task><code>0905</code></task></request>"
    );
    assert_eq!(
        String::from_utf8(codec.redact(&body)).unwrap(),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><request><auth><user>müller</user>\
         <password>…</password><context>9</context></auth><task><code>0905</code></task></request>"
    );
}

#[test]
fn what_xml_cannot_say_is_a_loss() {
    let codec = XmlCodec::default();
    let reissue = |certificate| {
        let task = CertificateReissue { certificate }.into();
        codec.encode_request(&Call { task, options: Options::default(), identity: None }).losses
    };
    let days = TimePeriod { unit: Some(TimeUnit::Day), period: Some(90) };
    let admin = SslContact { fname: Some("a\u{7}b".to_owned()), ..SslContact::default() };
    let late: Moment = "2018-12-12T10:53:23.168+0100".parse().unwrap();
    for (certificate, path, why) in [
        (Certificate { lifetime: Some(days), ..Default::default() }, "lifetime", "XML has whole months only"),
        (
            Certificate { certificate_type: Some(" FQDN".into()), ..Default::default() },
            "certificateType",
            "white space at the ends of a text does not count in XML",
        ),
        (
            Certificate { admin_contact: Some(admin), ..Default::default() },
            "adminContact.fname",
            "it holds control characters, which XML 1.0 cannot",
        ),
        (
            Certificate { expire: Some(Lenient::Parsed(late)), ..Default::default() },
            "expire",
            "XML times have no milliseconds",
        ),
        (
            Certificate { name: Some(" a".to_owned()), ..Default::default() },
            "name",
            "white space at the ends of a text does not count in XML",
        ),
        (
            Certificate { csr: Some(" \n".to_owned()), ..Default::default() },
            "csr",
            "a blank text counts as absent in XML",
        ),
    ] {
        assert_eq!(reissue(certificate), [Loss::new(path, why)]);
    }
    let data = Foreign::Map(vec![("no name".to_owned(), Foreign::Text("x".to_owned()))]);
    let object = ResponseObject {
        r#type: Some("domain".to_owned()),
        data: Some(ObjectData::Foreign(data)),
        ..ResponseObject::default()
    };
    let message = PollMessage { object: Some(object), ..PollMessage::default() };
    assert_eq!(
        codec.encode_responses(&[(TaskKind::PollInfo, response(vec![message.into()]))]).losses,
        [Loss::new("data[0].object.data.no name", "this name cannot be an element of XML")]
    );
}
