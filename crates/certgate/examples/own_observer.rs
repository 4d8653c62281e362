//! Follows an order with a program's own eyes: each event is a line for a page, a log, a queue.

#![allow(clippy::print_stdout, reason = "an example")]

use std::{error::Error, time::Duration};

use certgate::{Control, Event, Gateway, Observer, OrderId, OrderRequest, OrderState};
use certgate_domain::{Credentials, Protocol, Secret};
use certgate_simulator::{Gateway as Simulator, Server, Settings};

/// Keeps a line for each event.
#[derive(Default)]
struct Lines(Vec<String>);

impl Observer for Lines {
    fn on(&mut self, order: Option<&OrderId>, event: &Event<'_>) -> Control {
        let line = match event {
            Event::Sending { task } => format!("sending {}", task.name()),
            Event::Ordered { job } => format!("ordered, job {job:?}"),
            Event::Ended(report) => format!("ended: {}", report.state().as_str()),
            _ => return Control::Continue,
        };
        let whose = order.map_or("the queue", |_| "the order");
        self.0.push(format!("{whose}: {line}"));
        Control::Continue
    }
}

/// Against a gateway of its own, so that the example runs anywhere.
pub fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start(Simulator::with(Settings::default()), "127.0.0.1:0".parse()?)?;
    let home = tempfile::tempdir()?;
    let gateway = Gateway::builder(Protocol::Xml)
        .at(server.xml_endpoint())
        .credentials(Credentials::new("user", Secret::new("password"), "9"))
        .store(home.path().join("orders.sqlite"))
        .build()?;

    let mut lines = Lines::default();
    let order = gateway.order(OrderId::new());
    let report = order.place(OrderRequest::renew(571), Duration::from_secs(1800), &mut lines)?;
    lines.0.iter().for_each(|line| println!("{line}"));
    assert_eq!((report.state(), order.state()?), (OrderState::Done, Some(OrderState::Done)));
    assert_eq!(lines.0.last().map(String::as_str), Some("the order: ended: done"));
    assert!(lines.0.contains(&"the queue: sending poll-confirm".to_owned()), "{:?}", lines.0);
    Ok(())
}
