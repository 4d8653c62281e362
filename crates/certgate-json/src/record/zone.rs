//! DNS zones.

use certgate_domain::{MainAddress, NameServer, ResourceRecord, Soa, Zone};

use crate::record::record;

record! {
    Zone {
        created: moment("created"),
        updated: moment("updated"),
        origin: text("origin"),
        idn: text("idn"),
        soa: record("soa"),
        dnssec: boolean("dnssec"),
        name_server_group: text("nameServerGroup"),
        allow_transfer: boolean("allowTransfer"),
        owner: record("owner"),
        updater: record("updater"),
        log_id: integer("logId"),
        comment: text("comment"),
        domainsafe: boolean("domainsafe"),
        source: text("source"),
        source_virtual_hostname: text("sourceVirtualHostname"),
        purge_date: moment("purgeDate"),
        purge_type: text("purgeType"),
        name_servers: records("nameServers"),
        main: record("main"),
        www_include: boolean("wwwInclude"),
        virtual_name_server: text("virtualNameServer"),
        free_text: texts("freeText"),
        action: word("action"),
        grants: texts("grants"),
        resource_records: records("resourceRecords"),
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
        ip_addresses: texts("ipAddresses"),
    }
}

record! {
    MainAddress {
        address: text("address"),
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
        raw: text("raw"),
    }
}
