//! Who waits at the bridge, how long, and what is sent for those who wait no longer: nothing.

use std::{
    fs,
    io::Write,
    net::TcpStream,
    sync::{Arc, Barrier, mpsc},
    thread,
};

use certgate_domain::{Protocol, TaskKind, task};
use certgate_server::{Caller, Handled, Handler};
use certgate_simulator::{Gateway, Server, Settings};
use certgate_wire::Request;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::support::{
    binary::{endpoint, serve, until},
    serving::{Serving, account, call, codec, other, post},
    tasks,
};

const WAITING: &str = "certgate_bridge_waiting";
const IN_HAND: &str = "certgate_http_requests_in_hand";
const ANSWERED: &str = "certgate_http_requests_total{protocol=\"xml\",status=\"200\"}";

fn bridge(front: &str, server: &Server, per_second: usize, more: &[&str]) -> Serving {
    let behind = endpoint(server, other(front));
    Serving::at_pace(per_second, &[&["bridge", "--front", front, "--endpoint", &behind], more].concat())
}

/// A request of one task, as its bytes.
fn bytes(front: &str, task: impl Into<certgate_domain::AnyTask>) -> Vec<u8> {
    let request = codec(front).encode_request(&call(task, account())).payload;
    let path = if front == "xml" { "/xml".to_owned() } else { format!("/v1{}", request.target) };
    let mut head = format!("{} {path} HTTP/1.1\r\nHost: localhost\r\n", request.method);
    for header in &request.headers {
        head += &format!("{}: {}\r\n", header.name, header.value.expose());
    }
    [format!("{head}Content-Length: {}\r\n\r\n", request.body.len()).as_bytes(), &request.body[..]].concat()
}

fn reissue() -> task::CertificateReissue {
    task::CertificateReissue { certificate: tasks::order(Some(571)) }
}

/// What the access log says of the one whose caller hung up, once it does: the task, the outcome, its code, and what HTTP said.
fn logged(bridge: &Serving) -> Value {
    let mut found = None;
    until("the access log tells of who hung up", || {
        let text = fs::read_to_string(bridge.file("access.log")).unwrap();
        let mut lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        found = lines.find(|line| line["tasks"][0]["task"] != "certificate-info");
        found.is_some()
    });
    let line = found.unwrap();
    let task = &line["tasks"][0];
    json!([task["task"], task["outcome"], task["code"], line["hungUp"], line["status"]])
}

const LOG: [&str; 2] = ["--access-log", "access.log"];

/// A gateway that says when a request came, and takes it once it is let go.
struct Held(Gateway, Arc<Barrier>);

impl Handler for Held {
    fn protocols(&self) -> &[Protocol] {
        Handler::protocols(&self.0)
    }

    fn handle(&self, protocol: Protocol, request: &Request, caller: &Caller) -> Handled {
        self.1.wait();
        self.1.wait();
        Handler::handle(&self.0, protocol, request, caller)
    }
}

#[test]
fn an_order_whose_answer_reached_nobody_is_found_in_the_access_log() {
    for front in ["xml", "json"] {
        let (gateway, step) = (Gateway::with(Settings::default()), Arc::new(Barrier::new(2)));
        let server = Server::start(Held(gateway.clone(), step.clone()), "127.0.0.1:0".parse().unwrap()).unwrap();
        let bridge = bridge(front, &server, 1000, &LOG);
        let mut caller = TcpStream::connect(bridge.address()).unwrap();
        caller.write_all(&bytes(front, reissue())).unwrap();
        step.wait();
        assert_eq!(bridge.metric(&[IN_HAND]), 1);
        drop(caller);
        until("the bridge knows that it is gone", || bridge.metric(&[IN_HAND]) == 0);
        step.wait();
        assert_eq!(logged(&bridge), json!(["certificate-reissue", "accepted", "N400101", true, null]), "{front}");
        assert_eq!(gateway.counts().orders, 1);
    }
}

#[test]
fn an_order_whose_caller_hung_up_while_it_waited_is_not_sent() {
    for front in ["xml", "json"] {
        let (gateway, server) = serve(Settings::default());
        let bridge = bridge(front, &server, 1, &LOG);
        let ask = || post(&bridge.endpoint, front, &call(task::CertificateInfo::new(571), account())).status;
        assert_eq!(ask(), 200);
        thread::scope(|scope| {
            scope.spawn(|| assert_eq!(ask(), 200));
            until("the second one waits", || bridge.metric(&[WAITING]) == 1);
            let mut caller = TcpStream::connect(bridge.address()).unwrap();
            caller.write_all(&bytes(front, reissue())).unwrap();
            until("the order waits", || bridge.metric(&[WAITING]) == 2);
            drop(caller);
            // Whoever comes after it is served after it.
            assert_eq!(ask(), 200);
        });
        assert_eq!((gateway.counts().orders, gateway.asked(TaskKind::CertificateReissue)), (0, 0), "{front}");
        assert_eq!(gateway.asked(TaskKind::CertificateInfo), 3);
        assert_eq!(logged(&bridge), json!(["certificate-reissue", "unanswered", "E400102", true, null]), "{front}");
        until("the bridge says so", || {
            bridge.stderr().contains("hung up, or closed its half of the connection: what was not sent yet is not sent")
        });
    }
}

#[test]
fn first_come_first_served() {
    let (_gateway, server) = serve(Settings::default());
    let bridge = bridge("xml", &server, 1, &[]);
    let (answered, order) = mpsc::channel();
    thread::scope(|scope| {
        for number in 0..5 {
            let (bridge, answered) = (&bridge, answered.clone());
            scope.spawn(move || {
                let reply = post(&bridge.endpoint, "xml", &call(task::CertificateInfo::new(571), account()));
                assert_eq!(reply.status, 200);
                answered.send(number).unwrap();
            });
            let counts: &[&str] = if number == 0 { &[ANSWERED] } else { &[ANSWERED, WAITING] };
            until("it waits, or has left", || bridge.metric(counts) == number + 1);
        }
    });
    drop(answered);
    assert_eq!(order.iter().collect::<Vec<_>>(), (0..5).collect::<Vec<_>>());
}

/// More than the bridge has clients: most of them wait for the pace, each with a client, and the others for a client.
#[test]
fn whoever_waits_is_counted_whatever_for() {
    let (_gateway, server) = serve(Settings::default());
    let bridge = bridge("xml", &server, 1, &[]);
    let callers: Vec<TcpStream> = (0..40)
        .map(|_| {
            let mut caller = TcpStream::connect(bridge.address()).unwrap();
            caller.write_all(&bytes("xml", task::CertificateInfo::new(571))).unwrap();
            caller
        })
        .collect();
    until("all wait but the first ones", || bridge.metric(&[WAITING]) >= 30);
    drop(callers);
}

#[test]
fn a_wait_has_an_end_and_then_nothing_is_sent() {
    for front in ["xml", "json"] {
        let (gateway, server) = serve(Settings::default());
        let bridge = bridge(front, &server, 1, &["--max-wait", "0s"]);
        let mut sent = 0;
        let reply = loop {
            let reply = post(&bridge.endpoint, front, &call(task::CertificateInfo::new(571), account()));
            match reply.status {
                200 => sent += 1,
                _ => break reply,
            }
        };
        let after: u32 = reply.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=2).contains(&after), "{after}");
        assert_eq!(reply.status, 429, "{front}");
        let answer = codec(front).decode_response(TaskKind::CertificateInfo, &reply).unwrap().value;
        assert_eq!(answer.status.code.unwrap().as_str(), "E400104");
        assert_eq!(answer.messages[0].code.as_deref(), Some("EFCG429"));
        assert!(answer.messages[0].text.as_ref().unwrap().ends_with("nothing was sent"), "{:?}", answer.messages);
        assert_eq!(gateway.counts().requests, sent, "{front}");
    }
}
