//! 0202001 ZoneUpdateRecords: the records in `<default>`, the zone beside it.

use certgate_domain::task::ZoneUpdateRecords;
use certgate_wire::DecodeError;

use crate::{element::Element, out::Out, task::Request};

impl Request for ZoneUpdateRecords {
    fn read(task: &Element<'_, '_>) -> Result<Self, DecodeError> {
        let zone = task.block(["zone"], |e| Ok((e.text(["name"])?, e.text(["system_ns"])?)))?;
        let records = task.block(["default"], |e| Ok((e.records(["rr_add"])?, e.records(["rr_rem"])?)))?;
        let ((origin, virtual_name_server), (add, remove)) = (zone.unwrap_or_default(), records.unwrap_or_default());
        Ok(Self { origin, virtual_name_server, name: None, add, remove })
    }

    fn write(&self, out: &mut Out<'_>) {
        let Self { origin, virtual_name_server, name, add, remove } = self;
        out.element("default", |out| {
            out.records(("rr_add", "resource_records_add"), add);
            out.records(("rr_rem", "resource_records_rem"), remove);
        });
        if name.is_some() {
            out.lose("name", "XML names a zone by its own name, not by any name in it");
        }
        out.element("zone", |out| {
            out.text(("name", "origin"), origin);
            out.text(("system_ns", "virtual_name_server"), virtual_name_server);
        });
    }
}
