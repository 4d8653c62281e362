//! DER (X.690) of structures that no crate here has types for, written from the inside out.

use pkcs8::der::{Encode, Result, Tag, TagNumber, asn1::AnyRef};

/// A value of that tag with that content.
pub(crate) fn value(tag: Tag, content: &[u8]) -> Result<Vec<u8>> {
    AnyRef::new(tag, content)?.to_der()
}

pub(crate) fn sequence(parts: &[Vec<u8>]) -> Result<Vec<u8>> {
    value(Tag::Sequence, &parts.concat())
}

/// A SET OF, its members in the order that DER asks for.
pub(crate) fn set(mut members: Vec<Vec<u8>>) -> Result<Vec<u8>> {
    members.sort();
    value(Tag::Set, &members.concat())
}

pub(crate) fn octets(content: &[u8]) -> Result<Vec<u8>> {
    value(Tag::OctetString, content)
}

/// `[number] EXPLICIT`.
pub(crate) fn explicit(number: u32, content: &[u8]) -> Result<Vec<u8>> {
    value(Tag::ContextSpecific { constructed: true, number: TagNumber(number) }, content)
}

/// `[0] IMPLICIT OCTET STRING`.
pub(crate) fn implicit_octets(content: &[u8]) -> Result<Vec<u8>> {
    value(Tag::ContextSpecific { constructed: false, number: TagNumber(0) }, content)
}
