//! Commands of the shell that settings and options name: without certgate's own secrets, and ended with their time.

use std::{
    io::{Read, Write},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use certgate_domain::Secret;

/// What a command may take where nobody set another time.
pub const LONGEST: Duration = Duration::from_secs(600);

/// A command that does something: it reads nothing, and what it prints goes to stderr, since stdout is for data. It leads a
/// process group, so that it ends with all that it started.
pub fn doing(line: &str) -> Command {
    let mut command = plain(line);
    command.stdin(Stdio::null()).stdout(Stdio::from(std::io::stderr()));
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
}

fn plain(line: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", line]).env_remove("CERTGATE_PASSWORD").env_remove("CERTGATE_TOKEN");
    command
}

/// The first line that a command prints. It may ask somebody at the terminal, and so stays in certgate's process group.
///
/// # Errors
/// It could not be run, failed, or took longer than [`LONGEST`].
pub fn first_line(line: &str) -> Result<Secret, String> {
    let mut command = plain(line);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let (status, printed) = run(command, Vec::new(), LONGEST)?;
    if !status.success() {
        return Err(format!("ended with {status}"));
    }
    Secret::first_line(&printed).ok_or_else(|| "printed what is not text, expected UTF-8".to_owned())
}

/// Runs a command to its end or its time's. Gives how it ended and what it printed, where that is piped.
///
/// # Errors
/// It could not be run or waited for, or took longer than `timeout` and was ended.
pub fn run(mut command: Command, input: Vec<u8>, timeout: Duration) -> Result<(ExitStatus, Vec<u8>), String> {
    let mut child = command.spawn().map_err(|why| format!("could not be run: {why}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command need not read it all: its exit decides.
        thread::spawn(move || stdin.write_all(&input));
    }
    let (send, printed) = mpsc::channel();
    match child.stdout.take() {
        Some(mut stdout) => {
            thread::spawn(move || {
                let mut printed = Vec::new();
                let _ = stdout.read_to_end(&mut printed);
                let _ = send.send(printed);
            });
        }
        None => drop(send),
    }
    let started = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => {
                let left = timeout.saturating_sub(started.elapsed());
                return Ok((status, printed.recv_timeout(left).unwrap_or_default()));
            }
            Ok(None) if started.elapsed() < timeout => thread::sleep(Duration::from_millis(10)),
            Ok(None) => {
                end(&mut child);
                return Err(format!("took longer than {} s and was ended", timeout.as_secs()));
            }
            Err(why) => return Err(format!("could not be waited for: {why}")),
        }
    }
}

/// Ends a command, and whatever it started where it leads a group.
fn end(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(all(test, unix))]
mod tests {
    use std::{process::Stdio, time::Duration};

    use super::{doing, first_line, run};

    #[test]
    fn it_ends_with_its_time_and_all_that_it_started() {
        let mut command = doing("sleep 1000 & wait");
        // The one that it started holds this open for as long as it lives.
        let (reader, writer) = std::io::pipe().unwrap();
        command.stdout(writer);
        let ended = run(command, Vec::new(), Duration::from_millis(200));
        assert_eq!(ended.unwrap_err(), "took longer than 0 s and was ended");
        assert_eq!(std::io::read_to_string(reader).unwrap(), "");
    }

    #[test]
    fn what_it_reads_and_prints() {
        let mut command = doing("wc -c");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let (status, printed) = run(command, vec![b'a'; 1 << 20], Duration::from_secs(60)).unwrap();
        assert_eq!((status.success(), String::from_utf8(printed).unwrap().trim()), (true, "1048576"));
        let mut command = doing("exit 3");
        command.stdin(Stdio::piped());
        let (status, _) = run(command, vec![b'a'; 1 << 20], Duration::from_secs(60)).unwrap();
        assert_eq!(status.code(), Some(3), "what it does not read holds nothing up");
        assert_eq!(first_line("echo one; echo two").unwrap().expose(), "one");
        assert_eq!(first_line("exit 3").unwrap_err(), "ended with exit status: 3");
        assert_eq!(first_line("echo \"$CERTGATE_TOKEN\"").unwrap().expose(), "");
    }
}
