//! A gateway that gives other rows of a list than it is asked for: fewer at once, and nothing is missed; those that do not fit, too.

use std::time::Duration;

use certgate::{
    CertificateSelector, Client, Error, Journal, OrderId, OrderRequest, Preparation, PreparationError,
    PreparationOptions, RecoveryOptions, RunningJobs, Transport, TransportError,
    estate::{Planned, PlannedAction, Subject, Survey, account::AccountCertificate, plan::plan},
};
use certgate_domain::{
    CertAuthentication, Certificate, Credentials, Protocol, Secret, SslContact, TimePeriod, task::CertificateCreate,
    words::AuthMethod,
};
use certgate_json::JsonCodec;
use certgate_keys::{KeyType, PrivateKey, Subject as Named};
use certgate_simulator::{Gateway, Handled, Settings};
use certgate_wire::{Reply, Request};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::term::{START, ask};

/// So many rows it gives at once, whatever it is asked for.
const AT_ONCE: i64 = 2;

struct Sparing {
    gateway: Gateway,
    /// It passes over conditions.
    lists_all: bool,
}

impl Transport for Sparing {
    fn send(&mut self, request: &Request, _: Duration) -> Result<Reply, TransportError> {
        let mut request = request.clone();
        if let Ok(mut asked) = serde_json::from_slice::<Value>(&request.body.0)
            && asked["view"]["limit"].as_i64().is_some_and(|limit| limit > AT_ONCE)
        {
            asked["view"]["limit"] = json!(AT_ONCE);
            if self.lists_all {
                asked["filters"] = json!([]);
            }
            request.body.0 = asked.to_string().into_bytes();
        }
        let Handled::Reply(reply, _) = self.gateway.handle(Protocol::Json, &request, Duration::ZERO, START) else {
            panic!("no fault was asked for")
        };
        Ok(reply)
    }

    fn endpoint(&self) -> &str {
        "sparing:"
    }
}

fn client(gateway: &Gateway) -> Client {
    client_of(Sparing { gateway: gateway.clone(), lists_all: false })
}

fn client_of(gateway: Sparing) -> Client {
    let credentials = Credentials::new("user", Secret::new("password"), "9");
    Client::new(Box::<JsonCodec>::default(), Box::new(gateway), credentials).with_pace(1_000_000)
}

/// What is missed is thought not to be there, and a new certificate is a paid term.
#[test]
fn a_certificate_further_down_is_not_created_again() {
    let gateway = Gateway::with(Settings { start: Some(START), more_certificates: 5, ..Settings::default() });
    let mut client = client(&gateway);
    assert_eq!(AccountCertificate::all(&mut client).unwrap().0.len(), 6);
    let named = |name: &str| Subject {
        selector: Some(CertificateSelector::Name(name.to_owned())),
        settings: serde_json::from_value(json!({ "product": "QUICKSSLPREMIUM", "admin": 1, "technical": 1 })).unwrap(),
        ..Subject::default()
    };
    let mut subjects = [named("host-000004.example.org"), named("host-000009.example.org")];
    let home = tempfile::tempdir().unwrap();
    let journal = Journal::open(home.path().join("store.sqlite"), "user@9").unwrap();
    Survey { client: &mut client, journal: &journal, now: START }.ask(&mut subjects).unwrap();
    let planned: Vec<Planned> = subjects.iter().map(|subject| plan(subject, START).unwrap()).collect();
    let there = planned.iter().map(|planned| (planned.certificate, planned.action == PlannedAction::Create));
    assert_eq!(there.collect::<Vec<_>>(), [(Some(10_004), false), (None, true)]);
}

/// The jobs that were looked for stand in the way of an order, if one of the same certificate runs.
#[test]
fn somebody_elses_job_is_seen_where_it_runs() {
    for (lists_all, jobs_never_end) in [(false, true), (true, true), (true, false), (false, false)] {
        let gateway = Gateway::with(Settings { start: Some(START), jobs_never_end, ..Settings::default() });
        let names = ["a.example.com", "b.example.com", "c.example.com"];
        let key = PrivateKey::generate(KeyType::P256).unwrap();
        let csr = |name: &str| {
            let subject = Named { common_name: name.to_owned(), ..Named::default() };
            key.request(&subject, &[name.to_owned()]).unwrap()
        };
        for name in names {
            let certificate = Certificate {
                csr: Some(csr(name)),
                name: Some(name.to_owned()),
                product: Some("QUICKSSLPREMIUM".to_owned()),
                lifetime: Some(TimePeriod::months(12)),
                admin_contact: Some(SslContact::by_id(1120)),
                technical_contact: Some(SslContact::by_id(100)),
                authentication: Some(CertAuthentication {
                    method: Some(AuthMethod::Dns),
                    ..CertAuthentication::default()
                }),
                ..Certificate::default()
            };
            ask(&gateway, Protocol::Json, CertificateCreate { certificate }, START);
        }
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(folder.path().join("store.sqlite"), "user@9").unwrap();
        let options =
            PreparationOptions { deadline: Duration::from_secs(60), wait: true, recovery: RecoveryOptions::default() };
        for name in names {
            let mut request = OrderRequest::create().csr(&csr(name)).unwrap();
            request.product = Some("QUICKSSLPREMIUM".to_owned());
            (request.admin, request.technical) = (Some(1120), Some(100));
            let mut preparation = Preparation {
                client: &mut client_of(Sparing { gateway: gateway.clone(), lists_all }),
                journal: &mut journal,
                running: &mut RunningJobs::of_account(),
                options: &options,
                not_removed: &mut |why| panic!("{why}"),
            };
            let found = preparation.order(OrderId::new(), &mut request, None).map(drop);
            match found {
                Ok(()) => assert!(!jobs_never_end, "{name}: its job runs"),
                Err(Error::Preparation(why)) => {
                    assert!(matches!(&*why, PreparationError::UnderWay { name: of, .. } if of == name), "{why}");
                    assert!(jobs_never_end, "{name}: its job is over");
                }
                Err(why) => panic!("{name}: {why}"),
            }
        }
    }
}
