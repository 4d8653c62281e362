//! `certgate hello`.

use certgate_domain::task::Hello;

use crate::{
    app::App,
    common::exchange::exchange,
    exit::{Exit, Failure},
    streams::printable,
    ui::document,
};

pub(crate) fn run(app: &App) -> Result<Exit, Failure> {
    let exchange = exchange(app, &Hello.into())?;
    if app.json() {
        document::answer(app, &exchange)?;
    } else {
        let settings = app.settings()?;
        let protocol = settings.transport.value;
        let of = |setting: &Option<String>| setting.clone().unwrap_or_default();
        let account = format!("{}@{}", of(&settings.user.value), of(&settings.context.value));
        let gateway = if app.sandbox { "the embedded gateway" } else { &settings.endpoint(protocol).value };
        app.stdout.line(&printable(&format!("{account} is let in by {gateway} over {}", protocol.name())));
        document::judge(app, &exchange.answer.findings)?;
    }
    Ok(Exit::DONE)
}
