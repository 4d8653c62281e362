//! What became of an order whose answer was lost, by all that can be seen of it.

use std::time::Duration;

use certgate::{Client, Intent, Journal, Reconciled, Transport, TransportError, reconcile, unix_now};
use certgate_domain::{Certificate, Credentials, Moment, Secret, task::CertificateReissue};
use certgate_json::JsonCodec;
use certgate_keys::{KeyType, PrivateKey};
use certgate_store::{Change, ResumeData, State};
use certgate_wire::{Reply, Request};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

/// A gateway that shows one certificate and some jobs, or refuses to list any; another with the next request, where there is one.
struct Showing {
    certificate: Value,
    jobs: Option<Value>,
    next: Option<Box<Showing>>,
}

impl Transport for Showing {
    fn send(&mut self, request: &Request, _: Duration) -> Result<Reply, TransportError> {
        let answer = match (request.target.contains("job"), &self.jobs) {
            (false, _) => json!({ "status": { "code": "S400104", "type": "SUCCESS" }, "data": [self.certificate] }),
            (true, Some(jobs)) => json!({ "status": { "code": "S300115", "type": "SUCCESS" }, "data": jobs }),
            (true, None) => json!({ "status": { "code": "E300115", "type": "ERROR" } }),
        };
        if let Some(next) = self.next.take() {
            *self = *next;
        }
        Ok(Reply::of(answer.to_string()))
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
            "job 7, named by hand, is none of the account's that fits it",
        ),
    ];
    for (title, certificate, jobs, named, state, found, said) in cases {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(&folder.path().join("store.sqlite"), "user@9").unwrap();
        let ordered = Certificate {
            id: Some(571),
            name: Some("example.com".to_owned()),
            product: Some("SSL123".to_owned()),
            csr: Some(csr.clone()),
            ..Certificate::default()
        };
        let intent = Intent {
            name: None,
            resume: ResumeData { serial_before: Some("0A".to_owned()), ..ResumeData::default() },
            batch: None,
        };
        journal.record_intent("ours", &CertificateReissue { certificate: ordered }.into(), &intent).unwrap();
        let detail = String::new();
        let lost = Change { state: State::Unknown, job: named, stid: None, certificate: None, detail };
        journal.change("ours", &lost).unwrap();
        let order = journal.find("ours").unwrap().unwrap();
        // A job that runs ends between two looks, and nothing is lost by that.
        let next = (title == "it ends between two looks").then(|| {
            let jobs = Some(json!([job(7, "SUCCESS", 0)]));
            Box::new(Showing { certificate: new.clone(), jobs, next: None })
        });
        let gateway = Showing { certificate: certificate.clone(), jobs, next };
        let credentials = Credentials::new("user", Secret::new("password"), "9");
        let mut client =
            Client::new(Box::new(JsonCodec::default()), Box::new(gateway), credentials).with_pace(1_000_000);
        let reconciled = reconcile(&mut client, &mut journal, &order).unwrap();
        let order = journal.find("ours").unwrap().unwrap();
        assert_eq!((order.state.as_str(), order.job), (state, found), "{title}");
        match reconciled {
            Reconciled::Resolved => assert_ne!(order.state, State::Unknown, "{title}"),
            Reconciled::Ambiguous { evidence: seen } => {
                assert_eq!(order.state, State::Unknown, "{title}");
                assert!(seen.iter().any(|line| line.contains(said)), "{title}: {seen:?}");
            }
        }
    }
}
