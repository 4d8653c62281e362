//! `certgate config init`: a profile for an account, asked for line by line or given by options.

use std::{
    io::{BufRead, IsTerminal, Write},
    path::Path,
};

use certgate::SecretSource;
use certgate_domain::{Protocol, Secret};
use certgate_files::{WholeFile, make_folder};
use clap::Args;
use console::Term;
use toml::{Table, Value};

use crate::{
    app::App,
    common::itself::Itself,
    exit::{Exit, Failure, ended_with},
    streams::say,
};

/// Write a profile: asks for user, context and password, and looks whether the gateway lets the account in
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  certgate config init
  certgate config init --profile team --user robot --context 9 --password-command 'pass show certgate'

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
        refuse_what_no_profile_holds(app)?;
        let name = app.profile.clone().unwrap_or_else(|| "live".to_owned());
        let earlier = earlier(&path, &name)?;
        let ask = Ask { is_possible: std::io::stdin().is_terminal() && std::io::stderr().is_terminal() };
        let mut profile = Table::new();
        if let Some(protocol) = app.transport {
            profile.insert("transport".to_owned(), protocol.name().into());
        }
        if let Some(endpoint) = &app.endpoint {
            let key = format!("{}_endpoint", app.transport.unwrap_or(Protocol::Json).name());
            profile.insert(key, endpoint.as_str().into());
        }
        let user = ask.unless(app.user.clone(), "User", None, "--user")?;
        let context =
            ask.unless(app.context.clone(), "Context (9 SSLManager, 4 AutoDNS, 1 demo)", Some("9"), "--context")?;
        let context = context
            .parse::<i64>()
            .map_err(|_| Failure::usage(format!("context `{context}`: expected a number, such as 9")))?;
        profile.insert("user".to_owned(), user.as_str().into());
        profile.insert("context".to_owned(), context.into());
        for (key, value) in [("owner", &app.owner), ("language", &app.language), ("time_zone", &app.time_zone)] {
            profile.extend(value.as_ref().map(|value| (key.to_owned(), value.as_str().into())));
        }
        profile.extend(app.owner_context.map(|context| ("owner_context".to_owned(), context.into())));
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        make_folder(folder, 0o700)?;
        match (&self.password_command, &app.password_file) {
            (Some(command), _) => profile.insert("password_command".to_owned(), command.as_str().into()),
            (None, Some(file)) => profile.insert("password_file".to_owned(), absolute(file)?.into()),
            (None, None) => {
                let password = match app.password_stdin {
                    true => SecretSource::Stdin.read()?,
                    false => ask.hidden("Password", "--password-stdin, --password-file or --password-command")?,
                };
                let file = folder.join(format!("{name}.password"));
                WholeFile::beside(&file, format!("{}\n", password.expose()).as_bytes(), 0o600)?.replace()?;
                profile.insert("password_file".to_owned(), format!("{name}.password").into())
            }
        };
        let section = toml::to_string(&Table::from_iter([(name.clone(), Value::Table(profile))])).unwrap_or_default();
        WholeFile::beside(&path, format!("{earlier}{section}").as_bytes(), 0o600)?.replace()?;
        say(&format!("certgate: the profile `{name}` is in {}", path.display()));
        look(folder, &path, &name)
    }
}

/// Refuses options that would be lost: they are of one run, or of no account.
fn refuse_what_no_profile_holds(app: &App) -> Result<(), Failure> {
    let given = [
        ("--sandbox", app.sandbox),
        ("--demo", app.demo),
        ("--session", app.session),
        ("--ctid", app.ctid.is_some()),
        ("--reply-to", app.reply_to.is_some()),
        ("--store", app.store.is_some() && !app.is_from_environment("store")),
        ("--trace", app.trace.is_some()),
        ("--record", app.record.is_some()),
        ("--replay", app.replay.is_some()),
    ];
    match given.iter().find(|(_, is_given)| *is_given) {
        Some((option, _)) => Err(Failure::usage(format!("no profile holds {option}: leave it out"))),
        None => Ok(()),
    }
}

/// What the file holds already; it may not have the profile.
fn earlier(path: &Path, name: &str) -> Result<String, Failure> {
    if !path.exists() {
        return Ok(String::new());
    }
    let file = certgate_files::read_trusted(path)?;
    let text = file.text()?;
    let profiles: Table =
        toml::from_str(text).map_err(|why| Failure::usage(format!("{}: {}", path.display(), why.message())))?;
    if profiles.contains_key(name) {
        let what = format!(
            "{}: the profile `{name}` is there already; edit it there, or name another by --profile",
            path.display()
        );
        return Err(Failure::usage(what));
    }
    Ok(format!("{}\n\n", text.trim_end()))
}

/// Asks on a terminal for what no option gave.
struct Ask {
    is_possible: bool,
}

impl Ask {
    fn unless(
        &self,
        given: Option<String>,
        what: &str,
        default: Option<&str>,
        option: &str,
    ) -> Result<String, Failure> {
        if let Some(given) = given {
            return Ok(given);
        }
        self.check(what, option)?;
        let shown = default.map(|default| format!(" [{default}]")).unwrap_or_default();
        let _ = write!(std::io::stderr(), "{what}{shown}: ");
        let _ = std::io::stderr().flush();
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        match (read, line.trim(), default) {
            (Ok(_), "", Some(default)) => Ok(default.to_owned()),
            (Ok(_), answer, _) if !answer.is_empty() => Ok(answer.to_owned()),
            _ => Err(Failure::usage("nothing was written")),
        }
    }

    /// The same, without showing what is typed.
    fn hidden(&self, what: &str, options: &str) -> Result<Secret, Failure> {
        self.check(what, options)?;
        let _ = write!(std::io::stderr(), "{what} (it is not shown): ");
        let _ = std::io::stderr().flush();
        match Term::stderr().read_secure_line() {
            Ok(line) if !line.is_empty() => Ok(Secret::new(line)),
            _ => Err(Failure::usage("nothing was written")),
        }
    }

    fn check(&self, what: &str, options: &str) -> Result<(), Failure> {
        match self.is_possible {
            true => Ok(()),
            false => Err(Failure::usage(format!("{what}: nobody can be asked here: give {options}"))),
        }
    }
}

fn absolute(path: &Path) -> Result<String, Failure> {
    let path = std::path::absolute(path).map_err(|why| Failure::usage(format!("{}: {why}", path.display())))?;
    let text = path.to_str().ok_or_else(|| Failure::usage(format!("{}: its name is not text", path.display())))?;
    Ok(text.to_owned())
}

/// Looks at the way to the gateway with what was written.
fn look(folder: &Path, path: &Path, name: &str) -> Result<Exit, Failure> {
    let environment = [
        ("CERTGATE_CONFIG", std::path::absolute(path).unwrap_or(path.to_owned()).display().to_string()),
        ("CERTGATE_PROFILE", name.to_owned()),
        ("CERTGATE_PASSWORD", String::new()),
    ];
    let run = |command: &str| Itself { arguments: &[command], environment: &environment, folder }.run();
    // Both protocols are looked at; only the one that is used has to let the account in.
    run("doctor")?;
    match ended_with(run("hello")?) {
        None => Ok(Exit::DONE),
        Some(kind) => {
            Err(Failure::new(kind, "the profile was written, and the gateway does not let the account in: see above"))
        }
    }
}
