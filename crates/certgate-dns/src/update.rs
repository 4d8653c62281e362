//! Dynamic updates of a zone (RFC 2136), signed with TSIG.

use std::{
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use domain::{
    base::{
        Message, MessageBuilder, Rtype, ToName, Ttl,
        iana::{Class, Opcode, Rcode, TsigRcode},
        message_builder::AuthorityBuilder,
        rdata::UnknownRecordData,
    },
    rdata::{Cname, Txt, ZoneRecordData},
};

use crate::{
    DnsError, DnsName, RecordData, TsigKey, ZoneRecord, dns_name,
    query::{QueryError, ask, exchange, random_id},
    tsig::complaint,
};

/// A server that takes updates, and the key they are signed with.
#[derive(Debug, Clone)]
pub struct ZoneUpdater {
    /// The zone's primary server.
    pub server: SocketAddr,
    /// The key.
    pub key: TsigKey,
}

/// How long a server may take over one update.
const PATIENCE: Duration = Duration::from_secs(10);

type Value = ZoneRecordData<Vec<u8>, DnsName>;

/// What an update is made of.
struct Change {
    owner: DnsName,
    class: Class,
    ttl: u32,
    value: Value,
    /// No record of this type may be at the name.
    absent: Option<Rtype>,
}

impl ZoneUpdater {
    /// Adds a record to its zone. `now` in seconds since 1970.
    ///
    /// Where a CNAME is in the way, or the record is one and others are, a server would leave the update out, or what is
    /// there, and say that all is well (RFC 2136, 3.4.2.2): that none is in the way is made a condition of the update.
    ///
    /// # Errors
    /// [`DnsError`]: the server did not take it; [`DnsError::Unsure`]: it may have taken it.
    pub fn add(&self, record: &ZoneRecord, now: u64) -> Result<(), DnsError> {
        let absent = match record.data {
            RecordData::Cname(_) => Rtype::ANY,
            _ => Rtype::CNAME,
        };
        self.send(&Change::of(record, Class::IN, record.ttl, Some(absent))?, now)
    }

    /// Removes that record, and no other of its name.
    ///
    /// # Errors
    /// [`DnsError`]: the server did not take it; [`DnsError::Unsure`]: it may have taken it.
    pub fn remove(&self, record: &ZoneRecord, now: u64) -> Result<(), DnsError> {
        self.send(&Change::of(record, Class::NONE, 0, None)?, now)
    }

    /// The zone that a name is in, by the server itself.
    fn zone(&self, name: &DnsName) -> Result<DnsName, DnsError> {
        for zone in name.iter_suffixes().filter(|zone| !zone.is_root()).map(|zone| zone.to_vec()) {
            match ask(self.server, &zone, Rtype::SOA, false) {
                Ok(answer) if answer.is_zone(&zone) => return Ok(zone),
                // Above its zones a server answers with REFUSED.
                Ok(_) | Err(QueryError::ResponseCode(_)) => {}
                Err(why) => return Err(self.failed(why)),
            }
        }
        Err(DnsError::Update(format!("{} serves no zone for {name}.", self.server)))
    }

    fn failed(&self, why: impl std::fmt::Display) -> DnsError {
        DnsError::Update(format!("{}: {why}", self.server))
    }

    fn send(&self, change: &Change, now: u64) -> Result<(), DnsError> {
        let zone = self.zone(&change.owner)?;
        let id = random_id().map_err(|why| self.failed(why))?;
        let message = change.message(&zone, id).ok_or_else(|| self.failed("the record is too long for a message"))?;
        let signed = self.key.sign(message.additional(), now);
        let signed = signed.ok_or_else(|| self.failed("the record is too long for a message"))?;
        let stream = TcpStream::connect_timeout(&self.server, PATIENCE).map_err(|why| self.failed(why))?;
        let unsure = |why: &dyn std::fmt::Display| DnsError::Unsure(format!("{}: {why}", self.server));
        let answer = exchange(stream, &signed.message, Instant::now() + PATIENCE).map_err(|why| unsure(&why))?;
        let answer = Message::from_octets(answer).map_err(|_| unsure(&QueryError::Unreadable))?;
        if answer.header().id() != id || !answer.header().qr() {
            return Err(unsure(&"it answered something else"));
        }
        match answer.header().rcode() {
            Rcode::NOERROR if self.key.verifies(&answer, &signed, now) => Ok(()),
            // Anybody could say yes.
            Rcode::NOERROR => Err(unsure(&"its answer is not signed with the key")),
            Rcode::YXRRSET => Err(self.failed("the name is a CNAME: publish the record at its target")),
            Rcode::YXDOMAIN => Err(self.failed("the name has records already, and a CNAME stands alone: remove them")),
            code => {
                let complaint = complaint(&answer);
                let advice = match complaint {
                    Some(TsigRcode::BADTIME) => "set this machine's clock, or the server's",
                    _ => "check the key and what it may change",
                };
                let name = |code: TsigRcode| code.to_mnemonic_str().map_or_else(|| code.to_string(), str::to_owned);
                let codes: Vec<_> = [Some(code.to_string()), complaint.map(name)].into_iter().flatten().collect();
                Err(self.failed(format!("it refused the update ({}): {advice}", codes.join(", "))))
            }
        }
    }
}

impl Change {
    fn of(record: &ZoneRecord, class: Class, ttl: u32, absent: Option<Rtype>) -> Result<Self, DnsError> {
        let wrong = || DnsError::Record(record.to_string());
        let value = match &record.data {
            // A TXT record's strings are of 255 bytes at most.
            RecordData::Txt(text) => Txt::build_from_slice(text.as_bytes()).map_err(|_| wrong())?.into(),
            RecordData::Cname(target) => Cname::new(dns_name(target)?).into(),
            RecordData::Other { .. } => return Err(wrong()),
        };
        Ok(Self { owner: dns_name(&record.name)?, class, ttl, value, absent })
    }

    /// `None`: it does not fit into a message.
    fn message(&self, zone: &DnsName, id: u16) -> Option<AuthorityBuilder<Vec<u8>>> {
        let mut message = MessageBuilder::new_vec();
        message.header_mut().set_id(id);
        message.header_mut().set_opcode(Opcode::UPDATE);
        let mut zones = message.question();
        zones.push((zone, Rtype::SOA)).ok()?;
        // RFC 2136: conditions stand where answers are, changes where authorities are.
        let mut conditions = zones.answer();
        if let Some(absent) = self.absent {
            let none = UnknownRecordData::from_octets(absent, []).ok()?;
            conditions.push((&self.owner, Class::NONE, 0, none)).ok()?;
        }
        let mut changes = conditions.authority();
        changes.push((&self.owner, self.class, Ttl::from_secs(self.ttl), &self.value)).ok()?;
        Some(changes)
    }
}
