use std::{
    sync::{Arc, Barrier, Mutex},
    thread,
    time::{Duration, Instant},
};

use certgate_client::{Client, Line, Throttle, Transport, TransportError};
use certgate_domain::{Credentials, Protocol, Secret};
use certgate_json::JsonCodec;
use certgate_server::{Caller, Handled, Handler};
use certgate_wire::{Body, Header, Method, Reply, Request};

use serde_json::Value;

use crate::{AccessLog, Bridge};

const MAX_WAIT: Duration = Duration::from_secs(60);
/// What a request waits for a client at least.
const FIRST: Duration = Duration::from_millis(100);

/// Says that a request came, and answers it once it is let go.
struct Held(Arc<Barrier>);

impl Transport for Held {
    fn send(&mut self, _: &Request, _: Duration) -> Result<Reply, TransportError> {
        self.0.wait();
        self.0.wait();
        let body = br#"{"status":{"code":"S400104","type":"SUCCESS"},"data":[{"id":571}]}"#;
        Ok(Reply { status: 200, headers: Vec::new(), body: Body(body.to_vec()) })
    }

    fn endpoint(&self) -> &str {
        "http://localhost"
    }
}

/// Lets one request leave, and the next one only at the end of a whole wait, but for what it waited before.
#[derive(Default)]
struct CountedPace(Mutex<usize>, Line);

impl Throttle for CountedPace {
    fn depart(&self) -> Option<Duration> {
        let mut asked = self.0.lock().unwrap();
        *asked += 1;
        (*asked > 1).then(|| MAX_WAIT.checked_sub(FIRST).unwrap())
    }

    fn hold(&self, _: Duration) {}

    fn line(&self) -> &Line {
        &self.1
    }
}

fn bridge(step: &Arc<Barrier>, pace: &Arc<CountedPace>) -> Bridge {
    let nobody = Credentials::new("", Secret::default(), "");
    let client =
        Client::new(Box::new(JsonCodec::default()), Box::new(Held(step.clone())), nobody).with_throttle(pace.clone());
    Bridge::new(Box::new(JsonCodec::default()), vec![client], |_| ()).max_wait(MAX_WAIT)
}

/// What HTTP says of a request, and when to come again.
fn ask(bridge: &Bridge, caller: &Caller) -> (u16, Option<String>) {
    let headers = vec![Header::secret("Authorization", "Basic dXNlcjpwYXNzd29yZA==")];
    let target = "/certificate/571".to_owned();
    let request = Request { method: Method::Get, target, headers, body: Body::default() };
    match bridge.handle(Protocol::Json, &request, caller) {
        Handled::Reply(reply, _) => (reply.status, reply.header("retry-after").map(str::to_owned)),
        other => panic!("{other:?}"),
    }
}

/// Whoever waited for a client has waited, and does not begin anew for the pace.
#[test]
fn the_wait_for_a_client_is_a_part_of_the_whole() {
    let (step, pace) = (Arc::new(Barrier::new(2)), Arc::new(CountedPace::default()));
    let bridge = bridge(&step, &pace);
    let ask = || ask(&bridge, &Caller::default());
    let waiting = |count: usize| bridge.metrics().contains(&format!("certgate_bridge_waiting {count}\n"));
    thread::scope(|scope| {
        let first = scope.spawn(ask);
        step.wait();
        let second = scope.spawn(ask);
        while !waiting(1) {
            thread::yield_now();
        }
        // It has come, and waits from now on at the latest.
        let since = Instant::now();
        while since.elapsed() <= FIRST {
            thread::sleep(FIRST);
        }
        step.wait();
        assert_eq!(first.join().unwrap(), (200, None));
        assert_eq!(second.join().unwrap(), (429, Some("60".to_owned())));
        assert_eq!(*pace.0.lock().unwrap(), 2, "it did not wait for the pace");
    });
}

/// So has a large request that waited for its room, and the log tells of all the time since it began to come; also of one that is turned away.
#[test]
fn the_wait_for_room_is_a_part_of_the_whole() {
    let since = Instant::now();
    let since = since.checked_sub(FIRST).unwrap_or(since);
    let lines = Arc::new(Mutex::new(Vec::new()));
    let log = lines.clone();
    let bridge = bridge(&Arc::new(Barrier::new(1)), &Arc::new(CountedPace::default()))
        .access_log(AccessLog::with(move |line| log.lock().unwrap().push(line.to_owned())));
    let away = bridge.turn_away(Protocol::Json, 413, "too large", &Caller::new(since, Duration::ZERO)).unwrap();
    assert_eq!(away.status, 413);
    assert_eq!(ask(&bridge, &Caller::new(since, FIRST)), (200, None));
    assert_eq!(ask(&bridge, &Caller::new(since, FIRST)), (429, Some("60".to_owned())));
    let lines: Vec<Value> = lines.lock().unwrap().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told = |line: &Value| (line["status"].as_u64(), line["tasks"].as_array().map(Vec::len));
    assert_eq!(
        lines.iter().map(told).collect::<Vec<_>>(),
        [(413, 0), (200, 1), (429, 1)].map(|(a, b)| (Some(a), Some(b)))
    );
    assert!(lines.iter().all(|line| line["milliseconds"].as_u64() >= Some(100)), "{lines:?}");
}
