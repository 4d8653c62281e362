//! Replaces a zone. Its names are in the path, and in the body as well.

use certgate_domain::{Zone, task::ZoneUpdate};
use certgate_wire::DecodeError;

use crate::{
    fields::Fields,
    record::Record,
    task::{Request, RequestParts},
};

impl Request for ZoneUpdate {
    fn read(parts: &RequestParts<'_, '_, '_>) -> Result<Self, DecodeError> {
        let (origin, virtual_name_server) = parts.zone()?;
        let zone = Zone { origin, virtual_name_server, ..parts.body()? };
        Ok(Self { zone })
    }

    fn write(&self, fields: &mut Fields) {
        let Self { zone } = self;
        zone.write(fields);
    }
}
