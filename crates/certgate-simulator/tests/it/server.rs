//! The server on loopback, down to the bytes.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use certgate_domain::{TaskKind, task::CertificateInfo};
use certgate_simulator::{Fault, Gateway, Protocol, Server};
use pretty_assertions::assert_eq;

use crate::support::gateway::{account, request};

fn exchange(server: &Server, method: &str, target: &str, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: a test\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    let mut answer = Vec::new();
    // A connection that is reset is an answer as well: none.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

fn start(gateway: &Gateway) -> Server {
    Server::start(gateway.clone(), "127.0.0.1:0".parse().unwrap()).unwrap()
}

#[test]
fn addresses() {
    let server = start(&Gateway::seeded());
    let port = server.address().port();
    assert_eq!(server.xml_endpoint(), format!("http://127.0.0.1:{port}/xml"));
    assert_eq!(server.json_endpoint(), format!("http://127.0.0.1:{port}/v1"));
    for (method, target, status) in [
        ("POST", "/xml", "200"),
        ("POST", "/xml/", "200"),
        ("GET", "/xml", "405"),
        ("PATCH", "/xml", "405"),
        ("GET", "/v1/hello", "401"),
        ("GET", "/v1", "404"),
        ("GET", "/v12/hello", "404"),
        ("GET", "/v1/nowhere", "404"),
        ("DELETE", "/v1/hello", "404"),
        ("GET", "/v1/certificate/one", "400"),
        ("POST", "/", "200"),
        ("GET", "/", "405"),
    ] {
        let answer = exchange(&server, method, target, b"");
        assert_eq!(answer.split(' ').nth(1), Some(status), "{method} {target}: {answer}");
    }
}

#[test]
fn answers_that_break_off() {
    let gateway = Gateway::seeded();
    let server = start(&gateway);
    let body = request(Protocol::Xml, CertificateInfo::new(571), Some(account())).body;
    let whole = exchange(&server, "POST", "/xml", &body);
    let (_, content) = whole.split_once("\r\n\r\n").unwrap();
    assert!(whole.to_ascii_lowercase().contains(&format!("content-length: {}\r\n", content.len())), "{whole}");
    assert!(content.trim_end().ends_with("</response>"), "{content}");

    gateway.inject(Fault::CutShort(Some(TaskKind::CertificateInfo)));
    let cut = exchange(&server, "POST", "/xml", &body);
    let (head, rest) = cut.split_once("\r\n\r\n").unwrap();
    let promised: usize = head
        .to_ascii_lowercase()
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ").and_then(|length| length.parse().ok()))
        .unwrap();
    assert!(!rest.is_empty() && rest.len() < promised, "{} of {promised}", rest.len());

    gateway.inject(Fault::DropAfterRead(None));
    assert_eq!(exchange(&server, "POST", "/xml", &body), "");
    assert_eq!(gateway.asked(TaskKind::CertificateInfo), 3);
}

#[test]
fn dropping_it_stops_it() {
    let server = start(&Gateway::seeded());
    let address = server.address();
    drop(server);
    assert!(TcpStream::connect(address).is_err());
}
