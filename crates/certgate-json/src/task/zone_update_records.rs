//! Changes records of a zone, by the zone's name or (`_stream`) by any name in it. The two routes name the lists differently.

use certgate_domain::task::ZoneUpdateRecords;
use certgate_wire::DecodeError;
use serde_json::{Map, Value, json};

use crate::{
    fields::Fields,
    task::{Request, RequestParts},
};

impl Request for ZoneUpdateRecords {
    fn read(parts: &RequestParts<'_, '_, '_>) -> Result<Self, DecodeError> {
        let (origin, virtual_name_server) = parts.zone()?;
        let name = parts.name(&parts.path.name, "name")?;
        let records = |names| parts.body.map(|body| body.records(names)).transpose();
        let add = records(["resourceRecordsAdd", "adds"])?.unwrap_or_default();
        let remove = records(["resourceRecordsRem", "rems"])?.unwrap_or_default();
        parts.finish();
        Ok(Self { origin, virtual_name_server, name, add, remove })
    }

    fn write(&self, fields: &mut Fields) {
        let Self { origin, virtual_name_server, name, add, remove } = self;
        fields.text("origin", origin);
        fields.text("virtualNameServer", virtual_name_server);
        fields.text("name", name);
        fields.records("resourceRecordsAdd", add);
        fields.records("resourceRecordsRem", remove);
    }
}

/// The body of `_stream`, of one that [`Request::write`] made.
pub(crate) fn stream_body(mut body: Map<String, Value>) -> Value {
    let mut list = |name| body.remove(name).unwrap_or_else(|| Value::Array(Vec::new()));
    json!({ "adds": list("resourceRecordsAdd"), "rems": list("resourceRecordsRem") })
}
