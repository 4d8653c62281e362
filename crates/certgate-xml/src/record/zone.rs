//! `zone`.

use certgate_domain::{MainAddress, NameServer, ResourceRecord, Soa, Zone, words::NameServerAction};
use certgate_wire::DecodeError;

use crate::{
    element::Element,
    out::{Name, Out},
    record::record,
};

record! {
    Zone {
        origin: text("name"),
        idn: text("idn"),
        virtual_name_server: text("system_ns"),
        action: name_server_action("ns_action"),
        name_server_group: text("ns_group"),
        main: record("main"),
        www_include: flag("www_include"),
        soa: record("soa"),
        dnssec: flag("dnssec"),
        name_servers: records("nserver"),
        allow_transfer: flag("allow_transfer"),
        grants: texts("allow_transfer_from"),
        free_text: texts("free"),
        resource_records: records("rr"),
        comment: text("comment"),
        domainsafe: flag("domainsafe"),
        source: text("source"),
        source_virtual_hostname: text("source_virtual_hostname"),
        purge_date: moment("purge_date"),
        purge_type: text("purge_type"),
        owner: record("owner"),
        updater: record("updated_by" | "updater"),
        created: moment("created"),
        updated: moment("changed" | "updated"),
        log_id: integer("log_id"),
        roid: integer("roid"),
    }
}

record! {
    Soa {
        level: integer("level"),
        refresh: integer("refresh"),
        retry: integer("retry"),
        expire: integer("expire"),
        ttl: integer("ttl"),
        email: text("email"),
    }
}

record! {
    NameServer {
        name: text("name"),
        ttl: integer("ttl"),
        ip_addresses: texts("ip"),
    }
}

record! {
    MainAddress {
        address: text("value" | "address"),
        ttl: integer("ttl"),
    }
}

record! {
    ResourceRecord {
        name: text("name"),
        ttl: integer("ttl"),
        r#type: text("type"),
        value: text("value"),
        pref: integer("pref"),
        raw: zone_line("raw"),
    }
}

impl Element<'_, '_> {
    /// Lower case in XML, one word in the domain.
    fn name_server_action(&self, name: [&str; 1]) -> Result<Option<NameServerAction>, DecodeError> {
        Ok(self.text(name)?.map(|word| match NameServerAction::from(word.to_ascii_uppercase().as_str()) {
            NameServerAction::Other(_) => NameServerAction::Other(word),
            known => known,
        }))
    }

    /// XML has none.
    fn zone_line(&self, _: [&str; 1]) -> Result<Option<String>, DecodeError> {
        Ok(None)
    }
}

impl Out<'_> {
    fn name_server_action<'n>(&mut self, name: impl Into<Name<'n>>, action: &Option<NameServerAction>) {
        match action {
            Some(NameServerAction::Other(word)) => self.text(name, &Some(word)),
            Some(known) => self.text(name, &Some(known.as_str().to_ascii_lowercase())),
            None => {}
        }
    }

    fn zone_line<'n>(&mut self, name: impl Into<Name<'n>>, line: &Option<String>) {
        if line.is_some() {
            self.lose(name.into().field, "XML has no zone file lines; give name, ttl, type and value");
        }
    }
}
