//! The embedded gateway of `--sandbox`.

use std::{
    fs::Permissions,
    io,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::PermissionsExt,
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

/// A folder for this run only, which nobody else may enter, whatever the umask.
pub(super) fn own_folder() -> io::Result<tempfile::TempDir> {
    tempfile::Builder::new().permissions(Permissions::from_mode(0o700)).tempdir()
}

impl Sandbox {
    pub(crate) fn start() -> Result<Self, Failure> {
        let server = Server::start(Gateway::seeded(), SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
            .map_err(|why| Failure::new(Kind::Unreachable, format!("the sandbox cannot listen on loopback: {why}")))?;
        let folder = own_folder()
            .map_err(|why| Failure::usage(format!("no folder for the sandbox's store can be made: {why}")))?;
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
