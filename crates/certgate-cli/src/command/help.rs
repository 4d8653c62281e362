//! `certgate help`.

use clap::{Args, CommandFactory};

use crate::{
    app::App,
    cli::Arguments,
    exit::{Exit, Failure},
    ui::help,
};

/// Show what a command does, or the options of every command
#[derive(Debug, Args)]
pub(crate) struct Help {
    /// A command, or `options` for those of every command
    command: Vec<String>,
}

impl Help {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let text = help::topic(&help::arranged(Arguments::command()), &self.command).map_err(Failure::usage)?;
        help::show(app, &text);
        Ok(Exit::DONE)
    }
}
