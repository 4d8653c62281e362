//! Requests of other clients, byte for byte as they send them (`fixtures/_peers`; `cargo xtask peers` runs the clients).

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    time::Duration,
};

use certgate_simulator::{Gateway, Server};
use pretty_assertions::assert_eq;

/// The status and the body of the answer to a request of that file.
fn answer(server: &Server, name: &str) -> (u16, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/_peers").join(format!("{name}.http"));
    let text = fs::read_to_string(path).unwrap();
    let (head, body) = text.split_once("\n\n").unwrap();
    let body = body.trim_end();
    let head = head.replace('\n', "\r\n");
    let more = format!("Host: localhost\r\nConnection: close\r\nContent-Length: {}", body.len());
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(format!("{head}\r\n{more}\r\n\r\n{body}").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

#[test]
fn requests_of_other_clients_are_answered_as_they_expect() {
    let server = Server::start(Gateway::seeded(), "127.0.0.1:0".parse().unwrap()).unwrap();
    for (name, status, expected) in [
        ("js-certificate-info", 200, "\"name\":\"example.com\""),
        ("js-certificate-list", 200, "\"id\":571"),
        ("js-contact-create", 200, "\"id\":1121"),
        ("js-certificate-reissue", 200, "\"id\":4297539521"),
        ("js-poll-info", 200, "\"id\":4297539521"),
        ("js-zone-list", 200, "\"origin\":\"example.com\""),
        ("js-zone-stream", 200, "\"code\":\"S0202002\""),
        ("js-zone-stream", 400, "\"code\":\"EF02022\""),
        // Clients read the list without looking whether it is there.
        ("python-certificate-list", 200, "\"data\":[]"),
        ("python-certificate-prepare-order", 200, "\"method\":\"DNS\""),
        ("python-job-list", 200, "\"code\":\"S300115\""),
        ("python-zone-info", 200, "\"value\":\"2026abcd\""),
        ("lego-add", 200, "\"code\":\"S0202002\""),
        ("python-zone-info", 200, "\"name\":\"_acme-challenge.www\""),
        ("lego-remove", 200, "\"code\":\"S0202002\""),
        ("acme-sh-zone-list", 200, "<name>example.com</name>"),
        ("acme-sh-zone-list", 200, "<system_ns>ns1.dns.example</system_ns>"),
        ("acme-sh-add", 200, "<code>S0202001</code>"),
        // XML says a refusal with status 200, and acme.sh takes this one for done.
        ("acme-sh-add", 200, "<code>EF02022</code>"),
        ("acme-sh-remove", 200, "<code>S0202001</code>"),
    ] {
        let (found, body) = answer(&server, name);
        assert!(found == status && body.contains(expected), "{name}: {found} {body}");
    }
    let (status, zone) = answer(&server, "python-zone-info");
    assert_eq!((status, zone.contains("_acme-challenge")), (200, false), "what was added is removed");
}
