//! `certgate config init`: a profile for an account, asked for line by line or given by options.

use std::path::Path;

use certgate::{
    SecretSource,
    config::{NewProfile, ProfileFile},
};
use clap::Args;

use crate::{
    app::App,
    common::itself::Itself,
    exit::{Exit, Failure, ended_with},
    streams::say,
    ui::prompt::Prompt,
};

/// Write a profile: asks for user, context and password, and looks whether the gateway lets the account in
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate config init
  certgate config init --profile team --user robot --context 9 \\
    --password-command 'pass show certgate'

The password is written to a file of its own beside the configuration, which only you may read; with --password-command it is not written at all.")]
pub(crate) struct Init {
    /// The command of the shell that prints the password
    #[arg(long, value_name = "CMD")]
    password_command: Option<String>,
}

impl Init {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let path = app.config_file()?;
        if self.password_command.is_some() && (app.password_stdin || app.password_file.is_some()) {
            return Err(Failure::usage(
                "the password comes from one place: leave out --password-command, or the other",
            ));
        }
        app.refuse_what_no_profile_holds()?;
        let name = app.profile.clone().unwrap_or_else(|| "live".to_owned());
        let file = ProfileFile::open(&path, &name)?;
        let prompt = Prompt::new();
        let user = prompt.unless(app.user.clone(), "User", None, "--user")?;
        let context =
            prompt.unless(app.context.clone(), "Context (9 SSLManager, 4 AutoDNS, 1 demo)", Some("9"), "--context")?;
        let context = context
            .parse::<i64>()
            .map_err(|_| Failure::usage(format!("context `{context}`: expected a number, such as 9")))?;
        let password = match (self.password_command, &app.password_file) {
            (Some(command), _) => SecretSource::Command(command),
            (None, Some(file)) => SecretSource::File(file.clone()),
            (None, None) if app.password_stdin => SecretSource::Stdin,
            (None, None) => SecretSource::Value(
                prompt.hidden("Password", "--password-stdin, --password-file or --password-command")?,
            ),
        };
        file.add(&NewProfile {
            transport: app.transport,
            endpoint: app.endpoint.clone(),
            owner: app.owner.clone(),
            owner_context: app.owner_context,
            language: app.language.clone(),
            time_zone: app.time_zone.clone(),
            ..NewProfile::new(user, context, password)
        })?;
        say(&format!("certgate: the profile `{name}` is in {}", path.display()));
        look(&path, &name)
    }
}

/// Looks at the way to the gateway with what was written.
fn look(path: &Path, name: &str) -> Result<Exit, Failure> {
    let environment = [
        ("CERTGATE_CONFIG", std::path::absolute(path).unwrap_or(path.to_owned()).display().to_string()),
        ("CERTGATE_PROFILE", name.to_owned()),
        ("CERTGATE_PASSWORD", String::new()),
    ];
    let run = |command: &str| {
        Itself { arguments: &[command], environment: &environment, folder: certgate_files::parent(path) }.run()
    };
    // Both protocols are looked at; only the one that is used has to let the account in.
    run("doctor")?;
    match ended_with(run("hello")?) {
        None => Ok(Exit::DONE),
        Some(kind) => {
            Err(Failure::new(kind, "the profile was written, and the gateway does not let the account in: see above"))
        }
    }
}
