//! DNS records in a zone that takes dynamic updates (RFC 2136).

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use certgate_client::unix_now;
use certgate_dns::{DnsError, TsigKey, ZoneRecord, ZoneUpdater};

use super::{Challenge, Method, PublishedRecord, Steps, ValidationError, ValidationStep, Validator, published};

/// Updates the zone at its primary server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneUpdate {
    /// The zone's primary server.
    pub server: SocketAddr,
    /// The file of the TSIG key, as tsig-keygen writes it, which only its owner may read.
    pub key: PathBuf,
}

impl Validator for ZoneUpdate {
    fn name(&self) -> &str {
        "zone-update"
    }

    fn method(&self) -> Method {
        Method::Dns { provisioning: false }
    }

    fn check(&self) -> Result<(), ValidationError> {
        read_key(&self.key).map(drop)
    }

    fn present(&self, challenge: &Challenge, steps: &mut Steps<'_>) -> Result<(), ValidationError> {
        let Challenge::Record(record) = challenge else { return Ok(()) };
        let updater = ZoneUpdater { server: self.server, key: read_key(&self.key)? };
        let key = std::path::absolute(&self.key).unwrap_or_else(|_| self.key.clone());
        steps.about_to(ValidationStep::ZoneUpdate { server: self.server, key, record: published(record) })?;
        updater.add(record, seconds()).or_else(|why| {
            if !matches!(why, DnsError::Unsure(_)) {
                steps.not_done()?;
            }
            Err(why.into())
        })
    }
}

pub(super) fn remove(server: SocketAddr, key: &Path, record: &PublishedRecord) -> Result<(), ValidationError> {
    let updater = ZoneUpdater { server, key: read_key(key)? };
    let record = ZoneRecord::from_parts(&record.name, &record.kind, &record.value)?;
    Ok(updater.remove(&record, seconds())?)
}

fn read_key(path: &Path) -> Result<TsigKey, ValidationError> {
    let bytes = certgate_files::read_secret(path).map_err(ValidationError::KeyFile)?;
    TsigKey::from_text(&certgate_domain::decoded(&bytes))
        .map_err(|why| ValidationError::Key { path: path.to_owned(), why })
}

/// Now, in seconds since 1970.
fn seconds() -> u64 {
    u64::try_from(unix_now() / 1000).unwrap_or_default()
}
