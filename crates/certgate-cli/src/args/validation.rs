//! How control over the names is shown: `--dns`, `--webroot`, `--approver`.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use certgate::{
    CertificateSettings, OrderRequest,
    config::parse_duration,
    validation::{AutoDns, name_server},
};
use clap::Args;

use super::Global;
use crate::exit::Failure;

/// How control over the name is shown.
#[derive(Debug, Clone, Args)]
pub(crate) struct ValidationArgs {
    /// How the DNS record gets there: provision, autodns, nsupdate, manual or exec CMD
    ///
    /// `provision`: the gateway publishes it. `autodns` adds it to the zone of an AutoDNS account (--dns-profile) and waits until the
    /// zone's servers show it. `nsupdate` updates the zone (RFC 2136). `manual` shows it and waits until it is seen. `exec CMD` runs
    /// this command of the shell with add or remove and the record's name, type and value.
    #[arg(long, num_args = 1..=2, value_names = ["HOW", "CMD"])]
    dns: Vec<String>,
    /// For nsupdate: the zone's primary server, an IP address with or without a port
    #[arg(long, value_name = "ADDRESS", value_parser = name_server)]
    dns_server: Option<SocketAddr>,
    /// For nsupdate: the TSIG key, as tsig-keygen writes it, which only you may read
    #[arg(long, value_name = "FILE")]
    dns_key: Option<PathBuf>,
    /// For autodns: the profile of the configuration file with the account that has the zones, a user with context 4
    #[arg(long, value_name = "NAME")]
    dns_profile: Option<String>,
    /// Order only once the record is seen at the zone's own servers and at each --resolver [default: true for autodns]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    dns_check: Option<bool>,
    /// How long to wait for the record to be seen [default: 10m]
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    dns_timeout: Option<Duration>,
    /// Ask this resolver too, and find the zone's servers by it: an IP address, with or without a port
    #[arg(long, value_name = "ADDRESS", value_parser = name_server)]
    resolver: Vec<SocketAddr>,
    /// Do not ask the zone's own servers
    #[arg(long)]
    no_authoritative: bool,
    /// Validate by file: write it below this folder, and remove it afterwards
    #[arg(long, value_name = "DIR")]
    webroot: Option<PathBuf>,
    /// Validate by mail to this address, one of those that the gateway offers
    #[arg(long, value_name = "ADDRESS")]
    approver: Option<String>,
    /// Publish whatever record or file the gateway asks for, also where it does not belong to the names of the CSR
    #[arg(long)]
    allow_any_record: bool,
}

impl ValidationArgs {
    /// Says what is asked for.
    ///
    /// # Errors
    /// `--dns` is none of its words.
    pub(crate) fn say(&self, settings: &mut CertificateSettings, global: &Global) -> Result<(), Failure> {
        if !self.dns.is_empty() {
            settings.set("dns", &self.dns.join(" ").into())?;
        }
        settings.dns_server = self.dns_server;
        settings.dns_key.clone_from(&self.dns_key);
        settings.dns_profile.clone_from(&self.dns_profile);
        settings.dns_check = self.dns_check;
        *settings = std::mem::take(settings).with_profiles_of(global.config.as_deref());
        settings.dns_timeout = self.dns_timeout;
        settings.resolver = (!self.resolver.is_empty()).then(|| self.resolver.clone());
        settings.no_authoritative = self.no_authoritative.then_some(true);
        settings.webroot.clone_from(&self.webroot);
        settings.approver.clone_from(&self.approver);
        settings.allow_any_record = self.allow_any_record.then_some(true);
        Ok(())
    }
}

/// Refuses to change the zones of a real account for an order that is none.
pub(crate) fn check_zones(global: &Global, request: &OrderRequest) -> Result<(), Failure> {
    let nobody = match request.validation.by_name() {
        Some(AutoDns::NAME) if global.sandbox => "--sandbox asks no account",
        Some(AutoDns::NAME) if global.is_offline() => "a replay asks nobody",
        _ => return Ok(()),
    };
    let text = format!("{nobody}, and --dns autodns changes zones: try it against `certgate serve simulator`");
    Err(Failure::usage(text))
}
