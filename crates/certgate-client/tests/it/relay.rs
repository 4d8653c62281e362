//! What is passed on of a request and of its reply.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use certgate_client::{Asker, Client, Phase, RelayError, Transport, TransportError};
use certgate_domain::{Credentials, Secret, TaskKind};
use certgate_wire::{Body, Header, Method, Reply, Request};
use certgate_xml::XmlCodec;
use pretty_assertions::assert_eq;

/// Answers with the headers that it was sent.
#[derive(Clone, Default)]
struct Mirror(Arc<Mutex<Vec<String>>>);

impl Transport for Mirror {
    fn send(&mut self, request: &Request, _: Duration) -> Result<Reply, TransportError> {
        *self.0.lock().unwrap() = request.headers.iter().map(|header| header.name.clone()).collect();
        let headers = headers().map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Ok(Reply { status: 200, headers, body: Body::default() })
    }

    fn endpoint(&self) -> &str {
        "http://localhost"
    }
}

fn headers() -> [(&'static str, &'static str); 6] {
    [
        ("Connection", "close, X-First"),
        ("X-First", "of one hop"),
        ("connection", "x-second"),
        ("X-Second", "of one hop, too"),
        ("Keep-Alive", "timeout=5"),
        ("X-Custom", "kept"),
    ]
}

#[test]
fn what_any_line_of_connection_names_is_for_one_hop() {
    let mirror = Mirror::default();
    let nobody = Credentials::new("", Secret::default(), "");
    let mut client = Client::new(Box::new(XmlCodec::default()), Box::new(mirror.clone()), nobody);
    let headers = headers().map(|(name, value)| Header::plain(name, value)).to_vec();
    let request = Request { method: Method::Post, target: String::new(), headers, body: Body::default() };
    let asker = Asker::new(Duration::from_secs(1), &|| false);
    let reply = client.relay(None, None, &request, &asker).unwrap();
    assert_eq!(*mirror.0.lock().unwrap(), ["X-Custom"]);
    assert_eq!(reply.headers, [("X-Custom".to_owned(), "kept".to_owned())]);
}

/// Fails so, whatever is sent.
struct Failing(TransportError);

impl Transport for Failing {
    fn send(&mut self, _: &Request, _: Duration) -> Result<Reply, TransportError> {
        Err(self.0.clone())
    }

    fn endpoint(&self) -> &str {
        "http://localhost"
    }
}

/// What left may have been done, although nothing usable came back.
#[test]
fn what_was_passed_on_and_has_no_reply() {
    let why = || "why".to_owned();
    for (failed, is_sent) in [
        (TransportError::NotSent(why(), Phase::Connection), false),
        (TransportError::Refused(why(), Phase::Tls), false),
        (TransportError::Unreadable(why()), true),
        (TransportError::Unanswered(why(), Phase::Answer), true),
        (TransportError::TooLarge { limit: 1, start: Box::new(Reply::of("x")) }, true),
    ] {
        for task in [None, Some(TaskKind::CertificateReissue)] {
            let nobody = Credentials::new("", Secret::default(), "");
            let transport = Box::new(Failing(failed.clone()));
            let mut client = Client::new(Box::new(XmlCodec::default()), transport, nobody);
            let request =
                Request { method: Method::Post, target: String::new(), headers: Vec::new(), body: Body::default() };
            let asker = Asker::new(Duration::from_secs(1), &|| false);
            match client.relay(task, None, &request, &asker).unwrap_err() {
                RelayError::NotSent(_) => assert!(!is_sent, "{failed:?}"),
                RelayError::Unanswered(_) => assert!(is_sent, "{failed:?}"),
                other => panic!("{other}"),
            }
        }
    }
}
