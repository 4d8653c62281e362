//! `serve bridge` beside nginx as a proxy of the same simulator.

use std::time::{Duration, Instant};

use super::{
    INFO_XML,
    load::{Connection, load},
    median, missed,
    nginx::Nginx,
    simulator::{Simulator, paced, program},
};
use crate::Failure;

const CONNECTIONS: [usize; 2] = [8, 64];
const TIME: Duration = Duration::from_secs(5);
/// The bridge answers so many times as many requests as nginx, at least.
const AIM_RATE: f64 = 0.5;
/// The middle answer may take so many milliseconds more than nginx's.
const AIM_MEDIAN: f64 = 1.0;
/// The bridge takes less memory, in MiB.
const AIM_MEMORY: f64 = 64.0;
/// Connections that ask for nothing, every other one in the middle of a request's head, and how long another client then waits.
const IDLE: usize = 500;
const AIM_IDLE: Duration = Duration::from_secs(1);

pub(super) fn run() -> Result<(), Failure> {
    let program = program()?;
    let config = paced("bench-bridge.toml", 1_000_000)?;
    let simulator = Simulator::start(&program, &[])?;
    let nginx = Nginx::start(&simulator.address)?;
    if nginx.is_none() {
        println!("nginx is not installed: the bridge is measured without it (apt-get install nginx-light)");
    }
    for (front, behind) in [("xml", "v1"), ("json", "xml")] {
        let endpoint = format!("http://{}/{behind}", simulator.address);
        let options = ["--front", front, "--endpoint", &endpoint, "--config", &config, "--quiet"];
        let bridge = Simulator::serve(&program, "bridge", &options)?;
        let request = request(front);
        for connections in CONNECTIONS {
            let there = nginx.as_ref().map(|nginx| Figures::of(&nginx.address, connections, &request)).transpose()?;
            let here = Figures::of(&bridge.address, connections, &request)?;
            println!("{front}, {connections} connections: bridge {here}");
            if let Some(there) = there {
                println!("{front}, {connections} connections: nginx  {there}");
                let (ratio, more) = (here.rate / there.rate, here.median - there.median);
                println!("  {ratio:.2} of its requests (aim: at least {AIM_RATE}{})", missed(ratio >= AIM_RATE));
                println!("  {more:+.2} ms in the middle (aim: at most {AIM_MEDIAN} ms{})", missed(more <= AIM_MEDIAN));
            }
        }
        if let Some(peak) = bridge.peak_memory() {
            println!("{front}: {peak:.1} MiB (aim: less than {AIM_MEMORY}{})", missed(peak < AIM_MEMORY));
        }
        beside_idle_ones(front, &bridge.address, &request)?;
    }
    Ok(())
}

/// A client beside many connections that ask for nothing.
fn beside_idle_ones(front: &str, address: &str, request: &[u8]) -> Result<(), Failure> {
    let idle: Result<Vec<Connection>, Failure> = (0..IDLE)
        .map(|number| {
            let mut connection = Connection::open(address)?;
            if number % 2 == 0 {
                connection.send(b"POST / HTTP/1.1\r\nHost: ")?;
            }
            Ok(connection)
        })
        .collect();
    let idle = idle?;
    let start = Instant::now();
    Connection::open(address)?.ask(request)?;
    let took = start.elapsed();
    let missed = missed(took < AIM_IDLE);
    println!("{front}: beside {} idle connections: {took:.0?} (aim: less than {AIM_IDLE:?}{missed})", idle.len());
    Ok(())
}

/// How fast a server answers.
struct Figures {
    /// Requests a second.
    rate: f64,
    /// Of the times of all answers, in milliseconds.
    median: f64,
}

impl Figures {
    fn of(address: &str, connections: usize, request: &[u8]) -> Result<Self, Failure> {
        let took = load(address, connections, TIME, request)?;
        let rate = took.len() as f64 / TIME.as_secs_f64();
        Ok(Self { rate, median: median(took.iter().map(|took| took.as_secs_f64() * 1000.0).collect()) })
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:>6.0} requests a second, half of them in {:.2} ms", self.rate, self.median)
    }
}

/// Asks for a certificate.
fn request(front: &str) -> Vec<u8> {
    let head = "Host: localhost\r\nUser-Agent: bench\r\n";
    let text = match front {
        "xml" => format!(
            "POST /xml HTTP/1.1\r\n{head}Content-Type: text/xml\r\nContent-Length: {}\r\n\r\n{INFO_XML}",
            INFO_XML.len()
        ),
        _ => format!(
            "GET /v1/certificate/571 HTTP/1.1\r\n{head}Authorization: Basic dXNlcjpwYXNzd29yZA==\r\nX-Domainrobot-Context: 9\r\n\r\n"
        ),
    };
    text.into_bytes()
}
