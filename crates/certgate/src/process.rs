//! Commands of the shell that the user's options and settings name. Each runs without certgate's own secrets in its
//! environment, and for a limited time.

use std::{
    io::{self, Read, Write},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use certgate_domain::Secret;

/// How long a command may take that has no time of its own.
pub const TIMEOUT: Duration = Duration::from_secs(600);

/// Why a command did not do what it was run for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProcessError {
    /// The shell could not be started.
    #[error("could not be run: {0}")]
    Start(#[source] io::Error),
    /// Its end could not be waited for.
    #[error("could not be waited for: {0}")]
    Wait(#[source] io::Error),
    /// It took longer than this, and was ended with all that it started.
    #[error("took longer than {} s and was ended", .0.as_secs())]
    TimedOut(Duration),
    /// What it printed is not text.
    #[error("printed what is not text, expected UTF-8")]
    NotText,
    /// It ended without success.
    #[error("ended with {0}")]
    Failed(ExitStatus),
}

/// A command that acts: it reads nothing, and what it prints goes to stderr. It leads a process group, so that it ends with all
/// that it started. It runs in `folder`; without one, in the process's.
pub fn action(line: &str, folder: Option<&Path>) -> Command {
    let mut command = shell(line, folder);
    command.stdin(Stdio::null()).stdout(Stdio::from(io::stderr()));
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
}

fn shell(line: &str, folder: Option<&Path>) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", line]).env_remove("CERTGATE_PASSWORD").env_remove("CERTGATE_TOKEN");
    if let Some(folder) = folder {
        command.current_dir(folder);
    }
    command
}

/// The first line that a command prints. It may ask somebody at the terminal, and so stays in the process group of its caller.
///
/// # Errors
/// It did not end with success within [`TIMEOUT`].
pub fn first_line(line: &str, folder: Option<&Path>) -> Result<Secret, ProcessError> {
    let mut command = shell(line, folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let (status, printed) = run(command, Vec::new(), TIMEOUT)?;
    if !status.success() {
        return Err(ProcessError::Failed(status));
    }
    Secret::first_line(&printed).ok_or(ProcessError::NotText)
}

/// Runs a command to its end or its time's. Gives how it ended and what it printed, where that is piped.
///
/// # Errors
/// It could not be run, or took too long. A command that ended without success is no error here.
pub fn run(mut command: Command, input: Vec<u8>, timeout: Duration) -> Result<(ExitStatus, Vec<u8>), ProcessError> {
    let mut child = command.spawn().map_err(ProcessError::Start)?;
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
                return Err(ProcessError::TimedOut(timeout));
            }
            Err(why) => return Err(ProcessError::Wait(why)),
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
    use std::{path::Path, process::Stdio, time::Duration};

    use super::{action, first_line, run};

    #[test]
    fn it_ends_with_its_time_and_all_that_it_started() {
        let mut command = action("sleep 1000 & wait", None);
        // The one that it started holds this open for as long as it lives.
        let (reader, writer) = std::io::pipe().unwrap();
        command.stdout(writer);
        let ended = run(command, Vec::new(), Duration::from_millis(200));
        assert_eq!(ended.unwrap_err().to_string(), "took longer than 0 s and was ended");
        assert_eq!(std::io::read_to_string(reader).unwrap(), "");
    }

    #[test]
    fn what_it_reads_and_prints() {
        let mut command = action("wc -c", None);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let (status, printed) = run(command, vec![b'a'; 1 << 20], Duration::from_secs(60)).unwrap();
        assert_eq!((status.success(), String::from_utf8(printed).unwrap().trim()), (true, "1048576"));
        let mut command = action("exit 3", None);
        command.stdin(Stdio::piped());
        let (status, _) = run(command, vec![b'a'; 1 << 20], Duration::from_secs(60)).unwrap();
        assert_eq!(status.code(), Some(3), "what it does not read holds nothing up");
        assert_eq!(first_line("echo one; echo two", None).unwrap().expose(), "one");
        assert_eq!(first_line("exit 3", None).unwrap_err().to_string(), "ended with exit status: 3");
        assert_eq!(first_line("echo \"$CERTGATE_TOKEN\"", None).unwrap().expose(), "");
        assert_eq!(first_line("pwd", Some(Path::new("/"))).unwrap().expose(), "/");
    }
}
