//! `serve simulator --state`: what it costs to keep the world.

use std::time::Duration;

use super::{
    load::load,
    missed,
    simulator::{Simulator, program},
};
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
        let created = load(&simulator.address, CLIENTS, TIME, &create(&simulator.address))?;
        let rate = created.len() as f64 / TIME.as_secs_f64();
        let verdict = match options {
            [] => String::new(),
            _ => format!(" (aim: at least {AIM:.0}{})", missed(rate >= AIM)),
        };
        println!("{what}: {rate:.0} contacts a second{verdict}");
    }
    let _ = std::fs::remove_file(&file);
    Ok(())
}

/// The request that creates a contact.
fn create(address: &str) -> Vec<u8> {
    let contact =
        r#"{"fname":"John","lname":"Doe","email":"john.doe@example.com","address":["1 Street"],"city":"Anytown"}"#;
    let request = format!(
        "POST /v1/sslcontact HTTP/1.1\r\nHost: {address}\r\nUser-Agent: bench\r\nAuthorization: Basic dXNlcjpwYXNzd29yZA==\r\n\
         X-Domainrobot-Context: 9\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{contact}",
        contact.len()
    );
    request.into_bytes()
}
