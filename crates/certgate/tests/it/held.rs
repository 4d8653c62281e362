//! What another process is at is told with that one's order, also of a new certificate, which has no id yet.

use std::{
    path::Path,
    sync::{Arc, atomic::AtomicI64},
    time::Duration,
};

use certgate::{
    Client, Control, Event, Journal, Observer, OrderId, Outcome, PreparationOptions, RecoveryOptions, RunOptions,
    RunningJobs,
    estate::{EndedTask, Step, Survey, Task, TaskObserver, TaskOutcome, TaskRun, read_declared, subjects_of_declared},
};
use certgate_domain::{Credentials, Protocol, Secret};
use certgate_simulator::{Gateway, Settings};
use certgate_store::Order;
use pretty_assertions::assert_eq;

use crate::{
    term::{START, codec},
    year::Wire,
};

/// A process that knows what it would do with the declared certificate.
struct Process {
    client: Client,
    journal: Journal,
    tasks: Vec<Task>,
}

impl Process {
    fn new(home: &Path, gateway: &Gateway, protocol: Protocol) -> Self {
        let wire = Wire { gateway: gateway.clone(), protocol, clock: Arc::new(AtomicI64::new(START)) };
        let credentials = Credentials::new("user", Secret::new("password"), "9");
        let mut client = Client::new(codec(protocol), Box::new(wire), credentials).with_pace(1_000_000);
        let journal = Journal::open(home.join("store.sqlite"), "user@9").unwrap();
        let declared = read_declared(&home.join("certificates.toml"), None).unwrap().certificates;
        let mut subjects = subjects_of_declared(declared, &journal, START).unwrap();
        Survey { client: &mut client, journal: &journal, now: START }.ask(&mut subjects).unwrap();
        let tasks: Vec<Task> = subjects.into_iter().map(|subject| Task::of(subject, START)).collect();
        assert!(matches!(tasks[0].step, Step::Place { .. }));
        Self { client, journal, tasks }
    }

    fn share(&mut self) {
        let claims = self.journal.claims().unwrap();
        self.tasks.iter_mut().for_each(|task| task.share(&claims));
    }

    fn run(&mut self, observer: &mut dyn TaskObserver) {
        let deadline = Duration::from_secs(60);
        let run = TaskRun {
            clients: vec![&mut self.client],
            journal: &mut self.journal,
            preparation: PreparationOptions { deadline, wait: false, recovery: RecoveryOptions::default() },
            options: RunOptions::default(),
            running: RunningJobs::of_account(),
            profile: None,
        };
        let error = run.run(&mut self.tasks, observer).error;
        assert!(error.is_none(), "{error:?}");
    }
}

/// Has the others run as soon as its own order is out.
#[derive(Default)]
struct First {
    others: Vec<Process>,
    told: Vec<Option<String>>,
    own: Option<String>,
}

impl Observer for First {
    fn on(&mut self, _: Option<&OrderId>, event: &Event<'_>) -> Control {
        if let Event::Ordered { .. } = event {
            for mut other in std::mem::take(&mut self.others) {
                // One had claimed nothing when it looked, for the other it was held already.
                if !self.told.is_empty() {
                    other.share();
                }
                let mut seen = Second::default();
                other.run(&mut seen);
                self.told.push(seen.0);
            }
        }
        Control::Continue
    }
}

impl TaskObserver for First {
    fn ended(&mut self, _: &OrderId, record: Option<&Order>, _: TaskOutcome<'_>) {
        self.own = record.map(|order| order.order.id.clone());
    }
}

/// The order that is told to be in the way.
#[derive(Default)]
struct Second(Option<String>);

impl Observer for Second {
    fn on(&mut self, _: Option<&OrderId>, _: &Event<'_>) -> Control {
        Control::Continue
    }
}

impl TaskObserver for Second {
    fn ended(&mut self, _: &OrderId, record: Option<&Order>, outcome: TaskOutcome<'_>) {
        let is_held = match outcome {
            TaskOutcome::Ended(EndedTask::Held) => true,
            TaskOutcome::Ordered(report) => matches!(report.outcome, Outcome::Held),
            _ => false,
        };
        assert!(is_held);
        self.0 = record.map(|order| order.order.id.clone());
    }
}

#[test]
fn the_order_of_a_new_certificate_is_known_by_its_folder() {
    for protocol in Protocol::ALL {
        let home = tempfile::tempdir().unwrap();
        let text = "[[certificate]]\nname = \"www.example.com\"\nout = \"www\"\nproduct = \"QUICKSSLPREMIUM\"\nadmin = 1120\n\
            technical = 1120\nsoftware = \"APACHESSL\"\nlifetime = 12\nmethod = \"dns\"\n";
        std::fs::write(home.path().join("certificates.toml"), text).unwrap();
        let gateway = Gateway::with(Settings { start: Some(START), ..Settings::default() });
        let mut processes: Vec<Process> = (0..3).map(|_| Process::new(home.path(), &gateway, protocol)).collect();
        let mut first = processes.remove(0);
        first.share();
        processes[0].share();
        let mut seen = First { others: processes, ..First::default() };
        first.run(&mut seen);
        assert!(seen.own.is_some() && seen.told.len() == 2, "{protocol}: {:?}", seen.told);
        assert!(seen.told.iter().all(|order| *order == seen.own), "{protocol}: {:?} {:?}", seen.own, seen.told);
        assert_eq!(gateway.counts().orders, 1, "{protocol}");
    }
}
