//! The certificates that are installed here, as commands choose and show them.

use std::{
    iter::repeat,
    path::{Path, PathBuf},
};

use certgate::{
    estate::{PlanError, account::AccountCertificate},
    installation::{Deployment, LedElsewhere},
    inventory::{InstalledCertificate, InventoryError},
    monitoring::{InstalledStanding, Standing, Todo},
    served::Verification,
};
use certgate_store::Order;
use serde_json::{Value, json};

use super::{
    advice::{self, Asking},
    command_line::{self, options_of_order, resume, shell_word},
    document,
    outcome::set,
    table::Table,
    verification,
};
use crate::{app::App, exit::Failure, streams::printable};

/// The folders given, else the profile's.
pub(crate) fn chosen(app: &App, given: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    if !given.is_empty() {
        return Ok(given.to_vec());
    }
    let folders = app.settings()?.certificates.value;
    if folders.is_empty() {
        return Err(Failure::usage("no folder is given: name some, or set the profile's `certificates`"));
    }
    Ok(folders)
}

/// Prints how certificates stand, each with the profile that it is of, where that is known. `now` is in seconds since 1970.
pub(crate) fn print(app: &App, standings: Vec<Standing>, profiles: Vec<Option<String>>, now: i64) {
    let due = standings.iter().filter(|standing| standing.is_due()).count();
    let options = command_line::options_of_run(app);
    let mut rows: Vec<Value> = standings.into_iter().map(|standing| row(app, &options, standing, now)).collect();
    for (row, profile) in rows.iter_mut().zip(profiles.into_iter().chain(repeat(None))) {
        let remembered = row["settings"].get("profile").cloned();
        set(row, "profile", remembered.unwrap_or(json!(profile)));
    }
    if app.json() {
        app.stdout.print(&json!({ "schema": 1, "certificates": rows, "due": due }));
        return;
    }
    let mut columns = vec!["folder", "certificate", "name", "days", "keyFits", "gateway.serial", "todo"];
    let mut profiles = rows.iter().filter_map(|row| row.get("profile"));
    let first = profiles.next();
    if profiles.any(|profile| Some(profile) != first) {
        columns.insert(0, "profile");
    }
    Table::new(&app.stdout, columns.into_iter().map(str::to_owned).collect()).rows(&rows);
    if app.verbose {
        remembered(app, &rows);
    }
}

/// `options` are those by which a command comes to the run's account.
fn row(app: &App, options: &str, standing: Standing, now: i64) -> Value {
    match standing {
        Standing::Installed(standing) => installed(app, options, &standing),
        Standing::Unreadable { folder, why } => {
            let failure = advice::inventory(why, Asking::from(options));
            json!({ "folder": document::path(&folder), "todo": failure.to_string(), "error": failure.error() })
        }
        Standing::Awaited { folder, order } => awaited(app, &folder, &order),
        Standing::Elsewhere { certificate, ends_soon } => elsewhere(&certificate, ends_soon, now),
        _ => json!({}),
    }
}

fn installed(app: &App, options: &str, standing: &InstalledStanding) -> Value {
    // Another account's folder has commands of its own, unless nobody knows that profile any more.
    let remembered = standing.installed.record.settings.as_ref().and_then(|settings| settings.profile.as_deref());
    let remembered = remembered.filter(|other| app.settings_of(other).is_ok_and(|found| found.is_ok()));
    let own = command_line::options_of_profile(app, remembered);
    let mut renew = format!("certgate renew-due{own}");
    if own != options {
        renew += &format!(" {}", shell_word(&standing.installed.folder.display().to_string()));
    }
    let (options, renew) = (own.as_str(), renew.as_str());
    let InstalledCertificate { folder, name, serial, days, .. } = &standing.installed;
    let mut row = json!({ "folder": document::path(folder), "name": name, "serial": serial, "days": days });
    set(&mut row, "certificate", json!(standing.installed.id));
    set(&mut row, "keyFits", json!(standing.installed.key_fits));
    row["keyType"] = json!(standing.installed.key_type.name());
    set(&mut row, "settings", json!(standing.installed.record.settings));
    if let Some(there) = &standing.there {
        row["gateway"] = json!({});
        set(&mut row["gateway"], "serial", json!(there.serial));
    }
    set(&mut row, "order", standing.order.as_ref().map(state).unwrap_or_default());
    if !standing.served.is_empty() {
        row["served"] = standing.served.iter().map(verification::row).collect();
    }
    let not_deployed = match (standing.todo, &standing.installed.record.deployment) {
        (Todo::OtherCertificate { .. }, Deployment::Failed { detail }) if !standing.installed.is_led_nowhere() => {
            Some(format!("what is in place is not deployed ({detail})"))
        }
        _ => None,
    };
    let not_served = standing.served.iter().find_map(Verification::problem);
    let elsewhere = &standing.installed.led_elsewhere;
    // Nothing is ordered for it or put there.
    let is_left = match standing.todo {
        Todo::Nothing => true,
        Todo::OtherCertificate { .. } => elsewhere.is_some(),
        _ => elsewhere.as_ref().is_some_and(LedElsewhere::is_of_copied_folder),
    };
    let elsewhere = elsewhere.clone().map(|why| advice::inventory(InventoryError::from(why), options.into()));
    set(&mut row, "error", elsewhere.as_ref().map(Failure::error).unwrap_or_default());
    let again = match standing.todo {
        Todo::Nothing if standing.installed.has_lost_its_key() => {
            format!(": {renew} orders another one with a new key")
        }
        Todo::Nothing if !standing.installed.faults.damaged.is_empty() => {
            format!(": {renew} puts its own there again")
        }
        Todo::Nothing => format!(": {renew} puts it there again"),
        _ => String::new(),
    };
    let faults = Some(&standing.installed.faults).filter(|faults| !faults.is_empty());
    let faults = faults.map(|faults| format!("{faults}{again}"));
    let all = [
        faults,
        led_gone(&standing.installed, options),
        (!is_left).then(|| todo(app, options, renew, standing)),
        not_deployed,
        elsewhere.map(|failure| failure.to_string()),
        not_served.map(|problem| format!("not served: {problem}")),
    ];
    let all = all.into_iter().flatten().collect::<Vec<_>>().join("; ");
    row["todo"] = json!(if all.is_empty() { "nothing" } else { &all });
    row
}

/// What is said of a certificate where something that servers read, and that led into its folder, is gone.
pub(crate) fn led_gone(installed: &InstalledCertificate, options: &str) -> Option<String> {
    let path = installed.led_gone.first()?.display();
    let adopt = command_line::adopt(options, &installed.folder);
    Some(format!("{path} led into it and is gone: link it there again, or `{adopt}` forgets it"))
}

fn state(order: &Order) -> Value {
    json!({ "id": order.order.id, "state": order.state.as_str() })
}

/// What there is to do, and the command that does it.
fn todo(app: &App, options: &str, renew: &str, standing: &InstalledStanding) -> String {
    let InstalledStanding { installed, order, .. } = standing;
    let id = installed.id.map_or_else(|| "ID".to_owned(), |id| id.to_string());
    let folder = || shell_word(&installed.folder.display().to_string());
    match (standing.todo, order, &installed.record.deployment, &standing.ordered_in) {
        (Todo::CarryOn, Some(order), ..) => carry_on(app, order),
        (Todo::OtherKey, ..) => format!(
            "the key is not the certificate's: {renew} puts its own there again, or orders another certificate if it is lost; \
             certgate rollback{options} {} goes back to the one before",
            folder()
        ),
        (Todo::OtherPair, ..) => format!(
            "what servers read there is another pair than the one under care: `{}` takes it in",
            command_line::adopt(options, &installed.folder)
        ),
        (Todo::OfAnotherName, ..) => {
            let why = standing.there.as_ref().and_then(|there| there.of_another_name.clone());
            why.map_or_else(String::new, |why| Failure::of_task(why.into(), Asking::from(options)).to_string())
        }
        (Todo::Revoked, _, _, None) => {
            format!("it was revoked: {renew} puts another one in its place")
        }
        (Todo::OtherCertificate { has_its_key: true }, ..) => {
            let other = match installed.record.put_back {
                Some(time) => format!("put back by hand on {}; the gateway's is another", document::day(time)),
                None => "the gateway has another certificate".to_owned(),
            };
            format!("{other}: certgate fetch{options} {id} --out {}", folder())
        }
        (Todo::Revoked | Todo::OtherCertificate { has_its_key: false }, _, _, Some(other)) => {
            let revoked = if standing.todo == Todo::Revoked { "it was revoked; " } else { "" };
            let other = other.display();
            format!(
                "{revoked}it is ordered for {other}, with another key: have that one's deploy hook copy key and certificate to here"
            )
        }
        (Todo::OtherCertificate { has_its_key: false }, ..) => {
            let reissue = format!("certgate reissue{options} {id} --new-key --out {}", folder());
            format!("the gateway has another certificate, whose key is not here: {reissue}")
        }
        (Todo::Redeploy, _, Deployment::Failed { detail }, _) => {
            format!("not deployed ({detail}): {renew} repeats the hook")
        }
        (Todo::Due, ..) => {
            let renew = installed.id.map_or("renew it, with its id", |_| renew);
            let ended = (installed.days < 0).then(|| format!("it ended on {}", document::day(installed.not_after)));
            format!("{}: {renew}", ended.as_deref().unwrap_or("due"))
        }
        (Todo::NotThere, ..) => {
            let mut settings = installed.record.settings.clone().unwrap_or_default();
            settings.out = Some(installed.folder.clone());
            let (id, name) = (installed.id.unwrap_or_default(), Some(installed.name.clone()));
            let why = PlanError::NotThere { id, name, settings: Box::new(settings) };
            Failure::of_task(why.into(), Asking::from(options)).to_string()
        }
        (Todo::NotNoted, ..) => {
            let (record, adopt) = (installed.record_path(), command_line::adopt(options, &installed.folder));
            format!("which certificate of the account this is is not noted in {}: {adopt}", record.display())
        }
        _ => "nothing".to_owned(),
    }
}

fn carry_on(app: &App, order: &Order) -> String {
    let (id, state) = (&order.order.id, order.state.as_str());
    format!("order {id} is {state}: {}", resume(&options_of_order(app, order), id))
}

fn awaited(app: &App, folder: &Path, order: &Order) -> Value {
    let mut row = json!({ "folder": document::path(folder), "order": state(order), "todo": carry_on(app, order) });
    set(&mut row, "name", json!(order.order.name));
    set(&mut row, "certificate", json!(order.order.certificate));
    row
}

fn elsewhere(certificate: &AccountCertificate, ends_soon: bool, now: i64) -> Value {
    let mut row = json!({});
    set(&mut row, "certificate", json!(certificate.id));
    set(&mut row, "name", json!(Some(&certificate.name).filter(|name| !name.is_empty())));
    set(&mut row, "days", json!(certificate.not_after.map(|ends| (ends - now).div_euclid(86_400))));
    set(&mut row, "gateway", certificate.serial.as_ref().map(|serial| json!({ "serial": serial })).unwrap_or_default());
    row["todo"] = json!(match certificate.not_after.filter(|_| ends_soon) {
        Some(ended) if ended < now => "not here, and it ended: see who has it",
        Some(_) => "not here, and it ends soon: see who has it",
        None => "not here",
    });
    row
}

/// Shows what is remembered of each: how it was ordered, validated and installed, and is renewed, with a key of the type that it has.
fn remembered(app: &App, rows: &[Value]) {
    for row in rows {
        let folder = row["folder"].as_str().unwrap_or_default();
        let mut settings = row["settings"].as_object().cloned().unwrap_or_default();
        if let Some(key_type) = row.get("keyType") {
            settings.entry("key_type").or_insert_with(|| key_type.clone());
        }
        for (name, value) in &settings {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            app.stdout.line(&printable(&format!("{folder}: {name} = {value}")));
        }
    }
}
