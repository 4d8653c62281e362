//! The zone's own servers, found by its NS records and asked at port 53: in a network of its own, where the machine lets us
//! have one.

use std::process::Command;

use certgate_dns::{NotSeen, Propagation, ServerAnswer};
use pretty_assertions::assert_eq;

use crate::{
    propagation::record,
    support::server::{NameServer, a, cname, ns, txt, zone},
};

const INSIDE: &str = "CERTGATE_TEST_INSIDE";

/// Runs a test of this file in a network of its own.
fn in_a_network_of_its_own(test: &str, inside: fn()) {
    if std::env::var_os(INSIDE).is_some() {
        return inside();
    }
    let name = format!("authoritative::{test}");
    let script = format!("ip link set lo up || exit 99; exec \"$0\" --exact {name} --nocapture");
    let myself = std::env::current_exe().unwrap();
    let output = Command::new("unshare").args(["-rn", "sh", "-c", &script]).arg(myself).env(INSIDE, "1").output();
    match output {
        Ok(output) if output.status.code() != Some(99) && !output.stderr.starts_with(b"unshare:") => {
            let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && said.contains("1 passed"), "{said}");
        }
        _ => eprintln!("{name}: left out, no network namespace is to be had here"),
    }
}

fn check(propagation: &Propagation, line: &str) -> Vec<(String, Result<(), NotSeen>)> {
    let answers = propagation.check(&record(line)).unwrap();
    answers.into_iter().map(|ServerAnswer { server, found }| (server, found)).collect()
}

#[test]
fn the_zones_own_servers_are_found_and_asked() {
    in_a_network_of_its_own("the_zones_own_servers_are_found_and_asked", || {
        const LINE: &str = "_x.www.example.com. 300 IN TXT \"right\"";
        let finder = NameServer::of(zone(&[
            ("example.com.", ns("ns1.example.net.")),
            ("example.com.", ns("ns2.example.net.")),
            ("ns1.example.net.", a([127, 0, 0, 2])),
            ("ns2.example.net.", a([127, 0, 0, 3])),
            ("_x.www.example.com.", txt("right")),
        ]));
        let resolver = finder.listen("127.0.0.1:5353");
        let second = zone(&[]);
        let first = NameServer::of(zone(&[("_x.www.example.com.", txt("right"))]));
        let asked = first.asked.clone();
        first.listen("127.0.0.2:53");
        NameServer::of(second.clone()).listen("127.0.0.3:53");
        let propagation = Propagation { resolvers: vec![resolver], authoritative: true };
        let seen = |second: Result<(), NotSeen>| {
            [("127.0.0.1:5353", Ok(())), ("127.0.0.2:53", Ok(())), ("127.0.0.3:53", second)]
                .map(|(server, found)| (server.to_owned(), found))
        };
        assert_eq!(
            check(&propagation, LINE),
            seen(Err(NotSeen::NoRecord)),
            "the resolver and one of two is not enough"
        );
        assert_eq!(*asked.lock().unwrap(), ["_x.www.example.com. TXT"], "nobody is asked twice");
        second.lock().unwrap().push(("_x.www.example.com.".to_owned(), txt("right")));
        assert_eq!(check(&propagation, LINE), seen(Ok(())));
        // A split horizon: only what the chosen resolver says counts.
        let only = check(&Propagation { resolvers: vec![resolver], authoritative: false }, LINE);
        assert_eq!(only.len(), 1);
        let nowhere = check(&propagation, "_x.example.org. 300 IN TXT \"right\"");
        let expected = ("the zone of _x.example.org".to_owned(), Err(NotSeen::NoZone("_x.example.org".to_owned())));
        assert_eq!(nowhere[1], expected);
    });
}

/// An alias into another zone is followed to that zone's own servers, and no server is asked for a zone that it does not have.
#[test]
fn an_alias_into_another_zone() {
    in_a_network_of_its_own("an_alias_into_another_zone", || {
        let resolver = NameServer::of(zone(&[
            ("example.com.", ns("ns.example.com.")),
            ("ns.example.com.", a([127, 0, 0, 2])),
            ("other.example.", ns("ns.other.example.")),
            ("ns.other.example.", a([127, 0, 0, 3])),
            ("nobody.example.", ns("ns.nobody.example.")),
        ]))
        .listen("127.0.0.1:5353");
        let serve = |address: &str, apex, records: &[_]| {
            let server = NameServer { apex: Some(apex), ..NameServer::of(zone(records)) };
            let asked = server.asked.clone();
            server.listen(address);
            asked
        };
        let first = serve(
            "127.0.0.2:53",
            "example.com.",
            &[
                ("_x.example.com.", cname("x.other.example.")),
                ("_y.example.com.", cname("_z.example.com.")),
                ("_z.example.com.", cname("y.other.example.")),
                ("_round.example.com.", cname("round.other.example.")),
                ("_lost.example.com.", cname("x.nobody.example.")),
            ],
        );
        let second = serve(
            "127.0.0.3:53",
            "other.example.",
            &[("x.other.example.", txt("right")), ("round.other.example.", cname("_round.example.com."))],
        );
        // The resolver would not know of the record at all: its own servers say what counts.
        let propagation = Propagation { resolvers: vec![resolver], authoritative: true };
        let own = |name: &str| check(&propagation, &format!("{name} 300 IN TXT right")).split_off(1);
        let at_second = |found| vec![("127.0.0.3:53".to_owned(), found)];
        assert_eq!(own("_x.example.com."), at_second(Ok(())));
        assert_eq!(*first.lock().unwrap(), ["_x.example.com. TXT"]);
        assert_eq!(*second.lock().unwrap(), ["x.other.example. TXT"]);
        assert_eq!(own("_y.example.com."), at_second(Err(NotSeen::NoRecord)), "by two aliases");
        assert_eq!(own("_round.example.com."), at_second(Err(NotSeen::AliasChain)));
        let unreachable = NotSeen::NoAddress("nobody.example".to_owned());
        assert_eq!(own("_lost.example.com."), [("the zone of x.nobody.example".to_owned(), Err(unreachable))]);
        for (server, apex) in [(first, "example.com. TXT"), (second, "other.example. TXT")] {
            let asked = server.lock().unwrap();
            assert!(asked.iter().all(|question| question.ends_with(apex)), "{asked:?}");
        }
    });
}

/// Where the resolver fails, the zone above is not taken for the zone.
#[test]
fn a_resolver_that_fails() {
    in_a_network_of_its_own("a_resolver_that_fails", || {
        let server = NameServer { apex: Some("com."), ..NameServer::of(zone(&[("com.", ns("ns.com."))])) };
        let asked = server.asked.clone();
        let resolver = server.listen("127.0.0.1:5353");
        let propagation = Propagation { resolvers: vec![resolver], authoritative: true };
        let found = check(&propagation, "_x.example.org. 300 IN TXT right").remove(1).1;
        assert!(matches!(found, Err(NotSeen::Search(_))), "{found:?}");
        assert_eq!(*asked.lock().unwrap(), ["_x.example.org. TXT", "_x.example.org. NS"]);
    });
}
