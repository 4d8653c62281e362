//! Updates of a zone, signed, against a server that checks the signature.

use certgate_dns::{DnsError, Looking, TsigKey, Updating};
use certgate_domain::ZoneRecord;
use hickory_proto::rr::{Name, TSigner, rdata::tsig::TsigAlgorithm};
use pretty_assertions::assert_eq;

use crate::support::server::{self, cname, serve_updates, soa, txt, zone};

const KEY: &str = "key \"certgate.\" {\n\talgorithm hmac-sha256;\n\tsecret \"c2VjcmV0LXNlY3JldC1zZWNyZXQ=\";\n};\n";

fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

fn signer() -> TSigner {
    let name = Name::from_ascii("certgate.").unwrap();
    TSigner::new(b"secret-secret-secret".to_vec(), TsigAlgorithm::HmacSha256, name, 300).unwrap()
}

#[test]
fn added_and_removed() {
    let zone = zone(&[("example.com.", soa()), ("_x.www.example.com.", txt("another"))]);
    let server = serve_updates(zone.clone(), signer());
    let updating = Updating { server, key: TsigKey::from_text(KEY).unwrap() };
    let long = "y".repeat(300);
    for line in ["_x.www.example.com. 300 IN TXT \"right\"".to_owned(), format!("example.com. 300 IN TXT \"{long}\"")] {
        let record: ZoneRecord = line.parse().unwrap();
        let look = || Looking { resolvers: vec![server], authoritative: false }.look(&record).unwrap().remove(0).found;
        assert!(look().is_err());
        updating.add(&record, now()).unwrap();
        assert_eq!(look(), Ok(()));
        updating.remove(&record, now()).unwrap();
        assert!(look().is_err());
    }
    assert_eq!(zone.lock().unwrap().len(), 2, "the other record of the name is still there");
}

#[test]
fn refusals() {
    let zone = zone(&[
        ("example.com.", soa()),
        ("_x.example.com.", cname("elsewhere.example.net.")),
        ("_y.example.com.", txt("another")),
    ]);
    let server = serve_updates(zone.clone(), signer());
    let record: ZoneRecord = "example.com. 300 IN TXT \"right\"".parse().unwrap();
    let other = KEY.replace("c2VjcmV0LXNlY3JldC1zZWNyZXQ=", "b3RoZXItb3RoZXItb3RoZXI=");
    let updating = |key: &str| Updating { server, key: TsigKey::from_text(key).unwrap() };
    for (what, result, said) in [
        ("another secret", updating(&other).add(&record, now()), "it refused the update"),
        ("another name", updating(&KEY.replace("certgate.", "other.")).add(&record, now()), "it refused the update"),
        ("an old clock", updating(KEY).add(&record, now() - 1000), "it refused the update"),
        (
            "a zone of somebody else's",
            updating(KEY).add(&"example.net. 300 IN TXT \"x\"".parse().unwrap(), now()),
            "serves no zone for example.net.",
        ),
        (
            "a name that is a CNAME",
            updating(KEY).add(&"_x.example.com. 300 IN TXT \"x\"".parse().unwrap(), now()),
            "the name is a CNAME",
        ),
        (
            "a CNAME in another's place",
            updating(KEY).add(&"_x.example.com. 300 IN CNAME here.example.net.".parse().unwrap(), now()),
            "the name has records already",
        ),
        (
            "a CNAME beside others",
            updating(KEY).add(&"_y.example.com. 300 IN CNAME here.example.net.".parse().unwrap(), now()),
            "the name has records already",
        ),
    ] {
        let error = result.unwrap_err();
        assert!(matches!(error, DnsError::Update(_)), "nothing was changed: {what}: {error:?}");
        assert!(error.to_string().contains(said), "{what}: {error}");
    }
    assert_eq!(zone.lock().unwrap().len(), 3);
    for (text, said) in [
        ("", "no key is named"),
        ("key \"a\" { secret \"c2VjcmV0\"; };", "no algorithm is named"),
        (
            "key \"a\" { algorithm hmac-md5; secret \"c2VjcmV0\"; };",
            "algorithm `hmac-md5`: expected one of hmac-sha256",
        ),
        ("key \"a\" { algorithm hmac-sha256; };", "there is no secret"),
        ("key \"a\" { algorithm hmac-sha256; secret \"%%hidden%%\"; };", "its secret is not Base64"),
    ] {
        let error = TsigKey::from_text(text).unwrap_err();
        assert!(matches!(&error, DnsError::Key(why) if why.contains(said)), "{error}");
        assert!(!error.to_string().contains("hidden"));
    }
    assert!(!format!("{:?}", TsigKey::from_text(KEY).unwrap()).contains("c2VjcmV0"));
}

/// Anybody on the way could say that all went well.
#[test]
fn an_answer_without_a_signature_is_none() {
    use std::io::{Read, Write};

    use hickory_proto::op::{Message, MessageType, OpCode};

    let (socket, listener) = server::both();
    let server = server::answer(socket, zone(&[("example.com.", soa())]));
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut length = [0; 2];
        stream.read_exact(&mut length).unwrap();
        let mut bytes = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut bytes).unwrap();
        let asked = Message::from_vec(&bytes).unwrap();
        let answer = Message::new(asked.metadata.id, MessageType::Response, OpCode::Update).to_vec().unwrap();
        let length = u16::try_from(answer.len()).unwrap();
        stream.write_all(&[&length.to_be_bytes()[..], &answer].concat()).unwrap();
    });
    let updating = Updating { server, key: TsigKey::from_text(KEY).unwrap() };
    let error = updating.add(&"example.com. 300 IN TXT \"right\"".parse().unwrap(), now()).unwrap_err();
    let DnsError::Unsure(error) = error else { panic!("{error}") };
    assert!(error.contains("its answer is not signed with the key"), "{error}");
}
