//! `certgate info` from start to exit, beside curl doing the same request.

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Sender},
    thread,
    time::{Duration, Instant},
};

use super::{median, verdict};
use crate::{Failure, ci, repository};

/// How often each one runs.
const RUNS: usize = 30;
/// How often its memory is looked at.
const MEMORY_RUNS: usize = 5;
/// Not slower than curl.
const TIME_AIM: f64 = 1.0;
const MEMORY_AIM_MIB: f64 = 16.0;
const START: Duration = Duration::from_secs(10);
const TIME_PROGRAM: &str = "/usr/bin/time";

pub(super) fn run() -> Result<(), Failure> {
    ci::cargo(&["build", "--quiet", "--release", "--package", "certgate-cli"], &[])?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository::root().join("target"), PathBuf::from);
    let program = target.join("release").join(format!("certgate{}", std::env::consts::EXE_SUFFIX));
    let simulator = Simulator::start(&program)?;
    for transport in ["json", "xml"] {
        compare(&program, &simulator.address, transport)?;
    }
    Ok(())
}

fn compare(program: &Path, address: &str, transport: &str) -> Result<(), Failure> {
    let ours = || {
        let endpoint = format!("http://{address}/{}", if transport == "xml" { "xml" } else { "v1" });
        let mut command = Command::new(program);
        command.args(["info", "571", "--transport", transport, "--endpoint", &endpoint]);
        command.args(["--user", "user", "--context", "9"]).env("CERTGATE_PASSWORD", "password");
        command
    };
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
    match peak_memory(&ours)? {
        Some(mebibytes) => println!("{transport}: peak memory in MiB {}", verdict(mebibytes, MEMORY_AIM_MIB)),
        None => println!("{transport}: peak memory not measured: there is no {TIME_PROGRAM}"),
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

/// Peak resident memory in MiB, where GNU time is there to say it.
fn peak_memory(command: &dyn Fn() -> Command) -> Result<Option<f64>, Failure> {
    if !Path::new(TIME_PROGRAM).exists() {
        return Ok(None);
    }
    let mut peaks = Vec::new();
    for _ in 0..MEMORY_RUNS {
        let inner = command();
        let mut outer = Command::new(TIME_PROGRAM);
        outer.args(["--format", "%M"]).arg(inner.get_program()).args(inner.get_args());
        outer.envs(inner.get_envs().filter_map(|(key, value)| Some((key, value?))));
        let output = outer.output().map_err(|error| format!("{TIME_PROGRAM}: {error}"))?;
        let kibibytes =
            String::from_utf8_lossy(&output.stderr).lines().last().and_then(|line| line.trim().parse::<f64>().ok());
        peaks.push(kibibytes.ok_or_else(|| format!("{TIME_PROGRAM} said no number"))? / 1024.0);
    }
    Ok(Some(median(peaks)))
}

/// A simulator of its own process, ended with this value.
struct Simulator {
    process: Child,
    address: String,
}

impl Simulator {
    fn start(program: &Path) -> Result<Self, Failure> {
        let mut process = Command::new(program)
            .args(["serve", "simulator", "--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let (sender, lines) = mpsc::channel();
        if let Some(stream) = process.stdout.take() {
            forward(stream, sender.clone());
        }
        if let Some(stream) = process.stderr.take() {
            forward(stream, sender);
        }
        let mut simulator = Self { process, address: String::new() };
        let until = Instant::now() + START;
        while simulator.address.is_empty() {
            let line = lines
                .recv_timeout(until.saturating_duration_since(Instant::now()))
                .map_err(|_| "the simulator did not say its address".to_owned())?;
            simulator.address = address(&line).unwrap_or_default().to_owned();
        }
        Ok(simulator)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // Nothing is left to be done where it has ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Reads on to the end, so that the process never waits for a reader.
fn forward(stream: impl Read + Send + 'static, lines: Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let _ = lines.send(line);
        }
    });
}

/// Host and port of the address in a line.
fn address(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("http://")?;
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || ".:-[]".contains(c))).unwrap_or(rest.len());
    rest.get(..end).filter(|address| !address.is_empty())
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn addresses() {
        for (line, expected) in [
            ("XML http://127.0.0.1:4711/xml", Some("127.0.0.1:4711")),
            ("\"http://[::1]:80\"", Some("[::1]:80")),
            ("http://localhost:1", Some("localhost:1")),
            ("http://", None),
            ("ready", None),
        ] {
            assert_eq!(address(line), expected, "{line}");
        }
    }
}
