//! `certgate completions`.

use std::io::Write;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::{arguments::Arguments, failure::Failure};

/// Print the completions of a shell
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  certgate completions bash > ~/.local/share/bash-completion/completions/certgate")]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) -> Result<u8, Failure> {
        // A closed pipe is the reader's choice.
        let _ = std::io::stdout().write_all(&script(self.shell));
        Ok(0)
    }
}

fn script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "certgate", &mut script);
    script
}

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory, ValueEnum};
    use clap_complete::Shell;

    use super::script;
    use crate::arguments::Arguments;

    #[test]
    fn each_command_and_option_is_there() {
        for shell in Shell::value_variants() {
            let script = String::from_utf8(script(*shell)).unwrap();
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
