//! Each advice of the library in the words of this command line.

use certgate::{Advice, config::Credential};
use certgate_domain::words::AuthMethod;
use certgate_flow::Field;

use crate::ui::{
    command_line::{abandon, resume},
    document,
};

/// What to do, with the names of this command line; `options` are those of a command for the account. `None` where only another program
/// than this one could do it.
pub(super) fn words(advice: &Advice, options: &str) -> Option<String> {
    let words = match advice {
        Advice::GiveCredential(Credential::User) => {
            "use --user, CERTGATE_USER or the profile's `user`; `certgate config init` asks for what a profile needs"
        }
        Advice::GiveCredential(Credential::Context) => "use --context, CERTGATE_CONTEXT or the profile's `context`",
        Advice::GiveCredential(_) => {
            "use CERTGATE_PASSWORD, --password-file, --password-stdin or the profile's password_command or password_file"
        }
        Advice::Give(fields) => return Some(fields.iter().map(needed).collect::<Vec<_>>().join("\n")),
        Advice::GiveOtherKey => "give another --key, or --new-key to make one, or a CSR with --csr",
        Advice::GiveName => "give --name",
        Advice::MatchName { name } => return Some(format!("make a CSR for `{name}`, or give --name")),
        Advice::ChooseMethod => "choose another --method",
        Advice::ShowControl { by: AuthMethod::File } => "give --webroot",
        Advice::ShowControl { .. } => "give --dns",
        Advice::WaitForJob { job } => {
            return Some(format!("look at it with `certgate job info {job}`, and run the same again once it is over"));
        }
        Advice::ChooseApprover => "choose another --approver",
        Advice::AllowAnyRecord => "--allow-any-record publishes it all the same",
        Advice::GiveCsrOrAllowAnyRecord => "give --csr, --new-key or --key, or lift that with --allow-any-record",
        Advice::GiveOrAllowNameServer => "give --resolver, or leave --no-authoritative out",
        Advice::GiveNameServer => "give --resolver",
        Advice::GiveKeyStorePassPhrase => "give --store-pass-file or --store-pass-command",
        Advice::RenewKeyStore { kind, path } => {
            let option = if *kind == "jks" { "--jks" } else { "--pkcs12" };
            return Some(format!("give {option}, or remove {} if nobody needs it", path.display()));
        }
        Advice::OrderWithKey => "order with --new-key or --key",
        Advice::OtherFolderOrKey => "give another --out, or order with --new-key or --key",
        Advice::PutKeyBack => {
            "put it back as pending/key.pem; if it is lost, give the order up with `certgate orders abandon` and order with --new-key"
        }
        Advice::OtherFolder { folder } => {
            return Some(format!("give another --out (`certgate status {}` shows what is in place)", folder.display()));
        }
        Advice::RemoveLink { target } => {
            return Some(format!("remove the link, or give the folder of {} as --out", target.display()));
        }
        Advice::InstallFor { owner } => return Some(format!("give --file-owner {owner} if the files are that user's")),
        Advice::AgreeToDecryptedKey => {
            "agree to that with --decrypt-key, or make the CSR with it (`certgate csr new`) and give --csr"
        }
        Advice::ResumeOrOrderWithAnyType => {
            return Some(format!(
                "carry on with `certgate resume{options}`, order without --key-type, or move it away"
            ));
        }
        Advice::ResumeOrMoveKey => {
            return Some(format!("carry on with `certgate resume{options}`, or move it away"));
        }
        Advice::Resume { order } => return Some(format!("carry on with `{}`", resume(options, order))),
        Advice::ResumeOrAbandon { order } => {
            return Some(format!(
                "carry on with `{}`, or give it up with `{}`",
                resume(options, order),
                abandon(options, order)
            ));
        }
        Advice::LookBeforeOrdering => {
            return Some(format!(
                "To find out, look before ordering again: `certgate resume{options}` looks for it among messages, certificates and jobs \
                 and sends nothing twice; `certgate orders{options}` lists what is open."
            ));
        }
        Advice::ListOrders => return Some(format!("`certgate orders{options}` lists them")),
        Advice::GiveId { found } => {
            let told = found.iter().map(|one| match one.ends {
                Some(ends) => format!("{} (ends {})", one.id, document::day(ends)),
                None => one.id.to_string(),
            });
            return Some(format!("give the id of one: {}", told.collect::<Vec<_>>().join(", ")));
        }
        Advice::ResumeItsOrder => return Some(format!("carry on with its order: `certgate resume{options}`")),
        Advice::ChooseTransactionId => "give another --ctid",
        Advice::ChooseAccount => "choose its profile, or give its --user, --context and --endpoint",
        Advice::GiveStore => "use --store FILE|URL",
        Advice::EditProfile => "edit it there, or name another by --profile",
        Advice::ChooseStore => "choose another with --store",
        Advice::CheckStore => "check the folder and its rights or the database, or choose another with --store",
        Advice::AcceptUnknownParts => "leave --strict out to accept it",
        Advice::ListCertificates => "`certgate list` shows those that there are",
        Advice::ListContacts => "`certgate contact list` shows those that there are",
        Advice::ListJobs => "`certgate job list` shows those that run, with --history those that are over",
        Advice::ListZones => "`certgate zone list` shows those that there are",
        Advice::CheckCredentials => "`certgate config show` says where user, password and context come from",
        Advice::ListSerials => "`certgate info ID` lists them under histories",
        Advice::LookIntoQueue => "`certgate poll next` shows the first message of the queue",
        Advice::ReplaceContact => {
            "give its certificates another one first: `certgate reissue` with --admin, --technical"
        }
        Advice::CompleteContact => "`certgate contact info ID --output json` shows the fields of one that is complete",
        Advice::ChooseContact => {
            "choose another by --admin or --technical; `certgate contact list` shows those that there are"
        }
        Advice::ConfirmUnread { message } => {
            return Some(format!(
                "message {message} is first: `certgate poll confirm {message}` takes it off the queue"
            ));
        }
        Advice::Reissue => "`certgate reissue` is free, and possible at any time of the term",
        Advice::CheckEndpoint => {
            "is /v1 missing? --endpoint of the JSON API ends in it; the XML gateway's is another one"
        }
        _ => return None,
    };
    Some(words.to_owned())
}

/// How to give what a new certificate needs, and where to get it.
fn needed(field: &Field) -> &'static str {
    match field {
        Field::Csr => "  --csr FILE: the CSR; or --new-key, or --key FILE, with --out DIR",
        Field::Name => "  --name NAME: the name of the certificate",
        Field::Product => "  --product CODE: such as QUICKSSLPREMIUM; certgate list shows those of yours",
        Field::Admin => "  --admin ID: the id of a contact: certgate contact list",
        Field::Technical => "  --technical ID: the id of a contact: certgate contact list",
    }
}
