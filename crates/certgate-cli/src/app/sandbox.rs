//! The embedded gateway of `--sandbox`.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use certgate_domain::{Credentials, Protocol, Secret};
use certgate_simulator::{Gateway, Server};

use crate::exit::{Failure, Kind};

/// A gateway on loopback with the documented page's world, for as long as this lives.
pub(crate) struct Sandbox {
    server: Server,
    folder: tempfile::TempDir,
}

/// A folder for this run only, which nobody else may enter, whatever the umask; `what` it is for.
pub(crate) fn own_folder(what: &str) -> Result<tempfile::TempDir, Failure> {
    let mut folder = tempfile::Builder::new();
    #[cfg(unix)]
    folder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    folder.tempdir().map_err(|why| Failure::of_writing(&why, format!("no folder for {what} can be made")))
}

impl Sandbox {
    pub(crate) fn start() -> Result<Self, Failure> {
        let server = Server::start(Gateway::seeded(), SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
            .map_err(|why| Failure::new(Kind::Unreachable, format!("the sandbox cannot listen on loopback: {why}")))?;
        let folder = own_folder("the sandbox's store")?;
        Ok(Self { server, folder })
    }

    pub(crate) fn endpoint(&self, protocol: Protocol) -> String {
        match protocol {
            Protocol::Xml => self.server.xml_endpoint(),
            Protocol::Json => self.server.json_endpoint(),
        }
    }

    /// A store for this run only.
    pub(crate) fn store(&self) -> PathBuf {
        self.folder.path().join("store.sqlite")
    }

    pub(crate) fn credentials() -> Credentials {
        Credentials::new("user", Secret::new("password"), "9")
    }
}
