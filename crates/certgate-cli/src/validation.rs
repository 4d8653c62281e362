//! How control over a name is shown: the DNS record, the file, the mail; and how it is cleaned up.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write},
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use certgate::{Error, Interrupt, process, unix_now};
use certgate_dns::{DnsError, Looking, Seen, TsigKey, Updating};
use certgate_domain::{CertAuthentication, ZoneRecord, words::AuthMethod};
use certgate_store::{Change, PublishedRecord, State, Store, ValidationStep};
use clap::Args;
use serde_json::{Value, json};

use crate::{command::order::duration, exit::Failure, profile::refuse_if_others_read};

/// How control over the name is shown.
#[derive(Debug, Clone, Args)]
pub(crate) struct Validation {
    /// How the DNS record gets there: `provision` by the gateway; `manual` shows it and waits until it is seen; `exec CMD` runs
    /// this command of the shell with add or remove and the record's name, type and value; `nsupdate` updates the zone (RFC 2136)
    #[arg(long, num_args = 1..=2, value_names = ["HOW", "CMD"], conflicts_with_all = ["webroot", "approver"])]
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
    #[arg(long, value_name = "DIR", conflicts_with = "approver")]
    webroot: Option<PathBuf>,
    /// Validate by mail to this address, one of those that the gateway offers
    #[arg(long, value_name = "ADDRESS")]
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

    /// Whether the record is looked for before the order.
    fn looks(&self, dns: Option<&Dns<'_>>) -> bool {
        self.dns_check || matches!(dns, Some(Dns::Manual))
    }

    /// What can be known to go wrong before anything is sent.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let dns = self.dns()?;
        match dns {
            Some(Dns::Update(_, key)) => drop(read_key(key).map_err(Failure::usage)?),
            _ if self.dns_server.is_some() || self.dns_key.is_some() => {
                return Err(Failure::usage("--dns-server and --dns-key are for --dns nsupdate: give that too"));
            }
            _ => {}
        }
        match (self.looks(dns.as_ref()), self.no_authoritative, self.resolver.is_empty()) {
            (true, true, true) => return Err(Failure::usage(DnsError::Nobody.to_string())),
            (true, ..) | (false, false, true) => {}
            (false, ..) => {
                let text = "--resolver and --no-authoritative are for --dns-check: give that too";
                return Err(Failure::usage(text));
            }
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

    /// Whether an order that nobody watches can be validated, where the certificate was validated so before.
    pub(crate) fn check_unattended(&self, before: Option<&CertAuthentication>) -> Result<(), Failure> {
        let by_hand = before.and_then(|before| before.provisioning.as_ref()?.value()) == Some(&false);
        let missing = match before.and_then(|before| before.method.as_ref()) {
            _ if self.wanted().is_some() => return Ok(()),
            Some(AuthMethod::Dns) if by_hand => "by a DNS record that the gateway does not publish: give --dns",
            Some(AuthMethod::File) => "by a file: give --webroot",
            _ => return Ok(()),
        };
        Err(Failure::usage(format!("the certificate is validated {missing}")))
    }

    /// Publishes what shows control. Each step is written down before it is done.
    pub(crate) fn publish(
        &self,
        authentication: &CertAuthentication,
        steps: &mut Steps<'_>,
        interrupt: &Interrupt,
        say: &dyn Fn(&str),
    ) -> Result<(), Error> {
        if let (Some(webroot), Some(AuthMethod::File)) = (&self.webroot, &authentication.method) {
            return write_file(webroot, authentication, steps);
        }
        let dns = self.dns().map_err(|why| Error::Settings(why.to_string()))?;
        if authentication.method != Some(AuthMethod::Dns) {
            return Ok(());
        }
        let line = authentication.dns.as_deref().unwrap_or_default();
        let wanted = matches!(dns, Some(Dns::Exec(_) | Dns::Update(..))) || self.looks(dns.as_ref());
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
        let ZoneRecord { name, kind, value, .. } = &record;
        if let Some(Dns::Exec(command)) = dns {
            let folder = std::env::current_dir().map_err(|why| Error::Validation(format!("--dns exec: {why}")))?;
            steps.about_to(json!({ "exec": command, "in": folder, "name": name, "type": kind, "value": value }))?;
            run(command, &folder, ["add", name, kind, value]).map_err(Error::Validation)?;
        }
        if let Some(Dns::Update(server, key)) = dns {
            let updating = Updating { server, key: read_key(key).map_err(Error::Validation)? };
            let file = std::path::absolute(key).unwrap_or_else(|_| key.to_owned());
            let server = server.to_string();
            steps.about_to(json!({ "nsupdate": server, "key": file, "name": name, "type": kind, "value": value }))?;
            if let Err(why) = updating.add(&record, seconds()) {
                if !matches!(why, DnsError::Unsure(_)) {
                    steps.not_done()?;
                }
                return Err(Error::Validation(why.to_string()));
            }
        }
        if self.looks(dns.as_ref()) {
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

/// What is published, step by step, each with what undoes it.
pub(crate) struct Steps<'a> {
    taken: Vec<Value>,
    /// Writes the steps down; those before are written down already.
    keep: &'a mut dyn FnMut(&[Value]) -> Result<(), Error>,
}

impl<'a> Steps<'a> {
    pub(crate) fn kept_by(keep: &'a mut dyn FnMut(&[Value]) -> Result<(), Error>) -> Self {
        Self { taken: Vec::new(), keep }
    }

    /// Before a step is done: whatever ends this process, a later run undoes it.
    fn about_to(&mut self, step: Value) -> Result<(), Error> {
        self.taken.push(step);
        (self.keep)(&self.taken)
    }

    /// The last step turned out not to be done: there is nothing to undo.
    fn not_done(&mut self) -> Result<(), Error> {
        self.taken.pop();
        (self.keep)(&self.taken)
    }
}

fn write_file(webroot: &Path, authentication: &CertAuthentication, steps: &mut Steps<'_>) -> Result<(), Error> {
    let name = authentication.file_name.as_deref().unwrap_or_default();
    // An address or a path; only what follows the host is below the folder.
    let path = name.split_once("://").map_or(name, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
    let path = path.trim_start_matches('/');
    let is_inside = !path.is_empty() && path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    let (true, Some(content)) = (is_inside, &authentication.file_content) else {
        return Err(Error::Validation(format!("the gateway's file `{name}` cannot be published below a folder")));
    };
    let unwritable = |at: &Path, why: &io::Error| Error::Validation(format!("{}: {why}", at.display()));
    let webroot = std::path::absolute(webroot).map_err(|why| unwritable(webroot, &why))?;
    let file = webroot.join(path);
    // Folders that are made for it go with it.
    let missing: Vec<&Path> =
        file.ancestors().skip(1).take_while(|folder| *folder != webroot && !folder.exists()).collect();
    for folder in missing.into_iter().rev() {
        steps.about_to(json!({ "folder": folder }))?;
        fs::create_dir(folder).map_err(|why| unwritable(folder, &why))?;
    }
    steps.about_to(json!({ "file": file, "content": content }))?;
    match File::create_new(&file).and_then(|mut file| file.write_all(content.as_bytes())) {
        Err(why) if why.kind() == ErrorKind::AlreadyExists => {
            steps.not_done()?;
            let text = format!("{}: it is there already, and not by this order: move it away", file.display());
            Err(Error::Validation(text))
        }
        done => done.map_err(|why| unwritable(&file, &why)),
    }
}

/// Undoes what was published for an order, the last first. What cannot be undone is said, does not stop the rest, and is left
/// to the next run; `false` then. An order that never left is over with that.
pub(crate) fn clean_up(store: &mut dyn Store, id: &str, say: &dyn Fn(&str)) -> Result<bool, Error> {
    let Some(order) = store.order(id)? else { return Ok(true) };
    let mut left = Vec::new();
    for step in order.published.iter().rev() {
        if let Err(why) = undo(step) {
            say(&format!(
                "certgate: warning: what was published is still there: {why}; `certgate resume` tries it again"
            ));
            left.insert(0, step.clone());
        }
    }
    if order.state == State::Validating {
        let detail = "it never left".to_owned();
        let over = Change { state: State::Unsent, job: None, stid: None, certificate: None, detail };
        store.change(id, &over, unix_now())?;
    }
    let is_gone = left.is_empty();
    if !order.published.is_empty() {
        store.record_validation_steps(id, &left)?;
    }
    Ok(is_gone)
}

fn undo(step: &ValidationStep) -> Result<(), String> {
    match step {
        ValidationStep::File { path, content } => {
            unless_gone(remove_ours(path, content)).map_err(|why| format!("{}: {why}", path.display()))
        }
        ValidationStep::Folder { path } => match fs::remove_dir(path) {
            // Others put something into it meanwhile.
            Err(why) if why.kind() == ErrorKind::DirectoryNotEmpty => Ok(()),
            done => unless_gone(done).map_err(|why| format!("{}: {why}", path.display())),
        },
        ValidationStep::ZoneUpdate { server, key, record } => {
            let PublishedRecord { name, kind, value } = record.clone();
            let updating = Updating { server: *server, key: read_key(key)? };
            let record = ZoneRecord { name, ttl: None, kind, value };
            updating.remove(&record, seconds()).map_err(|why| why.to_string())
        }
        ValidationStep::Command { command, working_folder, record } => {
            run(command, working_folder, ["remove", &record.name, &record.kind, &record.value])
        }
        ValidationStep::Custom { validator, .. } => Err(format!("validator {validator} is not known")),
    }
}

/// Removes a file that holds what was written, be it in part; another's stays.
fn remove_ours(file: &Path, content: &str) -> io::Result<()> {
    let found = fs::read(file)?;
    if content.as_bytes().starts_with(&found) { fs::remove_file(file) } else { Ok(()) }
}

fn unless_gone(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

fn run(command: &str, folder: &Path, arguments: [&str; 4]) -> Result<(), String> {
    // The record is given as arguments to the command, and never as part of its text.
    let mut shell = process::doing(&format!("{command} \"$@\""));
    shell.arg("sh").args(arguments).current_dir(folder);
    match process::run(shell, Vec::new(), process::LONGEST) {
        Ok((status, _)) if status.success() => Ok(()),
        Ok((status, _)) => Err(format!("--dns exec: `{command} {}` ended with {status}", arguments[0])),
        Err(why) => Err(format!("--dns exec: in {}: `{command} {}` {why}", folder.display(), arguments[0])),
    }
}

fn read_key(path: &Path) -> Result<TsigKey, String> {
    refuse_if_others_read(path, "").map_err(|why| why.to_string())?;
    let text = fs::read_to_string(path).map_err(|why| format!("--dns-key {}: {why}", path.display()))?;
    TsigKey::from_text(&text).map_err(|why| format!("--dns-key {}: {why}", path.display()))
}

/// Now, in seconds since 1970.
fn seconds() -> u64 {
    u64::try_from(unix_now() / 1000).unwrap_or_default()
}
