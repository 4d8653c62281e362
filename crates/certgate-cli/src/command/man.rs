//! `certgate man`: one page with all commands.

use clap::CommandFactory;
use serde_json::json;

use crate::{
    app::App,
    cli::Arguments,
    exit::{Exit, Failure, Kind},
    ui::man,
};

pub(crate) fn run(app: &App) -> Result<Exit, Failure> {
    let page = man::page(Arguments::command());
    let page = page.map_err(|why| Failure::new(Kind::Internal, format!("the man page: {why}")))?;
    if app.json() {
        app.stdout.print(&json!({ "schema": 1, "page": page }));
    } else {
        app.stdout.piece(&page);
    }
    Ok(Exit::DONE)
}
