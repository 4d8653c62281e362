//! An issued certificate again: checked, and put in place as after an order.

use certgate_client::Client;
use certgate_domain::{Certificate, task::CertificateInfo};
use certgate_store::InstallOptions;
use certgate_wire::Finding;
use certgate_x509::{BadCertificate, CertificateRequest, Issued, X509};

use crate::{
    Error, Journal, Outcome, RunOptions,
    order::completion::{Completion, authorities},
};

/// Why a certificate cannot be fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The gateway knows it, and has not issued it.
    #[error("certificate {id} is not issued yet")]
    NotIssued {
        /// The gateway's id.
        id: i64,
    },
    /// What the gateway gives as the certificate is none.
    #[error("certificate {id} of the gateway: {why}")]
    Unreadable {
        /// The gateway's id.
        id: i64,
        /// Why.
        why: BadCertificate,
    },
    /// The gateway could not be asked, or said something that is not understood and not borne.
    #[error(transparent)]
    Gateway(#[from] Error),
}

/// A certificate that was fetched.
#[derive(Debug)]
pub struct Fetched {
    /// What it came to: [`Outcome::Issued`], [`Outcome::CheckFailed`] or [`Outcome::NotInstalled`].
    pub outcome: Outcome,
    /// What the answer held that is not understood.
    pub findings: Vec<Finding>,
}

/// Gets an issued certificate (task 400104), checks chain, dates and names, and the key: that of `csr`, the order's that it is to be of, else that of
/// its CSR where the gateway says that; with `install`, puts it in place, which is noted in that journal. Orders nothing.
///
/// # Errors
/// See [`FetchError`]: nothing was written, unless it could not be noted.
pub fn fetch(
    client: &mut Client,
    id: i64,
    csr: Option<&str>,
    install: Option<(InstallOptions, &Journal)>,
    options: &RunOptions,
) -> Result<Fetched, FetchError> {
    let answer = client.call(CertificateInfo::new(id)).map_err(Error::from)?;
    let certificate = answer.value.data.into_iter().next();
    let certificate =
        certificate.filter(|certificate| certificate.server.is_some()).ok_or(FetchError::NotIssued { id })?;
    let (install, journal) = install.unzip();
    let completion = Completion {
        request: csr
            .and_then(|csr| CertificateRequest::read(csr).ok())
            .or_else(|| own_request(certificate.csr.as_deref(), certificate.server.as_deref())),
        name: certificate.name.clone(),
        certificate: Some(id),
        serial_before: None,
        install,
        no_demo: options.no_demo,
        demo: options.demo,
        now: options.clock.now(),
        hook_time: options.hook_time,
    };
    let outcome = completion.finish(certificate);
    if let (Outcome::Issued(issuance), Some(install), Some(journal)) = (&outcome, completion.install, journal) {
        let name = completion.name.or_else(|| issuance.certificate.name.clone());
        journal.note_folders([(install.folder, Some(id), name)])?;
    }
    Ok(Fetched { outcome, findings: answer.findings })
}

/// The certificate as the gateway has it (task 400104); `None` if the gateway refuses to show it.
///
/// # Errors
/// The gateway could not be asked.
pub fn certificate_of(client: &mut Client, id: i64) -> Result<Option<Certificate>, Error> {
    match client.call(CertificateInfo::new(id)) {
        Ok(answer) => Ok(answer.value.data.into_iter().next()),
        Err(error) if error.refusal().is_some() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The newest certificate of that id with its chain as the gateway has them (task 400104), whatever a check would say. `now` is in
/// seconds since 1970.
///
/// # Errors
/// See [`FetchError`].
pub fn newest(client: &mut Client, id: i64, now: i64) -> Result<Issued, FetchError> {
    let answer = client.call(CertificateInfo::new(id)).map_err(Error::from)?;
    let certificate = answer.value.data.into_iter().next().unwrap_or_default();
    let pem = certificate.server.as_deref().ok_or(FetchError::NotIssued { id })?;
    let request = None::<&CertificateRequest>;
    let (_, issued) = certgate_x509::check(request, None, pem, &authorities(&certificate), now);
    let alone = || X509::from_pem(pem).map(|certificate| Issued { certificate, chain: Vec::new() });
    issued.map_or_else(alone, Ok).map_err(|why| FetchError::Unreadable { id, why })
}

/// The CSR that the gateway shows, where it is the issued certificate's: during a reissue it may be the next one's.
fn own_request(csr: Option<&str>, certificate: Option<&str>) -> Option<CertificateRequest> {
    let request = CertificateRequest::read(csr?).ok()?;
    let given = X509::all(certificate?).ok()?;
    given.iter().any(|one| one.key.spki == request.key.spki).then_some(request)
}
