//! Signatures of messages (RFC 8945), by the algorithms that the field still has: the DNS library's own lack HMAC-SHA224.

use domain::{
    base::{
        Message, ParsedName, Record, ToName,
        iana::{Class, TsigRcode},
        message_builder::AdditionalBuilder,
        name::FlattenInto,
    },
    rdata::tsig::{Time48, Tsig},
};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};

use crate::{DnsName, TsigKey};

/// Clocks may be so far apart, in seconds.
const FUDGE: u16 = 300;

/// A way to sign. HMAC-MD5 is none: RFC 8945 tells nobody to use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    HmacSha256,
    HmacSha384,
    HmacSha512,
    HmacSha224,
    HmacSha1,
}

impl Algorithm {
    pub(crate) const ALL: [Self; 5] =
        [Self::HmacSha256, Self::HmacSha384, Self::HmacSha512, Self::HmacSha224, Self::HmacSha1];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::HmacSha256 => "hmac-sha256",
            Self::HmacSha384 => "hmac-sha384",
            Self::HmacSha512 => "hmac-sha512",
            Self::HmacSha224 => "hmac-sha224",
            Self::HmacSha1 => "hmac-sha1",
        }
    }

    fn sign(self, secret: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        fn signed<M: Mac + KeyInit>(secret: &[u8], parts: &[&[u8]]) -> Vec<u8> {
            keyed::<M>(secret, parts).map(|mac| mac.finalize().into_bytes().to_vec()).unwrap_or_default()
        }
        match self {
            Self::HmacSha256 => signed::<Hmac<Sha256>>(secret, parts),
            Self::HmacSha384 => signed::<Hmac<Sha384>>(secret, parts),
            Self::HmacSha512 => signed::<Hmac<Sha512>>(secret, parts),
            Self::HmacSha224 => signed::<Hmac<Sha224>>(secret, parts),
            Self::HmacSha1 => signed::<Hmac<Sha1>>(secret, parts),
        }
    }

    /// Compares in constant time.
    fn verifies(self, secret: &[u8], parts: &[&[u8]], signature: &[u8]) -> bool {
        fn verified<M: Mac + KeyInit>(secret: &[u8], parts: &[&[u8]], signature: &[u8]) -> bool {
            keyed::<M>(secret, parts).is_some_and(|mac| mac.verify_slice(signature).is_ok())
        }
        match self {
            Self::HmacSha256 => verified::<Hmac<Sha256>>(secret, parts, signature),
            Self::HmacSha384 => verified::<Hmac<Sha384>>(secret, parts, signature),
            Self::HmacSha512 => verified::<Hmac<Sha512>>(secret, parts, signature),
            Self::HmacSha224 => verified::<Hmac<Sha224>>(secret, parts, signature),
            Self::HmacSha1 => verified::<Hmac<Sha1>>(secret, parts, signature),
        }
    }
}

/// `None` never: an HMAC takes a key of any length.
fn keyed<M: Mac + KeyInit>(secret: &[u8], parts: &[&[u8]]) -> Option<M> {
    let mut mac = <M as KeyInit>::new_from_slice(secret).ok()?;
    parts.iter().for_each(|part| mac.update(part));
    Some(mac)
}

/// A message that was signed.
pub(crate) struct Signed {
    pub(crate) message: Vec<u8>,
    signature: Vec<u8>,
}

type TsigData = Tsig<Vec<u8>, DnsName>;

impl TsigKey {
    /// Signs a message. `now` in seconds since 1970. `None`: the message is too long for it.
    pub(crate) fn sign(&self, mut message: AdditionalBuilder<Vec<u8>>, now: u64) -> Option<Signed> {
        let time = Time48::from_u64(now);
        let id = message.header().id();
        let data =
            |signature| Tsig::new(self.algorithm_name()?, time, FUDGE, signature, id, TsigRcode::NOERROR, vec![]).ok();
        let variables = self.variables(&data(vec![])?);
        let signature = self.algorithm.sign(&self.secret(), &[message.as_slice(), &variables]);
        message.push((&self.name, Class::ANY, 0, data(signature.clone())?)).ok()?;
        Some(Signed { message: message.finish(), signature })
    }

    /// Whether an answer to a signed message is signed with the same key. `now` in seconds since 1970.
    pub(crate) fn verifies(&self, answer: &Message<Vec<u8>>, asked: &Signed, now: u64) -> bool {
        let Some((start, record)) = signature_of(answer) else { return false };
        let tsig = record.data();
        let mut header = answer.header_section();
        header.header_mut().set_id(tsig.original_id());
        header.counts_mut().set_arcount(answer.header_counts().arcount().saturating_sub(1));
        let (Ok(length), Some(body)) =
            (u16::try_from(asked.signature.len()), answer.as_slice().get(header.as_slice().len()..start))
        else {
            return false;
        };
        let parts: [&[u8]; 5] =
            [&length.to_be_bytes(), &asked.signature, header.as_slice(), body, &self.variables(tsig)];
        *record.owner() == self.name
            && self.algorithm_name().as_ref() == Some(tsig.algorithm())
            && self.algorithm.verifies(&self.secret(), &parts, tsig.mac())
            && tsig.is_valid_at(Time48::from_u64(now))
    }

    fn algorithm_name(&self) -> Option<DnsName> {
        DnsName::vec_from_str(self.algorithm.name()).ok()
    }

    /// What is signed beside the message (RFC 8945, 4.3.3).
    fn variables(&self, tsig: &TsigData) -> Vec<u8> {
        let mut variables: Vec<u8> = self.name.to_canonical_name::<Vec<u8>>().into_octets();
        variables.extend(Class::ANY.to_int().to_be_bytes());
        variables.extend(0_u32.to_be_bytes());
        variables.extend(tsig.algorithm().to_canonical_name::<Vec<u8>>().into_octets());
        variables.extend(u64::from(tsig.time_signed()).to_be_bytes().get(2..).unwrap_or_default());
        variables.extend(tsig.fudge().to_be_bytes());
        variables.extend(tsig.error().to_int().to_be_bytes());
        variables.extend(u16::try_from(tsig.other().len()).unwrap_or_default().to_be_bytes());
        variables.extend(tsig.other());
        variables
    }
}

/// What a server says of the signature that it refuses.
pub(crate) fn complaint(answer: &Message<Vec<u8>>) -> Option<TsigRcode> {
    let (_, record) = signature_of(answer)?;
    Some(record.data().error()).filter(|error| *error != TsigRcode::NOERROR)
}

/// The TSIG record, which is the last one, and where it begins.
fn signature_of(message: &Message<Vec<u8>>) -> Option<(usize, Record<DnsName, TsigData>)> {
    let mut section = message.additional().ok()?;
    loop {
        let start = section.pos();
        let record = section.next()?.ok()?;
        if section.clone().next().is_none() {
            let record = record.into_record::<Tsig<_, ParsedName<_>>>().ok()??;
            return Some((start, record.flatten_into()));
        }
    }
}
