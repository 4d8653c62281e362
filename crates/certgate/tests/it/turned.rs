//! A refusal turns a renewal into a reissue where it shows that what was known of the term was wrong; never the other way round.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use certgate::{
    Client, Clock, Control, Event, Intent, Journal, Observer, OrderId, Outcome, PreparationOptions, RecoveryOptions,
    RunOptions, RunningJobs,
    estate::{
        EndedTask, PlannedAction, Survey, Task, TaskObserver, TaskOutcome, TaskRun, read_declared, subjects_of_declared,
    },
};
use certgate_domain::{Certificate, Credentials, Protocol, Secret, TaskKind, task::CertificateRenew};
use certgate_simulator::{Gateway, Settings};
use certgate_store::{InstallOptions, Order, ResumeData};
use pretty_assertions::assert_eq;

use crate::{
    term::{DAY, START, codec},
    year::Wire,
};

/// What was seen of a run.
#[derive(Default)]
struct Seen {
    replaced: Vec<TaskKind>,
    ended: Vec<String>,
}

impl Observer for Seen {
    fn on(&mut self, _: Option<&OrderId>, event: &Event<'_>) -> Control {
        if let Event::Replaced { task, .. } = event {
            self.replaced.push(*task);
        }
        Control::Continue
    }
}

impl TaskObserver for Seen {
    fn ended(&mut self, task: &OrderId, _: Option<&Order>, outcome: TaskOutcome<'_>) {
        let what = match outcome {
            TaskOutcome::Ordered(report) => {
                assert!(report.replaces.as_ref() == Some(task) || report.id == *task, "{report:?}");
                match &report.outcome {
                    Outcome::Issued(_) => format!("{} issued", report.task.name()),
                    Outcome::Refused(_) => format!("{} refused", report.task.name()),
                    other => panic!("{other:?}"),
                }
            }
            TaskOutcome::Ended(EndedTask::Nothing) => "nothing".to_owned(),
            TaskOutcome::Ended(EndedTask::Failed(why)) => why.to_string(),
            _ => panic!("{task}"),
        };
        self.ended.push(what);
    }
}

/// A company with one certificate, at a gateway whose time the test drives.
struct Company {
    home: tempfile::TempDir,
    gateway: Gateway,
    protocol: Protocol,
    clock: Arc<AtomicI64>,
}

impl Company {
    fn new(protocol: Protocol, settings: Settings) -> Self {
        let home = tempfile::tempdir().unwrap();
        let text = "[[certificate]]\nname = \"www.example.com\"\nout = \"www\"\nproduct = \"QUICKSSLPREMIUM\"\nadmin = 1120\n\
            technical = 1120\nsoftware = \"APACHESSL\"\nlifetime = 12\nmethod = \"dns\"\n";
        std::fs::write(home.path().join("certificates.toml"), text).unwrap();
        let max_validity = settings.max_validity.or(Some(Duration::from_secs(47 * 86_400)));
        let gateway = Gateway::with(Settings { start: Some(START), max_validity, ..settings });
        Self { home, gateway, protocol, clock: Arc::new(AtomicI64::new(START)) }
    }

    /// A run on that day: what was planned, what was done in the end, and what was seen.
    fn apply(&self, day: i64) -> (PlannedAction, PlannedAction, Seen) {
        let now = START + day * DAY;
        self.clock.store(now, Ordering::SeqCst);
        let wire = Wire { gateway: self.gateway.clone(), protocol: self.protocol, clock: Arc::clone(&self.clock) };
        let credentials = Credentials::new("user", Secret::new("password"), "9");
        let mut client = Client::new(codec(self.protocol), Box::new(wire), credentials).with_pace(1_000_000);
        let mut journal = Journal::open(self.home.path().join("store.sqlite"), "user@9").unwrap();
        let declared = read_declared(&self.home.path().join("certificates.toml"), None).unwrap().certificates;
        let mut subjects = subjects_of_declared(declared, &journal, now).unwrap();
        Survey { client: &mut client, journal: &journal, now }.ask(&mut subjects).unwrap();
        let mut tasks: Vec<Task> = subjects.into_iter().map(|subject| Task::of(subject, now)).collect();
        let action = |tasks: &[Task]| tasks[0].planned.as_ref().unwrap().action;
        let planned = action(&tasks);
        let clock = Arc::clone(&self.clock);
        let deadline = Duration::from_secs(60);
        let run = TaskRun {
            clients: vec![&mut client],
            journal: &mut journal,
            preparation: PreparationOptions { deadline, wait: true, recovery: RecoveryOptions::default() },
            options: RunOptions { clock: Clock::new(move || clock.load(Ordering::SeqCst)), ..RunOptions::default() },
            running: RunningJobs::of_account(),
            profile: None,
        };
        let mut seen = Seen::default();
        let error = run.run(&mut tasks, &mut seen).error;
        assert!(error.is_none(), "{error:?}");
        (planned, action(&tasks), seen)
    }

    /// An order of that certificate that never left: its process ended while it validated it.
    fn leave_unsent(&self, id: &str) {
        let mut journal = Journal::open(self.home.path().join("store.sqlite"), "user@9").unwrap();
        let task = CertificateRenew { certificate: Certificate { id: Some(572), ..Certificate::default() } };
        let install = Some(InstallOptions::into_folder(self.home.path().join("www")));
        let resume = ResumeData { install, ..ResumeData::default() };
        let intent = Intent { name: Some("www.example.com".to_owned()), resume, batch: None, claim: None };
        journal.begin_validation(id, &task.into(), &intent).unwrap();
    }

    fn asked(&self) -> (usize, usize) {
        (self.gateway.asked(TaskKind::CertificateReissue), self.gateway.asked(TaskKind::CertificateRenew))
    }
}

/// A gateway that tells nothing of the term, and whose certificates last so short a time that each may be the last of its term.
fn tells_nothing_and_lasts_39_days() -> Settings {
    let max_validity = Some(Duration::from_secs(39 * 86_400));
    Settings { tells_terms: false, tells_starts: false, max_validity, ..Settings::default() }
}

/// Nothing is told of the term: certificates that last less long than it are reissued, free and without a paid order that is tried first, until
/// one is cut short by the end of the term.
#[test]
fn a_term_of_which_nothing_is_told_is_paid_at_its_end_only() {
    for protocol in Protocol::ALL {
        let settings = Settings { tells_terms: false, tells_starts: false, ..Settings::default() };
        let company = Company::new(protocol, settings);
        assert_eq!(company.apply(0).2.ended, ["certificate-create issued"]);
        let mut renewed = Vec::new();
        for day in (4..=428).step_by(4) {
            let (planned, came_to, seen) = company.apply(day);
            assert_eq!((planned, seen.replaced), (came_to, vec![]), "{protocol:?}, day {day}");
            if planned == PlannedAction::Renew {
                renewed.push(day);
            }
        }
        assert_eq!((renewed, company.asked()), (vec![364], (13, 1)), "{protocol:?}");
    }
}

/// Each renewal within the term is refused and becomes a reissue, and the one at its end is paid.
#[test]
fn a_renewal_that_is_too_early_becomes_a_reissue() {
    for protocol in Protocol::ALL {
        let company = Company::new(protocol, tells_nothing_and_lasts_39_days());
        assert_eq!(company.apply(0).2.ended, ["certificate-create issued"]);
        let mut turned = 0;
        // A third of 39 days before its end each is due.
        for day in (26..365).step_by(26) {
            let (planned, came_to, seen) = company.apply(day);
            assert_eq!(planned, PlannedAction::Renew, "{protocol:?}, day {day}");
            if day >= 365 - 90 {
                assert_eq!((came_to, seen.ended), (planned, vec!["certificate-renew issued".to_owned()]));
                assert_eq!(company.asked(), (turned, turned + 1), "{protocol:?}: one of them is paid");
                break;
            }
            turned += 1;
            assert_eq!((came_to, seen.replaced), (PlannedAction::Reissue, vec![TaskKind::CertificateReissue]));
            assert_eq!(seen.ended, ["certificate-reissue issued"], "one outcome for the certificate");
            assert_eq!(company.asked(), (turned, turned), "refused once, reissued once");
        }
        assert_eq!(turned, 10, "{protocol:?}");
    }
}

/// What is done in place of an order that never left goes the same way, and is told as itself.
#[test]
fn a_renewal_in_place_of_an_order_that_never_left() {
    for protocol in Protocol::ALL {
        let company = Company::new(protocol, tells_nothing_and_lasts_39_days());
        assert_eq!(company.apply(0).2.ended, ["certificate-create issued"]);
        use PlannedAction::{Nothing, Reissue, Renew};
        for (day, to_do, came_to, replaced) in
            [(1, Nothing, Nothing, vec![]), (26, Renew, Reissue, vec![TaskKind::CertificateReissue])]
        {
            company.leave_unsent(&format!("certgate-{day}"));
            let (planned, done, seen) = company.apply(day);
            assert_eq!((planned, done, seen.replaced), (to_do, came_to, replaced), "{protocol:?}");
        }
        assert_eq!(company.asked(), (1, 1), "refused once, reissued once");
    }
}

/// The end of the term is reckoned, and too late: nothing ran until after the true one. The reissue is refused, by whatever code, and no term
/// is paid for it: a person has to look.
#[test]
fn a_reissue_after_the_end_of_the_term_is_never_paid_for() {
    for protocol in Protocol::ALL {
        let starts_told_late = Duration::from_secs(40 * 86_400);
        let settings = Settings { tells_terms: false, starts_told_late, ..Settings::default() };
        let company = Company::new(protocol, settings);
        assert_eq!(company.apply(0).2.ended, ["certificate-create issued"]);
        for day in (32..=288).step_by(32) {
            assert_eq!(company.apply(day).2.ended, ["certificate-reissue issued"], "{protocol:?}, day {day}");
        }
        let before = company.asked();
        let (planned, came_to, seen) = company.apply(370);
        assert_eq!((planned, came_to), (PlannedAction::Reissue, PlannedAction::Reissue), "{protocol:?}");
        assert_eq!((seen.replaced, seen.ended), (Vec::new(), vec!["certificate-reissue refused".to_owned()]));
        assert_eq!(company.asked(), (before.0 + 1, before.1), "{protocol:?}");
    }
}
