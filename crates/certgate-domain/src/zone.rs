//! DNS zones of AutoDNS.

use crate::{BasicUser, Lenient, Moment, words::NameServerAction};

/// A DNS zone (OpenAPI `Zone`; XML `zone`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Zone {
    /// When it was created.
    pub created: Option<Lenient<Moment>>,
    /// When it was changed last (XML `changed`).
    pub updated: Option<Lenient<Moment>>,
    /// The name of the zone (XML `name`).
    pub origin: Option<String>,
    /// The name in Unicode.
    pub idn: Option<String>,
    /// The start of authority.
    pub soa: Option<Soa>,
    /// Whether the zone is signed.
    pub dnssec: Option<Lenient<bool>>,
    /// The group of name servers (XML `ns_group`).
    pub name_server_group: Option<String>,
    /// Whether the zone may be transferred.
    pub allow_transfer: Option<Lenient<bool>>,
    /// The user that the zone belongs to.
    pub owner: Option<BasicUser>,
    /// The user who changed it last (XML `updated_by`).
    pub updater: Option<BasicUser>,
    /// The id of its log.
    pub log_id: Option<i64>,
    /// A comment.
    pub comment: Option<String>,
    /// Whether the domain is locked by the domain safe.
    pub domainsafe: Option<Lenient<bool>>,
    /// Where the zone was copied from.
    pub source: Option<String>,
    /// The virtual host name that it was copied from.
    pub source_virtual_hostname: Option<String>,
    /// When it will be purged.
    pub purge_date: Option<Lenient<Moment>>,
    /// How it will be purged.
    pub purge_type: Option<String>,
    /// The name servers (XML `nserver`).
    pub name_servers: Vec<NameServer>,
    /// The main address of the zone.
    pub main: Option<MainAddress>,
    /// Whether `www` has the main address, too.
    pub www_include: Option<Lenient<bool>>,
    /// The system's name server, which identifies the zone together with its name (XML `system_ns`).
    pub virtual_name_server: Option<String>,
    /// Lines of free text (XML `free`).
    pub free_text: Vec<String>,
    /// What the name servers do for the zone (XML `ns_action`).
    pub action: Option<NameServerAction>,
    /// The addresses that may transfer the zone (XML `allow_transfer_from`).
    pub grants: Vec<String>,
    /// The resource records (XML `rr`).
    pub resource_records: Vec<ResourceRecord>,
    /// The registry object's id.
    pub roid: Option<i64>,
}

/// The start of authority of a zone (OpenAPI `Soa`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Soa {
    /// A preset for the times (documented for XML only).
    pub level: Option<i64>,
    /// Refresh, in seconds.
    pub refresh: Option<i64>,
    /// Retry, in seconds.
    pub retry: Option<i64>,
    /// Expire, in seconds.
    pub expire: Option<i64>,
    /// The default time to live of the zone's records, in seconds.
    pub ttl: Option<i64>,
    /// The mail address of who is responsible.
    pub email: Option<String>,
}

/// A name server of a zone (OpenAPI `NameServer`; XML `nserver`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NameServer {
    /// The name.
    pub name: Option<String>,
    /// Time to live of its record, in seconds.
    pub ttl: Option<i64>,
    /// Its addresses.
    pub ip_addresses: Vec<String>,
}

/// The main address of a zone (OpenAPI `MainIp`; XML `main`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MainAddress {
    /// The address (XML `value`).
    pub address: Option<String>,
    /// Time to live of its record, in seconds.
    pub ttl: Option<i64>,
}

/// A resource record of a zone (OpenAPI `ResourceRecord`; XML `rr`).
///
/// ```
/// use certgate_domain::ResourceRecord;
/// let record = ResourceRecord::txt("_dnsauth.www", "2026abcd");
/// assert_eq!((record.r#type.as_deref(), record.value.as_deref()), (Some("TXT"), Some("2026abcd")));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResourceRecord {
    /// The name relative to the zone; `None` at its apex.
    pub name: Option<String>,
    /// Time to live, in seconds; by default that of the start of authority.
    pub ttl: Option<i64>,
    /// The type, such as `TXT`.
    pub r#type: Option<String>,
    /// The value. That of a TXT record has no quotes.
    pub value: Option<String>,
    /// The preference, of an MX record for instance.
    pub pref: Option<i64>,
    /// The whole record as a line of a zone file, in place of the other fields (JSON `_stream` only).
    pub raw: Option<String>,
}

impl ResourceRecord {
    /// Creates a record of any type. The value of an MX or SRV record may begin with its preference. `name` is relative to the zone.
    ///
    /// ```
    /// use certgate_domain::ResourceRecord;
    /// let record = ResourceRecord::of_text(None, "mx", "10 mail.example.com");
    /// assert_eq!((record.pref, record.value.as_deref()), (Some(10), Some("mail.example.com")));
    /// ```
    pub fn of_text(name: Option<String>, r#type: &str, value: &str) -> Self {
        let r#type = r#type.to_ascii_uppercase();
        let first = value.split_once(' ').filter(|_| matches!(r#type.as_str(), "MX" | "SRV"));
        let pref = first.and_then(|(pref, value)| Some((pref.parse().ok()?, value.trim_start())));
        let (pref, value) = pref.map_or((None, value), |(pref, value)| (Some(pref), value));
        Self { name, r#type: Some(r#type), value: Some(value.to_owned()), pref, ..Self::default() }
    }

    /// Creates a TXT record. `name` is relative to the zone.
    pub fn txt(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: Some(name.into()), r#type: Some("TXT".to_owned()), value: Some(value.into()), ..Self::default() }
    }
}
