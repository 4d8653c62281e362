//! `certgate serve`.

mod bridge;
mod simulator;
mod status;

use certgate_domain::Protocol;
use certgate_server::{Handler, Server};
use clap::Subcommand;
use serde_json::json;

use crate::{
    app::App,
    args::listening::Listening,
    exit::{Exit, Failure, Kind},
};

/// Run a gateway of our own
#[derive(Debug, Subcommand)]
pub(crate) enum Serve {
    Simulator(simulator::Simulator),
    /// A gateway over one protocol (default: legacy XML) that answers by asking another gateway over the other one
    Bridge(bridge::Bridge),
    Status(status::Status),
}

impl Serve {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        match self {
            Self::Simulator(command) => command.run(app),
            Self::Bridge(command) => command.run(app),
            Self::Status(command) => command.run(app),
        }
    }
}

/// The gateways that a bridge leads to: each with its protocol and its address.
#[derive(Debug, Default)]
struct Gateways {
    /// The one that is asked over the other protocol.
    behind: Option<(Protocol, String)>,
    /// The one that gets tasks as they are.
    beside: Option<(Protocol, String)>,
}

/// Listens, says where, and answers until Ctrl-C; then what is in hand is answered still.
fn serve(
    app: &App,
    handler: impl Handler,
    listening: &Listening,
    protocols: &[Protocol],
    gateways: Gateways,
) -> Result<Exit, Failure> {
    let interrupt = app.interrupt();
    let tls = listening.tls().map_err(|why| Failure::usage(format!("--tls-cert, --tls-key: {why}")))?;
    let (listen, is_encrypted) = (listening.listen, tls.is_some());
    let server = Server::start_with(handler, listen, tls)
        .map_err(|why| Failure::new(Kind::Usage, format!("--listen {listen}: {why}")))?;
    let mut document = json!({ "schema": 1 });
    if protocols.is_empty() {
        let page = format!("{}://{}/", if is_encrypted { "https" } else { "http" }, server.address());
        if !app.json() {
            app.stdout.line(&format!("page {page}"));
        }
        document["page"] = json!(page);
    }
    for protocol in protocols {
        let endpoint = server.endpoint(*protocol);
        if !app.json() {
            app.stdout.line(&format!("{:<4} {endpoint}", protocol.name()));
        }
        document[protocol.name()] = json!(endpoint);
    }
    let Gateways { behind, beside } = gateways;
    for (words, name, gateway) in [("behind it", "behind", behind), ("passed through to", "passThrough", beside)] {
        let Some((protocol, endpoint)) = gateway else { continue };
        if !app.json() {
            app.stdout.line(&format!("{words} {} {endpoint}", protocol.name()));
        }
        document[name] = json!({ "transport": protocol.name(), "endpoint": endpoint });
    }
    if app.json() {
        app.stdout.print(&document);
    }
    interrupt.wait();
    server.stop();
    Ok(Exit::DONE)
}
