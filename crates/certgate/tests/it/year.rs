//! A year in the life of twenty certificates of 47 days: the gateway's time and certgate's are driven through 400 days, on which
//! runs are killed, hooks fail, a colleague reissues, and a legacy system reads the same queue.

use std::{
    env, fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use certgate::{
    Client, Clock, Control, Event, HttpSettings, HttpTransport, Journal, OrderId, OrderState, Preparation,
    PreparationOptions, RecoveryOptions, Resumption, RunOptions, Runner, RunningJobs, Transport, TransportError,
    estate::{EndedTask, PlannedAction, Subject, Survey, Task, plan::plan, read_declared, subjects_of_declared},
    installation::Deployment,
    queue::Queue,
};
use certgate_domain::{
    AnyData, AnyTask, Certificate, Credentials, PollMessage, Protocol, Secret, TaskKind,
    task::{CertificateInfo, CertificateReissue, PollConfirm, PollInfo},
};
use certgate_keys::{KeyType, PrivateKey};
use certgate_server::{Caller, Handler};
use certgate_simulator::{Gateway, Handled, Server, Settings};
use certgate_wire::{Reply, Request};
use certgate_x509::X509;
use pretty_assertions::assert_eq;

use crate::term::{DAY, START, ask, codec, seconds};

const DAYS: i64 = 400;
const NAMES: usize = 20;
/// A run that is cut short ends at this order.
const LAST_ORDER: usize = 3;
/// What asks for a run in a process of its own: folder, protocol, time, and the gateway's address.
const RUN: &str = "CERTGATE_YEAR_RUN";

/// Puts what is in place where a server would read it, unless the server is broken.
const HOOK: &str = r#"test ! -e "broken/$CERTGATE_NAME" && cp "$CERTGATE_CERT" "served/$CERTGATE_NAME.crt" \
    && cp "$CERTGATE_KEY" "served/$CERTGATE_NAME.key""#;

/// A gateway in this process, at the time of a clock that the test drives. It says no date: the store's times are the machine's.
pub(crate) struct Wire {
    pub(crate) gateway: Gateway,
    pub(crate) protocol: Protocol,
    pub(crate) clock: Arc<AtomicI64>,
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

/// How a run ends before it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CutShort {
    /// Somebody has it stop, once an order was placed.
    Stopped,
    /// Its process is killed while an order is on its way, which never arrives.
    KilledBefore,
    /// Its process is killed before it has the answer to an order that arrived.
    KilledAfter,
}

/// The same gateway for a process of its own, which it kills at one of its orders.
struct Killer {
    wire: Mutex<Wire>,
    cut: CutShort,
    orders: AtomicUsize,
    victim: Arc<Mutex<Option<Child>>>,
}

impl Handler for Killer {
    fn protocols(&self) -> &[Protocol] {
        &[Protocol::Xml, Protocol::Json]
    }

    fn handle(&self, protocol: Protocol, request: &Request, _: &Caller) -> Handled {
        let calls = codec(protocol).decode_requests(None, request).unwrap();
        let is_order = calls.iter().any(|call| ORDERS.contains(&call.value.task.kind()));
        let is_last = is_order && self.orders.fetch_add(1, Ordering::SeqCst) + 1 == LAST_ORDER;
        let answer = || self.wire.lock().unwrap().send(request, Duration::ZERO).unwrap();
        if !is_last {
            return Handled::Reply(answer(), Duration::ZERO);
        }
        if self.cut == CutShort::KilledAfter {
            answer();
        }
        let mut victim = self.victim.lock().unwrap();
        victim.as_mut().unwrap().kill().unwrap();
        Handled::Dropped
    }
}

const ORDERS: [TaskKind; 3] = [TaskKind::CertificateCreate, TaskKind::CertificateReissue, TaskKind::CertificateRenew];

/// What came of a run.
#[derive(Debug, Default, PartialEq, Eq)]
struct Ran {
    is_stopped: bool,
    repeated_hooks: usize,
}

/// What `certgate apply` does in that folder, at that time. It stops once it placed so many orders.
fn apply(client: &mut Client, mut journal: Journal, folder: &Path, now: i64, stops_after: Option<usize>) -> Ran {
    let options =
        PreparationOptions { deadline: Duration::from_secs(60), wait: true, recovery: RecoveryOptions::default() };
    let subjects = survey(client, &journal, folder, now);
    let (mut running, mut items, mut ran) = (RunningJobs::of_account(), Vec::new(), Ran::default());
    let mut tasks: Vec<Task> = subjects.into_iter().map(|subject| Task::of(subject, now)).collect();
    for task in &mut tasks {
        let mut not_removed = |why: &_| panic!("{why}");
        let (client, journal, running) = (&mut *client, &mut journal, &mut running);
        let not_removed = &mut not_removed;
        match task.start(&mut Preparation { client, journal, running, options: &options, not_removed }) {
            Ok(item) => items.push(item),
            Err(EndedTask::Nothing) => {}
            Err(EndedTask::Deployed(Deployment::Deployed)) => ran.repeated_hooks += 1,
            Err(EndedTask::Failed(why)) => panic!("{}: {why}", task.title),
            Err(EndedTask::Left(left)) => match *left {
                Resumption::Ambiguous { evidence, .. } => panic!("{}: {evidence:?}", task.title),
                // It was found not to have arrived: it is due again in the next run.
                Resumption::Over { order, .. } if order.state == OrderState::Unsent => {}
                _ => panic!("{}: {:?}", task.title, task.planned),
            },
            Err(_) => panic!("{}: {:?}", task.title, task.planned),
        }
    }
    let run = RunOptions { clock: Clock::new(move || now), ..RunOptions::default() };
    let mut ordered = 0;
    let mut observer = |_: Option<&OrderId>, event: &Event<'_>| {
        ordered += usize::from(matches!(event, Event::Ordered { .. }));
        if stops_after.is_some_and(|most| ordered >= most) { Control::Stop } else { Control::Continue }
    };
    let error = Runner::new(vec![client], run).run(&mut journal, items, &mut observer).error;
    assert!(error.is_none() || stops_after.is_some(), "{error:?}");
    Ran { is_stopped: error.is_some(), ..ran }
}

/// The certificates as they are declared, in place and at the gateway.
fn survey(client: &mut Client, journal: &Journal, folder: &Path, now: i64) -> Vec<Subject> {
    let declared = read_declared(&folder.join("certificates.toml"), None).unwrap();
    let mut subjects = subjects_of_declared(declared.certificates, journal, now).unwrap();
    Survey { client, journal, now }.ask(&mut subjects).unwrap();
    subjects
}

/// A process of the company's: a client, and the one store.
pub(crate) fn process(transport: Box<dyn Transport>, protocol: Protocol, folder: &Path, now: i64) -> (Client, Journal) {
    let credentials = Credentials::new("user", Secret::new("password"), "9");
    let client = Client::new(codec(protocol), transport, credentials).with_pace(1_000_000);
    let journal = Journal::open(folder.join("store.sqlite"), "user@9").unwrap();
    (client, journal.with_clock(Clock::new(move || now)))
}

/// A run that [`Company::start`] has in a process of its own: nothing without that.
#[test]
#[ignore = "another test starts it, and kills it"]
fn a_run_in_a_process_of_its_own() {
    let Ok(told) = env::var(RUN) else { return };
    let [folder, protocol, now, endpoint] = told.split('\n').collect::<Vec<_>>()[..] else { panic!("{told}") };
    let protocol = Protocol::ALL.into_iter().find(|known| known.name() == protocol).unwrap();
    let (folder, now) = (Path::new(folder), now.parse().unwrap());
    let http = HttpTransport::new(endpoint, HttpSettings::default()).unwrap();
    let (mut client, journal) = process(Box::new(http), protocol, folder, now);
    apply(&mut client, journal, folder, now, None);
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
    /// How the runs ended that did not get done.
    cut_short: Vec<CutShort>,
    failed_hooks: usize,
    repeated_hooks: usize,
}

fn name(index: usize) -> String {
    format!("www{index:02}.example.com")
}

impl Company {
    fn new(protocol: Protocol) -> Self {
        // In memory where that can be had: no power fails, and syncing some thousand files takes longer than all else.
        let in_memory = Path::new("/dev/shm");
        let folder = if in_memory.is_dir() { tempfile::tempdir_in(in_memory) } else { tempfile::tempdir() }.unwrap();
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
            cut_short: Vec::new(),
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

    fn wire(&self) -> Wire {
        Wire { gateway: self.gateway.clone(), protocol: self.protocol, clock: Arc::clone(&self.clock) }
    }

    fn process(&self) -> (Client, Journal) {
        process(Box::new(self.wire()), self.protocol, self.folder.path(), self.now())
    }

    /// Whether there is something to do, as far as was last seen.
    fn is_to_do(&self) -> bool {
        let is_nothing =
            |subject: &Subject| plan(subject, self.now()).is_ok_and(|planned| planned.action == PlannedAction::Nothing);
        self.subjects.is_empty() || !self.subjects.iter().all(is_nothing)
    }

    /// A run, which ends before it is done where that is wanted. Whether it did.
    fn run(&mut self, cut: Option<CutShort>) -> bool {
        let is_cut_short = match cut {
            Some(cut @ (CutShort::KilledBefore | CutShort::KilledAfter)) => self.start(cut),
            _ => {
                let (mut client, journal) = self.process();
                let stops_after = cut.map(|_| LAST_ORDER);
                let ran = apply(&mut client, journal, self.folder.path(), self.now(), stops_after);
                self.repeated_hooks += ran.repeated_hooks;
                ran.is_stopped
            }
        };
        self.cut_short.extend(cut.filter(|_| is_cut_short));
        let (mut client, journal) = self.process();
        self.subjects = survey(&mut client, &journal, self.folder.path(), self.now());
        self.runs += 1;
        is_cut_short
    }

    /// A run in a process of its own, which is killed at one of its orders. Whether it was.
    fn start(&self, cut: CutShort) -> bool {
        let victim = Arc::new(Mutex::new(None));
        let killer =
            Killer { wire: Mutex::new(self.wire()), cut, orders: AtomicUsize::new(0), victim: Arc::clone(&victim) };
        let server = Server::start(killer, "127.0.0.1:0".parse().unwrap()).unwrap();
        let endpoint = if self.protocol == Protocol::Xml { server.xml_endpoint() } else { server.json_endpoint() };
        let folder = self.folder.path().display();
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--ignored", "--exact", "year::a_run_in_a_process_of_its_own"]);
        command.env(RUN, format!("{folder}\n{}\n{}\n{endpoint}", self.protocol.name(), self.now()));
        let mut stdout = {
            let mut victim = victim.lock().unwrap();
            let child = victim.insert(command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap());
            child.stdout.take().unwrap()
        };
        // It has it open for as long as it lives.
        let mut said = String::new();
        stdout.read_to_string(&mut said).unwrap();
        let status = victim.lock().unwrap().take().unwrap().wait().unwrap();
        assert!(status.success() || status.code().is_none(), "{status}: {said}");
        !status.success()
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
    let (mut terms, mut last_cut, mut was_cut_short) = (Vec::new(), -DAYS, false);
    for day in 0..DAYS {
        company.clock.store(START + day * DAY, Ordering::SeqCst);
        let what = format!("{protocol:?}, day {day}");
        // Nothing was touched since yesterday, so that what is valid now was so at every moment between. The first run was
        // cut short, and the second one found a broken server.
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
            // Now and then a run is cut short, and the one after it finds a broken server.
            let kinds = [CutShort::KilledAfter, CutShort::Stopped, CutShort::KilledBefore];
            let cut = kinds[company.cut_short.len() % kinds.len()];
            let breaks = was_cut_short;
            let broken = company.path("broken", &name(company.runs % NAMES));
            if breaks {
                fs::write(&broken, "").unwrap();
            }
            was_cut_short = company.run(Some(cut).filter(|_| day - last_cut > 20));
            if was_cut_short {
                last_cut = day;
            }
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
    let Company { cut_short, failed_hooks, repeated_hooks, runs, .. } = company;
    for kind in [CutShort::KilledBefore, CutShort::KilledAfter, CutShort::Stopped] {
        let count = cut_short.iter().filter(|cut| **cut == kind).count();
        assert!(count >= 2, "{what}: {runs} runs, cut short {cut_short:?}");
    }
    assert!(failed_hooks >= 5, "{what}: {runs} runs, {failed_hooks} hooks failed");
    assert_eq!(failed_hooks, repeated_hooks, "{what}: hooks that failed and were repeated");
}
