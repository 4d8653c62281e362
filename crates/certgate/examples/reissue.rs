//! Reissues a certificate with a new key and installs it: ordered durably, waited for, checked, put in place.

#![allow(clippy::print_stdout, reason = "an example")]

use std::{error::Error, time::Duration};

use certgate::{Gateway, OrderId, OrderRequest, Outcome, validation::Provision};
use certgate_domain::{Credentials, Protocol, Secret};
use certgate_keys::KeyType;
use certgate_simulator::{Gateway as Simulator, Server, Settings};

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
    let request = OrderRequest::reissue(571).new_key(KeyType::P256).validate(Provision).install(&folder);
    let report = gateway.order(OrderId::new()).place(request, Duration::from_secs(1800), &mut ())?;
    match report.outcome {
        Outcome::Issued(issuance) => println!("{} checks passed; in {}", issuance.checks.len(), folder.display()),
        // The next run carries on: `gateway.unfinished_orders()`.
        other => return Err(format!("order {}: {other:?}", report.id).into()),
    }
    assert!(folder.join("fullchain.pem").exists() && folder.join("key.pem").exists());
    Ok(())
}
