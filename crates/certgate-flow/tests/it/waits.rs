//! How an order waits for its job: by the account's queue, by the job, by its history.

use std::time::Duration;

use certgate_domain::{
    AnyData, AnyTask, Certificate, NotifyMessage, ObjectData, PollMessage, ResponseObject, words::JobStatus,
};
use certgate_flow::{Action, Actor, Awaited, Ending, Event, ForeignMessages, Pending, Silence, Step, Wait, Workflow};
use pretty_assertions::assert_eq;

use crate::support::{
    JOB, Run, START, answer, confirmed, csr, empty, existing, message, object_job, polled, refused, requested, running,
    start, word,
};

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
    let of_event = |name: &str| {
        let object = Some(ResponseObject { value: Some(name.into()), ..ResponseObject::default() });
        let notify = Some(NotifyMessage { object, ..NotifyMessage::default() });
        let stid = Some("stid-1".into());
        polled(PollMessage { object: None, notify, stid, ..message(7, None, JobStatus::Success) })
    };
    let of_object = |kind: &str, id: i64, name: &str| {
        let mut message = message(1, Some(JOB), JobStatus::Failed);
        let certificate = Certificate { id: Some(id), name: Some(name.into()), ..Certificate::default() };
        message.object = Some(ResponseObject {
            r#type: Some(kind.into()),
            value: Some(name.into()),
            data: Some(ObjectData::Certificate(Box::new(certificate))),
            ..ResponseObject::default()
        });
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
            "a message that stays first though it was confirmed is confirmed once, and the job is asked",
            ForeignMessages::Keep,
            vec![
                foreign(12),
                confirmed(),
                foreign(12),
                running(),
                foreign(12),
                answer("S300114", vec![object_job(JobStatus::Success)]),
                existing(),
            ],
            "poll-info, identify 12, store 12, confirm 12, poll-info, job-info, wait until 1, poll-info, job-info, \
             certificate-info, end",
        ),
        (
            "the same of one whose confirmation is refused, of whomever it is",
            ForeignMessages::Spool,
            vec![
                foreign(11),
                refused("E0906", "EF01000"),
                foreign(11),
                answer("S300114", vec![object_job(JobStatus::Success)]),
                existing(),
            ],
            "poll-info, store 11, confirm 11, wait until 1, poll-info, job-info, certificate-info, end",
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
            "nor without an object, where the event has one",
            ForeignMessages::Keep,
            vec![of_event("other.example"), running(), of_event("Example.com"), confirmed(), existing()],
            "poll-info, identify 7, job-info, wait until 1, poll-info, store 7, confirm 7, certificate-info, end",
        ),
        (
            "a message on the way is confirmed and the wait goes on",
            ForeignMessages::Spool,
            vec![
                ours(JobStatus::Running),
                confirmed(),
                polled(message(9, Some(JOB), JobStatus::Success)),
                confirmed(),
                existing(),
            ],
            "poll-info, store 7, confirm 7, poll-info, store 9, confirm 9, certificate-info, end",
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
            "one that another process confirmed first is no reason to ask for the job",
            ForeignMessages::Keep,
            [
                vec![by_another(None); 8],
                vec![foreign(2), refused("E0906", "EF01000"), ours(JobStatus::Success), confirmed(), existing()],
            ]
            .concat(),
            "poll-info, wait until 2, poll-info, wait until 4, poll-info, wait until 6, poll-info, wait until 8, poll-info, \
             wait until 10, poll-info, wait until 12, poll-info, wait until 14, poll-info, wait until 16, poll-info, \
             identify 2, store 2, confirm 2, wait until 17, poll-info, store 7, confirm 7, certificate-info, end",
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
            "keep: whatever its job is called, a domain's or another certificate's message is somebody else's",
            ForeignMessages::Keep,
            vec![
                of_object("Domain", 571, "example.com"),
                running(),
                of_object("Certificate", 999, "other.example"),
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
            "keep: one that may turn out to be another order's of the store is looked at again, and the job is not asked",
            ForeignMessages::Keep,
            vec![foreign(5), foreign(5), ours(JobStatus::Success), confirmed(), existing()],
            "poll-info, identify 5, wait until 1, poll-info, identify 5, wait until 2, poll-info, store 7, confirm 7, \
             certificate-info, end",
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
            "what another process finds is waited for, and the job is asked as rarely as where the queue stays empty",
            ForeignMessages::Keep,
            [
                vec![by_another(Some(Silence::Empty)); 9],
                vec![running(), ours(JobStatus::Success), confirmed(), existing()],
            ]
            .concat(),
            "poll-info, wait until 2, poll-info, wait until 4, poll-info, wait until 6, poll-info, wait until 8, poll-info, \
             wait until 10, poll-info, wait until 12, poll-info, wait until 14, poll-info, wait until 16, poll-info, \
             job-info, wait until 18, poll-info, store 7, confirm 7, certificate-info, end",
        ),
        (
            "as long as another process finds messages, the job is not asked",
            ForeignMessages::Keep,
            [vec![by_another(None); 9], vec![ours(JobStatus::Success), confirmed(), existing()]].concat(),
            "poll-info, wait until 2, poll-info, wait until 4, poll-info, wait until 6, poll-info, wait until 8, poll-info, \
             wait until 10, poll-info, wait until 12, poll-info, wait until 14, poll-info, wait until 16, poll-info, \
             wait until 18, poll-info, store 7, confirm 7, certificate-info, end",
        ),
        (
            "what another process leaves in front of ours has the job asked at once, and then ever more rarely",
            ForeignMessages::Keep,
            vec![
                by_another(Some(Silence::Blocked)),
                running(),
                by_another(Some(Silence::Blocked)),
                running(),
                by_another(Some(Silence::Blocked)),
                running(),
                by_another(Some(Silence::Blocked)),
                by_another(Some(Silence::Blocked)),
                answer("S300114", vec![object_job(JobStatus::Success)]),
                existing(),
            ],
            "poll-info, job-info, wait until 2, poll-info, job-info, wait until 4, poll-info, job-info, wait until 6, \
             poll-info, wait until 8, poll-info, job-info, certificate-info, end",
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
        let mut run = Run::new(requested(), foreign);
        run.run(events);
        assert_eq!(run.words[..4], START);
        assert_eq!(run.words[4..].join(", "), expected, "{what}");
    }
}

/// Another process looks into the queue.
fn by_another(silence: Option<Silence>) -> Event {
    Event::ReadByAnother(silence)
}

/// A message that cannot be confirmed.
fn nameless() -> Event {
    polled(PollMessage { id: None, ..message(0, Some(99), JobStatus::Success) })
}

/// However many messages of others there are: at the deadline it ends.
#[test]
fn a_long_queue_ends_with_the_time() {
    let mut run = Run::new(requested(), ForeignMessages::Spool);
    let foreign = |id| vec![polled(message(id, Some(99), JobStatus::Success)), confirmed()];
    run.run(start().into_iter().chain((1..4).flat_map(foreign)).collect());
    assert_eq!(run.words.last().map(String::as_str), Some("poll-info"));
    let end = Step::End(Box::new(Ending::Pending(Pending::Deadline)));
    assert_eq!(run.batch.next(Duration::from_secs(600)), Action::Step(Actor::Order(0), end));
}

/// The gateway is asked for one spelling of a new certificate's name after the other, whichever it keeps.
#[test]
fn a_new_certificate_is_looked_for_by_each_spelling_of_its_name() {
    let (a_labels, u_labels) = ("xn--bcher-kva.example", "bücher.example");
    let awaited = |name: &str| Awaited {
        certificate: None,
        job: None,
        stid: None,
        name: Some(name.to_owned()),
        request: Some(csr(a_labels).1),
    };
    let listed = |name: &str| {
        let certificate = |id, name: &str| {
            let name = Some(name.to_owned());
            AnyData::from(Certificate { id: Some(id), name, ..Certificate::default() })
        };
        answer("S400105", vec![certificate(9, name), certificate(10, "other.example")])
    };
    let later = || "wait until 1".to_owned();
    for (title, name, answers, expected) in [
        ("kept as it should be", u_labels, vec![listed(a_labels)], vec![a_labels.to_owned(), "certificate 9".into()]),
        (
            "kept as it came",
            "BÜCHER.example",
            vec![answer("S400105", vec![]), listed(u_labels)],
            vec![a_labels.to_owned(), u_labels.to_owned(), "certificate 9".into()],
        ),
        (
            "not there yet",
            a_labels,
            vec![answer("S400105", vec![]), answer("S400105", vec![])],
            vec![a_labels.to_owned(), u_labels.to_owned(), later()],
        ),
        ("in ASCII", "example.com", vec![answer("S400105", vec![])], vec!["example.com".to_owned(), later()]),
    ] {
        let mut wait = Wait::new(awaited(name), Duration::from_secs(60));
        wait.deliver(&PollMessage { object: None, ..message(1, None, JobStatus::Success) }, false);
        let mut answers = answers.into_iter();
        for expected in expected {
            let found = match wait.step(Duration::ZERO) {
                Step::Send(AnyTask::CertificateList(task)) => task.query.filters[0].value.clone().unwrap(),
                Step::Send(AnyTask::CertificateInfo(task)) => format!("certificate {}", task.id.unwrap()),
                step => word(&step),
            };
            assert_eq!(found, expected, "{title}");
            answers.next().into_iter().for_each(|event| wait.heard(event, Duration::ZERO));
        }
    }
}
