//! `certgate doctor`: everything between here and an answer, a line a check. It sends safe tasks only, and nothing twice.

use certgate::{Settings, diagnosis::examine};

use crate::{
    app::{App, Home},
    exit::{Exit, Failure, worst},
    ui::diagnosis::Line,
};

pub(crate) fn run(app: &App) -> Result<Exit, Failure> {
    if app.is_offline() {
        return Err(Failure::usage(
            "doctor looks at the way to the gateway, and a replay goes none: leave out --replay",
        ));
    }
    let lines = match app.settings() {
        Ok(settings) => lines(app, &settings)?,
        Err(why) => vec![Line::failed("configuration", &why)],
    };
    Line::print(&lines, app);
    Ok(worst(lines.iter().map(Line::problem)).into())
}

fn lines(app: &App, settings: &Settings) -> Result<Vec<Line>, Failure> {
    let home = Home::of(app, settings);
    let gateway = home.as_ref().ok().map(Home::gateway);
    let checks = examine(settings, gateway)?;
    let mut lines: Vec<Line> = checks.into_iter().map(Line::of).collect();
    // Without them there is nobody to ask as: the names were looked up all the same.
    if let Err(why) = &home {
        lines.push(Line::failed("credentials", why));
    }
    Ok(lines)
}
