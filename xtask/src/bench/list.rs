//! `certgate list --all`: memory does not grow with the list.

use std::time::Instant;

use super::{
    simulator::{Simulator, command, paced, peak_memory, program},
    verdict,
};
use crate::Failure;

/// Certificates in the long list, and in the short one beside it.
const LONG: &str = "100000";
const SHORT: &str = "1000";
/// The long list may take so many times the memory of the short one.
const AIM: f64 = 1.2;

pub(super) fn run() -> Result<(), Failure> {
    let program = program()?;
    let config = paced("bench-list.toml", 1000)?;
    for transport in ["json", "xml"] {
        let mut peaks = Vec::new();
        for certificates in [SHORT, LONG] {
            let simulator = Simulator::start(&program, &["--certificates", certificates])?;
            for output in ["json", "text"] {
                let arguments = ["list", "--all", "--limit", "1000", "--output", output, "--config", &config];
                let start = Instant::now();
                let peak = peak_memory(&command(&program, &simulator.address, transport, &arguments))?;
                let seconds = start.elapsed().as_secs_f64();
                match peak {
                    Some(peak) => println!(
                        "{transport}: {certificates:>6} certificates as {output}: {peak:.1} MiB in {seconds:.1} s"
                    ),
                    None => return Err("peak memory not measured: there is no GNU time".to_owned()),
                }
                peaks.extend(peak);
            }
        }
        if let [short, _, long, _] = peaks.as_slice() {
            println!("{transport}: long list to short list {}", verdict(long / short, AIM));
        }
    }
    Ok(())
}
