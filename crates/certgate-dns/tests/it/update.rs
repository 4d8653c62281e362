//! Updates of a zone, signed, against a server that checks the signature.

use std::{net::SocketAddr, thread};

use certgate_dns::{DnsError, NotSeen, Propagation, TsigKey, ZoneRecord, ZoneUpdater};
use domain::{
    base::{Message, MessageBuilder, iana::Rcode},
    tsig::Algorithm,
};
use pretty_assertions::assert_eq;

use crate::{
    propagation::record,
    support::server::{self, NameServer, cname, serve_updates, soa, txt, zone},
};

const SECRET: &[u8] = b"secret-secret-secret";
const KEY: &str = "key \"certgate.\" {\n\talgorithm hmac-sha256;\n\tsecret \"c2VjcmV0LXNlY3JldC1zZWNyZXQ=\";\n};\n";

pub(crate) fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

pub(crate) fn found(server: SocketAddr, record: &ZoneRecord) -> Result<(), NotSeen> {
    Propagation { resolvers: vec![server], authoritative: false }.check(record).unwrap().remove(0).found
}

/// With each algorithm that the library, which checks the signature, has: it wants keys of at least that length.
#[test]
fn added_and_removed() {
    for (name, algorithm) in [
        ("hmac-sha1", Algorithm::Sha1),
        ("HMAC-SHA256", Algorithm::Sha256),
        ("hmac-sha384", Algorithm::Sha384),
        ("hmac-sha512", Algorithm::Sha512),
    ] {
        let zone = zone(&[("example.com.", soa()), ("_x.www.example.com.", txt("another"))]);
        let server = serve_updates(zone.clone(), server::key(algorithm, "certgate", SECRET));
        let key = TsigKey::from_text(&KEY.replace("hmac-sha256", name)).unwrap();
        let updater = ZoneUpdater { server, key };
        let long = "y".repeat(300);
        for line in [
            "_x.www.example.com. 300 IN TXT \"right\"".to_owned(),
            format!("example.com. 300 IN TXT \"{}\" \"{}\"", &long[..200], &long[200..]),
            "_dnsauth.example.com. 60 CNAME x.ca.example.".to_owned(),
        ] {
            let record = record(&line);
            assert_ne!(found(server, &record), Ok(()), "{line}");
            updater.add(&record, now()).unwrap();
            assert_eq!(found(server, &record), Ok(()), "{line}");
            updater.remove(&record, now()).unwrap();
            assert_ne!(found(server, &record), Ok(()), "{line}");
        }
        assert_eq!(zone.lock().unwrap().len(), 2, "the other record of the name is still there");
    }
}

#[test]
fn refusals() {
    let zone = zone(&[
        ("example.com.", soa()),
        ("_x.example.com.", cname("elsewhere.example.net.")),
        ("_y.example.com.", txt("another")),
    ]);
    let server = serve_updates(zone.clone(), server::key(Algorithm::Sha256, "certgate", SECRET));
    let other = KEY.replace("c2VjcmV0LXNlY3JldC1zZWNyZXQ=", "b3RoZXItb3RoZXItb3RoZXI=");
    let updater = |key: &str| ZoneUpdater { server, key: TsigKey::from_text(key).unwrap() };
    let right = record("example.com. 300 IN TXT \"right\"");
    for (what, result, said) in [
        ("another secret", updater(&other).add(&right, now()), "it refused the update (NOTAUTH"),
        (
            "another name",
            updater(&KEY.replace("certgate.", "other.")).add(&right, now()),
            "it refused the update (NOTAUTH, BADKEY)",
        ),
        (
            "an old clock",
            updater(KEY).add(&right, now() - 1000),
            "it refused the update (NOTAUTH, BADTIME): set this machine's clock",
        ),
        (
            "a zone of somebody else's",
            updater(KEY).add(&record("example.net. 300 IN TXT \"x\""), now()),
            "serves no zone for example.net.",
        ),
        (
            "a name that is a CNAME",
            updater(KEY).add(&record("_x.example.com. 300 IN TXT \"x\""), now()),
            "the name is a CNAME",
        ),
        (
            "a CNAME in another's place",
            updater(KEY).add(&record("_x.example.com. 300 IN CNAME here.example.net."), now()),
            "the name has records already",
        ),
        (
            "a CNAME beside others",
            updater(KEY).add(&record("_y.example.com. 300 IN CNAME here.example.net."), now()),
            "the name has records already",
        ),
    ] {
        let error = result.unwrap_err();
        assert!(matches!(error, DnsError::Update(_)), "nothing was changed: {what}: {error:?}");
        assert!(error.to_string().contains(said), "{what}: {error}");
    }
    assert_eq!(zone.lock().unwrap().len(), 3);
    let odd = updater(KEY).add(&record("example.com. A 192.0.2.1"), now());
    assert_eq!(odd, Err(DnsError::Record("example.com. A 192.0.2.1".to_owned())));
}

/// Anybody on the way could say that all went well.
#[test]
fn an_answer_without_a_right_signature_is_none() {
    let key = server::key(Algorithm::Sha256, "certgate", SECRET);
    let honest = NameServer { key: Some(key), ..NameServer::of(zone(&[("example.com.", soa())])) };
    for (what, lie) in [
        (
            "no signature",
            &(|asked: &Message<Vec<u8>>, _| {
                MessageBuilder::new_vec().start_answer(asked, Rcode::NOERROR).unwrap().finish()
            }) as &(dyn Fn(&Message<Vec<u8>>, Vec<u8>) -> Vec<u8> + Sync),
        ),
        ("a signature that was changed", &|_, mut signed| {
            let at = signed.len() - 10;
            signed[at] ^= 1;
            signed
        }),
        ("a message that was changed", &|_, mut signed| {
            signed[2] ^= 4;
            signed
        }),
        ("another id", &|_, mut signed| {
            signed[0] ^= 1;
            signed
        }),
        ("nothing to read", &|_, _| b"?".to_vec()),
    ] {
        let (socket, listener) = server::both("127.0.0.1:0");
        let server = socket.local_addr().unwrap();
        let error = thread::scope(|scope| {
            scope.spawn(|| {
                let mut buffer = [0; 512];
                let (length, from) = socket.recv_from(&mut buffer).unwrap();
                socket.send_to(&honest.answer(buffer[..length].to_vec(), false), from).unwrap();
                let (mut stream, _) = listener.accept().unwrap();
                let asked = server::receive(&mut stream);
                let answer = honest.answer(asked.clone(), false);
                server::send(&mut stream, &lie(&Message::from_octets(asked).unwrap(), answer));
            });
            let updater = ZoneUpdater { server, key: TsigKey::from_text(KEY).unwrap() };
            updater.add(&record("example.com. 300 IN TXT \"right\""), now()).unwrap_err()
        });
        assert!(matches!(error, DnsError::Unsure(_)), "{what}: {error}");
    }
}
