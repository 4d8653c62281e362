//! A tape of many exchanges: loading it, and matching against it.

use std::{
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use certgate_client::{Client, Transport, TransportError};
use certgate_domain::{Certificate, Credentials, Secret, task::CertificateReissue};
use certgate_json::JsonCodec;
use certgate_tape::{Offline, StandIns, Tape};
use certgate_wire::{Reply, Request};

use super::missed;
use crate::{Failure, repository};

const EXCHANGES: i64 = 10_000;
/// Seconds for loading, milliseconds for a request.
const AIMS: [f64; 2] = [1.0, 1.0];

struct Answering(Vec<u8>);

impl Transport for Answering {
    fn send(&mut self, _: &Request, _: Duration) -> Result<Reply, TransportError> {
        Ok(Reply::of(self.0.clone()))
    }

    fn endpoint(&self) -> &str {
        "bench:"
    }
}

pub(super) fn run() -> Result<(), Failure> {
    let folder = repository::root().join("target").join("bench-tape");
    let _ = fs::remove_dir_all(&folder);
    let tape = Tape::record(&folder, StandIns::default(), false).map_err(|error| error.to_string())?;
    let read = |name: &str| {
        fs::read(repository::root().join("fixtures").join(name)).map_err(|error| format!("{name}: {error}"))
    };
    let answer = read("certificate-reissue/documented/response.json")?;
    let csr = String::from_utf8_lossy(&read("_keys/example.com.csr")?).into_owned();
    ask(&tape, Box::new(Answering(answer)), &csr)?;
    tape.finish().map_err(|error| error.to_string())?;

    let start = Instant::now();
    let tape = Tape::replay(&folder).map_err(|error| error.to_string())?;
    let loading = start.elapsed().as_secs_f64();
    let start = Instant::now();
    ask(&tape, Box::new(Offline), &csr)?;
    let each = start.elapsed().as_secs_f64() * 1000.0 / EXCHANGES as f64;
    tape.finish().map_err(|error| error.to_string())?;
    let [most_loading, most_each] = AIMS;
    println!(
        "loading {EXCHANGES} exchanges: {loading:.2} s (aim: at most {most_loading} s{})",
        missed(loading <= most_loading)
    );
    println!("matching and answering one: {each:.3} ms (aim: at most {most_each} ms{})", missed(each <= most_each));
    Ok(())
}

fn ask(tape: &Tape, transport: Box<dyn Transport>, csr: &str) -> Result<(), Failure> {
    let credentials = Credentials::new("user", Secret::new("bench-pw"), "9");
    let mut client = Client::new(Box::new(JsonCodec::default()), transport, credentials)
        .with_pace(usize::MAX / 2)
        .with_interceptor(Arc::new(tape.clone()));
    for id in 0..EXCHANGES {
        let certificate = Certificate {
            id: Some(id),
            csr: Some(csr.to_owned()),
            name: Some(format!("host-{id}.example.org")),
            product: Some("QUICKSSLPREMIUM".to_owned()),
            ..Certificate::default()
        };
        client.call(CertificateReissue { certificate }).map_err(|error| error.to_string())?;
    }
    Ok(())
}
