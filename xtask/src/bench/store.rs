//! Commands on a store of many orders.

use std::{fs, time::Instant};

use certgate_store::{Change, InstallOptions, Lease, NewMessage, NewOrder, ResumeData, Sqlite, State, Store};

use super::{
    median, missed,
    simulator::{Simulator, command, program},
};
use crate::{Failure, repository};

const ORDERS: i64 = 10_000;
const RUNS: usize = 11;
/// Milliseconds.
const AIM: f64 = 100.0;

pub(super) fn run() -> Result<(), Failure> {
    let program = program()?;
    let folder = repository::root().join("target").join("bench-store");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let simulator = Simulator::start(&program, &[])?;
    let store = folder.join("store.sqlite");
    fill(&store, &format!("user@9 at {}", simulator.address)).map_err(|error| error.to_string())?;
    let config = folder.join("config.toml");
    fs::write(&config, "[live]\nrequests_per_second = 1000\n").map_err(|error| error.to_string())?;
    let (store, config) = (store.display().to_string(), config.display().to_string());
    let to = folder.join("messages").display().to_string();
    for (what, arguments) in
        [("orders", vec!["orders"]), ("resume", vec!["resume"]), ("poll", vec!["poll", "drain", "--to", &to])]
    {
        let mut times = Vec::new();
        for _ in 0..RUNS {
            let mut run = command(&program, &simulator.address, "json", &arguments);
            run.args(["--store", &store, "--config", &config]);
            let start = Instant::now();
            let output = run.output().map_err(|error| error.to_string())?;
            times.push(start.elapsed().as_secs_f64() * 1000.0);
            if !matches!(output.status.code(), Some(0 | 8)) {
                return Err(format!("{what}: {}", String::from_utf8_lossy(&output.stderr)));
            }
        }
        let time = median(times);
        let missed = missed(time <= AIM);
        println!("{what:<7} {time:.1} ms with {ORDERS} orders in the store (aim: at most {AIM:.0}{missed})");
    }
    Ok(())
}

/// Orders of a batch that are done, each with its message.
fn fill(path: &std::path::Path, account: &str) -> Result<(), certgate_store::StoreError> {
    let mut store = Sqlite::open(path)?;
    let csr = "MIICWjCCAUICAQAwFTETMBEGA1UEAwwKZXhhbXBsZS5jb20wggEiMA0GCSqGSIb3\n".repeat(16);
    let holder = Lease::beside(path, "bench")?;
    for number in 0..ORDERS {
        let id = format!("certgate-{number:016x}");
        let order = NewOrder {
            id: id.clone(),
            task: "certificate-reissue".to_owned(),
            account: account.to_owned(),
            certificate: Some(number),
            name: Some(format!("host-{number}.example.org")),
            product: Some("QUICKSSLPREMIUM".to_owned()),
            csr: Some(csr.clone()),
            resume: ResumeData {
                serial_before: Some("0a1b2c3d4e5f".to_owned()),
                clock_ahead: Some(0),
                install: Some(InstallOptions::into_folder(format!("/etc/certificates/host-{number}"))),
                round: 0,
            },
            batch: Some(format!("batch.csv:reissue:{number}:AbCdEfGhIjKlMnOpQrStUvWx")),
            claim: None,
        };
        store.record_intent(&order, &holder, number)?;
        for state in [State::Pending, State::Issued, State::Done] {
            let job = Some(number);
            let change = Change { state, job, stid: None, certificate: None, detail: state.as_str().to_owned() };
            store.change(&id, &change, &holder, number)?;
        }
        let message = NewMessage {
            account: account.to_owned(),
            id: Some(number),
            transport: "json".to_owned(),
            kind: "certificate".to_owned(),
            job: Some(number),
            stid: None,
            ctid: None,
            document: "{}".to_owned(),
            raw: vec![b' '; 4096],
        };
        store.keep(&message, number)?;
        store.release(&id, &holder)?;
    }
    Ok(())
}
