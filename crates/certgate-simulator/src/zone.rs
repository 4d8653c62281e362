//! Zones and their records, as the tasks look for them.

use certgate_domain::{Lenient, MainAddress, Message, NameServer, ResourceRecord, Soa, Zone, words::NameServerAction};
use certgate_server::message;

use crate::world::World;

/// The virtual name server of the zones that a world begins with.
pub(crate) const NAME_SERVER: &str = "ns1.dns.example";

/// `EF02020`: there is no such zone.
pub(crate) fn missing(origin: &str) -> Message {
    message("EF02020", "There is no such zone on the name server.", "zone", origin)
}

impl World {
    /// The name of the zone with that name; `None` also if it is on another name server.
    pub(crate) fn zone_of(&self, origin: Option<&str>, virtual_name_server: Option<&str>) -> Option<String> {
        let origin = origin?.to_ascii_lowercase();
        let zone = self.zones.get(&origin)?;
        let is_there = virtual_name_server.is_none_or(|server| zone.virtual_name_server.as_deref() == Some(server));
        is_there.then_some(origin)
    }

    /// The name of the zone that a name is in.
    pub(crate) fn zone_around(&self, name: &str) -> Option<String> {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let mut rest = Some(name.as_str());
        while let Some(candidate) = rest {
            if self.zones.contains_key(candidate) {
                return Some(candidate.to_owned());
            }
            rest = candidate.split_once('.').map(|(_, parent)| parent);
        }
        None
    }

    /// The zone that a world begins with: that of the documented certificate.
    pub(crate) fn seed_zone(&mut self, now: i64) {
        let text = |text: &str| Some(text.to_owned());
        let server = |name: &str| NameServer { name: text(name), ttl: Some(86_400), ip_addresses: Vec::new() };
        let zone = Zone {
            created: self.moment(now),
            updated: self.moment(now),
            origin: text("example.com"),
            soa: Some(Soa { ttl: Some(86_400), email: text("hostmaster@example.com"), ..Soa::default() }),
            virtual_name_server: text(NAME_SERVER),
            name_servers: vec![server(NAME_SERVER), server("ns2.dns.example")],
            main: Some(MainAddress { address: text("192.0.2.1"), ttl: None }),
            www_include: Some(Lenient::Parsed(true)),
            action: Some(NameServerAction::Complete),
            resource_records: vec![ResourceRecord {
                r#type: text("MX"),
                value: text("mail.example.com"),
                pref: Some(10),
                ..ResourceRecord::default()
            }],
            ..Zone::default()
        };
        self.zones.insert("example.com".to_owned(), zone);
    }
}

/// The record with a name relative to the zone. `is_full`: its name is a full one, and it may be a line of a zone file.
pub(crate) fn relative(record: &ResourceRecord, origin: &str, is_full: bool) -> Option<ResourceRecord> {
    if !is_full {
        return record.r#type.is_some().then(|| record.clone());
    }
    let record = match &record.raw {
        Some(line) => parsed(line)?,
        None => record.clone(),
    };
    let name = record.name.as_deref().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
    let name = match name.strip_suffix(origin) {
        Some("") => None,
        Some(relative) if relative.ends_with('.') => Some(relative.trim_end_matches('.').to_owned()),
        _ => Some(name),
    };
    Some(ResourceRecord { name, raw: None, ..record })
}

/// A line such as `_dnsauth.www.example.com. 300 IN TXT "2026abcd"`.
fn parsed(line: &str) -> Option<ResourceRecord> {
    let mut words = line.split_whitespace();
    let name = words.next()?.to_owned();
    let mut word = words.next()?;
    let ttl = word.parse().ok();
    if ttl.is_some() {
        word = words.next()?;
    }
    if word.eq_ignore_ascii_case("IN") {
        word = words.next()?;
    }
    let value = words.collect::<Vec<_>>().join(" ");
    Some(ResourceRecord {
        name: Some(name),
        ttl,
        r#type: Some(word.to_ascii_uppercase()),
        value: Some(value.trim_matches('"').to_owned()),
        ..ResourceRecord::default()
    })
}

/// Whether two records are one: by name, type and value, whatever their time to live.
pub(crate) fn is_same(one: &ResourceRecord, other: &ResourceRecord) -> bool {
    let same = |one: &Option<String>, other: &Option<String>| match (one, other) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
        (one, other) => one.as_deref().unwrap_or_default() == other.as_deref().unwrap_or_default(),
    };
    same(&one.name, &other.name) && same(&one.r#type, &other.r#type) && one.value == other.value
}
