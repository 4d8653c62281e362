//! The same orders in two databases, and what is done with them.

use std::{
    fs,
    path::Path,
    process::{Child, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use certgate_store::{Change, InstallOptions, NewMessage, NewOrder, ResumeData, State, StoreAddress, StoreError};
use certgate_testing::{Cluster, Role};
use serde_json::Value;

use super::{
    batch, median, missed,
    simulator::{Simulator, command, paced, program_with, timed},
    verdict,
};
use crate::{Failure, repository};

const ORDERS: i64 = 10_000;
const RUNS: usize = 11;
/// Orders whose writes are timed.
const WRITTEN: i64 = 200;
/// Milliseconds that one write of an order may take.
const WRITE_AIM: f64 = 5.0;
/// Milliseconds that a command may take.
const COMMAND_AIM: f64 = 100.0;

/// Processes that share the orders of a batch, at a gateway that is so many times faster than the real one: its pace of three requests
/// a second, and 250 ms until an answer is there.
const PROCESSES: usize = 4;
const SHARED: usize = 400;
const FASTER: usize = 5;
const PACE: usize = 3 * FASTER;
/// What the whole takes at most, to its requests at that pace.
const SHARED_AIM: f64 = 1.1;

/// A store, as the bench gets to it and as the program does.
struct Place {
    name: &'static str,
    address: StoreAddress,
    argument: String,
}

impl Place {
    fn file(path: &Path) -> Self {
        Self { name: "SQLite", address: StoreAddress::from(path), argument: path.display().to_string() }
    }

    /// A schema of its own.
    fn schema(cluster: &Cluster) -> Result<Self, Failure> {
        let argument = cluster.role().url();
        let address = StoreAddress::parse(&argument).map_err(|why| why.to_string())?;
        let address = address.with_password_command(Arc::new(|| Ok(Role::PASSWORD.to_owned())));
        Ok(Self { name: "PostgreSQL", address, argument })
    }
}

pub(super) fn run() -> Result<(), Failure> {
    let program = program_with(&["--features", "postgres"])?;
    let folder = repository::root().join("target").join("bench-store");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let config = paced("bench-store.toml", 1000)?;
    let simulator = Simulator::start(&program, &[])?;
    let account = format!("user@9 at {}", simulator.address);
    let cluster = Cluster::start(true);
    if cluster.is_none() {
        println!("left out: PostgreSQL is not installed");
    }
    let mut empty = vec![Place::file(&folder.join("empty.sqlite"))];
    if let Some(cluster) = &cluster {
        empty.push(Place::schema(cluster)?);
    }
    for place in &empty {
        let time = writes(place, &account).map_err(|error| error.to_string())?;
        let missed = missed(time <= WRITE_AIM);
        println!("{:<10} {time:.2} ms a write of an order's four (aim: at most {WRITE_AIM:.0}{missed})", place.name);
    }
    let file = batch::write(&folder, SHARED)?;
    for place in &empty {
        let (time, requests, turned_away) = shared(&program, place, &folder, &file)?;
        let ratio = time.as_secs_f64() * PACE as f64 / requests as f64;
        println!(
            "{:<10} {PROCESSES} processes, {SHARED} reissues, {PACE} requests a second: {:.1} s for {requests} requests, {turned_away} turned away; to requests / pace {}",
            place.name,
            time.as_secs_f64(),
            verdict(ratio, SHARED_AIM)
        );
    }
    let to = folder.join("messages").display().to_string();
    for (is_done, commands) in [
        (true, vec![("orders", vec!["orders"], 0), ("resume", vec!["resume"], 8)]),
        (false, vec![("next poll", vec!["poll", "drain", "--to", &to], 8)]),
    ] {
        let state = if is_done { "done" } else { "open" };
        // Filled once, and copied: the same in both.
        let file = Place::file(&folder.join(state));
        fill(&file, &account, is_done).map_err(|error| error.to_string())?;
        let mut places = Vec::new();
        if let Some(cluster) = &cluster {
            let place = Place::schema(cluster)?;
            file.address.copy_to(&place.address).map_err(|error| error.to_string())?;
            places.push(place);
        }
        places.insert(0, file);
        for (what, arguments, code) in commands {
            for place in &places {
                let arguments = [&arguments[..], &["--store", &place.argument, "--config", &config]].concat();
                let mut times = Vec::new();
                for _ in 0..RUNS {
                    let mut run = command(&program, &simulator.address, "json", &arguments);
                    run.env("PGPASSWORD", Role::PASSWORD);
                    times.push(timed(run, code)?.0 * 1000.0);
                }
                let time = median(times);
                let missed = missed(time <= COMMAND_AIM);
                let name = place.name;
                println!(
                    "{name:<10} {time:.1} ms: {what} with {ORDERS} orders, {state} (aim: at most {COMMAND_AIM:.0}{missed})"
                );
            }
        }
    }
    Ok(())
}

/// How long each of an order's four writes takes, in milliseconds: before it leaves, after its answer, and as it goes on.
fn writes(place: &Place, account: &str) -> Result<f64, StoreError> {
    let mut store = place.address.open()?;
    let lease = place.address.lease("bench")?;
    let mut times = Vec::new();
    for number in 0..WRITTEN {
        let order = order(account, number);
        let start = Instant::now();
        store.record_intent(&order, &lease, number)?;
        for state in [State::Pending, State::Issued, State::Done] {
            store.change(&order.id, &change(state, number), &lease, number)?;
        }
        times.push(start.elapsed().as_secs_f64() * 1000.0 / 4.0);
    }
    Ok(median(times))
}

/// Runs a batch in several processes at once over one store, in which they share the pace; the time until the last of them ended, and the
/// requests that left, and those of them that were turned away (HTTP 429), as on a machine that is busy otherwise.
fn shared(program: &Path, place: &Place, folder: &Path, file: &Path) -> Result<(Duration, usize, usize), Failure> {
    let config = paced("bench-shared.toml", PACE)?;
    let text = fs::read_to_string(&config).map_err(|error| error.to_string())?;
    fs::write(&config, text + "pace_in_store = true\n").map_err(|error| error.to_string())?;
    let [certificates, pace] = [SHARED, PACE].map(|number| number.to_string());
    let latency = format!("{}ms", 250 / FASTER);
    let simulator =
        Simulator::start(program, &["--certificates", &certificates, "--pace", &pace, "--latency", &latency])?;
    let file = file.display().to_string();
    let trace = |number: usize| folder.join(format!("{}-{number}.trace", place.name));
    let start = Instant::now();
    let running = (0..PROCESSES).map(|number| {
        let trace = trace(number).display().to_string();
        let arguments = ["batch", &file, "--config", &config, "--store", &place.argument, "--trace", &trace, "--quiet"];
        let mut run = command(program, &simulator.address, "json", &[&arguments[..], &["--output", "json"]].concat());
        run.env("PGPASSWORD", Role::PASSWORD).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        run.spawn().map_err(|error| error.to_string())
    });
    let running = running.collect::<Result<Vec<_>, _>>()?;
    // All of them first: none is left behind where one failed.
    let ended: Vec<_> = running.into_iter().map(Child::wait_with_output).collect();
    let time = start.elapsed();
    let (mut done, mut requests, mut turned_away) = (0, 0, 0);
    for (number, output) in ended.into_iter().enumerate() {
        let output = output.map_err(|error| error.to_string())?;
        // Pending is what another one of them is at.
        if !matches!(output.status.code(), Some(0 | 6)) {
            return Err(format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr)));
        }
        let printed: Value = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
        let rows = printed.get("orders").and_then(Value::as_array).into_iter().flatten();
        done += rows.filter(|row| row.get("kind").is_some_and(|kind| kind == "done")).count();
        let trace = fs::read_to_string(trace(number)).map_err(|error| error.to_string())?;
        turned_away += trace.matches("\"status\":429").count();
        requests += trace.lines().count();
    }
    match done {
        SHARED => Ok((time, requests, turned_away)),
        _ => Err(format!("{done} orders were done, expected {SHARED}")),
    }
}

/// Orders of a batch, done or accepted, each with its message.
fn fill(place: &Place, account: &str, is_done: bool) -> Result<(), StoreError> {
    let mut store = place.address.open()?;
    let lease = place.address.lease("bench")?;
    for number in 0..ORDERS {
        let order = order(account, number);
        store.record_intent(&order, &lease, number)?;
        let states = [State::Pending, State::Issued, State::Done];
        for state in states.into_iter().take(if is_done { 3 } else { 1 }) {
            store.change(&order.id, &change(state, number), &lease, number)?;
        }
        if is_done {
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
            store.keep(&message, &|_| true, number)?;
        }
        store.release(&order.id, &lease)?;
    }
    store.end(&lease)
}

fn order(account: &str, number: i64) -> NewOrder {
    NewOrder {
        id: format!("certgate-{number:016x}"),
        task: "certificate-reissue".to_owned(),
        account: account.to_owned(),
        certificate: Some(number),
        name: Some(format!("host-{number}.example.org")),
        product: Some("QUICKSSLPREMIUM".to_owned()),
        csr: Some("MIICWjCCAUICAQAwFTETMBEGA1UEAwwKZXhhbXBsZS5jb20wggEiMA0GCSqGSIb3\n".repeat(16)),
        resume: ResumeData {
            serial_before: Some("0a1b2c3d4e5f".to_owned()),
            clock_ahead: Some(0),
            install: Some(InstallOptions::into_folder(format!("/etc/certificates/host-{number}"))),
            ..ResumeData::default()
        },
        batch: Some(format!("batch.csv:reissue:{number}:AbCdEfGhIjKlMnOpQrStUvWx")),
        ..NewOrder::default()
    }
}

fn change(state: State, number: i64) -> Change {
    Change { state, job: Some(number), stid: None, certificate: None, detail: state.as_str().to_owned() }
}
