//! `certgate batch`: how near it comes to the gateway's pace, and how many requests an order costs.

use std::{
    fs,
    path::{Path, PathBuf},
};

use certgate_keys::{KeyType, PrivateKey, Subject};

use super::{
    simulator::{Simulator, command, paced, program, timed},
    verdict,
};
use crate::{Failure, repository};

/// Reissues at the gateway's pace, and without a limit.
const ORDERS: usize = 200;
/// Prepare, order, poll, confirm.
const REQUESTS: usize = 4;
const PACE: usize = 3;
/// For so many seconds one look at the account's running jobs serves all orders.
const LOOK: usize = 5;
/// What the whole takes at most, to its requests at that pace.
const AIM: f64 = 1.02;

pub(super) fn run() -> Result<(), Failure> {
    let program = program()?;
    let folder = repository::root().join("target").join("bench-batch");
    // What an earlier bench left would be known as done.
    let _ = fs::remove_dir_all(&folder);
    let file = write(&folder, ORDERS)?;
    let certificates = ORDERS.to_string();
    for transport in ["json", "xml"] {
        let free = Simulator::start(&program, &["--certificates", &certificates])?;
        let (seconds, requests) = batch(&program, &free, &folder, &file, transport, 100_000)?;
        let orders = ORDERS as f64;
        println!(
            "{transport}: no pace: {:.0} orders a second, {:.2} requests an order",
            orders / seconds,
            requests as f64 / orders
        );
    }
    let pace = PACE.to_string();
    let options = ["--certificates", &certificates, "--pace", &pace, "--latency", "250ms"];
    for transport in ["json", "xml"] {
        let enforcing = Simulator::start(&program, &options)?;
        let (seconds, requests) = batch(&program, &enforcing, &folder, &file, transport, PACE)?;
        let ratio = seconds * PACE as f64 / requests as f64;
        println!(
            "{transport}: {ORDERS} reissues at {PACE} a second with 250 ms latency: {seconds:.0} s for {requests} requests; to requests / pace {}",
            verdict(ratio, AIM)
        );
    }
    let requests = REQUESTS * ORDERS;
    // The looks take their turn at the pace, too.
    println!("aim for requests: at most {} at {PACE} a second", requests + requests / (PACE * LOOK - 1) + 1);
    Ok(())
}

/// Runs the batch with a new store; the time it took, and the requests that left.
fn batch(
    program: &Path,
    simulator: &Simulator,
    folder: &Path,
    file: &Path,
    transport: &str,
    pace: usize,
) -> Result<(f64, usize), Failure> {
    let name = format!("{transport}-{pace}");
    let config = paced("bench-batch.toml", pace)?;
    let (store, trace) = (folder.join(format!("{name}.sqlite")), folder.join(format!("{name}.trace")));
    let text = |path: &Path| path.display().to_string();
    let (file, store, trace_file) = (text(file), text(&store), text(&trace));
    let arguments =
        ["batch", &file, "--config", &config, "--store", &store, "--trace", &trace_file, "--quiet", "--output", "json"];
    let (seconds, _) = timed(command(program, &simulator.address, transport, &arguments), 0)?;
    let trace = fs::read_to_string(&trace).map_err(|error| error.to_string())?;
    let turned_away = trace.lines().filter(|line| line.contains("\"status\":429")).count();
    if turned_away > 0 {
        return Err(format!("{turned_away} requests were turned away (HTTP 429)"));
    }
    Ok((seconds, trace.lines().count()))
}

/// A batch file of so many reissues, and the CSRs it names.
pub(super) fn write(folder: &Path, orders: usize) -> Result<PathBuf, Failure> {
    let failed = |error: &dyn std::fmt::Display| error.to_string();
    fs::create_dir_all(folder).map_err(|error| failed(&error))?;
    let key = PrivateKey::generate(KeyType::P256).map_err(|error| failed(&error))?;
    let mut rows = "id,csr,product,name,admin,technical,software,lifetime,method,provisioning\n".to_owned();
    for number in 0..orders {
        let name = format!("host-{number:06}.example.org");
        let subject = Subject { common_name: name.clone(), ..Subject::default() };
        let csr = key.request(&subject, std::slice::from_ref(&name)).map_err(|error| failed(&error))?;
        fs::write(folder.join(format!("{name}.csr")), csr).map_err(|error| failed(&error))?;
        rows += &format!("{},{name}.csr,QUICKSSLPREMIUM,{name},1120,100,APACHE2,12,dns,true\n", 10_000 + number);
    }
    let file = folder.join("batch.csv");
    fs::write(&file, rows).map_err(|error| failed(&error))?;
    Ok(file)
}
