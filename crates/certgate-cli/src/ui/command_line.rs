//! Commands of this program, as they are shown to be copied.

use std::fmt::Display;

use certgate::{
    InstallOptions, Settings,
    config::{Origin, Setting},
};
use certgate_store::Order;

use crate::app::App;

/// The options by which another command comes to the account and the store of these settings, each after a space: those of the command
/// line. What the environment and the configuration say, they say to that command, too.
pub(crate) fn options(settings: &Settings) -> String {
    let Settings { config, profile, store, .. } = settings;
    let config = config.value.as_ref().map(|file| file.display());
    [
        option("--config", config, &settings.config.origin),
        option("--profile", Some(&profile.value), &profile.origin),
        option("--store", store.value.as_ref(), &store.origin),
    ]
    .concat()
}

/// The same for the account of an order of the store: its profile is remembered with it, else it is the run's.
pub(crate) fn options_of_order(app: &App, order: &Order) -> String {
    let Ok(mut settings) = app.settings() else { return String::new() };
    let remembered = order.order.resume.install.as_ref().and_then(InstallOptions::profile);
    if let Some(other) = remembered.filter(|remembered| *remembered != settings.profile.value) {
        settings.profile = Setting { value: other.to_owned(), origin: Origin::Program };
    }
    options(&settings)
}

fn option(name: &str, value: Option<impl Display>, origin: &Origin) -> String {
    match (value, origin) {
        (Some(value), Origin::Argument(_) | Origin::Program) => format!(" {name} {}", shell_word(&value.to_string())),
        _ => String::new(),
    }
}

/// The command that carries on with an order; `options` are those of its account.
pub(crate) fn resume(options: &str, id: &str) -> String {
    format!("certgate resume{options} {}", shell_word(id))
}

/// The command that gives an order up, wherever it is copied to.
pub(crate) fn abandon(options: &str, id: &str) -> String {
    format!("certgate orders abandon{options} {} --yes", shell_word(id))
}

/// A word for the shell, quoted where it has to be.
pub(crate) fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
