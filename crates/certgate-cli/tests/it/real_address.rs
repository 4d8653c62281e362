//! A bridge in the place of the real gateway: its paths, TLS, encodings, content types and manners.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::Arc,
};

use certgate_domain::{TaskKind, Verdict};
use certgate_simulator::Settings;
use certgate_wire::{Codec, Reply};
use certgate_xml::XmlCodec;
use pretty_assertions::assert_eq;
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, Stream,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};

use crate::support::{
    binary::{certgate, endpoint, exit, openssl, serve, stderr, until},
    serving::{Serving, bridge, raw},
    tls_server::has_openssl,
};

const INFO: &str = "<request><auth><user>user</user><password>password</password><context>9</context></auth>\
                    <task><code>400104</code><certificate><id>571</id></certificate></task></request>";

fn post(address: &str, path: &str, content_type: &str, body: &str) -> String {
    let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{content_type}");
    raw(address, &format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()))
}

fn verdict(answer: &str) -> Option<Verdict> {
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    let read = XmlCodec::default().decode_response(TaskKind::CertificateInfo, &Reply::of(body));
    read.unwrap_or_else(|why| panic!("{why}: {answer}")).value.verdict()
}

#[test]
fn what_clients_have_in_their_code_is_taken() {
    let (_gateway, server) = serve(Settings::default());
    let (strict, bridge) = (bridge("xml", &server, &["--strict"]), bridge("xml", &server, &[]));
    let address = bridge.address();
    for path in ["/", "/gateway", "/gateway/", "/xml", "/xml/", "/?x=1"] {
        assert_eq!(verdict(&post(address, path, "", INFO)), Some(Verdict::Done), "{path}");
    }
    for content_type in
        ["application/x-www-form-urlencoded", "text/xml; charset=ISO-8859-1", "multipart/form-data", "text/plain"]
    {
        let answer = post(address, "/", &format!("Content-Type: {content_type}\r\n"), INFO);
        assert_eq!(verdict(&answer), Some(Verdict::Done), "{content_type}");
    }
    for (content_type, expected) in
        [("application/x-www-form-urlencoded", Verdict::Done), ("multipart/form-data", Verdict::Refused)]
    {
        let answer = post(strict.address(), "/", &format!("Content-Type: {content_type}\r\n"), INFO);
        assert_eq!(verdict(&answer), Some(expected), "{content_type}");
    }
    assert_eq!(strict.stderr().matches("content-type").count(), 1, "{}", strict.stderr());
    for (encoding, expected) in [
        ("UTF-8", Verdict::Done),
        ("utf8", Verdict::Done),
        ("US-ASCII", Verdict::Done),
        ("ISO-8859-1", Verdict::Done),
        ("windows-1252", Verdict::Done),
        ("UTF-16", Verdict::Refused),
    ] {
        let body = format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?>\n{INFO}");
        assert_eq!(verdict(&post(address, "/", "", &body)), Some(expected), "{encoding}");
    }
    let doctype = format!("<!DOCTYPE request SYSTEM \"x.dtd\">{INFO}");
    assert_eq!(verdict(&post(address, "/", "", &doctype)), Some(Verdict::Refused));
}

/// A system on this machine whose hosts file leads the gateway's name to the bridge; a page from elsewhere that got a name led here is refused.
#[test]
fn on_loopback_the_names_of_its_gateways_are_its_own() {
    let (_gateway, server) = serve(Settings::default());
    let behind = endpoint(&server, "json");
    let bridge = Serving::configured(
        "xml_endpoint = \"https://own.example.net/xml\"",
        &["bridge", "--front", "xml", "--endpoint", &behind, "--pass-through", "https://xml.example.net/gateway"],
    );
    let status = |head: &str, host: &str, more: &str, body: &str| {
        let length = body.len();
        let head =
            format!("{head} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}Content-Length: {length}\r\n");
        raw(bridge.address(), &format!("{head}\r\n{body}")).split(' ').nth(1).unwrap().to_owned()
    };
    for (host, expected) in [
        ("gateway.autodns.com", "200"),
        ("Gateway.AutoDNS.com:443", "200"),
        ("demo.autodns.com", "200"),
        ("own.example.net", "200"),
        ("xml.example.net", "200"),
        ("api.autodns.com", "421"),
        ("evil.example", "421"),
    ] {
        assert_eq!(status("POST /", host, "", INFO), expected, "{host}");
    }
    assert_eq!(status("POST /", "gateway.autodns.com", "Origin: https://evil.example\r\n", INFO), "403");
    assert_eq!(status("GET /metrics", "gateway.autodns.com", "", ""), "421");
    assert_eq!(status("GET /metrics", "localhost", "", ""), "200");
}

#[test]
fn manners_of_http() {
    let (_gateway, server) = serve(Settings::default());
    let (over_xml, over_json) = (bridge("xml", &server, &[]), bridge("json", &server, &[]));
    let credentials = "Authorization: Basic dXNlcjpwYXNzd29yZA==\r\nX-Domainrobot-Context: 9\r\n";
    for (bridge, method, path, status, allow) in [
        (&over_xml, "GET", "/", 405, Some("POST, OPTIONS")),
        (&over_xml, "HEAD", "/xml", 405, Some("POST, OPTIONS")),
        (&over_xml, "OPTIONS", "/gateway/", 204, Some("POST, OPTIONS")),
        (&over_xml, "GET", "/v1/hello", 404, None),
        (&over_xml, "GET", "/nothing", 404, None),
        (&over_json, "OPTIONS", "/v1/hello", 204, Some("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")),
        (&over_json, "TRACE", "/v1/hello", 405, Some("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")),
        (&over_json, "GET", "/v1/certificate/571", 200, None),
        (&over_json, "HEAD", "/v1/certificate/571", 200, None),
        (&over_json, "GET", "/v1/domain/x", 404, None),
        (&over_json, "GET", "/healthz", 200, None),
        (&over_json, "HEAD", "/metrics", 200, None),
        (&over_json, "POST", "/healthz", 405, Some("GET, HEAD, OPTIONS")),
    ] {
        let head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{credentials}\r\n");
        let answer = raw(bridge.address(), &head);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let found = head.lines().find_map(|line| line.strip_prefix("allow: "));
        assert_eq!(
            (head.split(' ').nth(1), found),
            (Some(status.to_string().as_str()), allow),
            "{method} {path}: {answer}"
        );
        assert!(method != "HEAD" || body.is_empty(), "{answer}");
        // A refusal is one of the protocol.
        if status >= 400 && path.starts_with("/v1") && bridge.endpoint == over_json.endpoint {
            assert!(body.starts_with("{\"status\":{\"code\":\"E00000\""), "{answer}");
        }
    }
    assert_eq!(over_xml.page("/healthz"), "ok\n");
    assert!(over_xml.page("/metrics").contains("certgate_http_requests_total{protocol=\"xml\",status=\"405\"} 2"));
}

/// A certificate for localhost and its key, as files of a folder; the certificate as DER.
fn pair(folder: &Path) -> Vec<u8> {
    let made = openssl(
        folder,
        &[
            &[
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-subj",
                "/CN=localhost",
            ][..],
            &["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"],
            &["-keyout", "key.new", "-out", "cert.new"],
        ]
        .concat(),
    );
    assert!(made.0);
    fs::set_permissions(folder.join("key.new"), fs::Permissions::from_mode(0o600)).unwrap();
    for name in ["cert", "key"] {
        fs::rename(folder.join(format!("{name}.new")), folder.join(format!("{name}.pem"))).unwrap();
    }
    CertificateDer::from_pem_file(folder.join("cert.pem")).unwrap().to_vec()
}

/// The certificate that is shown, and the answer to a request.
fn ask(address: &str, root: &[u8], request: &str) -> Result<String, String> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(root.to_vec())).unwrap();
    let config = Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth());
    let mut connection = ClientConnection::new(config, ServerName::try_from("localhost").unwrap()).unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let mut tls = Stream::new(&mut connection, &mut stream);
    tls.write_all(request.as_bytes()).map_err(|why| why.to_string())?;
    let mut answer = Vec::new();
    let _ = tls.read_to_end(&mut answer);
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[test]
fn tls_with_files_that_are_replaced_while_it_runs() {
    if !has_openssl() {
        return;
    }
    let (_gateway, server) = serve(Settings::default());
    let files = tempfile::tempdir().unwrap();
    let first = pair(files.path());
    let path = |name: &str| files.path().join(name).display().to_string();
    let arguments = ["--tls-cert", &path("cert.pem"), "--tls-key", &path("key.pem")];
    let bridge = bridge("xml", &server, &arguments);
    assert!(bridge.endpoint.starts_with("https://127.0.0.1:"), "{}", bridge.endpoint);
    let request = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{INFO}",
        INFO.len()
    );
    let ask = |root: &[u8]| ask(bridge.address(), root, &request);
    assert_eq!(verdict(&ask(&first).unwrap()), Some(Verdict::Done));
    // A key that is not the certificate's leaves the pair before in use.
    fs::write(files.path().join("cert.pem"), "nonsense").unwrap();
    assert_eq!(verdict(&ask(&first).unwrap()), Some(Verdict::Done));
    until("it says so", || bridge.stderr().contains("the new certificate is not used, the one before stays"));
    let second = pair(files.path());
    assert_eq!(verdict(&ask(&second).unwrap()), Some(Verdict::Done));
    assert!(ask(&first).is_err(), "the first one is gone");
    // Who speaks no TLS is left, and nobody else minds.
    let mut plain = TcpStream::connect(bridge.address()).unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    assert_eq!(verdict(&ask(&second).unwrap()), Some(Verdict::Done));
    assert!(!bridge.stderr().contains("PRIVATE KEY"));
}

#[test]
fn certificates_and_keys_that_are_refused() {
    if !has_openssl() {
        return;
    }
    let files = tempfile::tempdir().unwrap();
    pair(files.path());
    let other = tempfile::tempdir().unwrap();
    pair(other.path());
    let path = |name: &str| files.path().join(name).display().to_string();
    fs::write(path("open.pem"), fs::read(path("key.pem")).unwrap()).unwrap();
    fs::set_permissions(path("open.pem"), fs::Permissions::from_mode(0o644)).unwrap();
    let others = other.path().join("key.pem").display().to_string();
    for (certificate, key, said) in [
        (path("missing.pem"), path("key.pem"), "missing.pem"),
        (path("key.pem"), path("key.pem"), "found a private key (`PRIVATE KEY`); expected CERTIFICATE"),
        (path("cert.pem"), path("open.pem"), "open.pem"),
        (path("cert.pem"), others, "cert.pem and "),
    ] {
        let output = certgate(
            &["serve", "bridge", "--sandbox", "--listen", "127.0.0.1:0", "--tls-cert", &certificate, "--tls-key", &key],
            "",
        );
        assert_eq!(exit(&output), 2, "{}", stderr(&output));
        assert!(stderr(&output).contains(said), "{said} in {}", stderr(&output));
    }
    let output = certgate(&["serve", "bridge", "--sandbox", "--tls-cert", &path("cert.pem")], "");
    assert_eq!(exit(&output), 2);
}
