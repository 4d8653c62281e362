//! What a server serves: a TLS handshake with it, and whether that is the certificate which is installed.
//!
//! The handshake trusts whatever comes, for it only looks; what a client would refuse is told by the checks.

mod comparison;
mod endpoint;
mod handshake;

use std::time::Duration;

use certgate_x509::{Check, Issued, X509};

pub use self::{
    endpoint::{BadEndpoint, StartTls, TlsEndpoint},
    handshake::{Served, ServedError, look},
};
use crate::{Installation, installation::SetRecord};

/// How long a look may take by default.
pub const TIMEOUT: Duration = Duration::from_secs(10);
/// So many servers are looked at at a time.
pub(crate) const LOOKS: usize = 16;

/// One look at a server.
#[derive(Debug)]
pub struct Verification {
    /// Where.
    pub endpoint: TlsEndpoint,
    /// The name that the server was asked for (SNI), or its address.
    pub server_name: String,
    /// What is served there; or why that is not known.
    pub served: Result<Served, ServedError>,
    /// How it compares with what is expected; empty where nothing is known of what is served.
    pub checks: Vec<Check>,
}

impl Verification {
    /// Looks at a server and compares. It is asked for `server_name`; without one for the endpoint's host where the certificate
    /// is valid for that, else for the certificate's first name, where it has no other than of all hosts of a domain (`*.`), for one of them. `now` is in seconds since 1970.
    pub fn of(
        endpoint: &TlsEndpoint,
        server_name: Option<&str>,
        expected: &Issued,
        timeout: Duration,
        now: i64,
    ) -> Self {
        let server_name = match server_name {
            Some(name) => name.to_owned(),
            None if expected.certificate.covers(&endpoint.host) => endpoint.host.clone(),
            None => a_name_of(&expected.certificate).unwrap_or_else(|| endpoint.host.clone()),
        };
        let served = look(endpoint, &server_name, timeout);
        let checks = served
            .as_ref()
            .map_or_else(|_| Vec::new(), |served| comparison::compare(served, expected, &server_name, now));
        Self { endpoint: endpoint.clone(), server_name, served, checks }
    }

    /// Whether what is expected is served, as a client takes it.
    pub fn is_as_expected(&self) -> bool {
        self.served.is_ok() && self.checks.iter().all(|check| check.ok)
    }

    /// What is not as expected, for people; `None` where all is.
    pub fn problem(&self) -> Option<String> {
        let found = match &self.served {
            Err(why) => Some(why.to_string()),
            Ok(_) => self.checks.iter().find(|check| !check.ok).map(|check| check.detail.clone()),
        };
        found.map(|found| format!("{}: {found}", self.endpoint))
    }
}

/// The first name that a server can be asked for.
fn a_name_of(certificate: &X509) -> Option<String> {
    let whole = certificate.hosts().find(|name| !name.starts_with('*'));
    whole.or_else(|| Some(certificate.hosts().next()?.replacen('*', "www", 1)))
}

impl SetRecord {
    /// Where the certificate is to be served, by what is remembered of it.
    pub fn endpoints(&self) -> Vec<TlsEndpoint> {
        self.settings.as_ref().and_then(|settings| settings.verify.clone()).unwrap_or_default()
    }
}

impl Installation {
    /// Where the certificate is to be served: where that is remembered, else at its first name; nowhere where it has none.
    pub fn endpoints_or_name(&self, certificate: &X509) -> Vec<TlsEndpoint> {
        let remembered = self.record_in_place().map(|record| record.endpoints()).unwrap_or_default();
        let at_its_name = || certificate.hosts().find_map(|name| name.parse().ok()).into_iter().collect();
        if remembered.is_empty() { at_its_name() } else { remembered }
    }

    /// Looks at each endpoint whether what is in place here is served there; `None` if nothing that can be read is in place.
    pub fn verify(&self, endpoints: &[TlsEndpoint], timeout: Duration, now: i64) -> Option<Vec<Verification>> {
        let expected = self.issued()?;
        Some(endpoints.iter().map(|endpoint| Verification::of(endpoint, None, &expected, timeout, now)).collect())
    }
}
