//! How control over the names is shown: `--dns`, `--webroot`, `--approver`.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use certgate::config::parse_duration;
use certgate::validation::{
    Command, Email, Manual, Propagation, Provision, Validation, Webroot, ZoneUpdate, name_server,
};
use certgate_domain::{CertAuthentication, words::AuthMethod};
use clap::Args;

use crate::exit::Failure;

/// How control over the name is shown.
#[derive(Debug, Clone, Args)]
pub(crate) struct ValidationArgs {
    /// How the DNS record gets there: `provision` by the gateway; `manual` shows it and waits until it is seen; `exec CMD` runs
    /// this command of the shell with add or remove and the record's name, type and value; `nsupdate` updates the zone (RFC 2136)
    #[arg(long, num_args = 1..=2, value_names = ["HOW", "CMD"], conflicts_with_all = ["webroot", "approver"])]
    dns: Vec<String>,
    /// For nsupdate: the zone's primary server, an IP address with or without a port
    #[arg(long, value_name = "ADDRESS", value_parser = name_server)]
    dns_server: Option<SocketAddr>,
    /// For nsupdate: the TSIG key, as tsig-keygen writes it, which only you may read
    #[arg(long, value_name = "FILE")]
    dns_key: Option<PathBuf>,
    /// Order only once the record is seen at the zone's own servers and at each --resolver
    #[arg(long)]
    dns_check: bool,
    /// How long to wait for the record to be seen
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = parse_duration)]
    dns_timeout: Duration,
    /// Ask this resolver too, and find the zone's servers by it: an IP address, with or without a port
    #[arg(long, value_name = "ADDRESS", value_parser = name_server)]
    resolver: Vec<SocketAddr>,
    /// Do not ask the zone's own servers
    #[arg(long)]
    no_authoritative: bool,
    /// Validate by file: write it below this folder, and remove it afterwards
    #[arg(long, value_name = "DIR", conflicts_with = "approver")]
    webroot: Option<PathBuf>,
    /// Validate by mail to this address, one of those that the gateway offers
    #[arg(long, value_name = "ADDRESS")]
    approver: Option<String>,
    /// Publish whatever record or file the gateway asks for, also where it does not belong to the names of the CSR
    #[arg(long)]
    allow_any_record: bool,
}

impl ValidationArgs {
    /// What is asked for.
    ///
    /// # Errors
    /// The options do not go together.
    pub(crate) fn validation(&self) -> Result<Validation, Failure> {
        let words: Vec<&str> = self.dns.iter().map(String::as_str).collect();
        if words != ["nsupdate"] && (self.dns_server.is_some() || self.dns_key.is_some()) {
            return Err(Failure::usage("--dns-server and --dns-key are for --dns nsupdate: give that too"));
        }
        let validation = match words.as_slice() {
            [] => match (&self.webroot, &self.approver) {
                (Some(folder), _) => Validation::by(Webroot { folder: folder.clone() }),
                (None, Some(approver)) => Validation::by(Email { approver: approver.clone() }),
                (None, None) => Validation::default(),
            },
            ["provision"] => Validation::by(Provision),
            ["manual"] => Validation::by(Manual),
            ["exec", command] => {
                let working_folder = std::path::absolute(Path::new("."))
                    .map_err(|why| Failure::usage(format!("--dns exec: the working folder is not known: {why}")))?;
                Validation::by(Command { command: (*command).to_owned(), working_folder })
            }
            ["nsupdate"] => match (self.dns_server, &self.dns_key) {
                (Some(server), Some(key)) => Validation::by(ZoneUpdate { server, key: key.clone() }),
                _ => {
                    let text = "--dns nsupdate: give the zone's server and key too: --dns-server, --dns-key";
                    return Err(Failure::usage(text));
                }
            },
            other => {
                let text = format!("--dns {}: expected provision, manual, exec CMD or nsupdate", other.join(" "));
                return Err(Failure::usage(text));
            }
        };
        let validation = if self.allow_any_record { validation.allowing_any() } else { validation };
        if self.dns_check || words == ["manual"] {
            return Ok(validation.once_seen(Propagation {
                resolvers: self.resolver.clone(),
                authoritative: !self.no_authoritative,
                timeout: self.dns_timeout,
            }));
        }
        if self.no_authoritative || !self.resolver.is_empty() {
            return Err(Failure::usage("--resolver and --no-authoritative are for --dns-check: give that too"));
        }
        Ok(validation)
    }
}

/// Refuses an order that nobody watches where nothing is said to validate it by, and the certificate was validated by something
/// that the gateway does not do by itself.
pub(crate) fn check_unattended(validation: &Validation, before: Option<&CertAuthentication>) -> Result<(), Failure> {
    let by_hand = before.and_then(|before| before.provisioning.as_ref()?.value()) == Some(&false);
    let missing = match before.and_then(|before| before.method.as_ref()) {
        _ if validation.method().is_some() => return Ok(()),
        Some(AuthMethod::Dns) if by_hand => "by a DNS record that the gateway does not publish: give --dns",
        Some(AuthMethod::File) => "by a file: give --webroot",
        _ => return Ok(()),
    };
    Err(Failure::usage(format!("the certificate is validated {missing}")))
}
