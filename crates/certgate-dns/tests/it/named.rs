//! The same against another implementation, BIND's `named`, where it is installed.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

use certgate_dns::{DnsError, NotSeen, TsigKey, ZoneUpdater};
use pretty_assertions::assert_eq;
use tempfile::TempDir;

use crate::{
    propagation::record,
    support::server::both,
    update::{found, now},
};

const ALGORITHMS: [&str; 5] = ["hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"];

const ZONE: &str = "$TTL 60
@ SOA ns hostmaster 1 60 60 60 60
@ NS ns
ns A 127.0.0.1
_taken CNAME elsewhere.example.net.
_big TXT \"right\"
";

/// A primary server of example.com, which takes updates that are signed with any of the keys.
struct Named {
    process: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Named {
    /// `None`: it is not installed.
    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().display().to_string();
        let address = both("127.0.0.1:0").0.local_addr().unwrap();
        let mut zone = fs::File::create(folder.path().join("example.com.zone")).unwrap();
        write!(zone, "{ZONE}").unwrap();
        // More than a datagram takes.
        (0..9).for_each(|n| writeln!(zone, "_big TXT \"{}\"", format!("{n}").repeat(200)).unwrap());
        let keys: String = ALGORITHMS.map(key).concat();
        let grants: String = ALGORITHMS.map(|algorithm| format!("key \"{algorithm}\"; ")).concat();
        let settings = format!(
            "options {{ directory \"{at}\"; pid-file none; session-keyfile none; recursion no; listen-on-v6 {{ none; }};
             listen-on port {} {{ 127.0.0.1; }}; dnssec-validation no; }};
             {keys} zone \"example.com\" {{ type primary; file \"example.com.zone\"; allow-update {{ {grants} }}; }};",
            address.port()
        );
        fs::write(folder.path().join("named.conf"), settings).unwrap();
        let settings = folder.path().join("named.conf");
        let process = Command::new("named").arg("-gc").arg(settings).stderr(Stdio::piped()).spawn();
        let Ok(mut process) = process else {
            eprintln!("left out: named is not installed");
            return None;
        };
        let log = BufReader::new(process.stderr.take().unwrap()).lines().map(Result::unwrap);
        let said: Vec<String> =
            log.inspect(|line| eprintln!("{line}")).take_while(|line| !line.ends_with(" running")).collect();
        assert!(process.try_wait().unwrap().is_none(), "{said:#?}");
        Some(Self { process, address, _folder: folder })
    }

    fn updater(&self, key: &str) -> ZoneUpdater {
        ZoneUpdater { server: self.address, key: TsigKey::from_text(key).unwrap() }
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// As `tsig-keygen` writes it.
fn key(algorithm: &str) -> String {
    format!("key \"{algorithm}\" {{\n\talgorithm {algorithm};\n\tsecret \"c2VjcmV0LXNlY3JldC1zZWNyZXQ=\";\n}};\n")
}

#[test]
fn updates_of_every_algorithm() {
    let Some(named) = Named::start() else { return };
    for algorithm in ALGORITHMS {
        let updater = named.updater(&key(algorithm));
        for line in [
            "_dnsauth.www.example.com. 300 IN TXT \"right \\\"; \\\\\"".to_owned(),
            format!("example.com. TXT \"{}\" \"b\"", "a".repeat(255)),
            "_dnsauth.example.com. CNAME x.ca.example.".to_owned(),
        ] {
            let record = record(&line);
            assert_ne!(found(named.address, &record), Ok(()), "{algorithm}: {line}");
            updater.add(&record, now()).unwrap();
            assert_eq!(found(named.address, &record), Ok(()), "{algorithm}: {line}");
            updater.remove(&record, now()).unwrap();
            assert_eq!(found(named.address, &record), Err(NotSeen::NoRecord), "{algorithm}: {line}");
        }
    }
}

#[test]
fn what_it_refuses_and_shows() {
    let Some(named) = Named::start() else { return };
    let add = |key: &str, line: &str, now| named.updater(key).add(&record(line), now).unwrap_err();
    let (right, line) = (key("hmac-sha256"), "example.com. TXT right");
    for (what, error, said) in [
        ("another secret", add(&right.replace("c2Vj", "c2Vk"), line, now()), "(NOTAUTH, BADSIG)"),
        ("another name", add(&right.replace("\"hmac-sha256\"", "other"), line, now()), "(NOTAUTH, BADKEY)"),
        ("an old clock", add(&right, line, now() - 1000), "(NOTAUTH, BADTIME)"),
        ("another zone", add(&right, "example.net. TXT right", now()), "serves no zone for example.net."),
        ("a CNAME", add(&right, "_taken.example.com. TXT right", now()), "the name is a CNAME"),
        ("a CNAME beside others", add(&right, "_big.example.com. CNAME x.example.", now()), "has records already"),
    ] {
        assert!(matches!(&error, DnsError::Update(text) if text.contains(said)), "{what}: {error}");
    }
    assert_eq!(found(named.address, &record("_big.example.com. TXT right")), Ok(()), "over TCP");
    let others = found(named.address, &record("_big.example.com. TXT wrong"));
    assert!(matches!(&others, Err(NotSeen::Others(values)) if values.len() == 10), "{others:?}");
}
