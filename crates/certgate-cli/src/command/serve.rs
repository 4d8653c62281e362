//! `certgate serve`.

mod bridge;
mod simulator;

use std::net::SocketAddr;

use certgate_domain::Protocol;
use certgate_server::{Handler, Server};
use clap::Subcommand;
use serde_json::json;

use crate::{
    app::App,
    exit::{Exit, Failure, Kind},
};

/// Run a gateway of our own
#[derive(Debug, Subcommand)]
pub(crate) enum Serve {
    /// The simulator: XML at /xml, JSON at /v1
    Simulator(simulator::Simulator),
    /// A gateway over one protocol, legacy XML unless told, that answers by asking another gateway over the other one
    Bridge(bridge::Bridge),
}

impl Serve {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        match self {
            Self::Simulator(command) => command.run(app),
            Self::Bridge(command) => command.run(app),
        }
    }
}

/// Listens, says where, and answers until Ctrl-C; then what is in hand is answered still. `behind` is the gateway that a bridge leads to.
fn serve(
    app: &App,
    handler: impl Handler,
    listen: SocketAddr,
    protocols: &[Protocol],
    behind: Option<(Protocol, String)>,
) -> Result<Exit, Failure> {
    let interrupt = app.interrupt();
    let server =
        Server::start(handler, listen).map_err(|why| Failure::new(Kind::Usage, format!("--listen {listen}: {why}")))?;
    let mut document = json!({ "schema": 1 });
    for protocol in protocols {
        let endpoint = server.endpoint(*protocol);
        if !app.json() {
            app.stdout.line(&format!("{:<4} {endpoint}", protocol.name()));
        }
        document[protocol.name()] = json!(endpoint);
    }
    if let Some((protocol, endpoint)) = behind {
        if !app.json() {
            app.stdout.line(&format!("behind it {} {endpoint}", protocol.name()));
        }
        document["behind"] = json!({ "transport": protocol.name(), "endpoint": endpoint });
    }
    if app.json() {
        app.stdout.print(&document);
    }
    interrupt.wait();
    server.stop();
    Ok(Exit::DONE)
}
