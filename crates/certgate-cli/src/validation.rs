//! How control over a name is shown: the DNS record, the file, the mail; and how it is cleaned up.

use std::{
    fs,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use certgate_client::{Error, Interrupt, unix_now};
use certgate_dns::{Looking, Seen, TsigKey, Updating};
use certgate_domain::{CertAuthentication, ZoneRecord, words::AuthMethod};
use clap::Args;
use serde_json::{Value, json};

use crate::{command::order::duration, failure::Failure, profile::refuse_if_others_read};

/// How control over the name is shown.
#[derive(Debug, Clone, Args)]
pub(crate) struct Validation {
    /// How the DNS record gets there: `provision` by the gateway; `manual` shows it and waits until it is seen; `exec CMD` runs
    /// this command of the shell with add or remove and the record's name, type and value; `nsupdate` updates the zone (RFC 2136)
    #[arg(long, num_args = 1..=2, value_names = ["HOW", "CMD"], conflicts_with_all = ["method", "provisioning", "webroot", "approver"])]
    dns: Vec<String>,
    /// For nsupdate: the zone's primary server, an IP address with or without a port
    #[arg(long, value_name = "ADDRESS", value_parser = resolver)]
    dns_server: Option<SocketAddr>,
    /// For nsupdate: the TSIG key, as tsig-keygen writes it, which only you may read
    #[arg(long, value_name = "FILE")]
    dns_key: Option<PathBuf>,
    /// Order only once the record is seen at the zone's own servers and at each --resolver
    #[arg(long)]
    dns_check: bool,
    /// How long to wait for the record to be seen
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = duration)]
    dns_timeout: Duration,
    /// Ask this resolver too, and find the zone's servers by it: an IP address, with or without a port
    #[arg(long, value_name = "ADDRESS", value_parser = resolver)]
    resolver: Vec<SocketAddr>,
    /// Do not ask the zone's own servers
    #[arg(long)]
    no_authoritative: bool,
    /// Validate by file: write it below this folder, and remove it afterwards
    #[arg(long, value_name = "DIR", conflicts_with_all = ["method", "provisioning", "approver"])]
    webroot: Option<PathBuf>,
    /// Validate by mail to this address, one of those that the gateway offers
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["method", "provisioning"])]
    pub(crate) approver: Option<String>,
}

fn resolver(text: &str) -> Result<SocketAddr, String> {
    let bare = || text.parse::<IpAddr>().map(|address| SocketAddr::new(address, 53));
    text.parse()
        .or_else(|_| bare())
        .map_err(|_| "expected an IP address, such as 9.9.9.9 or [2620:fe::fe]:53".to_owned())
}

/// How the DNS record gets there.
enum Dns<'a> {
    Provision,
    Manual,
    Exec(&'a str),
    Update(SocketAddr, &'a Path),
}

impl Validation {
    /// As the gateway and the certificate have it.
    pub(crate) fn none() -> Self {
        Self {
            dns: Vec::new(),
            dns_check: false,
            dns_timeout: Duration::ZERO,
            dns_server: None,
            dns_key: None,
            resolver: Vec::new(),
            no_authoritative: false,
            webroot: None,
            approver: None,
        }
    }

    fn dns(&self) -> Result<Option<Dns<'_>>, Failure> {
        let words: Vec<&str> = self.dns.iter().map(String::as_str).collect();
        match words.as_slice() {
            [] => Ok(None),
            ["provision"] => Ok(Some(Dns::Provision)),
            ["manual"] => Ok(Some(Dns::Manual)),
            ["exec", command] => Ok(Some(Dns::Exec(command))),
            ["nsupdate"] => match (self.dns_server, &self.dns_key) {
                (Some(server), Some(key)) => Ok(Some(Dns::Update(server, key))),
                _ => Err(Failure::usage("--dns nsupdate: give the zone's server and key too: --dns-server, --dns-key")),
            },
            other => Err(Failure::usage(format!(
                "--dns {}: expected provision, manual, exec CMD or nsupdate",
                other.join(" ")
            ))),
        }
    }

    /// What can be known to go wrong before anything is sent.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if let Some(Dns::Update(_, key)) = self.dns()? {
            read_key(key).map_err(Failure::usage)?;
        }
        let Some(webroot) = &self.webroot else { return Ok(()) };
        let writable = tempfile::tempfile_in(webroot).map(drop);
        writable.map_err(|why| Failure::usage(format!("--webroot {}: cannot be written: {why}", webroot.display())))
    }

    /// Method and provisioning that are asked for by this.
    pub(crate) fn wanted(&self) -> Option<(AuthMethod, Option<bool>)> {
        match self.dns() {
            Ok(Some(Dns::Provision)) => Some((AuthMethod::Dns, Some(true))),
            Ok(Some(Dns::Manual | Dns::Exec(_) | Dns::Update(..))) => Some((AuthMethod::Dns, Some(false))),
            _ if self.webroot.is_some() => Some((AuthMethod::File, None)),
            _ if self.approver.is_some() => Some((AuthMethod::Email, None)),
            _ => None,
        }
    }

    /// Publishes what shows control. Gives what is to be cleaned up, in the order of doing, be it done in part.
    pub(crate) fn publish(
        &self,
        authentication: &CertAuthentication,
        interrupt: &Interrupt,
        say: &dyn Fn(&str),
    ) -> (Vec<Value>, Result<(), Error>) {
        let mut cleanup = Vec::new();
        let done = self.published(authentication, interrupt, say, &mut cleanup);
        (cleanup, done)
    }

    fn published(
        &self,
        authentication: &CertAuthentication,
        interrupt: &Interrupt,
        say: &dyn Fn(&str),
        cleanup: &mut Vec<Value>,
    ) -> Result<(), Error> {
        if let (Some(webroot), Some(AuthMethod::File)) = (&self.webroot, &authentication.method) {
            return write_file(webroot, authentication, cleanup);
        }
        let dns = self.dns().map_err(|why| Error::Settings(why.to_string()))?;
        if authentication.method != Some(AuthMethod::Dns) {
            return Ok(());
        }
        let line = authentication.dns.as_deref().unwrap_or_default();
        let wanted = matches!(dns, Some(Dns::Manual | Dns::Exec(_) | Dns::Update(..))) || self.dns_check;
        let record: ZoneRecord = match line.parse() {
            Ok(record) => record,
            Err(_) if !wanted => return Ok(()),
            Err(why) => {
                return Err(Error::Validation(format!(
                    "the gateway's DNS record `{}` cannot be read ({why})",
                    line.trim()
                )));
            }
        };
        if let Some(Dns::Exec(command)) = dns {
            cleanup.push(json!({ "exec": command, "name": record.name, "type": record.kind, "value": record.value }));
            run(command, "add", &record.name, &record.kind, &record.value).map_err(Error::Validation)?;
        }
        if let Some(Dns::Update(server, key)) = dns {
            let file = std::path::absolute(key).unwrap_or_else(|_| key.to_owned());
            cleanup.push(json!({ "nsupdate": server.to_string(), "key": file, "name": record.name, "type": record.kind, "value": record.value }));
            update(server, key, &record, true).map_err(Error::Validation)?;
        }
        if self.dns_check || matches!(dns, Some(Dns::Manual)) {
            self.wait_for(&record, interrupt, say)?;
        }
        Ok(())
    }

    /// Looks again and again until every server shows the record.
    fn wait_for(&self, record: &ZoneRecord, interrupt: &Interrupt, say: &dyn Fn(&str)) -> Result<(), Error> {
        let looking = Looking { resolvers: self.resolver.clone(), authoritative: !self.no_authoritative };
        let until = Instant::now() + self.dns_timeout;
        let mut pause = Duration::from_secs(1);
        loop {
            let seen = looking.look(record).map_err(|why| Error::Settings(why.to_string()))?;
            let missing: Vec<String> = seen
                .iter()
                .filter_map(|Seen { server, found }| Some(format!("{server}: {}", found.as_ref().err()?)))
                .collect();
            if missing.is_empty() {
                say(&format!(
                    "the record is seen at {}",
                    seen.iter().map(|seen| seen.server.as_str()).collect::<Vec<_>>().join(", ")
                ));
                return Ok(());
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let waited = self.dns_timeout.as_secs();
                return Err(Error::Validation(format!(
                    "the DNS record is not seen after {waited} s:\n  {}\n",
                    missing.join("\n  ")
                )));
            }
            say(&format!("the record is not seen yet at {}", missing.join("; ")));
            interrupt.sleep(pause.min(left));
            if interrupt.is_raised() {
                return Err(Error::Interrupted);
            }
            pause = (pause * 2).min(Duration::from_secs(30));
        }
    }
}

fn write_file(webroot: &Path, authentication: &CertAuthentication, cleanup: &mut Vec<Value>) -> Result<(), Error> {
    let name = authentication.file_name.as_deref().unwrap_or_default();
    // An address or a path; only what follows the host is below the folder.
    let path = name.split_once("://").map_or(name, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
    let path = path.trim_start_matches('/');
    let is_inside = !path.is_empty() && path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    let (true, Some(content)) = (is_inside, &authentication.file_content) else {
        return Err(Error::Validation(format!("the gateway's file `{name}` cannot be published below a folder")));
    };
    let file = webroot.join(path);
    let unwritable = |why: std::io::Error| Error::Validation(format!("{}: {why}", file.display()));
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(unwritable)?;
    }
    cleanup.push(json!({ "file": std::path::absolute(&file).unwrap_or_else(|_| file.clone()) }));
    fs::write(&file, content).map_err(unwritable)
}

/// Undoes what was published, the last first. What cannot be undone is said and does not stop the rest.
pub(crate) fn clean_up(cleanup: &Value, say: &dyn Fn(&str)) {
    for step in cleanup.as_array().into_iter().flatten().rev() {
        let text = |name: &str| step.get(name).and_then(Value::as_str).unwrap_or_default();
        let done = match step.get("file").and_then(Value::as_str) {
            Some(file) => match fs::remove_file(file) {
                Err(why) if why.kind() != std::io::ErrorKind::NotFound => Err(format!("{file}: {why}")),
                _ => Ok(()),
            },
            None if step.get("nsupdate").is_some() => {
                removed(text("nsupdate"), text("key"), text("name"), text("type"), text("value"))
            }
            None => run(text("exec"), "remove", text("name"), text("type"), text("value")),
        };
        if let Err(why) = done {
            say(&format!("certgate: warning: what was published is still there: {why}"));
        }
    }
}

fn run(command: &str, action: &str, name: &str, kind: &str, value: &str) -> Result<(), String> {
    let mut shell = Command::new("sh");
    // The record is given as arguments to the command, and never as part of its text.
    shell.arg("-c").arg(format!("{command} \"$@\"")).args(["sh", action, name, kind, value]);
    shell.env_remove("CERTGATE_PASSWORD").env_remove("CERTGATE_TOKEN");
    let status = shell.stdin(Stdio::null()).stdout(Stdio::from(std::io::stderr())).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("--dns exec: `{command} {action}` ended with {status}")),
        Err(why) => Err(format!("--dns exec: {why}")),
    }
}

fn read_key(path: &Path) -> Result<TsigKey, String> {
    refuse_if_others_read(path, "").map_err(|why| why.to_string())?;
    let text = fs::read_to_string(path).map_err(|why| format!("--dns-key {}: {why}", path.display()))?;
    TsigKey::from_text(&text).map_err(|why| format!("--dns-key {}: {why}", path.display()))
}

fn update(server: SocketAddr, key: &Path, record: &ZoneRecord, add: bool) -> Result<(), String> {
    let updating = Updating { server, key: read_key(key)? };
    let now = u64::try_from(unix_now() / 1000).unwrap_or_default();
    let done = if add { updating.add(record, now) } else { updating.remove(record, now) };
    done.map_err(|why| why.to_string())
}

fn removed(server: &str, key: &str, name: &str, kind: &str, value: &str) -> Result<(), String> {
    let server = server.parse().map_err(|_| format!("`{server}` is no address"))?;
    let record = ZoneRecord { name: name.to_owned(), ttl: None, kind: kind.to_owned(), value: value.to_owned() };
    update(server, Path::new(key), &record, false)
}
