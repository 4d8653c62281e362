//! The embedded gateway of `--sandbox`.

use std::net::{Ipv4Addr, SocketAddr};

use certgate_client::Kind;
use certgate_domain::{Credentials, Secret};
use certgate_simulator::{Gateway, Server};

use crate::{arguments::Protocol, failure::Failure};

/// A gateway on loopback with the documented page's world, for as long as this lives.
pub(crate) struct Sandbox {
    server: Server,
}

impl Sandbox {
    pub(crate) fn start() -> Result<Self, Failure> {
        let server = Server::start(Gateway::seeded(), SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
            .map_err(|why| Failure::new(Kind::Unreachable, format!("the sandbox cannot listen on loopback: {why}")))?;
        Ok(Self { server })
    }

    pub(crate) fn endpoint(&self, protocol: Protocol) -> String {
        match protocol {
            Protocol::Xml => self.server.xml_endpoint(),
            Protocol::Json => self.server.json_endpoint(),
        }
    }

    pub(crate) fn credentials() -> Credentials {
        Credentials::new("user", Secret::new("password"), "9")
    }
}
