//! A profile that is added to the configuration file.

use std::path::{Path, PathBuf};

use certgate_domain::Protocol;
use certgate_files::{WholeFile, make_folder, write_over};
use toml::{Table, Value};

use super::{ConfigError, SecretSource, profile};

/// What a new profile says.
#[derive(Debug, Clone)]
pub struct NewProfile {
    /// The protocol; without one the default stays.
    pub transport: Option<Protocol>,
    /// The gateway's address over that protocol, JSON where none is given; without one the vendor's stays.
    pub endpoint: Option<String>,
    /// The user.
    pub user: String,
    /// The user's context.
    pub context: i64,
    /// The subuser that is acted for.
    pub owner: Option<String>,
    /// The subuser's context.
    pub owner_context: Option<i64>,
    /// The language of the gateway's texts, `de` or `en`.
    pub language: Option<String>,
    /// The zone of times in XML, such as `Europe/Berlin`.
    pub time_zone: Option<String>,
    /// Where the password comes from. A command and a file are named in the profile; any other is read, and the password written
    /// into a file of its own beside the configuration, which only its owner may read.
    pub password: SecretSource,
}

impl NewProfile {
    /// A profile that says who asks, and leaves all else as it is by default.
    pub fn new(user: String, context: i64, password: SecretSource) -> Self {
        let (transport, endpoint, owner, owner_context) = (None, None, None, None);
        Self { transport, endpoint, user, context, owner, owner_context, language: None, time_zone: None, password }
    }
}

/// A configuration file that a profile is added to.
#[derive(Debug, Clone)]
pub struct ProfileFile {
    path: PathBuf,
    name: String,
    /// What the file holds already.
    text: String,
}

impl ProfileFile {
    /// Opens the file for a new profile of that name. The file need not be there.
    ///
    /// # Errors
    /// The file cannot be read or used, or it has a profile of that name.
    pub fn open(path: &Path, name: &str) -> Result<Self, ConfigError> {
        let (path, name) = (path.to_owned(), name.to_owned());
        if !path.exists() {
            return Ok(Self { path, name, text: String::new() });
        }
        if profile::read(&path)?.contains_key(&name) {
            return Err(ConfigError::ProfileExists { path, name });
        }
        let text = certgate_files::read_trusted(&path)?.text()?.trim_end().to_owned();
        Ok(Self { path, name, text: text + "\n\n" })
    }

    /// Adds the profile, and makes the file and its folder where they are missing.
    ///
    /// # Errors
    /// The password cannot be read or is empty, or a file cannot be written.
    pub fn add(&self, new: &NewProfile) -> Result<(), ConfigError> {
        let password = match &new.password {
            SecretSource::Command(_) | SecretSource::File(_) => None,
            source => Some(source.read()?),
        };
        if password.as_ref().is_some_and(|password| password.expose().is_empty()) {
            return Err(ConfigError::Secret { from: "the password".to_owned(), why: "it is empty".to_owned() });
        }
        let mut profile = Table::new();
        let mut set = |key: &str, value: Value| drop(profile.insert(key.to_owned(), value));
        if let Some(protocol) = new.transport {
            set("transport", protocol.name().into());
        }
        if let Some(endpoint) = &new.endpoint {
            let protocol = new.transport.unwrap_or(Protocol::Json).name();
            set(&format!("{protocol}_endpoint"), endpoint.as_str().into());
        }
        set("user", new.user.as_str().into());
        set("context", new.context.into());
        for (key, value) in [("owner", &new.owner), ("language", &new.language), ("time_zone", &new.time_zone)] {
            value.iter().for_each(|value| set(key, value.as_str().into()));
        }
        new.owner_context.iter().for_each(|context| set("owner_context", (*context).into()));
        let folder = certgate_files::parent(&self.path);
        make_folder(folder, 0o700)?;
        match (&new.password, password) {
            (SecretSource::Command(command), _) => set("password_command", command.as_str().into()),
            (SecretSource::File(file), _) => set("password_file", self.absolute(file)?.into()),
            (_, password) => {
                let name = format!("{}.password", self.name);
                let password = format!("{}\n", password.unwrap_or_default().expose());
                WholeFile::beside(&folder.join(&name), password.as_bytes(), 0o600)?.replace()?;
                set("password_file", name.into());
            }
        }
        let section = Table::from_iter([(self.name.clone(), Value::Table(profile))]);
        let section = toml::to_string(&section).map_err(|why| self.wrong(why))?;
        Ok(write_over(&self.path, format!("{}{section}", self.text).as_bytes(), 0o600)?)
    }

    /// A path as the profile names it, from wherever that is read.
    fn absolute(&self, file: &Path) -> Result<String, ConfigError> {
        let path = std::path::absolute(file).map_err(|why| self.wrong(format!("{}: {why}", file.display())))?;
        let text = path.to_str().ok_or_else(|| self.wrong(format!("{}: its name is not text", file.display())))?;
        Ok(text.to_owned())
    }

    fn wrong(&self, why: impl ToString) -> ConfigError {
        ConfigError::File { path: self.path.clone(), line: None, why: why.to_string() }
    }
}
