//! The configuration file: a section a profile.

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    ops::Range,
    path::{Path, PathBuf},
    time::Duration,
};

use certgate_client::Proxy;
use certgate_domain::Protocol;
use certgate_flow::ForeignMessages;
use certgate_json::Routes;
use certgate_store::StoreAddress;
use certgate_tape::StandIns;
use etcetera::BaseStrategy;
use serde::{Deserialize, Deserializer, de::Error};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{ConfigError, parse_duration};

/// A section of the configuration file. Paths in it are relative to the file's folder.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Profile {
    #[serde(deserialize_with = "protocol")]
    pub(super) transport: Option<Protocol>,
    pub(super) xml_endpoint: Option<String>,
    pub(super) json_endpoint: Option<String>,
    pub(super) user: Option<String>,
    #[serde(deserialize_with = "context")]
    pub(super) context: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) owner_context: Option<i64>,
    #[serde(deserialize_with = "language")]
    pub(super) language: Option<String>,
    /// A command line for the shell that prints the password.
    pub(super) password_command: Option<String>,
    pub(super) password_file: Option<PathBuf>,
    pub(super) ca_file: Option<PathBuf>,
    /// The store of orders and messages: a file, or a URL of PostgreSQL.
    #[serde(deserialize_with = "store")]
    pub(super) store: Option<StoreAddress>,
    /// A command line for the shell that prints the password of the database.
    pub(super) store_password_command: Option<String>,
    #[serde(deserialize_with = "proxy")]
    pub(super) proxy: Option<Proxy>,
    pub(super) timeouts: Timeouts,
    pub(super) time_zone: Option<String>,
    /// Folders of installed certificates.
    pub(super) certificates: Vec<PathBuf>,
    /// Persons' data that tapes hold stand-ins for.
    #[serde(deserialize_with = "stand_ins")]
    pub(super) stand_ins: Option<StandIns>,
    /// Which form of the prepare route is sent.
    #[serde(deserialize_with = "routes")]
    pub(super) routes: Option<Routes>,
    /// The largest answer taken, in bytes.
    pub(super) body_limit: Option<NonZeroUsize>,
    pub(super) requests_per_second: Option<NonZeroUsize>,
    /// Whether all who use the store share the pace, such as machines behind one address.
    pub(super) pace_in_store: Option<bool>,
    /// A command line for the shell that tells people what a run did.
    pub(super) notify: Option<String>,
    /// What is done with messages of others in the account's queue.
    #[serde(deserialize_with = "foreign")]
    pub(super) foreign: Option<ForeignMessages>,
    /// What this machine is called where a certificate names its hosts.
    pub(super) host: Option<String>,
    /// How long an order is looked for that nothing shows of.
    #[serde(deserialize_with = "time")]
    pub(super) settle_after: Option<Duration>,
}

/// How long each phase of a request may take.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Timeouts {
    #[serde(deserialize_with = "time")]
    pub(super) resolve: Option<Duration>,
    #[serde(deserialize_with = "time")]
    pub(super) connect: Option<Duration>,
    #[serde(deserialize_with = "time")]
    pub(super) send: Option<Duration>,
    #[serde(deserialize_with = "time")]
    pub(super) answer: Option<Duration>,
    #[serde(deserialize_with = "time")]
    pub(super) body: Option<Duration>,
}

/// The profiles that are there without a file.
pub const BUILT_IN: [&str; 2] = ["live", "demo"];

/// The profile of that name in that file; `None` for a built-in one that the file does not change.
pub(super) fn chosen(file: Option<&Path>, name: &str) -> Result<Option<Profile>, ConfigError> {
    let mut profiles = match file {
        Some(path) => read(path)?,
        None => BTreeMap::new(),
    };
    match profiles.remove(name) {
        Some(profile) => Ok(Some(profile)),
        None if BUILT_IN.contains(&name) => Ok(None),
        None => {
            let mut known: Vec<String> = profiles.into_keys().chain(BUILT_IN.map(str::to_owned)).collect();
            known.sort_unstable();
            known.dedup();
            Err(ConfigError::UnknownProfile { name: name.to_owned(), known, named_in: None })
        }
    }
}

/// Where the configuration file is looked for: `certgate/config.toml` in the platform's configuration folder. Whether a file is
/// there is another matter.
pub fn default_file() -> Option<PathBuf> {
    Some(etcetera::choose_base_strategy().ok()?.config_dir().join("certgate").join("config.toml"))
}

/// The profiles of that file.
pub(super) fn read(path: &Path) -> Result<BTreeMap<String, Profile>, ConfigError> {
    let wrong = |line: Option<usize>, why: String| ConfigError::File { path: path.to_owned(), line, why };
    let file = certgate_files::read_trusted(path)?;
    let text = &file.text()?;
    // The parser's own message would quote the line, which may hold what should not be shown.
    let at = |span: Option<Range<usize>>, what: &str| {
        let start = span.map_or(0, |span| span.start);
        let line = text.as_bytes().iter().take(start).filter(|byte| **byte == b'\n').count() + 1;
        wrong(Some(line), what.to_owned())
    };
    let sections = DeTable::parse(text).map_err(|why| at(why.span(), why.message()))?;
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
    let mut profiles: BTreeMap<String, Profile> = toml::from_str(text).map_err(|why| {
        let start = why.span().map_or(0, |span| span.start);
        let mut sections = sections.get_ref().values().filter_map(|section| section.get_ref().as_table());
        match sections.find_map(|section| of_another_kind(section, start)) {
            Some((key, expected)) => at(why.span(), &format!("`{key}`: expected {expected}")),
            None => at(why.span(), why.message()),
        }
    })?;
    if profiles.values().any(|profile| profile.proxy.as_ref().is_some_and(Proxy::has_credentials)) {
        file.require_secrecy("the proxy's password")?;
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    for profile in profiles.values_mut() {
        for path in [&mut profile.password_file, &mut profile.ca_file].into_iter().flatten() {
            *path = folder.join(&path);
        }
        profile.store = profile.store.take().map(|store| store.relative_to(folder));
        for path in &mut profile.certificates {
            *path = folder.join(&path);
        }
        if profile.password_command.is_some() && profile.password_file.is_some() {
            let why = "a profile has both password_command and password_file: keep one";
            return Err(wrong(None, why.to_owned()));
        }
    }
    Ok(profiles)
}

/// The setting whose value stands there and is of another kind than it can be, and what was expected.
fn of_another_kind<'s>(section: &'s DeTable<'_>, at: usize) -> Option<(&'s str, &'static str)> {
    let is_there = |value: &Spanned<DeValue<'_>>| value.span().contains(&at);
    for (key, value) in section {
        let key = key.get_ref().as_ref();
        if let DeValue::Table(inner) = value.get_ref()
            && let Some(found) = of_another_kind(inner, at)
        {
            return Some(found);
        }
        if !is_there(value) {
            continue;
        }
        let kind = |value: &DeValue<'_>| (value.is_str(), value.is_integer(), value.is_bool());
        let texts =
            |value: &DeValue<'_>| value.as_array().is_some_and(|all| all.iter().all(|one| one.get_ref().is_str()));
        let value = value.get_ref();
        let (is_right, expected) = match (key, kind(value)) {
            ("timeouts", _) => (value.is_table(), "a table, such as [live.timeouts]"),
            ("certificates", _) => (texts(value), "a list of folders, such as [\"/etc/ssl/example.com\"]"),
            ("stand_ins", _) => (texts(value), "a list, such as [\"names\", \"emails\"]"),
            ("owner_context", (_, is_number, _)) => (is_number, "a number, such as 9"),
            ("requests_per_second" | "body_limit", _) => (false, "a whole number of 1 or more"),
            ("pace_in_store", (.., is_flag)) => (is_flag, "true or false"),
            ("context", _) => (true, ""),
            (_, (is_text, ..)) => (is_text, "a text in quotation marks"),
        };
        return (!is_right).then_some((key, expected));
    }
    None
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

fn foreign<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ForeignMessages>, D::Error> {
    let known = ForeignMessages::ALL.map(|foreign| (foreign.name(), foreign));
    one_of(deserializer, "keep, spool, stop or leave", &known)
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

fn store<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<StoreAddress>, D::Error> {
    StoreAddress::parse(String::deserialize(deserializer)?).map(Some).map_err(D::Error::custom)
}

fn proxy<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Proxy>, D::Error> {
    let address = String::deserialize(deserializer)?;
    Proxy::at(&address).map(Some).map_err(D::Error::custom)
}

fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_duration(&text).map(Some).map_err(D::Error::custom)
}
