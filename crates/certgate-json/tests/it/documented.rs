//! The payloads of the documented page.

use certgate_domain::{AnyData, TaskKind, Verdict};
use certgate_json::{JsonCodec, document, text};
use certgate_wire::{Codec, Reply};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

macro_rules! documented {
    ($path:literal) => {
        include_str!(concat!("../../../../fixtures/", $path))
    };
}

/// What is empty counts as absent.
fn without_empty(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.into_iter()
                .map(|(key, value)| (key, without_empty(value)))
                .filter(|(_, value)| *value != json!([]) && *value != json!({}) && !value.is_null())
                .collect(),
        ),
        Value::Array(items) => items.into_iter().map(without_empty).collect(),
        other => other,
    }
}

#[test]
fn answers_are_understood_whole_and_written_back() {
    for (kind, body, verdict, records) in [
        (
            TaskKind::CertificatePrepareOrder,
            documented!("certificate-prepare-order/documented/response.json"),
            Verdict::Done,
            1,
        ),
        (
            TaskKind::CertificateReissue,
            documented!("certificate-reissue/documented/response.json"),
            Verdict::Accepted,
            1,
        ),
        (TaskKind::CertificateInfo, documented!("certificate-info/documented/response.json"), Verdict::Done, 1),
        (TaskKind::PollInfo, documented!("poll-info/documented/response.json"), Verdict::Done, 1),
        (TaskKind::PollConfirm, documented!("poll-confirm/documented/response.json"), Verdict::Done, 0),
    ] {
        let decoded = JsonCodec::default().decode_response(kind, &Reply::of(body)).unwrap();
        assert_eq!(decoded.findings, [], "{kind:?}");
        assert_eq!(decoded.value.verdict(), Some(verdict), "{kind:?}");
        assert_eq!(decoded.value.data.len(), records, "{kind:?}");
        let whole: Value = serde_json::from_str(body).unwrap();
        assert_eq!(document::response(&decoded.value), without_empty(whole), "{kind:?}");
        let reply = JsonCodec::default().encode_responses(&[(kind, decoded.value.clone())]);
        assert_eq!((reply.payload.status, reply.losses), (200, vec![]));
        assert_eq!(JsonCodec::default().decode_response(kind, &reply.payload).unwrap(), decoded, "{kind:?}");
    }
}

#[test]
fn the_certificate_comes_out_byte_for_byte() {
    let body = documented!("certificate-info/documented/response.json");
    let decoded = JsonCodec::default().decode_response(TaskKind::CertificateInfo, &Reply::of(body)).unwrap();
    let AnyData::Certificate(certificate) = &decoded.value.data[0] else { panic!("{decoded:?}") };
    let whole: Value = serde_json::from_str(body).unwrap();
    assert_eq!(certificate.server.as_deref(), whole["data"][0]["server"].as_str());
    assert_eq!(certificate.id, Some(571));
    assert_eq!(certificate.order_id.as_deref(), Some("2743098"));
    assert_eq!(certificate.certification_authority.len(), 2);
    // The OpenAPI's order is the page's.
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&document::certificate(certificate)), names(&without_empty(whole["data"][0].clone())));
}

#[test]
fn requests_are_understood_with_and_without_their_route() {
    for (kind, body, line) in [
        (
            TaskKind::CertificatePrepareOrder,
            documented!("certificate-prepare-order/documented/request.json"),
            "POST /certificate/_prepareOrder",
        ),
        (
            TaskKind::CertificateReissue,
            documented!("certificate-reissue/documented/request.json"),
            "PUT /certificate/{id}",
        ),
    ] {
        let codec = JsonCodec::default();
        let bare = text::decode_text(&codec, Some(kind), body.as_bytes()).unwrap();
        assert_eq!(bare.findings, []);
        let routed = text::decode_text(&codec, None, format!("{line}\n\n{body}").as_bytes()).unwrap();
        assert_eq!(routed, bare);
        let whole: Value = serde_json::from_str(body).unwrap();
        assert_eq!(document::request(&bare.value), whole);
        let encoded = codec.encode_request(&bare.value);
        assert_eq!(encoded.losses.len(), usize::from(kind == TaskKind::CertificateReissue));
        let printed = text::write(&encoded.payload);
        assert!(printed.starts_with(&format!("{line}\n\n{{\n  \"")), "{printed}");
        assert!(printed.ends_with("}\n"), "{printed}");
        assert_eq!(text::decode_text(&codec, None, printed.as_bytes()).unwrap(), bare);
        let read = text::read(printed.as_bytes()).unwrap();
        assert_eq!((read.method, &read.target), (encoded.payload.method, &encoded.payload.target));
    }
}
