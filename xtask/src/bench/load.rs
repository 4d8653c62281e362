//! Clients that ask one request after the other, each over a connection that it keeps.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use crate::Failure;

/// A connection to a server, which is kept.
pub(super) struct Connection {
    address: String,
    reader: BufReader<TcpStream>,
}

impl Connection {
    pub(super) fn open(address: &str) -> Result<Self, Failure> {
        let connect = || {
            let stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            Ok(BufReader::new(stream))
        };
        let reader = connect().map_err(|why: io::Error| format!("{address}: {why}"))?;
        Ok(Self { address: address.to_owned(), reader })
    }

    /// Sends bytes that are answered by nothing.
    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.reader.get_mut().write_all(bytes).map_err(|why| format!("{}: {why}", self.address))
    }

    /// Sends a request and reads its answer, which must be 200.
    pub(super) fn ask(&mut self, request: &[u8]) -> Result<(), Failure> {
        self.send(request)?;
        let status = answer(&mut self.reader).map_err(|why| format!("{}: {why}", self.address))?;
        if !status.starts_with("HTTP/1.1 200") {
            return Err(format!("{}: found `{}`, expected 200", self.address, status.trim_end()));
        }
        Ok(())
    }
}

/// Has so many clients ask for some time; how long each answer took.
pub(super) fn load(address: &str, clients: usize, time: Duration, request: &[u8]) -> Result<Vec<Duration>, Failure> {
    let client = || {
        let mut connection = Connection::open(address)?;
        let (mut took, until) = (Vec::new(), Instant::now() + time);
        while Instant::now() < until {
            let start = Instant::now();
            connection.ask(request)?;
            took.push(start.elapsed());
        }
        Ok(took)
    };
    let all: Result<Vec<Vec<Duration>>, Failure> = thread::scope(|scope| {
        let clients: Vec<_> = (0..clients).map(|_| scope.spawn(client)).collect();
        clients.into_iter().map(|client| client.join().map_err(|_| "a client panicked".to_owned())?).collect()
    });
    all.map(|all| all.concat())
}

/// Reads an answer to its end; its first line.
fn answer(reader: &mut impl BufRead) -> io::Result<String> {
    let (mut status, mut length) = (String::new(), 0);
    reader.read_line(&mut status)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim_end().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or_default();
        }
    }
    io::copy(&mut reader.take(length), &mut io::sink())?;
    Ok(status)
}
