//! Settings: argument before environment before profile before default.

use std::{
    collections::BTreeMap,
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::Command,
};

use certgate_client::Kind;
use certgate_domain::{BasicUser, Credentials, Options, Said, Secret};
use certgate_json::Routes;
use certgate_wire::Limits;
use certgate_xml::XmlCodec;
use etcetera::BaseStrategy;
use serde::Deserialize;

use crate::{
    arguments::{Global, Protocol},
    failure::Failure,
};

/// A section of the configuration file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Profile {
    transport: Option<String>,
    xml_endpoint: Option<String>,
    json_endpoint: Option<String>,
    user: Option<String>,
    context: Option<Number>,
    owner: Option<String>,
    owner_context: Option<i64>,
    language: Option<String>,
    /// A command line for the shell that prints the password.
    password_command: Option<String>,
    pub(crate) ca_file: Option<PathBuf>,
    time_zone: Option<String>,
    /// `live` or `documented`: which form of the prepare route is sent.
    routes: Option<String>,
    /// The largest answer taken, in bytes.
    pub(crate) body_limit: Option<usize>,
    pub(crate) requests_per_second: Option<usize>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Number {
    Number(i64),
    Text(String),
}

const LIVE: [&str; 2] = ["https://gateway.autodns.com", "https://api.autodns.com/v1"];
const DEMO: [&str; 2] = ["https://demo.autodns.com/gateway/", "https://api.demo.autodns.com/v1"];

impl Profile {
    /// The profile of that name, from the file where it has one.
    pub(crate) fn chosen(global: &Global) -> Result<Self, Failure> {
        let name = global.profile.as_deref().unwrap_or("live");
        let mut profiles = match file(global)? {
            Some(path) => read(&path)?,
            None => BTreeMap::new(),
        };
        let mut profile = match profiles.remove(name) {
            Some(profile) => profile,
            None if matches!(name, "live" | "demo") => Self::default(),
            None => {
                let known: Vec<&str> = profiles.keys().map(String::as_str).chain(["live", "demo"]).collect();
                return Err(Failure::usage(format!(
                    "profile `{name}` is not known: expected one of {}",
                    known.join(", ")
                )));
            }
        };
        // A profile of one's own stands on the live addresses.
        let [xml, json] = if name == "demo" { DEMO } else { LIVE };
        profile.xml_endpoint.get_or_insert(xml.to_owned());
        profile.json_endpoint.get_or_insert(json.to_owned());
        Ok(profile)
    }

    pub(crate) fn protocol(&self, global: &Global) -> Result<Protocol, Failure> {
        match (global.transport, self.transport.as_deref()) {
            (Some(protocol), _) => Ok(protocol),
            (None, None | Some("json")) => Ok(Protocol::Json),
            (None, Some("xml")) => Ok(Protocol::Xml),
            (None, Some(other)) => Err(Failure::usage(format!("transport `{other}`: expected xml or json"))),
        }
    }

    pub(crate) fn endpoint(&self, global: &Global, protocol: Protocol) -> String {
        let own = match protocol {
            Protocol::Xml => self.xml_endpoint.as_ref(),
            Protocol::Json => self.json_endpoint.as_ref(),
        };
        global.endpoint.as_ref().or(own).cloned().unwrap_or_default()
    }

    pub(crate) fn limits(&self) -> Limits {
        Limits { body: self.body_limit.unwrap_or(Limits::BODY), ..Limits::default() }
    }

    pub(crate) fn xml_codec(&self, global: &Global) -> Result<XmlCodec, Failure> {
        let zone = global.time_zone.as_deref().or(self.time_zone.as_deref()).unwrap_or("Europe/Berlin");
        let codec = XmlCodec::in_zone(zone).ok_or_else(|| {
            Failure::usage(format!("time zone `{zone}` is not known: expected a name such as Europe/Berlin"))
        })?;
        Ok(codec.with_limits(self.limits()))
    }

    pub(crate) fn routes(&self) -> Result<Routes, Failure> {
        match self.routes.as_deref() {
            None | Some("live") => Ok(Routes::Live),
            Some("documented") => Ok(Routes::Documented),
            Some(other) => Err(Failure::usage(format!("routes `{other}`: expected live or documented"))),
        }
    }

    pub(crate) fn options(&self, global: &Global) -> Options {
        let owner = global.owner.clone().or_else(|| self.owner.clone()).map(|user| BasicUser {
            user: Some(user),
            context: global.owner_context.or(self.owner_context).map(Said::Value),
            ..BasicUser::default()
        });
        let ctid = global.ctid.clone().unwrap_or_else(new_id);
        Options {
            owner,
            language: global.language.clone().or_else(|| self.language.clone()),
            ctid: Some(ctid),
            reply_to: global.reply_to.clone(),
            keys: Vec::new(),
            force_contact_create: None,
            demo: global.demo.then_some(Said::Value(true)),
        }
    }

    pub(crate) fn credentials(&self, global: &Global) -> Result<Credentials, Failure> {
        let missing = |what: &str, how: &str| Failure::new(Kind::Auth, format!("no {what} is given: {how}"));
        let user = global
            .user
            .clone()
            .or_else(|| self.user.clone())
            .ok_or_else(|| missing("user", "use --user, CERTGATE_USER or the profile's `user`"))?;
        let context = global.context.clone().or_else(|| self.context.as_ref().map(Number::text)).unwrap_or_default();
        if context.is_empty() && !is_application(&user) {
            return Err(missing("context", "use --context, CERTGATE_CONTEXT or the profile's `context`"));
        }
        if !context.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Failure::usage(format!("context `{context}`: expected a number, such as 9")));
        }
        let token = std::env::var("CERTGATE_TOKEN").ok().filter(|token| !token.is_empty()).map(Secret::new);
        Ok(Credentials { user, password: self.password(global)?, context, token })
    }

    fn password(&self, global: &Global) -> Result<Secret, Failure> {
        let first_line = |text: String| Secret::new(text.lines().next().unwrap_or_default());
        let password = if let Some(path) = &global.password_file {
            refuse_if_others_read(path)?;
            first_line(fs::read_to_string(path).map_err(|why| Failure::usage(format!("{}: {why}", path.display())))?)
        } else if global.password_stdin {
            let mut text = String::new();
            std::io::stdin()
                .take(64 << 10)
                .read_to_string(&mut text)
                .map_err(|why| Failure::usage(format!("the password on standard input cannot be read: {why}")))?;
            first_line(text)
        } else if let Ok(password) = std::env::var("CERTGATE_PASSWORD") {
            Secret::new(password)
        } else if let Some(command) = &self.password_command {
            let output = Command::new("sh")
                .args(["-c", command])
                .stderr(std::process::Stdio::inherit())
                .output()
                .map_err(|why| Failure::usage(format!("password_command cannot be run: {why}")))?;
            if !output.status.success() {
                return Err(Failure::new(Kind::Auth, format!("password_command ended with {}", output.status)));
            }
            first_line(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Secret::default()
        };
        if password.expose().is_empty() {
            return Err(Failure::new(
                Kind::Auth,
                "no password is given: use CERTGATE_PASSWORD, --password-file, --password-stdin or the profile's password_command",
            ));
        }
        Ok(password)
    }
}

impl Number {
    fn text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

/// Whether the user is a trusted application, which a UUID names: it needs no context.
fn is_application(user: &str) -> bool {
    let parts: Vec<usize> = user.split('-').map(str::len).collect();
    parts == [8, 4, 4, 4, 12] && user.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// A transaction id that nobody else has.
pub(crate) fn new_id() -> String {
    format!("certgate-{:016x}", new_number())
}

fn new_number() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}

fn file(global: &Global) -> Result<Option<PathBuf>, Failure> {
    if let Some(path) = &global.config {
        return Ok(Some(path.clone()));
    }
    let Ok(strategy) = etcetera::choose_base_strategy() else { return Ok(None) };
    let path = strategy.config_dir().join("certgate").join("config.toml");
    Ok(path.exists().then_some(path))
}

fn read(path: &Path) -> Result<BTreeMap<String, Profile>, Failure> {
    let text = fs::read_to_string(path).map_err(|why| Failure::usage(format!("{}: {why}", path.display())))?;
    toml::from_str(&text).map_err(|why| Failure::usage(format!("{}: {why}", path.display())))
}

#[cfg(unix)]
fn refuse_if_others_read(path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = fs::metadata(path).map_err(|why| Failure::usage(format!("{}: {why}", path.display())))?;
    let mode = metadata.permissions().mode() & 0o777;
    if metadata.is_file() && mode & 0o077 != 0 {
        return Err(Failure::usage(format!(
            "{}: others can read it (mode {mode:o}): chmod 600 {}",
            path.display(),
            path.display()
        )));
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_if_others_read(_: &Path) -> Result<(), Failure> {
    Ok(())
}
