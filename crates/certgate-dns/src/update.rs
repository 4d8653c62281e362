//! Dynamic updates of a zone (RFC 2136), signed with TSIG (RFC 8945).

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use certgate_domain::{Secret, ZoneRecord};
use hickory_proto::{
    op::{Message, ResponseCode, update_message, update_message::UpdateMessage},
    rr::{
        DNSClass, Name, RData, Record, RecordSet, RecordType, TSigner,
        rdata::{CNAME, TXT, tsig::TsigAlgorithm},
    },
};

use crate::{DnsError, asking};

/// A server that takes updates, and the key they are signed with.
#[derive(Debug, Clone)]
pub struct Updating {
    /// The zone's primary server.
    pub server: SocketAddr,
    /// The key.
    pub key: TsigKey,
}

/// A TSIG key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TsigKey {
    name: String,
    algorithm: String,
    secret: Secret,
}

const ALGORITHMS: [(&str, TsigAlgorithm); 3] = [
    ("hmac-sha256", TsigAlgorithm::HmacSha256),
    ("hmac-sha384", TsigAlgorithm::HmacSha384),
    ("hmac-sha512", TsigAlgorithm::HmacSha512),
];

impl TsigKey {
    /// A key as `tsig-keygen` writes it: `key "name" { algorithm hmac-sha256; secret "…"; };`
    ///
    /// # Errors
    /// [`DnsError::Key`]; it shows nothing of the secret.
    pub fn from_text(text: &str) -> Result<Self, DnsError> {
        let wrong = |why: &str| DnsError::Key(why.to_owned());
        let spaced = text.replace(['{', '}', ';', '"'], " ");
        let words: Vec<&str> = spaced.split_whitespace().collect();
        let after =
            |word: &str| words.iter().position(|found| *found == word).and_then(|at| words.get(at + 1)).copied();
        let name = after("key").ok_or_else(|| wrong("no key is named"))?;
        let algorithm = after("algorithm").ok_or_else(|| wrong("no algorithm is named"))?.to_ascii_lowercase();
        if !ALGORITHMS.iter().any(|(known, _)| *known == algorithm) {
            let known: Vec<&str> = ALGORITHMS.iter().map(|(name, _)| *name).collect();
            return Err(DnsError::Key(format!("algorithm `{algorithm}`: expected one of {}", known.join(", "))));
        }
        let secret = after("secret").ok_or_else(|| wrong("there is no secret"))?;
        STANDARD.decode(secret).map_err(|_| wrong("its secret is not Base64"))?;
        Ok(Self { name: name.to_owned(), algorithm, secret: Secret::new(secret) })
    }

    fn signer(&self) -> Result<TSigner, DnsError> {
        let wrong = |why: String| DnsError::Key(why);
        let secret = STANDARD.decode(self.secret.expose()).map_err(|_| wrong("its secret is not Base64".to_owned()))?;
        let name = Name::from_ascii(&self.name).map_err(|_| wrong(format!("`{}` is no name", self.name)))?;
        let algorithm = ALGORITHMS.into_iter().find(|(known, _)| *known == self.algorithm);
        let (_, algorithm) = algorithm.ok_or_else(|| wrong(format!("algorithm `{}`", self.algorithm)))?;
        TSigner::new(secret, algorithm, name, FUDGE).map_err(|why| wrong(why.to_string()))
    }
}

/// Clocks may be so far apart, in seconds.
const FUDGE: u16 = 300;
const PATIENCE: Duration = Duration::from_secs(10);
/// Where the gateway does not say how long the record lives.
const TTL: u32 = 300;

impl Updating {
    /// Adds a record to its zone. `now` in seconds since 1970.
    ///
    /// Where a CNAME is in the way, or the record is one and others are, a server would leave the update out, or what is
    /// there, and say that all is well (RFC 2136, 3.4.2.2): that none is in the way is made a condition of the update.
    ///
    /// # Errors
    /// [`DnsError`]: the server did not take it; [`DnsError::Unsure`]: it may have taken it.
    pub fn add(&self, record: &ZoneRecord, now: u64) -> Result<(), DnsError> {
        let zone = self.zone(record)?;
        let mut message = update_message::append(record_set(record)?, zone, false, false);
        let in_the_way = if record.kind == "CNAME" { RecordType::ANY } else { RecordType::CNAME };
        let mut none = Record::update0(owner(record)?, 0, in_the_way);
        none.dns_class = DNSClass::NONE;
        message.add_pre_requisite(none.into_record_of_rdata());
        self.send(message, now)
    }

    /// Removes that record, and no other of its name.
    ///
    /// # Errors
    /// [`DnsError`]: the server did not take it; [`DnsError::Unsure`]: it may have taken it.
    pub fn remove(&self, record: &ZoneRecord, now: u64) -> Result<(), DnsError> {
        let zone = self.zone(record)?;
        self.send(update_message::delete_by_rdata(record_set(record)?, zone, false), now)
    }

    /// The zone that the record is in, by the server itself.
    fn zone(&self, record: &ZoneRecord) -> Result<Name, DnsError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|why| DnsError::System(why.to_string()))?;
        runtime.block_on(async {
            let resolver = asking(self.server, false)?;
            let mut zone = owner(record)?;
            while !zone.is_root() {
                if let Ok(found) = resolver.lookup(zone.clone(), RecordType::SOA).await
                    && found.answers().iter().any(|found| found.name == zone && found.record_type() == RecordType::SOA)
                {
                    return Ok(zone);
                }
                zone = zone.base_name();
            }
            Err(DnsError::Update(format!("{} serves no zone for {}", self.server, record.name)))
        })
    }

    fn send(&self, mut message: Message, now: u64) -> Result<(), DnsError> {
        let failed = |why: String| DnsError::Update(format!("{}: {why}", self.server));
        let verifier = message.finalize(&self.key.signer()?, now).map_err(|why| failed(why.to_string()))?;
        let bytes = message.to_vec().map_err(|why| failed(why.to_string()))?;
        let stream = TcpStream::connect_timeout(&self.server, PATIENCE).map_err(|why| failed(why.to_string()))?;
        let unsure = |why: String| DnsError::Unsure(format!("{}: {why}", self.server));
        let answer = exchange(stream, &bytes).map_err(|why| unsure(why.to_string()))?;
        let plain = Message::from_vec(&answer).map_err(|why| unsure(format!("its answer cannot be read: {why}")))?;
        match plain.metadata.response_code {
            ResponseCode::NoError => {}
            ResponseCode::YXRRSet => {
                return Err(failed("the name is a CNAME: publish the record at its target".to_owned()));
            }
            ResponseCode::YXDomain => {
                return Err(failed("the name has records already, and a CNAME stands alone: remove them".to_owned()));
            }
            code => {
                return Err(failed(format!("it refused the update ({code}): check the key and what it may change")));
            }
        }
        // Anybody could say yes.
        match verifier {
            Some(mut verifier) => verifier
                .verify(&answer)
                .map(drop)
                .map_err(|why| unsure(format!("its answer is not signed with the key ({why})"))),
            None => Ok(()),
        }
    }
}

/// One message over TCP, each with its length before it.
fn exchange(mut stream: TcpStream, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let length = u16::try_from(bytes.len()).map_err(std::io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes()[..], bytes].concat())?;
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut answer = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut answer)?;
    Ok(answer)
}

fn owner(record: &ZoneRecord) -> Result<Name, DnsError> {
    let mut name = Name::from_ascii(&record.name).map_err(|_| DnsError::Record(record.name.clone()))?;
    name.set_fqdn(true);
    Ok(name)
}

fn record_set(record: &ZoneRecord) -> Result<RecordSet, DnsError> {
    let wrong = || DnsError::Record(record.name.clone());
    let data = match record.kind.as_str() {
        // A TXT record's strings are of 255 bytes at most.
        "TXT" => RData::TXT(TXT::from_bytes(record.value.as_bytes().chunks(255).collect())),
        "CNAME" => RData::CNAME(CNAME(Name::from_ascii(&record.value).map_err(|_| wrong())?)),
        _ => return Err(wrong()),
    };
    Ok(Record::from_rdata(owner(record)?, record.ttl.unwrap_or(TTL), data).into())
}
