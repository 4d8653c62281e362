//! DNS records in a zone of AutoDNS, by the zone tasks of either protocol.

use std::sync::Arc;

use certgate_client::Client;
use certgate_domain::ResourceRecord;

use super::{Challenge, Method, PublishedRecord, Steps, ValidationError, ValidationStep, Validator, published};
use crate::{
    Error, Gateway,
    zones::{ZoneError, ZoneId, Zones},
};

/// Finds the zone of a record in an AutoDNS account, adds the record there and removes it again. The account is another one than
/// that of the certificates: its user has context 4.
#[derive(Clone)]
pub struct AutoDns {
    account: Account,
}

#[derive(Clone)]
enum Account {
    Gateway(Arc<Gateway>),
    /// A profile, which a later process finds again; the platform's configuration file where none is named.
    #[cfg(feature = "config")]
    Profile {
        config: Option<std::path::PathBuf>,
        profile: String,
    },
}

impl AutoDns {
    /// Its name as a validator.
    pub const NAME: &str = "autodns";

    /// In the zones of that gateway's account. Only a program that has it removes a record that an earlier one left.
    pub fn at(gateway: Arc<Gateway>) -> Self {
        Self { account: Account::Gateway(gateway) }
    }

    /// In the zones of the account of that profile of a configuration file [default: the platform's]. Its password is read when it is
    /// needed; any later process removes what an earlier one left.
    #[cfg(feature = "config")]
    pub fn of_profile(config: Option<std::path::PathBuf>, profile: impl Into<String>) -> Self {
        Self { account: Account::Profile { config, profile: profile.into() } }
    }

    fn client(&self) -> Result<Client, Error> {
        match &self.account {
            Account::Gateway(gateway) => gateway.client(),
            #[cfg(feature = "config")]
            Account::Profile { config, profile } => {
                let overrides = crate::Overrides {
                    config: config.clone().map(Into::into),
                    profile: Some(profile.clone().into()),
                    ..crate::Overrides::default()
                };
                let settings = crate::Settings::resolve(&overrides)?;
                let credentials = settings.credentials()?;
                crate::GatewayBuilder::of_settings(&settings)?.credentials(credentials).build()?.client()
            }
        }
    }

    fn step(&self, zone: &ZoneId, record: PublishedRecord) -> ValidationStep {
        let ZoneId { origin, name_server } = zone.clone();
        let (config, profile) = match &self.account {
            Account::Gateway(_) => (None, None),
            #[cfg(feature = "config")]
            Account::Profile { config, profile } => (config.clone(), Some(profile.clone())),
        };
        ValidationStep::ZoneTask { config, profile, zone: origin, name_server, record }
    }
}

impl Validator for AutoDns {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn method(&self) -> Method {
        Method::Dns { provisioning: false }
    }

    fn check(&self) -> Result<(), ValidationError> {
        self.client().map(drop).map_err(|why| ValidationError::Zone(Box::new(why.into())))
    }

    fn present(&self, challenge: &Challenge, steps: &mut Steps<'_>) -> Result<(), ValidationError> {
        let Challenge::Record(wanted) = challenge else { return Ok(()) };
        let mut client = self.client().map_err(ZoneError::from)?;
        let mut zones = Zones::of(&mut client);
        let zone = zones.find(&wanted.name)?;
        let published = published(wanted);
        let record = ResourceRecord { ttl: Some(wanted.ttl.into()), ..relative(&zone, &published)? };
        zones.check_alias(&zone, &record)?;
        steps.about_to(self.step(&zone, published))?;
        // There already is as good: an earlier run was stopped before it could say so.
        if let Err(why) = zones.add(&zone, &record) {
            if !why.leaves_outcome_open() {
                steps.not_done()?;
            }
            return Err(why.into());
        }
        Ok(())
    }

    fn cleanup(&self, step: &ValidationStep) -> Result<(), ValidationError> {
        let ValidationStep::ZoneTask { zone, name_server, record, .. } = step else { return super::remove(step, &[]) };
        let zone = ZoneId { origin: zone.clone(), name_server: name_server.clone() };
        let record = relative(&zone, record)?;
        // The order is over: something unknown in the zone keeps nothing published.
        let mut client = self.client().map_err(ZoneError::from)?.strict(false);
        Zones::of(&mut client).remove(&zone, &record)?;
        Ok(())
    }
}

/// The record as the zone has it.
fn relative(zone: &ZoneId, record: &PublishedRecord) -> Result<ResourceRecord, ZoneError> {
    let name = zone.relative(&record.name).ok_or_else(|| ZoneError::NotAName(record.name.clone()))?;
    let (r#type, value) = (Some(record.kind.clone()), Some(record.value.clone()));
    Ok(ResourceRecord { name, r#type, value, ..ResourceRecord::default() })
}
