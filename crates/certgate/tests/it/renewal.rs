//! What is due in some folders, renewed by one call.

use std::{fs, time::Duration};

use certgate::{
    CertificateSettings, Gateway, Installation, OrderId, OrderRequest, Outcome, estate::EndedTask,
    validation::Provision,
};
use certgate_domain::{Credentials, Protocol, Secret};
use certgate_keys::KeyType;
use certgate_simulator::{Gateway as Simulator, Server, Settings};
use pretty_assertions::assert_eq;

const TIMEOUT: Duration = Duration::from_secs(60);

/// What is due is ordered with a new key and put in place, what is not stays as it is, and one that cannot be read hides no other.
#[test]
fn due_or_not() {
    for protocol in Protocol::ALL {
        let server = Server::start(Simulator::with(Settings::default()), "127.0.0.1:0".parse().unwrap()).unwrap();
        let home = tempfile::tempdir().unwrap();
        let gateway = Gateway::builder(protocol)
            .at(server.endpoint(protocol))
            .credentials(Credentials::new("user", Secret::new("password"), "9"))
            .store(home.path().join("orders.sqlite"))
            .own_pace(1000)
            .build()
            .unwrap();
        let folder = home.path().join("example.com");
        let first = OrderRequest::reissue(571).new_key(KeyType::P256).validate(Provision).install(&folder);
        let _ = gateway.order(OrderId::new()).place(first, TIMEOUT, &mut ()).unwrap();
        let serial = || Installation::at(&folder).issued().unwrap().certificate.serial;
        let before = serial();
        let folders = [home.path().to_owned()];
        let mut settings = CertificateSettings::default();
        let renewal = gateway.renew(&folders, &settings, TIMEOUT, &mut ()).unwrap();
        assert!(renewal.certificates.is_empty() && renewal.error.is_none());
        assert_eq!(serial(), before);

        let broken = home.path().join("broken");
        fs::create_dir(&broken).unwrap();
        fs::write(broken.join("cert.pem"), "no certificate").unwrap();
        settings.renew_before = Some("400d".parse().unwrap());
        let renewal = gateway.renew(&folders, &settings, TIMEOUT, &mut ()).unwrap();
        let [unreadable, renewed] = renewal.certificates.as_slice() else { panic!("{protocol:?}") };
        assert!(matches!(unreadable.result, Err(EndedTask::Failed(_))) && unreadable.folder == Some(broken));
        let Ok(Outcome::Issued(issuance)) = &renewed.result else { panic!("{protocol:?}") };
        assert!(issuance.checks.iter().all(|check| check.ok));
        assert_eq!(renewed.folder.as_ref(), Some(&folder));
        assert!(gateway.order(renewed.order.clone()).state().unwrap().unwrap().is_finished());
        assert!(serial() != before && renewal.error.is_none());
    }
}
