//! A queue that does not become empty, and a folder that others write to.

use std::time::Duration;

use certgate::{
    Client, Journal, Spool, Transport, TransportError,
    queue::{Queue, QueueError, QueueEvent, Recipient},
    unix_now,
};
use certgate_domain::{Credentials, PollMessage, Protocol, Secret};
use certgate_json::JsonCodec;
use certgate_simulator::{Gateway, Handled, Settings};
use certgate_wire::{Reply, Request};
use pretty_assertions::assert_eq;
use serde_json::json;

/// The simulator, in this process.
struct Near(Gateway);

impl Transport for Near {
    fn send(&mut self, request: &Request, _: Duration) -> Result<Reply, TransportError> {
        match self.0.handle(Protocol::Json, request, Duration::ZERO, unix_now() / 1000) {
            Handled::Reply(reply, _) => Ok(reply),
            _ => panic!("no answer"),
        }
    }

    fn endpoint(&self) -> &str {
        "near:"
    }
}

/// A message that is confirmed and comes back under another id is taken again, and not for ever.
#[test]
fn a_queue_that_fills_itself() {
    for (comes, expected) in [(0, None), (1, Some(104))] {
        let gateway = Gateway::with(Settings { foreign_first: 2, ..Settings::default() });
        let home = tempfile::tempdir().unwrap();
        let journal = Journal::open(home.path().join("store.sqlite"), "user@9").unwrap();
        let credentials = Credentials::new("user", Secret::new("password"), "9");
        let transport = Box::new(Near(gateway.clone()));
        let mut client = Client::new(Box::<JsonCodec>::default(), transport, credentials).with_pace(1_000_000);
        let (mut handed_over, to) = (0, Recipient::Folder(home.path().join("messages")));
        let drained = Queue::new(&mut client, journal).drain(&to, &mut |event| {
            if let QueueEvent::HandedOver { .. } = event {
                handed_over += 1;
                gateway.push_foreign(comes);
            }
        });
        let taken = match drained {
            Ok(()) => None,
            Err(QueueError::Endless { taken, told: 2 }) => Some(taken),
            Err(error) => panic!("{error}"),
        };
        assert_eq!((taken, handed_over), (expected, expected.unwrap_or(2)), "{comes}");
    }
}

/// Whoever else stores the same at the same time: it is one file, and another one of the same id has its own.
#[test]
fn a_spool_of_several() {
    let home = tempfile::tempdir().unwrap();
    let spool = Spool::at(&home.path().join("spool")).unwrap();
    let message = |stid: &str| PollMessage { id: Some(7), stid: Some(stid.to_owned()), ..PollMessage::default() };
    for round in 0..20 {
        let both = [message(&format!("{round}-a")), message(&format!("{round}-b"))];
        let mut paths: Vec<_> = std::thread::scope(|scope| {
            let store = |at: usize| {
                let path = spool.store(Protocol::Json, &both[at % 2], b"{}").unwrap();
                (at % 2, path, spool.write(&format!("msg-{round}"), Some(7), &json!({ "round": round })).unwrap())
            };
            let all: Vec<_> = (0..6).map(|at| scope.spawn(move || store(at))).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), 2, "{paths:?}");
    }
    assert_eq!(std::fs::read_dir(home.path().join("spool")).unwrap().count(), 60);
}

/// The simulator, which shows no message, and says how many there are.
struct Silent(Near, i64);

impl Transport for Silent {
    fn send(&mut self, request: &Request, timeout: Duration) -> Result<Reply, TransportError> {
        let mut reply = self.0.send(request, timeout)?;
        let mut answer: serde_json::Value = serde_json::from_slice(&reply.body.0).unwrap();
        (answer["object"], answer["data"]) = (json!({ "summary": self.1 }), json!([]));
        reply.body.0 = answer.to_string().into_bytes();
        Ok(reply)
    }

    fn endpoint(&self) -> &str {
        "near:"
    }
}

/// Messages that the gateway counts and does not show are no empty queue.
#[test]
fn a_queue_that_is_not_shown() {
    for (told, expected) in [(0, ""), (5, "the gateway says that 5 messages are in the queue, and shows none")] {
        let home = tempfile::tempdir().unwrap();
        let journal = Journal::open(home.path().join("store.sqlite"), "user@9").unwrap();
        let credentials = Credentials::new("user", Secret::new("password"), "9");
        let transport = Box::new(Silent(Near(Gateway::with(Settings::default())), told));
        let mut client = Client::new(Box::<JsonCodec>::default(), transport, credentials).with_pace(1_000_000);
        let to = Recipient::Folder(home.path().join("messages"));
        let drained = Queue::new(&mut client, journal).drain(&to, &mut |_| {});
        let said = drained.map_or_else(|why| why.to_string(), |()| String::new());
        assert_eq!(said, expected);
    }
}
