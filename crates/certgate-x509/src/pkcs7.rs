//! Certificates in PKCS#7 (RFC 5652 §5.1), as `.p7b` files have them.

use crate::{
    der::{Element, Malformed, tag},
    pem::SIGNED_DATA,
};

/// Every certificate in signed data, in the order in which they stand there.
pub(crate) fn certificates(der: &[u8]) -> Result<Vec<&[u8]>, Malformed> {
    let mut content = Element::only(der, tag::SEQUENCE, "PKCS#7")?.inside();
    let kind = content.take(tag::OID, "the kind of PKCS#7")?.oid();
    let mut data = content.take(tag::constructed(0), "the content of PKCS#7")?.inside();
    if kind != SIGNED_DATA {
        return Ok(Vec::new());
    }
    let mut parts = data.take(tag::SEQUENCE, "signed data")?.inside();
    parts.take(tag::INTEGER, "the version")?;
    parts.take(tag::SET, "the algorithms of hashes")?;
    parts.take(tag::SEQUENCE, "what is signed")?;
    let Some(set) = parts.optional(tag::constructed(0)) else { return Ok(Vec::new()) };
    let members = set.inside().all("a certificate")?;
    Ok(members.into_iter().filter(|member| member.tag == tag::SEQUENCE).map(|member| member.whole).collect())
}
