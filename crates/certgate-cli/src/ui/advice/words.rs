//! Each advice of the library in the words of this command line.

use certgate::{Advice, config::Credential};
use certgate_domain::words::AuthMethod;
use certgate_flow::Field;

use super::Asking;
use crate::ui::{
    command_line::{abandon, resume},
    document,
};

/// What to do, with the names of this command line. `None` where only another program than this one could do it.
pub(super) fn words(advice: &Advice, asking: Asking<'_>) -> Option<String> {
    let Asking { options, .. } = asking;
    let name = |setting: &str| asking.name(setting);
    let give = |setting: &str| Some(format!("give {}", name(setting)));
    let shown = |command: &str, what: &str| Some(format!("`certgate {command}{options}` {what}"));
    let words = match advice {
        Advice::GiveCredential { credential, profile: Some(_) } => {
            let settings = match credential {
                Credential::User => "`user`",
                Credential::Context => "`context`",
                _ => "password_command or password_file",
            };
            return Some(format!("set its {settings}; options and environment are for the run's own profile"));
        }
        Advice::GiveCredential { credential: Credential::User, .. } => {
            "use --user, CERTGATE_USER or the profile's `user`; `certgate config init` asks for what a profile needs"
        }
        Advice::GiveCredential { credential: Credential::Context, .. } => {
            "use --context, CERTGATE_CONTEXT or the profile's `context`"
        }
        Advice::GiveCredential { .. } => {
            "use CERTGATE_PASSWORD, --password-file, --password-stdin or the profile's password_command or password_file"
        }
        Advice::Give(fields) => {
            let needed: Vec<String> = fields.iter().map(|field| needed(field, asking)).collect();
            return Some(needed.join("\n"));
        }
        Advice::GiveOtherKey => {
            let [key, new_key, csr] = ["key", "new_key", "csr"].map(name);
            return Some(format!("give another {key}, or {new_key} to make one, or a CSR with {csr}"));
        }
        Advice::GiveName => return give("name"),
        Advice::CorrectName => {
            return Some(format!(
                "correct the id or {}; it changes its name with a CSR that is for its own, too",
                name("name")
            ));
        }
        Advice::MatchName { name: of } => {
            return Some(format!("make a CSR for `{of}`, or correct the certificate's id or {}", name("name")));
        }
        Advice::ChooseMethod => return Some(format!("choose another {}", name("method"))),
        Advice::ShowControl { by: AuthMethod::File } => return give("webroot"),
        Advice::ShowControl { .. } => return give("dns"),
        Advice::WaitForJob { job } => {
            return Some(format!(
                "look at it with `certgate job info{options} {job}`, and run the same again once it is over"
            ));
        }
        Advice::LookAtCertificate { certificate } => {
            return Some(format!(
                "look at it with `certgate info{options} {certificate}`; the same again goes on with it where it is declared, and else orders another one"
            ));
        }
        Advice::ChooseApprover => return Some(format!("choose another {}", name("approver"))),
        Advice::AllowAnyRecord => return Some(format!("{} publishes it all the same", name("allow_any_record"))),
        Advice::GiveCsrOrAllowAnyRecord => {
            let [csr, new_key, key, any] = ["csr", "new_key", "key", "allow_any_record"].map(name);
            return Some(format!("give {csr}, {new_key} or {key}, or lift that with {any}"));
        }
        Advice::GiveOrAllowNameServer => {
            let [resolver, no_authoritative] = ["resolver", "no_authoritative"].map(name);
            return Some(format!("give {resolver}, or leave {no_authoritative} out"));
        }
        Advice::GiveNameServer => return give("resolver"),
        Advice::GiveKeyStorePassPhrase => {
            let [file, command] = ["store_pass_file", "store_pass_command"].map(name);
            return Some(format!("give {file} or {command}"));
        }
        Advice::RenewKeyStore { kind, path } => {
            let setting = name(if *kind == "jks" { "jks" } else { "pkcs12" });
            return Some(format!("give {setting}, or remove {} if nobody needs it", path.display()));
        }
        Advice::OrderWithKey => {
            let [new_key, key] = ["new_key", "key"].map(name);
            return Some(format!("order with {new_key} or {key}"));
        }
        Advice::OtherFolderOrKey => {
            let [out, new_key, key] = ["out", "new_key", "key"].map(name);
            return Some(format!("give another {out}, or order with {new_key} or {key}"));
        }
        Advice::PutKeyBack => {
            return Some(format!(
                "put it back as pending/key.pem; if it is lost, give the order up (`certgate orders abandon{options} ID --yes`, by its id from `certgate orders{options}`) and order with --new-key"
            ));
        }
        Advice::OtherFolder { folder } => {
            let (out, folder) = (name("out"), folder.display());
            return Some(format!("give another {out} (`certgate status{options} {folder}` shows what is in place)"));
        }
        Advice::RemoveLink { target } => {
            let (target, out) = (target.display(), name("out"));
            return Some(format!("remove the link, or give the folder of {target} as {out}"));
        }
        Advice::InstallFor { owner } => {
            return Some(format!("give {} {owner} if the files are that user's", name("file_owner")));
        }
        Advice::AgreeToDecryptedKey => {
            let [decrypt_key, csr] = ["decrypt_key", "csr"].map(name);
            let text = format!(
                "agree to that with {decrypt_key}, or make the CSR with it (`certgate csr new`) and give {csr}"
            );
            return Some(text);
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
        Advice::ListCertificates => return shown("list", "shows those that there are"),
        Advice::ListContacts => return shown("contact list", "shows those that there are"),
        Advice::ListJobs => return shown("job list", "shows those that run, with --history those that are over"),
        Advice::ListZones => return shown("zone list", "shows those that there are"),
        Advice::CheckCredentials => return shown("config show", "says where user, password and context come from"),
        Advice::ListSerials => return Some(format!("`certgate info{options} ID` lists them under histories")),
        Advice::LookIntoQueue => return shown("poll next", "shows the first message of the queue"),
        Advice::ReplaceContact => {
            return Some(format!(
                "give its certificates another one first: `certgate reissue{options}` with --admin, --technical"
            ));
        }
        Advice::CompleteContact => {
            return shown("contact info ID --output json", "shows the fields of one that is complete");
        }
        Advice::ChooseContact => {
            let [admin, technical] = ["admin", "technical"].map(name);
            let list = format!("`certgate contact list{options}` shows those that there are");
            return Some(format!("choose another by {admin} or {technical}; {list}"));
        }
        Advice::ConfirmUnread { message } => {
            return Some(format!(
                "message {message} is first: `certgate poll confirm{options} {message}` takes it off the queue"
            ));
        }
        Advice::Reissue => return shown("reissue", "is free, and possible at any time of the term"),
        Advice::CheckEndpoint => {
            "is /v1 missing? --endpoint of the JSON API ends in it; the XML gateway's is another one"
        }
        _ => return None,
    };
    Some(words.to_owned())
}

/// How to give what a new certificate needs, and where to get it.
fn needed(field: &Field, asking: Asking<'_>) -> String {
    let options = asking.options;
    let (setting, value, what) = match field {
        Field::Csr => {
            let [new_key, key, out] = ["new_key", "key", "out"].map(|setting| asking.name(setting));
            ("csr", "FILE", format!("the CSR; or {new_key}, or {key} FILE, with {out} DIR"))
        }
        Field::Name => ("name", "NAME", "the name of the certificate".to_owned()),
        Field::Product => {
            ("product", "CODE", format!("such as QUICKSSLPREMIUM; certgate list{options} shows those of yours"))
        }
        Field::Admin => ("admin", "ID", format!("the id of a contact: certgate contact list{options}")),
        Field::Technical => ("technical", "ID", format!("the id of a contact: certgate contact list{options}")),
    };
    format!("  {} {value}: {what}", asking.name(setting))
}
