//! Arbitrary values of every record, from XML to JSON and back: equal for all that both can say.

use certgate_domain::Call;
use certgate_json::{JsonCodec, document, route};
use certgate_wire::{Body, Codec, Encoded, Reply, Request};
use certgate_xml::XmlCodec;
use pretty_assertions::assert_eq;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{
    openapi::{Api, Choice},
    silent_change::silently_changed,
};

/// Any fields, words that nobody knows among them, and texts that each protocol must escape.
struct Arbitrary(fastrand::Rng);

impl Choice for Arbitrary {
    fn has(&mut self, field: &str) -> bool {
        // A certificate inside of everything would make instances endless; what it holds is reached by itself.
        // Without one of these a record may be lost whole, and then the others of its list move up.
        ["id", "job", "key"].contains(&field) || self.0.u8(..10) < if field == "certificate" { 2 } else { 6 }
    }

    fn word(&mut self, words: &[Value]) -> Value {
        if self.0.u8(..10) == 0 { json!("SOMETHING_NEW") } else { words[self.0.usize(..words.len())].clone() }
    }

    fn text(&mut self, field: &str) -> String {
        if field == "key" {
            return ["name", "orderId", "order_sea", "my_key", "first", "certificate_type"][self.0.usize(..6)]
                .to_owned();
        }
        if field == "type" && self.0.bool() {
            return ["domain", "Domain", "status", "1"][self.0.usize(..4)].to_owned();
        }
        let pieces =
            ["a", "Z", "7", "ü", "€", "&", "<", ">", "\"", "'", "]]>", " ", "\n", "-", "\\", "/", "=", "&amp;", "😀"];
        let inside: String = (0..self.0.usize(..8)).map(|_| pieces[self.0.usize(..pieces.len())]).collect();
        // Most texts have no white space at their ends, so that some payloads lose nothing.
        if self.0.u8(..50) == 0 { format!(" x{inside}\n") } else { format!("x{inside}y") }
    }

    fn moment(&mut self) -> &'static str {
        [
            "2018-12-12T10:53:23.000+0100",
            "2018-10-28T02:30:00.000+0100",
            "2018-10-28T02:30:00.000+0200",
            "2018-03-25T01:30:00.000+0000",
            "2018-12-12T10:53:23.168+0330",
            "1890-01-01T00:00:00.000+0053",
        ][self.0.usize(..6)]
    }

    fn object(&mut self) -> Value {
        let mut texts = [(); 3].map(|()| self.text(""));
        let [one, other, third] = [0, 1, 2].map(|at| {
            let text = json!(std::mem::take(&mut texts[at]));
            if self.0.bool() { json!({ "name": text }) } else { text }
        });
        match self.0.u8(..8) {
            0 => one,
            1 => json!([one, other, third]),
            2 => json!({ "domain": { "x": one }, "transfer": [{ "y": other }, { "z": third }] }),
            3 => json!({ "domain": [one, other], "status": third, "certificate": { "id": 5 } }),
            4 => json!([one]),
            5 => json!({ "nameServers": [one], "rr_set": [[other], third], "n": [[1], [2]] }),
            6 => json!({ "domain": [{ "x": [{ "y": [one] }, { "no name": other }] }], "transfer": [{ "z": third }] }),
            _ => json!({ "x": { "@kind": "k", "domain": one, "n": 1.5, "ok": true }, "no name": other }),
        }
    }

    fn number(&mut self) -> i64 {
        [0, 1, -1, 571, 4_297_539_521, i64::MAX][self.0.usize(..6)]
    }

    fn flag(&mut self) -> bool {
        self.0.bool()
    }

    fn items(&mut self) -> usize {
        self.0.usize(..3)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn answers_cross_over_and_back(seed in any::<u64>()) {
        let mut api = Api::new();
        let (json, xml) = (JsonCodec::default(), XmlCodec::default());
        let mut choice = Arbitrary(fastrand::Rng::with_seed(seed));
        for operation in api.operations() {
            let kind = operation.kind;
            let mut body = api.instance(&operation.response, &mut choice, &[]);
            body["status"] = json!({ "code": format!("S{}", kind.code()), "type": "SUCCESS" });
            let first = json.decode_response(kind, &Reply::of(body.to_string())).unwrap().value;
            let Encoded { payload, losses } = xml.encode_responses(&[(kind, first.clone())]);
            let there = xml.decode_response(kind, &payload).unwrap();
            let silent = silently_changed(&document::response(&first), &document::response(&there.value), &losses);
            assert_eq!(silent, Vec::<String>::new(), "{kind:?}");
            prop_assert_eq!(&there.findings, &vec![]);
            let carried = json.encode_responses(&[(kind, there.value.clone())]);
            prop_assert_eq!(&carried.losses, &vec![], "{:?}", kind);
            let back = json.decode_response(kind, &carried.payload).unwrap();
            prop_assert_eq!(&back.findings, &vec![]);
            assert_eq!(back.value, there.value, "{kind:?}");
            let again = xml.encode_responses(&[(kind, back.value)]);
            prop_assert_eq!(&again.losses, &vec![], "{:?}", kind);
            assert_eq!(xml.decode_response(kind, &again.payload).unwrap().value, there.value, "{kind:?}");
        }
    }

    #[test]
    fn requests_cross_over_and_back(seed in any::<u64>()) {
        let mut api = Api::new();
        let (json, xml) = (JsonCodec::default(), XmlCodec::default());
        let mut choice = Arbitrary(fastrand::Rng::with_seed(seed));
        for operation in api.operations() {
            let kind = operation.kind;
            let (method, path) = route::route(kind);
            let body = operation.request.as_ref().map(|name| {
                let mut body = api.instance(name, &mut choice, &[]);
                if path.contains("{id}") {
                    body["id"] = json!(7);
                }
                body.to_string().into_bytes()
            });
            let target = path.replace("{id}", "7") + "?keys[]=order_sea&keys[]=orderId";
            let request = Request { method, target, headers: vec![], body: Body(body.unwrap_or_default()) };
            let first = json.decode_requests(None, &request).unwrap().remove(0).value;
            let Encoded { payload, losses } = xml.encode_request(&first);
            let there: Call = xml.decode_requests(Some(kind), &payload).unwrap().remove(0).value;
            let silent = silently_changed(&document::request(&first), &document::request(&there), &losses);
            assert_eq!(silent, Vec::<String>::new(), "{kind:?}");
            let options = |call: &Call| json!({ "options": document::options(&call.options) });
            assert_eq!(silently_changed(&options(&first), &options(&there), &losses), Vec::<String>::new(), "{kind:?}");
            let carried = json.encode_request(&there);
            prop_assert_eq!(&carried.losses, &vec![], "{:?}", kind);
            let back = json.decode_requests(None, &carried.payload).unwrap().remove(0).value;
            assert_eq!(back, there, "{kind:?}");
            let again = xml.encode_request(&back);
            prop_assert_eq!(&again.losses, &vec![], "{:?}", kind);
            assert_eq!(xml.decode_requests(Some(kind), &again.payload).unwrap().remove(0).value, there, "{kind:?}");
        }
    }
}
