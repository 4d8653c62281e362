//! What a new world holds, on whatever day it begins.

use std::time::Duration;

use certgate_domain::{
    AnyData, Certificate, Moment, Query, Response, Verdict,
    task::{CertificateInfo, CertificateList, CertificateRenew},
};
use certgate_simulator::{Gateway, Settings};
use certgate_x509::CertificateRequest;
use pretty_assertions::assert_eq;

use crate::support::gateway::{PROTOCOLS, code, data, decode, handle_at, reply};

const DAY: i64 = 86_400;

fn unix(text: &str) -> i64 {
    text.parse::<Moment>().unwrap().unix_seconds().unwrap()
}

fn ends(certificate: &Certificate) -> i64 {
    certificate.expire.as_ref().unwrap().value().unwrap().unix_seconds().unwrap()
}

#[test]
fn every_day_is_alike() {
    for today in [
        "2026-06-01T00:00:00Z",
        "2028-02-29T12:00:00Z",
        "2027-10-31T02:30:00+02:00",
        "2027-10-31T02:30:00+01:00",
        "2049-12-31T23:59:59Z",
        "2050-06-01T00:00:00Z",
    ] {
        let now = unix(today);
        for protocol in PROTOCOLS {
            let gateway = Gateway::with(Settings { start: Some(now), more_certificates: 320, ..Settings::default() });
            let ask = |task: certgate_domain::AnyTask| -> Response<AnyData> {
                let kind = task.kind();
                decode(protocol, kind, &reply(handle_at(&gateway, protocol, task, 0, now)))
            };
            let old: Certificate = data(&ask(CertificateInfo::new(571).into())).unwrap();
            assert_eq!(ends(&old), now + 20 * DAY, "{today}");
            let authorities: Vec<String> =
                old.certification_authority.iter().filter_map(|authority| authority.ca_certificate.clone()).collect();
            let request = CertificateRequest::from_pem(old.csr.as_deref().unwrap()).unwrap();
            let (checks, _) =
                certgate_x509::check(&request, Some("example.com"), old.server.as_deref().unwrap(), &authorities, now);
            assert!(checks.iter().all(|check| check.ok), "{today}: {checks:?}");

            let all = ask(CertificateList { query: Query::default().window(0, 1000) }.into());
            let all: Vec<&Certificate> = all
                .data
                .iter()
                .filter_map(|row| match row {
                    AnyData::Certificate(row) => Some(&**row),
                    _ => None,
                })
                .collect();
            assert_eq!(all.len(), 321, "{today}");
            let days = |row: &&Certificate| (ends(row) - now) / DAY;
            let others: Vec<i64> = all.iter().filter(|row| row.id != Some(571)).map(days).collect();
            assert_eq!((others.iter().min(), others.iter().max()), (Some(&60), Some(&359)), "{today}");

            let renewal = CertificateRenew { certificate: Certificate { id: Some(571), ..Certificate::default() } };
            let answer = ask(renewal.into());
            assert_eq!((code(&answer), answer.verdict()), ("N400106", Some(Verdict::Accepted)), "{today}");
        }
    }
}

/// Its clock starts when it is told to, and runs on.
#[test]
fn the_clock_starts_when_it_is_told_to() {
    let start = unix("2028-02-29T12:00:00Z");
    for (clock_ahead, date) in [(0, "Tue, 29 Feb 2028 12:00:0"), (3600, "Tue, 29 Feb 2028 13:00:0")] {
        let gateway = Gateway::with(Settings { start: Some(start), clock_ahead, ..Settings::default() });
        let request = crate::support::gateway::request(PROTOCOLS[0], CertificateInfo::new(571), None);
        let certgate_simulator::Handled::Reply(reply, Duration::ZERO) =
            certgate_server::Handler::handle(&gateway, PROTOCOLS[0], &request, &certgate_server::Caller::default())
        else {
            panic!("no reply")
        };
        assert!(reply.header("date").unwrap().starts_with(date), "{:?}", reply.header("date"));
    }
}
