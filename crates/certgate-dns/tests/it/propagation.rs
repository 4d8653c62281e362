//! What name servers show, and what not.

use std::{
    net::{SocketAddr, UdpSocket},
    thread,
};

use certgate_dns::{DnsError, NotSeen, Propagation, QueryError, ZoneRecord};
use pretty_assertions::assert_eq;

use crate::support::server::{NameServer, a, cname, serve, txt, zone};

pub(crate) fn record(line: &str) -> ZoneRecord {
    ZoneRecord::parse(line).unwrap().remove(0)
}

fn check(servers: &[SocketAddr], line: &str) -> Vec<Result<(), NotSeen>> {
    let propagation = Propagation { resolvers: servers.to_vec(), authoritative: false };
    propagation.check(&record(line)).unwrap().into_iter().map(|answer| answer.found).collect()
}

const LINE: &str = "example.com. 300 IN TXT \"right\"";

#[test]
fn exactly_that_record() {
    let others = |value: &str| Err(NotSeen::Others(vec![value.to_owned()]));
    for (what, records, line, expected) in [
        ("there", vec![("example.com.", txt("right"))], LINE, Ok(())),
        ("beside others", vec![("example.com.", txt("v=spf1")), ("example.com.", txt("right"))], LINE, Ok(())),
        ("with the page's line end", vec![("example.com.", txt("right\n"))], LINE, Ok(())),
        ("another", vec![("example.com.", txt("wrong"))], LINE, others("wrong")),
        ("more than it", vec![("example.com.", txt("right or not"))], LINE, others("right or not")),
        ("of another type", vec![("example.com.", a([127, 0, 0, 1]))], LINE, Err(NotSeen::NoRecord)),
        ("nothing", vec![], LINE, Err(NotSeen::NoRecord)),
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
            others("other.example.net."),
        ),
        ("CNAMEs in a circle", vec![("example.com.", cname("example.com."))], LINE, Err(NotSeen::AliasChain)),
    ] {
        assert_eq!(check(&[serve(zone(&records))], line), [expected], "{what}");
    }
}

/// As many CNAMEs as are followed, and one more.
#[test]
fn a_chain_of_cnames() {
    for (count, expected) in [(8, Ok(())), (9, Err(NotSeen::AliasChain))] {
        let names: Vec<String> = (0..=count).map(|at| format!("n{at}.example.com.")).collect();
        let mut records: Vec<_> = names.windows(2).map(|two| (two[0].as_str(), cname(&two[1]))).collect();
        records.push((&names[count], txt("right")));
        assert_eq!(check(&[serve(zone(&records))], "n0.example.com. 300 IN TXT \"right\""), [expected], "{count}");
    }
}

#[test]
fn only_at_one_of_two_and_late() {
    let (first, second) = (zone(&[("example.com.", txt("right"))]), zone(&[]));
    let servers = [serve(first), serve(second.clone())];
    assert_eq!(check(&servers, LINE), [Ok(()), Err(NotSeen::NoRecord)]);
    second.lock().unwrap().push(("example.com.".to_owned(), txt("right")));
    assert_eq!(check(&servers, LINE), [Ok(()), Ok(())], "nothing is remembered");
}

/// What does not fit into a datagram is asked for again over TCP.
#[test]
fn an_answer_that_does_not_fit() {
    let many: Vec<_> = (0..9).map(|n| ("example.com.", txt(&format!("{n}").repeat(200)))).collect();
    let records = [many, vec![("example.com.", txt("right"))]].concat();
    let server = NameServer { truncates: true, ..NameServer::of(zone(&records)) };
    let asked = server.asked.clone();
    assert_eq!(check(&[server.listen("127.0.0.1:0")], LINE), [Ok(())]);
    assert_eq!(*asked.lock().unwrap(), ["example.com. TXT", "example.com. TXT"], "once each way");
}

/// Who guesses neither the id nor the question is not heard.
#[test]
fn answers_to_other_questions() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let lie = NameServer::of(zone(&[("example.com.", txt("lie"))]));
    let truth = NameServer::of(zone(&[("example.com.", txt("right"))]));
    thread::spawn(move || {
        let mut buffer = [0; 512];
        let (length, from) = socket.recv_from(&mut buffer).unwrap();
        let asked = &buffer[..length];
        let answer = |server: &NameServer, change: &dyn Fn(&mut Vec<u8>)| {
            let mut question = asked.to_vec();
            change(&mut question);
            let bytes = server.answer(question, false);
            socket.send_to(&bytes, from).unwrap();
        };
        answer(&lie, &|question| question[1] ^= 1);
        answer(&lie, &|question| *question.last_mut().unwrap() = 255);
        socket.send_to(asked, from).unwrap();
        socket.send_to(b"no message", from).unwrap();
        answer(&truth, &|_| ());
    });
    assert_eq!(check(&[address], LINE), [Ok(())]);
}

#[test]
fn what_cannot_be_asked() {
    let nobody = Propagation::default().check(&record(LINE)).unwrap_err();
    assert_eq!(nobody, DnsError::Nobody);
    let odd = Propagation { resolvers: vec![], authoritative: true }
        .check(&record("example.com. 300 IN A 127.0.0.1"))
        .unwrap_err();
    assert_eq!(odd, DnsError::Record("example.com. A 127.0.0.1".to_owned()));
    // Nobody listens there.
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    drop(socket);
    let found = check(&[address], LINE);
    assert!(matches!(&found[0], Err(NotSeen::Query(QueryError::Unreachable(_)))), "{found:?}");
    let refuses = NameServer { apex: Some("example.net."), ..NameServer::of(zone(&[])) }.listen("127.0.0.1:0");
    let refused = NotSeen::Query(QueryError::ResponseCode("REFUSED".to_owned()));
    assert_eq!(check(&[refuses], LINE), [Err(refused)]);
}
