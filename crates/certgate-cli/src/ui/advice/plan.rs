//! What to do where it cannot be said what is to be done with a certificate.

use certgate::{CertificateSelector, estate::PlanError};

use super::Asking;
use crate::{exit::Failure, ui::command_line};

pub(super) fn failure(error: &PlanError, asking: Asking<'_>) -> Failure {
    let failure = Failure::usage(error.to_string());
    match advice(error, asking) {
        Some(advice) => failure.advise(advice),
        None => failure,
    }
}

fn advice(error: &PlanError, asking: Asking<'_>) -> Option<String> {
    let options = asking.options;
    let create = |does: &str| format!("`certgate create{options}` {does}, for a new term");
    Some(match error {
        PlanError::NotNoted { folder, .. } => format!("`{}` notes it", command_line::adopt(options, folder)),
        PlanError::OfAnotherName { .. } if asking.by_file => "correct its `id`, `out` or `profile`".to_owned(),
        PlanError::OfAnotherName { folder, .. } => {
            let adopt = format!("{} --profile NAME", command_line::adopt("", folder));
            format!("where it is another account's, `{adopt}` notes that")
        }
        PlanError::NotThere { name: Some(name), settings, .. } if !asking.by_file => {
            let reissue = command_line::reissue(options, &CertificateSelector::Name(name.clone()), settings);
            format!("where it was ordered anew under another id, `{reissue}` orders it for this folder")
        }
        PlanError::NotThere { .. } => {
            let list = format!("`certgate list{options}` shows those that there are: correct its `id`");
            if asking.by_file { format!("{list}; where it was deleted, {}", create("orders a new one")) } else { list }
        }
        PlanError::NotNamed { .. } => create("does"),
        PlanError::OtherCertificate { id, settings } => {
            let reissue = command_line::reissue(options, &CertificateSelector::Id(*id), settings);
            format!("`{reissue}` orders it for this folder, with a new key")
        }
        _ => return None,
    })
}
