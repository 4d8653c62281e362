//! The manual (`docs/src`): each command in a `console` block is run, over both transports, and prints what is shown.
//!
//! A chapter is one session of a shell in an empty home; the blocks of `first-certificate.md` that are marked `console setup` come before
//! every other chapter. In what is shown, `…` stands for what differs each time, and a line of it alone for any lines. A command that
//! does not end with 0 says so itself: `; echo $?`.

use std::{
    fmt::Write,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::support::binary::within;

/// One command of a block, and what it prints.
struct Step {
    line: usize,
    command: String,
    shown: Vec<String>,
    is_setup: bool,
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src")
}

/// The pages that the table of contents names, in its order.
fn pages() -> Vec<String> {
    let summary = fs::read_to_string(docs().join("SUMMARY.md")).unwrap();
    summary.split("](").skip(1).map(|link| link.split_once(')').unwrap().0.to_owned()).collect()
}

fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut block = None;
    for (line, text) in (1..).zip(text.lines()) {
        match (block, text) {
            (None, "```console") => block = Some(false),
            (None, "```console setup") => block = Some(true),
            (Some(_), "```") => block = None,
            (Some(is_setup), _) => match (
                text.strip_prefix("$ "),
                text.strip_prefix('>').map(|more| more.strip_prefix(' ').unwrap_or(more)),
                steps.last_mut(),
            ) {
                (Some(command), _, _) => {
                    steps.push(Step { line, command: command.to_owned(), shown: Vec::new(), is_setup });
                }
                (_, Some(more), Some(step)) if step.shown.is_empty() => step.command += &format!("\n{more}"),
                (_, _, Some(step)) => step.shown.push(text.to_owned()),
                _ => panic!("line {line}: a block begins with `$ `"),
            },
            (None, _) => {}
        }
    }
    steps
}

/// A shell's script that runs the steps, and writes what each prints and how it ends into files of its own.
fn script(steps: &[&Step]) -> String {
    let mut script = String::new();
    for (number, Step { command, .. }) in steps.iter().enumerate() {
        let said = format!("\"$SAID/{number}\"");
        if let Some(command) = command.strip_suffix(" &") {
            // A server: the next command comes once it has said where it listens.
            let _ = writeln!(script, "{command} > {said} 2>&1 &");
            let _ = writeln!(script, "while [ ! -s {said} ] && kill -0 $!; do sleep 0.02; done; kill -0 $!");
        } else {
            let _ = writeln!(script, "{{ {command}\n}} > {said} 2>&1 < /dev/null");
        }
        let _ = writeln!(script, "echo $? > {said}.ended");
    }
    script
}

/// Whether a line is what is shown, `…` being anything.
fn is_line(shown: &str, said: &str) -> bool {
    let mut parts = shown.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = said.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, between)) = parts.split_last() else { return rest.is_empty() };
    for part in between {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.split_at(at + part.len()).1;
    }
    rest.ends_with(last)
}

/// Whether these lines are what is shown, a line `…` being any lines.
fn is_shown(shown: &[String], said: &[&str]) -> bool {
    match shown.split_first() {
        None => said.is_empty(),
        Some((line, rest)) if line == "…" => (0..=said.len()).any(|skipped| is_shown(rest, &said[skipped..])),
        Some((line, rest)) => {
            said.split_first().is_some_and(|(said, more)| is_line(line, said) && is_shown(rest, more))
        }
    }
}

/// What a session started, ended with it.
struct Session(Child);

impl Drop for Session {
    fn drop(&mut self) {
        // The shell leads a group of its own.
        let group = rustix::process::Pid::from_child(&self.0);
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        let _ = self.0.wait();
    }
}

/// Runs a page over a transport, its addresses on a loopback of its own; what differs.
fn differences(page: &str, transport: &str, loopback: &str) -> String {
    use std::os::unix::process::CommandExt;
    let read = |page: &str| steps(&fs::read_to_string(docs().join(page)).unwrap());
    let first = "first-certificate.md";
    let setup = if page == first { Vec::new() } else { read(first) };
    let own = read(page);
    let steps: Vec<&Step> = setup.iter().filter(|step| step.is_setup).chain(&own).collect();
    if own.is_empty() {
        return String::new();
    }
    let home = tempfile::tempdir().unwrap();
    let said = tempfile::tempdir().unwrap();
    let elsewhere = |text: &str| text.replace("127.0.0.1", loopback);
    fs::write(said.path().join("script"), elsewhere(&script(&steps))).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_certgate")).parent().unwrap().display().to_string();
    let path = format!("{program}:{}", std::env::var("PATH").unwrap_or_default());
    let mut command = within(home.path(), std::process::Command::new("sh"));
    command.arg(said.path().join("script")).current_dir(home.path()).process_group(0);
    command.env("PATH", path).env("SAID", said.path()).env("TMPDIR", home.path()).env("CERTGATE_TRANSPORT", transport);
    let errors = File::create(said.path().join("errors")).unwrap();
    let session = command.stdin(Stdio::null()).stdout(errors.try_clone().unwrap()).stderr(errors).spawn().unwrap();
    let mut session = Session(session);
    let end = Instant::now() + Duration::from_secs(180);
    while session.0.try_wait().unwrap().is_none() && Instant::now() < end {
        thread::sleep(Duration::from_millis(10));
    }
    drop(session);
    let mut differences = String::new();
    for (number, step) in steps.iter().enumerate() {
        let file = |name: String| fs::read_to_string(said.path().join(name)).unwrap_or_default();
        let text =
            file(number.to_string()).replace(loopback, "127.0.0.1").replace(&home.path().display().to_string(), "~");
        let ended = file(format!("{number}.ended"));
        let lines: Vec<&str> = text.trim_end().lines().collect();
        let shown: &[String] = if step.shown.last().is_some_and(String::is_empty) {
            &step.shown[..step.shown.len() - 1]
        } else {
            &step.shown
        };
        if ended.trim() != "0" || !is_shown(shown, &lines) {
            let _ = writeln!(
                differences,
                "--- {page}:{} over {transport} (exit {})\n$ {}\n{}\n--- is shown as\n{}\n",
                step.line,
                ended.trim(),
                step.command,
                lines.join("\n"),
                shown.join("\n")
            );
        }
    }
    differences
}

/// An address of this machine that is a run's own: another checkout's tests, at the same time, have others.
fn loopback(page: usize, host: u8) -> String {
    format!("127.{}.{page}.{host}", 2 + std::process::id() % 250)
}

#[test]
fn every_command_prints_what_is_shown() {
    let runs: Vec<(String, &str, String)> = pages()
        .into_iter()
        .enumerate()
        .flat_map(|(number, page)| {
            [("xml", 1), ("json", 2)].map(|(transport, host)| (page.clone(), transport, loopback(number, host)))
        })
        .collect();
    let wrong: String = thread::scope(|scope| {
        let run = |(page, transport, loopback): &(String, &str, String)| differences(page, transport, loopback);
        // Two at a time: each starts many processes.
        let halves: Vec<_> = (0..2)
            .map(|half| {
                let runs = runs.iter().skip(half).step_by(2);
                scope.spawn(move || runs.map(run).collect::<String>())
            })
            .collect();
        halves.into_iter().map(|half| half.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_table_of_contents_names_every_page() {
    fn below(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                below(&entry, found);
            } else if entry.extension().is_some_and(|ending| ending == "md") {
                found.push(entry.strip_prefix(docs()).unwrap().display().to_string());
            }
        }
    }
    let mut found = Vec::new();
    below(&docs(), &mut found);
    found.retain(|page| page != "SUMMARY.md");
    found.sort();
    let mut named = pages();
    named.sort();
    pretty_assertions::assert_eq!(named, found);
}

#[test]
fn what_is_shown_is_told_from_what_is_not() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<String>>();
    for (shown, said, is) in [
        ("a", "a", true),
        ("a", "b", false),
        ("a", "a\nb", false),
        ("a …", "a 12", true),
        ("a … c", "a 12 d", false),
        ("… b …", "a b c", true),
        ("a\n…", "a", true),
        ("a\n…\nd", "a\nb\nc\nd", true),
        ("a\n…\nd", "a\nb\nc", false),
        ("", "a", false),
    ] {
        let said: Vec<&str> = said.lines().collect();
        assert_eq!(is_shown(&lines(shown), &said), is, "{shown} / {said:?}");
    }
}
