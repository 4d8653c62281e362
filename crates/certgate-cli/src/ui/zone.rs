//! What became of a record of a zone.

use certgate::zones::ZoneId;
use certgate_domain::ResourceRecord;
use serde_json::json;

use crate::{app::App, streams::printable};

/// Prints the zone and the record, and whether it was changed.
pub(crate) fn print(app: &App, zone: &ZoneId, name: &str, record: &ResourceRecord, is_changed: bool, is_added: bool) {
    let ZoneId { origin, name_server } = zone;
    let kind = record.r#type.as_deref().unwrap_or_default();
    let pref = record.pref.map(|pref| format!("{pref} ")).unwrap_or_default();
    let value = record.value.as_deref().unwrap_or_default();
    if app.json() {
        let mut document = json!({ "schema": 1, "changed": is_changed });
        document["zone"] = json!({ "origin": origin });
        if let Some(server) = name_server {
            document["zone"]["virtualNameServer"] = json!(server);
        }
        document["record"] = json!({ "name": name, "type": kind, "value": value });
        if let Some(pref) = record.pref {
            document["record"]["pref"] = json!(pref);
        }
        app.stdout.print(&document);
    } else if is_changed {
        let done = if is_added { "added to" } else { "removed from" };
        let server = name_server.as_ref().map(|server| format!(" at {server}")).unwrap_or_default();
        app.stdout.line(&printable(&format!("{name} {kind} {pref}{value}: {done} the zone {origin}{server}")));
    }
}
