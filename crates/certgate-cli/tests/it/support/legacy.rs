//! A gateway that knows more tasks than certgate, and one that says what it was asked.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use certgate_domain::Protocol;
use certgate_server::{Caller, Handled, Handler, Server};
use certgate_simulator::{Gateway, Settings};
use certgate_wire::{Body, Codec, Reply, Request};
use certgate_xml::XmlCodec;

/// What gateways were asked, in time: which one, and for which task.
pub(crate) type Log = Arc<Mutex<Vec<String>>>;

/// Answers each task with its own code, and keeps the requests.
#[derive(Clone)]
pub(crate) struct Legacy {
    protocol: [Protocol; 1],
    pub(crate) requests: Arc<Mutex<Vec<Request>>>,
    pub(crate) log: Log,
    /// What it answers in place of what it would.
    pub(crate) says: Arc<Mutex<Option<Handled>>>,
}

impl Legacy {
    pub(crate) fn new(protocol: Protocol, log: &Log) -> Self {
        Self { protocol: [protocol], requests: Arc::default(), log: log.clone(), says: Arc::default() }
    }

    pub(crate) fn serve(&self) -> Server {
        Server::start(self.clone(), "127.0.0.1:0".parse().unwrap()).unwrap()
    }

    pub(crate) fn last(&self) -> Request {
        self.requests.lock().unwrap().last().unwrap().clone()
    }
}

impl Handler for Legacy {
    fn protocols(&self) -> &[Protocol] {
        &self.protocol
    }

    fn handle(&self, protocol: Protocol, request: &Request, _: &Caller) -> Handled {
        self.requests.lock().unwrap().push(request.clone());
        if let Some(handled) = self.says.lock().unwrap().clone() {
            return handled;
        }
        if protocol == Protocol::Json {
            self.log.lock().unwrap().push(format!("beside {} {}", request.method, request.target));
            let body = r#"{ "status":{"code":"S0105","type":"SUCCESS"},"data":[{"odd": 1.50}]}"#;
            return Handled::Reply(Reply::of(body), Duration::ZERO);
        }
        let tasks = XmlCodec::default().split_request(request).unwrap();
        let mut body = "<response>".to_owned();
        for task in tasks {
            let code = task.code.unwrap();
            self.log.lock().unwrap().push(format!("beside {code}"));
            body += &format!("<result><data><odd>ü{code}</odd></data><status><code>S{code}</code></status></result>");
        }
        body += "<stid>legacy</stid></response>";
        let headers = [("Content-Type", "text/xml"), ("X-Odd", "1"), ("Keep-Alive", "timeout=5")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Handled::Reply(Reply { status: 200, headers, body: Body(body.into_bytes()) }, Duration::ZERO)
    }
}

/// The simulator, and when it was asked.
struct Noted(Gateway, Log);

impl Handler for Noted {
    fn protocols(&self) -> &[Protocol] {
        self.0.protocols()
    }

    fn handle(&self, protocol: Protocol, request: &Request, caller: &Caller) -> Handled {
        self.1.lock().unwrap().push(format!("behind {}", request.target));
        Handler::handle(&self.0, protocol, request, caller)
    }
}

/// A simulator that notes in the log when it is asked.
pub(crate) fn noted(settings: Settings, log: &Log) -> (Gateway, Server) {
    let gateway = Gateway::with(settings);
    let server = Server::start(Noted(gateway.clone(), log.clone()), "127.0.0.1:0".parse().unwrap()).unwrap();
    (gateway, server)
}
