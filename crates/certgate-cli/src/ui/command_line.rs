//! Commands of this program, as they are shown to be copied.

use std::{fmt::Display, path::Path};

use certgate::{
    CertificateSelector, CertificateSettings, InstallOptions, Settings,
    certificate_settings::Dns,
    config::{Origin, Setting},
};
use certgate_store::Order;
use serde_json::Value;

use crate::app::App;

/// The options by which another command comes to the account and the store of these settings, each after a space: those of the command
/// line. What the environment and the configuration say, they say to that command, too.
pub(crate) fn options(settings: &Settings) -> String {
    let Settings { config, profile, store, .. } = settings;
    // It may be copied into another folder.
    let here = std::env::current_dir().unwrap_or_default();
    let config = config.value.as_ref().map(|file| here.join(file));
    let config = config.as_ref().map(|file| file.display());
    let file = store.value.clone().map(|store| store.relative_to(&here));
    [
        option("--config", config, &settings.config.origin),
        option("--profile", Some(&profile.value), &profile.origin),
        option("--store", file, &store.origin),
    ]
    .concat()
}

/// The same for the run's own account; none where its settings cannot be read, which is told elsewhere.
pub(crate) fn options_of_run(app: &App) -> String {
    app.settings().map(|settings| options(&settings)).unwrap_or_default()
}

/// The same for the account of an order of the store: its profile is remembered with it, else it is the run's.
pub(crate) fn options_of_order(app: &App, order: &Order) -> String {
    options_of_profile(app, order.order.resume.install.as_ref().and_then(InstallOptions::profile))
}

/// The same for a profile that is remembered, else the run's.
pub(crate) fn options_of_profile(app: &App, remembered: Option<&str>) -> String {
    let Ok(mut settings) = app.settings() else { return String::new() };
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

/// The command that takes what is in a folder under care, or notes what it is; `options` are those of its account.
pub(crate) fn adopt(options: &str, folder: &Path) -> String {
    format!("certgate adopt{options} {}", shell_word(&folder.display().to_string()))
}

/// The command that reissues a certificate with these settings, into their folder; `options` are those of its account.
pub(crate) fn reissue(options: &str, certificate: &CertificateSelector, settings: &CertificateSettings) -> String {
    let mut given = settings.clone();
    if given.csr.is_none() && given.key.is_none() {
        given.new_key = Some(true);
    }
    if matches!(certificate, CertificateSelector::Name(_)) {
        given.name = None;
    }
    let commands = [&given.deploy_hook, &given.store_pass_command, &given.pass_phrase_command];
    let runs_one = matches!(given.dns, Some(Dns::Exec(_))) || commands.into_iter().any(Option::is_some);
    let folder = given.working_folder.as_ref().filter(|_| runs_one);
    let change = folder.map(|folder| format!("cd {} && ", shell_word(&folder.display().to_string())));
    if change.is_some() {
        // It is the folder of where it is shown.
        given.out = given.out.map(|out| std::path::absolute(&out).unwrap_or(out));
    }
    let which = shell_word(&certificate.to_string());
    let given = serde_json::to_value(given).unwrap_or_default();
    let given: String = given.as_object().into_iter().flatten().map(|(name, value)| setting(name, value)).collect();
    format!("{}certgate reissue{options} {which}{given}", change.unwrap_or_default())
}

/// The option that gives a setting.
fn setting(name: &str, value: &Value) -> String {
    let option = |value: &str| format!(" --{} {}", name.replace('_', "-"), shell_word(value));
    match (name, value) {
        // The account's options say it, or it is no setting of one order.
        ("profile" | "dns_config" | "renew_before" | "working_folder", _) => String::new(),
        ("names", Value::Array(names)) => names.iter().map(|name| setting("san", name)).collect(),
        ("formats", Value::Array(formats)) => formats
            .iter()
            .map(|format| setting(if format == "p12" { "pkcs12" } else { "jks" }, &Value::Bool(true)))
            .collect(),
        (_, Value::Array(values)) => values.iter().map(|value| setting(name, value)).collect(),
        ("provisioning", value) => option(&value.to_string()),
        ("dns_check", value) => format!(" --dns-check={value}"),
        (_, Value::Bool(is_so)) => is_so.then(|| format!(" --{}", name.replace('_', "-"))).unwrap_or_default(),
        (_, Value::String(text)) => option(text),
        (_, value) => option(&value.to_string()),
    }
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
