//! `certgate zone`.

use certgate::{
    config::parse_duration,
    zones::{RecordChange, ZoneId, Zones},
};
use certgate_domain::{ResourceRecord, task::ZoneInfo, task::ZoneList};
use clap::{Args, Subcommand};

use crate::{
    app::{App, Connection},
    common::exchange::send_over,
    exit::{Exit, Failure},
    ui::{listing::Listing, zone},
};

/// The zones of an AutoDNS account, whose user has context 4
#[derive(Debug, Subcommand)]
pub(crate) enum ZoneCommand {
    /// List zones (exit 8 where there is none)
    #[command(after_help = "Example:\n  certgate zone list --filter name=*.example --sandbox")]
    List(Listing),
    /// Show the zone that a name is in, with its records
    #[command(after_help = "Example:\n  certgate zone info www.example.com --sandbox")]
    Info {
        /// A name in the zone
        name: String,
    },
    /// Add a record to the zone that its name is in (exit 8 where it is there already)
    #[command(after_help = "Example:\n  certgate zone add _dnsauth.example.com TXT 2026abcd --ttl 5m --sandbox")]
    Add {
        #[command(flatten)]
        record: Record,
        /// Time to live, such as 5m [default: the zone's]
        #[arg(long, value_name = "TIME", value_parser = time_to_live)]
        ttl: Option<i64>,
    },
    /// Remove a record from the zone that its name is in (exit 8 where it is not there)
    #[command(after_help = "Example:\n  certgate zone remove _dnsauth.example.com TXT 2026abcd --profile dns")]
    Remove(Record),
}

/// A record.
#[derive(Debug, Args)]
pub(crate) struct Record {
    /// Its full name
    name: String,
    /// Its type, such as TXT
    r#type: String,
    /// Its value: a TXT value without quotes, an MX value with its preference first
    value: String,
}

/// How long a record may be kept, in seconds.
fn time_to_live(text: &str) -> Result<i64, String> {
    let seconds = parse_duration(text).map_err(|why| why.to_string())?.as_secs();
    i64::try_from(seconds).ok().filter(|seconds| *seconds > 0).ok_or_else(|| format!("`{text}`: expected at least 1s"))
}

impl ZoneCommand {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let (record, ttl) = match self {
            Self::List(listing) => {
                let columns = ["origin", "virtualNameServer", "updated"];
                return listing.run(app, Connection::open(app, None)?, &columns, |query| ZoneList { query }.into());
            }
            Self::Info { name } => {
                let mut connection = Connection::open(app, None)?;
                let ZoneId { origin, name_server } = Zones::of(&mut connection.client).find(&name)?;
                let task = ZoneInfo { origin: Some(origin), virtual_name_server: name_server };
                send_over(app, &mut connection, &task.into())?;
                return Ok(Exit::DONE);
            }
            Self::Add { record, ttl } => (record, Some(ttl)),
            Self::Remove(record) => (record, None),
        };
        let mut connection = Connection::open(app, None)?;
        let mut zones = Zones::of(&mut connection.client);
        let found = zones.find(&record.name)?;
        let wanted = ResourceRecord::of_text(found.relative(&record.name).flatten(), &record.r#type, &record.value);
        let change = match ttl {
            Some(ttl) => zones.add(&found, &ResourceRecord { ttl, ..wanted.clone() })?,
            None => zones.remove(&found, &wanted)?,
        };
        zone::print(app, &found, &record.name, &wanted, change == RecordChange::Made, ttl.is_some());
        match change {
            RecordChange::Made => Ok(Exit::DONE),
            RecordChange::Unchanged if ttl.is_some() => Ok(Exit::unchanged("the record is there already")),
            RecordChange::Unchanged => Ok(Exit::unchanged("there is no such record")),
        }
    }
}
