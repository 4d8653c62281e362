//! What fails before there is a connection, told apart from what fails over one.

use ureq::{
    Error as Failure,
    unversioned::transport::{ConnectionDetails, Connector, DefaultConnector},
};

use crate::connection::Connection;

/// ureq's connections: TCP, the proxy's consent and TLS with its handshake. Nothing of a request leaves before all of them are there.
#[derive(Debug, Default)]
pub(crate) struct Connections(DefaultConnector);

impl Connector for Connections {
    type Out = Connection;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<()>) -> Result<Option<Self::Out>, Failure> {
        let connected = self.0.connect(details, chained).map_err(NoConnection::because)?;
        Ok(connected.map(Connection::new))
    }
}

/// Why there is no connection: nothing of the request has left.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct NoConnection(Failure);

impl NoConnection {
    /// A failure to connect, as ureq hands it on.
    pub(crate) fn because(failure: Failure) -> Failure {
        match Self::of(&failure) {
            // That of the connection to the proxy.
            Some(_) => failure,
            None => Failure::Other(Box::new(Self(failure))),
        }
    }

    /// What failed, where it was the connection.
    pub(crate) fn of(failure: &Failure) -> Option<&Failure> {
        match failure {
            Failure::Other(why) => why.downcast_ref().map(|Self(why)| why),
            _ => None,
        }
    }
}
