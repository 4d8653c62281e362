//! Orders of a batch and the account's queue, with a made-up clock.

use std::time::Duration;

use certgate_domain::{
    AnyData, AnyTask, Certificate, Job, ObjectJob, PollMessage, Response, Status, StatusCode, words::JobStatus,
};
use certgate_flow::{
    Action, Actor, Batch, Ending, Event, ForeignMessages, Order, Purpose, RequestedOrder, Silence, Step, Workflow,
};
use certgate_keys::{KeyType, PrivateKey, Subject};
use certgate_x509::CertificateRequest;
use pretty_assertions::assert_eq;

fn answer(code: &str, data: Vec<AnyData>) -> Event {
    let status = Status { code: Some(StatusCode::new(code)), text: None, r#type: None };
    Event::Answered(Response { stid: None, ctid: None, status, object: None, messages: vec![], data })
}

fn job(id: i64, status: JobStatus) -> Job {
    Job { id: Some(id), status: Some(status), ..Job::default() }
}

fn message(id: Option<i64>, job_id: i64) -> PollMessage {
    PollMessage { id, job: Some(job(job_id, JobStatus::Success)), ..PollMessage::default() }
}

/// A batch of accepted orders with these jobs; another process looks into the queue meanwhile.
fn batch(jobs: &[i64]) -> Batch {
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let subject = Subject { common_name: "example.com".to_owned(), ..Subject::default() };
    let csr = key.request(&subject, &["example.com".to_owned()]).unwrap();
    let orders = jobs.iter().map(|_| {
        let requested = RequestedOrder {
            csr: Some((csr.clone(), CertificateRequest::from_pem(&csr).unwrap())),
            ..RequestedOrder::new(Purpose::Reissue(571), Duration::from_secs(3600))
        };
        Box::new(Order::new(requested)) as Box<dyn Workflow>
    });
    let mut batch = Batch::new(orders.collect(), ForeignMessages::Spool);
    while batch.waiting().count() < jobs.len() {
        let (place, step) = match batch.next(Duration::ZERO) {
            Action::Step(Actor::Order(place), step) => (place, step),
            Action::Step(Actor::Queue, _) => {
                batch.heard(Actor::Queue, Event::ReadByAnother(Some(Silence::Empty)), Duration::ZERO);
                continue;
            }
            other => panic!("{other:?}"),
        };
        let event = match step {
            Step::Publish { .. } => Event::Published,
            Step::Send(AnyTask::CertificateInfo(_)) => {
                let name = Some("example.com".to_owned());
                answer("S400104", vec![Certificate { name, ..Certificate::default() }.into()])
            }
            Step::Send(AnyTask::CertificatePrepareOrder(_)) => answer("S400110", vec![]),
            Step::Send(AnyTask::CertificateReissue(_)) => {
                answer("N400102", vec![Job { id: Some(jobs[place]), ..Job::default() }.into()])
            }
            other => panic!("{other:?}"),
        };
        batch.heard(Actor::Order(place), event, Duration::ZERO);
    }
    batch
}

/// Goes on with these answers, each to the next task that is sent. Gives the tasks with their times, and the endings.
fn run(batch: &mut Batch, answers: Vec<Event>) -> (Vec<String>, Vec<Ending>) {
    let (mut answers, mut now) = (answers.into_iter(), Duration::ZERO);
    let (mut words, mut endings) = (Vec::new(), Vec::new());
    loop {
        let (who, event) = match batch.next(now) {
            Action::End => return (words, endings),
            Action::Wait(until) => {
                now = until;
                continue;
            }
            Action::Step(_, Step::End(ending)) => {
                endings.push(*ending);
                continue;
            }
            Action::Step(who, Step::Store(message)) => {
                words.push(format!("{} store {:?}", now.as_secs(), message.id));
                (who, Event::Stored)
            }
            Action::Step(who, Step::Send(task)) => {
                let Some(event) = answers.next() else { return (words, endings) };
                words.push(format!("{} {}", now.as_secs(), task.kind().name()));
                (who, event)
            }
            Action::Step(_, step) => panic!("{step:?}"),
        };
        batch.heard(who, event, now);
    }
}

/// Somebody else took our message, or it stands behind one that cannot be decoded or confirmed.
#[test]
fn a_message_that_never_comes() {
    let done = |status| {
        let whole = ObjectJob { job: Some(job(7, status)), ..ObjectJob::default() };
        answer("S300114", vec![whole.into()])
    };
    let found = answer("S400104", vec![Certificate { id: Some(571), ..Certificate::default() }.into()]);
    let looks = ["0 poll-info", "1 poll-info", "3 poll-info", "7 poll-info", "15 poll-info"];
    for (what, look) in [("empty", answer("S0905", vec![])), ("not readable", Event::Unreachable)] {
        let mut answers = vec![look; 5];
        answers.extend([done(JobStatus::Success), found.clone()]);
        let (words, endings) = run(&mut batch(&[7]), answers);
        assert_eq!(words, [&looks[..], &["15 job-info", "15 certificate-info"]].concat(), "{what}");
        assert!(matches!(endings[..], [Ending::Issued(_)]), "{what}");
    }
    let nameless = answer("S0905", vec![message(None, 99).into()]);
    let mut answers = vec![nameless; 5];
    answers.extend([done(JobStatus::Success), found]);
    let (words, endings) = run(&mut batch(&[7]), answers);
    assert_eq!(words[..4], ["0 poll-info", "0 store None", "1 poll-info", "1 store None"]);
    assert!(matches!(endings[..], [Ending::Issued(_)]), "{words:?}");
}

/// What another process found was found: who looks in its place then looks as often as if it had found that itself.
#[test]
fn in_the_place_of_one_that_found_something() {
    let (empty, found) = (answer("S0905", vec![]), answer("S400104", vec![Certificate::default().into()]));
    for (is_told, answers, expected) in [
        (false, vec![empty.clone()], &["16 poll-info"][..]),
        (true, vec![found, empty.clone()], &["0 certificate-info", "9 poll-info"]),
    ] {
        let mut batch = batch(&[7, 8]);
        let (words, _) = run(&mut batch, vec![Event::ReadByAnother(Some(Silence::Empty)); 3]);
        assert_eq!(words, ["2 poll-info", "4 poll-info", "6 poll-info"]);
        if is_told {
            assert_eq!(batch.deliver(&message(Some(1), 7)), Some(0));
        }
        batch.heard(Actor::Queue, empty.clone(), Duration::from_secs(8));
        assert_eq!(run(&mut batch, answers).0, expected);
    }
}

/// What comes while an order's request is in flight waits for the answer to that.
#[test]
fn a_message_that_comes_meanwhile() {
    let mut batch = batch(&[7]);
    let (words, _) = run(&mut batch, vec![answer("S0905", vec![]); 5]);
    assert_eq!(words.last().map(String::as_str), Some("15 poll-info"));
    let now = Duration::from_secs(15);
    // The run above took the step without telling what came.
    assert_eq!(batch.deliver(&message(Some(1), 7)), Some(0));
    let running = ObjectJob { job: Some(job(7, JobStatus::Running)), ..ObjectJob::default() };
    batch.heard(Actor::Order(0), answer("S300114", vec![running.into()]), now);
    let Action::Step(Actor::Order(0), Step::Send(AnyTask::CertificateInfo(_))) = batch.next(now) else {
        panic!("the message leads on")
    };
}
