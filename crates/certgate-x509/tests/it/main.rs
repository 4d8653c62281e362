//! Requests, certificates and the files that hold them, as other programs write them.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

mod certificates;
mod checks;
mod encoding;
mod files;
mod names;
mod paths;
mod requests;
mod signatures;

use std::{fs, path::Path};

use certgate_keys::{KeyType, PrivateKey};
use certgate_x509::{CertificateRequest, X509};
use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, KeyIdMethod, date_time_ymd};

/// 2026-01-15.
const NOW: i64 = 1_768_435_200;

/// A fixture's bytes.
fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(name);
    fs::read(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

/// A fixture's text.
fn text(name: &str) -> String {
    String::from_utf8(fixture(name)).unwrap()
}

/// A request of `fixtures/_x509`.
fn request(name: &str) -> CertificateRequest {
    CertificateRequest::read(fixture(&format!("_x509/{name}.csr"))).unwrap_or_else(|why| panic!("{name}: {why}"))
}

/// A certificate of `fixtures/_x509`.
fn certificate(name: &str) -> X509 {
    X509::from_pem(fixture(&format!("_x509/{name}.pem"))).unwrap_or_else(|why| panic!("{name}: {why}"))
}

fn new_key() -> PrivateKey {
    PrivateKey::generate(KeyType::P256).unwrap()
}

/// A request to be, or a certificate to be once it is [`numbered`], valid in January 2026.
fn params(name: &str, names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2026, 2, 1);
    params
}

/// What a certificate needs and a request may not have.
fn numbered(mut params: CertificateParams) -> CertificateParams {
    params.serial_number = Some(1.into());
    // One for all: identifiers are no proof.
    params.key_identifier_method = KeyIdMethod::PreSpecified(vec![7; 20]);
    params
}

/// An authority to be, valid from 2020 to the year `until`.
fn authority(name: &str, until: i32) -> CertificateParams {
    let mut params = numbered(params(name, &[]));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(until, 1, 1));
    params
}
