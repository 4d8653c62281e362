//! What name servers show, and what not.

use std::net::{SocketAddr, UdpSocket};

use certgate_dns::{DnsError, Looking};
use certgate_domain::ZoneRecord;
use pretty_assertions::assert_eq;

use crate::support::server::{cname, serve, txt, zone};

fn record(line: &str) -> ZoneRecord {
    line.parse().unwrap()
}

fn look(servers: &[SocketAddr], line: &str) -> Vec<Result<(), String>> {
    let looking = Looking { resolvers: servers.to_vec(), authoritative: false };
    looking.look(&record(line)).unwrap().into_iter().map(|seen| seen.found).collect()
}

const LINE: &str = "example.com. 300 IN TXT \"right\"";

#[test]
fn exactly_that_record() {
    for (what, records, line, expected) in [
        ("there", vec![("example.com.", txt("right"))], LINE, Ok(())),
        ("beside others", vec![("example.com.", txt("v=spf1")), ("example.com.", txt("right"))], LINE, Ok(())),
        ("another", vec![("example.com.", txt("wrong"))], LINE, Err("found wrong".to_owned())),
        ("more than it", vec![("example.com.", txt("right or not"))], LINE, Err("found right or not".to_owned())),
        (
            "behind CNAMEs",
            vec![
                ("example.com.", cname("a.example.net.")),
                ("a.example.net.", cname("b.example.net.")),
                ("b.example.net.", txt("right")),
            ],
            LINE,
            Ok(()),
        ),
        (
            "a CNAME",
            vec![("_x.example.com.", cname("Target.example.net."))],
            "_x.example.com. 300 IN CNAME target.example.net.",
            Ok(()),
        ),
        (
            "another CNAME",
            vec![("_x.example.com.", cname("other.example.net."))],
            "_x.example.com. 300 IN CNAME target.example.net.",
            Err("found other.example.net.".to_owned()),
        ),
    ] {
        let server = serve(zone(&records));
        assert_eq!(look(&[server], line), [expected], "{what}");
    }
    let missing = look(&[serve(zone(&[]))], LINE);
    assert!(missing[0].as_ref().unwrap_err().contains("no records found"), "{missing:?}");
    let round = zone(&[("example.com.", cname("example.com."))]);
    assert!(look(&[serve(round)], LINE)[0].is_err(), "it ends");
}

#[test]
fn only_at_one_of_two_and_late() {
    let (first, second) = (zone(&[("example.com.", txt("right"))]), zone(&[]));
    let servers = [serve(first), serve(second.clone())];
    let seen = look(&servers, LINE);
    assert!(seen[0].is_ok() && seen[1].is_err(), "{seen:?}");
    second.lock().unwrap().push(("example.com.".to_owned(), txt("right")));
    assert_eq!(look(&servers, LINE), [Ok(()), Ok(())], "nothing is remembered");
}

#[test]
fn what_cannot_be_asked() {
    let nobody = Looking::default().look(&record(LINE)).unwrap_err();
    assert_eq!(nobody, DnsError::Nobody);
    let odd = Looking { resolvers: vec![], authoritative: true }
        .look(&record("example.com. 300 IN A 127.0.0.1"))
        .unwrap_err();
    assert_eq!(odd, DnsError::Record("example.com.".to_owned()));
    // Nobody listens there.
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    drop(socket);
    assert!(look(&[address], LINE)[0].is_err());
}
