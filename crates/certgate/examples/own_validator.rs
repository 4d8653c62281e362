//! Shows control over a name by a program's own means, here a list that stands for the interface of a DNS provider.

use std::{
    error::Error,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use certgate::{
    Gateway, OrderId, OrderRequest, OrderState,
    validation::{Challenge, Method, Steps, ValidationError, ValidationStep, Validator},
};
use certgate_domain::{Credentials, Protocol, Secret};
use certgate_simulator::{Gateway as Simulator, Server, Settings};

/// A DNS provider: the records that it serves, and how many it ever did.
#[derive(Clone, Default)]
struct Provider(Arc<Mutex<(Vec<String>, usize)>>);

impl Validator for Provider {
    fn name(&self) -> &str {
        "provider"
    }

    fn method(&self) -> Method {
        Method::Dns { provisioning: false }
    }

    fn present(&self, challenge: &Challenge, steps: &mut Steps<'_>) -> Result<(), ValidationError> {
        let Challenge::Record(record) = challenge else { return Ok(()) };
        // Stored before it is done: whatever ends this process, a later one removes the record.
        let data = record.name.as_str().into();
        steps.about_to(ValidationStep::Custom { validator: self.name().to_owned(), data })?;
        let mut zone = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        zone.0.push(record.name.clone());
        zone.1 += 1;
        Ok(())
    }

    fn cleanup(&self, step: &ValidationStep) -> Result<(), ValidationError> {
        if let ValidationStep::Custom { data, .. } = step {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).0.retain(|name| data != name);
        }
        Ok(())
    }
}

/// Against a gateway of its own, so that the example runs anywhere.
pub fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start(Simulator::with(Settings::default()), "127.0.0.1:0".parse()?)?;
    let home = tempfile::tempdir()?;
    let gateway = Gateway::builder(Protocol::Json)
        .at(server.json_endpoint())
        .credentials(Credentials::new("user", Secret::new("password"), "9"))
        .store(home.path().join("orders.sqlite"))
        .build()?;

    let provider = Provider::default();
    let request = OrderRequest::reissue(571)
        .new_key(certgate_keys::KeyType::P256)
        .validate(provider.clone())
        .install(home.path().join("example.com"));
    let report = gateway.order(OrderId::new()).place(request, Duration::from_secs(1800), &mut ())?;
    assert_eq!(report.state(), OrderState::Done, "{:?}", report.outcome);
    let zone = provider.0.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!((zone.0.len(), zone.1), (0, 1), "it was served while it was needed, and is gone");
    Ok(())
}
