//! `serve simulator --state`: what it costs to keep the world.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use super::simulator::{Simulator, program};
use crate::{Failure, repository};

/// Clients at a time, each with a connection of its own that it keeps.
const CLIENTS: usize = 8;
const TIME: Duration = Duration::from_secs(10);
/// Contacts a second that are created and kept, at least.
const AIM: f64 = 2000.0;

pub(super) fn run() -> Result<(), Failure> {
    let program = program()?;
    let file = repository::root().join("target").join("bench-state.json");
    let path = file.display().to_string();
    for (what, options) in [("not kept", &[][..]), ("kept", &["--state", &path])] {
        // A world of an earlier run would be measured as well.
        let _ = std::fs::remove_file(&file);
        let simulator = Simulator::start(&program, options)?;
        let address = &simulator.address;
        let counts = thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(|| create(address))).collect();
            clients.into_iter().map(|client| client.join().map_err(|_| "a client panicked".to_owned())?).collect()
        });
        let counts: Result<Vec<usize>, Failure> = counts;
        let rate = counts?.iter().sum::<usize>() as f64 / TIME.as_secs_f64();
        let verdict = match options {
            [] => String::new(),
            _ => format!(" (aim: at least {AIM:.0}{})", if rate >= AIM { "" } else { ", MISSED" }),
        };
        println!("{what}: {rate:.0} contacts a second{verdict}");
    }
    let _ = std::fs::remove_file(&file);
    Ok(())
}

/// Creates contacts for some time; how many.
fn create(address: &str) -> Result<usize, Failure> {
    let failed = |why: std::io::Error| format!("{address}: {why}");
    let stream = TcpStream::connect(address).map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    let mut reader = BufReader::new(stream.try_clone().map_err(failed)?);
    let mut writer = stream;
    let contact =
        r#"{"fname":"John","lname":"Doe","email":"john.doe@example.com","address":["1 Street"],"city":"Anytown"}"#;
    let request = format!(
        "POST /v1/sslcontact HTTP/1.1\r\nHost: {address}\r\nUser-Agent: bench\r\nAuthorization: Basic dXNlcjpwYXNzd29yZA==\r\n\
         X-Domainrobot-Context: 9\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{contact}",
        contact.len()
    );
    let (mut count, until) = (0, Instant::now() + TIME);
    while Instant::now() < until {
        writer.write_all(request.as_bytes()).map_err(failed)?;
        let status = answer(&mut reader).map_err(failed)?;
        if !status.starts_with("HTTP/1.1 200") {
            return Err(format!("{address}: {}", status.trim_end()));
        }
        count += 1;
    }
    Ok(count)
}

/// Reads an answer to its end; its first line.
fn answer(reader: &mut impl BufRead) -> std::io::Result<String> {
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
    std::io::copy(&mut reader.take(length), &mut std::io::sink())?;
    Ok(status)
}
