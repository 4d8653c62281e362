//! What `certgate`, `certgate --help`, `certgate help …` and `-h` show: commands in groups, and the options of every command in one place.

use clap::{
    Arg, Command,
    builder::{Resettable, StyledStr},
};
use serde_json::json;

use crate::app::App;

/// What somebody sees who types the name and nothing else.
const FIRST_SCREEN: &str = "\
certgate orders, renews and installs certificates over the
InterNetX XML gateway or its JSON API.

  try it, without an account  certgate demo
  connect an account          certgate config init
  see what is there           certgate list
  take over what is on disk   certgate adopt DIR
  order one, and wait for it  certgate reissue ID --help
  keep all renewed, by cron   certgate renew-due DIR

All commands: certgate --help. One: certgate help COMMAND.
Manual: docs/src/introduction.md (Debian: in /usr/share/doc/certgate)
";

/// Shows what to begin with.
pub(crate) fn first_screen(app: &App) {
    show(app, FIRST_SCREEN);
}

/// Shows a text of help: as it is, or in a document.
pub(crate) fn show(app: &App, text: &str) {
    if app.json() {
        app.stdout.print(&json!({ "schema": 1, "help": text }));
    } else {
        app.stdout.piece(text);
    }
}

/// The commands by what they are for. Each stands in one group.
pub(crate) const GROUPS: &[(&str, &[&str])] = &[
    (
        "Orders, each waited for until it is installed",
        &["reissue", "create", "renew", "revoke", "delete", "batch", "resume", "orders", "store"],
    ),
    (
        "The certificates of a company",
        &["adopt", "fetch", "plan", "apply", "renew-due", "status", "rollback", "verify"],
    ),
    ("One task at a time", &["list", "info", "prepare", "contact", "job", "zone", "poll", "call", "tasks"]),
    ("Payloads and tapes, for a change of protocol", &["decode", "convert", "compare", "replay", "serve"]),
    ("This machine", &["demo", "hello", "doctor", "config", "csr", "completions", "man", "help"]),
];

/// The options that a command's `-h` shows, of those that it has: what most people need. `--help` shows all of them.
const COMMON: &[&str] = &[
    "all_below",
    "write",
    "csr",
    "new_key",
    "key",
    "dns",
    "webroot",
    "out",
    "deploy_hook",
    "timeout",
    "no_wait",
    "dry_run",
    "filter",
    "limit",
    "all",
    "renew_before",
    "yes",
    "listen",
    "help",
];

/// What only a new certificate has to be told.
const OF_NEW: &[&str] = &["name", "product", "admin", "technical", "lifetime"];

/// A command with more options than these that take a value shows the common ones in its `-h`.
const SCREEN: usize = 12;

/// The definitions as help shows them: the commands in groups, and the options of every command at the top only.
pub(crate) fn arranged(mut command: Command) -> Command {
    // Options of every command reach the others when it is built.
    command.build();
    let commands = commands(&command);
    command
        .after_help(commands)
        // What stands in the environment of one machine is no help.
        .mut_args(|argument| argument.hide_env_values(true))
        .mut_subcommands(|command| copyable(fitted(without_global(command))))
        .help_template("{about-with-newline}\n{usage-heading} certgate [OPTIONS] COMMAND{after-help}")
}

fn without_global(command: Command) -> Command {
    command
        .mut_args(|argument| if argument.is_global_set() { argument.hide(true) } else { argument })
        .mut_subcommands(without_global)
}

/// A command whose `-h` fits a screen.
fn fitted(command: Command) -> Command {
    let options = command.get_opts().filter(|option| !option.is_hide_set()).count();
    let is_new = command.get_name() == "create";
    let is_rare = move |argument: &Arg| {
        let id = argument.get_id().as_str();
        let is_common = COMMON.contains(&id) || is_new && OF_NEW.contains(&id);
        options > SCREEN && !argument.is_positional() && !is_common
    };
    command
        .mut_args(|argument| if is_rare(&argument) { argument.hide_short_help(true) } else { argument })
        .mut_subcommands(fitted)
}

/// A space at which help is not broken to fit the terminal.
const KEPT_SPACE: &str = "\u{a0}";

/// A command whose examples stay lines that can be copied, however narrow the terminal is.
fn copyable(command: Command) -> Command {
    let kept = |help: &StyledStr| {
        let keep = |line: &str| if line.starts_with("  ") { line.replace(' ', KEPT_SPACE) } else { line.to_owned() };
        help.to_string().split('\n').map(keep).collect::<Vec<_>>().join("\n")
    };
    let [short, long] =
        [command.get_after_help(), command.get_after_long_help()].map(|help| help.map(kept).map(StyledStr::from));
    command.after_help(Resettable::from(short)).after_long_help(Resettable::from(long)).mut_subcommands(copyable)
}

/// Help that was arranged, as it is shown.
pub(crate) fn shown(help: &StyledStr) -> String {
    help.to_string().replace(KEPT_SPACE, " ")
}

/// The commands in their groups, a line each.
fn commands(command: &Command) -> String {
    let mut text = String::new();
    for (title, names) in GROUPS {
        text += &format!("{title}:\n");
        for name in *names {
            let about =
                command.find_subcommand(name).and_then(Command::get_about).map(ToString::to_string).unwrap_or_default();
            text += &format!("  {name:<12} {about}\n");
        }
        text.push('\n');
    }
    text + "The options of every command: certgate help options.\nOne command, whole: certgate help COMMAND; in short: certgate COMMAND -h."
}

/// What `certgate help` shows of these words: nothing, `options`, or a command's name.
pub(crate) fn topic(command: &Command, words: &[String]) -> Result<String, String> {
    if let [word] = words
        && word == "options"
    {
        return Ok(command.clone().help_template("{options}\n").render_long_help().to_string());
    }
    let mut command = command.clone();
    for word in words {
        let known: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
        let Some(found) = command.find_subcommand(word) else {
            return Err(match known.as_slice() {
                [] => format!("`{word}`: `{}` has no commands below it", command.get_name()),
                known => format!("`{word}`: no such command; expected {}", known.join(", ")),
            });
        };
        command = found.clone();
    }
    Ok(shown(&command.render_long_help()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::{GROUPS, arranged, shown};
    use crate::cli::Arguments;

    #[test]
    fn each_command_stands_in_one_group() {
        let command = arranged(Arguments::command());
        let mut known: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        known.sort_unstable();
        grouped.sort_unstable();
        pretty_assertions::assert_eq!(grouped, known);
        for line in command.get_after_help().unwrap().to_string().lines() {
            assert!(console::measure_text_width(line) <= 80, "it has a line of its own: {line}");
        }
    }

    /// A line that is to be copied fits 80 columns, and is not broken where the terminal has 60.
    #[test]
    fn examples_stay_whole() {
        fn look(name: &str, command: &clap::Command, arranged: &clap::Command) {
            let narrow = shown(&arranged.clone().term_width(60).render_long_help());
            for help in [command.get_after_help(), command.get_after_long_help()].into_iter().flatten() {
                for line in help.to_string().lines().filter(|line| line.starts_with("  ")) {
                    assert!(console::measure_text_width(line) <= 80, "{name}: {line}");
                    assert!(narrow.lines().any(|there| there == line), "{name}: {line}\n{narrow}");
                }
            }
            for below in command.get_subcommands() {
                let name = format!("{name} {}", below.get_name());
                look(&name, below, arranged.find_subcommand(below.get_name()).unwrap());
            }
        }
        let (command, arranged) = (Arguments::command(), arranged(Arguments::command()));
        for below in command.get_subcommands() {
            look(below.get_name(), below, arranged.find_subcommand(below.get_name()).unwrap());
        }
    }

    #[test]
    fn help_in_short_fits_a_screen() {
        fn look(name: &str, command: &clap::Command) {
            let lines = command.clone().render_help().to_string().lines().count();
            assert!(lines <= 40, "{name} -h: {lines} lines");
            command.get_subcommands().for_each(|command| look(&format!("{name} {}", command.get_name()), command));
        }
        let command = arranged(Arguments::command());
        command.get_subcommands().for_each(|command| look(command.get_name(), command));
    }
}
