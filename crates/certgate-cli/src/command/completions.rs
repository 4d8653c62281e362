//! `certgate completions`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;
use serde_json::json;

use crate::{
    app::App,
    cli::Arguments,
    exit::{Exit, Failure},
};

/// Print the completions of a shell
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  certgate completions bash > \\
    ~/.local/share/bash-completion/completions/certgate")]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let script = script(self.shell);
        if app.json() {
            app.stdout.print(&json!({ "schema": 1, "script": script }));
        } else {
            app.stdout.piece(&script);
        }
        Ok(Exit::DONE)
    }
}

fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "certgate", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory, ValueEnum};
    use clap_complete::Shell;

    use super::script;
    use crate::cli::Arguments;

    #[test]
    fn each_command_and_option_is_there() {
        for shell in Shell::value_variants() {
            let script = script(*shell);
            let mut count = 0;
            look(*shell, &script, &Arguments::command(), &mut count);
            assert!(count > 30, "{count}");
        }
    }

    fn look(shell: Shell, script: &str, command: &Command, count: &mut usize) {
        let mut expect = |text: &str| {
            assert!(script.contains(text), "{shell}: {text}");
            *count += 1;
        };
        expect(command.get_name());
        for long in command.get_arguments().filter_map(|argument| argument.get_long()) {
            expect(&if shell == Shell::Fish { format!("-l {long}") } else { format!("--{long}") });
        }
        for subcommand in command.get_subcommands() {
            look(shell, script, subcommand, count);
        }
    }
}
