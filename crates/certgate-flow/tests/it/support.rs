//! An order driven with a made-up clock: a script of what the gateway says, and what the workflow asks for.

use std::time::Duration;

use certgate_domain::{
    AnyData, AnyTask, CertAuthentication, Certificate, CertificateData, Job, Message, ObjectJob, PollMessage, Response,
    ResponseObject, SslContact, Status, StatusCode, TimePeriod,
    words::{AuthMethod, JobStatus, ServerSoftware},
};
use certgate_flow::{Action, Batch, Ending, Event, ForeignMessages, Order, Purpose, RequestedOrder, Step, Whose};
use certgate_keys::{KeyType, PrivateKey, Subject};
use certgate_x509::CertificateRequest;

pub(crate) const JOB: i64 = 4_297_539_521;

pub(crate) fn csr(name: &str) -> (String, CertificateRequest) {
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let subject = Subject { common_name: name.to_owned(), ..Subject::default() };
    let pem = key.request(&subject, &[name.to_owned()]).unwrap();
    let request = CertificateRequest::from_pem(&pem).unwrap();
    (pem, request)
}

pub(crate) fn requested() -> RequestedOrder {
    let request = RequestedOrder::new(Purpose::Reissue(571), Duration::from_secs(600));
    RequestedOrder { csr: Some(csr("example.com")), ..request }
}

pub(crate) fn answer(code: &str, data: Vec<AnyData>) -> Event {
    let status = Status { code: Some(StatusCode::new(code)), text: None, r#type: None };
    Event::Answered(Response { stid: Some("stid-1".into()), ctid: None, status, object: None, messages: vec![], data })
}

pub(crate) fn existing() -> Event {
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

pub(crate) fn prepared() -> Event {
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

pub(crate) fn accepted(code: &str) -> Event {
    answer(code, vec![Job { id: Some(JOB), ..Job::default() }.into()])
}

pub(crate) fn message(id: i64, job: Option<i64>, status: JobStatus) -> PollMessage {
    PollMessage {
        id: Some(id),
        job: Some(Job { id: job, status: Some(status), ..Job::default() }),
        object: Some(ResponseObject { value: Some("example.com".into()), ..ResponseObject::default() }),
        ..PollMessage::default()
    }
}

pub(crate) fn polled(message: PollMessage) -> Event {
    answer("S0905", vec![message.into()])
}

pub(crate) fn empty() -> Event {
    answer("S0905", vec![])
}

pub(crate) fn confirmed() -> Event {
    answer("S0906", vec![])
}

pub(crate) fn refused(code: &str, reason: &str) -> Event {
    let Event::Answered(mut response) = answer(code, vec![]) else { unreachable!() };
    response.messages.push(Message { code: Some(reason.into()), ..Message::default() });
    Event::Answered(response)
}

/// What a step asks for, in a word.
pub(crate) fn word(step: &Step) -> String {
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
pub(crate) struct Run {
    pub(crate) batch: Batch,
    pub(crate) now: Duration,
    pub(crate) words: Vec<String>,
}

impl Run {
    pub(crate) fn new(requested: RequestedOrder, foreign: ForeignMessages) -> Self {
        let batch = Batch::new(vec![Box::new(Order::new(requested))], foreign);
        Self { batch, now: Duration::ZERO, words: Vec::new() }
    }

    /// Runs the script; time passes only while waiting. Gives the ending.
    pub(crate) fn run(&mut self, script: Vec<Event>) -> Option<Ending> {
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
                // The store of these tests knows messages of even ids, and that of 5 may be an order's whose answer is on its way.
                Step::Identify(message) if message.id.is_some_and(|id| id % 2 == 0) => Event::Identified(Whose::Ours),
                Step::Identify(message) if message.id == Some(5) => Event::Identified(Whose::NotKnownYet),
                Step::Identify(_) => Event::Identified(Whose::Foreign),
                Step::Send(_) => match script.next() {
                    Some(event) => event,
                    None => return ended,
                },
            };
            self.batch.heard(who.unwrap(), event, self.now);
        }
    }

    pub(crate) fn job(&self) -> Option<i64> {
        self.batch.order(0).unwrap().job()
    }
}

/// Runs a script with others' messages stored. Gives the words of the steps and the ending.
pub(crate) fn run(requested: RequestedOrder, script: Vec<Event>) -> (Vec<String>, Option<Ending>) {
    let mut run = Run::new(requested, ForeignMessages::Spool);
    let ending = run.run(script);
    (run.words, ending)
}

pub(crate) fn start() -> Vec<Event> {
    vec![existing(), prepared(), accepted("N400101")]
}

pub(crate) const START: [&str; 4] = ["certificate-info", "certificate-prepare-order", "publish", "certificate-reissue"];

pub(crate) fn object_job(status: JobStatus) -> AnyData {
    ObjectJob { job: Some(Job { id: Some(JOB), status: Some(status), ..Job::default() }), ..ObjectJob::default() }
        .into()
}

pub(crate) fn running() -> Event {
    answer("S300114", vec![object_job(JobStatus::Running)])
}
