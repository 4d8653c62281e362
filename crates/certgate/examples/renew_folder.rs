//! Renews what is due in a folder of installed certificates, as a job that runs once a day would.

#![allow(clippy::print_stdout, reason = "an example")]

use std::{error::Error, time::Duration};

use certgate::{CertificateSettings, Gateway, OrderId, OrderRequest, Outcome, validation::Provision};
use certgate_domain::{Credentials, Protocol, Secret};
use certgate_keys::KeyType;
use certgate_simulator::{Gateway as Simulator, Server, Settings};

/// How long all orders are waited for.
const TIMEOUT: Duration = Duration::from_secs(1800);

/// Against a gateway of its own, so that the example runs anywhere.
pub fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start(Simulator::with(Settings::default()), "127.0.0.1:0".parse()?)?;
    let home = tempfile::tempdir()?;
    let gateway = Gateway::builder(Protocol::Json)
        .at(server.json_endpoint())
        .credentials(Credentials::new("user", Secret::new("password"), "9"))
        .store(home.path().join("orders.sqlite"))
        .build()?;
    let folder = home.path().join("example.com");
    let first = OrderRequest::reissue(571).new_key(KeyType::P256).validate(Provision).install(&folder);
    gateway.order(OrderId::new()).place(first, TIMEOUT, &mut ())?;

    let folders = [home.path().to_owned()];
    let renewal = gateway.renew(&folders, &CertificateSettings::default(), TIMEOUT, &mut ())?;
    assert!(renewal.certificates.is_empty(), "it is not due yet");
    let mut settings: CertificateSettings = toml::from_str("validation = { dns = \"provision\" }")?;
    // Longer than any lasts: all of them.
    settings.renew_before = Some("400d".parse()?);
    let renewal = gateway.renew(&folders, &settings, TIMEOUT, &mut ())?;
    for certificate in &renewal.certificates {
        match &certificate.result {
            Ok(Outcome::Issued(issuance)) => println!("{}: {} checks passed", certificate.title, issuance.checks.len()),
            // The next renewal carries on with it.
            Ok(other) => return Err(format!("{}: {other:?}", certificate.title).into()),
            Err(_) => println!("{}: nothing was ordered", certificate.title),
        }
    }
    assert_eq!(renewal.certificates.len(), 1);
    Ok(())
}
