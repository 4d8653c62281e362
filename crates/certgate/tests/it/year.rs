//! A year in the life of twenty certificates of 47 days: the gateway's time and certgate's are driven through 400 days, on which
//! runs are killed, hooks fail, a colleague reissues, and a legacy system reads the same queue.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use certgate::{
    Client, Clock, Control, Event, Journal, OrderId, Preparation, PreparationOptions, RecoveryOptions, RunOptions,
    Runner, RunningJobs, Transport, TransportError,
    estate::{EndedTask, PlannedAction, Subject, Survey, Task, plan::plan, read_declared, subjects_of_declared},
    installation::Deployment,
    queue::Queue,
};
use certgate_domain::{
    AnyData, AnyTask, Certificate, Credentials, PollMessage, Protocol, Secret, TaskKind,
    task::{CertificateInfo, CertificateReissue, PollConfirm, PollInfo},
};
use certgate_keys::{KeyType, PrivateKey};
use certgate_simulator::{Gateway, Handled, Settings};
use certgate_wire::{Reply, Request};
use certgate_x509::X509;
use pretty_assertions::assert_eq;

use crate::term::{DAY, START, ask, codec, seconds};

const DAYS: i64 = 400;
const NAMES: usize = 20;
/// A killed run placed so many orders.
const BEFORE_IT_IS_KILLED: usize = 4;

/// Puts what is in place where a server would read it, unless the server is broken.
const HOOK: &str = r#"test ! -e "broken/$CERTGATE_NAME" && cp "$CERTGATE_CERT" "served/$CERTGATE_NAME.crt" \
    && cp "$CERTGATE_KEY" "served/$CERTGATE_NAME.key""#;

/// A gateway in this process, at the time of a clock that the test drives. It says no date: the store's times are the machine's.
struct Wire {
    gateway: Gateway,
    protocol: Protocol,
    clock: Arc<AtomicI64>,
}

impl Transport for Wire {
    fn send(&mut self, request: &Request, _: Duration) -> Result<Reply, TransportError> {
        let now = self.clock.load(Ordering::SeqCst);
        let uptime = Duration::from_secs((now - START).unsigned_abs());
        match self.gateway.handle(self.protocol, request, uptime, now) {
            Handled::Reply(reply, _) => Ok(reply),
            _ => panic!("no fault was asked for"),
        }
    }

    fn endpoint(&self) -> &str {
        "simulator:"
    }
}

/// A certificate as it is served.
struct Served {
    not_before: i64,
    not_after: i64,
}

/// A company, its gateway, and the others who use the same account.
struct Company {
    folder: tempfile::TempDir,
    gateway: Gateway,
    protocol: Protocol,
    clock: Arc<AtomicI64>,
    /// What was seen after the last run: by that it is known on which days there is nothing to do.
    subjects: Vec<Subject>,
    served: Vec<Served>,
    /// Jobs of the colleague whose messages were not taken yet.
    colleagues: Vec<i64>,
    /// The messages that the legacy system read.
    read: Vec<i64>,
    runs: usize,
    killed: usize,
    failed_hooks: usize,
    repeated_hooks: usize,
}

fn name(index: usize) -> String {
    format!("www{index:02}.example.com")
}

impl Company {
    fn new(protocol: Protocol) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for of in ["served", "broken"] {
            fs::create_dir(folder.path().join(of)).unwrap();
        }
        let mut text = format!(
            "[defaults]\nproduct = \"QUICKSSLPREMIUM\"\nadmin = 1120\ntechnical = 1120\nsoftware = \"APACHESSL\"\n\
             lifetime = 12\nmethod = \"dns\"\ndeploy_hook = '''{HOOK}'''\n"
        );
        for index in 0..NAMES {
            text += &format!("[[certificate]]\nname = \"{0}\"\nout = \"certificates/{0}\"\n", name(index));
        }
        fs::write(folder.path().join("certificates.toml"), text).unwrap();
        let max_validity = Some(Duration::from_secs(47 * 86_400));
        let gateway = Gateway::with(Settings { start: Some(START), max_validity, ..Settings::default() });
        let clock = Arc::new(AtomicI64::new(START));
        Self {
            folder,
            gateway,
            protocol,
            clock,
            subjects: Vec::new(),
            served: Vec::new(),
            colleagues: Vec::new(),
            read: Vec::new(),
            runs: 0,
            killed: 0,
            failed_hooks: 0,
            repeated_hooks: 0,
        }
    }

    fn now(&self) -> i64 {
        self.clock.load(Ordering::SeqCst)
    }

    fn path(&self, of: &str, file: &str) -> PathBuf {
        self.folder.path().join(of).join(file)
    }

    /// A process of its own: another client, the same store.
    fn process(&self) -> (Client, Journal) {
        let (gateway, clock) = (self.gateway.clone(), Arc::clone(&self.clock));
        let wire = Wire { gateway, protocol: self.protocol, clock };
        let credentials = Credentials::new("user", Secret::new("password"), "9");
        let client = Client::new(codec(self.protocol), Box::new(wire), credentials).with_pace(1_000_000);
        (client, Journal::open(&self.folder.path().join("store.sqlite"), "user@9").unwrap())
    }

    /// The certificates as they are declared, in place and at the gateway.
    fn survey(&self, client: &mut Client, journal: &Journal) -> Vec<Subject> {
        let declared = read_declared(&self.folder.path().join("certificates.toml"), None).unwrap();
        let mut subjects = subjects_of_declared(declared.certificates, journal, self.now()).unwrap();
        Survey { client, now: self.now() }.ask(&mut subjects).unwrap();
        subjects
    }

    /// Whether there is something to do, as far as was last seen.
    fn is_to_do(&self) -> bool {
        let is_nothing =
            |subject: &Subject| plan(subject, self.now()).is_ok_and(|planned| planned.action == PlannedAction::Nothing);
        self.subjects.is_empty() || !self.subjects.iter().all(is_nothing)
    }

    /// What `certgate apply` does, killed once it placed some orders where it is to be.
    fn apply(&mut self, is_killed: bool) {
        let (mut client, mut journal) = self.process();
        let options =
            PreparationOptions { deadline: Duration::from_secs(60), wait: true, recovery: RecoveryOptions::default() };
        let subjects = self.survey(&mut client, &journal);
        let (mut running, mut items) = (RunningJobs::of_account(), Vec::new());
        let mut tasks: Vec<Task> = subjects.into_iter().map(|subject| Task::of(subject, self.now())).collect();
        for task in &mut tasks {
            let mut not_removed = |why: &_| panic!("{why}");
            let (client, journal, running) = (&mut client, &mut journal, &mut running);
            let not_removed = &mut not_removed;
            match task.start(&mut Preparation { client, journal, running, options: &options, not_removed }) {
                Ok(item) => items.push(item),
                Err(EndedTask::Nothing) => {}
                Err(EndedTask::Deployed(Deployment::Deployed)) => self.repeated_hooks += 1,
                Err(EndedTask::Failed(why)) => panic!("{}: {why}", task.title),
                Err(_) => panic!("{}: {:?}", task.title, task.planned),
            }
        }
        let clock = Arc::clone(&self.clock);
        let run = RunOptions { clock: Clock::new(move || clock.load(Ordering::SeqCst)), ..RunOptions::default() };
        let mut ordered = 0;
        let mut observer = |_: Option<&OrderId>, event: &Event<'_>| {
            ordered += usize::from(matches!(event, Event::Ordered { .. }));
            if is_killed && ordered >= BEFORE_IT_IS_KILLED { Control::Stop } else { Control::Continue }
        };
        let error = Runner::new(std::slice::from_mut(&mut client), run).run(&mut journal, items, &mut observer).error;
        self.killed += usize::from(error.is_some());
        assert!(error.is_none() || is_killed, "{error:?}");
        self.subjects = self.survey(&mut client, &journal);
        self.runs += 1;
    }

    /// Takes the messages about our orders off the queue, as every run does first.
    fn confirm_own(&self) {
        let (mut client, journal) = self.process();
        Queue::new(&mut client, journal).confirm_own().unwrap();
    }

    /// The others read the queue: each takes its own messages, and nobody gets past one of ours.
    fn others_read(&mut self) {
        let (gateway, protocol, now) = (self.gateway.clone(), self.protocol, self.now());
        let ask = |task: AnyTask| ask(&gateway, protocol, task, now);
        while let Some(AnyData::PollMessage(message)) = ask(PollInfo.into()).into_iter().next() {
            let PollMessage { id: Some(id), object, job, .. } = *message else { return };
            let job = job.and_then(|job| job.id);
            if object.is_some_and(|object| object.r#type.as_deref() == Some("domain")) {
                self.read.push(id);
            } else if job.is_none_or(|job| !self.colleagues.contains(&job)) {
                return;
            }
            ask(PollConfirm::new(id).into());
        }
    }

    /// The certificate of the account with that name.
    fn at_gateway(&self, name: &str) -> Certificate {
        let subject = self.subjects.iter().find(|subject| subject.name() == Some(name)).unwrap();
        let id = subject.certificate_id().unwrap().unwrap();
        let answer = ask(&self.gateway, self.protocol, CertificateInfo::new(id), self.now()).into_iter().next();
        let Some(AnyData::Certificate(there)) = answer else { panic!("{answer:?}") };
        *there
    }

    /// A colleague reissues a certificate with a key of his own.
    fn colleague_reissues(&mut self, name: &str) {
        let key = PrivateKey::generate(KeyType::P256).unwrap();
        let subject = certgate_keys::Subject { common_name: name.to_owned(), ..certgate_keys::Subject::default() };
        let csr = Some(key.request(&subject, &[name.to_owned()]).unwrap());
        let there = self.at_gateway(name);
        let certificate = Certificate { csr, server: None, ..there };
        let answer = ask(&self.gateway, self.protocol, CertificateReissue { certificate }, self.now());
        let job = answer.into_iter().find_map(|data| match data {
            AnyData::Job(job) => job.id,
            _ => None,
        });
        self.colleagues.push(job.unwrap());
    }

    /// Reads what is served, after a run may have changed it.
    fn look_at_served(&mut self) {
        let read = |path: &Path| fs::read_to_string(path).ok();
        self.served = (0..NAMES)
            .filter_map(|index| {
                let name = name(index);
                let certificate = X509::from_pem(&read(&self.path("served", &format!("{name}.crt")))?).unwrap();
                let key = PrivateKey::from_pem(&read(&self.path("served", &format!("{name}.key"))).unwrap(), None);
                assert_eq!(key.unwrap().spki(), certificate.key.spki, "{name}: another key");
                assert!(certificate.hosts().any(|host| host == name), "{name}: another certificate");
                let X509 { not_before, not_after, .. } = certificate;
                Some(Served { not_before, not_after })
            })
            .collect();
    }

    fn terms(&self) -> Vec<i64> {
        (0..NAMES).map(|index| seconds(&self.at_gateway(&name(index)).payable).unwrap()).collect()
    }
}

#[test]
fn a_year_in_the_life_over_xml() {
    live_through_a_year(Protocol::Xml);
}

#[test]
fn a_year_in_the_life_over_json() {
    live_through_a_year(Protocol::Json);
}

/// At every moment each name has a valid certificate that is served, each term is paid once, and no message of others is lost.
fn live_through_a_year(protocol: Protocol) {
    let mut company = Company::new(protocol);
    let (mut terms, mut last_run, mut was_killed) = (Vec::new(), -DAYS, false);
    for day in 0..DAYS {
        company.clock.store(START + day * DAY, Ordering::SeqCst);
        let what = format!("{protocol:?}, day {day}");
        // Nothing was touched since yesterday, so that what is valid now was so at every moment between. The first run was
        // killed, and the second one found a broken server.
        let now = company.now();
        let valid = company.served.iter().filter(|served| (served.not_before..served.not_after).contains(&now));
        assert_eq!(valid.count(), if day > 2 { NAMES } else { company.served.len() }, "{what}: valid and served");
        company.gateway.push_foreign(1);
        // There is only today's of somebody else's unless a run left some of ours.
        if company.gateway.queue_len() > 1 {
            company.confirm_own();
        }
        let is_after_colleague = day % 140 == 61;
        if company.is_to_do() || is_after_colleague {
            // The first run after some quiet days is killed, and the one after it finds a broken server.
            let (is_killed, breaks) = (day - last_run > 10, was_killed);
            let killed = company.killed;
            let broken = company.path("broken", &name(company.runs % NAMES));
            if breaks {
                fs::write(&broken, "").unwrap();
            }
            company.apply(is_killed);
            (last_run, was_killed) = (day, company.killed > killed);
            let is_failed = |subject: &&Subject| {
                let installed = subject.installed.as_ref();
                installed.is_some_and(|there| matches!(there.record.deployment, Deployment::Failed { .. }))
            };
            company.failed_hooks += company.subjects.iter().filter(is_failed).count();
            if breaks {
                fs::remove_file(&broken).unwrap();
            }
            company.look_at_served();
        }
        if day == 2 {
            terms = company.terms();
        }
        if day % 140 == 60 {
            company.colleague_reissues(&name(usize::try_from(day).unwrap() % NAMES));
        }
        company.others_read();
    }
    let what = format!("{protocol:?}");
    let next: Vec<i64> = terms.iter().map(|end| end + 365 * DAY).collect();
    assert_eq!(company.terms(), next, "{what}: each name has one term more");
    let asked = [TaskKind::CertificateCreate, TaskKind::CertificateRenew].map(|kind| company.gateway.asked(kind));
    assert_eq!(asked, [NAMES, NAMES], "{what}: two terms are paid for each name");
    let reissues = company.gateway.asked(TaskKind::CertificateReissue);
    assert!((NAMES * 10..NAMES * 14).contains(&reissues), "{what}: {reissues} reissues");
    // All are there, in the order of their arrival, and none twice.
    assert_eq!(company.read.len(), usize::try_from(DAYS).unwrap(), "{what}: messages of others");
    assert!(company.read.is_sorted_by(|earlier, later| earlier < later), "{what}: {:?}", company.read);
    company.confirm_own();
    assert_eq!(company.gateway.queue_len(), 0, "{what}: nothing of ours is left behind");
    let Company { killed, failed_hooks, repeated_hooks, runs, .. } = company;
    assert!(killed >= 8 && failed_hooks >= 5, "{what}: {runs} runs, {killed} killed, {failed_hooks} hooks failed");
    assert_eq!(failed_hooks, repeated_hooks, "{what}: hooks that failed and were repeated");
}
