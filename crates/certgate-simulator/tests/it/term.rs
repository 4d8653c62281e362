//! The paid term, where certificates last less long.

use std::time::Duration;

use certgate_domain::{
    AnyTask, Certificate, Lenient, Moment, Response,
    task::{CertificateInfo, CertificateRealtime, CertificateRenew},
};
use certgate_simulator::{Gateway, Protocol, Settings};
use certgate_x509::X509;
use pretty_assertions::assert_eq;

use crate::support::gateway::{
    NOW, PROTOCOLS, code, csr, data, decode, handle_at, order, poll, reason, reissue, reply, settings,
};

const DAY: i64 = 86_400;

/// A gateway whose certificates last 47 days: the term of 571 ends in 25 days, 365 days after it began.
fn gateway() -> Gateway {
    Gateway::with(Settings { max_validity: Some(Duration::from_secs(47 * 86_400)), ..settings() })
}

/// On a day after the start.
fn ask(
    gateway: &Gateway,
    protocol: Protocol,
    task: impl Into<AnyTask>,
    day: i64,
) -> Response<certgate_domain::AnyData> {
    let task = task.into();
    let kind = task.kind();
    decode(protocol, kind, &reply(handle_at(gateway, protocol, task, 0, NOW + day * DAY)))
}

fn renew() -> CertificateRenew {
    CertificateRenew { certificate: Certificate { id: Some(571), ..Certificate::default() } }
}

/// When the certificate and its term end, in days after the start, and whether a reissue is required.
fn state(certificate: &Certificate) -> (i64, i64, bool) {
    let day = |moment: &Option<Lenient<Moment>>| {
        (moment.as_ref().unwrap().value().unwrap().unix_seconds().unwrap() - NOW) / DAY
    };
    let not_after = X509::from_pem(certificate.server.as_ref().unwrap()).unwrap().not_after;
    assert_eq!((not_after - NOW) / DAY, day(&certificate.expire), "the certificate itself says the same");
    let required = certificate.reissue_required.as_ref().unwrap().value().unwrap();
    (day(&certificate.expire), day(&certificate.payable), *required)
}

fn info(gateway: &Gateway, protocol: Protocol, day: i64) -> (i64, i64, bool) {
    state(&data(&ask(gateway, protocol, CertificateInfo::new(571), day)).unwrap())
}

#[test]
fn a_reissue_keeps_the_term_and_a_renewal_adds_one() {
    for protocol in PROTOCOLS {
        let gateway = gateway();
        assert_eq!(info(&gateway, protocol, 0), (20, 25, false), "{protocol:?}");
        assert_eq!(code(&ask(&gateway, protocol, reissue(), 0)), "N400101");
        assert_eq!(info(&gateway, protocol, 0), (25, 25, false), "it ends with its term");
        assert_eq!(code(&ask(&gateway, protocol, renew(), 1)), "N400106");
        assert_eq!(info(&gateway, protocol, 1), (48, 390, false), "the new term follows the old one");
        // The message says the same.
        let message: certgate_domain::PollMessage = data(&ask(&gateway, protocol, poll(), 1)).unwrap();
        assert_eq!(state(message.object.unwrap().certificate().unwrap()), (25, 25, false));
        assert_eq!(info(&gateway, protocol, 40), (48, 390, false));
        assert_eq!(info(&gateway, protocol, 42), (48, 390, true), "it ends in a week, its term does not");
        assert_eq!(code(&ask(&gateway, protocol, reissue(), 42)), "N400101");
        assert_eq!(info(&gateway, protocol, 42), (89, 390, false));
        // Nothing of the term is left to reissue in, and a term that is over is not lengthened: it begins anew.
        assert_eq!(info(&gateway, protocol, 400), (89, 390, false));
        let late = ask(&gateway, protocol, reissue(), 400);
        let (why, path, _) = reason(&late);
        assert_eq!((code(&late), why, path), ("E400102", "EF01000", "certificate.payable"));
        assert_eq!(code(&ask(&gateway, protocol, renew(), 400)), "N400106");
        assert_eq!(info(&gateway, protocol, 400), (447, 765, false));
    }
}

#[test]
fn a_renewal_has_a_window_before_the_end_of_the_term() {
    for protocol in PROTOCOLS {
        let gateway = gateway();
        assert_eq!(code(&ask(&gateway, protocol, renew(), 0)), "N400106");
        assert_eq!(info(&gateway, protocol, 0), (47, 390, false));
        for (day, expected) in [(46, "E400106"), (299, "E400106"), (300, "N400106")] {
            let answer = ask(&gateway, protocol, renew(), day);
            assert_eq!(code(&answer), expected, "{protocol:?}: day {day}");
            assert!(expected != "E400106" || reason(&answer).0 == "EF4001012", "{answer:?}");
        }
    }
}

/// Its term is what it pays, whatever its order says of times.
#[test]
fn a_new_certificate_begins_a_term() {
    for protocol in PROTOCOLS {
        let ordered = Certificate {
            id: None,
            expire: Moment::from_unix_seconds(NOW + 9999 * DAY).map(Lenient::Parsed),
            ..order(csr("example.com", &["example.com"]))
        };
        let issued = data(&ask(&gateway(), protocol, CertificateRealtime { certificate: ordered }, 10)).unwrap();
        assert_eq!(state(&issued), (57, 375, false), "{protocol:?}");
    }
}

#[test]
fn nothing_is_said_of_a_term_that_is_the_certificates() {
    for protocol in PROTOCOLS {
        let gateway = Gateway::with(settings());
        ask(&gateway, protocol, reissue(), 0);
        let certificate: Certificate = data(&ask(&gateway, protocol, CertificateInfo::new(571), 0)).unwrap();
        assert_eq!((certificate.payable, certificate.reissue_required), (None, None), "{protocol:?}");
    }
}
