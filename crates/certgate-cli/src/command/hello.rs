//! `certgate hello`.

use certgate_domain::task::Hello;
use serde_json::json;

use crate::{
    app::App,
    common::exchange::exchange,
    exit::{Exit, Failure},
    streams::printable,
    ui::{document, outcome::set},
};

pub(crate) fn run(app: &App) -> Result<Exit, Failure> {
    let exchange = exchange(app, &Hello.into())?;
    let settings = app.settings()?;
    let (user, context, protocol) = (&settings.user.value, &settings.context.value, settings.transport.value);
    let gateway = if app.sandbox { "the embedded gateway" } else { &settings.endpoint(protocol).value };
    if app.json() {
        let mut shown = document::task(app, &exchange);
        for (name, value) in [("user", user), ("context", context)] {
            set(&mut shown, name, json!(value));
        }
        shown["gateway"] = json!(gateway);
        shown["protocol"] = json!(protocol.name());
        app.stdout.print(&shown);
    } else {
        let of = |setting: &Option<String>| setting.clone().unwrap_or_default();
        let account = format!("{}@{}", of(user), of(context));
        app.stdout.line(&printable(&format!("{account} is let in by {gateway} over {}", protocol.name())));
    }
    document::judge(app, &exchange.answer.findings)?;
    Ok(Exit::DONE)
}
