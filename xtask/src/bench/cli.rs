//! `certgate info` from start to exit, beside curl doing the same request.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use super::{
    median,
    simulator::{Simulator, command, peak_memory, program},
    verdict,
};
use crate::{Failure, repository};

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
    let folder = repository::root().join("target").join("bench-cli");
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    // Without the gateway's pace, which would have ours wait where curl does not.
    let config = folder.join("config.toml");
    fs::write(&config, "[live]\nrequests_per_second = 1000\n").map_err(|error| error.to_string())?;
    let config = config.display().to_string();
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
            const REQUEST: &str = "<request><auth><user>user</user><password>password</password><context>9</context></auth>\
                                   <task><code>400104</code><certificate><id>571</id></certificate></task></request>";
            command.args(["--header", "Content-Type: application/xml", "--data-binary", REQUEST]);
            command.arg(format!("http://{address}/xml"));
        } else {
            command.args(["--user", "user:password", "--header", "X-Domainrobot-Context: 9"]);
            command.arg(format!("http://{address}/v1/certificate/571"));
        }
        command
    };
    let (mut our_times, mut curl_times) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        our_times.push(timed(ours())?);
        curl_times.push(timed(curl())?);
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

/// Milliseconds from start to exit.
fn timed(mut command: Command) -> Result<f64, Failure> {
    let start = Instant::now();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let elapsed = start.elapsed();
    match status {
        Ok(status) if status.success() => Ok(elapsed.as_secs_f64() * 1e3),
        Ok(status) => Err(format!("{}: {status}", command.get_program().to_string_lossy())),
        Err(error) => Err(format!("{}: {error}", command.get_program().to_string_lossy())),
    }
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
