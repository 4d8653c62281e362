//! `certgate info` from start to exit, beside curl doing the same request.

use std::{path::Path, process::Command};

use super::{
    INFO_XML, median,
    simulator::{Simulator, command, paced, peak_memory, program, timed},
    verdict,
};
use crate::Failure;

/// How often each one runs.
const RUNS: usize = 30;
/// How often its memory is looked at.
const MEMORY_RUNS: usize = 5;
/// Most of the time that curl takes.
const TIME_AIM: f64 = 0.75;
const MEMORY_AIM_MIB: f64 = 13.0;

pub(super) fn run() -> Result<(), Failure> {
    let program = program()?;
    let simulator = Simulator::start(&program, &[])?;
    // Without the gateway's pace, which would have ours wait where curl does not.
    let config = paced("bench-cli.toml", 1000)?;
    for transport in ["json", "xml"] {
        compare(&program, &simulator.address, transport, &config)?;
    }
    Ok(())
}

fn compare(program: &Path, address: &str, transport: &str, config: &str) -> Result<(), Failure> {
    let ours = || command(program, address, transport, &["info", "571", "--config", config]);
    let curl = || {
        let mut command = Command::new("curl");
        command.args(["--silent", "--fail"]);
        if transport == "xml" {
            command.args(["--header", "Content-Type: application/xml", "--data-binary", INFO_XML]);
            command.arg(format!("http://{address}/xml"));
        } else {
            command.args(["--user", "user:password", "--header", "X-Domainrobot-Context: 9"]);
            command.arg(format!("http://{address}/v1/certificate/571"));
        }
        command
    };
    let (mut our_times, mut curl_times) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        our_times.push(timed(ours(), 0)?.0 * 1e3);
        curl_times.push(timed(curl(), 0)?.0 * 1e3);
    }
    let (our_time, curl_time) = (median(our_times), median(curl_times));
    println!("{transport}: certgate {our_time:.1} ms, curl {curl_time:.1} ms (medians of {RUNS})");
    println!("{transport}: certgate to curl {}", verdict(our_time / curl_time, TIME_AIM));
    match memory(&ours)? {
        Some(mebibytes) => println!("{transport}: peak memory in MiB {}", verdict(mebibytes, MEMORY_AIM_MIB)),
        None => println!("{transport}: peak memory not measured: there is no GNU time"),
    }
    Ok(())
}

/// The middle of some runs.
fn memory(command: &dyn Fn() -> Command) -> Result<Option<f64>, Failure> {
    let mut peaks = Vec::new();
    for _ in 0..MEMORY_RUNS {
        let Some(peak) = peak_memory(&command())? else { return Ok(None) };
        peaks.push(peak);
    }
    Ok(Some(median(peaks)))
}
