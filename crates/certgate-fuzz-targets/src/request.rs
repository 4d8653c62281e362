//! Requests of a client, as the simulator and the bridge read them.

use certgate_domain::Call;
use certgate_json::{
    JsonCodec, document,
    text::{decode_text, read},
};
use certgate_wire::{Body, Codec, Encoded, Method, Request};
use certgate_xml::XmlCodec;
use serde_json::json;

use crate::{
    answer::{is_known, stands_in, task},
    silent_change::silently_changed,
};

/// A file with a JSON request, and the request in it, mean the same.
pub(crate) fn json(data: &[u8]) {
    let Some((expected, text)) = task(data) else { return };
    let codec = JsonCodec::default();
    let file = decode_text(&codec, expected, text);
    let request = read(text).and_then(|request| codec.decode_requests(expected, &request));
    match (&file, &request) {
        (Ok(file), Ok(calls)) => {
            assert_eq!(calls.iter().map(|call| &call.value).collect::<Vec<_>>(), [&file.value]);
            if is_known(&file.findings) {
                means_the_same(&codec, &XmlCodec::default(), &file.value);
            }
        }
        (Err(why), Err(_)) => stands_in(why, text),
        _ => panic!("one of them is refused: {:?} {:?}", file.err(), request.err()),
    }
}

pub(crate) fn xml(data: &[u8]) {
    let Some((expected, body)) = task(data) else { return };
    let codec = XmlCodec::default();
    let request = Request { method: Method::Post, target: String::new(), headers: vec![], body: Body(body.to_vec()) };
    let calls = codec.decode_tasks(expected, &request);
    assert!(!calls.is_empty(), "nobody would be answered");
    for call in calls {
        match call {
            Ok(call) if is_known(&call.findings) => means_the_same(&codec, &JsonCodec::default(), &call.value),
            Ok(_) => {}
            Err(why) => stands_in(&why, body),
        }
    }
}

/// A call means the same when it is said again, and in the other protocol, or what is lost is told.
fn means_the_same(codec: &dyn Codec, other: &dyn Codec, call: &Call) {
    let kind = call.task.kind();
    let Encoded { payload, losses } = codec.encode_request(call);
    if losses.is_empty() {
        let back = codec.decode_requests(Some(kind), &payload).unwrap_or_else(|why| panic!("{why}"));
        let said = |call: &Call| (call.task.clone(), call.options.clone());
        assert_eq!(back.iter().map(|call| said(&call.value)).collect::<Vec<_>>(), [said(call)]);
    }
    let Encoded { payload, losses } = other.encode_request(call);
    let Ok(mut there) = other.decode_requests(Some(kind), &payload) else {
        // A task that lacks what it cannot be sent without is never sent.
        assert!(!losses.is_empty() || call.task.missing().is_some(), "it cannot be read: {payload:?}");
        return;
    };
    let Some(there) = there.pop().filter(|_| losses.is_empty()) else { return };
    let shown = |call: &Call| json!({ "value": document::request(call), "options": document::options(&call.options) });
    assert_eq!(silently_changed(&shown(call), &shown(&there.value), &losses), Vec::<String>::new());
}
