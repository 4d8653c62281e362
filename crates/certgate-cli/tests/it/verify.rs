//! Whether what is served is what is installed, with a real TLS server.

use std::{fs, net::TcpListener, path::Path};

use certgate_simulator::{Server, Settings};
use pretty_assertions::assert_eq;
use serde_json::Value;

use crate::support::{
    binary::{Here, at, csr, ended, exit, openssl, serve, told},
    tls_server::{TlsServer, has_ipv6, has_openssl, in_front_of},
};

const CHAIN: [&str; 2] = ["-cert_chain", "chain.pem"];

/// A certificate of the gateway with its key, in `live` below that folder.
fn installed(home: &Path) -> (certgate_simulator::Gateway, Server) {
    let (gateway, server) = serve(Settings::default());
    ended(at(home, &server, "json", &["reissue", "571", "--new-key", "--out", "live"]), 0);
    (gateway, server)
}

/// The names of the checks that failed.
fn failed(document: &Value) -> Vec<&str> {
    let checks = document["served"][0]["checks"].as_array().unwrap_or_else(|| panic!("{document}"));
    checks.iter().filter(|check| check["ok"] == false).map(|check| check["name"].as_str().unwrap()).collect()
}

#[test]
fn what_is_served_is_what_is_installed() {
    if !has_openssl() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let (_gateway, server) = installed(home.path());
    let live = home.path().join("live");
    let serial = fs::read_to_string(live.join("current/about.json")).unwrap();
    let serial: Value = serde_json::from_str(&serial).unwrap();
    for version in ["-tls1_2", "-tls1_3"] {
        let tls = TlsServer::start(&live, "127.0.0.1", &[&CHAIN[..], &[version]].concat());
        let at_port = format!("127.0.0.1:{}", tls.port);
        let (code, document, said) = told(home.path(), &server, "json", &["verify", &at_port, "--installed", "live"]);
        let row = &document["served"][0];
        assert_eq!((code, &row["kind"], failed(&document)), (0, &"done".into(), vec![]), "{said}");
        assert_eq!((&row["serialNumber"], &row["at"]), (&serial["serial"], &at_port.as_str().into()));
        assert_eq!(row["serverName"], "example.com", "an address is no name that a server could be asked for");
        for transport in ["xml", "json"] {
            // The gateway's newest of that name, and of that id.
            for which in [&["--name", "example.com"][..], &["--certificate", "571"]] {
                let command = [&["verify", &at_port], which].concat();
                let (code, document, said) = told(home.path(), &server, transport, &command);
                assert_eq!((code, failed(&document)), (0, vec![]), "{which:?} {said}");
            }
        }
    }
    // A folder that is served is compared with the gateway's, where that is asked for.
    let tls = TlsServer::start(&live, "127.0.0.1", &CHAIN);
    let served = format!("127.0.0.1:{}", tls.port);
    let reissued = ["reissue", "571", "--new-key", "--out", "live", "--verify", &served];
    assert_eq!(exit(&at(home.path(), &server, "json", &reissued)), 11, "the server has the one before");
    for (more, code) in [(&[][..], 10), (&["--certificate", "571"], 10)] {
        let command = [&["verify", "live"], more].concat();
        assert_eq!(told(home.path(), &server, "json", &command).0, code);
    }
    drop(tls);
    let tls = TlsServer::start(&live, "127.0.0.1", &CHAIN);
    let moved = format!("127.0.0.1:{}", tls.port);
    let about = live.join("current/about.json");
    fs::write(&about, fs::read_to_string(&about).unwrap().replace(&served, &moved)).unwrap();
    let elsewhere = ["reissue", "571", "--csr", &csr(), "--out", "elsewhere"];
    assert_eq!(exit(&at(home.path(), &server, "json", &elsewhere)), 0);
    for (more, code) in [(&[][..], 0), (&["--certificate", "571"], 10), (&["--certificate", "4711"], 3)] {
        let command = [&["verify", "live"], more].concat();
        let (found, _, said) = told(home.path(), &server, "json", &command);
        assert_eq!(found, code, "{more:?}: {said}");
    }
    drop(tls);
    // A server that wants a certificate of its clients shows its own first.
    let tls = TlsServer::start(&live, "127.0.0.1", &["-Verify", "1", CHAIN[0], CHAIN[1]]);
    let at_port = format!("127.0.0.1:{}", tls.port);
    let (code, document, said) = told(home.path(), &server, "json", &["verify", &at_port, "--installed", "live"]);
    assert_eq!((code, failed(&document)), (0, vec![]), "{said}");
    if !has_ipv6() {
        return;
    }
    let tls = TlsServer::start(&live, "[::1]", &CHAIN);
    let at_port = format!("[::1]:{}", tls.port);
    let (code, document, said) = told(home.path(), &server, "json", &["verify", &at_port, "--installed", "live"]);
    assert_eq!((code, failed(&document)), (0, vec![]), "{said}");
}

/// What is asked for by an address is asked for under a name that the certificate is for, be it one of all hosts of a domain.
#[test]
fn a_wildcard_is_served() {
    if !has_openssl() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let (_gateway, server) = serve(Settings::default());
    let create = [
        "create",
        "--name",
        "*.wild.example",
        "--product",
        "QUICKSSLPREMIUM",
        "--admin",
        "1120",
        "--technical",
        "1120",
    ];
    ended(at(home.path(), &server, "json", &[&create[..], &["--new-key", "--out", "live"]].concat()), 0);
    let tls = TlsServer::start(&home.path().join("live"), "127.0.0.1", &CHAIN);
    let at_port = format!("127.0.0.1:{}", tls.port);
    let (code, document, said) = told(home.path(), &server, "json", &["verify", &at_port, "--installed", "live"]);
    assert_eq!((code, failed(&document)), (0, vec![]), "{said}");
    assert_eq!(document["served"][0]["serverName"], "www.wild.example");
}

#[test]
fn what_is_served_is_another_certificate() {
    if !has_openssl() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let (_gateway, server) = installed(home.path());
    let live = home.path().join("live");
    let verify = |port: u16, more: &[&str]| {
        let at_port = format!("localhost:{port}");
        told(home.path(), &server, "json", &[&["verify", &at_port], more].concat())
    };
    // Read into the server's memory, and then replaced on disk.
    let tls = TlsServer::start(&live, "127.0.0.1", &CHAIN);
    assert_eq!(
        at(home.path(), &server, "json", &["reissue", "571", "--new-key", "--out", "live"]).status.code(),
        Some(0)
    );
    let (code, document, said) = verify(tls.port, &["--installed", "live"]);
    assert_eq!((code, &document["served"][0]["kind"], failed(&document)), (10, &"check failed".into(), vec!["served"]));
    assert!(said.contains("found serial number"), "{said}");
    drop(tls);
    // A chain that is cut short: browsers that know the authority work, and nobody else.
    let tls = TlsServer::start(&live, "127.0.0.1", &[]);
    let (code, document, said) = verify(tls.port, &["--installed", "live"]);
    assert_eq!((code, failed(&document)), (10, vec!["chain", "path"]), "{said}");
    // The right certificate, and a name that it is not for.
    let tls = TlsServer::start(&live, "127.0.0.1", &CHAIN);
    let (code, document, said) = verify(tls.port, &["--installed", "live", "--name", "www.example.net"]);
    assert_eq!((code, failed(&document)), (10, vec!["name"]), "{said}");
    let (code, document, said) = verify(tls.port, &[]);
    assert_eq!(
        (code, &document["error"]["text"]),
        (2, &"the account has no certificate named localhost".into()),
        "{said}"
    );
}

/// A server goes on serving a certificate that has ended, and what is installed is no other.
#[test]
fn what_is_served_has_ended() {
    if !has_openssl() {
        return;
    }
    let here = Here::new("json", Settings::default());
    let old = here.path("old");
    fs::create_dir(&old).unwrap();
    let configuration = "[ca]\ndefault_ca=own\n[own]\ndatabase=index\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\n\
                         policy=any\nx509_extensions=names\n[any]\ncommonName=supplied\n[names]\nsubjectAltName=DNS:localhost\n";
    for (file, text) in [("ca.cnf", configuration), ("index", ""), ("serial", "01\n")] {
        fs::write(old.join(file), text).unwrap();
    }
    for command in [
        "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out request.pem -subj /CN=localhost",
        "ca -selfsign -batch -notext -config ca.cnf -keyfile key.pem -in request.pem -out cert.pem \
         -startdate 20200101000000Z -enddate 20200201000000Z",
    ] {
        let (done, said) = openssl(&old, &command.split_whitespace().collect::<Vec<_>>());
        assert!(done, "{said}");
    }
    let tls = TlsServer::start(&old, "127.0.0.1", &[]);
    let at_port = format!("localhost:{}", tls.port);
    let (code, document, said) = here.told(&["verify", &at_port, "--installed", "old"]);
    // It is its own authority, which ended with it.
    assert_eq!((code, failed(&document)), (10, vec!["dates", "path"]), "{said}");
    assert!(said.contains("a client refuses it (dates): it has expired"), "{said}");
}

#[test]
fn nobody_answers_or_not_in_tls() {
    let home = tempfile::tempdir().unwrap();
    let (_gateway, server) = installed(home.path());
    let verify = |at_port: &str| {
        let command = ["verify", at_port, "--installed", "live", "--timeout", "2s"];
        let (code, document, _) = told(home.path(), &server, "json", &command);
        (code, document["served"][0]["text"].as_str().unwrap_or_default().to_owned())
    };
    let (code, text) = verify("127.0.0.1:1");
    assert!(code == 5 && text.starts_with("nobody answers: "), "{code} {text}");
    let plain = in_front_of(None, &["HTTP/1.0 400 Bad Request\r\n\r\n"]);
    let (code, text) = verify(&format!("127.0.0.1:{plain}"));
    assert!(code == 5 && text.starts_with("the TLS handshake failed: "), "{code} {text}");
    // Somebody takes the connection and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let (code, text) = verify(&silent.local_addr().unwrap().to_string());
    assert!(code == 5 && text.starts_with("the connection ended: "), "{code} {text}");
    for (endpoint, says, expected) in [
        ("smtp", &["554 no\r\n"][..], "found `554 no`, expected a greeting with 220"),
        ("smtp", &["220 hello\r\n", "250 fine\r\n", "502 what\r\n"], "found `502 what`, expected 220 to STARTTLS"),
        ("imap", &["* BYE\r\n"], "found `* BYE`, expected a greeting with * OK"),
        ("imap", &["* OK hello\r\n", "a BAD what\r\n"], "found `a BAD what`, expected OK to STARTTLS"),
    ] {
        let (code, text) = verify(&format!("{endpoint}://127.0.0.1:{}", in_front_of(None, says)));
        assert_eq!((code, text), (5, format!("the server does not begin TLS: {expected}")), "{says:?}");
    }
    for (target, expected) in [
        (
            "no/such/folder",
            "found `no/such/folder`, expected HOST:PORT, smtp://HOST:PORT or imap://HOST:PORT, or a folder",
        ),
        (".", ".: no certificate is installed there"),
    ] {
        let (code, document, _) = told(home.path(), &server, "json", &["verify", target]);
        let text = document["error"]["text"].as_str().unwrap();
        assert!(code == 2 && text.starts_with(expected), "{code} {text}");
    }
}

#[test]
fn servers_that_are_asked_to_begin_tls() {
    if !has_openssl() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let (_gateway, server) = installed(home.path());
    let tls = TlsServer::start(&home.path().join("live"), "127.0.0.1", &CHAIN);
    let smtp = &[
        "220-mail.example.com\r\n220 ready\r\n",
        "250-mail.example.com\r\n250-SIZE 1\r\n250 STARTTLS\r\n",
        "220 go\r\n",
    ];
    let imap = &["* OK [CAPABILITY STARTTLS] ready\r\n", "* CAPABILITY IMAP4rev1\r\na OK go\r\n"];
    for (protocol, says) in [("smtp", &smtp[..]), ("imap", &imap[..])] {
        let endpoint = format!("{protocol}://127.0.0.1:{}", in_front_of(Some(tls.port), says));
        let (code, document, said) = told(home.path(), &server, "json", &["verify", &endpoint, "--installed", "live"]);
        assert_eq!((code, failed(&document)), (0, vec![]), "{protocol} {said}");
    }
}

/// A certificate that is to be served somewhere counts as deployed once it is; until then the next run repeats the hook.
#[test]
fn done_means_served() {
    if !has_openssl() {
        return;
    }
    let here = Here::new("xml", Settings::default());
    let live = here.path("live");
    here.run(&["reissue", "571", "--new-key", "--out", "live"], 0);
    // It goes on serving what it read when it started.
    let tls = TlsServer::start(&live, "127.0.0.1", &CHAIN);
    let at_port = format!("127.0.0.1:{}", tls.port);
    let hook = ["--deploy-hook", "echo hooked >> hooks", "--verify", &at_port];
    let (code, document, _) = here.told(&[&["reissue", "571", "--new-key", "--out", "live"][..], &hook].concat());
    let detail = document["deployment"]["detail"].as_str().unwrap();
    assert_eq!((code, &document["deployment"]["state"]), (11, &"failed".into()));
    assert!(detail.starts_with(&format!("the certificate is not served: {at_port}: found serial number ")), "{detail}");
    let (code, document, _) = here.told(&["status", "live", "--here"]);
    assert!(document["certificates"][0]["todo"].as_str().unwrap().starts_with("not deployed"), "{code} {document}");
    let (_, document, _) = here.told(&["renew-due", "live", "--dry-run"]);
    assert_eq!(document["plan"][0]["why"], "its hook, or the look at what is served, failed", "{document}");
    assert_eq!(here.told(&["verify", "live"]).0, 10);
    drop(tls);
    let tls = TlsServer::start(&live, &at_port, &CHAIN);
    assert_eq!(tls.port.to_string(), at_port.rsplit(':').next().unwrap());
    let (code, document, said) = here.told(&["resume"]);
    assert_eq!((code, &document["orders"][0]["deployment"]["state"]), (0, &"deployed".into()), "{said}");
    assert_eq!(here.read("hooks").lines().count(), 2, "the hook is repeated");
    assert_eq!(here.told(&["verify", "live"]).0, 0);
    // The same by a look at all folders.
    let served = ["status", "live", "--here", "--served"];
    let (code, document, said) = here.told(&served);
    let row = &document["certificates"][0];
    assert_eq!((code, &row["served"][0]["kind"], &row["todo"]), (0, &"done".into(), &"nothing".into()), "{said}");
    drop(tls);
    let (code, document, said) = here.told(&served);
    let row = &document["certificates"][0];
    assert_eq!((code, &row["served"][0]["kind"]), (11, &"unreachable".into()), "{said}");
    assert!(row["todo"].as_str().unwrap().starts_with(&format!("not served: {at_port}: ")), "{row}");
    assert_eq!((here.told(&["resume"]).0, here.orders()), (8, 2), "nothing is left to do");
    // Without a hook as well: somebody else has the server read its files.
    let (code, document, _) = here.told(&["reissue", "571", "--csr", &csr(), "--out", "plain", "--verify", &at_port]);
    assert_eq!((code, &document["deployment"]["state"]), (11, &"failed".into()));
}

/// A server that was restarted with an earlier certificate, or that is gone: the next run repeats the hook as it does one that failed.
#[test]
fn what_is_not_served_any_more_is_deployed_again() {
    if !has_openssl() {
        return;
    }
    for (transport, sweep) in [("json", "renew-due live"), ("xml", "apply certificates.toml")] {
        let sweep: Vec<&str> = sweep.split(' ').collect();
        let here = Here::new(transport, Settings::default());
        here.run(&["reissue", "571", "--new-key", "--out", "earlier"], 0);
        here.run(&["reissue", "571", "--new-key", "--out", "live"], 0);
        let (earlier, live) = (here.path("earlier"), here.path("live"));
        let tls = TlsServer::start(&live, "127.0.0.1", &CHAIN);
        let at_port = format!("127.0.0.1:{}", tls.port);
        let declared = format!(
            "[[certificate]]\nid = 571\nout = \"live\"\nverify = \"{at_port}\"\ndeploy_hook = \"echo hooked >> hooks\"\n"
        );
        std::fs::write(here.path("certificates.toml"), declared).unwrap();
        let hooks = || here.read("hooks").lines().count();
        assert_eq!((here.told(&["apply", "certificates.toml"]).0, hooks()), (0, 1));
        for command in [&sweep[..], &["plan", "certificates.toml"]] {
            assert_eq!((here.told(command).0, hooks()), (8, 1), "{command:?}: it is served, and nothing is to be done");
        }
        drop(tls);
        let tls = TlsServer::start(&earlier, &at_port, &CHAIN);
        let (code, document, said) = here.told(&sweep);
        let row = &document["orders"][0];
        let detail = row["deployment"]["detail"].as_str().unwrap();
        assert_eq!((code, &row["action"], hooks()), (11, &"redeploy".into(), 2), "{said}");
        assert!(
            detail.starts_with(&format!("the certificate is not served: {at_port}: found serial number ")),
            "{detail}"
        );
        drop(tls);
        let _tls = TlsServer::start(&live, &at_port, &CHAIN);
        let (code, document, said) = here.told(&sweep);
        assert_eq!(
            (code, &document["orders"][0]["deployment"]["state"], hooks()),
            (0, &"deployed".into(), 3),
            "{said}"
        );
        assert_eq!((here.told(&sweep).0, hooks()), (8, 3));
    }
}
