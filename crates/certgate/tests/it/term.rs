//! The decision between reissue and renewal, over years at a gateway whose certificates last less long than their term.

use std::time::Duration;

use certgate::estate::term::{Decision, Lifetime, decide};
use certgate_domain::{
    AnyData, AnyTask, Call, CertAuthentication, Certificate, Credentials, Lenient, Options, PollMessage, Protocol,
    Secret, SslContact, TimePeriod,
    task::{CertificateCreate, CertificateInfo, CertificateReissue, CertificateRenew, PollInfo},
    words::AuthMethod,
};
use certgate_json::JsonCodec;
use certgate_keys::{KeyType, PrivateKey, Subject};
use certgate_simulator::{Gateway, Handled, Settings};
use certgate_wire::Codec;
use certgate_x509::X509;
use certgate_xml::XmlCodec;
use pretty_assertions::assert_eq;

pub(crate) const DAY: i64 = 86_400;
/// 2026-06-01.
pub(crate) const START: i64 = 1_780_272_000;

pub(crate) fn codec(protocol: Protocol) -> Box<dyn Codec> {
    match protocol {
        Protocol::Xml => Box::new(XmlCodec::default()),
        Protocol::Json => Box::new(JsonCodec::default()),
    }
}

pub(crate) fn ask(gateway: &Gateway, protocol: Protocol, task: impl Into<AnyTask>, now: i64) -> Vec<AnyData> {
    let codec = codec(protocol);
    let identity = Credentials::new("user", Secret::new("password"), "9").into();
    let call = Call { task: task.into(), options: Options::default(), identity: Some(identity) };
    let request = codec.encode_request(&call).payload;
    let Handled::Reply(reply, _) = gateway.handle(protocol, &request, Duration::ZERO, now) else { panic!("no reply") };
    let answer = codec.decode_response(call.task.kind(), &reply).unwrap().value;
    let code = answer.status.code.as_ref().unwrap().as_str();
    assert!(!code.starts_with('E'), "{answer:?}");
    answer.data
}

pub(crate) fn seconds(moment: &Option<Lenient<certgate_domain::Moment>>) -> Option<i64> {
    moment.as_ref()?.value()?.unix_seconds()
}

/// Looked at once a day for nearly three years: three terms are paid, and there is a valid certificate on every day.
#[test]
fn every_term_is_paid_once() {
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let name = "shop.example.com".to_owned();
    let subject = Subject { common_name: name.clone(), ..Subject::default() };
    let ordered = Certificate {
        csr: Some(key.request(&subject, std::slice::from_ref(&name)).unwrap()),
        name: Some(name),
        product: Some("QUICKSSLPREMIUM".to_owned()),
        lifetime: Some(TimePeriod::months(12)),
        admin_contact: Some(SslContact::by_id(1120)),
        technical_contact: Some(SslContact::by_id(100)),
        authentication: Some(CertAuthentication { method: Some(AuthMethod::Dns), ..CertAuthentication::default() }),
        ..Certificate::default()
    };
    let gateways = [Protocol::Xml, Protocol::Json].into_iter().flat_map(|protocol| {
        [true, false].into_iter().flat_map(move |tells| [47, 100, 199].map(|days| (protocol, tells, days)))
    });
    for (protocol, tells_terms, longest) in gateways {
        let what = format!("{protocol:?}, {longest} days, terms told: {tells_terms}");
        let max_validity = Some(Duration::from_secs(longest * 86_400));
        let gateway = Gateway::with(Settings { start: Some(START), max_validity, tells_terms, ..Settings::default() });
        ask(&gateway, protocol, CertificateCreate { certificate: ordered.clone() }, START);
        let message = ask(&gateway, protocol, PollInfo, START).into_iter().next();
        let Some(AnyData::PollMessage(message)) = message else { panic!("{message:?}") };
        let PollMessage { object, .. } = *message;
        let id = object.unwrap().certificate().unwrap().id.unwrap();
        let look = |now: i64| {
            let answer = ask(&gateway, protocol, CertificateInfo::new(id), now).into_iter().next();
            let Some(AnyData::Certificate(there)) = answer else { panic!("{answer:?}") };
            there
        };
        let with_id = Certificate { id: Some(id), ..ordered.clone() };
        let (mut reissued, mut renewed) = (Vec::new(), Vec::new());
        for day in 0..1060 {
            let now = START + day * DAY;
            let there = look(now);
            assert_eq!(there.payable.is_some(), tells_terms, "{what}");
            let X509 { not_before, not_after, .. } = X509::from_pem(there.server.as_ref().unwrap()).unwrap();
            assert!((not_before..not_after).contains(&now), "{what}: no valid certificate on day {day}");
            let certificate = Lifetime::of(not_before, not_after, Some(&there));
            match decide(&certificate, None, now) {
                Decision::Nothing { due } => assert!(due > now, "{what}: day {day}"),
                Decision::TooEarly { .. } => panic!("{what}: it waits for the window on day {day}"),
                Decision::Reissue(_) => {
                    ask(&gateway, protocol, CertificateReissue { certificate: with_id.clone() }, now);
                    assert_eq!(look(now).payable, there.payable, "{what}: the term stays");
                    reissued.push(day);
                }
                Decision::Renew(_) => {
                    ask(&gateway, protocol, CertificateRenew { certificate: with_id.clone() }, now);
                    let longer = seconds(&there.payable).map(|end| end + 365 * DAY);
                    assert_eq!(seconds(&look(now).payable), longer, "{what}: a term more");
                    renewed.push(day);
                }
            }
        }
        let near_the_end = |(term, day): (i64, &i64)| (term * 365 - 30..term * 365).contains(day);
        assert!((1..).zip(&renewed).all(near_the_end) && renewed.len() == 2, "{what}: renewed on days {renewed:?}");
        // Each lasts two thirds of its time at least before the next one is due, and the last of a term may be short.
        let most = 1060 * 3 / (2 * longest.cast_signed()) + 3;
        let count = i64::try_from(reissued.len()).unwrap();
        assert!((1060 / longest.cast_signed() - 3..=most).contains(&count), "{what}: reissued on days {reissued:?}");
    }
}
