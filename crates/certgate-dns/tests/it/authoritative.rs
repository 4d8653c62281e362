//! The zone's own servers, found by its NS records and asked at port 53: in a network of its own, where the machine lets us
//! have one.

use std::{net::Ipv4Addr, process::Command};

use certgate_dns::Looking;
use hickory_proto::rr::{
    Name, RData,
    rdata::{A, NS},
};
use pretty_assertions::assert_eq;

use crate::support::server::{serve_at, txt, zone};

const INSIDE: &str = "CERTGATE_TEST_INSIDE";

#[test]
fn the_zones_own_servers_are_found_and_asked() {
    if std::env::var_os(INSIDE).is_some() {
        return inside();
    }
    let script = "ip link set lo up || exit 99; exec \"$0\" --exact authoritative::the_zones_own_servers_are_found_and_asked --nocapture";
    let myself = std::env::current_exe().unwrap();
    let output = Command::new("unshare").args(["-rn", "sh", "-c", script]).arg(myself).env(INSIDE, "1").output();
    match output {
        Ok(output) if output.status.code() != Some(99) && !output.stderr.starts_with(b"unshare:") => {
            let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && said.contains("1 passed"), "{said}");
        }
        _ => eprintln!("not run: no network namespace is to be had here"),
    }
}

fn inside() {
    let ns = |name: &str| RData::NS(NS(Name::from_ascii(name).unwrap()));
    let a = |last: u8| RData::A(A(Ipv4Addr::new(127, 0, 0, last)));
    let resolver = serve_at(
        "127.0.0.1:5353",
        zone(&[
            ("example.com.", ns("ns1.example.net.")),
            ("example.com.", ns("ns2.example.net.")),
            ("ns1.example.net.", a(2)),
            ("ns2.example.net.", a(3)),
            ("_x.www.example.com.", txt("right")),
        ]),
    );
    let second = zone(&[]);
    serve_at("127.0.0.2:53", zone(&[("_x.www.example.com.", txt("right"))]));
    serve_at("127.0.0.3:53", second.clone());
    let record = "_x.www.example.com. 300 IN TXT \"right\"".parse().unwrap();
    let looking = Looking { resolvers: vec![resolver], authoritative: true };
    let look = || -> Vec<(String, bool)> {
        looking.look(&record).unwrap().into_iter().map(|seen| (seen.server, seen.found.is_ok())).collect()
    };
    let seen = |second: bool| {
        [("127.0.0.1:5353", true), ("127.0.0.2:53", true), ("127.0.0.3:53", second)]
            .map(|(server, ok)| (server.to_owned(), ok))
    };
    assert_eq!(look(), seen(false), "the resolver and one of two is not enough");
    second.lock().unwrap().push(("_x.www.example.com.".to_owned(), txt("right")));
    assert_eq!(look(), seen(true));
    // A split horizon: only what the chosen resolver says counts.
    let only = Looking { resolvers: vec![resolver], authoritative: false }.look(&record).unwrap();
    assert_eq!(only.len(), 1);
    let nowhere = "_x.example.org. 300 IN TXT \"right\"".parse().unwrap();
    let seen = looking.look(&nowhere).unwrap();
    assert_eq!(seen[0].found, Err("no zone is found for _x.example.org.".to_owned()));
}
