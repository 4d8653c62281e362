//! A real TLS server: `openssl s_server`, for mail behind a few lines of SMTP or IMAP.

use std::{
    io::{BufRead, BufReader, Write, copy},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
};

/// Whether there is openssl; where there is none, it is said so.
#[allow(clippy::print_stderr, reason = "a test that is left out is not left out in silence")]
pub(crate) fn has_openssl() -> bool {
    let there = Command::new("openssl").arg("version").stdout(Stdio::null()).status().is_ok();
    if !there {
        eprintln!("SKIPPED: openssl is not installed, and nothing else serves TLS here");
    }
    there
}

/// Whether this machine has an address of IPv6; where it has none, it is said so.
#[allow(clippy::print_stderr, reason = "a test that is left out is not left out in silence")]
pub(crate) fn has_ipv6() -> bool {
    let there = TcpListener::bind("[::1]:0").is_ok();
    if !there {
        eprintln!("SKIPPED: nobody can listen at [::1] here");
    }
    there
}

/// A server of a folder's certificate. It ends with this.
pub(crate) struct TlsServer {
    child: Child,
    pub(crate) port: u16,
}

impl TlsServer {
    /// `openssl s_server` at that address, on any port where it has none, with these options besides; once it listens.
    pub(crate) fn start(folder: &Path, address: &str, options: &[&str]) -> Self {
        let has_port = address.parse::<SocketAddr>().is_ok();
        let address = if has_port { address.to_owned() } else { format!("{address}:0") };
        let mut command = Command::new("openssl");
        command.args(["s_server", "-accept", &address, "-cert", "cert.pem", "-key", "key.pem"]);
        // Held open: with its standard input it would end its connections.
        command.args(options).current_dir(folder).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.starts_with("ACCEPT") {
            line.clear();
            assert_ne!(stdout.read_line(&mut line).unwrap(), 0, "s_server ended: {options:?}");
        }
        // It says the port that the system chose.
        let port = if has_port { &address } else { line.trim() }.rsplit(':').next().unwrap().parse().unwrap();
        thread::spawn(move || copy(&mut stdout, &mut std::io::sink()));
        Self { child, port }
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server that says each of these once it has read a line (the first at once), and then hands the connection on to that port.
/// Gives its port.
pub(crate) fn in_front_of(port: Option<u16>, says: &'static [&'static str]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming() {
            let client = client.unwrap();
            thread::spawn(move || front(client, port, says));
        }
    });
    own
}

fn front(client: TcpStream, port: Option<u16>, says: &[&str]) -> std::io::Result<()> {
    let (mut reader, mut writer) = (BufReader::new(client.try_clone()?), client.try_clone()?);
    for (count, said) in says.iter().enumerate() {
        if count > 0 {
            reader.read_line(&mut String::new())?;
        }
        writer.write_all(said.as_bytes())?;
    }
    let Some(port) = port else { return client.shutdown(Shutdown::Both) };
    let server = TcpStream::connect(("127.0.0.1", port))?;
    let (mut up, mut down) = (server.try_clone()?, server);
    thread::spawn(move || {
        let _ = copy(&mut reader, &mut up);
        up.shutdown(Shutdown::Both)
    });
    copy(&mut down, &mut writer).map(drop)
}
