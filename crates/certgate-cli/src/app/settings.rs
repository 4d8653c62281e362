//! What the arguments and the environment say of the settings.

use std::{path::PathBuf, sync::PoisonError};

use certgate::{
    Overrides, Proxy, SecretSource, Settings,
    config::{ConfigError, Origin, Setting, default_file},
    tape::Folder,
};
use certgate_domain::Protocol;

use super::{App, Sandbox};
use crate::{
    args::{ReplayMode, option},
    exit::Failure,
    streams::say,
};

/// The variable with the password.
const PASSWORD: &str = "CERTGATE_PASSWORD";
/// The variable with the one-time token of a two-factor account.
const TOKEN: &str = "CERTGATE_TOKEN";

impl App {
    /// Where the configuration file is read, whether or not there is one.
    pub(crate) fn config_file(&self) -> Result<PathBuf, Failure> {
        self.config.clone().or_else(default_file).ok_or_else(|| {
            Failure::usage("this platform has no configuration folder: name the file with --config FILE")
        })
    }

    /// The settings of the run, resolved once.
    pub(crate) fn settings(&self) -> Result<Settings, Failure> {
        if let Some(settings) = self.settings.get() {
            return Ok(settings.clone());
        }
        let settings = self.settings_over(None)?;
        Ok(self.settings.get_or_init(|| settings).clone())
    }

    /// The same, where the command itself says over which protocol.
    pub(crate) fn settings_over(&self, protocol: Option<Protocol>) -> Result<Settings, Failure> {
        Ok(Settings::resolve(&self.overrides(protocol)?)?)
    }

    /// The profile of what is ordered with the settings of a certificate that name one: an option that names one goes before that, the
    /// environment does not, and a gateway that is no account's takes none.
    pub(crate) fn profile_of(&self, named: Option<&str>) -> Result<String, Failure> {
        let own = self.settings()?.profile.value;
        let is_fixed = self.is_given("profile") || self.sandbox || self.is_offline();
        Ok(named.filter(|_| !is_fixed).map_or(own, str::to_owned))
    }

    /// Refuses `--profile` where a file names another one for what stands at that place in it.
    pub(crate) fn check_profile(&self, place: &str, named: Option<&str>) -> Result<(), Failure> {
        let given = self.profile.as_deref().filter(|_| self.is_given("profile") && !self.sandbox && !self.is_offline());
        match (named, given) {
            (Some(named), Some(given)) if named != given => Err(Failure::usage(format!(
                "{place} is of the profile `{named}`, and --profile names `{given}`: nothing was sent"
            ))
            .advise("leave --profile out, or change the file")),
            _ => Ok(()),
        }
    }

    /// The settings of a profile, resolved once. Of another one than the run's, what the run says of address and account does not count: that is the
    /// run's own.
    pub(crate) fn settings_of(&self, profile: &str) -> Result<Result<Settings, ConfigError>, Failure> {
        let own = self.settings()?;
        if own.profile.value == profile {
            return Ok(Ok(own));
        }
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(settings) = others.get(profile) {
            return Ok(Ok(settings.clone()));
        }
        let overrides = Overrides {
            profile: Some(Setting { value: profile.to_owned(), origin: Origin::Program }),
            endpoint: None,
            user: None,
            context: None,
            password: None,
            token: None,
            owner: None,
            owner_context: None,
            ..self.overrides(None)?
        };
        let settings = Settings::resolve(&overrides);
        others.extend(settings.as_ref().ok().map(|found| (profile.to_owned(), found.clone())));
        Ok(settings)
    }

    /// What goes before the profile.
    fn overrides(&self, protocol: Option<Protocol>) -> Result<Overrides, Failure> {
        self.check_sandbox()?;
        let proxy = Proxy::of_environment()?;
        Ok(Overrides {
            config: self.given("config", self.config.clone()),
            profile: self.given("profile", self.profile.clone()),
            transport: self.protocol(protocol)?,
            endpoint: self.given("endpoint", self.endpoint.clone()),
            user: self.given("user", self.user.clone()),
            context: self.given("context", self.context.clone()),
            password: self.password(),
            token: token(),
            owner: self.given("owner", self.owner.clone()),
            owner_context: self.given("owner_context", self.owner_context),
            language: self.given("language", self.language.clone()),
            ctid: self.given("ctid", self.ctid.clone()),
            reply_to: self.reply_to.clone(),
            demo: self.demo,
            store: self.given("store", self.store.clone()),
            time_zone: self.given("time_zone", self.time_zone.clone()),
            proxy: proxy.map(|(name, value)| Setting { value, origin: Origin::Environment(name.to_owned()) }),
            sandbox: self.sandbox.then(Sandbox::credentials),
        })
    }

    /// Refuses what the sandbox has by itself. The environment is for the other runs. A store is passed over with a word, so that
    /// `--sandbox` may be added to a command as it stands: what the run does to it is less than was asked, and nothing else.
    fn check_sandbox(&self) -> Result<(), Failure> {
        const OF_AN_ACCOUNT: [&str; 5] = ["endpoint", "user", "context", "password_file", "password_stdin"];
        if !self.sandbox {
            return Ok(());
        }
        if !self.quiet && self.is_given("store") {
            say("certgate: warning: --sandbox has a store of its own, for this run only: --store is not used");
        }
        match self.first_given(&OF_AN_ACCOUNT) {
            Some(option) => {
                Err(Failure::usage(format!("--sandbox has an address and an account of its own: leave {option} out")))
            }
            None => Ok(()),
        }
    }

    /// An option's value, and whether the command line or the environment gave it.
    fn given<T>(&self, name: &str, value: Option<T>) -> Option<Setting<T>> {
        let origin = if self.is_given(name) {
            Origin::Argument(option(name))
        } else {
            Origin::Environment(format!("CERTGATE_{}", name.to_uppercase()))
        };
        value.map(|value| Setting { value, origin })
    }

    /// What was recorded over one protocol is answered over that.
    fn protocol(&self, own: Option<Protocol>) -> Result<Option<Setting<Protocol>>, Failure> {
        let given = own.or(self.transport);
        if let (None, Some(tape)) = (given, &self.replay)
            && self.replay_mode() != ReplayMode::RecordAll
            && let Some(entry) = Folder::open(tape)?.entries().first()
        {
            return Ok(Some(Setting { value: entry.protocol(), origin: Origin::Tape(tape.clone()) }));
        }
        Ok(self.given("transport", given))
    }

    fn password(&self) -> Option<Setting<SecretSource>> {
        let stdin = self.password_stdin.then_some(SecretSource::Stdin);
        let environment = || {
            let value = SecretSource::of_environment(PASSWORD)?;
            Some(Setting { value, origin: Origin::Environment(PASSWORD.to_owned()) })
        };
        self.given("password_stdin", stdin)
            .or_else(|| self.given("password_file", self.password_file.clone().map(SecretSource::File)))
            .or_else(environment)
    }
}

/// Where the one-time token comes from, if anywhere.
pub(crate) fn token() -> Option<SecretSource> {
    SecretSource::of_environment(TOKEN)
}
