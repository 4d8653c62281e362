//! A simulator of its own process, for benches.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Sender},
    thread,
    time::{Duration, Instant},
};

use crate::{Failure, ci, repository};

const START: Duration = Duration::from_secs(60);
const TIME_PROGRAM: &str = "/usr/bin/time";

/// The program, built as it is released.
pub(super) fn program() -> Result<PathBuf, Failure> {
    program_with(&[])
}

/// The same with more arguments for cargo.
pub(super) fn program_with(arguments: &[&str]) -> Result<PathBuf, Failure> {
    let build = ["build", "--quiet", "--release", "--package", "certgate-cli"];
    ci::cargo(&[build.as_slice(), arguments].concat(), &[])?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository::root().join("target"), PathBuf::from);
    Ok(target.join("release").join(format!("certgate{}", std::env::consts::EXE_SUFFIX)))
}

/// A command of the program against a simulator.
pub(super) fn command(program: &Path, address: &str, transport: &str, arguments: &[&str]) -> Command {
    let endpoint = format!("http://{address}/{}", if transport == "xml" { "xml" } else { "v1" });
    let mut command = Command::new(program);
    command.args(arguments).args(["--transport", transport, "--endpoint", &endpoint]);
    command.args(["--user", "user", "--context", "9"]).env("CERTGATE_PASSWORD", "password");
    command
}

/// A configuration file of that name, below `target`, with so many requests a second: a thousand and more are as good as no pace, since
/// the simulator has none to keep.
pub(crate) fn paced(name: &str, per_second: usize) -> Result<String, Failure> {
    let path = repository::root().join("target").join(name);
    fs::write(&path, format!("[live]\nrequests_per_second = {per_second}\n"))
        .map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path.display().to_string())
}

/// Runs a command that has to end with that exit code; the seconds from its start to its end, and what it printed.
pub(super) fn timed(mut command: Command, code: i32) -> Result<(f64, Vec<u8>), Failure> {
    let start = Instant::now();
    let output = command.stdin(Stdio::null()).output();
    let seconds = start.elapsed().as_secs_f64();
    let output = output.map_err(|error| format!("{}: {error}", command.get_program().to_string_lossy()))?;
    if output.status.code() == Some(code) {
        return Ok((seconds, output.stdout));
    }
    Err(format!("{command:?}: {}, expected {code}: {}", output.status, String::from_utf8_lossy(&output.stderr)))
}

/// What a command took.
pub(super) struct Usage {
    /// Peak resident memory in MiB.
    pub(super) peak_memory: f64,
    /// CPU time in seconds: waiting is not counted.
    pub(super) cpu: f64,
    /// From its start to its end, in seconds.
    pub(super) wall: f64,
    /// How it ended.
    pub(super) status: ExitStatus,
}

/// Runs a command; what it took where GNU time is there to say it.
pub(super) fn usage(inner: &Command) -> Result<Option<Usage>, Failure> {
    if !Path::new(TIME_PROGRAM).exists() {
        return Ok(None);
    }
    let mut outer = Command::new(TIME_PROGRAM);
    outer.args(["--format", "%M %U %S"]).arg(inner.get_program()).args(inner.get_args()).stdout(Stdio::null());
    outer.envs(inner.get_envs().filter_map(|(key, value)| Some((key, value?))));
    let start = Instant::now();
    let output = outer.output().map_err(|error| format!("{TIME_PROGRAM}: {error}"))?;
    let wall = start.elapsed().as_secs_f64();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let last = said.lines().last().unwrap_or_default();
    let numbers: Vec<f64> = last.split(' ').filter_map(|number| number.parse().ok()).collect();
    match numbers.as_slice() {
        [kibibytes, user, system] => {
            Ok(Some(Usage { peak_memory: kibibytes / 1024.0, cpu: user + system, wall, status: output.status }))
        }
        _ => Err(format!("{}: {said}", output.status)),
    }
}

/// Runs a command that has to succeed; peak resident memory in MiB where GNU time is there to say it.
pub(super) fn peak_memory(inner: &Command) -> Result<Option<f64>, Failure> {
    match usage(inner)? {
        Some(usage) if !usage.status.success() => Err(usage.status.to_string()),
        usage => Ok(usage.map(|usage| usage.peak_memory)),
    }
}

/// A simulator of its own process, ended with this value.
pub(crate) struct Simulator {
    process: Child,
    pub(crate) address: String,
}

impl Simulator {
    pub(crate) fn start(program: &Path, options: &[&str]) -> Result<Self, Failure> {
        Self::serve(program, "simulator", options)
    }

    /// A server of another kind, such as `bridge`.
    pub(crate) fn serve(program: &Path, kind: &str, options: &[&str]) -> Result<Self, Failure> {
        let mut process = Command::new(program)
            .args(["serve", kind, "--listen", "127.0.0.1:0"])
            .args(options)
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
                .map_err(|_| format!("the {kind} did not say its address"))?;
            simulator.address = address(&line).unwrap_or_default().to_owned();
        }
        Ok(simulator)
    }
}

impl Simulator {
    /// Peak resident memory so far in MiB, where the system says it.
    pub(super) fn peak_memory(&self) -> Option<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let (_, peak) = status.split_once("VmHWM:")?;
        let kibibytes: f64 = peak.split_whitespace().next()?.parse().ok()?;
        Some(kibibytes / 1024.0)
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
