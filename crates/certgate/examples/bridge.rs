//! Speaks JSON to its callers and XML to the gateway: programs of one protocol reach a gateway of the other.

#![allow(clippy::print_stderr, reason = "an example")]

use std::error::Error;

use certgate::Gateway;
use certgate_bridge::{Bridge, Event};
use certgate_domain::{Credentials, Protocol, Secret, task::CertificateInfo};
use certgate_json::JsonCodec;
use certgate_simulator::{Gateway as Simulator, Server, Settings};

/// Against a gateway of its own, so that the example runs anywhere.
pub fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start(Simulator::with(Settings::default()), "127.0.0.1:0".parse()?)?;

    // The bridge has no account: who asks is passed on. Each client has one request on its way at a time.
    let behind = Gateway::builder(Protocol::Xml).at(server.xml_endpoint()).build()?;
    let clients = (0..4).map(|_| behind.client()).collect::<Result<Vec<_>, _>>()?;
    let tell = |event: &Event<'_>| eprintln!("{event}");
    let bridge = Bridge::new(Box::new(JsonCodec::default()), clients, tell);
    let bridge = Server::start(bridge, "127.0.0.1:0".parse()?)?;

    let credentials = Credentials::new("user", Secret::new("password"), "9");
    let caller = Gateway::builder(Protocol::Json).at(bridge.json_endpoint()).credentials(credentials).build()?;
    let answer = caller.client()?.call(CertificateInfo::new(571))?;
    let name = answer.value.data.first().and_then(|certificate| certificate.name.as_deref());
    assert_eq!(name, Some("example.com"));
    Ok(())
}
