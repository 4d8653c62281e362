//! Lines of a zone file (RFC 1035 section 5.1), as people and gateways write them.

use std::fmt;

use certgate_domain::NotAnIdn;
use domain::{
    base::{
        Name, ToName,
        iana::{Class, Rtype},
    },
    rdata::{Txt, ZoneRecordData},
    zonefile::inplace::{Entry, ScannedRecord, Zonefile},
};

use crate::plain;

/// A DNS record that shows control over a name.
///
/// ```
/// use certgate_dns::ZoneRecord;
/// let records = ZoneRecord::parse("_x.bücher.example. IN 1h30m TXT ( \"2018\" \"abc\" ) ; until May")?;
/// assert_eq!(records[0].name, "_x.xn--bcher-kva.example.");
/// assert_eq!((records[0].ttl, records[0].kind(), records[0].value()), (5400, "TXT", "2018abc"));
/// # Ok::<(), certgate_dns::NotAZoneLine>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneRecord {
    /// The owner name, absolute, with its closing dot, in A-labels.
    pub name: String,
    /// Time to live in seconds.
    pub ttl: u32,
    /// Type and value.
    pub data: RecordData,
}

/// Type and value of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordData {
    /// A text, its strings joined, without white space around it.
    Txt(String),
    /// A canonical name, absolute, with its closing dot.
    Cname(String),
    /// What shows control over nothing.
    Other {
        /// The type, such as `MX`.
        kind: String,
        /// The value as a zone file has it.
        value: String,
    },
}

/// Where the line does not say how long the record lives, in seconds.
const DEFAULT_TTL: u32 = 300;

impl ZoneRecord {
    /// Reads every record of a text: class and TTL in either order, TTLs with units (`1h30m`), parentheses, comments, strings, escapes, names in
    /// Unicode. A name without its closing dot is absolute all the same, and white space around a text does not count: the gateway's own example has
    /// a line end inside the quotes.
    ///
    /// # Errors
    /// [`NotAZoneLine`], with the text: it is not a zone file, or holds no record.
    pub fn parse(text: &str) -> Result<Vec<Self>, NotAZoneLine> {
        let wrong = |fault| NotAZoneLine { text: text.trim().to_owned(), fault };
        let plain = plain::plain(text.trim()).map_err(wrong)?;
        let mut zone = Zonefile::from(format!("$TTL {DEFAULT_TTL}\n{plain}\n").as_str());
        zone.set_origin(Name::root_bytes());
        zone.set_default_class(Class::IN);
        let mut records = Vec::new();
        for entry in zone {
            match entry.map_err(|why| wrong(Fault::syntax(&why)))? {
                Entry::Record(record) => {
                    let record = Self::read(&record).map_err(wrong)?;
                    // A line that stands there twice is one record.
                    if !records.contains(&record) {
                        records.push(record);
                    }
                }
                Entry::Include { .. } => return Err(wrong(Fault::Include)),
            }
        }
        if records.is_empty() { Err(wrong(Fault::Empty)) } else { Ok(records) }
    }

    /// A record made of its parts, as it was published earlier. The TTL is the default of 300 seconds.
    ///
    /// # Errors
    /// [`NotAZoneLine`]: the name is none, or the type is neither TXT nor CNAME.
    pub fn from_parts(name: &str, kind: &str, value: &str) -> Result<Self, NotAZoneLine> {
        let data = match kind {
            "TXT" => RecordData::Txt(value.to_owned()),
            "CNAME" => RecordData::Cname(value.to_owned()),
            _ => {
                return Err(NotAZoneLine {
                    text: format!("{name} {kind} {value}"),
                    fault: Fault::Kind(kind.to_owned()),
                });
            }
        };
        Ok(Self { name: name.to_owned(), ttl: DEFAULT_TTL, data })
    }

    /// The type, such as `TXT`.
    pub fn kind(&self) -> &str {
        match &self.data {
            RecordData::Txt(_) => "TXT",
            RecordData::Cname(_) => "CNAME",
            RecordData::Other { kind, .. } => kind,
        }
    }

    /// The value; a text without its quotes and escapes.
    pub fn value(&self) -> &str {
        match &self.data {
            RecordData::Txt(value) | RecordData::Cname(value) | RecordData::Other { value, .. } => value,
        }
    }

    fn read(record: &ScannedRecord) -> Result<Self, Fault> {
        let data = match record.data() {
            ZoneRecordData::Txt(txt) => text_of(txt)?,
            ZoneRecordData::Cname(target) => RecordData::Cname(name_of(target.cname())?),
            // RFC 3597: the value of any type as its bytes.
            ZoneRecordData::Unknown(value) if record.rtype() == Rtype::TXT => {
                text_of(&Txt::from_octets(value.data()).map_err(|_| Fault::NotText)?)?
            }
            ZoneRecordData::Unknown(value) if record.rtype() == Rtype::CNAME => {
                let target = Name::from_octets(value.data().as_ref()).map_err(|why| Fault::Syntax(why.to_string()))?;
                RecordData::Cname(name_of(&target)?)
            }
            other => RecordData::Other { kind: record.rtype().to_string(), value: other.to_string() },
        };
        Ok(Self { name: name_of(record.owner())?, ttl: record.ttl().as_secs(), data })
    }
}

/// A text without white space around it.
fn text_of(txt: &Txt<impl AsRef<[u8]>>) -> Result<RecordData, Fault> {
    let text = String::from_utf8(txt.text::<Vec<u8>>()).map_err(|_| Fault::NotText)?;
    let text = text.trim();
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err(Fault::NotText);
    }
    Ok(RecordData::Txt(text.to_owned()))
}

/// The reader of zone files lets empty labels pass.
fn name_of(name: &impl ToName) -> Result<String, Fault> {
    let text = name.fmt_with_dot().to_string();
    Name::vec_from_str(&text).map_err(|why| Fault::Syntax(format!("`{text}`: {why}")))?;
    Ok(text)
}

impl fmt::Display for ZoneRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.name, self.kind(), self.value())
    }
}

/// A text that is no line of a zone file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the DNS record {text:?} cannot be read: {fault}; expected a zone line such as: example.com. 300 IN TXT \"…\"")]
pub struct NotAZoneLine {
    /// The text, without white space around it.
    pub text: String,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a zone line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// There is no record.
    #[error("it holds no record")]
    Empty,
    /// A quotation mark or a parenthesis has no other.
    #[error("a quotation mark or a parenthesis is without its other one")]
    Unbalanced,
    /// A name in Unicode has no A-label.
    #[error(transparent)]
    Name(NotAnIdn),
    /// The text of a TXT record is empty, is not UTF-8 or holds control characters.
    #[error("its value is empty or no text")]
    NotText,
    /// Another file is to be read.
    #[error("it includes another file")]
    Include,
    /// A type that shows control over nothing.
    #[error("its type is {0}, not TXT or CNAME")]
    Kind(String),
    /// What a reader of zone files says to it.
    #[error("{0}")]
    Syntax(String),
}

impl Fault {
    /// The reader's line is one too many, for it reads a default TTL first.
    fn syntax(why: &dyn fmt::Display) -> Self {
        let text = why.to_string();
        Self::Syntax(text.splitn(3, ':').last().unwrap_or(&text).trim().to_owned())
    }
}

impl From<NotAnIdn> for Fault {
    fn from(why: NotAnIdn) -> Self {
        Self::Name(why)
    }
}
