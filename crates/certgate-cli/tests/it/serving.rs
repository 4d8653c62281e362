//! A TLS server has the installed pair, and clients ask without a pause while it is switched: no handshake fails.

use std::{
    collections::BTreeSet,
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use certgate_simulator::Settings;
use pretty_assertions::assert_eq;
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, Stream,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};

use crate::support::binary::{command, ended, endpoint, fast, json, serve, until};

/// Certificate and key of a set, as servers load them.
fn load(set: &Path) -> Arc<ServerConfig> {
    let chain = CertificateDer::pem_file_iter(set.join("fullchain.pem")).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(set.join("key.pem")).unwrap();
    // rustls itself refuses a key that is not the certificate's.
    Arc::new(ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap())
}

/// Serves the pair; what the hook writes has it load the pair anew, as `reload` does for a web server.
fn serve_tls(live: PathBuf, reload: PathBuf) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut config = load(&fs::canonicalize(live.join("current")).unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            if fs::remove_file(&reload).is_ok() {
                config = load(&fs::canonicalize(live.join("current")).unwrap());
            }
            let config = config.clone();
            let mut stream = stream.unwrap();
            thread::spawn(move || {
                let mut connection = ServerConnection::new(config).unwrap();
                let mut tls = Stream::new(&mut connection, &mut stream);
                let _ = tls.write_all(b"well");
                tls.conn.send_close_notify();
                let _ = tls.flush();
            });
        }
    });
    address
}

/// One handshake; gives the server's certificate.
fn ask(address: SocketAddr, config: &Arc<ClientConfig>) -> Result<Vec<u8>, String> {
    let mut stream = TcpStream::connect(address).map_err(|why| why.to_string())?;
    let name = ServerName::try_from("example.com").unwrap();
    let mut connection = ClientConnection::new(config.clone(), name).unwrap();
    let mut said = String::new();
    Stream::new(&mut connection, &mut stream).read_to_string(&mut said).map_err(|why| why.to_string())?;
    assert_eq!(said, "well");
    Ok(connection.peer_certificates().unwrap()[0].to_vec())
}

#[test]
fn no_handshake_fails_while_the_pair_is_switched() {
    let home = tempfile::tempdir().unwrap();
    let (_gateway, server) = serve(Settings::default());
    let (at, config) = (endpoint(&server, "json"), fast(home.path()));
    let run = |arguments: &[&str]| {
        let common = ["--endpoint", &at, "--config", &config, "--output", "json"];
        command(home.path(), &[arguments, &common].concat()).current_dir(home.path()).output().unwrap()
    };
    let reissue = ["reissue", "571", "--new-key", "--out", "live", "--deploy-hook", "touch reload"];
    let output = ended(run(&reissue), 0);
    let root = json(&output)["certificate"]["certificationAuthority"][1]["caCertificate"].as_str().unwrap().to_owned();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(root.as_bytes()).unwrap()).unwrap();
    let client = Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth());
    let address = serve_tls(home.path().join("live"), home.path().join("reload"));
    let (over, handshakes, seen) = (AtomicBool::new(false), AtomicUsize::new(0), Mutex::new(BTreeSet::new()));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let certificate = ask(address, &client);
                    assert!(certificate.is_ok(), "{certificate:?}");
                    seen.lock().unwrap().insert(certificate.unwrap());
                    handshakes.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for _ in 0..4 {
            ended(run(&reissue), 0);
        }
        let before = handshakes.load(Ordering::Relaxed);
        until("some more handshakes", || handshakes.load(Ordering::Relaxed) > before + 10);
        over.store(true, Ordering::Relaxed);
    });
    assert!(handshakes.load(Ordering::Relaxed) > 20);
    assert_eq!(seen.lock().unwrap().len(), 5, "each certificate was served");
}
