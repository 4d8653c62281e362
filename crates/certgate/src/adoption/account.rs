//! Which certificate of the account one on disk is.

use std::collections::HashMap;

use certgate_domain::{Certificate, task::CertificateInfo};
use certgate_x509::{CertificateRequest, X509, is_same_serial};

use crate::{Client, Error, estate::account::AccountCertificate, selector::is_same_name};

/// The account's certificates: a list, and what was asked of each since.
pub(super) struct AccountList {
    listed: Vec<AccountCertificate>,
    shown: HashMap<i64, Certificate>,
}

/// A certificate of the account that is one on disk.
pub(super) struct Matched {
    /// The gateway's id.
    pub(super) id: i64,
    /// Its name there.
    pub(super) name: Option<String>,
    /// The serial number of the newer certificate that the gateway has in its place.
    pub(super) newer: Option<String>,
    /// What the gateway has.
    pub(super) newest: Option<X509>,
}

impl Matched {
    /// Whether what the gateway has has the key of that certificate.
    pub(super) fn is_newest_key_of(&self, own: &X509) -> bool {
        self.newest.as_ref().is_some_and(|newest| newest.key.spki == own.key.spki)
    }
}

impl AccountList {
    pub(super) fn of(client: &mut Client) -> Result<Self, Error> {
        Ok(Self { listed: AccountCertificate::all(client)?.0, shown: HashMap::new() })
    }

    /// The certificate with that serial number, be it an earlier one of its order; else the one with that key. The error holds the ids of
    /// those that have its name and are others.
    pub(super) fn find(&mut self, client: &mut Client, own: &X509) -> Result<Result<Matched, Vec<i64>>, Error> {
        let names: Vec<String> = own.hosts().chain(own.common_name()).collect();
        let is_candidate = |row: &&AccountCertificate| {
            let has_serial = row.serial.as_deref().is_some_and(|serial| is_same_serial(serial, &own.serial));
            has_serial || names.iter().any(|name| is_same_name(name, &row.name))
        };
        let candidates: Vec<i64> = self.listed.iter().filter(is_candidate).filter_map(|row| row.id).collect();
        for id in &candidates {
            if !self.shown.contains_key(id) {
                let answer = client.call(CertificateInfo::new(*id))?;
                self.shown.insert(*id, answer.value.data.into_iter().next().unwrap_or_default());
            }
        }
        let shown = || candidates.iter().filter_map(|id| Some((*id, self.shown.get(id)?)));
        let found = shown()
            .find(|(_, there)| has_serial(there, own))
            .or_else(|| shown().find(|(_, there)| has_key(there, own)));
        let Some((id, there)) = found else { return Ok(Err(candidates)) };
        let newest = there.serial_number.clone();
        let newer = newest.filter(|newest| !is_same_serial(newest, &own.serial));
        let newest = there.server.as_deref().and_then(|pem| X509::from_pem(pem).ok());
        Ok(Ok(Matched { id, name: there.name.clone(), newer, newest }))
    }
}

fn has_serial(there: &Certificate, own: &X509) -> bool {
    let earlier = there.histories.iter().filter_map(|history| history.serial_number.as_deref());
    there.serial_number.as_deref().into_iter().chain(earlier).any(|serial| is_same_serial(serial, &own.serial))
}

fn has_key(there: &Certificate, own: &X509) -> bool {
    let certificate = there.server.as_deref().and_then(|pem| X509::from_pem(pem).ok());
    let request = there.csr.as_deref().and_then(|csr| CertificateRequest::read(csr).ok());
    let keys =
        certificate.map(|certificate| certificate.key.spki).into_iter().chain(request.map(|request| request.key.spki));
    keys.into_iter().any(|key| key == own.key.spki)
}
