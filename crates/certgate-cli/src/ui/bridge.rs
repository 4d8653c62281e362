//! What a bridge tells whoever runs it.

use certgate_bridge::Event;

use crate::{
    app::App,
    streams::{Stdout, say},
};

/// Tells warnings unless it is to be quiet, and each answer where it is to be verbose.
pub(crate) fn teller(app: &App) -> impl Fn(&Event<'_>) + Send + Sync + 'static {
    let (is_quiet, is_verbose) = (app.quiet, app.verbose);
    move |event: &Event<'_>| match event {
        event if event.is_warning() && is_quiet => {}
        event if event.is_warning() => say(&format!("certgate: warning: {event}")),
        Event::Answered { .. } if !is_verbose => {}
        event => say(&format!("certgate: {event}")),
    }
}

/// A line of the access log on stdout.
pub(crate) fn line(line: &str) {
    Stdout::default().piece(line);
}
