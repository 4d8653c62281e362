//! An order that was made elsewhere: it is waited for by what is known of it.

use std::time::Duration;

use certgate_client::Client;
use certgate_domain::{TaskKind, task::CertificateInfo};
use certgate_flow::{Awaited, RequestError, Wait};
use certgate_store::InstallOptions;
use certgate_x509::CertificateRequest;

use super::{OrderId, PreparationError, RunItem};
use crate::Error;

/// An order that no store here holds.
#[derive(Debug, Clone, Default)]
pub struct ElsewhereOrder {
    /// The certificate; a new one has no id yet.
    pub certificate: Option<i64>,
    /// The gateway's job, where it is known.
    pub job: Option<i64>,
    /// The name of a new certificate.
    pub name: Option<String>,
    /// The CSR that it was ordered with. By default that which the gateway has of the certificate: a renewal without one keeps it.
    pub request: Option<CertificateRequest>,
    /// Where the certificate goes.
    pub install: Option<InstallOptions>,
}

impl ElsewhereOrder {
    /// The order as a run drives it: it is waited for until `deadline` (since the run began), and not recorded.
    ///
    /// # Errors
    /// [`Error::Preparation`] where its CSR is not known; or the gateway could not be asked.
    pub fn item(self, client: &mut Client, id: OrderId, deadline: Duration) -> Result<RunItem, Error> {
        let Self { certificate, job, name, request, install } = self;
        let request = match (request, certificate) {
            (Some(request), _) => request,
            (None, Some(certificate)) => own_request(client, certificate)?,
            (None, None) => return Err(PreparationError::from(RequestError::NoOwnCsr).into()),
        };
        let awaited = Awaited { certificate, job, stid: None, name, request: Some(request) };
        let flow = Box::new(Wait::new(awaited, deadline).resumed());
        Ok(RunItem { install, is_recorded: false, ..RunItem::new(id, TaskKind::CertificateReissue, flow) })
    }
}

fn own_request(client: &mut Client, certificate: i64) -> Result<CertificateRequest, Error> {
    let answer = client.call(CertificateInfo::new(certificate))?;
    let csr = answer.value.data.into_iter().find_map(|certificate| certificate.csr);
    let csr = csr.ok_or(PreparationError::from(RequestError::NoOwnCsr))?;
    // It was ordered with: whether it may be is no question any more.
    Ok(CertificateRequest::read(&csr).map_err(|why| PreparationError::from(RequestError::OwnCsr(why)))?)
}
