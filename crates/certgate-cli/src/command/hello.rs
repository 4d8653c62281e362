//! `certgate hello`.

use certgate_domain::task::Hello;

use crate::{
    app::App,
    common::exchange::exchange,
    exit::{Exit, Failure},
    ui::document,
};

pub(crate) fn run(app: &App) -> Result<Exit, Failure> {
    let exchange = exchange(app, &Hello.into())?;
    if app.json() {
        document::answer(app, &exchange)?;
    } else {
        app.stdout.line("the gateway answers and takes the credentials");
        document::judge(app, &exchange.answer.findings)?;
    }
    Ok(Exit::DONE)
}
