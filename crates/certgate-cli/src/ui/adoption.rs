//! What was taken under care, as it is shown.

use std::path::Path;

use certgate::{
    Installation,
    adoption::{Adoption, AdoptionOutcome, Declaration, LoneReason},
};
use serde_json::{Value, json};

use super::{
    advice::{self, Asking},
    command_line::{self, shell_word},
    document,
    outcome::{say_readable, set},
};
use crate::{
    app::App,
    exit::{Exit, Failure, Kind, worst},
    streams::{printable, say},
};

/// Prints what became of each; gives the exit code.
pub(crate) fn print(
    app: &App,
    adoptions: &[Adoption],
    is_rehearsal: bool,
    added: Option<usize>,
) -> Result<Exit, Failure> {
    let options = command_line::options_of_run(app);
    if app.json() {
        let rows: Vec<Value> = adoptions.iter().map(|adoption| row(adoption, &options)).collect();
        let mut document = json!({ "schema": 1, "certificates": rows });
        set(&mut document, "declared", json!(added));
        app.stdout.print(&document);
    } else {
        for adoption in adoptions {
            app.stdout.line(&printable(&line(adoption, is_rehearsal, &options)));
        }
    }
    let is_ours =
        |adoption: &&Adoption| matches!(adoption.outcome, AdoptionOutcome::Adopted | AdoptionOutcome::Managed);
    for adoption in adoptions.iter().filter(is_ours) {
        say_readable(&Installation::at(&adoption.folder).readable_keys());
    }
    let kinds = adoptions.iter().map(|adoption| kind(&adoption.outcome));
    Ok(match worst(kinds) {
        Some(Kind::Unchanged) if added.is_none_or(|added| added == 0) => {
            Exit::unchanged("nothing is there to be taken under care")
        }
        Some(Kind::Unchanged) => Exit::DONE,
        kind => kind.into(),
    })
}

/// Says which certificates a file declares in other folders than those that they are in.
pub(crate) fn say_elsewhere(app: &App, file: &Path, declaration: &Declaration) {
    for (id, declared, folder) in declaration.elsewhere.iter().filter(|_| !app.quiet) {
        let (file, declared, folder) = (file.display(), declared.display(), folder.display());
        say(&format!(
            "certgate: warning: {file} declares {id} with `out = \"{declared}\"`, and it is in {folder}: change that there"
        ));
    }
}

fn kind(outcome: &AdoptionOutcome) -> Option<Kind> {
    match outcome {
        AdoptionOutcome::Adopted => None,
        // What is earlier, or shared, is no certificate of its own.
        AdoptionOutcome::Managed
        | AdoptionOutcome::Superseded(_)
        | AdoptionOutcome::Lone(LoneReason::Superseded | LoneReason::SharedChain) => Some(Kind::Unchanged),
        AdoptionOutcome::Unusable(why) => Some(advice::unusable(why, Asking::default()).kind()),
        AdoptionOutcome::Failed(_) => Some(Kind::Local),
        _ => Some(Kind::CheckFailed),
    }
}

/// `options` are those by which a command comes to the run's account.
fn row(adoption: &Adoption, options: &str) -> Value {
    let Adoption { folder, name, serial, certificate, newer, files, settings, outcome, .. } = adoption;
    let kind = kind(outcome).map_or("done", Kind::name);
    let mut row = json!({ "folder": document::path(folder), "kind": kind });
    set(&mut row, "name", json!(name));
    set(&mut row, "serialNumber", json!(serial));
    set(&mut row, "certificate", json!(certificate));
    set(&mut row, "newer", json!(newer));
    if !files.is_empty() {
        row["files"] = files.iter().map(|file| document::path(file)).collect();
        row["settings"] = json!(settings);
    }
    set(&mut row, "text", json!(reason(adoption, options)));
    row
}

/// Why it is not under care, or what is to be known of it.
fn reason(adoption: &Adoption, options: &str) -> Option<String> {
    Some(match &adoption.outcome {
        AdoptionOutcome::Adopted | AdoptionOutcome::Managed => {
            let folder = shell_word(&adoption.folder.display().to_string());
            let id = adoption.certificate.unwrap_or_default();
            let newer = adoption.newer.as_ref()?;
            let newer = format!("the gateway has a newer one, serial number {newer}");
            match adoption.has_newer_key {
                true => format!("{newer}: certgate fetch{options} {id} --out {folder}"),
                false => {
                    format!("{newer}, whose key is not here: certgate reissue{options} {id} --new-key --out {folder}")
                }
            }
        }
        AdoptionOutcome::UnknownName => "the account has no certificate of its names".to_owned(),
        AdoptionOutcome::OtherCertificates(ids) => {
            let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
            format!("the account has others of its name, with other serial numbers and keys: {}", ids.join(", "))
        }
        AdoptionOutcome::Lone(why) => why.to_string(),
        AdoptionOutcome::Refused(why) => why.to_string(),
        AdoptionOutcome::Damaged(faults) => {
            let folder = shell_word(&adoption.folder.display().to_string());
            format!("{faults}: certgate renew-due{options} {folder} puts its own there again")
        }
        AdoptionOutcome::Superseded(folder) => {
            format!("this certificate of the account is taken care of in {}, with another key", folder.display())
        }
        AdoptionOutcome::Unusable(why) | AdoptionOutcome::Failed(why) => {
            advice::unusable(why, Asking::from(options)).to_string()
        }
        other => format!("{other:?}"),
    })
}

fn line(adoption: &Adoption, is_rehearsal: bool, options: &str) -> String {
    let Adoption { folder, name, certificate, outcome, .. } = adoption;
    let word = match outcome {
        AdoptionOutcome::Adopted if is_rehearsal => "would be adopted",
        AdoptionOutcome::Adopted => "adopted",
        AdoptionOutcome::Managed => "under care already",
        _ => "left alone",
    };
    let mut line = format!("{}: {word}", folder.display());
    if let Some(name) = name {
        line += &format!("  {name}");
    }
    if let Some(id) = certificate {
        line += &format!("  {id}");
    }
    match reason(adoption, options) {
        Some(reason) => format!("{line}: {reason}"),
        None => line,
    }
}
