//! A gateway and both protocols to ask it over.

use std::time::Duration;

use certgate_domain::{
    AnyData, AnyTask, CertAuthentication, Certificate, Credentials, Data, Options, Response, Secret, SslContact,
    TaskKind, TimePeriod,
    task::{CertificateReissue, PollInfo},
    words::{AuthMethod, ServerSoftware},
};
use certgate_json::JsonCodec;
use certgate_keys::{KeyType, PrivateKey, Subject};
use certgate_simulator::{Gateway, Handled, Protocol, Settings};
use certgate_wire::{Codec, Reply, Request};
use certgate_xml::XmlCodec;

pub(crate) const PROTOCOLS: [Protocol; 2] = [Protocol::Xml, Protocol::Json];

/// 2026-06-01.
pub(crate) const NOW: i64 = 1_780_272_000;

/// A gateway that starts then.
pub(crate) fn seeded() -> Gateway {
    Gateway::with(settings())
}

/// Its settings.
pub(crate) fn settings() -> Settings {
    Settings { start: Some(NOW), ..Settings::default() }
}

pub(crate) fn codec(protocol: Protocol) -> Box<dyn Codec> {
    match protocol {
        Protocol::Xml => Box::new(XmlCodec::default()),
        Protocol::Json => Box::new(JsonCodec::default()),
    }
}

pub(crate) fn account() -> Credentials {
    Credentials::new("user", Secret::new("password"), "9")
}

pub(crate) fn request(protocol: Protocol, task: impl Into<AnyTask>, credentials: Option<Credentials>) -> Request {
    let options = Options { ctid: Some("mine".to_owned()), ..Options::default() };
    let identity = credentials.map(certgate_domain::Identity::from);
    let call = certgate_domain::Call { task: task.into(), options, identity };
    codec(protocol).encode_request(&call).payload
}

pub(crate) fn handle(gateway: &Gateway, protocol: Protocol, task: impl Into<AnyTask>, uptime: u64) -> Handled {
    handle_at(gateway, protocol, task, uptime, NOW)
}

pub(crate) fn handle_at(
    gateway: &Gateway,
    protocol: Protocol,
    task: impl Into<AnyTask>,
    uptime: u64,
    unix: i64,
) -> Handled {
    gateway.handle(protocol, &request(protocol, task, Some(account())), Duration::from_secs(uptime), unix)
}

pub(crate) fn reply(handled: Handled) -> Reply {
    match handled {
        Handled::Reply(reply, _) => reply,
        other => panic!("no reply: {other:?}"),
    }
}

pub(crate) fn decode(protocol: Protocol, kind: TaskKind, reply: &Reply) -> Response<AnyData> {
    let decoded = codec(protocol).decode_response(kind, reply).unwrap();
    assert_eq!(decoded.findings, [], "{kind:?}");
    decoded.value
}

pub(crate) fn ask(gateway: &Gateway, protocol: Protocol, task: impl Into<AnyTask>, uptime: u64) -> Response<AnyData> {
    let task = task.into();
    let kind = match (task.kind(), protocol) {
        // Over XML it is the cheapest safe task.
        (TaskKind::Hello, Protocol::Xml) => TaskKind::PollInfo,
        (kind, _) => kind,
    };
    decode(protocol, kind, &reply(handle(gateway, protocol, task, uptime)))
}

pub(crate) fn code(response: &Response<AnyData>) -> &str {
    response.status.code.as_ref().unwrap().as_str()
}

pub(crate) fn data<T: Data>(response: &Response<AnyData>) -> Option<T> {
    response.data.first().cloned().and_then(T::from_any)
}

/// The first reason: its code, the type and the value of what it is about.
pub(crate) fn reason(response: &Response<AnyData>) -> (&str, &str, &str) {
    let Some(message) = response.messages.first() else { return ("", "", "") };
    let object = message.objects.first();
    (
        message.code.as_deref().unwrap_or_default(),
        object.and_then(|object| object.r#type.as_deref()).unwrap_or_default(),
        object.and_then(|object| object.value.as_deref()).unwrap_or_default(),
    )
}

pub(crate) fn csr(name: &str, names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let subject = Subject { common_name: name.to_owned(), ..Subject::default() };
    PrivateKey::generate(KeyType::P256).unwrap().request(&subject, &names).unwrap()
}

/// The documented order, with a request of its own.
pub(crate) fn order(csr: String) -> Certificate {
    Certificate {
        id: Some(571),
        admin_contact: Some(SslContact::by_id(100)),
        technical_contact: Some(SslContact::by_id(1120)),
        name: Some("example.com".to_owned()),
        lifetime: Some(TimePeriod::months(12)),
        software: Some(ServerSoftware::ApacheSsl),
        csr: Some(csr),
        product: Some("QUICKSSLPREMIUM".to_owned()),
        authentication: Some(CertAuthentication { method: Some(AuthMethod::Dns), ..CertAuthentication::default() }),
        ..Certificate::default()
    }
}

pub(crate) fn reissue() -> CertificateReissue {
    CertificateReissue { certificate: order(csr("example.com", &["example.com", "www.example.com"])) }
}

pub(crate) fn poll() -> PollInfo {
    PollInfo
}
