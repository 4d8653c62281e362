//! Somebody else's order of the same certificate or the same name ends before ours is fetched.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use certgate::{
    Client, Clock, Control, Event, ForeignMessages, Journal, OrderId, OrderRequest, OrderState, Outcome, PendingReason,
    ResumeOptions, Resumption, RunOptions, Runner, Transport, TransportError, resume,
};
use certgate_domain::{
    AnyTask, Certificate, Credentials, Protocol, Secret, TaskKind,
    task::{CertificateCreate, PollInfo},
};
use certgate_simulator::{Gateway, Settings};
use certgate_wire::{Reply, Request};
use pretty_assertions::assert_eq;

use crate::{
    running_jobs::{order_of_others, own_order},
    term::{DAY, START, ask, codec},
    year::Wire,
};

const JOB_TIME: i64 = 60;

/// A gateway that does not say which job an order has. Somebody orders right after we did, and then so much time passes.
struct Jobless {
    wire: Wire,
    others: AnyTask,
    seconds: i64,
}

impl Transport for Jobless {
    fn send(&mut self, request: &Request, timeout: Duration) -> Result<Reply, TransportError> {
        let codec = codec(self.wire.protocol);
        let kind = codec.decode_requests(None, request).unwrap()[0].value.task.kind();
        let reply = self.wire.send(request, timeout)?;
        if kind != TaskKind::CertificateCreate {
            return Ok(reply);
        }
        let mut answer = codec.decode_response(kind, &reply).unwrap().value;
        answer.data.clear();
        let now = self.wire.clock.fetch_add(self.seconds, Ordering::SeqCst);
        ask(&self.wire.gateway, self.wire.protocol, self.others.clone(), now);
        Ok(codec.encode_responses(&[(kind, answer)]).payload)
    }

    fn endpoint(&self) -> &str {
        "jobless:"
    }
}

struct Machine {
    _home: tempfile::TempDir,
    wire: Box<dyn Fn() -> Wire>,
    journal: Journal,
}

impl Machine {
    /// A day after the gateway began.
    fn new(gateway: &Gateway, protocol: Protocol) -> Self {
        let (home, gateway) = (tempfile::tempdir().unwrap(), gateway.clone());
        let clock = Arc::new(AtomicI64::new(START + DAY));
        let ours = Arc::clone(&clock);
        let journal = Journal::open(home.path().join("store.sqlite"), "user@9").unwrap();
        let journal = journal.with_clock(Clock::new(move || ours.load(Ordering::SeqCst)));
        let wire = Box::new(move || Wire { gateway: gateway.clone(), protocol, clock: Arc::clone(&clock) });
        Self { _home: home, wire, journal }
    }

    fn client(&self, transport: impl Transport + 'static) -> Client {
        let credentials = Credentials::new("user", Secret::new("password"), "9");
        Client::new(codec((self.wire)().protocol), Box::new(transport), credentials).with_pace(1_000_000)
    }

    fn drive(&mut self, client: &mut Client, item: certgate::RunItem) -> Outcome {
        let clock = Clock::new(|| START + DAY);
        let options = RunOptions { foreign: ForeignMessages::Leave, clock, ..RunOptions::default() };
        let observe = &mut |_: Option<&OrderId>, _: &Event<'_>| Control::Continue;
        let mut run = Runner::new(vec![client], options).run(&mut self.journal, vec![item], observe);
        run.reports.remove(0).outcome
    }

    fn place(&mut self, id: &str, request: &OrderRequest, wait: bool) -> Outcome {
        let mut client = self.client((self.wire)());
        self.drive(&mut client, request.item(id.into(), Duration::from_secs(60), wait))
    }
}

/// The order is over with that: what is there is somebody else's for good, and the next order goes on from it.
#[test]
fn an_order_whose_certificate_was_replaced_is_over() {
    for protocol in Protocol::ALL {
        let gateway = Gateway::with(Settings { start: Some(START), more_certificates: 1, ..Settings::default() });
        let mut machine = Machine::new(&gateway, protocol);
        let placed = machine.place("ours", &own_order(0, false), false);
        assert!(matches!(placed, Outcome::Pending(PendingReason::NotWaitedFor)), "{protocol}: {placed:?}");
        let ours = machine.journal.find("ours").unwrap().unwrap();
        ask(&gateway, protocol, order_of_others(0, false), START + DAY);
        let mut client = machine.client((machine.wire)());
        let options = ResumeOptions { deadline: Duration::from_secs(60), ..ResumeOptions::default() };
        let resumed = resume(&mut client, &mut machine.journal, &ours, &options, &mut |why| panic!("{why}")).unwrap();
        let Resumption::Ready(item) = resumed else { panic!("{protocol}: it is out") };
        let outcome = machine.drive(&mut client, *item);
        let Outcome::Overtaken { by, .. } = outcome else { panic!("{protocol}: {outcome:?}") };
        assert_eq!(Some(by), ours.job.map(|job| job + 1), "{protocol}");
        assert_eq!(machine.journal.find("ours").unwrap().unwrap().state, OrderState::Abandoned, "{protocol}");
        assert!(machine.journal.unfinished().unwrap().is_empty(), "{protocol}: nothing is in the way");
        let next = machine.place("next", &own_order(0, false), true);
        assert!(matches!(next, Outcome::Issued(_)), "{protocol}: {next:?}");
    }
}

/// A new certificate is found among newer ones of its name, and one of the same key that was there before it is not taken for it.
#[test]
fn a_new_certificate_is_found_among_newer_ones_of_its_name() {
    for protocol in Protocol::ALL {
        for (seconds, is_issued) in [(2 * JOB_TIME, true), (0, false)] {
            let what = format!("{protocol}, after {seconds} s");
            let job_time = Duration::from_secs(JOB_TIME.unsigned_abs());
            let gateway = Gateway::with(Settings { start: Some(START), job_time, ..Settings::default() });
            let own = own_order(0, true);
            let AnyTask::CertificateCreate(before) = order_of_others(0, true) else { panic!("it is a new one") };
            let csr = own.csr.as_ref().map(|(csr, _)| csr.clone());
            let certificate = Certificate { csr, ..before.certificate };
            let mut machine = Machine::new(&gateway, protocol);
            let (mut client, clock) = (machine.client((machine.wire)()), (machine.wire)().clock);
            let others = [CertificateCreate { certificate }.into(), order_of_others(0, true), PollInfo.into()];
            for (task, at) in others.iter().zip([0, 2 * JOB_TIME, 4 * JOB_TIME]) {
                clock.store(START + at, Ordering::SeqCst);
                client.ask(task).unwrap();
            }
            clock.store(START + DAY, Ordering::SeqCst);
            let jobless = Jobless { wire: (machine.wire)(), others: order_of_others(0, true), seconds };
            let mut client = machine.client(jobless);
            let outcome = machine.drive(&mut client, own.item("ours".into(), Duration::from_secs(3), true));
            match outcome {
                Outcome::Issued(issuance) => {
                    assert!(is_issued, "{what}: {issuance:?}");
                    assert_eq!(issuance.certificate.csr, own.csr.map(|(csr, _)| csr), "{what}");
                    let made = issuance.certificate.created.unwrap().value().unwrap().unix_seconds().unwrap();
                    assert!(made >= START + DAY, "{what}: that from before");
                }
                Outcome::Pending(PendingReason::Deadline) => assert!(!is_issued, "{what}"),
                other => panic!("{what}: {other:?}"),
            }
        }
    }
}
