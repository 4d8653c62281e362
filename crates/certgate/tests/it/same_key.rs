//! Two new certificates of one key and one name, whose jobs nobody knows: each order comes to its own.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use certgate::{
    Client, Clock, Control, Event, ForeignMessages, Journal, OrderId, OrderRequest, Outcome, RunOptions, Runner,
    Transport, TransportError,
};
use certgate_domain::{AnyData, Credentials, Protocol, Secret, TaskKind};
use certgate_keys::{KeyType, PrivateKey, Subject};
use certgate_simulator::{Gateway, Settings};
use certgate_wire::{Reply, Request};
use pretty_assertions::assert_eq;

use crate::{
    term::{START, codec},
    year::Wire,
};

/// How long a job takes.
const JOB_TIME: Duration = Duration::from_secs(60);

/// The simulator, which does not say which job an order has, nor, where it `is_terse`, which names a certificate has. Time passes with
/// the second order: the jobs of both end then.
struct Jobless {
    wire: Wire,
    is_terse: bool,
    orders: usize,
}

impl Transport for Jobless {
    fn send(&mut self, request: &Request, timeout: Duration) -> Result<Reply, TransportError> {
        let codec = codec(self.wire.protocol);
        let kind = codec.decode_requests(None, request).unwrap()[0].value.task.kind();
        let reply = self.wire.send(request, timeout)?;
        let mut answer = codec.decode_response(kind, &reply).unwrap().value;
        match kind {
            TaskKind::CertificateCreate => {
                answer.data.clear();
                self.orders += 1;
                let passed = if self.orders == 2 { JOB_TIME.as_secs().cast_signed() } else { 0 };
                self.wire.clock.fetch_add(passed, Ordering::SeqCst);
            }
            TaskKind::CertificateInfo if self.is_terse => {
                for data in &mut answer.data {
                    let AnyData::Certificate(certificate) = data else { continue };
                    certificate.subject_alternative_names.clear();
                }
            }
            _ => {}
        }
        Ok(codec.encode_responses(&[(kind, answer)]).payload)
    }

    fn endpoint(&self) -> &str {
        "jobless:"
    }
}

/// The certificates that two orders of those names come to, in the order in which they are placed.
fn issued(key: &PrivateKey, protocol: Protocol, is_terse: bool, orders: [&[&str]; 2]) -> Vec<i64> {
    let of_names = |names: &[&str]| {
        let subject = Subject { common_name: names[0].to_owned(), ..Subject::default() };
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut request = OrderRequest::create().csr(&key.request(&subject, &names).unwrap()).unwrap();
        request.product = Some("QUICKSSLPREMIUM".to_owned());
        (request.admin, request.technical) = (Some(1120), Some(100));
        request
    };
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::with(Settings { start: Some(START), job_time: JOB_TIME, ..Settings::default() });
    let wire = Wire { gateway, protocol, clock: Arc::new(AtomicI64::new(START)) };
    let credentials = Credentials::new("user", Secret::new("password"), "9");
    let transport = Box::new(Jobless { wire, is_terse, orders: 0 });
    let mut client = Client::new(codec(protocol), transport, credentials).with_pace(1_000_000);
    let mut journal = Journal::open(folder.path().join("store.sqlite"), "user@9").unwrap();
    let options = RunOptions {
        foreign: ForeignMessages::Leave,
        clock: Clock::new(|| START),
        compares_clocks: false,
        ..RunOptions::default()
    };
    let items = orders.iter().zip(["first", "second"]);
    let items = items.map(|(names, id)| of_names(names).item(id.into(), Duration::from_secs(60), true));
    let runner = Runner::new(vec![&mut client], options);
    let observe = &mut |_: Option<&OrderId>, _: &Event<'_>| Control::Continue;
    let run = runner.run(&mut journal, items.collect(), observe);
    let ids = run.reports.iter().map(|report| match &report.outcome {
        Outcome::Issued(issuance) => issuance.certificate.id.unwrap(),
        other => panic!("{protocol:?}, terse: {is_terse}, {orders:?}: {other:?}"),
    });
    ids.collect()
}

#[test]
fn orders_of_one_key_and_name_come_to_their_own_certificates() {
    let key = &PrivateKey::generate(KeyType::P256).unwrap();
    let bare = &["example.org"][..];
    let www = &["example.org", "www.example.org"][..];
    let shop = &["Example.org", "SHOP.example.org", "xn--mller-kva.example.org"][..];
    std::thread::scope(|scope| {
        for protocol in [Protocol::Xml, Protocol::Json] {
            for (is_terse, orders) in [
                (false, [www, shop]),
                (false, [shop, www]),
                (false, [bare, shop]),
                (false, [shop, bare]),
                (true, [www, shop]),
                (true, [shop, www]),
                (true, [shop, bare]),
            ] {
                scope.spawn(move || {
                    let ids = issued(key, protocol, is_terse, orders);
                    assert_eq!(ids[1], ids[0] + 1, "{protocol:?}, terse: {is_terse}, {orders:?}");
                });
            }
        }
    });
}
