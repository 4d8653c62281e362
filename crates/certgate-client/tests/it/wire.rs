//! What ureq really sends and takes: bytes on a socket.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use certgate_client::{
    Client, Error, HttpSettings, HttpTransport, Line, NetworkError, Phase, Proxy, Throttle, Transport, TransportError,
};
use certgate_domain::{
    Credentials, Secret,
    task::{CertificateDelete, CertificateInfo},
};
use certgate_json::JsonCodec;
use certgate_keys::{KeyType, PrivateKey};
use certgate_wire::{Body, Header, Method, Reply, Request};
use pretty_assertions::assert_eq;
use rustls::{
    ServerConfig, ServerConnection, Stream,
    pki_types::{CertificateDer, PrivateKeyDer},
};

/// Listens for one connection; what becomes of it is what `serve` makes of it.
fn listen<T: Send + 'static>(serve: impl FnOnce(TcpStream) -> T + Send + 'static) -> (SocketAddr, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (address, thread::spawn(move || serve(listener.accept().unwrap().0)))
}

/// Takes one request and answers it.
fn answering(answer: &'static str) -> (SocketAddr, JoinHandle<String>) {
    listen(move |mut stream| {
        let mut asked = Vec::new();
        let mut piece = [0; 4096];
        while !asked.windows(4).any(|end| end == b"\r\n\r\n") || asked.ends_with(b"\r\n0\r\n") {
            let count = stream.read(&mut piece).unwrap();
            asked.extend(&piece[..count]);
        }
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8(asked).unwrap()
    })
}

fn send(endpoint: &str, method: Method, body: &str) -> Result<Reply, TransportError> {
    send_with(HttpSettings::default(), endpoint, method, body)
}

fn send_with(settings: HttpSettings, endpoint: &str, method: Method, body: &str) -> Result<Reply, TransportError> {
    let request = Request {
        method,
        target: "/poll/5".to_owned(),
        headers: vec![Header::plain("Accept", "application/json")],
        body: Body(body.as_bytes().to_vec()),
    };
    HttpTransport::new(endpoint, settings).unwrap().send(&request, Duration::from_secs(10))
}

const DONE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";

#[test]
fn each_method_is_framed_as_servers_expect_it() {
    for (method, body, line, length) in [
        (Method::Get, "", "GET /v1/poll/5 HTTP/1.1", None),
        (Method::Delete, "", "DELETE /v1/poll/5 HTTP/1.1", None),
        (Method::Put, "", "PUT /v1/poll/5 HTTP/1.1", Some("0")),
        (Method::Post, "", "POST /v1/poll/5 HTTP/1.1", Some("0")),
        (Method::Put, "{}", "PUT /v1/poll/5 HTTP/1.1", Some("2")),
    ] {
        let (address, asked) = answering(DONE);
        assert_eq!(send(&format!("http://{address}/v1/"), method, body).unwrap().status, 200);
        let asked = asked.join().unwrap();
        let mut lines = asked.split("\r\n");
        assert_eq!(lines.next(), Some(line));
        let headers: Vec<(String, &str)> = lines
            .map_while(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value))
            .collect();
        let header = |wanted: &str| headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| *value);
        assert_eq!(header("content-length"), length, "{line}");
        assert_eq!((header("transfer-encoding"), header("accept")), (None, Some("application/json")), "{line}");
        assert!(header("user-agent").unwrap().starts_with("certgate/"), "the JSON API demands one");
    }
}

/// It is larger than what is written at once.
#[test]
fn a_large_request_comes_whole() {
    const LENGTH: usize = 300_000;
    let (address, asked) = listen(|mut stream| {
        let (mut asked, mut piece) = (Vec::new(), vec![0; 64 << 10]);
        let is_whole = |asked: &[u8]| {
            let head = asked.windows(4).position(|end| end == b"\r\n\r\n");
            head.is_some_and(|head| asked.len() == head + 4 + LENGTH)
        };
        while !is_whole(&asked) {
            let count = stream.read(&mut piece).unwrap();
            asked.extend(&piece[..count]);
        }
        stream.write_all(DONE.as_bytes()).unwrap();
        asked
    });
    let body: String = ('a'..='z').cycle().take(LENGTH).collect();
    assert_eq!(send(&format!("http://{address}/v1"), Method::Post, &body).unwrap().status, 200);
    assert!(asked.join().unwrap().ends_with(body.as_bytes()));
}

/// Takes the requests of a connection, answers each with the next of those bytes, and closes it; gives how many it read.
fn serve_connection(mut stream: TcpStream, answers: &[&str]) -> usize {
    let mut asked = Vec::new();
    let mut piece = [0; 4096];
    for (read, answer) in answers.iter().enumerate() {
        while !asked.ends_with(b"\r\n\r\n") {
            match stream.read(&mut piece) {
                Ok(count) if count > 0 => asked.extend(&piece[..count]),
                _ => return read,
            }
        }
        asked.clear();
        stream.write_all(answer.as_bytes()).unwrap();
    }
    answers.len()
}

/// A certificate, over a connection that stays open.
const KEPT: &str = "HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n{\"status\":{\"code\":\"S400104\",\"type\":\"SUCCESS\"},\"data\":[{\"id\":7}]}";

/// A pace that lets everything leave, and counts it.
#[derive(Default)]
struct Departures(AtomicUsize, Line);

impl Throttle for Departures {
    fn depart(&self) -> Option<Duration> {
        self.0.fetch_add(1, Ordering::Relaxed);
        None
    }

    fn hold(&self, _: Duration) {}

    fn line(&self) -> &Line {
        &self.1
    }
}

#[test]
fn whatever_is_sent_again_leaves_at_the_pace_and_over_a_new_connection() {
    for (trouble, lost) in [("closed without an answer", ""), ("broken off", KEPT.split_at(60).0)] {
        for may_be_repeated in [true, false] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let endpoint = format!("http://{}", listener.local_addr().unwrap());
            // What may be repeated is the third request of the first connection, and comes again over the second one.
            let answers = match may_be_repeated {
                true => [vec![KEPT, KEPT, lost], vec![KEPT]],
                // What may not is none of the first connection, however long that would take it.
                false => [vec![KEPT, KEPT, KEPT], vec![lost]],
            };
            let served = thread::spawn(move || {
                let serving = answers.map(|answers| {
                    let (stream, _) = listener.accept().unwrap();
                    thread::spawn(move || serve_connection(stream, &answers))
                });
                serving.map(|served| served.join().unwrap())
            });
            let departures = Arc::new(Departures::default());
            let mut transport = HttpTransport::new(&endpoint, HttpSettings::default()).unwrap();
            transport.keep_connections();
            let somebody = Credentials::new("user", Secret::new("a password"), "9");
            let mut client = Client::new(Box::new(JsonCodec::default()), Box::new(transport), somebody)
                .with_throttle(departures.clone());
            for _ in 0..2 {
                assert_eq!(client.call(CertificateInfo::new(7)).unwrap().value.data[0].id, Some(7));
            }
            match may_be_repeated {
                true => assert_eq!(client.call(CertificateInfo::new(7)).unwrap().value.data[0].id, Some(7)),
                false => {
                    let error = client.call(CertificateDelete::new(7)).unwrap_err();
                    assert!(matches!(error, Error::Network(NetworkError::OutcomeUnknown { .. })), "{error}");
                }
            }
            drop(client);
            let read = served.join().unwrap();
            assert_eq!(read, if may_be_repeated { [3, 1] } else { [2, 1] }, "{trouble}");
            assert_eq!(departures.0.load(Ordering::Relaxed), read.iter().sum::<usize>(), "{trouble}");
        }
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let (elsewhere, _never) = answering(DONE);
    let answer = format!("HTTP/1.1 307 Go\r\nLocation: http://{elsewhere}/\r\nContent-Length: 0\r\n\r\n");
    let (address, _asked) = answering(Box::leak(answer.into_boxed_str()));
    assert_eq!(send(&format!("http://{address}"), Method::Put, "{}").unwrap().status, 307);
}

/// A server's certificate that it signed itself, and its key.
fn of_localhost() -> (rcgen::Certificate, PrivateKey) {
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.serial_number = Some(1.into());
    (params.self_signed(&key).unwrap(), key)
}

/// An order to a server whose certificate nobody vouches for has not left.
#[test]
fn a_refused_certificate_is_before_anything_is_sent() {
    let (certificate, key) = of_localhost();
    let key = PrivateKeyDer::try_from(key.to_pkcs8().to_vec()).unwrap();
    let chain: Vec<CertificateDer<'static>> = vec![certificate.der().clone()];
    let config = Arc::new(ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap());
    let (address, heard) = listen(move |mut stream| {
        let mut connection = ServerConnection::new(config).unwrap();
        let mut heard = Vec::new();
        let _ = Stream::new(&mut connection, &mut stream).read_to_end(&mut heard);
        heard
    });
    let failed = send(&format!("https://localhost:{}", address.port()), Method::Put, "{}").unwrap_err();
    let TransportError::Refused(why, Phase::Tls) = failed else { panic!("{failed:?}") };
    assert!(why.contains("the gateway's TLS certificate is refused: "), "{why}");
    assert!(!why.contains(['{', '(']), "no debug value: {why}");
    assert_eq!(heard.join().unwrap(), b"");
}

/// An order whose connection breaks in the TLS handshake has not left.
#[test]
fn a_handshake_that_fails_is_before_anything_is_sent() {
    for (what, answer) in [
        ("closed", &b""[..]),
        ("a handshake alert", b"\x15\x03\x03\0\x02\x02\x28"),
        ("no TLS", b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
    ] {
        let (address, served) = listen(move |mut stream| {
            let count = stream.read(&mut [0; 4096]).unwrap();
            stream.write_all(answer).unwrap();
            count
        });
        let failed = send(&format!("https://localhost:{}", address.port()), Method::Put, "{}").unwrap_err();
        assert!(matches!(failed, TransportError::NotSent(_, Phase::Tls)), "{what}: {failed:?}");
        assert!(served.join().unwrap() > 0, "{what}");
    }
}

/// An order that its server hangs up on once it was let in may have arrived.
#[test]
fn a_connection_that_breaks_after_the_handshake_is_unanswered() {
    let (certificate, key) = of_localhost();
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("roots");
    std::fs::write(&roots, certificate.pem()).unwrap();
    let key = PrivateKeyDer::try_from(key.to_pkcs8().to_vec()).unwrap();
    let chain = vec![certificate.der().clone()];
    let config = Arc::new(ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap());
    let (address, served) = listen(move |mut stream| {
        let mut connection = ServerConnection::new(config).unwrap();
        while connection.is_handshaking() {
            connection.complete_io(&mut stream).unwrap();
        }
    });
    let settings = HttpSettings { ca_file: Some(roots), ..HttpSettings::default() };
    let failed = send_with(settings, &format!("https://localhost:{}", address.port()), Method::Put, "{}").unwrap_err();
    assert!(matches!(failed, TransportError::Unanswered(_, Phase::Answer)), "{failed:?}");
    served.join().unwrap();
}

/// A company's own root is read in whatever form it is kept.
#[test]
fn roots_in_whatever_form() {
    let ((certificate, key), (other, _)) = (of_localhost(), of_localhost());
    let (der, pem) = (certificate.der().clone(), certificate.pem());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("roots");
    let with_file = || HttpSettings { ca_file: Some(file.clone()), ..HttpSettings::default() };
    for (what, content, is_trusted) in [
        ("PEM", pem.clone().into_bytes(), true),
        ("text around it", format!("Company root\r\n{}", pem.replace('\n', "\r\n")).into_bytes(), true),
        ("another label", pem.replace("CERTIFICATE", "X509 CERTIFICATE").into_bytes(), true),
        ("DER", der.to_vec(), true),
        ("behind another one", (other.pem() + &pem).into_bytes(), true),
        ("another one", other.pem().into_bytes(), false),
    ] {
        std::fs::write(&file, content).unwrap();
        let key = PrivateKeyDer::try_from(key.to_pkcs8().to_vec()).unwrap();
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![der.clone()], key).unwrap();
        let (address, served) = listen(move |mut stream| {
            let mut connection = ServerConnection::new(Arc::new(config)).unwrap();
            let mut stream = Stream::new(&mut connection, &mut stream);
            let mut piece = [0; 4096];
            if stream.read(&mut piece).is_ok() {
                stream.write_all(DONE.as_bytes()).unwrap();
            }
        });
        let sent = send_with(with_file(), &format!("https://localhost:{}", address.port()), Method::Get, "");
        assert_eq!(sent.is_ok(), is_trusted, "{what}: {sent:?}");
        served.join().unwrap();
    }
    std::fs::write(&file, "no certificate").unwrap();
    let refused = HttpTransport::new("https://localhost", with_file()).map(|_| ()).unwrap_err().to_string();
    assert!(refused.contains("no -----BEGIN line found; expected PEM"), "{refused}");
}

/// What is no HTTP is named, and not asked for again.
#[test]
fn answers_that_cannot_be_read_are_named() {
    let unread = |why: &str| format!("the answer is no HTTP that can be read: {why}");
    let large = format!("HTTP/1.1 200 OK\r\nX-Note: {}\r\nContent-Length: 2\r\n\r\n{{}}", "x".repeat(100_000));
    for (answer, expected) in [
        (
            "HTTP/1.1 200 OK\r\nX-Note: one\r\n two\r\nContent-Length: 2\r\n\r\n{}",
            unread("http parse fail: invalid header name (a folded header line cannot)"),
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
            unread("conflicting content-length headers"),
        ),
        (
            "SSH-2.0-OpenSSH_9.2\r\n\r\n",
            unread("http parse fail: invalid HTTP version (this port speaks no HTTP, perhaps https://)"),
        ),
        (&*Box::leak(large.into_boxed_str()), "the headers of the answer are larger than 65536 bytes".to_owned()),
    ] {
        let (address, asked) = answering(answer);
        let failed = send(&format!("http://{address}"), Method::Get, "").unwrap_err();
        let TransportError::Unreadable(why) = failed else { panic!("{failed:?}") };
        assert_eq!(why, format!("http://{address}: {expected}"));
        let asked = asked.join().unwrap().to_ascii_lowercase();
        assert!(asked.contains("\r\naccept-encoding: identity\r\n"), "{asked}");
    }
}

/// What a proxy refuses by itself is not asked for again, what it cannot reach is; either way it is named, without its credentials.
#[test]
fn what_a_proxy_answers() {
    let through = |address: SocketAddr| {
        let proxy = Some(Proxy::at(&format!("http://name:secret@{address}")).unwrap());
        let settings = HttpSettings { proxy, ..HttpSettings::default() };
        let failed = send_with(settings, "https://gateway.invalid", Method::Get, "").unwrap_err();
        let by = format!("https://gateway.invalid by the proxy http://…@{address}: ");
        assert!(failed.to_string().starts_with(&by), "{failed}");
        failed
    };
    for (answer, is_final, phase) in [
        ("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", true, Phase::ProxyCredentials),
        ("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", true, Phase::Proxy),
        ("HTTP/1.1 302 Found\r\nLocation: http://login.invalid/\r\nContent-Length: 0\r\n\r\n", true, Phase::Proxy),
        ("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n", false, Phase::Proxy),
        ("HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n", false, Phase::Proxy),
        ("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", false, Phase::Proxy),
        // What is no answer of HTTP. Only the proxy was asked for anything.
        ("junk\r\n\r\n", true, Phase::Proxy),
        ("<html>away</html>", true, Phase::Proxy),
        ("HTTP/1.1 200 OK\r\nX-Note: one\r\n two\r\n\r\n", true, Phase::Proxy),
        // The handshake with the gateway behind it breaks off.
        ("HTTP/1.1 200 OK\r\n\r\n", false, Phase::Connection),
    ] {
        let (address, asked) = answering(answer);
        let failed = through(address);
        let found = match &failed {
            TransportError::Refused(_, phase) => Some((true, *phase)),
            TransportError::NotSent(_, phase) => Some((false, *phase)),
            _ => None,
        };
        assert_eq!(found, Some((is_final, phase)), "{failed:?}");
        assert!(asked.join().unwrap().starts_with("CONNECT gateway.invalid:443 "));
    }
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let failed = through(nobody);
    assert!(matches!(failed, TransportError::NotSent(_, Phase::Connection)), "{failed:?}");
}

/// The connection is lost before a byte of the answer: whether it arrived, nobody knows.
#[test]
fn a_lost_connection_is_unanswered() {
    let (address, asked) = answering("");
    let failed = send(&format!("http://{address}"), Method::Put, "{}").unwrap_err();
    assert!(matches!(failed, TransportError::Unanswered(_, Phase::Answer)), "{failed:?}");
    assert!(asked.join().unwrap().starts_with("PUT /poll/5 "));
}

#[test]
fn addresses_that_would_go_elsewhere_are_refused() {
    for (endpoint, why) in [
        ("http://127.0.0.1:99999/x", "the port is not a number from 1 to 65535"),
        ("http://127.0.0.1:/x", "the port is not a number from 1 to 65535"),
        ("http://[::1]:70000/x", "the port is not a number from 1 to 65535"),
        ("https://example.com/x?y=z", "a query has no place in it"),
        ("http://example.com/", "http would send the password in the clear"),
        ("https://user:secret@example.com/", "credentials do not belong into the address"),
        ("ftp://example.com/", "neither https nor http"),
    ] {
        match HttpTransport::check(endpoint) {
            Err(error) => {
                let text = error.to_string();
                assert!(text.contains(why) && !text.contains("secret"), "{endpoint}: {text}");
            }
            Ok(is_loopback) => panic!("{endpoint}: taken, {is_loopback}"),
        }
    }
    for endpoint in ["http://[::1]:8080/xml", "http://localhost", "http://127.0.0.1:65535/v1"] {
        assert!(HttpTransport::check(endpoint).unwrap(), "{endpoint}");
    }
}
