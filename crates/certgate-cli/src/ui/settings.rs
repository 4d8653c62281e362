//! The settings of a run, as they are shown.

use std::{path::PathBuf, time::Duration};

use certgate::{
    SecretSource, Settings,
    config::{Origin, Setting},
    tape::StandIns,
};
use certgate_json::Routes;
use serde_json::{Value, json};

use super::document;
use crate::{
    app::App,
    exit::{Exit, Failure},
    streams::printable,
};

/// Prints each setting and where it came from; of a secret only whether it is there.
pub(crate) fn show(app: &App, settings: &Settings) -> Result<Exit, Failure> {
    let rows = rows(settings);
    if app.json() {
        let settings: Vec<Value> = rows.iter().map(Row::document).collect();
        app.stdout.print(&json!({ "schema": 1, "settings": settings }));
    } else {
        for row in &rows {
            app.stdout.line(&printable(&row.text()));
        }
    }
    Ok(Exit::DONE)
}

struct Row {
    name: &'static str,
    shown: Shown,
    from: String,
    /// Whether it is a file that is not there.
    missing: bool,
}

enum Shown {
    Value(Value),
    /// A secret that is there.
    Secret,
    Nothing,
}

impl Row {
    fn document(&self) -> Value {
        let mut row = json!({ "name": self.name });
        match &self.shown {
            Shown::Value(value) => row["value"] = value.clone(),
            Shown::Secret => row["set"] = json!(true),
            Shown::Nothing => row["set"] = json!(false),
        }
        row["from"] = json!(self.from);
        if self.missing {
            row["exists"] = json!(false);
        }
        row
    }

    fn text(&self) -> String {
        let Self { name, shown, from, missing } = self;
        match shown {
            Shown::Value(Value::String(text)) if *missing => format!("{name:<20} {text}, which is not there  ({from})"),
            Shown::Value(Value::String(text)) => format!("{name:<20} {text}  ({from})"),
            Shown::Value(value) => format!("{name:<20} {value}  ({from})"),
            Shown::Secret => format!("{name:<20} set, from {from}"),
            Shown::Nothing => format!("{name:<20} not set"),
        }
    }
}

fn rows(settings: &Settings) -> Vec<Row> {
    let Settings {
        profile,
        config,
        config_exists,
        transport,
        xml_endpoint,
        json_endpoint,
        user,
        context,
        password,
        owner,
        owner_context,
        language,
        ca_file,
        proxy,
        resolve,
        connect,
        send,
        answer,
        body,
        routes,
        time_zone,
        stand_ins,
        certificates,
        requests_per_second,
        pace_in_store,
        body_limit,
        notify,
        foreign,
        host,
        settle_after,
        ctid,
        store,
        store_password,
        ..
    } = settings;
    let routes = match routes.value {
        Routes::Live => Setting { value: "live", origin: routes.origin.clone() },
        Routes::Documented => Setting { value: "documented", origin: routes.origin.clone() },
    };
    vec![
        always("profile", profile, |name| json!(name)),
        file(config, *config_exists),
        always("transport", transport, |protocol| json!(protocol.name())),
        endpoint("xml_endpoint", xml_endpoint),
        endpoint("json_endpoint", json_endpoint),
        maybe("user", user, |user| json!(user)),
        maybe("context", context, |context| json!(context)),
        secret("password", password, "password_command"),
        maybe("owner", owner, |owner| json!(owner)),
        maybe("owner_context", owner_context, |context| json!(context)),
        maybe("language", language, |language| json!(language)),
        maybe("ctid", ctid, |ctid| json!(ctid)),
        maybe("store", store, |address| json!(address.to_string())),
        secret("store_password", store_password, "store_password_command"),
        maybe("ca_file", ca_file, |path| json!(path.display().to_string())),
        maybe("proxy", proxy, |proxy| json!(proxy.to_string())),
        always("timeouts.resolve", resolve, seconds),
        always("timeouts.connect", connect, seconds),
        always("timeouts.send", send, seconds),
        always("timeouts.answer", answer, seconds),
        always("timeouts.body", body, seconds),
        always("routes", &routes, |routes| json!(routes)),
        always("time_zone", time_zone, |zone| json!(zone)),
        always("certificates", certificates, |folders| folders.iter().map(|folder| document::path(folder)).collect()),
        always("stand_ins", stand_ins, |StandIns { names, emails, phones }| {
            let all = [("names", *names), ("emails", *emails), ("phones", *phones)];
            all.into_iter().filter(|(_, on)| *on).map(|(name, _)| json!(name)).collect()
        }),
        always("requests_per_second", requests_per_second, |number| json!(number)),
        always("pace_in_store", pace_in_store, |is_in_store| json!(is_in_store)),
        always("body_limit", body_limit, |number| json!(number)),
        maybe("notify", notify, |command| json!(command)),
        always("foreign", foreign, |foreign| json!(foreign.name())),
        maybe("host", host, |host| json!(host)),
        always("settle_after", settle_after, seconds),
    ]
}

fn always<T>(name: &'static str, setting: &Setting<T>, shown: impl Fn(&T) -> Value) -> Row {
    Row { name, shown: Shown::Value(shown(&setting.value)), from: setting.origin.to_string(), missing: false }
}

fn maybe<T>(name: &'static str, setting: &Setting<Option<T>>, shown: impl Fn(&T) -> Value) -> Row {
    let shown = setting.value.as_ref().map_or(Shown::Nothing, |value| Shown::Value(shown(value)));
    Row { name, shown, from: setting.origin.to_string(), missing: false }
}

fn endpoint(name: &'static str, setting: &Setting<String>) -> Row {
    let embedded = matches!(setting.origin, Origin::Sandbox);
    let shown = if embedded { "the embedded gateway" } else { setting.value.as_str() };
    Row { name, shown: Shown::Value(json!(shown)), from: setting.origin.to_string(), missing: false }
}

/// The configuration file is named whether or not it is there, so that people know where to write one.
fn file(setting: &Setting<Option<PathBuf>>, exists: bool) -> Row {
    let row = maybe("config", setting, |path| json!(path.display().to_string()));
    Row { missing: setting.value.is_some() && !exists, ..row }
}

/// `command` is the key of a profile for a command that prints it.
fn secret(name: &'static str, setting: &Setting<Option<SecretSource>>, command: &'static str) -> Row {
    let Setting { value, origin } = setting;
    // Only a profile has a choice of keys.
    let key =
        value.as_ref().and_then(|source| key(source, command)).filter(|_| matches!(origin, Origin::Profile { .. }));
    let from = key.map_or(origin.to_string(), |key| format!("{origin} ({key})"));
    Row { name, shown: if value.is_some() { Shown::Secret } else { Shown::Nothing }, from, missing: false }
}

/// The key of a profile that names where the password is.
fn key(source: &SecretSource, command: &'static str) -> Option<&'static str> {
    match source {
        SecretSource::File(_) => Some("password_file"),
        SecretSource::Command(_) => Some(command),
        _ => None,
    }
}

fn seconds(duration: &Duration) -> Value {
    json!(format!("{}s", duration.as_secs()))
}
