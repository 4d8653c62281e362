//! A connection to a server, up to the end of its TLS handshake.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream, ToSocketAddrs},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use certgate_x509::{BadCertificate, X509};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use super::{StartTls, TlsEndpoint};

/// What a server serves.
#[derive(Debug, Clone)]
pub struct Served {
    /// The server's address.
    pub address: SocketAddr,
    /// Its certificate.
    pub certificate: X509,
    /// What it sent besides, in its order.
    pub chain: Vec<X509>,
}

/// Why it is not known what a server serves.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServedError {
    /// Its name has no address.
    #[error("no address of the host is found: {0}")]
    Unresolved(#[source] io::Error),
    /// Nobody takes the connection.
    #[error("nobody answers: {0}")]
    Unreachable(#[source] io::Error),
    /// It did not answer in time, or the connection ended.
    #[error("the connection ended: {0}")]
    Broken(#[source] io::Error),
    /// It does not begin TLS where it was asked to.
    #[error("the server does not begin TLS: found `{said}`, expected {expected}")]
    NoStartTls {
        /// What it said.
        said: String,
        /// What was expected.
        expected: &'static str,
    },
    /// It does not speak TLS, or none that is spoken here (1.2, 1.3).
    #[error("the TLS handshake failed: {0}")]
    Tls(#[source] rustls::Error),
    /// Its certificate cannot be read.
    #[error("its certificate cannot be read: {0}")]
    Certificate(#[from] BadCertificate),
}

/// Sees what a server serves that is asked for that name (SNI; for an address it is asked for none). Sends nothing but the
/// handshake, and takes at most `timeout` once the address is known.
///
/// # Errors
/// See [`ServedError`].
pub fn look(endpoint: &TlsEndpoint, server_name: &str, timeout: Duration) -> Result<Served, ServedError> {
    let addresses = (endpoint.host.as_str(), endpoint.port).to_socket_addrs().map_err(ServedError::Unresolved)?;
    let until = Instant::now() + timeout;
    let (tcp, address) = connected(&addresses.collect::<Vec<_>>(), until)?;
    let mut stream = Limited { tcp, until };
    if let Some(protocol) = endpoint.start_tls {
        begin(&mut stream, protocol)?;
    }
    let mut given = handshake(&mut stream, server_name)?.into_iter();
    let certificate = X509::from_pem(given.next().unwrap_or_default())?;
    // What is no certificate is no authority either.
    let chain = given.filter_map(|der| X509::from_pem(der).ok()).collect();
    Ok(Served { address, certificate, chain })
}

/// A connection to the first of the addresses that takes one. One that does not answer leaves the others their share of the time.
fn connected(addresses: &[SocketAddr], until: Instant) -> Result<(TcpStream, SocketAddr), ServedError> {
    let mut why = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for (address, left) in addresses.iter().zip((1..=addresses.len()).rev()) {
        let share = until.saturating_duration_since(Instant::now()) / u32::try_from(left).unwrap_or(u32::MAX);
        if share.is_zero() {
            return Err(ServedError::Unreachable(io::ErrorKind::TimedOut.into()));
        }
        match TcpStream::connect_timeout(address, share) {
            Ok(tcp) => return Ok((tcp, *address)),
            Err(error) => why = error,
        }
    }
    Err(ServedError::Unreachable(why))
}

/// A connection that ends at a time, however slowly the other side sends.
struct Limited {
    tcp: TcpStream,
    until: Instant,
}

impl Limited {
    fn left(&self) -> io::Result<Duration> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

/// A timeout of the socket is a timeout, and nothing that is tried again at once.
fn in_time(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::WouldBlock { io::ErrorKind::TimedOut.into() } else { error }
}

impl Read for Limited {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.tcp.set_read_timeout(Some(self.left()?))?;
        self.tcp.read(buffer).map_err(in_time)
    }
}

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.tcp.set_write_timeout(Some(self.left()?))?;
        self.tcp.write(bytes).map_err(in_time)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}

/// Has the server begin TLS.
fn begin(stream: &mut Limited, protocol: StartTls) -> Result<(), ServedError> {
    match protocol {
        StartTls::Smtp => {
            smtp_reply(stream, "220", "a greeting with 220")?;
            send(stream, b"EHLO certgate.invalid\r\n")?;
            smtp_reply(stream, "250", "250 to EHLO")?;
            send(stream, b"STARTTLS\r\n")?;
            smtp_reply(stream, "220", "220 to STARTTLS")
        }
        StartTls::Imap => {
            imap_line(stream, "* OK", "a greeting with * OK")?;
            send(stream, b"a STARTTLS\r\n")?;
            imap_line(stream, "a OK", "OK to STARTTLS")
        }
    }
}

fn send(stream: &mut Limited, bytes: &[u8]) -> Result<(), ServedError> {
    stream.write_all(bytes).map_err(ServedError::Broken)
}

/// Reads a reply of several lines, all but the last with a hyphen behind the number.
fn smtp_reply(stream: &mut Limited, code: &str, expected: &'static str) -> Result<(), ServedError> {
    loop {
        let said = line(stream)?;
        match said.strip_prefix(code) {
            Some(rest) if rest.starts_with('-') => {}
            Some(_) => return Ok(()),
            None => return Err(ServedError::NoStartTls { said, expected }),
        }
    }
}

/// Reads on to the line that begins so; lines of the server's own accord may come before an answer.
fn imap_line(stream: &mut Limited, start: &str, expected: &'static str) -> Result<(), ServedError> {
    loop {
        let said = line(stream)?;
        if said.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start)) {
            return Ok(());
        }
        if !said.starts_with("* ") || start.starts_with('*') {
            return Err(ServedError::NoStartTls { said, expected });
        }
    }
}

/// The longest line that is read; RFC 5321 allows 512.
const LONGEST: usize = 4096;

/// A line without its end. Byte by byte: what follows it may be TLS.
fn line(stream: &mut Limited) -> Result<String, ServedError> {
    let mut line = Vec::new();
    let mut byte = [0];
    while line.len() < LONGEST && byte != *b"\n" {
        stream.read_exact(&mut byte).map_err(ServedError::Broken)?;
        line.extend(byte);
    }
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}

/// The certificates that a server sends, its own first.
fn handshake(stream: &mut Limited, server_name: &str) -> Result<Vec<Vec<u8>>, ServedError> {
    let provider = Arc::new(ring::default_provider());
    let recorder = Arc::new(CertificateRecorder { provider: provider.clone(), seen: Mutex::default() });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(ServedError::Tls)?
        .dangerous()
        .with_custom_certificate_verifier(recorder.clone())
        .with_no_client_auth();
    let name = ServerName::try_from(server_name.to_owned())
        .map_err(|_| ServedError::Tls(rustls::Error::General("the server's name is not a host name".to_owned())))?;
    let mut tls = ClientConnection::new(Arc::new(config), name).map_err(ServedError::Tls)?;
    let ended = shake_hands(&mut tls, stream);
    let seen = std::mem::take(&mut *recorder.seen.lock().unwrap_or_else(PoisonError::into_inner));
    match ended {
        // A server that wants a certificate of its client has shown its own before it ends.
        Err(ServedError::Tls(rustls::Error::AlertReceived(_)) | ServedError::Broken(_)) if !seen.is_empty() => Ok(seen),
        ended => ended.map(|()| seen),
    }
}

fn shake_hands(tls: &mut ClientConnection, stream: &mut Limited) -> Result<(), ServedError> {
    while tls.is_handshaking() {
        while tls.wants_write() {
            tls.write_tls(stream).map_err(ServedError::Broken)?;
        }
        if tls.is_handshaking() && tls.wants_read() {
            if tls.read_tls(stream).map_err(ServedError::Broken)? == 0 {
                return Err(ServedError::Broken(io::ErrorKind::UnexpectedEof.into()));
            }
            tls.process_new_packets().map_err(ServedError::Tls)?;
        }
    }
    tls.send_close_notify();
    let _ = tls.write_tls(stream);
    Ok(())
}

/// Records a server's certificates and trusts all of them; that the server has the key is checked.
#[derive(Debug)]
struct CertificateRecorder {
    provider: Arc<CryptoProvider>,
    seen: Mutex<Vec<Vec<u8>>>,
}

impl ServerCertVerifier for CertificateRecorder {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let seen = std::iter::once(own).chain(others).map(|der| der.to_vec()).collect();
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = seen;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
