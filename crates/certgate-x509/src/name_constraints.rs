//! What names an authority may certify (RFC 5280 §4.2.1.10): hosts, addresses, distinguished names.

use std::net::IpAddr;

use crate::{
    DistinguishedName, GeneralName,
    der::{Element, Malformed, tag},
};

/// The name constraints of an authority.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct NameConstraints {
    permitted: Vec<Base>,
    excluded: Vec<Base>,
}

/// What a name begins or ends with.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Base {
    Dns(String),
    /// An address and its mask.
    Ip(Vec<u8>),
    Directory(DistinguishedName),
}

impl NameConstraints {
    pub(crate) fn of(extension: &[u8]) -> Result<Self, Malformed> {
        let mut this = Self::default();
        let mut inside = Element::only(extension, tag::SEQUENCE, "the name constraints")?.inside();
        for (number, bases) in [(0, &mut this.permitted), (1, &mut this.excluded)] {
            let Some(subtrees) = inside.optional(tag::constructed(number)) else { continue };
            for subtree in subtrees.inside().all("a name constraint")? {
                let base = subtree.inside().any("the base of a name constraint")?;
                bases.extend(match GeneralName::of(&base) {
                    GeneralName::Dns(name) => Some(Base::Dns(name.to_ascii_lowercase())),
                    GeneralName::Directory(name) => Some(Base::Directory(name)),
                    GeneralName::Ip(_) | GeneralName::Opaque { kind: "ip", .. } => {
                        Some(Base::Ip(base.content.to_vec()))
                    }
                    _ => None,
                });
            }
        }
        Ok(this)
    }

    /// Whether they let a certificate with that name be below.
    pub(crate) fn allow(&self, name: &GeneralName) -> bool {
        let held_against = |bases: &[Base]| bases.iter().filter_map(|base| base.holds(name)).collect::<Vec<bool>>();
        let permitted = held_against(&self.permitted);
        !held_against(&self.excluded).contains(&true) && (permitted.is_empty() || permitted.contains(&true))
    }
}

impl Base {
    /// Whether the name is within it; `None` where it is for names of another kind.
    fn holds(&self, name: &GeneralName) -> Option<bool> {
        match (self, name) {
            (Self::Dns(base), GeneralName::Dns(name)) => {
                let above = name.to_ascii_lowercase().strip_suffix(base).map(str::to_owned);
                Some(above.is_some_and(|above| {
                    above.is_empty() || base.is_empty() || base.starts_with('.') || above.ends_with('.')
                }))
            }
            (Self::Ip(base), GeneralName::Ip(address)) => {
                let octets = match address {
                    IpAddr::V4(address) => address.octets().to_vec(),
                    IpAddr::V6(address) => address.octets().to_vec(),
                };
                let (network, mask) = base.split_at(base.len() / 2);
                let same = octets.iter().zip(network).zip(mask).all(|((one, other), mask)| one & mask == other & mask);
                Some(base.len() == 2 * octets.len() && same)
            }
            (Self::Directory(base), GeneralName::Directory(name)) => Some(name.folded().starts_with(&base.folded())),
            _ => None,
        }
    }
}
