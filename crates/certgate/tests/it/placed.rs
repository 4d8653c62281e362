//! A program's order goes the way of the command line's: what stands in that one's way stands in its own.

use std::{path::Path, time::Duration};

use certgate::{
    Control, Error, Event, Gateway, OrderId, OrderReport, OrderRequest, OrderState, Outcome, PreparationError,
    validation::Provision,
};
use certgate_domain::{Credentials, Protocol, Secret, TaskKind};
use certgate_keys::KeyType;
use certgate_simulator::{Fault, Gateway as Simulator, Server, Settings};
use pretty_assertions::assert_eq;

fn gateway(server: &Server, protocol: Protocol, store: &Path) -> Gateway {
    Gateway::builder(protocol)
        .at(server.endpoint(protocol))
        .credentials(Credentials::new("user", Secret::new("password"), "9"))
        .store(store)
        .own_pace(1000)
        .build()
        .unwrap()
}

/// Places a reissue into that folder, and goes as soon as it is out.
fn reissue(gateway: &Gateway, id: &str, folder: &Path) -> Result<OrderReport, Error> {
    let request = OrderRequest::reissue(571).new_key(KeyType::P256).validate(Provision).install(folder);
    let mut leave = |_: Option<&OrderId>, event: &Event<'_>| match event {
        Event::Ordered { .. } => Control::Stop,
        _ => Control::Continue,
    };
    gateway.order(id.into()).place(request, Duration::from_secs(60), &mut leave)
}

/// Another machine's job of the same certificate runs: its store is not ours, and nothing is ordered beside it.
#[test]
fn a_certificate_that_somebody_else_orders_is_left_alone() {
    for protocol in Protocol::ALL {
        let simulator = Simulator::with(Settings { jobs_never_end: true, ..Settings::default() });
        let server = Server::start(simulator.clone(), "127.0.0.1:0".parse().unwrap()).unwrap();
        let home = tempfile::tempdir().unwrap();
        let [theirs, ours] =
            ["theirs", "ours"].map(|name| gateway(&server, protocol, &home.path().join(name).with_extension("sqlite")));
        let placed = reissue(&theirs, "theirs", &home.path().join("theirs")).unwrap();
        assert!(matches!(placed.outcome, Outcome::Pending(_)), "{placed:?}");

        let refused = reissue(&ours, "ours", &home.path().join("ours"));
        let Err(Error::Preparation(why)) = refused else { panic!("{protocol:?}: {refused:?}") };
        let PreparationError::UnderWay { job, name, .. } = *why else { panic!("{why:?}") };
        assert_eq!((Some(job), name.as_str()), (placed.job, "example.com"), "{protocol:?}");
        assert_eq!(simulator.asked(TaskKind::CertificateReissue), 1, "{protocol:?}");
        assert_eq!(ours.order("ours".into()).state().unwrap(), None);
        assert!(ours.unfinished_orders().unwrap().is_empty());
    }
}

/// An earlier order whose answer was lost is looked for before the next one of the same, and stands in its way where it arrived.
#[test]
fn what_an_earlier_order_left_unknown_is_looked_for() {
    for protocol in Protocol::ALL {
        let faults = vec![Fault::DropAfterRead(Some(TaskKind::CertificateReissue))];
        let simulator = Simulator::with(Settings { faults, jobs_never_end: true, ..Settings::default() });
        let server = Server::start(simulator.clone(), "127.0.0.1:0".parse().unwrap()).unwrap();
        let home = tempfile::tempdir().unwrap();
        let gateway = gateway(&server, protocol, &home.path().join("orders.sqlite"));
        let lost = reissue(&gateway, "lost", &home.path().join("example.com")).unwrap();
        assert!(matches!(lost.outcome, Outcome::Unknown(_)), "{lost:?}");

        let next = reissue(&gateway, "next", &home.path().join("example.com")).unwrap();
        assert!(matches!(next.outcome, Outcome::NotSent(_)), "{next:?}");
        let found = gateway.order("lost".into());
        assert_eq!(found.state().unwrap(), Some(OrderState::Pending), "{protocol:?}");
        assert!(found.job().unwrap().is_some());
        assert_eq!(simulator.asked(TaskKind::CertificateReissue), 1, "{protocol:?}");
    }
}
