//! The configuration file: a section a profile.

use std::{
    collections::BTreeMap,
    fs,
    num::NonZeroUsize,
    ops::Range,
    path::{Path, PathBuf},
    time::Duration,
};

use certgate::{Proxy, tape::StandIns};
use certgate_domain::Protocol;
use certgate_json::Routes;
use etcetera::BaseStrategy;
use serde::{Deserialize, Deserializer, de::Error};
use toml::de::{DeTable, DeValue};

use crate::{args::Global, command::order::duration, exit::Failure};

/// A section of the configuration file. Paths in it are relative to the file's folder.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Profile {
    #[serde(deserialize_with = "protocol")]
    pub(crate) transport: Option<Protocol>,
    pub(crate) xml_endpoint: Option<String>,
    pub(crate) json_endpoint: Option<String>,
    pub(crate) user: Option<String>,
    #[serde(deserialize_with = "context")]
    pub(crate) context: Option<String>,
    pub(crate) owner: Option<String>,
    pub(crate) owner_context: Option<i64>,
    #[serde(deserialize_with = "language")]
    pub(crate) language: Option<String>,
    /// A command line for the shell that prints the password.
    pub(crate) password_command: Option<String>,
    pub(crate) password_file: Option<PathBuf>,
    pub(crate) ca_file: Option<PathBuf>,
    #[serde(deserialize_with = "proxy")]
    pub(crate) proxy: Option<Proxy>,
    pub(crate) timeouts: Timeouts,
    pub(crate) time_zone: Option<String>,
    /// Folders of installed certificates.
    pub(crate) certificates: Vec<PathBuf>,
    /// Persons' data that tapes hold stand-ins for.
    #[serde(deserialize_with = "stand_ins")]
    pub(crate) stand_ins: Option<StandIns>,
    /// Which form of the prepare route is sent.
    #[serde(deserialize_with = "routes")]
    pub(crate) routes: Option<Routes>,
    /// The largest answer taken, in bytes.
    pub(crate) body_limit: Option<NonZeroUsize>,
    pub(crate) requests_per_second: Option<NonZeroUsize>,
}

/// How long each phase of a request may take.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Timeouts {
    #[serde(deserialize_with = "time")]
    pub(crate) resolve: Option<Duration>,
    #[serde(deserialize_with = "time")]
    pub(crate) connect: Option<Duration>,
    #[serde(deserialize_with = "time")]
    pub(crate) send: Option<Duration>,
    #[serde(deserialize_with = "time")]
    pub(crate) answer: Option<Duration>,
    #[serde(deserialize_with = "time")]
    pub(crate) body: Option<Duration>,
}

/// The profiles that are there without a file.
pub(crate) const BUILT_IN: [&str; 2] = ["live", "demo"];

/// The profile of that name, and the file it stands in; none for a built-in one that no file changes.
pub(crate) fn chosen(global: &Global, name: &str) -> Result<(Profile, Option<PathBuf>), Failure> {
    let path = file(global);
    let mut profiles = match &path {
        Some(path) => read(path)?,
        None => BTreeMap::new(),
    };
    match profiles.remove(name) {
        Some(profile) => Ok((profile, path)),
        None if BUILT_IN.contains(&name) => Ok((Profile::default(), None)),
        None => {
            let mut known: Vec<&str> = profiles.keys().map(String::as_str).chain(BUILT_IN).collect();
            known.sort_unstable();
            known.dedup();
            Err(Failure::usage(format!("profile `{name}` is not known: expected one of {}", known.join(", "))))
        }
    }
}

/// The configuration file: the one given, or the platform's where it exists.
pub(crate) fn file(global: &Global) -> Option<PathBuf> {
    global.config.clone().or_else(|| {
        let folder = etcetera::choose_base_strategy().ok()?.config_dir();
        Some(folder.join("certgate").join("config.toml")).filter(|path| path.exists())
    })
}

fn read(path: &Path) -> Result<BTreeMap<String, Profile>, Failure> {
    let text = fs::read_to_string(path).map_err(|why| Failure::usage(format!("{}: {why}", path.display())))?;
    // The parser's own message would quote the line, which may hold what should not be shown.
    let at = |span: Option<Range<usize>>, what: &str| {
        let start = span.map_or(0, |span| span.start);
        let line = text.as_bytes().iter().take(start).filter(|byte| **byte == b'\n').count() + 1;
        Failure::usage(format!("{}:{line}: {what}", path.display()))
    };
    let sections = DeTable::parse(&text).map_err(|why| at(why.span(), why.message()))?;
    for (name, section) in sections.get_ref() {
        let DeValue::Table(fields) = section.get_ref() else {
            let what = format!("`{}` stands outside a profile: write it under [live] or [NAME]", name.get_ref());
            return Err(at(Some(name.span()), &what));
        };
        if let Some((key, _)) = fields.iter().find(|(key, _)| key.get_ref() == "password") {
            return Err(at(
                Some(key.span()),
                "`password`: no password stands in this file; use password_command, password_file or CERTGATE_PASSWORD",
            ));
        }
    }
    let mut profiles: BTreeMap<String, Profile> = toml::from_str(&text).map_err(|why| at(why.span(), why.message()))?;
    if profiles.values().any(|profile| profile.proxy.as_ref().is_some_and(Proxy::has_credentials)) {
        refuse_if_others_read(path, "it holds the proxy's password and ")?;
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    for profile in profiles.values_mut() {
        for path in [&mut profile.password_file, &mut profile.ca_file].into_iter().flatten() {
            *path = folder.join(&path);
        }
        for path in &mut profile.certificates {
            *path = folder.join(&path);
        }
        if profile.password_command.is_some() && profile.password_file.is_some() {
            return Err(Failure::usage(format!(
                "{}: a profile has both password_command and password_file: keep one",
                path.display()
            )));
        }
    }
    Ok(profiles)
}

/// Refuses a file with a secret that others can read.
#[cfg(unix)]
pub(crate) fn refuse_if_others_read(path: &Path, why: &str) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = fs::metadata(path).map_err(|why| Failure::usage(format!("{}: {why}", path.display())))?;
    let mode = metadata.permissions().mode() & 0o777;
    if metadata.is_file() && mode & 0o077 != 0 {
        let path = path.display();
        return Err(Failure::usage(format!("{path}: {why}others can read it (mode {mode:o}): chmod 600 {path}")));
    }
    Ok(())
}

#[cfg(not(unix))]
pub(crate) fn refuse_if_others_read(_: &Path, _: &str) -> Result<(), Failure> {
    Ok(())
}

fn one_of<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    expected: &str,
    known: &[(&str, T)],
) -> Result<Option<T>, D::Error>
where
    T: Clone,
{
    let word = String::deserialize(deserializer)?;
    let found = known.iter().find(|(name, _)| *name == word).map(|(_, value)| value.clone());
    found.map(Some).ok_or_else(|| D::Error::custom(format!("`{word}`: expected {expected}")))
}

fn protocol<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Protocol>, D::Error> {
    String::deserialize(deserializer)?.parse().map(Some).map_err(D::Error::custom)
}

fn routes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Routes>, D::Error> {
    one_of(deserializer, "live or documented", &[("live", Routes::Live), ("documented", Routes::Documented)])
}

fn language<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    one_of(deserializer, "de or en", &[("de", "de".to_owned()), ("en", "en".to_owned())])
}

fn context<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match toml::Value::deserialize(deserializer)? {
        toml::Value::Integer(number) => Ok(Some(number.to_string())),
        toml::Value::String(text) => Ok(Some(text)),
        other => Err(D::Error::custom(format!("a {}: expected a number, such as 9", other.type_str()))),
    }
}

fn stand_ins<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<StandIns>, D::Error> {
    let mut stand_ins = StandIns::default();
    for word in Vec::<String>::deserialize(deserializer)? {
        match word.as_str() {
            "names" => stand_ins.names = true,
            "emails" => stand_ins.emails = true,
            "phones" => stand_ins.phones = true,
            _ => return Err(D::Error::custom(format!("`{word}`: expected names, emails or phones"))),
        }
    }
    Ok(Some(stand_ins))
}

fn proxy<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Proxy>, D::Error> {
    let address = String::deserialize(deserializer)?;
    Proxy::at(&address).map(Some).map_err(D::Error::custom)
}

fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    duration(&text).map(Some).map_err(|why| D::Error::custom(format!("`{text}`: {why}")))
}
