//! What became of an order whose answer was lost, by all that can be seen of it.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use certgate::{
    Client, Clock, Control, ElsewhereOrder, Event, ForeignMessages, Intent, Journal, OrderBook, OrderId, OrderRequest,
    Outcome, Phase, Reconciled, RecoveryOptions, RunOptions, Runner, Transport, TransportError, queue::import,
    reconcile, unix_now,
};
use certgate_domain::{
    AnyTask, Certificate, Credentials, Moment, Protocol, Secret, TaskKind,
    task::{CertificateCreate, CertificateReissue, CertificateRevoke},
};
use certgate_json::JsonCodec;
use certgate_keys::{KeyType, PrivateKey};
use certgate_simulator::{Gateway, Settings};
use certgate_store::{Change, Order, ResumeData, State};
use certgate_wire::{Reply, Request};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::{
    term::{START, codec},
    year::Wire,
};

/// A gateway that shows one certificate, some jobs and a queue, or refuses to; another with the next request, where there is
/// one. Nobody understands its answers whole.
struct Showing {
    certificate: Value,
    jobs: Option<Value>,
    messages: Option<Value>,
    /// The time of its answers, in seconds since 1970.
    date: Option<i64>,
    next: Option<Box<Showing>>,
}

impl Transport for Showing {
    fn send(&mut self, request: &Request, _: Duration) -> Result<Reply, TransportError> {
        let (code, shown) = match &request.target {
            target if target.contains("job") => ("300115", self.jobs.clone()),
            target if target.contains("poll") => ("0905", self.messages.clone()),
            _ => ("400104", Some(json!([self.certificate]))),
        };
        let answer = match shown {
            Some(data) => {
                json!({ "status": { "code": format!("S{code}"), "type": "SUCCESS" }, "data": data, "colour": "red" })
            }
            None => json!({ "status": { "code": format!("E{code}"), "type": "ERROR" } }),
        };
        let date = self.date.and_then(|date| jiff::Timestamp::from_second(date).ok());
        let date = date.map(|date| ("Date".to_owned(), date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()));
        if let Some(next) = self.next.take() {
            *self = *next;
        }
        let mut reply = Reply::of(answer.to_string());
        reply.headers.extend(date);
        Ok(reply)
    }

    fn endpoint(&self) -> &str {
        "showing:"
    }
}

/// A job of that id and status, made so many seconds before now.
fn job(id: i64, status: &str, age: i64) -> Value {
    let created = Moment::from_unix_seconds(unix_now() / 1000 - age).unwrap().to_string();
    json!({
        "job": { "id": id, "status": status, "created": created, "action": "reissue", "subType": "SSL123" },
        "object": { "type": "certificate", "value": "example.com" },
    })
}

fn ordered(id: Option<i64>, csr: &str) -> Certificate {
    Certificate {
        id,
        name: Some("example.com".to_owned()),
        product: Some("SSL123".to_owned()),
        csr: Some(csr.to_owned()),
        ..Certificate::default()
    }
}

/// An order whose answer was lost.
fn lost(folder: &Path, task: AnyTask, clock_ahead: Option<i64>, job: Option<i64>) -> (Journal, Order) {
    lost_of(folder, task, Some("0A"), clock_ahead, job)
}

/// The same of a certificate that had that serial number.
fn lost_of(
    folder: &Path,
    task: AnyTask,
    serial: Option<&str>,
    clock_ahead: Option<i64>,
    job: Option<i64>,
) -> (Journal, Order) {
    let mut journal = Journal::open(folder.join("store.sqlite"), "user@9").unwrap();
    let resume = ResumeData { serial_before: serial.map(str::to_owned), clock_ahead, ..ResumeData::default() };
    let intent = Intent { resume, ..Intent::default() };
    journal.record_intent("ours", &task, &intent).unwrap();
    let detail = String::new();
    journal.change("ours", &Change { state: State::Unknown, job, stid: None, certificate: None, detail }).unwrap();
    let order = journal.find("ours").unwrap().unwrap();
    (journal, order)
}

fn asking(gateway: Showing) -> Client {
    let credentials = Credentials::new("user", Secret::new("password"), "9");
    Client::new(Box::new(JsonCodec::default()), Box::new(gateway), credentials).with_pace(1_000_000)
}

/// A new certificate's id is known by the message that names it, be it by its event alone.
#[test]
fn an_event_tells_the_id_of_a_new_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let task = CertificateCreate { certificate: ordered(None, "-----BEGIN …") };
    let (mut journal, _) = lost(folder.path(), task.into(), None, None);
    let object = json!({ "type": "Certificate", "value": "example.com", "data": { "id": 999, "name": "example.com" } });
    let job = json!({ "id": 7, "status": "SUCCESS" });
    let message = json!({ "id": 1, "ctid": "ours", "job": job, "notify": { "object": object } });
    let text = json!({ "status": { "code": "S0905", "type": "SUCCESS" }, "data": [message] }).to_string();
    import(&mut journal, &JsonCodec::default(), text.as_bytes()).unwrap();
    let order = journal.find("ours").unwrap().unwrap();
    assert_eq!((order.order.certificate, order.state), (Some(999), State::Issued));
}

/// What was ordered elsewhere is waited for, whatever would be said of its CSR before an order.
#[test]
fn an_order_from_elsewhere_is_not_judged_again() {
    let csr = include_str!("../../../../fixtures/_x509/rsa-sha1.csr");
    let certificate = json!({ "id": 571, "name": "example.com", "csr": csr });
    let mut client = asking(Showing { certificate, jobs: None, messages: None, date: None, next: None });
    let order = ElsewhereOrder { certificate: Some(571), ..ElsewhereOrder::default() };
    let item = order.item(&mut client, "1".into(), Duration::from_secs(1)).map(|item| item.task);
    assert_eq!(item.map_err(|why| why.to_string()), Ok(TaskKind::CertificateReissue));
}

#[test]
fn by_all_that_can_be_seen() {
    let key = || PrivateKey::generate(KeyType::P256).unwrap();
    let (ours, theirs) = (key(), key());
    let mut params = rcgen::CertificateParams::new(vec!["example.com".to_owned()]).unwrap();
    let csr = params.serialize_request(&ours).unwrap().pem().unwrap();
    params.serial_number = Some(1.into());
    let shown = |key: &PrivateKey, serial: &str| {
        let server = params.self_signed(key).unwrap().pem();
        json!({ "id": 571, "name": "example.com", "server": server, "serialNumber": serial })
    };
    let (before, same_key, new, other) =
        (shown(&theirs, "0a"), shown(&ours, "0A"), shown(&ours, "0b"), shown(&theirs, "0c"));
    let other_action = |mut job: Value| {
        job["job"]["action"] = "renew".into();
        job
    };
    // The certificate, the jobs, the job that a person named; where the order stands then, its job, and what was seen.
    let none = || Some(json!([]));
    let cases = [
        ("nothing is there", &before, none(), None, "unknown", None, "no job of the account fits it"),
        ("its job runs", &before, Some(json!([job(7, "RUNNING", 0)])), None, "pending", Some(7), ""),
        ("it ends between two looks", &before, Some(json!([job(7, "RUNNING", 0)])), None, "issued", Some(7), ""),
        ("its job failed", &before, Some(json!([job(7, "FAILED", 0)])), None, "failed", Some(7), ""),
        ("the certificate is new", &new, Some(json!([job(7, "SUCCESS", 0)])), None, "issued", Some(7), ""),
        ("the jobs are not shown", &new, None, None, "issued", None, ""),
        ("nor is anything else", &before, None, None, "unknown", None, "job-list: the gateway refused: E300115"),
        (
            "somebody else's has ended",
            &other,
            Some(json!([job(7, "SUCCESS", 0)])),
            None,
            "unknown",
            None,
            "job 7 succeeded, and the certificate is not the order's",
        ),
        (
            "the serial number is that from before",
            &same_key,
            Some(json!([job(7, "SUCCESS", 0)])),
            None,
            "unknown",
            None,
            "job 7 succeeded, and the certificate is not the order's",
        ),
        (
            "it was there before",
            &before,
            Some(json!([job(7, "RUNNING", 400)])),
            None,
            "unknown",
            None,
            "job 7 is from before the order",
        ),
        (
            "two fit",
            &before,
            Some(json!([job(8, "RUNNING", 0), job(7, "RUNNING", 0)])),
            None,
            "unknown",
            None,
            "several jobs fit it: 8, 7",
        ),
        (
            "another action",
            &before,
            Some(json!([other_action(job(7, "RUNNING", 0))])),
            None,
            "unknown",
            None,
            "no job of the account fits it",
        ),
        ("named by hand", &other, Some(json!([job(7, "SUCCESS", 400)])), Some(7), "pending", Some(7), ""),
        (
            "named wrong",
            &before,
            Some(json!([other_action(job(7, "RUNNING", 0))])),
            Some(7),
            "unknown",
            Some(7),
            "job 7, named by hand, is no job of the account that fits this order",
        ),
    ];
    for (title, certificate, jobs, named, state, found, said) in cases {
        let folder = tempfile::tempdir().unwrap();
        let task = CertificateReissue { certificate: ordered(Some(571), &csr) };
        let (mut journal, order) = lost(folder.path(), task.into(), None, named);
        // A job that runs ends between two looks, and nothing is lost by that.
        let next = (title == "it ends between two looks").then(|| {
            let jobs = Some(json!([job(7, "SUCCESS", 0)]));
            Box::new(Showing { certificate: new.clone(), jobs, messages: none(), date: None, next: None })
        });
        let gateway = Showing { certificate: certificate.clone(), jobs, messages: none(), date: None, next };
        let reconciled =
            reconcile(&mut asking(gateway).strict(true), &mut journal, &order, &RecoveryOptions::default()).unwrap();
        let order = journal.find("ours").unwrap().unwrap();
        assert_eq!((order.state.as_str(), order.job), (state, found), "{title}");
        match reconciled {
            Reconciled::Resolved => assert_ne!(order.state, State::Unknown, "{title}"),
            Reconciled::Ambiguous { evidence: seen, .. } => {
                assert_eq!(order.state, State::Unknown, "{title}");
                assert!(seen.iter().any(|line| line.contains(said)), "{title}: {seen:?}");
            }
        }
    }
}

/// What shows of an order that nobody answered, and what becomes of it. It left at 0.
struct Absence {
    /// The certificate's serial number before.
    before: Option<&'static str>,
    /// How far the gateway's clock was ahead when it left.
    ahead: Option<i64>,
    /// The gateway's time when it is looked for.
    date: Option<i64>,
    certificate: Value,
    jobs: Option<Value>,
    messages: Option<Value>,
    task: fn(Certificate) -> AnyTask,
    options: RecoveryOptions,
    /// Where it stands then.
    state: State,
    /// In how many seconds it is settled, where it will be.
    settles_in: Option<i64>,
}

#[test]
fn an_order_that_nothing_shows_of_never_arrived() {
    const SERIAL: &str = "0102";
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let params = || rcgen::CertificateParams::new(vec!["example.com".to_owned()]).unwrap();
    let csr = params().serialize_request(&key).unwrap().pem().unwrap();
    let before = json!({ "id": 571, "name": "example.com", "serialNumber": "0a" });
    let mut same = params();
    same.serial_number = Some(0x0102.into());
    let unsaid = json!({ "id": 571, "name": "example.com", "server": same.self_signed(&key).unwrap().pem() });
    let made = |age: i64| {
        let created = Moment::from_unix_seconds(unix_now() / 1000 - age).unwrap().to_string();
        json!({ "id": 572, "name": "example.com", "created": created })
    };
    let message = |ctid: &str| Some(json!([{ "id": 81, "ctid": ctid, "job": { "id": 7, "status": "SUCCESS" } }]));
    let of_others = |id: i64| {
        let mut job = job(id, "RUNNING", -1000);
        job["job"]["action"] = "renew".into();
        job
    };
    // Looked for one second after the quarter of an hour, and nothing shows of it.
    let absent = || Absence {
        before: Some("0A"),
        ahead: Some(0),
        date: Some(901),
        certificate: before.clone(),
        jobs: Some(json!([])),
        messages: Some(json!([])),
        task: |certificate| CertificateReissue { certificate }.into(),
        options: RecoveryOptions::default(),
        state: State::Unsent,
        settles_in: None,
    };
    let open = |settles_in: Option<i64>| Absence { state: State::Unknown, settles_in, ..absent() };
    let create =
        |certificate| AnyTask::from(CertificateCreate { certificate: Certificate { id: None, ..certificate } });
    let revoke = |certificate| CertificateRevoke { certificate }.into();
    let earlier = json!({ "serialNumber": "0a", "revoked": "2026-01-01T00:00:00.000+0100" });
    let revoked = json!({ "id": 571, "name": "example.com", "serialNumber": "0c", "histories": [earlier] });
    let an_hour = RecoveryOptions { settle_after: Duration::from_secs(3600), ..RecoveryOptions::default() };
    let leaving = RecoveryOptions { foreign: ForeignMessages::Leave, ..RecoveryOptions::default() };
    for (title, case) in [
        ("a second before", Absence { date: Some(899), ..open(Some(2)) }),
        ("the request may just have been under way", Absence { date: Some(900), ..open(Some(1)) }),
        ("a second after", absent()),
        ("the gateway's clock is ahead", Absence { ahead: Some(240), date: Some(1140), ..open(Some(1)) }),
        ("and a second later", Absence { ahead: Some(240), date: Some(1141), ..absent() }),
        ("the gateway's clock is behind", Absence { ahead: Some(-240), date: Some(661), ..absent() }),
        ("no date: the clocks may be five minutes apart", Absence { date: None, ..open(Some(1201)) }),
        ("no date then either", Absence { ahead: None, date: None, ..open(Some(1201)) }),
        ("the profile waits for an hour", Absence { options: an_hour, ..open(Some(2700)) }),
        ("the job list is refused", Absence { jobs: None, ..open(None) }),
        ("the job list is full", Absence { jobs: Some((0..50).map(of_others).collect()), ..open(None) }),
        ("others' jobs", Absence { jobs: Some((0..49).map(of_others).collect()), ..absent() }),
        ("nobody knows whose the certificate is", Absence { certificate: json!({ "id": 571 }), ..open(None) }),
        ("nothing was issued before", Absence { before: None, certificate: json!({ "id": 571 }), ..absent() }),
        (
            "nor a moment ago",
            Absence { before: None, certificate: json!({ "id": 571 }), date: Some(899), ..open(Some(2)) },
        ),
        ("nobody knows what was there before", Absence { before: None, ..open(None) }),
        (
            "only the certificate itself says its serial number",
            Absence { before: Some(SERIAL), certificate: unsaid, ..absent() },
        ),
        ("a task without a job", Absence { task: revoke, ..open(None) }),
        (
            "a revocation that shows",
            Absence { certificate: revoked.clone(), task: revoke, state: State::Done, ..absent() },
        ),
        ("another one's", Absence { before: Some("0B"), certificate: revoked, task: revoke, ..open(None) }),
        ("the queue is refused", Absence { messages: None, ..open(None) }),
        ("a message of another order", Absence { messages: message("other"), ..absent() }),
        ("its message", Absence { messages: message("ours"), state: State::Pending, ..absent() }),
        ("the queue is not to be touched", Absence { messages: message("ours"), options: leaving, ..absent() }),
        ("a new certificate, made since", Absence { certificate: made(-1000), task: create, ..open(None) }),
        ("a certificate of the name, made before", Absence { certificate: made(3600), task: create, ..absent() }),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, order) =
            lost_of(folder.path(), (case.task)(ordered(Some(571), &csr)), case.before, case.ahead, None);
        let history = OrderBook::open(folder.path().join("store.sqlite")).unwrap().details("ours").unwrap().history;
        let sent = history.iter().find(|event| event.state == State::Sending).unwrap().time / 1000;
        let Absence { certificate, jobs, messages, .. } = case;
        let date = case.date.map(|date| sent + date);
        let gateway = Showing { certificate, jobs, messages, date, next: None };
        let begun = unix_now() / 1000;
        let reconciled = reconcile(&mut asking(gateway).strict(true), &mut journal, &order, &case.options).unwrap();
        assert_eq!(journal.find("ours").unwrap().unwrap().state, case.state, "{title}: {reconciled:?}");
        let Reconciled::Ambiguous { settles, evidence } = reconciled else {
            assert_ne!(case.state, State::Unknown, "{title}");
            continue;
        };
        assert_eq!(settles.is_some(), case.settles_in.is_some(), "{title}: {evidence:?}");
        if let (Some(at), Some(after)) = (settles, case.settles_in) {
            // Without a date our own clock tells, which goes on.
            let (earliest, latest) = (sent.min(begun) + after, unix_now() / 1000 + after);
            assert!((earliest..=latest).contains(&at), "{title}: {}, not {after}", at - begun);
        }
    }
}

/// The simulator, which turns the first renewal away for half an hour. The second one leaves, and nobody hears of it.
struct Busy {
    wire: Wire,
    renewals: usize,
}

impl Transport for Busy {
    fn send(&mut self, request: &Request, timeout: Duration) -> Result<Reply, TransportError> {
        let calls = codec(self.wire.protocol).decode_requests(None, request).unwrap();
        if calls.iter().all(|call| call.value.task.kind() != TaskKind::CertificateRenew) {
            return self.wire.send(request, timeout);
        }
        self.renewals += 1;
        if self.renewals > 1 {
            return Err(TransportError::Unanswered("cut off".to_owned(), Phase::Answer));
        }
        self.wire.clock.fetch_add(1800, Ordering::SeqCst);
        let mut reply = Reply::of("");
        reply.status = 429;
        Ok(reply)
    }

    fn endpoint(&self) -> &str {
        "busy:"
    }
}

/// How long an order is out counts from when it left, not from when it was first turned away: else it would be taken for one that never
/// arrived while it is under way, and be ordered again.
#[test]
fn an_order_that_waited_is_out_since_it_left() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::with(Settings { start: Some(START), ..Settings::default() });
    let clock = Arc::new(AtomicI64::new(START));
    let wire = || Wire { gateway: gateway.clone(), protocol: Protocol::Json, clock: Arc::clone(&clock) };
    let credentials = || Credentials::new("user", Secret::new("password"), "9");
    let client = |transport| Client::new(codec(Protocol::Json), transport, credentials()).with_pace(1_000_000);
    let ours = Arc::clone(&clock);
    let journal = Journal::open(folder.path().join("store.sqlite"), "user@9").unwrap();
    let mut journal = journal.with_clock(Clock::new(move || ours.load(Ordering::SeqCst)));
    let item = OrderRequest::renew(571).item("ours".into(), Duration::from_secs(60), true);
    let mut busy = client(Box::new(Busy { wire: wire(), renewals: 0 }));
    let runner = Runner::new(vec![&mut busy], RunOptions::default());
    let run = runner.run(&mut journal, vec![item], &mut |_: Option<&OrderId>, _: &Event<'_>| Control::Continue);
    assert!(matches!(run.reports[0].outcome, Outcome::Unknown(_)), "{run:?}");
    let history = OrderBook::open(folder.path().join("store.sqlite")).unwrap().details("ours").unwrap().history;
    let sent = history.iter().filter(|event| event.state == State::Sending).map(|event| event.time / 1000 - START);
    assert_eq!(sent.collect::<Vec<_>>(), [0, 1800]);
    // A minute later. No answer has a date: the clocks may be five minutes apart.
    clock.fetch_add(60, Ordering::SeqCst);
    let order = journal.find("ours").unwrap().unwrap();
    let options = RecoveryOptions::default();
    let Reconciled::Ambiguous { settles, evidence } =
        reconcile(&mut client(Box::new(wire())), &mut journal, &order, &options).unwrap()
    else {
        panic!("{:?}", journal.find("ours"))
    };
    assert_eq!(settles.map(|at| at - START), Some(1800 + 900 + 300 + 1), "{evidence:?}");
}

/// A message that names somebody else's object is no order's anywhere: not when it is stored, not when the order is looked for, and not when
/// its job becomes known.
#[test]
fn a_message_that_names_somebody_elses_object_is_no_order_s() {
    let message = |id: i64, ctid: &str, kind: &str, certificate: i64, name: &str| {
        let object = json!({ "type": kind, "value": name, "data": { "id": certificate, "name": name } });
        let job = json!({ "id": 7, "status": "SUCCESS" });
        let mut message = json!({ "id": id, "ctid": ctid, "job": job });
        match kind.strip_prefix("event of a ") {
            Some(kind) => message["notify"] = json!({ "object": { "type": kind, "value": name } }),
            None => message["object"] = object,
        }
        json!({ "status": { "code": "S0905", "type": "SUCCESS" }, "data": [message] }).to_string()
    };
    let before = json!({ "id": 571, "name": "example.com", "serialNumber": "0a" });
    for (title, ctid, kind, certificate, name, state) in [
        ("the order's own", "ours", "Certificate", 571, "example.com", "issued"),
        ("another certificate", "ours", "Certificate", 999, "other.example", "unknown"),
        ("a domain", "ours", "Domain", 999, "example.com", "unknown"),
        ("an event of a domain", "ours", "event of a Domain", 999, "example.com", "unknown"),
        ("its job, once that is known", "other", "Certificate", 571, "example.com", "issued"),
        ("another certificate of its job", "other", "Certificate", 999, "other.example", "pending"),
        ("a domain of its job", "other", "Domain", 999, "example.com", "pending"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let task = CertificateReissue { certificate: ordered(Some(571), "-----BEGIN …") };
        let (mut journal, order) = lost(folder.path(), task.into(), None, None);
        let text = message(1, ctid, kind, certificate, name);
        let taken = import(&mut journal, &JsonCodec::default(), text.as_bytes()).unwrap();
        let is_ours = ctid == "ours" && state == "issued";
        assert_eq!(taken.stored.order.as_deref(), is_ours.then_some("ours"), "{title}");
        if ctid == "ours" {
            let (jobs, messages) = (Some(json!([])), Some(json!([])));
            let gateway = Showing { certificate: before.clone(), jobs, messages, date: None, next: None };
            let settled = reconcile(&mut asking(gateway), &mut journal, &order, &RecoveryOptions::default()).unwrap();
            assert_eq!(settled == Reconciled::Resolved, is_ours, "{title}");
        } else {
            let jobs = Some(json!([job(7, "RUNNING", 0)]));
            let gateway = || Showing {
                certificate: before.clone(),
                jobs: jobs.clone(),
                messages: Some(json!([])),
                date: None,
                next: None,
            };
            for _ in 0..2 {
                let order = journal.find("ours").unwrap().unwrap();
                let options = RecoveryOptions::default();
                assert_eq!(
                    reconcile(&mut asking(gateway()), &mut journal, &order, &options).unwrap(),
                    Reconciled::Resolved
                );
            }
        }
        assert_eq!(journal.find("ours").unwrap().unwrap().state.as_str(), state, "{title}");
    }
}
