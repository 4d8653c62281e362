//! Somebody else's job is seen by an order that is about to leave, however long ago it was prepared.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use certgate::{
    Client, Clock, Control, Error, Event, Journal, OrderId, OrderRequest, OrderState, Outcome, PendingReason,
    Preparation, PreparationError, PreparationOptions, RecoveryOptions, Run, RunOptions, Runner, RunningJobs,
    Transport, TransportError,
    validation::{Challenge, Method, Steps, ValidationError, ValidationStep, Validator},
};
use certgate_domain::{
    AnyTask, CertAuthentication, Certificate, Credentials, Protocol, Secret, SslContact, TaskKind, TimePeriod,
    task::{CertificateCreate, CertificateReissue},
    words::AuthMethod,
};
use certgate_keys::{KeyType, PrivateKey, Subject};
use certgate_simulator::{Gateway, Settings};
use certgate_wire::{Reply, Request};
use pretty_assertions::assert_eq;

use crate::{
    term::{START, ask, codec},
    year::Wire,
};

const COUNT: usize = 6;

fn name(at: usize) -> String {
    format!("host-{at:06}.example.org")
}

fn csr(name: &str) -> String {
    let subject = Subject { common_name: name.to_owned(), ..Subject::default() };
    PrivateKey::generate(KeyType::P256).unwrap().request(&subject, &[name.to_owned()]).unwrap()
}

/// What somebody else orders: that certificate again, or a new one of its name.
pub(crate) fn order_of_others(at: usize, is_new: bool) -> AnyTask {
    let certificate = Certificate {
        id: (!is_new).then(|| i64::try_from(10_000 + at).unwrap()),
        csr: Some(csr(&name(at))),
        name: Some(name(at)),
        product: Some("QUICKSSLPREMIUM".to_owned()),
        lifetime: Some(TimePeriod::months(12)),
        admin_contact: Some(SslContact::by_id(1120)),
        technical_contact: Some(SslContact::by_id(100)),
        authentication: Some(CertAuthentication { method: Some(AuthMethod::Dns), ..CertAuthentication::default() }),
        ..Certificate::default()
    };
    match is_new {
        true => CertificateCreate { certificate }.into(),
        false => CertificateReissue { certificate }.into(),
    }
}

pub(crate) fn own_order(at: usize, is_new: bool) -> OrderRequest {
    let purpose = match is_new {
        true => OrderRequest::create(),
        false => OrderRequest::reissue(i64::try_from(10_000 + at).unwrap()),
    };
    let mut request = purpose.csr(&csr(&name(at))).unwrap();
    request.product = Some("QUICKSSLPREMIUM".to_owned());
    (request.admin, request.technical) = (Some(1120), Some(100));
    request.method = Some(AuthMethod::Dns);
    request
}

/// A machine whose requests take a second each, and which somebody else is faster than once it has sent so many orders.
struct Slow {
    wire: Wire,
    orders: usize,
    others: Option<(usize, AnyTask)>,
}

impl Transport for Slow {
    fn send(&mut self, request: &Request, timeout: Duration) -> Result<Reply, TransportError> {
        let reply = self.wire.send(request, timeout)?;
        let now = self.wire.clock.fetch_add(1, Ordering::SeqCst);
        let calls = codec(self.wire.protocol).decode_requests(None, request).unwrap();
        let orders = [TaskKind::CertificateCreate, TaskKind::CertificateReissue];
        self.orders += usize::from(orders.contains(&calls[0].value.task.kind()));
        if let Some((_, task)) = self.others.take_if(|(after, _)| *after == self.orders) {
            ask(&self.wire.gateway, self.wire.protocol, task, now);
        }
        Ok(reply)
    }

    fn endpoint(&self) -> &str {
        "slow:"
    }
}

/// Takes its time to publish, while somebody else orders.
struct Slowly {
    wire: Wire,
    seconds: i64,
    others: Option<AnyTask>,
    removed: Arc<Mutex<usize>>,
}

impl Validator for Slowly {
    fn name(&self) -> &'static str {
        "slowly"
    }

    fn method(&self) -> Method {
        Method::Dns { provisioning: false }
    }

    fn present(&self, _: &Challenge, steps: &mut Steps<'_>) -> Result<(), ValidationError> {
        steps.about_to(ValidationStep::Custom { validator: "slowly".to_owned(), data: "record".into() })?;
        let now = self.wire.clock.fetch_add(self.seconds, Ordering::SeqCst);
        if let Some(task) = self.others.clone() {
            ask(&self.wire.gateway, self.wire.protocol, task, now);
        }
        Ok(())
    }

    fn cleanup(&self, _: &ValidationStep) -> Result<(), ValidationError> {
        *self.removed.lock().unwrap() += 1;
        Ok(())
    }
}

/// A gateway whose jobs never end, and a machine's clock.
fn world(protocol: Protocol) -> (Gateway, impl Fn() -> Wire) {
    let settings =
        Settings { start: Some(START), jobs_never_end: true, more_certificates: COUNT, ..Settings::default() };
    let gateway = Gateway::with(settings);
    let clock = Arc::new(AtomicI64::new(START));
    (gateway.clone(), move || Wire { gateway: gateway.clone(), protocol, clock: Arc::clone(&clock) })
}

/// Prepares the orders, and drives those that nothing is in the way of.
fn run(transport: impl Transport + 'static, wire: &Wire, mut orders: Vec<OrderRequest>) -> (Journal, Run) {
    let folder = tempfile::tempdir().unwrap();
    let ours = Arc::clone(&wire.clock);
    let journal = Journal::open(folder.path().join("store.sqlite"), "user@9").unwrap();
    let mut journal = journal.with_clock(Clock::new(move || ours.load(Ordering::SeqCst)));
    let credentials = Credentials::new("user", Secret::new("password"), "9");
    let mut client = Client::new(codec(wire.protocol), Box::new(transport), credentials).with_pace(1_000_000);
    let (deadline, recovery) = (Duration::from_secs(60), RecoveryOptions::default());
    let options = PreparationOptions { deadline, wait: false, recovery };
    let mut running = RunningJobs::of_account();
    let mut preparation = Preparation {
        client: &mut client,
        journal: &mut journal,
        running: &mut running,
        options: &options,
        not_removed: &mut |why| panic!("{why}"),
    };
    let items = orders.iter_mut().enumerate();
    let items = items.map(|(at, order)| preparation.order(format!("order-{at}").as_str().into(), order, None).unwrap());
    let items = items.collect();
    let runner = Runner::new(vec![&mut client], RunOptions::default()).looking_for(running);
    let run = runner.run(&mut journal, items, &mut |_: Option<&OrderId>, _: &Event<'_>| Control::Continue);
    (journal, run)
}

fn is_out(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Pending(PendingReason::NotWaitedFor))
}

fn is_under_way(outcome: &Outcome, at: usize) -> bool {
    let Outcome::NotSent(Error::Preparation(why)) = outcome else { return false };
    matches!(&**why, PreparationError::UnderWay { name: of, .. } if *of == name(at))
}

/// Somebody orders while the record is published: the order does not leave, and the record is removed. One that nobody is at leaves,
/// and is looked at again only where that took its time.
#[test]
fn somebody_is_faster_than_what_is_published() {
    for protocol in Protocol::ALL {
        for is_new in [true, false] {
            for (seconds, is_overtaken, looks) in [(8, true, 2), (8, false, 2), (3, false, 1)] {
                let what = format!("{protocol}, new: {is_new}, {seconds} s, overtaken: {is_overtaken}");
                let (gateway, wire) = world(protocol);
                let removed = Arc::new(Mutex::new(0));
                let others = is_overtaken.then(|| order_of_others(0, is_new));
                let slowly = Slowly { wire: wire(), seconds, others, removed: Arc::clone(&removed) };
                let (journal, run) = run(wire(), &wire(), vec![own_order(0, is_new).validate(slowly)]);
                let (outcome, state) = (&run.reports[0].outcome, journal.find("order-0").unwrap().unwrap().state);
                let expected = if is_overtaken { OrderState::Unsent } else { OrderState::Pending };
                assert_eq!((is_under_way(outcome, 0), state), (is_overtaken, expected), "{what}: {outcome:?}");
                assert_eq!(is_out(outcome), !is_overtaken, "{what}: {outcome:?}");
                assert_eq!((gateway.counts().orders, gateway.asked(TaskKind::JobList)), (1, looks), "{what}");
                assert_eq!(*removed.lock().unwrap(), usize::from(is_overtaken), "{what}");
            }
        }
    }
}

/// Somebody comes to a certificate of the name while the record is published: its job is over, and no second one is bought. One that was there before is in
/// nobody's way.
#[test]
fn somebody_is_done_before_what_is_published() {
    for protocol in Protocol::ALL {
        for (seconds, is_overtaken, looks) in [(8, true, 1), (8, false, 1), (3, false, 0)] {
            let what = format!("{protocol}, {seconds} s, overtaken: {is_overtaken}");
            let settings = Settings { start: Some(START), more_certificates: COUNT, ..Settings::default() };
            let (gateway, clock) = (Gateway::with(settings), Arc::new(AtomicI64::new(START + 60)));
            let wire = || Wire { gateway: gateway.clone(), protocol, clock: Arc::clone(&clock) };
            let removed = Arc::new(Mutex::new(0));
            let others = is_overtaken.then(|| order_of_others(0, true));
            let slowly = Slowly { wire: wire(), seconds, others, removed: Arc::clone(&removed) };
            let (journal, run) = run(wire(), &wire(), vec![own_order(0, true).validate(slowly)]);
            let (outcome, state) = (&run.reports[0].outcome, journal.find("order-0").unwrap().unwrap().state);
            let came = match outcome {
                Outcome::NotSent(Error::Preparation(why)) => match &**why {
                    PreparationError::CameMeanwhile { name: of, .. } => Some(of.clone()),
                    _ => None,
                },
                _ => None,
            };
            let expected = if is_overtaken { OrderState::Unsent } else { OrderState::Pending };
            assert_eq!((came, state), (is_overtaken.then(|| name(0)), expected), "{what}: {outcome:?}");
            assert_eq!(is_out(outcome), !is_overtaken, "{what}: {outcome:?}");
            assert_eq!((gateway.counts().orders, gateway.asked(TaskKind::CertificateList)), (1, looks), "{what}");
            assert_eq!(*removed.lock().unwrap(), usize::from(is_overtaken), "{what}");
        }
    }
}

/// Of many orders those leave that nobody is at: one look serves all that leave within some seconds.
#[test]
fn somebody_is_faster_than_a_long_run() {
    for protocol in Protocol::ALL {
        for is_new in [true, false] {
            let what = format!("{protocol}, new: {is_new}");
            let (gateway, wire) = world(protocol);
            let last = COUNT - 1;
            let slow = Slow { wire: wire(), orders: 0, others: Some((2, order_of_others(last, is_new))) };
            let (_, run) = run(slow, &wire(), (0..COUNT).map(|at| own_order(at, is_new)).collect());
            let (overtaken, others) = run.reports.split_last().unwrap();
            assert!(is_under_way(&overtaken.outcome, last), "{what}: {:?}", overtaken.outcome);
            assert!(others.iter().all(|order| is_out(&order.outcome)), "{what}: {others:?}");
            assert_eq!(gateway.counts().orders, COUNT, "{what}");
            let looks = gateway.asked(TaskKind::JobList);
            assert!((2..=COUNT / 2 + 1).contains(&looks), "{what}: {looks} looks");
        }
    }
}
