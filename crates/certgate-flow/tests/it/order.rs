//! An order over event orders, with a made-up clock: a script of what the gateway says, and what the workflow asks for.

use std::time::Duration;

use certgate_domain::{
    AnyData, AnyTask, CertAuthentication, Certificate, CertificateData, Job, Message, ObjectJob, PollMessage, Response,
    ResponseObject, SslContact, Status, StatusCode, TimePeriod,
    words::{AuthMethod, JobStatus, ServerSoftware},
};
use certgate_flow::{
    Action, Actor, Batch, Ending, Event, ForeignMessages, Order, Pending, Purpose, RequestError, Step, Wanted, Workflow,
};
use certgate_keys::{KeyType, PrivateKey, Subject};
use certgate_x509::CertificateRequest;
use pretty_assertions::assert_eq;

const JOB: i64 = 4_297_539_521;

fn csr(name: &str) -> (String, CertificateRequest) {
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let subject = Subject { common_name: name.to_owned(), ..Subject::default() };
    let pem = key.request(&subject, &[name.to_owned()]).unwrap();
    let request = CertificateRequest::from_pem(&pem).unwrap();
    (pem, request)
}

fn wanted() -> Wanted {
    let (csr, request) = csr("example.com");
    Wanted {
        purpose: Purpose::Reissue(571),
        csr: Some((csr, request)),
        product: None,
        name: None,
        admin: None,
        technical: None,
        software: None,
        lifetime: None,
        method: None,
        provisioning: None,
        approver: None,
        deadline: Duration::from_secs(600),
        wait: true,
    }
}

fn answer(code: &str, data: Vec<AnyData>) -> Event {
    let status = Status { code: Some(StatusCode::new(code)), text: None, r#type: None };
    Event::Answered(Response { stid: Some("stid-1".into()), ctid: None, status, object: None, messages: vec![], data })
}

fn existing() -> Event {
    let certificate = Certificate {
        id: Some(571),
        name: Some("example.com".into()),
        product: Some("QUICKSSLPREMIUM".into()),
        admin_contact: Some(SslContact { fname: Some("John".into()), ..SslContact::by_id(1120) }),
        technical_contact: Some(SslContact::by_id(1121)),
        software: Some(ServerSoftware::ApacheSsl),
        lifetime: Some(TimePeriod::months(12)),
        authentication: Some(CertAuthentication {
            method: Some(AuthMethod::Dns),
            dns: Some("old".into()),
            provisioning: Some(true.into()),
            ..CertAuthentication::default()
        }),
        ..Certificate::default()
    };
    answer("S400104", vec![certificate.into()])
}

fn prepared() -> Event {
    let offer = |method, dns: Option<&str>, mails: &[&str]| CertAuthentication {
        method: Some(method),
        dns: dns.map(str::to_owned),
        approver_emails: mails.iter().map(|mail| (*mail).to_owned()).collect(),
        ..CertAuthentication::default()
    };
    let data = CertificateData {
        authentication: vec![
            offer(AuthMethod::Email, None, &["admin@example.com", "webmaster@example.com"]),
            offer(AuthMethod::Dns, Some("example.com. 300 IN TXT \"new\""), &[]),
        ],
        ..CertificateData::default()
    };
    answer("S400110", vec![data.into()])
}

fn accepted(code: &str) -> Event {
    answer(code, vec![Job { id: Some(JOB), ..Job::default() }.into()])
}

fn message(id: i64, job: Option<i64>, status: JobStatus) -> PollMessage {
    PollMessage {
        id: Some(id),
        job: Some(Job { id: job, status: Some(status), ..Job::default() }),
        object: Some(ResponseObject { value: Some("example.com".into()), ..ResponseObject::default() }),
        ..PollMessage::default()
    }
}

fn polled(message: PollMessage) -> Event {
    answer("S0905", vec![message.into()])
}

fn empty() -> Event {
    answer("S0905", vec![])
}

fn confirmed() -> Event {
    answer("S0906", vec![])
}

fn refused(code: &str, reason: &str) -> Event {
    let Event::Answered(mut response) = answer(code, vec![]) else { unreachable!() };
    response.messages.push(Message { code: Some(reason.into()), ..Message::default() });
    Event::Answered(response)
}

/// What a step asks for, in a word.
fn word(step: &Step) -> String {
    let id = |message: &PollMessage| message.id.map_or("-".to_owned(), |id| id.to_string());
    match step {
        Step::Send(AnyTask::PollConfirm(task)) => format!("confirm {}", task.id.unwrap()),
        Step::Send(task) => task.kind().name().to_owned(),
        Step::Publish { .. } => "publish".to_owned(),
        Step::Store(message) => format!("store {}", id(message)),
        Step::Identify(message) => format!("identify {}", id(message)),
        Step::Wait(until) => format!("wait until {}", until.as_secs()),
        Step::End(_) => "end".to_owned(),
    }
}

/// An order, driven with the account's queue as the only one of its run.
struct Run {
    batch: Batch,
    now: Duration,
    words: Vec<String>,
}

impl Run {
    fn new(wanted: Wanted, foreign: ForeignMessages) -> Self {
        let batch = Batch::new(vec![Box::new(Order::new(wanted))], foreign);
        Self { batch, now: Duration::ZERO, words: Vec::new() }
    }

    /// Runs the script; time passes only while waiting. Gives the ending.
    fn run(&mut self, script: Vec<Event>) -> Option<Ending> {
        let (mut script, mut ended) = (script.into_iter(), None);
        loop {
            let (who, step) = match self.batch.next(self.now) {
                Action::End => return ended,
                Action::Wait(until) => (None, Step::Wait(until)),
                Action::Step(who, step) => (Some(who), step),
            };
            self.words.push(word(&step));
            let event = match step {
                Step::End(ending) => {
                    ended = Some(*ending);
                    continue;
                }
                Step::Wait(until) => {
                    assert!(until > self.now, "a wait goes forward");
                    self.now = until;
                    continue;
                }
                Step::Publish { .. } => Event::Published,
                Step::Store(_) => Event::Stored,
                // The store of these tests knows messages of even ids.
                Step::Identify(message) => Event::Identified { ours: message.id.is_some_and(|id| id % 2 == 0) },
                Step::Send(_) => match script.next() {
                    Some(event) => event,
                    None => return ended,
                },
            };
            self.batch.heard(who.unwrap(), event, self.now);
        }
    }

    fn job(&self) -> Option<i64> {
        self.batch.order(0).unwrap().job()
    }
}

/// Runs a script with others' messages stored. Gives the words of the steps and the ending.
fn run(wanted: Wanted, script: Vec<Event>) -> (Vec<String>, Option<Ending>) {
    let mut run = Run::new(wanted, ForeignMessages::Spool);
    let ending = run.run(script);
    (run.words, ending)
}

fn start() -> Vec<Event> {
    vec![existing(), prepared(), accepted("N400101")]
}

const START: [&str; 4] = ["certificate-info", "certificate-prepare-order", "publish", "certificate-reissue"];

#[test]
fn the_documented_order_of_work_with_either_code() {
    for code in ["N400101", "N400102"] {
        let mut run = Run::new(wanted(), ForeignMessages::Spool);
        let mut script = vec![existing(), prepared(), accepted(code)];
        script.extend([polled(message(7, Some(JOB), JobStatus::Success)), confirmed(), existing()]);
        let ending = run.run(script);
        assert_eq!(run.words[..4], START);
        assert_eq!(run.words[4..], ["poll-info", "store 7", "confirm 7", "certificate-info", "end"]);
        assert!(matches!(ending, Some(Ending::Issued(certificate)) if certificate.id == Some(571)));
        assert_eq!(run.job(), Some(JOB));
    }
}

#[test]
fn the_order_takes_what_is_not_given_from_the_certificate() {
    let mut flow = Order::new(Wanted { lifetime: Some(24), admin: Some(5), ..wanted() });
    let now = Duration::ZERO;
    flow.step(now);
    flow.heard(existing(), now);
    flow.step(now);
    flow.heard(prepared(), now);
    flow.heard(Event::Published, now);
    let Step::Send(AnyTask::CertificateReissue(task)) = flow.step(now) else { panic!("expected the order") };
    let order = task.certificate;
    assert_eq!(order.id, Some(571));
    assert_eq!(order.name.as_deref(), Some("example.com"));
    assert_eq!(order.product.as_deref(), Some("QUICKSSLPREMIUM"));
    assert_eq!(order.lifetime, Some(TimePeriod::months(24)));
    assert_eq!(order.software, Some(ServerSoftware::ApacheSsl));
    assert_eq!(order.admin_contact, Some(SslContact::by_id(5)));
    assert_eq!(order.technical_contact, Some(SslContact::by_id(1121)));
    let authentication = order.authentication.unwrap();
    assert_eq!(authentication.method, Some(AuthMethod::Dns));
    assert_eq!(
        authentication.dns.as_deref(),
        Some("example.com. 300 IN TXT \"new\""),
        "of this preparation, not the old one"
    );
    assert_eq!(authentication.provisioning, Some(true.into()));
}

#[test]
fn nothing_is_asked_for_what_is_given() {
    let complete = Wanted {
        product: Some("SSL123".into()),
        name: Some("EXAMPLE.com".into()),
        admin: Some(1),
        technical: Some(2),
        software: Some(ServerSoftware::Apache2),
        lifetime: Some(12),
        method: Some(AuthMethod::Email),
        ..wanted()
    };
    let (words, _) = run(complete.clone(), vec![prepared()]);
    assert_eq!(words, ["certificate-prepare-order", "publish", "certificate-reissue"]);
    let mut flow = Order::new(complete);
    flow.heard(prepared(), Duration::ZERO);
    flow.heard(Event::Published, Duration::ZERO);
    let Step::Send(AnyTask::CertificateReissue(task)) = flow.step(Duration::ZERO) else { panic!("expected the order") };
    let authentication = task.certificate.authentication.unwrap();
    assert_eq!(authentication.approver_emails, ["admin@example.com"]);
    assert_eq!(authentication.provisioning, None);
}

#[test]
fn waits_by_event_orders() {
    let ours = |status| polled(message(7, Some(JOB), status));
    let foreign = |id| polled(message(id, Some(99), JobStatus::Success));
    let by_stid = {
        let mut message = message(7, None, JobStatus::Success);
        message.stid = Some("stid-1".into());
        polled(message)
    };
    let of_other_stid = {
        let mut message = message(8, None, JobStatus::Success);
        message.stid = Some("stid-2".into());
        polled(message)
    };
    let event_message = polled(PollMessage { id: Some(9), ..PollMessage::default() });
    let rows: Vec<(&str, ForeignMessages, Vec<Event>, &str)> = vec![
        (
            "an empty queue is looked into again, ever less often",
            ForeignMessages::Spool,
            vec![empty(), empty(), empty(), ours(JobStatus::Success), confirmed(), existing()],
            "poll-info, wait until 1, poll-info, wait until 3, poll-info, wait until 7, poll-info, store 7, \
             confirm 7, certificate-info, end",
        ),
        (
            "where the queue stays empty the job is asked, ever more rarely",
            ForeignMessages::Spool,
            [
                vec![empty(); 5],
                vec![running()],
                vec![empty(); 2],
                vec![refused("E300114", "EF01000")],
                vec![empty(); 6],
            ]
            .concat()
            .into_iter()
            .chain([answer("S300114", vec![object_job(JobStatus::Success)]), existing()])
            .collect(),
            "poll-info, wait until 1, poll-info, wait until 3, poll-info, wait until 7, poll-info, \
             wait until 15, poll-info, job-info, wait until 31, poll-info, wait until 61, poll-info, job-info, \
             wait until 91, poll-info, wait until 121, poll-info, wait until 151, poll-info, wait until 181, \
             poll-info, wait until 211, poll-info, wait until 241, poll-info, job-info, certificate-info, end",
        ),
        (
            "what stands first and cannot be read or taken off does not keep ours from being found",
            ForeignMessages::Spool,
            vec![
                Event::Unreachable,
                nameless(),
                nameless(),
                Event::Unreachable,
                Event::Unreachable,
                answer("S300114", vec![object_job(JobStatus::Success)]),
                existing(),
            ],
            "poll-info, wait until 1, poll-info, store -, wait until 3, poll-info, store -, wait until 7, \
             poll-info, wait until 15, poll-info, job-info, certificate-info, end",
        ),
        (
            "messages of others are stored before they are confirmed",
            ForeignMessages::Spool,
            vec![
                foreign(1),
                confirmed(),
                event_message,
                confirmed(),
                ours(JobStatus::Success),
                confirmed(),
                existing(),
            ],
            "poll-info, store 1, confirm 1, poll-info, store 9, confirm 9, poll-info, store 7, confirm 7, \
             certificate-info, end",
        ),
        (
            "without a job's id, stid and object tell",
            ForeignMessages::Spool,
            vec![of_other_stid, confirmed(), by_stid, confirmed(), existing()],
            "poll-info, store 8, confirm 8, poll-info, store 7, confirm 7, certificate-info, end",
        ),
        (
            "a message on the way is confirmed and the wait goes on",
            ForeignMessages::Spool,
            vec![ours(JobStatus::Running), confirmed(), ours(JobStatus::Success), confirmed(), existing()],
            "poll-info, store 7, confirm 7, poll-info, store 7, confirm 7, certificate-info, end",
        ),
        (
            "an answer that does not come is waited for",
            ForeignMessages::Spool,
            vec![Event::Unreachable, ours(JobStatus::Success), Event::Unreachable, Event::Unreachable, existing()],
            "poll-info, wait until 1, poll-info, store 7, confirm 7, certificate-info, certificate-info, end",
        ),
        (
            "a confirm of another's message that fails is not repeated in a hurry",
            ForeignMessages::Spool,
            vec![foreign(1), refused("E0906", "EF01000"), ours(JobStatus::Success), confirmed(), existing()],
            "poll-info, store 1, confirm 1, wait until 1, poll-info, store 7, confirm 7, certificate-info, end",
        ),
        (
            "keep: a message of somebody else's stays where it is, and the job is asked",
            ForeignMessages::Keep,
            vec![
                foreign(1),
                running(),
                foreign(1),
                answer("S300114", vec![object_job(JobStatus::Success)]),
                existing(),
            ],
            "poll-info, identify 1, job-info, wait until 1, poll-info, identify 1, job-info, certificate-info, end",
        ),
        (
            "keep: ours is confirmed, and that of another order of the store",
            ForeignMessages::Keep,
            vec![foreign(2), confirmed(), ours(JobStatus::Success), confirmed(), existing()],
            "poll-info, identify 2, store 2, confirm 2, poll-info, store 7, confirm 7, certificate-info, end",
        ),
        (
            "a queue that the gateway lets nobody read leaves the job to be asked",
            ForeignMessages::Keep,
            vec![
                refused("E0905", "EF01000"),
                running(),
                refused("E0905", "EF01000"),
                answer("S300114", vec![object_job(JobStatus::Success)]),
                existing(),
            ],
            "poll-info, job-info, wait until 1, poll-info, job-info, certificate-info, end",
        ),
        (
            "leave: the queue is not touched",
            ForeignMessages::Leave,
            vec![
                answer("S300114", vec![object_job(JobStatus::Running)]),
                answer("S300114", vec![object_job(JobStatus::Success)]),
                existing(),
            ],
            "job-info, wait until 1, job-info, certificate-info, end",
        ),
        (
            "leave: a job that is gone, and without a history: the certificate's key tells",
            ForeignMessages::Leave,
            vec![
                refused("E300114", "EF300101"),
                refused("E300134", "EF300101"),
                existing(),
                refused("E300114", "EF300101"),
            ],
            "job-info, job-history-info, certificate-info, wait until 1, job-info, certificate-info",
        ),
        (
            "leave: the history tells how a job that is gone ended",
            ForeignMessages::Leave,
            vec![refused("E300114", "EF300101"), answer("S300134", vec![object_job(JobStatus::Success)]), existing()],
            "job-info, job-history-info, certificate-info, end",
        ),
        (
            "leave: a history that does not tell",
            ForeignMessages::Leave,
            vec![
                refused("E300114", "EF300101"),
                answer("S300134", vec![]),
                existing(),
                refused("E300114", "EF300101"),
                Event::Unreachable,
                refused("E300114", "EF300101"),
                answer("S300134", vec![object_job(JobStatus::Success)]),
                existing(),
            ],
            "job-info, job-history-info, certificate-info, wait until 1, job-info, job-history-info, wait until 3, \
             job-info, job-history-info, certificate-info, end",
        ),
    ];
    for (what, foreign, script, expected) in rows {
        let mut events = start();
        events.extend(script);
        let mut run = Run::new(wanted(), foreign);
        run.run(events);
        assert_eq!(run.words[..4], START);
        assert_eq!(run.words[4..].join(", "), expected, "{what}");
    }
}

fn object_job(status: JobStatus) -> AnyData {
    ObjectJob { job: Some(Job { id: Some(JOB), status: Some(status), ..Job::default() }), ..ObjectJob::default() }
        .into()
}

fn running() -> Event {
    answer("S300114", vec![object_job(JobStatus::Running)])
}

/// A message that cannot be confirmed.
fn nameless() -> Event {
    polled(PollMessage { id: None, ..message(0, Some(99), JobStatus::Success) })
}

/// However many messages of others there are: at the deadline it ends.
#[test]
fn a_long_queue_ends_with_the_time() {
    let mut run = Run::new(wanted(), ForeignMessages::Spool);
    let foreign = |id| vec![polled(message(id, Some(99), JobStatus::Success)), confirmed()];
    run.run(start().into_iter().chain((1..4).flat_map(foreign)).collect());
    assert_eq!(run.words.last().map(String::as_str), Some("poll-info"));
    let end = Step::End(Box::new(Ending::Pending(Pending::Deadline)));
    assert_eq!(run.batch.next(Duration::from_secs(600)), Action::Step(Actor::Order(0), end));
}

#[test]
fn endings() {
    let failed = polled(message(7, Some(JOB), JobStatus::Failed));
    let with = |tail: Vec<Event>| start().into_iter().chain(tail).collect::<Vec<_>>();
    let forever = with((0..40).map(|_| empty()).collect());
    for (what, foreign, script, expected) in [
        ("refused", ForeignMessages::Spool, vec![existing(), prepared(), refused("E400102", "EF01000")], "refused"),
        ("no such certificate", ForeignMessages::Spool, vec![refused("E400104", "EF01000")], "refused"),
        ("job failed", ForeignMessages::Spool, with(vec![failed, confirmed()]), "failed"),
        (
            "job failed, queue left",
            ForeignMessages::Leave,
            with(vec![answer("S300114", vec![object_job(JobStatus::Failed)])]),
            "failed",
        ),
        (
            "job failed and gone",
            ForeignMessages::Leave,
            with(vec![refused("E300114", "EF300101"), answer("S300134", vec![object_job(JobStatus::Failed)])]),
            "failed",
        ),
        ("time is up", ForeignMessages::Spool, forever, "deadline"),
        ("stop", ForeignMessages::Stop, with(vec![polled(message(1, Some(99), JobStatus::Success))]), "foreign 1"),
        ("nothing asked for", ForeignMessages::Spool, vec![answer("S400104", vec![])], "no certificate"),
        (
            "neither queue nor job may be read",
            ForeignMessages::Spool,
            with(vec![refused("E0905", "EF01000"), refused("E300114", "EF01000")]),
            "refused",
        ),
    ] {
        let mut run = Run::new(wanted(), foreign);
        let (ending, words) = (run.run(script), run.words);
        let seen = match ending {
            Some(Ending::Refused(_)) => "refused".to_owned(),
            Some(Ending::Failed(_)) => "failed".to_owned(),
            Some(Ending::Pending(Pending::Deadline)) => "deadline".to_owned(),
            Some(Ending::Pending(Pending::ForeignFirst { message })) => format!("foreign {}", message.unwrap()),
            Some(Ending::ProtocolViolation(_)) => "no certificate".to_owned(),
            other => format!("{other:?}"),
        };
        assert_eq!(seen, expected, "{what}");
        let orders = words.iter().filter(|word| *word == "certificate-reissue").count();
        assert!(orders <= 1, "{what}: one order at most");
        assert!(!words.iter().any(|word| word == "confirm 1"), "{what}: nobody else's message is taken off");
    }
}

#[test]
fn what_does_not_fit_is_not_ordered() {
    let (csr, request) = csr("other.example");
    let other = Wanted { csr: Some((csr, request)), ..wanted() };
    let (words, ending) = run(other, vec![existing()]);
    assert_eq!(words, ["certificate-info", "end"]);
    let (common_name, name) = (Some("other.example".to_owned()), "example.com".to_owned());
    assert_eq!(ending, Some(Ending::InvalidRequest(RequestError::OtherName { common_name, name })));

    let by_file = Wanted { method: Some(AuthMethod::File), ..wanted() };
    let (words, ending) = run(by_file, vec![existing(), prepared()]);
    assert_eq!(words, ["certificate-info", "certificate-prepare-order", "end"]);
    let offered = vec![AuthMethod::Email, AuthMethod::Dns];
    let expected = RequestError::MethodNotOffered { method: AuthMethod::File, offered };
    assert_eq!(ending, Some(Ending::InvalidRequest(expected)));
}

#[test]
fn no_wait_ends_with_the_job() {
    let mut run = Run::new(Wanted { wait: false, ..wanted() }, ForeignMessages::Spool);
    let ending = run.run(start());
    assert_eq!(run.words.last().map(String::as_str), Some("end"));
    assert_eq!(ending, Some(Ending::Pending(Pending::NoWait)));
    assert_eq!(run.job(), Some(JOB));
}
