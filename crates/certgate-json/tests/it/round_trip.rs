//! What is written reads back; what is no JSON is refused as `serde_json` refuses it.

use certgate_domain::{
    AnyData, BasicUser, Call, CertAuthentication, Certificate, CertificateData, Credentials, GenericObject, Job,
    Lenient, Message, Moment, Options, PollMessage, ResourceRecord, Response, ResponseObject, Secret, SslContact,
    Status, StatusCode, SubjectAlternativeName, TaskKind, TimePeriod, Zone,
    task::{
        CertificateInfo, CertificatePrepareOrder, CertificateReissue, PollConfirm, ZoneInfo, ZoneUpdate,
        ZoneUpdateRecords,
    },
    words::{AuthMethod, ServerSoftware, StatusType, TimeUnit},
};
use certgate_json::{JsonCodec, Routes, text};
use certgate_wire::{Codec, Loss, Reply, Request};
use pretty_assertions::assert_eq;
use proptest::{option, prelude::*};

/// Text that JSON may hold: no control characters but tab and line ends, and not empty, since that is absent.
fn words() -> impl Strategy<Value = String> {
    "[^\\x00-\\x08\\x0B\\x0C\\x0E-\\x1F]{1,20}"
}

fn number() -> impl Strategy<Value = Option<i64>> {
    option::of(any::<i64>())
}

fn moment() -> impl Strategy<Value = Option<Lenient<Moment>>> {
    (0i64..4_000_000_000).prop_map(|seconds| Moment::from_unix_seconds(seconds).map(Lenient::Parsed))
}

prop_compose! {
    fn contact()(id in any::<i64>(), fname in option::of(words()), pcode in option::of(words()),
        address in proptest::collection::vec(words(), 0..3), updated in moment()) -> SslContact {
        SslContact { id: Some(id), fname, pcode, address, updated, ..SslContact::default() }
    }
}

prop_compose! {
    fn certificate()(id in any::<i64>(), name in option::of(words()), csr in option::of(words()), period in option::of(any::<i64>()),
        password in option::of(words()), admin in option::of(contact()), created in moment(), dns in option::of(words()),
        names in proptest::collection::vec(words(), 0..3), has_csr in option::of(any::<bool>()), software in option::of(words()))
        -> Certificate {
        Certificate {
            id: Some(id),
            name,
            csr,
            created,
            lifetime: period.map(|period| TimePeriod { unit: Some(TimeUnit::Week), period: Some(period) }),
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
    fn message()(text in words(), code in option::of(words()), nested in option::of(words()), value in option::of(words()))
        -> Message {
        Message {
            text: Some(text),
            code,
            status: Some(StatusType::Error),
            messages: nested.map(|notice| Message { notice: Some(notice), ..Message::default() }).into_iter().collect(),
            objects: value.map(|value| GenericObject { r#type: None, value: Some(value) }).into_iter().collect(),
            ..Message::default()
        }
    }
}

prop_compose! {
    fn options()(ctid in option::of(words()), reply_to in option::of(words()), keys in proptest::collection::vec(words(), 0..3),
        owner in option::of(("[a-zü]{1,9}", any::<i64>()))) -> Options {
        let owner = owner.map(|(user, context)| BasicUser {
            user: Some(user), context: Some(Lenient::Parsed(context)), ..BasicUser::default()
        });
        Options { owner, ctid, reply_to, keys, ..Options::default() }
    }
}

/// A zone's names are in the path, and some tasks have a second route for what the first cannot say.
#[test]
fn routes_of_zones() {
    let text = |text: &str| Some(text.to_owned());
    let update = |virtual_name_server, name: Option<&str>| ZoneUpdateRecords {
        origin: name.is_none().then(|| "müller.example".to_owned()),
        virtual_name_server,
        name: name.map(str::to_owned),
        add: vec![ResourceRecord::txt("_dnsauth", "a")],
        remove: vec![],
    };
    let zone = Zone { origin: text("shop.example"), virtual_name_server: text("ns1"), ..Zone::default() };
    let record = r#"{"name":"_dnsauth","type":"TXT","value":"a"}"#;
    let patched = format!(r#"{{"resourceRecordsAdd":[{record}]}}"#);
    for (task, target, body, losses) in [
        (ZoneInfo::new("a/b", "ns1").into(), "GET /zone/a%2Fb/ns1", String::new(), &[][..]),
        (
            ZoneInfo { origin: text("shop.example"), ..ZoneInfo::default() }.into(),
            "GET /zone/shop.example",
            String::new(),
            &[],
        ),
        (
            ZoneUpdate { zone }.into(),
            "PUT /zone/shop.example/ns1",
            r#"{"origin":"shop.example","virtualNameServer":"ns1"}"#.to_owned(),
            &[],
        ),
        (update(text("ns1"), None).into(), "PATCH /zone/m%C3%BCller.example/ns1", patched.clone(), &[]),
        (
            update(None, None).into(),
            "PATCH /zone/m%C3%BCller.example/{virtualNameServer}",
            patched,
            &["virtualNameServer"],
        ),
        (
            update(None, Some("www.shop.example")).into(),
            "POST /zone/www.shop.example/_stream",
            format!(r#"{{"adds":[{record}],"rems":[]}}"#),
            &[],
        ),
    ] {
        let call = Call { task, options: Options::default(), identity: None };
        let encoded = JsonCodec::default().encode_request(&call);
        let Request { method, target: path, body: written, .. } = &encoded.payload;
        assert_eq!((format!("{method} {path}").as_str(), String::from_utf8_lossy(written).as_ref()), (target, &*body));
        assert_eq!(encoded.losses.iter().map(|loss| loss.path.as_str()).collect::<Vec<_>>(), losses, "{target}");
        let decoded = JsonCodec::default().decode_requests(None, &encoded.payload).unwrap().remove(0);
        assert_eq!((decoded.value, decoded.findings), (call, vec![]), "{target}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn calls(certificate in certificate(), options in options(), documented in any::<bool>()) {
        let codec = JsonCodec::new(if documented { Routes::Documented } else { Routes::Live });
        let request = CertificateData {
            plain: certificate.csr.clone(),
            certificate: Some(Box::new(certificate.clone())),
            challenge_password: certificate.password.clone(),
            ..CertificateData::default()
        };
        let id = certificate.id;
        for task in [
            CertificateReissue { certificate }.into(),
            CertificatePrepareOrder { request }.into(),
            CertificateInfo { id }.into(),
            PollConfirm { id }.into(),
        ] {
            let call = Call { task, options: options.clone(), identity: None };
            let encoded = codec.encode_request(&call);
            prop_assert_eq!(&encoded.losses, &[]);
            let decoded = codec.decode_requests(Some(call.task.kind()), &encoded.payload).unwrap().remove(0);
            prop_assert_eq!(&decoded.value, &call);
            prop_assert_eq!(&decoded.findings, &[]);
            let printed = text::write(&encoded.payload);
            let decoded = text::decode_text(&codec, None, printed.as_bytes()).unwrap();
            prop_assert_eq!(decoded.value, call);
        }
    }

    #[test]
    fn answers(certificate in certificate(), messages in proptest::collection::vec(message(), 0..3), stid in option::of(words()),
        summary in number(), id in any::<i64>(), code in "[SNE][0-9]{3,7}") {
        let status = Status { code: Some(StatusCode::new(code)), text: None, r#type: None };
        let object = ResponseObject { r#type: Some("Certificate".to_owned()), summary, ..ResponseObject::default() };
        let poll = PollMessage {
            id: Some(id),
            job: Some(Job { id: Some(id), status_code: stid.clone(), ..Job::default() }),
            object: Some(ResponseObject {
                data: Some(certgate_domain::ObjectData::Certificate(Box::new(certificate.clone()))),
                ..object.clone()
            }),
            ..PollMessage::default()
        };
        let request = CertificateData { key_size: Some(id), ..CertificateData::default() };
        for (kind, data) in [
            (TaskKind::CertificateInfo, AnyData::from(certificate)),
            (TaskKind::PollInfo, poll.into()),
            (TaskKind::CertificatePrepareOrder, request.into()),
        ] {
            let response = Response {
                stid: stid.clone(),
                ctid: None,
                status: status.clone(),
                object: Some(object.clone()),
                messages: messages.clone(),
                data: vec![data],
            };
            let reply = JsonCodec::default().encode_responses(&[(kind, response.clone())]).payload;
            let decoded = JsonCodec::default().decode_response(kind, &reply).unwrap();
            prop_assert_eq!(decoded.value, response);
            prop_assert_eq!(decoded.findings, vec![]);
        }
    }
}

proptest! {
    #[test]
    fn bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        let codec = JsonCodec::default();
        for &kind in TaskKind::ALL {
            let _ = codec.decode_responses(kind, &Reply::of(bytes.clone()));
            let _ = text::decode_text(&codec, Some(kind), &bytes);
        }
        let _ = text::read(&bytes);
    }

    #[test]
    fn pieces_are_taken_as_serde_json_takes_them(pieces in proptest::collection::vec(proptest::sample::select(vec![
        "{", "}", "[", "]", ",", ":", "\"a\"", "\"b\"", "\"", "\\u00e4", "\\ud83d\\ude00", "\\ud83d", "\\n", "\\x", "0", "-", "1",
        ".", "e", "+", "true", "false", "null", "nul", " ", "\n", "ü", "\t",
    ]), 0..12)) {
        let inner = pieces.concat();
        let body = format!("{{\"status\":{{\"code\":\"S1\"}},\"x\":{inner}}}");
        let theirs = serde_json::from_str::<serde_json::Value>(&body);
        match JsonCodec::default().decode_response(TaskKind::Hello, &Reply::of(body.as_bytes())) {
            Ok(_) => prop_assert!(theirs.is_ok(), "{}: {:?}", body, theirs),
            // A name given twice is refused here only.
            Err(error) if error.expected == "each field once" => {}
            Err(error) => prop_assert!(theirs.is_err(), "{}: {}", body, error),
        }
    }

    #[test]
    fn texts_are_what_serde_json_says(text in words(), ascii in any::<bool>()) {
        let mut quoted = serde_json::to_string(&text).unwrap();
        if ascii {
            quoted = quoted.encode_utf16().map(|unit| match u8::try_from(unit) {
                Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
                _ => format!("\\u{unit:04X}"),
            }).collect();
        }
        let body = format!("{{\"status\":{{\"code\":\"S1\"}},\"stid\":{quoted}}}");
        let decoded = JsonCodec::default().decode_response(TaskKind::Hello, &Reply::of(body)).unwrap();
        prop_assert_eq!(decoded.value.stid, Some(text));
    }
}

#[test]
fn credentials_go_through_headers_both_ways() {
    let password = "s3cr&t<>:ü]]>";
    let credentials = Credentials::new("me", Secret::new(password), "9");
    let options = Options { language: Some("de".to_owned()), ..Options::default() };
    let call = Call { task: PollConfirm::new(1).into(), options, identity: Some(credentials.into()) };
    let encoded = JsonCodec::default().encode_request(&call);
    let request = encoded.payload;
    assert_eq!(encoded.losses, [Loss::new("options.language", "the JSON API has no language")]);
    assert_eq!(request.header("authorization"), Some("Basic bWU6czNjciZ0PD46w7xdXT4="));
    assert_eq!(request.header("X-Domainrobot-Context"), Some("9"));
    assert_eq!((request.target.as_str(), request.body.len()), ("/poll/1", 0));
    let debug = format!("{request:?}");
    assert!(!debug.contains("bWU6") && !debug.contains("s3cr"), "{debug}");
    assert!(!text::write(&request).contains("Basic"));
    let decoded = JsonCodec::default().decode_requests(None, &request).unwrap().remove(0);
    assert_eq!(decoded.value.identity, call.identity);
    assert_eq!(decoded.findings, []);

    let mut request = request;
    for value in ["Basic", "Basic !", "Basic YQ==", "Bearer YTpi"] {
        request.headers = vec![certgate_wire::Header::secret("Authorization", value)];
        let decoded = JsonCodec::default().decode_requests(None, &request).unwrap().remove(0);
        assert_eq!(decoded.value.identity, None, "{value}");
        assert_eq!(decoded.findings[0].path, "header.authorization", "{value}");
    }
}

#[test]
fn what_json_cannot_say() {
    let codec = JsonCodec::new(Routes::Documented);
    let call = |task, options| Call { task, options, identity: None };
    let encoded = codec.encode_request(&call(CertificateInfo { id: None }.into(), Options::default()));
    assert_eq!(encoded.payload.target, "/certificate/{id}");
    assert_eq!(encoded.losses, [Loss::new("id", "JSON has the id in the path; the payload has none")]);
    let encoded = codec.encode_request(&call(CertificatePrepareOrder::new("c", None).into(), Options::default()));
    assert_eq!(encoded.payload.target, "/certificate/prepareOrder");
    assert_eq!(&*encoded.payload.body, br#"{"plain":"c"}"#);
    let owner =
        BasicUser { user: Some("a\r\nb".to_owned()), password_expired: Some(true.into()), ..BasicUser::default() };
    let encoded =
        codec.encode_request(&call(PollConfirm::new(1).into(), Options { owner: Some(owner), ..Options::default() }));
    let paths: Vec<_> = encoded.losses.iter().map(|loss| loss.path.as_str()).collect();
    assert_eq!(paths, ["options.owner.user", "options.owner.passwordExpired"]);
    assert_eq!(encoded.payload.header("x-domainrobot-owner-user"), None);
}

#[test]
fn replies_have_the_status_of_their_verdict() {
    let response = |code: &str, about: &str| Response {
        stid: None,
        ctid: None,
        status: Status { code: Some(StatusCode::new(code)), text: None, r#type: None },
        object: None,
        messages: vec![Message {
            objects: vec![GenericObject { r#type: Some(about.to_owned()), value: None }],
            ..Message::default()
        }],
        data: vec![],
    };
    for (code, about, status) in [
        ("S1", "x", 200),
        ("N1", "x", 200),
        ("E1", "x", 400),
        ("E1", "request.auth.user", 401),
        ("S1", "request.auth", 200),
    ] {
        let answer = (TaskKind::Hello, response(code, about));
        let encoded = JsonCodec::default().encode_responses(&[answer.clone(), answer]);
        assert_eq!(encoded.payload.status, status, "{code} {about}");
        assert_eq!(encoded.payload.header("content-type"), Some("application/json"));
        assert_eq!(encoded.losses, [Loss::new("response[1]", "JSON holds one answer at a time")]);
    }
}
